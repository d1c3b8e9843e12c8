//! Seconds of gradients and of Integrated Gradients on the CPU, for `benches/peers/gradients.py`:
//!
//! `gradients SIGNALS VALUES [--model PATH] [--outputs 5] [--steps 20,50,128,300] [--threads N] [--seconds 3]` reads records
//! `[records, 12, 1000]` in millivolts (32-bit floats, little-endian), prints the logits of the first eight and one JSON
//! object per method, and writes to VALUES what the methods said of the first output of those eight, `[methods, 8, 12, 1000]`.
//!
//! A record is `x-gradient` for one call of `CpuNetwork::gradients` and a product with the signal. Integrated Gradients
//! from the zero signal are the same call for each node of a Gauss-Legendre rule, weighed in f64.

#![allow(clippy::print_stdout)]

use std::{fs, hint::black_box, path::PathBuf, time::Instant};

use anyhow::{Context, Result, bail, ensure};
use einthoven::game::quadrature::gauss_legendre;
use einthoven::model::{BatchModel, CpuNetwork, GradientScratch, builtin, load};
use einthoven_benches::cpu_seconds;
use rayon::prelude::*;

/// Records whose values are written.
const COMPARED: usize = 8;

fn main() -> Result<()> {
    let settings = Settings::parse(std::env::args().skip(1))?;
    rayon::ThreadPoolBuilder::new().num_threads(settings.threads).build_global()?;
    let model = match &settings.model {
        Some(path) => load(path)?,
        None => builtin()?,
    };
    let cpu = CpuNetwork::new(model.layers().context("a model whose layers are known")?);
    let [leads, samples] = cpu.network().shape(0);
    let signals = floats(&settings.signals)?;
    let records: Vec<&[f32]> = signals.chunks_exact(leads * samples).collect();
    ensure!(records.len() >= COMPARED, "{} records; at least {COMPARED} are compared", records.len());
    let outputs: Vec<usize> = (0..settings.outputs).collect();

    let logits = cpu.logits(&signals[..COMPARED * leads * samples]);
    println!("{}", serde_json::json!({ "logits": logits }));
    let mut values = Vec::new();
    for &steps in std::iter::once(&0).chain(&settings.steps) {
        let rule = gauss_legendre(steps);
        let explain = |records: &[&[f32]]| match steps {
            0 => x_gradients(&cpu, records, &outputs),
            _ => integrated_gradients(&cpu, records, &rule, &outputs),
        };
        let explained = explain(&records[..COMPARED]);
        let first = explained.chunks_exact(outputs.len() * leads * samples).map(|record| &record[..leads * samples]);
        values.extend(first.flatten().flat_map(|x| x.to_le_bytes()));
        let (n, records_per_second, records_per_cpu_second) = rate(settings.seconds, &records, &|records| {
            black_box(explain(records));
        });
        let line = serde_json::json!({
            "program": "einthoven", "method": if steps == 0 { "x-gradient" } else { "ig" }, "steps": steps,
            "outputs": outputs.len(), "threads": settings.threads, "records": n, "records_per_second": records_per_second,
            "records_per_cpu_second": records_per_cpu_second,
        });
        println!("{line}");
    }
    fs::write(&settings.values, values).with_context(|| format!("write {}", settings.values.display()))
}

struct Settings {
    signals: PathBuf,
    values: PathBuf,
    model: Option<PathBuf>,
    outputs: usize,
    steps: Vec<usize>,
    threads: usize,
    seconds: f64,
}

impl Settings {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let threads = std::thread::available_parallelism()?.get();
        let mut file = || args.next().map(PathBuf::from).context("gradients SIGNALS VALUES");
        let (signals, values, steps) = (file()?, file()?, vec![20, 50, 128, 300]);
        let mut settings = Self { signals, values, model: None, outputs: 5, steps, threads, seconds: 3.0 };
        while let Some(name) = args.next() {
            let value = args.next().with_context(|| format!("a value for {name}"))?;
            match name.as_str() {
                "--model" => settings.model = Some(value.into()),
                "--outputs" => settings.outputs = value.parse()?,
                "--steps" => settings.steps = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
                "--threads" => settings.threads = value.parse()?,
                "--seconds" => settings.seconds = value.parse()?,
                _ => bail!("unknown option {name}"),
            }
        }
        Ok(settings)
    }
}

fn floats(path: &PathBuf) -> Result<Vec<f32>> {
    let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    let (numbers, rest) = bytes.as_chunks();
    ensure!(rest.is_empty(), "{} holds {} bytes, not whole 32-bit floats", path.display(), bytes.len());
    Ok(numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
}

/// Signal times gradient: `[records, outputs, leads, samples]`.
fn x_gradients(cpu: &CpuNetwork, records: &[&[f32]], outputs: &[usize]) -> Vec<f32> {
    each(cpu, records, outputs, &|record, explained, logits, scratch| {
        cpu.gradients(1, &|_, x| x.copy_from_slice(record), outputs, logits, explained, scratch);
        for explained in explained.chunks_exact_mut(record.len()) {
            explained.iter_mut().zip(record).for_each(|(explained, signal)| *explained *= signal);
        }
    })
}

/// Signal times mean gradient over the nodes of a rule on the way from zero: `[records, outputs, leads, samples]`.
fn integrated_gradients(cpu: &CpuNetwork, records: &[&[f32]], rule: &[(f64, f64)], outputs: &[usize]) -> Vec<f32> {
    each(cpu, records, outputs, &|record, explained, logits, scratch| {
        let mut sums = vec![0.0_f64; explained.len()];
        for &(place, weight) in rule {
            let load = |_: usize, x: &mut [f32]| {
                x.iter_mut().zip(record).for_each(|(x, &signal)| *x = (place * f64::from(signal)) as f32);
            };
            cpu.gradients(1, &load, outputs, logits, explained, scratch);
            sums.iter_mut().zip(&*explained).for_each(|(sum, &gradient)| *sum += weight * f64::from(gradient));
        }
        for (explained, sums) in explained.chunks_exact_mut(record.len()).zip(sums.chunks_exact(record.len())) {
            let pairs = sums.iter().zip(record);
            explained.iter_mut().zip(pairs).for_each(|(x, (sum, &signal))| *x = (sum * f64::from(signal)) as f32);
        }
    })
}

/// Does something for each record: with the record, what is made of it, and room for logits and the network.
type OneRecord<'a> = dyn Fn(&[f32], &mut [f32], &mut [f32], &mut GradientScratch) + Sync + 'a;

fn each(cpu: &CpuNetwork, records: &[&[f32]], outputs: &[usize], one: &OneRecord<'_>) -> Vec<f32> {
    let size = outputs.len() * cpu.network().shape(0).iter().product::<usize>();
    let logits = vec![0.0_f32; cpu.network().shape(cpu.network().output())[0]];
    let mut explained = vec![0.0; records.len() * size];
    let rows = explained.par_chunks_mut(size).zip(records);
    rows.for_each_init(
        || (logits.clone(), GradientScratch::default()),
        |(logits, scratch), (explained, record)| one(record, explained, logits, scratch),
    );
    explained
}

/// Records of a round over all of them, cut off after so many seconds, records per second of the best round, and records
/// per second of the processor over all rounds. A short round is repeated.
fn rate(seconds: f64, records: &[&[f32]], work: &dyn Fn(&[&[f32]])) -> (usize, f64, Option<f64>) {
    work(&records[..COMPARED]);
    let (start, worked, mut best, mut all) = (Instant::now(), cpu_seconds(), (0, 0.0), 0);
    while start.elapsed().as_secs_f64() < seconds {
        let (clock, mut done) = (Instant::now(), 0);
        for slice in records.chunks(32) {
            work(slice);
            done += slice.len();
            if clock.elapsed().as_secs_f64() > seconds {
                break;
            }
        }
        all += done;
        let speed = done as f64 / clock.elapsed().as_secs_f64();
        best = if speed > best.1 { (done, speed) } else { best };
    }
    let worked = cpu_seconds().zip(worked).map(|(now, before)| now - before);
    (best.0, best.1, worked.map(|worked| all as f64 / worked))
}
