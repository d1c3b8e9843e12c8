//! A network in burn's tensor operations: on any device, with gradients where the device tracks them.

use burn::tensor::{
    Gradients, Tensor, TensorCreationOptions, TensorData,
    activation::relu,
    module::{avg_pool1d, conv1d, max_pool1d},
    ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions},
};

use crate::network::{Network, Node, Op};

/// A network with its weights on a device.
#[derive(Clone, Debug)]
pub struct TensorNetwork {
    network: Network,
    /// Weight and bias of each layer that has them.
    weights: Vec<Option<Weights>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Weights {
    Conv(Tensor<3>, Tensor<1>),
    Linear(Tensor<2>, Tensor<2>),
}

impl Weights {
    /// The same numbers as constants.
    pub(crate) fn detached(&self) -> Self {
        match self {
            Self::Conv(weight, bias) => Self::Conv(weight.clone().detach(), bias.clone().detach()),
            Self::Linear(weight, bias) => Self::Linear(weight.clone().detach(), bias.clone().detach()),
        }
    }
}

impl TensorNetwork {
    /// Puts the weights on a device, as numbers of its default precision or of a named one.
    pub fn new(network: &Network, place: impl Into<TensorCreationOptions>) -> Self {
        let options = place.into();
        let place = |op: &Op| match op {
            Op::Conv(conv) => {
                let [c_in, c_out] = conv.channels;
                let weight = TensorData::new(conv.weight.clone(), [c_out, c_in, conv.kernel]);
                let bias = TensorData::new(conv.bias.clone(), [c_out]);
                Some(Weights::Conv(
                    Tensor::from_data(weight, options.clone()),
                    Tensor::from_data(bias, options.clone()),
                ))
            }
            Op::Linear(linear) => {
                let [n_in, n_out] = linear.features;
                let weight =
                    Tensor::<2>::from_data(TensorData::new(linear.weight.clone(), [n_out, n_in]), options.clone());
                let bias = TensorData::new(linear.bias.clone(), [1, n_out]);
                Some(Weights::Linear(weight.transpose(), Tensor::from_data(bias, options.clone())))
            }
            _ => None,
        };
        let weights = network.layers().iter().map(|layer| place(&layer.op)).collect();
        Self { network: network.clone(), weights }
    }

    /// A network with weights that are on a device already, in the order of the layers that have some. Those that stand in
    /// the description are not used.
    pub(crate) fn with_weights(network: &Network, weights: Vec<Weights>) -> Self {
        let mut weights = weights.into_iter();
        let is_weighted = |op: &Op| matches!(op, Op::Conv(_) | Op::Linear(_));
        let place = |op: &Op| is_weighted(op).then(|| weights.next().expect("invariant: weights of every layer"));
        let weights = network.layers().iter().map(|layer| &layer.op).map(place).collect();
        Self { network: network.clone(), weights }
    }

    /// The same network whose weights ask for gradients, on a device with autodiff.
    pub fn with_gradients(&self) -> Self {
        let ask = |weights: &Weights| match weights.detached() {
            Weights::Conv(weight, bias) => Weights::Conv(weight.require_grad(), bias.require_grad()),
            Weights::Linear(weight, bias) => Weights::Linear(weight.require_grad(), bias.require_grad()),
        };
        let weights = self.weights.iter().map(|weights| weights.as_ref().map(ask)).collect();
        Self { network: self.network.clone(), weights }
    }

    /// The gradient with respect to each layer's weight, in the layout that the layer describes; `None` for a layer that
    /// has no weight or none with a gradient.
    pub fn weight_gradients(&self, gradients: &Gradients) -> Vec<Option<Vec<f64>>> {
        let doubles = |data: TensorData| data.convert::<f64>().try_to_vec().expect("invariant: converted to f64");
        let one = |weights: &Weights| match weights {
            Weights::Conv(weight, _) => Some(doubles(weight.grad(gradients)?.into_data())),
            Weights::Linear(weight, _) => Some(doubles(weight.grad(gradients)?.transpose().into_data())),
        };
        self.weights.iter().map(|weights| weights.as_ref().and_then(one)).collect()
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Logits `[batch, outputs]` of signals in millivolts `[batch, leads, samples]`.
    pub fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        let logits = self.run(0, self.network.output(), batch);
        let [batch, outputs, _] = logits.dims();
        logits.reshape([batch, outputs])
    }

    /// The layers from one node to another: `[batch, channels, samples]` to the same with other channels and samples; a
    /// vector has one sample. Both are [cuts](Network::cuts) of the network, or its output. The samples may be any
    /// stretch of the signal; the padding of each layer is put at its ends.
    pub fn run(&self, from: Node, to: Node, x: Tensor<3>) -> Tensor<3> {
        let mut nodes: Vec<Option<Tensor<3>>> = vec![None; to + 1];
        nodes[from] = Some(x);
        for index in from..to {
            let layer = &self.network.layers()[index];
            let made = self.layer(
                index,
                |node| {
                    let is_read_later =
                        self.network.layers()[index + 1..to].iter().any(|l| l.nodes().any(|n| n == node));
                    let value = if is_read_later { nodes[node].clone() } else { nodes[node].take() };
                    value.expect("invariant: layers read nodes made before them")
                },
                &layer.op,
                layer.input,
            );
            nodes[index + 1] = Some(made);
        }
        nodes[to].take().expect("invariant: the last layer made it")
    }

    /// Weight and bias of a layer, if it has them.
    pub(crate) fn weights(&self, index: usize) -> Option<&Weights> {
        self.weights[index].as_ref()
    }

    /// What a layer makes; `take` gives the nodes it reads.
    pub(crate) fn layer(
        &self,
        index: usize,
        mut take: impl FnMut(Node) -> Tensor<3>,
        op: &Op,
        input: Node,
    ) -> Tensor<3> {
        // A sum of a node with itself reads it twice.
        if let Op::Add(other) = op {
            let x = take(input);
            return if *other == input { x.clone() + x } else { x + take(*other) };
        }
        let x = take(input);
        match (op, &self.weights[index]) {
            (Op::Conv(conv), Some(Weights::Conv(weight, bias))) => {
                let options = ConvOptions::new([conv.stride], [conv.padding], [1], 1);
                conv1d(x, weight.clone(), Some(bias.clone()), options)
            }
            (Op::Linear(linear), Some(Weights::Linear(weight, bias))) => {
                let [batch, ..] = x.dims();
                let [n_in, n_out] = linear.features;
                (x.reshape([batch, n_in]).matmul(weight.clone()) + bias.clone()).reshape([batch, n_out, 1])
            }
            (Op::Normalise { mean, std }, _) => x.sub_scalar(*mean).div_scalar(*std),
            (Op::Relu, _) => relu(x),
            (&Op::MaxPool { kernel, stride, padding }, _) => {
                max_pool1d(x, MaxPoolOptions::new([kernel]).with_stride([stride]).with_padding([padding]))
            }
            (&Op::AvgPool { window }, _) => {
                // Windows side by side: the stride is the window.
                avg_pool1d(x, AvgPoolOptions::new([window]).with_count_include_pad(false).with_ceil_mode(true))
            }
            (Op::PoolTime, _) => Tensor::cat(vec![x.clone().max_dim(2), x.mean_dim(2)], 1),
            (Op::Add(_) | Op::Conv(_) | Op::Linear(_), _) => {
                unreachable!("invariant: sums are done above, weights are there")
            }
        }
    }
}
