//! throw-away
use burn::tensor::{Device, Tensor, TensorData};
use einthoven_model::*;
use std::time::Instant;
fn rss(key: &str) -> f64 {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    let l = s.lines().find(|l| l.starts_with(key)).unwrap();
    l.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let b: usize = args[1].parse().unwrap();
    let model = if args[0] == "builtin" { builtin().unwrap() } else { load(std::path::Path::new(&args[0])).unwrap() };
    let spec = model.spec().clone();
    let one: Vec<f32> = (0..12_000).map(|i| ((i * 37 + i / 1000 * 11) % 64) as f32 / 32.0 - 1.0).collect();
    let y: Vec<f32> = model
        .logits(Tensor::from_data(TensorData::new(one.clone(), [1, 12, 1000]), &Device::flex()))
        .into_data()
        .try_to_vec()
        .unwrap();
    println!(
        "params {} row_bytes {} row_buffer {} first logits {:?}",
        model.card().architecture.n_parameters(),
        spec.row_bytes,
        spec.row_buffer_bytes,
        &y[..y.len().min(5)]
    );
    if let Ok(t) = std::fs::read_to_string(args[0].replace(".pt", "_logits.json")) {
        let e: Vec<f64> = serde_json::from_str(&t).unwrap();
        println!(
            "largest difference to PyTorch f64 {:e}",
            e.iter().zip(&y).map(|(a, b)| (a - *b as f64).abs()).fold(0.0, f64::max)
        );
    }
    let x: Vec<f32> = (0..b).flat_map(|_| one.clone()).collect();
    let x = Tensor::<3>::from_data(TensorData::new(x, [b, 12, 1000]), &Device::flex());
    let before = rss("VmRSS");
    for _ in 0..4 {
        let t = Instant::now();
        let _: Vec<f32> = model.logits(x.clone()).into_data().try_to_vec().unwrap();
        println!("{:.1} rows/s", b as f64 / t.elapsed().as_secs_f64());
    }
    println!(
        "before {before:.1} MiB peak {:.1} MiB: {:.1} KiB per row above (input held too), row_bytes {:.1} KiB",
        rss("VmHWM"),
        (rss("VmHWM") - before) * 1024.0 / b as f64,
        spec.row_bytes as f64 / 1024.0
    );
}
