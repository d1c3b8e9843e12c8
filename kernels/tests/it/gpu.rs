//! The adapter that wgpu finds, software or not.

use burn::tensor::{Device, DeviceType, Tensor, TensorData};
use burn_cubecl::cubecl::client::Client;
use burn_cubecl::cubecl::prelude::CubeDim;
use einthoven_kernels::{Columns, mean_over_maps};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::case::{Kind, Numbers, all_kinds, read};
use crate::cpu::kinds;

fn adapter() -> Option<Device> {
    let device = Device::enumerate(DeviceType::Wgpu).into_vec().into_iter().next();
    if device.is_none() {
        println!("skipped: no wgpu adapter on this machine");
    }
    device
}

#[test]
fn gpu_every_kind_of_scene_and_row() {
    let Some(device) = adapter() else { return };
    for (seed, kind) in (0..).zip(all_kinds(9, 11)) {
        kind.case(seed).check(&device);
    }
}

#[test]
fn gpu_bits_sit_where_they_should() {
    let Some(device) = adapter() else { return };
    for n_players in [1, 31, 32, 33, 63, 64, 65, 1100] {
        let columns = Columns::Coalition;
        let kind = Kind { n_players, coalitions: 37, shape: [1, 12, 100], maps: Some((1, true)), columns, run: 1 };
        kind.case(n_players as u64).check(&device);
    }
}

#[test]
fn gpu_random_scenes_agree_with_the_loop() {
    let Some(device) = adapter() else { return };
    // Few cases: lavapipe compiles a kernel for every number of columns and every vector size.
    let mut runner = TestRunner::new(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() });
    let checked = runner.run(&(kinds(), any::<u64>()), |(kind, seed)| {
        let case = kind.case(seed);
        case.check_against(&read(case.expand(&device)), &case.scalar(), "kernel");
        Ok(())
    });
    checked.unwrap();
}

/// One dimension of a launch holds 65 535 groups; an invocation writes one cell where the record is odd.
#[test]
fn gpu_more_than_65536_groups() {
    let Some(device) = adapter() else { return };
    for maps in [Some((1, true)), None] {
        let columns = Columns::Coalition;
        let kind = Kind { n_players: 40, coalitions: 16_385, shape: [1, 1, 1025], maps, columns, run: 30 };
        let case = kind.case(5);
        let cells = case.batch_shape().iter().product::<usize>();
        let group = CubeDim::new(&client(&device), cells).num_elems() as usize;
        assert!(cells.div_ceil(group) > 65_536, "{cells} cells in groups of {group}");
        case.check_against(&read(case.expand(&device)), &case.scalar(), "kernel");
    }
}

/// The largest batch of whole rows that a buffer of the device holds.
#[test]
fn gpu_batch_at_the_binding_limit() {
    let Some(device) = adapter() else { return };
    let limit = (client(&device).properties().memory.max_page_size as usize).min(128 << 20);
    let row = 4 * 12 * 1000;
    let coalitions = limit / row;
    assert!(coalitions * row <= limit && (coalitions + 1) * row > limit);
    let columns = Columns::Coalition;
    let kind = Kind { n_players: 120, coalitions, shape: [1, 12, 1000], maps: Some((1, true)), columns, run: 50 };
    let case = kind.case(6);
    case.check_against(&read(case.expand(&device)), &case.scalar(), "kernel");
}

fn client(device: &Device) -> Client {
    let burn::backend::DispatchDevice::Cube(device) = device.as_dispatch() else { unreachable!("a wgpu adapter") };
    device.client()
}

/// Sums of `maps` numbers of size at most 1/2 in f32, in any order, are wrong by at most `maps - 1` roundings of partial
/// sums no larger than `maps / 2`, and their division by 2.5 units in the last place of the mean.
#[test]
fn gpu_means_agree_with_a_loop_and_repeat() {
    let Some(device) = adapter() else { return };
    for (coalitions, maps, outputs) in [(1, 2, 1), (7, 3, 5), (64, 100, 5), (33, 17, 1)] {
        let logits = Numbers(maps as u64).samples(coalitions * maps * outputs);
        let place = || Tensor::<2>::from_data(TensorData::new(logits.clone(), [coalitions * maps, outputs]), &device);
        let found = read(mean_over_maps(place(), maps));
        let u = f64::from(f32::EPSILON) / 2.0;
        for (at, &mean) in found.iter().enumerate() {
            let (coalition, output) = (at / outputs, at % outputs);
            let of = |map: usize| f64::from(logits[(coalition * maps + map) * outputs + output]);
            let expected = (0..maps).map(of).sum::<f64>() / maps as f64;
            let bound = u * (maps as f64 / 2.0 + 5.0);
            assert!((f64::from(mean) - expected).abs() <= bound, "{mean} is not {expected}");
        }
        let again = read(mean_over_maps(place(), maps));
        assert!(found.iter().zip(&again).all(|(one, two)| one.to_bits() == two.to_bits()));
    }
}
