//! Names of devices, and machines without the device that is named.

use std::process::Command;

use einthoven_masking::device::{self, DeviceChoice};

/// Tells a child process that it is one.
const CHILD: &str = "EINTHOVEN_TEST_CHILD";

#[test]
fn names_round_trip() {
    let names = ["auto", "cpu", "wgpu", "vulkan", "metal", "cuda"];
    for (choice, name) in DeviceChoice::ALL.into_iter().zip(names) {
        assert_eq!(choice.to_string(), name);
        assert_eq!(name.parse::<DeviceChoice>().unwrap(), choice);
    }
    assert_eq!(
        "gpu".parse::<DeviceChoice>().unwrap_err().to_string(),
        "open device \"gpu\": expected one of auto, cpu, wgpu, vulkan, metal, cuda",
    );
}

#[test]
fn the_cpu_is_always_there() {
    let (device, info) = device::open(DeviceChoice::Cpu).unwrap();
    assert_eq!((info.choice, info.kind, info.max_buffer), (DeviceChoice::Cpu, "cpu", None));
    assert_eq!(device::max_buffer(&device), None);
    assert_eq!(device::list()[0].as_ref().unwrap(), &info);
}

#[test]
#[cfg(not(feature = "cuda"))]
fn a_build_without_a_feature_names_it() {
    let error = device::open(DeviceChoice::Cuda).unwrap_err();
    assert_eq!(error.to_string(), "open device cuda: this build lacks the feature `cuda`; device cpu is always there",);
}

#[test]
#[cfg(not(any(feature = "vulkan", feature = "metal")))]
fn a_build_without_native_shaders_says_so() {
    for name in ["vulkan", "metal"] {
        let error = device::open(name.parse::<DeviceChoice>().unwrap()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("open device {name}: this build lacks the feature `{name}`")), "{error}");
    }
}

#[test]
fn a_machine_without_adapters_gets_an_error_and_no_crash() {
    if std::env::var_os(CHILD).is_some() {
        return without_adapters();
    }
    let none = std::env::temp_dir().join("einthoven-no-such-driver.json");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "device::a_machine_without_adapters_gets_an_error_and_no_crash", "--nocapture"])
        .env(CHILD, "1")
        // The loader of Vulkan and that of EGL then find no driver.
        .env("VK_DRIVER_FILES", &none)
        .env("VK_ICD_FILENAMES", &none)
        .env("__EGL_VENDOR_LIBRARY_FILENAMES", &none)
        .output()
        .unwrap();
    assert!(output.status.success(), "{:?}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("auto is "));
}

fn without_adapters() {
    let names: Vec<_> = device::list().into_iter().map(|info| info.unwrap()).collect();
    assert!(!names.is_empty());
    let (_, info) = device::open(DeviceChoice::Auto).unwrap();
    println!("auto is {info}");
    if names.len() == 1 {
        assert_eq!(info.choice, DeviceChoice::Cpu);
        let error = device::open(DeviceChoice::Wgpu).unwrap_err().to_string();
        assert!(error.starts_with("open device wgpu: this "), "{error}");
    }
}
