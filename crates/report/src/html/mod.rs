//! One self-contained HTML page of the folders of studies, landscapes and figures.
//!
//! The page holds everything it needs: data, style sheet, charting library and figures; a content security policy keeps it
//! from loading anything else. Equal folders give equal bytes. Text of other people (titles, names, reasons) is escaped,
//! and figures are embedded as pictures, in which no script runs.

mod asset;
mod correlations;
mod escape;
mod failures;
mod fault;
mod folder;
mod image;
mod landscape;
mod merge;
mod number;
mod page;
mod provenance;
mod rates;
mod scatter;
mod study;
mod summary;
mod table;
mod tables;

pub use fault::FolderFault;
pub use image::FigureFault;

use crate::ReportError;
use folder::{Folder, Kind};
use page::Page;
use std::path::Path;

/// A report and what it was made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HtmlReport {
    /// The page.
    pub html: String,
    /// Number of studies.
    pub studies: usize,
    /// Number of landscapes.
    pub landscapes: usize,
    /// Number of folders of figures.
    pub figures: usize,
    /// Tasks of the studies that are recorded.
    pub recorded: u64,
    /// Tasks of the studies that are not recorded yet.
    pub missing: u64,
    /// Recorded tasks that failed.
    pub failed: u64,
}

impl HtmlReport {
    /// Whether a file begins as a page that [`html_report`] made, of whatever version.
    pub fn is_report(bytes: &[u8]) -> bool {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).into_owned();
        head.contains("<meta name=\"generator\" content=\"braggscape ")
    }
}

/// Makes one page of folders: a section each, and one for all studies together if there are several.
///
/// A folder is one of a study (finished or not), of a landscape, or of figures and tables.
///
/// # Errors
/// [`ReportError::Folder`] or [`ReportError::Record`], naming the file or folder at fault: it holds nothing to report, is damaged, is
/// there twice, or was computed by another kernel than the others. [`ReportError::Empty`] without folders.
///
/// # Examples
/// ```
/// use braggscape_record::{Record, Schema, write_part};
/// use braggscape_report::html_report;
///
/// let dir = tempfile::tempdir()?;
/// let record = Record { structure: "Au2S".into(), noise_kind: "strain".into(), matched: Some(true), ..Record::default() };
/// write_part(dir.path(), 0, &Schema::default(), &[record])?;
/// let manifest = r#"{"title": "One task of two", "config_hash": "0f3a", "n_tasks": 2}"#;
/// std::fs::write(dir.path().join("manifest.json"), manifest)?;
///
/// let report = html_report(&[dir.path()])?;
/// assert!(report.html.contains("<h1>One task of two</h1>"));
/// assert_eq!((report.recorded, report.missing), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn html_report(dirs: &[impl AsRef<Path>]) -> Result<HtmlReport, ReportError> {
    let folders: Vec<Folder> =
        dirs.iter().map(|d| Folder::read(d.as_ref())).collect::<Result<_, _>>()?;
    merge::check(&folders)?;
    let labels = merge::labels(&folders);
    let Some(title) = title(&labels) else {
        return Err(ReportError::Empty { title: "report".to_owned() });
    };
    let mut report = counts(&folders);
    let mut page = Page::default();
    if report.studies > 1 {
        study::add_merged(&mut page, &merge::records(&folders, &labels))?;
    }
    for (folder, label) in folders.iter().zip(&labels) {
        page.section(label, &folder.name);
        match &folder.kind {
            Kind::Study { records, n_tasks } => {
                study::add(&mut page, folder, label, records, *n_tasks)?;
            }
            Kind::Landscape { summary } => landscape::add(&mut page, folder, summary),
            Kind::Figures => {
                folder.figures.iter().for_each(|f| page.push(&f.html("wide")));
                tables::add(&mut page, folder, &[]);
            }
        }
        page.heading("Provenance");
        provenance::add(&mut page, folder);
        page.end_section();
    }
    report.html = page.finish(&title, &facts(&report));
    Ok(report)
}

/// The title over all; nothing without folders.
fn title(labels: &[String]) -> Option<String> {
    match labels {
        [] => None,
        [one] => Some(one.clone()),
        [first, others @ ..] => Some(format!("{first}, and {} more", others.len())),
    }
}

fn counts(folders: &[Folder]) -> HtmlReport {
    let mut report = HtmlReport::default();
    for folder in folders {
        match &folder.kind {
            Kind::Study { records, n_tasks } => {
                report.studies += 1;
                report.recorded += records.len() as u64;
                report.missing += n_tasks - records.len() as u64;
                report.failed += records.iter().filter(|r| r.failed()).count() as u64;
            }
            Kind::Landscape { .. } => report.landscapes += 1,
            Kind::Figures => report.figures += 1,
        }
    }
    report
}

/// What the page is made of, in words.
fn facts(report: &HtmlReport) -> String {
    let many = |n: u64, one: &str, more: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {more}")),
    };
    let parts = [
        many(report.studies as u64, "study", "studies"),
        many(report.landscapes as u64, "landscape", "landscapes"),
        many(report.figures as u64, "folder of figures", "folders of figures"),
        many(report.recorded, "task", "tasks"),
        many(report.failed, "of them failed", "of them failed"),
        many(report.missing, "task is not done yet", "tasks are not done yet"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
