//! A trace as one SVG path, with no more points than the eye can tell.

use crate::xml::number;

/// How far, in millimetres, the thinned path may pass a point it left out: a tenth of the trace's line width.
const TOLERANCE: f64 = 0.02;

/// The path through `points` (millimetres, x ascending); a point that is not finite interrupts it.
pub(crate) fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut text = String::new();
    let mut run = Vec::new();
    for point in points {
        if point.0.is_finite() && point.1.is_finite() {
            run.push(point);
        } else {
            push_run(&mut text, &run);
            run.clear();
        }
    }
    push_run(&mut text, &run);
    text
}

fn push_run(text: &mut String, run: &[(f64, f64)]) {
    for (index, (x, y)) in thinned(run).into_iter().enumerate() {
        text.push(if index == 0 { 'M' } else { 'L' });
        text.push_str(&number(x));
        text.push(' ');
        text.push_str(&number(y));
    }
}

/// Keeps points so that the line through them passes every point left out within [`TOLERANCE`] vertically.
///
/// From the last point kept a cone of slopes is narrowed by every point seen; the first point outside of the cone
/// makes its predecessor the next one to keep. One pass, so that a long record costs no more than its length.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else { return Vec::new() };
    let mut kept = vec![first];
    let mut anchor = first;
    let mut previous = first;
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for &(x, y) in &points[1..] {
        let slope = (y - anchor.1) / (x - anchor.0);
        if !(low..=high).contains(&slope) {
            kept.push(previous);
            anchor = previous;
            (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        }
        let run = x - anchor.0;
        low = low.max((y - TOLERANCE - anchor.1) / run);
        high = high.min((y + TOLERANCE - anchor.1) / run);
        previous = (x, y);
    }
    if points.len() > 1 {
        kept.push(last);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straight_lines_keep_only_their_ends() {
        let points: Vec<_> = (0..100).map(|i| (f64::from(i) * 0.25, 3.0 + 0.1 * f64::from(i))).collect();
        assert_eq!(thinned(&points), vec![points[0], points[99]]);
    }

    #[test]
    fn no_left_out_point_is_passed_too_far() {
        let points: Vec<_> =
            (0..2000).map(|i| (f64::from(i) * 0.05, 8.0 * (f64::from(i) * 0.02).sin().powi(9))).collect();
        let kept = thinned(&points);
        assert!(kept.len() < points.len() / 4, "{} of {}", kept.len(), points.len());
        for pair in kept.windows(2) {
            for point in points.iter().filter(|p| p.0 >= pair[0].0 && p.0 <= pair[1].0) {
                let line = pair[0].1 + (pair[1].1 - pair[0].1) * (point.0 - pair[0].0) / (pair[1].0 - pair[0].0);
                assert!((line - point.1).abs() <= TOLERANCE + 1e-9, "{point:?} is {line}");
            }
        }
    }

    #[test]
    fn gaps_interrupt_the_path() {
        let path = path([(0.0, 1.0), (1.0, 1.0), (2.0, f64::NAN), (3.0, 2.0), (4.0, 2.0)]);
        assert_eq!(path, "M0 1L1 1M3 2L4 2");
    }
}
