//! Names of sets of players that survive wrong bits: the parity bits of a BCH code.
//!
//! A word of the code is the bits of all players, then so many parity bits, and words differ in at least `2 t + 1` bits
//! (Hocquenghem, 1959; Bose & Ray-Chaudhuri, 1960). So the parity bits of a set of up to `t` players name it: the decoder
//! reads them after the word of no players, and finds as errors the players of the set and the parity bits that are wrong,
//! as long as they are `t` together. The code is narrow-sense and primitive, over the smallest field that has room for all
//! players, and shortened to their number.

use super::field::{DEGREES, Field};

/// The largest `t`: beyond it a word of parity bits has no room in 128 bits.
pub(crate) const MOST_ERRORS: usize = 8;
/// Coefficients of a locator while it is made.
const LENGTH: usize = 2 * MOST_ERRORS + 2;

/// A code for a number of players.
pub(crate) struct Code {
    field: Field,
    degree: usize,
    n_errors: usize,
    n_parity: usize,
    /// The parity bits of each player alone, `[players]`.
    columns: Vec<u128>,
    /// What a parity bit adds to the odd syndromes, `[parity bits][t]`.
    syndromes: Vec<[u16; MOST_ERRORS]>,
}

impl Code {
    /// The code for so many players that corrects `n_errors` errors; `None` if there are more players than the largest field has
    /// room for, or errors than [`MOST_ERRORS`].
    pub(crate) fn new(n_players: usize, n_errors: usize) -> Option<Self> {
        if n_errors == 0 || n_errors > MOST_ERRORS {
            return None;
        }
        DEGREES.filter(|degree| (1 << degree) > 2 * n_errors + 1).find_map(|degree| {
            let field = Field::new(degree);
            let generator = generator(&field, n_errors);
            let n_parity = generator.ilog2() as usize;
            let fits = n_parity + n_players <= field.order();
            fits.then(|| Self::with(field, degree, n_errors, generator, n_players))
        })
    }

    fn with(field: Field, degree: usize, n_errors: usize, generator: u128, n_players: usize) -> Self {
        let n_parity = generator.ilog2() as usize;
        // Player i stands at x^(parity + i), and its parity bits are the remainder.
        let mut remainder = generator ^ (1 << n_parity);
        let mut columns = Vec::with_capacity(n_players);
        for _ in 0..n_players {
            columns.push(remainder);
            remainder <<= 1;
            if remainder >> n_parity & 1 == 1 {
                remainder ^= generator;
            }
        }
        let syndromes = (0..n_parity).map(|bit| std::array::from_fn(|at| field.power(bit * (2 * at + 1)))).collect();
        Self { field, degree, n_errors, n_parity, columns, syndromes }
    }

    /// The number of errors that are corrected, `t`.
    pub(crate) fn n_errors(&self) -> usize {
        self.n_errors
    }

    /// The number of parity bits.
    pub(crate) fn n_parity(&self) -> usize {
        self.n_parity
    }

    /// The parity bits of each player alone, `[players]`; those of a set are the exclusive or.
    pub(crate) fn columns(&self) -> &[u128] {
        &self.columns
    }

    /// The set, ascending, whose parity bits are these but for errors, all together at most `t`; `None` if there is none.
    pub(crate) fn decode(&self, parity: u128) -> Option<Vec<u32>> {
        let (locator, n_errors) = self.locator(parity)?;
        if n_errors == 0 {
            return Some(Vec::new());
        }
        let locator = &locator[..=n_errors];
        if !self.splits(locator) {
            return None;
        }
        let mut found = 0;
        let mut set = Vec::new();
        for position in 0..self.n_parity + self.columns.len() {
            if self.value(locator, self.field.order() - position) == 0 {
                found += 1;
                if position >= self.n_parity {
                    set.push((position - self.n_parity) as u32);
                }
                if found == n_errors {
                    return Some(set);
                }
            }
        }
        None
    }

    /// The polynomial whose roots are the inverse positions of the errors, and its degree, at most `t` (Massey, 1969).
    fn locator(&self, parity: u128) -> Option<([u16; LENGTH], usize)> {
        let (field, n) = (&self.field, 2 * self.n_errors);
        let syndromes = self.syndromes(parity);
        let mut locator = [0; LENGTH];
        let mut before = [0; LENGTH];
        (locator[0], before[0]) = (1, 1);
        let (mut degree, mut shift, mut last) = (0, 1, 1);
        for at in 0..n {
            let products = (1..=degree).map(|term| field.product(locator[term], syndromes[at - term]));
            let discrepancy = products.fold(syndromes[at], |sum, product| sum ^ product);
            if discrepancy == 0 {
                shift += 1;
                continue;
            }
            let scale = field.quotient(discrepancy, last);
            let old = locator;
            (shift..LENGTH).for_each(|term| locator[term] ^= field.product(scale, before[term - shift]));
            if 2 * degree <= at {
                (degree, before, last, shift) = (at + 1 - degree, old, discrepancy, 1);
            } else {
                shift += 1;
            }
        }
        (degree <= self.n_errors && locator[degree] != 0).then_some((locator, degree))
    }

    /// The values of the word at the first `2 t` powers of the primitive element; the even ones are squares.
    fn syndromes(&self, parity: u128) -> [u16; LENGTH] {
        let mut syndromes = [0; LENGTH];
        let mut rest = parity;
        while rest != 0 {
            let of_bit = &self.syndromes[rest.trailing_zeros() as usize];
            (0..self.n_errors).for_each(|at| syndromes[2 * at] ^= of_bit[at]);
            rest &= rest - 1;
        }
        for power in (2..=2 * self.n_errors).step_by(2) {
            syndromes[power - 1] = self.field.product(syndromes[power / 2 - 1], syndromes[power / 2 - 1]);
        }
        syndromes
    }

    /// Whether a polynomial has as many distinct roots in the field as its degree says: whether it divides `x^(2^m) - x`. Most
    /// words that are not near the code fail here, before all positions are tried.
    fn splits(&self, polynomial: &[u16]) -> bool {
        let (field, degree) = (&self.field, polynomial.len() - 1);
        if degree == 1 {
            return true;
        }
        let monic: Vec<u16> = polynomial[..degree].iter().map(|&c| field.quotient(c, polynomial[degree])).collect();
        // x^(2 i) modulo the polynomial.
        let mut squares = Vec::with_capacity(degree);
        let mut power = vec![0; degree];
        power[0] = 1;
        for exponent in 0..2 * degree {
            if exponent % 2 == 0 {
                squares.push(power.clone());
            }
            let top = power[degree - 1];
            power.rotate_right(1);
            power[0] = 0;
            power.iter_mut().zip(&monic).for_each(|(power, &c)| *power ^= field.product(top, c));
        }
        let mut power = vec![0; degree];
        power[1] = 1;
        for _ in 0..self.degree {
            let mut squared = vec![0; degree];
            for (&c, square) in power.iter().zip(&squares) {
                let c = field.product(c, c);
                squared.iter_mut().zip(square).for_each(|(sum, &s)| *sum ^= field.product(c, s));
            }
            power = squared;
        }
        power.iter().enumerate().all(|(exponent, &c)| c == u16::from(exponent == 1))
    }

    /// The value of a polynomial at a power of the primitive element.
    fn value(&self, polynomial: &[u16], exponent: usize) -> u16 {
        let at = self.field.power(exponent);
        polynomial.iter().rev().fold(0, |sum, &c| self.field.product(sum, at) ^ c)
    }
}

/// The product of the minimal polynomials of the first `2 t` powers of the primitive element, its bits the coefficients.
fn generator(field: &Field, n_errors: usize) -> u128 {
    let mut done: Vec<usize> = Vec::new();
    let mut generator = 1u128;
    for power in (1..2 * n_errors).step_by(2) {
        if done.contains(&power) {
            continue;
        }
        // The roots are this power and what it becomes by squaring.
        let mut minimal = vec![1u16];
        let mut root = power;
        loop {
            done.push(root);
            let value = field.power(root);
            let times: Vec<u16> = minimal.iter().map(|&c| field.product(c, value)).collect();
            minimal.insert(0, 0);
            minimal.iter_mut().zip(times).for_each(|(c, times)| *c ^= times);
            root = 2 * root % field.order();
            if root == power {
                break;
            }
        }
        let terms = minimal.iter().enumerate().filter(|(_, c)| **c != 0);
        generator = terms.fold(0, |sum, (exponent, _)| sum ^ generator << exponent);
    }
    generator
}

#[cfg(test)]
mod tests {
    use einthoven_game::design::subset::for_each_subset;
    use einthoven_game::rng;
    use proptest::prelude::*;
    use rand::RngExt;

    use super::*;

    #[test]
    fn codes_are_those_of_the_table() {
        // Players, then length, messages and parity bits for t = 2, 3, 4, 5.
        let table = [
            (12, [(31, 21, 10), (31, 16, 15), (63, 39, 24), (63, 36, 27)]),
            (20, [(31, 21, 10), (63, 45, 18), (63, 39, 24), (63, 36, 27)]),
            (32, [(63, 51, 12), (63, 45, 18), (63, 39, 24), (63, 36, 27)]),
            (64, [(127, 113, 14), (127, 106, 21), (127, 99, 28), (127, 92, 35)]),
            (100, [(127, 113, 14), (127, 106, 21), (255, 223, 32), (255, 215, 40)]),
            (200, [(255, 239, 16), (255, 231, 24), (255, 223, 32), (255, 215, 40)]),
            (256, [(511, 493, 18), (511, 484, 27), (511, 475, 36), (511, 466, 45)]),
            (500, [(1023, 1003, 20), (1023, 993, 30), (1023, 983, 40), (1023, 973, 50)]),
            (1000, [(1023, 1003, 20), (2047, 2014, 33), (2047, 2003, 44), (2047, 1992, 55)]),
        ];
        for (n_players, codes) in table {
            for (t, (length, messages, parity)) in (2..).zip(codes) {
                let code = Code::new(n_players, t).expect("a code");
                let found = (code.field.order(), code.field.order() - code.n_parity, code.n_parity);
                assert_eq!(found, (length, messages, parity), "{n_players} players, t = {t}");
            }
        }
        assert!(Code::new(4096, 5).is_some() && Code::new(8192, 2).is_none() && Code::new(100, 9).is_none());
    }

    #[test]
    fn words_are_multiples_of_the_generator_and_far_apart() {
        // The double-error-correcting code of length 15, whose generator is known: x^8 + x^7 + x^6 + x^4 + 1.
        assert_eq!(generator(&Field::new(4), 2), 0b1_1101_0001);
        let code = Code::new(7, 2).expect("a code");
        assert_eq!(code.n_parity, 8);
        for message in 1u32..1 << 7 {
            let players = (0..7).filter(|player| message >> player & 1 == 1);
            let parity = players.fold(0, |sum, player| sum ^ code.columns[player]);
            assert!(message.count_ones() + parity.count_ones() >= 5, "{message:b}");
        }
    }

    #[test]
    fn all_small_sets_have_their_own_names() {
        let code = Code::new(23, 3).expect("a code");
        for size in 0..=3 {
            for_each_subset(23, size, |set| {
                let parity = set.iter().fold(0, |sum, &player| sum ^ code.columns[player]);
                let set: Vec<u32> = set.iter().map(|&player| player as u32).collect();
                assert_eq!(code.decode(parity), Some(set));
            });
        }
    }

    /// A word with `n_errors` errors: the set, and its parity bits with those that are wrong.
    fn word(code: &Code, n_errors: usize, rng: &mut rng::ChaCha8Rng) -> (Vec<u32>, u128) {
        let (n_parity, length) = (code.n_parity, code.n_parity + code.columns.len());
        let mut errors = std::collections::BTreeSet::new();
        while errors.len() < n_errors {
            errors.insert(rng.random_range(0..length));
        }
        let (wrong, players): (Vec<usize>, Vec<usize>) = errors.into_iter().partition(|&error| error < n_parity);
        let parity = wrong.iter().fold(0, |sum, bit| sum ^ 1 << bit);
        let parity = players.iter().fold(parity, |sum, player| sum ^ code.columns[player - n_parity]);
        (players.iter().map(|player| (player - n_parity) as u32).collect(), parity)
    }

    proptest! {
        #[test]
        fn up_to_t_errors_are_found(n_players in 1usize..4096, t in 1usize..=MOST_ERRORS, seed: u64) {
            let Some(code) = Code::new(n_players, t) else { return Ok(()) };
            let mut rng = rng::stream(seed, "bch test", 0);
            for n_errors in 0..=t.min(n_players + code.n_parity()) {
                let (set, parity) = word(&code, n_errors, &mut rng);
                prop_assert_eq!(code.decode(parity), Some(set));
            }
        }

        #[test]
        fn what_is_found_is_within_t_errors(n_players in 1usize..2000, t in 1usize..=MOST_ERRORS, seed: u64) {
            let Some(code) = Code::new(n_players, t) else { return Ok(()) };
            let parity = rng::stream(seed, "bch test", 1).random::<u128>() >> (128 - code.n_parity);
            if let Some(set) = code.decode(parity) {
                let own = set.iter().fold(0, |sum, &player| sum ^ code.columns[player as usize]);
                prop_assert!(set.len() + (own ^ parity).count_ones() as usize <= t);
            }
        }
    }
}
