//! `einthoven amortize train`: an explainer from labels.

use std::path::PathBuf;

use clap::Args;
use einthoven::amortize::label::LabelSet;
use einthoven::amortize::{Objective, Progress, TrainingConfig};
use einthoven::{DeviceName, Error, Result, Settings, train_amortized};
use indicatif::{ProgressBar, ProgressStyle};

use super::super::synth::file_error;
use super::super::{print, records, stop};
use super::report::text;

/// Arguments of `amortize train`.
#[derive(Args, Debug)]
pub struct Train {
    /// Folder that `amortize labels` has written.
    #[arg(value_name = "LABELS")]
    pub labels: PathBuf,
    /// The model that the labels were made with: `builtin`, `builtin:homogeneous` or a file.
    #[arg(long, value_name = "FILE", default_value = "builtin")]
    pub model: String,
    /// Training configuration (JSON: network, objective, epochs, batch, learning_rate, weight_decay, weighted, curve, seed); fields left
    /// out are the defaults.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What it is fitted to: labels, or fast-shap (the labels' coalitions, by FastSHAP's objective).
    #[arg(long, value_name = "OBJECTIVE", value_parser = objective)]
    pub objective: Option<Objective>,
    /// Passes over the training records, in place of the configuration's.
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// Seed, in place of the configuration's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Leave gradients out of what the network sees: for models without a gradient.
    #[arg(long)]
    pub no_gradient: bool,
    /// Train on an eighth, a quarter and half of the records too, and report the error of each.
    #[arg(long)]
    pub curve: bool,
    /// auto, cpu, wgpu, vulkan, metal or cuda.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceName,
    /// Folder for explainer.safetensors, explainer.json and partition.npz.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Trains, saves, and prints what the training found out.
pub fn run(args: &Train) -> Result<()> {
    let mut config: TrainingConfig = match &args.config {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| file_error("read", path, error))?;
            serde_json::from_str(&text).map_err(|error| file_error("read", path, error))?
        }
        None => TrainingConfig::default(),
    };
    config.objective = args.objective.unwrap_or(config.objective);
    config.epochs = args.epochs.unwrap_or(config.epochs);
    config.seed = args.seed.unwrap_or(config.seed);
    config.network.gradient &= !args.no_gradient;
    config.curve |= args.curve;
    config.check()?;
    let classifier = records::classifier(&args.model)?;
    let set = LabelSet::load(&args.labels)?;
    let settings = Settings { devices: vec![args.device], ..Settings::default() };
    let bar = ProgressBar::no_length().with_style(
        ProgressStyle::with_template("{msg:32} {bar:30} {pos}/{len} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let trained = train_amortized(&classifier, &set, &config, &settings, &mut |progress| {
        show(&bar, &progress);
        stop::asked()
    });
    bar.finish_and_clear();
    let Some(trained) = trained? else { return Err(Error::Interrupted) };
    trained.save(&args.out)?;
    print::text(&format!("{}see {}\n", text(trained.card()), args.out.join("explainer.json").display()))
}

fn objective(text: &str) -> std::result::Result<Objective, String> {
    match text {
        "labels" => Ok(Objective::Labels),
        "fast-shap" => Ok(Objective::FastShap),
        _ => Err("expected labels or fast-shap".to_owned()),
    }
}

fn show(bar: &ProgressBar, progress: &Progress) {
    match progress {
        Progress::Seeing { done, total } => {
            bar.set_message("records seen by the model");
            bar.set_length(*total as u64);
            bar.set_position(*done as u64);
        }
        Progress::Epoch { records, epoch, epochs, loss, error, is_best } => {
            bar.set_message(format!("{records} records, error {error:.4}"));
            bar.set_length(*epochs as u64);
            bar.set_position(*epoch as u64);
            let best = if *is_best { " (best)" } else { "" };
            bar.suspend(|| {
                eprintln!(
                    "{records} records, epoch {epoch}: loss {loss:.4}, relative error without noise {error:.4}{best}"
                );
            });
        }
        _ => {}
    }
}
