//! The weights of a network on the host, by name.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    io::Read,
    path::Path,
};

use burn::tensor::{bf16, f16};
use burn_store::pytorch_reader::{DType, PytorchReader};
use einthoven_game::rng::{ChaCha8Rng, stream};
use rand::RngExt;
use rand_distr::StandardNormal;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::{
    Error, Result, XResNetConfig,
    plan::{Plan, TensorPlan, TensorRole},
};

/// Largest weights file that is read.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// A tensor on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct HostTensor {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// The numbers, last axis fastest.
    pub data: Vec<f32>,
}

/// The tensors of a network by the names of the published PyTorch networks (`0.0.weight`, `4.0.convs.0.0.weight`).
#[derive(Clone, Default, PartialEq)]
pub struct StateDict {
    tensors: BTreeMap<String, HostTensor>,
}

impl StateDict {
    /// Fresh weights: normal with variance 2 / fan-in for convolutions (He et al. 2015), uniform for linear layers.
    pub fn initial(config: &XResNetConfig, seed: u64) -> Self {
        let mut state = Self::default();
        for (i, tensor) in Plan::new(config).tensors().into_iter().enumerate() {
            let mut rng = stream(seed, "model/initial-weights", i as u64);
            let data = initial_values(&tensor, &mut rng);
            state.insert(tensor.key, tensor.shape, data);
        }
        state
    }

    /// The tensor of a name.
    pub fn get(&self, key: &str) -> Option<&HostTensor> {
        self.tensors.get(key)
    }

    /// All names, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Adds a tensor, or puts it in place of the one of this name.
    ///
    /// # Panics
    /// If there are not as many numbers as the shape says.
    pub fn insert(&mut self, key: impl Into<String>, shape: Vec<usize>, data: Vec<f32>) {
        assert_eq!(shape.iter().product::<usize>(), data.len(), "one number per cell of the shape");
        self.tensors.insert(key.into(), HostTensor { shape, data });
    }

    /// Refuses weights that do not fit an architecture: a missing tensor, another shape, a number that is not finite.
    pub fn check(&self, config: &XResNetConfig) -> Result<()> {
        for TensorPlan { key, shape, .. } in Plan::new(config).tensors() {
            let Some(tensor) = self.get(&key) else {
                return Err(Error::weights(&key, "is missing"));
            };
            if tensor.shape != shape {
                let reason = format!("has shape {:?}, the architecture needs {shape:?}", tensor.shape);
                return Err(Error::weights(&key, reason));
            }
            if tensor.data.iter().any(|x| !x.is_finite()) {
                return Err(Error::weights(&key, "holds a number that is not finite"));
            }
        }
        Ok(())
    }

    /// The tensors whose names begin with a prefix, by the rest of their names.
    pub(crate) fn strip_prefix(&self, prefix: &str) -> Self {
        let stripped = self.tensors.iter().filter_map(|(k, t)| Some((k.strip_prefix(prefix)?.to_owned(), t.clone())));
        Self { tensors: stripped.collect() }
    }

    /// The bytes of a safetensors file. Equal weights and metadata give equal bytes.
    ///
    /// # Errors
    /// If the file cannot be made of them.
    pub fn to_safetensors(&self, metadata: &[(&str, String)]) -> Result<Vec<u8>> {
        let bytes: BTreeMap<&str, Vec<u8>> = self
            .tensors
            .iter()
            .map(|(key, tensor)| (key.as_str(), tensor.data.iter().flat_map(|x| x.to_le_bytes()).collect()))
            .collect();
        let mut views = Vec::new();
        for (key, tensor) in &self.tensors {
            let view = TensorView::new(Dtype::F32, tensor.shape.clone(), &bytes[key.as_str()]);
            views.push((key.as_str(), view.map_err(|e| Error::weights(key, e))?));
        }
        let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        // One entry at most: a map of several has no fixed order.
        let metadata: HashMap<String, String> = metadata.collect();
        safetensors::serialize(views, Some(metadata)).map_err(|e| Error::weights("all", e))
    }

    /// Reads the bytes of a safetensors file, and its metadata.
    ///
    /// # Errors
    /// If they are none; the message says why.
    pub fn from_safetensors(bytes: &[u8]) -> std::result::Result<(Self, HashMap<String, String>), String> {
        let not_one = |e| format!("not a safetensors file ({e})");
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(not_one)?;
        let file = SafeTensors::deserialize(bytes).map_err(not_one)?;
        let mut state = Self::default();
        for (key, view) in file.iter() {
            let kind = match view.dtype() {
                Dtype::F64 => DType::F64,
                Dtype::F32 => DType::F32,
                Dtype::F16 => DType::F16,
                Dtype::BF16 => DType::BF16,
                // Counters such as `num_batches_tracked` are no weights.
                _ => continue,
            };
            state.insert(key, view.shape().to_vec(), to_floats(view.data(), kind));
        }
        Ok((state, header.metadata().clone().unwrap_or_default()))
    }

    /// Reads a PyTorch file (`.pt`, `.pth`) that holds a state dict, perhaps among other things.
    pub(crate) fn from_pytorch(path: &Path) -> Result<Self> {
        let reader = PytorchReader::new(path).map_err(|e| Error::read(path, format!("not a PyTorch file ({e})")))?;
        let mut state = Self::default();
        let mut bytes_left = MAX_FILE_BYTES;
        for (key, tensor) in reader.into_tensors() {
            if !matches!(tensor.dtype(), DType::F64 | DType::F32 | DType::F16 | DType::BF16) {
                continue;
            }
            // Views may claim more elements than the file holds.
            bytes_left = bytes_left
                .checked_sub(tensor.byte_len() as u64)
                .ok_or_else(|| Error::read(path, "the tensors hold more than 1 GiB"))?;
            let bytes = tensor.read().map_err(|e| Error::read(path, format!("tensor '{key}': {e}")))?;
            let data = to_floats(&bytes, tensor.dtype());
            if data.len() != tensor.num_elements() {
                return Err(Error::read(path, format!("tensor '{key}' is cut short")));
            }
            state.insert(key, tensor.shape().to_vec(), data);
        }
        Ok(state)
    }
}

impl fmt::Debug for StateDict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.tensors.iter().map(|(key, tensor)| (key, &tensor.shape))).finish()
    }
}

/// The bytes of a file, if it is not larger than a weights file may be.
pub(crate) fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    let file = std::fs::File::open(path).map_err(|e| Error::read(path, e))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|e| Error::read(path, e))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(Error::read(path, "larger than 1 GiB, which no weights file is"));
    }
    Ok(bytes)
}

fn initial_values(tensor: &TensorPlan, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let n = tensor.shape.iter().product();
    let fan_in: usize = tensor.shape.iter().skip(1).product();
    match tensor.role {
        TensorRole::ConvWeight => {
            let scale = (2.0 / fan_in as f64).sqrt();
            (0..n).map(|_| (scale * rng.sample::<f64, _>(StandardNormal)) as f32).collect()
        }
        TensorRole::LinearWeight => {
            let bound = 1.0 / (fan_in as f64).sqrt();
            (0..n).map(|_| (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32).collect()
        }
        TensorRole::Gain(gain) => vec![gain; n],
        TensorRole::Shift => vec![1e-3; n],
        TensorRole::RunningVar => vec![1.0; n],
        TensorRole::RunningMean | TensorRole::LinearBias => vec![0.0; n],
    }
}

/// Little-endian numbers of any floating type; none for other types.
fn to_floats(bytes: &[u8], kind: DType) -> Vec<f32> {
    match kind {
        DType::F64 => bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
        DType::F32 => bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        DType::F16 => bytes.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
        DType::BF16 => bytes.as_chunks().0.iter().map(|b| bf16::from_le_bytes(*b).to_f32()).collect(),
        _ => Vec::new(),
    }
}
