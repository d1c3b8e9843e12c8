use einthoven_game::Attribution;
use einthoven_plot::{Group, Layout, Picture, group_bars_svg};
use roxmltree::Document;

use crate::common::*;

/// Name and value text of each bar.
fn bars(
    partition: &einthoven_game::Partition,
    attribution: &Attribution,
    group: Group,
) -> Option<Vec<(String, String)>> {
    let record = record(partition.n_samples(), |_, _| 0.0);
    let picture = Picture {
        record: &record,
        partition,
        attribution: Some(attribution),
        dense: None,
        layout: Layout::TwelveByOne,
        title: "",
        start: 30.0,
    };
    let svg = group_bars_svg(&picture, group)?;
    let document = Document::parse(&svg).unwrap();
    let text = |bar: &roxmltree::Node, index| text_of(&bar.children().nth(index).unwrap());
    Some(class(&document, "g", "bar").iter().map(|bar| (text(bar, 1), text(bar, 2))).collect())
}

#[test]
fn leads_sum_their_windows() {
    let values: Vec<f64> = (0..120).map(|player| 0.001 * f64::from(player)).collect();
    let bars = bars(&leads_windows(1000), &attribution(&values), Group::Leads).unwrap();
    assert_eq!(bars.len(), 12);
    // Lead 1 holds the players 10..20: 0.001 * 145; errors 0.11..0.20 in squares sum to 0.2485.
    assert_eq!(bars[1], ("II".to_owned(), format!("+0.1450 ± {:.4}", 0.2485_f64.sqrt())));
}

#[test]
fn windows_sum_their_leads() {
    let values: Vec<f64> = (0..120).map(|player| if player % 10 == 3 { -0.25 } else { 0.0 }).collect();
    let mut attribution = attribution(&values);
    attribution.terms.iter_mut().for_each(|term| term.std_err = None);
    let bars = bars(&leads_windows(1000), &attribution, Group::Windows).unwrap();
    assert_eq!(bars.len(), 10);
    assert_eq!(bars[3], ("33–34 s".to_owned(), "-3.0000".to_owned()));
    assert_eq!(bars[4], ("34–35 s".to_owned(), "0".to_owned()));
}

#[test]
fn sums_that_say_nothing_new_are_not_drawn() {
    let by_lead = leads(1000);
    let by_window = partition(1000, 10, |_, sample| (sample / 100) as u32);
    for group in [Group::Leads, Group::Windows] {
        assert_eq!(bars(&by_lead, &attribution(&[0.1; 12]), group), None);
        assert_eq!(bars(&by_window, &attribution(&[0.1; 10]), group), None);
    }
}

#[test]
fn overlapping_stretches_have_no_windows_but_leads() {
    // Two interleaved players in every lead.
    let combs = partition(1000, 24, |lead, sample| (2 * lead + sample / 50 % 2) as u32);
    let attribution = attribution(&[0.1; 24]);
    assert_eq!(bars(&combs, &attribution, Group::Windows), None);
    assert_eq!(bars(&combs, &attribution, Group::Leads).unwrap()[11].1[..7], *"+0.2000");
}
