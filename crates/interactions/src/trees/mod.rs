//! Exact Shapley values and interactions of tree ensembles: random forests, boosted trees.
//!
//! [`Ensemble::load`] reads a model, [`Rows::load_csv`] the rows, [`TreeExplainer`] computes any index of any order for
//! all of them and all outputs, exactly at any depth. Features that are out are either integrated over by the training
//! rows that went each way ([`TreeExplainer::path_dependent`]) or taken from background rows
//! ([`TreeExplainer::interventional`]).

mod block;
mod ensemble;
mod explain;
mod exported;
mod groups;
mod interventional;
mod lightgbm;
mod load;
mod path_dependent;
mod plan;
mod rows;
mod save;
mod subsets;
mod supersets;
mod xgboost;

pub use ensemble::{Ensemble, Missing, Node, NodeKind, Test, Tree};
pub use explain::{Explanations, Mode, TreeExplainer};
pub use rows::Rows;

/// The names of outputs, where a model has none: `output`, or their numbers if there are several.
fn output_names(n: usize) -> Vec<String> {
    if n == 1 { vec!["output".to_owned()] } else { (0..n).map(|at| at.to_string()).collect() }
}
