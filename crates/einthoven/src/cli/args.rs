//! The command line, as `einthoven --help` shows it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use einthoven::ecg::synth::Finding;
use einthoven::gradient::Prior;
use einthoven::interactions::Penalty;
use einthoven::{BaselineName, DeviceChoice, DeviceName, Index, Link, Memory, Method, Players};

use super::amortize::Amortize;
use super::explain_args::Explain;
use super::groups::Groups;
use super::removal_args::Remove;
use super::tree_args::Trees;
use super::value_args::Value;

/// Explains what a neural network sees in an electrocardiogram.
///
/// Parts of the recording (leads, stretches of time) are switched off in thousands of combinations; what the network
/// then says becomes a Shapley value for each part, with its standard error.
#[derive(Debug, Parser)]
#[command(name = "einthoven", version, after_long_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  einthoven explain                                    explain a synthetic infarction, to see what comes out
  einthoven explain patient1                           explain the WFDB record patient1.hea
  einthoven explain patient1 --players 'leads*windows:10' --target MI
  einthoven explain ecg.csv --rate 500 --units uV      explain a CSV file with one column per lead
  einthoven explain folder/ --out results              explain every record in a folder
  einthoven explain patient1 --method ig               which single samples, by integrated gradients
  einthoven interact patient1 --order 2                which leads say more together than alone
  einthoven interact patient1 --players 'leads*windows:100' --method spectral --budget 16384
                                                       which single waves do, of 1200 parts
  einthoven remove patient1 --flip                     without which leads the model would say something else
  einthoven amortize labels folder/ --budget 13 --out labels
                                                       cheap labels of many records, to train an explainer on
  einthoven game table.json --method exact --json      run an estimator on a game of your own
  einthoven trees model.json rows.csv --index k-sii    explain a tree ensemble exactly
  einthoven value --embed records --labels labels.csv  which records are worth least, and may be labelled wrong

Exit codes: 0 done, 2 usage, 3 input, 4 model or device, 130 interrupted.
Einthoven is a research tool and not a medical device.";

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What the model says about each record.
    Predict(Predict),
    /// Why the model says it: Shapley values per lead and stretch of time, or gradients of single samples.
    Explain(Explain),
    /// How parts work together: interactions of any order, and their pictures.
    Interact(Interact),
    /// Which few parts to take away so that the model says something else, tried on the model.
    #[command(long_about = super::removal_args::ABOUT)]
    Remove(Remove),
    /// Whether a model is homogeneous, so that x-gradient explains it exactly in one pass.
    Homogeneity(Predict),
    /// Explain a whole dataset by a network that is trained on cheap, noisy labels.
    #[command(long_about = super::amortize::ABOUT)]
    Amortize(Amortize),
    /// Draw synthetic 12-lead records with known findings.
    Synth(Synth),
    /// Train a classifier on synthetic records or on PTB-XL.
    Train(Train),
    /// List the devices that can evaluate a model.
    Devices,
    /// List the methods, and what each is good for.
    Methods,
    /// Run an estimator on a game file: the way to check us.
    Game(GameArgs),
    /// Explain tree ensembles exactly: values and interactions of XGBoost, LightGBM and scikit-learn models.
    Trees(Trees),
    /// What each training point adds to a classifier, and which are labelled wrong: data Shapley values and their kin.
    Value(Value),
}

/// Which records, and how to read them.
#[derive(Args, Debug)]
pub struct Input {
    /// WFDB record (with or without .hea), CSV or NPY file, or a folder. Without one, a synthetic record.
    ///
    /// A folder is searched to any depth for WFDB headers; only if it has none, for CSV and NPY files.
    #[arg(value_name = "RECORD")]
    pub records: Vec<PathBuf>,
    /// Sampling rate in Hz of CSV and NPY files.
    #[arg(long, value_name = "HZ", value_parser = positive, allow_negative_numbers = true)]
    pub rate: Option<f64>,
    /// Unit of CSV and NPY files: V, mV, uV or nV [default: mV].
    #[arg(long, value_name = "UNIT")]
    pub units: Option<String>,
    /// Names of the leads of CSV and NPY files, in order, separated by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub leads: Option<Vec<String>>,
    /// Where in a longer record the model's input starts, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, value_parser = not_negative, allow_negative_numbers = true)]
    pub start: f64,
    /// Leave the record as it is: do not remove wander and mains hum first.
    #[arg(long)]
    pub no_filter: bool,
}

/// Which model, and where it runs.
#[derive(Args, Debug)]
pub struct Engine {
    /// `builtin`, `builtin:homogeneous` (its twin without biases), a model file of ours (.safetensors with its card), or a
    /// PyTorch state dict of the xresnet1d family.
    #[arg(long, value_name = "FILE", default_value = "builtin")]
    pub model: String,
    /// auto, cpu, wgpu, vulkan, metal or cuda, or several such as wgpu:0,wgpu:1, which share the work; auto takes a
    /// hardware GPU if there is one.
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_delimiter = ',')]
    pub device: Vec<DeviceName>,
}

/// Arguments of `predict` and `homogeneity`.
#[derive(Args, Debug)]
pub struct Predict {
    /// Which records.
    #[command(flatten)]
    pub input: Input,
    /// Which model.
    #[command(flatten)]
    pub engine: Engine,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `interact`.
#[derive(Args, Debug)]
pub struct Interact {
    /// Which interactions.
    #[command(flatten)]
    pub interactions: InteractionArgs,
    /// What is explained, and where the answer goes.
    #[command(flatten)]
    pub run: Run,
}

/// Which interactions, and how they are estimated.
#[derive(Args, Debug)]
pub struct InteractionArgs {
    /// Which index: k-sii, sii, stii, fsii, fbii, bii, chii, kadd-shap, moebius, co-moebius, fourier, jointsv, sgv, bgv,
    /// chgv, igv or egv.
    ///
    /// k-sii (n-Shapley values), stii and fsii add up to what the model says; sii, bii and chii do not. fsii and fbii are the
    /// closest polynomials. moebius needs all small coalitions.
    #[arg(long, value_name = "INDEX", default_value = "k-sii")]
    pub index: Index,
    /// The largest sets of players that get a number.
    #[arg(long, value_name = "K", default_value_t = 2)]
    pub order: usize,
    /// How they are estimated: auto, exact, shapiq, svarm-iq, permutation, kernelshap-iq, kernelshap-iq-inconsistent,
    /// regression (fsii, fbii; sii, k-sii, stii, bii and chii by correction), kadd (kadd-shap), proxyshap, or one for a sparse
    /// spectrum of a thousand players: spex, proxyspex, spectral.
    ///
    /// spex decodes sets of up to five players from a coded design; proxyspex reads them off boosted trees; spectral does both on the
    /// same coalitions, and compares what they explain with LIME, a linear function and the best function of pairs.
    #[arg(long, value_name = "METHOD", default_value = "auto")]
    pub method: einthoven::interactions::Method,
    /// The penalised problem for regressions.
    #[command(flatten)]
    pub penalty: PenaltyArgs,
}

/// A penalised problem, where the values do not determine the interactions.
#[derive(Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub struct PenaltyArgs {
    /// With regression, kadd or kernelshap-iq-inconsistent: penalise the squares of interactions, as strongly as is best for
    /// coalitions left out. Without it, a budget below the number of unknowns is refused.
    #[arg(long)]
    pub ridge: bool,
    /// The same for their magnitudes, which leaves most of them zero.
    #[arg(long)]
    pub lasso: bool,
}

impl PenaltyArgs {
    /// The penalty that was asked for.
    pub fn penalty(self) -> Option<Penalty> {
        match (self.ridge, self.lasso) {
            (true, _) => Some(Penalty::Ridge),
            (_, true) => Some(Penalty::Lasso),
            _ => None,
        }
    }
}

/// Layout of attributions as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// That of attribution.json: a list, one object per output.
    Einthoven,
    /// That of shapiq's InteractionValues, one object.
    Shapiq,
}

/// What is explained, and where the answer goes.
#[derive(Args, Debug)]
pub struct Run {
    /// Which records.
    #[command(flatten)]
    pub input: Input,
    /// Which model.
    #[command(flatten)]
    pub engine: Engine,
    /// What is switched off: leads, leads:8, windows:N, leads*windows:N or FILE.npy.
    ///
    /// leads:8 masks I, II and V1 to V6 and computes the other four leads from them. FILE.npy holds integers `[leads,
    /// samples]` at the model's input rate (12 x 1000 at 100 Hz for the built-in model): the player of each cell, from 0
    /// without gaps, or -1 for cells that are never masked.
    #[arg(long, value_name = "PLAYERS", default_value = "leads")]
    pub players: Players,
    /// Distinct coalitions to evaluate; by default 4096, or all there are if they are fewer.
    #[arg(long, value_name = "N")]
    pub budget: Option<usize>,
    /// Which output is printed and drawn: its name, or `top`. Files hold all outputs.
    #[arg(long, value_name = "NAME", default_value = "top")]
    pub target: String,
    /// What stands in for a part that is off: zero, mean, dataset-mean, interpolate, noise or background:DIR.
    ///
    /// interpolate draws a straight line between the samples that are kept; noise has the mean and the standard deviation of
    /// the lead; background:DIR takes the mean of the values over all records of a folder, each standing in once.
    #[arg(long, value_name = "BASELINE", default_value = "zero")]
    pub baseline: BaselineName,
    /// What the value of a coalition is: logit or probability.
    #[arg(long, value_name = "LINK", default_value = "logit")]
    pub link: Link,
    /// How coalitions are evaluated: plain (each through the whole network), local (what they have in common once), or
    /// auto, the faster of the two; the values are the same.
    #[arg(long = "engine", value_name = "ENGINE", default_value = "auto")]
    pub strategy: einthoven::masking::Engine,
    /// Cap on the memory that masked batches may take, such as 512MiB or 2GiB.
    #[arg(long, value_name = "SIZE", default_value = "2GiB")]
    pub memory: Memory,
    /// Seed of everything random.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Print what the evaluation took: rows, dispatches, bytes moved, multiply-adds done and saved.
    #[arg(long)]
    pub stats: bool,
    /// Take up a run that was broken off, from the values in its folder.
    #[arg(long)]
    pub resume: bool,
    /// Folder for attribution.json, attribution.npz, ecg.svg, report.html, design.npz and values.npz, and for the pictures of
    /// interactions [default: einthoven-out].
    ///
    /// Of several records each has a folder there, beside summary.csv and the folder aggregate/OUTPUT
    /// with the mean of those explained for it.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print the attributions as JSON; files are then written only with --out.
    #[arg(long)]
    pub json: bool,
    /// Layout of that JSON; shapiq's holds the target, and with --out there is shapiq-OUTPUT.json for each output.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Einthoven)]
    pub format: Format,
}

/// Arguments of `synth`.
#[derive(Args, Debug)]
pub struct Synth {
    /// Draw records with this finding and no other; without it, findings as in the configuration.
    #[arg(long, value_name = "FINDING")]
    pub finding: Option<Finding>,
    /// Write the healthy twin of each record too.
    #[arg(long)]
    pub twin: bool,
    /// Dataset configuration (JSON: n, seed, split, rate, seconds, prevalence, noise); fields left out, and without a file
    /// all of them, are the defaults.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Split to draw from, in place of the configuration's: records of different splits are different hearts.
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,
    /// How many records.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub n: usize,
    /// Seed, in place of the configuration's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Folder for WFDB records and their mask arrays.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Arguments of `train`.
#[derive(Args, Debug)]
pub struct Train {
    /// Train on synthetic records of this dataset configuration (JSON).
    #[arg(long, value_name = "CONFIG", conflicts_with = "ptbxl")]
    pub synth: Option<PathBuf>,
    /// Train on a PTB-XL folder as PhysioNet distributes it.
    #[arg(long, value_name = "DIR")]
    pub ptbxl: Option<PathBuf>,
    /// Training configuration (JSON); without it, the built-in model's own.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Passes over the training records, in place of the configuration's.
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// Seed, in place of the configuration's.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Train the nonnegatively homogeneous variant of the network: without biases, f(ax) = a f(x).
    #[arg(long)]
    pub homogeneous: bool,
    /// Draw attributions (X-Gradient of the outputs that are present) to what they ought to be like: gini (few cells), smooth
    /// (over time), leads (few leads) or mask (inside what a synthetic finding changes). For homogeneous networks; it acts in
    /// the last third of the epochs, or in the configuration's frozen_epochs.
    #[arg(long, value_name = "PRIOR")]
    pub prior: Option<Prior>,
    /// Strength of the prior beside the cross-entropy.
    #[arg(long, value_name = "X", default_value_t = 1.0, requires = "prior")]
    pub prior_strength: f64,
    /// auto, cpu, wgpu, vulkan, metal or cuda.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceChoice,
    /// Folder for model.safetensors, its card and the checkpoint; a run that was cut off goes on from there.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Arguments of `game`.
#[derive(Args, Debug)]
pub struct GameArgs {
    /// The game (JSON): {"n_players": n, "values": [2^n numbers]}, or "moebius" or "fourier" with a sparse list.
    ///
    /// In "values" player i is bit i of the position, so that position 5 is the coalition of players 0 and 2; a row of
    /// several numbers gives several outputs. A sparse list has entries [[players], coefficient]: for "moebius" v(S) is the
    /// sum over the sets inside S, for "fourier" the sum of coefficient * (-1)^|S and T|.
    /// "noise_sd" adds Gaussian noise, drawn once per coalition and seed.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which index; by default that of the method, or with --order k-sii. With method auto, a method that finds it.
    #[arg(long, value_name = "INDEX")]
    pub index: Option<Index>,
    /// Interactions of up to so many players, as `einthoven interact` estimates them; by default 2 for an index of interactions.
    #[arg(long, value_name = "K")]
    pub order: Option<usize>,
    /// The penalised problem for regressions.
    #[command(flatten)]
    pub penalty: PenaltyArgs,
    /// Groups of players for hierarchical-owen, such as `0-3;4,6;5`: players and ranges of them, groups divided by
    /// semicolons. A player that is not named is a group of its own.
    #[arg(long, value_name = "GROUPS")]
    pub groups: Option<Groups>,
    /// How the values are estimated: auto, or one of the list that `einthoven methods` prints.
    #[arg(long, value_name = "METHOD", default_value = "auto")]
    pub method: MethodName,
    /// Distinct coalitions to evaluate; by default 4096, or all there are if they are fewer.
    #[arg(long, value_name = "N")]
    pub budget: Option<usize>,
    /// Stop as soon as the largest standard error is below this share of the range of the values; the budget is a cap.
    #[arg(long, value_name = "REL", value_parser = positive)]
    pub until: Option<f64>,
    /// Seed of everything random.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Folder for attribution.json, attribution.npz, report.html and pictures of the first output; with --format shapiq also
    /// shapiq-OUTPUT.json for each output.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print the attributions as JSON.
    #[arg(long)]
    pub json: bool,
    /// Layout of the JSON that is printed; shapiq's holds the first output.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Einthoven)]
    pub format: Format,
}

/// A method for single players or for interactions, or for both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodName(pub String);

impl std::str::FromStr for MethodName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let values = name.parse::<Method>();
        let interactions = name.parse::<einthoven::interactions::Method>();
        match (values, interactions) {
            (Err(error), Err(other)) => Err(format!("{error}; {other}")),
            _ => Ok(Self(name.to_owned())),
        }
    }
}

/// A number above zero.
pub fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("must be a number above 0".to_owned()),
    }
}

fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number >= 0.0 && number.is_finite() => Ok(number),
        _ => Err("must be a number, 0 or more".to_owned()),
    }
}
