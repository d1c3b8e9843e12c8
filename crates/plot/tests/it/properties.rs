use einthoven_ecg::Record;
use einthoven_game::{Attribution, Index, NEVER_MASKED, Partition, Term};
use einthoven_plot::{
    Dense, Group, InteractionReport, Layout, Picture, Prediction, RecordsReport, Report, arcs_svg, beeswarm_svg,
    ecg_svg, force_svg, group_bars_svg, group_heatmap_svg, heatmap_svg, interaction_html, network_svg, player_bars_svg,
    records_html, report_html, si_graph_svg, stacked_svg, term_bars_svg, upset_svg, waterfall_svg,
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
        for name in [
            "x",
            "y",
            "width",
            "height",
            "d",
            "viewBox",
            "style",
            "offset",
            "cx",
            "cy",
            "r",
            "transform",
            "stroke-width",
        ] {
            prop_assert!(!node.attribute(name).is_some_and(|value| value.contains("inf")), "{node:?}");
        }
    }
    Ok(())
}

prop_compose! {
    /// Terms of up to five of so many players, of any numbers.
    fn any_interactions(players: usize)(
        terms in prop::collection::vec(
            (prop::collection::btree_set(0..players.max(1) as u32, 0..=players.min(5)), any_number(), any_number()),
            0..40,
        ),
        ends in (any_number(), any_number()),
        output in "[^N]{0,30}",
        names in prop::collection::vec("[^N]{0,12}", 0..=players),
        k_sii in any::<bool>(),
    ) -> Attribution {
        let mut attribution = attribution(&vec![0.0; players]);
        let term = |(index, (players, value, error)): (usize, (std::collections::BTreeSet<u32>, f64, f64))| Term {
            players: players.into_iter().collect(),
            value,
            std_err: (index % 3 > 0).then_some(error),
        };
        attribution.terms = terms.into_iter().enumerate().map(term).collect();
        attribution.index = if k_sii { Index::KSii } else { Index::Bii };
        (attribution.baseline, attribution.full) = ends;
        attribution.output = output;
        attribution.player_names = names;
        attribution
    }
}

/// Every picture of one attribution.
fn pictures(attribution: &Attribution, top: usize) -> Vec<String> {
    let positions = vec![[0.5, -3.0]; attribution.n_players / 2];
    vec![
        network_svg(attribution),
        si_graph_svg(attribution, top, None),
        si_graph_svg(attribution, top, Some(&positions)),
        force_svg(attribution, top),
        waterfall_svg(attribution, top),
        term_bars_svg(attribution, top),
        upset_svg(attribution, top),
        heatmap_svg(attribution),
        stacked_svg(attribution),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_input_gives_well_formed_pictures(
        (record, partition) in any_input(),
        values in prop::collection::vec((any_number(), any_number()), 6),
        cells in prop::option::of(prop::collection::vec(any_number(), 1..30)),
        start in any_number(),
        name in "[^N]{0,30}",
    ) {
        let cells = cells.map(|some| some.into_iter().cycle().take(record.signal().len()).collect::<Vec<f64>>());
        let dense = cells.as_ref().map(|cells| Dense { cells, unit: &name });
        let mut attribution = attribution(&values[..partition.n_players()].iter().map(|v| v.0).collect::<Vec<_>>());
        attribution.terms.iter_mut().zip(&values).for_each(|(term, value)| term.std_err = Some(value.1));
        attribution.player_names.truncate(1);
        attribution.output.clone_from(&name);
        (attribution.baseline, attribution.full) = values[0];
        for layout in [Layout::ThreeByFour, Layout::TwelveByOne] {
            let picture = Picture {
                record: &record, partition: &partition, attribution: Some(&attribution), dense, layout, title: &name, start,
            };
            check(&ecg_svg(&picture))?;
            for group in [Group::Leads, Group::Windows] {
                group_bars_svg(&picture, group).map_or(Ok(()), |svg| check(&svg))?;
            }
        }
        check(&player_bars_svg(&attribution, 3))?;
        let prediction = Prediction { output: name.clone(), logit: values[1].0, probability: values[1].1 };
        check(&report_html(&Report {
            record: &record, partition: &partition, attributions: &[attribution], target: 0, dense,
            predictions: &[prediction], settings: &[(name.clone(), name.clone())],
            warnings: std::slice::from_ref(&name), notice: &name, start,
        }))?;
    }

    #[test]
    fn any_interactions_give_well_formed_pictures(
        first in prop_oneof![Just(0), Just(1), 2..9usize, Just(60)].prop_flat_map(any_interactions),
        top in prop_oneof![Just(0), 1..9usize, Just(usize::MAX)],
        numbers in prop::collection::vec(any_number(), 12),
    ) {
        for svg in pictures(&first, top) {
            check(&svg)?;
        }
        let records: Vec<Attribution> = numbers
            .iter()
            .map(|&number| {
                let mut record = first.clone();
                record.terms.iter_mut().step_by(2).for_each(|term| term.value = number);
                record
            })
            .collect();
        let values: Vec<Vec<f64>> = numbers.iter().map(|&number| vec![number; 3]).collect();
        check(&beeswarm_svg(&records, &[], top, None))?;
        check(&beeswarm_svg(&records, &[], top, Some(("v", &values))))?;
        check(&records_html(&RecordsReport {
            title: &first.output, mean: &first, records: &records, record_names: &first.player_names,
            values: Some((&first.output, &values)), settings: &[], warnings: &[], notice: "",
        }))?;
        check(&interaction_html(&InteractionReport {
            name: &first.output, attributions: &[first.clone(), first.clone()], target: 1, picture: None,
            predictions: &[], settings: &[], warnings: &[], notice: "",
        }))?;
    }

    #[test]
    fn any_interactions_on_any_record_are_drawn_or_left(
        ((record, partition), attribution) in
            any_input().prop_flat_map(|input| { let players = input.1.n_players(); (Just(input), any_interactions(players)) }),
        start in any_number(),
    ) {
        let picture = Picture {
            record: &record, partition: &partition, attribution: Some(&attribution), dense: None, layout: Layout::TwelveByOne,
            title: "t", start,
        };
        arcs_svg(&picture, 5).map_or(Ok(()), |svg| check(&svg))?;
        for group in [Group::Leads, Group::Windows] {
            group_heatmap_svg(&picture, group).map_or(Ok(()), |svg| check(&svg))?;
        }
        check(&interaction_html(&InteractionReport {
            name: "r", attributions: std::slice::from_ref(&attribution), target: 0, picture: Some(picture),
            predictions: &[], settings: &[], warnings: &[], notice: "",
        }))?;
    }
}

#[test]
fn thousands_of_players_and_pairs_are_drawn() {
    let mut many = attribution(&vec![0.5; 5000]);
    let pair = |index: u32| vec![index % 4000, 4000 + index / 4000 + index % 900];
    many.terms.extend((0..100_000).map(|index| Term { players: pair(index), value: f64::from(index), std_err: None }));
    for svg in pictures(&many, 25) {
        check(&svg).unwrap();
        assert!(svg.len() < 600_000, "{} bytes", svg.len());
    }
}
