//! Models: the `BatchModel` trait, 12-lead residual networks in burn, weights and training.
//!
//! The engine knows a model only as a [`BatchModel`]: a batch of signals goes in, a batch of logits comes out. Any
//! network can be one. This crate brings one family that is worth explaining, the xresnet1d networks that lead the
//! PTB-XL benchmark ([`XResNetConfig`]), with
//!
//! * [`load`] and [`save`]: our own files (safetensors and a [`Card`]) and published PyTorch state dicts,
//! * [`train`]: training that can be interrupted and gives the same weights for the same seed,
//! * [`Network`]: a network as its layers, which [`CpuNetwork`] runs on the CPU and [`TensorNetwork`] on any device,
//! * [`builtin`]: a small trained [`Classifier`] inside the program, so that the first command works, and
//!   [`builtin_homogeneous`], its twin without biases.

mod augment;
mod batch;
mod builtin;
mod card;
mod checkpoint;
mod classifier;
mod config;
mod cpu;
mod data;
mod error;
mod footprint;
mod gates;
mod infer;
mod layers;
pub mod metrics;
pub mod network;
mod network_model;
mod norm;
mod optimizer;
mod penalty;
mod plan;
mod schedule;
mod state;
mod tensor_network;
mod trace;
mod train;
mod train_config;
mod weights;
mod xresnet;

pub use augment::Augmentation;
pub use batch::{BatchModel, ModelSpec};
pub use builtin::{builtin, builtin_homogeneous};
pub use card::{Card, NOTICE, Normalisation, Provenance, TrainingRecord};
pub use classifier::Classifier;
pub use config::XResNetConfig;
pub use cpu::{CpuNetwork, Crop, GradientScratch, Scratch};
pub use data::{Dataset, Source, Split};
pub use error::{Error, Result};
pub use metrics::{ClassMetrics, Metrics};
pub use network::Network;
pub use network_model::NetworkModel;
pub use optimizer::AdamW;
pub use penalty::{Penalised, Penalty, PenaltyStep};
pub use schedule::one_cycle;
pub use state::{HostTensor, StateDict};
pub use tensor_network::TensorNetwork;
pub use trace::{Rule, Trace};
pub use train::{Outcome, Progress, evaluate, train};
pub use train_config::TrainConfig;
pub use weights::{load, save};
