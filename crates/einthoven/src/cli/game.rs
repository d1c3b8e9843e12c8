//! `einthoven game`: an estimator on a game file.

use einthoven::game::{Game, GameFile};

use super::args::GameArgs;
use super::print;
use einthoven::{Result, default_budget};

/// Runs the estimator and prints a table, or JSON.
pub fn run(args: &GameArgs) -> Result<()> {
    let game = GameFile::load(&args.file)?.with_seed(args.seed);
    let budget = args.budget.unwrap_or_else(|| default_budget(game.n_players()));
    let method = args.method.resolve(game.n_players(), budget)?;
    let design = method.design(game.n_players(), budget, args.seed)?;
    let values = game.values(&design.rows)?;
    let mut attributions = method.estimate(&design, &values)?;
    for attribution in &mut attributions {
        attribution.seed = args.seed;
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
