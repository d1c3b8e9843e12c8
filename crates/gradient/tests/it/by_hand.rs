//! Grad-CAM, guided backpropagation and occlusion of networks by hand.

use std::ops::ControlFlow;

use burn::tensor::Device;
use einthoven_ecg::Record;
use einthoven_gradient::{GradientMethod, occlusion};
use einthoven_masking::{Options, PlacedModel};
use einthoven_model::Network;
use einthoven_model::network::{Conv, Layer, Linear, Op};

use crate::setup::{model_of, on_cpu, usual};

/// The positive and the negative part of each sample of the first of two leads, their means times `weights`.
fn parts(samples: usize, weights: [f32; 2]) -> Network {
    let conv = Conv {
        channels: [2, 2],
        kernel: 1,
        stride: 1,
        padding: 0,
        weight: vec![1.0, 0.0, -1.0, 0.0],
        bias: vec![0.0; 2],
    };
    let weight = vec![0.0, 0.0, weights[0], weights[1]];
    let layers = vec![
        Layer::new(0, Op::Conv(conv)),
        Layer::new(1, Op::Relu),
        Layer::new(2, Op::PoolTime),
        Layer::new(3, Op::Linear(Linear { features: [4, 1], weight, bias: vec![0.25] })),
    ];
    Network::new([2, samples], layers).unwrap()
}

/// Of (1, -2, 3, 0), with weights 4 and -4 over four samples, Grad-CAM is the positive part of positive minus negative
/// part: (1, 0, 3, 0), the same for both leads. Guided backpropagation stops what the negative weight sends back.
#[test]
fn grad_cam_and_guided_backpropagation() {
    let model = on_cpu(&model_of(parts(4, [4.0, -4.0])));
    let signal = [1.0, -2.0, 3.0, 0.0, 9.0, 9.0, 9.0, 9.0];
    let map = usual(&model, &signal, GradientMethod::GradCam).unwrap();
    assert_eq!(map.cells, [1.0, 0.0, 3.0, 0.0, 1.0, 0.0, 3.0, 0.0]);
    assert!(map.warnings[0].contains("cannot tell leads apart"));
    let guided = usual(&model, &signal, GradientMethod::GuidedBackprop).unwrap();
    assert_eq!(guided.cells, [1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let saliency = usual(&model, &signal, GradientMethod::Saliency).unwrap();
    assert_eq!(saliency.cells, [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let deep_lift = usual(&model, &signal, GradientMethod::DeepLift).unwrap();
    assert_eq!(deep_lift.cells, [1.0, -2.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
}

/// The model adds up what is above 0 on the first lead, so a window is worth what it holds. Windows of four samples, two apart:
/// each block of two lies in two of them.
#[test]
fn occlusion_is_the_mean_over_windows() {
    let model = model_of(parts(7, [7.0, 0.0]));
    let signal = vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0];
    let leads = vec!["lead 0".to_owned(), "lead 1".to_owned()];
    let record = Record::new("by hand", 100.0, leads, signal);
    let placed = PlacedModel::new(&model, &[Device::flex()]);
    let run = |sizes| occlusion(&placed, &record, &Options::default(), sizes, &mut |_, _| ControlFlow::Continue(()));
    let found = run([4, 2]).unwrap();
    // Windows of the first lead: 3, 15, 60, 112, 64.
    let expected = [9.0, 9.0, 37.5, 37.5, 86.0, 86.0, 88.0];
    for (cell, value) in found.cells.iter().enumerate() {
        let expected = if cell < 7 { expected[cell] } else { 0.0 };
        assert!((value - expected).abs() < 1e-4, "{cell}: {value} {expected}");
    }
    assert_eq!(found.evaluations, 11);
    for sizes in [[3, 2], [4, 0], [0, 2]] {
        let error = run(sizes).unwrap_err().to_string();
        assert!(error.contains("multiple of the stride"), "{error}");
    }
}
