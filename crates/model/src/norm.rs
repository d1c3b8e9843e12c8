//! The norms of a network in training.

use burn::{
    module::{Module, Param, RunningState},
    nn::BatchNorm,
    tensor::Tensor,
};

/// What norms add to the variance or the mean square, as in PyTorch.
pub(crate) const EPSILON: f64 = 1e-5;
/// Share of a batch in the running mean of squares, as batch norms have it.
const MOMENTUM: f64 = 0.1;

/// The norm behind a layer: a batch norm, or in a homogeneous network a [`ScaleNorm`].
#[derive(Module, Debug)]
pub(crate) enum Norm {
    Batch(BatchNorm),
    Scale(ScaleNorm),
}

/// Divides each channel by its root mean square over batch and time, and multiplies it by a gain. Nothing is taken off
/// or added, so that with running statistics the norm is homogeneous.
#[derive(Module, Debug)]
pub(crate) struct ScaleNorm {
    gain: Param<Tensor<1>>,
    running_square: RunningState<Tensor<1>>,
    /// Whether the running statistics are used, as in evaluation, and left as they are.
    frozen: bool,
}

impl Norm {
    /// From `[batch, channels, …]` to the same.
    pub(crate) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Batch(norm) => norm.forward(x),
            Self::Scale(norm) => norm.forward(x),
        }
    }

    /// What a frozen norm of a homogeneous network multiplies each channel by.
    pub(crate) fn scale(&self) -> Tensor<1> {
        match self {
            Self::Batch(_) => unreachable!("invariant: only homogeneous networks are folded in training"),
            Self::Scale(norm) => norm.scale(),
        }
    }

    /// The tensors by their names in a state dict.
    pub(crate) fn tensors(&self) -> Vec<(&'static str, Tensor<1>)> {
        match self {
            Self::Batch(norm) => vec![
                ("weight", norm.gamma.val()),
                ("bias", norm.beta.val()),
                ("running_mean", norm.running_mean.value_sync()),
                ("running_var", norm.running_var.value_sync()),
            ],
            Self::Scale(norm) => vec![("weight", norm.gain.val()), ("running_var", norm.running_square.value_sync())],
        }
    }
}

impl ScaleNorm {
    pub(crate) fn new(gain: Param<Tensor<1>>, running_square: RunningState<Tensor<1>>, frozen: bool) -> Self {
        Self { gain, running_square, frozen }
    }

    fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let mut shape = [1; D];
        shape[1] = x.dims()[1];
        let scale = if self.frozen { self.scale() } else { self.gain.val() / root(self.mean_square(x.clone())) };
        x * scale.reshape(shape)
    }

    /// What each channel is multiplied by where the running statistics are used.
    fn scale(&self) -> Tensor<1> {
        self.gain.val() / root(self.running_square.value_sync())
    }

    /// The mean square of each channel in a batch, which the running one moves towards.
    fn mean_square<const D: usize>(&self, x: Tensor<D>) -> Tensor<1> {
        let channels = x.dims()[1];
        let others = (0..D).filter(|&axis| axis != 1);
        let square = others.fold(x.clone() * x, |square, axis| square.mean_dim(axis)).reshape([channels]);
        let running = self.running_square.value_sync().mul_scalar(1.0 - MOMENTUM);
        self.running_square.update((running + square.clone().detach().mul_scalar(MOMENTUM)).detach());
        square
    }
}

fn root(square: Tensor<1>) -> Tensor<1> {
    square.add_scalar(EPSILON).sqrt()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use burn::{
        module::ParamId,
        tensor::{Device, TensorData},
    };

    use super::*;
    use crate::layers::numbers;

    fn norm(gain: [f32; 2], running: [f32; 2], frozen: bool, device: &Device) -> ScaleNorm {
        let gain = Param::initialized(ParamId::from(1), Tensor::from_floats(gain, device).require_grad());
        ScaleNorm::new(gain, RunningState::with_id(ParamId::from(2), Tensor::from_floats(running, device)), frozen)
    }

    /// Two records of two channels and three samples: squares of 91 / 6 and 1 on average.
    fn batch(device: &Device) -> Tensor<3> {
        let data = vec![1.0_f32, 2.0, 3.0, 1.0, 1.0, -1.0, 4.0, 5.0, 6.0, -1.0, 1.0, 1.0];
        Tensor::from_data(TensorData::new(data, [2, 2, 3]), device).require_grad()
    }

    fn close(found: &[f32], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 2e-6 * expected.abs().max(1.0), "{found} {expected}");
        }
    }

    #[test]
    fn a_channel_is_divided_by_its_root_mean_square() {
        let device = Device::flex().autodiff();
        let norm = norm([2.0, -1.0], [1.0, 3.0], false, &device);
        let x = batch(&device);
        let y = norm.forward(x.clone());
        let squares = [91.0 / 6.0 + EPSILON, 1.0 + EPSILON];
        let scales = [2.0 / squares[0].sqrt(), -1.0 / squares[1].sqrt()];
        let values: Vec<f64> = numbers(x.clone()).into_iter().map(f64::from).collect();
        let expected: Vec<f64> = values.iter().enumerate().map(|(i, x)| x * scales[i / 3 % 2]).collect();
        close(&numbers(y.clone()), &expected);
        let running: Vec<f32> = numbers(norm.running_square.value_sync());
        close(&running, &[0.9 + 0.1 * 91.0 / 6.0, 2.7 + 0.1]);
        // The gradient of the first sample of the first channel's output: the mean square depends on every sample.
        let gradients = y.slice([0..1, 0..1, 0..1]).sum().backward();
        let gradient = numbers(x.grad(&gradients).unwrap());
        let through = |i: usize| -values[0] * values[i] * 2.0 / (6.0 * squares[0].powf(1.5));
        let direct = |i: usize| if i == 0 { scales[0] } else { 0.0 };
        let expected: Vec<f64> = (0..12).map(|i| if i / 3 % 2 == 0 { direct(i) + through(i) } else { 0.0 }).collect();
        close(&gradient, &expected);
        close(&numbers(norm.gain.grad(&gradients).unwrap()), &[1.0 / squares[0].sqrt(), 0.0]);
    }

    #[test]
    fn a_frozen_norm_is_linear_and_leaves_its_statistics() {
        let device = Device::flex().autodiff();
        let norm = norm([2.0, -1.0], [1.0, 3.0], true, &device);
        let x = batch(&device);
        let y = norm.forward(x.clone());
        let scales = [2.0 / (1.0 + EPSILON).sqrt(), -1.0 / (3.0 + EPSILON).sqrt()];
        let expected: Vec<f64> =
            numbers(x.clone()).into_iter().enumerate().map(|(i, x)| f64::from(x) * scales[i / 3 % 2]).collect();
        close(&numbers(y.clone()), &expected);
        assert_eq!(numbers(norm.running_square.value_sync()), [1.0, 3.0]);
        let gradient = numbers(x.grad(&y.sum().backward()).unwrap());
        close(&gradient, &(0..12).map(|i| scales[i / 3 % 2]).collect::<Vec<_>>());
    }
}
