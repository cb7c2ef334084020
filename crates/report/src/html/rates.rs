//! Charts of match rates: over all structures by noise level, and by structure at one level.

use super::image::Figure;
use super::number::chart;
use super::page::Page;
use super::summary::{interval, rate};
use crate::palette::colour;
use crate::{MatchRateFigure, ReportError, groups_by_noise_level, match_rate_figure};
use braggscape_record::{Record, Summary, summarise, summarise_pooled};
use serde_json::{Value, json};

/// Most structures that one chart shows side by side.
const MOST_STRUCTURES: usize = 40;

/// Adds one chart a noise kind.
///
/// # Errors
/// Those of [`match_rate_figure`].
pub(super) fn add(page: &mut Page, records: &[Record], title: &str) -> Result<(), ReportError> {
    let (pooled, by_structure) = (summarise_pooled(records), summarise(records));
    for kind in in_order(pooled.iter().map(|s| &s.noise_kind)) {
        let of_kind = |s: &&Summary| s.noise_kind == kind;
        let pooled: Vec<&Summary> = pooled.iter().filter(of_kind).collect();
        let by_structure: Vec<&Summary> = by_structure.iter().filter(of_kind).collect();
        let arms = in_order(pooled.iter().map(|s| &s.arm));
        let mut views =
            vec![view("all structures, by noise level", &axis_label(&kind), &arms, &pooled, |s| {
                s.noise_level.to_string()
            })];
        let levels = in_order(pooled.iter().map(|s| s.noise_level.to_string()));
        for level in &levels {
            let at_level: Vec<&Summary> = by_structure
                .iter()
                .copied()
                .filter(|s| s.noise_level.to_string() == *level)
                .collect();
            let structures = in_order(at_level.iter().filter_map(|s| s.structure.clone()));
            if (2..=MOST_STRUCTURES).contains(&structures.len()) {
                let label = format!("by structure, {kind} {level}");
                let name = |s: &Summary| s.structure.clone().unwrap_or_default();
                views.push(view(&label, "structure", &arms, &at_level, name));
            }
        }
        let figure = MatchRateFigure {
            title: title.to_owned(),
            x_label: axis_label(&kind),
            groups: groups_by_noise_level(pooled.iter().copied(), whisker),
            ..MatchRateFigure::default()
        };
        let svg = match_rate_figure(&figure)?;
        let fallback = Figure::drawn("match_rate", title, svg).html("drawn");
        let label =
            format!("Bar chart of match rates after {kind} noise; the table below has its numbers");
        page.chart("rates", &label, &json!({ "views": views }), &fallback);
    }
    Ok(())
}

/// What the horizontal axis shows.
fn axis_label(kind: &str) -> String {
    match kind {
        "strain" => "random strain σ (relative)".to_owned(),
        "coordinates" => "random displacement σ (fraction of the cell edge)".to_owned(),
        other => format!("noise level of {other}"),
    }
}

/// The interval as a whisker, which does not leave out the rate itself.
fn whisker(k: u64, n: u64) -> (f64, f64) {
    let (low, high) = interval(k, n);
    (low.min(rate(k, n)), high.max(rate(k, n)))
}

/// Every value once, in order of first appearance.
pub(super) fn in_order<T: ToString>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for value in values {
        let value = value.to_string();
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

/// Groups of bars: a column of numbers for each arm, with holes where it is missing.
fn view(
    label: &str,
    axis: &str,
    arms: &[String],
    summaries: &[&Summary],
    group_of: impl Fn(&Summary) -> String,
) -> Value {
    let groups = in_order(summaries.iter().map(|s| group_of(s)));
    let arm = |(idx, name): (usize, &String)| {
        let of_group = |group: &String| {
            summaries.iter().copied().find(|s| s.arm == *name && group_of(s) == *group && s.n > 0)
        };
        let column = |f: &dyn Fn(&Summary) -> f64| -> Vec<Value> {
            groups.iter().map(|g| chart(of_group(g).map(f))).collect()
        };
        json!({
            "name": name, "colour": colour(idx),
            "n": column(&|s| s.n as f64), "matched": column(&|s| s.matched as f64),
            "rate": column(&|s| rate(s.matched, s.n)),
            "low": column(&|s| whisker(s.matched, s.n).0), "high": column(&|s| whisker(s.matched, s.n).1),
            "strict": column(&|s| rate(s.strict, s.n)), "noop_strict": column(&|s| rate(s.noop_strict, s.n)),
            "failed": column(&|s| s.failed as f64),
        })
    };
    let noop = groups.iter().map(|group| {
        let of_group = || summaries.iter().filter(|s| group_of(s) == *group);
        let n: u64 = of_group().map(|s| s.n).sum();
        let matched: u64 = of_group().map(|s| s.noop_matched).sum();
        chart((n > 0).then(|| rate(matched, n)))
    });
    json!({
        "label": label, "axis": axis, "groups": groups,
        "noop": noop.collect::<Vec<_>>(), "arms": arms.iter().enumerate().map(arm).collect::<Vec<_>>(),
    })
}
