use einthoven_game::rng::stream;
use einthoven_model::{Metrics, metrics::*};
use rand::RngExt;

#[test]
fn areas_in_closed_form() {
    let auc = |scores: &[f32], positive: &[u8]| auc(scores, &positive.iter().map(|&p| p == 1).collect::<Vec<_>>());
    assert_eq!(auc(&[1.0, 2.0, 3.0, 4.0], &[0, 0, 1, 1]), Some(1.0));
    assert_eq!(auc(&[1.0, 2.0, 3.0, 4.0], &[1, 1, 0, 0]), Some(0.0));
    assert_eq!(auc(&[7.0, 7.0, 7.0], &[1, 0, 1]), Some(0.5));
    // Positives 3 and 2, negatives 1 and 2: pairs 1, 1, 1 and a tie.
    assert_eq!(auc(&[1.0, 2.0, 3.0, 2.0], &[0, 0, 1, 1]), Some(0.875));
    assert_eq!(auc(&[0.0, -0.0], &[0, 1]), Some(0.5));
    assert_eq!(auc(&[f32::NEG_INFINITY, f32::INFINITY], &[0, 1]), Some(1.0));
    assert_eq!(auc(&[1.0, 2.0], &[1, 1]), None);
    assert_eq!(auc(&[], &[]), None);
    assert_eq!(auc(&[1.0, f32::NAN], &[0, 1]), None);
}

#[test]
fn an_area_is_the_share_of_pairs_in_order() {
    let mut rng = stream(1, "test/auc", 0);
    for n in [2usize, 17, 60] {
        let scores: Vec<f32> = (0..n).map(|_| rng.random_range(0..9) as f32).collect();
        let positive: Vec<bool> = (0..n).map(|i| i == 0 || i > 1 && rng.random()).collect();
        let (mut sum, mut pairs) = (0.0, 0.0);
        for p in (0..n).filter(|&p| positive[p]) {
            for q in (0..n).filter(|&q| !positive[q]) {
                pairs += 1.0;
                sum += if scores[p] > scores[q] {
                    1.0
                } else if scores[p] == scores[q] {
                    0.5
                } else {
                    0.0
                };
            }
        }
        assert_eq!(auc(&scores, &positive), Some(sum / pairs));
    }
}

#[test]
fn the_macro_area_is_the_mean_of_those_that_exist() {
    // Columns: perfect, upside down, only positives.
    let logits = [0.0, 1.0, 0.0, 1.0, 0.0, 0.0];
    let labels = [false, false, true, true, true, true];
    assert_eq!(macro_auc(&logits, &labels, 3), Some(0.5));
    assert_eq!(macro_auc(&logits[..3], &labels[..3], 3), None);
}

#[test]
fn probabilities_of_logits() {
    assert_eq!(probability(0.0), 0.5);
    assert!((probability(1.5) - 0.817_574_476_193_643_6).abs() < 1e-15);
    assert_eq!(probability(-800.0), 0.0);
    assert_eq!(probability(800.0), 1.0);
}

#[test]
fn the_best_threshold_lies_between_the_scores_that_it_parts() {
    let logit = |p: f64| (p / (1.0 - p)).ln() as f32;
    // Cut below 0.6: sensitivity 1, one false alarm of three.
    let scores = [0.9, 0.8, 0.6, 0.4, 0.1].map(logit);
    let threshold = best_threshold(&scores, &[true, false, true, false, false]);
    assert!((threshold - 0.5).abs() < 1e-6, "{threshold}");
    // Ties cannot be parted.
    let threshold = best_threshold(&[0.6, 0.6, 0.2, 0.2].map(logit), &[true, true, false, false]);
    assert!((threshold - 0.4).abs() < 1e-6, "{threshold}");
    assert_eq!(best_threshold(&[1.0, 2.0], &[true, true]), 0.5);
}

#[test]
fn a_confusion_counts_every_record_once() {
    let outputs = ["A".to_owned(), "B".to_owned()];
    // Output A: probabilities 0.5, above, below, below against labels 1, 0, 1, 0 at threshold 0.5.
    let logits = [0.0, 3.0, 1.0, 3.0, -1.0, 3.0, -2.0, 3.0];
    let labels = [true, true, false, true, true, true, false, true];
    let metrics = Metrics::new(&outputs, &logits, &labels, &[0.5, 0.5]);
    let [a, b] = &metrics.classes[..] else { panic!("two classes") };
    assert_eq!([a.true_positives, a.false_positives, a.false_negatives, a.true_negatives], [1, 1, 1, 1]);
    assert_eq!([b.true_positives, b.false_positives, b.false_negatives, b.true_negatives], [4, 0, 0, 0]);
    assert_eq!((a.auc, b.auc, metrics.macro_auc), (Some(0.5), None, Some(0.5)));
    assert_eq!(a.name, "A");
}
