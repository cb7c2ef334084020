//! The chart of structural distance against pattern similarity, one point a task.

use super::number::column;
use super::page::Page;
use super::rates::in_order;
use crate::palette::colour;
use braggscape_record::Record;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Losses that are similarities with a minus sign, so that perfect agreement is -1.
const NEGATED: [&str; 6] =
    ["cosine", "entropy", "xcorr", "pearson", "de-gelder", "blurred-overlap"];

/// The name and value of a loss as papers plot it: a similarity where it is one.
pub(super) fn similarity_name(loss: &str) -> String {
    if NEGATED.contains(&loss) { format!("{loss} similarity") } else { format!("{loss} loss") }
}

fn similarity(loss: &str, value: f64) -> f64 {
    if NEGATED.contains(&loss) { -value } else { value }
}

/// Adds the chart, if any record has a distance.
pub(super) fn add(page: &mut Page, records: &[Record]) {
    let done: Vec<&Record> = records.iter().filter(|r| !r.failed()).collect();
    let distances = distances(&done);
    if distances.iter().all(|(_, values)| values.iter().all(Option::is_none)) {
        page.paragraph("No record has a distance between structures, so there is nothing to plot against similarity.");
        return;
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
        r.final_losses.get(loss).copied().or(own).map(|v| similarity(loss, v))
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
    let fallback = "<p>This chart needs JavaScript; the records hold its numbers.</p>";
    page.chart("scatter", label, &data, fallback);
}

/// What structures can be apart by: named columns, the metrics first.
fn distances(done: &[&Record]) -> Vec<(String, Vec<Option<f64>>)> {
    vec![(
        "rms displacement of matched results (no unit)".to_owned(),
        done.iter().map(|r| r.rms).collect(),
    )]
}
