//! Rows per second of the bare forward pass on the CPU, and the share of what the processor can multiply and add.
//!
//! `forward [--model PATH] [--batches 64,256,1024] [--threads N] [--seconds 3]` prints one JSON object per batch size.

#![allow(clippy::print_stdout)]

use std::{hint::black_box, path::PathBuf, time::Instant};

use anyhow::{Context, Result, bail};
use einthoven::game::rng::stream;
use einthoven::model::{BatchModel, CpuNetwork, builtin, load};
use rand::RngExt;

fn main() -> Result<()> {
    let settings = Settings::parse(std::env::args().skip(1))?;
    rayon::ThreadPoolBuilder::new().num_threads(settings.threads).build_global()?;
    let model = match &settings.model {
        Some(path) => load(path)?,
        None => builtin()?,
    };
    let network = CpuNetwork::new(model.layers().context("a model whose layers are known")?);
    let spec = model.spec();
    let flops = 2.0 * network.network().row_multiply_adds() as f64;
    let peak = gemm_peak(settings.threads, settings.seconds);
    for &batch in &settings.batches {
        let mut rng = stream(1, "benches/forward", batch as u64);
        let row = spec.leads.len() * spec.n_samples;
        let signals: Vec<f32> = (0..batch * row).map(|_| rng.random::<f32>() - 0.5).collect();
        let rows_per_second = batch as f64
            / best_seconds(settings.seconds, || {
                black_box(network.logits(&signals));
            });
        let line = serde_json::json!({
            "batch": batch, "threads": settings.threads, "rows_per_second": rows_per_second,
            "gflops": rows_per_second * flops / 1e9, "gemm_peak_gflops": peak,
        });
        println!("{line}");
    }
    Ok(())
}

struct Settings {
    model: Option<PathBuf>,
    batches: Vec<usize>,
    threads: usize,
    seconds: f64,
}

impl Settings {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let threads = std::thread::available_parallelism()?.get();
        let mut settings = Self { model: None, batches: vec![64, 256, 1024], threads, seconds: 3.0 };
        while let Some(name) = args.next() {
            let value = args.next().with_context(|| format!("a value for {name}"))?;
            match name.as_str() {
                "--model" => settings.model = Some(value.into()),
                "--batches" => settings.batches = value.split(',').map(str::parse).collect::<Result<_, _>>()?,
                "--threads" => settings.threads = value.parse()?,
                "--seconds" => settings.seconds = value.parse()?,
                _ => bail!("unknown option {name}"),
            }
        }
        Ok(settings)
    }
}

/// The shortest time of one call, over calls for so many seconds.
fn best_seconds(seconds: f64, mut work: impl FnMut()) -> f64 {
    let (start, mut best) = (Instant::now(), f64::INFINITY);
    while start.elapsed().as_secs_f64() < seconds {
        let clock = Instant::now();
        work();
        best = best.min(clock.elapsed().as_secs_f64());
    }
    best
}

/// Billions of multiplications and additions per second of faer's matrix product in f32, one product on each thread.
fn gemm_peak(threads: usize, seconds: f64) -> f64 {
    const SIZE: usize = 1024;
    let [a, b] = [1, 2].map(|k| faer::Mat::<f32>::from_fn(SIZE, SIZE, |i, j| ((i * k + j) % 7) as f32));
    let best = best_seconds(seconds, || {
        rayon::broadcast(|_| {
            let mut c = faer::Mat::<f32>::zeros(SIZE, SIZE);
            faer::linalg::matmul::matmul(&mut c, faer::Accum::Replace, &a, &b, 1.0, faer::Par::Seq);
            black_box(c);
        });
    });
    2.0 * (SIZE as f64).powi(3) * threads as f64 / best / 1e9
}
