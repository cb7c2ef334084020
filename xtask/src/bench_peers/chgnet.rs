//! CHGNet beside the Python package: `chgnet-timings` of the package `benches` and `tests/peers/chgnet`.

use super::show::{duration, times, write_table};
use super::{process, python, read, script};
use crate::assets;
use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

/// What is timed: name in our program, in the peer's, in the table, and how many times the peer's speed every crystal is to reach. The peer
/// relaxes by FIRE, as it does by default.
const KINDS: [(&str, &str, &str, f64); 4] = [
    ("evaluate", "evaluate", "energy, forces, stress", 10.0),
    ("evaluate-2", "evaluate-2", "the same, two threads each", 10.0),
    ("relax", "relax", "relaxation by the same steps, fmax 0.1 eV/Å", 15.0),
    ("relax-lbfgs", "relax", "relaxation by L-BFGS, fmax 0.1 eV/Å", 15.0),
];

/// How far energies may differ, eV an atom: the peer computes in single precision.
const TOLERANCE: f64 = 1e-5;

/// The same after relaxations, whose last steps may differ; by another method they may only end lower.
const RELAXED_TOLERANCE: f64 = 1e-3;

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
    /// eV an atom.
    energy: f64,
}

/// One kind over all crystals.
#[derive(Debug, Serialize)]
struct Line {
    kind: &'static str,
    n: usize,
    seconds: f64,
    peer_seconds: f64,
    total_ratio: f64,
    median_ratio: f64,
    smallest_ratio: f64,
    smallest_name: String,
    largest_difference: f64,
    goal: f64,
    /// Crystals that reach it.
    n_met: usize,
}

/// What was measured.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    versions: BTreeMap<String, String>,
    lines: Vec<Line>,
}

/// Measures both sides and checks that they agree.
///
/// # Errors
/// If weights cannot be installed, a side cannot be built or run, or the results of the two disagree.
pub(super) fn run(peers: &Path, folder: &Path, quick: bool) -> anyhow::Result<Report> {
    assets::run()?;
    let python = python::environment(&peers.join("chgnet/requirements.txt"))?;
    let fixture = process::root().join("tests/fixtures/chgnet.json.gz");
    let (mut ours, mut peer) = (None, None);
    for threads in ["1", "2"] {
        let mut program = process::cargo();
        program.args([
            "run",
            "--quiet",
            "--release",
            "--locked",
            "--package",
            "braggscape-benches",
        ]);
        program.args(["--bin", "chgnet-timings", "--", "--threads", threads, "--fixture"]);
        program.arg(&fixture).args(quick.then_some("--quick"));
        println!("$ {}", process::shown(&program));
        let side = serde_json::from_slice(&process::read(&mut program)?)
            .context("cannot understand the output of chgnet-timings")?;
        join(&mut ours, side, threads);
        let out = folder.join("chgnet.json");
        let mut script = script(&python, &peers.join("chgnet/script.py"));
        script.arg("--fixture").arg(&fixture).arg("--out").arg(&out).args(["--threads", threads]);
        process::run(script.args(["--runs", if quick { "3" } else { "7" }]))?;
        join(&mut peer, read(&out)?, threads);
    }
    let (Some(ours), Some(peer)) = (ours, peer) else { bail!("nothing was timed") };
    let report = report(&ours, &peer)?;
    let json = process::target_dir().join("bench-peers-chgnet.json");
    fs::write(&json, serde_json::to_string_pretty(&report)? + "\n")
        .with_context(|| format!("cannot write {}", json.display()))?;
    Ok(report)
}

/// Adds the evaluations of a run with more threads, under a name of their own.
fn join(side: &mut Option<Side>, run: Side, threads: &str) {
    let Some(side) = side else {
        *side = Some(run);
        return;
    };
    for row in run.rows.into_iter().filter(|row| row.kind == "evaluate") {
        side.rows.push(Row { kind: format!("evaluate-{threads}"), ..row });
    }
}

fn report(ours: &Side, peer: &Side) -> anyhow::Result<Report> {
    let mut lines = Vec::new();
    for (kind, of_peer, shown, goal) in KINDS {
        let tolerance = if kind.starts_with("evaluate") { TOLERANCE } else { RELAXED_TOLERANCE };
        let theirs: BTreeMap<&str, &Row> =
            peer.rows.iter().filter(|r| r.kind == of_peer).map(|r| (r.name.as_str(), r)).collect();
        let mut pairs = Vec::new();
        for own in ours.rows.iter().filter(|r| r.kind == kind) {
            let Some(other) = theirs.get(own.name.as_str()) else {
                bail!("{kind} of {}: the peer has no such row", own.name);
            };
            let above = own.energy - other.energy;
            let difference = if kind == "relax-lbfgs" { above.max(0.0) } else { above.abs() };
            let difference = if above.is_nan() { above } else { difference };
            if difference.is_nan() || difference > tolerance {
                bail!("{kind} of {}: off the peer's by {difference:.1e} eV an atom", own.name);
            }
            pairs.push((own, *other, difference));
        }
        if pairs.is_empty() || pairs.len() != theirs.len() {
            bail!("{kind}: {} rows of ours, {} of the peer", pairs.len(), theirs.len());
        }
        lines.push(line(shown, goal, &pairs));
    }
    Ok(Report { versions: peer.versions.clone(), lines })
}

/// `pairs` holds our row, the peer's and how far they differ, and is not empty.
fn line(kind: &'static str, goal: f64, pairs: &[(&Row, &Row, f64)]) -> Line {
    let mut ratios: Vec<(f64, &str)> = pairs
        .iter()
        .map(|(own, other, _)| (other.seconds / own.seconds, own.name.as_str()))
        .collect();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = pairs.len();
    let seconds = pairs.iter().map(|(own, ..)| own.seconds).sum::<f64>() / n as f64;
    let peer_seconds = pairs.iter().map(|(_, other, _)| other.seconds).sum::<f64>() / n as f64;
    Line {
        kind,
        n,
        seconds,
        peer_seconds,
        total_ratio: peer_seconds / seconds,
        median_ratio: f64::midpoint(ratios[(n - 1) / 2].0, ratios[n / 2].0),
        smallest_ratio: ratios[0].0,
        smallest_name: ratios[0].1.to_owned(),
        largest_difference: pairs.iter().map(|(.., d)| *d).fold(0.0, f64::max),
        goal,
        n_met: ratios.iter().filter(|(ratio, _)| *ratio >= goal).count(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions = self.versions.iter().map(|(name, version)| format!("{name} {version}"));
        let versions = versions.collect::<Vec<_>>().join(", ");
        writeln!(f, "CHGNet 0.3.0, mean of the crystals; {versions}")?;
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
                if line.n_met == line.n {
                    format!("{:.0} x each: met", line.goal)
                } else {
                    format!("{:.0} x each: met by {} of {}", line.goal, line.n_met, line.n)
                },
            ]
        });
        write_table(f, &head, &rows.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(seconds: f64, off: f64) -> Side {
        let row = |kind: &str, name: &str, share: f64| Row {
            kind: kind.to_owned(),
            name: name.to_owned(),
            seconds: seconds * share,
            energy: -4.0 + off,
        };
        let all = [("evaluate", "a", 1.0), ("evaluate", "b", 2.0), ("evaluate-2", "a", 0.7)];
        let all = all.into_iter().chain([("relax", "a", 30.0), ("relax-lbfgs", "a", 10.0)]);
        let rows = all.map(|(kind, name, share)| row(kind, name, share)).collect();
        Side { versions: BTreeMap::new(), rows }
    }

    #[test]
    fn runs_with_more_threads_are_joined_under_another_name() {
        let mut both = None;
        join(&mut both, side(1.0, 0.0), "1");
        join(&mut both, side(0.5, 0.0), "2");
        let rows = both.unwrap().rows;
        let twos: Vec<f64> =
            rows.iter().filter(|r| r.kind == "evaluate-2").map(|r| r.seconds).collect();
        assert_eq!((rows.len(), twos.len()), (7, 3));
        assert!((twos[2] - 1.0).abs() < 1e-12, "{twos:?}");
    }

    #[test]
    fn every_crystal_must_reach_the_goal() {
        let mut peer = side(0.2, 1e-6);
        let report = report(&side(0.01, 0.0), &peer).unwrap();
        assert!(report.lines.iter().all(|line| line.n_met == line.n), "{report}");
        peer.rows[1].seconds = 0.19;
        let report = super::report(&side(0.01, 0.0), &peer).unwrap();
        let line = &report.lines[0];
        assert!(line.n_met == 1 && line.smallest_name == "b", "{report}");
        assert!(report.to_string().contains("10 x each: met by 1 of 2"), "{report}");
    }

    #[test]
    fn another_method_may_end_lower_and_not_higher() {
        let ends = |off: f64| {
            let mut ours = side(0.01, 0.0);
            ours.rows.iter_mut().filter(|r| r.kind == "relax-lbfgs").for_each(|r| r.energy += off);
            report(&ours, &side(0.2, 0.0))
        };
        let lower = ends(-0.1).unwrap();
        assert!(lower.lines[3].largest_difference.abs() < 1e-12, "{lower}");
        let e = ends(2e-3).unwrap_err().to_string();
        assert!(e.contains("relax-lbfgs of a: off the peer's by 2.0e-3"), "{e}");
    }

    #[test]
    fn other_results_are_refused() {
        let of = |off| report(&side(0.01, 0.0), &side(0.2, off)).unwrap_err().to_string();
        assert!(of(1e-4).contains("evaluate of a: off the peer's by 1.0e-4"));
        assert!(of(f64::NAN).contains("NaN"));
        let mut short = side(0.2, 0.0);
        short.rows.truncate(3);
        let e = report(&side(0.01, 0.0), &short).unwrap_err().to_string();
        assert!(e.contains("relax of a: the peer has no such row"), "{e}");
    }
}
