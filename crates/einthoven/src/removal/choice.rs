//! Who is removed, and what is read off the model's values without them.

use einthoven_game::design::subset::SubsetSampler;
use einthoven_game::rng::stream;
use einthoven_game::{Attribution, Coalitions, Index, indices};
use einthoven_interactions::removal;

use super::{RemovalStep, Removed, Way};
use crate::Result;

/// Random orders that are averaged over.
const ORDERS: usize = 20;

/// Who is removed, before the model is asked.
pub(super) struct Choice {
    n_players: usize,
    removals: Vec<removal::Removal>,
    /// Shapley values and their players, the most negative first.
    shapley: Vec<(f64, u32)>,
    /// The first players of random orders.
    random: Vec<Vec<u32>>,
    pub predicted_full: f64,
}

impl Choice {
    /// By the spectrum of an output, for up to `most` players.
    pub fn new(attribution: &Attribution, most: usize, seed: u64) -> Result<Self> {
        let n_players = attribution.n_players;
        let spectrum = removal::spectrum_of(attribution)?;
        let removals = removal::removals(n_players, &spectrum, most)?;
        let mut values = vec![0.0; n_players];
        for term in indices::from_fourier(Index::Sv, 1, n_players, &spectrum)? {
            if let &[player] = term.players.as_slice() {
                values[player as usize] = term.value;
            }
        }
        let mut shapley: Vec<(f64, u32)> = values.into_iter().zip(0..).collect();
        shapley.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let sign = |set: &[u32]| if set.len().is_multiple_of(2) { 1.0 } else { -1.0 };
        let predicted_full = spectrum.iter().map(|(set, coefficient)| sign(set) * coefficient).sum();
        let random = random_orders(n_players, removals.len(), seed);
        Ok(Self { n_players, removals, shapley, random, predicted_full })
    }

    /// The players whose Shapley values say that the value falls most without them, or rises, and by how much.
    fn by_shapley(&self, size: usize, up: bool) -> (Vec<u32>, f64) {
        let n = self.shapley.len();
        let chosen = if up { &self.shapley[..size] } else { &self.shapley[n - size..] };
        let mut players: Vec<u32> = chosen.iter().map(|(_, player)| *player).collect();
        players.sort_unstable();
        (players, -chosen.iter().map(|(value, _)| value).sum::<f64>())
    }

    /// The full coalition; then for each number of players those without what lowers the value most by search and by Shapley
    /// values, without what raises it most by both, and without the first players of each random order.
    pub fn rows(&self) -> Coalitions {
        let mut rows = Coalitions::new(self.n_players);
        let mut push = |removed: &[u32]| {
            rows.push((0..self.n_players).filter(|player| !removed.contains(&(*player as u32))));
        };
        push(&[]);
        for (at, removal) in self.removals.iter().enumerate() {
            for up in [false, true] {
                push(&removal.towards(up).players);
                push(&self.by_shapley(at + 1, up).0);
            }
            self.random.iter().for_each(|order| push(&order[..=at]));
        }
        rows
    }

    /// The steps, with the values of [`rows`](Self::rows).
    pub fn steps(&self, values: &[f64]) -> Vec<RemovalStep> {
        let change = |row: usize| values[row] - values[0];
        let per_step = 4 + self.random.len();
        let step = |(at, removal): (usize, &removal::Removal)| {
            let first = 1 + at * per_step;
            let way = |up: bool| {
                let best = removal.towards(up);
                let row = first + 2 * usize::from(up);
                let (players, predicted) = self.by_shapley(at + 1, up);
                Way {
                    found: Removed { players: best.players.clone(), predicted: best.change, actual: change(row) },
                    bound: best.bound,
                    exact: best.exact,
                    shapley: Removed { players, predicted, actual: change(row + 1) },
                }
            };
            let random =
                (first + 4..first + per_step).map(|row| change(row).abs()).sum::<f64>() / self.random.len() as f64;
            RemovalStep { fall: way(false), rise: way(true), random }
        };
        self.removals.iter().enumerate().map(step).collect()
    }
}

/// The first `most` players of random orders.
fn random_orders(n_players: usize, most: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut sampler = SubsetSampler::new(n_players);
    let mut order = |index| {
        let mut rng = stream(seed, "removal in random order", index);
        sampler.draw(most, &mut rng).iter().map(|&player| player as u32).collect()
    };
    (0..ORDERS as u64).map(&mut order).collect()
}
