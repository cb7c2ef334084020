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

/// Structures or a pattern.
pub(crate) enum StructuresOrPattern {
    Structures(Structures),
    Pattern(Box<Pattern>),
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
    if is_stdin(path) {
        return structures_of(read_bytes(path)?, asked);
    }
    let format = Format::from_path(path).map_err(|e| Failure::bad_input(&e))?;
    structures_from(Box::new(open(path)?), format, &name)
}

/// The structures of the text of standard input.
fn structures_of(bytes: Vec<u8>, asked: Option<OutputFormat>) -> Result<Structures, Failure> {
    let mut lines = bytes.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty());
    let format = match (lines.next(), lines.next(), sniff(&bytes)) {
        (None, ..) => {
            return Err(Failure::usage(
                "stdin: is empty (or has been read already), expected a structure",
            ));
        }
        (_, None, Format::Jsonl) if asked.is_some_and(|f| !f.is_json()) => Format::Json,
        (_, _, format) => format,
    };
    structures_from(Box::new(std::io::Cursor::new(bytes)), format, "stdin")
}

fn structures_from(
    mut reader: Box<dyn BufRead>,
    format: Format,
    name: &str,
) -> Result<Structures, Failure> {
    if format.holds_many() {
        let mut entries =
            raw_entries(reader, format, name).map(|e| e.map_err(|e| Failure::bad_input(&e)));
        let head: Vec<_> = entries.by_ref().take(2).collect();
        // A lone error is about the list as a whole: no entry, no `cif` column.
        return match <[_; 1]>::try_from(head) {
            Ok([Err(failure)]) => Err(failure),
            Ok([Ok(entry)]) => Ok(Structures::Many(Box::new(std::iter::once(Ok(entry))))),
            Err(head) => Ok(Structures::Many(Box::new(head.into_iter().chain(entries)))),
        };
    }
    let mut bytes = Vec::new();
    reader
        .read_to_end(&mut bytes)
        .map_err(|e| Failure::usage(format!("{name}: cannot be read: {e}")))?;
    let one = read_one(&bytes, format, name).map_err(|e| Failure::bad_input(&e))?;
    Ok(Structures::One(Box::new(one)))
}

/// The one structure of a path.
pub(crate) fn structure(path: &Path) -> Result<NamedStructure, Failure> {
    only(structures(path)?, &name_of(path))
}

fn only(structures: Structures, name: &str) -> Result<NamedStructure, Failure> {
    match structures {
        Structures::One(one) => Ok(*one),
        Structures::Many(mut entries) => {
            let first = match entries.next() {
                Some(entry) => parse(&entry?)?,
                None => return Err(Failure::usage(format!("{name}: holds no structure"))),
            };
            match entries.next() {
                None => Ok(first),
                Some(_) => {
                    Err(Failure::usage(format!("{name}: holds several structures, expected one")))
                }
            }
        }
    }
}

/// What messages call an entry of a list.
pub(crate) fn place_of(path: &Path, entry: &RawEntry) -> String {
    format!("{}:{}", name_of(path), entry.line())
}

/// Parses an entry of a list.
pub(crate) fn parse(entry: &RawEntry) -> Result<NamedStructure, Failure> {
    entry.parse().map_err(|e| Failure::bad_input(&e))
}

/// Whether a path is that of a pattern; a `.csv` is one unless its heading has a `cif` column.
fn is_pattern_file(path: &Path) -> Result<bool, Failure> {
    if !braggscape_pattern::io::is_pattern_path(path) {
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

/// Whether a text looks like columns of a pattern: two or three numbers in its first lines, after a heading perhaps.
fn looks_like_pattern(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1 << 16)]);
    let rows = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
    let columns = |line: &str| {
        let separator = |c: char| c == ',' || c.is_whitespace();
        let cells: Vec<&str> = line.split(separator).filter(|c| !c.is_empty()).collect();
        (2..=3).contains(&cells.len()) && cells.iter().all(|c| c.parse::<f64>().is_ok())
    };
    let is_heading = |l: &&str| l.contains(',') && !columns(l);
    // The second line of a POSCAR is one number.
    let rows: Vec<&str> = rows.skip_while(is_heading).take(2).collect();
    rows.len() == 2 && rows.into_iter().all(columns)
}

/// The structures or the pattern of a path, which is read once: it may be standard input.
pub(crate) fn structures_or_pattern(path: &Path) -> Result<StructuresOrPattern, Failure> {
    use StructuresOrPattern::{Pattern, Structures};
    let pattern = |reader: &mut dyn BufRead| {
        braggscape_pattern::io::read(reader, AxisKind::TwoTheta, &name_of(path))
            .map(|p| Pattern(Box::new(p)))
            .map_err(|e| Failure::bad_input(&e))
    };
    if is_stdin(path) {
        let bytes = read_bytes(path)?;
        if looks_like_pattern(&bytes) {
            return pattern(&mut bytes.as_slice());
        }
        return structures_of(bytes, None).map(Structures);
    }
    if is_pattern_file(path)? {
        pattern(&mut open(path)?)
    } else {
        structures(path).map(Structures)
    }
}

/// The structure or the pattern of a path.
pub(crate) fn structure_or_pattern(path: &Path) -> Result<StructureOrPattern, Failure> {
    Ok(match structures_or_pattern(path)? {
        StructuresOrPattern::Pattern(p) => StructureOrPattern::Pattern(p),
        StructuresOrPattern::Structures(s) => {
            StructureOrPattern::Structure(Box::new(only(s, &name_of(path))?))
        }
    })
}
