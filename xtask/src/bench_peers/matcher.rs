//! The structure matcher beside pymatgen's: `matcher-timings` of the package `benches` and `tests/peers/matcher`.

use super::show::{duration, times, write_table};
use super::{process, python, read, script};
use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

/// How many times pymatgen's speed a set of pairs is to reach.
const GOAL: f64 = 150.0;

/// How far numbers may differ.
const TOLERANCE: f64 = 1e-6;

/// Where both programs are asked.
const OPERATIONS: [&str; 2] = ["fit", "rms"];

#[derive(Debug, Deserialize)]
struct Ours {
    rows: Vec<OurRow>,
}

#[derive(Debug, Deserialize)]
struct OurRow {
    set: String,
    kind: String,
    #[serde(flatten)]
    row: Row,
}

#[derive(Debug, Deserialize)]
struct Peer {
    versions: BTreeMap<String, String>,
    rows: Vec<Row>,
}

/// Seconds of both operations, and what they gave.
#[derive(Debug, Deserialize)]
struct Row {
    fit: f64,
    rms: f64,
    #[serde(rename = "match")]
    matched: bool,
    rms_dist: Option<[f64; 2]>,
}

impl Row {
    fn seconds(&self, operation: &str) -> f64 {
        if operation == "fit" { self.fit } else { self.rms }
    }

    fn agrees(&self, other: &Self) -> bool {
        let near = match (self.rms_dist, other.rms_dist) {
            (Some(x), Some(y)) => x.iter().zip(y).all(|(x, y)| (x - y).abs() < TOLERANCE),
            (None, None) => true,
            _ => false,
        };
        self.matched == other.matched && near
    }
}

/// One operation on one set of pairs.
#[derive(Debug, Serialize)]
struct Line {
    operation: &'static str,
    set: String,
    n: usize,
    seconds: f64,
    peer_seconds: f64,
    total_ratio: f64,
    median_ratio: f64,
    smallest_ratio: f64,
    smallest_kind: String,
    n_reach_goal: usize,
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
/// If a side cannot be built, installed or run, or the results of the two disagree.
pub(super) fn run(peers: &Path, folder: &Path, quick: bool) -> anyhow::Result<Report> {
    let python = python::environment(&peers.join("matcher/requirements.txt"))?;
    let pairs = folder.join("matcher-pairs.json");
    let mut ours = process::cargo();
    ours.args(["run", "--quiet", "--release", "--locked", "--package", "braggscape-benches"]);
    ours.args(["--bin", "matcher-timings", "--", "--pairs"]).arg(&pairs);
    ours.args(["--every", if quick { "23" } else { "7" }]).args(quick.then_some("--quick"));
    println!("$ {}", process::shown(&ours));
    let ours: Ours = serde_json::from_slice(&process::read(&mut ours)?)
        .context("cannot understand the output of matcher-timings")?;
    let out = folder.join("matcher.json");
    let mut script = script(&python, &peers.join("matcher/script.py"));
    script.arg("--pairs").arg(&pairs).arg("--out").arg(&out);
    process::run(script.args(["--runs", if quick { "1" } else { "3" }]))?;
    let report = report(&ours, &read(&out)?)?;
    let json = process::target_dir().join("bench-peers-matcher.json");
    fs::write(&json, serde_json::to_string_pretty(&report)? + "\n")
        .with_context(|| format!("cannot write {}", json.display()))?;
    Ok(report)
}

fn report(ours: &Ours, peer: &Peer) -> anyhow::Result<Report> {
    if ours.rows.len() != peer.rows.len() || ours.rows.is_empty() {
        bail!("matcher: {} pairs of ours, {} of the peer", ours.rows.len(), peer.rows.len());
    }
    let both = || ours.rows.iter().zip(&peer.rows);
    if let Some((own, theirs)) = both().find(|(own, theirs)| !own.row.agrees(theirs)) {
        bail!(
            "matcher: {} of {}: ours {} {:?}, pymatgen {} {:?}",
            own.kind,
            own.set,
            own.row.matched,
            own.row.rms_dist,
            theirs.matched,
            theirs.rms_dist
        );
    }
    let mut sets: Vec<&String> = ours.rows.iter().map(|r| &r.set).collect();
    sets.sort();
    sets.dedup();
    let mut lines = Vec::new();
    for operation in OPERATIONS {
        for set in &sets {
            let pairs = both().filter(|(own, _)| own.set == **set).map(|(own, theirs)| {
                (own.row.seconds(operation), theirs.seconds(operation), own.kind.as_str())
            });
            lines.push(line(operation, set, &pairs.collect::<Vec<_>>()));
        }
    }
    Ok(Report { versions: peer.versions.clone(), lines })
}

/// `pairs` holds our seconds, the peer's, and the kind; it is not empty.
fn line(operation: &'static str, set: &str, pairs: &[(f64, f64, &str)]) -> Line {
    let mut ratios = pairs.iter().map(|(own, peer, kind)| (peer / own, *kind)).collect::<Vec<_>>();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = pairs.len();
    let seconds = pairs.iter().map(|p| p.0).sum::<f64>();
    let peer_seconds = pairs.iter().map(|p| p.1).sum::<f64>();
    Line {
        operation,
        set: set.to_owned(),
        n,
        seconds: seconds / n as f64,
        peer_seconds: peer_seconds / n as f64,
        total_ratio: peer_seconds / seconds,
        median_ratio: f64::midpoint(ratios[(n - 1) / 2].0, ratios[n / 2].0),
        smallest_ratio: ratios[0].0,
        smallest_kind: ratios[0].1.to_owned(),
        n_reach_goal: ratios.iter().filter(|r| r.0 >= GOAL).count(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions = self.versions.iter().map(|(name, version)| format!("{name} {version}"));
        writeln!(
            f,
            "Structure matcher, nothing kept between pairs (goal: each set {GOAL:.0} x pymatgen); {}",
            versions.collect::<Vec<_>>().join(", ")
        )?;
        let head = [
            "operation",
            "pairs",
            "number",
            "ours",
            "pymatgen",
            "total",
            "median",
            "smallest",
            "of",
            "reach 150 x",
            "goal",
        ];
        let rows = self.lines.iter().map(|line| {
            let met = if line.total_ratio >= GOAL { "met" } else { "NOT met" };
            vec![
                line.operation.to_owned(),
                line.set.clone(),
                line.n.to_string(),
                duration(line.seconds),
                duration(line.peer_seconds),
                times(line.total_ratio),
                times(line.median_ratio),
                times(line.smallest_ratio),
                line.smallest_kind.clone(),
                format!("{} of {}", line.n_reach_goal, line.n),
                met.to_owned(),
            ]
        });
        write_table(f, &head, &rows.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = r#"{"rows": [
        {"set": "study crystals", "kind": "strain 0.1", "fit": 1e-5, "rms": 2e-5, "match": true, "rms_dist": [0.01, 0.02]},
        {"set": "study crystals", "kind": "strain 0.2", "fit": 1e-5, "rms": 1e-5, "match": false, "rms_dist": null}]}"#;

    const PEER: &str = r#"{"versions": {"pymatgen": "2.0"}, "rows": [
        {"fit": 3e-3, "rms": 4e-3, "match": true, "rms_dist": [0.01, 0.02]},
        {"fit": 1e-3, "rms": 1e-3, "match": false, "rms_dist": null}]}"#;

    fn made(peer: &str) -> anyhow::Result<Report> {
        report(&serde_json::from_str(OURS)?, &serde_json::from_str(peer)?)
    }

    #[test]
    fn times_and_ratios_are_told() {
        let text = made(PEER).unwrap().to_string();
        let row = text.lines().find(|l| l.starts_with("fit")).unwrap();
        let words = row.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            words,
            "fit study crystals 2 10.0 us 2.00 ms 200 x 200 x 100 x strain 0.2 1 of 2 met"
        );
    }

    #[test]
    fn other_answers_are_refused() {
        for (from, to) in [("true", "false"), ("[0.01, 0.02]", "[0.01, 0.021]"), ("null", "[1, 1]")]
        {
            let error = made(&PEER.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains("study crystals"), "{error}");
        }
    }
}
