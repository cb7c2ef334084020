//! A study: rates, correlations, points, failures; and the same rates of several studies together.

use super::folder::Folder;
use super::page::Page;
use super::{correlations, failures, rates, scatter, summary, tables};
use crate::ReportError;
use braggscape_record::Record;

/// Figures and tables of a study's folder that the page has in a form of its own.
const OWN_FIGURES: [&str; 1] = ["match_rate"];
const OWN_TABLES: [&str; 3] = ["summary", "pooled", "correlations"];

/// What the words of the charts and tables mean.
const MEANING: &str = "A task is recovered if the matcher finds its result equal to the true structure. The rate of doing nothing \
    (no-op) is that of the distorted, unrefined starts by the same matcher; strict recovery has bounds of its own, which the \
    configuration states. Whiskers are Jeffreys 95 % intervals.";

/// Adds the section of one study.
///
/// # Errors
/// Those of the figures.
pub(super) fn add(
    page: &mut Page,
    folder: &Folder,
    label: &str,
    records: &[Record],
    n_tasks: u64,
) -> Result<(), ReportError> {
    let missing = n_tasks - records.len() as u64;
    if missing > 0 {
        page.note(&format!(
            "This study is not finished: {missing} of {n_tasks} tasks are missing from its parts. Every number below may still change."
        ));
    }
    if records.is_empty() {
        return Ok(());
    }
    add_rates(page, records, label, false)?;
    page.heading("Distance and similarity");
    scatter::add(page, records)?;
    let others = || folder.figures.iter().filter(|f| !OWN_FIGURES.contains(&f.stem.as_str()));
    if others().next().is_some() {
        page.heading("Figures");
        others().for_each(|f| page.push(&f.html("wide")));
    }
    if folder.tables.iter().any(|t| !OWN_TABLES.contains(&t.stem.as_str())) {
        page.heading("Further tables");
        tables::add(page, folder, &OWN_TABLES);
    }
    page.heading("Failures");
    failures::add(page, records);
    Ok(())
}

/// Adds the section of several studies together.
///
/// # Errors
/// Those of the figures.
pub(super) fn add_merged(page: &mut Page, records: &[Record]) -> Result<(), ReportError> {
    page.section("All studies together", "");
    page.paragraph(
        "Tasks of all studies are pooled by noise, level and arm. Arms of one name that differ in more than structures, levels, \
         replicates and seed stay apart, with the title of their study.",
    );
    if !records.is_empty() {
        add_rates(page, records, "All studies together", true)?;
    }
    page.end_section();
    Ok(())
}

fn add_rates(
    page: &mut Page,
    records: &[Record],
    title: &str,
    merged: bool,
) -> Result<(), ReportError> {
    page.heading("Match rates");
    page.paragraph(MEANING);
    rates::add(page, records, title)?;
    page.push(&summary::html(records, merged));
    correlations::add(page, records, merged);
    Ok(())
}
