//! What can be wrong with a pattern.

use thiserror::Error;

/// A pattern that cannot be, or two patterns that do not go together.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PatternError {
    /// The file or list holds no point.
    #[error("{source_name}: the pattern has no points")]
    Empty {
        /// File name, or what the list was.
        source_name: String,
    },
    /// An axis that does not ascend.
    #[error("the axis must ascend strictly, but x[{index}] = {value} does not")]
    NotAscending {
        /// Index of the first point that is not above its predecessor.
        index: usize,
        /// Its value.
        value: f64,
    },
    /// A value that is NaN or infinite.
    #[error("{what} holds a value that is not a finite number at index {index}")]
    NonFinite {
        /// Which list.
        what: &'static str,
        /// Index of the value.
        index: usize,
    },
    /// Intensities and axis differ in length.
    #[error("the axis has {expected} points, but {what} has {found}")]
    LengthMismatch {
        /// Which list.
        what: &'static str,
        /// Points of the axis.
        expected: usize,
        /// Points of the list.
        found: usize,
    },
    /// Two patterns on different axes.
    #[error("the patterns lie on different axes: {left} against {right}")]
    AxisMismatch {
        /// The first axis, in words.
        left: String,
        /// The second axis, in words.
        right: String,
    },
    /// A pattern does not cover the axis it is asked on.
    #[error("the pattern covers {have}, which does not include {want}")]
    OutsideRange {
        /// What the pattern covers.
        have: String,
        /// What was asked for.
        want: String,
    },
    /// A line of a file that is not numbers.
    #[error("{source_name}:{line}: expected {expected}, found `{found}`")]
    BadLine {
        /// File name.
        source_name: String,
        /// Line, from 1.
        line: usize,
        /// What was expected.
        expected: &'static str,
        /// The text found.
        found: String,
    },
    /// The text could not be read at all.
    #[error("{source_name}: cannot be read: {reason}")]
    Unreadable {
        /// File name.
        source_name: String,
        /// The system's reason.
        reason: String,
    },
    /// A name that is no known format or wavelength.
    #[error("unknown {what} `{name}`; known: {known}")]
    UnknownName {
        /// What was named.
        what: &'static str,
        /// The name as given.
        name: String,
        /// The choices.
        known: String,
    },
    /// A wavelength that is not positive.
    #[error("wavelength {value} Å is not a positive number")]
    Wavelength {
        /// As given, Å.
        value: f64,
    },
}
