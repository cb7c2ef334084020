//! Counts and medians of groups of records, as tables and figures show them.

use crate::Record;
use serde::Serialize;
use std::collections::HashMap;

/// What became of the tasks that share a structure, a noise and an arm.
///
/// Rates and their intervals are left to the caller: the number of trials of a rate is `n`, so that a failed task counts
/// as not recovered. A task whose verdict is missing though it did not fail counts as not recovered as well.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Summary {
    /// Name of the structure; nothing when the group is pooled over structures.
    pub structure: Option<String>,
    /// Kind of the noise model.
    pub noise_kind: String,
    /// Level of the noise.
    pub noise_level: f64,
    /// Label of the combination.
    pub arm: String,
    /// Kind of the loss.
    pub loss: String,
    /// Kind of the projector.
    pub projector: String,
    /// Number of tasks, failed ones included.
    pub n: u64,
    /// Number of failed tasks.
    pub failed: u64,
    /// Number of tasks whose distorted start already matched.
    pub noop_matched: u64,
    /// Number of tasks whose final structure matched.
    pub matched: u64,
    /// Number of tasks recovered within the strict bounds.
    pub strict: u64,
    /// Number of tasks whose distorted start already met the strict bounds.
    pub noop_strict: u64,
    /// Number of tasks whose strategy vouched for its result.
    pub certified: u64,
    /// Number of these whose result matched.
    pub certified_matched: u64,
    /// Number of these recovered within the strict bounds.
    pub certified_strict: u64,
    /// Number of tasks whose result, or another structure that the strategy ranks beside it, matched.
    pub ranked_matched: u64,
    /// Median final loss of the tasks that have one; of an even number, the mean of the middle two.
    pub median_loss_final: Option<f64>,
    /// Median number of forward simulations of the tasks that did not fail.
    pub median_evaluations: Option<f64>,
}

/// Summaries by structure, noise kind, noise level, arm, loss and projector, in order of first appearance by task index.
///
/// # Examples
/// ```
/// use braggscape_record::{Record, summarise};
///
/// let row = |task_index, matched| Record {
///     task_index,
///     matched: Some(matched),
///     loss_final: Some(0.25),
///     evaluations: 10,
///     ..Record::default()
/// };
/// let groups = summarise(&[row(0, true), row(1, false)]);
/// assert_eq!((groups[0].matched, groups[0].n), (1, 2));
/// assert_eq!(groups[0].median_evaluations, Some(10.0));
/// ```
pub fn summarise(records: &[Record]) -> Vec<Summary> {
    group(records, true)
}

/// As [`summarise`], with all structures in one group.
pub fn summarise_pooled(records: &[Record]) -> Vec<Summary> {
    group(records, false)
}

#[derive(Default)]
struct Samples {
    losses: Vec<f64>,
    evaluations: Vec<f64>,
}

fn group(records: &[Record], by_structure: bool) -> Vec<Summary> {
    let mut sorted: Vec<&Record> = records.iter().collect();
    sorted.sort_by_key(|r| r.task_index);
    // The map only finds the place of a group; the order is that of the vector.
    let mut place = HashMap::new();
    let mut groups: Vec<(Summary, Samples)> = Vec::new();
    for r in sorted {
        let structure = by_structure.then_some(r.structure.as_str());
        let level = r.noise_level.to_bits();
        let key = (structure, &r.noise_kind, level, &r.arm, &r.loss, &r.projector);
        let idx = *place.entry(key).or_insert_with(|| {
            let summary = Summary {
                structure: structure.map(str::to_owned),
                noise_kind: r.noise_kind.clone(),
                noise_level: r.noise_level,
                arm: r.arm.clone(),
                loss: r.loss.clone(),
                projector: r.projector.clone(),
                ..Summary::default()
            };
            groups.push((summary, Samples::default()));
            groups.len() - 1
        });
        let (summary, samples) = &mut groups[idx];
        let yes = |flag: Option<bool>| u64::from(flag == Some(true));
        summary.n += 1;
        summary.failed += u64::from(r.failed());
        summary.noop_matched += yes(r.noop_matched);
        summary.noop_strict += yes(r.noop_strict);
        summary.matched += yes(r.matched);
        summary.strict += yes(r.strict);
        if r.certified == Some(true) {
            summary.certified += 1;
            summary.certified_matched += yes(r.matched);
            summary.certified_strict += yes(r.strict);
        }
        summary.ranked_matched += yes(r.ranked_matched.or(r.matched));
        samples.losses.extend(r.loss_final);
        if !r.failed() {
            samples.evaluations.push(r.evaluations as f64);
        }
    }
    let close = |(summary, samples): (Summary, Samples)| Summary {
        median_loss_final: median(samples.losses),
        median_evaluations: median(samples.evaluations),
        ..summary
    };
    groups.into_iter().map(close).collect()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = values[values.len() / 2 - 1];
    Some(lower + (upper - lower) / 2.0)
}
