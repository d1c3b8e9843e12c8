//! Names of the twelve standard leads, and which of them follow from others.
//!
//! Files spell leads in many ways (`aVR`, `avr`, `AVR`, `Lead aVR`, `ECG aVR`), keep them in any order and add other
//! channels. Four of the twelve are linear in leads I and II (Einthoven's and Goldberger's relations), so that a file
//! without them is still complete.

use crate::{Error, Result, Signals, Warning, check};

/// The twelve standard leads in the usual order.
pub const STANDARD: [&str; 12] = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];

/// The standard lead that a channel's name stands for, in any usual spelling, as an index into [`STANDARD`].
///
/// Case, blanks, hyphens, underscores and points do not matter; nor do the prefixes `Lead`, `ECG`, `EKG`, `MDC ECG
/// LEAD`, `Ableitung`, the `D` of Romance languages (`DII`, `D2`) and the `ML` of modified limb leads (`MLII`); nor
/// `L1` to `L3` and `C1` to `C6`.
pub fn standard_index(name: &str) -> Option<usize> {
    let mut key: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    for prefix in ["MDC", "ECG", "EKG"] {
        key = key.strip_prefix(prefix).unwrap_or(&key).to_string();
    }
    let bare = !key.starts_with(['L', 'A', 'D', 'M']) || key.starts_with("AV");
    for prefix in ["LEAD", "ABLEITUNG"] {
        key = key.strip_prefix(prefix).unwrap_or(&key).to_string();
    }
    if let Some(chest) = key.strip_prefix(['V', 'C']) {
        let number: usize = chest.parse().ok().filter(|_| chest.len() == 1)?;
        return (1..=6).contains(&number).then(|| 5 + number);
    }
    if let Some(index) = ["AVR", "AVL", "AVF"].iter().position(|&augmented| augmented == key) {
        return Some(3 + index);
    }
    let limb = ["ML", "D", "L"].iter().find_map(|prefix| key.strip_prefix(prefix)).unwrap_or(&key);
    match limb {
        "I" => Some(0),
        "II" => Some(1),
        "III" => Some(2),
        // A channel called `1` or `ECG 1` may be anything.
        "1" | "2" | "3" if !bare => limb.parse().ok().map(|number: usize| number - 1),
        _ => None,
    }
}

/// Millivolts per unit, for the units that potentials are stored in; no unit means millivolts.
pub(crate) fn millivolts_per(units: &str) -> Option<f64> {
    match units.trim().to_lowercase().as_str() {
        "" | "mv" | "millivolt" | "millivolts" => Some(1.0),
        "v" | "volt" | "volts" => Some(1e3),
        // The micro sign, the Greek letter mu and its stand-in u.
        "uv" | "\u{b5}v" | "\u{3bc}v" | "microvolt" | "microvolts" => Some(1e-3),
        "nv" | "nanovolt" | "nanovolts" => Some(1e-6),
        _ => None,
    }
}

/// The twelve standard leads in millivolts, their rate, and what was odd.
pub(crate) struct Selection {
    pub leads: Vec<Vec<f64>>,
    pub rate: f64,
    pub warnings: Vec<Warning>,
}

/// Finds the twelve leads by name, converts them, fills short gaps, and derives III, aVR, aVL and aVF if need be.
pub(crate) fn select(signals: &Signals) -> Result<Selection> {
    let channels = assign(signals)?;
    let present: Vec<_> = channels.iter().flatten().map(|&index| &signals.channels[index]).collect();
    let Some(first) = present.first() else {
        let names: Vec<&str> = signals.channels.iter().map(|channel| channel.name.as_str()).collect();
        let reason = format!("none of its channels ({}) is a standard lead; name them with --leads", names.join(", "));
        return Err(Error::record(&signals.name, reason));
    };
    if let Some(other) = present.iter().find(|c| c.rate != first.rate || c.samples.len() != first.samples.len()) {
        let reason = format!(
            "lead {} has {} samples at {} Hz but lead {} has {} at {} Hz; bring them to one rate first",
            other.name,
            other.samples.len(),
            other.rate,
            first.name,
            first.samples.len(),
            first.rate
        );
        return Err(Error::record(&signals.name, reason));
    }
    let mut warnings = Vec::new();
    let mut leads: Vec<Option<Vec<f64>>> = Vec::with_capacity(12);
    for (lead, channel) in STANDARD.iter().zip(&channels) {
        leads.push(match channel {
            Some(index) => Some(convert(signals, lead, *index, &mut warnings)?),
            None => None,
        });
    }
    let leads = derive(&signals.name, leads, &mut warnings)?;
    Ok(Selection { leads, rate: first.rate, warnings })
}

/// For each standard lead the channel that holds it.
fn assign(signals: &Signals) -> Result<[Option<usize>; 12]> {
    let mut channels = [None; 12];
    for (index, channel) in signals.channels.iter().enumerate() {
        let Some(lead) = standard_index(&channel.name) else { continue };
        if let Some(earlier) = channels[lead].replace(index) {
            let earlier = &signals.channels[earlier].name;
            let reason =
                format!("channels {earlier} and {} are both lead {}; rename one", channel.name, STANDARD[lead]);
            return Err(Error::record(&signals.name, reason));
        }
    }
    Ok(channels)
}

fn convert(signals: &Signals, lead: &str, index: usize, warnings: &mut Vec<Warning>) -> Result<Vec<f64>> {
    let channel = &signals.channels[index];
    let scale = millivolts_per(&channel.units).ok_or_else(|| {
        let reason = format!("channel {} is in {}, not in V, mV, uV or nV; give --units", channel.name, channel.units);
        Error::record(&signals.name, reason)
    })?;
    let mut samples: Vec<f64> = channel.samples.iter().map(|value| value * scale).collect();
    let gap = check::fill_gaps(lead, &mut samples, channel.rate).map_err(|r| Error::record(&signals.name, r))?;
    warnings.extend(gap);
    Ok(samples)
}

/// Fills in the leads that follow from I and II: III = II − I, aVR = −(I + II)/2, aVL = I − II/2, aVF = II − I/2.
fn derive(name: &str, leads: Vec<Option<Vec<f64>>>, warnings: &mut Vec<Warning>) -> Result<Vec<Vec<f64>>> {
    let limb = leads[0].clone().zip(leads[1].clone());
    let mut complete = Vec::with_capacity(12);
    for (index, lead) in leads.into_iter().enumerate() {
        if let Some(samples) = lead {
            complete.push(samples);
            continue;
        }
        let weights = match index {
            2 => (-1.0, 1.0),
            3 => (-0.5, -0.5),
            4 => (1.0, -0.5),
            5 => (-0.5, 1.0),
            _ => return Err(missing(name, index)),
        };
        let Some((i, ii)) = &limb else { return Err(missing(name, index)) };
        complete.push(i.iter().zip(ii).map(|(i, ii)| weights.0 * i + weights.1 * ii).collect());
        warnings.push(Warning::Derived { lead: STANDARD[index].to_string() });
    }
    Ok(complete)
}

fn missing(name: &str, index: usize) -> Error {
    let remedy = match index {
        2..=5 => "can only be derived where leads I and II are there",
        _ => "cannot be derived from other leads",
    };
    Error::record(name, format!("lead {} is missing and {remedy}", STANDARD[index]))
}
