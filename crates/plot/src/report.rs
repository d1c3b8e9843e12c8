//! The report: one HTML file that holds everything and fetches nothing.

use einthoven_ecg::Record;
use einthoven_game::{Attribution, Index, Partition};

use crate::bars::player_bars_svg;
use crate::dense::Dense;
use crate::groups::{Group, group_bars_svg};
use crate::layout::Layout;
use crate::number::seconds_text;
use crate::page::{self, section};
use crate::paper::{Picture, ecg_svg};
use crate::players;
use crate::tables;
use crate::xml::{Xml, number};

/// Bars in the chart of players.
const BARS: usize = 20;
/// Longest table of players that is not folded away.
const OPEN_TABLE: usize = 40;
/// Players shown for outputs other than the explained one.
const OTHERS: usize = 10;

/// What the model said for one output.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Name of the output.
    pub output: String,
    /// Its logit.
    pub logit: f64,
    /// Its probability.
    pub probability: f64,
}

/// What goes into a report.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The signal as the model saw it.
    pub record: &'a Record,
    /// Which player owns which cell of `record`; of the same shape.
    pub partition: &'a Partition,
    /// One attribution per explained output.
    pub attributions: &'a [Attribution],
    /// The attribution that is drawn; the others are folded away.
    pub target: usize,
    /// Values of single cells of that attribution, drawn on the paper instead of those of players.
    pub dense: Option<Dense<'a>>,
    /// What the model said, output by output.
    pub predictions: &'a [Prediction],
    /// What was asked for, as key and value.
    pub settings: &'a [(String, String)],
    /// What a reader must know; those of the attributions are added.
    pub warnings: &'a [String],
    /// What the report is not, such as a medical device.
    pub notice: &'a str,
    /// Where `record` starts in the longer record it was cut from, in seconds.
    pub start: f64,
}

/// The report as an HTML file: no script, no font, no picture comes from elsewhere.
///
/// # Panics
/// If `target` is not one of the attributions, or partition or map and record differ in shape.
pub fn report_html(report: &Report) -> String {
    let attribution = &report.attributions[report.target];
    let title = format!("{}: why {}", report.record.name, attribution.output);
    page::page(&title, |html| {
        header(html, report);
        page::warnings(html, report.warnings, report.attributions, report.target);
        html.open("div").attr("class", "columns");
        section(html, "Prediction", |html| tables::predictions(html, report.predictions, &attribution.output));
        section(html, &format!("Explanation of {}", attribution.output), |html| tables::facts(html, attribution));
        html.close();
        ecg(html, report, &title);
        bars(html, report);
        player_table(html, attribution);
        other_outputs(html, report);
        page::settings(html, report.settings, attribution, &note(attribution));
    })
}

/// How to read the values.
fn note(attribution: &Attribution) -> String {
    if attribution.index == Index::Gradient {
        let method = &attribution.method;
        return format!(
            "A player's value is the sum of what {method} gives to its cells. Orange is positive, blue negative; white \
             is zero."
        );
    }
    format!(
        "A player's value is its share of the difference between the model's {} for the whole record and for the masked \
         one. Orange speaks for the output, blue against it; white is zero.",
        players::unit(attribution.link)
    )
}

fn header(html: &mut Xml, report: &Report) {
    let record = report.record;
    html.open("header").leaf("h1", &record.name);
    let mut line = format!(
        "{} leads, {} s at {} Hz as the model saw it",
        record.n_leads(),
        seconds_text(record.seconds()),
        number(record.rate)
    );
    if report.start != 0.0 {
        line.push_str(&format!(", starting at {} s of the record", seconds_text(report.start)));
    }
    html.leaf("p", &line);
    if !record.source.is_empty() {
        html.open("p").text("Source: ").leaf("span", &record.source).close();
    }
    if !record.labels.is_empty() {
        html.leaf("p", &format!("Came labelled: {}", record.labels.join("; ")));
    }
    page::notice(html, report.notice);
    html.close();
}

fn ecg(html: &mut Xml, report: &Report, title: &str) {
    let layout = Layout::for_record(report.record);
    let picture = |layout| ecg_svg(&Picture { layout, title, ..bare_picture(report) });
    section(html, "The record on ECG paper", |html| {
        html.open("div").attr("class", "paper").markup(&picture(layout)).close();
        if layout == Layout::ThreeByFour {
            html.open("details");
            // Most players or cells are in the picture below alone, if they change within a lead.
            if report.dense.is_some() || varies_in_time(report) {
                html.attr("open", "");
            }
            html.leaf("summary", "All leads in full length");
            html.open("div").attr("class", "paper").markup(&picture(Layout::TwelveByOne)).close().close();
        }
    });
}

/// Whether a lead has several players.
fn varies_in_time(report: &Report) -> bool {
    let partition = report.partition;
    let leads = partition.owner().chunks_exact(partition.n_samples());
    leads.into_iter().any(|lead| lead.windows(2).any(|pair| pair[0] != pair[1]))
}

fn bare_picture<'a>(report: &Report<'a>) -> Picture<'a> {
    Picture {
        record: report.record,
        partition: report.partition,
        attribution: Some(&report.attributions[report.target]),
        dense: report.dense,
        layout: Layout::TwelveByOne,
        title: "",
        start: report.start,
    }
}

fn bars(html: &mut Xml, report: &Report) {
    let attribution = &report.attributions[report.target];
    section(html, "What counted", |html| {
        html.open("div").attr("class", "charts");
        html.open("div").markup(&player_bars_svg(attribution, BARS)).close();
        html.open("div").text("");
        for group in [Group::Leads, Group::Windows] {
            if let Some(svg) = group_bars_svg(&bare_picture(report), group) {
                html.markup(&svg);
            }
        }
        html.close().close();
    });
}

fn player_table(html: &mut Xml, attribution: &Attribution) {
    section(html, "All players", |html| {
        if attribution.n_players <= OPEN_TABLE {
            tables::players_by_magnitude(html, attribution, OPEN_TABLE);
            return;
        }
        html.open("details").leaf("summary", &format!("{} players by magnitude", attribution.n_players));
        tables::players_by_magnitude(html, attribution, usize::MAX);
        html.close();
    });
}

fn other_outputs(html: &mut Xml, report: &Report) {
    let others = report.attributions.iter().enumerate().filter(|(index, _)| *index != report.target);
    let others: Vec<&Attribution> = others.map(|(_, attribution)| attribution).collect();
    if others.is_empty() {
        return;
    }
    section(html, "Other outputs", |html| {
        for other in others {
            html.open("details").leaf("summary", &other.output);
            html.open("div").attr("class", "columns").open("div");
            tables::players_by_magnitude(html, other, OTHERS);
            if other.n_players > OTHERS {
                html.leaf("p", &format!("The {OTHERS} largest of {} players.", other.n_players));
            }
            html.close();
            tables::facts(html, other);
            html.close().close();
        }
    });
}
