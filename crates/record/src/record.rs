//! One row of a study.

use crate::{RecordError, StructureRecord, columns};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What one task of a study was and what came of it.
///
/// Every field is a column of the same name in the Parquet parts, except the four maps, which are columns
/// `initial_loss.<name>`, `final_loss.<name>`, `initial_metric.<name>` and `final_metric.<name>` ([`Schema`]). A failed task is a row too: it has a reason in `failure`
/// and no results. Numbers are finite or absent.
///
/// To add a column, add the field here and its name to the list in `columns.rs`; the compiler asks for the second.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Place of the task in the study, from 0.
    pub task_index: u64,
    /// Name of the structure.
    pub structure: String,
    /// Identifier of the structure where it came from, such as `mp-1947`.
    pub structure_id: Option<String>,
    /// Kind of the noise model.
    pub noise_kind: String,
    /// Level of the noise, in the unit of its kind (strain: a fraction; displacement: Å or fractions of the cell).
    pub noise_level: f64,
    /// Which of the repeated draws at this level, from 0.
    pub replicate: u32,
    /// Label of the combination of loss, projector, optimizer and strategy, as figures show it.
    pub arm: String,
    /// Kind of the loss that was minimised.
    pub loss: String,
    /// Kind of the projector.
    pub projector: String,
    /// Kind of the optimizer.
    pub optimizer: String,
    /// Kind of the strategy.
    pub strategy: String,
    /// Seed of the random stream of this task.
    pub seed: u64,
    /// Why the task failed; nothing if it ran to its end.
    pub failure: Option<String>,
    /// Why the optimizer stopped.
    pub termination: Option<String>,
    /// Number of forward simulations.
    pub evaluations: u64,
    /// Number of optimizer steps.
    pub iterations: u64,
    /// The minimised loss at the start.
    pub loss_initial: Option<f64>,
    /// The minimised loss at the end.
    pub loss_final: Option<f64>,
    /// Whether the distorted structure, unrefined, already matches the truth.
    pub noop_matched: Option<bool>,
    /// Its root-mean-square distance from the truth, dimensionless as the matcher gives it; nothing without a match.
    pub noop_rms: Option<f64>,
    /// Whether the distorted structure, unrefined, already meets the strict recovery bounds.
    pub noop_strict: Option<bool>,
    /// Whether the final structure matches the truth.
    pub matched: Option<bool>,
    /// Root-mean-square distance of the final structure from the truth, dimensionless; nothing without a match.
    pub rms: Option<f64>,
    /// Largest distance of a site of the final structure from the truth, dimensionless; nothing without a match.
    pub max_dist: Option<f64>,
    /// Whether the final structure meets the strict recovery bounds.
    pub strict: Option<bool>,
    /// Whether the strategy vouched for its result; nothing if it makes no claims.
    pub certified: Option<bool>,
    /// Whether the final structure or another one of those the strategy ranks beside it matches the truth; nothing without such others.
    pub ranked_matched: Option<bool>,
    /// Value at the start under every loss asked for, by kind.
    pub initial_losses: BTreeMap<String, f64>,
    /// Value at the end under every loss asked for, by kind.
    pub final_losses: BTreeMap<String, f64>,
    /// Distance or score of the start against the truth under every metric asked for, by kind; an infinite one is absent.
    pub initial_metrics: BTreeMap<String, f64>,
    /// Distance or score of the end against the truth under every metric asked for, by kind; an infinite one is absent.
    pub final_metrics: BTreeMap<String, f64>,
    /// The structure at the start, distorted.
    pub initial_structure: Option<StructureRecord>,
    /// The structure at the end.
    pub final_structure: Option<StructureRecord>,
}

impl Record {
    /// Checks that the record can be kept: every number finite, every count within Parquet's signed integers.
    ///
    /// # Errors
    /// [`RecordError::NonFinite`] or [`RecordError::CountTooLarge`], naming task and column.
    pub fn check(&self) -> Result<(), RecordError> {
        columns::check(self)
    }

    /// Whether the task failed.
    pub fn failed(&self) -> bool {
        self.failure.is_some()
    }
}

/// Which columns of losses and metrics the parts of a study have, in order.
///
/// Each loss gives a column `initial_loss.<name>` and a column `final_loss.<name>`, each metric a column
/// `initial_metric.<name>` and a column `final_metric.<name>`. The rest of the columns is fixed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// Kinds of losses, each once.
    pub losses: Vec<String>,
    /// Kinds of metrics, each once.
    pub metrics: Vec<String>,
}

impl Schema {
    /// A schema of these losses and metrics.
    ///
    /// # Errors
    /// [`RecordError::DuplicateColumn`].
    pub fn new<L, M>(losses: L, metrics: M) -> Result<Self, RecordError>
    where
        L: IntoIterator<Item: Into<String>>,
        M: IntoIterator<Item: Into<String>>,
    {
        let schema = Self {
            losses: losses.into_iter().map(Into::into).collect(),
            metrics: metrics.into_iter().map(Into::into).collect(),
        };
        schema.check()?;
        Ok(schema)
    }

    /// Checks that no name stands twice in its list.
    pub(crate) fn check(&self) -> Result<(), RecordError> {
        for names in [&self.losses, &self.metrics] {
            let mut seen = BTreeSet::new();
            if let Some(name) = names.iter().find(|name| !seen.insert(name.as_str())) {
                return Err(RecordError::DuplicateColumn { name: name.clone() });
            }
        }
        Ok(())
    }
}
