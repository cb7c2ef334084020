//! What can be wrong with a named component.

use braggscape_optim::with_causes;
use thiserror::Error;

/// A component that cannot be registered or built.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum PluginError {
    /// No component of this name.
    #[error("unknown {seam} `{name}`; known: {known}")]
    UnknownKind {
        /// The seam.
        seam: &'static str,
        /// The name as given.
        name: String,
        /// The choices.
        known: String,
    },
    /// A table without `kind`.
    #[error("{seam}: `kind` is missing; known: {known}")]
    MissingKind {
        /// The seam.
        seam: &'static str,
        /// The choices.
        known: String,
    },
    /// A component given as neither a name nor a table.
    #[error("{seam}: expected a name or a table with `kind`, found {found}")]
    NotAComponent {
        /// The seam.
        seam: &'static str,
        /// What was found.
        found: &'static str,
    },
    /// An option that does not exist.
    #[error("unknown option `{key}` of {seam} `{name}`; {known}")]
    UnknownOption {
        /// The seam.
        seam: &'static str,
        /// The component.
        name: String,
        /// The option as given.
        key: String,
        /// The choices.
        known: String,
    },
    /// Options that do not parse.
    #[error("{reason}")]
    BadOptions {
        /// What the parser says.
        reason: String,
    },
    /// Options that parse but do not build.
    #[error("{seam} `{name}`: {reason}")]
    Rejected {
        /// The seam.
        seam: &'static str,
        /// The component.
        name: String,
        /// The component's own reason.
        reason: String,
    },
    /// A name that an outside component may not have.
    #[error("outside {seam} `{name}` must have a dot in its name, such as `acme.{name}`")]
    UndottedName {
        /// The seam.
        seam: &'static str,
        /// The name.
        name: String,
    },
    /// A name registered twice.
    #[error("{seam} `{name}` is registered twice")]
    DuplicateName {
        /// The seam.
        seam: &'static str,
        /// The name.
        name: String,
    },
}

impl PluginError {
    /// The reason of a component's own error, with its causes.
    pub fn rejected(e: &dyn std::error::Error) -> Self {
        let reason = with_causes(e);
        Self::BadOptions { reason }
    }
}
