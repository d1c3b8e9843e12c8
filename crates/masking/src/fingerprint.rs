//! Which game it is.

use std::fmt::Write;

use einthoven_ecg::Record;
use einthoven_game::{Link, Partition};
use einthoven_kernels::Fill;
use sha2::{Digest, Sha256};

use crate::{Derive, Options};

/// SHA-256 in hexadecimal over everything that a value depends on: model, signal, owners, baseline, derived leads and link.
/// The record is the `nth` of those that `fill` was made for. Device, memory and chunk size are left out: values of different
/// devices may be joined.
pub(crate) fn fingerprint(
    model: &str,
    record: &Record,
    partition: &Partition,
    fill: &Fill,
    nth: usize,
    options: &Options,
) -> String {
    let mut hash = Sha256::new();
    let mut field = |name: &str, bytes: &[u8]| {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    field("model", model.as_bytes());
    field("signal", &little_endian(record.signal().iter().map(|sample| sample.to_bits())));
    field("owner", &little_endian(partition.owner().iter().copied()));
    field("players", &(partition.n_players() as u64).to_le_bytes());
    match fill {
        Fill::Maps { maps, values } => {
            let size = maps * record.signal().len();
            let own = values.chunks_exact(size).nth(nth).unwrap_or(&values[..size]);
            field("baseline", &little_endian(own.iter().map(|sample| sample.to_bits())));
        }
        Fill::Interpolate => field("interpolate", &[]),
    }
    field("derive", &[u8::from(options.derive == Derive::Limb)]);
    field("link", &[u8::from(options.link == Link::Probability)]);
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("invariant: a string takes what is written");
        hex
    })
}

fn little_endian(words: impl Iterator<Item = u32>) -> Vec<u8> {
    words.flat_map(u32::to_le_bytes).collect()
}
