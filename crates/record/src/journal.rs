//! The journal: every finished task, at once and for good.
//!
//! Each line is `CRC32<tab>JSON<newline>`, where the checksum (eight hexadecimal digits) covers the bytes of the JSON. The first
//! line is the header: the format, its version and the hash of the study's configuration. A line is appended with one
//! write and synced before [`Journal::append`] returns, so a kill can only tear the last line, and every other damage shows
//! in a checksum.

use crate::{Record, RecordError, Timing, atomic};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::{Read, Write},
    path::{Path, PathBuf},
};

/// Version of the format of the journal.
const VERSION: u32 = 1;
/// Name of the format.
const FORMAT: &str = "braggscape-journal";

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    config_hash: String,
}

#[derive(Serialize)]
struct EntryRef<'a> {
    record: &'a Record,
    #[serde(skip_serializing_if = "Option::is_none")]
    wall_seconds: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    record: Record,
    #[serde(default)]
    wall_seconds: Option<f64>,
}

/// A line that its checksum or its content condemns; its task is to be done again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedLine {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// What a journal held when it was opened.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recovered {
    /// The records, in order of task index; of a task that stands twice, the later.
    pub records: Vec<Record>,
    /// The wall times that were given with them, in order of task index.
    pub timings: Vec<Timing>,
    /// Damaged lines: they stay in the file and are passed over.
    pub damaged: Vec<DamagedLine>,
    /// Whether the last line was torn and has been cut off.
    pub torn_tail: bool,
}

/// An append-only file of finished records, locked against other processes while it is open.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    len: u64,
    broken: bool,
}

impl Journal {
    /// Opens the journal of a study, or begins one, and recovers what it holds.
    ///
    /// A torn last line is cut off; damaged lines are reported. `config_hash` is any text that names the configuration.
    ///
    /// # Errors
    /// [`RecordError::OtherStudy`] if the journal has another hash, [`RecordError::NotAJournal`] if the first line is not a
    /// header, [`RecordError::JournalInUse`], or [`RecordError::Io`]. In each case the file is left as it was.
    pub fn open(path: &Path, config_hash: &str) -> Result<(Self, Recovered), RecordError> {
        let header = Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            config_hash: config_hash.to_owned(),
        };
        let header = line_of(&header)?;
        let folder = atomic::parent(path);
        fs::create_dir_all(folder).map_err(RecordError::io("create folder", folder))?;
        let mut file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(RecordError::io("open", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(RecordError::JournalInUse { path: path.to_path_buf() });
            }
            // Some network file systems have no locks; the journal works without one.
            Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(e)) => return Err(RecordError::io("lock", path)(e)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(RecordError::io("read", path))?;
        if bytes.len() < header.len() && header.starts_with(&bytes) {
            // A new file, or one whose header was torn: no record was ever in it.
            let begun = file.set_len(0).and_then(|()| file.write_all(&header));
            begun.and_then(|()| file.sync_all()).map_err(RecordError::io("begin", path))?;
            atomic::sync_folder(folder)?;
            bytes = header;
        }
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        let mut lines = bytes[..whole].split_inclusive(|b| *b == b'\n');
        let found = lines.next().and_then(|l| parse_line::<Header>(l).ok());
        let found = found.filter(|h| h.format == FORMAT && h.version == VERSION);
        let Some(found) = found else {
            return Err(RecordError::NotAJournal { path: path.to_path_buf(), version: VERSION });
        };
        if found.config_hash != config_hash {
            return Err(RecordError::OtherStudy {
                path: path.to_path_buf(),
                found: found.config_hash,
                expected: config_hash.to_owned(),
            });
        }
        let mut recovered = recover(lines);
        let len = whole as u64;
        if whole < bytes.len() {
            recovered.torn_tail = true;
            file.set_len(len).map_err(RecordError::io("cut", path))?;
            file.sync_all().map_err(RecordError::io("sync", path))?;
        }
        Ok((Self { file, path: path.to_path_buf(), len, broken: false }, recovered))
    }

    /// Appends a record: one write, synced when this returns.
    ///
    /// # Errors
    /// What [`Record::check`] finds, or [`RecordError::Io`]; the journal then holds what it held before. If even that cannot
    /// be kept, further appends answer [`RecordError::JournalBroken`].
    pub fn append(&mut self, record: &Record) -> Result<(), RecordError> {
        self.append_entry(record, None)
    }

    /// Appends a record and the wall time of its task in seconds, as [`Journal::append`] does.
    ///
    /// The time comes back in [`Recovered::timings`], so that an interrupted study keeps it.
    ///
    /// # Errors
    /// As [`Journal::append`]; [`RecordError::NonFinite`] also for the time.
    pub fn append_timed(&mut self, record: &Record, wall_seconds: f64) -> Result<(), RecordError> {
        if !wall_seconds.is_finite() {
            return Err(RecordError::NonFinite {
                task_index: record.task_index,
                field: "wall_seconds".to_owned(),
                value: wall_seconds,
            });
        }
        self.append_entry(record, Some(wall_seconds))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn append_entry(
        &mut self,
        record: &Record,
        wall_seconds: Option<f64>,
    ) -> Result<(), RecordError> {
        if self.broken {
            return Err(RecordError::JournalBroken { path: self.path.clone() });
        }
        record.check()?;
        let line = line_of(&EntryRef { record, wall_seconds })?;
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        if let Err(e) = written {
            // A half-written line would join the next one; take it back.
            self.broken = self.file.set_len(self.len).is_err();
            return Err(RecordError::io("append to", &self.path)(e));
        }
        self.len += line.len() as u64;
        Ok(())
    }
}

fn line_of<T: Serialize>(value: &T) -> Result<Vec<u8>, RecordError> {
    let json = serde_json::to_vec(value).map_err(RecordError::encode("a line of the journal"))?;
    let mut line = format!("{:08x}\t", crc32fast::hash(&json)).into_bytes();
    line.extend_from_slice(&json);
    line.push(b'\n');
    Ok(line)
}

/// The value of a line, or why there is none.
fn parse_line<T: for<'de> Deserialize<'de>>(line: &[u8]) -> Result<T, String> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let Some((digits, json)) = line.split_at_checked(9).filter(|(d, _)| d[8] == b'\t') else {
        return Err("expected eight hexadecimal digits, a tab and JSON".to_owned());
    };
    let found = format!("{:08x}", crc32fast::hash(json));
    if found.as_bytes() != &digits[..8] {
        let expected = String::from_utf8_lossy(&digits[..8]);
        return Err(format!("checksum of the content is {found}, the line says {expected}"));
    }
    serde_json::from_slice(json).map_err(|e| format!("not a record of this version: {e}"))
}

fn recover<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Recovered {
    let mut entries = BTreeMap::new();
    let mut damaged = Vec::new();
    for (i, line) in lines.enumerate() {
        match parse_line::<Entry>(line) {
            Ok(entry) => drop(entries.insert(entry.record.task_index, entry)),
            Err(reason) => damaged.push(DamagedLine { line: i + 2, reason }),
        }
    }
    let mut recovered = Recovered { damaged, ..Recovered::default() };
    for (task_index, Entry { record, wall_seconds }) in entries {
        recovered.timings.extend(wall_seconds.map(|s| Timing { task_index, wall_seconds: s }));
        recovered.records.push(record);
    }
    recovered
}
