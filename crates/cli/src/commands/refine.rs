//! `braggscape refine`.

use super::evaluate::{Target, pair, target};
use super::info::write_structure;
use crate::args::{Free, OutputFormat, RefineArgs, Shared};
use crate::failure::Failure;
use crate::input::{self, Structures};
use crate::output::{batch, choose, notice, print_json, stdout};
use crate::preset;
use braggscape_crystal::io::{NamedStructure, structure_to_json};
use braggscape_loss::AnyLoss;
use braggscape_optim::{Limits, with_causes};
use braggscape_pattern::Pattern;
use braggscape_plugin::{Context, Registry, StrategyParts};
use braggscape_projector::AnyProjector;
use braggscape_recover::{AnyStrategy, FreeParameters, Outcome, RecoveryTask, Strategy, Variables};
use braggscape_xrd::{AnyForwardModel, ForwardModel, Structsnap};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use toml::Value as Toml;

/// The strategy that suits what is refined, where none is named; an instrument beside coordinates is refined by `joint` alone.
fn suiting(free: FreeParameters, instrument: bool) -> &'static str {
    match free {
        FreeParameters::Lattice => "symmetry-snap",
        FreeParameters::Coordinates if !instrument => "space-group-hypotheses",
        FreeParameters::Coordinates | FreeParameters::Both => "joint",
    }
}

/// What a `--config` file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ConfigFile {
    refine: Option<Free>,
    strategy: Option<Toml>,
    loss: Option<Toml>,
    optimizer: Option<Toml>,
    projector: Option<Toml>,
    variables: Option<Variables>,
    seed: Option<u64>,
    max_evaluations: Option<u64>,
}

impl ConfigFile {
    fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path)
            .map_err(|e| Failure::bad_input(&e).at(&path.display()))?;
        toml::from_str(&text).map_err(|e: toml::de::Error| {
            let line = e.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            Failure::usage(format!("{}:{line}: {}", path.display(), e.message()))
        })
    }
}

/// A strategy with these unknowns of the instrument besides, if there are any.
fn with_nuisances(strategy: Toml, nuisances: &[String]) -> Toml {
    if nuisances.is_empty() {
        return strategy;
    }
    let mut table = match strategy {
        Toml::Table(table) => table,
        name => toml::Table::from_iter([("kind".to_owned(), name)]),
    };
    table.insert("nuisances".to_owned(), nuisances.to_vec().into());
    Toml::Table(table)
}

/// How structures are refined.
struct Recipe {
    free: FreeParameters,
    variables: Variables,
    name: String,
    strategy: AnyStrategy,
    loss: AnyLoss,
    projector: AnyProjector,
    limits: Limits,
    seed: u64,
}

impl Recipe {
    fn new(args: &RefineArgs, registry: &Registry) -> Result<Self, Failure> {
        let file = ConfigFile::read(args.config.as_deref())?;
        let free: FreeParameters = args.refine.or(file.refine).unwrap_or(Free::Lattice).into();
        let context = Context { free, ..Context::default() };
        // The option of the command line goes before the file's.
        let place = |key: &str| match &args.config {
            Some(path) => format!("{}: {key}", path.display()),
            None => format!("--{key}"),
        };
        let strategy = match (&args.strategy, file.strategy) {
            (Some(name), _) => Toml::from(name.as_str()),
            (None, Some(value)) => value,
            (None, None) => Toml::from(suiting(free, !args.nuisances.is_empty())),
        };
        let strategy = with_nuisances(strategy, &args.nuisances);
        let loss = match (&args.loss, file.loss) {
            (Some(name), _) => Toml::from(name.as_str()),
            (None, value) => value.unwrap_or_else(|| Toml::from("cosine")),
        };
        let optimizer = file.optimizer.unwrap_or_else(|| Toml::from("gradient-descent"));
        let projector = file.projector.unwrap_or_else(|| Toml::from("none"));
        let named = |value: &Toml| match value {
            Toml::String(name) => name.clone(),
            other => other.get("kind").and_then(Toml::as_str).unwrap_or_default().to_owned(),
        };
        let name = named(&strategy);
        let suits = if name == "descend" && named(&optimizer) == "gradient-descent" {
            Variables::Cell
        } else {
            Variables::Strain
        };
        let failed = |key: &str, e: &dyn std::error::Error| Failure::option(&place(key), e);
        let optimizer = registry
            .optimizers()
            .build(&optimizer, &context)
            .map_err(|e| failed("optimizer", &e))?;
        let maker =
            registry.strategies().build(&strategy, &context).map_err(|e| failed("strategy", &e))?;
        let strategy = maker(StrategyParts { optimizer, registry, context: &context })
            .map_err(|e| failed("strategy", &e))?;
        let limit = args.max_evaluations.or(file.max_evaluations);
        if limit == Some(0) {
            return Err(Failure::usage(format!(
                "{}: 0, expected 1 or more",
                place("max-evaluations")
            )));
        }
        Ok(Self {
            free,
            variables: file.variables.unwrap_or(suits),
            name,
            strategy,
            loss: registry.losses().build(&loss, &context).map_err(|e| failed("loss", &e))?,
            projector: registry
                .projectors()
                .build(&projector, &context)
                .map_err(|e| failed("projector", &e))?,
            limits: limit
                .map_or_else(Limits::default, |max_evaluations| Limits { max_evaluations }),
            seed: args.seed.or(file.seed).unwrap_or(0),
        })
    }

    fn refine(
        &self,
        model: &AnyForwardModel,
        target: &Pattern,
        named: &NamedStructure,
    ) -> Result<Outcome, Failure> {
        let task = RecoveryTask {
            start: &named.structure,
            free: self.free,
            variables: self.variables,
            target,
            forward: model,
            loss: &self.loss,
            projector: &self.projector,
            limits: self.limits,
            seed: self.seed,
        };
        self.strategy.recover(&task).map_err(|e| Failure::work_text(with_causes(&e)))
    }

    fn json(&self, outcome: &Outcome, id: Option<&str>, wavelength: f64) -> Value {
        let stage = |s: &braggscape_recover::Stage| {
            // A stage that never came to its end has no loss.
            let loss = s.loss.is_finite().then_some(s.loss);
            json!({ "name": s.name, "loss": loss, "evaluations": s.evaluations })
        };
        let other = |a: &braggscape_recover::Alternative| json!({ "name": a.name, "loss": a.loss, "structure": structure_to_json(&a.structure, None) });
        let mut value = json!({
            "structure": structure_to_json(&outcome.structure, id),
            "loss": outcome.loss,
            "initial_loss": outcome.initial_loss,
            "evaluations": outcome.evaluations,
            "strategy": self.name,
            "certified": outcome.certified,
            "termination": outcome.termination.name(),
            "wavelength": wavelength,
            "stages": outcome.stages.iter().map(stage).collect::<Vec<_>>(),
            "instrument": outcome.instrument,
            "alternatives": outcome.alternatives.iter().map(other).collect::<Vec<_>>(),
        });
        if let Some(id) = id {
            value["id"] = json!(id);
        }
        value
    }
}

pub(crate) fn run(
    args: &RefineArgs,
    shared: &Shared,
    registry: &Registry,
) -> Result<ExitCode, Failure> {
    let formats = [OutputFormat::Text, OutputFormat::Json, OutputFormat::Jsonl];
    let format = choose(shared, "refine", &formats)?;
    let recipe = Recipe::new(args, registry)?;
    let target = target(&args.target, &args.model)?;
    let plain = preset::model(&args.model)?;
    let structures = input::structures(&args.structure)?;
    if let (Structures::One(_), Target::Lines(_)) = (&structures, &target) {
        return Err(Failure::usage(format!(
            "{}: holds a list of targets, but {} one structure",
            args.target.display(),
            args.structure.display()
        )));
    }
    let wavelength = match &target {
        Target::Fixed(fixed) => fixed.0.wavelength(),
        Target::Lines(_) => plain.wavelength(),
    };
    notice(
        shared,
        &format!(
            "preset {}, wavelength {wavelength} Å, strategy {}, refining {}",
            args.model.preset, recipe.name, recipe.free
        ),
    );
    if let (Structures::Many(_), Some(out)) = (&structures, &args.out) {
        return Err(Failure::usage(format!(
            "-o {}: a list of structures goes to the standard output, a line each",
            out.display()
        )));
    }
    match (structures, target) {
        (Structures::One(named), Target::Fixed(fixed)) => {
            let (model, target) = *fixed;
            let outcome = recipe
                .refine(&model.into(), &target, &named)
                .map_err(|e| e.at(&input::name_of(&args.structure)))?;
            let id = named.id.as_deref();
            if let Some(out) = &args.out {
                write_structure(out, &outcome.structure, id)?;
            }
            if format == OutputFormat::Text {
                print_text(&recipe, &named, &outcome)?;
            } else {
                print_json(&recipe.json(&outcome, id, wavelength))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        (Structures::Many(entries), Target::Fixed(fixed)) => {
            let (model, target) = *fixed;
            let model: AnyForwardModel = model.into();
            batch(entries, |entry, (): &mut ()| {
                let named = input::parse(&entry)?;
                let outcome = recipe
                    .refine(&model, &target, &named)
                    .map_err(|e| e.at(&input::place_of(&args.structure, &entry)))?;
                Ok(recipe.json(&outcome, named.id.as_deref(), wavelength))
            })
        }
        (Structures::Many(entries), Target::Lines(targets)) => {
            let pairs = pair(entries, targets, (&args.structure, &args.target));
            let model: AnyForwardModel = Structsnap::clone(&plain).into();
            batch(pairs, |(entry, target), scratch| {
                let truth = input::parse(&target)?;
                let pattern = preset::simulate(&plain, &truth.structure, scratch)
                    .map_err(|e| e.at(&input::place_of(&args.target, &target)))?;
                let named = input::parse(&entry)?;
                let outcome = recipe
                    .refine(&model, &pattern, &named)
                    .map_err(|e| e.at(&input::place_of(&args.structure, &entry)))?;
                Ok(recipe.json(&outcome, named.id.as_deref(), wavelength))
            })
        }
        (Structures::One(_), Target::Lines(_)) => Ok(ExitCode::from(2)),
    }
}

/// What was found, for people.
fn print_text(recipe: &Recipe, start: &NamedStructure, outcome: &Outcome) -> Result<(), Failure> {
    let mut out = stdout();
    let verdict = match outcome.certified {
        Some(true) => "certified: nothing else was seen to fit as well",
        Some(false) => "not certified: the target is not fitted as well as a right structure would",
        None => "this strategy vouches for nothing",
    };
    writeln!(out, "strategy     {}", recipe.name)?;
    writeln!(out, "loss         {:.9} -> {:.9}", outcome.initial_loss, outcome.loss)?;
    writeln!(out, "verdict      {verdict}")?;
    writeln!(out, "evaluations  {}", outcome.evaluations)?;
    let cell = |s: &braggscape_crystal::Structure| {
        let [a, b, c, alpha, beta, gamma] = s.cell().to_array();
        format!("{a:.5} {b:.5} {c:.5} Å  {alpha:.4} {beta:.4} {gamma:.4}°")
    };
    writeln!(out, "cell given   {}", cell(&start.structure))?;
    writeln!(out, "cell found   {}", cell(&outcome.structure))?;
    if recipe.free.coordinates() {
        for site in outcome.structure.sites() {
            let f = site.frac;
            let symbol = site.element.symbol();
            writeln!(out, "site         {symbol:<2} {:.5} {:.5} {:.5}", f.x, f.y, f.z)?;
        }
    }
    if let Some(i) = &outcome.instrument {
        writeln!(
            out,
            "instrument   zero shift {:.4}°, U {:.4}, V {:.4}, W {:.4} deg^2, B {:.3} Å^2",
            i.zero_shift, i.u, i.v, i.w, i.b_iso
        )?;
    }
    for stage in &outcome.stages {
        writeln!(
            out,
            "stage        {:<16} loss {:.9}, {} evaluations",
            stage.name, stage.loss, stage.evaluations
        )?;
    }
    for other in &outcome.alternatives {
        writeln!(
            out,
            "also fits    {:<16} loss {:.9}, cell {}",
            other.name,
            other.loss,
            cell(&other.structure)
        )?;
    }
    Ok(out.flush()?)
}
