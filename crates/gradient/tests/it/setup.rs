//! Models and records.

use burn::tensor::{Device, Tensor};
use einthoven_ecg::Record;
use einthoven_ecg::synth::{DatasetConfig, Finding};
use einthoven_game::rng::stream;
use einthoven_game::{Link, Partition};
use einthoven_gradient::{Differentiable, GradientMethod, Gradients, Maps, Request, Subject, maps};
use einthoven_model::network::{Conv, Layer, Linear, Op};
use einthoven_model::{BatchModel, Classifier, ModelSpec, Network, NetworkModel};
use rand::RngExt;

pub const MEMORY: usize = 1 << 28;

/// A record as the built-in models see it.
pub fn record(index: u64) -> Record {
    let model = einthoven_model::builtin().unwrap();
    let drawn = DatasetConfig::default().draw_with(&[Finding::AnteriorMi], "test", index);
    model.preparation().apply(&drawn.record, 0.0).unwrap()
}

/// A player for each lead.
pub fn leads(model: &dyn BatchModel) -> Partition {
    Partition::leads(&model.spec().leads, model.spec().n_samples).unwrap()
}

pub fn on_cpu(model: &dyn BatchModel) -> Differentiable {
    Differentiable::new(model, &Device::flex()).unwrap()
}

/// The map of one record and baseline, of all outputs.
pub fn map_of(
    model: &Differentiable,
    signal: &[f32],
    baseline: &[f64],
    gradients: &Gradients,
    link: Link,
) -> einthoven_gradient::Result<Maps> {
    let spec = model.spec();
    let partition = Partition::leads(&spec.leads, spec.n_samples).unwrap();
    let outputs: Vec<usize> = (0..spec.outputs.len()).collect();
    let subject = Subject { signal, baselines: &[baseline.to_vec()], partition: &partition };
    let request = Request { gradients, outputs: &outputs, link, seed: 1, memory: MEMORY, stop: &|| false };
    Ok(maps(model, &[subject], &request)?.swap_remove(0))
}

/// The map from zero, with the usual numbers.
pub fn usual(model: &Differentiable, signal: &[f32], method: GradientMethod) -> einthoven_gradient::Result<Maps> {
    map_of(model, signal, &vec![0.0; signal.len()], &Gradients::new(method), Link::Logit)
}

/// A network of so many leads as a model.
pub fn model_of(network: Network) -> NetworkModel {
    let [leads, n_samples] = network.shape(0);
    let [outputs, _] = network.shape(network.output());
    let spec = ModelSpec {
        outputs: (0..outputs).map(|i| format!("output {i}")).collect(),
        leads: (0..leads).map(|i| format!("lead {i}")).collect(),
        n_samples,
        rate: 100.0,
        fingerprint: "test".to_owned(),
        row_buffer_bytes: 1 << 16,
        row_bytes: 1 << 18,
    };
    NetworkModel::new(spec, network, &Device::flex())
}

/// Three leads of 60 samples, a residual block, overlapping pools, two outputs; some hundred units, biases and all.
pub fn small(seed: u64) -> Network {
    let mut rng = stream(seed, "test/network", 0);
    let mut numbers = |n: usize, size: usize| -> Vec<f32> {
        (0..n).map(|_| (rng.random::<f32>() - 0.5) * 3.0 / (size as f32).sqrt()).collect()
    };
    let mut conv = |[c_in, c_out]: [usize; 2], kernel: usize, stride: usize| {
        let weight = numbers(c_in * c_out * kernel, c_in * kernel);
        let bias = numbers(c_out, 1);
        Op::Conv(Conv { channels: [c_in, c_out], kernel, stride, padding: kernel / 2, weight, bias })
    };
    let layers = vec![
        Layer::new(0, conv([3, 6], 5, 2)),
        Layer::new(1, Op::Relu),
        Layer::new(2, Op::MaxPool { kernel: 3, stride: 2, padding: 1 }),
        Layer::new(3, conv([6, 6], 3, 1)),
        Layer::new(4, Op::Relu),
        Layer::new(5, conv([6, 6], 3, 1)),
        Layer::new(6, Op::Add(3)),
        Layer::new(7, Op::Relu),
        Layer::new(8, Op::PoolTime),
        Layer::new(9, Op::Linear(Linear { features: [12, 2], weight: numbers(24, 12), bias: numbers(2, 1) })),
    ];
    Network::new([3, 60], layers).unwrap()
}

/// The built-in model, whose layers nobody is told; burn can differentiate it, or says that it cannot.
pub struct Closed {
    pub model: Classifier,
    pub differentiable: bool,
}

impl BatchModel for Closed {
    fn spec(&self) -> &ModelSpec {
        self.model.spec()
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        self.model.logits(batch)
    }

    fn is_differentiable(&self) -> bool {
        self.differentiable
    }

    fn to_device(&self, device: &Device) -> Box<dyn BatchModel> {
        Box::new(Self { model: self.model.on_device(device), ..*self })
    }
}
