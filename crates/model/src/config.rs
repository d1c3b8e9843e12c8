//! The architecture of a residual network as numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    plan::{Plan, TensorRole},
};

/// Largest width, depth or kernel that a configuration may ask for. Far above any network in use, and small enough
/// that no product of them overflows.
const LIMIT: usize = 4096;

/// A network of the xresnet1d family: a stem of three convolutions or so, a pool, stages of residual blocks, and a
/// head on the concatenated maximum and mean over time.
///
/// The family is the one-dimensional form of the "bag of tricks" residual network (He et al., CVPR 2019) that
/// Strodthoff et al. (IEEE JBHI 2021, 10.1109/jbhi.2020.3022989) measured on PTB-XL.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XResNetConfig {
    /// Number of input leads.
    pub n_leads: usize,
    /// Output channels of each convolution of the stem.
    pub stem: Vec<usize>,
    /// Stride of the first convolution of the stem. A max-pool of stride 2 follows the last one.
    pub stem_stride: usize,
    /// Inner width of the blocks of each stage; a stage has `width * expansion` channels.
    pub widths: Vec<usize>,
    /// Number of blocks in each stage.
    pub depths: Vec<usize>,
    /// Stride of the first block of each stage, 1 or 2.
    pub strides: Vec<usize>,
    /// 1 for basic blocks of two convolutions; more for bottlenecks of three.
    pub expansion: usize,
    /// Length of the kernels in samples, odd.
    pub kernel_size: usize,
    /// Width of the hidden layer of the head.
    pub hidden: usize,
    /// Dropout before the hidden layer and before the last one, in training.
    pub dropout: [f64; 2],
    /// Number of outputs.
    pub n_outputs: usize,
    /// Whether the network is nonnegatively homogeneous, `f(ax) = a f(x)` for `a >= 0`: no biases, no shifts, and norms
    /// that divide by the root mean square of a channel instead of taking off its mean (X-DNN: Hesse, Schaub-Meyer and
    /// Roth, NeurIPS 2021).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub homogeneous: bool,
}

/// As derived, but an ordinary network does not say so: fingerprints are made of this text.
impl fmt::Debug for XResNetConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("XResNetConfig");
        text.field("n_leads", &self.n_leads)
            .field("stem", &self.stem)
            .field("stem_stride", &self.stem_stride)
            .field("widths", &self.widths)
            .field("depths", &self.depths)
            .field("strides", &self.strides)
            .field("expansion", &self.expansion)
            .field("kernel_size", &self.kernel_size)
            .field("hidden", &self.hidden)
            .field("dropout", &self.dropout)
            .field("n_outputs", &self.n_outputs);
        if self.homogeneous {
            text.field("homogeneous", &true);
        }
        text.finish()
    }
}

impl XResNetConfig {
    /// The published xresnet1d18: basic blocks.
    pub fn xresnet1d18(n_outputs: usize) -> Self {
        Self::published(vec![2, 2, 2, 2], 1, n_outputs)
    }

    /// The published xresnet1d50: bottlenecks.
    pub fn xresnet1d50(n_outputs: usize) -> Self {
        Self::published(vec![3, 4, 6, 3], 4, n_outputs)
    }

    /// The published xresnet1d101: bottlenecks.
    pub fn xresnet1d101(n_outputs: usize) -> Self {
        Self::published(vec![3, 4, 23, 3], 4, n_outputs)
    }

    fn published(depths: Vec<usize>, expansion: usize, n_outputs: usize) -> Self {
        Self {
            n_leads: 12,
            stem: vec![32, 32, 64],
            stem_stride: 2,
            widths: vec![64; 4],
            depths,
            strides: vec![1, 2, 2, 2],
            expansion,
            kernel_size: 5,
            hidden: 128,
            dropout: [0.25, 0.5],
            n_outputs,
            homogeneous: false,
        }
    }

    /// Number of trainable parameters.
    pub fn n_parameters(&self) -> usize {
        let tensors = Plan::new(self).tensors();
        tensors.iter().filter(|t| t.role.is_trained()).map(|t| t.shape.iter().product::<usize>()).sum()
    }

    /// Refuses what no network can be built from, naming the field.
    pub fn check(&self) -> Result<()> {
        let sizes = [
            ("n_leads", self.n_leads),
            ("stem_stride", self.stem_stride),
            ("expansion", self.expansion),
            ("kernel_size", self.kernel_size),
            ("hidden", self.hidden),
            ("n_outputs", self.n_outputs),
        ];
        for (field, size) in sizes {
            check_size(field, size)?;
        }
        for (field, sizes) in
            [("stem", &self.stem), ("widths", &self.widths), ("depths", &self.depths), ("strides", &self.strides)]
        {
            if sizes.is_empty() || sizes.len() > 16 {
                return Err(Error::setting(field, format!("expected 1 to 16 numbers, found {}", sizes.len())));
            }
            sizes.iter().try_for_each(|&size| check_size(field, size))?;
        }
        if self.kernel_size.is_multiple_of(2) {
            return Err(Error::setting("kernel_size", format!("expected an odd number, found {}", self.kernel_size)));
        }
        for (field, n) in [("depths", self.depths.len()), ("strides", self.strides.len())] {
            if n != self.widths.len() {
                return Err(Error::setting(field, format!("expected one number per width, {}", self.widths.len())));
            }
        }
        if let Some(bad) = self.strides.iter().find(|s| **s > 2) {
            return Err(Error::setting("strides", format!("expected 1 or 2, found {bad}")));
        }
        if self.depths.iter().sum::<usize>() > 512 {
            return Err(Error::setting("depths", "expected at most 512 blocks in all"));
        }
        if let Some(bad) = self.dropout.iter().find(|p| !(0.0..1.0).contains(*p)) {
            return Err(Error::setting("dropout", format!("expected a number from 0 to below 1, found {bad}")));
        }
        Ok(())
    }
}

fn check_size(field: &'static str, size: usize) -> Result<()> {
    if (1..=LIMIT).contains(&size) {
        return Ok(());
    }
    Err(Error::setting(field, format!("expected a number from 1 to {LIMIT}, found {size}")))
}

impl TensorRole {
    /// Whether training changes the tensor by its gradient; running statistics are not counted as parameters.
    pub(crate) fn is_trained(self) -> bool {
        !matches!(self, Self::RunningMean | Self::RunningVar)
    }

    /// Whether the tensor is added to something or taken off, which no homogeneous network does.
    pub(crate) fn is_shift(self) -> bool {
        matches!(self, Self::Shift | Self::RunningMean | Self::LinearBias)
    }
}
