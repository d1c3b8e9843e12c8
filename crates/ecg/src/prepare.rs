//! What happens to a record before a model sees it.

use serde::{Deserialize, Serialize};

use crate::resample::Resampler;
use crate::{Error, Record, Result, filter};

/// The preparation that belongs to a model: it stands in the model's card and is applied before any masking.
///
/// In this order: the mains filter at the record's own rate, the change to the model's rate, the high-pass filter, the
/// cut to length. All of it is linear, so Einthoven's law holds afterwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparation {
    /// The model's sampling rate in Hz.
    pub rate: f64,
    /// Samples per lead that the model reads.
    pub n_samples: usize,
    /// Cut-off of the zero-phase high-pass filter in Hz, which removes baseline wander; `None` for no filter.
    pub highpass_hz: Option<f64>,
    /// The mains frequency in Hz to be removed by a zero-phase notch; `None` for no filter.
    ///
    /// The notch is left out where the record's rate cannot hold that frequency (100 Hz and 50 Hz mains, say). A hum
    /// of the other kind (60 Hz for 50 Hz) needs no notch in a model at 100 Hz: the change of rate removes it.
    pub mains_hz: Option<f64>,
}

impl Preparation {
    /// The record as the model reads it, from `start_seconds` on.
    ///
    /// # Errors
    /// If the record is too short, holds a value that is not finite, or if a setting makes no sense.
    pub fn apply(&self, record: &Record, start_seconds: f64) -> Result<Record> {
        self.check(record, start_seconds)?;
        let resampler = Resampler::new(record.n_samples(), record.rate, self.rate)?;
        let first = (start_seconds * self.rate).round() as usize;
        if first + self.n_samples > resampler.n_out() {
            return Err(Error::record(
                &record.name,
                format!(
                    "it is {:.2} s long, but the model needs {:.2} s from {start_seconds} s on",
                    record.seconds(),
                    self.n_samples as f64 / self.rate
                ),
            ));
        }
        let mut signal = Vec::with_capacity(record.n_leads() * self.n_samples);
        for lead in 0..record.n_leads() {
            let mut x: Vec<f64> = record.lead(lead).iter().map(|&x| f64::from(x)).collect();
            if let Some(hz) = self.mains_hz.filter(|hz| *hz < record.rate / 2.0) {
                x = filter::notch(&x, record.rate, hz)?;
            }
            x = resampler.apply(&x);
            if let Some(hz) = self.highpass_hz {
                x = filter::high_pass(&x, self.rate, hz)?;
            }
            signal.extend(x[first..first + self.n_samples].iter().map(|&x| x as f32));
        }
        let mut prepared = Record::new(record.name.clone(), self.rate, record.leads.clone(), signal);
        prepared.labels.clone_from(&record.labels);
        prepared.source.clone_from(&record.source);
        Ok(prepared)
    }

    /// The same preparation with both filters off.
    pub fn without_filters(&self) -> Self {
        Self { highpass_hz: None, mains_hz: None, ..self.clone() }
    }

    fn check(&self, record: &Record, start_seconds: f64) -> Result<()> {
        if self.n_samples == 0 {
            return Err(Error::Request("prepare a record for a model that reads 0 samples".into()));
        }
        if !(0.0..1e7).contains(&start_seconds) {
            return Err(Error::Request(format!("start at {start_seconds} s: the start is a number of seconds from 0")));
        }
        if record.n_samples() == 0 {
            return Err(Error::record(&record.name, "it has no samples"));
        }
        if record.signal().iter().any(|x| !x.is_finite()) {
            return Err(Error::record(&record.name, "it holds values that are not finite"));
        }
        Ok(())
    }
}
