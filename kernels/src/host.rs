//! The CPU: stretches of cells that are kept, or masked, together are copied whole; rows in parallel.

use std::ops::Range;

use rayon::prelude::*;

use crate::lead::{anchors, interpolated, through_map};
use crate::runs::{NEVER_MASKED, Runs};
use crate::{Columns, Dependence, Fill};

/// Records in the memory of the host, who owns their cells, and what masked cells become.
#[derive(Clone, Debug)]
pub struct HostScene {
    pub(crate) shape: [usize; 3],
    pub(crate) signal: Vec<f32>,
    pub(crate) fill: Fill,
    pub(crate) runs: Runs,
    players: usize,
}

impl HostScene {
    /// Records of the shape `[records, leads, samples]`.
    ///
    /// * `owner`: the player that owns each cell, `u32::MAX` for one that is never masked, `[records, leads, samples]`,
    /// * `signal`: `[records, leads, samples]`.
    ///
    /// # Panics
    /// If owner, signal or the maps of `fill` do not have the shape, a record has no cell, or the scene has more than
    /// 2^32 - 1 of them.
    pub fn new(owner: &[u32], signal: Vec<f32>, fill: Fill, shape: [usize; 3]) -> Self {
        let [records, leads, samples] = shape;
        assert!(leads * samples > 0, "a record of at least one cell");
        assert!(u32::try_from(records * leads * samples).is_ok(), "a scene of fewer than 2^32 cells");
        assert_eq!(owner.len(), records * leads * samples, "an owner for each cell of the signal");
        assert_eq!(signal.len(), owner.len(), "a sample for each owner");
        if let Fill::Maps { maps, values } = &fill {
            let shared = maps * leads * samples;
            assert!(*maps > 0, "at least one map");
            assert!(values.len() == shared || values.len() == records * shared, "a value for each cell of each map");
        }
        let players = owner.iter().filter(|&&player| player != NEVER_MASKED).max().map_or(0, |&last| last as usize + 1);
        Self { shape, signal, fill, runs: Runs::new(owner, samples), players }
    }

    /// The same scene with a record for each record and map: map `m` of record `r` is the only map of record
    /// `r * maps + m`. So a row can be shown through one map and no other.
    pub fn flattened(&self) -> Self {
        let (maps, [records, leads, samples]) = (self.maps(), self.shape);
        let cells = leads * samples;
        let owners = self.runs.owners();
        let spread = |record: usize| (0..maps).map(move |_| record * cells..(record + 1) * cells);
        let places = || (0..records).flat_map(spread);
        let owner: Vec<u32> = places().flat_map(|place| owners[place].iter().copied()).collect();
        let signal: Vec<f32> = places().flat_map(|place| self.signal[place].iter().copied()).collect();
        let fill = match &self.fill {
            Fill::Maps { values, .. } if values.len() == records * maps * cells => {
                Fill::Maps { maps: 1, values: values.clone() }
            }
            Fill::Maps { values, .. } => Fill::Maps { maps: 1, values: values.repeat(records) },
            Fill::Interpolate => Fill::Interpolate,
        };
        Self::new(&owner, signal, fill, [records * maps, leads, samples])
    }

    /// Records, leads, samples.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Batch rows per coalition.
    pub fn maps(&self) -> usize {
        self.fill.maps()
    }

    /// Which players the content of a cell depends on.
    pub fn dependence(&self) -> Dependence {
        self.fill.dependence()
    }

    /// The kept cells outside of a span that masked cells of a lead inside of it are drawn to: the nearest on the left, if
    /// the first cell of the span is masked, and on the right, if the last one is. Together with the players that own the
    /// span they say what is in it ([`Dependence::Neighbours`]). A number past the last cell stands for a side where
    /// nothing is kept, and `None` for one where it does not matter. Nothing matters to maps.
    ///
    /// # Panics
    /// If there is no such record, lead, sample or bit.
    pub fn anchors(&self, words: &[u32], record: usize, lead: usize, span: &Range<usize>) -> [Option<u32>; 2] {
        let [records, leads, samples] = self.shape;
        assert!(record < records && lead < leads, "lead {lead} of record {record}");
        assert!(span.end <= samples, "samples {span:?} of {samples}");
        match self.fill.dependence() {
            Dependence::Neighbours if !span.is_empty() => anchors(words, self.runs.of(record * leads + lead), span),
            _ => [None; 2],
        }
    }

    /// One more than the largest owner: bits that a coalition must have at least.
    pub fn players(&self) -> usize {
        self.players
    }

    /// Writes the cells `[leads, span]` of one batch row: the coalition `words` of record `record`, seen through map
    /// `map`. Player `i` is bit `i % 32` of word `i / 32`.
    ///
    /// # Panics
    /// If there is no such record, map, sample or bit, or `out` has another length.
    pub fn fill(&self, words: &[u32], record: usize, map: usize, span: Range<usize>, out: &mut [f32]) {
        let [records, leads, samples] = self.shape;
        assert!(record < records, "record {record} of {records}");
        assert!(map < self.maps(), "map {map} of {}", self.maps());
        assert!(self.players <= 32 * words.len(), "a bit for each player");
        assert!(span.start <= span.end && span.end <= samples, "samples {span:?} of {samples}");
        assert_eq!(out.len(), leads * span.len(), "a place for each cell");
        if span.is_empty() {
            return;
        }
        for (lead, out) in out.chunks_exact_mut(span.len()).enumerate() {
            let nth = record * leads + lead;
            let (signal, runs) = (&self.signal[nth * samples..][..samples], self.runs.of(nth));
            match &self.fill {
                Fill::Maps { maps, values } => {
                    let of_record = if values.len() == self.signal.len() * maps { record } else { 0 };
                    let map = &values[((of_record * maps + map) * leads + lead) * samples..][..samples];
                    through_map(words, runs, signal, map, &span, out);
                }
                Fill::Interpolate => interpolated(words, runs, signal, &span, out),
            }
        }
    }

    /// Writes the batch `[coalitions * maps, leads, shown]` of `rows`, `[coalitions, width]`, as
    /// [`expand`](crate::expand()) does, rows in parallel.
    ///
    /// # Panics
    /// As [`fill`](Self::fill), or if `rows` is not a multiple of `width`, or [`Columns::Coalition`] meets several
    /// records.
    pub fn fill_rows(&self, rows: &[u32], width: usize, columns: Columns, batch: &mut [f32]) {
        let [records, leads, samples] = self.shape;
        assert!(records == 1 || columns != Columns::Coalition, "a record index where there are {records} records");
        assert!(width > columns.extra() && rows.len().is_multiple_of(width), "whole rows");
        let (maps, cells) = (self.maps(), leads * columns.shown(samples));
        assert_eq!(batch.len(), rows.len() / width * maps * cells, "a place for each cell");
        if cells == 0 {
            return;
        }
        batch.par_chunks_exact_mut(cells).enumerate().for_each(|(index, out)| {
            let (words, extra) = rows[index / maps * width..][..width].split_at(width - columns.extra());
            let record = extra.first().map_or(0, |&record| record as usize);
            let start = extra.get(1).map_or(0, |&start| start as usize);
            self.fill(words, record, index % maps, start..start + columns.shown(samples), out);
        });
    }
}
