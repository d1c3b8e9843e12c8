use einthoven_game::{Result, exact, transforms};
use proptest::prelude::*;

use crate::tables::{close, random_table, sign, size, subsets};

type Transform = fn(&mut [f64]) -> Result<()>;

const PAIRS: [(&str, Transform, Transform); 4] = [
    ("moebius", transforms::moebius, transforms::inverse_moebius),
    ("co-moebius", transforms::co_moebius, transforms::inverse_co_moebius),
    ("walsh-hadamard", transforms::walsh_hadamard, transforms::inverse_walsh_hadamard),
    ("banzhaf", transforms::banzhaf, transforms::inverse_banzhaf),
];

fn transformed(transform: Transform, table: &[f64]) -> Vec<f64> {
    let mut table = table.to_vec();
    transform(&mut table).unwrap();
    table
}

/// Each transform as the sum that defines it.
fn naive(name: &str, table: &[f64]) -> Vec<f64> {
    let all = table.len() - 1;
    let derivative = |set: usize, others: usize| -> f64 {
        subsets(set).map(|inside| sign(size(set) - size(inside)) * table[others | inside]).sum()
    };
    let number = |set: usize| -> f64 {
        match name {
            "moebius" => derivative(set, 0),
            "co-moebius" => derivative(set, all & !set),
            "walsh-hadamard" => {
                (0..=all).map(|other| sign(size(set & other)) * table[other]).sum::<f64>() / table.len() as f64
            }
            _ => {
                let count = (table.len() >> size(set)) as f64;
                subsets(all & !set).map(|others| derivative(set, others)).sum::<f64>() / count
            }
        }
    };
    (0..=all).map(number).collect()
}

/// One player after the other, the first one first.
fn plain(table: &[f64], pair: impl Fn(f64, f64) -> (f64, f64)) -> Vec<f64> {
    let mut table = table.to_vec();
    let mut bit = 1;
    while bit < table.len() {
        for at in (0..table.len()).filter(|at| at & bit == 0) {
            (table[at], table[at | bit]) = pair(table[at], table[at | bit]);
        }
        bit *= 2;
    }
    table
}

proptest! {
    #[test]
    fn transforms_are_the_sums_that_define_them(n in 0usize..8, seed in 0u64..1000) {
        let table = random_table(n, seed);
        for (name, forward, backward) in PAIRS {
            let found = transformed(forward, &table);
            close(name, &found, &naive(name, &table), 1e-13);
            close(name, &transformed(backward, &found), &table, 1e-12);
        }
    }
}

#[test]
fn large_tables_agree_with_a_plain_loop() {
    // Below, at and above the sizes at which work is cut up and shared.
    for n in [11, 12, 13, 15, 16, 18] {
        let table = random_table(n, 7);
        let expected = [
            plain(&table, |lo, hi| (lo, hi - lo)),
            plain(&table, |lo, hi| (hi, hi - lo)),
            plain(&table, |lo, hi| ((lo + hi) / 2.0, (lo - hi) / 2.0)),
            plain(&table, |lo, hi| ((lo + hi) / 2.0, hi - lo)),
        ];
        for ((name, forward, backward), expected) in PAIRS.into_iter().zip(&expected) {
            let found = transformed(forward, &table);
            close(name, &found, expected, 1e-13);
            close(name, &transformed(backward, &found), &table, 1e-9);
        }
    }
}

#[test]
fn the_empty_set_and_the_full_one() {
    let table = [3.0, 5.0, 2.0, 11.0];
    assert_eq!(transformed(transforms::moebius, &table), [3.0, 2.0, -1.0, 7.0]);
    assert_eq!(transformed(transforms::co_moebius, &table), [11.0, 9.0, 6.0, 7.0]);
    // v(T) = sum of F(S) (-1)^|S and T|: 3 is the sum of all four.
    assert_eq!(transformed(transforms::walsh_hadamard, &table), [5.25, -2.75, -1.25, 1.75]);
    assert_eq!(transformed(transforms::banzhaf, &table), [5.25, 5.5, 2.5, 7.0]);
}

#[test]
fn one_and_several_threads_give_the_same_bits() {
    let table = random_table(17, 3);
    let all = || {
        let mut bits = Vec::new();
        for (_, forward, backward) in PAIRS {
            bits.extend(transformed(forward, &table));
            bits.extend(transformed(backward, &table));
        }
        bits.extend(exact::shapley(&table).unwrap());
        bits.extend(exact::banzhaf(&table).unwrap());
        bits.into_iter().map(f64::to_bits).collect::<Vec<u64>>()
    };
    let with = |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(all);
    let alone = with(1);
    assert!(with(2) == alone && with(5) == alone);
}

#[test]
fn tables_of_other_lengths_are_refused() {
    for (_, forward, backward) in PAIRS {
        for len in [0, 3, 12] {
            assert!(forward(&mut vec![0.0; len]).unwrap_err().to_string().contains("2^players"));
            assert!(backward(&mut vec![0.0; len]).is_err());
        }
    }
    assert!(exact::shapley(&[0.0; 5]).is_err());
    let error = exact::banzhaf(&[0.0, 1.0, f64::NAN, 0.0]).unwrap_err().to_string();
    assert!(error.contains("row 2"), "{error}");
}

#[test]
fn values_of_tables_are_sums_over_coalitions() {
    for n in 0..=11 {
        let table = random_table(n, 5);
        let mean = |player: usize, weight: &dyn Fn(usize) -> f64| -> f64 {
            let without = (0..table.len()).filter(|mask| mask >> player & 1 == 0);
            without.map(|mask| weight(size(mask)) * (table[mask | 1 << player] - table[mask])).sum()
        };
        let by_orders = |t: usize| {
            use crate::tables::factorial;
            factorial(t) * factorial(n - t - 1) / factorial(n)
        };
        let shapley: Vec<f64> = (0..n).map(|player| mean(player, &by_orders)).collect();
        let banzhaf: Vec<f64> = (0..n).map(|player| mean(player, &|_| 2.0 / table.len() as f64)).collect();
        close("shapley", &exact::shapley(&table).unwrap(), &shapley, 1e-13);
        close("banzhaf", &exact::banzhaf(&table).unwrap(), &banzhaf, 1e-13);
    }
}

#[test]
fn a_player_that_changes_nothing_gets_exactly_nothing() {
    let small = random_table(13, 8);
    // Player 4 of 14 is put in.
    let table: Vec<f64> = (0..1usize << 14).map(|mask| small[mask & 15 | (mask >> 5) << 4]).collect();
    let (shapley, without) = (exact::shapley(&table).unwrap(), exact::shapley(&small).unwrap());
    assert_eq!(shapley[4], 0.0);
    let others: Vec<f64> = shapley.iter().enumerate().filter(|(player, _)| *player != 4).map(|(_, v)| *v).collect();
    close("the others", &others, &without, 1e-13);
    assert_eq!(exact::banzhaf(&table).unwrap()[4], 0.0);
}
