//! What can be wrong with records and their files.

use braggscape_crystal::CrystalError;
use std::{io, path::PathBuf};
use thiserror::Error;

/// A record that cannot be kept, or a file of records that cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The operating system refused a file operation.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, such as "write".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// A number that is NaN or infinite. Records hold finite numbers or nothing.
    #[error("task {task_index}: {field} is {value}, expected a finite number")]
    NonFinite {
        /// Index of the task.
        task_index: u64,
        /// Name of the column.
        field: String,
        /// The value.
        value: f64,
    },
    /// A count beyond the largest signed 64-bit integer, which Parquet columns of counts hold.
    #[error("task {task_index}: {field} is {value}, above the largest count 9223372036854775807")]
    CountTooLarge {
        /// Index of the task.
        task_index: u64,
        /// Name of the column.
        field: String,
        /// The value.
        value: u64,
    },
    /// A record carries a value of a loss or metric that the schema does not name.
    #[error("task {task_index}: column {field} is not among the losses and metrics of the schema")]
    UndeclaredColumn {
        /// Index of the task.
        task_index: u64,
        /// Name of the column that the value would have.
        field: String,
    },
    /// A schema names a loss or a metric twice.
    #[error("`{name}` is named twice in the schema of the records")]
    DuplicateColumn {
        /// The name.
        name: String,
    },
    /// A record whose task index lies outside the range of its part.
    #[error("task {task_index} does not belong to part {part_idx} (tasks {first} to {last})")]
    OutsidePart {
        /// Index of the task.
        task_index: u64,
        /// Number of the part.
        part_idx: u64,
        /// First index of the part.
        first: u64,
        /// Last index of the part.
        last: u64,
    },
    /// Records that are not in ascending order of task index, each task once.
    #[error("task {task_index} follows task {previous}, expected ascending task indices")]
    OutOfOrder {
        /// Index of the task.
        task_index: u64,
        /// Index of the task before it.
        previous: u64,
    },
    /// Columns of one table with different lengths.
    #[error("column `{column}` has {found} rows, expected {expected}")]
    ColumnLengths {
        /// The column.
        column: String,
        /// Its rows.
        found: usize,
        /// Rows of the first column.
        expected: usize,
    },
    /// A Parquet file that is damaged or not ours.
    #[error("{}: {fault}", path.display())]
    BadPart {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        fault: Box<PartFault>,
    },
    /// Parts of one folder with different columns.
    #[error("{}: holds losses [{}], the parts before it [{}]", path.display(), found.join(", "), expected.join(", "))]
    MixedSchemas {
        /// The first part that differs.
        path: PathBuf,
        /// Its losses.
        found: Vec<String>,
        /// The losses of the parts before it.
        expected: Vec<String>,
    },
    /// Another process writes to the journal.
    #[error("{}: the journal is in use by another process", path.display())]
    JournalInUse {
        /// The journal.
        path: PathBuf,
    },
    /// The journal belongs to another study.
    #[error("{}: the journal belongs to configuration {found}, expected {expected}", path.display())]
    OtherStudy {
        /// The journal.
        path: PathBuf,
        /// Hash of the configuration that wrote it.
        found: String,
        /// Hash of the configuration that opens it.
        expected: String,
    },
    /// The first line of the file is not the header of a journal.
    #[error("{}: line 1 is not the header of a journal of version {version}", path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
        /// The version of the format that this program writes.
        version: u32,
    },
    /// An earlier append failed half-way and could not be undone.
    #[error("{}: an earlier append failed, the journal takes no more records", path.display())]
    JournalBroken {
        /// The journal.
        path: PathBuf,
    },
    /// A structure whose lists have different lengths.
    #[error(
        "structure lists {numbers} atomic numbers, {frac_coords} coordinates and {occupancies} occupancies, expected equal counts"
    )]
    SiteCounts {
        /// Number of atomic numbers.
        numbers: usize,
        /// Number of coordinate triples.
        frac_coords: usize,
        /// Number of occupancies.
        occupancies: usize,
    },
    /// A structure that is no crystal.
    #[error(transparent)]
    Crystal(#[from] CrystalError),
    /// A value could not be written as Parquet or JSON.
    #[error("cannot encode {what}")]
    Encode {
        /// What was being written.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl RecordError {
    /// Turns an operating-system error into [`RecordError::Io`] that names the file.
    pub(crate) fn io(
        action: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// An encoding failure.
    pub(crate) fn encode<E: std::error::Error + Send + Sync + 'static>(
        what: &'static str,
    ) -> impl FnOnce(E) -> Self {
        move |source| Self::Encode { what, source: Box::new(source) }
    }
}

/// What is wrong with a Parquet file of records or timings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PartFault {
    /// The file carries no checksum of ours: it is empty, cut short, or another program wrote it.
    #[error("the file is cut short or was not written by braggscape")]
    NoChecksum,
    /// The file is damaged.
    #[error("the file is damaged: checksum {found:08x}, expected {expected:08x}")]
    Checksum {
        /// Checksum of the bytes read.
        found: u32,
        /// Checksum written in the file.
        expected: u32,
    },
    /// The Parquet reader refused the file.
    #[error("the file is not readable Parquet")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Another version of the format.
    #[error("the file has format `{found}`, expected `{expected}`")]
    Format {
        /// The format named in the file.
        found: String,
        /// The format this program reads.
        expected: &'static str,
    },
    /// A column that this program does not know.
    #[error("unknown column `{name}`; a newer program may have written the file")]
    UnknownColumn {
        /// The column.
        name: String,
    },
    /// A column that every file must have is missing.
    #[error("column `{name}` is missing")]
    MissingColumn {
        /// The column.
        name: &'static str,
    },
    /// A cell that does not fit its column.
    #[error("row {row}: column `{column}` does not hold {expected}")]
    BadCell {
        /// Row, from 0.
        row: usize,
        /// The column.
        column: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The rows do not belong in a file of this name.
    #[error(transparent)]
    Rows(Box<RecordError>),
}
