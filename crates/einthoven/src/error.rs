//! Errors of the facade, and the exit codes they become.

use std::path::PathBuf;

/// What can go wrong between a record and its explanation. Messages complete the sentence "failed to …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A request that makes no sense: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// A record that cannot be read or used: exit code 3.
    #[error(transparent)]
    Ecg(#[from] einthoven_ecg::Error),
    /// A coalition, partition, design, game file or result that does not fit: exit code 3.
    #[error(transparent)]
    Game(#[from] einthoven_game::Error),
    /// An estimate that cannot be made: exit code 2.
    #[error(transparent)]
    Shapley(#[from] einthoven_shapley::Error),
    /// Interactions that cannot be estimated: exit code 2, or 3 where a file is the reason.
    #[error(transparent)]
    Interactions(#[from] einthoven_interactions::Error),
    /// A model that cannot be loaded or trained: exit code 4.
    #[error(transparent)]
    Model(#[from] einthoven_model::Error),
    /// A gradient method that cannot be run as it was asked: exit code 2, or 4 where the model fails.
    #[error(transparent)]
    Gradient(#[from] einthoven_gradient::Error),
    /// A device or a masked evaluation that failed: exit code 4.
    #[error(transparent)]
    Masking(#[from] einthoven_masking::Error),
    /// Labels, an explainer or data values that cannot be made: exit code 2, 3 where a file is the reason, 4 where the model is.
    #[error(transparent)]
    Amortize(#[from] einthoven_amortize::Error),
    /// A file or folder that cannot be read or written: exit code 3.
    #[error("{action} {}: {reason}", path.display())]
    File {
        /// "read" or "write".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Some records of several failed, the others are done: exit code 3.
    #[error("{action} {failed} of {records} records; the others are done")]
    SomeRecords {
        /// "predict", "explain" or "search".
        action: &'static str,
        /// How many failed.
        failed: usize,
        /// How many there were.
        records: usize,
    },
    /// The user stopped the program: exit code 130.
    #[error("finish: interrupted")]
    Interrupted,
    /// An evaluation was told to stop: exit code 130.
    #[error("finish: interrupted after {done} of {total} coalitions{}", .kept.map_or_else(String::new, resume))]
    BrokenOff {
        /// Coalitions that were evaluated.
        done: usize,
        /// Coalitions that were to be evaluated, or at most.
        total: usize,
        /// How many of them are kept in the folder, if there is one.
        kept: Option<usize>,
    },
}

/// What can be taken up again.
fn resume(kept: usize) -> String {
    match kept {
        0 => "; none is kept yet".to_owned(),
        kept => format!("; {kept} of them are kept, --resume goes on from there"),
    }
}

/// Result of the facade.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The exit code of the program: 2 usage, 3 input, 4 model or device, 130 interrupted.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Amortize(error) => amortize_code(error),
            Self::Interactions(einthoven_interactions::Error::Game(einthoven_game::Error::File { .. })) => 3,
            Self::Gradient(einthoven_gradient::Error::Request(_))
            | Self::Usage(_)
            | Self::Shapley(_)
            | Self::Interactions(_)
            | Self::Model(einthoven_model::Error::Setting { .. }) => 2,
            Self::Model(einthoven_model::Error::Ecg(_) | einthoven_model::Error::Data(_)) => 3,
            Self::Ecg(_) | Self::Game(_) | Self::File { .. } | Self::SomeRecords { .. } => 3,
            Self::BrokenOff { .. }
            | Self::Interrupted
            | Self::Gradient(einthoven_gradient::Error::Interrupted { .. }) => 130,
            Self::Model(_) | Self::Masking(_) | Self::Gradient(_) => 4,
        }
    }
}

fn amortize_code(error: &einthoven_amortize::Error) -> u8 {
    use einthoven_amortize::Error::{File, Game, Gradient, Interrupted, Masking, Model, Stale};
    match error {
        File { .. } | Game(_) => 3,
        Interrupted { .. } | Masking(einthoven_masking::Error::Interrupted { .. }) => 130,
        Stale { .. } | Masking(_) | Model(_) | Gradient(_) => 4,
        _ => 2,
    }
}
