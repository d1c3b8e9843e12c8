//! The sets that a bin may hold, by the names that the signs of its entries spell.
//!
//! The signs are taken as they are, and with the least reliable ones, the smallest entries, turned (Chase, 1972); the choices of
//! signs to turn go by the sum of their entries, the smallest first. All sets that come out are told apart by how well their
//! signs go along with the whole bin.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::bch::Code;
use super::bins::correlation;

/// Entries whose signs may be turned.
const LEAST_RELIABLE: usize = 24;
/// Sets that a bin gives at most.
const MOST: usize = 4;

/// The signs of a set: bits of the delays where its sign is -1; the first delay has none.
pub(crate) fn signs(code: &Code, set: &[u32]) -> u128 {
    set.iter().fold(0, |sum, &player| sum ^ code.columns()[player as usize]) << 1
}

/// Sets of up to `t` players that the entries of a bin spell if so many choices of signs are turned, those first that go along
/// best with the bin.
pub(crate) fn candidates(code: &Code, entries: &[f64], choices: usize) -> Vec<Vec<u32>> {
    let negative = |delay: usize| u128::from(entries[delay].is_sign_negative());
    let hard = (0..entries.len()).fold(0, |word, delay| word | negative(delay) << delay);
    let mut found: Vec<(f64, Vec<u32>)> = Vec::new();
    for turned in turns(entries, choices) {
        let word = hard ^ turned;
        // The coefficient has the sign of the first entry.
        let parity = (if word & 1 == 1 { !word } else { word } >> 1) & ((1 << code.n_parity()) - 1);
        let Some(set) = code.decode(parity) else { continue };
        if found.iter().all(|(_, other)| *other != set) {
            found.push((correlation(entries, signs(code, &set)).abs(), set));
        }
    }
    found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    found.truncate(MOST);
    found.into_iter().map(|(_, set)| set).collect()
}

/// Bits of the signs to turn, none first, then by the sum of their entries.
fn turns(entries: &[f64], choices: usize) -> Vec<u128> {
    let mut order: Vec<(u64, usize)> = entries.iter().map(|entry| entry.abs().to_bits()).zip(0..).collect();
    order.sort_unstable();
    order.truncate(LEAST_RELIABLE);
    let sum = |choice: u32| -> f64 {
        let chosen = order.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1);
        chosen.map(|(_, (bits, _))| f64::from_bits(*bits)).sum()
    };
    let word = |choice: u32| {
        let chosen = order.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1);
        chosen.fold(0, |word, (_, (_, delay))| word | 1 << delay)
    };
    let mut turns = vec![0];
    let mut next = BinaryHeap::from([Reverse((0, 1u32))]);
    while let Some(Reverse((_, choice))) = next.pop().filter(|_| turns.len() < choices) {
        turns.push(word(choice));
        // Each choice comes once: from the one without its last sign, or with the one before in its place.
        let last = choice.ilog2();
        if (last as usize) + 1 < order.len() {
            for later in [choice | 2 << last, choice ^ (3 << last)] {
                next.push(Reverse((sum(later).to_bits(), later)));
            }
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn turns_go_by_the_sum_of_their_entries() {
        let entries: Vec<f64> =
            (0..30).map(|at| f64::from((at * 7 + 3) % 30 + 1) * if at % 3 == 0 { -1.0 } else { 1.0 }).collect();
        let turns = turns(&entries, 2000);
        let sums: Vec<f64> = turns
            .iter()
            .map(|turned| {
                entries.iter().enumerate().filter(|(at, _)| turned >> at & 1 == 1).map(|(_, e)| e.abs()).sum()
            })
            .collect();
        assert!(turns[0] == 0 && sums.is_sorted());
        assert_eq!(turns.iter().collect::<HashSet<_>>().len(), 2000);
        // Sums 0 to 6 of distinct numbers: 1, 1, 1, 2, 2, 3, 4 ways.
        assert_eq!(
            (0..=6).map(|sum| sums.iter().filter(|s| **s == f64::from(sum)).count()).collect::<Vec<_>>(),
            [1, 1, 1, 2, 2, 3, 4]
        );
        // There are no more than all.
        assert_eq!(super::turns(&[1.0, -2.0, 0.5], 100).len(), 8);
    }

    #[test]
    fn wrong_signs_of_small_entries_are_turned() {
        let code = Code::new(100, 5).expect("a code");
        for (set, wrong) in [(vec![], 0), (vec![4], 4), (vec![1, 17, 50, 80, 99], 4), (vec![0, 2, 3], 7)] {
            let names = signs(&code, &set);
            for coefficient in [1.0, -1.0] {
                let mut entries: Vec<f64> =
                    (0..41).map(|delay| if names >> delay & 1 == 1 { -coefficient } else { coefficient }).collect();
                // From the first on, which is the sign of the coefficient; the others hold it by far.
                entries.iter_mut().take(wrong).zip(1..).for_each(|(entry, at)| *entry *= -0.01 * f64::from(at));
                let found = candidates(&code, &entries, 256);
                assert_eq!(found.first(), Some(&set), "{set:?} {coefficient}");
            }
        }
    }

    #[test]
    fn one_wrong_sign_too_many_is_no_set() {
        // Five players and a wrong sign that is not among the least reliable: six errors.
        let code = Code::new(100, 5).expect("a code");
        let set = vec![1, 17, 50, 80, 99];
        let names = signs(&code, &set) ^ 1 << 20;
        let entries: Vec<f64> = (0..41)
            .map(|delay| (2.0 - 0.01 * f64::from(delay == 20)) * if names >> delay & 1 == 1 { -1.0 } else { 1.0 })
            .collect();
        assert!(candidates(&code, &entries, 1).iter().all(|found| *found != set));
        assert_eq!(candidates(&code, &entries, 2).first(), Some(&set));
    }
}
