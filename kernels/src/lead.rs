//! One lead of one batch row on the CPU.
//!
//! Runs that stand together and are all kept, or all masked, are one stretch, and a stretch is written whole. The work
//! grows with the number of runs, not of cells, beside the copying itself.

use std::ops::Range;

use crate::runs::Run;

/// Cells that are copied at once where runs are short.
const BLOCK: usize = 16;
/// Runs below this length, on average, are short.
const SHORT: usize = 32;

/// Writes the cells `span` of a lead: `signal` where it is kept, `map` where it is masked.
pub(crate) fn through_map(
    words: &[u32],
    runs: &[Run],
    signal: &[f32],
    map: &[f32],
    span: &Range<usize>,
    out: &mut [f32],
) {
    let runs = &runs[first_run(runs, span.start)..=first_run(runs, span.end - 1)];
    if SHORT * runs.len() > span.len() {
        return through_map_by_blocks(words, runs, signal, map, span, out);
    }
    let mut next = 0;
    while next < runs.len() {
        let start = span.start.max(runs[next].start as usize);
        let kept = runs[next].is_kept(words);
        next = end_of_stretch(words, runs, next, kept);
        let end = span.end.min(runs[next - 1].end as usize);
        let source = if kept { signal } else { map };
        out[start - span.start..end - span.start].copy_from_slice(&source[start..end]);
    }
}

/// The same for short runs, where finding stretches costs more than it saves, since no processor guesses their ends: no
/// branch asks what is kept, and a run begins with a block of fixed length, which may reach into runs that are written
/// after it.
fn through_map_by_blocks(
    words: &[u32],
    runs: &[Run],
    signal: &[f32],
    map: &[f32],
    span: &Range<usize>,
    out: &mut [f32],
) {
    let sources = [&map[span.clone()], &signal[span.clone()]];
    let source_of = |run: &Run| sources[usize::from(run.is_kept(words))];
    let start_of = |run: &Run| span.start.max(run.start as usize) - span.start;
    let end_of = |run: &Run| span.end.min(run.end as usize) - span.start;
    let (with_block, last) = runs.split_at(runs.partition_point(|run| start_of(run) + BLOCK <= out.len()));
    for run in with_block {
        let (source, start, end) = (source_of(run), start_of(run), end_of(run));
        out[start..start + BLOCK].copy_from_slice(&source[start..start + BLOCK]);
        if end > start + BLOCK {
            out[start + BLOCK..end].copy_from_slice(&source[start + BLOCK..end]);
        }
    }
    // In a loop of its own, or the compiler makes one call of both copies and nothing is gained.
    for run in last {
        let (source, start, end) = (source_of(run), start_of(run), end_of(run));
        out[start..end].copy_from_slice(&source[start..end]);
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

/// The kept cells outside of a span that [`interpolated`] draws masked cells of the span to, left and right; the end of the
/// lead where there is none, `None` where the span ends with a kept cell.
pub(crate) fn anchors(words: &[u32], runs: &[Run], span: &Range<usize>) -> [Option<u32>; 2] {
    let (first, last) = (first_run(runs, span.start), first_run(runs, span.end - 1));
    let none = runs[runs.len() - 1].end;
    let left = || runs[..first].iter().rev().find(|run| run.is_kept(words)).map_or(none, |run| run.end - 1);
    let right = || runs[last..].iter().find(|run| run.is_kept(words)).map_or(none, |run| run.start);
    [(!runs[first].is_kept(words)).then(left), (!runs[last].is_kept(words)).then(right)]
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
    // In i32, which every processor turns into f32 by vectors. Distances below 2^24 are exact.
    for (distance, out) in ((start - left) as i32..).zip(out) {
        *out = from + rise * (distance as f32 / length);
    }
}
