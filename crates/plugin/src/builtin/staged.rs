//! The strategy that is composed of stages.

use crate::PluginError;
use crate::registry::StrategyParts;
use braggscape_loss::Loss;
use braggscape_optim::{Needs, Optimizer};
use braggscape_recover::{
    AnyStrategy, FreeParameters, Nuisance, Snap, StagePlan, StageRules, Staged, Starts,
};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// Which reflections a stage uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reflections {
    /// A new list at every evaluation.
    #[default]
    Refreshed,
    /// Those of the stage's first structure.
    Held,
}

/// How near to the ideal a fit must be to be vouched for: with coordinates free wrong structures come nearer than lattices alone do.
pub(super) fn certificate(free: FreeParameters) -> f64 {
    if free.coordinates() { 1e-9 } else { 1e-5 }
}

/// A component by its TOML.
pub(super) fn component(text: &str) -> Value {
    text.parse::<Table>().map_or_else(|_| Value::from(""), Value::Table)
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
    projector: Option<Value>,
    #[serde(default)]
    reflections: Reflections,
    #[serde(default)]
    max_evaluations: Option<u64>,
    #[serde(default)]
    stop_below: Option<f64>,
    #[serde(default)]
    give_up_above: Option<f64>,
}

impl StageOptions {
    /// The stage, the `i`th from 0.
    fn build(&self, i: usize, parts: &StrategyParts<'_>) -> Result<StagePlan, PluginError> {
        let at = |key: &str, e: &PluginError| PluginError::BadOptions {
            reason: format!("stages[{i}].{key}: {e}"),
        };
        let StrategyParts { registry, context, .. } = parts;
        let loss = registry.losses().build(&self.loss, context).map_err(|e| at("loss", &e))?;
        let optimizer = registry.optimizers().build(&self.optimizer, context);
        let optimizer = optimizer.map_err(|e| at("optimizer", &e))?;
        if optimizer.needs() == Needs::LeastSquares && loss.least_squares().is_none() {
            let (method, loss) = (kind(&self.optimizer), kind(&self.loss));
            let reason = format!(
                "stages[{i}].optimizer: `{method}` needs a sum of squares, and loss `{loss}` gives none"
            );
            return Err(PluginError::BadOptions { reason });
        }
        let projector = self.projector.as_ref().map(|p| registry.projectors().build(p, context));
        Ok(StagePlan {
            name: self.name.clone().unwrap_or_else(|| format!("stage {}", i + 1)),
            loss,
            optimizer,
            rules: StageRules {
                free: self.free,
                projector: projector.transpose().map_err(|e| at("projector", &e))?,
                hold_reflections: self.reflections == Reflections::Held,
                max_evaluations: self.max_evaluations,
                stop_below: self.stop_below,
                give_up_above: self.give_up_above,
            },
        })
    }
}

/// The kind of a component that is given by its name or by a table.
fn kind(component: &Value) -> &str {
    let of_table = || component.get("kind").and_then(Value::as_str);
    component.as_str().or_else(of_table).unwrap_or_default()
}

/// Options of a composed strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StagedOptions {
    stages: Vec<StageOptions>,
    starts: u64,
    spread: f64,
    displacement: f64,
    certificate: f64,
    snap: bool,
    snap_tolerance: f64,
    nuisances: Vec<Nuisance>,
}

impl StagedOptions {
    /// The defaults where `free` is refined.
    pub(super) fn new(free: FreeParameters) -> Self {
        let stage = |name: &str, loss: &str| StageOptions {
            name: Some(name.to_owned()),
            loss: component(loss),
            optimizer: component("kind = \"levenberg-marquardt\""),
            free: None,
            projector: None,
            reflections: Reflections::Refreshed,
            max_evaluations: None,
            stop_below: None,
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
            certificate: certificate(free),
            snap: false,
            snap_tolerance: Snap::default().tolerance,
            nuisances: Vec::new(),
        }
    }
}

impl StagedOptions {
    pub(super) fn build(&self, parts: &StrategyParts<'_>) -> Result<AnyStrategy, PluginError> {
        let stages = self.stages.iter().enumerate().map(|(i, stage)| stage.build(i, parts));
        let stages = stages.collect::<Result<_, _>>()?;
        let starts =
            Starts { count: self.starts, strain: self.spread, displacement: self.displacement };
        let snap = self.snap.then(|| Snap { tolerance: self.snap_tolerance, ..Snap::default() });
        Staged::new(stages, starts, Some(self.certificate), snap)
            .map(|staged| staged.with_nuisances(self.nuisances.clone()).into())
            .map_err(|e| PluginError::rejected(&e))
    }
}
