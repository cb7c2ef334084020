//! Descents on a landscape.

use super::config::{PathConfig, Project};
use super::plan::{Faults, LandscapePlan};
use crate::config::kind_of;
use crate::config::number_of;
use crate::seed::stream;
use crate::structures::StudyStructure;
use braggscape_crystal::{CellParameters, Structure};
use braggscape_landscape::{OnSection, PathPoint, PathRecorder, Section};
use braggscape_noise::{NoiseModel, Strain};
use braggscape_optim::{
    AnyOptimizer, Limits, Minimum, Needs, Objective, Optimizer, minimize, with_causes,
};
use braggscape_plugin::nalgebra::Vector3;
use braggscape_plugin::{Context, ReferenceSymmetry, Registry};
use braggscape_projector::{AnyProjector, Identity, Projector};
use braggscape_recover::{FreeParameters, Parametrisation, Variables};
use rand::Rng;
use std::error::Error;
use std::sync::{Mutex, PoisonError};
use toml::Table;

/// The structure in the middle may be off a projector's constraint by this much, Å or degrees or a fraction.
const SHAPE_TOLERANCE: f64 = 1e-2;
/// Least distance of recorded points of a path, as a share of the axes.
const MIN_STEP: f64 = 1.0 / 400.0;

/// The components of a path.
pub(super) struct BuiltPath {
    start: Structure,
    /// The constraint of the run.
    projector: AnyProjector,
    /// Copied for a run; optimizers are not shared between threads.
    optimizer: Mutex<AnyOptimizer>,
}

/// What a descent came to.
#[derive(Debug, Clone, PartialEq)]
pub struct PathOutcome {
    /// Label.
    pub name: String,
    /// The way; empty if the run failed.
    pub points: Vec<PathPoint>,
    /// The end: best place, loss, evaluations, steps, why it ended.
    pub end: Option<PathEnd>,
    /// Why the run failed.
    pub failure: Option<String>,
}

/// The end of a descent.
#[derive(Debug, Clone, PartialEq)]
pub struct PathEnd {
    /// Place (u, v) of the best point.
    pub place: [f64; 2],
    /// Loss at the start, projected if the run is.
    pub start_loss: f64,
    /// Loss of the best point.
    pub loss: f64,
    /// Evaluations.
    pub evaluations: u64,
    /// Steps.
    pub iterations: u64,
    /// Why it ended.
    pub termination: &'static str,
}

/// Builds a path and checks that its parts fit together.
pub(super) fn build_path(
    i: usize,
    (truth, parametrisation, section): (&StudyStructure, &Parametrisation, &Section),
    registry: &Registry,
    squares: bool,
    faults: &mut Faults<'_>,
) -> Option<BuiltPath> {
    let config = &faults.config.paths[i];
    let at = |key: &str| format!("path[{i}].{key}");
    let free = config.refine.free().unwrap_or(FreeParameters::Lattice);
    let context = Context { free, ..Context::default() };
    let symmetry = Some(ReferenceSymmetry::new(truth.structure.clone()));
    let context = Context { shape: Some(truth.shape), symmetry, ..context };
    let optimizer_at = if faults.config.lines.has(&at("optimizer")) {
        at("optimizer")
    } else {
        "optimizer".into()
    };
    let optimizer = faults.build(&optimizer_at, registry.optimizers(), &config.optimizer, &context);
    let projector =
        faults.build(&at("projector"), registry.projectors(), &config.projector, &context);
    let start = start(config, truth)
        .map_err(|(key, message)| {
            let key = if key.is_empty() { at("start") } else { at(&format!("start.{key}")) };
            faults.add(&key, message);
        })
        .ok();
    let (optimizer, projector, mut start) = (optimizer?, projector?, start?);
    let kind = kind_of(&config.projector);
    let off = projector.violation(&truth.structure.cell(), &truth.structure.frac_coords());
    if off > SHAPE_TOLERANCE {
        faults.add(
            &at("projector"),
            format!("the structure does not keep the constraint of `{kind}` (off by {off:.3} Å or degrees)"),
        );
        return None;
    }
    let squares = squares && config.refine.free().is_some();
    if optimizer.needs() == Needs::LeastSquares && !squares {
        let method = kind_of(&config.optimizer);
        faults.add(
            &optimizer_at,
            format!("`{method}` needs a sum of squares, and the loss (or the forward model, or a run on the section) gives none"),
        );
        return None;
    }
    let on_section = config.refine.free().is_none();
    if on_section && let Err(message) = keeps_section(&projector, parametrisation, section, &start)
    {
        faults.add(&at("projector"), format!("`{kind}` {message}"));
        return None;
    }
    if config.project == Project::Start {
        match projected(&projector, &start) {
            Ok(moved) => start = moved,
            Err(message) => {
                faults.add(&at("start"), format!("the start cannot be projected: {message}"));
                return None;
            }
        }
    }
    let projector = match config.project {
        Project::Start => AnyProjector::Identity(Identity),
        Project::Always => projector,
    };
    if let Some(free) = config.refine.free()
        && let Err(e) =
            Parametrisation::with_variables(start.clone(), free, variables(config), &projector)
    {
        faults.add(&at("variables"), with_causes(&e));
        return None;
    }
    Some(BuiltPath { start, projector, optimizer: Mutex::new(optimizer) })
}

fn variables(config: &PathConfig) -> Variables {
    config.variables.unwrap_or_default()
}

/// The start of a path; an error names the key inside `start`.
fn start(config: &PathConfig, truth: &StudyStructure) -> Result<Structure, (String, String)> {
    let table: &Table = &config.start;
    if table.contains_key("strain") {
        if let Some(key) = table.keys().find(|key| *key != "strain" && *key != "seed") {
            let message = "a strained start has `strain` and `seed` and nothing else".to_owned();
            return Err((key.clone(), message));
        }
        let seed = table.get("seed").map_or(Some(0), toml::Value::as_integer);
        let seed = seed
            .and_then(|seed| u64::try_from(seed).ok())
            .ok_or_else(|| ("seed".to_owned(), "expected an integer of at least 0".to_owned()))?;
        let sigma = table.get("strain").and_then(number_of).unwrap_or(f64::NAN);
        let strain = Strain::new(sigma).map_err(|e| ("strain".to_owned(), with_causes(&e)))?;
        let mut rng = stream(seed, "path", &[truth.name.as_str()]);
        return strain
            .distort(&truth.structure, &mut rng as &mut dyn Rng)
            .map_err(|e| (String::new(), with_causes(&e)));
    }
    let all = Parametrisation::new(truth.structure.clone(), FreeParameters::Both);
    let names = all.names();
    let mut x = all.pack();
    for (key, value) in table {
        let Some(component) = names.iter().position(|name| name == key) else {
            let known = "a, b, c, alpha, beta, gamma, x1, y1, z1 and so on, or strain and seed";
            return Err((key.clone(), format!("unknown parameter; known: {known}")));
        };
        x[component] =
            number_of(value).ok_or_else(|| (key.clone(), "expected a number".to_owned()))?;
    }
    all.unpack(&x).map_err(|e| (String::new(), with_causes(&e)))
}

/// A structure moved onto a constraint.
fn projected(projector: &AnyProjector, structure: &Structure) -> Result<Structure, String> {
    let (mut cell, mut coords) = (structure.cell(), structure.frac_coords());
    projector.project(&mut cell, &mut coords).map_err(|e| with_causes(&e))?;
    let all = Parametrisation::new(structure.clone(), FreeParameters::Both);
    let mut x = all.pack();
    all.write(&cell, &coords, &mut x);
    all.unpack(&x).map_err(|e| with_causes(&e))
}

/// Whether projecting and going back to the section is itself a projection: twice moves no further than once.
fn keeps_section(
    projector: &AnyProjector,
    parametrisation: &Parametrisation,
    section: &Section,
    start: &Structure,
) -> Result<(), String> {
    let there = |x: Vec<f64>| -> Result<[f64; 2], String> {
        let structure = parametrisation.unpack(&x).map_err(|e| with_causes(&e))?;
        let moved = projected(projector, &structure)?;
        let mut x = parametrisation.pack();
        parametrisation.write(&moved.cell(), &moved.frac_coords(), &mut x);
        Ok(section.project(&x))
    };
    let mut x = parametrisation.pack();
    parametrisation.write(&start.cell(), &start.frac_coords(), &mut x);
    let once = there(section.x_at(section.project(&x)))?;
    let twice = there(section.x_at(once))?;
    let far = |k: usize| (once[k] - twice[k]).abs() > 1e-6 * section.axes()[k].length();
    if far(0) || far(1) {
        return Err("leads off the section: it ties parameters that no axis sets (for a = b alone there is shape = \"tetragonal\")".to_owned());
    }
    Ok(())
}

/// Runs a path; what fails in it is part of the outcome.
pub(super) fn run_path(plan: &LandscapePlan, i: usize) -> PathOutcome {
    let name = plan.config.paths[i].name.clone();
    match descend(plan, i) {
        Ok((points, end)) => PathOutcome { name, points, end: Some(end), failure: None },
        Err(e) => {
            let failure = Some(with_causes(e.as_ref()));
            PathOutcome { name, points: Vec::new(), end: None, failure }
        }
    }
}

fn descend(plan: &LandscapePlan, i: usize) -> Result<(Vec<PathPoint>, PathEnd), Box<dyn Error>> {
    let (config, built) = (&plan.config.paths[i], &plan.paths[i]);
    let mut optimizer = built.optimizer.lock().unwrap_or_else(PoisonError::into_inner).fresh();
    optimizer.reseed(stream(i as u64, "path-optimizer", &[&config.name]).next_u64());
    let limits = config
        .max_evaluations
        .map_or_else(Limits::default, |max_evaluations| Limits { max_evaluations });
    let section = &plan.section;
    let seen = &plan.parametrisation;
    let to_section = |cell: &CellParameters, coords: &[Vector3<f64>]| {
        let mut x = seen.pack();
        seen.write(cell, coords, &mut x);
        x
    };
    let problem_with =
        |parametrisation: Parametrisation| plan.objective(&built.projector, parametrisation);
    let (found, points, place);
    match config.refine.free() {
        None => {
            let inner = problem_with(seen.clone());
            let on = OnSection::new(section, &*inner);
            let x0 = section.project(&to_section(&built.start.cell(), &built.start.frac_coords()));
            let mut recorder =
                PathRecorder::new(section, MIN_STEP, |at| section.x_at([at[0], at[1]]));
            found = run(&mut optimizer, &on, &x0, limits, &mut recorder)?;
            points = recorder.finish();
            place = [found.x[0], found.x[1]];
        }
        Some(free) => {
            let variables = variables(config);
            let start = built.start.clone();
            let parametrisation =
                Parametrisation::with_variables(start, free, variables, &built.projector)?;
            let problem = problem_with(parametrisation.clone());
            let map = |x: &[f64]| {
                let (cell, coords) = parametrisation.split(x);
                to_section(&cell, &coords)
            };
            let mut recorder = PathRecorder::new(section, MIN_STEP, map);
            found = run(&mut optimizer, &*problem, &parametrisation.pack(), limits, &mut recorder)?;
            points = recorder.finish();
            place = section.project(&map(&found.x));
        }
    }
    let end = PathEnd {
        place,
        start_loss: found.start_value,
        loss: found.value,
        evaluations: found.evaluations,
        iterations: found.iterations,
        termination: found.termination.name(),
    };
    Ok((points, end))
}

/// A run; a constraint that is not wholly in force at its end is imposed then.
fn run(
    optimizer: &mut AnyOptimizer,
    objective: &dyn Objective,
    x0: &[f64],
    limits: Limits,
    recorder: &mut PathRecorder<'_>,
) -> Result<Minimum, Box<dyn Error>> {
    let mut found = minimize(optimizer, objective, x0, limits, recorder)?;
    if objective.projection_weight(found.iterations) < 1.0 {
        objective.project(&mut found.x)?;
        found.value = objective.value(&found.x)?;
        found.evaluations += 1;
    }
    Ok(found)
}
