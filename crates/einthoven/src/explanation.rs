//! What an explanation holds, and the files it becomes.

use std::path::Path;

use einthoven_ecg::Record;
use einthoven_game::{Attribution, AttributionArrays, Partition, Signal};
use einthoven_masking::Stats;
use einthoven_plot::{Dense, InteractionReport, Layout, Picture, Prediction, Report};

use crate::pictures::{interaction_pictures, save_texts};
use crate::{Error, Result};

/// What a gradient method gives to each cell of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseMaps {
    /// `[outputs, leads, samples]`
    pub cells: Vec<f64>,
    /// The unit of a cell, such as `logit per cell`.
    pub unit: String,
}

/// Why the model said what it said about one record.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The record as the model saw it.
    pub record: Record,
    /// Where in the original record it starts, in seconds.
    pub start: f64,
    /// Who played.
    pub partition: Partition,
    /// What the model says, one per output.
    pub predictions: Vec<Prediction>,
    /// Why, one per output.
    pub attributions: Vec<Attribution>,
    /// What a gradient method gives to each cell, where one was asked.
    pub dense: Option<DenseMaps>,
    /// The settings, as a report shows them.
    pub settings: Vec<(String, String)>,
    /// What a reader must know of all outputs; each attribution holds these, and its estimator's own besides.
    pub warnings: Vec<String>,
    /// What the model's card asks to be said with every result.
    pub notice: String,
    /// What the evaluation took; of a run that was taken up again, what was left.
    pub stats: Stats,
}

impl Explanation {
    /// The output with the highest logit.
    pub fn top_index(&self) -> usize {
        let logits = self.predictions.iter().map(|prediction| prediction.logit);
        logits.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(index, _)| index)
    }

    /// The attribution of the output with the highest logit.
    pub fn top(&self) -> &Attribution {
        &self.attributions[self.top_index()]
    }

    /// The output that `name` stands for: its name in any case, or `top`.
    pub fn target(&self, name: &str) -> Result<usize> {
        if name == "top" {
            return Ok(self.top_index());
        }
        self.predictions.iter().position(|prediction| prediction.output.eq_ignore_ascii_case(name)).ok_or_else(|| {
            let outputs: Vec<&str> = self.predictions.iter().map(|prediction| prediction.output.as_str()).collect();
            Error::Usage(format!("use --target {name}: the model's outputs are {}", outputs.join(", ")))
        })
    }

    /// Adds a warning to the explanation and to each attribution.
    pub fn warn(&mut self, warning: impl Into<String>) {
        let warning = warning.into();
        for attribution in &mut self.attributions {
            attribution.warnings.push(warning.clone());
        }
        self.warnings.push(warning);
    }

    /// The map of output `target`.
    fn dense_of(&self, target: usize) -> Option<Dense<'_>> {
        let cells = self.record.signal().len();
        let maps = self.dense.as_ref()?;
        Some(Dense { cells: maps.cells.get(target * cells..)?.get(..cells)?, unit: &maps.unit })
    }

    /// The record with the attribution of output `target`, as pictures take it.
    pub(crate) fn picture(&self, target: usize) -> Picture<'_> {
        Picture {
            record: &self.record,
            partition: &self.partition,
            attribution: Some(&self.attributions[target]),
            dense: self.dense_of(target),
            layout: Layout::for_record(&self.record),
            title: &self.record.name,
            start: self.start,
        }
    }

    /// The ECG on paper with the attribution of output `target` behind the trace, as SVG.
    pub fn ecg_svg(&self, target: usize) -> String {
        einthoven_plot::ecg_svg(&self.picture(target))
    }

    /// The self-contained HTML report on output `target`: on interactions, if there are any.
    pub fn report_html(&self, target: usize) -> String {
        if self.attributions[target].max_order > 1 {
            return einthoven_plot::interaction_html(&InteractionReport {
                name: &self.record.name,
                attributions: &self.attributions,
                target,
                picture: Some(self.picture(target)),
                predictions: &self.predictions,
                settings: &self.settings,
                warnings: &self.warnings,
                notice: &self.notice,
            });
        }
        einthoven_plot::report_html(&Report {
            record: &self.record,
            partition: &self.partition,
            attributions: &self.attributions,
            target,
            dense: self.dense_of(target),
            predictions: &self.predictions,
            settings: &self.settings,
            warnings: &self.warnings,
            notice: &self.notice,
            start: self.start,
        })
    }

    /// Writes `attribution.json`, `attribution.npz` (with the maps of cells, where there are any), `ecg.svg` and `report.html`
    /// into `folder`, which is made if need be, and the pictures of interactions, if there are any
    /// ([`interaction_pictures`]). Each file is written beside its place and then renamed, so that none is ever half there.
    pub fn save(&self, folder: &Path, target: usize) -> Result<()> {
        make_folder(folder)?;
        let [json, npz, svg, html] = RESULTS;
        Attribution::save_json(&folder.join(json), &self.attributions)?;
        let signal = Signal::new(&self.partition, self.record.signal().to_vec(), self.record.rate, self.start)?;
        let mut arrays = AttributionArrays::new(&self.attributions, Some(signal))?;
        if let Some(maps) = &self.dense {
            arrays = arrays.with_dense(maps.cells.clone())?;
        }
        arrays.save(&folder.join(npz))?;
        save_texts(folder, &[(svg, self.ecg_svg(target)), (html, self.report_html(target))])?;
        if self.attributions[target].max_order > 1 {
            let pictures = interaction_pictures(&self.attributions[target], Some(&self.picture(target)));
            save_texts(folder, &pictures)?;
        }
        Ok(())
    }
}

/// The files of an explanation.
pub(crate) const RESULTS: [&str; 4] = ["attribution.json", "attribution.npz", "ecg.svg", "report.html"];

/// Makes a folder and those above it.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Error::File {
        action: "make the folder",
        path: folder.to_owned(),
        reason: error.to_string(),
    })
}
