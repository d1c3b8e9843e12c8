//! Kernels against the plain-tensor reference and a scalar loop, bit for bit.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod case;
mod cpu;
#[cfg(feature = "wgpu")]
mod gpu;
