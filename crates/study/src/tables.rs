//! Tables of a study: CSV files, and text for the terminal.

use crate::StudyError;
use braggscape_metrics::{EndRule, jeffreys_interval};
use braggscape_record::{
    CorrelationRow, Record, Summary, Timing, atomic, correlations, summarise, summarise_pooled,
};
use std::collections::BTreeMap;
use std::path::Path;

/// Confidence level of the intervals.
const LEVEL: f64 = 0.95;

/// Jeffreys 95 % interval of k successes in n trials.
pub fn rate_interval(successes: u64, trials: u64) -> (f64, f64) {
    jeffreys_interval(successes, trials, LEVEL, EndRule::Plain).unwrap_or((0.0, 1.0))
}

/// Columns of the summary tables.
const HEADINGS: [&str; 23] = [
    "structure",
    "noise",
    "level",
    "arm",
    "loss",
    "projector",
    "n",
    "failed",
    "noop_matched",
    "noop_rate",
    "matched",
    "match_rate",
    "match_rate_low",
    "match_rate_high",
    "strict",
    "strict_rate",
    "noop_strict",
    "median_loss_final",
    "median_evaluations",
    "certified",
    "certified_matched",
    "certified_strict",
    "ranked_matched",
];

pub(crate) fn rate(k: u64, n: u64) -> f64 {
    if n == 0 { 0.0 } else { k as f64 / n as f64 }
}

/// A summary table as CSV; the structure `all` pools every structure.
pub fn summary_csv(summaries: &[Summary]) -> String {
    let number = |x: Option<f64>| x.map_or_else(String::new, |x| x.to_string());
    let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
    for s in summaries {
        let (low, high) = rate_interval(s.matched, s.n);
        rows.push(vec![
            s.structure.clone().unwrap_or_else(|| "all".to_owned()),
            s.noise_kind.clone(),
            s.noise_level.to_string(),
            s.arm.clone(),
            s.loss.clone(),
            s.projector.clone(),
            s.n.to_string(),
            s.failed.to_string(),
            s.noop_matched.to_string(),
            rate(s.noop_matched, s.n).to_string(),
            s.matched.to_string(),
            rate(s.matched, s.n).to_string(),
            low.to_string(),
            high.to_string(),
            s.strict.to_string(),
            rate(s.strict, s.n).to_string(),
            s.noop_strict.to_string(),
            number(s.median_loss_final),
            number(s.median_evaluations),
            s.certified.to_string(),
            s.certified_matched.to_string(),
            s.certified_strict.to_string(),
            s.ranked_matched.to_string(),
        ]);
    }
    csv_text(rows)
}

/// Columns of the table of correlations.
const CORRELATION_HEADINGS: [&str; 13] = [
    "noise",
    "level",
    "arm",
    "loss",
    "projector",
    "metric",
    "against",
    "n",
    "mutual_information",
    "pearson",
    "pearson_p",
    "spearman",
    "spearman_p",
];

/// The table of correlations as CSV; empty cells are undefined.
pub fn correlations_csv(rows: &[CorrelationRow]) -> String {
    let number = |x: Option<f64>| x.map_or_else(String::new, |x| x.to_string());
    let mut table = vec![CORRELATION_HEADINGS.map(str::to_owned).to_vec()];
    for row in rows {
        table.push(vec![
            row.noise_kind.clone(),
            row.noise_level.to_string(),
            row.arm.clone(),
            row.loss.clone(),
            row.projector.clone(),
            row.metric.clone(),
            row.agreement.name().to_owned(),
            row.n.to_string(),
            number(row.mutual_information),
            number(row.pearson),
            number(row.pearson_p),
            number(row.spearman),
            number(row.spearman_p),
        ]);
    }
    csv_text(table)
}

/// Rows as CSV.
pub(crate) fn csv_text(rows: Vec<Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Writing to memory cannot fail.
        let _ = writer.write_record(row);
    }
    writer.into_inner().map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()
}

/// A summary table as aligned text; the rates of the untouched starts (no-op) stand before those of the results.
pub fn summary_text(records: &[Record]) -> String {
    let mut rows = vec![
        [
            "structure",
            "noise level",
            "projector",
            "arm",
            "n",
            "no-op",
            "match rate [95 %]",
            "no-op strict",
            "strict",
            "median loss",
            "evaluations",
            "certified (right)",
            "failed",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let mut add = |s: &Summary| {
        let (low, high) = rate_interval(s.matched, s.n);
        let median = |x: Option<f64>, digits: usize| {
            x.map_or_else(|| "-".to_owned(), |x| format!("{x:.digits$}"))
        };
        rows.push(vec![
            s.structure.clone().unwrap_or_else(|| "all".to_owned()),
            format!("{} {}", s.noise_kind, s.noise_level),
            s.projector.clone(),
            s.arm.clone(),
            s.n.to_string(),
            format!("{:.2}", rate(s.noop_matched, s.n)),
            format!("{:.2} [{low:.2}, {high:.2}]", rate(s.matched, s.n)),
            format!("{:.2}", rate(s.noop_strict, s.n)),
            format!("{:.2}", rate(s.strict, s.n)),
            median(s.median_loss_final, 4),
            median(s.median_evaluations, 0),
            if s.certified == 0 {
                "-".to_owned()
            } else {
                format!("{} ({})", s.certified, s.certified_matched)
            },
            s.failed.to_string(),
        ]);
    };
    summarise(records).iter().for_each(&mut add);
    summarise_pooled(records).iter().for_each(&mut add);
    align(&rows, 4)
}

/// Columns padded to their widest cell; the first `n_left` to the left, numbers to the right.
pub(crate) fn align(rows: &[Vec<String>], n_left: usize) -> String {
    let n = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..n).map(|i| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(
                |(i, (cell, w))| {
                    if i < n_left { format!("{cell:<w$}") } else { format!("{cell:>w$}") }
                },
            )
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Writes `tables/summary.csv` (by structure), `tables/pooled.csv` and `tables/correlations.csv`.
pub(crate) fn write(dir: &Path, records: &[Record]) -> Result<(), StudyError> {
    let tables = dir.join("tables");
    std::fs::create_dir_all(&tables).map_err(StudyError::io(&tables, "made"))?;
    let files = [
        ("summary.csv", summary_csv(&summarise(records))),
        ("pooled.csv", summary_csv(&summarise_pooled(records))),
        ("correlations.csv", correlations_csv(&correlations(records))),
    ];
    for (name, text) in files {
        atomic::write(&tables.join(name), text.as_bytes())?;
    }
    Ok(())
}

/// Wall seconds of the tasks of an arm at a noise level; one task at least.
pub(crate) struct ArmSeconds {
    /// Noise kind, noise level, arm.
    pub(crate) key: [String; 3],
    /// The seconds, ascending.
    pub(crate) sorted: Vec<f64>,
}

impl ArmSeconds {
    fn total(&self) -> f64 {
        self.sorted.iter().sum()
    }

    pub(crate) fn mean(&self) -> f64 {
        self.total() / self.sorted.len() as f64
    }

    pub(crate) fn median(&self) -> f64 {
        let n = self.sorted.len();
        0.5 * (self.sorted[(n - 1) / 2] + self.sorted[n / 2])
    }
}

/// Wall seconds by noise level and arm, in order of first appearance; tasks without a time are left out.
pub(crate) fn seconds_by_arm(records: &[Record], timings: &[Timing]) -> Vec<ArmSeconds> {
    let seconds: BTreeMap<u64, f64> =
        timings.iter().map(|t| (t.task_index, t.wall_seconds)).collect();
    let mut arms: Vec<ArmSeconds> = Vec::new();
    for r in records {
        let Some(s) = seconds.get(&r.task_index) else { continue };
        let key = [r.noise_kind.clone(), r.noise_level.to_string(), r.arm.clone()];
        match arms.iter_mut().find(|arm| arm.key == key) {
            Some(arm) => arm.sorted.push(*s),
            None => arms.push(ArmSeconds { key, sorted: vec![*s] }),
        }
    }
    for arm in &mut arms {
        arm.sorted.sort_by(f64::total_cmp);
    }
    arms
}

/// Writes `tables/timings.csv`: wall seconds by noise level and arm.
pub(crate) fn write_timing_table(
    dir: &Path,
    records: &[Record],
    timings: &[Timing],
) -> Result<(), StudyError> {
    let headings = [
        "noise",
        "level",
        "arm",
        "n",
        "total_seconds",
        "mean_seconds",
        "median_seconds",
        "max_seconds",
    ];
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    for arm in seconds_by_arm(records, timings) {
        let max = arm.sorted.last().copied().unwrap_or(0.0);
        let numbers = [arm.sorted.len() as f64, arm.total(), arm.mean(), arm.median(), max];
        rows.push(arm.key.into_iter().chain(numbers.map(|x| x.to_string())).collect());
    }
    let tables = dir.join("tables");
    std::fs::create_dir_all(&tables).map_err(StudyError::io(&tables, "made"))?;
    atomic::write(&tables.join("timings.csv"), csv_text(rows).as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rate_stands_without_that_of_doing_nothing() {
        let text = summary_text(&[]);
        for rate in ["match rate", "strict"] {
            let before = text.find(&format!("  {rate}")).map(|at| &text[..at]);
            assert!(before.is_some_and(|t| t.contains("no-op")), "{text}");
        }
        let heading = |name: &str| HEADINGS.iter().position(|h| *h == name);
        assert!(heading("noop_rate") < heading("match_rate") && heading("noop_rate").is_some());
        assert!(heading("noop_strict").is_some());
        assert!(text.contains("no-op  match rate [95 %]  no-op strict  strict"), "{text}");
    }
}
