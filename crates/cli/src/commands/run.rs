//! `braggscape run`.

use super::check::{describe, study};
use super::figure;
use super::landscape::text_of;
use crate::args::{OutputFormat, RunArgs, Shared};
use crate::failure::{Failure, say};
use crate::input::name_of;
use crate::output::{choose, notice, print};
use braggscape_plugin::Registry;
use braggscape_record::{Record, atomic, summarise, summarise_pooled};
use braggscape_report::{MatchRateFigure, groups_by_noise_level, match_rate_figure, png_from_svg};
use braggscape_study::{
    Plan, Progress, RunOptions, RunOutcome, Shard, StudyError, is_figure, is_landscape,
    rate_interval, summary_csv, summary_text,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Width of PNG figures, pixels.
pub(super) const PNG_WIDTH: u32 = 1600;

/// A bar on a terminal's stderr, nothing elsewhere.
struct Bar {
    bar: ProgressBar,
    quiet: bool,
}

impl Bar {
    fn new(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::no_length() };
        let template = "{bar:40} {pos}/{len} tasks, {elapsed} gone, {eta} left, last: {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, quiet }
    }
}

impl Progress for Bar {
    fn begin(&self, tasks: u64, done: u64) {
        self.bar.set_length(tasks);
        self.bar.set_position(done);
        self.bar.reset_eta();
        self.bar.enable_steady_tick(std::time::Duration::from_millis(200));
    }

    fn finished(&self, record: &Record) {
        self.bar.set_message(format!("{}, {}", record.structure, record.arm));
        self.bar.inc(1);
    }

    fn notice(&self, message: &str) {
        if !self.quiet {
            self.bar.suspend(|| say(&format!("note: {message}")));
        }
    }
}

pub(crate) fn run(
    args: &RunArgs,
    shared: &Shared,
    registry: &Registry,
) -> Result<ExitCode, Failure> {
    let formats = [OutputFormat::Text, OutputFormat::Csv, OutputFormat::Json];
    let format = choose(shared, "run", &formats)?;
    let text = text_of(&args.config)?;
    if is_landscape(&text) {
        return Err(Failure::usage(format!(
            "{}: has [[axis]] tables, so it is a landscape; `braggscape landscape` draws it",
            name_of(&args.config)
        )));
    }
    let dir = folder(args);
    if is_figure(&text) {
        return figure::run(args, shared, registry, &text, &dir);
    }
    let plan = study(&args.config, &text, args.fraction, registry)?;
    if args.dry_run {
        print(&format!("{}  would run in {}\n", describe(&plan), dir.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let shard = match args.shard {
        Some((index, count)) => Shard::new(index, count).map_err(|e| Failure::bad_input(&e))?,
        None => Shard::WHOLE,
    };
    let records = match carry_out(&plan, &dir, shard, shared)? {
        RunOutcome::Finished { records } => records,
        RunOutcome::ShardDone { missing, failed } => {
            notice(
                shared,
                &format!(
                    "this shard is done; {missing} tasks of {} are left to others",
                    dir.display()
                ),
            );
            if failed > 0 {
                return Err(Failure::work_text(format!("{failed} tasks of this shard failed")));
            }
            return Ok(ExitCode::SUCCESS);
        }
    };
    let figure = draw(&plan, &dir, &records)?;
    match format {
        OutputFormat::Csv => print(&summary_csv(&summarise(&records)))?,
        OutputFormat::Json => {
            let value = serde_json::json!({
                "out": dir, "tasks": records.len(), "figure": figure,
                "failed": records.iter().filter(|r| r.failed()).count(),
            });
            crate::output::print_json(&value)?;
        }
        _ => print(&format!(
            "{}\n\n{}\nrecords: {}\nfigure:  {} (and .png)\nreport:  braggscape report {}\n",
            plan.config().title,
            summary_text(&records),
            dir.join("records").display(),
            figure.display(),
            dir.display()
        ))?,
    }
    all_well(&records)?;
    Ok(ExitCode::SUCCESS)
}

/// The folder of a study or figure.
fn folder(args: &RunArgs) -> PathBuf {
    let name = name_of(&args.config);
    args.out.clone().unwrap_or_else(|| {
        let name = Path::new(&name).file_stem().unwrap_or(args.config.as_os_str()).to_owned();
        Path::new("runs").join(name)
    })
}

/// Runs what is missing of a study, with a bar.
pub(super) fn carry_out(
    plan: &Plan,
    dir: &Path,
    shard: Shard,
    shared: &Shared,
) -> Result<RunOutcome, Failure> {
    let options = RunOptions { jobs: shared.jobs.unwrap_or(0), shard };
    let bar = Bar::new(shared.quiet);
    let outcome = braggscape_study::run(plan, dir, options, &bar);
    bar.bar.finish_and_clear();
    outcome.map_err(|e| fail(&e))
}

/// How a study's error ends the program.
pub(super) fn fail(e: &StudyError) -> Failure {
    if e.is_bad_input() { Failure::bad_input(e) } else { Failure::work(e) }
}

/// An error that counts the tasks that failed, if any did.
pub(super) fn all_well(records: &[Record]) -> Result<(), Failure> {
    let failed: Vec<&Record> = records.iter().filter(|r| r.failed()).collect();
    if let Some(first) = failed.first() {
        let reason = first.failure.as_deref().unwrap_or("");
        return Err(Failure::work_text(format!(
            "{} of {} tasks failed; the first is task {}: {reason}",
            failed.len(),
            records.len(),
            first.task_index
        )));
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

/// The ends of a whisker.
pub(super) fn interval(k: u64, n: u64) -> (f64, f64) {
    let (low, high) = rate_interval(k, n);
    let rate = if n == 0 { 0.0 } else { k as f64 / n as f64 };
    // Jeffreys quantiles can leave out the rate itself at 0 and 1; a whisker does not.
    (low.min(rate), high.max(rate))
}

/// Draws the match rates; returns the path of the SVG.
pub(super) fn draw(plan: &Plan, dir: &Path, records: &[Record]) -> Result<PathBuf, Failure> {
    let pooled = summarise_pooled(records);
    let kind = pooled.first().map_or("", |s| s.noise_kind.as_str());
    let figure = MatchRateFigure {
        title: plan.config().title.clone(),
        x_label: axis_label(kind),
        groups: groups_by_noise_level(&pooled, interval),
        ..MatchRateFigure::default()
    };
    let svg = match_rate_figure(&figure).map_err(|e| Failure::work(&e))?;
    let png = png_from_svg(&svg, PNG_WIDTH).map_err(|e| Failure::work(&e))?;
    let folder = dir.join("figures");
    std::fs::create_dir_all(&folder)
        .map_err(|e| Failure::usage(format!("{}: cannot be made: {e}", folder.display())))?;
    let path = folder.join("match_rate.svg");
    atomic::write(&path, svg.as_bytes()).map_err(|e| Failure::work(&e))?;
    atomic::write(&path.with_extension("png"), &png).map_err(|e| Failure::work(&e))?;
    Ok(path)
}
