//! Chunks of rows, shared out among workers.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use einthoven_game::{Coalitions, Values};

use crate::local_cpu::GoOn;
use crate::masked::Progress;
use crate::rows::Rows;
use crate::stats::Stats;
use crate::worker::{Orders, Scenes, Worker, lock};
use crate::{Engine, Error, Result};

/// The values of some records, and what they took.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Of each record, `[coalitions, outputs]`.
    pub values: Vec<Values>,
    /// What was counted.
    pub stats: Stats,
    /// What the user should know, such as a batch that was halved for lack of memory.
    pub warnings: Vec<String>,
    /// Coalitions that were planned at once.
    pub chunk: usize,
}

/// Coalitions of some records, on their way to the workers.
pub(crate) struct Run<'a> {
    pub workers: &'a [Mutex<Worker>],
    pub scenes: &'a Scenes,
    pub lists: &'a [&'a Coalitions],
    pub outputs: &'a [String],
    pub engine: Engine,
    /// Coalitions in each chunk but the last.
    pub chunk: usize,
    /// Coalitions that go to a device at once.
    pub batch: usize,
    pub memory: usize,
    pub max_buffer: usize,
}

/// What workers report.
enum Report {
    /// The share of a chunk that is done.
    Share(usize, f64),
    /// A chunk: its values, what it took, and warnings; or nothing, if it was told to stop.
    Done(usize, Result<Option<Chunk>>),
}

type Chunk = (Vec<f64>, Stats, Vec<String>);

impl Run<'_> {
    /// The values of all lists, one behind the other, with what they took and warnings.
    ///
    /// Chunks are cut in one way whoever works on them, and values are put where they belong, so that neither the number of
    /// workers nor their order changes a result.
    pub(crate) fn all(&self, progress: &mut Progress<'_>) -> Result<Chunk> {
        let total: usize = self.lists.iter().map(|list| list.len()).sum();
        match self.workers.len() {
            1 => self.alone(total, progress),
            _ => self.shared(total, progress),
        }
    }

    fn range(&self, index: usize, total: usize) -> Range<usize> {
        index * self.chunk..((index + 1) * self.chunk).min(total)
    }

    /// One worker works on the thread of the caller, and so in the caller's thread pool.
    fn alone(&self, total: usize, progress: &mut Progress<'_>) -> Result<Chunk> {
        let mut all: Chunk = (Vec::with_capacity(total * self.outputs.len()), Stats::default(), Vec::new());
        for index in 0..total.div_ceil(self.chunk) {
            let range = self.range(index, total);
            let mut done = range.start;
            let mut go_on = |share: f64| {
                done = range.start + (range.len() as f64 * share) as usize;
                progress(done, total).is_continue()
            };
            let Some((values, stats, warnings)) = self.chunk_with_room(0, range.clone(), &mut go_on)? else {
                return Err(Error::Interrupted { done, total });
            };
            self.check_finite(&values, range.start * self.outputs.len())?;
            all.0.extend(values);
            all.1 += stats;
            all.2.extend(warnings);
            if progress(range.end, total).is_break() {
                return Err(Error::Interrupted { done: range.end, total });
            }
        }
        all.2.dedup();
        Ok(all)
    }

    /// Several workers, each on a thread of its own. Which chunks a worker does is fixed beforehand: devices may round
    /// differently.
    fn shared(&self, total: usize, progress: &mut Progress<'_>) -> Result<Chunk> {
        let n_chunks = total.div_ceil(self.chunk);
        let stop = AtomicBool::new(false);
        let mut all = (vec![0.0; total * self.outputs.len()], Stats::default(), Vec::new());
        let mut shares = vec![0.0; n_chunks];
        let mut end: Option<Error> = None;
        thread::scope(|scope| {
            // Without room for reports a worker is never far ahead of a stop.
            let (send, reports) = sync_channel(0);
            for index in 0..self.workers.len().min(n_chunks) {
                let (send, stop) = (send.clone(), &stop);
                scope.spawn(move || self.work(index, total, stop, &send));
            }
            drop(send);
            for report in reports {
                if let Err(error) = self.take(report, total, &mut shares, &mut all) {
                    end.get_or_insert(error);
                }
                let part = |(chunk, share): (usize, &f64)| self.range(chunk, total).len() as f64 * share;
                let done = shares.iter().enumerate().map(part).sum::<f64>() as usize;
                if end.is_none() && progress(done, total).is_break() {
                    end = Some(Error::Interrupted { done, total });
                }
                stop.store(end.is_some(), Ordering::Relaxed);
            }
        });
        all.2.sort();
        all.2.dedup();
        end.map_or(Ok(all), Err)
    }

    /// Does every n-th chunk, where there are n workers, until told to stop.
    fn work(&self, index: usize, total: usize, stop: &AtomicBool, send: &SyncSender<Report>) {
        for chunk in (index..total.div_ceil(self.chunk)).step_by(self.workers.len()) {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let mut go_on = |share: f64| {
                // Nobody listens any more only if the run is over.
                let _ = send.send(Report::Share(chunk, share));
                !stop.load(Ordering::Relaxed)
            };
            let done = self.chunk_with_room(index, self.range(chunk, total), &mut go_on);
            let _ = send.send(Report::Done(chunk, done));
        }
    }

    /// Takes in what a worker reports.
    fn take(&self, report: Report, total: usize, shares: &mut [f64], all: &mut Chunk) -> Result<()> {
        match report {
            Report::Share(chunk, share) => shares[chunk] = share,
            Report::Done(chunk, done) => {
                let Some((values, stats, warnings)) = done? else { return Ok(()) };
                let start = self.range(chunk, total).start * self.outputs.len();
                self.check_finite(&values, start)?;
                all.0[start..start + values.len()].copy_from_slice(&values);
                all.1 += stats;
                all.2.extend(warnings);
                shares[chunk] = 1.0;
            }
        }
        Ok(())
    }

    /// Evaluates a chunk; where the device has no room for its batches, in smaller ones.
    fn chunk_with_room(&self, worker: usize, range: Range<usize>, go_on: &mut GoOn<'_>) -> Result<Option<Chunk>> {
        let rows = Rows::new(self.lists, range, self.scenes.host.maps());
        let (mut batch, mut memory) = (self.batch, self.memory);
        loop {
            let mut go_on = |share: f64| go_on(share);
            let mut orders =
                Orders { engine: self.engine, batch, memory, max_buffer: self.max_buffer, go_on: &mut go_on };
            let mut stats = Stats::default();
            let worker_lock = lock(&self.workers[worker]);
            let placed = self.scenes.on_device[worker].as_ref();
            let run = || worker_lock.values(self.scenes, placed, &rows, &mut orders, &mut stats);
            let found = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(Error::Read(message(&*panic))));
            drop(worker_lock);
            match found {
                Err(Error::Read(reason)) if batch > 1 && is_lack_of_memory(&reason) => {
                    (batch, memory) = (batch / 2, memory / 2);
                }
                Err(error) => return Err(error),
                Ok(None) => return Ok(None),
                Ok(Some(values)) => {
                    let halved = format!("the device ran out of memory: batches were cut down to {batch} coalitions");
                    let warnings = if batch < self.batch { vec![halved] } else { Vec::new() };
                    return Ok(Some((values, stats, warnings)));
                }
            }
        }
    }

    /// Checks values that begin at `start` of all.
    fn check_finite(&self, values: &[f64], start: usize) -> Result<()> {
        let Some(place) = values.iter().position(|value| !value.is_finite()) else { return Ok(()) };
        let index = start + place;
        let (mut row, output) = (index / self.outputs.len(), self.outputs[index % self.outputs.len()].clone());
        for list in self.lists {
            if row < list.len() {
                break;
            }
            row -= list.len();
        }
        Err(Error::NonFinite { row, output, value: values[place] as f32 })
    }
}

/// What a panic said. Backends of burn panic where a buffer cannot be had.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("the device failed").to_owned()
}

fn is_lack_of_memory(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    ["out of memory", "outofmemory", "not enough memory", "allocat", "buffertoobig"]
        .iter()
        .any(|word| reason.contains(word))
}
