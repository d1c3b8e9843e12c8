//! FastSHAP's objective (Jethani, Sudarshan, Covert, Lee & Ranganath, 2022) on the coalitions that labels were made of.
//!
//! A record's values are to add up, over the players of each coalition, to what the coalition is worth: least squares under the
//! Shapley kernel, which have the Shapley values for their minimum. No label is needed, only the coalitions and their values.
//! Sizes weigh as under the kernel; within a size coalitions weigh alike. That needs every size in every label, as in walks.

use burn::tensor::{Device, Tensor, TensorData};
use einthoven_game::{Index, Partition};

use crate::label::{LabelSpec, LabelledRecord};
use crate::network::NetworkConfig;
use crate::{Error, Result};

/// The coalitions of some records with their values.
pub(crate) struct Coalitions {
    records: Vec<Rows>,
    n_players: usize,
    n_outputs: usize,
}

/// The coalitions of a record.
struct Rows {
    /// Whether each player is in, `[rows, players]`.
    members: Vec<f32>,
    /// What a row is worth more than the empty coalition, scaled, `[rows, outputs]`.
    values: Vec<f32>,
    /// Adding up to one.
    weights: Vec<f32>,
}

/// Refuses what the objective is not right for.
///
/// # Errors
/// If the labels are not of Shapley values by permutations, whose walks hold each size once, or values need not add up.
pub(crate) fn check_fast_shap(network: &NetworkConfig, spec: &LabelSpec) -> Result<()> {
    let reason = match spec {
        _ if spec.index != Index::Sv => format!("on labels of {}: it gives Shapley values", spec.index),
        _ if spec.method != "permutation" && spec.method != "exact" => {
            format!("on labels by {}: they do not hold every size alike; make labels by permutation", spec.method)
        }
        _ if !network.efficient => "with efficient false: the empty and the full coalition are constraints".to_owned(),
        _ => return Ok(()),
    };
    Err(Error::Request(format!("train by FastSHAP's objective {reason}")))
}

impl Coalitions {
    /// Draws the designs of the records' labels again.
    ///
    /// # Errors
    /// If a design cannot be made.
    pub(crate) fn of(spec: &LabelSpec, partition: &Partition, records: &[&LabelledRecord], scale: f64) -> Result<Self> {
        let (n_players, n_outputs) = (partition.n_players(), spec.outputs.len());
        let rows = records.iter().map(|record| Rows::of(spec, partition, record, scale));
        Ok(Self { records: rows.collect::<Result<_>>()?, n_players, n_outputs })
    }

    /// The loss of values `[batch, players, outputs]` of these records, `weights [outputs]`.
    pub(crate) fn loss(&self, values: Tensor<3>, at: &[usize], weights: Tensor<3>, device: &Device) -> Tensor<1> {
        let rows: Vec<&Rows> = at.iter().map(|&at| &self.records[at]).collect();
        let (n, most) = (rows.len(), rows.iter().map(|rows| rows.weights.len()).max().unwrap_or(0));
        // Records with fewer rows are filled up with rows of no weight.
        let place = |part: &dyn Fn(&Rows) -> &[f32], width: usize| {
            let mut all = Vec::with_capacity(n * most * width);
            for rows in &rows {
                let part = part(rows);
                all.extend_from_slice(part);
                all.extend(std::iter::repeat_n(0.0, most * width - part.len()));
            }
            Tensor::<3>::from_data(TensorData::new(all, [n, most, width]), device)
        };
        let members = place(&|rows| &rows.members, self.n_players);
        let worth = place(&|rows| &rows.values, self.n_outputs);
        let kernel = place(&|rows| &rows.weights, 1);
        let squares = (members.matmul(values) - worth).square() * weights * kernel;
        squares.sum().div_scalar((n * self.n_outputs) as f64)
    }
}

impl Rows {
    fn of(spec: &LabelSpec, partition: &Partition, record: &LabelledRecord, scale: f64) -> Result<Self> {
        let (n_players, n_outputs) = (partition.n_players(), spec.outputs.len());
        let (mut members, mut values, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
        for label in &record.labels {
            let design = spec.design(label.seed, partition)?;
            if design.rows.len() * n_outputs != label.coalitions.len() + 2 * n_outputs {
                let reason =
                    format!("train by FastSHAP's objective: the labels of {} are of another design", record.name);
                return Err(Error::Request(reason));
            }
            for (row, worth) in design.rows.iter().skip(2).zip(label.coalitions.chunks_exact(n_outputs)) {
                members.extend((0..n_players).map(|player| if row.contains(player) { 1.0 } else { 0.0 }));
                values
                    .extend(worth.iter().zip(&record.empty).map(|(v, empty)| ((f64::from(*v) - empty) / scale) as f32));
                sizes.push(row.size());
            }
        }
        let mut counts = vec![0.0; n_players + 1];
        sizes.iter().for_each(|&size| counts[size] += 1.0);
        let weight = |size: usize| 1.0 / ((size * (n_players - size)) as f64 * counts[size]);
        let all: f64 = sizes.iter().map(|&size| weight(size)).sum();
        let weights = sizes.iter().map(|&size| (weight(size) / all) as f32).collect();
        Ok(Self { members, values, weights })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use einthoven_game::rng::stream;
    use einthoven_game::{Kind, Link, exact};
    use rand::RngExt;

    use super::*;
    use crate::label::{Label, Role};

    const PLAYERS: usize = 4;

    /// A game of four players and two outputs, all of whose coalitions are a label's design.
    fn game() -> (LabelSpec, Partition, LabelledRecord, Vec<f32>) {
        let names: Vec<String> = (0..PLAYERS).map(|player| format!("player {player}")).collect();
        let partition = Partition::leads(&names, 1).unwrap();
        let spec = LabelSpec {
            model: String::new(),
            outputs: vec!["a".into(), "b".into()],
            leads: names.clone(),
            n_samples: 1,
            rate: 100.0,
            players: "leads".into(),
            player_names: names,
            terms: (0..PLAYERS as u32).map(|player| vec![player]).collect(),
            index: Index::Sv,
            method: "exact".into(),
            budget: 1 << PLAYERS,
            kind: Kind::Exact,
            link: Link::Logit,
            baseline: "zero".into(),
            seed: 0,
            draws: [1, 2],
        };
        let design = spec.design(0, &partition).unwrap();
        let mut rng = stream(3, "test", 0);
        let values: Vec<f64> = (0..2 << PLAYERS).map(|_| rng.random_range(-1.0..1.0)).collect();
        let mut tables = vec![vec![0.0; 1 << PLAYERS]; 2];
        for (row, values) in design.rows.iter().zip(values.chunks_exact(2)) {
            (0..2).for_each(|output| tables[output][row.words()[0] as usize] = values[output]);
        }
        let shapley: Vec<Vec<f64>> = tables.iter().map(|table| exact::shapley(table).unwrap()).collect();
        let shapley = (0..PLAYERS).flat_map(|player| [shapley[0][player] as f32, shapley[1][player] as f32]).collect();
        let coalitions = values[4..].iter().map(|&value| value as f32).collect();
        let label = Label { values: Vec::new(), variances: None, evaluations: 16, seed: 0, coalitions };
        let record = LabelledRecord {
            name: "record".into(),
            role: Role::Train,
            signal: Vec::new(),
            empty: values[..2].to_vec(),
            full: values[2..4].to_vec(),
            labels: vec![label],
        };
        (spec, partition, record, shapley)
    }

    fn loss(coalitions: &Coalitions, values: &[f32]) -> f64 {
        let device = Device::flex();
        let values = Tensor::from_data(TensorData::new(values.to_vec(), [1, PLAYERS, 2]), &device);
        let weights = Tensor::ones([1, 1, 2], &device);
        coalitions.loss(values, &[0], weights, &device).into_data().convert::<f64>().try_to_vec::<f64>().unwrap()[0]
    }

    #[test]
    fn shapley_values_are_where_the_loss_is_least() {
        let (spec, partition, record, shapley) = game();
        let coalitions = Coalitions::of(&spec, &partition, &[&record], 1.0).unwrap();
        let least = loss(&coalitions, &shapley);
        for output in 0..2 {
            for (i, j) in [(0, 1), (1, 2), (0, 3)] {
                for shift in [0.1, -0.1] {
                    // Along what keeps the sum.
                    let mut moved = shapley.clone();
                    moved[2 * i + output] += shift;
                    moved[2 * j + output] -= shift;
                    assert!(loss(&coalitions, &moved) > least + 1e-5);
                }
            }
        }
    }

    #[test]
    fn labels_of_something_else_are_refused() {
        let (spec, partition, mut record, _) = game();
        let network = NetworkConfig::default();
        assert!(check_fast_shap(&network, &spec).is_ok());
        for wrong in [
            LabelSpec { index: Index::Bv, ..spec.clone() },
            LabelSpec { method: "unbiased-kernel".into(), ..spec.clone() },
        ] {
            assert!(check_fast_shap(&network, &wrong).is_err());
        }
        assert!(check_fast_shap(&NetworkConfig { efficient: false, ..network }, &spec).is_err());
        record.labels[0].coalitions.pop();
        assert!(Coalitions::of(&spec, &partition, &[&record], 1.0).is_err());
    }
}
