//! The adapter that wgpu finds, software or not.

use std::ops::ControlFlow;

use burn::tensor::Device;
use einthoven_ecg::Record;
use einthoven_game::{Game, Partition, rng};
use einthoven_masking::device::{self, DeviceChoice};
use einthoven_masking::{Baseline, Derive, Engine, MaskedModel, Options, PlacedModel};

use einthoven_model::BatchModel;
use rand::RngExt;

use crate::networks;
use crate::setup::{
    CELLS, SAMPLES, Toy, coalitions, eight_leads, leads, leads_windows, record, scalar_values, scattered,
};

fn adapter() -> Option<Device> {
    match device::open(DeviceChoice::Wgpu) {
        Ok((device, _)) => Some(device),
        Err(error) => {
            println!("skipped: {error}");
            None
        }
    }
}

#[test]
fn gpu_values_are_those_of_a_scalar_loop() {
    let Some(device) = adapter() else { return };
    let toy = Toy::new();
    for partition in [leads(), leads_windows(3), scattered(33), scattered(1100)] {
        let rows = coalitions(partition.n_players(), 50, 1);
        let model = MaskedModel::new(&toy, &device, &record(3), &partition, &Options::default()).unwrap();
        let expected = scalar_values(&toy, &record(3), &partition, &[0.0; CELLS], false, &rows);
        assert_eq!(model.values(&rows).unwrap().as_slice(), expected, "{} players", partition.n_players());
    }
}

#[test]
fn gpu_derived_leads_and_baselines() {
    let Some(device) = adapter() else { return };
    let toy = Toy::new();
    let rows = coalitions(8, 100, 2);
    let means: Vec<f32> = (0..12).map(|lead| 2.0 * lead as f32).collect();
    let map: Vec<f32> = (0..CELLS).map(|cell| means[cell / SAMPLES]).collect();
    let baseline = Baseline::DatasetMean(means);
    let options = Options { baseline, derive: Derive::Limb, ..Options::default() };
    let model = MaskedModel::new(&toy, &device, &record(3), &eight_leads(), &options).unwrap();
    let expected = scalar_values(&toy, &record(3), &eight_leads(), &map, true, &rows);
    assert_eq!(model.values(&rows).unwrap().as_slice(), expected);
    assert_eq!(model.values(&rows).unwrap(), model.values(&rows).unwrap());
}

#[test]
fn gpu_values_of_a_real_network_are_those_of_the_cpu() {
    let Some(device) = adapter() else { return };
    let model = einthoven_model::builtin().unwrap();
    let spec = model.spec();
    let mut rng = rng::stream(1, "noise", 0);
    let signal = (0..12 * spec.n_samples).map(|_| rng.random::<f32>() - 0.5).collect();
    let record = Record::new("noise", spec.rate, spec.leads.clone(), signal);
    let owner = (0..12 * spec.n_samples).map(|cell| (cell / spec.n_samples) as u32).collect();
    let names = spec.leads.clone();
    let partition = Partition::new(12, spec.n_samples, owner, names, None).unwrap();
    let rows = coalitions(12, 20, 3);
    let values = |device: &Device| {
        MaskedModel::new(&model, device, &record, &partition, &Options::default()).unwrap().values(&rows).unwrap()
    };
    let (cpu, gpu) = (values(&Device::flex()), values(&device));
    assert_eq!(cpu.fingerprint, gpu.fingerprint);
    assert_eq!(gpu, values(&device), "the same twice, bit for bit");
    for output in 0..cpu.n_outputs() {
        let (cpu, gpu) = (cpu.output(output), gpu.output(output));
        let range = cpu.iter().copied().fold(f64::MIN, f64::max) - cpu.iter().copied().fold(f64::MAX, f64::min);
        for (cpu, gpu) in cpu.iter().zip(&gpu) {
            assert!(
                (cpu - gpu).abs() <= 1e-5 * range.max(1e-6),
                "output {output}: {cpu} on the CPU, {gpu} on the adapter"
            );
        }
    }
}

/// What a device computes does not depend on how many others there are.
#[test]
fn gpu_two_workers_give_the_bits_of_one() {
    let Some(device) = adapter() else { return };
    let network = networks::network(4);
    let samples = network.shape(0)[1];
    let (record, partition) = (networks::record(samples, 1), networks::windows(samples, 12));
    let rows = networks::coalitions(12, 700, 4);
    let run = |n: usize, engine| {
        let placed = PlacedModel::new(&networks::model(&network), &vec![device.clone(); n]);
        let options = Options { engine, ..Options::default() };
        let masked = MaskedModel::on(&placed, &[(&record, &partition)], &options).unwrap();
        masked.evaluate_all(&[&rows], &mut |_, _| ControlFlow::Continue(())).unwrap()
    };
    for engine in [Engine::Plain, Engine::Local, Engine::Auto] {
        let (one, two) = (run(1, engine), run(2, engine));
        assert_eq!(one.values, two.values, "{engine}");
        assert_eq!(one.stats, two.stats, "{engine}");
    }
}

#[test]
fn gpu_devices_say_what_they_are() {
    let Some(first) = adapter() else { return };
    let (again, info) = device::open(DeviceChoice::Wgpu).unwrap();
    assert_eq!(first, again, "opened twice, it is one device");
    assert_eq!(device::max_buffer(&again), info.max_buffer);
    // WebGPU guarantees 128 MiB.
    assert!(info.max_buffer.unwrap() >= 128 << 20, "{info:?}");
    assert!(!info.name.is_empty());
    assert!(device::list().into_iter().any(|listed| listed.unwrap() == info));
    // `auto` never takes software.
    let (_, auto) = device::open(DeviceChoice::Auto).unwrap();
    assert!(!auto.is_software());
    assert_eq!(auto.choice == DeviceChoice::Cpu, info.is_software());
}

#[test]
fn gpu_local_engine_says_what_the_plain_one_says() {
    let Some(device) = adapter() else { return };
    for seed in [1, 4] {
        let network = networks::network(seed);
        let samples = network.shape(0)[1];
        let placed = PlacedModel::new(&networks::model(&network), std::slice::from_ref(&device));
        let records = [networks::record(samples, 1), networks::record(samples, 2)];
        let partitions = [networks::windows(samples, 12), networks::windows(samples, 7)];
        let pairs: Vec<_> = records.iter().zip(&partitions).collect();
        let lists = partitions.each_ref().map(|partition| networks::coalitions(partition.n_players(), 60, seed));
        let backgrounds = Baseline::Background([records[0].signal(), records[1].signal()].concat());
        for baseline in [Baseline::Zero, backgrounds, Baseline::Interpolate] {
            let evaluate = |engine| {
                let options = Options { baseline: baseline.clone(), engine, ..Options::default() };
                let masked = MaskedModel::on(&placed, &pairs, &options).unwrap();
                masked.evaluate_all(&lists.each_ref(), &mut |_, _| ControlFlow::Continue(())).unwrap()
            };
            let (plain, local) = (evaluate(Engine::Plain), evaluate(Engine::Local));
            assert!(local.stats.levels.len() > 1 && local.stats.multiply_adds < plain.stats.multiply_adds);
            for (plain, local) in plain.values.iter().zip(&local.values) {
                for output in 0..3 {
                    let (plain, local) = (plain.output(output), local.output(output));
                    let range =
                        plain.iter().copied().fold(f64::MIN, f64::max) - plain.iter().copied().fold(f64::MAX, f64::min);
                    for (plain, local) in plain.iter().zip(&local) {
                        assert!((plain - local).abs() <= 1e-5 * range.max(1e-6), "{plain} {local}");
                    }
                }
            }
        }
    }
}
