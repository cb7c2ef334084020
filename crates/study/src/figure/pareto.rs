//! Arms that trade one goal for another: which of them no other arm beats in both.

use crate::tables::csv_text;
use braggscape_record::{Agreement, Record};

/// Medians of the misfit and of the metric that differ less are the same: descents end where their tolerances say.
pub const LEAST_DIFFERENCES: [f64; 2] = [1e-9, 1e-4];

/// The typical result of an arm at a noise level.
#[derive(Debug, Clone, PartialEq)]
pub struct ParetoRow {
    /// Name of the study.
    pub study: String,
    /// Label of the arm.
    pub arm: String,
    /// Number of tasks.
    pub n: u64,
    /// How many of them match the truth.
    pub matched: u64,
    /// Median misfit: 1 less the similarity of the patterns, or the loss where it is no similarity. Tasks without a result or without the
    /// metric count as infinite, here and in the other median.
    pub misfit: f64,
    /// Median of the metric.
    pub metric: f64,
    /// Whether no other arm of the study is as good in both and better in one.
    pub on_front: bool,
}

impl ParetoRow {
    /// Whether the arm has typical values: more than half of its tasks have them.
    pub fn is_finite(&self) -> bool {
        self.misfit.is_finite() && self.metric.is_finite()
    }
}

/// Typical results of the arms of studies.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ParetoTable {
    /// Kind of the metric.
    pub metric: String,
    /// The rows, study by study, in the order of the arms.
    pub rows: Vec<ParetoRow>,
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let (low, high) = (values.get(n.checked_sub(1)? / 2)?, values.get(n / 2)?);
    Some(0.5 * (low + high))
}

impl ParetoTable {
    /// Adds the arms of a study that have tasks at a level, if any of them has the metric.
    pub(super) fn add(&mut self, study: &str, records: &[Record], level: f64) {
        let at_level: Vec<&Record> =
            records.iter().filter(|r| r.noise_level.total_cmp(&level).is_eq()).collect();
        let metric = |r: &Record| r.final_metrics.get(&self.metric).copied();
        if at_level.iter().all(|r| metric(r).is_none()) {
            return;
        }
        let misfit = |r: &Record| {
            let agreement = Agreement::of(&r.loss);
            Some(match agreement {
                Agreement::Similarity => 1.0 - agreement.value(r.loss_final?),
                Agreement::Loss => agreement.value(r.loss_final?),
            })
        };
        let mut arms: Vec<(&str, &str)> = Vec::new();
        for r in &at_level {
            let arm = (r.arm.as_str(), r.noise_kind.as_str());
            if !arms.contains(&arm) {
                arms.push(arm);
            }
        }
        let row = |arm: &(&str, &str)| {
            let own: Vec<&Record> = at_level
                .iter()
                .filter(|r| (r.arm.as_str(), r.noise_kind.as_str()) == *arm)
                .copied()
                .collect();
            // What could not be evaluated is no better than what could.
            let values = |of: &dyn Fn(&Record) -> Option<f64>| {
                median(own.iter().map(|r| of(r).unwrap_or(f64::INFINITY)).collect())
            };
            Some(ParetoRow {
                study: study.to_owned(),
                arm: arm.0.to_owned(),
                n: own.len() as u64,
                matched: own.iter().filter(|r| r.matched == Some(true)).count() as u64,
                misfit: values(&misfit)?,
                metric: values(&metric)?,
                on_front: false,
            })
        };
        let mut rows: Vec<ParetoRow> = arms.iter().filter_map(row).collect();
        let goals: Vec<[f64; 2]> = rows.iter().map(|r| [r.misfit, r.metric]).collect();
        for (row, own) in rows.iter_mut().zip(&goals) {
            let beats = |other: &[f64; 2]| {
                let less: [f64; 2] = std::array::from_fn(|k| own[k] - other[k]);
                let mut both = less.iter().zip(LEAST_DIFFERENCES);
                both.clone().all(|(less, least)| *less > -least)
                    && both.any(|(less, least)| *less >= least)
            };
            row.on_front = row.is_finite() && !goals.iter().any(beats);
        }
        self.rows.extend(rows);
    }

    /// The table as CSV.
    pub fn csv(&self) -> String {
        let headings =
            ["study", "arm", "n", "matched", "median_misfit", "median_metric", "on_front"];
        let mut rows = vec![headings.map(str::to_owned).to_vec()];
        for r in &self.rows {
            rows.push(vec![
                r.study.clone(),
                r.arm.clone(),
                r.n.to_string(),
                r.matched.to_string(),
                r.misfit.to_string(),
                r.metric.to_string(),
                r.on_front.to_string(),
            ]);
        }
        csv_text(rows)
    }

    /// Rows of aligned text: headings first.
    pub(super) fn lines(&self) -> Vec<Vec<String>> {
        let headings = ["study", "arm", "n", "matched", "misfit", &self.metric, "front"];
        let mut lines = vec![headings.map(str::to_owned).to_vec()];
        for r in &self.rows {
            lines.push(vec![
                r.study.clone(),
                r.arm.clone(),
                r.n.to_string(),
                r.matched.to_string(),
                format!("{:.2e}", r.misfit),
                format!("{:.4}", r.metric),
                if r.on_front { "yes" } else { "-" }.to_owned(),
            ]);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// A result of an arm: its loss and its metric.
    fn record(arm: &str, loss: f64, metric: f64) -> Record {
        Record {
            arm: arm.to_owned(),
            loss: "cosine".to_owned(),
            noise_level: 0.1,
            loss_final: Some(loss),
            matched: Some(metric < 0.5),
            final_metrics: BTreeMap::from([("m".to_owned(), metric)]),
            ..Record::default()
        }
    }

    #[test]
    fn the_front_is_what_no_other_arm_beats() {
        let records = [
            record("fits", -0.99, 3.0),
            record("fits", -0.97, 1.0),
            record("fits", -0.98, 2.0),
            record("stable", -0.5, 0.25),
            record("stable", -0.7, 0.75),
            record("both", -0.9, 1.0),
            record("worse", -0.9, 1.5),
            record("twin", -0.9, 1.0),
        ];
        let mut table = ParetoTable { metric: "m".to_owned(), rows: Vec::new() };
        table.add("s", &records, 0.1);
        let found: Vec<(&str, u64, u64, bool)> =
            table.rows.iter().map(|r| (r.arm.as_str(), r.n, r.matched, r.on_front)).collect();
        let expected = [
            ("fits", 3, 0, true),
            ("stable", 2, 1, true),
            ("both", 1, 0, true),
            ("worse", 1, 0, false),
            ("twin", 1, 0, true),
        ];
        assert_eq!(found, expected);
        assert!((table.rows[0].misfit - 0.02).abs() < 1e-12);
        assert!((table.rows[1].misfit - 0.4).abs() < 1e-12);
        assert!((table.rows[1].metric - 0.5).abs() < 1e-12);
        assert_eq!(table.csv().lines().count(), 6);
        // Tasks without the metric are worse than any that have it.
        let mut failed = record("half", -0.999, 0.1);
        failed.final_metrics.clear();
        let half = [record("half", -0.999, 0.1), failed.clone(), record("half", -0.9, 0.2)];
        let mut gaps = ParetoTable { metric: "m".to_owned(), rows: Vec::new() };
        gaps.add("s", &half, 0.1);
        assert_eq!((gaps.rows[0].n, gaps.rows[0].on_front), (3, true));
        assert!((gaps.rows[0].metric - 0.2).abs() < 1e-12);
        gaps.add("s", &[half[0].clone(), failed.clone(), failed.clone()], 0.1);
        assert!(!gaps.rows[1].is_finite() && !gaps.rows[1].on_front);
        // Half of them is not enough, and an arm without any is there all the same.
        let none = Record { arm: "none".to_owned(), ..failed.clone() };
        gaps.add("t", &[half[0].clone(), failed, none.clone()], 0.1);
        let arms: Vec<&str> = gaps.rows[2..].iter().map(|r| r.arm.as_str()).collect();
        assert_eq!(arms, ["half", "none"]);
        assert!(gaps.rows[2..].iter().all(|r| !r.is_finite()));
        gaps.add("u", &[none], 0.1);
        assert_eq!(gaps.rows.len(), 4);
        // What differs by less than the least differences is the same.
        let near = [record("a", -0.99, 0.5), record("b", -0.99 - 5e-10, 0.50009)];
        gaps.add("v", &near, 0.1);
        assert!(gaps.rows[4].on_front && gaps.rows[5].on_front, "{:?}", &gaps.rows[4..]);
        let apart = [record("a", -0.99, 0.5), record("b", -0.99 - 5e-10, 0.50011)];
        gaps.add("w", &apart, 0.1);
        assert!(gaps.rows[6].on_front && !gaps.rows[7].on_front, "{:?}", &gaps.rows[6..]);
        // Other levels and studies do not matter to it.
        table.add("t", &records, 0.2);
        assert_eq!(table.rows.len(), 5);
        table.add("t", &records[6..7], 0.1);
        assert!(table.rows[5].on_front);
    }
}
