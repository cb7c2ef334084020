//! Times our kernels on one thread and prints the times and the results as JSON, for `cargo xtask bench-peers`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use anyhow::{Context as _, bail};
use braggscape_benches::{
    Case, Effort, Evaluate, KERNELS, Kernel, ListPeaks, Listed, PEAK_KERNELS, Prepare,
    default_fixture, listed, time,
};
use pico_args::Arguments;
use serde_json::{Value, json};
use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
Times our kernels on one thread; prints JSON.

Usage: peer-timings [--quick] [--kernel NAME] [--cases FILE] [--fixture FILE]

  --quick         fewer and shorter batches
  --kernel NAME   this kernel alone
  --cases FILE    also writes the refinements that are timed, for the scripts of tests/peers
  --fixture FILE  structures for the peak lists [tests/fixtures/peaks.json.gz]

Seconds are the median over batches of calls, seconds_min those of the quickest batch.
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
    let effort = if args.contains("--quick") { Effort::QUICK } else { Effort::FULL };
    let only: Option<String> = args.opt_value_from_str("--kernel")?;
    let cases_file: Option<PathBuf> = args.opt_value_from_str("--cases")?;
    let fixture = args.opt_value_from_str("--fixture")?.unwrap_or_else(default_fixture);
    let rest = args.finish();
    if !rest.is_empty() {
        bail!("unknown arguments {rest:?}; see --help");
    }
    let names = KERNELS.iter().map(|k| k.name).chain(PEAK_KERNELS.iter().map(|k| k.name));
    let names = names.collect::<Vec<_>>();
    if let Some(unknown) = only.as_deref().filter(|only| !names.contains(only)) {
        bail!("unknown kernel `{unknown}`; known: {}", names.join(", "));
    }
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);

    let cases = Case::all()?;
    if let Some(file) = cases_file {
        let crystals = cases.iter().map(Case::to_json).collect::<Vec<_>>();
        fs::write(&file, json!({ "crystals": crystals }).to_string())
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    let mut evaluations = Vec::new();
    for kernel in KERNELS.iter().filter(|kernel| wanted(kernel.name)) {
        match kernel.prepare {
            Prepare::Case(prepare) => {
                for case in &cases {
                    evaluations.push(evaluation(kernel, case.name, || prepare(case), &effort)?);
                }
            }
            Prepare::Study(prepare) => {
                evaluations.push(evaluation(kernel, "all", || Ok(prepare()), &effort)?);
            }
        }
    }
    let mut peak_lists = Vec::new();
    let wanted = PEAK_KERNELS.iter().filter(|kernel| wanted(kernel.name)).collect::<Vec<_>>();
    let structures = if wanted.is_empty() { Vec::new() } else { listed(&fixture)? };
    for kernel in wanted {
        let mut prepared = (kernel.prepare)()?;
        for structure in &structures {
            peak_lists.push(peak_list(kernel.name, prepared.as_mut(), structure, &effort)?);
        }
    }
    println!("{}", json!({ "evaluations": evaluations, "peak_lists": peak_lists }));
    Ok(())
}

fn evaluation(
    kernel: &Kernel,
    crystal: &str,
    prepare: impl FnOnce() -> anyhow::Result<Box<dyn Evaluate>>,
    effort: &Effort,
) -> anyhow::Result<Value> {
    let what = || format!("{} of {crystal}", kernel.name);
    let mut prepared = prepare().with_context(what)?;
    prepared.evaluate(0).with_context(what)?;
    let outcome = prepared.outcome();
    let timing = time(effort, |i| prepared.evaluate(black_box(i))).with_context(what)?;
    Ok(json!({
        "kernel": kernel.name,
        "crystal": crystal,
        "seconds": timing.seconds,
        "seconds_min": timing.seconds_min,
        "loss": outcome.loss,
        "gradient": outcome.gradient,
    }))
}

fn peak_list(
    kernel: &str,
    prepared: &mut dyn ListPeaks,
    listed: &Listed,
    effort: &Effort,
) -> anyhow::Result<Value> {
    let what = || format!("{kernel} of {}", listed.name);
    let peaks = prepared.peaks(&listed.structure).with_context(what)?;
    let call = |_| prepared.list(black_box(&listed.structure));
    // There are many structures; a tenth of the effort for each is enough.
    let effort = Effort { warm_up: 0.1 * effort.warm_up, batch: 0.1 * effort.batch, ..*effort };
    let timing = time(&effort, call).with_context(what)?;
    Ok(json!({
        "kernel": kernel,
        "index": listed.index,
        "name": listed.name,
        "sites": listed.structure.n_sites(),
        "seconds": timing.seconds,
        "seconds_min": timing.seconds_min,
        "peaks": peaks.iter().map(|p| (p.two_theta, p.intensity)).collect::<Vec<_>>(),
    }))
}
