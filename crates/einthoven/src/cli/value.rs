//! `einthoven value`: what each training point adds to a classifier, and which are labelled wrong.

use std::time::Instant;

use einthoven::amortize::value::{
    Amortized, Contributions, DataGame, DataSet, NamedPoints, Semivalue, Utility, knn_shapley,
};
use einthoven::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};

use super::value_args::{Judged, Method, Value};
use super::value_output::Found;
use super::{stop, value_input};

/// One contribution in so many, but two at least, is held out to judge the network that learns the others.
const HELD_OUT: usize = 5;

/// Values points, prints the lowest and writes all.
pub fn run(args: &Value) -> Result<()> {
    let named = value_input::points(args)?;
    let Some(validation) = named.validation.clone() else {
        return Err(Error::Usage("value points: there are no points to judge a classifier on".to_owned()));
    };
    let (data, variance) = DataSet::new(named.points.clone(), validation)?.principal(args.components)?;
    let started = Instant::now();
    let utility = match args.utility {
        Judged::Accuracy => Utility::Accuracy,
        Judged::LogLikelihood => Utility::LogLikelihood,
    };
    let game = DataGame::new(&data, utility, args.penalty)?;
    let mut found = values(args, &data, &game)?;
    found.seconds = started.elapsed().as_secs_f64();
    found.report(args, &named, &data, &game, variance)
}

fn values(args: &Value, data: &DataSet, game: &DataGame) -> Result<Found> {
    let Some(contributions) = contributions(args, data, game)? else {
        if args.amortize {
            return Err(Error::Usage(
                "amortize values: those of knn are exact, and nothing is left to learn".to_owned(),
            ));
        }
        let values = knn_shapley(data, args.k)?;
        return Ok(Found::exact(values));
    };
    let mut found = Found::of(&contributions);
    if args.amortize {
        let held_out = contributions.n_draws().div_ceil(HELD_OUT).max(2);
        let bar = bar("epochs", Amortized::EPOCHS);
        let learned = Amortized::learn(data, game.full(), &contributions, held_out, args.seed, &mut |done, _| {
            bar.set_position(done as u64);
            stop::asked()
        })?;
        bar.finish_and_clear();
        found = found.learned(learned);
    }
    Ok(found)
}

/// The contributions of a method; of nearest neighbours there are none.
fn contributions(args: &Value, data: &DataSet, game: &DataGame) -> Result<Option<Contributions>> {
    let n = data.train().len();
    let semivalue = match args.method {
        Method::Knn => return Ok(None),
        Method::DataShapley => Semivalue::Shapley,
        Method::Banzhaf | Method::BanzhafReuse => Semivalue::Banzhaf,
        Method::Loo => Semivalue::LeaveOneOut,
        Method::Distributional => {
            // Fewer points than the usual sizes ask for: from a tenth of them on.
            let (smallest, largest) = args.sizes.unwrap_or((100.min(n / 10), 1000.min(n - 1)));
            Semivalue::Range { smallest, largest }
        }
        Method::Beta => match args.beta[..] {
            [alpha, beta] => Semivalue::Beta { alpha, beta },
            _ => return Err(Error::Usage(format!("use --beta: expected two numbers, found {}", args.beta.len()))),
        },
    };
    let bar = bar("contributions", 0);
    let mut progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        // The last step has nothing left to stop.
        if done == total { std::ops::ControlFlow::Continue(()) } else { stop::asked() }
    };
    let found = match args.method {
        Method::BanzhafReuse => Contributions::banzhaf_reuse(game, args.contributions, args.seed, &mut progress)?,
        _ => Contributions::draw(game, semivalue, args.contributions, args.seed, &mut progress)?,
    };
    bar.finish_and_clear();
    Ok(Some(found))
}

fn bar(what: &str, total: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta}");
    let bar = ProgressBar::new(total as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.with_message(what.to_owned())
}

/// What stands for a class in tables.
pub fn class_name(named: &NamedPoints, class: usize) -> &str {
    named.classes.get(class).map_or("?", String::as_str)
}
