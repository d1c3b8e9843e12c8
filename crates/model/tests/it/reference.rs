//! The forward pass of the family in plain loops and f64, written from its description and not from our layers.

use einthoven_game::rng::stream;
use einthoven_model::{StateDict, XResNetConfig};
use rand::RngExt;

/// Channels of samples.
type Map = Vec<Vec<f64>>;

/// Logits of one normalised signal `[leads, samples]`.
pub fn logits(config: &XResNetConfig, state: &StateDict, signal: &[f64]) -> Vec<f64> {
    let n_samples = signal.len() / config.n_leads;
    let mut x: Map = signal.chunks(n_samples).map(<[f64]>::to_vec).collect();
    for i in 0..config.stem.len() {
        let stride = if i == 0 { config.stem_stride } else { 1 };
        x = relu(conv_norm(state, &i.to_string(), &x, stride));
    }
    x = x.iter().map(|channel| pool_maximum(channel)).collect();
    for (stage, &depth) in config.depths.iter().enumerate() {
        for block in 0..depth {
            let key = format!("{}.{block}", config.stem.len() + 1 + stage);
            let stride = if block == 0 { config.strides[stage] } else { 1 };
            x = residual(state, &key, &x, stride, config.expansion);
        }
    }
    head(state, &(config.stem.len() + 1 + config.widths.len()).to_string(), &x)
}

/// Weights of which no two are alike, with batch norms that do something.
pub fn random_state(config: &XResNetConfig, seed: u64) -> StateDict {
    let mut state = StateDict::initial(config, seed);
    let keys: Vec<String> = state.keys().map(String::from).collect();
    for (i, key) in keys.iter().enumerate() {
        let mut rng = stream(seed, "test/weights", i as u64);
        let tensor = state.get(key).unwrap().clone();
        let data = tensor.data.iter().map(|&x| {
            let noise = rng.random::<f32>();
            if key.ends_with("running_var") { 0.5 + noise } else { x + 0.4 * (noise - 0.5) }
        });
        let data = data.collect();
        state.insert(key.clone(), tensor.shape, data);
    }
    state
}

/// Signals in millivolts.
pub fn random_signal(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = stream(seed, "test/signal", 0);
    (0..n).map(|_| 2.0 * rng.random::<f32>() - 1.0).collect()
}

fn residual(state: &StateDict, key: &str, x: &Map, stride: usize, expansion: usize) -> Map {
    let conv = |i: usize, x: &Map, stride| conv_norm(state, &format!("{key}.convs.{i}"), x, stride);
    let branch = if expansion == 1 {
        conv(1, &relu(conv(0, x, stride)), 1)
    } else {
        conv(2, &relu(conv(1, &relu(conv(0, x, 1)), stride)), 1)
    };
    let pooled: Map = if stride == 1 { x.clone() } else { x.iter().map(|channel| pool_mean(channel)).collect() };
    // The pool, where there is one, takes the first place on the identity path.
    let place = if stride == 1 { 0 } else { 1 };
    let projection = format!("{key}.idpath.{place}");
    let has_projection = state.get(&format!("{projection}.0.weight")).is_some();
    let identity = if has_projection { conv_norm(state, &projection, &pooled, 1) } else { pooled };
    let sum = branch.iter().zip(&identity).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + b).collect()).collect();
    relu(sum)
}

fn conv_norm(state: &StateDict, key: &str, x: &Map, stride: usize) -> Map {
    let weight = state.get(&format!("{key}.0.weight")).unwrap();
    let [c_out, c_in, kernel] = weight.shape[..] else { panic!("a convolution has three axes") };
    assert_eq!(c_in, x.len());
    let length = x[0].len();
    let convolve = |out: usize, at: usize| {
        let mut sum = 0.0;
        for (channel, samples) in x.iter().enumerate() {
            for tap in 0..kernel {
                let place = (at * stride + tap) as isize - (kernel / 2) as isize;
                if (0..length as isize).contains(&place) {
                    let w = weight.data[(out * c_in + channel) * kernel + tap];
                    sum += f64::from(w) * samples[place as usize];
                }
            }
        }
        sum
    };
    let places = (length - 1) / stride + 1;
    (0..c_out)
        .map(|out| (0..places).map(|at| norm(state, &format!("{key}.1"), out, convolve(out, at))).collect())
        .collect()
}

fn norm(state: &StateDict, key: &str, channel: usize, x: f64) -> f64 {
    // A homogeneous network has no shifts.
    let value = |name: &str| state.get(&format!("{key}.{name}")).map_or(0.0, |tensor| f64::from(tensor.data[channel]));
    (x - value("running_mean")) / (value("running_var") + 1e-5).sqrt() * value("weight") + value("bias")
}

fn head(state: &StateDict, key: &str, x: &Map) -> Vec<f64> {
    let maximum = x.iter().map(|channel| channel.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    let mean = x.iter().map(|channel| channel.iter().sum::<f64>() / channel.len() as f64);
    let mut features: Vec<f64> = maximum.chain(mean).collect();
    for (i, x) in features.iter_mut().enumerate() {
        *x = norm(state, &format!("{key}.2"), i, *x);
    }
    let mut hidden: Vec<f64> = linear(state, &format!("{key}.4"), &features).iter().map(|x| x.max(0.0)).collect();
    for (i, x) in hidden.iter_mut().enumerate() {
        *x = norm(state, &format!("{key}.6"), i, *x);
    }
    linear(state, &format!("{key}.8"), &hidden)
}

fn linear(state: &StateDict, key: &str, x: &[f64]) -> Vec<f64> {
    let weight = state.get(&format!("{key}.weight")).unwrap();
    let bias = |out: usize| state.get(&format!("{key}.bias")).map_or(0.0, |bias| f64::from(bias.data[out]));
    let row = |out: usize| -> f64 {
        x.iter().enumerate().map(|(i, x)| f64::from(weight.data[out * x_len(weight) + i]) * x).sum()
    };
    (0..weight.shape[0]).map(|out| row(out) + bias(out)).collect()
}

fn x_len(weight: &einthoven_model::HostTensor) -> usize {
    weight.shape[1]
}

fn relu(x: Map) -> Map {
    x.into_iter().map(|channel| channel.into_iter().map(|x| x.max(0.0)).collect()).collect()
}

/// Windows of three every two samples, one sample of padding that never wins.
fn pool_maximum(x: &[f64]) -> Vec<f64> {
    let window = |at: usize| x[(2 * at).saturating_sub(1)..(2 * at + 2).min(x.len())].iter().copied();
    (0..x.len().div_ceil(2)).map(|at| window(at).fold(f64::NEG_INFINITY, f64::max)).collect()
}

/// Pairs; a last sample without a partner stays alone.
fn pool_mean(x: &[f64]) -> Vec<f64> {
    x.chunks(2).map(|pair| pair.iter().sum::<f64>() / pair.len() as f64).collect()
}
