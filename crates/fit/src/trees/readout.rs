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
        let mut coefficients: HashMap<Vec<u32>, f64> = HashMap::new();
        if keep(0) {
            coefficients.insert(Vec::new(), self.base);
        }
        self.for_each_path(&mut |path| {
            let mut players: Vec<(u32, f64)> = path.wanted.iter().map(|&player| (player, -1.0)).collect();
            players.extend(path.barred.iter().map(|&player| (player, 1.0)));
            players.sort_unstable_by_key(|(player, _)| *player);
            let scale = path.value * 2f64.powi(-(players.len() as i32));
            for subset in 0u64..1 << players.len() {
                if !keep(subset.count_ones() as usize) {
                    continue;
                }
                let chosen =
                    players.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1).map(|(_, player)| player);
                let sign: f64 = chosen.clone().map(|(_, sign)| sign).product();
                *coefficients.entry(chosen.map(|(player, _)| *player).collect()).or_default() += scale * sign;
            }
        });
        let mut spectrum: Spectrum = coefficients.into_iter().collect();
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
