//! Every study, landscape and figure in `configs/` and the folders below it must pass `braggscape check`.

use crate::{Outcome, assets, no_problems, process};
use anyhow::{Context as _, bail};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Builds the program and checks every `configs/**/*.toml` with it.
///
/// # Errors
/// If the program cannot be built, refuses a file, or there is no file at all.
pub(crate) fn run() -> anyhow::Result<Outcome> {
    let root = process::root();
    let folder = root.join("configs");
    if !folder.is_dir() || !root.join("crates/cli").is_dir() {
        return Ok(Outcome::Skipped("no folder configs/ or no program yet".to_owned()));
    }
    let files = toml_files(&folder)?;
    if files.is_empty() {
        bail!("no file matches configs/**/*.toml");
    }
    let files = files
        .iter()
        .map(|file| file.strip_prefix(&root).unwrap_or(file).to_owned())
        .collect::<Vec<_>>();
    let program = program()?;
    // Some studies ask for potentials whose weights are not in the repository.
    assets::run()?;
    let problems = check(&program, &files)?;
    no_problems(&problems, format!("configs: {} files pass `braggscape check`", files.len()))
}

/// Runs `PROGRAM check FILE` on each file; a file that it refuses gives one problem with what it said.
fn check(program: &Path, files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    for file in files {
        let mut command = process::command(program);
        let output = command.arg("check").arg(file).output();
        let output = output.with_context(|| format!("cannot start {}", program.display()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            problems.push(format!("{} ({}): {}", file.display(), output.status, said.trim()));
        }
    }
    Ok(problems)
}

/// The TOML files of a folder and of those below it, sorted.
fn toml_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(toml_files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Builds the program with the features that the whole workspace gives it, as the tests do, and returns its path.
pub(crate) fn program() -> anyhow::Result<PathBuf> {
    let mut build = process::cargo();
    build.args([
        "build",
        "--workspace",
        "--bin",
        "braggscape",
        "--message-format",
        "json-render-diagnostics",
    ]);
    // Diagnostics go straight to the reader; standard output holds the messages.
    let messages = process::read(build.stderr(std::process::Stdio::inherit()))?;
    executable(&String::from_utf8_lossy(&messages)).context("cargo built no program `braggscape`")
}

fn executable(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "braggscape")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_file_is_named_with_what_was_said() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in
            [("good.toml", "seed = 1\n"), ("bad.toml", "sed = 1\n"), ("notes.md", "")]
        {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        fs::write(below.join("deep.toml"), "seed = 2\n").unwrap();
        let files = toml_files(folder.path()).unwrap();
        assert_eq!(files.len(), 3);
        // `cargo check FILE` stands for a program that refuses its argument, `echo` for one that takes it.
        let problems = check(Path::new("echo"), &files).unwrap();
        assert_eq!(problems, Vec::<String>::new());
        let problems = check(Path::new("cargo"), &files).unwrap();
        assert_eq!(problems.len(), 3);
        assert!(
            problems[0].contains("bad.toml") && problems[0].contains("unexpected argument"),
            "{problems:?}"
        );
    }

    #[test]
    fn the_program_is_found_among_the_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"serde\"},\"executable\":null}\n\
            {\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"braggscape\"},\"executable\":null}\n\
            {\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"braggscape\"},\"executable\":\"/t/braggscape\"}\n";
        assert_eq!(executable(messages), Some(PathBuf::from("/t/braggscape")));
        assert_eq!(executable("not json\n"), None);
    }
}
