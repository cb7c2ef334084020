//! Structures and patterns from files and standard input.

use crate::args::OutputFormat;
use crate::failure::Failure;
use braggscape_crystal::io::{Format, NamedStructure, RawEntry, raw_entries, read_one};
use braggscape_pattern::{AxisKind, Pattern};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Structures of one argument.
pub(crate) enum Structures {
    /// A file of one structure.
    One(Box<NamedStructure>),
    /// A list: one output line a structure.
    Many(Box<dyn Iterator<Item = Result<RawEntry, Failure>>>),
}

/// A structure or a pattern.
pub(crate) enum StructureOrPattern {
    Structure(Box<NamedStructure>),
    Pattern(Box<Pattern>),
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// What messages call a path.
pub(crate) fn name_of(path: &Path) -> String {
    if is_stdin(path) { "stdin".to_owned() } else { path.display().to_string() }
}

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    let fail = |e: &dyn std::fmt::Display| {
        Failure::usage(format!("{}: cannot be read: {e}", path.display()))
    };
    let file = File::open(path).map_err(|e| fail(&e))?;
    match file.metadata() {
        Ok(m) if m.is_dir() => Err(fail(&"it is a folder")),
        _ => Ok(BufReader::new(file)),
    }
}

/// A reader of a file or of standard input.
pub(crate) fn reader(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if is_stdin(path) { Ok(Box::new(std::io::stdin().lock())) } else { Ok(Box::new(open(path)?)) }
}

/// All bytes of a file or of standard input.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if is_stdin(path) {
        std::io::stdin().lock().read_to_end(&mut bytes)
    } else {
        open(path)?.read_to_end(&mut bytes)
    };
    read.map_err(|e| Failure::usage(format!("{}: cannot be read: {e}", name_of(path))))?;
    Ok(bytes)
}

/// The format that the text of standard input looks like.
fn sniff(bytes: &[u8]) -> Format {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1 << 16)]);
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with('{') {
        let first_line = start.lines().next().unwrap_or("");
        let whole = serde_json::from_str::<serde_json::Value>(first_line).is_ok();
        return if whole { Format::Jsonl } else { Format::Json };
    }
    let heading = start.lines().next().unwrap_or("");
    if heading.contains(',') && has_cif_column(heading) {
        return Format::CdvaeCsv;
    }
    let is_cif = text.lines().any(|l| {
        let l = l.trim_start().to_ascii_lowercase();
        l.starts_with("data_") || l.starts_with("_cell")
    });
    if is_cif { Format::Cif } else { Format::Poscar }
}

/// Whether the heading of a table names a column `cif`.
fn has_cif_column(heading: &str) -> bool {
    heading
        .trim_start_matches('\u{feff}')
        .split(',')
        .any(|h| h.trim().trim_matches('"').eq_ignore_ascii_case("cif"))
}

/// The structures of a path.
pub(crate) fn structures(path: &Path) -> Result<Structures, Failure> {
    structures_as(path, None)
}

/// The structures of a path for results in a format. One line of JSON on standard input is a list of one, or, where the
/// format asked for has no lists, one structure.
pub(crate) fn structures_as(
    path: &Path,
    asked: Option<OutputFormat>,
) -> Result<Structures, Failure> {
    let name = name_of(path);
    let (format, reader): (Format, Box<dyn BufRead>) = if is_stdin(path) {
        let bytes = read_bytes(path)?;
        let mut lines = bytes.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty());
        let format = match (lines.next(), lines.next(), sniff(&bytes)) {
            (None, ..) => {
                return Err(Failure::usage(format!("{name}: is empty, expected a structure")));
            }
            (_, None, Format::Jsonl) if asked.is_some_and(|f| !f.is_json()) => Format::Json,
            (_, _, format) => format,
        };
        (format, Box::new(std::io::Cursor::new(bytes)))
    } else {
        let format = Format::from_path(path).map_err(|e| Failure::bad_input(&e))?;
        (format, Box::new(open(path)?))
    };
    if format.holds_many() {
        let mut entries =
            raw_entries(reader, format, &name).map(|e| e.map_err(|e| Failure::bad_input(&e)));
        let head: Vec<_> = entries.by_ref().take(2).collect();
        // A lone error is about the list as a whole: no entry, no `cif` column.
        return match <[_; 1]>::try_from(head) {
            Ok([Err(failure)]) => Err(failure),
            Ok([Ok(entry)]) => Ok(Structures::Many(Box::new(std::iter::once(Ok(entry))))),
            Err(head) => Ok(Structures::Many(Box::new(head.into_iter().chain(entries)))),
        };
    }
    let mut bytes = Vec::new();
    let mut reader = reader;
    reader
        .read_to_end(&mut bytes)
        .map_err(|e| Failure::usage(format!("{name}: cannot be read: {e}")))?;
    let one = read_one(&bytes, format, &name).map_err(|e| Failure::bad_input(&e))?;
    Ok(Structures::One(Box::new(one)))
}

/// The one structure of a path.
pub(crate) fn structure(path: &Path) -> Result<NamedStructure, Failure> {
    match structures(path)? {
        Structures::One(one) => Ok(*one),
        Structures::Many(mut entries) => {
            let first = match entries.next() {
                Some(entry) => parse(&entry?)?,
                None => {
                    return Err(Failure::usage(format!("{}: holds no structure", name_of(path))));
                }
            };
            match entries.next() {
                None => Ok(first),
                Some(_) => Err(Failure::usage(format!(
                    "{}: holds several structures, expected one",
                    name_of(path)
                ))),
            }
        }
    }
}

/// Parses an entry of a list.
pub(crate) fn parse(entry: &RawEntry) -> Result<NamedStructure, Failure> {
    entry.parse().map_err(|e| Failure::bad_input(&e))
}

/// Whether a path holds a pattern rather than structures; a `.csv` is a pattern unless its heading has a `cif` column.
pub(crate) fn is_pattern(path: &Path) -> Result<bool, Failure> {
    if is_stdin(path) || !braggscape_pattern::io::is_pattern_path(path) {
        return Ok(false);
    }
    if !path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
        return Ok(true);
    }
    let mut heading = String::new();
    open(path)?
        .read_line(&mut heading)
        .map_err(|e| Failure::usage(format!("{}: cannot be read: {e}", path.display())))?;
    Ok(!has_cif_column(&heading))
}

/// The pattern of a path.
pub(crate) fn pattern(path: &Path) -> Result<Pattern, Failure> {
    braggscape_pattern::io::read(open(path)?, AxisKind::TwoTheta, &name_of(path))
        .map_err(|e| Failure::bad_input(&e))
}

/// The structure or the pattern of a path.
pub(crate) fn structure_or_pattern(path: &Path) -> Result<StructureOrPattern, Failure> {
    if is_pattern(path)? {
        pattern(path).map(|p| StructureOrPattern::Pattern(Box::new(p)))
    } else {
        structure(path).map(|s| StructureOrPattern::Structure(Box::new(s)))
    }
}
