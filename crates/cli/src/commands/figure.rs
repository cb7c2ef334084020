//! `braggscape run` of a figure: its studies first, then what is drawn from their records.

use super::run::{PNG_WIDTH, all_well, carry_out, draw as draw_rates, fail, interval};
use crate::args::{OutputFormat, RunArgs, Shared};
use crate::failure::Failure;
use crate::input::name_of;
use crate::output::{choose, notice, print, print_json};
use braggscape_plugin::Registry;
use braggscape_record::{Agreement, Record, Summary, atomic, read_timings, timings_path};
use braggscape_report::{
    CaseFigure, CellDrawing, CellsFigure, LogLogFigure, Rate, RateBlock, RateColumn,
    RateGridFigure, RateRow, Reflection, ScatterFigure, ScatterScale, Series, SeriesStyle, Trace,
    case_figure, cell_text, cells_figure, formula_text, log_log_figure, miller_text, png_from_svg,
    rate_grid_figure, scatter_figure, space_group_text,
};
use braggscape_study::{
    Case, CasePanel, CellPanel, FigureData, FigureKind, FigurePlan, LEAST_DIFFERENCES, ParetoRow,
    ParetoTable, RunOutcome, ScatterPanel, Shard, StrategyStudy, StrategyTable,
};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Parses and checks a configuration.
pub(super) fn plan(
    path: &Path,
    text: &str,
    fraction: Option<f64>,
    registry: &Registry,
) -> Result<FigurePlan, Failure> {
    let base = path.parent().unwrap_or(Path::new("."));
    FigurePlan::from_toml(text, &name_of(path), fraction.unwrap_or(1.0), registry, base)
        .map_err(|e| Failure::bad_input(&e))
}

/// What a plan comes to, in words.
pub(super) fn describe(plan: &FigurePlan) -> String {
    let what = match &plan.config().figure {
        FigureKind::Correlations { statistic, metric } => {
            format!("table of {} of similarity and {metric}", statistic.name())
        }
        FigureKind::Scatter { metric, level } => format!("{metric} against similarity at {level}"),
        FigureKind::Pareto { metric, level } => {
            format!("typical misfit and {metric} of every arm at {level}")
        }
        FigureKind::Case { structure, level, .. } => format!("a copy of {structure} at {level}"),
        FigureKind::Cells { structures } => format!("cells of {}", structures.join(", ")),
        FigureKind::Strategies => "table of every arm's recoveries and what they cost".to_owned(),
    };
    let study = |(name, p): (&str, &braggscape_study::Plan)| {
        format!("\n  from the study {name}: {}, {} tasks", p.config().title, p.n_tasks())
    };
    let studies: String = plan.studies().map(study).collect();
    format!("{}\n  {what}{studies}\n", plan.config().title)
}

pub(super) fn run(
    args: &RunArgs,
    shared: &Shared,
    registry: &Registry,
    text: &str,
    dir: &Path,
) -> Result<ExitCode, Failure> {
    let formats = [OutputFormat::Text, OutputFormat::Csv, OutputFormat::Json];
    let format = choose(shared, "run", &formats)?;
    let plan = plan(&args.config, text, args.fraction, registry)?;
    // The studies stand beside the figure.
    let beside = |name: &str| dir.parent().unwrap_or(Path::new("")).join(name);
    if args.shard.is_some() {
        return Err(Failure::usage(format!(
            "{}: is a figure, which has no shards; run its studies with --shard first",
            name_of(&args.config)
        )));
    }
    if args.dry_run {
        print(&format!("{}  would be drawn in {}\n", describe(&plan), dir.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    plan.open(dir).map_err(|e| fail(&e))?;
    let mut records: Vec<Vec<Record>> = Vec::new();
    for (name, study) in plan.studies() {
        let folder = beside(name);
        notice(
            shared,
            &format!("study {name}, {} tasks, in {}", study.n_tasks(), folder.display()),
        );
        match carry_out(study, &folder, Shard::WHOLE, shared)? {
            RunOutcome::Finished { records: found } => {
                draw_rates(study, &folder, &found)?;
                records.push(found);
            }
            RunOutcome::ShardDone { missing, .. } => {
                return Err(Failure::work_text(format!(
                    "{}: {missing} tasks are not done",
                    folder.display()
                )));
            }
        }
    }
    let mut data = plan.data(&records).map_err(|e| fail(&e))?;
    if let FigureData::Strategies(table) = &mut data {
        for ((name, _), found) in plan.studies().zip(&records) {
            let folder = beside(name);
            if timings_path(&folder).exists() {
                let timings = read_timings(&folder).map_err(|e| Failure::work(&e))?;
                table.add_seconds(name, found, &timings);
            }
        }
    }
    let table = data.write(dir).map_err(|e| fail(&e))?;
    let figure = draw(&plan, &data, dir)?;
    match format {
        OutputFormat::Csv => print(&data.csv().1)?,
        OutputFormat::Json => {
            print_json(&serde_json::json!({ "out": dir, "table": table, "figure": figure }))?;
        }
        _ => {
            let drawn = figure
                .as_ref()
                .map_or_else(String::new, |f| format!("figure: {} (and .png)\n", f.display()));
            print(&format!(
                "{}\n\n{}\ntable:  {}\n{drawn}",
                plan.config().title,
                data.text(),
                table.display()
            ))?;
        }
    }
    all_well(&records.concat())?;
    Ok(ExitCode::SUCCESS)
}

/// Draws what is no table; returns the path of the SVG.
fn draw(plan: &FigurePlan, data: &FigureData, dir: &Path) -> Result<Option<PathBuf>, Failure> {
    let title = plan.config().title.clone();
    let (name, svg) = match data {
        FigureData::Correlations(_) => return Ok(None),
        FigureData::Pareto(table) if !table.rows.iter().any(ParetoRow::is_finite) => {
            return Ok(None);
        }
        FigureData::Scatter(panels) => {
            let figure = scatter(title, panels, &plan.config().figure);
            ("scatter", scatter_figure(&figure))
        }
        FigureData::Pareto(table) => ("pareto", log_log_figure(&pareto(title, table))),
        FigureData::Case(case) => ("case", case_figure(&self::case(title, case))),
        FigureData::Cells(cells) => ("cells", cells_figure(&self::cells(title, cells))),
        FigureData::Strategies(table) => {
            ("strategies", rate_grid_figure(&self::strategies(title, table)))
        }
    };
    let svg = svg.map_err(|e| Failure::work(&e))?;
    let png = png_from_svg(&svg, PNG_WIDTH).map_err(|e| Failure::work(&e))?;
    let folder = dir.join("figures");
    std::fs::create_dir_all(&folder)
        .map_err(|e| Failure::usage(format!("{}: cannot be made: {e}", folder.display())))?;
    let path = folder.join(format!("{name}.svg"));
    atomic::write(&path, svg.as_bytes()).map_err(|e| Failure::work(&e))?;
    atomic::write(&path.with_extension("png"), &png).map_err(|e| Failure::work(&e))?;
    Ok(Some(path))
}

/// A number with a true minus sign.
fn printed(x: f64) -> String {
    format!("{x:.2}").replace('-', "−")
}

fn parameters(structure: &braggscape_crystal::Structure) -> [f64; 6] {
    let ([a, b, c], [alpha, beta, gamma]) =
        (structure.lattice().lengths(), structure.lattice().angles());
    [a, b, c, alpha, beta, gamma]
}

/// A metric's name and unit on an axis.
fn metric_label(metric: &str) -> String {
    match metric {
        "pdd-emd" => "PDD earth mover's distance (Å)".to_owned(),
        "amd-linf" => "AMD distance (Å)".to_owned(),
        "energy-above" => "energy above that of the truth (eV/atom)".to_owned(),
        other => other.to_owned(),
    }
}

/// A marker an arm, and the front as a line. What differs from nothing by less than the least difference is drawn there.
fn pareto(title: String, table: &ParetoTable) -> LogLogFigure {
    let several = table.rows.iter().any(|r| r.study != table.rows[0].study);
    let at =
        |r: &ParetoRow| [r.misfit.max(LEAST_DIFFERENCES[0]), r.metric.max(LEAST_DIFFERENCES[1])];
    let marker = |r: &ParetoRow| Series {
        label: if several { format!("{} ({})", r.arm, r.study) } else { r.arm.clone() },
        points: vec![at(r)],
        style: SeriesStyle::Markers,
    };
    let mut series: Vec<Series> = table.rows.iter().filter(|r| r.is_finite()).map(marker).collect();
    let mut studies: Vec<&str> = table.rows.iter().map(|r| r.study.as_str()).collect();
    studies.dedup();
    for study in studies {
        let of_study = table.rows.iter().filter(|r| r.on_front && r.study == study);
        let mut points: Vec<[f64; 2]> = of_study.map(at).collect();
        points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(b[1].total_cmp(&a[1])));
        series.push(Series { label: String::new(), points, style: SeriesStyle::Guide });
    }
    LogLogFigure {
        title,
        x_label: "median misfit, 1 − similarity".to_owned(),
        y_label: metric_label(&table.metric),
        series,
    }
}

fn scatter(title: String, panels: &[ScatterPanel], kind: &FigureKind) -> ScatterFigure {
    let metric = match kind {
        FigureKind::Scatter { metric, .. } => metric.as_str(),
        _ => "",
    };
    let panel = |p: &ScatterPanel| {
        let s = &p.statistics;
        let number = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), printed);
        braggscape_report::ScatterPanel {
            title: p.arm.clone(),
            statistics: format!(
                "MI {}, Pearson {}, Spearman {}",
                number(s.mutual_information),
                number(s.pearson),
                number(s.spearman)
            ),
            x_label: format!("{} {}", p.loss, p.agreement.name()),
            points: p
                .points
                .iter()
                .map(|q| braggscape_report::ScatterPoint {
                    x: q.agreement,
                    y: q.metric,
                    matched: q.matched,
                })
                .collect(),
        }
    };
    ScatterFigure {
        title,
        y_label: metric_label(metric),
        y_scale: ScatterScale::default(),
        labels: ["matches the truth".to_owned(), "does not".to_owned()],
        columns: 3,
        panels: panels.iter().map(panel).collect(),
    }
}

fn case(title: String, case: &Case) -> CaseFigure {
    let panel = |p: &CasePanel| {
        let words = match (p.agreement, p.matched) {
            (Some(value), Some(matched)) => {
                let verdict = if matched { "match" } else { "no match" };
                let what = match case.agreement {
                    Agreement::Similarity => case.loss.clone(),
                    Agreement::Loss => format!("{} loss", case.loss),
                };
                format!("{what} {}, {verdict}", printed(value))
            }
            _ => String::new(),
        };
        let reflection = |peak: &braggscape_pattern::Peak| Reflection {
            two_theta: peak.two_theta,
            intensity: peak.intensity,
            label: peak.hkls.first().map_or_else(String::new, |f| miller_text(f.hkl)),
        };
        braggscape_report::CasePanel {
            label: p.label.clone(),
            drawing: CellDrawing::from_structure(p.label.clone(), &p.structure),
            caption: cell_text(parameters(&p.structure)).to_vec(),
            two_theta: p.pattern.axis().to_vec(),
            intensity: p.pattern.y().to_vec(),
            reflections: p.peaks.iter().map(reflection).collect(),
            status: words,
            matched: p.matched,
        }
    };
    CaseFigure {
        title,
        reference: case.panels.first().map(|truth| Trace {
            label: truth.label.clone(),
            two_theta: truth.pattern.axis().to_vec(),
            intensity: truth.pattern.y().to_vec(),
        }),
        panels: case.panels.iter().map(panel).collect(),
        ..CaseFigure::default()
    }
}

fn cells(title: String, cells: &[CellPanel]) -> CellsFigure {
    let panel = |c: &CellPanel| {
        let name = formula_text(&c.structure.name);
        let mut caption = vec![format!("{name}, {}", space_group_text(&c.space_group))];
        caption.extend(cell_text(parameters(&c.structure.structure)));
        braggscape_report::CellPanel {
            drawing: CellDrawing::from_structure(name, &c.structure.structure),
            caption,
        }
    };
    CellsFigure { title, panels: cells.iter().map(panel).collect(), ..CellsFigure::default() }
}

fn strategies(title: String, table: &StrategyTable) -> RateGridFigure {
    let rate = |k: u64, n: u64| {
        let (low, high) = interval(k, n);
        Rate { value: if n == 0 { 0.0 } else { k as f64 / n as f64 }, low, high }
    };
    let row = |s: &Summary| RateRow {
        arm: s.arm.clone(),
        n: s.n,
        matched: rate(s.matched, s.n),
        strict: rate(s.strict, s.n),
    };
    let block = |study: &StrategyStudy| {
        let mut columns: Vec<(RateColumn, [u64; 3])> = Vec::new();
        for s in study.rows.iter().map(|r| &r.summary) {
            let noise = match s.noise_kind.as_str() {
                "coordinates" => "displacement",
                "sequence" => "level",
                other => other,
            };
            let label = format!("{noise} {}", s.noise_level);
            let at = columns.iter().position(|(c, _)| c.label == label).unwrap_or_else(|| {
                columns.push((RateColumn { label, ..RateColumn::default() }, [0; 3]));
                columns.len() - 1
            });
            let (column, [matched, strict, n]) = &mut columns[at];
            column.rows.push(row(s));
            // The starts of all arms are the same ones.
            *matched += s.noop_matched;
            *strict += s.noop_strict;
            *n += s.n;
            column.noop = Some(rate(*matched, *n).value);
            column.noop_strict = Some(rate(*strict, *n).value);
        }
        let columns = columns.into_iter().map(|(column, _)| column).collect();
        RateBlock { title: study.title.clone(), columns }
    };
    let blocks = table.studies.iter().map(block).collect();
    RateGridFigure { title, blocks, ..RateGridFigure::default() }
}
