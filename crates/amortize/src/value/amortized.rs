//! Values learned from a few contributions of each point (Covert et al., NeurIPS 2024).
//!
//! The mean of a few contributions is right on average and mostly noise. A network that has to say it from the point's
//! embedding and class cannot learn the noise of points that it has to say alike, and is nearer to the values than what it was
//! fitted to. It sees the scaled embedding and the logarithms of the probabilities that the classifier of all points gives
//! each class and the point's own; it has one output per class, which is read at the point's own; it starts from the mean of all
//! labels. The epoch is the one whose predictions are nearest to contributions that were held out; the values are those of a
//! network that learns for so many epochs from all contributions.
//!
//! The held-out contributions also say what the error is. Two of a point are independent, so the product of what the
//! prediction differs by from the one and from the other is on average the squared error, without any noise to be taken off.
//! Where the error is no smaller than that of the plain means of all contributions, which cost the same, amortization does
//! not pay.

use einthoven_game::rng::stream;
use faer::Mat;
use rand::seq::SliceRandom;

use super::contributions::{Contributions, Progress};
use super::data_game::log_probabilities;
use super::network::Mlp;
use super::{DataSet, Logistic};
use crate::{Error, Result};

const EPOCHS: usize = 100;
const BATCH: usize = 32;
/// Learning rates of the first and the last step, a cosine between them.
const RATES: [f64; 2] = [5e-4, 5e-6];
/// Probabilities below `e^` this are as good as none.
const LEAST_LOG: f64 = -15.0;

/// Values that a network has learned, and how far to trust them.
#[derive(Clone, Debug, PartialEq)]
pub struct Amortized {
    /// The value of each point.
    pub values: Vec<f64>,
    /// The mean squared difference from held-out means.
    pub loss: f64,
    /// The part of it that is the noise of the held-out means: no values, not even the true ones, would have a smaller loss.
    pub noise_floor: f64,
    /// The mean squared error, the loss less the floor, of the network that had not seen the held-out contributions: what it
    /// learned from them since is left out, as is that they chose the epoch. Chance can make it negative.
    pub error: f64,
    /// The standard error of that, from the spread over the points.
    pub error_std_err: f64,
    /// The mean squared error of the plain means of all contributions, the held-out ones among them: the same cost.
    pub plain_error: f64,
    /// How far the true values differ: the variance of the held-out means over the points, less the floor.
    pub spread: f64,
    /// The epoch that was best, of [`Amortized::EPOCHS`]; zero is the mean of all labels for every point.
    pub epoch: usize,
}

impl Amortized {
    /// Passes over the points.
    pub const EPOCHS: usize = EPOCHS;

    /// Learns the values of the training points of `data` from all draws but the last `held_out`. `classifier` is that of all
    /// training points. `progress` is told epochs.
    ///
    /// # Errors
    /// If there is no draw to learn from or less than two are held out, the draws are exact or of other points, or `progress`
    /// breaks.
    pub fn learn(
        data: &DataSet,
        classifier: &Logistic,
        contributions: &Contributions,
        held_out: usize,
        seed: u64,
        progress: Progress,
    ) -> Result<Self> {
        let wrong = |what: String| Err(Error::Request(format!("amortize values: {what}")));
        let (n, draws) = (data.train().len(), contributions.n_draws());
        if contributions.n_points() != n {
            return wrong(format!("expected contributions of {n} points, found {}", contributions.n_points()));
        }
        if contributions.is_exact() {
            return wrong("these values are exact, and nothing is left to learn".to_owned());
        }
        if held_out < 2 || held_out >= draws {
            return wrong(format!("expected two contributions to hold out and one more, found {held_out} of {draws}"));
        }
        let [fitted, kept] = [contributions.part(0..draws - held_out), contributions.part(draws - held_out..draws)];
        let judge = Judge { targets: kept.means(), floors: kept.variances().unwrap_or_default() };
        let lesson = Lesson { inputs: inputs(data, classifier), classes: data.train().labels(), seed };
        let (seen, epoch) = lesson.best(data.n_classes(), &fitted.means(), &judge, progress)?;
        let plain_error = contributions.variances().unwrap_or_default().iter().sum::<f64>() / n as f64;
        let values = lesson.after(data.n_classes(), &contributions.means(), epoch);
        Ok(judge.report(&seen, values, plain_error, epoch))
    }

    /// Whether the values are nearer to the truth than the plain means, by more than the standard error of the difference.
    pub fn pays(&self) -> bool {
        self.error + self.error_std_err < self.plain_error
    }
}

/// Held-out means and their variances.
struct Judge {
    targets: Vec<f64>,
    floors: Vec<f64>,
}

impl Judge {
    fn loss(&self, values: &[f64]) -> f64 {
        let squares = self.targets.iter().zip(values).map(|(target, value)| (target - value).powi(2));
        squares.sum::<f64>() / values.len() as f64
    }

    /// What is known of predictions that were `seen` before the last fit gave the values.
    fn report(&self, seen: &[f64], values: Vec<f64>, plain_error: f64, epoch: usize) -> Amortized {
        let n = values.len() as f64;
        let noise_floor = self.floors.iter().sum::<f64>() / n;
        let loss = self.loss(seen);
        let error = loss - noise_floor;
        let parts = self.targets.iter().zip(seen).zip(&self.floors);
        let squares = parts.map(|((target, value), floor)| ((target - value).powi(2) - floor - error).powi(2));
        let error_std_err = (squares.sum::<f64>() / (n - 1.0) / n).sqrt();
        let mean = self.targets.iter().sum::<f64>() / n;
        let spread = self.targets.iter().map(|target| (target - mean).powi(2)).sum::<f64>() / (n - 1.0) - noise_floor;
        Amortized { values, loss, noise_floor, error, error_std_err, plain_error, spread, epoch }
    }
}

/// What there is to learn from, beside labels.
struct Lesson<'a> {
    inputs: Mat<f64>,
    classes: &'a [usize],
    seed: u64,
}

/// A network on its way, and the one constant that all labels are scaled by: anything that depended on the label would change
/// what is learned.
struct Learner {
    network: Mlp,
    mean: f64,
    scale: f64,
}

impl Learner {
    fn new(inputs: usize, n_classes: usize, labels: &[f64], seed: u64) -> Self {
        let n = labels.len() as f64;
        let mean = labels.iter().sum::<f64>() / n;
        let scale = (labels.iter().map(|label| (label - mean).powi(2)).sum::<f64>() / n).sqrt();
        Self { network: Mlp::new(inputs, n_classes, seed), mean, scale: if scale > 0.0 { scale } else { 1.0 } }
    }
}

impl Lesson<'_> {
    /// The predictions that a judge likes best, and the epoch after which they were made.
    fn best(&self, n_classes: usize, labels: &[f64], judge: &Judge, progress: Progress) -> Result<(Vec<f64>, usize)> {
        let mut learner = Learner::new(self.inputs.nrows(), n_classes, labels, self.seed);
        let mut best = (self.predict(&learner), 0);
        let mut least = judge.loss(&best.0);
        for epoch in 0..EPOCHS {
            if progress(epoch, EPOCHS).is_break() {
                return Err(Error::Interrupted { done: epoch, total: EPOCHS });
            }
            self.pass(&mut learner, labels, epoch);
            let values = self.predict(&learner);
            let loss = judge.loss(&values);
            if loss < least {
                (best, least) = ((values, epoch + 1), loss);
            }
        }
        Ok(best)
    }

    /// Predictions after so many epochs.
    fn after(&self, n_classes: usize, labels: &[f64], epochs: usize) -> Vec<f64> {
        let mut learner = Learner::new(self.inputs.nrows(), n_classes, labels, self.seed);
        (0..epochs).for_each(|epoch| self.pass(&mut learner, labels, epoch));
        self.predict(&learner)
    }

    /// One pass over the points, in random order.
    fn pass(&self, learner: &mut Learner, labels: &[f64], epoch: usize) {
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.shuffle(&mut stream(self.seed, "value/epoch", epoch as u64));
        let batches = labels.len().div_ceil(BATCH);
        for (at, batch) in order.chunks(BATCH).enumerate() {
            let part = (epoch * batches + at) as f64 / (EPOCHS * batches) as f64;
            let rate = RATES[1] + (RATES[0] - RATES[1]) * (1.0 + (std::f64::consts::PI * part).cos()) / 2.0;
            let seen = Mat::from_fn(self.inputs.nrows(), batch.len(), |row, column| self.inputs[(row, batch[column])]);
            let own: Vec<usize> = batch.iter().map(|&point| self.classes[point]).collect();
            let targets: Vec<f64> = batch.iter().map(|&point| (labels[point] - learner.mean) / learner.scale).collect();
            learner.network.learn(&seen, &own, &targets, rate);
        }
    }

    fn predict(&self, learner: &Learner) -> Vec<f64> {
        let made = learner.network.predict(&self.inputs);
        let of_point = |(point, &class): (usize, &usize)| learner.mean + learner.scale * made[(class, point)];
        self.classes.iter().enumerate().map(of_point).collect()
    }
}

/// What the network sees of each point, `[inputs, points]`: each input of mean 0 and standard deviation 1.
fn inputs(data: &DataSet, classifier: &Logistic) -> Mat<f64> {
    let (train, classes) = (data.train(), data.n_classes());
    let (features, n) = (train.n_features(), train.len());
    let logs = log_probabilities(classifier, train, classes);
    let log = |point: usize, class: usize| logs[point * classes + class].max(LEAST_LOG);
    let mut inputs = Mat::from_fn(features + classes + 1, n, |row, point| match row.checked_sub(features) {
        None => train.embedding(point)[row],
        Some(class) if class < classes => log(point, class),
        Some(_) => log(point, train.labels()[point]),
    });
    for row in 0..inputs.nrows() {
        let mean = inputs.row(row).iter().sum::<f64>() / n as f64;
        let spread = (inputs.row(row).iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64).sqrt();
        let spread = if spread > 1e-12 { spread } else { 1.0 };
        inputs.row_mut(row).iter_mut().for_each(|x| *x = (*x - mean) / spread);
    }
    inputs
}
