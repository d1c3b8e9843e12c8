//! The report on several records: what holds for most of them.

use std::collections::HashMap;

use einthoven_game::Attribution;

use crate::bars::term_bars_svg;
use crate::beeswarm::beeswarm_svg;
use crate::heatmap::heatmap_svg;
use crate::network::network_svg;
use crate::number::value_text;
use crate::page::{self, charts, pairs, section};
use crate::players;
use crate::tables::{self, Extra};
use crate::terms::Terms;
use crate::upset::upset_svg;
use crate::xml::Xml;

/// Terms in the pictures that show them one by one, and in the table.
const TOP: usize = 20;
const TABLE: usize = 40;
/// Records that a warning names.
const NAMED: usize = 5;

/// What goes into a report on several records.
#[derive(Clone, Copy, Debug)]
pub struct RecordsReport<'a> {
    /// What the records are.
    pub title: &'a str,
    /// The mean over the records, its standard errors those of the mean over records.
    pub mean: &'a Attribution,
    /// One attribution per record, of the same output, index and players.
    pub records: &'a [Attribution],
    /// The name of each record.
    pub record_names: &'a [String],
    /// A name and numbers `[records][players]` that colour the dots of single players.
    pub values: Option<(&'a str, &'a [Vec<f64>])>,
    /// What was asked for, as key and value.
    pub settings: &'a [(String, String)],
    /// What a reader must know; those of the mean and of the records are added.
    pub warnings: &'a [String],
    /// What the report is not, such as a medical device.
    pub notice: &'a str,
}

/// The report as an HTML file: the beeswarm of the records, and bars, network, heat map and table of their mean, in
/// which the errors are those of the mean over records.
pub fn records_html(report: &RecordsReport) -> String {
    let mean = report.mean;
    page::page(&format!("{}: interactions for {}", report.title, mean.output), |html| {
        html.open("header").leaf("h1", report.title);
        html.leaf("p", &format!("Means over {} records for {}", report.records.len(), mean.output));
        page::notice(html, report.notice);
        html.close();
        page::warning_box(html, warnings(report));
        section(html, "The mean", |html| {
            tables::facts(html, mean);
            let note = "Standard errors are those of the mean over the records: they tell how far another draw of \
                        records would move it, not how well each record was estimated.";
            html.open("p").attr("class", "note").text(note).close();
        });
        section(html, "All records", |html| {
            charts(html, [beeswarm_svg(report.records, report.record_names, TOP, report.values)]);
        });
        section(html, "What counted on average", |html| pairs(html, pictures(mean)));
        section(html, "Terms by magnitude of the mean", |html| table(html, report));
        section(html, "The records", |html| record_table(html, report));
        let note = format!("Values are in {}. Orange raises it, blue lowers it.", players::unit(mean.link));
        page::settings(html, report.settings, mean, &note);
    })
}

/// The caller's warnings, those of the mean, and those of the records: each once, with the records it is about.
fn warnings(report: &RecordsReport) -> Vec<String> {
    let mut all: Vec<String> = report.warnings.iter().chain(&report.mean.warnings).cloned().collect();
    let mut of_records: Vec<(&str, Vec<String>)> = Vec::new();
    for (index, record) in report.records.iter().enumerate() {
        for warning in record.warnings.iter().filter(|warning| !all.contains(warning)) {
            match of_records.iter_mut().find(|(words, _)| words == warning) {
                Some((_, names)) => names.push(name(report, index)),
                None => of_records.push((warning, vec![name(report, index)])),
            }
        }
    }
    all.extend(of_records.into_iter().map(|(warning, names)| format!("{}: {warning}", some_of(&names))));
    all
}

/// Names in a row, the first few of them if they are many.
fn some_of(names: &[String]) -> String {
    if names.len() <= NAMED {
        return names.join(", ");
    }
    format!("{} and {} more records", names[..NAMED].join(", "), names.len() - NAMED)
}

fn name(report: &RecordsReport, index: usize) -> String {
    report.record_names.get(index).cloned().unwrap_or_else(|| format!("record {}", index + 1))
}

fn pictures(mean: &Attribution) -> Vec<String> {
    let mut pictures = vec![term_bars_svg(mean, TOP)];
    if mean.terms.iter().any(|term| term.players.len() > 1) {
        pictures.extend([upset_svg(mean, TOP), network_svg(mean), heatmap_svg(mean)]);
    }
    pictures
}

/// The largest terms of the mean, and in how many records each has the mean's sign.
fn table(html: &mut Xml, report: &RecordsReport) {
    let mut signs: HashMap<&[u32], [usize; 2]> = HashMap::new();
    for term in report.records.iter().flat_map(|record| &record.terms).filter(|term| term.value != 0.0) {
        signs.entry(&term.players).or_default()[usize::from(term.value < 0.0)] += 1;
    }
    let means: HashMap<&[u32], f64> =
        report.mean.terms.iter().map(|term| (term.players.as_slice(), term.value)).collect();
    let fill = |players: &[u32]| {
        let same = signs.get(players).map_or(0, |counts| counts[usize::from(means[players] < 0.0)]);
        format!("{same} of {}", report.records.len())
    };
    let extra = Extra { name: "records of that sign", fill: &fill };
    tables::terms_by_magnitude(html, report.mean, TABLE, Some(extra));
}

/// A row per record: what the model said, and its strongest term.
fn record_table(html: &mut Xml, report: &RecordsReport) {
    let unit = players::unit(report.mean.link);
    let [full, baseline] = ["whole record", "all masked"].map(|what| format!("{what}, {unit}"));
    let rows = report.records.iter().enumerate().map(|(index, record)| {
        let terms = Terms::new(record);
        let strongest = terms.ranked.first();
        let strongest = strongest.map(|term| format!("{} {}", terms.name(&term.players), value_text(term.value)));
        let cells = vec![
            value_text(record.full),
            value_text(record.baseline),
            record.evaluations.to_string(),
            strongest.unwrap_or_default(),
        ];
        (name(report, index), cells)
    });
    tables::named_rows(html, &["record", &full, &baseline, "evaluations", "strongest term"], rows);
}
