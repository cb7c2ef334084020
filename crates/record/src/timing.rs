//! Wall times, kept apart from the records because no two runs agree on them.

use crate::table::{Cell, Column, Kind, Table};
use crate::{PartFault, RecordError, atomic, table};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Name of the format in the metadata of the file.
const FORMAT: &str = "timings-1";

/// How long one task took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Place of the task in the study.
    pub task_index: u64,
    /// Wall time, seconds.
    pub wall_seconds: f64,
}

/// The file of timings in the folder of a study: `DIR/timings.parquet`.
pub fn timings_path(dir: &Path) -> PathBuf {
    dir.join("timings.parquet")
}

/// Writes the wall times of a study, in order of task index, and returns the path. Whole or not at all.
///
/// # Errors
/// [`RecordError::NonFinite`], [`RecordError::CountTooLarge`] or [`RecordError::Io`].
pub fn write_timings(dir: &Path, timings: &[Timing]) -> Result<PathBuf, RecordError> {
    let mut sorted: Vec<&Timing> = timings.iter().collect();
    sorted.sort_by_key(|t| t.task_index);
    for &&Timing { task_index, wall_seconds: value } in &sorted {
        if !value.is_finite() {
            let field = "wall_seconds".to_owned();
            return Err(RecordError::NonFinite { task_index, field, value });
        }
        if i64::try_from(task_index).is_err() {
            let field = "task_index".to_owned();
            return Err(RecordError::CountTooLarge { task_index, field, value: task_index });
        }
    }
    let column =
        |name: &str, kind, cells| Column { name: name.to_owned(), kind, required: true, cells };
    let index = sorted.iter().map(|t| Cell::Count(Some(t.task_index))).collect();
    let seconds = sorted.iter().map(|t| Cell::Float(Some(t.wall_seconds))).collect();
    let table = Table {
        n_rows: sorted.len(),
        columns: vec![
            column("task_index", Kind::Count, index),
            column("wall_seconds", Kind::Float, seconds),
        ],
    };
    let path = timings_path(dir);
    atomic::write(&path, &table::encode(&table, FORMAT)?)?;
    Ok(path)
}

/// Reads the wall times of a study.
///
/// # Errors
/// [`RecordError::Io`] or [`RecordError::BadPart`], naming the file.
pub fn read_timings(dir: &Path) -> Result<Vec<Timing>, RecordError> {
    let path = timings_path(dir);
    let bytes = fs::read(&path).map_err(RecordError::io("read", &path))?;
    table::decode(bytes, FORMAT)
        .and_then(|table| from_table(&table))
        .map_err(|fault| RecordError::BadPart { path, fault: Box::new(fault) })
}

fn from_table(table: &Table) -> Result<Vec<Timing>, PartFault> {
    let find = |name: &'static str| {
        let column = table.columns.iter().find(|c| c.name == name);
        column.ok_or(PartFault::MissingColumn { name })
    };
    let (index, seconds) = (find("task_index")?, find("wall_seconds")?);
    let rows = index.cells.iter().zip(&seconds.cells).enumerate();
    rows.map(|(row, cells)| match cells {
        (Cell::Count(Some(task_index)), Cell::Float(Some(wall_seconds))) => {
            Ok(Timing { task_index: *task_index, wall_seconds: *wall_seconds })
        }
        _ => Err(PartFault::BadCell {
            row,
            column: "wall_seconds".to_owned(),
            expected: "a task and its seconds",
        }),
    })
    .collect()
}
