//! Where each lead goes on the sheet.
//!
//! Lengths are millimetres of paper: 25 mm are one second, 10 mm are one millivolt.

use std::ops::Range;

use einthoven_ecg::Record;

use crate::number::seconds_text;

/// Millimetres of paper per second.
pub(crate) const MM_PER_SECOND: f64 = 25.0;
/// Millimetres of paper per millivolt.
pub(crate) const MM_PER_MV: f64 = 10.0;
/// Left and right edge of the sheet outside of the grid.
pub(crate) const MARGIN: f64 = 5.0;
/// From the left edge of the grid to time zero: room for the calibration pulse.
pub(crate) const LEAD_IN: f64 = 10.0;
/// Height of the heading above the grid.
pub(crate) const HEADING: f64 = 15.0;

/// Least room above a row's zero line: the calibration pulse and the lead's name.
const LEAST_ABOVE: f64 = 15.0;
/// Least room below a row's zero line.
const LEAST_BELOW: f64 = 10.0;
/// Greatest room above and below.
const MOST: f64 = 30.0;
/// A lead whose median is further from zero than this many millivolts is drawn around its median.
const LARGEST_OFFSET_MV: f64 = 1.0;
/// Longest stretch on one sheet, in seconds: three metres of paper.
const LONGEST: f64 = 120.0;
/// Length of the sheet with four columns, in seconds.
const SHEET: f64 = 10.0;

const COLUMNS: [[&str; 3]; 4] = [["I", "II", "III"], ["aVR", "aVL", "aVF"], ["V1", "V2", "V3"], ["V4", "V5", "V6"]];

/// How the leads are arranged on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Four columns of 2.5 s with three leads each (I II III, aVR aVL aVF, V1 V2 V3, V4 V5 V6), every column showing
    /// its own stretch of the same ten seconds, and lead II below as a rhythm strip. A record without the twelve
    /// standard leads is drawn as [`Layout::TwelveByOne`] instead.
    ThreeByFour,
    /// One row per lead in the record's order, full length up to 120 s.
    TwelveByOne,
}

impl Layout {
    /// The layout a reader expects: three by four for about ten seconds of the twelve standard leads, else a row per
    /// lead.
    pub fn for_record(record: &Record) -> Self {
        let fits = (8.0..=12.0).contains(&record.seconds());
        if fits && standard_leads(record).is_some() { Self::ThreeByFour } else { Self::TwelveByOne }
    }
}

/// A stretch of one lead in one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Panel {
    pub lead: usize,
    pub samples: Range<usize>,
    pub row: usize,
}

/// A row of the sheet; positions from the upper edge of the picture, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    pub top: f64,
    pub zero: f64,
    pub bottom: f64,
}

/// A laid-out sheet.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub panels: Vec<Panel>,
    pub rows: Vec<Row>,
    /// Seconds shown.
    pub seconds: f64,
    /// What each lead's zero line stands for, in millivolts.
    pub offsets: Vec<f64>,
    /// What the reader must know about the drawing.
    pub notes: Vec<String>,
}

impl Sheet {
    pub fn new(record: &Record, layout: Layout) -> Self {
        let standard = if layout == Layout::ThreeByFour { standard_leads(record) } else { None };
        let longest = if standard.is_some() { SHEET } else { LONGEST };
        let mut seconds = record.seconds();
        let mut notes = Vec::new();
        if !(seconds.is_finite() && seconds > 0.0) {
            seconds = 0.0;
        } else if seconds > longest {
            notes.push(format!("first {} s of {} s shown", seconds_text(longest), seconds_text(seconds)));
            seconds = longest;
        }
        let shown = sample_at(record, seconds);
        let panels = match standard {
            Some(columns) => four_columns(record, columns, shown),
            None => (0..record.n_leads()).map(|lead| Panel { lead, samples: 0..shown, row: lead }).collect(),
        };
        let offsets: Vec<f64> = (0..record.n_leads()).map(|lead| offset(record.lead(lead))).collect();
        let rows = rows(record, &panels, &offsets);
        let mut sheet = Self { panels, rows, seconds, offsets, notes };
        sheet.note_offsets_and_excursions(record);
        sheet
    }

    /// Left edge of the sample at `seconds` after the start, in millimetres.
    pub fn x(&self, seconds: f64) -> f64 {
        MARGIN + LEAD_IN + MM_PER_SECOND * seconds
    }

    /// Height of `millivolts` of `lead` in `row`, in millimetres, held on the paper.
    pub fn y(&self, row: usize, lead: usize, millivolts: f64) -> f64 {
        (self.rows[row].zero - MM_PER_MV * (millivolts - self.offsets[lead])).clamp(self.top(), self.bottom())
    }

    /// Upper edge of the grid.
    pub fn top(&self) -> f64 {
        HEADING
    }

    /// Lower edge of the grid.
    pub fn bottom(&self) -> f64 {
        self.rows.last().map_or(HEADING, |row| row.bottom)
    }

    /// Width of the grid: whole large boxes.
    pub fn grid_width(&self) -> f64 {
        LEAD_IN + to_box(MM_PER_SECOND * self.seconds + 2.0)
    }

    fn note_offsets_and_excursions(&mut self, record: &Record) {
        for (lead, name) in record.leads.iter().enumerate() {
            let offset = self.offsets[lead];
            if offset != 0.0 {
                self.notes.push(format!("{name} drawn around its median of {offset:+.2} mV"));
            }
            let zeros = self.panels.iter().filter(|panel| panel.lead == lead).map(|panel| self.rows[panel.row].zero);
            let leaves = |mv: f64| {
                zeros.clone().any(|zero| {
                    let y = zero - MM_PER_MV * (mv - offset);
                    y < self.top() || y > self.bottom()
                })
            };
            let (low, high) = range(record.lead(lead));
            if leaves(low) || leaves(high) {
                self.notes.push(format!("{name} leaves the paper: it runs from {low:+.2} to {high:+.2} mV"));
            }
        }
    }
}

/// The twelve standard leads by name, column by column, if the record has them all.
fn standard_leads(record: &Record) -> Option<[[usize; 3]; 4]> {
    let find = |name: &str| record.leads.iter().position(|lead| lead.eq_ignore_ascii_case(name));
    let mut columns = [[0; 3]; 4];
    for (column, names) in COLUMNS.iter().enumerate() {
        for (row, name) in names.iter().enumerate() {
            columns[column][row] = find(name)?;
        }
    }
    Some(columns)
}

fn four_columns(record: &Record, columns: [[usize; 3]; 4], shown: usize) -> Vec<Panel> {
    let border = |column: usize| sample_at(record, SHEET / 4.0 * column as f64).min(shown);
    let mut panels = Vec::new();
    for (column, leads) in columns.into_iter().enumerate() {
        let samples = border(column)..border(column + 1);
        if samples.is_empty() {
            continue;
        }
        panels.extend(leads.into_iter().enumerate().map(|(row, lead)| Panel { lead, samples: samples.clone(), row }));
    }
    panels.push(Panel { lead: columns[0][1], samples: 0..shown, row: 3 });
    panels
}

/// The first sample at or after `seconds`.
fn sample_at(record: &Record, seconds: f64) -> usize {
    ((seconds * record.rate - 1e-6).ceil().max(0.0) as usize).min(record.n_samples())
}

/// Stacks the rows, each as high as its leads need within limits; beyond, traces overlap as they do on paper.
fn rows(record: &Record, panels: &[Panel], offsets: &[f64]) -> Vec<Row> {
    let count = panels.iter().map(|panel| panel.row + 1).max().unwrap_or(0);
    let mut room = vec![(LEAST_ABOVE, LEAST_BELOW); count];
    for panel in panels {
        let (low, high) = range(&record.lead(panel.lead)[panel.samples.clone()]);
        let (above, below) = &mut room[panel.row];
        let millimetres = |mv: f64| to_box(MM_PER_MV * mv).min(MOST);
        *above = above.max(millimetres(high - offsets[panel.lead]));
        *below = below.max(millimetres(offsets[panel.lead] - low));
    }
    let mut top = HEADING;
    let stack = |(above, below): (f64, f64)| {
        let row = Row { top, zero: top + above, bottom: top + above + below };
        top = row.bottom;
        row
    };
    room.into_iter().map(stack).collect()
}

/// Least and greatest finite value; zeros if there is none.
fn range(samples: &[f32]) -> (f64, f64) {
    let finite = samples.iter().filter(|v| v.is_finite()).map(|&v| f64::from(v));
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high { (0.0, 0.0) } else { (low, high) }
}

/// The median, if it is so far from zero that the trace would leave its row; else zero.
fn offset(samples: &[f32]) -> f64 {
    let mut finite: Vec<f32> = samples.iter().copied().filter(|v| v.is_finite()).collect();
    if finite.is_empty() {
        return 0.0;
    }
    let middle = finite.len() / 2;
    let median = f64::from(*finite.select_nth_unstable_by(middle, f32::total_cmp).1);
    if median.abs() > LARGEST_OFFSET_MV { median } else { 0.0 }
}

/// Rounded up to whole large boxes of 5 mm.
fn to_box(millimetres: f64) -> f64 {
    (millimetres / 5.0).ceil() * 5.0
}
