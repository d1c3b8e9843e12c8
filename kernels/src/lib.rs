//! Kernels of our own: packed coalition bits become a masked batch where it is used.
//!
//! A coalition of `n` players goes up as `ceil(n / 32)` words. What the model wants is a whole signal per coalition,
//! which is thousands of times more. So the batch is made on the device: [`expand`] reads the bits, the owner of each
//! cell, the records and what masked cells become ([`Fill`]), and writes `[rows, leads, samples]` in one dispatch.
//! Rows may be of many records, and may show crops of them ([`Columns`]).
//!
//! A scene is made once, on the host ([`HostScene`]), which also cuts its leads into runs of cells with one owner, and
//! put on a device from there ([`Scene`]). There are two implementations: `#[cube]` kernels for everything that cubecl
//! drives (in `cube`), and copies of stretches of cells for the CPU ([`HostScene::fill`]), which burn's CPU backend
//! and an engine without tensors share. The same thing said in plain tensor operations
//! ([`reference`](mod@reference)) is slow, runs anywhere and is what both are tested against. Kept cells and maps are
//! numbers that are moved and not computed, so they agree bit for bit; interpolation is
//! `x_l + (x_r - x_l) * ((t - l) / (r - l))` everywhere, in f32.

mod columns;
#[cfg(any(feature = "wgpu", feature = "cuda"))]
mod cube;
mod expand;
mod fill;
mod host;
mod lead;
pub mod reference;
mod runs;
mod scene;

pub use columns::Columns;
pub use expand::{expand, mean_over_maps};
pub use fill::{Dependence, Fill};
pub use host::HostScene;
pub use scene::{Scene, upload};
