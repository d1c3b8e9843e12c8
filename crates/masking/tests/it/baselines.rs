//! What masked cells become, seen through a model whose outputs are single cells.

use burn::tensor::{Device, Tensor};
use einthoven_ecg::Record;
use einthoven_game::{Coalitions, Game, Partition};
use einthoven_masking::{Baseline, Error, MaskedModel, Options};
use einthoven_model::{BatchModel, ModelSpec};

use crate::setup::{LEADS, coalitions};

const SAMPLES: usize = 20;

/// Says what it sees: an output for each cell.
struct Mirror(ModelSpec);

impl Mirror {
    fn new() -> Self {
        Self(ModelSpec {
            outputs: (0..12 * SAMPLES).map(|cell| cell.to_string()).collect(),
            leads: LEADS.map(String::from).to_vec(),
            n_samples: SAMPLES,
            rate: 100.0,
            fingerprint: "mirror".into(),
            row_buffer_bytes: 4 * 12 * SAMPLES,
            row_bytes: 4 * 12 * SAMPLES,
        })
    }
}

impl BatchModel for Mirror {
    fn spec(&self) -> &ModelSpec {
        &self.0
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        let rows = batch.dims()[0];
        batch.reshape([rows, 12 * SAMPLES])
    }

    fn to_device(&self, _: &Device) -> Box<dyn BatchModel> {
        Box::new(Self(self.0.clone()))
    }
}

fn record(seed: u64) -> Record {
    let signal = crate::networks::record(SAMPLES, seed).signal().to_vec();
    Record::new("mirrored", 100.0, LEADS.map(String::from).to_vec(), signal)
}

/// Seven windows of each lead, of which the last belongs to nobody.
fn partition() -> Partition {
    crate::networks::owned(SAMPLES, 72, |lead, sample| match sample / 3 {
        window @ 0..6 => (lead * 6 + window) as u32,
        _ => u32::MAX,
    })
}

fn seen(baseline: Baseline, record: &Record, rows: &Coalitions) -> Vec<f64> {
    let options = Options { baseline, ..Options::default() };
    let masked = MaskedModel::new(&Mirror::new(), &Device::flex(), record, &partition(), &options).unwrap();
    masked.values(rows).unwrap().as_slice().to_vec()
}

#[test]
fn interpolation_is_a_straight_line_between_kept_cells() {
    let (record, partition, rows) = (record(1), partition(), coalitions(72, 60, 3));
    let found = seen(Baseline::Interpolate, &record, &rows);
    for (row, found) in rows.iter().zip(found.chunks(12 * SAMPLES)) {
        for (cell, found) in found.iter().enumerate() {
            let (lead, at) = (cell / SAMPLES, cell % SAMPLES);
            let kept = |at: &usize| {
                let owner = partition.owner()[lead * SAMPLES + at];
                owner == u32::MAX || row.contains(owner as usize)
            };
            let value = |at: usize| f64::from(record.lead(lead)[at]);
            let (left, right) = ((0..=at).rev().find(kept), (at..SAMPLES).find(kept));
            let expected = match (left, right) {
                (Some(left), Some(right)) if left < right => {
                    value(left) + (value(right) - value(left)) * (at - left) as f64 / (right - left) as f64
                }
                (Some(kept), _) | (None, Some(kept)) => value(kept),
                (None, None) => 0.0,
            };
            // A handful of roundings of numbers up to 2.
            assert!((found - expected).abs() <= 1e-6, "lead {lead} sample {at}: {found} {expected}");
        }
    }
}

#[test]
fn noise_is_one_draw_per_record_and_seed() {
    let mut rows = Coalitions::new(72);
    rows.push_empty();
    rows.push([0, 1, 2]);
    let noise = |record: u64, seed| seen(Baseline::Noise { seed }, &self::record(record), &rows);
    let first = noise(1, 5);
    assert_eq!(noise(1, 5), first);
    assert_ne!(noise(1, 6), first);
    assert_ne!(noise(2, 5), first);
    let (empty, other) = first.split_at(12 * SAMPLES);
    // What is kept is the record; what is masked is the same noise in both rows.
    assert_eq!(other[..9], record(1).signal()[..9].iter().map(|&x| f64::from(x)).collect::<Vec<_>>());
    assert_eq!(other[9..], empty[9..]);
    // Noise of lead 9, which is flat, is flat; that of the others has their spread.
    assert!(empty[9 * SAMPLES..10 * SAMPLES].iter().all(|&x| x == 0.0));
    let masked = || (0..9).flat_map(|lead| &empty[lead * SAMPLES..lead * SAMPLES + 18]);
    let spread = masked().map(|x| x * x).sum::<f64>() / 162.0;
    // Uniform on -1 to 1: variance one third, known from 162 draws within a third of itself.
    assert!((0.22..0.45).contains(&spread), "{spread}");
}

#[test]
fn backgrounds_are_averaged() {
    let backgrounds: Vec<Record> = (10..13).map(record).collect();
    let rows = coalitions(72, 30, 3);
    let found =
        seen(Baseline::Background(backgrounds.iter().flat_map(|r| r.signal()).copied().collect()), &record(1), &rows);
    for (row, found) in rows.iter().zip(found.chunks(12 * SAMPLES)) {
        for (cell, found) in found.iter().enumerate() {
            let owner = partition().owner()[cell];
            let kept = owner == u32::MAX || row.contains(owner as usize);
            let mean = backgrounds.iter().map(|record| f64::from(record.signal()[cell])).sum::<f64>() / 3.0;
            let expected = if kept { f64::from(record(1).signal()[cell]) } else { mean };
            // The mean is taken in f32 on the device.
            assert!((found - expected).abs() <= 3e-7, "{found} {expected}");
        }
    }
    let options = Options { baseline: Baseline::Background(vec![0.0; 7]), ..Options::default() };
    let refused = MaskedModel::new(&Mirror::new(), &Device::flex(), &record(1), &partition(), &options).map(|_| ());
    assert!(matches!(refused, Err(Error::Mismatch { what: "with background records", .. })), "{refused:?}");
}

#[test]
fn the_reference_of_a_record_is_what_it_is_where_all_is_masked() {
    let mut all_off = Coalitions::new(12);
    all_off.push_empty();
    let leads = Partition::leads(&LEADS.map(String::from), SAMPLES).unwrap();
    let backgrounds = (10..13).flat_map(|seed| record(seed).signal().to_vec()).collect();
    for baseline in [
        Baseline::Zero,
        Baseline::Mean,
        Baseline::DatasetMean((0..12).map(|lead| 0.1 * lead as f32).collect()),
        Baseline::Interpolate,
        Baseline::Noise { seed: 5 },
        Baseline::Background(backgrounds),
    ] {
        let found = baseline.reference(&record(1)).unwrap();
        let options = Options { baseline: baseline.clone(), ..Options::default() };
        let masked = MaskedModel::new(&Mirror::new(), &Device::flex(), &record(1), &leads, &options).unwrap();
        let seen = masked.values(&all_off).unwrap();
        for (found, seen) in found.iter().zip(seen.as_slice()) {
            assert!((found - seen).abs() <= 3e-7, "{baseline:?}: {found} {seen}");
        }
        assert_eq!(found.len(), 12 * SAMPLES);
    }
    assert!(Baseline::Background(vec![0.0; 7]).reference(&record(1)).is_err());
}
