//! The adapter that wgpu finds, software or not.

use burn::tensor::{Device, DeviceType};

use crate::case::Case;

fn adapter() -> Option<Device> {
    let device = Device::enumerate(DeviceType::Wgpu).into_vec().into_iter().next();
    if device.is_none() {
        println!("skipped: no wgpu adapter on this machine");
    }
    device
}

#[test]
fn gpu_bits_sit_where_they_should() {
    let Some(device) = adapter() else { return };
    for n_players in [1, 31, 32, 33, 65, 1100] {
        Case::random(n_players, 37, [12, 100], n_players as u64).check(&device);
    }
}

#[test]
fn gpu_more_than_65535_workgroups() {
    let Some(device) = adapter() else { return };
    // Cubes have at most 256 invocations here, so 65 536 of them cover at most 2^24 cells; this has more.
    let case = Case::random(40, 5600, [3, 1000], 5);
    assert!(case.rows * 3000 > 65_536 * 256);
    let (words, owner, signal, baseline) = case.tensors(&device);
    let found = crate::case::read(einthoven_kernels::expand(words, owner, signal, baseline));
    crate::case::assert_same(&found, &case.scalar(), "kernel");
}
