//! A scene on a device.

use std::sync::Arc;

use burn::backend::DispatchDevice;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use crate::{Dependence, Fill, HostScene};

/// The records that rows are made of, on one device, and what masked cells become.
#[derive(Clone, Debug)]
pub struct Scene {
    pub(crate) shape: [usize; 3],
    pub(crate) players: usize,
    pub(crate) dependence: Dependence,
    pub(crate) maps: usize,
    pub(crate) cells: Cells,
}

/// Where the cells are, and in what form the device wants them.
#[derive(Clone, Debug)]
#[cfg_attr(not(any(feature = "wgpu", feature = "cuda")), allow(dead_code, reason = "only kernels read tensors"))]
pub(crate) enum Cells {
    /// Burn's CPU backend works on the memory of the host.
    Host(Arc<HostScene>),
    /// Owners and signal `[records, leads, samples]`, maps `[records or 1, maps, leads, samples]`.
    Maps { owner: Tensor<3, Int>, signal: Tensor<3>, maps: Tensor<4> },
    /// The run of each cell `[records, leads, samples]`, the runs `[runs, 3]` (start, end, owner), the signal.
    Runs { run: Tensor<3, Int>, runs: Tensor<2, Int>, signal: Tensor<3> },
}

impl Scene {
    /// Puts a scene on a device. Nothing is copied where the device is the CPU.
    ///
    /// # Panics
    /// If the device tracks gradients or is of a backend other than burn's CPU and cubecl's.
    pub fn new(host: &Arc<HostScene>, device: &Device) -> Self {
        let shape = host.shape;
        let cells = match (device.as_dispatch(), &host.fill) {
            (DispatchDevice::Flex(_), _) => Cells::Host(Arc::clone(host)),
            (DispatchDevice::Autodiff(_), _) => panic!("a device that tracks gradients"),
            (_, Fill::Maps { maps, values }) => {
                let records = values.len() / (maps * shape[1] * shape[2]);
                Cells::Maps {
                    owner: place(&host.runs.owners(), shape, device),
                    signal: Tensor::from_data(TensorData::new(host.signal.clone(), shape), device),
                    maps: Tensor::from_data(
                        TensorData::new(values.clone(), [records, *maps, shape[1], shape[2]]),
                        device,
                    ),
                }
            }
            (_, Fill::Interpolate) => {
                let table = host.runs.table();
                Cells::Runs {
                    run: place(&host.runs.indices(), shape, device),
                    runs: place(&table, [table.len() / 3, 3], device),
                    signal: Tensor::from_data(TensorData::new(host.signal.clone(), shape), device),
                }
            }
        };
        Self { shape, players: host.players(), dependence: host.dependence(), maps: host.maps(), cells }
    }

    /// Records, leads, samples.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Batch rows per coalition.
    pub fn maps(&self) -> usize {
        self.maps
    }

    /// Which players the content of a cell depends on.
    pub fn dependence(&self) -> Dependence {
        self.dependence
    }
}

/// Puts 32-bit words on a device, row after row: coalitions with the columns after them.
///
/// They lie there as `i32` of the same bits, whatever integer type the device prefers.
///
/// # Panics
/// If `words` does not have `shape[0] * shape[1]` elements.
pub fn upload(words: &[u32], shape: [usize; 2], device: &Device) -> Tensor<2, Int> {
    place(words, shape, device)
}

fn place<const D: usize>(words: &[u32], shape: [usize; D], device: &Device) -> Tensor<D, Int> {
    let words: Vec<i32> = words.iter().map(|word| word.cast_signed()).collect();
    Tensor::from_data(TensorData::new(words, shape), (device, DType::I32))
}
