//! Records whose header scales every lead to a range of its own.
//!
//! Some published records (LUDB 1.0.1 is one) carry as gain the range of each lead in raw units, so that every lead spans
//! exactly 1 mV: the amplitudes that voltage criteria need are gone. The raw samples still have them. They give
//! themselves away, since all leads of a recorder share one raw unit, and so Einthoven's law, II = I + III, holds of the
//! raw samples to their rounding, but not of what the header makes of them.

use crate::leads::{self, standard_index};
use crate::{Signals, Warning};

/// How far the spans of such leads may be from one unit.
const SPAN_TOLERANCE: f64 = 2e-3;
/// How far the raw limb leads may be from Einthoven's law, in raw units: the rounding of three samples.
const LAW_TOLERANCE: f64 = 3.0;
/// The raw unit that is then taken, in millivolts: a microvolt, that of the recorders in question.
const RAW_UNIT_MV: f64 = 1e-3;

/// The record in millivolts at a microvolt per raw unit, if its header scales every lead to a range of its own.
pub(crate) fn restore(signals: &Signals) -> Option<Signals> {
    let mut standard = [None; 12];
    for (index, channel) in signals.channels.iter().enumerate() {
        if let Some(lead) = standard_index(&channel.name) {
            standard[lead] = Some(index);
        }
    }
    let standard: Vec<usize> = standard.into_iter().collect::<Option<_>>()?;
    let gains: Vec<f64> = standard.iter().map(|&index| signals.channels[index].gain).collect::<Option<_>>()?;
    let samples: Vec<&[f64]> = standard.iter().map(|&index| signals.channels[index].samples.as_slice()).collect();
    let differ = gains.iter().any(|gain| (gain - gains[0]).abs() > 0.05 * gains[0]);
    if !differ || samples.iter().any(|samples| (span(samples) - 1.0).abs() > SPAN_TOLERANCE) {
        return None;
    }
    let law = |t: usize| samples[1][t] * gains[1] - samples[0][t] * gains[0] - samples[2][t] * gains[2];
    let n = samples[..3].iter().map(|samples| samples.len()).min()?;
    let law: Vec<f64> = (0..n).map(law).collect();
    // The leads may keep offsets of their own; only what moves obeys the law.
    if span(&law) > 2.0 * LAW_TOLERANCE || law.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut restored = signals.clone();
    for (&index, gain) in standard.iter().zip(gains) {
        let channel = &mut restored.channels[index];
        let factor = gain * RAW_UNIT_MV / leads::millivolts_per(&channel.units)?;
        channel.samples.iter_mut().for_each(|value| *value *= factor);
    }
    restored.warnings.push(Warning::Rescaled);
    Some(restored)
}

/// Distance between the highest and the lowest value.
fn span(samples: &[f64]) -> f64 {
    let (low, high) = samples.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    high - low
}
