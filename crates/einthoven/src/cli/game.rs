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
    let choice = method(args)?.resolve(n_players, budget)?;
    let tree = args.groups.as_ref().map(|groups| groups.tree(n_players)).transpose()?;
    let request = Request { tree: tree.as_ref(), ..Request::new(n_players, budget, args.seed) };
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
        if attributions.len() > 1 {
            print::text(&format!("output {}:\n", attribution.output))?;
        }
        print::text(&print::table(attribution, attribution.n_players))?;
        print::text(&print::warnings(attribution))?;
    }
    Ok(())
}

/// The method that was asked for, or with `auto` one whose values are the index that was asked for.
fn method(args: &GameArgs) -> Result<Method> {
    let Some(index) = args.index else { return Ok(args.method) };
    let finds = |method: &Method| method.about().index == index;
    let method = match args.method {
        Method::Auto if index != Index::Sv => Method::ALL.into_iter().find(finds),
        method => Some(method).filter(finds),
    };
    method.ok_or_else(|| {
        let methods: Vec<&str> = Method::ALL.into_iter().filter(finds).map(Method::name).collect();
        let known = if methods.is_empty() { "no method of this version does".to_owned() } else { methods.join(", ") };
        Error::Usage(format!("find {index} by {}; those that do: {known}", args.method))
    })
}
