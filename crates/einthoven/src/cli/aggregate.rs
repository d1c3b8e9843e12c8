//! The means over records of what their targets are explained by, one for each output.

use std::collections::BTreeMap;
use std::path::Path;

use einthoven::game::{Aggregation, AttributionArrays};
use einthoven::plot::{RecordsReport, beeswarm_svg, records_html};
use einthoven::{Attribution, Error, Explanation, Result, clear_results, interaction_pictures, save_texts};

use super::run::safe_name;

/// Terms in the beeswarm.
const TOP: usize = 20;
/// Most terms that are held, all records together: some 2 GiB.
const MOST_TERMS: usize = 20_000_000;

/// The attributions of the targets so far, one of each record.
#[derive(Default)]
pub struct Aggregate {
    /// By output: attributions and names of records.
    outputs: BTreeMap<String, (Vec<Attribution>, Vec<String>)>,
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
        if self.settings.is_empty() {
            self.settings.clone_from(&explanation.settings);
            self.notice.clone_from(&explanation.notice);
        }
        if self.n_terms > MOST_TERMS {
            return self.outputs.clear();
        }
        let (attributions, names) = self.outputs.entry(attribution.output.clone()).or_default();
        attributions.push(attribution.clone());
        names.push(name.to_owned());
    }

    /// Writes the mean for each output that is the target of two records or more into the folder `aggregate/OUTPUT` below
    /// another one: `attribution.json` and `.npz`, with standard errors over records, pictures, and a report on the records.
    /// Returns the means, that of most records first.
    pub fn finish(self, out: &Path) -> Result<Vec<(usize, Attribution)>> {
        if self.n_terms > MOST_TERMS {
            eprintln!("warning: no mean over records: they have more than {MOST_TERMS} terms together");
        }
        let folder = out.join("aggregate");
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            clear_results(&entry.path())?;
        }
        let mut means = Vec::new();
        for (output, (records, names)) in &self.outputs {
            if records.len() > 1 {
                means.push((records.len(), self.save(&folder.join(safe_name(output)), records, names)?));
            }
        }
        means.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        Ok(means)
    }

    fn save(&self, folder: &Path, records: &[Attribution], names: &[String]) -> Result<Attribution> {
        let each: Vec<Vec<Attribution>> = records.iter().map(|record| vec![record.clone()]).collect();
        let mean = Attribution::aggregate(&each, Aggregation::Mean)?;
        std::fs::create_dir_all(folder).map_err(|error| Error::File {
            action: "make the folder",
            path: folder.to_owned(),
            reason: error.to_string(),
        })?;
        Attribution::save_json(&folder.join("attribution.json"), &mean)?;
        AttributionArrays::new(&mean, None)?.save(&folder.join("attribution.npz"))?;
        let report = RecordsReport {
            title: &format!("{} records", records.len()),
            mean: &mean[0],
            records,
            record_names: names,
            values: None,
            settings: &self.settings,
            warnings: &[],
            notice: &self.notice,
        };
        let mut texts =
            vec![("report.html", records_html(&report)), ("beeswarm.svg", beeswarm_svg(records, names, TOP, None))];
        if mean[0].max_order > 1 {
            texts.extend(interaction_pictures(&mean[0], None));
        }
        save_texts(folder, &texts)?;
        Ok(mean[0].clone())
    }
}
