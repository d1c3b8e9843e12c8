//! The files of a removal.

use std::path::Path;

use einthoven_game::{Attribution, Index, Term, file};
use einthoven_plot::{Changes, Layout, Picture, removal_svg};
use serde_json::{Value, json};

use super::{FILES, RemovalStep, Removals, Removed, Way};
use crate::Result;
use crate::explanation::make_folder;
use crate::pictures::save_texts;

impl Removals {
    /// The layout of `removal.json`: one object, with `change` for a change of the model's value and `predicted` for what was
    /// expected of it.
    pub fn to_json(&self) -> Value {
        let removed = |removed: &Removed| {
            json!({
                "players": removed.players,
                "names": self.names(&removed.players),
                "predicted": removed.predicted,
                "change": removed.actual,
            })
        };
        let way = |way: &Way| {
            let mut json = removed(&way.found);
            json["bound"] = way.bound.into();
            json["exact"] = way.exact.into();
            json["misses"] = way.found.misses().into();
            json["shapley"] = removed(&way.shapley);
            json
        };
        let steps = self.steps.iter().zip(1..).map(|(step, size)| {
            json!({ "removed": size, "fall": way(&step.fall), "rise": way(&step.rise), "random": step.random })
        });
        let flip = self.flip().map(|flip| {
            let mut json = removed(flip.removed);
            json["by_shapley"] = flip.by_shapley.into();
            json["certain"] = flip.certain.into();
            json
        });
        let spectrum = self.attribution();
        json!({
            "output": spectrum.output,
            "link": spectrum.link,
            "n_players": spectrum.n_players,
            "full": self.full,
            "predicted_full": self.predicted_full,
            "threshold": self.threshold(),
            "flip": flip,
            "steps": steps.collect::<Vec<_>>(),
            "spectrum": {
                "method": spectrum.method,
                "kind": spectrum.kind,
                "terms": spectrum.terms.len(),
                "max_order": spectrum.max_order,
                "evaluations": spectrum.evaluations,
                "held_out_r2": self.held_out_r2(),
            },
            "verified": self.verified,
            "seed": spectrum.seed,
            "warnings": spectrum.warnings,
            "run": spectrum.run,
        })
    }

    /// How far the value changes, by the number of players removed and by who chose them, as SVG.
    pub fn svg(&self) -> String {
        let of = |change: &dyn Fn(&RemovalStep) -> f64| self.steps.iter().map(|step| change(step).abs()).collect();
        let changes = Changes {
            predicted: of(&|step| step.largest().found.predicted),
            found: of(&|step| step.largest().found.actual),
            shapley: of(&|step| step.by_shapley().actual),
            random: of(&|step| step.random),
        };
        let attribution = self.attribution();
        removal_svg(&attribution.output, attribution.link, &changes)
    }

    /// The record on paper with the largest set that was found marked, in the colour of what it says: as much as the value
    /// changes without it.
    pub fn ecg_svg(&self) -> String {
        let Some(step) = self.steps.last() else { return self.explanation.ecg_svg(self.target) };
        let Removed { players, actual, .. } = &step.largest().found;
        let term = |&player: &u32| Term { players: vec![player], value: -actual, std_err: None };
        let marked = Attribution {
            index: Index::Egv,
            min_order: 1,
            max_order: 1,
            terms: players.iter().map(term).collect(),
            ..self.attribution().clone()
        };
        let title = format!(
            "{}: without the coloured parts {} changes from {:+.3} to {:+.3}",
            self.explanation.record.name,
            marked.output,
            self.full,
            self.full + actual
        );
        // In the short arrangement a part may lie where its lead is not drawn.
        let layout = Layout::TwelveByOne;
        let picture = Picture {
            attribution: Some(&marked),
            dense: None,
            title: &title,
            layout,
            ..self.explanation.picture(self.target)
        };
        einthoven_plot::ecg_svg(&picture)
    }

    /// Writes `removal.json`, `removal.svg`, `ecg.svg` and the spectrum, `attribution.json`, into `folder`, which is made if need
    /// be; each whole or not at all.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        make_folder(folder)?;
        let [json, svg] = FILES;
        Attribution::save_json(&folder.join("attribution.json"), &self.explanation.attributions)?;
        file::write_atomic(&folder.join(json), |out| Ok(serde_json::to_writer_pretty(out, &self.to_json())?))?;
        save_texts(folder, &[(svg, self.svg()), ("ecg.svg", self.ecg_svg())])
    }
}
