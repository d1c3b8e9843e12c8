//! A 12-lead electrocardiogram in millivolts.

use crate::{Error, Result, STANDARD, Signals, Warning, check, leads, normalised};

/// Beyond this many millivolts a value cannot have come from an electrode.
const ABSURD_MV: f64 = 1e6;

/// Below this rate in Hz the QRS complex is lost, and above the other no recorder works.
const RATES: std::ops::RangeInclusive<f64> = 50.0..=100_000.0;

/// Leads in millivolts at one sampling rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Name of the record, without folder or extension.
    pub name: String,
    /// Sampling rate in Hz.
    pub rate: f64,
    /// Name of each lead, in the standard spelling (`I`, `aVR`, `V1`).
    pub leads: Vec<String>,
    /// Diagnoses and other statements that came with the record.
    pub labels: Vec<String>,
    /// Where the record came from: a file, or a description of how it was made.
    pub source: String,
    signal: Vec<f32>,
}

impl Record {
    /// Takes a signal in millivolts, `[leads, samples]` row after row.
    ///
    /// # Panics
    /// If the signal does not divide into as many rows as there are leads.
    pub fn new(name: impl Into<String>, rate: f64, leads: Vec<String>, signal: Vec<f32>) -> Self {
        assert!(!leads.is_empty() && signal.len().is_multiple_of(leads.len()), "one row of samples per lead");
        Self { name: name.into(), rate, leads, labels: Vec::new(), source: String::new(), signal }
    }

    /// The twelve standard leads of a file, by any usual name and in any order, in millivolts.
    ///
    /// Gaps under 100 ms are interpolated and III, aVR, aVL, aVF are computed from I and II where the file lacks
    /// them; both are among the warnings, as are flat leads, strange amplitudes, and gains that scale every lead to one
    /// span ([`Warning::Rescaled`]). The comments of the file become the labels.
    ///
    /// # Errors
    /// A lead that is missing and cannot be derived, a unit that is not one of potential, a longer gap, leads of
    /// different rates or a rate outside 50 to 100000 Hz, no samples, values that no electrode can give.
    pub fn from_signals(signals: &Signals) -> Result<(Self, Vec<Warning>)> {
        let restored = normalised::restore(signals);
        let signals = restored.as_ref().unwrap_or(signals);
        let selection = leads::select(signals)?;
        if !RATES.contains(&selection.rate) {
            let reason = format!("its rate is {} Hz; an ECG has {} to {}", selection.rate, RATES.start(), RATES.end());
            return Err(Error::record(&signals.name, reason));
        }
        let mut warnings = signals.warnings.clone();
        warnings.extend(selection.warnings);
        let mut signal = Vec::with_capacity(selection.leads.len() * selection.leads[0].len());
        for (lead, samples) in STANDARD.iter().zip(&selection.leads) {
            if let Some(value) = samples.iter().find(|value| value.abs() > ABSURD_MV) {
                let reason = format!("lead {lead} reaches {value:.1e} mV, which no electrode gives; check the units");
                return Err(Error::record(&signals.name, reason));
            }
            warnings.extend(check::check_lead(lead, samples, selection.rate));
            signal.extend(samples.iter().map(|&value| value as f32));
        }
        if signal.is_empty() {
            return Err(Error::record(&signals.name, "it has no samples"));
        }
        warnings.extend(check::check_span(&selection.leads));
        let mut record = Self::new(&signals.name, selection.rate, STANDARD.map(String::from).to_vec(), signal);
        record.labels = signals.comments.clone();
        record.source = signals.source.clone();
        Ok((record, warnings))
    }

    /// Number of leads.
    pub fn n_leads(&self) -> usize {
        self.leads.len()
    }

    /// Number of samples in each lead.
    pub fn n_samples(&self) -> usize {
        self.signal.len() / self.leads.len()
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.n_samples() as f64 / self.rate
    }

    /// The whole signal in millivolts, `[leads, samples]` row after row.
    pub fn signal(&self) -> &[f32] {
        &self.signal
    }

    /// One lead in millivolts.
    pub fn lead(&self, index: usize) -> &[f32] {
        let n = self.n_samples();
        &self.signal[index * n..(index + 1) * n]
    }
}
