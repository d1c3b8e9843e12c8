//! How many rows go to the device at once.
//!
//! A budget may ask for more rows than any device holds. The rows are cut into chunks of one size by
//!
//! ```text
//! chunk = min( floor((memory - fixed) / row_bytes),      the cap that the user sets
//!              floor(max_buffer / row_buffer_bytes),     the largest single buffer of the device
//!              floor((2^31 - 1) / cells),                what 32-bit indices address
//!              max_rows,                                 more rows at once are no faster
//!              next power of two >= rows )             a small job needs no big chunk
//! ```
//!
//! The last chunk is filled up with empty coalitions, whose answers are thrown away: so a device sees one shape, and
//! compiles its kernels once, however many rows there are.

use std::ops::Range;

use crate::{Error, Result};

/// `--memory` where the user does not say: 2 GiB.
pub const DEFAULT_MEMORY: usize = 2 << 30;

/// The largest buffer of a device that does not say: 128 MiB, which is what WebGPU guarantees every device.
pub const DEFAULT_MAX_BUFFER: usize = 128 << 20;

/// What one row takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowCost {
    /// Numbers in one row of the input.
    pub cells: usize,
    /// The largest single buffer, per row.
    pub buffer: usize,
    /// All buffers that are alive at once, per row.
    pub total: usize,
    /// Buffers that do not grow with the rows.
    pub fixed: usize,
}

/// What there is to fit into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that all buffers together may take.
    pub memory: usize,
    /// Bytes of the device's largest buffer, if it has a limit.
    pub max_buffer: Option<usize>,
    /// Rows beyond which a larger chunk is no faster.
    pub max_rows: usize,
}

/// Rows cut into chunks of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Rows there are to evaluate.
    pub rows: usize,
    /// Rows in each chunk.
    pub chunk: usize,
}

impl Plan {
    /// Cuts `rows`; fails if not even one row fits, and says what would do.
    pub fn new(rows: usize, cost: RowCost, limits: Limits) -> Result<Self> {
        let by_memory = limits.memory.saturating_sub(cost.fixed) / cost.total.max(1);
        if by_memory == 0 {
            let needed = cost.fixed.saturating_add(cost.total);
            return Err(Error::Memory {
                limit: format!("a memory cap of {}", size_text(limits.memory)),
                needed: size_text(needed),
                remedy: format!("a cap of {} would do", size_text(needed)),
            });
        }
        let by_buffer = limits.max_buffer.map_or(usize::MAX, |max| max / cost.buffer.max(1));
        if by_buffer == 0 {
            return Err(Error::Memory {
                limit: format!("the device's largest buffer of {}", size_text(limits.max_buffer.unwrap_or(0))),
                needed: size_text(cost.buffer),
                remedy: "device cpu has no such limit".to_owned(),
            });
        }
        let by_index = (i32::MAX as usize / cost.cells.max(1)).max(1);
        let by_rows = rows.max(1).checked_next_power_of_two().unwrap_or(usize::MAX);
        let chunk = by_memory.min(by_buffer).min(by_index).min(limits.max_rows.max(1)).min(by_rows);
        Ok(Self { rows, chunk })
    }

    /// The rows of each chunk in order; all but the last have [`chunk`](Self::chunk) rows.
    pub fn chunks(self) -> impl ExactSizeIterator<Item = Range<usize>> {
        let n_chunks = self.rows.div_ceil(self.chunk);
        (0..n_chunks).map(move |i| i * self.chunk..((i + 1) * self.chunk).min(self.rows))
    }
}

/// Bytes as people read them, rounded up, so that what is asked for is enough.
fn size_text(bytes: usize) -> String {
    match bytes {
        0..0x400 => format!("{bytes} bytes"),
        0x400..0x40_0000 => format!("{} KiB", bytes.div_ceil(1 << 10)),
        _ => format!("{} MiB", bytes.div_ceil(1 << 20)),
    }
}
