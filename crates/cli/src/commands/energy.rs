//! `braggscape energy`.

use super::write_new;
use crate::args::{EnergyArgs, Method, OutputFormat, Shared};
use crate::failure::Failure;
use crate::input::{self, Structures};
use crate::output::{batch, choose, json_line, notice, print};
use braggscape_crystal::io::{NamedStructure, structure_to_json};
use braggscape_plugin::{Context, Registry};
use braggscape_potential::assets::Asset;
use braggscape_potential::{
    AnyPotential, Evaluation, Potential, PotentialError, RelaxMethod, RelaxOptions, RelaxStep,
    extended_xyz, relax,
};
use serde::Serialize;
use std::process::ExitCode;
use toml::{Table, Value};

pub(crate) fn run(
    args: &EnergyArgs,
    shared: &Shared,
    registry: &Registry,
) -> Result<ExitCode, Failure> {
    let options = RelaxOptions {
        method: match args.method {
            Method::Fire => RelaxMethod::Fire,
            Method::Lbfgs => RelaxMethod::Lbfgs,
        },
        fmax: args.fmax,
        steps: args.steps,
        fixed_cell: args.fixed_cell,
        symprec: args.fixed_symmetry,
    };
    options.check().map_err(|e| Failure::bad_input(&e))?;
    choose(shared, "energy", &[OutputFormat::Json, OutputFormat::Jsonl])?;
    let potential = registry
        .potentials()
        .build(&component(&args.model), &Context::default())
        .map_err(|e| Failure::option("--model", &e))?;
    let options = args.relax.then_some(options);
    match input::structures_as(&args.structure, shared.format)? {
        Structures::Many(_) if args.trajectory.is_some() => {
            Err(Failure::usage("--trajectory: a list has many; give one structure"))
        }
        Structures::Many(entries) => batch(entries, |entry, out: &mut Evaluation| {
            let place = input::place_of(&args.structure, &entry);
            row(&potential, options.as_ref(), &input::parse(&entry)?, (out, &mut |_| ()))
                .map_err(|e| failure(&e).at(&place))
        }),
        Structures::One(named) => {
            for note in &named.notes {
                notice(shared, &format!("note: {note}"));
            }
            let mut frames = String::new();
            let mut observe = |at: &RelaxStep<'_>| {
                if args.trajectory.is_some() {
                    let (step, fmax) = (at.step.to_string(), at.largest_force.to_string());
                    let info = [("step", step.as_str()), ("largest_force", &fmax)];
                    frames += &extended_xyz(at.structure, at.evaluation, &info);
                }
            };
            let out = (&mut Evaluation::default(), &mut observe as Observer<'_>);
            let row = row(&potential, options.as_ref(), &named, out)
                .map_err(|e| failure(&e).at(&input::name_of(&args.structure)));
            let printed = row.and_then(|row| print(&(json_line(&row)? + "\n")));
            // Of a relaxation that failed on its way the steps before.
            if let Some(path) = args.trajectory.as_ref().filter(|_| !frames.is_empty()) {
                write_new(path, frames.as_bytes())?;
            }
            printed?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The potential that a name stands for: model weights, or a registered potential.
fn component(name: &str) -> Value {
    if Asset::find(name).is_err() {
        return Value::from(name);
    }
    let pair = |key: &str, value: &str| (key.to_owned(), Value::from(value));
    Value::Table(Table::from_iter([pair("kind", "chgnet"), pair("model", name)]))
}

/// A structure that no potential of this kind evaluates is bad input.
fn failure(e: &PotentialError) -> Failure {
    match e {
        PotentialError::PartialOccupancy { .. }
        | PotentialError::UnknownElement { .. }
        | PotentialError::TooClose { .. }
        | PotentialError::TooManyPairs { .. }
        | PotentialError::Symmetry { .. } => Failure::bad_input(e),
        _ => Failure::work(e),
    }
}

/// Sees the steps of a relaxation.
type Observer<'a> = &'a mut dyn FnMut(&RelaxStep<'_>);

/// One result.
#[derive(Serialize)]
struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    energy: f64,
    energy_per_atom: f64,
    forces: Vec<[f64; 3]>,
    stress: [[f64; 3]; 3],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    magmoms: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relaxed: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    converged: Option<bool>,
}

fn row(
    potential: &AnyPotential,
    options: Option<&RelaxOptions>,
    named: &NamedStructure,
    (out, observe): (&mut Evaluation, Observer<'_>),
) -> Result<Row, PotentialError> {
    let mut row = Row {
        id: named.id.clone(),
        energy: 0.0,
        energy_per_atom: 0.0,
        forces: Vec::new(),
        stress: [[0.0; 3]; 3],
        magmoms: Vec::new(),
        relaxed: None,
        steps: None,
        converged: None,
    };
    if let Some(options) = options {
        let found = relax(potential, &named.structure, options, observe)?;
        row.relaxed = Some(structure_to_json(&found.structure, None));
        row.steps = Some(found.steps);
        row.converged = Some(found.converged);
        *out = found.evaluation;
    } else {
        potential.evaluate(&named.structure, out)?;
    }
    row.energy = out.energy;
    row.energy_per_atom = out.energy / named.structure.n_sites() as f64;
    row.forces = out.forces.iter().map(|f| (*f).into()).collect();
    row.stress = std::array::from_fn(|i| std::array::from_fn(|j| out.stress[(i, j)]));
    row.magmoms.clone_from(&out.magmoms);
    Ok(row)
}
