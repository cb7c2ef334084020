//! Times AMD and the earth mover's distance on one thread; prints JSON. Run by `cargo xtask bench-peers`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use anyhow::{Context as _, bail};
use braggscape_benches::{Effort, Timing, amd_cases, amd_cases_to_json, time};
use braggscape_metrics::{
    AmdScratch, EmdScratch, MetricError, Pdd, PddOptions, amd_with, pdd_emd_with,
};
use pico_args::Arguments;
use serde_json::{Value, json};
use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
Times AMD (k = 100) and the earth mover's distance between PDDs on one thread; prints JSON.

Usage: amd-timings [--quick] [--cases FILE]

  --quick       fewer and shorter batches
  --cases FILE  also writes the crystals, for the script of tests/peers/amd

Seconds are the median over batches of calls, seconds_min those of the quickest batch.
";

/// Neighbours.
const K: usize = 100;

fn main() -> ExitCode {
    match run(Arguments::from_env()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: Arguments) -> anyhow::Result<()> {
    if args.contains(["-h", "--help"]) {
        print!("{HELP}");
        return Ok(());
    }
    let effort = if args.contains("--quick") { Effort::QUICK } else { Effort::FULL };
    // There are many crystals; a tenth of the effort for each is enough.
    let effort = Effort { warm_up: 0.1 * effort.warm_up, batch: 0.1 * effort.batch, ..effort };
    let file: Option<PathBuf> = args.opt_value_from_str("--cases")?;
    let rest = args.finish();
    if !rest.is_empty() {
        bail!("unknown arguments {rest:?}; see --help");
    }
    let cases = amd_cases()?;
    if let Some(file) = file {
        fs::write(&file, amd_cases_to_json(&cases).to_string())
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let options = PddOptions { k: K, ..PddOptions::default() };
    let (mut scratch, mut transport) = (AmdScratch::default(), EmdScratch::default());
    let mut rows = Vec::new();
    for (i, case) in cases.iter().enumerate() {
        let mut vector = vec![0.0; K];
        let timing =
            time(&effort, |_| amd_with(black_box(&case.structure), &mut vector, &mut scratch));
        rows.push(row("amd", &case.name, timing, &vector)?);
        let next = &cases[(i + 1) % cases.len()];
        for (kind, other) in [("emd-copy", &case.copy), ("emd-next", &next.structure)] {
            let a = Pdd::with(&case.structure, &options, &mut scratch)?;
            let b = Pdd::with(other, &options, &mut scratch)?;
            let mut distance = 0.0;
            let timing = time(&effort, |_| {
                distance = pdd_emd_with(black_box(&a), black_box(&b), &mut transport)?;
                Ok(())
            });
            rows.push(row(kind, &case.name, timing, &[distance])?);
        }
    }
    println!("{}", json!({ "rows": rows }));
    Ok(())
}

fn row(
    kind: &str,
    name: &str,
    timing: Result<Timing, MetricError>,
    numbers: &[f64],
) -> anyhow::Result<Value> {
    let Timing { seconds, seconds_min } = timing.with_context(|| format!("{kind} of {name}"))?;
    Ok(json!({
        "kind": kind, "name": name, "seconds": seconds, "seconds_min": seconds_min, "numbers": numbers,
    }))
}
