//! `braggscape report`.

use crate::args::{OutputFormat, ReportArgs, Shared};
use crate::failure::Failure;
use crate::output::{choose, notice, print, print_json};
use braggscape_record::atomic;
use braggscape_report::{HtmlReport, html_report};
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(args: &ReportArgs, shared: &Shared) -> Result<ExitCode, Failure> {
    let format = choose(shared, "report", &[OutputFormat::Text, OutputFormat::Json])?;
    let out = args.out.clone().or_else(|| Some(args.dirs.first()?.join("report.html")));
    let Some(out) = out else { return Err(Failure::usage("report: no folder is given")) };
    let report = html_report(&args.dirs).map_err(|e| Failure::bad_input(&e))?;
    may_be_written(&out)?;
    atomic::write(&out, report.html.as_bytes()).map_err(|e| Failure::bad_input(&e))?;
    if report.missing > 0 {
        let all = report.recorded + report.missing;
        notice(shared, &format!("note: {} of {all} tasks are not done yet", report.missing));
    }
    if format == OutputFormat::Json {
        print_json(&serde_json::json!({
            "out": out, "bytes": report.html.len(), "studies": report.studies, "landscapes": report.landscapes,
            "figures": report.figures, "tasks": report.recorded, "missing": report.missing, "failed": report.failed,
        }))?;
    } else {
        print(&format!("report: {}\n", out.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses to replace a file that is no report.
fn may_be_written(out: &Path) -> Result<(), Failure> {
    if out.is_dir() {
        return Err(Failure::usage(format!("{}: is a folder, expected a file", out.display())));
    }
    match std::fs::read(out) {
        Ok(found) if !HtmlReport::is_report(&found) => Err(Failure::usage(format!(
            "{}: is there already and is no report; nothing was written",
            out.display()
        ))),
        _ => Ok(()),
    }
}
