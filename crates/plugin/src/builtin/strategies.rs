//! The built-in strategies.

use super::{Nothing, losses, optimizers, resolve_in};
use crate::family::{Entry, Family};
use crate::registry::{StrategyMaker, StrategyParts};
use crate::{Context, Options, PluginError};
use braggscape_loss::{AnyLoss, BlurAxis, BlurredOverlap, BlurredOverlapOptions};
use braggscape_recover::{
    AnyStrategy, Descend, FreeParameters, Joint, JointOptions, Snap, SpaceGroupHypotheses,
    SpaceGroupHypothesesOptions, StagePlan, Staged, Starts,
};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// Which reflections a stage uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Reflections {
    /// A new list at every evaluation.
    #[default]
    Refreshed,
    /// Those of the stage's first structure.
    Held,
}

/// Options of the strategies that go from a wide blur to a sharp one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GraduatedOptions {
    blurs: Vec<f64>,
    axis: BlurAxis,
    taper: f64,
    wavelength: f64,
    optimizer: Value,
    final_loss: Value,
    final_optimizer: Value,
    reflections: Reflections,
    starts: u64,
    spread: f64,
    displacement: f64,
    certificate: f64,
    snap: bool,
    snap_tolerance: f64,
}

fn component(text: &str) -> Value {
    text.parse::<Table>().map_or_else(|_| Value::from(""), Value::Table)
}

impl GraduatedOptions {
    fn new(starts: u64, snap: bool) -> Self {
        Self {
            blurs: vec![0.15, 0.1, 0.05, 0.02],
            axis: BlurAxis::LnQ,
            taper: 0.1,
            wavelength: BlurredOverlapOptions::default().wavelength,
            optimizer: component(
                "kind = \"levenberg-marquardt\"\nvalue_tolerance = 1e-4\nmax_iterations = 15",
            ),
            final_loss: Value::from("pearson"),
            final_optimizer: component(
                "kind = \"levenberg-marquardt\"\nvalue_tolerance = 1e-12\nmax_iterations = 40",
            ),
            reflections: Reflections::Refreshed,
            starts,
            spread: 0.22,
            displacement: 0.05,
            certificate: 1e-5,
            snap,
            snap_tolerance: Snap::default().tolerance,
        }
    }

    fn build(&self, parts: &StrategyParts<'_>) -> Result<AnyStrategy, PluginError> {
        self.staged(parts).map(Into::into)
    }

    fn staged(&self, parts: &StrategyParts<'_>) -> Result<Staged, PluginError> {
        let hold_reflections = self.reflections == Reflections::Held;
        let mut stages = Vec::new();
        for blur in &self.blurs {
            let options = BlurredOverlapOptions {
                axis: self.axis,
                blur: *blur,
                wavelength: self.wavelength,
                taper: self.taper,
            };
            let loss = BlurredOverlap::new(options).map_err(|e| PluginError::rejected(&e))?;
            stages.push(StagePlan {
                name: format!("blur {blur}"),
                loss: loss.into(),
                optimizer: parts.registry.optimizers().build(&self.optimizer, parts.context)?,
                free: None,
                hold_reflections,
                give_up_above: None,
            });
        }
        stages.push(StagePlan {
            name: "sharp".to_owned(),
            loss: parts.registry.losses().build(&self.final_loss, parts.context)?,
            optimizer: parts.registry.optimizers().build(&self.final_optimizer, parts.context)?,
            free: None,
            hold_reflections,
            give_up_above: None,
        });
        let starts =
            Starts { count: self.starts, strain: self.spread, displacement: self.displacement };
        let snap = self.snap.then(|| Snap { tolerance: self.snap_tolerance, ..Snap::default() });
        Staged::new(stages, starts, Some(self.certificate), snap)
            .map_err(|e| PluginError::rejected(&e))
    }
}

/// Options of the descents that are made under hypotheses of symmetry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DescentOptions {
    blurs: Vec<f64>,
    axis: BlurAxis,
    taper: f64,
    wavelength: f64,
    optimizer: Value,
    final_loss: Value,
    final_optimizer: Value,
}

impl Default for DescentOptions {
    fn default() -> Self {
        let g = GraduatedOptions::new(1, false);
        Self {
            blurs: g.blurs,
            axis: g.axis,
            taper: g.taper,
            wavelength: g.wavelength,
            optimizer: g.optimizer,
            final_loss: g.final_loss,
            final_optimizer: g.final_optimizer,
        }
    }
}

/// The options of the search and of its descents, side by side.
fn joint_options() -> Table {
    let table = |options: Result<Table, _>| options.unwrap_or_default();
    let mut all = table(Table::try_from(DescentOptions::default()));
    all.extend(table(Table::try_from(JointOptions::default())));
    all
}

fn joint(options: &Table, parts: &StrategyParts<'_>) -> Result<AnyStrategy, PluginError> {
    let of_search = Table::try_from(JointOptions::default()).unwrap_or_default();
    let (search, descent): (Table, Table) =
        options.clone().into_iter().partition(|(key, _)| of_search.contains_key(key));
    let (search, d): (JointOptions, DescentOptions) =
        (Options::new(search).parse()?, Options::new(descent).parse()?);
    let descent = GraduatedOptions {
        blurs: d.blurs,
        axis: d.axis,
        taper: d.taper,
        wavelength: d.wavelength,
        optimizer: d.optimizer,
        final_loss: d.final_loss,
        final_optimizer: d.final_optimizer,
        ..GraduatedOptions::new(1, false)
    };
    let joint = Joint::new(descent.staged(parts)?, search);
    joint.map(Into::into).map_err(|e| PluginError::rejected(&e))
}

/// A stage of a composed strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StageOptions {
    #[serde(default)]
    name: Option<String>,
    loss: Value,
    optimizer: Value,
    #[serde(default)]
    free: Option<FreeParameters>,
    #[serde(default)]
    reflections: Reflections,
    #[serde(default)]
    give_up_above: Option<f64>,
}

/// Options of a composed strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StagedOptions {
    stages: Vec<StageOptions>,
    starts: u64,
    spread: f64,
    displacement: f64,
    certificate: f64,
    snap: bool,
    snap_tolerance: f64,
}

impl Default for StagedOptions {
    fn default() -> Self {
        let stage = |name: &str, loss: &str| StageOptions {
            name: Some(name.to_owned()),
            loss: component(loss),
            optimizer: component("kind = \"levenberg-marquardt\""),
            free: None,
            reflections: Reflections::Refreshed,
            give_up_above: None,
        };
        Self {
            stages: vec![
                stage("wide", "kind = \"blurred-overlap\"\nblur = 0.1"),
                stage("sharp", "kind = \"cosine\""),
            ],
            starts: 1,
            spread: 0.22,
            displacement: 0.05,
            certificate: 1e-5,
            snap: false,
            snap_tolerance: Snap::default().tolerance,
        }
    }
}

impl StagedOptions {
    fn build(&self, parts: &StrategyParts<'_>) -> Result<AnyStrategy, PluginError> {
        let mut stages = Vec::new();
        for (i, stage) in self.stages.iter().enumerate() {
            let loss: AnyLoss = parts.registry.losses().build(&stage.loss, parts.context)?;
            stages.push(StagePlan {
                name: stage.name.clone().unwrap_or_else(|| format!("stage {}", i + 1)),
                loss,
                optimizer: parts.registry.optimizers().build(&stage.optimizer, parts.context)?,
                free: stage.free,
                hold_reflections: stage.reflections == Reflections::Held,
                give_up_above: stage.give_up_above,
            });
        }
        let starts =
            Starts { count: self.starts, strain: self.spread, displacement: self.displacement };
        let snap = self.snap.then(|| Snap { tolerance: self.snap_tolerance, ..Snap::default() });
        Staged::new(stages, starts, Some(self.certificate), snap)
            .map(Into::into)
            .map_err(|e| PluginError::rejected(&e))
    }
}

/// A strategy that is made of its own options.
fn own<O>(
    summary: &str,
    example: &str,
    defaults: impl Fn() -> O + Send + Sync + 'static,
    build: fn(&O, &StrategyParts<'_>) -> Result<AnyStrategy, PluginError>,
) -> Entry<StrategyMaker>
where
    O: Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    let construct = move |options: &Options, _: &Context| -> Result<StrategyMaker, PluginError> {
        let options = options.parse::<O>()?;
        Ok(Box::new(move |parts| build(&options, &parts)))
    };
    let settle = |table: &mut Table, context: &Context| {
        let (losses, optimizers) = (losses(), optimizers());
        resolve_in(&losses, table.get_mut("final_loss"), context);
        for key in ["optimizer", "final_optimizer"] {
            resolve_in(&optimizers, table.get_mut(key), context);
        }
        let stages = table.get_mut("stages").and_then(Value::as_array_mut);
        for stage in stages.into_iter().flatten().filter_map(Value::as_table_mut) {
            resolve_in(&losses, stage.get_mut("loss"), context);
            resolve_in(&optimizers, stage.get_mut("optimizer"), context);
        }
    };
    Entry::builtin(summary, example, move |_| defaults(), construct).nesting(settle)
}

pub(crate) fn strategies() -> Family<StrategyMaker> {
    let descend = Entry::builtin(
        "one optimizer on one loss from the given structure (the paper)",
        "",
        |_| Nothing::default(),
        |options, _| -> Result<StrategyMaker, PluginError> {
            let Nothing {} = options.parse()?;
            Ok(Box::new(|parts| Ok(Descend::new(parts.optimizer).into())))
        },
    );
    let graduated = own(
        "descent from a wide blur in ln q to a sharp pattern, from one start",
        "blurs = [0.15, 0.1, 0.05, 0.02]\ntaper = 0.1",
        || GraduatedOptions::new(1, false),
        GraduatedOptions::build,
    );
    let restarts = own(
        "graduated descents from random starts until a fit is certified",
        "starts = 64\nspread = 0.22\ncertificate = 1e-5",
        || GraduatedOptions::new(64, false),
        GraduatedOptions::build,
    );
    let snap = own(
        "certified restarts, then the most symmetric cell that fits as well",
        "starts = 64\nsnap_tolerance = 1e-9",
        || GraduatedOptions::new(64, true),
        GraduatedOptions::build,
    );
    let under_symmetries = own(
        "graduated descents under the symmetries that the structure may have: coordinates, or the lattice as well",
        "max_hypotheses = 60\nrestarts = 6\ncertificate = 1e-9",
        joint_options,
        joint,
    );
    let hypotheses = own(
        "fits of the coordinates under the symmetries that the structure may have, likeliest first",
        "max_evaluations = 30000\ncertificate = 1e-9",
        SpaceGroupHypothesesOptions::default,
        |o, _| SpaceGroupHypotheses::new(*o).map(Into::into).map_err(|e| PluginError::rejected(&e)),
    );
    let staged = own(
        "stages of your own: a loss, an optimizer and what is free in each, from one start or many",
        "starts = 8\n[[stages]]\nloss = { kind = \"blurred-overlap\", blur = 0.05 }\noptimizer = \"levenberg-marquardt\"\n[[stages]]\nloss = \"cosine\"\noptimizer = \"levenberg-marquardt\"",
        StagedOptions::default,
        StagedOptions::build,
    );
    Family::new(
        "strategy",
        vec![
            ("certified-restarts", restarts),
            ("descend", descend),
            ("graduated", graduated),
            ("joint", under_symmetries),
            ("space-group-hypotheses", hypotheses),
            ("staged", staged),
            ("symmetry-snap", snap),
        ],
    )
}
