//! Sets of a size, and sums over coalitions for all of them at once.
//!
//! The sets of `size` of `n` players stand in lexicographic order, so that those with the same first players lie together
//! and the last player runs fastest. A coalition with players `a < b < …` adds its coefficient to the sets inside it by
//! one stretch for each choice of all players but the last: a product of a number and a row of zeros and ones, with
//! nothing scattered.
//!
//! Sums of a function of the overlap follow ([`Overlaps`]): with `f(i)` for a coalition that shares `i` players with the
//! set, Newton's forward differences of `f` are what it adds to the subsets of the set that lie inside it.

use einthoven_game::design::subset::for_each_subset;
use einthoven_game::{Coalition, Coalitions};
use rayon::prelude::*;

/// Rows that are held as numbers at once.
const BLOCK: usize = 1024;
/// Most players of a set here: each set has `2^size` subsets.
pub const MAX_SIZE: usize = 16;

/// The sets of `size` of `n_players`, in lexicographic order.
#[derive(Clone, Debug)]
pub struct Sets {
    n_players: usize,
    size: usize,
    /// `C(m, r)` at `m * (size + 1) + r`.
    binomials: Vec<usize>,
}

impl Sets {
    /// Sets of `size` of `n_players`; their number must fit in memory ([`count`]).
    pub fn new(n_players: usize, size: usize) -> Self {
        let width = size + 1;
        let mut binomials = vec![0usize; (n_players + 1) * width];
        for m in 0..=n_players {
            binomials[m * width] = 1;
            for r in 1..width.min(m + 1) {
                let above = &binomials[(m - 1) * width..];
                binomials[m * width + r] = above[r - 1].saturating_add(above[r]);
            }
        }
        Self { n_players, size, binomials }
    }

    /// Number of sets.
    pub fn len(&self) -> usize {
        self.binomial(self.n_players, self.size)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Players of a set.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The place of a set of `size` players, ascending.
    pub fn position(&self, players: &[u32]) -> usize {
        let (mut position, mut from) = (0, 0);
        for (at, &player) in players.iter().enumerate() {
            let left = self.size - at;
            position +=
                self.binomial(self.n_players - from, left) - self.binomial(self.n_players - player as usize, left);
            from = player as usize + 1;
        }
        position
    }

    /// Calls `visit` with each set in order.
    pub fn for_each(&self, mut visit: impl FnMut(usize, &[u32])) {
        let (mut position, mut players) = (0, vec![0; self.size]);
        for_each_subset(self.n_players, self.size, |set| {
            players.iter_mut().zip(set).for_each(|(player, &other)| *player = other as u32);
            visit(position, &players);
            position += 1;
        });
    }

    /// The number of sets with the same first player, `[players]`; the one set of nobody counts as such.
    pub(crate) fn stretches(&self) -> Vec<usize> {
        match self.size {
            0 => vec![1],
            size => (0..self.n_players).map(|first| self.binomial(self.n_players - 1 - first, size - 1)).collect(),
        }
    }

    /// Calls `visit` with each set of a stretch in order, and its place within it.
    pub(crate) fn for_each_in(&self, stretch: usize, mut visit: impl FnMut(usize, &[u32])) {
        let (mut place, mut players) = (0, vec![stretch as u32; self.size]);
        for_each_subset(self.n_players - stretch - self.size.min(1), self.size.saturating_sub(1), |others| {
            players.iter_mut().skip(1).zip(others).for_each(|(player, other)| *player = (stretch + 1 + other) as u32);
            visit(place, &players);
            place += 1;
        });
    }

    /// For each set, the sum of the coefficients of those rows `which` that hold it, for each system: `[systems][sets]`,
    /// where `coefficients` is `[rows, systems]`. Each sum runs over the rows in their order, whatever the number of
    /// threads.
    pub fn sums(&self, rows: &Coalitions, which: &[usize], coefficients: &[f64], n_systems: usize) -> Vec<Vec<f64>> {
        let mut sums = vec![vec![0.0; self.len()]; n_systems];
        if self.size == 0 {
            for row in coefficients.chunks_exact(n_systems) {
                sums.iter_mut().zip(row).for_each(|(sum, coefficient)| sum[0] += coefficient);
            }
            return sums;
        }
        for (which, coefficients) in which.chunks(BLOCK).zip(coefficients.chunks(BLOCK * n_systems)) {
            self.add_block(&Block::new(rows, which), coefficients, &mut sums);
        }
        sums
    }

    /// Writes, for each set, the entry of `table` at the number of players that it shares with a coalition: `[sets]`.
    pub fn write_overlaps(&self, coalition: Coalition<'_>, table: &[f64], out: &mut [f64]) {
        let mut dense = vec![0; self.n_players];
        coalition.players().for_each(|player| dense[player] = 1);
        write(&dense, table, self.size, &mut out.iter_mut());
    }

    /// Sets with the same first player are one stretch; stretches are done independently.
    fn add_block(&self, block: &Block, coefficients: &[f64], sums: &mut [Vec<f64>]) {
        let n_systems = sums.len();
        let mut stretches: Vec<Vec<&mut [f64]>> = (0..self.n_players).map(|_| Vec::with_capacity(n_systems)).collect();
        for sum in sums {
            let mut rest = sum.as_mut_slice();
            for (first, stretch) in stretches.iter_mut().enumerate() {
                let (head, tail) = rest.split_at_mut(self.binomial(self.n_players - 1 - first, self.size - 1));
                stretch.push(head);
                rest = tail;
            }
        }
        stretches.into_par_iter().enumerate().for_each(|(first, mut stretch)| {
            if stretch[0].is_empty() {
                return;
            }
            for (at, members) in block.members.iter().enumerate() {
                let Ok(place) = members.binary_search(&(first as u32)) else { continue };
                let coefficients = &coefficients[at * n_systems..(at + 1) * n_systems];
                let row = Row {
                    members: &members[place + 1..],
                    dense: &block.dense[at * self.n_players..][..self.n_players],
                };
                self.add_inside(&row, coefficients, self.size - 1, first + 1, 0, &mut stretch);
            }
        });
    }

    /// Adds a row to the sets whose last `left` players are from `from` on; they begin at `base`.
    fn add_inside(
        &self,
        row: &Row,
        coefficients: &[f64],
        left: usize,
        from: usize,
        base: usize,
        sums: &mut [&mut [f64]],
    ) {
        match left {
            0 => sums.iter_mut().zip(coefficients).for_each(|(sum, coefficient)| sum[base] += coefficient),
            1 => {
                let dense = &row.dense[from..];
                for (sum, coefficient) in sums.iter_mut().zip(coefficients) {
                    let stretch = &mut sum[base..base + dense.len()];
                    stretch.iter_mut().zip(dense).for_each(|(sum, inside)| *sum += coefficient * inside);
                }
            }
            _ => {
                let whole = self.binomial(self.n_players - from, left);
                for (place, &member) in row.members.iter().enumerate() {
                    let member = member as usize;
                    let base = base + whole - self.binomial(self.n_players - member, left);
                    let row = Row { members: &row.members[place + 1..], dense: row.dense };
                    self.add_inside(&row, coefficients, left - 1, member + 1, base, sums);
                }
            }
        }
    }

    fn binomial(&self, m: usize, r: usize) -> usize {
        self.binomials[m * (self.size + 1) + r]
    }
}

/// Number of sets of `size` of `n_players`; infinite where a float cannot hold it.
pub fn count(n_players: usize, size: usize) -> f64 {
    if size > n_players {
        return 0.0;
    }
    let factor = |at: usize| (n_players - at) as f64 / (at + 1) as f64;
    (0..size.min(n_players - size)).map(factor).product::<f64>().round()
}

/// Writes the entries of `table` at the sums of each `left` of the numbers, in lexicographic order.
fn write(dense: &[usize], table: &[f64], left: usize, out: &mut std::slice::IterMut<'_, f64>) {
    match left {
        0 => out.by_ref().take(1).for_each(|out| *out = table[0]),
        1 => dense.iter().zip(out).for_each(|(inside, out)| *out = table[*inside]),
        _ => (0..dense.len()).for_each(|at| write(&dense[at + 1..], &table[dense[at]..], left - 1, out)),
    }
}

/// Some rows as lists of players and as numbers, `[rows, players]`.
struct Block {
    members: Vec<Vec<u32>>,
    dense: Vec<f64>,
}

/// What is left of a row: players from some place on, and all of it as zeros and ones.
struct Row<'a> {
    members: &'a [u32],
    dense: &'a [f64],
}

impl Block {
    fn new(rows: &Coalitions, which: &[usize]) -> Self {
        let n_players = rows.n_players();
        let mut dense = vec![0.0; which.len() * n_players];
        let mut members = Vec::with_capacity(which.len());
        for (&row, dense) in which.iter().zip(dense.chunks_exact_mut(n_players)) {
            let players: Vec<u32> = rows.row(row).players().map(|player| player as u32).collect();
            players.iter().for_each(|&player| dense[player as usize] = 1.0);
            members.push(players);
        }
        Self { members, dense }
    }
}

/// The sets of one size, with those of all smaller sizes: what sums of a function of the overlap are made of.
#[derive(Clone, Debug)]
pub struct Overlaps {
    /// By size, from none up.
    by_size: Vec<Sets>,
}

impl Overlaps {
    /// For sets of `size` of `n_players`.
    pub fn new(n_players: usize, size: usize) -> Self {
        Self { by_size: (0..=size).map(|size| Sets::new(n_players, size)).collect() }
    }

    /// The sets themselves.
    pub fn sets(&self) -> &Sets {
        &self.by_size[self.by_size.len() - 1]
    }

    /// For each set, the sum over the rows `which` of `f(place of the row, players shared)`, `[sets]`.
    pub fn sum(&self, rows: &Coalitions, which: &[usize], f: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        let size = self.sets().size();
        let mut columns = vec![Vec::with_capacity(which.len()); size + 1];
        let mut differences = vec![0.0; size + 1];
        for at in 0..which.len() {
            (0..=size).for_each(|shared| differences[shared] = f(at, shared));
            for (u, column) in columns.iter_mut().enumerate() {
                column.push(differences[0]);
                (0..size - u).for_each(|i| differences[i] = differences[i + 1] - differences[i]);
            }
        }
        let sets_and_columns = self.by_size.iter().zip(&columns);
        let inside: Vec<Vec<f64>> =
            sets_and_columns.map(|(sets, column)| sets.sums(rows, which, column, 1).remove(0)).collect();
        self.collect(&inside)
    }

    /// For each set and each smaller one, the sum of the systems over the rows that hold it, `[sizes][systems][sets of that
    /// size]`; `coefficients` are `[rows, systems]`.
    pub(crate) fn inside(
        &self,
        rows: &Coalitions,
        which: &[usize],
        coefficients: &[f64],
        n_systems: usize,
    ) -> Vec<Vec<Vec<f64>>> {
        self.by_size.iter().map(|sets| sets.sums(rows, which, coefficients, n_systems)).collect()
    }

    /// For each set, the sum over its subsets of what stands for them: `inside` is `[sizes][sets of that size]`.
    fn collect(&self, inside: &[Vec<f64>]) -> Vec<f64> {
        let sets = self.sets();
        let mut sums = Vec::with_capacity(sets.len());
        sets.for_each(|position, set| {
            let mut sum = inside[sets.size()][position];
            self.for_each_proper_subset(set, |_, size, position| sum += inside[size][position]);
            sums.push(sum);
        });
        sums
    }

    /// Calls `visit` with each proper subset of a set: which of its players (bits), how many, and the place among the sets of
    /// that size.
    pub(crate) fn for_each_proper_subset(&self, set: &[u32], mut visit: impl FnMut(usize, usize, usize)) {
        let mut subset = [0u32; MAX_SIZE + 1];
        for mask in 0..(1usize << set.len()) - 1 {
            let mut size = 0;
            for (at, &player) in set.iter().enumerate() {
                subset[size] = player;
                size += mask >> at & 1;
            }
            visit(mask, size, self.by_size[size].position(&subset[..size]));
        }
    }
}
