//! What is evaluated: rows, each a coalition of the players of a record seen through a map of its fill.

use std::ops::Range;

use einthoven_game::Coalitions;
use einthoven_kernels::{Dependence, HostScene};

/// Coalitions of several records, one list behind the other.
///
/// Batch row `r` shows coalition `r / maps` through map `r % maps`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    /// Words of each coalition, filled up with zeros to the width of the widest.
    words: Vec<u32>,
    width: usize,
    record: Vec<u32>,
    maps: usize,
}

impl Rows {
    /// The coalitions `range` of lists of coalitions, one list per record, counted through all lists.
    pub(crate) fn new(lists: &[&Coalitions], range: Range<usize>, maps: usize) -> Self {
        let width = lists.iter().map(|list| list.words_per_row()).max().unwrap_or(1).max(1);
        let mut rows = Self { words: Vec::with_capacity(range.len() * width), width, record: Vec::new(), maps };
        let mut first = 0;
        for (record, list) in lists.iter().enumerate() {
            let own = range.start.max(first)..range.end.min(first + list.len());
            for row in own {
                rows.words.extend_from_slice(list.row(row - first).words());
                rows.words.resize((rows.record.len() + 1) * width, 0);
                rows.record.push(record as u32);
            }
            first += list.len();
        }
        rows
    }

    /// Number of coalitions.
    pub(crate) fn n_coalitions(&self) -> usize {
        self.record.len()
    }

    /// Number of batch rows.
    pub(crate) fn len(&self) -> usize {
        self.record.len() * self.maps
    }

    /// Words of each coalition.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The coalition of a batch row.
    pub(crate) fn words(&self, row: usize) -> &[u32] {
        let coalition = row / self.maps;
        &self.words[coalition * self.width..(coalition + 1) * self.width]
    }

    /// The record of a batch row.
    pub(crate) fn record(&self, row: usize) -> usize {
        self.record[row / self.maps] as usize
    }

    /// The map of a batch row.
    pub(crate) fn map(&self, row: usize) -> usize {
        row % self.maps
    }

    /// Batch rows per coalition.
    pub(crate) fn maps(&self) -> usize {
        self.maps
    }

    /// The table that goes up for coalitions `range`: their words, and the record where there are several.
    pub(crate) fn table(&self, range: Range<usize>, several: bool) -> Vec<u32> {
        let mut table = Vec::with_capacity(range.len() * (self.width + 1));
        for coalition in range {
            table.extend_from_slice(&self.words[coalition * self.width..(coalition + 1) * self.width]);
            if several {
                table.push(self.record[coalition]);
            }
        }
        table
    }
}

/// Which players change which samples of each record.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    /// Of each record, the stretches of samples in which a player changes something: player, first, end.
    stretches: Vec<Vec<[u32; 3]>>,
    n_players: Vec<usize>,
}

/// The bits of a coalition that count for a span of time: words and which of their bits.
pub(crate) type Mask = Vec<(usize, u32)>;

impl Reach {
    /// Reads off owners, signals and fill who changes what. `None` where the content of a cell depends on players far
    /// away, so that no crop of a masked record is known from the players in it.
    ///
    /// A player changes nothing where its cells equal what they would be masked by.
    pub(crate) fn new(scene: &HostScene, owners: &[&[u32]], n_players: &[usize]) -> Option<Self> {
        if scene.dependence() != Dependence::Owner {
            return None;
        }
        let [_, leads, samples] = scene.shape();
        let stretches = owners.iter().enumerate().map(|(record, owner)| {
            let differs = differing(scene, record);
            let mut stretches = Vec::new();
            for lead in 0..leads {
                let cells = lead * samples..(lead + 1) * samples;
                stretches.extend(lead_stretches(&owner[cells.clone()], &differs[cells], n_players[record]));
            }
            stretches
        });
        Some(Self { stretches: stretches.collect(), n_players: n_players.to_vec() })
    }

    /// The players of a record that change something in a span of samples.
    pub(crate) fn mask(&self, record: usize, span: &Range<usize>) -> Mask {
        let mut words = vec![0_u32; self.n_players[record].div_ceil(32)];
        for &[player, first, end] in &self.stretches[record] {
            if (first as usize) < span.end && span.start < end as usize {
                words[player as usize / 32] |= 1 << (player % 32);
            }
        }
        words.into_iter().enumerate().filter(|&(_, bits)| bits != 0).collect()
    }
}

/// All players of each record, for rows that are compared whole.
pub(crate) fn everyone(n_players: &[usize]) -> Vec<Mask> {
    let all = |&n: &usize| (0..n.div_ceil(32)).map(|word| (word, u32::MAX)).collect();
    n_players.iter().map(all).collect()
}

/// Whether masking a cell changes it. With several maps every cell is taken to change.
fn differing(scene: &HostScene, record: usize) -> Vec<bool> {
    let [_, leads, samples] = scene.shape();
    if scene.maps() > 1 {
        return vec![true; leads * samples];
    }
    let show = |bits: u32| {
        let mut row = vec![0.0_f32; leads * samples];
        scene.fill(&vec![bits; scene.players().div_ceil(32).max(1)], record, 0, 0..samples, &mut row);
        row
    };
    let (full, empty) = (show(u32::MAX), show(0));
    full.iter().zip(&empty).map(|(full, empty)| full.to_bits() != empty.to_bits()).collect()
}

fn lead_stretches(owner: &[u32], differs: &[bool], n_players: usize) -> Vec<[u32; 3]> {
    let mut stretches = Vec::new();
    let mut start = 0;
    for run in owner.chunk_by(|left, right| left == right) {
        let differs = &differs[start..start + run.len()];
        if let (Some(first), Some(last)) = (differs.iter().position(|&d| d), differs.iter().rposition(|&d| d))
            && (run[0] as usize) < n_players
        {
            stretches.push([run[0], (start + first) as u32, (start + last + 1) as u32]);
        }
        start += run.len();
    }
    stretches
}
