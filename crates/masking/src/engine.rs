//! Which way rows are evaluated.

use std::fmt;
use std::str::FromStr;

/// Which way rows are evaluated. All give the same values: bit for bit on the CPU, within rounding elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Engine {
    /// Whichever a cost model says is faster.
    #[default]
    Auto,
    /// Every row through every layer.
    Plain,
    /// What rows have in common is computed once.
    Local,
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "plain" => Ok(Self::Plain),
            "local" => Ok(Self::Local),
            _ => Err("engines are auto, plain and local".to_owned()),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Plain => "plain",
            Self::Local => "local",
        })
    }
}
