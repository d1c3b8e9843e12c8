//! Scores: the interval of an area under the ROC curve, average precision, and error against the truth.

/// The 95 % interval of an area by Hanley and McNeil (Radiology 143 (1982) 29).
pub fn auc_interval(auc: f64, n_positive: usize, n_negative: usize) -> (f64, f64) {
    let (np, nn) = (n_positive as f64, n_negative as f64);
    let (q1, q2) = (auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc));
    let variance = (auc * (1.0 - auc) + (np - 1.0) * (q1 - auc * auc) + (nn - 1.0) * (q2 - auc * auc)) / (np * nn);
    let half = 1.96 * variance.max(0.0).sqrt();
    ((auc - half).max(0.0), (auc + half).min(1.0))
}

/// Average precision: the area under the precision-recall curve as a sum over recall steps; equal scores are one step.
pub fn average_precision(scores: &[f64], positive: &[bool]) -> Option<f64> {
    let n_positive = positive.iter().filter(|is| **is).count();
    if n_positive == 0 {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let (mut area, mut seen, mut found, mut index) = (0.0, 0usize, 0usize, 0);
    while index < order.len() {
        let end = (index..order.len()).find(|&k| scores[order[k]] != scores[order[index]]).unwrap_or(order.len());
        let new = order[index..end].iter().filter(|&&k| positive[k]).count();
        seen += end - index;
        found += new;
        area += new as f64 / n_positive as f64 * (found as f64 / seen as f64);
        index = end;
    }
    Some(area)
}

/// Relative squared error of estimates against the truth.
pub fn relative_squared_error(estimate: &[f64], truth: &[f64]) -> f64 {
    let error: f64 = estimate.iter().zip(truth).map(|(a, b)| (a - b) * (a - b)).sum();
    error / truth.iter().map(|b| b * b).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn average_precision_of_known_orders() {
        assert_eq!(average_precision(&[3.0, 2.0, 1.0], &[true, false, true]), Some(0.5 * 1.0 + 0.5 * (2.0 / 3.0)));
        assert_eq!(average_precision(&[1.0, 1.0, 1.0, 1.0], &[true, false, false, false]), Some(0.25));
        assert_eq!(average_precision(&[1.0], &[false]), None);
    }

    #[test]
    fn interval_holds_the_area_and_narrows() {
        let (low, high) = auc_interval(0.8, 50, 50);
        // Hanley and McNeil's formula by hand: q1 = 2/3, q2 = 0.7111…, variance 0.0019…
        assert!((high - low - 2.0 * 1.96 * 0.0445).abs() < 1e-3, "{low} {high}");
        let (low2, high2) = auc_interval(0.8, 200, 200);
        assert!(high2 - low2 < 0.51 * (high - low));
    }
}
