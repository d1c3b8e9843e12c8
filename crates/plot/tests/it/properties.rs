use einthoven_ecg::Record;
use einthoven_game::{NEVER_MASKED, Partition};
use einthoven_plot::{
    Group, Layout, Picture, Prediction, Report, ecg_svg, group_bars_svg, player_bars_svg, report_html,
};
use proptest::prelude::*;
use roxmltree::Document;

use crate::common::attribution;

/// Any number at all, with the awkward ones often.
fn any_number() -> impl Strategy<Value = f64> {
    let awkward =
        vec![0.0, -0.0, f64::MAX, -f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    prop_oneof![4 => -3.0..3.0, 1 => any::<f64>(), 1 => prop::sample::select(awkward)]
}

fn any_millivolts() -> impl Strategy<Value = f32> {
    prop_oneof![8 => -3.0f32..3.0, 1 => prop::num::f32::NORMAL | prop::num::f32::SUBNORMAL, 1 => Just(f32::NAN)]
}

prop_compose! {
    fn any_input()(leads in 1..14usize, samples in 1..200usize)
        (
            names in prop::collection::vec("[^N]{0,8}", leads),
            signal in prop::collection::vec(any_millivolts(), leads * samples),
            owner in prop::collection::vec(0..6u32, leads * samples),
            rate in prop_oneof![0.5..1000.0, prop::sample::select(vec![0.0, -1.0, f64::NAN, f64::INFINITY, 1e-300])],
        ) -> (Record, Partition) {
        let (leads, samples) = (names.len(), signal.len() / names.len());
        // Players are numbered in order of appearance; the last number stands for cells of nobody.
        let mut seen: Vec<u32> = Vec::new();
        let owner: Vec<u32> = owner
            .iter()
            .map(|&cell| {
                if cell == 5 && !seen.is_empty() {
                    return NEVER_MASKED;
                }
                seen.iter().position(|&other| other == cell).unwrap_or_else(|| {
                    seen.push(cell);
                    seen.len() - 1
                }) as u32
            })
            .collect();
        let players = (0..seen.len()).map(|player| format!("player {player}")).collect();
        (Record::new("r", rate, names, signal), Partition::new(leads, samples, owner, players, None).unwrap())
    }
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let parsed = Document::parse(text.strip_prefix("<!DOCTYPE html>\n").unwrap_or(text));
    prop_assert!(parsed.is_ok(), "{:?}", parsed.err());
    prop_assert!(!text.contains("NaN"), "NaN printed");
    let document = parsed.unwrap();
    for node in document.descendants() {
        for name in ["x", "y", "width", "height", "d", "viewBox", "style", "offset"] {
            prop_assert!(!node.attribute(name).is_some_and(|value| value.contains("inf")), "{node:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_input_gives_well_formed_pictures(
        (record, partition) in any_input(),
        values in prop::collection::vec((any_number(), any_number()), 6),
        start in any_number(),
        name in "[^N]{0,30}",
    ) {
        let mut attribution = attribution(&values[..partition.n_players()].iter().map(|v| v.0).collect::<Vec<_>>());
        attribution.terms.iter_mut().zip(&values).for_each(|(term, value)| term.std_err = Some(value.1));
        attribution.player_names.truncate(1);
        attribution.output.clone_from(&name);
        (attribution.baseline, attribution.full) = values[0];
        for layout in [Layout::ThreeByFour, Layout::TwelveByOne] {
            let picture = Picture {
                record: &record, partition: &partition, attribution: Some(&attribution), layout, title: &name, start,
            };
            check(&ecg_svg(&picture))?;
            for group in [Group::Leads, Group::Windows] {
                group_bars_svg(&picture, group).map_or(Ok(()), |svg| check(&svg))?;
            }
        }
        check(&player_bars_svg(&attribution, 3))?;
        let prediction = Prediction { output: name.clone(), logit: values[1].0, probability: values[1].1 };
        check(&report_html(&Report {
            record: &record, partition: &partition, attributions: &[attribution], target: 0,
            predictions: &[prediction], settings: &[(name.clone(), name.clone())],
            warnings: std::slice::from_ref(&name), notice: &name, start,
        }))?;
    }
}
