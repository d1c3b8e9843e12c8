//! Which of several devices of a kind.

use std::fmt;
use std::str::FromStr;

use super::DeviceChoice;
use crate::{Error, Result};

/// A device as `--device` names it: `wgpu`, or `wgpu:1` for the second adapter that `einthoven devices` lists under that
/// name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DeviceName {
    /// The kind of device.
    pub choice: DeviceChoice,
    /// Which one of them, from 0; the best where none is given.
    pub index: Option<usize>,
}

impl From<DeviceChoice> for DeviceName {
    fn from(choice: DeviceChoice) -> Self {
        Self { choice, index: None }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) => f.pad(&format!("{}:{index}", self.choice)),
            None => self.choice.fmt(f),
        }
    }
}

impl FromStr for DeviceName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some((choice, index)) = text.split_once(':') else { return Ok(text.parse::<DeviceChoice>()?.into()) };
        let choice = choice.parse()?;
        let refuse = |reason: &str| Error::Device { choice: format!("{text:?}"), reason: reason.to_owned() };
        match index.parse() {
            _ if choice == DeviceChoice::Auto => Err(refuse("auto takes no number")),
            Ok(index) => Ok(Self { choice, index: Some(index) }),
            Err(_) => Err(refuse("expected a number after the colon, such as wgpu:0")),
        }
    }
}
