//! Which coalitions SPEX evaluates (Kang et al., 2025).
//!
//! A group has a random coalition for each bit of `l`; the coalition of `l` is their exclusive or. All `2^b` of them, shifted by
//! a delay, make a table of values, whose Walsh-Hadamard transform is a table of bins: a set of players falls into the bin
//! that the random coalitions name, with a sign that its share of the delay names. There is a delay of no players, and one for
//! each parity bit of a BCH code: the players whose parity holds that bit. So the signs of a lone set in a bin spell its name.
//! Each group but the first is also shifted as a whole by a random coalition: without that all groups would hold the
//! coalitions of the delays, and their errors would agree.
//!
//! The budget is spent: what the groups leave goes to coalitions drawn all alike, a part of them held out.

use einthoven_game::design::row_set::RowSet;
use einthoven_game::rng::{self, ChaCha8Rng};
use einthoven_game::{Coalitions, Design, Draw, Error};
use rand::Rng;

use super::SPEX;
use super::bch::Code;
use crate::Result;

/// Roles of draws: a row of a group, a random row to fit with, a random row that is held out.
pub(crate) const GROUP: u32 = 0;
pub(crate) const RANDOM: u32 = 1;
pub(crate) const HELD_OUT: u32 = 2;

/// Errors that a code corrects.
const CORRECTED: std::ops::RangeInclusive<usize> = 2..=5;
/// Bits of `l`, the logarithm of the number of bins.
const BITS: std::ops::RangeInclusive<usize> = 3..=12;
/// Groups, and how many there may be.
const GROUPS: usize = 3;
const MOST_GROUPS: usize = 5;
/// Rows that are held out: one in so many of the budget, but at least and at most so many.
const HELD_OUT_SHARE: usize = 10;
const LEAST_HELD_OUT: usize = 32;
const MOST_HELD_OUT: usize = 1000;
/// Draws per coalition of budget after which a design ends.
const MOST_DRAWS: usize = 20;
/// The stratum of a group's draw is the group times this, plus the delay.
const STRIDE: u32 = 256;

/// The smallest budget with a code; `None` if no code has room for so many players.
pub(crate) fn smallest_budget(n_players: usize) -> Option<usize> {
    let delays = Code::new(n_players, *CORRECTED.start())?.n_parity() + 1;
    Some(((GROUPS * delays) << BITS.start()) + LEAST_HELD_OUT + 1)
}

/// How a budget is spent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    n_players: usize,
    budget: usize,
    /// Errors that the code corrects, `t`.
    pub n_errors: usize,
    /// Bits of `l`, `b`.
    pub bits: usize,
    /// Number of groups.
    pub groups: usize,
    /// Rows that are held out, fewer if the coalitions run out.
    pub held_out: usize,
}

impl Plan {
    /// The plan for a budget: first as many errors corrected as there may be, for larger sets have no name otherwise, then as many
    /// bins, then as many groups. `None` if it is too small for 8 bins in three groups and a code that corrects two errors, or no
    /// code has room for the players.
    pub(crate) fn new(n_players: usize, budget: usize) -> Option<Self> {
        CORRECTED.rev().find_map(|n_errors| Self::with(n_players, budget, n_errors))
    }

    /// The plan whose groups take no more than `coded` of the budget; without groups if that is too little for a code.
    pub(crate) fn within(n_players: usize, budget: usize, coded: usize) -> Self {
        let held_out = (budget / HELD_OUT_SHARE).clamp(LEAST_HELD_OUT, MOST_HELD_OUT);
        let without = Self { n_players, budget, n_errors: 0, bits: 0, groups: 0, held_out };
        Self { budget, held_out, ..Self::new(n_players, coded).unwrap_or(without) }
    }

    /// The plan with a code that corrects `n_errors` errors.
    pub(crate) fn with(n_players: usize, budget: usize, n_errors: usize) -> Option<Self> {
        let delays = Code::new(n_players, n_errors)?.n_parity() + 1;
        let room = budget.checked_sub(LEAST_HELD_OUT + 1)?;
        let bits = BITS.rev().find(|bits| (GROUPS * delays) << bits <= room)?;
        let wanted = (budget / HELD_OUT_SHARE).clamp(LEAST_HELD_OUT, MOST_HELD_OUT);
        let groups = ((budget - 1).saturating_sub(wanted) / (delays << bits)).clamp(GROUPS, MOST_GROUPS);
        let held_out = wanted.min(budget - 1 - ((groups * delays) << bits));
        Some(Self { n_players, budget, n_errors, bits, groups, held_out })
    }
}

/// The coalitions of a plan. A group's draws are in the order of delays, and within a delay in the order of `l`; the stratum
/// says group and delay.
pub(crate) fn design(plan: &Plan, seed: u64) -> Design {
    let code = (plan.groups > 0).then(|| Code::new(plan.n_players, plan.n_errors)).flatten();
    let delays = code.map_or_else(Vec::new, |code| delays(&code));
    let mut rows = RowSet::new(plan.n_players);
    let mut draws = Vec::new();
    for group in 0..plan.groups {
        let mut rng = rng::stream(seed, "spex group", group as u64);
        let columns: Vec<Vec<u32>> = (0..plan.bits).map(|_| random(plan.n_players, &mut rng)).collect();
        let mut offset = random(plan.n_players, &mut rng);
        if group == 0 {
            offset.fill(0);
        }
        for (delay, shift) in delays.iter().enumerate() {
            let stratum = group as u32 * STRIDE + delay as u32;
            for l in 0..1usize << plan.bits {
                let mut words = offset.clone();
                xor(&mut words, shift);
                (0..plan.bits).filter(|bit| l >> bit & 1 == 1).for_each(|bit| xor(&mut words, &columns[bit]));
                let (row, _) = rows.insert(&words);
                draws.push(Draw { row, role: GROUP, weight: 1.0, stratum });
            }
        }
    }
    let mut add = |role: u32, purpose: &str, most: usize| {
        let mut rng = rng::stream(seed, purpose, 0);
        let (start, mut tries) = (rows.rows().len(), 0);
        let all = (plan.n_players as f64).exp2();
        while rows.rows().len() < (start + most).min(plan.budget)
            && (rows.rows().len() as f64) < all
            && tries < plan.budget.saturating_mul(MOST_DRAWS)
        {
            tries += 1;
            let (row, new) = rows.insert(&random(plan.n_players, &mut rng));
            if new {
                draws.push(Draw { row, role, weight: 1.0, stratum: 0 });
            }
        }
    };
    add(HELD_OUT, "spex held out", plan.held_out);
    add(RANDOM, "spex random", plan.budget);
    Design { rows: rows.into_rows(), draws }
}

/// A design, read back.
pub(crate) struct Groups {
    /// The code of the delays.
    pub code: Code,
    /// Bits of `l`.
    pub bits: usize,
    /// Where each player alone falls, `[groups][players]`: the bits of its bin, and above them a bit that turns its sign, for
    /// players in the offset of the group. Where a set falls is the exclusive or.
    pub places: Vec<Vec<u16>>,
    /// Rows of the design, `[groups][delays][2^bits]`.
    pub rows: Vec<u32>,
}

impl Groups {
    /// Reads the groups of a design; fails if [`design`] has not made it.
    pub(crate) fn read(design: &Design) -> Result<Self> {
        let wrong = |reason: &str| Error::Design { method: SPEX, reason: reason.to_owned() };
        let n_players = design.rows.n_players();
        let of_groups = |draw: &&Draw| draw.role == GROUP;
        let last = design.draws.iter().filter(of_groups).map(|draw| draw.stratum).max();
        let last = last.ok_or_else(|| wrong("expected draws of groups, found none"))?;
        let (groups, delays) = ((last / STRIDE + 1) as usize, (last % STRIDE + 1) as usize);
        let code =
            CORRECTED.filter_map(|n_errors| Code::new(n_players, n_errors)).find(|code| code.n_parity() + 1 == delays);
        let code = code.ok_or_else(|| wrong("expected a delay for each parity bit of a BCH code"))?;
        let rows: Vec<u32> = design.draws.iter().filter(of_groups).map(|draw| draw.row).collect();
        let size = rows.len() / (groups * delays);
        let strata = (0..groups as u32).flat_map(|group| (0..delays as u32).map(move |delay| group * STRIDE + delay));
        let strata = strata.flat_map(|stratum| std::iter::repeat_n(stratum, size));
        if !size.is_power_of_two()
            || !BITS.contains(&(size.ilog2() as usize))
            || !strata.eq(design.draws.iter().filter(of_groups).map(|draw| draw.stratum))
        {
            return Err(wrong("expected for each group and delay the same power of two of draws, in order").into());
        }
        let bits = size.ilog2() as usize;
        let places = rows.chunks_exact(delays * size).map(|group| places(&design.rows, &group[..size])).collect();
        let read = Self { code, bits, places, rows };
        if !read.holds(&design.rows) {
            return Err(wrong("expected the coalitions of a group to be sums of its delays and its first ones").into());
        }
        Ok(read)
    }

    /// Number of groups.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Number of delays.
    pub(crate) fn n_delays(&self) -> usize {
        self.code.n_parity() + 1
    }

    /// Whether each row of a group is the exclusive or of rows that belong to the bits of `l`, and of a delay.
    fn holds(&self, rows: &Coalitions) -> bool {
        let (delays, size) = (delays(&self.code), 1 << self.bits);
        self.rows.chunks_exact(self.n_delays() * size).all(|group| {
            group.iter().enumerate().all(|(at, &row)| {
                let (delay, l) = (at / size, at % size);
                let mut words = delays[delay].clone();
                let offset = rows.row(group[0] as usize).words();
                xor(&mut words, offset);
                for bit in (0..self.bits).filter(|bit| l >> bit & 1 == 1) {
                    xor(&mut words, offset);
                    xor(&mut words, rows.row(group[1 << bit] as usize).words());
                }
                words == rows.row(row as usize).words()
            })
        })
    }
}

/// Fails if the draws are not those of [`design`]: of other roles, or none that are held out. Whether there is a code in those of
/// groups is told by [`Groups::read`].
pub(crate) fn check(method: &'static str, design: &Design) -> Result<()> {
    let wrong = |reason: &str| Err(Error::Design { method, reason: reason.to_owned() }.into());
    if design.draws.iter().any(|draw| draw.role > HELD_OUT) {
        return wrong("expected draws of groups, to fit to and held out, found others");
    }
    if design.draws.iter().all(|draw| draw.role != HELD_OUT) {
        return wrong("expected coalitions that are held out, found none");
    }
    if method == SPEX && design.draws.iter().all(|draw| draw.role != GROUP) {
        return wrong("expected draws of groups, found none");
    }
    Ok(())
}

/// The rows of a design that are held out, and the others.
pub(crate) fn split(design: &Design) -> (Vec<u32>, Vec<u32>) {
    let mut held_out = vec![false; design.rows.len()];
    design.draws.iter().filter(|draw| draw.role == HELD_OUT).for_each(|draw| held_out[draw.row as usize] = true);
    (0..design.rows.len() as u32).partition(|&row| held_out[row as usize])
}

/// The coalitions of the delays: none, then the players whose parity holds each bit.
fn delays(code: &Code) -> Vec<Vec<u32>> {
    let n_players = code.columns().len();
    let mut delays = Coalitions::new(n_players);
    delays.push_empty();
    for bit in 0..code.n_parity() {
        delays.push((0..n_players).filter(|&player| code.columns()[player] >> bit & 1 == 1));
    }
    delays.iter().map(|delay| delay.words().to_vec()).collect()
}

/// Where each player alone falls, from the rows of a group without delay.
fn places(rows: &Coalitions, group: &[u32]) -> Vec<u16> {
    let bits = group.len().ilog2() as usize;
    let mut places = vec![0; rows.n_players()];
    let offset = rows.row(group[0] as usize);
    offset.players().for_each(|player| places[player] |= 1 << bits);
    for bit in 0..bits {
        let shifted = rows.row(group[1 << bit] as usize);
        (0..rows.n_players())
            .filter(|&player| shifted.contains(player) != offset.contains(player))
            .for_each(|player| places[player] |= 1 << bit);
    }
    places
}

/// A coalition, all of them alike.
fn random(n_players: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let mut words: Vec<u32> = (0..n_players.div_ceil(32)).map(|_| rng.next_u32()).collect();
    if let (Some(last), used @ 1..) = (words.last_mut(), n_players % 32) {
        *last &= (1 << used) - 1;
    }
    words
}

fn xor(words: &mut [u32], other: &[u32]) {
    words.iter_mut().zip(other).for_each(|(word, other)| *word ^= other);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use einthoven_game::Index;
    use proptest::prelude::*;

    use super::*;
    use crate::{Request, permutation, shapiq};

    #[test]
    fn plans_take_the_largest_sets_then_bins_then_groups() {
        let plan = |n, budget| {
            Plan::new(n, budget).map(|plan| (plan.n_errors, plan.bits, plan.groups, plan.held_out)).expect("a plan")
        };
        // 41 delays: 3 * 41 * 32 = 3936, and what is left of the budget, but the full coalition, is held out.
        assert_eq!(plan(100, 4000), (5, 5, 3, 63));
        // 3 * 41 * 16 would be 1968, which leaves fewer than 32 rows; 5 * 41 * 8 leave 360.
        assert_eq!(plan(100, 2000), (5, 3, 5, 200));
        // 3 * 41 * 8 = 984 leave 16; 3 * 33 * 8 = 792 leave 208.
        assert_eq!(plan(100, 1000), (4, 3, 3, 100));
        assert_eq!(plan(1000, 43_100), (5, 8, 3, 91));
        // 3 * 15 * 8 rows, 32 held out and the full coalition.
        assert!(Plan::new(100, 392).is_none());
        assert_eq!(plan(100, 393), (2, 3, 3, 32));
        assert!(Plan::new(10_000, 1_000_000).is_none());
    }

    #[test]
    fn few_players_run_out_of_coalitions() {
        let plan = Plan::new(6, 500).expect("a plan");
        let design = design(&plan, 0);
        assert_eq!(design.rows.len(), 64);
        assert_eq!(Groups::read(&design).expect("groups").bits, plan.bits);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_design_spends_its_budget_and_reads_back(n_players in 30usize..1200, budget in 1000usize..6000, seed: u64) {
            let Some(plan) = Plan::new(n_players, budget) else { return Ok(()) };
            let design = design(&plan, seed);
            prop_assert_eq!(design.rows.len(), budget);
            prop_assert_eq!(design.rows.iter().map(|row| row.words().to_vec()).collect::<HashSet<_>>().len(), budget);
            prop_assert_eq!((design.rows.row(0).size(), design.rows.row(1).size()), (0, n_players));
            let (held_out, others) = split(&design);
            prop_assert_eq!((held_out.len(), others.len()), (plan.held_out, budget - plan.held_out));
            let in_groups: HashSet<u32> =
                design.draws.iter().filter(|draw| draw.role == GROUP).map(|draw| draw.row).collect();
            prop_assert!(held_out.iter().all(|row| !in_groups.contains(row)));
            let groups = Groups::read(&design).expect("groups");
            prop_assert_eq!((groups.bits, groups.len()), (plan.bits, plan.groups));
            prop_assert_eq!(groups.code.n_errors(), plan.n_errors);
        }
    }

    #[test]
    fn a_row_says_where_a_player_falls() {
        let plan = Plan::new(50, 3000).expect("a plan");
        let design = design(&plan, 9);
        let groups = Groups::read(&design).expect("groups");
        let (size, delays) = (1 << groups.bits, groups.n_delays());
        for (group, delay, l) in [(0, 0, 5), (1, 3, size - 1), (2, delays - 1, 0), (2, 7, 11)] {
            let row = design.rows.row(groups.rows[(group * delays + delay) * size + l] as usize);
            for (player, &place) in groups.places[group].iter().enumerate() {
                // The offset, the bits of l, and the parity bit of the delay.
                let in_delay = delay > 0 && groups.code.columns()[player] >> (delay - 1) & 1 == 1;
                let odd = (usize::from(place) & (size | l)).count_ones() % 2 == 1;
                assert_eq!(row.contains(player), odd != in_delay, "{group} {delay} {l} {player}");
            }
        }
        assert!(groups.places[0].iter().all(|place| usize::from(*place) < size));
        assert!(groups.places[1].iter().any(|place| usize::from(*place) >= size));
    }

    #[test]
    fn designs_of_others_are_refused() {
        let reason = |design: &Design| match Groups::read(design) {
            Err(crate::Error::Game(Error::Design { method: "spex", reason })) => reason,
            other => panic!("{:?}", other.map(|groups| groups.bits)),
        };
        let own = design(&Plan::new(40, 1000).expect("a plan"), 1);
        let request = Request::new(Index::Sii, 2, 40, 1000, 1);
        for others in [shapiq::design(&request), permutation::design(&request)] {
            reason(&others.expect("a design"));
        }
        let changed = |change: &dyn Fn(&mut Design)| {
            let mut design = own.clone();
            change(&mut design);
            reason(&design)
        };
        assert!(changed(&|design| design.draws.clear()).contains("found none"));
        assert!(changed(&|design| _ = design.draws.remove(17)).contains("power of two"));
        assert!(changed(&|design| design.draws.swap(0, 5)).contains("sums"));
        assert!(changed(&|design| design.draws[200].row = 1).contains("sums"));
        assert!(changed(&|design| design.draws.retain(|draw| draw.stratum % STRIDE < 20)).contains("BCH"));
    }
}
