//! Multinomial logistic regression with a penalty, so that every set of points has one classifier and no other.
//!
//! What is minimised is the sum of the log losses plus `penalty / 2` times the squares of all weights, the intercepts among
//! them. It is strictly convex: no points give weights of zero (every class is as likely), points of one class a
//! classifier that prefers this class, and two runs that start anywhere end at the same weights.
//!
//! Newton's method keeps the factor of its matrix of second derivatives for as long as the gradient falls fast without a new
//! one (Shamanskii, 1967), and a point more is an update of the factor. So it costs a few gradients and no factorisation.

use std::sync::Arc;

use faer::diag::Diag;
use faer::linalg::cholesky::llt::update::rank_r_update_clobber;
use faer::linalg::matmul::{matmul, triangular};
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::{Accum, Mat, MatRef, Par, Side};

use super::Points;
use crate::{Error, Result};

/// The gradient's norm at which weights count as the optimum; they are then within this over the penalty of it.
pub const TOLERANCE: f64 = 1e-8;
/// A factor is kept while a step leaves at most this share of the gradient.
const FAST: f64 = 0.2;
/// Steps after which something is wrong: a handful is usual.
const MAX_STEPS: usize = 500;

/// Points side by side, each a one and its features: `[1 + features, points]`.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    matrix: Mat<f64>,
    labels: Vec<usize>,
}

/// A fitted classifier.
#[derive(Clone, Debug)]
pub struct Logistic {
    penalty: f64,
    /// `[1 + features, classes]`, the intercepts first.
    weights: Mat<f64>,
    /// Cholesky's lower factor of the second derivatives, here or near by, class after class.
    factor: Arc<Mat<f64>>,
}

impl Columns {
    /// All points.
    pub fn new(points: &Points) -> Self {
        let row = |feature: usize, point: usize| match feature {
            0 => 1.0,
            _ => points.embedding(point)[feature - 1],
        };
        let matrix = Mat::from_fn(1 + points.n_features(), points.len(), row);
        Self { matrix, labels: points.labels().to_vec() }
    }

    /// Some of the points.
    pub fn gather(&self, points: &[usize]) -> Self {
        let mut gathered = Self { matrix: Mat::zeros(self.matrix.nrows(), points.len() + 1), labels: Vec::new() };
        points.iter().for_each(|&point| gathered.push(self, point));
        gathered
    }

    /// Appends a point of `all`.
    pub fn push(&mut self, all: &Self, point: usize) {
        let (rows, at) = (self.matrix.nrows(), self.labels.len());
        if at == self.matrix.ncols() {
            self.matrix.resize_with(rows, 2 * at + 1, |_, _| 0.0);
        }
        self.matrix.col_as_slice_mut(at).copy_from_slice(all.matrix.col_as_slice(point));
        self.labels.push(all.labels[point]);
    }

    /// Takes the last point away.
    pub fn pop(&mut self) {
        self.labels.pop();
    }

    /// The class of each point.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    fn matrix(&self) -> MatRef<'_, f64> {
        self.matrix.as_ref().subcols(0, self.labels.len())
    }
}

/// The gradient somewhere, and what it was made of.
struct Slope {
    /// `[1 + features, classes]`
    gradient: Mat<f64>,
    /// Probabilities of the classes, `[classes, points]`.
    probabilities: Mat<f64>,
    norm: f64,
}

impl Logistic {
    /// The classifier of all points.
    ///
    /// # Errors
    /// If the penalty is not above zero, a label is not below `n_classes`, or the optimum is not reached, which only numbers
    /// far from any usual scale can do.
    pub fn fit(points: &Points, n_classes: usize, penalty: f64) -> Result<Self> {
        let columns = Columns::new(points);
        if !(penalty.is_finite() && penalty > 0.0) {
            return Err(Error::Request(format!("fit a classifier: the penalty must be above zero, found {penalty}")));
        }
        if let Some(label) = points.labels().iter().find(|label| **label >= n_classes) {
            return Err(Error::Request(format!("fit a classifier of {n_classes} classes: found class {label}")));
        }
        let weights = Mat::zeros(columns.matrix.nrows(), n_classes);
        let slope = slope(&columns, &weights, penalty);
        let factor = factor(&columns, &slope, penalty)?;
        Self { penalty, weights, factor }.refit(&columns)
    }

    /// The classifier of other points, found from here.
    pub(super) fn refit(&self, columns: &Columns) -> Result<Self> {
        let mut here = self.clone();
        let mut at = slope(columns, &here.weights, self.penalty);
        let (mut is_fresh, mut length) = (false, 1.0);
        for _ in 0..MAX_STEPS {
            if at.norm <= TOLERANCE {
                return Ok(here);
            }
            let step = here.step(&at);
            let weights = &here.weights - faer::Scale(length) * &step;
            let next = slope(columns, &weights, self.penalty);
            if next.norm <= FAST * at.norm || (is_fresh && next.norm <= (1.0 - 1e-4 * length) * at.norm) {
                (here.weights, at, is_fresh, length) = (weights, next, false, 1.0);
            } else if is_fresh {
                // Far from the optimum the full step may be too long; along it the norm falls at first.
                length /= 2.0;
            } else {
                here.factor = factor(columns, &at, self.penalty)?;
                is_fresh = true;
            }
        }
        let norm = at.norm;
        Err(Error::Request(format!("fit a classifier: the gradient is still {norm:.1e} after {MAX_STEPS} steps")))
    }

    /// The weights: for each class the intercept and then one of each feature, `[classes, 1 + features]`.
    pub fn weights(&self) -> Vec<f64> {
        (0..self.weights.ncols()).flat_map(|class| self.weights.col_as_slice(class).to_vec()).collect()
    }

    /// The norm of the gradient of what is minimised, for these points.
    pub fn gradient_norm(&self, points: &Points) -> f64 {
        slope(&Columns::new(points), &self.weights, self.penalty).norm
    }

    /// Logits of points, `[points, classes]`.
    pub fn logits(&self, points: &Points) -> Vec<f64> {
        self.logits_of(&Columns::new(points))
    }

    /// Logits `[points, classes]`.
    pub(super) fn logits_of(&self, columns: &Columns) -> Vec<f64> {
        let logits = scores(columns, &self.weights);
        (0..logits.ncols()).flat_map(|point| logits.col_as_slice(point).to_vec()).collect()
    }

    /// Newton's step, `[1 + features, classes]`.
    fn step(&self, at: &Slope) -> Mat<f64> {
        let (rows, classes) = (at.gradient.nrows(), at.gradient.ncols());
        let mut step = Mat::from_fn(rows * classes, 1, |index, _| at.gradient[(index % rows, index / rows)]);
        solve_lower_triangular_in_place((*self.factor).as_ref(), step.as_mut(), Par::Seq);
        solve_upper_triangular_in_place(self.factor.transpose(), step.as_mut(), Par::Seq);
        Mat::from_fn(rows, classes, |row, class| step[(class * rows + row, 0)])
    }

    /// Makes the factor that of these points, here.
    pub(super) fn refactor(&mut self, columns: &Columns) -> Result<()> {
        self.factor = factor(columns, &slope(columns, &self.weights, self.penalty), self.penalty)?;
        Ok(())
    }

    /// Makes the factor that of one point more, the last of `columns`: what it adds to the second derivatives is the sum over
    /// the classes of `p_a (e_a - p) (e_a - p)^T`, times `x x^T`.
    pub(super) fn update(&mut self, columns: &Columns) -> Result<()> {
        let last = columns.matrix().get(.., columns.labels.len() - 1..);
        let mut p = self.weights.transpose() * last;
        softmax(p.col_as_slice_mut(0));
        let (rows, classes) = (last.nrows(), p.nrows());
        let part = |index: usize, class: usize| {
            let own = f64::from(u8::from(index / rows == class));
            (own - p[(index / rows, 0)]) * last[(index % rows, 0)]
        };
        let mut parts = Mat::from_fn(rows * classes, classes, part);
        let mut shares = Diag::<f64>::zeros(classes);
        (0..classes).for_each(|class| shares[class] = p[(class, 0)]);
        let factor = Arc::make_mut(&mut self.factor);
        rank_r_update_clobber(factor.as_mut(), parts.as_mut(), shares.as_mut()).map_err(singular)
    }
}

fn singular(error: faer::linalg::cholesky::llt::factor::LltError) -> Error {
    Error::Request(format!("fit a classifier: its second derivatives are singular ({error:?})"))
}

/// Logits, `[classes, points]`.
fn scores(columns: &Columns, weights: &Mat<f64>) -> Mat<f64> {
    let mut scores = Mat::zeros(weights.ncols(), columns.labels.len());
    matmul(&mut scores, Accum::Replace, weights.transpose(), columns.matrix(), 1.0, Par::Seq);
    scores
}

/// Turns logits into probabilities.
pub(super) fn softmax(logits: &mut [f64]) {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logits.iter_mut().for_each(|logit| *logit = (*logit - highest).exp());
    let sum: f64 = logits.iter().sum();
    logits.iter_mut().for_each(|share| *share /= sum);
}

fn slope(columns: &Columns, weights: &Mat<f64>, penalty: f64) -> Slope {
    let mut probabilities = scores(columns, weights);
    (0..columns.labels.len()).for_each(|point| softmax(probabilities.col_as_slice_mut(point)));
    let mut residuals = probabilities.clone();
    columns.labels.iter().enumerate().for_each(|(point, &label)| residuals[(label, point)] -= 1.0);
    let mut gradient = faer::Scale(penalty) * weights;
    matmul(&mut gradient, Accum::Add, columns.matrix(), residuals.transpose(), 1.0, Par::Seq);
    let norm = gradient.norm_l2();
    Slope { gradient, probabilities, norm }
}

/// The factor of the second derivatives, class after class: for classes `a` and `b` the sum over points of
/// `(p_a [a = b] - p_a p_b) x x^T`, and the penalty on the diagonal.
fn factor(columns: &Columns, at: &Slope, penalty: f64) -> Result<Arc<Mat<f64>>> {
    let (x, p) = (columns.matrix(), &at.probabilities);
    let (rows, classes) = (x.nrows(), p.nrows());
    let mut weighted = Mat::<f64>::zeros(rows * classes, x.ncols());
    for point in 0..x.ncols() {
        let blocks = weighted.col_as_slice_mut(point).chunks_exact_mut(rows);
        for (block, share) in blocks.zip(p.col_as_slice(point)) {
            block.iter_mut().zip(columns.matrix.col_as_slice(point)).for_each(|(out, x)| *out = share * x);
        }
    }
    let mut second = Mat::<f64>::zeros(rows * classes, rows * classes);
    let mut own = Mat::<f64>::zeros(rows * classes, rows);
    matmul(&mut own, Accum::Replace, &weighted, x.transpose(), 1.0, Par::Seq);
    for class in 0..classes {
        let block = own.as_ref().subrows(class * rows, rows);
        second.as_mut().submatrix_mut(class * rows, class * rows, rows, rows).copy_from(block);
    }
    let (lower, full) = (triangular::BlockStructure::TriangularLower, triangular::BlockStructure::Rectangular);
    triangular::matmul(&mut second, lower, Accum::Add, &weighted, full, weighted.transpose(), full, -1.0, Par::Seq);
    (0..rows * classes).for_each(|at| second[(at, at)] += penalty);
    let factor = second.llt(Side::Lower).map_err(singular)?;
    Ok(Arc::new(factor.L().to_owned()))
}
