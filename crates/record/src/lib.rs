//! The record schema, the journal and Parquet files of a study.
//!
//! One task of a study ends as one [`Record`]. A finished record goes at once to a [`Journal`]; when every task of a fixed
//! range of [`PART_LEN`] indices is done, the range is written as one Parquet part ([`write_part`]). Equal records give
//! equal bytes, whatever the order in which they were computed. Wall times live apart, in [`write_timings`], so that they
//! never touch those bytes. [`summarise`] counts what the tables and figures show, [`correlations`] says how much the
//! agreement of patterns tells about that of structures.
//!
//! | file | what it holds |
//! |---|---|
//! | `DIR/records/part-00000.parquet` | records of tasks 0 to 255, one row a task |
//! | `DIR/timings.parquet` | wall seconds a task, outside every promise of equal bytes |
//! | a journal, where its owner puts it | records of tasks finished so far, one line each |
//!
//! # Examples
//! ```
//! use braggscape_record::{Journal, Record, Schema, read_dir, write_part};
//!
//! let dir = tempfile::tempdir()?;
//! let record = Record { task_index: 0, structure: "Au2S".into(), matched: Some(true), ..Record::default() };
//!
//! let (mut journal, recovered) = Journal::open(&dir.path().join("journal.log"), "0f3a")?;
//! assert!(recovered.records.is_empty());
//! journal.append(&record)?;
//!
//! write_part(dir.path(), 0, &Schema::default(), std::slice::from_ref(&record))?;
//! let (_, records) = read_dir(dir.path())?;
//! assert_eq!(records, [record]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![doc(test(attr(deny(warnings))))]

pub mod atomic;
mod columns;
mod correlation;
mod error;
mod journal;
mod numbers;
mod part;
mod record;
mod structure;
mod summary;
mod table;
mod timing;

pub use correlation::{Agreement, CorrelationRow, correlations};
pub use error::{PartFault, RecordError};
pub use journal::{DamagedLine, Journal, Recovered};
pub use numbers::{Numbers, numbers_parquet};
pub use part::{PART_LEN, list_parts, part_of, part_path, read_dir, read_part, write_part};
pub use record::{Record, Schema};
pub use structure::StructureRecord;
pub use summary::{Summary, summarise, summarise_pooled};
pub use timing::{Timing, read_timings, timings_path, write_timings};
