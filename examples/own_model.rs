//! Explains a network of your own: `cargo run --release -p einthoven-examples --example own_model`.
//!
//! All that the engine must know is `BatchModel`: what goes in, and logits for a batch. This one is no network at all but
//! a rule that a reader can check: it measures how much of the record's power lies in each lead, so the lead with the
//! largest weight and deflection must come out on top.

#![allow(clippy::print_stdout)]

use burn::tensor::{Device, Tensor, TensorData};
use einthoven::ecg::Preparation;
use einthoven::model::ModelSpec;
use einthoven::{BatchModel, Explainer, Settings, example_record};

const LEADS: [&str; 12] = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];

/// Power of the lateral leads against that of the inferior ones, in mV².
struct Power {
    spec: ModelSpec,
    weights: Tensor<3>,
}

impl Power {
    fn new(device: &Device) -> Self {
        let weight = |lead: &str| match lead {
            "I" | "aVL" | "V5" | "V6" => 1.0f32,
            "II" | "III" | "aVF" => -1.0,
            _ => 0.0,
        };
        let weights: Vec<f32> = LEADS.iter().map(|lead| weight(lead)).collect();
        let cells = LEADS.len() * 1000;
        let spec = ModelSpec {
            outputs: vec!["lateral".into(), "inferior".into()],
            leads: LEADS.map(String::from).to_vec(),
            n_samples: 1000,
            rate: 100.0,
            fingerprint: "power of leads, version 1".into(),
            row_buffer_bytes: 4 * cells,
            row_bytes: 2 * 4 * cells,
        };
        Self { spec, weights: Tensor::from_data(TensorData::new(weights, [1, LEADS.len(), 1]), device) }
    }
}

impl BatchModel for Power {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        let power = (batch.clone() * batch).mean_dim(2) * self.weights.clone();
        let lateral: Tensor<2> = power.sum_dim(1).squeeze_dim(2);
        Tensor::cat(vec![lateral.clone(), -lateral], 1)
    }

    fn to_device(&self, device: &Device) -> Box<dyn BatchModel> {
        Box::new(Self { spec: self.spec.clone(), weights: self.weights.clone().to_device(device) })
    }
}

fn main() -> anyhow::Result<()> {
    let preparation = Preparation { rate: 100.0, n_samples: 1000, highpass_hz: Some(0.5), mains_hz: None };
    let model = Power::new(&Device::flex());
    let explanation = Explainer::new(&model, preparation, Settings::default())?.explain(&example_record())?;
    let attribution = &explanation.attributions[0];
    println!("{}: {:+.4} mV²", attribution.output, attribution.full);
    for term in &attribution.terms {
        println!("  {:<4} {:+.4}", attribution.player_names[term.players[0] as usize], term.value);
    }
    Ok(())
}
