//! Values learned from a few contributions of each point (Covert et al., NeurIPS 2024).
//!
//! The mean of a few contributions is right on average and mostly noise. A network that has to say it from the point's
//! embedding and class cannot learn the noise of points that it has to say alike, and is nearer to the values than what it was
//! fitted to. It sees the scaled embedding and the logarithms of the probabilities that the classifier of all points gives
//! each class; it has one output per class, which is read at the point's own; it starts from the mean of all labels, and the
//! epoch is the one whose predictions are nearest to contributions that were held out.
//!
//! The held-out contributions also say what the error is: the squared difference from them, less their own variance. Where
//! that is no better than the plain mean of all contributions, which cost the same, amortization does not pay.

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
    /// The mean squared error of the values: the loss less the floor, which chance can make negative. The choice of the epoch
    /// makes it a little too small.
    pub error: f64,
    /// The standard error of that, from the spread over the points.
    pub error_std_err: f64,
    /// The mean squared error of the plain means of all contributions, the held-out ones among them: the same cost.
    pub plain_error: f64,
    /// How far the values differ: the variance of the held-out means over the points, less the floor.
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
    /// If there is no draw to learn from or none held out, the draws are exact or of other points, or `progress` breaks.
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
        if held_out == 0 || held_out >= draws || draws < 2 {
            return wrong(format!(
                "expected more contributions than the {held_out} held out, and one of these; found {draws}"
            ));
        }
        let [fitted, kept] = [contributions.part(0..draws - held_out), contributions.part(draws - held_out..draws)];
        let all = contributions.variances().unwrap_or_default();
        let judge = Judge {
            targets: kept.means(),
            floors: all.iter().map(|variance| variance * draws as f64 / held_out as f64).collect(),
        };
        let (values, epoch) = fit(data, classifier, &fitted.means(), &judge, seed, progress)?;
        let plain_error = all.iter().sum::<f64>() / n as f64;
        Ok(judge.report(values, plain_error, epoch))
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

    fn report(&self, values: Vec<f64>, plain_error: f64, epoch: usize) -> Amortized {
        let n = values.len() as f64;
        let noise_floor = self.floors.iter().sum::<f64>() / n;
        let loss = self.loss(&values);
        let error = loss - noise_floor;
        let parts = self.targets.iter().zip(&values).zip(&self.floors);
        let squares = parts.map(|((target, value), floor)| ((target - value).powi(2) - floor - error).powi(2));
        let error_std_err = (squares.sum::<f64>() / (n - 1.0) / n).sqrt();
        let mean = self.targets.iter().sum::<f64>() / n;
        let spread = self.targets.iter().map(|target| (target - mean).powi(2)).sum::<f64>() / (n - 1.0) - noise_floor;
        Amortized { values, loss, noise_floor, error, error_std_err, plain_error, spread, epoch }
    }
}

/// Predictions of the best epoch, and which it was.
fn fit(
    data: &DataSet,
    classifier: &Logistic,
    labels: &[f64],
    judge: &Judge,
    seed: u64,
    progress: Progress,
) -> Result<(Vec<f64>, usize)> {
    let (n, classes) = (labels.len(), data.train().labels());
    // One constant for all labels: anything that depends on the label would change what is learned.
    let mean = labels.iter().sum::<f64>() / n as f64;
    let scale = (labels.iter().map(|label| (label - mean).powi(2)).sum::<f64>() / n as f64).sqrt();
    let scale = if scale > 0.0 { scale } else { 1.0 };
    let inputs = inputs(data, classifier);
    let mut network = Mlp::new(inputs.nrows(), data.n_classes(), seed);
    let mut best = (vec![mean; n], 0);
    let mut least = judge.loss(&best.0);
    let batches = n.div_ceil(BATCH);
    for epoch in 0..EPOCHS {
        if progress(epoch, EPOCHS).is_break() {
            return Err(Error::Interrupted { done: epoch, total: EPOCHS });
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut stream(seed, "value/epoch", epoch as u64));
        for (at, batch) in order.chunks(BATCH).enumerate() {
            let part = (epoch * batches + at) as f64 / (EPOCHS * batches) as f64;
            let rate = RATES[1] + (RATES[0] - RATES[1]) * (1.0 + (std::f64::consts::PI * part).cos()) / 2.0;
            let seen = Mat::from_fn(inputs.nrows(), batch.len(), |row, column| inputs[(row, batch[column])]);
            let own: Vec<usize> = batch.iter().map(|&point| classes[point]).collect();
            let targets: Vec<f64> = batch.iter().map(|&point| (labels[point] - mean) / scale).collect();
            network.learn(&seen, &own, &targets, rate);
        }
        let made = network.predict(&inputs);
        let values: Vec<f64> = (0..n).map(|point| mean + scale * made[(classes[point], point)]).collect();
        let loss = judge.loss(&values);
        if loss < least {
            (best, least) = ((values, epoch + 1), loss);
        }
    }
    Ok(best)
}

/// What the network sees of each point, `[inputs, points]`: each input of mean 0 and standard deviation 1.
fn inputs(data: &DataSet, classifier: &Logistic) -> Mat<f64> {
    let (train, classes) = (data.train(), data.n_classes());
    let (features, n) = (train.n_features(), train.len());
    let logs = log_probabilities(classifier, train, classes);
    let mut inputs = Mat::from_fn(features + classes, n, |row, point| match row.checked_sub(features) {
        None => train.embedding(point)[row],
        Some(class) => logs[point * classes + class].max(LEAST_LOG),
    });
    for row in 0..inputs.nrows() {
        let mean = inputs.row(row).iter().sum::<f64>() / n as f64;
        let spread = (inputs.row(row).iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64).sqrt();
        let spread = if spread > 1e-12 { spread } else { 1.0 };
        inputs.row_mut(row).iter_mut().for_each(|x| *x = (*x - mean) / spread);
    }
    inputs
}
