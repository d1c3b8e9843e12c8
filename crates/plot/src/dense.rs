//! A map of single cells behind the traces: a value for each sample of each lead instead of one for each player.
//!
//! A column of colour is a quarter of a millimetre of paper wide, or a sample, if that is wider: finer detail cannot be
//! told apart on paper, and would only make the file large. A column has the mean of its samples, so that its number
//! is still one per cell. Colours come in steps, and neighbours of one step are drawn as one.

use einthoven_ecg::Record;
use einthoven_game::Attribution;

use crate::colour::{Scale, diverging};
use crate::layout::{MM_PER_SECOND, Panel, Sheet};
use crate::legend::Legend;
use crate::number::{counted, value_text};
use crate::paper::Picture;
use crate::players;
use crate::xml::{Xml, number};

/// Narrowest column in millimetres of paper.
const NARROWEST: f64 = 0.25;
/// Steps of colour from zero to either end.
const STEPS: f64 = 15.0;

/// What a gradient method gives to each cell of a record.
#[derive(Clone, Copy, Debug)]
pub struct Dense<'a> {
    /// `[leads, samples]`, as the record.
    pub cells: &'a [f64],
    /// The unit of a cell, such as `logit per cell`.
    pub unit: &'a str,
}

/// A map in columns, and the colours they have.
pub(crate) struct Overlay {
    /// Samples in a column; the last one of a lead may have fewer.
    width: usize,
    /// Columns of a lead.
    n_columns: usize,
    /// `[leads, columns]`; not finite where a sample is not.
    means: Vec<f64>,
    scale: Scale,
}

/// Neighbouring samples with a colour of one step.
#[derive(Debug, PartialEq)]
struct Run {
    /// From -15 to 15; zero is white.
    step: i32,
    from: usize,
    to: usize,
}

impl Overlay {
    pub fn new(dense: &Dense, record: &Record) -> Self {
        let samples = record.n_samples().max(1);
        let width = (record.rate * NARROWEST / MM_PER_SECOND - 1e-6).ceil();
        let width = (width.max(1.0) as usize).min(samples);
        let column = |cells: &[f64]| cells.iter().sum::<f64>() / cells.len() as f64;
        let means: Vec<f64> =
            dense.cells.chunks_exact(samples).flat_map(|lead| lead.chunks(width).map(column)).collect();
        let scale = Scale::of_cells(means.iter().copied());
        Self { width, n_columns: samples.div_ceil(width), means, scale }
    }

    fn lead(&self, lead: usize) -> &[f64] {
        &self.means[lead * self.n_columns..][..self.n_columns]
    }

    fn step(&self, mean: f64) -> i32 {
        self.scale.position(mean).map_or(0, |position| (STEPS * position).round() as i32)
    }

    fn runs(&self, panel: &Panel) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let columns = panel.samples.start / self.width..panel.samples.end.div_ceil(self.width);
        for column in columns {
            let step = self.step(self.lead(panel.lead)[column]);
            let from = (column * self.width).max(panel.samples.start);
            let to = ((column + 1) * self.width).min(panel.samples.end);
            match runs.last_mut() {
                Some(run) if run.step == step => run.to = to,
                _ => runs.push(Run { step, from, to }),
            }
        }
        runs
    }

    /// A line as thick as its row for each run. A run reaches a column into the next one, which is drawn over it: where
    /// two edges meet in a pixel, the paper would shine through.
    pub fn draw(&self, svg: &mut Xml, picture: &Picture, sheet: &Sheet, unit: &str) {
        let x = |sample: usize| sheet.x(sample as f64 / picture.record.rate);
        svg.open("g").attr("class", "dense").attr("fill", "none");
        for panel in &sheet.panels {
            let row = sheet.rows[panel.row];
            let name = &picture.record.leads[panel.lead];
            svg.open("g").attr("class", "map").attr("data-lead", name).num("stroke-width", row.bottom - row.top);
            svg.leaf("title", &format!("{name}: {} {unit}", range_text(self.lead(panel.lead))));
            let runs = self.runs(panel);
            for (at, run) in runs.iter().enumerate().filter(|(_, run)| run.step != 0) {
                let covered = runs.get(at + 1).filter(|next| next.step != 0);
                let to = covered.map_or(run.to, |next| next.to.min(run.to + self.width));
                let line = format!(
                    "M{} {}h{}",
                    number(x(run.from)),
                    number((row.top + row.bottom) / 2.0),
                    number(x(to) - x(run.from))
                );
                svg.open("path").attr("stroke", &diverging(f64::from(run.step) / STEPS)).attr("d", &line).close();
            }
            svg.close();
        }
        svg.close();
    }

    pub fn legend<'a>(&self, attribution: &'a Attribution, unit: &'a str) -> Legend<'a> {
        let mut lines = vec![
            if self.scale.is_signed() {
                players::colour_words(attribution)
            } else {
                "the deeper the colour, the larger; no value is below zero".to_owned()
            },
            match self.width {
                1 => "each sample has the colour of its own value".to_owned(),
                width => format!("a column of {width} samples has the colour of their mean"),
            },
        ];
        let missing = self.means.iter().filter(|mean| !mean.is_finite()).count();
        if missing > 0 {
            lines.push(format!("{} left white: not finite", counted(missing, "column")));
        }
        Legend { scale: self.scale, what: players::index_words(attribution), unit, output: &attribution.output, lines }
    }
}

/// The least and the greatest finite value.
fn range_text(values: &[f64]) -> String {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    format!("{} to {}", value_text(low), value_text(high))
}
