//! What can go wrong in a study.

use braggscape_landscape::LandscapeError;
use braggscape_optim::with_causes;
use braggscape_record::RecordError;
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

/// One problem of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the file, from 1, where it is known.
    pub line: Option<usize>,
    /// Key of the table, such as `arm[1].loss`.
    pub key: String,
    /// What is wrong and what was expected.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "{line}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// A study that cannot be run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The configuration has problems.
    #[error("{}", list(source_name, problems))]
    Config {
        /// File name.
        source_name: String,
        /// All of them, in the order of the file.
        problems: Vec<Problem>,
    },
    /// The folder holds something else.
    #[error(
        "{}: holds {what}; choose another --out, nothing was changed",
        path.display()
    )]
    OtherStudy {
        /// The folder.
        path: PathBuf,
        /// What it holds.
        what: String,
    },
    /// The folder cannot be made, read or written.
    #[error("{}: no study can be kept here: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: Box<StudyError>,
    },
    /// A file cannot be read or written.
    #[error("{}: cannot be {action}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// "read", "written" and so on.
        action: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// Records could not be kept.
    #[error("{}", with_causes(source))]
    Record {
        /// The record crate's error.
        #[from]
        source: RecordError,
    },
    /// A landscape could not be evaluated.
    #[error("{}", with_causes(source))]
    Landscape {
        /// The landscape crate's error.
        #[from]
        source: LandscapeError,
    },
    /// The records hold nothing that a figure could show.
    #[error("figure `{title}`: {reason}")]
    NothingToShow {
        /// Title of the figure.
        title: String,
        /// What was looked for.
        reason: String,
    },
    /// A shard that does not exist.
    #[error("shard {index}/{count} does not exist, expected I/N with 1 <= I <= N")]
    Shard {
        /// I as given.
        index: u64,
        /// N as given.
        count: u64,
    },
}

impl StudyError {
    /// A configuration with problems, put in the order of the file.
    pub(crate) fn config(source_name: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|p| p.line.unwrap_or(usize::MAX));
        Self::Config { source_name: source_name.to_owned(), problems }
    }

    /// Whether the input is at fault, and not the work.
    pub fn is_bad_input(&self) -> bool {
        matches!(
            self,
            Self::Config { .. }
                | Self::OtherStudy { .. }
                | Self::Folder { .. }
                | Self::Shard { .. }
                | Self::Record {
                    source: RecordError::OtherStudy { .. }
                        | RecordError::NotAJournal { .. }
                        | RecordError::JournalInUse { .. }
                }
        )
    }

    pub(crate) fn io(
        path: &std::path::Path,
        action: &'static str,
    ) -> impl Fn(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_path_buf(), action, source }
    }
}

fn list(source_name: &str, problems: &[Problem]) -> String {
    let line = |p: &Problem| {
        let space = if p.line.is_some() { "" } else { " " };
        format!("{source_name}:{space}{p}")
    };
    let lines: Vec<_> = problems.iter().map(line).collect();
    lines.join("\n")
}
