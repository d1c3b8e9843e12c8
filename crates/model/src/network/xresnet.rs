//! The networks of the xresnet1d family as layers, norms folded.

use super::{Conv, Layer, Linear, Network, Node, Op};
use crate::{
    Normalisation, Result, StateDict, XResNetConfig,
    norm::EPSILON,
    plan::{BlockPlan, ConvPlan, HeadPlan, Plan},
};

/// Gathers layers; knows the node that the last one made.
struct Writer<'a> {
    state: &'a StateDict,
    homogeneous: bool,
    layers: Vec<Layer>,
}

impl Network {
    /// The network of an architecture with these weights, for signals in millivolts of so many samples.
    ///
    /// # Errors
    /// If the architecture cannot be built, or a tensor is missing or has another shape.
    pub fn xresnet(
        config: &XResNetConfig,
        state: &StateDict,
        normalisation: Normalisation,
        samples: usize,
    ) -> Result<Self> {
        config.check()?;
        state.check(config)?;
        let plan = Plan::new(config);
        let mut writer = Writer { state, homogeneous: config.homogeneous, layers: Vec::new() };
        let mut node = writer.normalise(normalisation);
        for conv in &plan.stem {
            node = writer.conv(node, conv);
        }
        node = writer.push(node, Op::MaxPool { kernel: 3, stride: 2, padding: 1 });
        for block in &plan.blocks {
            node = writer.block(node, block);
        }
        writer.head(node, &plan.head);
        Self::new([config.n_leads, samples], writer.layers)
    }
}

impl Writer<'_> {
    fn push(&mut self, input: Node, op: Op) -> Node {
        self.layers.push(Layer::new(input, op));
        self.layers.len()
    }

    fn normalise(&mut self, normalisation: Normalisation) -> Node {
        let (mean, std) = (normalisation.mean as f32, normalisation.std as f32);
        if (mean, std) == (0.0, 1.0) { 0 } else { self.push(0, Op::Normalise { mean, std }) }
    }

    fn conv(&mut self, input: Node, plan: &ConvPlan) -> Node {
        let weight = self.data(&format!("{}.0.weight", plan.key));
        let norm = self.norm(&format!("{}.1", plan.key));
        let per_channel = weight.len() / norm.len();
        let weight = weight.iter().enumerate().map(|(i, &w)| (f64::from(w) * norm[i / per_channel].0) as f32).collect();
        let bias = norm.iter().map(|&(_, shift)| shift as f32).collect();
        let node = self.push(
            input,
            Op::Conv(Conv {
                channels: [plan.c_in, plan.c_out],
                kernel: plan.kernel,
                stride: plan.stride,
                padding: plan.kernel / 2,
                weight,
                bias,
            }),
        );
        if plan.relu { self.push(node, Op::Relu) } else { node }
    }

    /// The identity path comes first, so that the sum follows the convolution that it is fused with.
    fn block(&mut self, input: Node, plan: &BlockPlan) -> Node {
        let pooled = if plan.pool == 1 { input } else { self.push(input, Op::AvgPool { window: plan.pool }) };
        let identity = plan.identity.iter().fold(pooled, |node, conv| self.conv(node, conv));
        let branch = plan.convs.iter().fold(input, |node, conv| self.conv(node, conv));
        let sum = self.push(branch, Op::Add(identity));
        self.push(sum, Op::Relu)
    }

    fn head(&mut self, input: Node, plan: &HeadPlan) -> Node {
        let [norm, hidden, hidden_norm, output] = plan.keys();
        let pooled = self.push(input, Op::PoolTime);
        let node = self.linear(pooled, &norm, &hidden, [plan.features, plan.hidden]);
        let node = self.push(node, Op::Relu);
        self.linear(node, &hidden_norm, &output, [plan.hidden, plan.outputs])
    }

    /// A linear layer that does what a batch norm and the linear layer behind it do in evaluation.
    fn linear(&mut self, input: Node, norm_key: &str, key: &str, features: [usize; 2]) -> Node {
        let norm = self.norm(norm_key);
        let weight = self.data(&format!("{key}.weight"));
        let rows = weight.chunks(features[0]);
        let shift = |row: &[f32]| row.iter().zip(&norm).map(|(&w, (_, shift))| f64::from(w) * shift).sum::<f64>();
        let bias = match self.homogeneous {
            true => vec![0.0; features[1]],
            false => {
                let bias = self.data(&format!("{key}.bias"));
                rows.zip(bias).map(|(row, &bias)| (f64::from(bias) + shift(row)) as f32).collect()
            }
        };
        let scaled = weight.iter().enumerate().map(|(i, &w)| (f64::from(w) * norm[i % features[0]].0) as f32);
        let weight = scaled.collect();
        self.push(input, Op::Linear(Linear { features, weight, bias }))
    }

    /// What a norm multiplies each channel by and then adds.
    fn norm(&self, key: &str) -> Vec<(f64, f64)> {
        let tensor = |name: &str| self.data(&format!("{key}.{name}"));
        let [gain, variance] = ["weight", "running_var"].map(tensor);
        let scales = gain.iter().zip(variance).map(|(&g, &v)| f64::from(g) / (f64::from(v) + EPSILON).sqrt());
        if self.homogeneous {
            return scales.map(|scale| (scale, 0.0)).collect();
        }
        let [shift, mean] = ["bias", "running_mean"].map(tensor);
        let shifts = shift.iter().zip(mean);
        scales.zip(shifts).map(|(scale, (&b, &m))| (scale, f64::from(b) - f64::from(m) * scale)).collect()
    }

    fn data(&self, key: &str) -> &[f32] {
        &self.state.get(key).expect("invariant: the state dict was checked against the architecture").data
    }
}
