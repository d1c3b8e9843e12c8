//! Masked evaluation against closed forms and scalar loops.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod cancel;
mod device;
mod fingerprint;
mod gpu;
mod plan;
mod refusals;
mod setup;
mod values;
