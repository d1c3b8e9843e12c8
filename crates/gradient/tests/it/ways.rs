//! The three ways back give the same maps.

use std::sync::atomic::{AtomicUsize, Ordering};

use einthoven_game::Link;
use einthoven_gradient::{Differentiable, Error, GradientMethod, Gradients, Maps, Request, Subject, maps};
use einthoven_masking::device::{self, DeviceChoice};
use einthoven_model::{BatchModel, builtin};

use crate::setup::{Closed, MEMORY, leads, map_of, on_cpu, record, usual};

/// Largest difference of two maps, as a share of the largest value.
fn apart(left: &Maps, right: &Maps) -> f64 {
    let largest = left.cells.iter().map(|x| x.abs()).fold(0.0, f64::max);
    let pairs = left.cells.iter().zip(&right.cells);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / largest
}

/// Two ways round differently by some 1e-6; a ReLU whose input is nearly 0 may then be on in one and off in the other.
const ROUNDING: f64 = 1e-3;

#[test]
fn a_tape_gives_what_layers_give() {
    let (layers, signal) = (on_cpu(&builtin().unwrap()), record(3));
    let closed = Closed { model: builtin().unwrap(), differentiable: true };
    let tape = Differentiable::new(&closed, &burn::tensor::Device::flex()).unwrap();
    for method in [GradientMethod::Saliency, GradientMethod::Ig] {
        let [left, right] = [&layers, &tape].map(|model| usual(model, signal.signal(), method).unwrap());
        assert!(apart(&left, &right) < ROUNDING, "{method}: {}", apart(&left, &right));
        for (left, right) in left.full.iter().zip(&right.full) {
            assert!((left - right).abs() < 1e-4, "{left} {right}");
        }
    }
    let error = usual(&tape, signal.signal(), GradientMethod::DeepLift).unwrap_err().to_string();
    assert!(error.contains("does not name its layers"), "{error}");
}

#[test]
fn without_a_way_back_there_are_no_gradients() {
    let closed = Closed { model: builtin().unwrap(), differentiable: false };
    let error = Differentiable::new(&closed, &burn::tensor::Device::flex()).err().unwrap().to_string();
    assert!(error.contains("neither names its layers"), "{error}");
}

#[test]
fn gpu_layers_give_what_the_cpu_gives() {
    let device = match device::open(DeviceChoice::Wgpu) {
        Ok((device, _)) => device,
        Err(error) => return println!("skipped: {error}"),
    };
    let (model, signal) = (builtin().unwrap(), record(3));
    let [cpu, gpu] = [burn::tensor::Device::flex(), device].map(|device| Differentiable::new(&model, &device).unwrap());
    for method in [GradientMethod::Saliency, GradientMethod::DeepLift, GradientMethod::GradCam] {
        let [left, right] = [&cpu, &gpu].map(|model| usual(model, signal.signal(), method).unwrap());
        assert!(apart(&left, &right) < ROUNDING, "{method}: {}", apart(&left, &right));
    }
}

/// The memory decides how many points go at once, and nothing else; records in one call are those of calls of their own.
#[test]
fn chunks_and_company_change_no_bit() {
    let model = on_cpu(&builtin().unwrap());
    let partition = leads(&builtin().unwrap());
    let (first, second) = (record(1), record(2));
    let zero = [vec![0.0; 12_000]];
    let subject = |signal| Subject { signal, baselines: &zero, partition: &partition };
    let gradients = Gradients { samples: 12, ..Gradients::new(GradientMethod::ExpectedGradients) };
    let run = |subjects: &[Subject<'_>], memory: usize| {
        let request =
            Request { gradients: &gradients, outputs: &[1, 3], link: Link::Logit, seed: 1, memory, stop: &|| false };
        let found = maps(&model, subjects, &request).unwrap();
        found.into_iter().map(|map| (map.cells, map.full)).collect::<Vec<_>>()
    };
    let both = run(&[subject(first.signal()), subject(second.signal())], MEMORY);
    assert_eq!(both, run(&[subject(first.signal()), subject(second.signal())], 1));
    assert_eq!(both[1..], run(&[subject(second.signal())], MEMORY));
    // Chosen outputs are those of all.
    let all = map_of(&model, first.signal(), &zero[0], &gradients, Link::Logit).unwrap();
    assert_eq!(both[0].0[..12_000], all.cells[12_000..24_000]);
    assert_eq!(both[0].0[12_000..], all.cells[36_000..48_000]);
    let request =
        Request { gradients: &gradients, outputs: &[5], link: Link::Logit, seed: 1, memory: MEMORY, stop: &|| false };
    let error = maps(&model, &[subject(first.signal())], &request).unwrap_err().to_string();
    assert!(error.contains("outputs [5]") && error.contains("has 5"), "{error}");
    assert_eq!(model.spec().outputs, builtin().unwrap().spec().outputs);
}

#[test]
fn a_run_can_be_stopped_between_chunks() {
    let model = on_cpu(&builtin().unwrap());
    let partition = leads(&builtin().unwrap());
    let (record, zero) = (record(1), [vec![0.0; 12_000]]);
    let subject = Subject { signal: record.signal(), baselines: &zero, partition: &partition };
    let gradients = Gradients { steps: Some(10_000), ..Gradients::new(GradientMethod::Ig) };
    let asked = AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) == 2;
    let request =
        Request { gradients: &gradients, outputs: &[0], link: Link::Logit, seed: 1, memory: MEMORY, stop: &stop };
    let error = maps(&model, &[subject], &request).unwrap_err();
    let Error::Interrupted { done, total } = error else { panic!("{error}") };
    assert!(done > 0 && done < 1000 && total == 10_000, "{done} of {total}");
}
