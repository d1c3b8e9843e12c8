//! How well a classifier ranks and decides.

use serde::{Deserialize, Serialize};

/// Metrics of one output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassMetrics {
    /// Name of the output.
    pub name: String,
    /// Area under the receiver operating characteristic; none where one of the two groups is empty.
    pub auc: Option<f64>,
    /// Probability from which on the output counts as present.
    pub threshold: f64,
    /// Present, and said so.
    pub true_positives: usize,
    /// Absent, but said to be present.
    pub false_positives: usize,
    /// Present, but said to be absent.
    pub false_negatives: usize,
    /// Absent, and said so.
    pub true_negatives: usize,
}

/// Metrics of all outputs on one set of records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Mean of the areas that exist.
    pub macro_auc: Option<f64>,
    /// One per output.
    pub classes: Vec<ClassMetrics>,
}

impl Metrics {
    /// Metrics of logits `[records, outputs]` against labels of the same shape, with one threshold per output.
    ///
    /// # Panics
    /// If the lengths do not fit.
    pub fn new(outputs: &[String], logits: &[f32], labels: &[bool], thresholds: &[f64]) -> Self {
        let n = outputs.len();
        assert!(logits.len() == labels.len() && thresholds.len() == n, "one label per logit, one threshold per output");
        let classes: Vec<ClassMetrics> = (0..n)
            .map(|i| {
                let (scores, positive) = (column(logits, n, i), column(labels, n, i));
                ClassMetrics::new(&outputs[i], &scores, &positive, thresholds[i])
            })
            .collect();
        Self { macro_auc: mean(classes.iter().filter_map(|class| class.auc)), classes }
    }
}

impl ClassMetrics {
    fn new(name: &str, logits: &[f32], positive: &[bool], threshold: f64) -> Self {
        let count = |said: bool, present: bool| {
            let pairs = logits.iter().zip(positive);
            pairs.filter(|&(&x, &p)| (probability(x) >= threshold) == said && p == present).count()
        };
        Self {
            name: name.to_owned(),
            auc: auc(logits, positive),
            threshold,
            true_positives: count(true, true),
            false_positives: count(true, false),
            false_negatives: count(false, true),
            true_negatives: count(false, false),
        }
    }
}

/// The area under the receiver operating characteristic: the probability that a positive has a higher score than a
/// negative, a tie counting one half. It is computed exactly, from ranks. None if there are no positives or no
/// negatives, or if a score is not a number.
pub fn auc(scores: &[f32], positive: &[bool]) -> Option<f64> {
    let n_positive = positive.iter().filter(|&&p| p).count();
    let n_negative = positive.len() - n_positive;
    if n_positive == 0 || n_negative == 0 || scores.iter().any(|x| x.is_nan()) {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    // Twice the sum over positives of the negatives below, plus those at the same score: a whole number.
    let (mut twice, mut below, mut start) = (0u64, 0u64, 0);
    while start < order.len() {
        let score = scores[order[start]];
        let tied = order[start..].iter().take_while(|&&i| scores[i] == score).count();
        let positives = order[start..start + tied].iter().filter(|&&i| positive[i]).count() as u64;
        let negatives = tied as u64 - positives;
        twice += positives * (2 * below + negatives);
        below += negatives;
        start += tied;
    }
    Some(twice as f64 / (2.0 * n_positive as f64 * n_negative as f64))
}

/// Mean area of logits `[records, outputs]` over the outputs that have one.
pub fn macro_auc(logits: &[f32], labels: &[bool], n_outputs: usize) -> Option<f64> {
    mean((0..n_outputs).filter_map(|i| auc(&column(logits, n_outputs, i), &column(labels, n_outputs, i))))
}

/// The probability that makes sensitivity plus specificity largest (Youden 1950), halfway to the next lower score; 0.5
/// where one of the two groups is empty.
pub fn best_threshold(logits: &[f32], positive: &[bool]) -> f64 {
    let n_positive = positive.iter().filter(|&&p| p).count();
    let n_negative = positive.len() - n_positive;
    if n_positive == 0 || n_negative == 0 {
        return 0.5;
    }
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    let (mut sensitivity, mut false_alarms, mut best, mut threshold) = (0.0, 0.0, 0.0, 0.5);
    for (place, &i) in order.iter().enumerate() {
        let step = if positive[i] { &mut sensitivity } else { &mut false_alarms };
        *step += 1.0 / if positive[i] { n_positive as f64 } else { n_negative as f64 };
        let here = probability(logits[i]);
        let next = order.get(place + 1).map_or(0.0, |&i| probability(logits[i]));
        if next < here && sensitivity - false_alarms > best {
            best = sensitivity - false_alarms;
            threshold = (here + next) / 2.0;
        }
    }
    threshold
}

/// The thresholds of all outputs.
pub(crate) fn best_thresholds(logits: &[f32], labels: &[bool], n_outputs: usize) -> Vec<f64> {
    (0..n_outputs).map(|i| best_threshold(&column(logits, n_outputs, i), &column(labels, n_outputs, i))).collect()
}

/// The probability that belongs to a logit.
pub fn probability(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

fn column<T: Copy>(table: &[T], n_columns: usize, column: usize) -> Vec<T> {
    table.iter().skip(column).step_by(n_columns).copied().collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (n, sum) = values.fold((0, 0.0), |(n, sum), x| (n + 1, sum + x));
    (n > 0).then(|| sum / f64::from(n))
}
