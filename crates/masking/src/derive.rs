//! Leads that are computed from others after masking.
//!
//! Einthoven's and Goldberger's equations tie six limb leads to two: III = II - I, aVR = -(I + II) / 2,
//! aVL = I - II / 2, aVF = II - I / 2. A mask that hides one of the six and shows the rest asks the model about a
//! heart that cannot be, and spreads the credit of one source over six players. With [`Derive::Limb`] the players own
//! I, II and V1 to V6, and the other four leads follow from the masked I and II.

use burn::tensor::{Tensor, s};
use einthoven_game::{NEVER_MASKED, Partition};

use crate::{Error, Result};

/// Which leads are computed from others after masking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Derive {
    /// None: every lead is masked as its owner says.
    #[default]
    Nothing,
    /// III, aVR, aVL and aVF from I and II, as `--players leads:8` wants.
    Limb,
}

/// Positions of the six limb leads among the rows of the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LimbLeads {
    one: usize,
    two: usize,
    /// III, aVR, aVL, aVF.
    derived: [usize; 4],
}

/// How much of I and II goes into III, aVR, aVL and aVF.
const WEIGHTS: [(f32, f32); 4] = [(-1.0, 1.0), (-0.5, -0.5), (1.0, -0.5), (-0.5, 1.0)];
const DERIVED: [&str; 4] = ["III", "aVR", "aVL", "aVF"];

impl LimbLeads {
    /// Finds the limb leads by name. Fails if one is missing, or if a player owns a lead that is derived: such a
    /// player could never change anything.
    pub(crate) fn find(leads: &[String], partition: &Partition) -> Result<Self> {
        let position = |name: &str| {
            leads.iter().position(|lead| lead == name).ok_or_else(|| Error::Mismatch {
                what: "with derived limb leads",
                expected: format!("a lead named {name}"),
                found: leads.join(", "),
            })
        };
        let mut derived = [0; 4];
        for (slot, name) in derived.iter_mut().zip(DERIVED) {
            *slot = position(name)?;
            let cells = &partition.owner()[*slot * partition.n_samples()..(*slot + 1) * partition.n_samples()];
            if let Some(&player) = cells.iter().find(|&&owner| owner != NEVER_MASKED) {
                return Err(Error::Mismatch {
                    what: "with derived limb leads",
                    expected: format!("lead {name} owned by no player, since it follows from I and II"),
                    found: format!("player {player}"),
                });
            }
        }
        Ok(Self { one: position("I")?, two: position("II")?, derived })
    }

    /// Computes the derived leads of a masked batch `[rows, leads, samples]` in place.
    pub(crate) fn apply(&self, mut batch: Tensor<3>) -> Tensor<3> {
        let one = batch.clone().slice(s![.., self.one..=self.one, ..]);
        let two = batch.clone().slice(s![.., self.two..=self.two, ..]);
        for (&lead, (of_one, of_two)) in self.derived.iter().zip(WEIGHTS) {
            let derived = one.clone().mul_scalar(of_one) + two.clone().mul_scalar(of_two);
            batch = batch.slice_assign(s![.., lead..=lead, ..], derived);
        }
        batch
    }

    /// Computes the derived leads of one masked row `[leads, samples]` in place, as [`apply`](Self::apply) does.
    pub(crate) fn apply_to_row(&self, row: &mut [f32], samples: usize) {
        for (&lead, (of_one, of_two)) in self.derived.iter().zip(WEIGHTS) {
            for sample in 0..samples {
                let (one, two) = (row[self.one * samples + sample], row[self.two * samples + sample]);
                row[lead * samples + sample] = one * of_one + two * of_two;
            }
        }
    }
}
