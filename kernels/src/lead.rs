//! One lead of one batch row on the CPU.
//!
//! Runs that stand together and are all kept, or all masked, are one stretch, and a stretch is written whole. The work
//! grows with the number of runs, not of cells, beside the copying itself.

use std::ops::Range;

use crate::runs::Run;

/// Writes the cells `span` of a lead: `signal` where it is kept, `map` where it is masked.
pub(crate) fn through_map(
    words: &[u32],
    runs: &[Run],
    signal: &[f32],
    map: &[f32],
    span: &Range<usize>,
    out: &mut [f32],
) {
    let mut next = first_run(runs, span.start);
    let runs = &runs[..=first_run(runs, span.end - 1)];
    while next < runs.len() {
        let start = span.start.max(runs[next].start as usize);
        let kept = runs[next].is_kept(words);
        next = end_of_stretch(words, runs, next, kept);
        let end = span.end.min(runs[next - 1].end as usize);
        let source = if kept { signal } else { map };
        out[start - span.start..end - span.start].copy_from_slice(&source[start..end]);
    }
}

/// Writes the cells `span` of a lead: `signal` where it is kept, the line between the nearest kept cells of the whole
/// lead where it is masked.
pub(crate) fn interpolated(words: &[u32], runs: &[Run], signal: &[f32], span: &Range<usize>, out: &mut [f32]) {
    let mut next = first_run(runs, span.start);
    let mut left = runs[..next].iter().rev().find(|run| run.is_kept(words)).map(|run| run.end as usize - 1);
    while next < runs.len() && (runs[next].start as usize) < span.end {
        let start = span.start.max(runs[next].start as usize);
        let kept = runs[next].is_kept(words);
        next = end_of_stretch(words, runs, next, kept);
        let end = span.end.min(runs[next - 1].end as usize);
        let out = &mut out[start - span.start..end - span.start];
        if kept {
            out.copy_from_slice(&signal[start..end]);
            left = Some(end - 1);
        } else {
            let right = runs.get(next).map(|run| run.start as usize);
            bridge(signal, left, right, start, out);
        }
    }
}

/// The run that holds `cell`.
fn first_run(runs: &[Run], cell: usize) -> usize {
    runs.partition_point(|run| run.end as usize <= cell)
}

/// The first run from `first` on that is not as the first is, or the number of runs.
fn end_of_stretch(words: &[u32], runs: &[Run], first: usize, kept: bool) -> usize {
    runs[first..].iter().position(|run| run.is_kept(words) != kept).map_or(runs.len(), |length| first + length)
}

/// Writes masked cells from `start` on between the kept cells `left` and `right`.
fn bridge(signal: &[f32], left: Option<usize>, right: Option<usize>, start: usize, out: &mut [f32]) {
    let (left, right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (Some(only), None) | (None, Some(only)) => return out.fill(signal[only]),
        (None, None) => return out.fill(0.0),
    };
    let (from, rise, length) = (signal[left], signal[right] - signal[left], (right - left) as f32);
    // Distances are below 2^24 in any record that fits into memory as one lead, so they are exact.
    for (cell, out) in out.iter_mut().enumerate() {
        *out = from + rise * ((start - left + cell) as f32 / length);
    }
}
