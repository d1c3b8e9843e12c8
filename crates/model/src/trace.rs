//! Going through a network backward, and along a direction, with what a forward pass has kept.
//!
//! burn differentiates once, and through operations as they are. Here the layers are known, so both passes are written
//! out: they need no tape, take other rules than the derivative's, stop at any node, and the pass along a direction is
//! itself made of tensor operations, through which burn can differentiate once more. Where layers are linear or
//! piecewise linear, as all of [`Op`] are, that is all there is to second derivatives.

use burn::tensor::{
    Tensor,
    module::{conv_transpose1d, conv1d},
    ops::{ConvOptions, ConvTransposeOptions},
};

use crate::{
    TensorNetwork,
    gates::{Winners, spread_mean, spread_pool_time},
    network::{Conv, Node, Op},
    tensor_network::Weights,
};

/// The values of all nodes of a network for a batch.
#[derive(Clone, Debug)]
pub struct Trace {
    nodes: Vec<Tensor<3>>,
}

/// What passes a layer that is not linear, on the way back.
#[derive(Clone, Copy, Debug)]
pub enum Rule<'a> {
    /// The derivative: nothing where a ReLU is off, at 0 too, and only to the first winner of a pool.
    Gradient,
    /// The derivative, and of that only what is positive behind a ReLU (guided backpropagation: Springenberg et al.
    /// 2015).
    Guided,
    /// What the layer's output differs from that of a reference batch, over what its input does (the rescale rule of
    /// DeepLIFT: Shrikumar et al. 2017). What a pool's output differs by goes to the winner that is the larger.
    Rescale(&'a Trace),
}

impl Trace {
    /// The values of a node, `[batch, channels, samples]`.
    pub fn node(&self, node: Node) -> &Tensor<3> {
        &self.nodes[node]
    }

    /// Logits `[batch, outputs]`.
    pub fn logits(&self) -> Tensor<2> {
        let [batch, outputs, _] = self.nodes[self.nodes.len() - 1].dims();
        self.nodes[self.nodes.len() - 1].clone().reshape([batch, outputs])
    }
}

impl TensorNetwork {
    /// Runs the network on signals in millivolts `[batch, leads, samples]` and keeps what each layer makes.
    pub fn trace(&self, batch: Tensor<3>) -> Trace {
        let mut nodes = vec![batch];
        for (index, layer) in self.network().layers().iter().enumerate() {
            let made = self.layer(index, |node| nodes[node].clone(), &layer.op, layer.input);
            nodes.push(made);
        }
        Trace { nodes }
    }

    /// The gradient of `cotangent . logits`, both `[batch, outputs]`, with respect to the signals, or what another rule
    /// makes of it: `[batch, leads, samples]`.
    pub fn backward(&self, trace: &Trace, cotangent: Tensor<2>, rule: Rule<'_>) -> Tensor<3> {
        self.backward_to(0, trace, cotangent, rule)
    }

    /// As [`backward`](Self::backward), with respect to a node, which must be a [cut](crate::Network::cuts) of the network.
    pub fn backward_to(&self, node: Node, trace: &Trace, cotangent: Tensor<2>, rule: Rule<'_>) -> Tensor<3> {
        let [batch, outputs] = cotangent.dims();
        let mut gradients: Vec<Option<Tensor<3>>> = vec![None; trace.nodes.len()];
        gradients[self.network().output()] = Some(cotangent.reshape([batch, outputs, 1]));
        for (index, layer) in self.network().layers().iter().enumerate().skip(node).rev() {
            // Nothing reads a node that leads nowhere.
            let Some(gradient) = gradients[index + 1].take() else { continue };
            if let Op::Add(other) = layer.op {
                add(&mut gradients[other], gradient.clone());
            }
            let passed = self.pull(index, gradient, trace, rule);
            add(&mut gradients[layer.input], passed);
        }
        gradients[node].take().unwrap_or_else(|| trace.nodes[node].zeros_like())
    }

    /// How fast the logits change along a direction `[batch, leads, samples]`: `[batch, outputs]`. It is linear in the
    /// direction; gates and winners are those of the trace, as constants.
    pub fn tangent(&self, trace: &Trace, direction: Tensor<3>) -> Tensor<2> {
        let mut nodes = vec![direction];
        for index in 0..self.network().layers().len() {
            let made = self.push(index, &nodes, trace);
            nodes.push(made);
        }
        let [batch, outputs, _] = nodes[self.network().output()].dims();
        nodes.swap_remove(self.network().output()).reshape([batch, outputs])
    }

    /// From the gradient with respect to what a layer makes to that with respect to what it reads.
    fn pull(&self, index: usize, gradient: Tensor<3>, trace: &Trace, rule: Rule<'_>) -> Tensor<3> {
        let layer = &self.network().layers()[index];
        let (x, made) = (&trace.nodes[layer.input], &trace.nodes[index + 1]);
        let [batch, _, samples] = x.dims();
        match (&layer.op, self.weights(index)) {
            (Op::Add(_), _) => gradient,
            (Op::Normalise { std, .. }, _) => gradient.div_scalar(*std),
            (Op::Conv(conv), Some(Weights::Conv(weight, _))) => pull_conv(conv, gradient, weight.clone(), samples),
            (Op::Linear(linear), Some(Weights::Linear(weight, _))) => {
                let [n_in, n_out] = linear.features;
                gradient.reshape([batch, n_out]).matmul(weight.clone().transpose()).reshape([batch, n_in, 1])
            }
            (Op::AvgPool { window }, _) => spread_mean(gradient, *window, samples),
            (Op::Relu, _) => match rule {
                Rule::Gradient => pass_positive(gradient, x),
                Rule::Guided => pass_positive(gradient, x).clamp_min(0.0),
                Rule::Rescale(reference) => gradient * slope(x, &reference.nodes[layer.input]),
            },
            (&Op::MaxPool { kernel, stride, padding }, _) => {
                let winners = |x: &Tensor<3>, y: &Tensor<3>| Winners::of_windows(x, y, kernel, stride, padding);
                match rule {
                    Rule::Rescale(reference) => {
                        let (x0, y0) = (&reference.nodes[layer.input], &reference.nodes[index + 1]);
                        let [up, down] = shares(gradient, [made, y0]);
                        over(winners(x, made).pull(up) + winners(x0, y0).pull(down), x, x0)
                    }
                    _ => winners(x, made).pull(gradient),
                }
            }
            (Op::PoolTime, _) => pull_pool_time(gradient, x, rule, layer.input),
            (Op::Conv(_) | Op::Linear(_), _) => unreachable!("invariant: weights are there"),
        }
    }

    /// From directions of the nodes before it to that of what a layer makes.
    fn push(&self, index: usize, directions: &[Tensor<3>], trace: &Trace) -> Tensor<3> {
        let layer = &self.network().layers()[index];
        let (x, direction) = (&trace.nodes[layer.input], directions[layer.input].clone());
        match (&layer.op, self.weights(index)) {
            (Op::Normalise { std, .. }, _) => direction.div_scalar(*std),
            (Op::Conv(conv), Some(Weights::Conv(weight, _))) => {
                conv1d(direction, weight.clone(), None, ConvOptions::new([conv.stride], [conv.padding], [1], 1))
            }
            (Op::Linear(linear), Some(Weights::Linear(weight, _))) => {
                let [batch, ..] = direction.dims();
                let [n_in, n_out] = linear.features;
                direction.reshape([batch, n_in]).matmul(weight.clone()).reshape([batch, n_out, 1])
            }
            (Op::Relu, _) => pass_positive(direction, x),
            (&Op::MaxPool { kernel, stride, padding }, _) => {
                Winners::of_windows(x, &trace.nodes[index + 1], kernel, stride, padding).push(direction)
            }
            (Op::PoolTime, _) => {
                let largest = direction.clone().mask_fill(Winners::of_time(x).bool_not(), 0.0).sum_dim(2);
                Tensor::cat(vec![largest, direction.mean_dim(2)], 1)
            }
            (Op::Add(_) | Op::AvgPool { .. }, _) => {
                self.layer(index, |node| directions[node].clone(), &layer.op, layer.input)
            }
            (Op::Conv(_) | Op::Linear(_), _) => unreachable!("invariant: weights are there"),
        }
    }
}

fn add(sum: &mut Option<Tensor<3>>, more: Tensor<3>) {
    *sum = Some(match sum.take() {
        Some(sum) => sum + more,
        None => more,
    });
}

/// The gradient where a ReLU is on.
fn pass_positive(gradient: Tensor<3>, x: &Tensor<3>) -> Tensor<3> {
    gradient.mask_fill(x.clone().greater_elem(0.0).bool_not(), 0.0)
}

/// What a convolution's gradient is with respect to what it reads, of so many samples.
fn pull_conv(conv: &Conv, gradient: Tensor<3>, weight: Tensor<3>, samples: usize) -> Tensor<3> {
    let [_, _, windows] = gradient.dims();
    // Samples behind the last window are not read.
    let rest = samples + 2 * conv.padding - conv.kernel - (windows - 1) * conv.stride;
    let options = ConvTransposeOptions::new([conv.stride], [conv.padding], [rest], [1], 1);
    conv_transpose1d(gradient, weight, None, options)
}

/// The slope of a ReLU from a reference to `x`. Where the two lie on different sides of 0, nothing cancels in it.
fn slope(x: &Tensor<3>, reference: &Tensor<3>) -> Tensor<3> {
    let [up, up0] = [x, reference].map(|x| x.clone().clamp_min(0.0));
    let change = x.clone() - reference.clone();
    let still = change.clone().equal_elem(0.0);
    let slope = (up - up0) / change.mask_fill(still.clone(), 1.0);
    slope.mask_where(still, pass_positive(x.ones_like(), x))
}

/// What a pool's output has more than that of the reference, times the gradient, and what it has less.
fn shares(gradient: Tensor<3>, [made, reference]: [&Tensor<3>; 2]) -> [Tensor<3>; 2] {
    let change = made.clone() - reference.clone();
    [gradient.clone() * change.clone().clamp_min(0.0), gradient * change.clamp_max(0.0)]
}

/// Contributions over the change of what is read. Where nothing changes nothing contributes.
fn over(contributions: Tensor<3>, x: &Tensor<3>, reference: &Tensor<3>) -> Tensor<3> {
    let change = x.clone() - reference.clone();
    let still = change.clone().equal_elem(0.0);
    (contributions / change.mask_fill(still.clone(), 1.0)).mask_fill(still, 0.0)
}

/// The maximum and the mean over time, backward.
fn pull_pool_time(gradient: Tensor<3>, x: &Tensor<3>, rule: Rule<'_>, input: Node) -> Tensor<3> {
    let [_, channels, samples] = x.dims();
    let of_largest = gradient.clone().narrow(1, 0, channels);
    let means = gradient.narrow(1, channels, channels).div_scalar(samples as f64).repeat_dim(2, samples);
    let at_winner = |gradient: Tensor<3>, x: &Tensor<3>| spread_pool_time(gradient, Winners::of_time(x));
    match rule {
        Rule::Rescale(reference) => {
            let x0 = &reference.nodes[input];
            let [largest, largest0] = [x, x0].map(|x| x.clone().max_dim(2));
            let [up, down] = shares(of_largest, [&largest, &largest0]);
            means + over(at_winner(up, x) + at_winner(down, x0), x, x0)
        }
        _ => means + at_winner(of_largest, x),
    }
}
