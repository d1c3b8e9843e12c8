//! Tests of gradient methods, of their ways back, and of the audit.
#![allow(clippy::unwrap_used)]
#![expect(clippy::print_stdout, reason = "tests of an adapter say so where there is none")]

mod by_hand;
mod homogeneous;
mod integrals;
mod setup;
mod ways;
