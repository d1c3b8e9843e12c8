//! Shapley value estimators over designs and values.
//!
//! Every estimator is two steps that know nothing of each other's world: `design` says which coalitions to evaluate,
//! `estimate` turns their values into [`Attribution`](einthoven_game::Attribution)s, one per output. Between them lies
//! whoever can evaluate coalitions: a network on a GPU, another machine, a table. The budget is the number of distinct
//! coalitions, the empty and the full one included; it is never exceeded.
//!
//! Most estimators share one kind of design, pairs of complements drawn size by size without replacement, and differ in
//! how much of the budget a size gets and in what they make of the values.

mod about;
mod attribute;
mod auto;
mod control;
mod error;
pub mod hierarchical_owen;
pub mod kernel;
pub mod leverage;
pub mod lime;
mod mean;
mod method;
pub mod msr;
mod odd;
pub mod oddshap;
mod orders;
pub mod owen;
pub mod permutation;
pub mod polyshap;
mod proxy;
pub mod proxyshap;
pub mod regression_msr;
pub mod stratified;
pub mod svarm;
pub mod unbiased_kernel;
mod until;
mod walks;

pub use about::About;
pub use auto::Choice;
pub use control::Control;
pub use error::{Error, Result};
pub use method::{Method, Request};
pub use until::{Evaluate, Known, Outcome, until};
