//! Runs of cells with one owner: what a lead is cut into.

/// Owner of a cell that is never masked.
pub(crate) const NEVER_MASKED: u32 = u32::MAX;

/// Neighbouring cells of one lead with one owner, as many as there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) owner: u32,
}

/// The runs of all leads, in their order. Leads are counted over all records.
#[derive(Clone, Debug)]
pub(crate) struct Runs {
    runs: Vec<Run>,
    /// The first run of each lead and, at the end, the number of runs.
    first: Vec<usize>,
}

impl Run {
    pub(crate) fn is_kept(&self, words: &[u32]) -> bool {
        self.owner == NEVER_MASKED || words[self.owner as usize / 32] >> (self.owner % 32) & 1 == 1
    }
}

impl Runs {
    /// Runs of the owners of leads of `samples` cells each.
    pub(crate) fn new(owner: &[u32], samples: usize) -> Self {
        let mut found = Self { runs: Vec::new(), first: vec![0] };
        for lead in owner.chunks_exact(samples) {
            let mut start = 0;
            for cells in lead.chunk_by(|left, right| left == right) {
                let end = start + u32::try_from(cells.len()).expect("invariant: fewer than 2^32 cells");
                found.runs.push(Run { start, end, owner: cells[0] });
                start = end;
            }
            found.first.push(found.runs.len());
        }
        found
    }

    /// The runs of one lead.
    pub(crate) fn of(&self, lead: usize) -> &[Run] {
        &self.runs[self.first[lead]..self.first[lead + 1]]
    }

    /// All runs, each as start, end and owner.
    pub(crate) fn table(&self) -> Vec<u32> {
        self.runs.iter().flat_map(|run| [run.start, run.end, run.owner]).collect()
    }

    /// The owner of every cell.
    pub(crate) fn owners(&self) -> Vec<u32> {
        self.runs.iter().flat_map(|run| (run.start..run.end).map(|_| run.owner)).collect()
    }

    /// The run of every cell, as its place in the table.
    pub(crate) fn indices(&self) -> Vec<u32> {
        (0_u32..).zip(&self.runs).flat_map(|(index, run)| (run.start..run.end).map(move |_| index)).collect()
    }
}
