//! Times our kernels on cells of 2 to 2,000 atoms; prints CSV, and draws it for `cargo xtask figures cost-growth`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use anyhow::{Context as _, bail};
use braggscape_benches::{Cell, Effort, GROWING, RADIATIONS, random_cell, supercell, time};
use braggscape_report::{LogLogFigure, Series, SeriesStyle, log_log_figure, png_from_svg};
use pico_args::Arguments;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
Times our kernels on one thread, on cells of 2 to 2,000 atoms and for three wavelengths; prints CSV.

Usage: cost-growth [--quick] [--figure STEM]

  --quick        up to 100 atoms
  --figure STEM  also writes STEM.svg and STEM.png

Reflections are Friedel pairs between 5 and 90 degrees 2theta, seconds the median of calls.
";

/// Atoms of the random cells, and cells along each axis of the supercells (of three atoms).
const ATOMS: [usize; 11] = [2, 4, 8, 16, 32, 64, 125, 250, 500, 1000, 2000];
const TIMES: [usize; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// Atoms up to which `--quick` goes.
const QUICK: usize = 100;

/// Width of the PNG, pixels.
const WIDTH: u32 = 1400;

fn main() -> ExitCode {
    match run(Arguments::from_env()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// One measurement.
struct Row {
    kernel: &'static str,
    radiation: &'static str,
    n_atoms: usize,
    n_reflections: usize,
    seconds: f64,
}

fn run(mut args: Arguments) -> anyhow::Result<()> {
    if args.contains(["-h", "--help"]) {
        print!("{HELP}");
        return Ok(());
    }
    let quick = args.contains("--quick");
    let stem: Option<PathBuf> = args.opt_value_from_str("--figure")?;
    let rest = args.finish();
    if !rest.is_empty() {
        bail!("unknown arguments {rest:?}; see --help");
    }
    let mut cells = Vec::new();
    for n_atoms in ATOMS {
        cells.push(random_cell(n_atoms)?);
    }
    for n in TIMES {
        cells.push(supercell(n)?);
    }
    cells.retain(|cell| !quick || cell.structure.n_sites() <= QUICK);
    println!("kernel,cell,radiation,atoms,reflections,reflections_times_atoms,seconds");
    let mut rows = Vec::new();
    for kernel in GROWING {
        for (radiation, wavelength) in RADIATIONS {
            for Cell { kind, structure } in &cells {
                let (n_reflections, call) = (kernel.prepare)(structure, wavelength)?;
                let n_atoms = structure.n_sites();
                let seconds = time(&effort(n_reflections * n_atoms), call)?.seconds;
                let product = n_reflections * n_atoms;
                println!(
                    "{},{kind},{radiation},{n_atoms},{n_reflections},{product},{seconds:.3e}",
                    kernel.name
                );
                rows.push(Row { kernel: kernel.name, radiation, n_atoms, n_reflections, seconds });
            }
        }
    }
    if let Some(stem) = stem {
        draw(&rows, &stem)?;
    }
    Ok(())
}

/// Long calculations are timed three times after one warm-up; one of 10^9 terms takes seconds.
fn effort(n_terms: usize) -> Effort {
    let n_batches = if n_terms > 10_000_000 { 3 } else { 9 };
    Effort { warm_up: 0.01, batch: 0.01, n_batches }
}

fn draw(rows: &[Row], stem: &Path) -> anyhow::Result<()> {
    let svg = log_log_figure(&figure(rows))?;
    for (ending, bytes) in [("png", png_from_svg(&svg, WIDTH)?), ("svg", svg.into_bytes())] {
        let path = stem.with_extension(ending);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn figure(rows: &[Row]) -> LogLogFigure {
    let terms = |row: &Row| (row.n_reflections * row.n_atoms) as f64;
    let mut series = Vec::new();
    let (least, most) = rows
        .iter()
        .map(terms)
        .fold((f64::INFINITY, 0.0f64), |(least, most), x| (least.min(x), most.max(x)));
    for kernel in GROWING {
        for (radiation, _) in RADIATIONS {
            let points = rows
                .iter()
                .filter(|row| row.kernel == kernel.name && row.radiation == radiation)
                .map(|row| [terms(row), row.seconds]);
            series.push(Series {
                label: format!("{}, {radiation} Kα", kernel.label),
                points: points.collect(),
                style: SeriesStyle::Markers,
            });
        }
    }
    series.push(Series {
        label: "1 ns a reflection and atom".to_owned(),
        points: vec![[least, 1e-9 * least], [most, 1e-9 * most]],
        style: SeriesStyle::Guide,
    });
    LogLogFigure {
        title: "Cost of one evaluation, one thread, 2 to 2,000 atoms".to_owned(),
        x_label: "reflections × atoms (Friedel pairs from 5° to 90° 2θ)".to_owned(),
        y_label: "time (s)".to_owned(),
        series,
    }
}
