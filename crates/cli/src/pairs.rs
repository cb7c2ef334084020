//! Lists of pairs of structures: lines {"a": structure, "b": structure}.

use crate::failure::Failure;
use crate::input;
use braggscape_crystal::Structure;
use braggscape_crystal::io::structure_from_json;
use serde_json::Value;
use std::io::BufRead;
use std::path::Path;

/// One line of a list, not read yet: reading takes long, and is left to whoever works on the pair.
pub(crate) struct RawPair {
    /// Name of the file and number of the line, from 1.
    place: String,
    text: String,
}

/// The pairs of a file or of standard input, one after the other.
pub(crate) fn raw_pairs(
    path: &Path,
) -> Result<impl Iterator<Item = Result<RawPair, Failure>>, Failure> {
    let (reader, name) = (input::reader(path)?, input::name_of(path));
    let empty =
        format!("{name}: holds no pair, expected lines {{\"a\": structure, \"b\": structure}}");
    let mut lines = reader
        .lines()
        .enumerate()
        .map(move |(i, line)| (format!("{name}:{}", i + 1), line))
        .filter_map(|(place, line)| match line {
            Ok(text) if text.trim().is_empty() => None,
            Ok(text) => Some(Ok(RawPair { place, text })),
            Err(e) => Some(Err(Failure::usage(format!("{place}: {e}")))),
        })
        .peekable();
    if lines.peek().is_none() {
        return Err(Failure::usage(empty));
    }
    Ok(lines)
}

impl RawPair {
    /// Both structures.
    pub(crate) fn parse(&self) -> Result<[Structure; 2], Failure> {
        let at = |what: &dyn std::fmt::Display| Failure::usage(format!("{}: {what}", self.place));
        let value: Value = serde_json::from_str(&self.text).map_err(|e| at(&e))?;
        let side = |key: &str| {
            let side = value.get(key).ok_or_else(|| at(&format!("`{key}` is missing")))?;
            structure_from_json(side)
                .map(|named| named.structure)
                .map_err(|e| at(&format!("`{key}`: {e}")))
        };
        Ok([side("a")?, side("b")?])
    }

    /// Name of the file and number of the line.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }
}
