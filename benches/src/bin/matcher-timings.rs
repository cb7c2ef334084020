//! Times our structure matcher on one thread and prints the times and the results as JSON, for `cargo xtask bench-peers`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use anyhow::{Context as _, bail};
use braggscape_benches::{Effort, MatchPair, match_pairs, match_pairs_to_json, time};
use braggscape_metrics::StructureMatcher;
use pico_args::Arguments;
use serde_json::{Value, json};
use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
Times our structure matcher on one thread; prints JSON.

Usage: matcher-timings [--every N] [--quick] [--pairs FILE]

  --every N     one in N of the pairs of the fixtures [7]
  --quick       shorter batches
  --pairs FILE  also writes the pairs, for the script of tests/peers/matcher

Nothing is kept from one call to the next: both structures are reduced anew.
";

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
    let every = args.opt_value_from_str("--every")?.unwrap_or(7);
    let file: Option<PathBuf> = args.opt_value_from_str("--pairs")?;
    let batch = if args.contains("--quick") { 2e-4 } else { 1e-3 };
    let rest = args.finish();
    if !rest.is_empty() {
        bail!("unknown arguments {rest:?}; see --help");
    }
    // There are many pairs; a short batch of each is enough.
    let effort = Effort { warm_up: batch, batch, n_batches: 5 };
    let pairs = match_pairs(every)?;
    if let Some(file) = file {
        fs::write(&file, match_pairs_to_json(&pairs).to_string())
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let rows = pairs.iter().map(|pair| row(pair, &effort)).collect::<anyhow::Result<Vec<_>>>()?;
    println!("{}", json!({ "rows": rows }));
    Ok(())
}

fn row(pair: &MatchPair, effort: &Effort) -> anyhow::Result<Value> {
    let matcher = StructureMatcher::new(pair.options)?;
    let compare = || matcher.compare(&matcher.prepare(&pair.a)?, &matcher.prepare(&pair.b)?);
    let outcome = compare()?;
    let fit = time(effort, |_| matcher.fit(black_box(&pair.a), black_box(&pair.b)).map(drop))?;
    let rms = time(effort, |_| compare().map(drop))?;
    Ok(json!({
        "set": pair.set, "kind": pair.kind, "fit": fit.seconds, "rms": rms.seconds,
        "match": outcome.matched, "rms_dist": outcome.rms.zip(outcome.max_dist),
    }))
}
