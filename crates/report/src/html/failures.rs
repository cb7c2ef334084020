//! Tasks that failed, by reason.

use super::page::Page;
use super::table::{Cell, Heading, details, table};
use braggscape_record::Record;
use std::fmt::Write;

/// Most tasks that are listed for a reason.
const LISTED: usize = 100;

/// Adds the failed tasks, if there are any: one row a reason, and the tasks behind each.
pub(super) fn add(page: &mut Page, records: &[Record]) {
    let mut reasons: Vec<(&str, Vec<&Record>)> = Vec::new();
    for r in records {
        let Some(reason) = r.failure.as_deref() else { continue };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, tasks)) => tasks.push(r),
            None => reasons.push((reason, vec![r])),
        }
    }
    if reasons.is_empty() {
        page.paragraph("No task failed.");
        return;
    }
    reasons.sort_by_key(|(_, tasks)| std::cmp::Reverse(tasks.len()));
    page.paragraph("Failed tasks count as not recovered in every rate.");
    let headings = [Heading::number("tasks", "tasks"), Heading::new("reason", "failure")];
    let row = |(reason, tasks): &(&str, Vec<&Record>)| {
        vec![Cell::count(tasks.len() as u64), Cell::word(*reason)]
    };
    let rows: Vec<_> = reasons.iter().map(row).collect();
    page.push(&table("Failed tasks by reason", "", &headings, &rows));
    let headings = [
        Heading::number("task", "task_index"),
        Heading::new("structure", "structure"),
        Heading::new("noise", "noise_kind"),
        Heading::number("level", "noise_level"),
        Heading::number("replicate", "replicate"),
        Heading::new("arm", "arm"),
    ];
    for (reason, tasks) in &reasons {
        let row = |r: &&Record| {
            vec![
                Cell::count(r.task_index),
                Cell::word(&r.structure),
                Cell::word(&r.noise_kind),
                Cell::csv(&r.noise_level.to_string()),
                Cell::count(u64::from(r.replicate)),
                Cell::word(&r.arm),
            ]
        };
        let rows: Vec<_> = tasks.iter().take(LISTED).map(row).collect();
        let left = tasks.len().saturating_sub(LISTED);
        let mut content = table(&format!("Tasks that failed: {reason}"), "", &headings, &rows);
        if left > 0 {
            let _ = writeln!(content, "<p>{left} more are in the records.</p>");
        }
        page.push(&details(&format!("Tasks: {reason}"), &content));
    }
}
