use burn::tensor::Device;
use einthoven_ecg::synth::DatasetConfig;
use einthoven_model::*;
use std::ops::ControlFlow;
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (config, dataset): (TrainConfig, DatasetConfig) = {
        let text = std::fs::read_to_string(&args[0]).unwrap();
        let v: serde_json::Value = serde_json::from_str(&text).unwrap();
        (serde_json::from_value(v["train"].clone()).unwrap(), serde_json::from_value(v["dataset"].clone()).unwrap())
    };
    let t = Instant::now();
    let mut last = Instant::now();
    let out = train(
        &config,
        &Source::Synthetic(dataset),
        &Provenance { command: "trial".into(), git_revision: "none".into() },
        std::path::Path::new(&args[1]),
        &Device::flex(),
        &mut |p| {
            match &p {
                Progress::Epoch { .. } => eprintln!("{:.0} s {p:?}", t.elapsed().as_secs_f64()),
                _ => {
                    if last.elapsed().as_secs() > 20 {
                        last = Instant::now();
                        eprintln!("{:.0} s {p:?}", t.elapsed().as_secs_f64())
                    }
                }
            }
            ControlFlow::Continue(())
        },
    )
    .unwrap()
    .unwrap();
    eprintln!("{:.0} s", t.elapsed().as_secs_f64());
    println!("{}", serde_json::to_string_pretty(&out.test).unwrap());
}
