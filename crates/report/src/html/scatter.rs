//! The chart of structural distance against pattern similarity, one point a task.

use super::correlations::{MAIN_METRIC, metric_label, statistics};
use super::image::Figure;
use super::number::column;
use super::page::Page;
use super::rates::in_order;
use crate::palette::colour;
use crate::{ReportError, ScatterFigure, ScatterPanel, ScatterPoint, scatter_figure};
use braggscape_record::{Agreement, Record};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a loss is shown as: a similarity where it is one.
fn similarity_name(loss: &str) -> String {
    format!("{loss} {}", Agreement::of(loss).name())
}

/// Adds the chart, if any record has a distance.
///
/// # Errors
/// Those of [`scatter_figure`].
pub(super) fn add(page: &mut Page, records: &[Record]) -> Result<(), ReportError> {
    let done: Vec<&Record> = records.iter().filter(|r| !r.failed()).collect();
    let distances = distances(&done);
    if distances.iter().all(|(_, values)| values.iter().all(Option::is_none)) {
        page.paragraph("No record has a distance between structures, so there is nothing to plot against similarity.");
        return Ok(());
    }
    let level_of = |r: &Record| format!("{} {}", r.noise_kind, r.noise_level);
    let levels = in_order(done.iter().map(|r| level_of(r)));
    let arms = in_order(done.iter().map(|r| &r.arm));
    let structures = in_order(done.iter().map(|r| &r.structure));
    let index = |names: &[String]| -> BTreeMap<String, usize> {
        names.iter().enumerate().map(|(i, n)| (n.clone(), i)).collect()
    };
    let (level_idx, arm_idx, structure_idx) = (index(&levels), index(&arms), index(&structures));
    let place = |index: &BTreeMap<String, usize>, name: &str| index.get(name).copied().unwrap_or(0);
    let losses: BTreeSet<&String> =
        done.iter().flat_map(|r| r.final_losses.keys().chain([&r.loss])).collect();
    let value = |r: &Record, loss: &str| {
        let own = if r.loss == loss { r.loss_final } else { None };
        r.final_losses.get(loss).copied().or(own).map(|v| Agreement::of(loss).value(v))
    };
    let mut similarities = Map::new();
    for loss in &losses {
        let values: Vec<Option<f64>> = done.iter().map(|r| value(r, loss)).collect();
        similarities.insert(similarity_name(loss), column(&values));
    }
    let flag = |f: fn(&Record) -> Option<bool>| -> Vec<Value> {
        done.iter().map(|r| f(r).map_or(Value::Null, |b| Value::from(u8::from(b)))).collect()
    };
    let arm_data = arms.iter().enumerate().map(|(i, name)| {
        let loss = done.iter().find(|r| r.arm == *name).map_or("", |r| r.loss.as_str());
        json!({ "name": name, "colour": colour(i), "similarity": similarity_name(loss) })
    });
    let mut distance_data = Map::new();
    for (name, values) in &distances {
        if values.iter().any(Option::is_some) {
            distance_data.insert(name.clone(), column(values));
        }
    }
    let rms: Vec<Option<f64>> = done.iter().map(|r| r.rms).collect();
    let data = json!({
        "levels": levels, "structures": structures, "arms": arm_data.collect::<Vec<_>>(),
        "level": done.iter().map(|r| place(&level_idx, &level_of(r))).collect::<Vec<_>>(),
        "arm": done.iter().map(|r| place(&arm_idx, &r.arm)).collect::<Vec<_>>(),
        "structure": done.iter().map(|r| place(&structure_idx, &r.structure)).collect::<Vec<_>>(),
        "replicate": done.iter().map(|r| r.replicate).collect::<Vec<_>>(),
        "matched": flag(|r| r.matched), "strict": flag(|r| r.strict), "rms": column(&rms),
        "similarities": similarities, "distances": distance_data,
    });
    let label = "Scatter chart of the distance to the true structure against the similarity of the patterns, one point a task; \
                 the records hold its numbers";
    page.chart("scatter", label, &data, &fallback(&done, &levels, &arms, level_of)?);
    Ok(())
}

/// The same of one noise level, for where scripts do not run: a panel an arm.
fn fallback(
    done: &[&Record],
    levels: &[String],
    arms: &[String],
    level_of: impl Fn(&Record) -> String,
) -> Result<String, ReportError> {
    // The level in the middle, as the chart begins.
    let level = levels.get(levels.len().saturating_sub(1) / 2).map_or("", String::as_str);
    let at_level = || done.iter().copied().filter(|r| level_of(r) == level);
    let metrics: BTreeSet<&str> =
        at_level().flat_map(|r| r.final_metrics.keys()).map(String::as_str).collect();
    let main = metrics.contains(MAIN_METRIC).then_some(MAIN_METRIC);
    let Some(metric) = main.or_else(|| metrics.first().copied()) else {
        return Ok("<p>This chart needs JavaScript; the records hold its numbers.</p>".to_owned());
    };
    let panel = |arm: &String| {
        let of_arm: Vec<Record> = at_level().filter(|r| r.arm == *arm).cloned().collect();
        let loss = of_arm.first().map_or("", |r| r.loss.as_str());
        let point = |r: &Record| {
            let x = Agreement::of(loss).value(r.loss_final?);
            let y = *r.final_metrics.get(metric)?;
            Some(ScatterPoint { x, y, matched: r.matched == Some(true) })
        };
        ScatterPanel {
            title: arm.clone(),
            statistics: statistics(&of_arm, metric),
            x_label: similarity_name(loss),
            points: of_arm.iter().filter_map(point).collect(),
        }
    };
    let panels: Vec<ScatterPanel> =
        arms.iter().map(panel).filter(|p| !p.points.is_empty()).collect();
    let title = format!("{} and similarity, {level}", metric_label(metric));
    let columns = panels.len().min(3);
    let figure = ScatterFigure {
        title: title.clone(),
        y_label: metric_label(metric),
        columns,
        panels,
        ..ScatterFigure::default()
    };
    Ok(Figure::drawn("scatter", &title, scatter_figure(&figure)?).html("drawn"))
}

/// What structures can be apart by: named columns, the main metric first.
fn distances(done: &[&Record]) -> Vec<(String, Vec<Option<f64>>)> {
    let metrics: BTreeSet<&str> =
        done.iter().flat_map(|r| r.final_metrics.keys()).map(String::as_str).collect();
    let mut metrics: Vec<&str> = metrics.into_iter().collect();
    metrics.sort_by_key(|m| *m != MAIN_METRIC);
    let values = |metric: &str| done.iter().map(|r| r.final_metrics.get(metric).copied()).collect();
    let mut columns: Vec<(String, Vec<Option<f64>>)> =
        metrics.iter().map(|m| (metric_label(m), values(m))).collect();
    let rms = done.iter().map(|r| r.rms).collect();
    columns.push(("rms displacement of matches (no unit)".to_owned(), rms));
    columns
}
