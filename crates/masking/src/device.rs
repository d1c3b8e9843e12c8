//! Opening the device that `--device` names.
//!
//! `auto` takes a hardware GPU if there is one, else the CPU. A software Vulkan device (Mesa's lavapipe) runs the same
//! kernels as a GPU, hundreds of times slower, and is there for tests: it is used only when `wgpu` is named and the
//! machine has nothing better. A device that cannot be opened is an error and never a panic.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;

use crate::{Error, Result};

#[cfg(feature = "wgpu")]
mod adapter;
mod name;

pub use name::DeviceName;

/// The names of `--device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// A hardware GPU if there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU, by burn's `flex`.
    Cpu,
    /// The best adapter that wgpu finds: Vulkan, Metal or DirectX 12, by WGSL shaders.
    Wgpu,
    /// A Vulkan GPU, by SPIR-V shaders.
    Vulkan,
    /// An Apple GPU, by Metal shaders.
    Metal,
    /// An NVIDIA GPU, by CUDA.
    Cuda,
}

/// A device as `einthoven devices` lists it and results name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The name that opens it.
    pub choice: DeviceChoice,
    /// What it calls itself.
    pub name: String,
    /// "cpu", "discrete gpu", "integrated gpu", "virtual gpu", "software" or "gpu".
    pub kind: &'static str,
    /// Bytes of its largest buffer; `None` where memory is the only limit.
    pub max_buffer: Option<usize>,
    /// Other limits, as people read them.
    pub limits: String,
}

impl DeviceChoice {
    /// All names, as `--device` has them.
    pub const ALL: [Self; 6] = [Self::Auto, Self::Cpu, Self::Wgpu, Self::Vulkan, Self::Metal, Self::Cuda];

    fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Wgpu => "wgpu",
            Self::Vulkan => "vulkan",
            Self::Metal => "metal",
            Self::Cuda => "cuda",
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == name).ok_or_else(|| Error::Device {
            choice: format!("{name:?}"),
            reason: format!("expected one of {}", Self::ALL.map(Self::as_str).join(", ")),
        })
    }
}

impl DeviceInfo {
    /// Whether the device is a GPU in software.
    pub fn is_software(&self) -> bool {
        self.kind == "software"
    }
}

impl fmt::Display for DeviceInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.choice, self.name, self.kind)
    }
}

/// Opens the device of that name and says what it is. Fails if the build lacks it or the machine does. A device may be
/// opened any number of times.
pub fn open(name: impl Into<DeviceName>) -> Result<(Device, DeviceInfo)> {
    let name = name.into();
    let nth = name.index.unwrap_or(0);
    match name.choice {
        DeviceChoice::Auto => open_auto(),
        DeviceChoice::Cpu if nth > 0 => Err(missing(name, 1)),
        DeviceChoice::Cpu => Ok(open_cpu()),
        DeviceChoice::Wgpu | DeviceChoice::Vulkan | DeviceChoice::Metal => open_adapter(name),
        DeviceChoice::Cuda => open_cuda(nth),
    }
}

/// The error for a device past the last one.
fn missing(name: DeviceName, n_devices: usize) -> Error {
    let reason = match n_devices {
        0 => "this machine has no such adapter; device cpu is always there".to_owned(),
        n => format!("this machine has {n} of that kind, counted from 0; `einthoven devices` lists them"),
    };
    Error::Device { choice: name.to_string(), reason }
}

/// Every device that this build reaches on this machine, the CPU first. An adapter that is there but does not open
/// is listed by its error.
pub fn list() -> Vec<Result<DeviceInfo>> {
    #[allow(unused_mut, reason = "a build without GPUs adds none")]
    let mut devices = vec![Ok(open_cpu().1)];
    #[cfg(feature = "wgpu")]
    for choice in [DeviceChoice::Wgpu, DeviceChoice::Vulkan, DeviceChoice::Metal] {
        devices.extend(adapter::list(choice).into_iter().map(|found| adapter::open(&found).map(|(_, info)| info)));
    }
    #[cfg(feature = "cuda")]
    devices.extend((0..).map_while(|nth| open_cuda(nth).ok()).map(|(_, info)| Ok(info)));
    devices
}

/// Bytes of the largest buffer of an open device; `None` on the CPU, where memory is the only limit.
pub fn max_buffer(device: &Device) -> Option<usize> {
    #[cfg(any(feature = "wgpu", feature = "cuda"))]
    if let burn::backend::DispatchDevice::Cube(device) = device.as_dispatch() {
        let bytes = device.client().properties().memory.max_page_size;
        return Some(usize::try_from(bytes).unwrap_or(usize::MAX));
    }
    let is_cpu = matches!(device.as_dispatch(), burn::backend::DispatchDevice::Flex(_));
    (!is_cpu).then_some(crate::plan::DEFAULT_MAX_BUFFER)
}

fn open_auto() -> Result<(Device, DeviceInfo)> {
    #[cfg(feature = "cuda")]
    if let Ok(found) = open_cuda(0) {
        return Ok(found);
    }
    #[cfg(feature = "wgpu")]
    for found in hardware() {
        if let Ok(opened) = adapter::open(&found) {
            return Ok(opened);
        }
    }
    Ok(open_cpu())
}

/// The adapters that are no software. Where Linux has no driver for one, nobody is asked: to ask takes a second, and software
/// drivers complain of a missing display on standard error.
#[cfg(feature = "wgpu")]
fn hardware() -> Vec<adapter::Adapter> {
    let drivers = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg", "/dev/kgsl-3d0"];
    if cfg!(target_os = "linux") && !drivers.iter().any(|driver| std::path::Path::new(driver).exists()) {
        return Vec::new();
    }
    adapter::list(DeviceChoice::Wgpu).into_iter().filter(|found| !found.is_software()).collect()
}

fn open_cpu() -> (Device, DeviceInfo) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let name = format!("flex, {threads} threads");
    let limits = format!("vectors: {}", vectors());
    (Device::flex(), DeviceInfo { choice: DeviceChoice::Cpu, name, kind: "cpu", max_buffer: None, limits })
}

/// What the processor multiplies and adds with, as the CPU's own layers use it.
fn vectors() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        return "AVX-512";
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        return "AVX2";
    }
    if cfg!(target_arch = "aarch64") { "NEON" } else { "as compiled" }
}

/// What a device of cubecl says of itself.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn limits(device: &Device) -> String {
    let burn::backend::DispatchDevice::Cube(device) = device.as_dispatch() else { return String::new() };
    let client = device.client();
    let hardware = &client.properties().hardware;
    let (x, y, z) = hardware.max_cube_count;
    format!(
        "{x} x {y} x {z} groups of up to {} invocations, {} bindings, {} KiB shared memory, planes of {} to {}",
        hardware.max_units_per_cube,
        hardware.max_bindings,
        hardware.max_shared_memory_size >> 10,
        hardware.plane_size_min,
        hardware.plane_size_max,
    )
}

#[cfg(feature = "wgpu")]
fn open_adapter(name: DeviceName) -> Result<(Device, DeviceInfo)> {
    if !adapter::is_built(name.choice) {
        return Err(not_built(name.choice));
    }
    let adapters = adapter::list(name.choice);
    let found = match name.index {
        Some(index) => adapters.get(index),
        None => adapters.iter().find(|found| !found.is_software()).or(adapters.first()),
    };
    found.ok_or_else(|| missing(name, adapters.len())).and_then(adapter::open)
}

#[cfg(not(feature = "wgpu"))]
fn open_adapter(name: DeviceName) -> Result<(Device, DeviceInfo)> {
    Err(not_built(name.choice))
}

#[cfg(feature = "cuda")]
fn open_cuda(nth: usize) -> Result<(Device, DeviceInfo)> {
    let devices = Device::enumerate(burn::tensor::DeviceType::Cuda).into_vec();
    let n_devices = devices.len();
    let Some(device) = devices.into_iter().nth(nth) else {
        return Err(missing(DeviceName { choice: DeviceChoice::Cuda, index: Some(nth) }, n_devices));
    };
    let name = device.identity().map_or_else(|| format!("CUDA device {nth}"), |identity| identity.name);
    let (max_buffer, limits) = (max_buffer(&device), limits(&device));
    Ok((device, DeviceInfo { choice: DeviceChoice::Cuda, name, kind: "discrete gpu", max_buffer, limits }))
}

#[cfg(not(feature = "cuda"))]
fn open_cuda(_nth: usize) -> Result<(Device, DeviceInfo)> {
    Err(not_built(DeviceChoice::Cuda))
}

#[allow(dead_code, reason = "a build with every feature lacks nothing")]
fn not_built(choice: DeviceChoice) -> Error {
    let reason = match choice {
        DeviceChoice::Vulkan | DeviceChoice::Metal if cfg!(feature = "wgpu") => {
            format!("this build lacks the feature `{choice}`; device wgpu reaches the same GPU without it")
        }
        _ => format!("this build lacks the feature `{choice}`; device cpu is always there"),
    };
    Error::Device { choice: choice.to_string(), reason }
}
