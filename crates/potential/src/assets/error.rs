//! What can go wrong with model weights.

use crate::ChgnetError;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// Weights that cannot be found, installed or read.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum AssetError {
    /// No weights of this name.
    #[error("unknown model `{name}`; known: {known}")]
    Unknown {
        /// As given.
        name: String,
        /// The choices.
        known: String,
    },
    /// Weights that are not installed.
    #[error("the weights of {name} are not in {}; `{command}` installs them", path.display())]
    Missing {
        /// The model.
        name: &'static str,
        /// The file that is not there.
        path: PathBuf,
        /// The command that installs them.
        command: String,
    },
    /// A file with other contents than it should have.
    #[error("{what} has SHA-256 {found}, expected {expected}")]
    Hash {
        /// Which file.
        what: String,
        /// Hash found.
        found: String,
        /// Hash expected.
        expected: &'static str,
    },
    /// The home folder is not known.
    #[error("the user's data folder cannot be found; set BRAGGSCAPE_DATA to one")]
    NoHome,
    /// A file that cannot be read or written.
    #[error("{} cannot be {action}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// "read" or "written".
        action: &'static str,
        /// Why.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// A package that does not hold what it should.
    #[error("the package cannot be unpacked at `{member}`")]
    Package {
        /// Member of the archive.
        member: String,
        /// Why.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// Weights that are none of the network.
    #[error("the weights of {name} cannot be used")]
    Weights {
        /// The model.
        name: &'static str,
        /// Why.
        #[source]
        source: ChgnetError,
    },
    /// A download that failed.
    #[error("{url} cannot be downloaded")]
    Download {
        /// The address.
        url: String,
        /// Why.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}
