//! Kernels and the CPU against the plain-tensor reference and scalar f64 loops.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod case;
mod cpu;
#[cfg(feature = "wgpu")]
mod gpu;
