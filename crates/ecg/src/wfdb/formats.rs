//! The storage formats of signal files.
//!
//! Most formats are a plain array. Three are packed: 212 holds two samples of 12 bits in three bytes, 310 and 311
//! hold three samples of 10 bits in four bytes. The most negative value of a format marks a missing sample, except in
//! format 8, which stores differences and has no such mark.

/// A storage format, by the number that headers give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// 8-bit differences.
    F8,
    /// 16 bits, little-endian.
    F16,
    /// 24 bits, little-endian.
    F24,
    /// 32 bits, little-endian.
    F32,
    /// 16 bits, big-endian.
    F61,
    /// 8 bits, offset by 128.
    F80,
    /// 16 bits, little-endian, offset by 32768.
    F160,
    /// Two samples of 12 bits in three bytes.
    F212,
    /// Three samples of 10 bits in four bytes, the third one spread.
    F310,
    /// Three samples of 10 bits in four bytes, in order.
    F311,
    /// A FLAC stream of at most this many bits (formats 508, 516, 524).
    Flac(u32),
}

use Format::{F8, F16, F24, F32, F61, F80, F160, F212, F310, F311, Flac};

impl Format {
    /// The format that a header calls `code`.
    pub fn from_code(code: &str) -> Result<Self, String> {
        Ok(match code {
            "8" => F8,
            "16" => F16,
            "24" => F24,
            "32" => F32,
            "61" => F61,
            "80" => F80,
            "160" => F160,
            "212" => F212,
            "310" => F310,
            "311" => F311,
            "508" => Flac(8),
            "516" => Flac(16),
            "524" => Flac(24),
            _ => {
                return Err(format!(
                    "storage format is `{code}`; readable are 8, 16, 24, 32, 61, 80, 160, 212, 310, 311, 508, 516, 524"
                ));
            }
        })
    }

    /// The raw value that marks a missing sample.
    pub fn missing(self) -> Option<i64> {
        let bits = match self {
            F8 => return None,
            F80 => 8,
            F310 | F311 => 10,
            F212 => 12,
            F16 | F61 | F160 => 16,
            F24 => 24,
            F32 => 32,
            Flac(bits) => bits,
        };
        Some(-(1 << (bits - 1)))
    }

    /// How many samples `bytes` bytes hold, a packed group at the end being counted as far as it goes.
    pub fn samples_in(self, bytes: u64) -> u64 {
        let (groups, rest) = (bytes / 4 * 3, bytes % 4);
        match self {
            F8 | F80 => bytes,
            F16 | F61 | F160 => bytes / 2,
            F24 => bytes / 3,
            F32 => bytes / 4,
            F212 => bytes / 3 * 2 + u64::from(bytes % 3 == 2),
            F310 => groups + u64::from(rest >= 2),
            F311 => groups + rest.saturating_sub(1),
            Flac(_) => 0,
        }
    }

    /// Sample `index` of an array of bytes that holds more than `index` samples.
    pub fn sample(self, bytes: &[u8], index: usize) -> i64 {
        let byte = |at: usize| i64::from(bytes[at]);
        let word = |at: usize| i64::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        match self {
            F8 => i64::from(bytes[index] as i8),
            F16 => i64::from(word(2 * index) as i16),
            F24 => sign(word(3 * index) | byte(3 * index + 2) << 16, 24),
            F32 => sign(word(4 * index) | word(4 * index + 2) << 16, 32),
            F61 => sign(byte(2 * index) << 8 | byte(2 * index + 1), 16),
            F80 => byte(index) - 128,
            F160 => word(2 * index) - 32768,
            F212 => {
                let at = index / 2 * 3;
                let raw = match index % 2 {
                    0 => word(at) & 0xfff,
                    _ => (byte(at + 1) >> 4) << 8 | byte(at + 2),
                };
                sign(raw, 12)
            }
            F310 => {
                let at = index / 3 * 4;
                let raw = match index % 3 {
                    0 => word(at) >> 1 & 0x3ff,
                    1 => word(at + 2) >> 1 & 0x3ff,
                    _ => byte(at + 1) >> 3 | (byte(at + 3) >> 3) << 5,
                };
                sign(raw, 10)
            }
            F311 => {
                let at = index / 3 * 4;
                let raw = match index % 3 {
                    0 => word(at),
                    1 => word(at + 1) >> 2,
                    _ => word(at + 2) >> 4,
                };
                sign(raw & 0x3ff, 10)
            }
            Flac(_) => unreachable!("invariant: FLAC streams are decoded as a whole"),
        }
    }
}

/// The two's complement value of the low `bits` bits.
fn sign(raw: i64, bits: u32) -> i64 {
    raw << (64 - bits) >> (64 - bits)
}
