//! Security advisories against our dependencies, by whichever tool is installed.
//!
//! Their database lives on the network and the tools are not part of the toolchain, so neither is demanded: what
//! cannot be checked is reported as skipped with its reason. An advisory that applies is a failure.

use crate::{Outcome, process};
use anyhow::bail;
use std::process::Output;
use std::time::Duration;

/// Longest time a tool gets: fetching the database takes a few where it can be reached.
const LIMIT: Duration = Duration::from_mins(2);

/// A tool and the arguments of Cargo that start it.
struct Tool {
    name: &'static str,
    /// Fetches the database in a step of its own, so that a failure to fetch is not taken for an advisory.
    prepare: Option<&'static [&'static str]>,
    check: &'static [&'static str],
}

/// In order of preference. cargo-audit fetches as it checks, and says so when it cannot.
const TOOLS: &[Tool] = &[
    Tool {
        name: "cargo-deny",
        prepare: Some(&["deny", "fetch", "db"]),
        check: &["deny", "check", "--disable-fetch", "advisories"],
    },
    Tool { name: "cargo-audit", prepare: None, check: &["audit", "--deny", "unsound"] },
];

/// Checks the lock file against the advisory database.
///
/// # Errors
/// If a tool reports an advisory.
pub(crate) fn run() -> anyhow::Result<Outcome> {
    for tool in TOOLS {
        let subcommand = tool.check[0];
        let version =
            process::read_within(process::cargo().args([subcommand, "--version"]), LIMIT)?;
        if !version.is_some_and(|output| output.status.success()) {
            continue;
        }
        if let Some(prepare) = tool.prepare {
            let fetched = process::read_within(process::cargo().args(prepare), LIMIT)?;
            if let Some(reason) = not_fetched(tool.name, fetched.as_ref()) {
                return Ok(Outcome::Skipped(reason));
            }
        }
        let output = process::read_within(process::cargo().args(tool.check), LIMIT)?;
        return judge(tool.name, output.as_ref());
    }
    Ok(Outcome::Skipped("neither cargo-deny nor cargo-audit is installed".to_owned()))
}

fn not_fetched(tool: &str, output: Option<&Output>) -> Option<String> {
    match output {
        None => Some(format!(
            "{tool} could not fetch the advisory database within {} s",
            LIMIT.as_secs()
        )),
        Some(output) if output.status.success() => None,
        Some(output) => Some(format!(
            "{tool} cannot fetch the advisory database: {}",
            last_line(&output.stderr)
        )),
    }
}

/// What the check of a tool means.
fn judge(tool: &str, output: Option<&Output>) -> anyhow::Result<Outcome> {
    let Some(output) = output else {
        return Ok(Outcome::Skipped(format!("{tool} did not end within {} s", LIMIT.as_secs())));
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok(Outcome::Passed(format!("advisories: {tool} found none")));
    }
    let unreachable = ["couldn't fetch advisory database", "failed to fetch advisory database"];
    if unreachable.iter().any(|text| stderr.contains(text)) {
        return Ok(Outcome::Skipped(format!(
            "{tool} cannot fetch the advisory database: {}",
            last_line(&output.stderr)
        )));
    }
    bail!("{tool} reports:\n{}{stderr}", String::from_utf8_lossy(&output.stdout))
}

fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("no reason given")
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process;

    /// What a tool that writes `stderr` and ends with `code` leaves.
    fn output(code: i32, stderr: &str) -> Output {
        let script = format!("printf '%s' \"$0\" >&2; exit {code}");
        process::command("sh").args(["-c", &script, stderr]).output().unwrap()
    }

    #[test]
    fn an_advisory_fails() {
        let found = output(1, "error[vulnerability]: out-of-bounds read in a 1.0.0");
        let error = judge("cargo-deny", Some(&found)).unwrap_err();
        assert!(format!("{error}").contains("out-of-bounds read"));
    }

    #[test]
    fn a_clean_run_passes() {
        assert!(matches!(judge("cargo-audit", Some(&output(0, ""))).unwrap(), Outcome::Passed(_)));
    }

    #[test]
    fn what_cannot_be_checked_is_skipped() {
        let unreachable = output(1, "error: couldn't fetch advisory database: connection refused");
        let Outcome::Skipped(reason) = judge("cargo-audit", Some(&unreachable)).unwrap() else {
            panic!("not skipped");
        };
        assert!(reason.contains("connection refused"));
        assert!(matches!(judge("cargo-audit", None).unwrap(), Outcome::Skipped(_)));
        assert!(
            not_fetched("cargo-deny", Some(&output(1, "no route"))).unwrap().contains("no route")
        );
        assert_eq!(not_fetched("cargo-deny", Some(&output(0, ""))), None);
    }
}
