//! The tables of rates.

use super::rates::in_order;
use super::table::{Cell, Heading, details, table};
use braggscape_metrics::{EndRule, jeffreys_interval};
use braggscape_record::{Record, Summary, summarise, summarise_pooled};

/// Rows up to which a table by structure stands open.
const OPEN_ROWS: usize = 24;

/// Jeffreys 95 % interval of k successes in n trials, as the tables of a study have it.
pub(super) fn interval(successes: u64, trials: u64) -> (f64, f64) {
    jeffreys_interval(successes, trials, 0.95, EndRule::Plain).unwrap_or((0.0, 1.0))
}

pub(super) fn rate(k: u64, n: u64) -> f64 {
    if n == 0 { 0.0 } else { k as f64 / n as f64 }
}

/// The pooled table, and the one by structure.
pub(super) fn html(records: &[Record], merged: bool) -> String {
    let (pooled, by_structure) = (summarise_pooled(records), summarise(records));
    // The merged table is in no file.
    let source = |file: &'static str| if merged { "" } else { file };
    let caption = "Rates over all structures, with Jeffreys 95 % intervals";
    let mut out = summary_table(caption, source("tables/pooled.csv"), &pooled, false);
    let caption = "Rates by structure, with Jeffreys 95 % intervals";
    let by_structure_table =
        summary_table(caption, source("tables/summary.csv"), &by_structure, true);
    if by_structure.len() <= OPEN_ROWS {
        out.push_str(&by_structure_table);
    } else {
        out.push_str(&details(
            &format!("By structure ({} rows)", by_structure.len()),
            &by_structure_table,
        ));
    }
    out
}

fn summary_table(
    caption: &str,
    source: &str,
    summaries: &[Summary],
    with_structure: bool,
) -> String {
    // One kind of noise is said once, above the table.
    let kinds = in_order(summaries.iter().map(|s| &s.noise_kind));
    let caption = match kinds.as_slice() {
        [kind] => format!("{caption}, {kind}"),
        _ => caption.to_owned(),
    };
    let with_noise = kinds.len() > 1;
    let mut headings = vec![
        Heading::number("level", "level"),
        Heading::new("arm", "arm"),
        Heading::new("loss", "loss"),
        Heading::new("projector", "projector"),
        Heading::number("tasks", "n"),
        Heading::number("failed", "failed"),
        Heading::number("no-op rate", "noop_rate"),
        Heading::number("match rate", "match_rate"),
        Heading::number("95 % from", "match_rate_low"),
        Heading::number("to", "match_rate_high"),
        Heading::number("no-op strict", "noop_strict"),
        Heading::number("strict", "strict"),
        Heading::number("strict rate", "strict_rate"),
        Heading::number("median loss", "median_loss_final"),
        Heading::number("median evaluations", "median_evaluations"),
    ];
    if with_noise {
        headings.insert(0, Heading::new("noise", "noise"));
    }
    if with_structure {
        headings.insert(0, Heading::new("structure", "structure"));
    }
    let row = |s: &Summary| {
        let (low, high) = interval(s.matched, s.n);
        let mut row = vec![
            Cell::csv(&s.noise_level.to_string()),
            Cell::heading(&s.arm),
            Cell::word(&s.loss),
            Cell::word(&s.projector),
            Cell::count(s.n),
            Cell::count(s.failed),
            Cell::rate(rate(s.noop_matched, s.n)),
            Cell::rate(rate(s.matched, s.n)),
            Cell::rate(low),
            Cell::rate(high),
            Cell::count(s.noop_strict),
            Cell::count(s.strict),
            Cell::rate(rate(s.strict, s.n)),
            Cell::number(s.median_loss_final),
            Cell::number(s.median_evaluations),
        ];
        if with_noise {
            row.insert(0, Cell::word(&s.noise_kind));
        }
        if with_structure {
            row.insert(0, Cell::word(s.structure.as_deref().unwrap_or("all")));
        }
        row
    };
    let rows: Vec<Vec<Cell>> = summaries.iter().map(row).collect();
    table(&caption, source, &headings, &rows)
}
