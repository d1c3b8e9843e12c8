use einthoven_game::Link;
use einthoven_gradient::{Error, GradientMethod, Gradients, Levels, Quadrature, at_levels};

use crate::setup::{MEMORY, leads, map_of, on_cpu, record};

#[test]
fn gradients_where_all_players_stand_alike_are_those_of_the_methods() {
    let builtin = einthoven_model::builtin().unwrap();
    let (model, partition) = (on_cpu(&builtin), leads(&builtin));
    let records = [record(0), record(1)];
    let signals: Vec<&[f32]> = records.iter().map(|record| record.signal()).collect();
    let references: Vec<Vec<f64>> = (0..2).map(|at| vec![0.01 * f64::from(at); signals[0].len()]).collect();
    let rule = Quadrature::GaussLegendre.rule(2);
    let mut points = vec![vec![1.0; 12]];
    points.extend(rule.iter().map(|(level, _)| vec![*level; 12]));
    for link in [Link::Logit, Link::Probability] {
        let levels =
            Levels { signals: &signals, references: &references, partition: &partition, points: &points, link };
        let found = at_levels(&model, &levels, MEMORY, &|| false).unwrap();
        let size = 5 * 12;
        for (nth, found) in found.chunks_exact(3 * size).enumerate() {
            let at_record = Gradients::new(GradientMethod::InputXGradient);
            let integrated = Gradients { steps: Some(2), ..Gradients::new(GradientMethod::Ig) };
            let map = |gradients| map_of(&model, signals[nth], &references[nth], gradients, link).unwrap();
            let (first, second) = (map(&at_record), map(&integrated));
            for output in 0..5 {
                let [first, second] = [&first, &second].map(|map| map.player_sums(output, partition.owner(), 12));
                for player in 0..12 {
                    let at = |point: usize| found[point * size + output * 12 + player];
                    let mean = rule[0].1 * at(1) + rule[1].1 * at(2);
                    let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * (1.0 + b.abs());
                    assert!(close(at(0), first[player]) && close(mean, second[player]), "{output} {player}");
                }
            }
        }
    }
}

#[test]
fn a_player_that_is_absent_is_seen_where_the_others_stand() {
    let builtin = einthoven_model::builtin().unwrap();
    let (model, partition) = (on_cpu(&builtin), leads(&builtin));
    let record = record(2);
    let mut point = vec![1.0; 12];
    point[3] = 0.0;
    let mut without = record.signal().to_vec();
    let n = record.n_samples();
    without[3 * n..4 * n].fill(0.0);
    let references = [vec![0.0; without.len()]];
    let sums = |signal: &[f32], point: &[f64]| {
        let levels = Levels {
            signals: &[signal],
            references: &references,
            partition: &partition,
            points: &[point.to_vec()],
            link: Link::Logit,
        };
        at_levels(&model, &levels, MEMORY, &|| false).unwrap()
    };
    let (found, expected) = (sums(record.signal(), &point), sums(&without, &[1.0; 12]));
    for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
        // The gradient of what is absent is there all the same, times what would come in.
        match at % 12 {
            3 => assert!(*expected == 0.0 && *found != 0.0),
            _ => assert!((found - expected).abs() <= 1e-9 * (1.0 + expected.abs())),
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let builtin = einthoven_model::builtin().unwrap();
    let (model, partition) = (on_cpu(&builtin), leads(&builtin));
    let record = record(0);
    let references = [vec![0.0; record.signal().len()]];
    let refused = |references: &[Vec<f64>], point: Vec<f64>, stop: bool| {
        let levels = Levels {
            signals: &[record.signal()],
            references,
            partition: &partition,
            points: &[point],
            link: Link::Logit,
        };
        at_levels(&model, &levels, MEMORY, &|| stop).unwrap_err()
    };
    assert!(matches!(refused(&references, vec![1.0; 11], false), Error::Request(_)));
    assert!(matches!(refused(&[], vec![1.0; 12], false), Error::Request(_)));
    assert!(matches!(refused(&references, vec![1.0; 12], true), Error::Interrupted { .. }));
}
