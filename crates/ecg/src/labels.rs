//! The five diagnostic superclasses of PTB-XL.
//!
//! A record may belong to several of them, and to none: atrial fibrillation alone, for instance, is not normal, yet no
//! superclass holds it.

use serde::{Deserialize, Serialize};

/// Names of the superclasses, in the order of [`Superclass::ALL`].
pub const NAMES: [&str; 5] = ["NORM", "MI", "STTC", "CD", "HYP"];

/// A diagnostic superclass of PTB-XL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Superclass {
    /// Normal.
    Norm,
    /// Myocardial infarction.
    Mi,
    /// Changes of the ST segment or the T wave.
    Sttc,
    /// Conduction disturbance.
    Cd,
    /// Hypertrophy.
    Hyp,
}

impl Superclass {
    /// All superclasses, in the order of [`NAMES`].
    pub const ALL: [Self; 5] = [Self::Norm, Self::Mi, Self::Sttc, Self::Cd, Self::Hyp];

    /// The name as PTB-XL writes it.
    pub fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// The superclass of this name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name().eq_ignore_ascii_case(name))
    }
}
