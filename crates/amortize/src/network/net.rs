//! From what is seen of records to the values of all players, and of pairs.

use std::ops::Range;

use burn::{
    module::{Module, Param, ParamId},
    tensor::{Device, Int, Tensor, TensorData, activation::relu},
};
use einthoven_game::rng::stream;
use einthoven_model::StateDict;
use rand::RngExt;

use super::eye::GRADIENTS;
use super::{Geometry, NetworkConfig};

/// Players share everything but a vector of their own, a last layer and a constant.
///
/// Layers that give the values begin at zero: before training the values are the integrated gradients, if these are an input, and
/// alike for all players otherwise.
#[derive(Module, Debug)]
pub(crate) struct Net {
    /// Of the feature map, sample by sample.
    map: Dense,
    /// Of the record as a whole: the map's maximum and mean, what the model says, and the mean of what stands for each lead.
    whole: Dense,
    /// Of two neighbouring blocks of a lead, then of two neighbours of that.
    lead: Vec<Dense>,
    /// What a player is made of: its part of the map, its gradients, the record as a whole.
    from_map: Dense,
    from_gradient: Dense,
    from_whole: Dense,
    /// A vector for each player `[players, hidden]`.
    player: Param<Tensor<2>>,
    hidden: Dense,
    /// `[hidden, outputs]`, and the same for each player alone, `[players, hidden * outputs]`, with a constant.
    shared: Dense,
    own: Param<Tensor<2>>,
    constant: Param<Tensor<2>>,
    /// How much of each gradient is taken as it is, `[gradients * outputs]`: the same for all, and what a player's own state adds.
    skip: Param<Tensor<1>>,
    gate: Dense,
    /// Of the sum and the product of two players, where pairs have values, and a constant for each pair.
    pair: Vec<Dense>,
    pair_constant: Vec<Param<Tensor<2>>>,
}

/// A matrix `[in, out]` and a bias.
#[derive(Module, Debug)]
struct Dense {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

/// What is seen of some records.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    /// `[batch, map samples, channels]`
    pub map: Tensor<3>,
    /// Millivolts `[batch, leads, blocks * samples of a block]`, scaled.
    pub signals: Tensor<3>,
    /// Gradients `[batch, players, gradients * outputs]`, scaled like the values; zeros if they are no input.
    pub gradient: Tensor<3>,
    /// The full coalition's values less those of the empty one, `[batch, outputs]`, scaled alike.
    pub total: Tensor<2>,
}

/// How the weights of a matrix begin.
#[derive(Clone)]
enum Start {
    /// Normal, with this much variance per input.
    Normal(f64),
    Zero,
    /// Zero, but one at these places.
    Ones(Range<usize>),
}

/// Names, shapes and beginnings of all tensors, in a fixed order.
struct Plan(Vec<(String, Vec<usize>, Start)>);

impl Plan {
    fn new(config: &NetworkConfig, geometry: &Geometry, channels: usize, n_outputs: usize, n_pairs: usize) -> Self {
        let (h, players) = (config.hidden, geometry.n_players);
        let [c1, c2] = config.lead_channels;
        let mut plan = Self(Vec::new());
        plan.dense("map", [channels, h], Start::Normal(2.0));
        plan.dense("whole", [2 * channels + n_outputs + geometry.n_leads * c2, h], Start::Normal(2.0));
        plan.dense("lead.0", [2 * geometry.block, c1], Start::Normal(2.0));
        plan.dense("lead.1", [2 * c1, c2], Start::Normal(2.0));
        plan.dense("from_map", [h, h], Start::Normal(0.5));
        plan.dense("from_gradient", [GRADIENTS * n_outputs, h], Start::Normal(0.5));
        plan.dense("from_whole", [h, h], Start::Normal(0.5));
        plan.0.push(("player".to_owned(), vec![players, h], Start::Normal(h as f64 * 0.1)));
        plan.dense("hidden", [h, h], Start::Normal(2.0));
        plan.dense("shared", [h, n_outputs], Start::Zero);
        plan.0.push(("own".to_owned(), vec![players, h * n_outputs], Start::Zero));
        plan.0.push(("constant".to_owned(), vec![players, n_outputs], Start::Zero));
        plan.0.push(("skip".to_owned(), vec![GRADIENTS * n_outputs], Start::Ones(n_outputs..2 * n_outputs)));
        plan.dense("gate", [h, GRADIENTS * n_outputs], Start::Zero);
        if n_pairs > 0 {
            plan.dense("pair.0", [2 * h, h], Start::Normal(2.0));
            plan.dense("pair.1", [h, n_outputs], Start::Zero);
            plan.0.push(("pair_constant".to_owned(), vec![n_pairs, n_outputs], Start::Zero));
        }
        plan
    }

    fn dense(&mut self, name: &str, shape: [usize; 2], start: Start) {
        self.0.push((format!("{name}.weight"), shape.to_vec(), start));
        self.0.push((format!("{name}.bias"), vec![shape[1]], Start::Zero));
    }

    fn initial(&self, seed: u64) -> StateDict {
        let mut state = StateDict::default();
        for (index, (name, shape, start)) in self.0.iter().enumerate() {
            let n = shape.iter().product();
            let data = match start {
                Start::Zero => vec![0.0; n],
                Start::Ones(ones) => (0..n).map(|at| if ones.contains(&at) { 1.0 } else { 0.0 }).collect(),
                Start::Normal(variance) => {
                    let mut rng = stream(seed, "amortize/initial-weights", index as u64);
                    let scale = (variance / shape[0] as f64).sqrt();
                    (0..n).map(|_| (scale * rng.sample::<f64, _>(rand_distr::StandardNormal)) as f32).collect()
                }
            };
            state.insert(name.clone(), shape.clone(), data);
        }
        state
    }
}

/// Makes parameters of the tensors of a state dict.
struct Builder<'a> {
    state: &'a StateDict,
    device: &'a Device,
    /// Whether the parameters ask for gradients.
    trained: bool,
    next_id: u64,
}

impl Builder<'_> {
    fn param<const D: usize>(&mut self, name: &str) -> Param<Tensor<D>> {
        let tensor = self.state.get(name).expect("invariant: the state was checked against the plan");
        let data = TensorData::new(tensor.data.clone(), tensor.shape.clone());
        let tensor = Tensor::from_data(data, self.device);
        let tensor = if self.trained { tensor.require_grad() } else { tensor };
        self.next_id += 1;
        Param::initialized(ParamId::from(self.next_id), tensor)
    }

    fn dense(&mut self, name: &str) -> Dense {
        Dense { weight: self.param(&format!("{name}.weight")), bias: self.param(&format!("{name}.bias")) }
    }
}

impl Dense {
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, rows, n_in] = x.dims();
        let weight = self.weight.val();
        let [_, n_out] = weight.dims();
        let made = x.reshape([batch * rows, n_in]).matmul(weight) + self.bias.val().unsqueeze();
        made.reshape([batch, rows, n_out])
    }
}

impl Net {
    /// Fresh weights by name.
    pub(crate) fn initial(
        config: &NetworkConfig,
        geometry: &Geometry,
        channels: usize,
        n_outputs: usize,
        n_pairs: usize,
        seed: u64,
    ) -> StateDict {
        Plan::new(config, geometry, channels, n_outputs, n_pairs).initial(seed)
    }

    /// Why a state is not that of such a network, if it is not.
    pub(crate) fn misfit(
        config: &NetworkConfig,
        geometry: &Geometry,
        channels: usize,
        n_outputs: usize,
        n_pairs: usize,
        state: &StateDict,
    ) -> Option<String> {
        let plan = Plan::new(config, geometry, channels, n_outputs, n_pairs);
        plan.0.iter().find_map(|(name, shape, _)| match state.get(name) {
            None => Some(format!("tensor '{name}' is missing")),
            Some(tensor) if tensor.shape != *shape => {
                Some(format!("tensor '{name}' has shape {:?}, expected {shape:?}", tensor.shape))
            }
            Some(tensor) if tensor.data.iter().any(|x| !x.is_finite()) => {
                Some(format!("tensor '{name}' holds a number that is not finite"))
            }
            Some(_) => None,
        })
    }

    /// A network of these weights on a device; one that is to be trained must be on a device that tracks gradients.
    pub(crate) fn new(state: &StateDict, device: &Device, trained: bool) -> Self {
        let mut make = Builder { state, device, trained, next_id: 0 };
        let has_pairs = state.get("pair_constant").is_some();
        Self {
            map: make.dense("map"),
            whole: make.dense("whole"),
            lead: vec![make.dense("lead.0"), make.dense("lead.1")],
            from_map: make.dense("from_map"),
            from_gradient: make.dense("from_gradient"),
            from_whole: make.dense("from_whole"),
            player: make.param("player"),
            hidden: make.dense("hidden"),
            shared: make.dense("shared"),
            own: make.param("own"),
            constant: make.param("constant"),
            skip: make.param("skip"),
            gate: make.dense("gate"),
            pair: if has_pairs { vec![make.dense("pair.0"), make.dense("pair.1")] } else { Vec::new() },
            pair_constant: if has_pairs { vec![make.param("pair_constant")] } else { Vec::new() },
        }
    }

    /// The weights by name.
    pub(crate) fn state(&self) -> StateDict {
        let mut state = StateDict::default();
        let mut dense = |name: &str, dense: &Dense| {
            put(&mut state, &format!("{name}.weight"), &dense.weight);
            put(&mut state, &format!("{name}.bias"), &dense.bias);
        };
        for (name, layer) in [
            ("map", &self.map),
            ("whole", &self.whole),
            ("from_map", &self.from_map),
            ("gate", &self.gate),
            ("from_gradient", &self.from_gradient),
            ("from_whole", &self.from_whole),
            ("hidden", &self.hidden),
            ("shared", &self.shared),
        ] {
            dense(name, layer);
        }
        self.lead.iter().enumerate().for_each(|(i, layer)| dense(&format!("lead.{i}"), layer));
        self.pair.iter().enumerate().for_each(|(i, layer)| dense(&format!("pair.{i}"), layer));
        put(&mut state, "player", &self.player);
        put(&mut state, "own", &self.own);
        put(&mut state, "constant", &self.constant);
        put(&mut state, "skip", &self.skip);
        self.pair_constant.iter().for_each(|constant| put(&mut state, "pair_constant", constant));
        state
    }

    /// Values `[batch, terms, outputs]`: those of the players, then those of the pairs.
    pub(crate) fn forward(&self, geometry: &Geometry, pairs: Option<&Pairs>, batch: &Batch) -> Tensor<3> {
        let players = self.players(geometry, batch);
        let singles = self.singles(&players, batch);
        match pairs {
            None => singles,
            Some(pairs) => Tensor::cat(vec![singles, self.pairs(&players, pairs.clone())], 1),
        }
    }

    /// What stands for each player, `[batch, players, hidden]`.
    fn players(&self, geometry: &Geometry, batch: &Batch) -> Tensor<3> {
        let leads = self.leads(geometry, &batch.signals);
        let maximum = batch.map.clone().max_dim(1);
        let mean = batch.map.clone().mean_dim(1);
        let total = batch.total.clone().div_scalar(geometry.n_players as f64).unsqueeze_dim(1);
        let [n, _, channels] = leads.dims();
        let lead_means = leads.clone().reshape([n * geometry.n_leads, geometry.blocks, channels]).mean_dim(1);
        let lead_means = lead_means.reshape([n, 1, geometry.n_leads * channels]);
        let whole = relu(self.whole.forward(Tensor::cat(vec![maximum, mean, total, lead_means], 2)));
        let map = relu(self.map.forward(batch.map.clone()) + whole.clone());
        let from_map = spread(&geometry.in_map, map);
        let token = self.from_map.forward(from_map)
            + self.from_gradient.forward(batch.gradient.clone())
            + self.from_whole.forward(whole)
            + self.player.val().unsqueeze();
        relu(self.hidden.forward(relu(token)))
    }

    /// What stands for each block of each lead, `[batch, leads * blocks, channels]`.
    fn leads(&self, geometry: &Geometry, signals: &Tensor<3>) -> Tensor<3> {
        let [n, leads, _] = signals.dims();
        let blocks = signals.clone().reshape([n * leads, geometry.blocks, geometry.block]);
        let made = self.lead.iter().fold(blocks, |x, layer| relu(layer.forward(beside_next(x))));
        let [_, blocks, channels] = made.dims();
        made.reshape([n, leads * blocks, channels])
    }

    fn singles(&self, players: &Tensor<3>, batch: &Batch) -> Tensor<3> {
        let [n, n_players, hidden] = players.dims();
        let n_outputs = self.skip.dims()[0] / GRADIENTS;
        let own = self.own.val().reshape([n_players, hidden, n_outputs]);
        let own = players.clone().swap_dims(0, 1).matmul(own).swap_dims(0, 1);
        let skip = self.gate.forward(players.clone()) + self.skip.val().unsqueeze();
        let skipped = (skip * batch.gradient.clone()).reshape([n, n_players, GRADIENTS, n_outputs]);
        let skipped = skipped.sum_dim(2).reshape([n, n_players, n_outputs]);
        self.shared.forward(players.clone()) + own + skipped + self.constant.val().unsqueeze()
    }

    fn pairs(&self, players: &Tensor<3>, pairs: Pairs) -> Tensor<3> {
        let [a, b] = pairs.map(|places| players.clone().select(1, places));
        // The same whichever comes first.
        let both = Tensor::cat(vec![a.clone() + b.clone(), a * b], 2);
        let made = self.pair[1].forward(relu(self.pair[0].forward(both)));
        made + self.pair_constant[0].val().unsqueeze()
    }
}

/// The two players of each pair, as places on a device.
pub(crate) type Pairs = [Tensor<1, Int>; 2];

/// Means over what each player owns: `[players, places]` times `[batch, places, channels]`.
fn spread(shares: &Tensor<2>, made: Tensor<3>) -> Tensor<3> {
    let [batch, places, channels] = made.dims();
    let [players, _] = shares.dims();
    // One product of matrices for the whole batch.
    let made = made.swap_dims(0, 1).reshape([places, batch * channels]);
    shares.clone().matmul(made).reshape([players, batch, channels]).swap_dims(0, 1)
}

/// Each block beside the next one, `[rows, blocks, 2 * channels]`; behind the last one are zeros.
fn beside_next(x: Tensor<3>) -> Tensor<3> {
    let [rows, blocks, channels] = x.dims();
    let nothing = Tensor::zeros([rows, 1, channels], &x.device());
    let next = if blocks == 1 { nothing } else { Tensor::cat(vec![x.clone().slice([0..rows, 1..blocks]), nothing], 1) };
    Tensor::cat(vec![x, next], 2)
}

fn put<const D: usize>(state: &mut StateDict, name: &str, param: &Param<Tensor<D>>) {
    let tensor = param.val();
    let shape = tensor.dims().to_vec();
    let data = tensor.into_data().convert::<f32>();
    state.insert(name, shape, data.try_to_vec().expect("invariant: converted to f32 above"));
}
