//! Branch and bound over sets of players.
//!
//! A node is a set of players that are removed, and a list of those who may follow. Each of the latter gets a number that its
//! removal cannot exceed whatever else is removed: a term that it shares with nobody who may follow turns for certain, any
//! other counts only if that does good. The largest numbers together bound what the node can become.

use super::NODES;
use super::greedy;
use super::terms::Terms;

/// Most visits of a player in a term by one search: some seconds.
const VISITS: usize = 2_000_000_000;
/// Differences below this part of all weights together are rounding.
const ROUNDING: f64 = 1e-12;

/// The best set found of one size.
pub(super) struct Found {
    /// Players, ascending.
    pub players: Vec<u32>,
    pub gain: f64,
    pub bound: f64,
    pub exact: bool,
}

/// The best sets of 1, 2, …, `most` candidates.
pub(super) fn all(terms: &Terms, most: usize) -> Vec<Found> {
    within(terms, most, (VISITS / terms.size().max(1)).clamp(1, NODES))
}

/// The same, with so many nodes for each size.
fn within(terms: &Terms, most: usize, nodes: usize) -> Vec<Found> {
    let slack = ROUNDING * terms.weights.iter().map(|weight| weight.abs()).sum::<f64>();
    let candidates: Vec<u32> = (0..terms.players.len() as u32).collect();
    let mut chosen = Vec::new();
    let found = |size: usize| {
        let mut state = State::new(terms);
        chosen.iter().for_each(|&candidate| state.toggle(candidate));
        greedy::grow(&mut state, &mut chosen, slack);
        let best = terms.gain(&chosen);
        let mut search = Search {
            state: State::new(terms),
            picked: Vec::new(),
            chosen: chosen.clone(),
            best,
            slack,
            nodes,
            left: best,
        };
        search.descend(&candidates, size);
        chosen.clone_from(&search.chosen);
        search.found(terms)
    };
    (1..=most).map(found).collect()
}

/// Which terms have been turned, and who may follow.
pub(super) struct State<'a> {
    terms: &'a Terms,
    odd: Vec<bool>,
    /// Of each term, how many candidates may follow.
    open: Vec<u32>,
    /// What the terms turned do.
    pub gain: f64,
}

impl<'a> State<'a> {
    /// Nothing removed; everybody may follow.
    pub fn new(terms: &'a Terms) -> Self {
        Self {
            terms,
            odd: vec![false; terms.sets.len()],
            open: terms.sets.iter().map(|set| set.len() as u32).collect(),
            gain: 0.0,
        }
    }

    /// What turning a term does from here.
    fn turn(&self, term: usize) -> f64 {
        if self.odd[term] { -self.terms.weights[term] } else { self.terms.weights[term] }
    }

    /// Removes a candidate, or puts it back.
    pub fn toggle(&mut self, candidate: u32) {
        for &term in &self.terms.of_candidate[candidate as usize] {
            self.gain += self.turn(term as usize);
            self.odd[term as usize] ^= true;
        }
    }

    /// What the removal of each candidate does if nobody follows it; of one that is removed, what putting it back does.
    pub fn exact_gains(&self) -> Vec<f64> {
        let gain = |terms: &Vec<u32>| terms.iter().map(|&term| self.turn(term as usize)).sum();
        self.terms.of_candidate.iter().map(gain).collect()
    }

    /// What the removal of a candidate does at most, if it is one of `left` to be removed.
    fn most(&self, candidate: u32, left: usize) -> f64 {
        let part = |&term: &u32| {
            let turn = self.turn(term as usize);
            if left == 1 || self.open[term as usize] == 1 { turn } else { turn.max(0.0) }
        };
        self.terms.of_candidate[candidate as usize].iter().map(part).sum()
    }

    fn close(&mut self, candidate: u32) {
        self.terms.of_candidate[candidate as usize].iter().for_each(|&term| self.open[term as usize] -= 1);
    }

    fn reopen(&mut self, candidate: u32) {
        self.terms.of_candidate[candidate as usize].iter().for_each(|&term| self.open[term as usize] += 1);
    }
}

struct Search<'a> {
    state: State<'a>,
    picked: Vec<u32>,
    /// The best set so far, and what it does.
    chosen: Vec<u32>,
    best: f64,
    slack: f64,
    /// How many nodes may still be looked into.
    nodes: usize,
    /// The largest bound of those that were left out.
    left: f64,
}

impl Search<'_> {
    /// Looks for something better below a node; `open` are those who may follow, of whom `left` must.
    fn descend(&mut self, open: &[u32], left: usize) {
        self.nodes = self.nodes.saturating_sub(1);
        let mut ranked: Vec<(f64, u32)> =
            open.iter().map(|&candidate| (self.state.most(candidate, left), candidate)).collect();
        let enough = self.best + self.slack - self.state.gain;
        let by_gain = |a: &(f64, u32), b: &(f64, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        ranked.select_nth_unstable_by(left - 1, by_gain);
        // With the best others, a candidate must be enough.
        let others: f64 = sum(&ranked[..left]) - ranked[left - 1].0;
        let closed: Vec<u32> =
            ranked.extract_if(.., |(most, _)| *most + others <= enough).map(|(_, who)| who).collect();
        if left == 1 {
            if let Some(&(_, candidate)) = ranked.iter().min_by(|a, b| by_gain(a, b)) {
                self.take(candidate);
            }
            return;
        }
        ranked.sort_unstable_by(by_gain);
        closed.iter().for_each(|&candidate| self.state.close(candidate));
        let order: Vec<u32> = ranked.iter().map(|(_, candidate)| *candidate).collect();
        let mut tried = 0;
        while tried + left <= order.len() {
            let bound = sum(&ranked[tried..tried + left]);
            if bound <= self.best + self.slack - self.state.gain {
                break;
            }
            if self.nodes == 0 {
                self.left = self.left.max(self.state.gain + bound);
                break;
            }
            let next = order[tried];
            tried += 1;
            self.state.close(next);
            self.state.toggle(next);
            self.picked.push(next);
            self.descend(&order[tried..], left - 1);
            self.picked.pop();
            self.state.toggle(next);
        }
        closed.iter().chain(&order[..tried]).for_each(|&candidate| self.state.reopen(candidate));
    }

    /// Takes the set picked, with a last candidate, if it is better.
    fn take(&mut self, last: u32) {
        let mut set = self.picked.clone();
        set.push(last);
        let gain = self.state.terms.gain(&set);
        if gain > self.best {
            (self.chosen, self.best) = (set, gain);
        }
    }

    fn found(mut self, terms: &Terms) -> Found {
        self.chosen.sort_unstable();
        let exact = self.left <= self.best + self.slack;
        let players = self.chosen.iter().map(|&candidate| terms.players[candidate as usize]).collect();
        Found { players, gain: self.best, bound: if exact { self.best } else { self.left }, exact }
    }
}

fn sum(ranked: &[(f64, u32)]) -> f64 {
    ranked.iter().map(|(most, _)| most).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Coefficients of all sets of up to three of 14 players, from a fixed recurrence.
    fn terms() -> Terms {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / f64::from(1u32 << 30) - 1.0
        };
        let sets = (0..1u32 << 14).filter(|mask| (1..=3).contains(&mask.count_ones()));
        let set = |mask: u32| (0..14).filter(|player| mask >> player & 1 == 1).collect::<Vec<u32>>();
        Terms::new(14, &sets.map(|mask| (set(mask), next())).collect::<Vec<_>>(), 7)
            .expect("players and coefficients are fine")
    }

    #[test]
    fn bounds_hold_wherever_the_search_is_cut_off() {
        let terms = terms();
        let best = within(&terms, 7, usize::MAX);
        assert!(best.iter().all(|found| found.exact));
        let mut cut_off = 0;
        for nodes in [1, 2, 3, 5, 10, 30, 100, 300, 1000] {
            for (found, best) in within(&terms, 7, nodes).iter().zip(&best) {
                assert!(found.gain <= best.gain + 1e-9 && found.bound >= best.gain - 1e-9);
                assert!(!found.exact || (found.gain - best.gain).abs() < 1e-9);
                assert!(found.exact == (found.bound == found.gain));
                cut_off += usize::from(!found.exact);
            }
        }
        assert!(cut_off > 10, "{cut_off}");
        // Nodes that were left out are bounded, not forgotten: with more of them looked into, the bound comes down.
        let bound = |nodes| within(&terms, 7, nodes)[6].bound;
        assert!(bound(1) > bound(1000) && bound(1000) >= best[6].gain);
    }
}
