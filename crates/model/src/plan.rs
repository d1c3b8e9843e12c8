//! The layers of a network in order, with the names and shapes of their tensors.
//!
//! Everything that needs to know a network's structure (building it, naming its weights, counting its memory) reads
//! it off the plan, so that the structure is written down once. The names are those of the published PyTorch
//! networks, whose module tree is a sequence: the convolutions of the stem, a pool, the stages, the head.

use crate::XResNetConfig;

/// A convolution, its batch norm, and perhaps a ReLU.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConvPlan {
    pub key: String,
    pub c_in: usize,
    pub c_out: usize,
    pub kernel: usize,
    pub stride: usize,
    pub relu: bool,
}

/// A residual block: ReLU of the sum of a chain of convolutions and an identity path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BlockPlan {
    pub convs: Vec<ConvPlan>,
    /// Width of the average pool on the identity path.
    pub pool: usize,
    /// The 1x1 convolution on the identity path, where the number of channels changes.
    pub identity: Option<ConvPlan>,
}

/// Batch norm, linear, ReLU, batch norm, linear.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeadPlan {
    pub key: String,
    pub features: usize,
    pub hidden: usize,
    pub outputs: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub stem: Vec<ConvPlan>,
    pub blocks: Vec<BlockPlan>,
    pub head: HeadPlan,
    pub homogeneous: bool,
}

/// What a tensor is for, which decides how it is initialised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TensorRole {
    ConvWeight,
    /// The gain of a batch norm that starts at this value.
    Gain(f32),
    Shift,
    RunningMean,
    /// In a homogeneous network the running mean of squares, under the same name.
    RunningVar,
    LinearWeight,
    LinearBias,
}

/// One tensor of the state dict.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TensorPlan {
    pub key: String,
    pub shape: Vec<usize>,
    pub role: TensorRole,
}

impl Plan {
    pub(crate) fn new(config: &XResNetConfig) -> Self {
        let mut channels = config.n_leads;
        let mut stem = Vec::new();
        for (i, &width) in config.stem.iter().enumerate() {
            let stride = if i == 0 { config.stem_stride } else { 1 };
            stem.push(ConvPlan::new(i.to_string(), [channels, width], config.kernel_size, stride, true));
            channels = width;
        }
        // The max-pool takes one place in the sequence.
        let first = config.stem.len() + 1;
        let mut blocks = Vec::new();
        for (i, &width) in config.widths.iter().enumerate() {
            for block in 0..config.depths[i] {
                let stride = if block == 0 { config.strides[i] } else { 1 };
                let key = format!("{}.{block}", first + i);
                blocks.push(BlockPlan::new(&key, channels, width, stride, config));
                channels = width * config.expansion;
            }
        }
        let key = (first + config.widths.len()).to_string();
        let head = HeadPlan { key, features: 2 * channels, hidden: config.hidden, outputs: config.n_outputs };
        Self { stem, blocks, head, homogeneous: config.homogeneous }
    }

    /// Every tensor of the state dict, in the order of the layers.
    pub(crate) fn tensors(&self) -> Vec<TensorPlan> {
        let mut tensors = Vec::new();
        self.stem.iter().for_each(|conv| conv.tensors(1.0, &mut tensors));
        for block in &self.blocks {
            for (i, conv) in block.convs.iter().enumerate() {
                // A block starts as its identity path: the last gain of the branch is zero.
                let gain = if i + 1 == block.convs.len() { 0.0 } else { 1.0 };
                conv.tensors(gain, &mut tensors);
            }
            block.identity.iter().for_each(|conv| conv.tensors(1.0, &mut tensors));
        }
        self.head.tensors(&mut tensors);
        if self.homogeneous {
            tensors.retain(|tensor| !tensor.role.is_shift());
        }
        tensors
    }
}

impl ConvPlan {
    fn new(key: String, [c_in, c_out]: [usize; 2], kernel: usize, stride: usize, relu: bool) -> Self {
        Self { key, c_in, c_out, kernel, stride, relu }
    }

    fn tensors(&self, gain: f32, tensors: &mut Vec<TensorPlan>) {
        tensors.push(TensorPlan {
            key: format!("{}.0.weight", self.key),
            shape: vec![self.c_out, self.c_in, self.kernel],
            role: TensorRole::ConvWeight,
        });
        norm_tensors(&format!("{}.1", self.key), self.c_out, gain, tensors);
    }

    /// Number of output samples for so many input samples: the padding is half the kernel.
    pub(crate) fn length(&self, samples: usize) -> usize {
        samples.div_ceil(self.stride)
    }
}

impl BlockPlan {
    fn new(key: &str, c_in: usize, width: usize, stride: usize, config: &XResNetConfig) -> Self {
        let c_out = width * config.expansion;
        let conv = |i: usize, channels: [usize; 2], kernel, stride, relu| {
            ConvPlan::new(format!("{key}.convs.{i}"), channels, kernel, stride, relu)
        };
        let k = config.kernel_size;
        let convs = if config.expansion == 1 {
            vec![conv(0, [c_in, width], k, stride, true), conv(1, [width, c_out], k, 1, false)]
        } else {
            vec![
                conv(0, [c_in, width], 1, 1, true),
                conv(1, [width, width], k, stride, true),
                conv(2, [width, c_out], 1, 1, false),
            ]
        };
        // The pool comes first on the identity path, and takes a place in the sequence only where there is one.
        let identity = (c_in != c_out).then(|| {
            let place = usize::from(stride != 1);
            ConvPlan::new(format!("{key}.idpath.{place}"), [c_in, c_out], 1, 1, false)
        });
        Self { convs, pool: stride, identity }
    }

    /// Number of output samples for so many input samples.
    pub(crate) fn length(&self, samples: usize) -> usize {
        samples.div_ceil(self.pool)
    }
}

impl HeadPlan {
    /// Names of the two batch norms and the two linear layers. The pool, the flattening, the dropouts and the ReLU
    /// take places in the sequence as well.
    pub(crate) fn keys(&self) -> [String; 4] {
        [2, 4, 6, 8].map(|place| format!("{}.{place}", self.key))
    }

    fn tensors(&self, tensors: &mut Vec<TensorPlan>) {
        let [norm, linear, last_norm, last_linear] = self.keys();
        norm_tensors(&norm, self.features, 1.0, tensors);
        linear_tensors(&linear, self.features, self.hidden, tensors);
        norm_tensors(&last_norm, self.hidden, 1.0, tensors);
        linear_tensors(&last_linear, self.hidden, self.outputs, tensors);
    }
}

fn norm_tensors(key: &str, channels: usize, gain: f32, tensors: &mut Vec<TensorPlan>) {
    let roles = [
        ("weight", TensorRole::Gain(gain)),
        ("bias", TensorRole::Shift),
        ("running_mean", TensorRole::RunningMean),
        ("running_var", TensorRole::RunningVar),
    ];
    tensors.extend(roles.map(|(name, role)| TensorPlan { key: format!("{key}.{name}"), shape: vec![channels], role }));
}

fn linear_tensors(key: &str, c_in: usize, c_out: usize, tensors: &mut Vec<TensorPlan>) {
    let weight = TensorPlan { key: format!("{key}.weight"), shape: vec![c_out, c_in], role: TensorRole::LinearWeight };
    let bias = TensorPlan { key: format!("{key}.bias"), shape: vec![c_out], role: TensorRole::LinearBias };
    tensors.extend([weight, bias]);
}
