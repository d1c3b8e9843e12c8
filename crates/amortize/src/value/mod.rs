//! Values of training data: what each point adds to a classifier on fixed embeddings.
//!
//! A [`DataSet`] of points in the space of some network's features, a [`DataGame`] that says what a set of them is worth, and a
//! [`Semivalue`] that says which sets count how much. [`Contributions`] are unbiased draws of the values, [`Amortized`] learns
//! the values from a few of them; [`knn_shapley`] is exact.

mod amortized;
mod contributions;
mod data_game;
mod embed;
mod knn;
mod logistic;
mod network;
mod points;
mod read;
mod semivalue;

pub use amortized::Amortized;
pub use contributions::{Contributions, Progress};
pub use data_game::{DataGame, Utility};
pub use embed::penultimate;
pub use knn::{knn_shapley, neighbours};
pub use logistic::{Logistic, TOLERANCE};
pub use points::{DataSet, Points};
pub use read::NamedPoints;
pub use semivalue::Semivalue;
