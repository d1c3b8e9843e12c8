#![allow(clippy::unwrap_used, clippy::print_stdout)]
use burn::tensor::{Device, Tensor, TensorData};
use einthoven_ecg::Record;
use einthoven_game::{Coalitions, Game, Partition, rng};
use einthoven_masking::{DeviceChoice, MaskedModel, Options, device};
use einthoven_model::BatchModel;
use rand::RngExt;
use std::time::Instant;

fn hwm() -> String {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    s.lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS")).collect::<Vec<_>>().join(" ")
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (device, info): (Device, _) = device::open(args[1].parse::<DeviceChoice>().unwrap()).unwrap();
    let memory = args[2].parse::<usize>().unwrap() << 20;
    let budget: usize = args[3].parse().unwrap();
    println!("{info} max buffer {:?} {}", info.max_buffer, hwm());
    let model = einthoven_model::builtin().unwrap();
    let model = model.to_device(&device);
    let spec = model.spec().clone();
    println!("row_bytes {} buffer {} samples {}", spec.row_bytes, spec.row_buffer_bytes, spec.n_samples);
    let mut r = rng::stream(1, "measure", 0);
    let cells = 12 * spec.n_samples;
    let signal: Vec<f32> = (0..cells).map(|_| r.random::<f32>() - 0.5).collect();
    let record = Record::new("r", spec.rate, spec.leads.clone(), signal);
    let owner =
        (0..cells).map(|c| ((c / spec.n_samples) * 10 + (c % spec.n_samples) * 10 / spec.n_samples) as u32).collect();
    let partition = Partition::new(12, spec.n_samples, owner, (0..120).map(|i| i.to_string()).collect(), None).unwrap();
    let mut rows = Coalitions::new(120);
    for _ in 0..budget {
        rows.push((0..120).filter(|_| r.random::<bool>()).collect::<Vec<_>>());
    }
    let masked =
        MaskedModel::new(&*model, &device, &record, &partition, &Options { memory, ..Options::default() }).unwrap();
    let chunk = masked.chunk(budget).unwrap();
    println!("chunk {chunk} base {}", hwm());
    let forward = |n: usize, reps: usize| {
        let batch = Tensor::<3>::from_data(
            TensorData::new(
                (0..n * cells).map(|i| (i % 97) as f32 / 97.0).collect::<Vec<f32>>(),
                [n, 12, spec.n_samples],
            ),
            &device,
        );
        let t = Instant::now();
        for _ in 0..reps {
            model.logits(batch.clone()).into_data();
        }
        (n * reps) as f64 / t.elapsed().as_secs_f64()
    };
    masked.values(&rows.slice(0..chunk.min(budget))).unwrap();
    for _ in 0..3 {
        let t = Instant::now();
        masked.values(&rows).unwrap();
        let m = budget as f64 / t.elapsed().as_secs_f64();
        println!("masked {m:.1} rows/s");
        if args.len() <= 4 {
            let f = forward(chunk, budget / chunk);
            println!("forward {f:.1} rows/s ratio {:.3}", m / f);
        } else {
            break;
        }
    }
    println!("{}", hwm());
    if args.len() > 5 {
        for n in [8, 16, 32, 64, 128, 256, 512] {
            println!("forward batch {n}: {:.1} rows/s", forward(n, 512 / n));
        }
    }
}
