//! Sources split into structures, and structures read one by one.

use super::{Format, NamedStructure, Problem, ReadError, cif, json, poscar};
use std::io::BufRead;
use std::sync::Arc;

/// One structure of a source, not yet parsed: what a thread needs to parse it.
#[derive(Debug, Clone)]
pub struct RawEntry {
    text: String,
    format: Format,
    source_name: Arc<str>,
    /// Line of the source on which `text` begins.
    first_line: u64,
    id: Option<String>,
}

impl RawEntry {
    /// Parses the structure.
    ///
    /// # Errors
    /// [`ReadError`], its line counted in the whole source.
    pub fn parse(&self) -> Result<NamedStructure, ReadError> {
        let fault = |line: Option<u64>, problem: Problem| {
            let line = line.map_or(self.first_line, |l| l + self.first_line - 1);
            problem.at(&self.source_name, Some(line))
        };
        let fault_of_whole = |line: Option<u64>, problem: Problem| match line {
            Some(_) => fault(line, problem),
            None => problem.at(&self.source_name, None),
        };
        match self.format {
            Format::Cif => cif::read_first(&self.text).map_err(|(l, p)| fault_of_whole(l, p)),
            Format::CdvaeCsv => {
                let mut named = cif::read_first(&self.text).map_err(|(l, p)| fault(l, p))?;
                named.id = self.id.clone().or(named.id);
                Ok(named)
            }
            Format::Poscar => poscar::read(&self.text).map_err(|(l, p)| fault_of_whole(l, p)),
            Format::Json => json::read(&self.text).map_err(|(l, p)| fault_of_whole(l, p)),
            Format::Jsonl => json::read(&self.text).map_err(|(l, p)| fault(l, p)),
        }
    }

    /// The identifier, as far as one can tell it without reading the structure, or although that cannot be read.
    ///
    /// That of the column `material_id` or `id`, or that of a JSON object; CIF and POSCAR texts give none here.
    pub fn id(&self) -> Option<String> {
        match self.format {
            Format::CdvaeCsv => self.id.clone(),
            Format::Json | Format::Jsonl => json::identifier_of(&self.text),
            Format::Cif | Format::Poscar => None,
        }
    }

    /// Line of the source on which the entry begins, from 1.
    pub fn line(&self) -> u64 {
        self.first_line
    }
}

/// Reads the one structure of a CIF (its first block with a cell and sites), POSCAR or JSON file, or of a list of length one.
///
/// # Errors
/// [`ReadError`]; [`Problem::SeveralStructures`] where a list holds more than one.
pub fn read_one(
    bytes: &[u8],
    format: Format,
    source_name: &str,
) -> Result<NamedStructure, ReadError> {
    let mut all = read_many(bytes, format, source_name);
    let first = all.next().unwrap_or_else(|| {
        Err(Problem::Empty { expected: format.expected() }.at(source_name, None))
    })?;
    match all.next() {
        None => Ok(first),
        Some(_) => Err(Problem::SeveralStructures.at(source_name, None)),
    }
}

/// Reads all structures of a source, one by one.
///
/// Of JSON lines and CSV, one entry is held at a time, a bad entry is one `Err` item, and reading goes on after it; a file of
/// another format gives one item. An empty source gives one `Err`.
pub fn read_many<R: BufRead>(reader: R, format: Format, source_name: &str) -> StructureReader<R> {
    StructureReader { entries: raw_entries(reader, format, source_name) }
}

/// Splits a source into structures without parsing them, so that threads may share the parsing.
pub fn raw_entries<R: BufRead>(reader: R, format: Format, source_name: &str) -> RawEntries<R> {
    let state = match format {
        Format::Jsonl => State::Lines { reader, line: 0, seen: false },
        Format::CdvaeCsv => State::Csv(CsvState::Unopened(reader)),
        Format::Cif | Format::Poscar | Format::Json => State::Whole(reader),
    };
    RawEntries { source_name: source_name.into(), format, state }
}

/// Iterator of [`read_many`].
pub struct StructureReader<R> {
    entries: RawEntries<R>,
}

impl<R: BufRead> Iterator for StructureReader<R> {
    type Item = Result<NamedStructure, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.entries.next().map(|entry| entry?.parse())
    }
}

/// Iterator of [`raw_entries`].
pub struct RawEntries<R> {
    source_name: Arc<str>,
    format: Format,
    state: State<R>,
}

enum State<R> {
    Whole(R),
    Lines { reader: R, line: u64, seen: bool },
    Csv(CsvState<R>),
    Done,
}

enum CsvState<R> {
    Unopened(R),
    Open { records: csv::ByteRecordsIntoIter<R>, cif: usize, id: Option<usize>, seen: bool },
}

impl<R: BufRead> Iterator for RawEntries<R> {
    type Item = Result<RawEntry, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Done => None,
            State::Whole(reader) => Some(self.whole(reader)),
            State::Lines { reader, line, seen } => self.next_line(reader, line, seen),
            State::Csv(CsvState::Unopened(reader)) => match open_csv(reader) {
                Ok(open) => {
                    self.state = State::Csv(open);
                    self.next()
                }
                Err(problem) => Some(Err(problem.at(&self.source_name, Some(1)))),
            },
            State::Csv(CsvState::Open { records, cif, id, seen }) => {
                self.next_record(records, cif, id, seen)
            }
        }
    }
}

impl<R: BufRead> RawEntries<R> {
    fn entry(&self, text: String, first_line: u64, id: Option<String>) -> RawEntry {
        RawEntry {
            text,
            format: self.format,
            source_name: Arc::clone(&self.source_name),
            first_line,
            id,
        }
    }

    fn fault(&self, line: Option<u64>, problem: Problem) -> ReadError {
        problem.at(&self.source_name, line)
    }

    fn whole(&self, mut reader: R) -> Result<RawEntry, ReadError> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|e| self.fault(None, Problem::Io(e)))?;
        let text = text_of(&bytes);
        if text.trim().is_empty() {
            return Err(self.fault(None, Problem::Empty { expected: self.format.expected() }));
        }
        Ok(self.entry(text, 1, None))
    }

    fn next_line(
        &mut self,
        mut reader: R,
        mut line: u64,
        seen: bool,
    ) -> Option<Result<RawEntry, ReadError>> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            match reader.read_until(b'\n', &mut bytes) {
                Err(e) => return Some(Err(self.fault(Some(line + 1), Problem::Io(e)))),
                Ok(0) if seen => return None,
                Ok(0) => {
                    let expected = self.format.expected();
                    return Some(Err(self.fault(None, Problem::Empty { expected })));
                }
                Ok(_) => {}
            }
            line += 1;
            let text = text_of(&bytes);
            if !text.trim().is_empty() {
                self.state = State::Lines { reader, line, seen: true };
                return Some(Ok(self.entry(text, line, None)));
            }
        }
    }

    fn next_record(
        &mut self,
        mut records: csv::ByteRecordsIntoIter<R>,
        cif: usize,
        id: Option<usize>,
        seen: bool,
    ) -> Option<Result<RawEntry, ReadError>> {
        let record = match records.next() {
            None if seen => return None,
            None => {
                let expected = self.format.expected();
                return Some(Err(self.fault(None, Problem::Empty { expected })));
            }
            Some(Err(e)) => return Some(Err(self.fault(None, Problem::Csv(e)))),
            Some(Ok(record)) => record,
        };
        self.state = State::Csv(CsvState::Open { records, cif, id, seen: true });
        let start = record.position().map_or(1, csv::Position::line);
        let newlines = |field: &[u8]| field.split(|b| *b == b'\n').count() as u64 - 1;
        let line = start + record.iter().take(cif).map(newlines).sum::<u64>();
        let id = id
            .and_then(|column| record.get(column))
            .map(|b| String::from_utf8_lossy(b).trim().to_owned())
            .filter(|id| !id.is_empty());
        Some(match record.get(cif) {
            Some(text) => Ok(self.entry(text_of(text), line, id)),
            None => {
                Err(self.fault(Some(start), Problem::Missing { name: "field `cif`".to_owned() }))
            }
        })
    }
}

fn open_csv<R: BufRead>(reader: R) -> Result<CsvState<R>, Problem> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
    let headers = reader.byte_headers().map_err(Problem::Csv)?;
    let column = |names: &[&str]| {
        headers.iter().position(|h| {
            let name = text_of(h);
            names.iter().any(|n| name.trim().eq_ignore_ascii_case(n))
        })
    };
    if headers.iter().all(<[u8]>::is_empty) {
        return Err(Problem::Empty { expected: Format::CdvaeCsv.expected() });
    }
    let cif =
        column(&["cif"]).ok_or_else(|| Problem::Missing { name: "column `cif`".to_owned() })?;
    let id = column(&["material_id"]).or_else(|| column(&["id"]));
    Ok(CsvState::Open { records: reader.into_byte_records(), cif, id, seen: false })
}

/// Bytes as text: without a byte-order mark, invalid UTF-8 replaced (old CIF files write names in Latin-1).
fn text_of(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    String::from_utf8_lossy(bytes).into_owned()
}
