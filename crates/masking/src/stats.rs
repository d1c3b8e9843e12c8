//! What an evaluation took, counted: figures that hold on any machine.

use std::ops::AddAssign;

use einthoven_model::Network;
use serde::Serialize;

use crate::stages::Stage;

/// What an evaluation took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    /// Coalitions that were evaluated.
    pub evaluations: u64,
    /// Masked signals that the model answered for: a coalition is one per background.
    pub rows: u64,
    /// Times that the engine handed work to the device: making a masked batch, gathering, passing layers. On the CPU,
    /// tasks handed to threads.
    pub dispatches: u64,
    /// Bytes sent to the device after records and weights: coalitions, record indices, patterns. Nothing on the CPU.
    pub bytes_up: u64,
    /// Bytes read back: one number per output and coalition. Nothing on the CPU.
    pub bytes_down: u64,
    /// Multiply-adds of convolutions and linear layers; 0 for a model whose layers are not known.
    pub multiply_adds: u64,
    /// Those of the plain path: every row through every layer.
    pub plain_multiply_adds: u64,
    /// The parts of the network that were run, in order.
    pub levels: Vec<Level>,
}

/// A part of the network, over a whole run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Level {
    /// Layers from this on.
    pub first_layer: usize,
    /// Up to but without this.
    pub end_layer: usize,
    /// Tiles times patterns that were computed.
    pub items: u64,
    /// Multiply-adds that were done.
    pub multiply_adds: u64,
    /// Those of the plain path.
    pub plain_multiply_adds: u64,
}

impl Stats {
    /// Whether anything was computed for several rows at once.
    pub fn engine(&self) -> &'static str {
        if self.multiply_adds < self.plain_multiply_adds { "local" } else { "plain" }
    }

    /// The engine and what it saved, in words.
    pub fn summary(&self) -> String {
        match self.plain_multiply_adds {
            0 => self.engine().to_owned(),
            plain => {
                let share = 100.0 * self.multiply_adds as f64 / plain as f64;
                format!("{}, {share:.1} % of the multiply-adds of the plain path", self.engine())
            }
        }
    }

    /// Counts the stages of so many rows.
    pub(crate) fn add_stages(&mut self, network: &Network, stages: &[Stage], n_rows: usize) {
        let needs = network.needs(0, network.output(), 0..1);
        for stage in stages {
            let plain = network.multiply_adds(stage.from, stage.to, &needs[stage.from..=stage.to]);
            let level = Level {
                first_layer: stage.from,
                end_layer: stage.to,
                items: stage.n_items() as u64,
                multiply_adds: stage.multiply_adds(),
                plain_multiply_adds: plain * n_rows as u64,
            };
            self.add_level(level);
        }
    }

    fn add_level(&mut self, level: Level) {
        self.multiply_adds += level.multiply_adds;
        self.plain_multiply_adds += level.plain_multiply_adds;
        let key = |level: &Level| (level.first_layer, level.end_layer);
        match self.levels.iter_mut().find(|known| key(known) == key(&level)) {
            Some(known) => {
                known.items += level.items;
                known.multiply_adds += level.multiply_adds;
                known.plain_multiply_adds += level.plain_multiply_adds;
            }
            None => {
                self.levels.push(level);
                self.levels.sort_by_key(key);
            }
        }
    }
}

impl AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        self.evaluations += other.evaluations;
        self.rows += other.rows;
        self.dispatches += other.dispatches;
        self.bytes_up += other.bytes_up;
        self.bytes_down += other.bytes_down;
        other.levels.into_iter().for_each(|level| self.add_level(level));
    }
}
