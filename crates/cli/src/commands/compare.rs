//! `braggscape compare`.

use super::losses;
use crate::args::{CompareArgs, OutputFormat, Shared};
use crate::failure::Failure;
use crate::input::{StructureOrPattern, name_of, structure_or_pattern};
use crate::output::{choose, notice, print, print_json};
use crate::preset;
use braggscape_crystal::io::NamedStructure;
use braggscape_loss::Loss;
use braggscape_pattern::{Axis, Pattern};
use braggscape_plugin::Registry;
use braggscape_xrd::{ForwardModel, Scratch, Structsnap};
use serde_json::{Map, json};
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(
    args: &CompareArgs,
    shared: &Shared,
    registry: &Registry,
) -> Result<ExitCode, Failure> {
    let formats = [OutputFormat::Text, OutputFormat::Json, OutputFormat::Jsonl];
    let format = choose(shared, "compare", &formats)?;
    let losses = losses(registry, &args.loss)?;
    let (a, b) = patterns(args, shared)?;
    let mut values = Map::new();
    let mut text = String::new();
    for (name, loss) in &losses {
        let value = loss.value(&a, &b).map_err(|e| Failure::work(&e))?;
        let _ = writeln!(text, "{name} {value}");
        values.insert(name.clone(), json!(value));
    }
    if format == OutputFormat::Text {
        print(&text)?;
    } else {
        print_json(&json!({ "loss": values, "n_points": a.n_points() }))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Both sides on one axis.
fn patterns(args: &CompareArgs, shared: &Shared) -> Result<(Pattern, Pattern), Failure> {
    use StructureOrPattern::{Pattern as P, Structure as S};
    let scratch = &mut Scratch::default();
    let mut simulate = |model: &Structsnap, named: &NamedStructure, path: &Path| {
        preset::simulate(model, &named.structure, scratch).map_err(|e| e.at(&name_of(path)))
    };
    let say = |wavelength: f64| notice(shared, &format!("wavelength {wavelength} Å"));
    match (structure_or_pattern(&args.a)?, structure_or_pattern(&args.b)?) {
        (S(a), S(b)) => {
            let model = preset::model(&args.model)?;
            say(model.wavelength());
            let first = simulate(&model, &a, &args.a)?;
            Ok((first, simulate(&model, &b, &args.b)?))
        }
        (P(a), S(b)) => {
            let (model, a) = preset::model_for(&args.model, &a)?;
            say(model.wavelength());
            Ok((a, simulate(&model, &b, &args.b)?))
        }
        (S(a), P(b)) => {
            let (model, b) = preset::model_for(&args.model, &b)?;
            say(model.wavelength());
            Ok((simulate(&model, &a, &args.a)?, b))
        }
        (P(a), P(b)) => overlap(&a, &b),
    }
}

/// Two measured patterns at the points of the first that the second covers.
fn overlap(a: &Pattern, b: &Pattern) -> Result<(Pattern, Pattern), Failure> {
    if a.axis().is_same(b.axis()) {
        return Ok((a.clone(), b.clone()));
    }
    let (lo, hi) = (b.axis().first(), b.axis().last());
    let x: Vec<f64> = a.axis().to_vec().into_iter().filter(|x| (lo..=hi).contains(x)).collect();
    if x.is_empty() {
        return Err(Failure::usage(format!(
            "the patterns do not overlap: {} against {}",
            a.axis(),
            b.axis()
        )));
    }
    let axis = Axis::listed(a.axis().kind(), x).map_err(|e| Failure::bad_input(&e))?;
    let on = |p: &Pattern| p.resampled(&axis).map_err(|e| Failure::bad_input(&e));
    Ok((on(a)?, on(b)?))
}
