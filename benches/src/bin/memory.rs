//! Peak memory of a large evaluation of a one-layer model, whose layers are not known to the engine:
//! `cargo run --release -p einthoven-benches --bin memory -- [BUDGET] [MEMORY]`, by default 1 000 000 coalitions of
//! `leads*windows:100` under 1GiB.

#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;
use std::time::Instant;

use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor};
use einthoven::ecg::Preparation;
use einthoven::model::{BatchModel, ModelSpec};
use einthoven::{DeviceChoice, Explainer, Memory, Method, Players, Settings, example_record};

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let budget = args.next().map_or(Ok(1_000_000), |text| text.parse()).context("budget")?;
    let memory: Memory = args.next().map_or(Ok(Memory(1 << 30)), |text| text.parse()).map_err(anyhow::Error::msg)?;
    let settings = Settings {
        players: Players::LeadsWindows(100),
        budget: Some(budget),
        method: Method::Permutation,
        devices: vec![DeviceChoice::Cpu.into()],
        memory,
        ..Settings::default()
    };
    let preparation = Preparation { rate: 100.0, n_samples: 1000, highpass_hz: Some(0.5), mains_hz: None };
    let explainer = Explainer::new(&Mean::new(), preparation, settings)?;
    let clock = Instant::now();
    let explanation = explainer.explain_with(&example_record(), &mut |_, _| ControlFlow::Continue(()))?;
    let attribution = &explanation.attributions[0];
    println!("{} evaluations under {memory}: {:.1} s", attribution.evaluations, clock.elapsed().as_secs_f64());
    println!("peak resident set: {}", peak().unwrap_or_else(|| "not known on this machine".to_owned()));
    Ok(())
}

/// The mean of each lead, each an output.
struct Mean {
    spec: ModelSpec,
}

impl Mean {
    fn new() -> Self {
        let leads = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"].map(String::from);
        let bytes = 4 * leads.len() * 1000;
        let spec = ModelSpec {
            outputs: leads.to_vec(),
            leads: leads.to_vec(),
            n_samples: 1000,
            rate: 100.0,
            fingerprint: "means of leads".into(),
            row_buffer_bytes: bytes,
            row_bytes: 2 * bytes,
        };
        Self { spec }
    }
}

impl BatchModel for Mean {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        batch.mean_dim(2).squeeze_dim(2)
    }

    fn to_device(&self, _device: &Device) -> Box<dyn BatchModel> {
        Box::new(Self { spec: self.spec.clone() })
    }
}

/// What Linux says was the largest resident set.
fn peak() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}
