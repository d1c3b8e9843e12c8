//! What a set of training points is worth: how well the classifier fitted to it does on the validation points.

use super::logistic::{Columns, Logistic, softmax};
use super::{DataSet, Points};
use crate::{Error, Result};

/// Logits closer than this count as equal: ten thousand times what an optimum is found to.
const TIE: f64 = 1e-6;

/// How a classifier is judged on the validation points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utility {
    /// The share of points whose class has the highest logit; classes that tie share the point. No training points, which
    /// make every class as likely, are worth one over the number of classes.
    Accuracy,
    /// The mean logarithm of the probability of the right class, at most zero. No training points are worth minus the
    /// logarithm of the number of classes.
    LogLikelihood,
}

/// The game whose players are training points.
#[derive(Clone, Debug)]
pub struct DataGame {
    train: Columns,
    validation: Columns,
    utility: Utility,
    n_classes: usize,
    full: Logistic,
    full_value: f64,
}

/// A set of training points with its classifier.
pub(super) struct Grown<'a> {
    game: &'a DataGame,
    columns: Columns,
    fit: Logistic,
    /// What the set is worth.
    pub value: f64,
}

impl DataGame {
    /// Classifiers with this penalty on half the squares of all weights, beside the sum of the log losses.
    ///
    /// # Errors
    /// As of [`Logistic::fit`].
    pub fn new(data: &DataSet, utility: Utility, penalty: f64) -> Result<Self> {
        let full = Logistic::fit(data.train(), data.n_classes(), penalty)?;
        let (train, validation) = (Columns::new(data.train()), Columns::new(data.validation()));
        let mut game = Self { train, validation, utility, n_classes: data.n_classes(), full, full_value: 0.0 };
        game.full_value = game.judge(&game.full);
        Ok(game)
    }

    /// Number of training points.
    pub fn n_points(&self) -> usize {
        self.train.labels().len()
    }

    /// How classifiers are judged.
    pub fn utility(&self) -> Utility {
        self.utility
    }

    /// The classifier of all training points.
    pub fn full(&self) -> &Logistic {
        &self.full
    }

    /// What all training points together are worth.
    pub fn full_value(&self) -> f64 {
        self.full_value
    }

    /// What no training points are worth.
    pub fn empty_value(&self) -> f64 {
        match self.utility {
            Utility::Accuracy => 1.0 / self.n_classes as f64,
            Utility::LogLikelihood => -(self.n_classes as f64).ln(),
        }
    }

    /// What a set of training points is worth, each named at most once. It does not depend on their order beyond the
    /// tolerance of a fit.
    ///
    /// # Errors
    /// If there is no such point, or a fit fails.
    pub fn value(&self, set: &[usize]) -> Result<f64> {
        match set.iter().find(|point| **point >= self.n_points()) {
            Some(point) => Err(Error::Request(format!("value point {point}: there are {}", self.n_points()))),
            None => Ok(self.grow(set)?.value),
        }
    }

    /// A set with its classifier, found from that of all points.
    pub(super) fn grow(&self, set: &[usize]) -> Result<Grown<'_>> {
        let columns = self.train.gather(set);
        let fit = self.full.refit(&columns)?;
        let value = self.judge(&fit);
        Ok(Grown { game: self, columns, fit, value })
    }

    fn judge(&self, fit: &Logistic) -> f64 {
        let logits = fit.logits_of(&self.validation);
        let points = logits.chunks_exact(self.n_classes).zip(self.validation.labels());
        let of_point: fn(&[f64], usize) -> f64 = match self.utility {
            Utility::Accuracy => share,
            Utility::LogLikelihood => log_likelihood,
        };
        points.map(|(logits, &label)| of_point(logits, label)).sum::<f64>() / self.validation.labels().len() as f64
    }
}

impl Grown<'_> {
    /// Pays for a factor of the set itself, which many gains will have the use of.
    pub fn sharpen(&mut self) -> Result<()> {
        self.fit.refactor(&self.columns)
    }

    /// What a point adds to the set, which is left as it is.
    pub fn gain(&mut self, point: usize) -> Result<f64> {
        self.columns.push(&self.game.train, point);
        let fit = self.grown();
        self.columns.pop();
        Ok(self.game.judge(&fit?) - self.value)
    }

    /// Adds a point to the set; says what it added.
    pub fn push(&mut self, point: usize) -> Result<f64> {
        self.columns.push(&self.game.train, point);
        self.fit = self.grown()?;
        let before = self.value;
        self.value = self.game.judge(&self.fit);
        Ok(self.value - before)
    }

    /// The classifier with the point that came last.
    fn grown(&self) -> Result<Logistic> {
        let mut fit = self.fit.clone();
        fit.update(&self.columns)?;
        fit.refit(&self.columns)
    }
}

/// One over the number of classes that tie for the highest logit, if the label is among them.
fn share(logits: &[f64], label: usize) -> f64 {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let ties = logits.iter().filter(|logit| **logit >= highest - TIE).count();
    if logits[label] >= highest - TIE { 1.0 / ties as f64 } else { 0.0 }
}

fn log_likelihood(logits: &[f64], label: usize) -> f64 {
    let mut probabilities = logits.to_vec();
    softmax(&mut probabilities);
    probabilities[label].max(f64::MIN_POSITIVE).ln()
}

/// The logarithm of each class's probability, `[points, classes]`.
pub(super) fn log_probabilities(fit: &Logistic, points: &Points, n_classes: usize) -> Vec<f64> {
    let mut logits = fit.logits(points);
    for logits in logits.chunks_exact_mut(n_classes) {
        let all: Vec<f64> = (0..n_classes).map(|class| log_likelihood(logits, class)).collect();
        logits.copy_from_slice(&all);
    }
    logits
}
