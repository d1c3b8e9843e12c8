//! FastSHAP's objective (Jethani, Sudarshan, Covert, Lee & Ranganath, 2022) on the coalitions that labels were made of.
//!
//! A record's values are to add up, over the players of each coalition, to what the coalition is worth: least squares under the
//! Shapley kernel, which have the Shapley values for their minimum. No label is needed, only the coalitions and their values.
//! Sizes weigh as under the kernel whatever the design; within a size its coalitions weigh alike.

use burn::tensor::{Device, Tensor, TensorData};
use einthoven_game::{Index, Partition};

use crate::label::{LabelSpec, LabelledRecord};
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

impl Coalitions {
    /// Draws the designs of the records' labels again.
    ///
    /// # Errors
    /// If the labels are not of Shapley values, for which the objective is right, or a design cannot be made.
    pub(crate) fn of(spec: &LabelSpec, partition: &Partition, records: &[&LabelledRecord], scale: f64) -> Result<Self> {
        if spec.index != Index::Sv {
            let reason =
                format!("train by FastSHAP's objective on labels of {}: its values are Shapley values", spec.index);
            return Err(Error::Request(reason));
        }
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
