//! The pictures of explained trees: of one row, or of many.

use std::path::Path;

use einthoven::game::Aggregation;
use einthoven::interactions::trees::{Explanations, Rows};
use einthoven::plot::{InteractionReport, RecordsReport, beeswarm_svg, interaction_html, records_html};
use einthoven::{Attribution, Result, interaction_pictures, save_texts};

/// Features in the beeswarm.
const TOP: usize = 20;
/// Most rows in a picture.
const MOST_ROWS: usize = 500;

/// Writes pictures and a report of one output into a folder: of a row its terms, of many the beeswarm and their mean.
pub fn save(folder: &Path, found: &Explanations, rows: &Rows, output: usize, first: usize) -> Result<()> {
    let drawn: Vec<Attribution> =
        (0..found.n_rows().min(MOST_ROWS)).map(|row| found.attribution(row, output)).collect();
    let settings = [("model".to_owned(), found.source.clone())];
    if let [row] = drawn.as_slice() {
        let report = InteractionReport {
            name: &format!("row {first}"),
            attributions: std::slice::from_ref(row),
            target: 0,
            picture: None,
            predictions: &[],
            settings: &settings,
            warnings: &[],
            notice: "",
        };
        let mut texts = interaction_pictures(row, None);
        texts.push(("report.html", interaction_html(&report)));
        return save_texts(folder, &texts);
    }
    let each: Vec<Vec<Attribution>> = drawn.iter().map(|row| vec![row.clone()]).collect();
    let mean = Attribution::aggregate(&each, Aggregation::Mean)?.remove(0);
    let names: Vec<String> = (0..drawn.len()).map(|row| format!("row {}", first + row)).collect();
    let values: Vec<Vec<f64>> = (0..drawn.len()).map(|row| rows.row(row).to_vec()).collect();
    let values = Some(("feature value", values.as_slice()));
    let few = format!("the first {MOST_ROWS} of {} rows", found.n_rows());
    let report = RecordsReport {
        title: &format!("{} rows", drawn.len()),
        mean: &mean,
        records: &drawn,
        record_names: &names,
        values,
        settings: &settings,
        warnings: if found.n_rows() > MOST_ROWS { std::slice::from_ref(&few) } else { &[] },
        notice: "",
    };
    let mut texts =
        vec![("report.html", records_html(&report)), ("beeswarm.svg", beeswarm_svg(&drawn, &names, TOP, values))];
    if mean.max_order > 1 {
        texts.extend(interaction_pictures(&mean, None));
    }
    save_texts(folder, &texts)
}
