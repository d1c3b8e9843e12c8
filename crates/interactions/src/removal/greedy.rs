//! A good set to begin with.

use super::search::State;

/// Most rounds of swaps; each is better than the one before.
const ROUNDS: usize = 100;

/// Adds the player who does most, then swaps one player for another as long as that is better. Ties go to lower players.
pub(super) fn grow(state: &mut State<'_>, chosen: &mut Vec<u32>, slack: f64) {
    add_best(state, chosen);
    for _ in 0..ROUNDS {
        let before = state.gain;
        for _ in 0..chosen.len() {
            let out = chosen.remove(0);
            let with = state.gain;
            state.toggle(out);
            let (best, gain) = best_of(state, chosen);
            let kept = if state.gain + gain > with + slack { best } else { out };
            state.toggle(kept);
            chosen.push(kept);
        }
        if state.gain <= before + slack {
            return;
        }
    }
}

fn add_best(state: &mut State<'_>, chosen: &mut Vec<u32>) {
    let (best, _) = best_of(state, chosen);
    state.toggle(best);
    chosen.push(best);
}

/// The candidate who does most beside those chosen, and how much.
fn best_of(state: &mut State<'_>, chosen: &[u32]) -> (u32, f64) {
    let gains = state.exact_gains();
    let others = gains.iter().enumerate().filter(|(candidate, _)| !chosen.contains(&(*candidate as u32)));
    let first =
        |best: (usize, f64), (candidate, &gain): (usize, &f64)| if gain > best.1 { (candidate, gain) } else { best };
    let (best, gain) = others.fold((usize::MAX, f64::NEG_INFINITY), first);
    (best as u32, gain)
}
