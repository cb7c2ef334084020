//! Several studies as one table: how often every arm brings the structure back, and what that costs.

use crate::tables::{csv_text, rate, rate_interval, seconds_by_arm};
use braggscape_record::{Record, Summary, Timing, summarise_pooled};

/// Wall times of the tasks of an arm at a noise level, seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seconds {
    /// Number of tasks whose time is known.
    pub n: u64,
    /// Their median.
    pub median: f64,
    /// Their mean.
    pub mean: f64,
}

/// An arm of a study at one noise level, pooled over structures.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyRow {
    /// Counts and medians.
    pub summary: Summary,
    /// Wall times, where they are known.
    pub seconds: Option<Seconds>,
}

/// The rows of a study, level by level, at each level in the order of its arms.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyStudy {
    /// Its name, as that of its folder.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The rows.
    pub rows: Vec<StrategyRow>,
}

/// Studies whose arms are strategies, as one table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StrategyTable {
    /// The studies, in the order of the figure's file.
    pub studies: Vec<StrategyStudy>,
}

/// Columns of the table.
const HEADINGS: [&str; 23] = [
    "study",
    "noise",
    "level",
    "arm",
    "n",
    "failed",
    "noop_matched",
    "noop_rate",
    "matched",
    "match_rate",
    "match_rate_low",
    "match_rate_high",
    "noop_strict",
    "noop_strict_rate",
    "strict",
    "strict_rate",
    "strict_rate_low",
    "strict_rate_high",
    "certified",
    "certified_matched",
    "certified_strict",
    "ranked_matched",
    "median_evaluations",
];

impl StrategyTable {
    /// Adds the rows of a study's records.
    pub(super) fn add(&mut self, name: &str, title: &str, records: &[Record]) {
        let row = |summary| StrategyRow { summary, seconds: None };
        self.studies.push(StrategyStudy {
            name: name.to_owned(),
            title: title.to_owned(),
            rows: summarise_pooled(records).into_iter().map(row).collect(),
        });
    }

    /// Adds the wall times of the study of this name, whose records these are.
    pub fn add_seconds(&mut self, study: &str, records: &[Record], timings: &[Timing]) {
        let by_arm = seconds_by_arm(records, timings);
        for row in self.studies.iter_mut().filter(|s| s.name == study).flat_map(|s| &mut s.rows) {
            let s = &row.summary;
            let key = [s.noise_kind.clone(), s.noise_level.to_string(), s.arm.clone()];
            row.seconds = by_arm.iter().find(|a| a.key == key).map(|a| Seconds {
                n: a.sorted.len() as u64,
                median: a.median(),
                mean: a.mean(),
            });
        }
    }

    fn rows(&self) -> impl Iterator<Item = (&StrategyStudy, &StrategyRow)> {
        self.studies.iter().flat_map(|study| study.rows.iter().map(move |row| (study, row)))
    }

    /// The table as CSV, without times.
    pub fn csv(&self) -> String {
        let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
        for (study, row) in self.rows() {
            let s = &row.summary;
            let (low, high) = rate_interval(s.matched, s.n);
            let (strict_low, strict_high) = rate_interval(s.strict, s.n);
            let (mut cells, n) = (key(study, s), s.n);
            cells.extend([n, s.failed, s.noop_matched].map(|k| k.to_string()));
            cells.push(rate(s.noop_matched, n).to_string());
            cells.push(s.matched.to_string());
            cells.extend([rate(s.matched, n), low, high].map(|x| x.to_string()));
            cells.push(s.noop_strict.to_string());
            cells.push(rate(s.noop_strict, n).to_string());
            cells.push(s.strict.to_string());
            cells.extend([rate(s.strict, n), strict_low, strict_high].map(|x| x.to_string()));
            let counts = [s.certified, s.certified_matched, s.certified_strict, s.ranked_matched];
            cells.extend(counts.map(|k| k.to_string()));
            cells.push(s.median_evaluations.map_or_else(String::new, |x| x.to_string()));
            rows.push(cells);
        }
        csv_text(rows)
    }

    /// The wall times as CSV; rows without a time have empty cells. They differ from one run to the next.
    pub fn timings_csv(&self) -> String {
        let headings = ["study", "noise", "level", "arm", "n", "median_seconds", "mean_seconds"];
        let mut rows = vec![headings.map(str::to_owned).to_vec()];
        for (study, row) in self.rows() {
            let mut cells = key(study, &row.summary);
            cells.extend(match row.seconds {
                Some(s) => [s.n.to_string(), s.median.to_string(), s.mean.to_string()],
                None => ["0".to_owned(), String::new(), String::new()],
            });
            rows.push(cells);
        }
        csv_text(rows)
    }

    /// Rows of aligned text: headings first.
    pub(super) fn lines(&self) -> Vec<Vec<String>> {
        let headings = [
            "study",
            "noise level",
            "arm",
            "n",
            "failed",
            "no-op",
            "match rate [95 %]",
            "no-op strict",
            "strict",
            "certified",
            "cert. right",
            "cert. strict",
            "ranked",
            "evaluations",
            "median s",
            "mean s",
        ];
        let mut lines = vec![headings.map(str::to_owned).to_vec()];
        for (study, row) in self.rows() {
            let s = &row.summary;
            let (low, high) = rate_interval(s.matched, s.n);
            let share = |k| format!("{:.3}", rate(k, s.n));
            let of_certified =
                |k: u64| if s.certified == 0 { "-".to_owned() } else { k.to_string() };
            let seconds = |get: fn(Seconds) -> f64| {
                row.seconds.map_or_else(|| "-".to_owned(), |t| format!("{:.4}", get(t)))
            };
            lines.push(vec![
                study.name.clone(),
                format!("{} {}", s.noise_kind, s.noise_level),
                s.arm.clone(),
                s.n.to_string(),
                s.failed.to_string(),
                share(s.noop_matched),
                format!("{} [{low:.3}, {high:.3}]", share(s.matched)),
                share(s.noop_strict),
                share(s.strict),
                of_certified(s.certified),
                of_certified(s.certified_matched),
                of_certified(s.certified_strict),
                s.ranked_matched.to_string(),
                s.median_evaluations.map_or_else(|| "-".to_owned(), |x| format!("{x:.0}")),
                seconds(|t| t.median),
                seconds(|t| t.mean),
            ]);
        }
        lines
    }
}

/// The cells that say which row it is.
fn key(study: &StrategyStudy, s: &Summary) -> Vec<String> {
    vec![study.name.clone(), s.noise_kind.clone(), s.noise_level.to_string(), s.arm.clone()]
}
