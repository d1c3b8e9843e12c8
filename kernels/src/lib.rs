//! Kernels of our own: packed coalition bits become a masked batch on the device.
//!
//! A coalition of `n` players goes up as `ceil(n / 32)` words. What the model wants is a whole signal per coalition,
//! which is thousands of times more. So the batch is made where it is used: [`expand`] reads the bits, the owner of
//! each cell, one record and one baseline, and writes `[rows, leads, samples]` on the device.
//!
//! There is one operation with one implementation per kind of device: a `#[cube]` kernel for everything that cubecl
//! drives (in `cube`), a copy of runs of cells for the CPU (in `flex`), and the same thing said in plain tensor
//! operations ([`reference`](mod@reference)), which is slow, runs anywhere and is what the others are tested against.
//! All three move numbers and compute none, so they agree bit for bit.

#[cfg(any(feature = "wgpu", feature = "cuda"))]
mod cube;
mod expand;
mod flex;
pub mod reference;

pub use expand::{MaskOps, expand, upload};
