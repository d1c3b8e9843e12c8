//! What is refused, and in which words.

use std::ops::ControlFlow;

use burn::tensor::{Device, Tensor};
use einthoven_ecg::Record;
use einthoven_game::{Coalitions, Game, Partition};
use einthoven_masking::{Baseline, Derive, Error, MaskedModel, Options};
use einthoven_model::{BatchModel, ModelSpec};

use crate::setup::{CELLS, LEADS, SAMPLES, Toy, coalitions, eight_leads, leads, partition, record};

fn refused(record: &Record, partition: &Partition, options: &Options) -> String {
    let toy = Toy::new();
    let result = MaskedModel::new(&toy, &Device::flex(), record, partition, options);
    let error = result.err().unwrap();
    assert!(toy.batches.lock().unwrap().is_empty(), "refused before any work");
    error.to_string()
}

#[test]
fn records_that_do_not_fit_the_model() {
    let names = || LEADS.map(String::from).to_vec();
    let make = |rate, leads: Vec<String>, n| Record::new("r", rate, leads, vec![0.0; n]);
    let message = |record| refused(&record, &leads(), &Options::default());
    assert!(
        message(make(100.0, names()[..11].to_vec(), 11 * SAMPLES)).starts_with("mask a record: expected leads I, II")
    );
    let mut swapped = names();
    swapped.swap(0, 1);
    assert!(message(make(100.0, swapped, CELLS)).ends_with("found II, I, III, aVR, aVL, aVF, V1, V2, V3, V4, V5, V6"));
    assert_eq!(message(make(100.0, names(), 12 * 99)), "mask a record: expected 100 samples per lead, found 99");
    assert_eq!(message(make(500.0, names(), CELLS)), "mask a record: expected 100 Hz, found 500 Hz");
    let mut signal = vec![0.0; CELLS];
    signal[2 * SAMPLES + 7] = f32::NAN;
    let message = message(Record::new("r", 100.0, names(), signal));
    assert_eq!(message, "mask a record: expected finite samples, found NaN in lead III at sample 7");
}

#[test]
fn partitions_that_do_not_fit_the_model() {
    let narrow = Partition::new(12, 50, vec![0; 600], vec!["all".into()], None).unwrap();
    assert_eq!(
        refused(&record(1), &narrow, &Options::default()),
        "mask with a partition: expected 12 leads x 100 samples, found 12 leads x 50 samples",
    );
}

#[test]
fn derived_leads_that_somebody_owns_or_nobody_has() {
    let options = Options { derive: Derive::Limb, ..Options::default() };
    assert_eq!(
        refused(&record(1), &leads(), &options),
        "mask with derived limb leads: expected lead III owned by no player, since it follows from I and II, \
         found player 2",
    );
}

#[test]
fn means_of_another_size() {
    let options = |means| Options { baseline: Baseline::DatasetMean(means), ..Options::default() };
    assert_eq!(
        refused(&record(1), &leads(), &options(vec![0.0; 5])),
        "mask with the mean of a data set: expected 12 means, one per lead, or 1200, one per cell, found 5 means",
    );
    assert!(refused(&record(1), &leads(), &options(vec![f32::INFINITY; 12])).contains("expected finite means"));
}

#[test]
fn a_cap_that_holds_no_row() {
    let options = Options { memory: 1000, ..Options::default() };
    assert!(refused(&record(1), &leads(), &options).contains("a cap of "));
}

#[test]
fn coalitions_over_other_players() {
    let toy = Toy::new();
    let model = MaskedModel::new(&toy, &Device::flex(), &record(1), &eight_leads(), &Options::default()).unwrap();
    let error = model.values(&coalitions(12, 3, 1)).unwrap_err();
    assert_eq!(error.to_string(), "mask a coalition: expected 8 players, found 12 players");
}

/// The logarithm of the first sample of lead II, and one output too many if `wide`.
struct Log {
    spec: ModelSpec,
    wide: bool,
}

impl Log {
    fn new(wide: bool) -> Self {
        let spec = ModelSpec { outputs: vec!["zero".into(), "log".into()], ..Toy::new().spec().clone() };
        Self { spec, wide }
    }
}

impl BatchModel for Log {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        let rows = batch.dims()[0];
        let sample = batch.slice([0..rows, 1..2, 0..1]).reshape([rows, 1]);
        let mut outputs = vec![sample.zeros_like(), sample.clone().log()];
        outputs.extend(self.wide.then_some(sample));
        Tensor::cat(outputs, 1)
    }

    fn to_device(&self, _: &Device) -> Box<dyn BatchModel> {
        Box::new(Self { spec: self.spec.clone(), wide: self.wide })
    }
}

#[test]
fn a_value_that_is_not_a_number_names_its_row_and_output() {
    // Lead II is -1 where it is shown and 1 where it is masked; player 1 shows it.
    let record = Record::new("r", 100.0, LEADS.map(String::from).to_vec(), vec![-1.0; CELLS]);
    let options = Options { baseline: Baseline::DatasetMean(vec![1.0; 12]), ..Options::default() };
    let players = partition(12, |lead, _| lead as u32);
    let model = MaskedModel::new(&Log::new(false), &Device::flex(), &record, &players, &options).unwrap();
    let mut rows = Coalitions::new(12);
    for row in 0..200 {
        // The first row with player 1 is in the second chunk.
        rows.push([if row == 150 || row == 190 { 1 } else { 3 }]);
    }
    let error = model.evaluate(&rows, &mut |_, _| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(&error, Error::NonFinite { row: 150, output, value } if output == "log" && value.is_nan()));
    assert_eq!(error.to_string(), "evaluate coalition 150: output log is NaN");
    assert_eq!(model.values(&rows.slice(0..150)).unwrap().as_slice(), [0.0; 300]);
}

#[test]
fn a_model_that_breaks_its_word() {
    let model = MaskedModel::new(&Log::new(true), &Device::flex(), &record(1), &leads(), &Options::default()).unwrap();
    let error = model.values(&coalitions(12, 2, 1)).unwrap_err();
    assert_eq!(error.to_string(), "mask the model: expected logits [2, 2], as its spec says, found [2, 3]");
}
