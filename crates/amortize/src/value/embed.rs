//! Where a network's last linear layer looks: the space in which its classes are linear.

use einthoven_model::Network;
use einthoven_model::network::Op;

use crate::{Error, Result};

/// The network without its last layer, so that its outputs are the features that this layer reads.
///
/// # Errors
/// If the last layer is not linear.
pub fn penultimate(network: &Network) -> Result<Network> {
    match network.layers() {
        [rest @ .., last] if matches!(last.op, Op::Linear(_)) && last.input > 0 => {
            Ok(Network::new(network.shape(0), rest[..last.input].to_vec())?)
        }
        _ => Err(Error::Request("embed records: the model's last layer is not a linear one".to_owned())),
    }
}
