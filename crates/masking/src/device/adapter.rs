//! Adapters of wgpu: which there are, and how one is opened without a panic.
//!
//! Every adapter is pinned to its graphics API. Left to choose, wgpu would also ask OpenGL where Vulkan has nothing
//! better than software, and OpenGL is no place for compute kernels.

use std::sync::OnceLock;

use burn::backend::{CubeDevice, WgpuBackend, WgpuDevice, WgpuDeviceKind};
use burn::tensor::wgpu::WgpuInitError;
use burn::tensor::{Device, DeviceKind};

use super::{DeviceChoice, DeviceInfo, limits, max_buffer};
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
    let reaches = |device: &&WgpuDevice| match choice {
        DeviceChoice::Vulkan => device.backend == WgpuBackend::Vulkan,
        DeviceChoice::Metal => device.backend == WgpuBackend::Metal,
        _ => true,
    };
    let adapters = if is_built(choice) { probe() } else { &[] };
    adapters.iter().filter(reaches).filter_map(|device| Adapter::new(choice, device.clone())).collect()
}

/// What the machine has, asked once: it is slow, and drivers that find no display complain each time.
fn probe() -> &'static [WgpuDevice] {
    static ADAPTERS: OnceLock<Vec<WgpuDevice>> = OnceLock::new();
    ADAPTERS.get_or_init(|| {
        let kinds = [
            WgpuDeviceKind::DiscreteGpu(0),
            WgpuDeviceKind::IntegratedGpu(0),
            WgpuDeviceKind::VirtualGpu(0),
            WgpuDeviceKind::Cpu,
        ];
        let mut adapters = Vec::new();
        for kind in kinds {
            for api in [WgpuBackend::Vulkan, WgpuBackend::Metal, WgpuBackend::Dx12] {
                // All adapters of a kind and an API are asked for by the name of the first.
                let first = CubeDevice::Wgpu(WgpuDevice::new(kind.clone()).on(api));
                let ids = CubeDevice::enumerate(first.to_id());
                adapters.extend(ids.into_iter().filter_map(|id| match CubeDevice::from_id(id) {
                    CubeDevice::Wgpu(device) => Some(device),
                    _ => None,
                }));
            }
        }
        adapters
    })
}

/// Opens an adapter. Opening it a second time gives the same device.
pub(super) fn open(adapter: &Adapter) -> Result<(Device, DeviceInfo)> {
    let options = Device::wgpu_options().device_kind(adapter.kind.clone()).graphics_api(adapter.device.backend);
    let device = match options.init() {
        Ok(device) => device,
        // It is open already.
        Err(WgpuInitError::Registration { .. }) => Device::new(adapter.device.clone()),
        Err(error) => {
            return Err(Error::Device { choice: adapter.choice.to_string(), reason: error.to_string() });
        }
    };
    let name = device.identity().map_or_else(|| "unnamed".to_owned(), |identity| identity.name);
    let info = DeviceInfo {
        choice: adapter.choice,
        name,
        kind: adapter.kind_name(),
        max_buffer: max_buffer(&device),
        limits: limits(&device),
    };
    Ok((device, info))
}
