//! Named streams of random numbers.
//!
//! Everything random is drawn from a ChaCha8 stream that is named by a seed, a purpose and an index. The streams of
//! two names are independent, and a stream does not depend on who else draws, on threads or on shards: that is what
//! makes one seed give one answer.

use rand::SeedableRng;
pub use rand_chacha::ChaCha8Rng;

/// The stream of `purpose` number `index` under `seed`.
pub fn stream(seed: u64, purpose: &str, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&fnv1a(purpose.as_bytes()).to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(index);
    rng
}

/// The 64-bit FNV-1a hash, which will never change under us.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
