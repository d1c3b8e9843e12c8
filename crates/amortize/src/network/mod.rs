//! The explainer network: what it sees of a record, and what it makes of it.
//!
//! It sees the explained model's last feature map, the signal lead by lead, what the model says with everything and with
//! nothing, and the model's gradients, summed over what each player owns: input x gradient, and integrated gradients from two
//! points. The gradients say most: values of a network near its linear part are gradients, and what is to be learned is
//! how far each can be trusted, and what they miss. The map is averaged over the time of each player, so that any partition
//! has the same network; players share its weights but for a vector and a last layer of their own.

mod config;
mod eye;
mod geometry;
mod net;

pub use config::NetworkConfig;
pub(crate) use eye::{Eye, GRADIENTS, Sight};
pub(crate) use geometry::Geometry;
pub(crate) use net::{Batch, Net, Pairs};
