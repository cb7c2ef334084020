//! AMD and the earth mover's distance beside average-minimum-distance: `amd-timings` of the package `benches` and `tests/peers/amd`.

use super::show::{duration, times, write_table};
use super::{process, python, read, script};
use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

/// What is timed: name in both programs, in the table, how many times the peer's speed it is to reach, and how far numbers may
/// differ. The peer's earth mover's distance is off by some 1e-7 itself.
const KINDS: [(&str, &str, f64, f64); 3] = [
    ("amd", "AMD, k = 100", 15.0, 1e-8),
    ("emd-copy", "EMD of a distorted copy", 3.0, 1e-6),
    ("emd-next", "EMD of another crystal", 3.0, 1e-6),
];

/// The output of either program.
#[derive(Debug, Deserialize)]
struct Side {
    #[serde(default)]
    versions: BTreeMap<String, String>,
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    kind: String,
    name: String,
    seconds: f64,
    seconds_min: f64,
    #[serde(default)]
    wall_seconds: f64,
    numbers: Vec<f64>,
}

/// One kind over all crystals.
#[derive(Debug, Serialize)]
struct Line {
    kind: &'static str,
    n: usize,
    seconds: f64,
    seconds_min: f64,
    peer_seconds: f64,
    peer_seconds_min: f64,
    total_ratio: f64,
    median_ratio: f64,
    smallest_ratio: f64,
    smallest_name: String,
    largest_difference: f64,
    goal: f64,
    met: bool,
}

/// What was measured.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    versions: BTreeMap<String, String>,
    lines: Vec<Line>,
    /// Part of its time that the peer waited for a processor.
    waited: f64,
}

/// Measures both sides and checks that they agree.
///
/// # Errors
/// If a side cannot be built, installed or run, or the results of the two disagree.
pub(super) fn run(peers: &Path, folder: &Path, quick: bool) -> anyhow::Result<Report> {
    let python = python::environment(&peers.join("amd/requirements.txt"))?;
    let cases = folder.join("amd-cases.json");
    let mut ours = process::cargo();
    ours.args(["run", "--quiet", "--release", "--locked", "--package", "braggscape-benches"]);
    ours.args(["--bin", "amd-timings", "--", "--cases"]).arg(&cases);
    ours.args(quick.then_some("--quick"));
    println!("$ {}", process::shown(&ours));
    let ours: Side = serde_json::from_slice(&process::read(&mut ours)?)
        .context("cannot understand the output of amd-timings")?;
    let out = folder.join("amd.json");
    let mut script = script(&python, &peers.join("amd/script.py"));
    script.arg("--cases").arg(&cases).arg("--out").arg(&out);
    process::run(script.args(["--runs", if quick { "3" } else { "11" }]))?;
    let report = report(&ours, &read(&out)?)?;
    let json = process::target_dir().join("bench-peers-amd.json");
    fs::write(&json, serde_json::to_string_pretty(&report)? + "\n")
        .with_context(|| format!("cannot write {}", json.display()))?;
    Ok(report)
}

fn report(ours: &Side, peer: &Side) -> anyhow::Result<Report> {
    let mut lines = Vec::new();
    for (kind, shown, goal, tolerance) in KINDS {
        let of = |side: &'static str, rows: &[Row]| -> anyhow::Result<Vec<usize>> {
            let found: Vec<usize> = (0..rows.len()).filter(|i| rows[*i].kind == kind).collect();
            if found.is_empty() {
                bail!("{side} has no row of {kind}");
            }
            Ok(found)
        };
        let (own, theirs) = (of("amd-timings", &ours.rows)?, of("the peer", &peer.rows)?);
        if own.len() != theirs.len() {
            bail!("{kind}: {} rows of ours, {} of the peer", own.len(), theirs.len());
        }
        let pairs = own.iter().zip(&theirs).map(|(i, j)| (&ours.rows[*i], &peer.rows[*j]));
        lines.push(line(shown, goal, tolerance, &pairs.collect::<Vec<_>>())?);
    }
    let sum = |of: fn(&Row) -> f64| peer.rows.iter().map(of).sum::<f64>();
    let waited = 1.0 - sum(|row| row.seconds) / sum(|row| row.wall_seconds);
    Ok(Report { versions: peer.versions.clone(), lines, waited })
}

/// `pairs` holds our row and the peer's, and is not empty.
fn line(
    kind: &'static str,
    goal: f64,
    tolerance: f64,
    pairs: &[(&Row, &Row)],
) -> anyhow::Result<Line> {
    let mut largest_difference = 0.0_f64;
    for (own, theirs) in pairs {
        let numbers = own.numbers.iter().zip(&theirs.numbers);
        let difference = numbers.map(|(x, y)| (x - y).abs()).fold(0.0, |a: f64, b| {
            // Not `f64::max`, which would pass over what is no number.
            if b > a || b.is_nan() { b } else { a }
        });
        let comparable = own.name == theirs.name && own.numbers.len() == theirs.numbers.len();
        if !comparable || difference.is_nan() || difference > tolerance {
            bail!("{kind} of {}: off the peer's by {difference:.1e}", own.name);
        }
        largest_difference = largest_difference.max(difference);
    }
    let mut ratios: Vec<(f64, &str)> = pairs
        .iter()
        .map(|(own, theirs)| (theirs.seconds / own.seconds, own.name.as_str()))
        .collect();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = pairs.len();
    let mean = |of: &dyn Fn(&(&Row, &Row)) -> f64| pairs.iter().map(of).sum::<f64>() / n as f64;
    let (seconds, peer_seconds) = (mean(&|p| p.0.seconds), mean(&|p| p.1.seconds));
    let total_ratio = peer_seconds / seconds;
    Ok(Line {
        kind,
        n,
        seconds,
        seconds_min: mean(&|p| p.0.seconds_min),
        peer_seconds,
        peer_seconds_min: mean(&|p| p.1.seconds_min),
        total_ratio,
        median_ratio: f64::midpoint(ratios[(n - 1) / 2].0, ratios[n / 2].0),
        smallest_ratio: ratios[0].0,
        smallest_name: ratios[0].1.to_owned(),
        largest_difference,
        goal,
        met: total_ratio >= goal,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions = self.versions.iter().map(|(name, version)| format!("{name} {version}"));
        writeln!(
            f,
            "AMD and earth mover's distance between PDDs, mean of the crystals; {}",
            versions.collect::<Vec<_>>().join(", ")
        )?;
        let head = [
            "what",
            "number",
            "ours",
            "theirs",
            "total",
            "median",
            "smallest",
            "of",
            "differ by",
            "goal",
        ];
        let rows = self.lines.iter().map(|line| {
            vec![
                line.kind.to_owned(),
                line.n.to_string(),
                duration(line.seconds),
                duration(line.peer_seconds),
                times(line.total_ratio),
                times(line.median_ratio),
                times(line.smallest_ratio),
                line.smallest_name.clone(),
                format!("{:.0e}", line.largest_difference),
                format!("{:.0} x: {}", line.goal, if line.met { "met" } else { "NOT met" }),
            ]
        });
        write_table(f, &head, &rows.collect::<Vec<_>>())?;
        if self.waited > 0.1 {
            let share = 100.0 * self.waited;
            writeln!(f, "note: the machine was busy: the peer waited {share:.0} % of the time")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(seconds: f64, off: f64) -> Side {
        let row = |kind: &str, name: &str, numbers: Vec<f64>| Row {
            kind: kind.to_owned(),
            name: name.to_owned(),
            seconds,
            seconds_min: seconds,
            wall_seconds: seconds,
            numbers,
        };
        let rows = ["U2Ti", "NaS"].map(|name| {
            [
                row("amd", name, vec![2.0, 3.0 + off]),
                row("emd-copy", name, vec![0.5]),
                row("emd-next", name, vec![0.7]),
            ]
        });
        Side { versions: BTreeMap::new(), rows: rows.into_iter().flatten().collect() }
    }

    #[test]
    fn equal_results_give_a_table() {
        let report = report(&side(1e-5, 0.0), &side(4e-4, 1e-10)).unwrap();
        assert!(report.lines.iter().all(|line| line.met && line.n == 2));
        let text = report.to_string();
        assert!(text.contains("AMD, k = 100") && text.contains("40.0 x"), "{text}");
        assert!(!text.contains("busy"));
    }

    #[test]
    fn other_results_are_refused() {
        let of = |off| report(&side(1e-5, 0.0), &side(4e-4, off)).unwrap_err().to_string();
        assert!(of(1e-6).contains("AMD, k = 100 of U2Ti: off the peer's by 1.0e-6"));
        assert!(of(f64::NAN).contains("NaN"));
        let mut short = side(1e-5, 0.0);
        short.rows.pop();
        let e = report(&side(1e-5, 0.0), &short).unwrap_err().to_string();
        assert!(e.contains("emd-next: 2 rows of ours, 1 of the peer"), "{e}");
    }
}
