//! What can be wrong with a synthetic heart.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::labels::Superclass;

/// One finding that the generator can give a heart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Anterior infarction: Q waves, ST elevation or their remains in V1–V4.
    AnteriorMi,
    /// Inferior infarction: the same in II, III, aVF, with reciprocal changes in I and aVL.
    InferiorMi,
    /// Lateral infarction: the same in I, aVL, V5, V6.
    LateralMi,
    /// ST depression of at least 0.05 mV in two contiguous leads.
    StDepression,
    /// T waves of at least -0.1 mV in two contiguous leads.
    TInversion,
    /// Left bundle branch block.
    Lbbb,
    /// Right bundle branch block.
    Rbbb,
    /// Left ventricular hypertrophy by voltage, with strain in the lateral leads.
    LvhStrain,
    /// PR interval above 200 ms.
    FirstDegreeAvBlock,
    /// No P wave, fibrillation waves, irregular beats. Carries no superclass.
    AtrialFibrillation,
    /// Wide premature beats, each with a compensatory pause. Carries no superclass.
    PrematureVentricularBeats,
    /// QRS below 0.5 mV in all limb leads and below 1 mV in V1–V6. Carries no superclass.
    LowVoltage,
    /// Incomplete right bundle branch block: rSr' in V1 with QRS below 120 ms.
    IncompleteRbbb,
    /// Left anterior fascicular block: left axis deviation with rS in II, III and aVF.
    LeftAnteriorBlock,
    /// Left atrial enlargement: a long P wave with a deep late part in V1. PTB-XL counts it as hypertrophy.
    LeftAtrialEnlargement,
    /// T waves that are flat, but not inverted, in two contiguous leads with a clear R wave.
    FlatT,
    /// Left ventricular hypertrophy by voltage alone, without strain.
    LvhVoltage,
}

use Finding::{
    AnteriorMi, AtrialFibrillation, FirstDegreeAvBlock, FlatT, IncompleteRbbb, InferiorMi, LateralMi, Lbbb,
    LeftAnteriorBlock, LeftAtrialEnlargement, LowVoltage, LvhStrain, LvhVoltage, PrematureVentricularBeats, Rbbb,
    StDepression, TInversion,
};

impl Finding {
    /// All findings.
    pub const ALL: [Self; 17] = [
        AnteriorMi,
        InferiorMi,
        LateralMi,
        StDepression,
        TInversion,
        Lbbb,
        Rbbb,
        LvhStrain,
        FirstDegreeAvBlock,
        AtrialFibrillation,
        PrematureVentricularBeats,
        LowVoltage,
        IncompleteRbbb,
        LeftAnteriorBlock,
        LeftAtrialEnlargement,
        FlatT,
        LvhVoltage,
    ];

    /// The superclass that the finding is counted under; none for those that are not normal without belonging to one.
    pub fn superclass(self) -> Option<Superclass> {
        match self {
            AnteriorMi | InferiorMi | LateralMi => Some(Superclass::Mi),
            StDepression | TInversion | FlatT => Some(Superclass::Sttc),
            Lbbb | Rbbb | FirstDegreeAvBlock | IncompleteRbbb | LeftAnteriorBlock => Some(Superclass::Cd),
            LvhStrain | LvhVoltage | LeftAtrialEnlargement => Some(Superclass::Hyp),
            AtrialFibrillation | PrematureVentricularBeats | LowVoltage => None,
        }
    }

    /// The name in kebab-case, as the command line and the configuration write it.
    pub fn name(self) -> &'static str {
        match self {
            AnteriorMi => "anterior-mi",
            InferiorMi => "inferior-mi",
            LateralMi => "lateral-mi",
            StDepression => "st-depression",
            TInversion => "t-inversion",
            Lbbb => "lbbb",
            Rbbb => "rbbb",
            LvhStrain => "lvh-strain",
            FirstDegreeAvBlock => "first-degree-av-block",
            AtrialFibrillation => "atrial-fibrillation",
            PrematureVentricularBeats => "premature-ventricular-beats",
            LowVoltage => "low-voltage",
            IncompleteRbbb => "incomplete-rbbb",
            LeftAnteriorBlock => "left-anterior-block",
            LeftAtrialEnlargement => "left-atrial-enlargement",
            FlatT => "flat-t",
            LvhVoltage => "lvh-voltage",
        }
    }

    /// Whether one heart can show both findings so that each still meets its definition.
    pub fn goes_with(self, other: Self) -> bool {
        !self.hides(other) && !other.hides(self)
    }

    fn hides(self, other: Self) -> bool {
        match self {
            // The one changes all of QRS, ST and T, in the other nothing is large enough to be read.
            Lbbb => !other.is_rhythm() && other != LeftAtrialEnlargement,
            LowVoltage => !other.is_rhythm(),
            // The leads of an infarction would contradict these.
            AnteriorMi => matches!(other, FlatT | IncompleteRbbb),
            InferiorMi | LateralMi => matches!(other, FlatT | IncompleteRbbb | LeftAnteriorBlock),
            LvhStrain => matches!(other, StDepression | TInversion | FlatT | LateralMi | LvhVoltage),
            AtrialFibrillation => matches!(other, FirstDegreeAvBlock | LeftAtrialEnlargement),
            Rbbb => matches!(other, IncompleteRbbb | LeftAnteriorBlock),
            FlatT => matches!(other, StDepression | TInversion),
            _ => false,
        }
    }

    /// Findings of low rank are applied to a heart first: those that replace whole waves before those that add to them.
    pub(super) fn rank(self) -> u8 {
        match self {
            Lbbb | Rbbb | IncompleteRbbb | LeftAnteriorBlock => 0,
            LvhStrain | LvhVoltage => 1,
            LowVoltage => 3,
            // P must be there to be delayed, and its removal comes last.
            AtrialFibrillation => 4,
            _ => 2,
        }
    }

    /// Whether the finding is about when beats come, and so combines with any shape of them.
    fn is_rhythm(self) -> bool {
        matches!(self, FirstDegreeAvBlock | AtrialFibrillation | PrematureVentricularBeats)
    }
}

/// The superclasses of a heart with these findings, in the order of [`Superclass::ALL`].
///
/// Each finding brings its own; strain is a change of ST and T, so hypertrophy with strain counts as STTC too, as
/// PTB-XL's readers report it. A heart without findings is normal.
pub fn superclasses(findings: &[Finding]) -> [bool; 5] {
    let mut classes = [false; 5];
    classes[Superclass::Norm as usize] = findings.is_empty();
    for finding in findings {
        if let Some(class) = finding.superclass() {
            classes[class as usize] = true;
        }
        if *finding == LvhStrain {
            classes[Superclass::Sttc as usize] = true;
        }
    }
    classes
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Finding {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|finding| finding.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|finding| finding.name()).collect();
            Error::Request(format!("find a finding called {name}: there are {}", names.join(", ")))
        })
    }
}
