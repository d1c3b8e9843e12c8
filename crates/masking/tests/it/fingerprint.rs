//! Games that differ have fingerprints that differ.

use std::collections::HashSet;

use burn::tensor::Device;
use einthoven_game::{Game, Link, Partition};
use einthoven_masking::{Baseline, Derive, MaskedModel, Options};

use crate::setup::{Toy, coalitions, eight_leads, leads, record, windows};

fn fingerprint(seed: u64, partition: &Partition, options: &Options) -> String {
    let model = MaskedModel::new(&Toy::new(), &Device::flex(), &record(seed), partition, options).unwrap();
    let rows = coalitions(partition.n_players(), 3, 1);
    assert_eq!(model.values(&rows).unwrap().fingerprint, model.fingerprint());
    model.fingerprint().to_owned()
}

#[test]
fn each_part_of_the_game_counts() {
    let plain = Options::default;
    let fingerprints = [
        fingerprint(1, &leads(), &plain()),
        fingerprint(2, &leads(), &plain()),
        fingerprint(1, &windows(12), &plain()),
        fingerprint(1, &leads(), &Options { baseline: Baseline::Mean, ..plain() }),
        fingerprint(1, &leads(), &Options { link: Link::Probability, ..plain() }),
        fingerprint(1, &eight_leads(), &plain()),
        fingerprint(1, &eight_leads(), &Options { derive: Derive::Limb, ..plain() }),
    ];
    assert!(fingerprints.iter().all(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())));
    assert_eq!(fingerprints.iter().collect::<HashSet<_>>().len(), fingerprints.len());
}

#[test]
fn memory_is_no_part_of_the_game() {
    let small = Options { memory: 1 << 20, ..Options::default() };
    assert_eq!(fingerprint(1, &leads(), &small), fingerprint(1, &leads(), &Options::default()));
    // A zero baseline by another name is the same game.
    let zeros = Options { baseline: Baseline::DatasetMean(vec![0.0; 12]), ..Options::default() };
    assert_eq!(fingerprint(1, &leads(), &zeros), fingerprint(1, &leads(), &Options::default()));
}
