//! Who plays: `--players` and the partitions it stands for.

use std::path::PathBuf;
use std::str::FromStr;

use einthoven_game::Partition;

use crate::{Error, Result};

/// The parts of a recording that are switched on and off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Players {
    /// Each lead is a player.
    Leads,
    /// The eight leads that are measured: I, II and V1 to V6. The other four are computed from the masked I and II, so
    /// that Einthoven's law holds in every coalition.
    IndependentLeads,
    /// Each of so many windows of time is a player, in all leads at once.
    Windows(usize),
    /// Each lead in each of so many windows of time is a player.
    LeadsWindows(usize),
    /// The players of an integer array `[leads, samples]` in a NumPy file.
    File(PathBuf),
}

impl Players {
    /// The partition of an input with these leads and so many samples at `rate` Hz.
    pub fn partition(&self, leads: &[String], n_samples: usize, rate: f64) -> Result<Partition> {
        let partition = match self {
            Self::Leads => Partition::leads(leads, n_samples),
            Self::IndependentLeads => Partition::independent_leads(leads, n_samples),
            Self::Windows(n) => Partition::windows(leads.len(), n_samples, *n, rate),
            Self::LeadsWindows(n) => Partition::leads_windows(leads, n_samples, *n, rate),
            Self::File(path) => {
                let partition = Partition::from_npy(path)?;
                let (found, expected) = ((partition.n_leads(), partition.n_samples()), (leads.len(), n_samples));
                if found != expected {
                    return Err(Error::Usage(format!(
                        "use {} as --players: it has {} x {} cells, the model's input has {} x {}",
                        path.display(),
                        found.0,
                        found.1,
                        expected.0,
                        expected.1
                    )));
                }
                Ok(partition)
            }
        };
        Ok(partition?)
    }
}

impl FromStr for Players {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let count = |digits: &str| match digits.parse::<usize>() {
            Ok(n) if n > 0 => Ok(n),
            _ => Err(Error::Usage(format!("`{digits}` is not a number of windows; write for example windows:10"))),
        };
        match text {
            "leads" => Ok(Self::Leads),
            "leads:8" => Ok(Self::IndependentLeads),
            "beats" | "waves" | "leads*waves" => {
                Err(Error::Usage(format!("`{text}` needs delineation, which is not built yet")))
            }
            _ if text.ends_with(".npy") => Ok(Self::File(text.into())),
            _ => {
                if let Some(digits) = text.strip_prefix("windows:") {
                    count(digits).map(Self::Windows)
                } else if let Some(digits) = text.strip_prefix("leads*windows:") {
                    count(digits).map(Self::LeadsWindows)
                } else {
                    Err(Error::Usage(
                        "players are one of leads, leads:8, windows:N, leads*windows:N, FILE.npy".to_owned(),
                    ))
                }
            }
        }
    }
}

impl std::fmt::Display for Players {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Leads => f.write_str("leads"),
            Self::IndependentLeads => f.write_str("leads:8"),
            Self::Windows(n) => write!(f, "windows:{n}"),
            Self::LeadsWindows(n) => write!(f, "leads*windows:{n}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}
