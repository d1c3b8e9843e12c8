//! From many records to labels that an explainer is trained on.

use std::path::Path;

use einthoven_amortize::label::{
    self, LabelConfig, LabelFolder, LabelMethod, Labeller, ProbeConfig, Records, Report, check_bias, make,
};
use einthoven_masking::{Progress, Stats};

use crate::explainer::prepare;
use crate::{Explainer, Result};

/// Which labels are made. Players, baseline, link and seed are those of the explainer's settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labels {
    /// The estimator.
    pub method: LabelMethod,
    /// Coalitions that a label may cost, the empty and the full one included.
    pub budget: usize,
    /// Independent labels of each training record; a validation record has at least two.
    pub draws: usize,
    /// Share of the records, spread evenly, that are for validation.
    pub validation: f64,
    /// Whether labels that are not right on average are made all the same.
    pub force: bool,
}

impl Explainer {
    /// Makes labels of records in a folder, or those that an earlier call has not made, and says what the evaluation took.
    /// `records` are read as they are, and prepared here.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// use einthoven::amortize::label::{LabelMethod, LabelSet, Records};
    /// use einthoven::{Explainer, Labels, Method, Settings};
    ///
    /// # fn main() -> Result<(), einthoven::Error> {
    /// let explainer = Explainer::builtin(Settings { players: "leads".parse()?, ..Settings::default() })?;
    /// let read = |_: usize| Ok(einthoven::example_record());
    /// let records = Records { names: vec!["a".to_owned(), "b".to_owned()], origin: "example".to_owned(), read: &read };
    /// // One walk through the twelve leads for each record: twelve and one coalitions.
    /// let method = LabelMethod::Values(Method::Permutation);
    /// let labels = Labels { method, budget: 13, draws: 1, validation: 0.5, force: false };
    /// # let folder = std::env::temp_dir().join(format!("einthoven-labels-{}", std::process::id()));
    /// explainer.labels(&folder, &labels, &records, &mut |_| ControlFlow::Continue(()))?;
    /// let set = LabelSet::load(&folder)?;
    /// assert_eq!(set.records[0].labels[0].values.len(), set.spec.outputs.len() * 12);
    /// # let _ = std::fs::remove_dir_all(&folder);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the labels are biased and not forced, the folder holds labels of something else, a record cannot be read or does
    /// not fit the model, the model fails, or `report` stops it.
    pub fn labels(
        &self,
        folder: &Path,
        labels: &Labels,
        records: &Records<'_>,
        report: &mut Report<'_>,
    ) -> Result<Stats> {
        self.with_labeller(labels, records, |labeller, records| Ok(make(folder, labeller, records, report)?))
    }

    /// Checks the labels of a folder on its first records against estimates at a high budget, and writes down there what was
    /// found.
    ///
    /// # Errors
    /// If there are fewer than five records, or as [`labels`](Self::labels).
    pub fn check_labels(
        &self,
        folder: &Path,
        labels: &Labels,
        records: &Records<'_>,
        n_records: usize,
        probe: &ProbeConfig,
        progress: &mut Progress<'_>,
    ) -> Result<LabelFolder> {
        self.with_labeller(labels, records, |labeller, records| {
            Ok(check_bias(folder, labeller, records, n_records, probe, progress)?)
        })
    }

    fn with_labeller<T>(
        &self,
        labels: &Labels,
        records: &Records<'_>,
        work: impl FnOnce(&Labeller<'_>, &Records<'_>) -> Result<T>,
    ) -> Result<T> {
        let &Labels { method, budget, draws, validation, force } = labels;
        let (partition, options) = (self.partition()?, self.options()?);
        let config = LabelConfig { method, budget, seed: self.settings.seed, draws: [draws, draws.max(2)], force };
        let (players, baseline) = (self.settings.players.to_string(), self.settings.baseline.to_string());
        let roles = label::roles(records.names.len(), validation)?;
        let labeller = Labeller::new(&self.model, &partition, &options, &config, [&players, &baseline], roles)?;
        let (preparation, settings, leads) = (&self.preparation, &self.settings, &self.spec().leads);
        let prepared = |index: usize| {
            let record = (records.read)(index)?;
            prepare(preparation, settings, leads, &record).map_err(|error| einthoven_amortize::Error::File {
                action: "label",
                path: records.names[index].clone().into(),
                reason: format!("failed to {error}"),
            })
        };
        let origin = format!("{}; start {}; filter {}", records.origin, settings.start, settings.filter);
        work(&labeller, &Records { names: records.names.clone(), origin, read: &prepared })
    }
}
