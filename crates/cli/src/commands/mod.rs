//! One module a command.

pub(crate) mod amd;
pub(crate) mod assets;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod energy;
pub(crate) mod evaluate;
mod figure;
pub(crate) mod info;
pub(crate) mod landscape;
pub(crate) mod list;
pub(crate) mod matching;
pub(crate) mod perturb;
pub(crate) mod refine;
pub(crate) mod report;
pub(crate) mod run;
mod scoring;
pub(crate) mod simulate;
pub(crate) mod structures;

use crate::failure::Failure;
use braggscape_loss::AnyLoss;
use braggscape_plugin::{Context, Registry};
use std::path::Path;
use toml::Value;

/// The losses of a `--loss` option, by name.
fn losses(registry: &Registry, names: &[String]) -> Result<Vec<(String, AnyLoss)>, Failure> {
    names
        .iter()
        .map(|name| {
            let loss = registry.losses().build(&Value::from(name.as_str()), &Context::default());
            Ok((name.clone(), loss.map_err(|e| Failure::option("--loss", &e))?))
        })
        .collect()
}

/// Whether a file is yet to be written; one that is there and holds something else is an error.
fn must_be_new(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    match std::fs::read(path) {
        Ok(found) if found == bytes => Ok(false),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(true),
        _ => Err(Failure::usage(format!(
            "{}: is there already; nothing was written",
            path.display()
        ))),
    }
}

/// Writes a file that must not be there yet, or already holds just this.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if !must_be_new(path, bytes)? {
        return Ok(());
    }
    braggscape_record::atomic::write(path, bytes).map_err(|e| Failure::bad_input(&e))
}
