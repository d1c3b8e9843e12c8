//! The mean over records of what their targets are explained by.

use std::collections::BTreeMap;
use std::path::Path;

use einthoven::game::{Aggregation, AttributionArrays};
use einthoven::plot::{RecordsReport, beeswarm_svg, records_html};
use einthoven::{Attribution, Error, Explanation, Result, interaction_pictures, save_texts};

/// Terms in the beeswarm.
const TOP: usize = 20;
/// Most terms that are held, all records together: some 2 GiB.
const MOST_TERMS: usize = 20_000_000;

/// The attributions of the targets so far, one of each record.
#[derive(Default)]
pub struct Aggregate {
    records: Vec<Vec<Attribution>>,
    names: Vec<String>,
    /// Those of the first record; all are the same.
    settings: Vec<(String, String)>,
    notice: String,
    n_terms: usize,
}

impl Aggregate {
    /// Adds a record that goes by a name.
    pub fn add(&mut self, name: &str, explanation: &Explanation, target: usize) {
        let attribution = &explanation.attributions[target];
        self.n_terms += attribution.terms.len();
        if self.records.is_empty() {
            self.settings.clone_from(&explanation.settings);
            self.notice.clone_from(&explanation.notice);
        }
        if self.n_terms <= MOST_TERMS {
            self.records.push(vec![attribution.clone()]);
            self.names.push(name.to_owned());
        } else {
            self.records.clear();
        }
    }

    /// Writes into the folder `aggregate` below another one: the mean of the targets, with its standard error over records, as
    /// `attribution.json` and `.npz`, its pictures, and a report on all records. Nothing if there are less than two records.
    pub fn finish(mut self, out: &Path) -> Result<Option<Attribution>> {
        if self.n_terms > MOST_TERMS {
            eprintln!("warning: no mean over records: they have more than {MOST_TERMS} terms together");
        }
        if self.records.len() < 2 {
            return Ok(None);
        }
        let name = self.name();
        self.records.iter_mut().flatten().for_each(|attribution| attribution.output.clone_from(&name));
        let mean = Attribution::aggregate(&self.records, Aggregation::Mean)?;
        let folder = out.join("aggregate");
        std::fs::create_dir_all(&folder).map_err(|error| Error::File {
            action: "make the folder",
            path: folder.clone(),
            reason: error.to_string(),
        })?;
        Attribution::save_json(&folder.join("attribution.json"), &mean)?;
        AttributionArrays::new(&mean, None)?.save(&folder.join("attribution.npz"))?;
        let records: Vec<Attribution> = self.records.into_iter().flatten().collect();
        let report = RecordsReport {
            title: &format!("{} records", records.len()),
            mean: &mean[0],
            records: &records,
            record_names: &self.names,
            values: None,
            settings: &self.settings,
            warnings: &[],
            notice: &self.notice,
        };
        let mut texts = vec![
            ("report.html", records_html(&report)),
            ("beeswarm.svg", beeswarm_svg(&records, &self.names, TOP, None)),
        ];
        if mean[0].max_order > 1 {
            texts.extend(interaction_pictures(&mean[0], None));
        }
        save_texts(&folder, &texts)?;
        Ok(mean.into_iter().next())
    }

    /// What the targets are: one output, or how often which.
    fn name(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        self.records.iter().flatten().for_each(|target| *counts.entry(&target.output).or_default() += 1);
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        match counts.as_slice() {
            [(output, _)] => (*output).to_owned(),
            _ => {
                let parts: Vec<String> = counts.iter().map(|(output, count)| format!("{count} {output}")).collect();
                format!("top output ({})", parts.join(", "))
            }
        }
    }
}
