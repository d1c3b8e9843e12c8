//! Adapters of wgpu: which there are, and how one is opened without a panic.

use burn::backend::{CubeDevice, DispatchDevice, WgpuBackend, WgpuDeviceKind};
use burn::tensor::wgpu::WgpuInitError;
use burn::tensor::{Device, DeviceKind, DeviceType};

use super::{DeviceChoice, DeviceInfo, max_buffer};
use crate::{Error, Result};

/// An adapter that the machine has.
pub(super) struct Adapter {
    choice: DeviceChoice,
    kind: DeviceKind,
}

impl Adapter {
    /// Whether it is a GPU in software.
    pub(super) fn is_software(&self) -> bool {
        self.kind == DeviceKind::Cpu
    }

    fn kind_name(&self) -> &'static str {
        match self.kind {
            DeviceKind::DiscreteGpu(_) => "discrete gpu",
            DeviceKind::IntegratedGpu(_) => "integrated gpu",
            DeviceKind::VirtualGpu(_) => "virtual gpu",
            DeviceKind::Cpu => "software",
            DeviceKind::DefaultDevice | DeviceKind::Existing(_) => "gpu",
        }
    }

    /// Faster kinds first.
    fn rank(&self) -> usize {
        match self.kind {
            DeviceKind::DiscreteGpu(_) => 0,
            DeviceKind::IntegratedGpu(_) => 1,
            DeviceKind::VirtualGpu(_) => 2,
            DeviceKind::DefaultDevice | DeviceKind::Existing(_) => 3,
            DeviceKind::Cpu => 4,
        }
    }
}

/// Whether this build reaches adapters by that name.
pub(super) fn is_built(choice: DeviceChoice) -> bool {
    device_type(choice).is_some()
}

/// The adapters that the name reaches, hardware before software. None at all where the machine or the build has none.
pub(super) fn list(choice: DeviceChoice) -> Vec<Adapter> {
    let Some(device_type) = device_type(choice) else { return Vec::new() };
    let devices = Device::enumerate(device_type).into_vec();
    let mut adapters: Vec<Adapter> = devices.iter().filter_map(kind).map(|kind| Adapter { choice, kind }).collect();
    adapters.sort_by_key(Adapter::rank);
    adapters
}

/// Opens an adapter. Opening it a second time gives the same device.
pub(super) fn open(adapter: &Adapter) -> Result<(Device, DeviceInfo)> {
    let options = Device::wgpu_options().device_kind(adapter.kind.clone()).graphics_api(graphics_api(adapter.choice));
    let device = match options.init() {
        Ok(device) => device,
        // Somebody opened it before us.
        Err(WgpuInitError::Registration { .. }) => again(adapter),
        Err(error) => {
            return Err(Error::Device { choice: adapter.choice.to_string(), reason: error.to_string() });
        }
    };
    let name = device.identity().map_or_else(|| "unnamed".to_owned(), |identity| identity.name);
    let info = DeviceInfo { choice: adapter.choice, name, kind: adapter.kind_name(), max_buffer: max_buffer(&device) };
    Ok((device, info))
}

fn again(adapter: &Adapter) -> Device {
    match adapter.choice {
        #[cfg(feature = "vulkan")]
        DeviceChoice::Vulkan => Device::vulkan(adapter.kind.clone()),
        #[cfg(feature = "metal")]
        DeviceChoice::Metal => Device::metal(adapter.kind.clone()),
        _ => Device::wgpu(adapter.kind.clone()),
    }
}

fn device_type(choice: DeviceChoice) -> Option<DeviceType> {
    match choice {
        DeviceChoice::Wgpu => Some(DeviceType::Wgpu),
        #[cfg(feature = "vulkan")]
        DeviceChoice::Vulkan => Some(DeviceType::Vulkan),
        #[cfg(feature = "metal")]
        DeviceChoice::Metal => Some(DeviceType::Metal),
        _ => None,
    }
}

fn graphics_api(choice: DeviceChoice) -> WgpuBackend {
    match choice {
        DeviceChoice::Vulkan => WgpuBackend::Vulkan,
        DeviceChoice::Metal => WgpuBackend::Metal,
        _ => WgpuBackend::Auto,
    }
}

/// The kind of an adapter; `None` for one that burn has no name for.
fn kind(device: &Device) -> Option<DeviceKind> {
    let DispatchDevice::Cube(CubeDevice::Wgpu(device)) = device.as_dispatch() else { return None };
    match device.kind {
        WgpuDeviceKind::DiscreteGpu(index) => Some(DeviceKind::DiscreteGpu(index)),
        WgpuDeviceKind::IntegratedGpu(index) => Some(DeviceKind::IntegratedGpu(index)),
        WgpuDeviceKind::VirtualGpu(index) => Some(DeviceKind::VirtualGpu(index)),
        WgpuDeviceKind::Cpu => Some(DeviceKind::Cpu),
        _ => None,
    }
}
