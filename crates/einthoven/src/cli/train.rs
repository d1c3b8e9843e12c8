//! `einthoven train`: a classifier from synthetic records or from PTB-XL.

use einthoven::gradient::AttributionPrior;
use einthoven::masking::device;
use einthoven::model::{self, Metrics, Penalty, Progress, Provenance, Source, TrainConfig};
use einthoven::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};

use super::args::Train;
use super::synth::{file_error, load_config};
use super::{print, stop};

/// Trains, and prints how well the model does on records it has not seen.
pub fn run(args: &Train) -> Result<()> {
    let mut config: TrainConfig = match &args.config {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| file_error("read", path, error))?;
            serde_json::from_str(&text).map_err(|error| file_error("read", path, error))?
        }
        None => TrainConfig::default(),
    };
    config.epochs = args.epochs.unwrap_or(config.epochs);
    config.seed = args.seed.unwrap_or(config.seed);
    config.architecture.homogeneous |= args.homogeneous;
    let prior = args.prior.map(|prior| AttributionPrior::x_gradient(prior, args.prior_strength)).transpose()?;
    if prior.is_some() && config.frozen_epochs == 0 {
        config.frozen_epochs = config.epochs.div_ceil(3);
    }
    let source = match (&args.synth, &args.ptbxl) {
        (Some(path), _) => Source::Synthetic(load_config(path)?),
        (None, Some(folder)) => Source::PtbXl(folder.clone()),
        (None, None) => return Err(Error::Usage("train: give --synth CONFIG or --ptbxl DIR".to_owned())),
    };
    let (device, info) = device::open(args.device)?;
    eprintln!("training on {info}");
    let provenance = Provenance { command: command(), git_revision: git_revision() };
    let penalty = prior.as_ref().map(|prior| prior as &dyn Penalty);
    let mut bar = Bar::new();
    let outcome = model::train(&config, &source, penalty, &provenance, &args.out, &device, &mut |progress| {
        bar.show(&progress);
        stop::asked()
    })?;
    bar.bar.finish_and_clear();
    let Some(outcome) = outcome else {
        eprintln!("stopped; the same command goes on from {}", args.out.display());
        return Err(Error::Interrupted);
    };
    print::text(&format!("{}see {}\n", table(&outcome.test), args.out.join("model.json").display()))
}

/// The command as it was typed, without the folder that the program lies in.
fn command() -> String {
    let args: Vec<String> = std::env::args().skip(1).collect();
    format!("einthoven {}", args.join(" "))
}

/// The revision of the source in the current folder, if there is one.
fn git_revision() -> String {
    let output = std::process::Command::new("git").args(["describe", "--always", "--dirty"]).output();
    let revision = output.ok().filter(|output| output.status.success());
    let revision = revision.and_then(|output| String::from_utf8(output.stdout).ok());
    revision.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}

/// A bar that follows preparing and training.
struct Bar {
    bar: ProgressBar,
}

impl Bar {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{msg:28} {bar:30} {pos}/{len} {eta}");
        Self { bar: ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())) }
    }

    fn show(&mut self, progress: &Progress) {
        match progress {
            Progress::Preparing { split, done, total } => {
                self.at(&format!("records ({})", split.name()), *done, *total)
            }
            Progress::Step { epoch, epochs, step, steps, loss } => {
                self.at(&format!("epoch {epoch}/{epochs} loss {loss:.4}"), *step, *steps);
            }
            Progress::Epoch { epoch, loss, validation_macro_auc, is_best } => {
                let best = if *is_best { " (best)" } else { "" };
                self.bar.suspend(|| {
                    eprintln!("epoch {epoch}: loss {loss:.4}, validation macro-AUC {validation_macro_auc:.4}{best}");
                });
            }
            _ => {}
        }
    }

    fn at(&self, message: &str, done: usize, total: usize) {
        self.bar.set_message(message.to_owned());
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }
}

fn table(metrics: &Metrics) -> String {
    let mut text =
        format!("{:<6} {:>6} {:>10} {:>6} {:>6} {:>6} {:>6}\n", "class", "AUC", "threshold", "TP", "FP", "FN", "TN");
    for class in &metrics.classes {
        let auc = class.auc.map_or("-".to_owned(), |auc| format!("{auc:.4}"));
        text.push_str(&format!(
            "{:<6} {auc:>6} {:>10.3} {:>6} {:>6} {:>6} {:>6}\n",
            class.name,
            class.threshold,
            class.true_positives,
            class.false_positives,
            class.false_negatives,
            class.true_negatives
        ));
    }
    let auc = metrics.macro_auc.map_or("-".to_owned(), |auc| format!("{auc:.4}"));
    text + &format!("macro  {auc:>6}\n")
}
