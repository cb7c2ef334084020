//! `braggscape evaluate`.

use super::losses;
use crate::args::{EvaluateArgs, ModelArgs, OutputFormat, Shared};
use crate::failure::Failure;
use crate::input::{self, Structures, StructuresOrPattern};
use crate::output::{batch, choose, notice, print_json};
use crate::preset;
use braggscape_crystal::io::{NamedStructure, RawEntry};
use braggscape_loss::{AnyLoss, Loss};
use braggscape_pattern::Pattern;
use braggscape_plugin::Registry;
use braggscape_xrd::{ForwardModel, Scratch, Structsnap, StructureGradient};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::process::ExitCode;

/// What structures are evaluated against.
pub(super) enum Target {
    /// One model and pattern for all.
    Fixed(Box<(Structsnap, Pattern)>),
    /// Line i against line i.
    Lines(Box<dyn Iterator<Item = Result<RawEntry, Failure>>>),
}

/// The target of a `--target` option.
pub(super) fn target(path: &Path, model: &ModelArgs) -> Result<Target, Failure> {
    let fixed = match input::structures_or_pattern(path)? {
        StructuresOrPattern::Pattern(p) => preset::model_for(model, &p)?,
        StructuresOrPattern::Structures(Structures::Many(entries)) => {
            return Ok(Target::Lines(entries));
        }
        StructuresOrPattern::Structures(Structures::One(s)) => {
            let model = preset::model(model)?;
            let pattern = preset::simulate(&model, &s.structure, &mut Scratch::default())
                .map_err(|e| e.at(&input::name_of(path)))?;
            (model, pattern)
        }
    };
    Ok(Target::Fixed(Box::new(fixed)))
}

pub(crate) fn run(
    args: &EvaluateArgs,
    shared: &Shared,
    registry: &Registry,
) -> Result<ExitCode, Failure> {
    choose(shared, "evaluate", &[OutputFormat::Json, OutputFormat::Jsonl])?;
    let losses = losses(registry, &args.loss)?;
    let plain = preset::model(&args.model)?;
    let target = target(&args.target, &args.model)?;
    let structures = input::structures(&args.structure)?;
    if let (Structures::One(_), Target::Lines(_)) = (&structures, &target) {
        return Err(Failure::usage(format!(
            "{}: holds a list of targets, but {} one structure",
            args.target.display(),
            args.structure.display()
        )));
    }
    notice(shared, &format!("preset {}, wavelength {} Å", args.model.preset, plain.wavelength()));
    match (structures, target) {
        (Structures::One(named), Target::Fixed(fixed)) => {
            let scratch = &mut Scratch::default();
            let value = evaluate(args, &losses, &fixed.0, &fixed.1, &named, scratch)
                .map_err(|e| e.at(&input::name_of(&args.structure)))?;
            print_json(&value)?;
            Ok(ExitCode::SUCCESS)
        }
        (Structures::Many(entries), Target::Fixed(fixed)) => batch(entries, |entry, scratch| {
            evaluate(args, &losses, &fixed.0, &fixed.1, &input::parse(&entry)?, scratch)
                .map_err(|e| e.at(&input::place_of(&args.structure, &entry)))
        }),
        (Structures::Many(entries), Target::Lines(targets)) => {
            let pairs = pair(entries, targets, (&args.structure, &args.target));
            batch(pairs, |(entry, target), scratch| {
                let truth = input::parse(&target)?;
                let pattern = preset::simulate(&plain, &truth.structure, scratch)
                    .map_err(|e| e.at(&input::place_of(&args.target, &target)))?;
                evaluate(args, &losses, &plain, &pattern, &input::parse(&entry)?, scratch)
                    .map_err(|e| e.at(&input::place_of(&args.structure, &entry)))
            })
        }
        (Structures::One(_), Target::Lines(_)) => Ok(ExitCode::from(2)),
    }
}

/// Line i with line i; a list that ends early gives one error entry.
pub(super) fn pair<'a>(
    mut entries: Box<dyn Iterator<Item = Result<RawEntry, Failure>>>,
    mut targets: Box<dyn Iterator<Item = Result<RawEntry, Failure>>>,
    (structure, target): (&'a Path, &'a Path),
) -> impl Iterator<Item = Result<(RawEntry, RawEntry), Failure>> + 'a {
    let mut ended = false;
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        match (entries.next(), targets.next()) {
            (None, None) => None,
            (Some(e), Some(t)) => Some(e.and_then(|e| Ok((e, t?)))),
            (e, _) => {
                ended = true;
                let (long, short) =
                    if e.is_some() { (structure, target) } else { (target, structure) };
                Some(Err(Failure::usage(format!(
                    "{} holds more structures than {}",
                    long.display(),
                    short.display()
                ))))
            }
        }
    })
}

fn evaluate(
    args: &EvaluateArgs,
    losses: &[(String, AnyLoss)],
    model: &Structsnap,
    target: &Pattern,
    named: &NamedStructure,
    scratch: &mut Scratch,
) -> Result<Value, Failure> {
    let calc = preset::simulate(model, &named.structure, scratch)?;
    let (mut values, mut gradients) = (Map::new(), Map::new());
    let mut d_y = vec![0.0; calc.n_points()];
    for (name, loss) in losses {
        if !args.gradient {
            let value = loss.value(target, &calc).map_err(|e| Failure::work(&e))?;
            values.insert(name.clone(), json!(value));
            continue;
        }
        let value =
            loss.value_and_gradient(target, &calc, &mut d_y).map_err(|e| Failure::work(&e))?;
        let mut g = StructureGradient::default();
        model.pullback(&named.structure, &d_y, scratch, &mut g).map_err(|e| Failure::work(&e))?;
        let coords: Vec<[f64; 3]> = g.frac_coords.iter().map(|v| [v.x, v.y, v.z]).collect();
        values.insert(name.clone(), json!(value));
        gradients.insert(
            name.clone(),
            json!({ "lengths": g.lengths, "angles": g.angles, "frac_coords": coords }),
        );
    }
    let mut value = json!({ "loss": values, "wavelength": model.wavelength() });
    if args.gradient {
        value["gradient"] = Value::Object(gradients);
    }
    if let Some(id) = &named.id {
        value["id"] = json!(id);
    }
    Ok(value)
}
