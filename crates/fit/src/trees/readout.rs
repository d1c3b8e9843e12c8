//! What a sum of trees says, read off exactly.
//!
//! A leaf wants some players in (`E`) and some out (`Z`); its value times that condition is a game whose values and
//! spectrum have closed forms, and everything is linear in the leaves. A player that is asked for twice on one path
//! counts once; a leaf that wants a player both in and out is never reached and is skipped.

use std::collections::HashMap;

use super::{Node, Tree, Trees};

/// Walsh-Hadamard coefficients: a set of players (ascending) and what its product of signs is multiplied by.
pub type Spectrum = Vec<(Vec<u32>, f64)>;

/// What a leaf wants.
struct Path {
    /// Players that must be in.
    wanted: Vec<u32>,
    /// Players that must be out.
    barred: Vec<u32>,
    value: f64,
}

impl Trees {
    /// The Shapley value of each player, `[players]`.
    pub fn shapley(&self) -> Vec<f64> {
        let mut values = vec![0.0; self.n_players];
        self.for_each_path(&mut |path| {
            let (e, z) = (path.wanted.len() as f64, path.barred.len() as f64);
            let paths = binomial(path.wanted.len() + path.barred.len(), path.barred.len());
            path.wanted.iter().for_each(|&player| values[player as usize] += path.value / (e * paths));
            path.barred.iter().for_each(|&player| values[player as usize] -= path.value / (z * paths));
        });
        values
    }

    /// The Banzhaf value of each player, `[players]`.
    pub fn banzhaf(&self) -> Vec<f64> {
        let mut values = vec![0.0; self.n_players];
        self.for_each_path(&mut |path| {
            let part = path.value * 2f64.powi(1 - (path.wanted.len() + path.barred.len()) as i32);
            path.wanted.iter().for_each(|&player| values[player as usize] += part);
            path.barred.iter().for_each(|&player| values[player as usize] -= part);
        });
        values
    }

    /// The coefficients `F(S)` with `f(T) = sum of F(S) (-1)^|S and T|`, of the sets whose number of players is kept; the
    /// largest first, equal ones in the order of their players. Takes `2^depth` steps per leaf.
    pub fn spectrum(&self, keep: impl Fn(usize) -> bool) -> Spectrum {
        let mut sets = Sets::new(self.base);
        // For each subset of the players of a path: its set, and what the leaf adds to it.
        let mut subsets: Vec<(u32, f64)> = Vec::new();
        self.for_each_path(&mut |path| {
            let wanted = path.wanted.iter().map(|&player| (player, -1.0));
            let mut players: Vec<(u32, f64)> = wanted.chain(path.barred.iter().map(|&player| (player, 1.0))).collect();
            players.sort_unstable_by_key(|(player, _)| *player);
            subsets.clear();
            subsets.push((NOBODY, path.value * 2f64.powi(-(players.len() as i32))));
            for (player, sign) in players {
                for at in 0..subsets.len() {
                    let (set, value) = subsets[at];
                    subsets.push((sets.with(set, player), sign * value));
                }
            }
            subsets.iter().for_each(|&(set, value)| sets.values[set as usize] += value);
        });
        let mut spectrum = sets.into_spectrum(keep);
        spectrum.sort_by(|(a, x), (b, y)| y.abs().total_cmp(&x.abs()).then_with(|| a.cmp(b)));
        spectrum
    }

    fn for_each_path(&self, visit: &mut dyn FnMut(&Path)) {
        for tree in &self.trees {
            let mut path = Path { wanted: Vec::new(), barred: Vec::new(), value: 0.0 };
            tree.walk(0, &mut path, visit);
        }
    }
}

/// The set of nobody.
const NOBODY: u32 = 0;

/// Sets with their coefficients, each known by a number: that of the set without its last player leads to it.
struct Sets {
    /// By a set and a player behind its last one.
    next: HashMap<(u32, u32), u32>,
    /// The set without the last player, and that player.
    parents: Vec<(u32, u32)>,
    values: Vec<f64>,
}

impl Sets {
    fn new(of_nobody: f64) -> Self {
        Self { next: HashMap::new(), parents: vec![(NOBODY, 0)], values: vec![of_nobody] }
    }

    fn with(&mut self, set: u32, player: u32) -> u32 {
        *self.next.entry((set, player)).or_insert_with(|| {
            self.parents.push((set, player));
            self.values.push(0.0);
            self.parents.len() as u32 - 1
        })
    }

    fn into_spectrum(self, keep: impl Fn(usize) -> bool) -> Spectrum {
        let mut spectrum = Vec::new();
        let mut players = Vec::new();
        for (set, value) in self.values.into_iter().enumerate() {
            players.clear();
            let mut rest = set as u32;
            while rest != NOBODY {
                let (parent, player) = self.parents[rest as usize];
                players.push(player);
                rest = parent;
            }
            if keep(players.len()) {
                players.reverse();
                spectrum.push((players.clone(), value));
            }
        }
        spectrum
    }
}

impl Tree {
    fn walk(&self, at: usize, path: &mut Path, visit: &mut dyn FnMut(&Path)) {
        let (player, absent, present) = match self.nodes[at] {
            Node::Leaf(value) => {
                path.value = value;
                return visit(path);
            }
            Node::Split { player, absent, present } => (player, absent as usize, present as usize),
        };
        // Asked for a second time, the answer is known.
        if path.wanted.contains(&player) {
            return self.walk(present, path, visit);
        }
        if path.barred.contains(&player) {
            return self.walk(absent, path, visit);
        }
        path.barred.push(player);
        self.walk(absent, path, visit);
        path.barred.pop();
        path.wanted.push(player);
        self.walk(present, path, visit);
        path.wanted.pop();
    }
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).map(|at| (n - at) as f64 / (k - at) as f64).product()
}
