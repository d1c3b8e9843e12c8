//! Every index, defined in one place.
//!
//! An index gives a number to each set of players `S`. Those defined here see a game through its discrete derivatives
//! `Delta_S(T)`, the sum of `(-1)^(s-|L|) v(T + L)` over the subsets `L` of `S`, for coalitions `T` of the others; or,
//! which is the same, through its Moebius coefficients `m(R)`, of which `Delta_S(T)` is the sum over the sets `R` that
//! hold `S` and lie in `S + T`. Generalized values and the joint Shapley value see what the whole set adds,
//! `v(T + S) - v(T)`. All need one weight for each size only:
//!
//! * [`coalition_weight`] weighs `v(T)` by the sizes of `S`, `T` and what they share: what estimators need,
//! * [`derivative_weight`] and [`size_share`] weigh `Delta_S(T)`, or what `S` adds to `T`, by the sizes of `S` and `T`,
//! * [`moebius_weight`] weighs `m(R)` by the sizes of `S` and `R`; sets that do not hold `S` weigh nothing,
//! * [`derivative_nodes`] weighs the derivatives of the multilinear extension at a few points of its diagonal,
//! * [`fourier_weights`] weighs a Walsh-Hadamard coefficient in the index of the subsets of its set,
//! * [`from_table`], [`from_moebius`] and [`from_fourier`] compute an index up to an order, exactly.
//!
//! Throughout, `s`, `t`, `r` are sizes of `S`, `T`, `R`, `n` is the number of players and `order` the largest size that
//! the index is made for, its top order. The index of the empty set is the value of the empty coalition, except for
//! SII, BII, BV, FBII, kADD-SHAP, co-Moebius and Fourier, which have an empty value of their own.
//!
//! | index | source |
//! |---|---|
//! | SV, SII | Shapley (1953); Grabisch & Roubens (1999) |
//! | BV, BII | Banzhaf (1965); Grabisch & Roubens (1999) |
//! | CHII | Marichal & Roubens (1999) |
//! | k-SII | Bordt & von Luxburg (2023) |
//! | STII | Sundararajan, Dhamdhere & Agarwal (2020) |
//! | FSII, FBII | Tsai, Yeh & Ravikumar (2023) |
//! | kADD-SHAP | Pelegrina, Duarte & Grabisch (2023) |
//! | SGV, BGV | Marichal (2000) |
//! | CHGV, IGV, EGV | Marichal, Kojadinovic & Fujimoto (2007) |
//! | JointSV | Harris, Pymar & Rowat (2022) |
//! | Moebius, co-Moebius, Fourier | Rota (1964); Grabisch, Marichal & Roubens (2000); Walsh (1923) |
//!
//! Weights are made of products whose factors cancel, never of factorials, so they hold for thousands of players.

mod by_size;
mod fourier;
mod joint;
mod moebius;
mod nodes;
mod numbers;
mod sparse;
mod table;
mod whole_sets;

pub use by_size::{coalition_weight, derivative_weight, size_share};
pub use fourier::fourier_weights;
pub use moebius::moebius_weight;
pub use nodes::derivative_nodes;
use numbers::{bernoulli, binomial, sign};
pub(crate) use numbers::{half_binomial, power_of_half};
pub use sparse::{from_fourier, from_moebius};
pub use table::from_table;

use crate::{Error, Index, Result};

/// Most terms of an answer.
const MAX_TERMS: f64 = 1e7;

/// Whether the index is a generalized or joint value: what the whole set adds, `v(T + S) - v(T)`.
pub fn is_generalized_value(index: Index) -> bool {
    matches!(index, Index::Sgv | Index::Bgv | Index::Chgv | Index::Igv | Index::Egv | Index::JointSv)
}

/// Whether the index follows from the values of coalitions alone. Owen needs a tree besides, LIME a neighbourhood, and
/// gradients see no coalition.
pub fn follows_from_values(index: Index) -> bool {
    !matches!(index, Index::Owen | Index::Lime | Index::Gradient)
}

/// Whether the values of all sets up to the top order add up to what the full coalition adds to the empty one.
pub fn adds_up(index: Index) -> bool {
    matches!(index, Index::Sv | Index::KSii | Index::Stii | Index::Fsii | Index::JointSv | Index::Owen)
}

/// The interaction index with the weights of a generalized value; other indices as they are.
fn interaction_index(index: Index) -> Index {
    match index {
        Index::Sgv => Index::Sii,
        Index::Bgv => Index::Bii,
        Index::Chgv => Index::Chii,
        Index::Igv => Index::Moebius,
        Index::Egv => Index::CoMoebius,
        _ => index,
    }
}

/// Where an index is another one summed over supersets up to its top order (k-SII, FBII, kADD-SHAP): that other index,
/// and the weight of a set with `j` players more. The empty set of k-SII is an exception: it has the value of the empty
/// coalition.
pub fn aggregation(index: Index, j: usize) -> Option<(Index, f64)> {
    match index {
        Index::KSii => Some((Index::Sii, bernoulli(j))),
        Index::Fbii => Some((Index::Bii, sign(j) * power_of_half(j))),
        Index::KaddShap => Some((Index::Fsii, 1.0 / (j + 1) as f64)),
        _ => None,
    }
}

/// Whether the index gives numbers to sets of `s` players.
fn has_sets(index: Index, order: usize, s: usize) -> bool {
    s <= order && (s <= 1 || !matches!(index, Index::Sv | Index::Bv))
}

/// The residue of FSII's Moebius weight at `r = -j`, for `0 < s <= k` and `j < k`, `k` the top order:
/// `(-1)^j s/(k+s) C(k,s) (k+s)!/k! (k+j)! / ((s+j)! j! (k-1-j)!)`.
fn fsii_residue(order: usize, s: usize, j: usize) -> f64 {
    // (k+s)!/(k+s)/k!, which is (k+s-1)!/k!; then (k+j)!/(s+j)!, of k - s factors; then k C(k-1, j) / k!.
    let first: f64 = (1..s).map(|i| (order + i) as f64).product();
    let second: f64 = (1..=order - s).map(|i| (s + j + i) as f64 / i as f64).product();
    let rest: f64 = (1..s).map(|i| 1.0 / i as f64).product();
    // C(k,s)/k! = 1/(s! (k-s)!), and s/s! = 1/(s-1)!.
    sign(j) * first * second * rest * order as f64 * binomial(order - 1, j)
}

fn check_order(index: Index, order: usize, n_players: usize) -> Result<()> {
    let asked = || format!("compute {index} of order {order} for {n_players} players");
    if !follows_from_values(index) {
        return Err(Error::Request(format!("{}: it does not follow from the values of coalitions alone", asked())));
    }
    let most = if has_sets(index, 2, 2) { n_players } else { 1.min(n_players) };
    if order == 0 || order > most {
        return Err(Error::Request(format!("{}: expected an order from 1 to {most}", asked())));
    }
    Ok(())
}

fn check_count(n_terms: f64) -> Result<()> {
    if n_terms <= MAX_TERMS {
        return Ok(());
    }
    Err(Error::Request(format!(
        "list {n_terms:.0} sets of players: expected at most {MAX_TERMS:.0}; use a lower order"
    )))
}
