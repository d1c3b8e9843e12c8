//! `einthoven methods`: what methods there are.

use einthoven::shapley::About;
use einthoven::{GradientMethod, Method, Result, interactions};

use super::print;

const NOTES: &str = "
budget: the smallest number of distinct coalitions of n players, the empty and the full one included.
cost: operations beside the evaluations, for m coalitions.
kind: exact values equal the definition; unbiased ones do so on average at any budget; consistent ones in the limit of a
  large budget (and at full budget exactly); biased ones are values of something else than Shapley's axioms.
auto: exact if the budget covers all coalitions of at most 20 players; else leverage from 60 players and 5n on; else kernel
  from 8n on; else permutation. The result says which, and why.
Standard errors come with all of them wherever the draws allow it; with few draws they are rough, and a warning says so.
";

const INTERACTIONS: &str = "
Interactions of up to k players, for `einthoven interact` and `einthoven game --order K`:

";

const OF_INTERACTIONS: &str = "
budget: as above; below it a method refuses, and regressions can be asked for a penalised problem (--ridge, --lasso).
auto: exact if the budget covers all coalitions of at most 20 players; else a regression where there is one and the budget
  determines its unknowns, up to 4000; else shapiq from 30n coalitions on, below svarm-iq. The result says which, and why.
spex, proxyspex, spectral: for hundreds or thousands of players of whose sets few matter. A tenth of the budget is held out, and the
  result says what share of its variance is explained, and how many coefficients can be told from zero.
";

const GRADIENTS: &str = "
Gradient methods, for `einthoven explain`: a value for each sample of each lead, and sums of those for --players:

";

const OF_GRADIENTS: &str = "
unit: of a cell, and of a sum of cells; with --link probability, probability in place of logit.
passes: forward and back through the network, for all outputs; occlusion masks one player at a time instead, and
  windows of 0.1 s for its map.
Those in logits add up to the difference between record and baseline, but for a completeness gap that the result says;
  input-x-gradient does so for homogeneous models only, and occlusion for models without interactions.
";

/// Prints the tables of methods.
pub fn run() -> Result<()> {
    let head = ["--method", "index", "kind", "budget", "cost", "source"].map(str::to_owned);
    let row = |about: About| {
        [about.name, about.index.name(), about.kind, about.needs, about.cost, about.source].map(str::to_owned)
    };
    let values = Method::ALL.into_iter().map(|method| row(method.about()));
    let interactions = interactions::Method::ALL.into_iter().map(|method| row(method.about()));
    let gradients = GradientMethod::ALL.into_iter().map(|method| {
        let [unit, passes, source] = method.about();
        [method.name(), unit, passes, source].map(str::to_owned)
    });
    let gradients = table(["--method", "unit", "passes", "source"].map(str::to_owned), gradients);
    let text = table(head.clone(), values) + NOTES + INTERACTIONS + &table(head, interactions) + OF_INTERACTIONS;
    print::text(&(text + GRADIENTS + &gradients + OF_GRADIENTS))
}

fn table<const N: usize>(head: [String; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N - 1).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(&row[N - 1]);
        text.push('\n');
    }
    text
}
