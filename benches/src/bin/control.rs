//! What a control variate from gradients saves: `cargo run --release -p einthoven-benches --bin control`.
//!
//! All coalitions of twelve leads and of twenty windows are evaluated once per record, so that the truth is exact; the
//! estimators then see the same values, with the surrogate taken out and without. A line says the squared error with it
//! over that without, all outputs and seeds of a record together: the median over records, and the range.

#![allow(clippy::print_stdout)]

use anyhow::Result;
use burn::tensor::{Device, Tensor, TensorData};
use einthoven::ecg::synth::DatasetConfig;
use einthoven::game::indices::from_table;
use einthoven::game::{Attribution, Coalitions, Design, Partition, Term, Values, exact};
use einthoven::shapley::{Control, Request};
use einthoven::{BatchModel, Classifier, Explainer, Index, Method, Settings};

const RECORDS: u64 = 8;
const SEEDS: u64 = 10;
const METHODS: [Method; 8] = [
    Method::Kernel,
    Method::Leverage,
    Method::Permutation,
    Method::Stratified,
    Method::Owen,
    Method::UnbiasedKernel,
    Method::Svarm,
    Method::Msr,
];

fn main() -> Result<()> {
    let models =
        [("builtin", einthoven::model::builtin()?), ("builtin:homogeneous", einthoven::model::builtin_homogeneous()?)];
    println!(
        "| model | players | surrogate | its error | method | budget | error with / without | range over records |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (name, model) in &models {
        for (players, budgets) in [("leads", [128, 512]), ("windows:20", [256, 2048])] {
            let games = (0..RECORDS).map(|index| Game::new(model, players, index)).collect::<Result<Vec<_>>>()?;
            for surrogate in 0..Game::SURROGATES.len() {
                table(&[name, players], &games, surrogate, &budgets)?;
            }
        }
    }
    Ok(())
}

fn table(names: &[&str], games: &[Game], surrogate: usize, budgets: &[usize]) -> Result<()> {
    let miss = sorted(games.iter().map(|game| game.miss(surrogate)));
    for method in METHODS {
        for &budget in budgets {
            let mut ratios = Vec::new();
            for game in games {
                let control = Control::new(&game.surrogates[surrogate])?;
                ratios.push(game.error(method, budget, Some(&control))? / game.error(method, budget, None)?);
            }
            let ratios = sorted(ratios.into_iter());
            println!(
                "| {} | {} | {:.2} | {method} | {budget} | {:.2} | {:.2} to {:.2} |",
                names.join(" | "),
                Game::SURROGATES[surrogate],
                miss[miss.len() / 2],
                ratios[ratios.len() / 2],
                ratios[0],
                ratios[ratios.len() - 1]
            );
        }
    }
    Ok(())
}

/// All there is to know about a record.
struct Game {
    /// `[coalitions, outputs]`, the players of a coalition as its bits.
    table: Vec<f64>,
    n_outputs: usize,
    n_players: usize,
    /// Shapley and Banzhaf values, `[outputs, players]`.
    truths: [Vec<f64>; 2],
    /// Of each kind, one attribution per output.
    surrogates: Vec<Vec<Attribution>>,
}

impl Game {
    const SURROGATES: [&str; 2] = ["input x gradient", "ig, 16 steps"];

    fn new(model: &Classifier, players: &str, index: u64) -> Result<Self> {
        let explainer = Explainer::classifier(model, Settings { players: players.parse()?, ..Settings::default() })?;
        let prepared = explainer.prepare(&DatasetConfig::default().draw("control", index).record)?;
        let partition = explainer.partition()?;
        let design = exact::design(partition.n_players())?;
        let masked = explainer.masked(&prepared, &partition)?;
        let values = masked.evaluate(&design.rows, &mut |_, _| std::ops::ControlFlow::Continue(()))?;
        let (n_players, n_outputs) = (partition.n_players(), values.n_outputs());
        let mut table = vec![0.0; n_outputs << n_players];
        for (row, coalition) in design.rows.iter().enumerate() {
            let at = coalition.words()[0] as usize * n_outputs;
            table[at..at + n_outputs].copy_from_slice(values.row(row));
        }
        let values_of = |index: Index| -> Result<Vec<f64>> {
            let mut all = Vec::new();
            for output in 0..n_outputs {
                let column: Vec<f64> = table.iter().skip(output).step_by(n_outputs).copied().collect();
                let terms = from_table(index, 1, &column)?;
                all.extend(terms.iter().filter(|term| !term.players.is_empty()).map(|term| term.value));
            }
            Ok(all)
        };
        let truths = [values_of(Index::Sv)?, values_of(Index::Bv)?];
        let steps: Vec<f64> = (0..16).map(|step| (f64::from(step) + 0.5) / 16.0).collect();
        let surrogates = [vec![1.0], steps]
            .iter()
            .map(|points| surrogate(model, prepared.signal(), &partition, &design, &values, points))
            .collect();
        Ok(Self { table, n_outputs, n_players, truths, surrogates })
    }

    fn values(&self, rows: &Coalitions) -> Result<Values> {
        let row = |word: u32| &self.table[word as usize * self.n_outputs..][..self.n_outputs];
        let values = rows.iter().flat_map(|coalition| row(coalition.words()[0]).to_vec()).collect();
        Ok(Values::new(self.n_outputs, values, "table")?)
    }

    /// The squared error of all outputs and seeds.
    fn error(&self, method: Method, budget: usize, control: Option<&Control>) -> Result<f64> {
        let truth = &self.truths[usize::from(method.about().index == Index::Bv)];
        let mut sum = 0.0;
        for seed in 0..SEEDS {
            let design = method.design(&Request::new(self.n_players, budget, seed))?;
            let found = method.estimate_with(control, &design, &self.values(&design.rows)?)?;
            let found = found.iter().flat_map(Attribution::player_values);
            sum += found.zip(truth).map(|(found, truth)| (found - truth).powi(2)).sum::<f64>();
        }
        Ok(sum)
    }

    /// The relative squared error of a surrogate as Shapley values.
    fn miss(&self, surrogate: usize) -> f64 {
        let found = self.surrogates[surrogate].iter().flat_map(Attribution::player_values);
        let error: f64 = found.zip(&self.truths[0]).map(|(found, truth)| (found - truth).powi(2)).sum();
        error / self.truths[0].iter().map(|truth| truth * truth).sum::<f64>()
    }
}

/// The signal times the mean gradient at these parts of it, added up over each player.
fn surrogate(
    model: &Classifier,
    signal: &[f32],
    partition: &Partition,
    design: &Design,
    values: &Values,
    points: &[f64],
) -> Vec<Attribution> {
    let (device, spec) = (Device::flex().autodiff(), model.spec());
    let model = model.to_device(&device);
    let batch: Vec<f32> = points.iter().flat_map(|&a| signal.iter().map(move |&x| (a * f64::from(x)) as f32)).collect();
    let shape = [points.len(), spec.leads.len(), spec.n_samples];
    let of_output = |output: usize| {
        let batch = Tensor::<3>::from_data(TensorData::new(batch.clone(), shape), &device).require_grad();
        let gradients = model.logits(batch.clone()).narrow(1, output, 1).sum().backward();
        let gradient = batch.grad(&gradients).expect("invariant: the batch is in the graph");
        let gradient: Vec<f32> = gradient.mean_dim(0).into_data().try_to_vec().expect("invariant: floats");
        let mut terms: Vec<Term> =
            (0..partition.n_players() as u32).map(|p| Term { players: vec![p], value: 0.0, std_err: None }).collect();
        for ((owner, x), slope) in partition.owner().iter().zip(signal).zip(gradient) {
            terms[*owner as usize].value += f64::from(*x) * f64::from(slope);
        }
        Attribution { terms, ..Attribution::blank(design, values, output) }
    };
    (0..spec.outputs.len()).map(of_output).collect()
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}
