//! Real records and the superclasses that their statements mean.
//!
//! LUDB's statements are mapped by the table that lies beside the records. The records of the PhysioNet Challenge 2021
//! carry SNOMED CT codes, which [`superclasses_of`] maps the way PTB-XL sorts its own statements. A record is NORM if it
//! is in sinus rhythm and nothing else of the five superclasses was stated.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use einthoven::ecg::labels::Superclass;
use einthoven::ecg::list_records;

/// A record and what it is labelled as.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// The header of the record.
    pub path: PathBuf,
    /// Which of the five superclasses it carries.
    pub superclasses: [bool; 5],
}

/// LUDB: the records whose number passes `keep`.
pub fn ludb(folder: &Path, keep: impl Fn(usize) -> bool) -> anyhow::Result<Vec<Labelled>> {
    let table = folder.join("ludb").join("labels.csv");
    let mut reader = csv::Reader::from_path(&table).with_context(|| format!("reading {}", table.display()))?;
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row?;
        let number: usize = row[0].parse().context("record number")?;
        if !keep(number) {
            continue;
        }
        let superclasses = Superclass::ALL.map(|class| row[1].split('|').any(|name| name == class.name()));
        let path = folder.join("ludb").join("data").join(format!("{number}.hea"));
        records.push(Labelled { path, superclasses });
    }
    Ok(records)
}

/// The records of the PhysioNet Challenge 2021.
pub fn challenge(folder: &Path) -> anyhow::Result<Vec<Labelled>> {
    let mut records = Vec::new();
    for path in list_records(&folder.join("challenge"))? {
        let header = std::fs::read_to_string(&path)?;
        let codes = header.lines().find_map(|line| line.trim_start_matches(['#', ' ']).strip_prefix("Dx:"));
        let codes: Vec<&str> = codes.unwrap_or_default().split(',').map(str::trim).collect();
        records.push(Labelled { path, superclasses: superclasses_of(&codes) });
    }
    Ok(records)
}

/// The superclasses of a list of SNOMED CT codes.
pub fn superclasses_of(codes: &[&str]) -> [bool; 5] {
    let mut found: BTreeSet<Superclass> = codes.iter().filter_map(|code| superclass_of(code)).collect();
    let sinus = codes.contains(&"426783006");
    let only_sinus = codes.iter().all(|code| SINUS.contains(code));
    if found.is_empty() && sinus && only_sinus {
        found.insert(Superclass::Norm);
    }
    Superclass::ALL.map(|class| found.contains(&class))
}

/// Sinus rhythm, bradycardia, tachycardia and arrhythmia.
const SINUS: [&str; 4] = ["426783006", "426177001", "427084000", "427393009"];

/// The superclass of a SNOMED CT code, where it has one.
fn superclass_of(code: &str) -> Option<Superclass> {
    Some(match code {
        // Myocardial infarction: any, acute, anterior, old, inferior, lateral, anteroseptal.
        "164865005" | "57054005" | "54329005" | "164867002" | "73795002" | "58612006" | "62695002" => Superclass::Mi,
        // ST and T: non-specific, depression, abnormal ST, elevation, abnormal T, inverted T, ST changes, ischaemia
        // (any, inferior, anterior, lateral, acute, chronic), long QT.
        "428750005" | "429622005" | "164930006" | "164931005" | "164934002" | "59931005" | "55930002" | "164861001"
        | "425419005" | "426434006" | "425623009" | "413444003" | "413844008" | "111975006" => Superclass::Sttc,
        // Conduction: bundle branch block (any, left, complete left, right, complete right, incomplete right),
        // fascicular blocks, non-specific delay, AV block (any, first, second, third degree), pre-excitation.
        "6374002" | "164909002" | "733534002" | "59118001" | "713427006" | "713426002" | "445118002" | "445211001"
        | "698252002" | "233917008" | "270492004" | "195042002" | "27885002" | "74390002" => Superclass::Cd,
        // Hypertrophy: ventricular, left, left by voltage, right, atrial, left atrial (two codes), right atrial (two).
        "266249003" | "164873001" | "55827005" | "89792004" | "195126007" | "446813000" | "67741000119109"
        | "446358003" | "67751000119106" => Superclass::Hyp,
        _ => return None,
    })
}
