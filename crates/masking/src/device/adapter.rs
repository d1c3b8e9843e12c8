//! Adapters of wgpu: which there are, and how one is opened without a panic.
//!
//! Every adapter is pinned to its graphics API. Left to choose, wgpu would also ask OpenGL where Vulkan has nothing
//! better than software, and on a machine without a display the libraries behind OpenGL complain to standard error.

use burn::backend::{CubeDevice, WgpuBackend, WgpuDevice, WgpuDeviceKind};
use burn::tensor::wgpu::WgpuInitError;
use burn::tensor::{Device, DeviceKind};

use super::{DeviceChoice, DeviceInfo, max_buffer};
use crate::{Error, Result};

/// An adapter that the machine has.
pub(super) struct Adapter {
    choice: DeviceChoice,
    kind: DeviceKind,
    device: WgpuDevice,
}

impl Adapter {
    /// Whether it is a GPU in software.
    pub(super) fn is_software(&self) -> bool {
        self.kind == DeviceKind::Cpu
    }

    /// `None` for a kind that burn has no name for.
    fn new(choice: DeviceChoice, device: WgpuDevice) -> Option<Self> {
        let kind = match device.kind {
            WgpuDeviceKind::DiscreteGpu(index) => DeviceKind::DiscreteGpu(index),
            WgpuDeviceKind::IntegratedGpu(index) => DeviceKind::IntegratedGpu(index),
            WgpuDeviceKind::VirtualGpu(index) => DeviceKind::VirtualGpu(index),
            WgpuDeviceKind::Cpu => DeviceKind::Cpu,
            _ => return None,
        };
        Some(Self { choice, kind, device })
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
}

/// Whether this build reaches adapters by that name.
pub(super) fn is_built(choice: DeviceChoice) -> bool {
    match choice {
        DeviceChoice::Wgpu => true,
        DeviceChoice::Vulkan => cfg!(feature = "vulkan"),
        DeviceChoice::Metal => cfg!(feature = "metal"),
        DeviceChoice::Auto | DeviceChoice::Cpu | DeviceChoice::Cuda => false,
    }
}

/// The adapters that the name reaches, faster kinds first. None at all where the machine or the build has none.
pub(super) fn list(choice: DeviceChoice) -> Vec<Adapter> {
    if !is_built(choice) {
        return Vec::new();
    }
    let apis: &[WgpuBackend] = match choice {
        DeviceChoice::Vulkan => &[WgpuBackend::Vulkan],
        DeviceChoice::Metal => &[WgpuBackend::Metal],
        _ => &[WgpuBackend::Vulkan, WgpuBackend::Metal, WgpuBackend::Dx12],
    };
    let kinds = [
        WgpuDeviceKind::DiscreteGpu(0),
        WgpuDeviceKind::IntegratedGpu(0),
        WgpuDeviceKind::VirtualGpu(0),
        WgpuDeviceKind::Cpu,
    ];
    let mut adapters = Vec::new();
    for kind in kinds {
        for &api in apis {
            // All adapters of a kind and an API are asked for by the name of the first.
            let first = CubeDevice::Wgpu(WgpuDevice::new(kind.clone()).on(api));
            for id in CubeDevice::enumerate(first.to_id()) {
                if let CubeDevice::Wgpu(device) = CubeDevice::from_id(id) {
                    adapters.extend(Adapter::new(choice, device));
                }
            }
        }
    }
    adapters
}

/// Opens an adapter. Opening it a second time gives the same device.
pub(super) fn open(adapter: &Adapter) -> Result<(Device, DeviceInfo)> {
    let options = Device::wgpu_options().device_kind(adapter.kind.clone()).graphics_api(adapter.device.backend.clone());
    let device = match options.init() {
        Ok(device) => device,
        // It is open already.
        Err(WgpuInitError::Registration { .. }) => Device::new(adapter.device.clone()),
        Err(error) => {
            return Err(Error::Device { choice: adapter.choice.to_string(), reason: error.to_string() });
        }
    };
    let name = device.identity().map_or_else(|| "unnamed".to_owned(), |identity| identity.name);
    let info = DeviceInfo { choice: adapter.choice, name, kind: adapter.kind_name(), max_buffer: max_buffer(&device) };
    Ok((device, info))
}
