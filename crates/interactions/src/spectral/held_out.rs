//! How well a function stands in for a game: on coalitions that it has not seen.

/// The share of the variance of values that a function explains, on coalitions that were drawn all alike and that it has not
/// seen: `1 - |y - f|^2 / |y - mean|^2`. One is perfect; zero is as good as the mean; it may be below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Faithfulness {
    /// R^2.
    pub r2: f64,
    /// Its standard error over the coalitions.
    pub std_err: f64,
    /// How many coalitions.
    pub rows: usize,
}

/// Compares predictions with values; `None` where the values do not vary, or there are fewer than two.
///
/// The standard error is that of a ratio of two means (the delta method), the mean of the values taken as known.
pub fn faithfulness(predicted: &[f64], values: &[f64]) -> Option<Faithfulness> {
    let rows = values.len();
    let mean = values.iter().sum::<f64>() / rows as f64;
    let spread: Vec<f64> = values.iter().map(|value| (value - mean).powi(2)).collect();
    let errors = predicted.iter().zip(values).map(|(predicted, value)| (value - predicted).powi(2));
    let total: f64 = spread.iter().sum();
    // What is left of a constant by rounding is no variance.
    if rows < 2 || total <= rows as f64 * (1e-14 * mean).powi(2) {
        return None;
    }
    let errors: Vec<f64> = errors.collect();
    let ratio = errors.iter().sum::<f64>() / total;
    let deviations: f64 = errors.iter().zip(&spread).map(|(error, spread)| (error - ratio * spread).powi(2)).sum();
    let n = rows as f64;
    Some(Faithfulness { r2: 1.0 - ratio, std_err: (deviations * n / (n - 1.0)).sqrt() / total, rows })
}

/// By how much the squared errors of one function lie below those of another on the same coalitions, on average, and the standard
/// error of that.
pub(crate) fn gain(errors: &[f64], better: &[f64]) -> (f64, f64) {
    let n = errors.len() as f64;
    let gains: Vec<f64> = errors.iter().zip(better).map(|(error, better)| error * error - better * better).collect();
    let mean = gains.iter().sum::<f64>() / n;
    let squares: f64 = gains.iter().map(|gain| (gain - mean).powi(2)).sum();
    (mean, (squares / (n * (n - 1.0).max(1.0))).sqrt())
}
