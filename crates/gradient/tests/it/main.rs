//! Tests of gradient methods, of their ways back, of the audit, and of attribution priors.
#![allow(clippy::unwrap_used)]
#![expect(clippy::print_stdout, reason = "tests of an adapter say so where there is none")]

mod by_hand;
mod homogeneous;
mod integrals;
mod levels;
mod priors;
mod setup;
mod ways;
