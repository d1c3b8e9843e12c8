//! `einthoven amortize labels`: cheap labels of many records.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use einthoven::amortize::label::{LabelFolder, LabelMethod, Made, ProbeConfig, Records};
use einthoven::ecg::synth::DatasetConfig;
use einthoven::masking::Stats;
use einthoven::{
    BaselineName, Error, Explainer, Index, Labels as Request, Link, Memory, Players, Record, Result, Settings,
};
use einthoven::{amortize, interactions};
use indicatif::{ProgressBar, ProgressStyle};

use super::super::args::{Engine, Input};
use super::super::records::Source;
use super::super::synth::load_config;
use super::super::{print, records, stop};

/// Arguments of `amortize labels`.
#[derive(Args, Debug)]
pub struct Labels {
    /// Which records.
    #[command(flatten)]
    pub input: Input,
    /// Label synthetic records of this dataset configuration (JSON) instead.
    #[arg(long, value_name = "CONFIG", conflicts_with = "records")]
    pub synth: Option<PathBuf>,
    /// Split to draw from, in place of the configuration's.
    #[arg(long, value_name = "NAME", requires = "synth")]
    pub split: Option<String>,
    /// How many synthetic records, in place of the configuration's.
    #[arg(long, value_name = "N", requires = "synth")]
    pub n: Option<usize>,
    /// Which model.
    #[command(flatten)]
    pub engine: Engine,
    /// What is switched off: leads, leads:8, windows:N, leads*windows:N or FILE.npy.
    #[arg(long, value_name = "PLAYERS", default_value = "leads")]
    pub players: Players,
    /// Which labels.
    #[command(flatten)]
    pub what: What,
    /// Records on which the labels are checked for bias, against estimates at a high budget; 0 for no check.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub probe: usize,
    /// Coalitions of each of those estimates; all there are, if they are fewer.
    #[arg(long, value_name = "N", default_value_t = ProbeConfig::default().budget)]
    pub probe_budget: usize,
    /// What stands in for a part that is off: zero, mean, dataset-mean, interpolate, noise or background:DIR.
    #[arg(long, value_name = "BASELINE", default_value = "zero")]
    pub baseline: BaselineName,
    /// What the value of a coalition is: logit or probability.
    #[arg(long, value_name = "LINK", default_value = "logit")]
    pub link: Link,
    /// How coalitions are evaluated: plain, local or auto, the faster of the two.
    #[arg(long = "engine", value_name = "ENGINE", default_value = "auto")]
    pub strategy: einthoven::masking::Engine,
    /// Cap on the memory that masked batches may take, such as 512MiB or 2GiB.
    #[arg(long, value_name = "SIZE", default_value = "2GiB")]
    pub memory: Memory,
    /// Seed of everything random.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Folder for labels.json, partition.npz and the tables; a run that was cut off goes on from there.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Which labels.
#[derive(Args, Debug)]
pub struct What {
    /// The estimator: permutation, unbiased-kernel, svarm, msr (Banzhaf values) or any other of `einthoven methods`; with --order
    /// 2 shapiq, svarm-iq or any other of interactions.
    ///
    /// One that is not right on average at this budget is refused unless forced: a network learns the bias.
    #[arg(long, value_name = "METHOD", default_value = "permutation")]
    pub method: String,
    /// 1 for values of single players, 2 for those of pairs as well.
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub order: u8,
    /// Which index, with --order 2: k-sii, sii, stii, fsii, bii and others [default: k-sii].
    #[arg(long, value_name = "INDEX")]
    pub index: Option<Index>,
    /// Coalitions that a label may cost, the empty and the full one included: for permutation one more than there are players,
    /// or twice as many for a walk and its reverse.
    #[arg(long, value_name = "N")]
    pub budget: usize,
    /// Independent labels of each training record; a validation record has at least two.
    #[arg(long, value_name = "K", default_value_t = 1)]
    pub draws: usize,
    /// Share of the records that are for validation, spread evenly.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub validation: f64,
    /// Make labels that are not right on average all the same.
    #[arg(long)]
    pub force: bool,
}

/// Fewest records that a check is made on: with fewer, one of them decides.
const FEWEST_PROBES: usize = 5;

/// Makes the labels, checks them, and prints at which rate.
pub fn run(args: &Labels) -> Result<()> {
    if (1..FEWEST_PROBES).contains(&args.probe) {
        return Err(Error::Usage(format!("check labels on {} records: expected at least {FEWEST_PROBES}", args.probe)));
    }
    let request = args.what.request()?;
    let set = Set::new(args)?;
    let explainer = Explainer::classifier(&records::classifier(&args.engine.model)?, settings(args))?;
    let read = |index: usize| set.read(index);
    let records = Records { names: set.names(), origin: set.origin()?, read: &read };
    let clock = Instant::now();
    let bar = bar("records, {msg} coalitions/s, {eta} to go");
    let made = explainer.labels(&args.out, &request, &records, &mut |made: Made| {
        bar.set_length(made.total as u64);
        bar.set_position(made.records as u64);
        bar.set_message(format!("{:.0}", made.coalitions as f64 / clock.elapsed().as_secs_f64()));
        stop::asked()
    });
    bar.finish_and_clear();
    if made.as_ref().is_err_and(|error| error.exit_code() == 130) {
        eprintln!("stopped; the same command goes on from {}", args.out.display());
    }
    let stats = made?;
    let folder = LabelFolder::load(&args.out)?;
    print::text(&summary(&folder, &stats, clock.elapsed().as_secs_f64()))?;
    if args.probe > 0 {
        let bar = self::bar("coalitions of the check, {eta} to go");
        let config = ProbeConfig { budget: args.probe_budget, ..ProbeConfig::default() };
        let checked = explainer.check_labels(&args.out, &request, &records, args.probe, &config, &mut |done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
            stop::asked()
        });
        bar.finish_and_clear();
        let found = checked?.bias.map(|bias| bias.summary()).unwrap_or_default();
        print::text(&format!("{found}\n"))?;
    }
    print::text(&format!("see {}\n", args.out.join("labels.json").display()))
}

fn bar(what: &str) -> ProgressBar {
    let template = format!("{{bar:40}} {{pos}}/{{len}} {what}");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::no_length().with_style(style)
}

fn settings(args: &Labels) -> Settings {
    Settings {
        players: args.players.clone(),
        baseline: args.baseline.clone(),
        link: args.link,
        devices: args.engine.device.clone(),
        engine: args.strategy,
        memory: args.memory,
        seed: args.seed,
        start: args.input.start,
        filter: !args.input.no_filter,
        ..Settings::default()
    }
}

impl What {
    fn request(&self) -> Result<Request> {
        let method = match (self.order, self.index) {
            (1, Some(index)) => {
                return Err(Error::Usage(format!("use --index {index} for single players: it is for --order 2")));
            }
            (1, None) => LabelMethod::Values(self.method.parse()?),
            (_, index) => {
                let method: interactions::Method = self.method.parse()?;
                LabelMethod::Pairs(method, index.unwrap_or(Index::KSii))
            }
        };
        let &Self { budget, draws, validation, force, .. } = self;
        Ok(Request { method, budget, draws, validation, force })
    }
}

/// The records of a command line.
enum Set<'a> {
    Files(&'a Input, Vec<Source>),
    Synthetic(Box<DatasetConfig>),
}

impl<'a> Set<'a> {
    fn new(args: &'a Labels) -> Result<Self> {
        let Some(path) = &args.synth else {
            if args.input.records.is_empty() {
                return Err(Error::Usage("make labels: name records, a folder of them, or --synth CONFIG".to_owned()));
            }
            return Ok(Self::Files(&args.input, records::sources(&args.input)?.0));
        };
        let mut config = load_config(path)?;
        config.n = args.n.unwrap_or(config.n);
        config.split = args.split.clone().unwrap_or(config.split);
        config.check()?;
        Ok(Self::Synthetic(Box::new(config)))
    }

    fn names(&self) -> Vec<String> {
        match self {
            Self::Files(_, sources) => sources.iter().map(|source| source.name.clone()).collect(),
            Self::Synthetic(config) => (0..config.n).map(|index| format!("{}-{index:05}", config.split)).collect(),
        }
    }

    /// What else makes the records what they are. How many there are is said elsewhere.
    fn origin(&self) -> Result<String> {
        Ok(match self {
            Self::Files(input, sources) => {
                let sizes: Vec<Option<u64>> = sources.iter().map(Source::bytes).collect();
                format!(
                    "files of {:?} bytes; rate {:?}; units {:?}; leads {:?}",
                    sizes, input.rate, input.units, input.leads
                )
            }
            Self::Synthetic(config) => format!("synthetic; {:?}", DatasetConfig { n: 0, ..(**config).clone() }),
        })
    }

    fn read(&self, index: usize) -> amortize::Result<Record> {
        match self {
            Self::Synthetic(config) => Ok(config.draw(&config.split, index as u64).record),
            Self::Files(input, sources) => match sources[index].read(input) {
                Ok((record, _)) => Ok(record),
                Err(error) => Err(amortize::Error::File {
                    action: "label",
                    path: sources[index].shown().into(),
                    reason: format!("failed to {error}"),
                }),
            },
        }
    }
}

fn summary(folder: &LabelFolder, stats: &Stats, seconds: f64) -> String {
    let LabelFolder { spec, records, validation, .. } = folder;
    let kind = format!("{:?}", spec.kind).to_lowercase();
    let mut text = format!(
        "{records} records, {validation} of them for validation; labels of {} by {} with {} coalitions ({kind}), {} each, {} for \
         validation\n",
        spec.index, spec.method, spec.budget, spec.draws[0], spec.draws[1]
    );
    if stats.evaluations > 0 {
        let rate = stats.evaluations as f64 / seconds;
        text.push_str(&format!(
            "{} coalitions in {seconds:.1} s: {rate:.0} a second (engine {})\n",
            stats.evaluations,
            stats.summary()
        ));
    }
    text
}
