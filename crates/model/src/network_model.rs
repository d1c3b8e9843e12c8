//! A model made of a network and nothing else.

use std::sync::Arc;

use burn::{
    backend::DispatchDevice,
    tensor::{Device, Tensor, TensorData},
};

use crate::{BatchModel, CpuNetwork, ModelSpec, Network, TensorNetwork, layers::numbers};

/// A network on a device, with what the engine must know of it.
#[derive(Clone, Debug)]
pub struct NetworkModel {
    spec: ModelSpec,
    network: Arc<Network>,
    runner: Runner,
}

/// What runs the network on the device it was put on.
#[derive(Clone, Debug)]
enum Runner {
    Cpu(Arc<CpuNetwork>),
    Tensors(TensorNetwork),
}

impl NetworkModel {
    /// Puts a network on a device: on the CPU it is run by [`CpuNetwork`], elsewhere, and where gradients are tracked, by
    /// [`TensorNetwork`].
    pub fn new(spec: ModelSpec, network: Network, device: &Device) -> Self {
        let runner = Runner::new(&network, device);
        Self { spec, network: Arc::new(network), runner }
    }

    /// The same model on another device.
    pub fn on_device(&self, device: &Device) -> Self {
        Self { runner: Runner::new(&self.network, device), ..self.clone() }
    }
}

impl Runner {
    fn new(network: &Network, device: &Device) -> Self {
        match device.as_dispatch() {
            DispatchDevice::Flex(_) => Self::Cpu(Arc::new(CpuNetwork::new(network))),
            _ => Self::Tensors(TensorNetwork::new(network, device)),
        }
    }
}

impl BatchModel for NetworkModel {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        let cpu = match &self.runner {
            Runner::Cpu(cpu) => cpu,
            Runner::Tensors(tensors) => return tensors.logits(batch),
        };
        let ([rows, ..], device) = (batch.dims(), batch.device());
        let [outputs, _] = self.network.shape(self.network.output());
        Tensor::from_data(TensorData::new(cpu.logits(&numbers(batch)), [rows, outputs]), &device)
    }

    fn layers(&self) -> Option<&Network> {
        Some(&self.network)
    }

    fn to_device(&self, device: &Device) -> Box<dyn BatchModel> {
        Box::new(self.on_device(device))
    }
}
