//! A game that another program plays over pipes: `cargo run --release -p einthoven-benches --bin values -- --players leads`
//! plays the built-in model on the example record (its top output), `-- --game FILE` a game file.
//!
//! The first line of the answers is `players N`. A request is a line, and so is the head of an answer; numbers after it
//! are little-endian `f64`, and all are flushed. An answer that failed is the line `failed REASON`.
//!
//! * `values COUNT`, followed by so many rows of packed `u32` words, little-endian: `ok COUNT`, and the values.
//! * `estimate METHOD BUDGET SEED OUTPUTS`: `ok PLAYERS DESIGN ESTIMATE`, seconds that the design and the estimate took,
//!   and the values of the players for the first output. With several outputs all are made from the one there is.
//! * `interactions METHOD INDEX ORDER BUDGET SEED`: `ok SETS DESIGN ESTIMATE EVALUATIONS METHOD`, and the values of all sets of one
//!   to `ORDER` players, the small ones first, those of a size in lexicographic order.

#![allow(clippy::print_stdout)]

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use einthoven::game::{Coalitions, Game, GameFile, Values};
use einthoven::interactions;
use einthoven::interactions::sets::Sets;
use einthoven::masking::MaskedModel;
use einthoven::shapley::Request;
use einthoven::{Explainer, Method, Settings, example_record};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut player = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--players", players] => Player::model(players)?,
        ["--game", path] => Player::file(Path::new(path))?,
        _ => bail!("expected --players PLAYERS or --game FILE"),
    };
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    writeln!(output, "players {}", player.n_players)?;
    output.flush()?;
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        match player.answer(line.trim(), &mut input) {
            Ok((head, numbers)) => {
                writeln!(output, "ok {} {head}", numbers.len())?;
                numbers.iter().try_for_each(|number| output.write_all(&number.to_le_bytes()))?;
            }
            Err(error) => writeln!(output, "failed {}", format!("{error:#}").replace('\n', " "))?,
        }
        output.flush()?;
        line.clear();
    }
    Ok(())
}

struct Player {
    n_players: usize,
    source: Source,
    /// Values of the model, so that no coalition is evaluated twice.
    known: HashMap<Box<[u32]>, f64>,
}

enum Source {
    Model { masked: Box<MaskedModel>, output: usize },
    File(GameFile),
}

impl Player {
    fn model(players: &str) -> Result<Self> {
        let settings = Settings { players: players.parse()?, devices: vec!["cpu".parse()?], ..Settings::default() };
        let explainer = Explainer::builtin(settings)?;
        let prepared = explainer.prepare(&example_record())?;
        let logits = explainer.predict(&prepared)?.into_iter().map(|prediction| prediction.logit);
        let top = logits.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).context("the model has no outputs")?;
        let partition = explainer.partition()?;
        let masked = Box::new(explainer.masked(&prepared, &partition)?);
        let source = Source::Model { masked, output: top.0 };
        Ok(Self { n_players: partition.n_players(), source, known: HashMap::new() })
    }

    fn file(path: &Path) -> Result<Self> {
        let game = GameFile::load(path)?;
        Ok(Self { n_players: game.n_players(), source: Source::File(game), known: HashMap::new() })
    }

    /// Whatever follows the numbers' count in the head of the answer, and the numbers.
    fn answer(&mut self, request: &str, input: &mut impl std::io::Read) -> Result<(String, Vec<f64>)> {
        match request.split(' ').collect::<Vec<_>>()[..] {
            ["values", count] => {
                let mut bytes = vec![0; count.parse::<usize>()? * self.n_players.div_ceil(32) * 4];
                input.read_exact(&mut bytes)?;
                let words = bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
                let rows = Coalitions::from_words(self.n_players, words.collect())?;
                Ok((String::new(), self.values(&rows)?))
            }
            ["estimate", method, budget, seed, outputs] => {
                self.estimate(method.parse()?, budget.parse()?, seed.parse()?, outputs.parse()?)
            }
            ["interactions", method, index, order, budget, seed] => {
                let request = interactions::Request::new(
                    index.parse()?,
                    order.parse()?,
                    self.n_players,
                    budget.parse()?,
                    seed.parse()?,
                );
                self.interactions(method.parse()?, &request)
            }
            _ => bail!("no such request: {request}"),
        }
    }

    fn estimate(&mut self, method: Method, budget: usize, seed: u64, outputs: usize) -> Result<(String, Vec<f64>)> {
        ensure!(outputs > 0, "expected an output");
        let method = method.resolve(self.n_players, budget)?.method;
        let clock = Instant::now();
        let design = method.design(&Request::new(self.n_players, budget, seed))?;
        let drawing = clock.elapsed().as_secs_f64();
        let values = self.values(&design.rows)?;
        // Others are the first, bent a little more each time.
        let bent = |value: f64| (0..outputs).map(move |output| value + output as f64 * (value + 0.1).sin());
        let values = Values::new(outputs, values.into_iter().flat_map(bent).collect(), "values")?;
        let clock = Instant::now();
        let found = method.estimate(&design, &values)?;
        Ok((format!("{drawing} {}", clock.elapsed().as_secs_f64()), found[0].player_values()))
    }

    fn interactions(
        &mut self,
        method: interactions::Method,
        request: &interactions::Request,
    ) -> Result<(String, Vec<f64>)> {
        let method = method.resolve(request)?.method;
        let clock = Instant::now();
        let design = method.design(request)?;
        let drawing = clock.elapsed().as_secs_f64();
        let values = Values::new(1, self.values(&design.rows)?, "values")?;
        let clock = Instant::now();
        let found = method.estimate(request, &design, &values)?.remove(0);
        let estimating = clock.elapsed().as_secs_f64();
        let by_set: HashMap<&[u32], f64> =
            found.terms.iter().map(|term| (term.players.as_slice(), term.value)).collect();
        let mut numbers = Vec::new();
        for size in 1..=request.order {
            let value = |_, set: &[u32]| numbers.push(by_set.get(set).copied().unwrap_or(0.0));
            Sets::new(self.n_players, size).for_each(value);
        }
        Ok((format!("{drawing} {estimating} {} {method}", found.evaluations), numbers))
    }

    fn values(&mut self, rows: &Coalitions) -> Result<Vec<f64>> {
        let (masked, output) = match &self.source {
            Source::File(game) => return Ok(game.values(rows)?.output(0)),
            Source::Model { masked, output } => (masked, *output),
        };
        let mut new = Coalitions::new(self.n_players);
        rows.iter().filter(|row| !self.known.contains_key(row.words())).for_each(|row| new.push_words(row.words()));
        if !new.is_empty() {
            let values = masked.evaluate(&new, &mut |_, _| ControlFlow::Continue(()))?;
            self.known.extend(new.iter().zip(values.output(output)).map(|(row, value)| (row.words().into(), value)));
        }
        Ok(rows.iter().map(|row| self.known[row.words()]).collect())
    }
}
