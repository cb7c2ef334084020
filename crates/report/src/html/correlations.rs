//! Mutual information, Pearson and Spearman coefficients, in the layout of the paper: a row a noise level, a column an arm.

use super::number::signed;
use super::page::Page;
use super::rates::in_order;
use super::table::{Cell, Heading, details, table};
use braggscape_record::{CorrelationRow, Record, correlations};

/// The metric whose tables stand open; those of others are behind a line.
pub(super) const MAIN_METRIC: &str = "pdd-emd";

/// A statistic: its name, its name in the file, and its value.
type Statistic = (&'static str, &'static str, fn(&CorrelationRow) -> Option<f64>);

const STATISTICS: [Statistic; 3] = [
    ("Mutual information (nats)", "mutual_information", |r| r.mutual_information),
    ("Pearson coefficient", "pearson", |r| r.pearson),
    ("Spearman coefficient", "spearman", |r| r.spearman),
];

/// What a metric is called.
fn metric_name(metric: &str) -> &str {
    match metric {
        "pdd-emd" => "PDD earth mover's distance",
        "amd-linf" => "AMD L∞ distance",
        other => other,
    }
}

/// The same with its unit, as an axis has it.
pub(super) fn metric_label(metric: &str) -> String {
    let unit = if matches!(metric, "pdd-emd" | "amd-linf") { " (Å)" } else { "" };
    format!("{}{unit}", metric_name(metric))
}

/// The statistics of one metric of the records of an arm at one level, in a line.
pub(super) fn statistics(records: &[Record], metric: &str) -> String {
    let rows = correlations(records);
    let row = rows.iter().find(|r| r.metric == metric);
    let part = |(name, value): (&str, Option<f64>)| Some(format!("{name} {}", signed(value?)));
    let parts = row
        .map(|r| [("MI", r.mutual_information), ("Pearson", r.pearson), ("Spearman", r.spearman)]);
    parts.into_iter().flatten().filter_map(part).collect::<Vec<_>>().join(", ")
}

/// Adds the tables, if any record has a metric.
pub(super) fn add(page: &mut Page, records: &[Record], merged: bool) {
    page.heading(if merged { "Correlations of all studies" } else { "Correlations" });
    let rows = correlations(records);
    if rows.is_empty() {
        page.paragraph("No record has a metric of structures, so there is nothing to correlate with the patterns.");
        return;
    }
    page.paragraph(
        "Between the final distance to the true structure and the final similarity of the patterns in the loss of the arm (the loss \
         itself where it is no similarity, as mse), over all tasks of a noise level that did not fail. High similarity means \
         the right structure where a coefficient is near \u{2212}1 (near 1 with mse).",
    );
    let source = if merged { "" } else { "tables/correlations.csv" };
    let mut metrics = in_order(rows.iter().map(|r| &r.metric));
    metrics.sort_by_key(|m| m != MAIN_METRIC);
    let has_main = metrics.iter().any(|m| m == MAIN_METRIC);
    for metric in &metrics {
        let of_metric: Vec<&CorrelationRow> = rows.iter().filter(|r| r.metric == *metric).collect();
        let tables: String =
            STATISTICS.iter().map(|s| pivot(&of_metric, s, metric, source)).collect();
        let tables = format!("<div class=\"row\">{tables}</div>\n");
        if metric == MAIN_METRIC || !has_main {
            page.subheading(metric_name(metric));
            page.push(&tables);
        } else {
            page.push(&details(&format!("The same with the {}", metric_name(metric)), &tables));
        }
    }
}

/// One statistic of one metric: rows are noise and level, columns arms.
fn pivot(rows: &[&CorrelationRow], statistic: &Statistic, metric: &str, source: &str) -> String {
    let (name, field, value) = statistic;
    let arms = in_order(rows.iter().map(|r| &r.arm));
    let mut headings = vec![Heading::new("noise", "noise"), Heading::number("level", "level")];
    headings.extend(arms.iter().map(|arm| Heading::number(arm, *field)));
    let mut places: Vec<(&str, f64)> = Vec::new();
    for r in rows {
        let place = (r.noise_kind.as_str(), r.noise_level);
        if !places.iter().any(|p| p.0 == place.0 && p.1.to_bits() == place.1.to_bits()) {
            places.push(place);
        }
    }
    let row = |(kind, level): &(&str, f64)| {
        let cell = |arm: &String| {
            let found = rows.iter().find(|r| {
                r.noise_kind == *kind && r.noise_level.to_bits() == level.to_bits() && r.arm == *arm
            });
            match found {
                None => Cell::text(""),
                Some(r) => {
                    let key = [*kind, &level.to_string(), arm, metric, field].join("|");
                    Cell::coefficient(value(r)).with_key(key)
                }
            }
        };
        let first = [Cell::word(*kind), Cell::csv(&level.to_string())];
        first.into_iter().chain(arms.iter().map(cell)).collect()
    };
    let body: Vec<Vec<Cell>> = places.iter().map(row).collect();
    let (least, most) = (rows.iter().map(|r| r.n).min(), rows.iter().map(|r| r.n).max());
    let n = match (least, most) {
        (Some(a), Some(b)) if a != b => format!("{a} to {b}"),
        (a, _) => a.unwrap_or(0).to_string(),
    };
    let caption = format!("{name}, n = {n}");
    table(&caption, source, &headings, &body)
}
