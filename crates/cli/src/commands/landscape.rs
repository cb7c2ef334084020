//! `braggscape landscape`.

use crate::args::{LandscapeArgs, OutputFormat, Shared};
use crate::failure::{Failure, say};
use crate::input::{name_of, read_bytes};
use crate::output::{choose, print, print_json};
use braggscape_landscape::SectionAxis;
use braggscape_plugin::Registry;
use braggscape_record::atomic;
use braggscape_report::{
    FigureAxis, LandscapeFigure, Layout, PathTrace, PatternFigure, Trace, landscape_figure,
    pattern_figure, png_from_svg,
};
use braggscape_study::{Landscape, LandscapePlan, LandscapeSummary, StudyError};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;
use std::process::ExitCode;

/// Width of PNG figures, pixels.
const PNG_WIDTH: u32 = 1600;

/// The text of a configuration.
pub(super) fn text_of(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read_bytes(path)?)
        .map_err(|_| Failure::usage(format!("{}: is not UTF-8 text", name_of(path))))
}

/// Parses and checks a configuration.
pub(super) fn plan(path: &Path, text: &str, registry: &Registry) -> Result<LandscapePlan, Failure> {
    let base = path.parent().unwrap_or(Path::new("."));
    LandscapePlan::from_toml(text, &name_of(path), registry, base)
        .map_err(|e| Failure::bad_input(&e))
}

/// What a plan comes to, in words.
pub(super) fn describe(plan: &LandscapePlan) -> String {
    let [u, v] = plan.section().axes();
    let axis = |a: &SectionAxis| {
        format!("{} from {} to {}, {} points", a.label(), a.low(), a.high(), a.n_points())
    };
    let paths: Vec<&str> = plan.config().paths.iter().map(|p| p.name.as_str()).collect();
    let paths = if paths.is_empty() { "none".to_owned() } else { paths.join(", ") };
    format!(
        "{}\n  landscape: {} of {}\n  axes: {}; {}\n  descents: {paths}\n",
        plan.config().title,
        plan.loss_name(),
        plan.structure().name,
        axis(u),
        axis(v),
    )
}

/// A bar on a terminal's stderr, nothing elsewhere.
fn bar(quiet: bool) -> ProgressBar {
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::no_length() };
    let template = "{bar:40} {pos}/{len} points, {elapsed} gone, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

pub(crate) fn run(
    args: &LandscapeArgs,
    shared: &Shared,
    registry: &Registry,
) -> Result<ExitCode, Failure> {
    let format = choose(shared, "landscape", &[OutputFormat::Text, OutputFormat::Json])?;
    let plan = plan(&args.config, &text_of(&args.config)?, registry)?;
    let dir = args.out.clone().unwrap_or_else(|| {
        let name = name_of(&args.config);
        let stem = Path::new(&name).file_stem().unwrap_or(args.config.as_os_str()).to_owned();
        Path::new("runs").join(stem)
    });
    let summary = match plan.open(&dir).map_err(|e| fail(&e))? {
        Some(finished) => finished,
        None => evaluate(&plan, &dir, shared.quiet)?,
    };
    let figure = dir.join("figures").join("landscape.svg");
    if format == OutputFormat::Json {
        let mut value = serde_json::to_value(&summary).map_err(|e| Failure::work(&e))?;
        if let Some(object) = value.as_object_mut() {
            object.insert("out".to_owned(), serde_json::json!(dir));
            object.insert("figure".to_owned(), serde_json::json!(figure));
        }
        print_json(&value)?;
    } else {
        let figure = figure.display();
        print(&format!(
            "{}\ngrid:   {}\nfigure: {figure} (and .png)\n",
            summary.text(),
            dir.join("grid.csv").display()
        ))?;
    }
    let failed = summary.paths.iter().filter_map(|p| Some((&p.name, p.failure.as_ref()?)));
    let failed: Vec<_> = failed.collect();
    for (name, reason) in &failed {
        say(&format!("error: the descent `{name}` failed: {reason}"));
    }
    Ok(ExitCode::from(u8::from(!failed.is_empty())))
}

fn fail(e: &StudyError) -> Failure {
    if e.is_bad_input() { Failure::bad_input(e) } else { Failure::work(e) }
}

/// Evaluates a landscape and writes its files, the manifest last.
fn evaluate(plan: &LandscapePlan, dir: &Path, quiet: bool) -> Result<LandscapeSummary, Failure> {
    let bar = bar(quiet);
    let landscape = plan.run(&|done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let landscape = landscape.map_err(|e| fail(&e))?;
    landscape.write(plan, dir).map_err(|e| fail(&e))?;
    draw(plan, &landscape, dir)?;
    plan.close(dir).map_err(|e| fail(&e))?;
    Ok(LandscapeSummary::of(plan, &landscape))
}

/// A text with the angles of a cell as they are written in papers.
fn in_greek(text: &str) -> String {
    text.replace("alpha", "α").replace("beta", "β").replace("gamma", "γ")
}

/// What the colours mean.
fn value_label(plan: &LandscapePlan) -> String {
    if plan.is_energy() {
        "energy (eV/atom)".to_owned()
    } else {
        format!("{} loss", plan.loss_name())
    }
}

fn draw(plan: &LandscapePlan, landscape: &Landscape, dir: &Path) -> Result<(), Failure> {
    let axis = |k: usize| {
        let axis = &plan.section().axes()[k];
        FigureAxis {
            label: in_greek(&axis.label()),
            low: axis.low(),
            high: axis.high(),
            n_points: axis.n_points(),
        }
    };
    let paths = landscape.paths.iter().filter(|p| p.failure.is_none()).map(|path| PathTrace {
        label: path.name.clone(),
        points: path.points.iter().map(|p| p.place).collect(),
    });
    let figure = LandscapeFigure {
        title: plan.config().title.clone(),
        x: axis(0),
        y: axis(1),
        value_label: value_label(plan),
        values: landscape.grid.values().to_vec(),
        contours: plan.config().contours,
        minima: landscape.ranked.iter().take(plan.config().minima).map(|m| m.place).collect(),
        home: Some(plan.home()),
        home_label: format!("{} as it is", plan.structure().name),
        paths: paths.collect(),
    };
    if landscape.grid.range().is_some() {
        let svg = landscape_figure(&figure).map_err(|e| Failure::work(&e))?;
        put(dir, "landscape", &svg)?;
    }
    let patterns = landscape.patterns(plan);
    if patterns.is_empty() {
        return Ok(());
    }
    let svg = pattern_figure(&patterns_figure(plan, landscape, &patterns))
        .map_err(|e| Failure::work(&e))?;
    put(dir, "patterns", &svg)
}

/// The target over the patterns of the minima, labelled with their places and losses.
fn patterns_figure(
    plan: &LandscapePlan,
    landscape: &Landscape,
    patterns: &[(String, braggscape_pattern::Pattern)],
) -> PatternFigure {
    let [u, v] = plan.section().axes();
    let label = |name: &str| {
        let rank: Option<usize> = name.strip_prefix("minimum-").and_then(|n| n.parse().ok());
        match rank.and_then(|rank| Some((rank, landscape.ranked.get(rank - 1)?))) {
            None => plan.structure().name.clone(),
            Some((rank, m)) => {
                let parameter = |axis: &SectionAxis, value: f64| {
                    let unit = axis.unit();
                    let space = if unit.is_empty() || unit == "°" { "" } else { " " };
                    format!("{} = {value:.3}{space}{unit}", in_greek(axis.name()))
                };
                let [u, v] = [parameter(u, m.place[0]), parameter(v, m.place[1])];
                let text = format!("minimum {rank}: {u}, {v}, {} {:.3}", plan.loss_name(), m.value);
                text.replace(" -", " −")
            }
        }
    };
    PatternFigure {
        title: format!("{}: patterns at local minima", plan.structure().name),
        layout: Layout::Stacked,
        traces: patterns
            .iter()
            .map(|(name, pattern)| Trace {
                label: label(name),
                two_theta: pattern.axis().to_vec(),
                intensity: pattern.y().to_vec(),
            })
            .collect(),
        ..PatternFigure::default()
    }
}

/// Writes a figure as SVG and PNG.
fn put(dir: &Path, name: &str, svg: &str) -> Result<(), Failure> {
    let png = png_from_svg(svg, PNG_WIDTH).map_err(|e| Failure::work(&e))?;
    let path = dir.join("figures").join(format!("{name}.svg"));
    atomic::write(&path, svg.as_bytes()).map_err(|e| Failure::work(&e))?;
    atomic::write(&path.with_extension("png"), &png).map_err(|e| Failure::work(&e))
}
