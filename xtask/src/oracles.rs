//! Fixtures from independent programs: runs `tests/oracles/<name>/script.py` in a virtual environment of its own.
//!
//! A script takes `--out-dir DIR` (and may write several fixtures) or `--out FILE` (one, `<name>.json.gz`), and
//! `--shared DIR` if it can use the shared development data. Which of them it takes is read from its `--help`. Fixtures are compared byte by
//! byte, or, where the folder has a `check.toml` with a `tolerance`, number by number.

mod compare;

use crate::{Outcome, no_problems, process, python};
use anyhow::{Context as _, bail};
use compare::{Tolerance, difference};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// What to make, and how.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    /// Names of oracles; none means all.
    pub names: Vec<String>,
    /// Compare with the committed fixtures and write nothing.
    pub check: bool,
    /// The shared development data, if it does not lie beside the checkout.
    pub shared: Option<PathBuf>,
}

/// Makes the fixtures, or compares them with the committed ones.
///
/// # Errors
/// If an oracle is unknown, its packages cannot be installed, its script fails or writes nothing, or, when checking,
/// a fixture differs.
pub(crate) fn run(options: &Options) -> anyhow::Result<Outcome> {
    let root = process::root();
    let folder = root.join("tests/oracles");
    let oracles = selected(&folder, &options.names)?;
    if oracles.is_empty() {
        return Ok(Outcome::Skipped("no oracle in tests/oracles".to_owned()));
    }
    let fixtures = root.join("tests/fixtures");
    let shared = options.shared.clone().unwrap_or_else(|| root.join("../shared/data"));
    let shared = fs::canonicalize(shared).ok().filter(|dir| dir.is_dir());
    let mut problems = Vec::new();
    for name in &oracles {
        println!("{name}: running its script");
        let script = folder.join(name).join("script.py");
        let python = python::environment(&folder.join(name).join("requirements.txt"))?;
        let scratch = process::target_dir().join("oracles/out").join(name);
        if scratch.is_dir() {
            fs::remove_dir_all(&scratch)?;
        }
        fs::create_dir_all(&scratch)?;
        make(&python, &script, name, &scratch, shared.as_deref())?;
        let made = file_names(&scratch)?;
        if made.is_empty() {
            bail!("{name}: the script wrote no fixture");
        }
        let tolerance = Tolerance::of(&folder.join(name))?;
        for file in made {
            let (new, committed) = (scratch.join(&file), fixtures.join(&file));
            if options.check {
                let what = difference(&new, &committed, tolerance)?;
                problems.extend(what.map(|what| format!("{name}: {file}: {what}")));
            } else {
                fs::create_dir_all(&fixtures)?;
                fs::copy(&new, &committed)
                    .with_context(|| format!("cannot write {}", committed.display()))?;
                println!("{name}: wrote tests/fixtures/{file}");
            }
        }
    }
    let done = if options.check { "fixtures are what their scripts make" } else { "scripts ran" };
    no_problems(&problems, format!("oracles: {done} ({})", oracles.join(", ")))
}

/// The oracles to run, sorted.
fn selected(folder: &Path, names: &[String]) -> anyhow::Result<Vec<String>> {
    let known = if folder.is_dir() { folder_names(folder)? } else { Vec::new() };
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        bail!("unknown oracle `{unknown}`; known: {}", known.join(", "));
    }
    Ok(if names.is_empty() { known } else { names.to_vec() })
}

/// Folders that hold a script.
fn folder_names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = entry_names(folder)?;
    names.retain(|name| folder.join(name).join("script.py").is_file());
    Ok(names)
}

fn file_names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = entry_names(folder)?;
    names.retain(|name| folder.join(name).is_file());
    Ok(names)
}

fn entry_names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Runs the script with the options that its help names.
fn make(
    python: &Path,
    script: &Path,
    name: &str,
    out: &Path,
    shared: Option<&Path>,
) -> anyhow::Result<()> {
    let help = process::read(process::command(python).arg(script).arg("--help"))?;
    let options = script_options(&String::from_utf8_lossy(&help), name, out, shared)?;
    process::run(process::command(python).arg(script).args(options))
}

fn script_options(
    help: &str,
    name: &str,
    out: &Path,
    shared: Option<&Path>,
) -> anyhow::Result<Vec<OsString>> {
    let words = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).collect::<Vec<_>>();
    let mut options: Vec<OsString> = if words.contains(&"--out-dir") {
        vec!["--out-dir".into(), out.into()]
    } else if words.contains(&"--out") {
        vec!["--out".into(), out.join(format!("{name}.json.gz")).into()]
    } else {
        bail!("{name}: the help of its script names neither --out-dir nor --out");
    };
    match shared {
        Some(shared) if words.contains(&"--shared") => {
            options.extend(["--shared".into(), shared.into()]);
        }
        None if words.contains(&"--shared") => {
            println!(
                "{name}: no shared data beside this checkout; the script may need them (--shared DIR)"
            );
        }
        _ => {}
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_options(help: &str, shared: Option<&str>, expected: &[&str]) {
        let options = script_options(help, "a", Path::new("/o"), shared.map(Path::new)).unwrap();
        assert_eq!(options, expected);
    }

    #[test]
    fn the_help_of_a_script_decides_its_options() {
        check_options("usage: [-h] --out-dir DIR", None, &["--out-dir", "/o"]);
        check_options("usage: [-h] [--out FILE]", Some("/s"), &["--out", "/o/a.json.gz"]);
        check_options(
            "usage: --out=FILE [--shared DIR]",
            Some("/s"),
            &["--out", "/o/a.json.gz", "--shared", "/s"],
        );
        check_options("usage: --out FILE [--shared DIR]", None, &["--out", "/o/a.json.gz"]);
        let error = script_options("usage: --output FILE", "a", Path::new("/o"), None).unwrap_err();
        assert!(error.to_string().contains("neither"));
    }

    #[test]
    fn an_unknown_oracle_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("lattice")).unwrap();
        fs::write(folder.path().join("lattice/script.py"), "").unwrap();
        fs::create_dir(folder.path().join("notes")).unwrap();
        assert_eq!(selected(folder.path(), &[]).unwrap(), ["lattice"]);
        let error = selected(folder.path(), &["latice".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("`latice`") && error.contains("lattice"), "{error}");
    }
}
