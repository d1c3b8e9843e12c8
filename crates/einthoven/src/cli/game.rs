//! `einthoven game`: an estimator on a game file.

use std::path::Path;

use einthoven::game::exact::MAX_PLAYERS;
use einthoven::game::{AttributionArrays, Game, GameFile};
use einthoven::interactions::exact;
use einthoven::plot::{InteractionReport, interaction_html};

use einthoven::shapley::{Request, until};
use einthoven::{
    Attribution, Error, Index, Interactions, Method, Result, clear_results, default_budget, interaction_pictures,
    save_texts,
};

use super::args::{Format, GameArgs};
use super::print;
use super::run::save_shapiq;

/// Terms of each order that are printed of interactions.
const MOST_TERMS: usize = 20;

/// Runs the estimator and prints a table, or JSON.
pub fn run(args: &GameArgs) -> Result<()> {
    let game = GameFile::load(&args.file)?.with_seed(args.seed);
    let budget = args.budget.unwrap_or_else(|| default_budget(game.n_players()));
    let (mut attributions, reason) = match of_interactions(args) {
        true => interactions(args, &game, budget)?,
        false => values(args, &game, budget)?,
    };
    for attribution in &mut attributions {
        attribution.seed = args.seed;
        if let Some(reason) = &reason {
            attribution.run.insert("auto".to_owned(), reason.clone().into());
        }
    }
    if let Some(out) = &args.out {
        save(args, out, &attributions)?;
    }
    if args.json {
        return print::json(&attributions, 0, args.format);
    }
    for attribution in &attributions {
        if attributions.len() > 1 {
            print::text(&format!("output {}:\n", attribution.output))?;
        }
        print::text(&print::tables(attribution, most_terms(attribution)))?;
        print::text(&print::warnings(attribution))?;
    }
    Ok(())
}

/// Writes the attributions, their pictures and a report into a folder.
fn save(args: &GameArgs, out: &Path, attributions: &[Attribution]) -> Result<()> {
    std::fs::create_dir_all(out).map_err(|error| Error::File {
        action: "make the folder",
        path: out.to_owned(),
        reason: error.to_string(),
    })?;
    clear_results(out)?;
    if args.format == Format::Shapiq {
        save_shapiq(out, attributions)?;
    }
    Attribution::save_json(&out.join("attribution.json"), attributions)?;
    AttributionArrays::new(attributions, None)?.save(&out.join("attribution.npz"))?;
    let name = args.file.file_stem().unwrap_or(args.file.as_os_str()).to_string_lossy().into_owned();
    let report = InteractionReport {
        name: &name,
        attributions,
        target: 0,
        picture: None,
        predictions: &[],
        settings: &[("game".to_owned(), args.file.display().to_string())],
        warnings: &[],
        notice: "",
    };
    let mut texts = interaction_pictures(&attributions[0], None);
    texts.push(("report.html", interaction_html(&report)));
    save_texts(out, &texts)
}

/// Whether interactions were asked for: by their order, their index, or a method that estimates nothing else.
fn of_interactions(args: &GameArgs) -> bool {
    use Index::{Bv, Lime, Owen, Sv};
    let by_index = args.index.is_some_and(|index| !matches!(index, Sv | Bv | Owen | Lime));
    args.order.is_some() || by_index || args.penalty.penalty().is_some() || args.method.0.parse::<Method>().is_err()
}

/// Terms of an order that are printed: all players, and as many larger sets as one would read.
fn most_terms(attribution: &Attribution) -> usize {
    if attribution.max_order == 1 { attribution.n_players } else { attribution.n_players.min(MOST_TERMS) }
}

type Found = (Vec<Attribution>, Option<String>);

fn interactions(args: &GameArgs, game: &GameFile, budget: usize) -> Result<Found> {
    if args.until.is_some() || args.groups.is_some() {
        return Err(Error::Usage(
            "estimate interactions with --until or --groups: they are for single players".to_owned(),
        ));
    }
    let index = args.index.unwrap_or(Index::KSii);
    let order = args.order.unwrap_or(if matches!(index, Index::Sv | Index::Bv) { 1 } else { 2.min(game.n_players()) });
    let interactions = Interactions { index, order, method: args.method.0.parse()?, penalty: args.penalty.penalty() };
    let request = interactions.request(game.n_players(), budget, args.seed);
    if interactions.method == einthoven::interactions::Method::Exact
        && game.n_players() > MAX_PLAYERS
        && let Some(terms) = game.closed_form(index, order)
    {
        return Ok((vec![exact::from_terms(&request, game, terms?)?], None));
    }
    let choice = interactions.method.resolve(&request)?;
    let design = choice.method.design(&request)?;
    Ok((choice.method.estimate(&request, &design, &game.values(&design.rows)?)?, choice.reason))
}

fn values(args: &GameArgs, game: &GameFile, budget: usize) -> Result<Found> {
    let n_players = game.n_players();
    let choice = method(args)?.resolve(n_players, budget)?;
    let tree = args.groups.as_ref().map(|groups| groups.tree(n_players)).transpose()?;
    let request = Request { tree: tree.as_ref(), ..Request::new(n_players, budget, args.seed) };
    let attributions = match args.until {
        None => {
            let design = choice.method.design(&request)?;
            choice.method.estimate(&design, &game.values(&design.rows)?)?
        }
        Some(rel) => {
            until(choice.method, &request, rel, None, None, &mut |_, rows| Ok::<_, Error>(game.values(rows)?))?
                .attributions
        }
    };
    Ok((attributions, choice.reason))
}

/// The method that was asked for, or with `auto` one whose values are the index that was asked for.
fn method(args: &GameArgs) -> Result<Method> {
    let asked: Method = args.method.0.parse()?;
    let Some(index) = args.index else { return Ok(asked) };
    let finds = |method: &Method| method.about().index == index;
    let method = match asked {
        Method::Auto if index != Index::Sv => Method::ALL.into_iter().find(finds),
        method => Some(method).filter(finds),
    };
    method.ok_or_else(|| {
        let methods: Vec<&str> = Method::ALL.into_iter().filter(finds).map(Method::name).collect();
        let known = if methods.is_empty() { "no method of this version does".to_owned() } else { methods.join(", ") };
        Error::Usage(format!("find {index} by {asked}; those that do: {known}"))
    })
}
