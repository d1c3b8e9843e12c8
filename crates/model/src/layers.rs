//! The layers of a network in training, built from named weights and read back into them.

use burn::{
    module::{Module, Param, ParamId, RunningState},
    nn::{
        BatchNormConfig, Linear, LinearConfig, PaddingConfig1d,
        conv::{Conv1d, Conv1dConfig},
    },
    tensor::{Device, Tensor, TensorData, activation::relu, module::avg_pool1d, ops::AvgPoolOptions},
};

use crate::{
    StateDict,
    norm::{EPSILON, Norm, ScaleNorm},
    plan::{BlockPlan, ConvPlan},
    tensor_network::Weights,
};

/// Makes layers from a state dict that fits the architecture (see [`StateDict::check`]).
pub(crate) struct Builder<'a> {
    state: &'a StateDict,
    device: &'a Device,
    homogeneous: bool,
    frozen: bool,
    next_id: u64,
}

/// A convolution and its norm.
#[derive(Module, Debug)]
pub(crate) struct ConvNorm {
    conv: Conv1d,
    norm: Norm,
    relu: bool,
}

/// ReLU of the sum of a chain of convolutions and an identity path.
#[derive(Module, Debug)]
pub(crate) struct Block {
    convs: Vec<ConvNorm>,
    identity: Option<ConvNorm>,
    pool: usize,
}

impl<'a> Builder<'a> {
    /// For a device with autodiff: the parameters ask for gradients. Frozen norms use their running statistics and leave
    /// them as they are.
    pub(crate) fn new(state: &'a StateDict, device: &'a Device, homogeneous: bool, frozen: bool) -> Self {
        Self { state, device, homogeneous, frozen, next_id: 1 }
    }

    /// The convolution and norm of a plan.
    pub(crate) fn conv(&mut self, plan: &ConvPlan) -> ConvNorm {
        let config = Conv1dConfig::new(plan.c_in, plan.c_out, plan.kernel)
            .with_stride(plan.stride)
            .with_padding(PaddingConfig1d::Explicit(plan.kernel / 2, plan.kernel / 2))
            .with_bias(false);
        let shape = [plan.c_out, plan.c_in, plan.kernel];
        let weight = self.data(&format!("{}.0.weight", plan.key));
        let mut conv = config.init(self.device);
        conv.weight = self.param(weight.to_vec(), shape);
        ConvNorm { conv, norm: self.norm(&format!("{}.1", plan.key), plan.c_out), relu: plan.relu }
    }

    pub(crate) fn block(&mut self, plan: &BlockPlan) -> Block {
        let convs = plan.convs.iter().map(|conv| self.conv(conv)).collect();
        Block { convs, identity: plan.identity.as_ref().map(|conv| self.conv(conv)), pool: plan.pool }
    }

    pub(crate) fn norm(&mut self, key: &str, channels: usize) -> Norm {
        let tensor = |name: &str| self.data(&format!("{key}.{name}")).to_vec();
        let [gain, variance] = ["weight", "running_var"].map(tensor);
        let variance = self.tensor(variance, [channels]);
        if self.homogeneous {
            let gain = self.param(gain, [channels]);
            return Norm::Scale(ScaleNorm::new(gain, RunningState::with_id(self.id(), variance), self.frozen));
        }
        let [shift, mean] = ["bias", "running_mean"].map(tensor);
        let mean = self.tensor(mean, [channels]);
        let mut norm = BatchNormConfig::new(channels).with_epsilon(EPSILON).init(self.device);
        norm.training = Param::from_bool(!self.frozen);
        norm.gamma = self.param(gain, [channels]);
        norm.beta = self.param(shift, [channels]);
        norm.running_mean = RunningState::with_id(self.id(), mean);
        norm.running_var = RunningState::with_id(self.id(), variance);
        Norm::Batch(norm)
    }

    pub(crate) fn linear(&mut self, key: &str, c_in: usize, c_out: usize) -> Linear {
        let mut linear = LinearConfig::new(c_in, c_out).init(self.device);
        // The state dict holds `[outputs, inputs]`.
        let weight = transposed(self.data(&format!("{key}.weight")), c_in);
        linear.weight = self.param(weight, [c_in, c_out]);
        linear.bias = None;
        if !self.homogeneous {
            let bias = self.data(&format!("{key}.bias")).to_vec();
            linear.bias = Some(self.param(bias, [c_out]));
        }
        linear
    }

    fn data(&self, key: &str) -> &'a [f32] {
        &self.state.get(key).expect("invariant: the state dict was checked against the architecture").data
    }

    fn tensor<const D: usize>(&self, data: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(data, shape), self.device)
    }

    /// Parameters are numbered in the order of the layers, so that an optimizer's state finds them again.
    fn param<const D: usize>(&mut self, data: Vec<f32>, shape: [usize; D]) -> Param<Tensor<D>> {
        let tensor = self.tensor(data, shape).require_grad();
        Param::initialized(self.id(), tensor)
    }

    fn id(&mut self) -> ParamId {
        self.next_id += 1;
        ParamId::from(self.next_id - 1)
    }
}

impl ConvNorm {
    /// From `[batch, channels, samples]` to the same with other channels and samples.
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = self.norm.forward(self.conv.forward(x));
        if self.relu { relu(x) } else { x }
    }

    /// Adds the convolution with the frozen norm in it, made of the parameters.
    pub(crate) fn fold(&self, weights: &mut Vec<Weights>) {
        let scale = self.norm.scale();
        let [channels] = scale.dims();
        let bias = Tensor::zeros([channels], &scale.device());
        weights.push(Weights::Conv(self.conv.weight.val() * scale.reshape([channels, 1, 1]), bias));
    }

    /// Adds the weights to a state dict.
    pub(crate) fn collect(&self, plan: &ConvPlan, state: &mut StateDict) {
        let shape = vec![plan.c_out, plan.c_in, plan.kernel];
        state.insert(format!("{}.0.weight", plan.key), shape, numbers(self.conv.weight.val()));
        collect_norm(&self.norm, &format!("{}.1", plan.key), state);
    }
}

impl Block {
    /// From `[batch, channels, samples]` to the same with other channels and samples.
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let branch = self.convs.iter().fold(x.clone(), |x, conv| conv.forward(x));
        let pooled = if self.pool == 1 { x } else { pool_pairs(x, self.pool) };
        let identity = match &self.identity {
            Some(conv) => conv.forward(pooled),
            None => pooled,
        };
        relu(branch + identity)
    }

    /// Adds the folded convolutions in the order of [`Network`](crate::Network): the identity path comes first.
    pub(crate) fn fold(&self, weights: &mut Vec<Weights>) {
        self.identity.iter().chain(&self.convs).for_each(|conv| conv.fold(weights));
    }

    /// Adds the weights to a state dict.
    pub(crate) fn collect(&self, plan: &BlockPlan, state: &mut StateDict) {
        self.convs.iter().zip(&plan.convs).for_each(|(conv, plan)| conv.collect(plan, state));
        self.identity.iter().zip(&plan.identity).for_each(|(conv, plan)| conv.collect(plan, state));
    }
}

/// A linear layer with the frozen norm before it in it, made of the parameters.
pub(crate) fn fold_linear(norm: &Norm, linear: &Linear) -> Weights {
    let weight = linear.weight.val();
    let [c_in, c_out] = weight.dims();
    let bias = Tensor::zeros([1, c_out], &weight.device());
    Weights::Linear(weight * norm.scale().reshape([c_in, 1]), bias)
}

/// Adds a norm's weights and running statistics to a state dict.
pub(crate) fn collect_norm(norm: &Norm, key: &str, state: &mut StateDict) {
    for (name, tensor) in norm.tensors() {
        let shape = tensor.dims().to_vec();
        state.insert(format!("{key}.{name}"), shape, numbers(tensor));
    }
}

/// Adds a linear layer's weights to a state dict, `[outputs, inputs]`.
pub(crate) fn collect_linear(linear: &Linear, key: &str, state: &mut StateDict) {
    let [c_in, c_out] = linear.weight.val().dims();
    let weight = transposed(&numbers(linear.weight.val()), c_out);
    state.insert(format!("{key}.weight"), vec![c_out, c_in], weight);
    if let Some(bias) = &linear.bias {
        state.insert(format!("{key}.bias"), vec![c_out], numbers(bias.val()));
    }
}

/// The numbers of a tensor on the host.
pub(crate) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data().convert::<f32>();
    data.try_to_vec().expect("invariant: converted to f32 above")
}

/// Average pool of windows that do not overlap; the last one may be shorter.
fn pool_pairs(x: Tensor<3>, window: usize) -> Tensor<3> {
    avg_pool1d(x, AvgPoolOptions::new([window]).with_count_include_pad(false).with_ceil_mode(true))
}

fn transposed(matrix: &[f32], columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|c| matrix.iter().skip(c).step_by(columns).copied()).collect()
}
