//! Explained records as rows of a table.

use crate::explainer::{Explained, ExplainerCard};
use crate::table::{Column, Table};

impl ExplainerCard {
    /// A row for each record and output: `record`, `output`, the values of the `empty` and the `full` coalition, and lists of
    /// `values` and `std_err` in the order of the note `terms`; standard errors that are not known are NaN.
    pub fn table(&self, names: &[String], explained: &[Explained]) -> Table {
        let (outputs, n_terms) = (&self.spec.outputs, self.spec.terms.len());
        let rows = || explained.iter().flat_map(|one| (0..outputs.len()).map(move |output| (one, output)));
        let part = |values: &[f64], output: usize| values[output * n_terms..(output + 1) * n_terms].to_vec();
        let records = names.iter().flat_map(|name| outputs.iter().map(move |_| name.clone()));
        let errors = rows().map(|(one, output)| {
            one.std_err.as_ref().map_or_else(|| vec![f64::NAN; n_terms], |errors| part(errors, output))
        });
        let mut table = Table::default();
        table.push("record", Column::Text(records.collect()));
        table.push("output", Column::Text(rows().map(|(_, output)| outputs[output].clone()).collect()));
        table.push("empty", Column::F64(rows().map(|(one, output)| one.empty[output]).collect()));
        table.push("full", Column::F64(rows().map(|(one, output)| one.full[output]).collect()));
        table.push("values", Column::F64Lists(rows().map(|(one, output)| part(&one.values, output)).collect()));
        table.push("std_err", Column::F64Lists(errors.collect()));
        table.notes = self.notes();
        table
    }

    /// What the table says of itself.
    fn notes(&self) -> Vec<(String, String)> {
        let spec = &self.spec;
        let error = format!("{:.4} of the variance of the values over validation records", self.facts.error);
        [
            ("terms", serde_json::json!(spec.term_names()).to_string()),
            ("index", spec.index.to_string()),
            ("link", spec.link.to_string()),
            ("method", "amortized".to_owned()),
            ("kind", "biased".to_owned()),
            ("error", error),
            ("model", spec.model.clone()),
        ]
        .map(|(name, text)| (name.to_owned(), text))
        .to_vec()
    }
}
