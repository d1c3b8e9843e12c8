//! A synthetic heart with a known ground truth.
//!
//! Real recordings come with a diagnosis, but not with the samples that made it. Here a heart is drawn, a record is made
//! of it, and then a second record of the same heart in the same recording without the finding: what distinguishes the
//! twins is the truth that an explanation should find.
//!
//! The heart is a dipole that moves through three dimensions, a sum of Gaussian waves (Sameni et al. 2007; McSharry et
//! al. 2003). Dower's matrix takes it to nine electrodes, where every patient has other gains and positions and where
//! the noise arises, and the twelve leads follow from those; so Einthoven's law holds. A finding edits the waves
//! ([`Finding`]) and is made stronger until its clinical definition holds on the leads. A single dipole would make all
//! leads functions of three; sources near the chest wall add a little of their own, yet the leads remain more redundant
//! than those of a real heart.

mod dataset;
mod definition;
mod edit;
mod fibrillation;
mod field;
mod finding;
mod heart;
mod measure;
mod noise;
mod rhythm;
mod save;
mod vector;
mod wave;

pub use dataset::{DatasetConfig, Drawn, MASK_SHARE};
pub use finding::{Finding, superclasses};
pub use noise::NoiseConfig;
pub use save::save;
