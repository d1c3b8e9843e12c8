//! Residual networks of the xresnet1d family in training.

use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor, TensorData, activation::relu, module::max_pool1d, ops::MaxPoolOptions},
};
use einthoven_game::rng::ChaCha8Rng;
use rand::RngExt;

use crate::{
    Result, StateDict, XResNetConfig,
    layers::{Block, Builder, ConvNorm, collect_linear, collect_norm, fold_linear},
    norm::Norm,
    plan::Plan,
    tensor_network::Weights,
};

/// A residual network on a device with autodiff, from normalised signals to logits. Its norms use the statistics of the
/// batch until they are frozen; [`Network`](crate::Network) is the form for inference.
#[derive(Module, Debug)]
pub(crate) struct XResNet {
    stem: Vec<ConvNorm>,
    blocks: Vec<Block>,
    head: Head,
}

/// Maximum and mean over time, then two linear layers, each after a norm.
#[derive(Module, Debug)]
struct Head {
    norm: Norm,
    hidden: Linear,
    hidden_norm: Norm,
    output: Linear,
}

impl XResNet {
    /// Builds the network of an architecture with these weights; frozen norms use their running statistics.
    pub(crate) fn new(config: &XResNetConfig, state: &StateDict, frozen: bool, device: &Device) -> Result<Self> {
        config.check()?;
        state.check(config)?;
        let plan = Plan::new(config);
        let mut builder = Builder::new(state, device, config.homogeneous, frozen);
        let stem = plan.stem.iter().map(|conv| builder.conv(conv)).collect();
        let blocks = plan.blocks.iter().map(|block| builder.block(block)).collect();
        let [norm, hidden, hidden_norm, output] = plan.head.keys();
        let head = Head {
            norm: builder.norm(&norm, plan.head.features),
            hidden: builder.linear(&hidden, plan.head.features, plan.head.hidden),
            hidden_norm: builder.norm(&hidden_norm, plan.head.hidden),
            output: builder.linear(&output, plan.head.hidden, plan.head.outputs),
        };
        Ok(Self { stem, blocks, head })
    }

    /// Logits `[batch, outputs]` of normalised signals `[batch, leads, samples]`, with dropout drawn from a stream.
    pub(crate) fn forward_training(&self, x: Tensor<3>, dropout: [f64; 2], rng: &mut ChaCha8Rng) -> Tensor<2> {
        let x = self.stem.iter().fold(x, |x, conv| conv.forward(x));
        let x = max_pool1d(x, MaxPoolOptions::new([3]).with_stride([2]).with_padding([1]));
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        let x = self.head.norm.forward(pool_time(x));
        let x = relu(self.head.hidden.forward(drop_out(x, dropout[0], rng)));
        self.head.output.forward(drop_out(self.head.hidden_norm.forward(x), dropout[1], rng))
    }

    /// The weights of a homogeneous network with frozen norms as its [`Network`](crate::Network) has them, made of the
    /// parameters.
    pub(crate) fn folded(&self) -> Vec<Weights> {
        let mut weights = Vec::new();
        self.stem.iter().for_each(|conv| conv.fold(&mut weights));
        self.blocks.iter().for_each(|block| block.fold(&mut weights));
        weights.push(fold_linear(&self.head.norm, &self.head.hidden));
        weights.push(fold_linear(&self.head.hidden_norm, &self.head.output));
        weights
    }

    /// The weights of a network in training.
    pub(crate) fn state(&self, config: &XResNetConfig) -> StateDict {
        let plan = Plan::new(config);
        let mut state = StateDict::default();
        self.stem.iter().zip(&plan.stem).for_each(|(conv, plan)| conv.collect(plan, &mut state));
        self.blocks.iter().zip(&plan.blocks).for_each(|(block, plan)| block.collect(plan, &mut state));
        let [norm, hidden, hidden_norm, output] = plan.head.keys();
        collect_norm(&self.head.norm, &norm, &mut state);
        collect_linear(&self.head.hidden, &hidden, &mut state);
        collect_norm(&self.head.hidden_norm, &hidden_norm, &mut state);
        collect_linear(&self.head.output, &output, &mut state);
        state
    }
}

/// Maximum and mean over time, `[batch, 2 * channels]`.
fn pool_time(x: Tensor<3>) -> Tensor<2> {
    let [batch, channels, _] = x.dims();
    let pooled = Tensor::cat(vec![x.clone().max_dim(2), x.mean_dim(2)], 1);
    pooled.reshape([batch, 2 * channels])
}

/// Sets a share of the numbers to zero and scales the rest, so that the mean stays. The mask is drawn on the host:
/// a device's own generator could not be resumed.
fn drop_out(x: Tensor<2>, share: f64, rng: &mut ChaCha8Rng) -> Tensor<2> {
    if share == 0.0 {
        return x;
    }
    let [batch, channels] = x.dims();
    let keep = (1.0 / (1.0 - share)) as f32;
    let mask: Vec<f32> = (0..batch * channels).map(|_| if rng.random::<f64>() < share { 0.0 } else { keep }).collect();
    let mask = Tensor::from_data(TensorData::new(mask, [batch, channels]), &x.device());
    x * mask
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use burn::module::{ModuleVisitor, Param};
    use burn::tensor::Gradients;
    use einthoven_game::rng::stream;

    use super::*;
    use crate::{Network, Normalisation, TensorNetwork, TrainConfig, layers::numbers};

    /// All gradients of a module, in the order of its parameters.
    struct Collector<'a>(&'a Gradients, Vec<Vec<f32>>);

    impl ModuleVisitor for Collector<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.1.extend(param.val().grad(self.0).map(numbers));
        }
    }

    fn close(found: &[f32], expected: &[f32]) {
        let size = expected.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            // Sums of a few hundred numbers in another order.
            assert!((found - expected).abs() <= 3e-5 * size, "{found} {expected} of {size}");
        }
    }

    /// A frozen network in training, what its parameters fold to, and its form for inference are one function; and the
    /// folded weights lead to the same gradients.
    #[test]
    fn a_frozen_network_is_the_network_in_evaluation() {
        let config = XResNetConfig { homogeneous: true, ..TrainConfig::default().architecture };
        let mut state = StateDict::initial(&config, 1);
        for (i, tensor) in Plan::new(&config).tensors().into_iter().enumerate().filter(|(_, t)| t.shape.len() == 1) {
            let mut rng = stream(1, "test/norms", i as u64);
            let n = tensor.shape[0];
            state.insert(tensor.key, tensor.shape, (0..n).map(|_| 0.5 + rng.random::<f32>()).collect());
        }
        let device = Device::flex().autodiff();
        let mut rng = stream(1, "test/signals", 0);
        let signals: Vec<f32> = (0..2 * 12 * 100).map(|_| rng.random::<f32>() - 0.5).collect();
        let x = Tensor::<3>::from_data(TensorData::new(signals, [2, 12, 100]), &device);
        let network = XResNet::new(&config, &state, true, &device).unwrap();
        let layers = Network::xresnet(&config, &state, Normalisation { mean: 0.0, std: 1.0 }, 100).unwrap();
        let training = network.forward_training(x.clone(), [0.0; 2], &mut rng);
        let folded = TensorNetwork::with_weights(&layers, network.folded()).logits(x.clone());
        let evaluation = numbers(TensorNetwork::new(&layers, &device).logits(x));
        close(&numbers(training.clone()), &evaluation);
        close(&numbers(folded.clone()), &evaluation);
        let gradients = |logits: Tensor<2>| {
            let gradients = (logits.clone() * logits).sum().backward();
            let mut collector = Collector(&gradients, Vec::new());
            network.visit(&mut collector);
            collector.1
        };
        let (found, expected) = (gradients(folded), gradients(training));
        // The weights of 13 convolutions and 2 linear layers, and the gains of their 15 norms.
        assert_eq!((found.len(), expected.len()), (30, 30));
        found.iter().zip(&expected).for_each(|(found, expected)| close(found, expected));
        assert_eq!(network.state(&config), state);
    }
}
