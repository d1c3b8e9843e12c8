//! The plain values that travel through Einthoven, and the games that need no network.
//!
//! A *game* is a function from coalitions (sets of players) to numbers. Explaining a model means playing such a
//! game: the players are parts of the input, the value of a coalition is what the model says when all other parts
//! are switched off. This crate holds everything about games that does not need to know what a model is:
//!
//! * [`Partition`]: which player owns which cell of the input,
//! * [`Coalitions`]: sets of players as packed bits, any number of players,
//! * [`Design`]: the distinct coalitions to evaluate, and a draw list that says what each is for,
//! * [`Values`]: what the model said for each of them,
//! * [`Attribution`]: the answer, a sparse list of terms with their standard errors,
//!
//! and [`Game`], the one thing that can be asked for values. All five are plain data: they can be written to disk
//! and read again, so that the two halves of an estimator may run on different days and machines.
//!
//! What is known exactly lives here too: [`transforms`] of whole tables, [`indices`] with the definition of every
//! index, [`exact`] values, and [`games`] whose values have a closed form.

mod arrays;
mod attribution;
mod coalition;
pub mod design;
mod error;
pub mod exact;
pub mod file;
mod game;
mod game_file;
pub mod games;
mod grid;
mod index;
pub mod indices;
pub mod npy;
pub mod npz;
mod partition;
pub mod quadrature;
pub mod rng;
pub mod student;
pub mod transforms;
mod values;

pub use arrays::{AttributionArrays, Signal};
pub use attribution::{Aggregation, Attribution, Term};
pub use coalition::{Coalition, Coalitions};
pub use design::{Design, Draw};
pub use error::{Error, Result};
pub use game::Game;
pub use game_file::GameFile;
pub use index::{Index, Kind, Link};
pub use partition::{NEVER_MASKED, Partition, Tree};
pub use values::Values;
