//! What estimators fit values with: least squares with constraints eliminated, ridge regression, the lasso, boosted trees.
//!
//! Estimators of Shapley values are regressions under a constraint: the values must add up to what the game gives to
//! everybody together. A constraint that is bought with a large weight is never met and ruins the condition of the
//! system; here it is eliminated, so that the solution is the constrained one up to rounding.

mod error;
pub mod kernel_ridge;
pub mod lasso;
pub mod ridge;
mod sum_constrained;
pub mod trees;

pub use error::{Error, Result};
pub use sum_constrained::{Problem, Solution, solve};
