//! What a layer does.

use super::Node;

/// An operation of a network, in evaluation: batch norms are folded into the convolutions, dropout is gone.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// `(x - mean) / std`, the same for every channel.
    Normalise {
        /// What is taken off.
        mean: f32,
        /// What is divided by.
        std: f32,
    },
    /// A convolution along time with its bias.
    Conv(Conv),
    /// The larger of `x` and 0.
    Relu,
    /// The sum with another node of the same shape.
    Add(Node),
    /// The largest number of each window; padding never wins.
    MaxPool {
        /// Samples in a window.
        kernel: usize,
        /// Samples from one window to the next.
        stride: usize,
        /// Samples that the first window begins before the signal, less than `kernel`.
        padding: usize,
    },
    /// The mean of each window; windows lie side by side, and the last one may be shorter.
    AvgPool {
        /// Samples in a window.
        window: usize,
    },
    /// The largest number of each channel over time, then the mean of each: a vector of twice the channels.
    PoolTime,
    /// A matrix times a vector, with a bias.
    Linear(Linear),
}

/// Weights of a convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// Channels it reads and channels it makes.
    pub channels: [usize; 2],
    /// Samples in a window.
    pub kernel: usize,
    /// Samples from one window to the next.
    pub stride: usize,
    /// Zeros before and behind the signal, less than `kernel`.
    pub padding: usize,
    /// `[channels out, channels in, kernel]`.
    pub weight: Vec<f32>,
    /// `[channels out]`.
    pub bias: Vec<f32>,
}

/// Weights of a linear layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Numbers it reads and numbers it makes.
    pub features: [usize; 2],
    /// `[features out, features in]`.
    pub weight: Vec<f32>,
    /// `[features out]`.
    pub bias: Vec<f32>,
}

impl Op {
    /// The second node it reads, where it has one.
    pub fn other(&self) -> Option<Node> {
        match self {
            Self::Add(node) => Some(*node),
            _ => None,
        }
    }

    /// Shape of what it makes of a node `[channels, samples]` and perhaps another; or why it cannot.
    pub(crate) fn shape(
        &self,
        input: [usize; 2],
        other: Option<[usize; 2]>,
    ) -> std::result::Result<[usize; 2], String> {
        let [channels, samples] = input;
        match self {
            Self::Normalise { std, .. } if *std <= 0.0 || !std.is_finite() => {
                Err(format!("divides by {std}; a standard deviation is above 0"))
            }
            Self::Normalise { .. } | Self::Relu => Ok(input),
            Self::Add(_) if other != Some(input) => {
                Err(format!("adds {other:?} to {input:?}; both must have one shape"))
            }
            Self::Add(_) => Ok(input),
            Self::Conv(conv) => conv.shape(input),
            Self::MaxPool { kernel, stride, padding } => Ok([channels, windows(samples, *kernel, *stride, *padding)?]),
            Self::AvgPool { window: 0 } => Err("pools windows of no samples".to_owned()),
            Self::AvgPool { window } => Ok([channels, samples.div_ceil(*window)]),
            Self::PoolTime => Ok([2 * channels, 1]),
            Self::Linear(linear) => linear.shape(input),
        }
    }
}

impl Conv {
    fn shape(&self, [channels, samples]: [usize; 2]) -> std::result::Result<[usize; 2], String> {
        let [c_in, c_out] = self.channels;
        if c_in != channels {
            return Err(format!("reads {c_in} channels, but gets {channels}"));
        }
        if self.weight.len() != c_in * c_out * self.kernel || self.bias.len() != c_out {
            let [weights, biases] = [self.weight.len(), self.bias.len()];
            return Err(format!("has {weights} weights and {biases} biases, not {c_out} x {c_in} x {}", self.kernel));
        }
        Ok([c_out, windows(samples, self.kernel, self.stride, self.padding)?])
    }
}

impl Linear {
    fn shape(&self, [features, samples]: [usize; 2]) -> std::result::Result<[usize; 2], String> {
        let [n_in, n_out] = self.features;
        if [n_in, 1] != [features, samples] {
            return Err(format!("reads a vector of {n_in}, but gets {features} x {samples}"));
        }
        if self.weight.len() != n_in * n_out || self.bias.len() != n_out {
            let [weights, biases] = [self.weight.len(), self.bias.len()];
            return Err(format!("has {weights} weights and {biases} biases, not {n_out} x {n_in}"));
        }
        Ok([n_out, 1])
    }
}

/// Number of windows over so many samples with padding on both sides.
fn windows(samples: usize, kernel: usize, stride: usize, padding: usize) -> std::result::Result<usize, String> {
    if kernel == 0 || stride == 0 || padding >= kernel {
        return Err(format!(
            "has kernel {kernel}, stride {stride}, padding {padding}; padding is less than the kernel"
        ));
    }
    match (samples + 2 * padding).checked_sub(kernel) {
        Some(room) => Ok(room / stride + 1),
        None => Err(format!("has a kernel of {kernel}, but gets {samples} samples")),
    }
}
