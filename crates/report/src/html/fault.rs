//! What can be wrong with the folders of a report.

use super::image::FigureFault;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a folder cannot be reported, or not together with the others.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FolderFault {
    /// It is not there, or is a file.
    #[error("not a folder")]
    NotAFolder,
    /// It holds nothing that a report shows.
    #[error("holds no study, landscape or figures")]
    Nothing,
    /// It holds records whose study nobody knows.
    #[error("holds records without a manifest.json")]
    NoManifest,
    /// It holds a landscape that was stopped.
    #[error("holds a landscape that was not finished; `braggscape landscape` does it anew")]
    UnfinishedLandscape,
    /// The operating system refused to read it.
    #[error("cannot be read")]
    Io(#[from] io::Error),
    /// A file that should be text.
    #[error("is not UTF-8 text")]
    NotText,
    /// A JSON file that is damaged.
    #[error("is not JSON")]
    Json(#[from] serde_json::Error),
    /// A JSON file that holds something else.
    #[error("is no manifest or summary, expected an object")]
    NotAnObject,
    /// A JSON file without something that it must have.
    #[error("has no `{field}` that is {expected}")]
    Field {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A CSV file that is damaged.
    #[error("is not a table of comma-separated values")]
    Csv(#[from] csv::Error),
    /// A figure that is damaged.
    #[error(transparent)]
    Figure(#[from] FigureFault),
    /// A record of a task that the study does not have.
    #[error("holds a record of task {task_index} in a study of {n_tasks} tasks")]
    ForeignTask {
        /// Index of the task.
        task_index: u64,
        /// Number of tasks that the manifest names.
        n_tasks: u64,
    },
    /// The same study or landscape as another folder.
    #[error("holds the same as {}, which would count twice", other.display())]
    Twice {
        /// The other folder.
        other: PathBuf,
    },
    /// Computed by other kernels than another folder.
    #[error(
        "was computed by kernel `{kernel}`, {} by `{other_kernel}`; their numbers cannot be merged",
        other.display()
    )]
    MixedKernels {
        /// Kernel level of this folder.
        kernel: String,
        /// The other folder.
        other: PathBuf,
        /// Kernel level of the other folder.
        other_kernel: String,
    },
}
