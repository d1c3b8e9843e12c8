//! Shapley value estimators over designs and values.
//!
//! Every estimator is two steps that know nothing of each other's world: `design` says which coalitions to evaluate,
//! `estimate` turns their values into [`Attribution`](einthoven_game::Attribution)s, one per output. Between them lies
//! whoever can evaluate coalitions: a network on a GPU, another machine, a table. The budget is the number of distinct
//! coalitions, the empty and the full one included; it is never exceeded.

mod attribute;
mod error;
pub mod kernel;
mod method;
pub mod permutation;
mod sizes;
mod spread;
mod subset;

pub use error::{Error, Result};
pub use method::Method;
