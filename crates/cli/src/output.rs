//! Results on standard output.

use crate::args::{OutputFormat, Shared};
use crate::failure::{Failure, say};
use rayon::prelude::*;
use serde_json::Value;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// Entries of a batch that are worked on side by side.
const BATCH: usize = 256;

/// The format asked for, among those a command has; the first is the default.
pub(crate) fn choose(
    shared: &Shared,
    command: &str,
    formats: &[OutputFormat],
) -> Result<OutputFormat, Failure> {
    match shared.format {
        None => Ok(formats[0]),
        Some(f) if formats.contains(&f) => Ok(f),
        Some(f) => {
            let known: Vec<_> = formats.iter().map(|f| f.name()).collect();
            Err(Failure::usage(format!(
                "{command} has no --format {}; known: {}",
                f.name(),
                known.join(", ")
            )))
        }
    }
}

/// Buffered standard output.
pub(crate) fn stdout() -> BufWriter<io::StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// Prints text.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = stdout();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Prints a value as one line of JSON.
pub(crate) fn print_json(value: &Value) -> Result<(), Failure> {
    print(&format!("{value}\n"))
}

/// Prints values, one line of JSON each.
pub(crate) fn print_json_lines(values: &[Value]) -> Result<(), Failure> {
    let mut out = stdout();
    for value in values {
        writeln!(out, "{value}")?;
    }
    Ok(out.flush()?)
}

/// Says something that is no result, unless `--quiet`.
pub(crate) fn notice(shared: &Shared, message: &str) {
    if !shared.quiet {
        say(message);
    }
}

/// Works on the entries of a batch on all cores and prints one line each, in order; a failed entry gives an `error` line.
///
/// At most a few hundred entries are held at a time. Exit code 1 if some entry failed.
pub(crate) fn batch<T: Send>(
    entries: impl Iterator<Item = Result<T, Failure>>,
    work: impl Fn(T) -> Result<Value, Failure> + Sync,
) -> Result<ExitCode, Failure> {
    let mut entries = entries.peekable();
    let mut out = stdout();
    let mut failed = false;
    while entries.peek().is_some() {
        let chunk: Vec<_> = entries.by_ref().take(BATCH).collect();
        let lines: Vec<Result<Value, Failure>> =
            chunk.into_par_iter().map(|entry| entry.and_then(&work)).collect();
        for line in lines {
            let value = line.unwrap_or_else(|failure| {
                failed = true;
                serde_json::json!({ "error": failure.into_message() })
            });
            writeln!(out, "{value}")?;
        }
        out.flush()?;
    }
    Ok(ExitCode::from(u8::from(failed)))
}
