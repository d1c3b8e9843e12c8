//! Largest difference of any Shapley value between the CPU and another device:
//! `cargo run --release -p einthoven-benches --bin devices_agree -- wgpu RECORD [BUDGET]`.

#![allow(clippy::print_stdout)]

use anyhow::{Context, Result};
use einthoven::{Attribution, DeviceChoice, DeviceName, Explainer, ReadOptions, Settings, read};

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let device: DeviceName = args.next().context("name a device")?.parse()?;
    let path = args.next().context("name a record")?;
    let budget = args.next().map_or(Ok(256), |text| text.parse()).context("budget")?;
    let (record, _) = read(path.as_ref(), &ReadOptions::default())?;
    let explain = |device| -> Result<Vec<Attribution>> {
        let settings = Settings { devices: vec![device], budget: Some(budget), ..Settings::default() };
        Ok(Explainer::builtin(settings)?.explain(&record)?.attributions)
    };
    let (here, there) = (explain(DeviceChoice::Cpu.into())?, explain(device)?);
    println!("{:<6} {:>12} {:>12} {:>12}", "output", "largest", "range", "ratio");
    for (a, b) in here.iter().zip(&there) {
        let differences = a.player_values().into_iter().zip(b.player_values()).map(|(a, b)| (a - b).abs());
        let largest = differences.fold(0.0, f64::max);
        // The range of all values is at least this; dividing by the smaller number only makes the ratio larger.
        let range = (a.full - a.baseline).abs().max(1e-6);
        println!("{:<6} {largest:>12.3e} {range:>12.4} {:>12.3e}", a.output, largest / range);
    }
    Ok(())
}
