//! Masked evaluation against the bare forward pass of the same rows:
//! `cargo run --release -p einthoven-benches --bin engine -- [--model PATH] [--device cpu] [--rows 4096] [--repeats 3]`.
//!
//! The bare pass reads signals that were masked beforehand. All three ways are run in turn, and the median of each is
//! taken, so that a busy machine slows all of them.

#![allow(clippy::print_stdout)]

use std::collections::HashSet;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use burn::tensor::{Device, Tensor, TensorData};
use einthoven::game::{Coalitions, Partition, rng::stream};
use einthoven::masking::{DeviceName, Engine, Evaluation, MaskedModel, Options, PlacedModel, device};
use einthoven::model::{BatchModel, Classifier, CpuNetwork, builtin, load};
use einthoven::shapley::Request;
use einthoven::{DeviceChoice, Method, Record, example_record};
use rand::RngExt;

/// Rows in a batch of the bare pass on a device.
const BATCH: usize = 64;

fn main() -> Result<()> {
    let settings = Settings::parse(std::env::args().skip(1))?;
    let (device, info) = device::open(settings.device)?;
    let model = match &settings.model {
        Some(path) => load(path)?,
        None => builtin()?,
    };
    let record = model.preparation().apply(&example_record(), 0.0)?;
    let bench = Bench {
        placed: PlacedModel::new(&model, std::slice::from_ref(&device)),
        model: model.on_device(&device),
        cpu: model.layers().filter(|_| info.choice == DeviceChoice::Cpu).map(CpuNetwork::new),
        device,
        record,
        settings,
    };
    println!("{} on {info}; {} rows, median of {}\n", model.card().name, bench.settings.rows, bench.settings.repeats);
    println!(
        "| players | design | rows | bare s | plain s | plain/bare | auto s | auto/bare | multiply-adds | up B | down B | dispatches |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mut levels = String::new();
    for (name, partition) in bench.partitions()? {
        for (design, rows) in bench.designs(partition.n_players())? {
            let (line, evaluation) = bench.measure(&partition, &rows)?;
            println!("| {name} | {design} | {} | {line} |", rows.len());
            levels.push_str(&format!("| {name} | {design} | {} |\n", level_text(&evaluation)));
        }
    }
    println!(
        "\nBytes and dispatches of the automatic engine, per 1000 coalitions. Its levels, in % of the plain multiply-adds:\n"
    );
    println!("| players | design | layers: share |\n|---|---|---|\n{levels}");
    Ok(())
}

struct Settings {
    model: Option<PathBuf>,
    device: DeviceName,
    rows: usize,
    repeats: usize,
    /// Only players of this name, if it is not empty.
    only: String,
}

struct Bench {
    placed: PlacedModel,
    model: Classifier,
    /// The network's own layers, on the CPU.
    cpu: Option<CpuNetwork>,
    device: Device,
    record: Record,
    settings: Settings,
}

impl Settings {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let device = "cpu".parse()?;
        let mut settings = Self { model: None, device, rows: 4096, repeats: 3, only: String::new() };
        while let Some(name) = args.next() {
            let value = args.next().with_context(|| format!("a value for {name}"))?;
            match name.as_str() {
                "--model" => settings.model = Some(value.into()),
                "--device" => settings.device = value.parse()?,
                "--rows" => settings.rows = value.parse()?,
                "--repeats" => settings.repeats = value.parse()?,
                "--players" => settings.only = value,
                _ => bail!("unknown option {name}"),
            }
        }
        Ok(settings)
    }
}

impl Bench {
    fn partitions(&self) -> Result<Vec<(&'static str, Partition)>> {
        let spec = self.placed.spec();
        let (leads, samples, rate) = (&spec.leads, spec.n_samples, spec.rate);
        let all = vec![
            ("leads", Partition::leads(leads, samples)?),
            ("windows:20", Partition::windows(leads.len(), samples, 20, rate)?),
            ("leads*windows:10", Partition::leads_windows(leads, samples, 10, rate)?),
            ("leads*windows:100", Partition::leads_windows(leads, samples, 100, rate)?),
        ];
        Ok(all.into_iter().filter(|(name, _)| self.settings.only.is_empty() || *name == self.settings.only).collect())
    }

    /// Distinct coalitions in which each player is with probability one half; the same in pairs with their complements; chains of
    /// permutations, as that estimator draws them.
    fn designs(&self, n_players: usize) -> Result<Vec<(&'static str, Coalitions)>> {
        let mut rng = stream(1, "benches/engine", n_players as u64);
        let (mut uniform, mut paired) = (Coalitions::new(n_players), Coalitions::new(n_players));
        let (mut seen, mut seen_in_pairs) = (HashSet::new(), HashSet::new());
        let all = 1usize.checked_shl(n_players as u32).unwrap_or(usize::MAX);
        while uniform.len() < self.settings.rows.min(all) {
            let mut one = Coalitions::new(n_players);
            one.push((0..n_players).filter(|_| rng.random::<bool>()));
            let (words, complement) = (one.words().to_vec(), one.row(0).complement());
            if paired.len() < self.settings.rows.min(all) && seen_in_pairs.insert(words.clone()) {
                seen_in_pairs.insert(complement.clone());
                paired.push_words(&words);
                paired.push_words(&complement);
            }
            if seen.insert(words.clone()) {
                uniform.push_words(&words);
            }
        }
        let mut designs = vec![("uniform", uniform), ("paired", paired)];
        // One chain there and back is the least that the estimator asks for.
        if self.settings.rows > 2 * n_players {
            designs.push((
                "permutation",
                Method::Permutation.design(&Request::new(n_players, self.settings.rows, 1))?.rows,
            ));
        }
        Ok(designs)
    }

    fn measure(&self, partition: &Partition, rows: &Coalitions) -> Result<(String, Evaluation)> {
        let masked = |engine| {
            let options = Options { engine, ..Options::default() };
            MaskedModel::on(&self.placed, &[(&self.record, partition)], &options)
        };
        let (plain, auto) = (masked(Engine::Plain)?, masked(Engine::Auto)?);
        let evaluate = |model: &MaskedModel| model.evaluate_all(&[rows], &mut |_, _| ControlFlow::Continue(()));
        let signals = self.signals(partition, rows);
        let batches = self.batches(&signals);
        let mut seconds = [const { Vec::new() }; 3];
        let mut last = evaluate(&auto)?;
        for _ in 0..self.settings.repeats {
            seconds[0].push(self.in_a_row(|| {
                self.bare(&signals, &batches);
                Ok(())
            })?);
            seconds[1].push(self.in_a_row(|| evaluate(&plain).map(drop))?);
            seconds[2].push(self.in_a_row(|| {
                last = evaluate(&auto)?;
                Ok(())
            })?);
        }
        let [bare, plain, auto] = seconds.map(median);
        let stats = &last.stats;
        let per_thousand = |count: u64| 1000.0 * count as f64 / stats.evaluations as f64;
        let line = format!(
            "{bare:.3} | {plain:.3} | {:.3} | {auto:.3} | {:.3} | {:.3} | {:.0} | {:.0} | {:.0}",
            plain / bare,
            auto / bare,
            stats.multiply_adds as f64 / stats.plain_multiply_adds as f64,
            per_thousand(stats.bytes_up),
            per_thousand(stats.bytes_down),
            per_thousand(stats.dispatches),
        );
        Ok((line, last))
    }

    /// Mean time of a turn, in seconds. A software device goes on working for a while after the answer is there, at the
    /// expense of whoever comes next: several turns of one kind are timed together, after one that is not timed and in
    /// which kernels are compiled and memory is taken.
    fn in_a_row(&self, mut turn: impl FnMut() -> einthoven::masking::Result<()>) -> Result<f64> {
        let turns = if self.cpu.is_some() { 1 } else { 8 };
        turn()?;
        let (seconds, done) = timed(|| (0..turns).try_for_each(|_| turn()));
        done?;
        Ok(seconds / turns as f64)
    }

    /// The masked signals of all rows, `[rows, leads, samples]`: zero where a player is out.
    fn signals(&self, partition: &Partition, rows: &Coalitions) -> Vec<f32> {
        let cells = || self.record.signal().iter().zip(partition.owner());
        let row = |row: einthoven::game::Coalition<'_>| -> Vec<f32> {
            cells().map(|(&sample, &owner)| if row.contains(owner as usize) { sample } else { 0.0 }).collect()
        };
        rows.iter().flat_map(row).collect()
    }

    /// The signals on the device in batches; none where the network's own layers read them from memory.
    fn batches(&self, signals: &[f32]) -> Vec<Tensor<3>> {
        let spec = self.placed.spec();
        let size = spec.leads.len() * spec.n_samples;
        let place = |batch: &[f32]| {
            let shape = [batch.len() / size, spec.leads.len(), spec.n_samples];
            Tensor::from_data(TensorData::new(batch.to_vec(), shape), &self.device)
        };
        if self.cpu.is_some() { Vec::new() } else { signals.chunks(BATCH * size).map(place).collect() }
    }

    /// The model without any masking; batches are on the device already.
    fn bare(&self, signals: &[f32], batches: &[Tensor<3>]) {
        if let Some(cpu) = &self.cpu {
            black_box(cpu.logits(signals));
        }
        for batch in batches {
            black_box(self.model.logits(batch.clone()).into_data());
        }
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let clock = Instant::now();
    let result = work();
    (clock.elapsed().as_secs_f64(), result)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn level_text(evaluation: &Evaluation) -> String {
    let share = |done: u64, plain: u64| 100.0 * done as f64 / plain.max(1) as f64;
    let levels = evaluation.stats.levels.iter().map(|level| {
        let share = share(level.multiply_adds, level.plain_multiply_adds);
        format!("{}-{}: {share:.2}", level.first_layer, level.end_layer)
    });
    levels.collect::<Vec<_>>().join(", ")
}
