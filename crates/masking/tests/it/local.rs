//! The local engine against the plain one and against masking whole signals, bit for bit.

use std::collections::HashSet;
use std::ops::ControlFlow;

use burn::tensor::Device;
use einthoven_game::{Coalitions, Link, Partition};
use einthoven_masking::{Baseline, Derive, Engine, Error, Evaluation, MaskedModel, Options, PlacedModel};
use einthoven_model::Network;
use proptest::prelude::*;

use crate::networks::{by_hand, coalitions, model, network, owned, partition, record, windows};
use crate::setup::eight_leads;

fn evaluate(network: &Network, partition: &Partition, options: Options, seed: u64, rows: &Coalitions) -> Evaluation {
    let placed = PlacedModel::new(&model(network), &[Device::flex()]);
    let record = record(network.shape(0)[1], seed);
    let masked = MaskedModel::on(&placed, &[(&record, partition)], &options).unwrap();
    masked.evaluate_all(&[rows], &mut |_, _| ControlFlow::Continue(())).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn both_engines_say_what_whole_signals_say(seed: u64, backgrounds in 0..4_usize, probability: bool) {
        let network = network(seed);
        let samples = network.shape(0)[1];
        let (partition, record) = (partition(samples, seed), record(samples, seed));
        let rows = coalitions(partition.n_players(), 120, seed);
        let link = if probability { Link::Probability } else { Link::Logit };
        let maps: Vec<Vec<f32>> = match backgrounds {
            0 => vec![vec![0.0; 12 * samples]],
            n => (0..n).map(|n| crate::networks::record(samples, seed ^ (1 + n as u64)).signal().to_vec()).collect(),
        };
        let baseline = if backgrounds == 0 { Baseline::Zero } else { Baseline::Background(maps.concat()) };
        let options = |engine| Options { baseline: baseline.clone(), link, engine, ..Options::default() };
        let plain = evaluate(&network, &partition, options(Engine::Plain), seed, &rows);
        let local = evaluate(&network, &partition, options(Engine::Local), seed, &rows);
        let auto = evaluate(&network, &partition, options(Engine::Auto), seed, &rows);
        let expected = by_hand(&network, &record, &partition, &maps, link, &rows);
        prop_assert_eq!(plain.values[0].as_slice(), &expected[..]);
        prop_assert_eq!(local.values[0].as_slice(), &expected[..]);
        prop_assert_eq!(auto.values[0].as_slice(), &expected[..]);
        let n_rows = 120 * maps.len() as u64;
        prop_assert_eq!(plain.stats.multiply_adds, n_rows * network.row_multiply_adds());
        for stats in [&local.stats, &auto.stats] {
            prop_assert_eq!((stats.evaluations, stats.rows), (120, n_rows));
            prop_assert_eq!(stats.plain_multiply_adds, plain.stats.multiply_adds);
            let bounds: Vec<_> = stats.levels.iter().map(|level| (level.first_layer, level.end_layer)).collect();
            prop_assert!(bounds.windows(2).all(|pair| pair[0].1 == pair[1].0), "{:?}", bounds);
            prop_assert_eq!((bounds[0].0, bounds[bounds.len() - 1].1), (0, network.output()));
        }
    }

    #[test]
    fn noise_means_and_lines_are_the_same_to_both(seed: u64) {
        let network = network(seed);
        let partition = partition(network.shape(0)[1], seed);
        let rows = coalitions(partition.n_players(), 100, seed);
        let means = Baseline::DatasetMean(vec![0.25; 12]);
        for baseline in [Baseline::Mean, Baseline::Noise { seed }, means, Baseline::Interpolate] {
            let options = |engine| Options { baseline: baseline.clone(), engine, ..Options::default() };
            let plain = evaluate(&network, &partition, options(Engine::Plain), seed, &rows);
            let local = evaluate(&network, &partition, options(Engine::Local), seed, &rows);
            prop_assert_eq!(plain.values, local.values);
        }
    }
}

#[test]
fn derived_leads_are_the_same_to_both() {
    let seed = (0..).find(|&seed| network(seed).shape(0)[1] > 200).unwrap();
    let network = network(seed);
    let samples = network.shape(0)[1];
    // The players of leads:8, each cut into windows, so that tiles see few of them.
    let leads = eight_leads();
    let owner = |lead: usize, sample: usize| match leads.owner()[lead * 100] {
        u32::MAX => u32::MAX,
        player => player * 10 + (sample * 10 / samples) as u32,
    };
    let partition = owned(samples, 80, owner);
    let rows = coalitions(80, 200, 2);
    let options = |engine| Options { derive: Derive::Limb, engine, ..Options::default() };
    let plain = evaluate(&network, &partition, options(Engine::Plain), 3, &rows);
    assert_eq!(plain.values, evaluate(&network, &partition, options(Engine::Local), 3, &rows).values);
    assert_ne!(plain.values, evaluate(&network, &partition, Options::default(), 3, &rows).values);
}

/// Distinct rows among the windows that a stretch of samples touches.
fn patterns(rows: &Coalitions, n: usize, samples: usize, seen: std::ops::Range<usize>) -> u64 {
    let players: HashSet<usize> = seen.map(|sample| sample * n / samples).collect();
    let seen =
        |row: einthoven_game::Coalition<'_>| -> Vec<usize> { row.players().filter(|p| players.contains(p)).collect() };
    rows.iter().map(seen).collect::<HashSet<_>>().len() as u64
}

#[test]
fn a_tile_is_computed_once_for_each_pattern_it_can_see() {
    for seed in 0..12 {
        let network = network(seed);
        let samples = network.shape(0)[1];
        let mut chain = Coalitions::new(20);
        (0..=20).for_each(|end| chain.push((0..end).map(|i| (7 * i) % 20)));
        let options = Options { engine: Engine::Local, ..Options::default() };
        let stats = evaluate(&network, &windows(samples, 20), options, seed, &chain).stats;
        let first = &stats.levels[0];
        assert!(stats.levels.len() > 1, "seed {seed}: a chain leaves few patterns, {:?}", stats.levels);
        // Whatever tile length was chosen, the first level did as many patterns as there are, and they are few.
        let length = |in_samples: usize| (in_samples * network.shape(first.end_layer)[1] / samples).max(1);
        let items = |length: usize| -> (u64, u64) {
            let made = network.shape(first.end_layer)[1];
            let spans = (0..made.div_ceil(length)).map(|i| i * length..((i + 1) * length).min(made));
            let counts = spans.map(|span| {
                let seen = network.needs(0, first.end_layer, span).swap_remove(0);
                let windows = seen.clone().map(|sample| sample * 20 / samples).collect::<HashSet<_>>().len() as u64;
                (patterns(&chain, 20, samples, seen), windows + 1)
            });
            counts.fold((0, 0), |(items, most), (patterns, bound)| (items + patterns, most + bound))
        };
        let possible: Vec<(u64, u64)> = [16, 32, 64, 128, 256].map(length).map(items).to_vec();
        let found = possible.iter().find(|(items, _)| *items == first.items);
        let (items, most) = found.unwrap_or_else(|| panic!("{} is none of {possible:?}", first.items));
        assert!(items <= most, "a chain has one pattern more than a tile has players");
    }
}

#[test]
fn lines_that_cross_a_tile_are_told_apart() {
    let network = network((0..).find(|&seed| network(seed).shape(0)[1] > 300).unwrap());
    let samples = network.shape(0)[1];
    // Windows 4 and 5 are masked in all rows, and what they are bridged by lies further and further away on the left. So a
    // tile in the middle, none of whose own players differ, has four patterns; rows differ on the right as well.
    let mut rows = Coalitions::new(10);
    for start in 0..4 {
        (0..8).for_each(|bits| rows.push((0..=start).chain([6]).chain((7..10).filter(|at| bits >> (at - 7) & 1 == 1))));
    }
    let evaluate = |engine| {
        let options = Options { baseline: Baseline::Interpolate, engine, ..Options::default() };
        evaluate(&network, &windows(samples, 10), options, 2, &rows)
    };
    let (plain, local) = (evaluate(Engine::Plain), evaluate(Engine::Local));
    assert_eq!(plain.values, local.values);
    let distinct: HashSet<u64> = plain.values[0].output(0).into_iter().map(f64::to_bits).collect();
    assert_eq!(distinct.len(), 32, "each line is another");
    assert!(local.stats.multiply_adds < plain.stats.multiply_adds, "{:?}", local.stats);
}

#[test]
fn what_rows_share_is_saved() {
    let network = network(4);
    let samples = network.shape(0)[1];
    let auto = |partition: &Partition, rows: &Coalitions| {
        evaluate(&network, partition, Options { engine: Engine::Local, ..Options::default() }, 1, rows).stats
    };
    let mut few = Coalitions::new(20);
    (0..500).for_each(|i| few.push([i % 5]));
    let stats = auto(&windows(samples, 20), &few);
    assert!(stats.multiply_adds * 100 <= stats.plain_multiply_adds, "duplicates cost nothing: {stats:?}");
    // Lead 9 is flat at zero: whether it is masked by zero makes no difference.
    let flat = owned(samples, 1, |lead, _| if lead == 9 { 0 } else { u32::MAX });
    let mut both = Coalitions::new(1);
    both.push_empty();
    both.push_full();
    let stats = auto(&flat, &both);
    let first = &stats.levels[0];
    let tiles = [16, 32, 64, 128, 256].map(|n| {
        let made = network.shape(first.end_layer)[1];
        made.div_ceil((n * made / samples).max(1)) as u64
    });
    assert!(stats.levels.len() > 1 && tiles.contains(&first.items), "one pattern a tile: {:?}", stats.levels);
}

#[test]
fn local_is_refused_where_it_cannot_be() {
    let toy = crate::setup::Toy::new();
    let options = Options { engine: Engine::Local, ..Options::default() };
    let found =
        MaskedModel::new(&toy, &Device::flex(), &crate::setup::record(1), &crate::setup::leads(), &options).map(|_| ());
    assert!(matches!(found, Err(Error::Mismatch { what: "with engine local", .. })), "{found:?}");
}
