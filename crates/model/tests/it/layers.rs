//! The layers of a network in plain loops and f64, and how near they are to a kink.

use einthoven_model::Network;
use einthoven_model::network::{Conv, Op};

/// Channels of samples.
type Map = Vec<Vec<f64>>;

/// Logits of a signal `[leads, samples]`, and how far the nearest kink is: the least size of what a ReLU reads, and the
/// least distance of the largest number of a window to the next one that is not equal to it.
pub fn logits(network: &Network, signal: &[f64]) -> (Vec<f64>, f64) {
    let mut margin = f64::INFINITY;
    let mut nodes: Vec<Map> = vec![signal.chunks(network.shape(0)[1]).map(<[f64]>::to_vec).collect()];
    for layer in network.layers() {
        let x = &nodes[layer.input];
        let each = |f: &dyn Fn(f64) -> f64| x.iter().map(|c| c.iter().map(|&x| f(x)).collect()).collect();
        let made: Map = match &layer.op {
            Op::Normalise { mean, std } => each(&|x| (x - f64::from(*mean)) / f64::from(*std)),
            Op::Relu => {
                margin = x.iter().flatten().filter(|x| **x != 0.0).fold(margin, |margin, x| margin.min(x.abs()));
                each(&|x| x.max(0.0))
            }
            Op::Add(other) => {
                let pairs = x.iter().zip(&nodes[*other]);
                pairs.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + b).collect()).collect()
            }
            Op::Conv(conv) => convolve(conv, x),
            Op::Linear(linear) => {
                let x: Vec<f64> = x.iter().map(|x| x[0]).collect();
                let rows = linear.weight.chunks(x.len()).zip(&linear.bias);
                let dot = |w: &[f32]| -> f64 { w.iter().zip(&x).map(|(&w, x)| f64::from(w) * x).sum() };
                rows.map(|(w, &bias)| vec![dot(w) + f64::from(bias)]).collect()
            }
            &Op::MaxPool { kernel, stride, padding } => {
                let window = |x: &[f64], at: usize| {
                    let end = (at * stride + kernel - padding).min(x.len());
                    x[(at * stride).saturating_sub(padding)..end].to_vec()
                };
                let n = (x[0].len() + 2 * padding - kernel) / stride + 1;
                x.iter().map(|x| (0..n).map(|at| largest(&window(x, at), &mut margin)).collect()).collect()
            }
            Op::AvgPool { window } => x.iter().map(|x| x.chunks(*window).map(mean).collect()).collect(),
            Op::PoolTime => {
                let largest: Map = x.iter().map(|x| vec![largest(x, &mut margin)]).collect();
                largest.into_iter().chain(x.iter().map(|x| vec![mean(x)])).collect()
            }
        };
        nodes.push(made);
    }
    (nodes.pop().unwrap().into_iter().map(|x| x[0]).collect(), margin)
}

fn convolve(conv: &Conv, x: &Map) -> Map {
    let [c_in, c_out] = conv.channels;
    let sample = |out: usize, at: usize| {
        let mut sum = f64::from(conv.bias[out]);
        for (channel, x) in x.iter().enumerate() {
            for tap in 0..conv.kernel {
                let w = conv.weight[(out * c_in + channel) * conv.kernel + tap];
                let place = (at * conv.stride + tap).checked_sub(conv.padding);
                sum += f64::from(w) * place.and_then(|place| x.get(place)).copied().unwrap_or(0.0);
            }
        }
        sum
    };
    let n = (x[0].len() + 2 * conv.padding - conv.kernel) / conv.stride + 1;
    (0..c_out).map(|out| (0..n).map(|at| sample(out, at)).collect()).collect()
}

fn largest(x: &[f64], margin: &mut f64) -> f64 {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    *margin = x.iter().filter(|x| **x != largest).fold(*margin, |margin, x| margin.min(largest - x));
    largest
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}
