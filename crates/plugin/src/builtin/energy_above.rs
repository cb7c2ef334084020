//! The energy of a structure above that of another as a metric.

use super::{potentials, resolve_in};
use crate::PluginError;
use crate::family::Entry;
use braggscape_crystal::Structure;
use braggscape_metrics::{AnyMetric, Direction, Metric, MetricError};
use braggscape_potential::{AnyPotential, Evaluation, Potential};
use serde::{Deserialize, Serialize};
use toml::Value;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EnergyAboveOptions {
    potential: Value,
}

impl Default for EnergyAboveOptions {
    fn default() -> Self {
        Self { potential: Value::from("chgnet") }
    }
}

/// Energy per atom of the candidate less that of the reference, eV; below 0 where the potential prefers the candidate, infinite where it has no
/// energy for it, as where two sites are in one place.
struct EnergyAbove {
    potential: AnyPotential,
}

impl EnergyAbove {
    fn per_atom(&self, structure: &Structure) -> Result<f64, MetricError> {
        let mut out = Evaluation::default();
        self.potential.evaluate(structure, &mut out).map_err(|e| MetricError::External {
            kind: "energy-above".to_owned(),
            source: Box::new(e),
        })?;
        Ok(out.energy / structure.n_sites() as f64)
    }
}

impl Metric for EnergyAbove {
    fn direction(&self) -> Direction {
        Direction::SmallerIsBetter
    }

    fn evaluate(&self, reference: &Structure, candidate: &Structure) -> Result<f64, MetricError> {
        let reference = self.per_atom(reference)?;
        Ok(self.per_atom(candidate).map_or(f64::INFINITY, |energy| energy - reference))
    }
}

pub(super) fn energy_above() -> Entry<AnyMetric> {
    Entry::builtin(
        "energy per atom above that of the truth in a potential, eV",
        "potential = \"lennard-jones\"",
        |_| EnergyAboveOptions::default(),
        |options, context| {
            if let Some(value) = options.table().get("potential")
                && !(value.is_str() || value.is_table())
            {
                let wrong =
                    PluginError::NotAComponent { seam: "potential", found: value.type_str() };
                return Err(PluginError::BadOptions { reason: format!("potential: {wrong}") });
            }
            let options: EnergyAboveOptions = options.parse()?;
            let potential = potentials().build(&options.potential, context)?;
            Ok::<_, PluginError>(AnyMetric::external(EnergyAbove { potential }))
        },
    )
    .nesting(|options, context| {
        resolve_in(&potentials(), options.get_mut("potential"), context);
    })
}
