//! Labels per second: records and coalitions beside the bare forward pass of as many rows, in one run.
//!
//! `label_rate [--rows 3000] [--rounds 5]` makes permutation labels of synthetic records at three sets of players, one walk and
//! one with its reverse a label: from prepared records in memory to tables on disk, and once more from raw records of 500 Hz,
//! which are filtered and resampled on the way. Each round times both and the bare forward pass one after the other, and the
//! table has the medians over rounds, of the ratio too. On the CPU.

#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use einthoven::amortize::label::{LabelMethod, Records};
use einthoven::ecg::synth::DatasetConfig;
use einthoven::game::rng::stream;
use einthoven::masking::Stats;
use einthoven::model::{BatchModel, CpuNetwork, builtin};
use einthoven::{DeviceChoice, Explainer, Labels, Method, Record, Settings};
use rand::RngExt;

/// Rows of a batch of the bare forward pass.
const BATCH: usize = 64;

fn main() -> Result<()> {
    let (mut rows, mut rounds) = (3000, 5);
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().with_context(|| format!("a value for {name}"))?.parse()?;
        match name.as_str() {
            "--rows" => rows = value,
            "--rounds" => rounds = value,
            _ => bail!("unknown option {name}"),
        }
    }
    let threads = std::thread::available_parallelism()?;
    println!("{threads} threads, {rounds} rounds of some {rows} rows\n");
    println!(
        "| players | coalitions a label | records/s | raw records/s | coalitions/s | forward rows/s | ratio | multiply-adds |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (players, n_players) in [("leads", 12), ("windows:20", 20), ("leads*windows:10", 120)] {
        for budget in [n_players + 1, 2 * n_players] {
            measure(players, budget, (rows / budget).max(1), rounds)?;
        }
    }
    Ok(())
}

/// Prints the line of one set of players and one budget.
fn measure(players: &str, budget: usize, n_records: usize, rounds: usize) -> Result<()> {
    let devices = vec![DeviceChoice::Cpu.into()];
    let raw = Settings { players: players.parse()?, devices, ..Settings::default() };
    let ready = Settings { filter: false, ..raw.clone() };
    let classifier = builtin()?;
    let [raw, ready] = [raw, ready].map(|settings| Explainer::classifier(&classifier, settings));
    let (raw, ready) = (raw?, ready?);
    let network = CpuNetwork::new(classifier.layers().context("a model whose layers are known")?);
    let config = DatasetConfig::default();
    let records: Vec<Record> = (0..n_records).map(|at| config.draw("label-rate", at as u64).record).collect();
    let prepared = records.iter().map(|record| raw.prepare(record)).collect::<Result<Vec<_>, _>>()?;
    let cells = classifier.spec().leads.len() * classifier.spec().n_samples;
    let mut rng = stream(1, "benches/label-rate", 0);
    let signals: Vec<f32> = (0..BATCH * cells).map(|_| rng.random::<f32>() - 0.5).collect();
    let mut all = Vec::new();
    let mut stats = Stats::default();
    for round in 0..rounds {
        let clock = Instant::now();
        labels(&raw, &records, budget, round)?;
        let of_raw = clock.elapsed().as_secs_f64();
        let clock = Instant::now();
        stats = labels(&ready, &prepared, budget, round)?;
        let of_labels = clock.elapsed().as_secs_f64();
        let clock = Instant::now();
        for _ in 0..(stats.rows as usize).div_ceil(BATCH) {
            black_box(network.logits(&signals));
        }
        let rows = (stats.rows as usize).div_ceil(BATCH) * BATCH;
        let forward = rows as f64 / clock.elapsed().as_secs_f64();
        let rate = stats.evaluations as f64 / of_labels;
        let records = n_records as f64;
        all.push([records / of_labels, records / of_raw, rate, forward, rate / forward]);
    }
    let median = |column: usize| {
        let mut numbers: Vec<f64> = all.iter().map(|round: &[f64; 5]| round[column]).collect();
        numbers.sort_by(f64::total_cmp);
        numbers[numbers.len() / 2]
    };
    let share = 100.0 * stats.multiply_adds as f64 / stats.plain_multiply_adds.max(1) as f64;
    println!(
        "| {players} | {budget} | {:.1} | {:.1} | {:.0} | {:.0} | {:.2} | {share:.0} % |",
        median(0),
        median(1),
        median(2),
        median(3),
        median(4)
    );
    Ok(())
}

/// Labels of records, from raw signals to tables.
fn labels(explainer: &Explainer, records: &[Record], budget: usize, round: usize) -> Result<Stats> {
    let folder: PathBuf = std::env::temp_dir().join(format!("einthoven-label-rate-{}-{round}", std::process::id()));
    let read = |index: usize| Ok(records[index].clone());
    let names = (0..records.len()).map(|index| index.to_string()).collect();
    let records = Records { names, origin: String::new(), read: &read };
    let method = LabelMethod::Values(Method::Permutation);
    let request = Labels { method, budget, draws: 1, validation: 0.0, force: false };
    let stats = explainer.labels(&folder, &request, &records, &mut |_| ControlFlow::Continue(()));
    std::fs::remove_dir_all(&folder)?;
    Ok(stats?)
}
