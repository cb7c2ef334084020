//! Times CHGNet; prints JSON. Run by `cargo xtask bench-peers`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

use anyhow::{Context as _, bail};
use braggscape_benches::{Effort, time};
use braggscape_crystal::{Element, Lattice, Site, Structure};
use braggscape_potential::assets::{Asset, Folder};
use braggscape_potential::{
    Chgnet, Evaluation, Potential, PotentialError, RelaxMethod, RelaxOptions, relax,
};
use flate2::read::GzDecoder;
use nalgebra::Vector3;
use pico_args::Arguments;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::File;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
Times CHGNet 0.3.0: energy, forces and stress of the crystals of a fixture, and its relaxations; prints JSON.

Usage: chgnet-timings --fixture FILE [--threads N] [--quick]

  --fixture FILE  tests/fixtures/chgnet.json.gz
  --threads N     threads of an evaluation [default: 1]
  --quick         fewer and shorter batches

The weights must be installed (cargo xtask assets). Seconds are the median over batches of calls.
";

#[derive(Deserialize)]
struct Fixture {
    structures: Vec<Entry>,
    relaxations: Vec<Relaxation>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    l: [f64; 9],
    z: Vec<i64>,
    x: Vec<f64>,
}

#[derive(Deserialize)]
struct Relaxation {
    structure: usize,
    fmax: f64,
    fixed_cell: bool,
}

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
    let path: PathBuf = args.value_from_str("--fixture")?;
    let threads = args.opt_value_from_str("--threads")?.unwrap_or(1);
    let rest = args.finish();
    if !rest.is_empty() {
        bail!("unknown arguments {rest:?}; see --help");
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    pool.install(|| timings(&fixture(&path)?, effort))
}

fn timings(fixture: &Fixture, effort: Effort) -> anyhow::Result<()> {
    let potential = Chgnet::<f32>::new(&Folder::of_user()?.load(Asset::find("chgnet-0.3.0")?)?);
    let structures: Vec<Structure> =
        fixture.structures.iter().map(structure).collect::<anyhow::Result<_>>()?;
    let mut rows = Vec::new();
    for (entry, s) in fixture.structures.iter().zip(&structures) {
        let mut out = Evaluation::default();
        let timing = time(&effort, |_| potential.evaluate(black_box(s), &mut out))?;
        rows.push(row("evaluate", &entry.name, timing.seconds, out.energy, s));
    }
    // A relaxation takes as long as many evaluations: a few of them are enough.
    let effort = Effort { warm_up: 0.0, batch: 0.0, n_batches: effort.n_batches.min(7) };
    let methods = [("relax", RelaxMethod::Fire), ("relax-lbfgs", RelaxMethod::Lbfgs)];
    let cases = fixture.relaxations.iter().filter(|r| r.fmax > 0.09 && !r.fixed_cell);
    for (case, (kind, method)) in cases.flat_map(|case| methods.map(|method| (case, method))) {
        let s = &structures[case.structure];
        let options = RelaxOptions { method, fmax: case.fmax, ..Default::default() };
        let mut energy = 0.0;
        let timing = time(&effort, |_| {
            energy = relax(&potential, black_box(s), &options, &mut |_| ())?.evaluation.energy;
            Ok::<(), PotentialError>(())
        })?;
        let name = &fixture.structures[case.structure].name;
        rows.push(row(kind, name, timing.seconds, energy, s));
    }
    println!("{}", json!({ "rows": rows }));
    Ok(())
}

fn fixture(path: &Path) -> anyhow::Result<Fixture> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_reader(GzDecoder::new(file))
        .with_context(|| format!("cannot understand {}", path.display()))
}

fn structure(entry: &Entry) -> anyhow::Result<Structure> {
    let l = &entry.l;
    let rows = std::array::from_fn(|i| std::array::from_fn(|k| l[3 * i + k]));
    let sites = entry.z.iter().zip(entry.x.as_chunks::<3>().0).map(|(z, x)| {
        Ok::<_, anyhow::Error>(Site::new(Element::from_atomic_number(*z)?, Vector3::from(*x)))
    });
    Ok(Structure::new(Lattice::from_rows(rows)?, sites.collect::<Result<_, _>>()?)?)
}

fn row(kind: &str, name: &str, seconds: f64, energy: f64, s: &Structure) -> Value {
    json!({ "kind": kind, "name": name, "seconds": seconds, "energy": energy / s.n_sites() as f64 })
}
