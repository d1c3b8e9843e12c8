//! What `einthoven remove` prints, and `removal.csv`.

use std::path::Path;

use einthoven::{Error, MISS, Removals, Result};

use super::csv_file;
use super::records::Source;

const HEAD: [&str; 14] = [
    "record",
    "target",
    "value",
    "removed",
    "players",
    "predicted",
    "change",
    "misses",
    "exact",
    "shapley_players",
    "shapley_change",
    "random_change",
    "flips",
    "error",
];

/// The removals of a record as text.
pub fn text(removals: &Removals, flip: bool) -> String {
    let (spectrum, full) = (removals.attribution(), removals.full);
    let mut out = format!("Removal from {}, {} {full:+.4}:\n", spectrum.output, spectrum.link);
    out.push_str("      predicted      true  by Shapley   random  without\n");
    let mut missed = Vec::new();
    for (step, size) in removals.steps.iter().zip(1..) {
        let (way, shapley) = (step.largest(), step.by_shapley());
        let bound = if way.exact { String::new() } else { format!("  (at most {:+.4})", way.bound) };
        out.push_str(&format!(
            "  {size:>2}  {:>+9.4} {:>+9.4}   {:>+9.4} {:>8}  {}{bound}\n",
            way.found.predicted,
            way.found.actual,
            shapley.actual,
            format!("{:.4}", step.random),
            removals.names(&way.found.players).join(" & "),
        ));
        if way.found.misses() {
            missed.push(size.to_string());
        }
    }
    out.push_str(&origin(removals));
    if !missed.is_empty() {
        out.push_str(&format!(
            "  warning: where {} of the parts are off, the prediction misses by more than {:.0} %: trust the true change only\n",
            missed.join(", "),
            100.0 * MISS,
        ));
    }
    if flip { out + &turns(removals) } else { out }
}

/// Where the predictions come from.
fn origin(removals: &Removals) -> String {
    let spectrum = removals.attribution();
    let held_out = removals.held_out_r2().map_or_else(String::new, |r2| format!(", R² {r2:.3} on coalitions held out"));
    let kind = format!("{:?}", spectrum.kind).to_lowercase();
    format!(
        "  Fourier coefficients: {}, by method {} ({kind}{held_out}); {} evaluations, and {} to verify\n",
        spectrum.terms.len(),
        spectrum.method,
        spectrum.evaluations,
        removals.verified,
    )
}

/// The smallest set that turns the answer, or that there is none.
fn turns(removals: &Removals) -> String {
    let (output, link, full) = (&removals.attribution().output, removals.attribution().link, removals.full);
    let most = removals.steps.len();
    let Some(flip) = removals.flip() else {
        let certainly = match removals.is_certain(most) {
            true => "certainly none does",
            false => "none was found; others may",
        };
        return format!("Flip: none of up to {most} parts turns {output} ({link} {full:+.4}); {certainly}\n");
    };
    let smaller = match (flip.removed.players.len(), flip.certain) {
        (1, _) => String::new(),
        (_, true) => "; no smaller set does it".to_owned(),
        (_, false) => "; a smaller set may".to_owned(),
    };
    let by = if flip.by_shapley { ", the largest Shapley values" } else { "" };
    format!(
        "Flip: without {}{by} the {link} of {output} is {:+.4} in place of {full:+.4}{smaller}\n",
        removals.names(&flip.removed.players).join(" & "),
        full + flip.removed.actual,
    )
}

/// The lines so far: one for each record and number of parts.
#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 14]>,
    /// Of each number of parts: records, and sums of the magnitudes of true changes by search, Shapley values and at random.
    sums: Vec<(usize, [f64; 3])>,
}

impl Table {
    /// A record that was searched.
    pub fn add(&mut self, source: &Source, removals: &Removals) {
        let flip = removals.flip().map(|flip| flip.removed.players.len());
        let joined = |players: &[u32]| removals.names(players).join(" & ");
        for (step, size) in removals.steps.iter().zip(1..) {
            let (way, shapley) = (step.largest(), step.by_shapley());
            self.rows.push([
                source.shown(),
                removals.attribution().output.clone(),
                removals.full.to_string(),
                size.to_string(),
                joined(&way.found.players),
                way.found.predicted.to_string(),
                way.found.actual.to_string(),
                way.found.misses().to_string(),
                way.exact.to_string(),
                joined(&shapley.players),
                shapley.actual.to_string(),
                step.random.to_string(),
                flip.is_some_and(|flip| flip <= size).to_string(),
                String::new(),
            ]);
            if self.sums.len() < size {
                self.sums.push((0, [0.0; 3]));
            }
            let (records, sums) = &mut self.sums[size - 1];
            *records += 1;
            let changes = [way.found.actual.abs(), shapley.actual.abs(), step.random];
            sums.iter_mut().zip(changes).for_each(|(sum, change)| *sum += change);
        }
    }

    /// A record that failed.
    pub fn add_failed(&mut self, source: &Source, error: &Error) {
        let mut row: [String; 14] = Default::default();
        (row[0], row[13]) = (source.shown(), error.to_string());
        self.rows.push(row);
    }

    /// Mean magnitudes of the true changes over the records.
    pub fn means(&self) -> String {
        let mut out = "Mean magnitude of the true change:\n      by search  by Shapley    random  records\n".to_owned();
        for ((records, sums), size) in self.sums.iter().zip(1..) {
            let [found, shapley, random] = sums.map(|sum| sum / *records as f64);
            out.push_str(&format!("  {size:>2}  {found:>9.4}   {shapley:>9.4} {random:>9.4}  {records:>7}\n"));
        }
        out
    }

    /// Writes the file, whole or not at all; makes its folder if need be.
    pub fn save(&self, path: &Path) -> Result<()> {
        csv_file::save(path, HEAD, &self.rows)
    }
}
