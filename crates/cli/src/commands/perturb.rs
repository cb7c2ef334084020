//! `braggscape perturb`.

use crate::args::{OutputFormat, PerturbArgs, Shared};
use crate::failure::Failure;
use crate::input::{self, Structures};
use crate::output::{batch, choose, stdout};
use braggscape_crystal::Structure;
use braggscape_crystal::io::{NamedStructure, structure_to_json};
use braggscape_noise::{AnyNoiseModel, Displacement, NoiseModel, Strain};
use braggscape_study::stream;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::process::ExitCode;

/// The noise asked for: strain first, then displacement.
struct Noise {
    models: Vec<AnyNoiseModel>,
    described: Value,
}

fn noise(args: &PerturbArgs) -> Result<Noise, Failure> {
    let mut models: Vec<AnyNoiseModel> = Vec::new();
    let mut described = Map::new();
    if let Some(sigma) = args.lattice {
        models.push(Strain::new(sigma).map_err(|e| Failure::option("--lattice", &e))?.into());
        described.insert("strain".to_owned(), json!(sigma));
    }
    if let Some(sigma) = args.coords {
        models.push(Displacement::new(sigma).map_err(|e| Failure::option("--coords", &e))?.into());
        described.insert("coordinates".to_owned(), json!(sigma));
    }
    if models.is_empty() {
        return Err(Failure::usage("expected --lattice S, --coords S, or both"));
    }
    Ok(Noise { models, described: Value::Object(described) })
}

pub(crate) fn run(args: &PerturbArgs, shared: &Shared) -> Result<ExitCode, Failure> {
    choose(shared, "perturb", &[OutputFormat::Jsonl, OutputFormat::Json])?;
    let noise = noise(args)?;
    if args.seed.checked_add(args.copies).is_none() {
        return Err(Failure::usage("--seed plus -n is too large"));
    }
    match input::structures(&args.structure)? {
        Structures::One(named) => {
            let mut out = stdout();
            for i in 0..args.copies {
                writeln!(out, "{}", copy(args, &noise, &named, i)?)?;
            }
            out.flush()?;
            Ok(ExitCode::SUCCESS)
        }
        Structures::Many(entries) => {
            let copies = args.copies;
            // Every entry gives `copies` lines in order; one that cannot be read gives one.
            let tasks = entries.flat_map(move |entry| -> Vec<Result<_, Failure>> {
                match entry {
                    Ok(e) => (0..copies).map(|i| Ok((e.clone(), i))).collect(),
                    Err(e) => vec![Err(e)],
                }
            });
            batch(tasks, |(entry, i), (): &mut ()| copy(args, &noise, &input::parse(&entry)?, i))
        }
    }
}

fn copy(
    args: &PerturbArgs,
    noise: &Noise,
    named: &NamedStructure,
    i: u64,
) -> Result<Value, Failure> {
    let seed = args.seed + i;
    let id = named.id.as_deref();
    let mut rng = stream(seed, "perturb", &[]);
    let mut structure: Structure = named.structure.clone();
    for model in &noise.models {
        structure = model.distort(&structure, &mut rng).map_err(|e| Failure::work(&e))?;
    }
    Ok(json!({
        "id": id, "noise": noise.described, "seed": seed,
        "structure": structure_to_json(&structure, id),
    }))
}
