//! AdamW over all parameters of a network, with a state that can be written and read.
//!
//! The arithmetic is burn's. Its module optimizer is not used, because what it reads from a file passes through the
//! process's default device, which may be a GPU that is not there.

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleMapper, Param},
    optim::{AdamW as Step, AdamWConfig, AdamWState, AdaptiveMomentumState, Optimizer},
    tensor::{Device, Gradients, Tensor, TensorData},
};

use crate::{StateDict, layers::numbers};

/// AdamW (Loshchilov and Hutter 2019). Weights decay; gains, shifts and biases do not.
pub struct AdamW {
    decayed: Step,
    plain: Step,
    /// First and second moment of each parameter, flat, by the parameter's number.
    moments: BTreeMap<u64, [Tensor<1>; 2]>,
    steps: usize,
}

impl AdamW {
    /// With the share of a weight that a step of rate 1 takes away.
    pub fn new(weight_decay: f64) -> Self {
        let config = AdamWConfig::new().with_epsilon(1e-8);
        Self {
            decayed: config.clone().with_weight_decay(weight_decay as f32).build(),
            plain: config.with_weight_decay(0.0).build(),
            moments: BTreeMap::new(),
            steps: 0,
        }
    }

    /// One step of all parameters that have a gradient.
    pub fn step<M: Module>(&mut self, rate: f64, module: M, gradients: Gradients) -> M {
        let module = module.map(&mut Mapper { optimizer: self, rate, gradients });
        self.steps += 1;
        module
    }

    /// Adds the moments to a state dict, under `adam.`.
    pub(crate) fn collect(&self, state: &mut StateDict) {
        for (id, moments) in &self.moments {
            for (i, moment) in moments.iter().enumerate() {
                let data = numbers(moment.clone());
                state.insert(format!("adam.{id}.{i}"), vec![data.len()], data);
            }
        }
    }

    /// Takes the moments from a state dict, as after so many steps.
    pub(crate) fn restore(&mut self, state: &StateDict, steps: usize, device: &Device) {
        self.steps = steps;
        let moment = |id: u64, i: usize| {
            let data = state.get(&format!("adam.{id}.{i}"))?.data.clone();
            let n = data.len();
            Some(Tensor::from_data(TensorData::new(data, [n]), device))
        };
        let ids = state.keys().filter_map(|key| key.strip_prefix("adam.")?.strip_suffix(".0")?.parse().ok());
        self.moments = ids.filter_map(|id| Some((id, [moment(id, 0)?, moment(id, 1)?]))).collect();
    }
}

struct Mapper<'a> {
    optimizer: &'a mut AdamW,
    rate: f64,
    gradients: Gradients,
}

impl ModuleMapper for Mapper<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let Some(gradient) = tensor.grad_remove(&mut self.gradients) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let tensor = tensor.without_autodiff();
        let shape = tensor.dims();
        let optimizer = &mut *self.optimizer;
        let state = optimizer.moments.remove(&id.val()).filter(|[m, _]| m.dims()[0] == shape.iter().product::<usize>());
        let state = state.map(|[first, second]| {
            let (first, second) = (first.reshape(shape), second.reshape(shape));
            AdamWState::new(AdaptiveMomentumState::new(optimizer.steps, first, second))
        });
        let step = if D > 1 { &optimizer.decayed } else { &optimizer.plain };
        let (tensor, state) = step.step(self.rate, tensor, gradient, state);
        if let Some(AdamWState { momentum }) = state {
            let n = shape.iter().product::<usize>();
            let moments = [momentum.moment_1.reshape([n]), momentum.moment_2.reshape([n])];
            optimizer.moments.insert(id.val(), moments);
        }
        Param::from_mapped_value(id, tensor.autodiff().require_grad(), mapper)
    }
}
