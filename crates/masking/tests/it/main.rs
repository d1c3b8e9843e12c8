//! Masked evaluation against closed forms and scalar loops.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod baselines;
mod cancel;
mod device;
mod fingerprint;
mod gpu;
mod local;
mod networks;
mod plan;
mod refusals;
mod setup;
mod streams;
mod values;
