//! Synthetic records whose healthy twins say where the finding is.

use einthoven::ecg::labels::Superclass;
use einthoven::ecg::synth::{DatasetConfig, Drawn, Finding};

/// Windows of each lead.
pub const WINDOWS: usize = 10;
/// The share of samples in the mask that makes a cell positive.
const SHARE: f64 = 0.2;

/// A record with one finding that fills some cell.
pub struct Case {
    /// Which of the split's records.
    pub index: u64,
    /// The finding.
    pub finding: Finding,
    /// The class it belongs to.
    pub class: Superclass,
    /// The record and its twin.
    pub drawn: Drawn,
    /// Whether each cell (lead, window) has enough of its samples in the mask.
    pub positive: Vec<bool>,
}

/// The findings that belong to a class.
pub fn findings() -> Vec<Finding> {
    Finding::ALL.into_iter().filter(|finding| finding.superclass().is_some()).collect()
}

/// Records of the split `localise`, finding after finding. Those whose finding is too brief for any cell are passed over.
pub fn cases() -> impl Iterator<Item = Case> {
    let (config, findings) = (DatasetConfig::default(), findings());
    (0..).filter_map(move |index| {
        let finding = findings[index as usize % findings.len()];
        let class = finding.superclass()?;
        let drawn = config.draw_with(&[finding], "localise", index);
        let positive = positive_cells(&drawn.mask, drawn.record.n_leads());
        positive.contains(&true).then_some(Case { index, finding, class, drawn, positive })
    })
}

/// Whether each cell (lead, window) has at least a share of its samples in the mask `[leads, samples]`.
fn positive_cells(mask: &[bool], n_leads: usize) -> Vec<bool> {
    let n = mask.len() / n_leads;
    let mut cells = Vec::with_capacity(n_leads * WINDOWS);
    for lead in mask.chunks_exact(n) {
        for window in 0..WINDOWS {
            let samples = &lead[window * n / WINDOWS..(window + 1) * n / WINDOWS];
            let inside = samples.iter().filter(|is| **is).count();
            cells.push(inside as f64 >= SHARE * samples.len() as f64);
        }
    }
    cells
}
