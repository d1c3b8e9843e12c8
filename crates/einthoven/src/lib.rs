//! Explains neural networks on signals: which leads, and which moments, made the model say what it says.
//!
//! Parts of the input (the *players*) are switched off in thousands of combinations, each combination is evaluated by
//! the model in batches that are made on the device, and the answers become Shapley values with their standard errors.
//!
//! ```
//! use einthoven::{Explainer, Settings};
//!
//! # fn main() -> Result<(), einthoven::Error> {
//! let settings = Settings { players: "leads".parse()?, budget: Some(128), ..Settings::default() };
//! let explainer = Explainer::builtin(settings)?;
//! let record = einthoven::example_record();
//! let explanation = explainer.explain(&record)?;
//! let top = explanation.top();
//! println!("{} {:.2}", top.output, explanation.predictions[explanation.top_index()].probability);
//! for term in top.largest(5) {
//!     println!("{:>4} {:+.3}", top.player_names[term.players[0] as usize], term.value);
//! }
//! assert!(top.efficiency_gap().abs() < 1e-6);
//! # Ok(())
//! # }
//! ```
//!
//! The parts it is made of are crates of their own, re-exported here: [`game`], [`ecg`], [`fit`], [`shapley`], [`interactions`],
//! [`plot`], [`model`], [`masking`], [`gradient`], [`amortize`].

mod amortized;
mod baseline;
mod control;
mod described;
mod error;
mod evaluate;
mod example;
mod explainer;
mod explanation;
mod gradients;
mod interact;
mod labels;
mod memory;
mod pictures;
mod players;
mod read;
mod removal;
mod resume;

pub use einthoven_amortize as amortize;
pub use einthoven_ecg as ecg;
pub use einthoven_fit as fit;
pub use einthoven_game as game;
pub use einthoven_gradient as gradient;
pub use einthoven_interactions as interactions;
pub use einthoven_masking as masking;
pub use einthoven_model as model;
pub use einthoven_plot as plot;
pub use einthoven_shapley as shapley;

pub use amortized::{AmortizedExplainer, train_amortized};
pub use baseline::BaselineName;
pub use einthoven_ecg::{ReadOptions, Record, Warning};
pub use einthoven_game::{Attribution, Index, Link};
pub use einthoven_gradient::{Audit, GradientMethod, Gradients};
pub use einthoven_masking::{DeviceChoice, DeviceName};
pub use einthoven_model::{BatchModel, Classifier};
pub use einthoven_plot::Prediction;
pub use einthoven_shapley::Method;
pub use error::{Error, Result};
pub use example::example_record;
pub use explainer::{Explainer, Settings, default_budget};
pub use explanation::{DenseMaps, Explanation};
pub use interact::Interactions;
pub use labels::Labels;
pub use memory::Memory;
pub use pictures::{clear_results, interaction_pictures, save_texts};
pub use players::Players;
pub use read::read;
pub use removal::{Flip, MISS, RemovalSearch, RemovalStep, Removals, Removed, Way};
pub use resume::Keep;
