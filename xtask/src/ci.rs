//! Everything CI runs, step by step, with a table of wall times at the end.
//!
//! Every step runs, whatever the ones before it said. No step changes `RUSTFLAGS`: warnings become errors through the
//! arguments of Clippy and through `RUSTDOCFLAGS`, so that all steps share what is already built.

use crate::{
    Outcome, advisories, browser, configs, graph, licences, new_plugin, parquet, process,
    reference, tidy,
};
use anyhow::bail;
use std::time::Duration;

/// One step.
struct Step {
    name: &'static str,
    run: fn() -> anyhow::Result<Outcome>,
}

/// The steps in order: what fails quickly comes first.
const STEPS: &[Step] = &[
    Step { name: "fmt", run: fmt },
    Step { name: "graph", run: graph::run },
    Step { name: "tidy", run: tidy::run },
    Step { name: "licences", run: licences::run },
    Step { name: "advisories", run: advisories::run },
    Step { name: "clippy", run: clippy },
    Step { name: "tests", run: tests },
    Step { name: "doc", run: doc },
    Step { name: "configs", run: configs::run },
    Step { name: "browser", run: browser::run },
    Step { name: "reference", run: || reference::run(true) },
    Step { name: "parquet", run: parquet::run },
    Step { name: "plugins", run: new_plugin::check },
];

/// The steps to run.
#[derive(Debug, PartialEq)]
pub(crate) struct Selection(Vec<&'static str>);

impl Selection {
    /// From the lists of `--skip` and `--only`.
    ///
    /// # Errors
    /// If a name is unknown, or nothing is left to run.
    pub(crate) fn new(skip: Option<&str>, only: Option<&str>) -> anyhow::Result<Self> {
        let all = STEPS.iter().map(|step| step.name).collect::<Vec<_>>();
        let words = |list: Option<&str>| -> anyhow::Result<Vec<String>> {
            let words =
                list.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
            words
                .map(|word| {
                    if !all.contains(&word) {
                        bail!("unknown step `{word}`; known: {}", all.join(", "));
                    }
                    Ok(word.to_owned())
                })
                .collect()
        };
        let (skipped, wanted) = (words(skip)?, words(only)?);
        let chosen = all
            .iter()
            .copied()
            .filter(|name| only.is_none() || wanted.iter().any(|word| word == name))
            .filter(|name| !skipped.iter().any(|word| word == name))
            .collect::<Vec<_>>();
        if chosen.is_empty() {
            bail!("no step is left to run");
        }
        Ok(Self(chosen))
    }
}

/// How a step ended.
struct Report {
    name: &'static str,
    wall: Duration,
    result: anyhow::Result<Outcome>,
}

/// Runs the selected steps and prints the table.
///
/// # Errors
/// If steps failed; the message names them.
pub(crate) fn run(selection: &Selection) -> anyhow::Result<Outcome> {
    let steps = STEPS.iter().filter(|step| selection.0.contains(&step.name));
    let reports = steps.map(report).collect::<Vec<_>>();
    println!("\n{}", table(&reports));
    conclusion(&reports)
}

fn report(step: &Step) -> Report {
    println!("\n== {} ==", step.name);
    let start = process::now();
    let result = (step.run)();
    match &result {
        Ok(Outcome::Passed(note)) => println!("{note}"),
        Ok(Outcome::Skipped(reason)) => println!("skipped: {reason}"),
        Err(error) => println!("FAILED: {error:#}"),
    }
    Report { name: step.name, wall: start.elapsed(), result }
}

fn table(reports: &[Report]) -> String {
    let mut lines = vec![format!("{:<12} {:>10}  result", "step", "wall time")];
    for Report { name, wall, result } in reports {
        let result = match result {
            Ok(Outcome::Passed(_)) => "ok".to_owned(),
            Ok(Outcome::Skipped(reason)) => format!("skipped: {reason}"),
            Err(_) => "FAILED".to_owned(),
        };
        lines.push(format!("{name:<12} {:>8.1} s  {result}", wall.as_secs_f64()));
    }
    let total = reports.iter().map(|report| report.wall).sum::<Duration>();
    lines.push(format!("{:<12} {:>8.1} s", "total", total.as_secs_f64()));
    lines.join("\n")
}

fn conclusion(reports: &[Report]) -> anyhow::Result<Outcome> {
    let failed = reports
        .iter()
        .filter(|report| report.result.is_err())
        .map(|report| report.name)
        .collect::<Vec<_>>();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(Outcome::Passed("every step that ran passed".to_owned()))
}

fn fmt() -> anyhow::Result<Outcome> {
    process::run(process::cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed("fmt: every file is formatted".to_owned()))
}

fn clippy() -> anyhow::Result<Outcome> {
    process::run(process::cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))?;
    Ok(Outcome::Passed("clippy: no warning".to_owned()))
}

fn tests() -> anyhow::Result<Outcome> {
    // The command of the README, with the slow tests.
    let mut command = process::cargo();
    command.args(["test", "--workspace"]).env("BRAGGSCAPE_SLOW_TESTS", "1");
    process::run(&mut command)?;
    Ok(Outcome::Passed("tests: all passed".to_owned()))
}

fn doc() -> anyhow::Result<Outcome> {
    let mut command = process::cargo();
    command.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
    process::run(&mut command)?;
    Ok(Outcome::Passed("doc: built without a warning".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_selection(skip: Option<&str>, only: Option<&str>, expected: &[&str]) {
        assert_eq!(Selection::new(skip, only).unwrap().0, expected);
    }

    #[test]
    fn steps_are_selected_in_their_order() {
        check_selection(None, Some("tidy,fmt"), &["fmt", "tidy"]);
        check_selection(
            Some("tests, doc,clippy,advisories"),
            None,
            &[
                "fmt",
                "graph",
                "tidy",
                "licences",
                "configs",
                "browser",
                "reference",
                "parquet",
                "plugins",
            ],
        );
        check_selection(Some("fmt"), Some("fmt,tidy"), &["tidy"]);
    }

    #[test]
    fn unsound_selections_are_refused() {
        let error = Selection::new(Some("lint"), None).unwrap_err().to_string();
        assert!(error.contains("`lint`") && error.contains("clippy"), "{error}");
        assert!(Selection::new(Some("fmt"), Some("fmt")).is_err());
        assert!(Selection::new(None, Some("")).is_err());
    }

    #[test]
    fn failed_steps_are_named_and_the_others_still_run() {
        let steps = [
            Step { name: "good", run: || Ok(Outcome::Passed("fine".to_owned())) },
            Step { name: "bad", run: || bail!("broken") },
            Step { name: "absent", run: || Ok(Outcome::Skipped("no tool".to_owned())) },
            Step { name: "worse", run: || bail!("broken too") },
        ];
        let reports = steps.iter().map(report).collect::<Vec<_>>();
        assert_eq!(conclusion(&reports).unwrap_err().to_string(), "failed: bad, worse");
        let table = table(&reports);
        assert!(
            table.contains("skipped: no tool")
                && table.contains("FAILED")
                && table.contains("total"),
            "{table}"
        );
        assert!(conclusion(&reports[..1]).is_ok());
    }
}
