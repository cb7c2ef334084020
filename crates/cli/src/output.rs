//! Results on standard output.

use crate::args::{OutputFormat, Shared};
use crate::failure::{Failure, say};
use serde::Serialize;
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::sync::{Mutex, PoisonError};

/// Entries of a batch that are held at a time: in work, waiting for work, or waiting for an earlier one to be written.
const WINDOW: usize = 128;

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
/// Workers turn results into text as well, which takes longest. Exit code 1 if some entry failed. See [`in_order`].
pub(crate) fn batch<T: Send, S: Default + Send, R: Serialize>(
    entries: impl Iterator<Item = Result<T, Failure>>,
    work: impl Fn(T, &mut S) -> Result<R, Failure> + Sync,
) -> Result<ExitCode, Failure> {
    let mut out = stdout();
    let mut failed = false;
    let line = |entry: T, space: &mut S| work(entry, space).and_then(|result| json_line(&result));
    in_order(entries, line, |line| {
        match line {
            Some(Ok(line)) => writeln!(out, "{line}")?,
            Some(Err(failure)) => {
                failed = true;
                writeln!(out, "{}", serde_json::json!({ "error": failure.into_message() }))?;
            }
            None => out.flush()?,
        }
        Ok(())
    })?;
    out.flush()?;
    Ok(ExitCode::from(u8::from(failed)))
}

/// Works on the entries of a batch on all cores and hands the results to `take`, in order; `None` says that the next one is not
/// ready, so that whoever reads along need not wait for it.
///
/// Entries are read as results are taken: at most [`WINDOW`] are held at a time, so memory does not grow with the list, and one
/// that takes long holds the others up only when the window is full of them. `S` is scratch space, of which there is one for
/// each entry in work. Reading and taking stay on this thread.
pub(crate) fn in_order<T: Send, S: Default + Send, R: Send>(
    entries: impl Iterator<Item = Result<T, Failure>>,
    work: impl Fn(T, &mut S) -> Result<R, Failure> + Sync,
    take: impl FnMut(Option<Result<R, Failure>>) -> io::Result<()>,
) -> Result<(), Failure> {
    let (work, spaces, closed) = (&work, &Spaces::default(), &AtomicBool::new(false));
    rayon::in_place_scope(|scope| {
        let results = entries.fuse().map(|entry| {
            let (answer, result) = mpsc::sync_channel(1);
            scope.spawn(move |_| {
                if !closed.load(Ordering::Relaxed) {
                    // Nobody waits for the result once the output was closed.
                    let _ = answer
                        .send(entry.and_then(|entry| spaces.with(|space| work(entry, space))));
                }
            });
            result
        });
        let taken = take_results(results, take);
        closed.store(taken.is_err(), Ordering::Relaxed);
        Ok(taken?)
    })
}

/// A value as JSON.
pub(crate) fn json_line(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|e| Failure::work(&e))
}

/// Takes results as they come, [`WINDOW`] ahead of the one awaited.
fn take_results<R>(
    mut results: impl Iterator<Item = Receiver<Result<R, Failure>>>,
    mut take: impl FnMut(Option<Result<R, Failure>>) -> io::Result<()>,
) -> io::Result<()> {
    let mut window = VecDeque::new();
    loop {
        window.extend(results.by_ref().take(WINDOW - window.len()));
        let Some(next) = window.pop_front() else { return Ok(()) };
        let result = match next.try_recv() {
            Err(TryRecvError::Empty) => {
                take(None)?;
                next.recv().ok()
            }
            result => result.ok(),
        };
        match result {
            Some(result) => take(Some(result))?,
            // The worker panicked. The scope passes that on when the others are done.
            None => return Ok(()),
        }
    }
}

/// Scratch spaces that wait for use.
#[derive(Default)]
struct Spaces<S>(Mutex<Vec<S>>);

impl<S: Default> Spaces<S> {
    /// Works with a space that nobody else has. One is lost if the work panics.
    fn with<R>(&self, work: impl FnOnce(&mut S) -> R) -> R {
        let free = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = free().pop();
        let mut space = waiting.unwrap_or_default();
        let result = work(&mut space);
        free().push(space);
        result
    }
}
