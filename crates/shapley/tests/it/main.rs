//! Tests of the Shapley value estimators.
#![allow(clippy::unwrap_used)]

mod budgets;
mod control;
mod errors;
mod full_budget;
mod games;
mod kernel;
mod methods;
mod permutation;
mod proxies;
mod unbiased;
mod until;
