//! Interactions of any order, from the values of coalitions or from the trees of a model.
//!
//! An interaction index gives a number to each set of up to `order` players: what these players do together. Every
//! estimator is two steps, as those of single players are: a design says which coalitions to evaluate, an estimate turns
//! their values into attributions, one per output.
//!
//! What makes them fast is that the weight of a coalition in the index of a set depends on two numbers only, its size and
//! how many players it shares with the set. So a sum over coalitions is a few sums over the sets inside each coalition
//! ([`sets`]), in one pass over the rows for all sets of an order at once.

mod about;
mod aggregate;
mod attribute;
mod auto;
mod centre;
mod corrected;
mod error;
pub mod exact;
pub mod kernelshap_iq;
mod method;
mod parity;
mod penalised;
pub mod permutation;
mod polynomial;
pub mod proxyshap;
mod pulls;
mod readout;
pub mod regression;
pub mod removal;
mod request;
pub mod sets;
pub mod shapiq;
pub mod spectral;
pub mod svarm_iq;
mod top;
pub mod trees;
mod weights;

pub use error::{Error, Result};
pub use method::{Choice, Method};
pub use request::{Penalty, Request};
