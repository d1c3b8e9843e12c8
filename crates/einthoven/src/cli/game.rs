//! `einthoven game`: an estimator on a game file.

use einthoven::game::{Game, GameFile};

use einthoven::shapley::{Request, until};
use einthoven::{Error, Index, Method, Result, default_budget};

use super::args::GameArgs;
use super::print;

/// Runs the estimator and prints a table, or JSON.
pub fn run(args: &GameArgs) -> Result<()> {
    let game = GameFile::load(&args.file)?.with_seed(args.seed);
    let budget = args.budget.unwrap_or_else(|| default_budget(game.n_players()));
    let n_players = game.n_players();
    let choice = args.method.resolve(n_players, budget)?;
    check_index(choice.method, args.index)?;
    let request = Request::new(n_players, budget, args.seed);
    let mut attributions = match args.until {
        None => {
            let design = choice.method.design(&request)?;
            choice.method.estimate(&design, &game.values(&design.rows)?)?
        }
        Some(rel) => {
            until(choice.method, &request, rel, None, &mut |_, rows| Ok::<_, Error>(game.values(rows)?))?.attributions
        }
    };
    for attribution in &mut attributions {
        attribution.seed = args.seed;
        if let Some(reason) = &choice.reason {
            attribution.run.insert("auto".to_owned(), reason.clone().into());
        }
    }
    if args.json {
        return print::json(&attributions);
    }
    for attribution in &attributions {
        print::text(&print::table(attribution, attribution.n_players))?;
        print::text(&print::warnings(attribution))?;
    }
    Ok(())
}

/// A method says of itself what its values are; an index that was asked for must be that one.
fn check_index(method: Method, index: Option<Index>) -> Result<()> {
    match index {
        Some(index) if index != method.about().index => Err(Error::Usage(format!(
            "find {index} by {method}: its values are {}; see `einthoven methods`",
            method.about().index
        ))),
        _ => Ok(()),
    }
}
