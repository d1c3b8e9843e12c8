//! What is evaluated: rows, each a coalition of the players of a record seen through a map of its fill.

use std::ops::Range;
use std::sync::Arc;

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

/// What of a coalition can be seen in some samples of each record.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    /// Of each record, the stretches of samples in which a player changes something: player, first, end.
    stretches: Vec<Vec<[u32; 3]>>,
    n_players: Vec<usize>,
    /// Where a masked cell is drawn to what is kept around it.
    lines: Option<Lines>,
}

/// Leads whose masked cells are drawn to their neighbours.
#[derive(Clone, Debug)]
struct Lines {
    scene: Arc<HostScene>,
    /// Of each record, leads that are owned differently: others find their neighbours where one of these does.
    leads: Vec<Vec<usize>>,
}

/// The bits of a coalition that count for a span of time: words and which of their bits.
pub(crate) type Mask = Vec<(usize, u32)>;

/// What of a coalition counts: two rows of one record and map that agree in it look the same.
pub(crate) struct Sight<'a> {
    pub mask: Mask,
    /// The kept cells that a span's masked cells are drawn to.
    anchors: Option<(&'a Lines, usize, Range<usize>)>,
}

impl Reach {
    /// Reads off owners, signals and fill who changes what.
    ///
    /// A player changes nothing where its cells equal what they would be masked by.
    pub(crate) fn new(scene: &Arc<HostScene>, owners: &[&[u32]], n_players: &[usize]) -> Self {
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
        let lines = (scene.dependence() == Dependence::Neighbours).then(|| Lines {
            scene: Arc::clone(scene),
            leads: owners.iter().map(|owner| distinct_leads(owner, samples)).collect(),
        });
        Self { stretches: stretches.collect(), n_players: n_players.to_vec(), lines }
    }

    /// What counts of the coalitions of a record in a span of samples.
    pub(crate) fn sight(&self, record: usize, span: &Range<usize>) -> Sight<'_> {
        let mut words = vec![0_u32; self.n_players[record].div_ceil(32)];
        for &[player, first, end] in &self.stretches[record] {
            if (first as usize) < span.end && span.start < end as usize {
                words[player as usize / 32] |= 1 << (player % 32);
            }
        }
        let mask = words.into_iter().enumerate().filter(|&(_, bits)| bits != 0).collect();
        Sight { mask, anchors: self.lines.as_ref().map(|lines| (lines, record, span.clone())) }
    }
}

impl Sight<'_> {
    /// Whether the bits of the mask are all that counts.
    pub(crate) fn is_mask(&self) -> bool {
        self.anchors.is_none()
    }

    /// Appends what counts of a coalition: as many words for each.
    pub(crate) fn write(&self, words: &[u32], key: &mut Vec<u32>) {
        key.extend(self.mask.iter().map(|&(word, bits)| words[word] & bits));
        if let Some((lines, record, span)) = &self.anchors {
            for &lead in &lines.leads[*record] {
                let anchors = lines.scene.anchors(words, *record, lead, span);
                key.extend(anchors.map(|anchor| anchor.unwrap_or(u32::MAX)));
            }
        }
    }
}

/// All players of each record, for rows that are compared whole.
pub(crate) fn everyone(n_players: &[usize]) -> Vec<Sight<'static>> {
    let all = |&n: &usize| (0..n.div_ceil(32)).map(|word| (word, u32::MAX)).collect();
    n_players.iter().map(|n| Sight { mask: all(n), anchors: None }).collect()
}

/// The first of each kind of leads that are owned alike.
fn distinct_leads(owner: &[u32], samples: usize) -> Vec<usize> {
    let lead = |nth: usize| &owner[nth * samples..(nth + 1) * samples];
    (0..owner.len() / samples).filter(|&nth| (0..nth).all(|before| lead(before) != lead(nth))).collect()
}

/// Whether masking a cell changes it. With several maps, or none, every cell is taken to change.
fn differing(scene: &HostScene, record: usize) -> Vec<bool> {
    let [_, leads, samples] = scene.shape();
    if scene.maps() > 1 || scene.dependence() == Dependence::Neighbours {
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
