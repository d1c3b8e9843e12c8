//! The small game of stochastic amortization: twelve numbers, a tanh network with products, every coalition within reach.

use burn::tensor::{Device, Tensor, TensorData};
use einthoven::game::rng::stream;
use einthoven::model::ModelSpec;
use einthoven::{BatchModel, Record};
use rand::RngExt;

/// Numbers of an input.
pub const PLAYERS: usize = 12;
/// Width of the hidden layer.
const HIDDEN: usize = 24;
/// How alike neighbouring numbers are.
const CORRELATION: f64 = 0.5;

/// One output: `w . tanh(A x) + 0.5 (x0 x1 - x2 x3 + x4 x5 x6)`.
pub struct SmallGame {
    spec: ModelSpec,
    inner: Vec<f32>,
    outer: Vec<f32>,
}

impl SmallGame {
    /// With weights of a seed.
    pub fn new(seed: u64) -> Self {
        let mut rng = stream(seed, "small game", 0);
        let mut normal = |n: usize, scale: f64| -> Vec<f32> {
            (0..n).map(|_| (scale * rng.sample::<f64, _>(rand_distr::StandardNormal)) as f32).collect()
        };
        let inner = normal(PLAYERS * HIDDEN, 1.5 / (PLAYERS as f64).sqrt());
        let outer = normal(HIDDEN, 2.0 / (HIDDEN as f64).sqrt());
        let spec = ModelSpec {
            outputs: vec!["value".to_owned()],
            leads: (0..PLAYERS).map(|player| format!("x{player}")).collect(),
            n_samples: 1,
            rate: 100.0,
            fingerprint: format!("small game {seed}"),
            row_buffer_bytes: 4 * HIDDEN,
            row_bytes: 16 * HIDDEN,
        };
        Self { spec, inner, outer }
    }

    /// The input of a number, neighbours correlated.
    pub fn input(&self, split: &str, index: u64) -> Record {
        let mut rng = stream(1, split, index);
        let mut last = 0.0;
        let signal = (0..PLAYERS).map(|player| {
            let fresh: f64 = rng.sample(rand_distr::StandardNormal);
            last =
                if player == 0 { fresh } else { CORRELATION * last + (1.0 - CORRELATION * CORRELATION).sqrt() * fresh };
            last as f32
        });
        Record::new(format!("{split}-{index}"), self.spec.rate, self.spec.leads.clone(), signal.collect())
    }
}

impl BatchModel for SmallGame {
    fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn logits(&self, batch: Tensor<3>) -> Tensor<2> {
        let [n, ..] = batch.dims();
        let device = batch.device();
        let x = batch.reshape([n, PLAYERS]);
        let matrix =
            |data: &[f32], shape: [usize; 2]| Tensor::<2>::from_data(TensorData::new(data.to_vec(), shape), &device);
        let smooth =
            x.clone().matmul(matrix(&self.inner, [PLAYERS, HIDDEN])).tanh().matmul(matrix(&self.outer, [HIDDEN, 1]));
        let at = |player: usize| x.clone().slice([0..n, player..player + 1]);
        let products = at(0) * at(1) - at(2) * at(3) + at(4) * at(5) * at(6);
        smooth + products.mul_scalar(0.5)
    }

    fn is_differentiable(&self) -> bool {
        true
    }

    fn to_device(&self, _: &Device) -> Box<dyn BatchModel> {
        Box::new(Self { spec: self.spec.clone(), inner: self.inner.clone(), outer: self.outer.clone() })
    }
}
