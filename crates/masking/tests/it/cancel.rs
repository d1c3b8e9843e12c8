//! Progress, and stopping.

use std::ops::ControlFlow;

use burn::tensor::Device;
use einthoven_masking::{Error, MaskedModel, Options};

use crate::setup::{CELLS, SAMPLES, Toy, coalitions, leads, record};

/// Room for chunks of ten rows.
fn options() -> Options {
    Options { memory: 10 * 4 * (3 * CELLS + 3 * SAMPLES + 1) + 12 * CELLS, ..Options::default() }
}

#[test]
fn progress_counts_coalitions_and_not_padding() {
    let model = MaskedModel::new(&Toy::new(), &Device::flex(), &record(1), &leads(), &options()).unwrap();
    let mut seen = Vec::new();
    let rows = coalitions(12, 35, 1);
    model
        .evaluate(&rows, &mut |done, total| {
            seen.push((done, total));
            ControlFlow::Continue(())
        })
        .unwrap();
    // A batch counts when the next one is on its way.
    assert_eq!(seen, [(0, 35), (10, 35), (20, 35), (30, 35), (35, 35)]);
}

#[test]
fn a_callback_stops_the_evaluation() {
    let toy = Toy::new();
    let model = MaskedModel::new(&toy, &Device::flex(), &record(1), &leads(), &options()).unwrap();
    let stop_after = |limit| {
        move |done: usize, _: usize| if done < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let error = model.evaluate(&coalitions(12, 500, 1), &mut stop_after(15)).unwrap_err();
    assert!(matches!(error, Error::Interrupted { done: 20, total: 500 }), "{error}");
    // The third batch was on its way already, and a fourth may have been begun while the callback ran.
    assert!(toy.batches.lock().unwrap().len() <= 4, "hardly anything is evaluated after the stop");
}
