//! Records whose truth is estimated well, and labels of them that nobody is fitted to.

use einthoven_game::{Index, rng};
use einthoven_interactions::Method as Interactions;
use einthoven_masking::{Progress, Stats};
use einthoven_shapley::Method;
use rand::RngExt;

use super::bias::{self, BiasCheck, Probe};
use super::method::LabelMethod;
use super::stream::{Asked, Labeller, Unlabelled};
use crate::{Error, Result};

/// How labels are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeConfig {
    /// Independent labels of each record.
    pub labels: usize,
    /// Coalitions of a truth; all there are, if they are fewer, which makes it exact.
    pub budget: usize,
}

impl Default for ProbeConfig {
    fn default() -> Self {
        Self { labels: 8, budget: 4096 }
    }
}

impl Labeller<'_> {
    /// Checks the labels on some records: their truths at a high budget, and labels that share no draw with those of the set.
    ///
    /// # Errors
    /// As [`label`](Self::label) and [`bias::check`]; or if the truth has no standard errors.
    pub fn check_bias(
        &self,
        records: &[Unlabelled],
        config: &ProbeConfig,
        progress: &mut Progress<'_>,
    ) -> Result<(BiasCheck, Stats)> {
        let n_players = self.partition().n_players();
        let all = 1usize.checked_shl(n_players as u32).filter(|_| n_players < 64).unwrap_or(usize::MAX);
        let budget = config.budget.min(all);
        let truth = truth(self.method()).resolve(&self.request(budget, 0))?;
        let asked = records.iter().map(|record| self.ask_probe(record.index, truth, budget, config.labels));
        let asked: Vec<Asked> = asked.collect::<Result<_>>()?;
        let (mut stats, mut probes) = (Stats::default(), Vec::with_capacity(records.len()));
        self.evaluate(records, &asked, &mut stats, progress, &mut |at, values| {
            let asked = &asked[at];
            let estimate = |part: usize, method: LabelMethod, budget: usize| {
                let (seed, design) = &asked.designs[part];
                Ok::<_, Error>(method.estimate(&self.request(budget, *seed), design, &asked.values(part, values)?)?.0)
            };
            let known = estimate(0, truth, budget)?;
            let Some(variances) = known.variances else {
                let reason = format!("check labels by {truth} with {budget} coalitions: it knows no errors; use more");
                return Err(Error::Request(reason));
            };
            let labels = (1..=config.labels).map(|part| Ok(estimate(part, self.method(), self.spec().budget)?.values));
            probes.push(Probe { truth: known.values, variances, labels: labels.collect::<Result<_>>()? });
            Ok(())
        })?;
        Ok((bias::check(&probes, truth.name(), budget)?, stats))
    }

    /// The design of a record's truth, then those of its labels.
    fn ask_probe(&self, index: usize, truth: LabelMethod, budget: usize, n_labels: usize) -> Result<Asked> {
        let mut rng = rng::stream(self.spec().seed, "labels to probe", index as u64);
        let of_truth = (truth, self.request(budget, rng.random()));
        let labels: Vec<u64> = (0..n_labels).map(|_| rng.random()).collect();
        let of_labels = labels.into_iter().map(|seed| (self.method(), self.request(self.spec().budget, seed)));
        Asked::new(self.partition().n_players(), std::iter::once(of_truth).chain(of_labels))
    }
}

/// The estimator of the truth of a label: exact where the budget covers all coalitions. LIME is held against Shapley values,
/// for which it is used.
fn truth(method: LabelMethod) -> LabelMethod {
    match (method, method.index()) {
        (LabelMethod::Pairs(_, index), _) => LabelMethod::Pairs(Interactions::Auto, index),
        (_, Index::Bv) => LabelMethod::Values(Method::Msr),
        (_, Index::Owen) => LabelMethod::Values(Method::HierarchicalOwen),
        _ => LabelMethod::Values(Method::Auto),
    }
}
