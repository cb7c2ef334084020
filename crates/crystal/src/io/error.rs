//! What can be wrong with a structure file.

use crate::CrystalError;
use std::fmt;
use thiserror::Error;

/// A structure that could not be read: where, and why.
///
/// Shown as `file.cif:12: what was expected`.
#[derive(Debug, Error)]
#[non_exhaustive]
pub struct ReadError {
    /// Name of the source as given by the caller, mostly a path.
    pub source_name: String,
    /// Line in the source, from 1, where the fault belongs to one.
    pub line: Option<u64>,
    /// What is wrong.
    pub problem: Box<Problem>,
}

impl ReadError {
    /// A problem at a line of a source.
    pub fn new(source_name: impl Into<String>, line: Option<u64>, problem: Problem) -> Self {
        Self { source_name: source_name.into(), line, problem: Box::new(problem) }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.source_name, self.problem),
            None => write!(f, "{}: {}", self.source_name, self.problem),
        }
    }
}

/// What is wrong with a structure file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The source cannot be read.
    #[error("cannot be read: {0}")]
    Io(std::io::Error),
    /// The name tells no format.
    #[error(
        "the name tells no structure format; expected .cif, POSCAR, CONTCAR, .vasp, .poscar, .json, .jsonl or .csv"
    )]
    UnknownFormat,
    /// Nothing but white space.
    #[error("empty; expected {expected}")]
    Empty {
        /// What a source of this format holds.
        expected: &'static str,
    },
    /// The source ends too early.
    #[error("the file ends within {within}; it may be truncated")]
    Truncated {
        /// What was begun.
        within: String,
    },
    /// A quoted string without its end.
    #[error("quoted value without its closing {quote}")]
    UnterminatedQuote {
        /// The quotation mark.
        quote: char,
    },
    /// A CIF loop whose last row is incomplete.
    #[error(
        "loop of {columns} columns has {values} values: the last row is incomplete, or the file truncated"
    )]
    PartialLoopRow {
        /// Number of columns.
        columns: usize,
        /// Number of values.
        values: usize,
    },
    /// No data block holds a crystal.
    #[error("no data block with {missing}")]
    NoStructure {
        /// What was not found.
        missing: &'static str,
    },
    /// A value that is needed is not there.
    #[error("{name} is missing")]
    Missing {
        /// Name of the tag, key or field.
        name: String,
    },
    /// A value of the wrong form.
    #[error("{name} is {found}, expected {expected}")]
    Expected {
        /// Name of the tag, key or field.
        name: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// A coordinate or lattice entry that is NaN or infinite.
    #[error("{name} is {found}, which is not a finite number")]
    NonFinite {
        /// Name of the value, with the site.
        name: String,
        /// What stands there.
        found: String,
    },
    /// No element has this symbol.
    #[error("site {site} has the unknown element `{symbol}`")]
    UnknownElement {
        /// Label or index of the site.
        site: String,
        /// The symbol as given.
        symbol: String,
    },
    /// An operation that is none.
    #[error(transparent)]
    Operation(crate::symmetry::OperationSyntax),
    /// Neither operations nor a space group that is known.
    #[error("no symmetry operations are listed, and {0}")]
    SpaceGroup(crate::symmetry::UnknownSpaceGroup),
    /// An occupancy outside (0, 1].
    #[error("site {site} has occupancy {occupancy}, expected a value in (0, 1]")]
    Occupancy {
        /// Label or index of the site.
        site: String,
        /// The occupancy as given.
        occupancy: f64,
    },
    /// Atoms closer than any atoms are.
    #[error(
        "sites {first} and {second} overlap: {distance:.3} Å apart, with occupancies that sum to {occupancy}; expected at least {minimum} Å, or a sum of at most 1"
    )]
    Overlap {
        /// Label or index of the first site.
        first: String,
        /// Label or index of the second site.
        second: String,
        /// Their distance, Å.
        distance: f64,
        /// Sum of occupancies at this position.
        occupancy: f64,
        /// Smallest accepted distance, Å.
        minimum: f64,
    },
    /// A cell or site that cannot be.
    #[error(transparent)]
    Crystal(CrystalError),
    /// Text that is not JSON.
    #[error("not JSON: {0}")]
    Json(String),
    /// Text that is not comma-separated values.
    #[error("not CSV: {0}")]
    Csv(csv::Error),
    /// A POSCAR of VASP 4 that does not name its elements.
    #[error(
        "line 6 holds counts but no line names the elements (VASP 4 layout); add a line of symbols before the counts"
    )]
    PoscarSymbols,
    /// One structure was asked for, and there are more.
    #[error("holds more than one structure; expected one")]
    SeveralStructures,
}

impl Problem {
    /// This problem at a line of a source.
    pub(super) fn at(self, source_name: &str, line: Option<u64>) -> ReadError {
        ReadError::new(source_name, line, self)
    }
}

/// A structure that a format cannot hold.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// POSCAR has no place for partial occupancies.
    #[error(
        "site {site_idx} ({element}) has occupancy {occupancy}, which a POSCAR cannot hold; write CIF or JSON"
    )]
    PartialOccupancy {
        /// Index of the site, from 0.
        site_idx: usize,
        /// Element symbol.
        element: &'static str,
        /// Its occupancy.
        occupancy: f64,
    },
    /// No symmetry was found to write.
    #[error(transparent)]
    Symmetry(#[from] crate::symmetry::SymmetryError),
}
