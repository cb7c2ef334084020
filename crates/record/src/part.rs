//! Parts: the records of a fixed range of task indices, one Parquet file each.

use crate::{PartFault, Record, RecordError, Schema, atomic, columns, table};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Number of task indices in the range of a part, whatever the number of threads or shards.
pub const PART_LEN: u64 = 256;

/// Name of the format in the metadata of each part.
const FORMAT: &str = "records-1";

/// The part to which a task belongs.
pub fn part_of(task_index: u64) -> u64 {
    task_index / PART_LEN
}

/// The file of a part in the folder of a study: `DIR/records/part-00000.parquet`.
pub fn part_path(dir: &Path, part_idx: u64) -> PathBuf {
    dir.join("records").join(format!("part-{part_idx:05}.parquet"))
}

/// The parts in the folder of a study, as (number, file), in order.
///
/// Files of other names are passed over; a study without a `records` folder has no parts.
///
/// # Errors
/// [`RecordError::Io`] if the folder cannot be listed.
pub fn list_parts(dir: &Path) -> Result<Vec<(u64, PathBuf)>, RecordError> {
    let folder = dir.join("records");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(RecordError::io("list", &folder)(e)),
    };
    let mut parts = Vec::new();
    for entry in entries {
        let path = entry.map_err(RecordError::io("list", &folder))?.path();
        if let Some(part_idx) = part_number(&path) {
            parts.push((part_idx, path));
        }
    }
    parts.sort();
    Ok(parts)
}

/// The number in the name of a part; nothing for any other file.
fn part_number(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    let digits = name.strip_prefix("part-")?.strip_suffix(".parquet")?;
    let number = digits.parse().ok()?;
    // One name a part: `part-7.parquet` and `part-+0007.parquet` are none.
    (format!("{number:05}") == digits).then_some(number)
}

/// Writes one part into the folder of a study, replacing it if it is there, and returns its path.
///
/// The bytes depend on the schema and the records alone; the file appears whole or not at all ([`atomic::write`]).
/// `records` are in ascending order of task index, within the range `part_idx * PART_LEN ..` of [`PART_LEN`] indices;
/// gaps are allowed.
///
/// # Errors
/// [`RecordError::OutsidePart`], [`RecordError::OutOfOrder`], [`RecordError::UndeclaredColumn`], what [`Record::check`] finds,
/// or [`RecordError::Io`].
pub fn write_part(
    dir: &Path,
    part_idx: u64,
    schema: &Schema,
    records: &[Record],
) -> Result<PathBuf, RecordError> {
    check_rows(part_idx, records)?;
    let bytes = table::encode(&columns::to_table(schema, records)?, FORMAT)?;
    let path = part_path(dir, part_idx);
    atomic::write(&path, &bytes)?;
    Ok(path)
}

fn check_rows(part_idx: u64, records: &[Record]) -> Result<(), RecordError> {
    let first = part_idx.saturating_mul(PART_LEN);
    let last = first.saturating_add(PART_LEN - 1);
    let mut previous = None;
    for task_index in records.iter().map(|r| r.task_index) {
        if !(first..=last).contains(&task_index) {
            return Err(RecordError::OutsidePart { task_index, part_idx, first, last });
        }
        if let Some(previous) = previous.filter(|p| *p >= task_index) {
            return Err(RecordError::OutOfOrder { task_index, previous });
        }
        previous = Some(task_index);
    }
    Ok(())
}

/// Reads one part: the columns of losses it has, and its records in order.
///
/// # Errors
/// [`RecordError::Io`], or [`RecordError::BadPart`] for a file that is damaged, foreign, or holds other tasks than its name
/// says; both name the file.
pub fn read_part(path: &Path) -> Result<(Schema, Vec<Record>), RecordError> {
    let bytes = fs::read(path).map_err(RecordError::io("read", path))?;
    let bad = |fault| RecordError::BadPart { path: path.to_path_buf(), fault: Box::new(fault) };
    let table = table::decode(bytes, FORMAT).map_err(bad)?;
    let (schema, records) = columns::from_table(table).map_err(bad)?;
    if let Some(part_idx) = part_number(path) {
        check_rows(part_idx, &records).map_err(|e| bad(PartFault::Rows(Box::new(e))))?;
    }
    Ok((schema, records))
}

/// Reads every part in the folder of a study: the columns of losses and the records in order of task index.
///
/// # Errors
/// As [`read_part`], and [`RecordError::MixedSchemas`] if two parts have different columns.
pub fn read_dir(dir: &Path) -> Result<(Schema, Vec<Record>), RecordError> {
    let mut schema: Option<Schema> = None;
    let mut records = Vec::new();
    for (_, path) in list_parts(dir)? {
        let (found, rows) = read_part(&path)?;
        match &schema {
            Some(expected) if *expected != found => {
                return Err(RecordError::MixedSchemas {
                    path,
                    found: found.losses,
                    expected: expected.losses.clone(),
                });
            }
            _ => schema = Some(found),
        }
        records.extend(rows);
    }
    Ok((schema.unwrap_or_default(), records))
}
