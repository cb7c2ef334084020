//! The records of a study, read by other people's programs.

use crate::{Outcome, configs, process, python};
use anyhow::Context as _;

/// Runs a small study and compares what polars and DuckDB count in its records with its own tables.
///
/// # Errors
/// If the study fails, the packages cannot be installed, or anything differs.
pub(crate) fn run() -> anyhow::Result<Outcome> {
    let readers = process::root().join("tests/readers");
    let python = python::environment(&readers.join("requirements.txt"))?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let study = folder.path().join("study");
    let mut program = process::command(configs::program()?);
    let config = process::root().join("configs/quickstart.toml");
    program.arg("run").arg(config).args(["--fraction", "0.2", "--quiet", "--format", "json"]);
    process::read(program.arg("--out").arg(&study))?;
    let said = process::read(process::command(python).arg(readers.join("script.py")).arg(&study))?;
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    Ok(Outcome::Passed(format!("parquet: by polars and DuckDB, {said}")))
}
