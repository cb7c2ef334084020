//! The configuration of a study.

mod reader;
mod subtable;
mod tables;

use crate::{Problem, StudyError, TargetPeaks};
use braggscape_metrics::{StrictRecoveryOptions, StructureMatcherOptions};
use braggscape_plugin::{Context, Registry};
use braggscape_recover::{FreeParameters, Variables};
pub(crate) use reader::{Lines, Reader, describe};
use serde::Serialize;
use std::path::Path;
pub(crate) use subtable::{SubTable, number_of};
pub(crate) use tables::{resolve, suiting, variables};
use toml::{Table, Value};

/// What is refined, as written in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refine {
    /// The cell parameters.
    Lattice,
    /// The fractional coordinates.
    Coordinates,
    /// Both.
    Both,
}

impl From<Refine> for FreeParameters {
    fn from(refine: Refine) -> Self {
        match refine {
            Refine::Lattice => Self::Lattice,
            Refine::Coordinates => Self::Coordinates,
            Refine::Both => Self::Both,
        }
    }
}

/// One combination of components: a bar of the figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Arm {
    /// Label, unique in the study.
    pub name: String,
    /// Which variables the optimizer moves.
    pub variables: Variables,
    /// Loss, with every option.
    pub loss: Table,
    /// Projector, with every option.
    pub projector: Table,
    /// Optimizer, with every option.
    pub optimizer: Table,
    /// Strategy, with every option.
    pub strategy: Table,
}

/// A resolved configuration: every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Config {
    /// Title of the study, over its figures.
    pub title: String,
    /// Seed of every random stream.
    pub seed: u64,
    /// Study crystals by name, identifier or formula, or structure files relative to the configuration.
    pub structures: Vec<String>,
    /// Distorted copies of each structure at each level.
    pub replicates: u32,
    /// What is refined.
    pub refine: Refine,
    /// Most evaluations of a task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_evaluations: Option<u64>,
    /// Losses under which every start and result is recorded.
    pub report_losses: Vec<Table>,
    /// Metrics by which every start and result is compared with the truth.
    pub report_metrics: Vec<Table>,
    /// Noise levels, values of the option that the noise model calls its level; in the file they stand in its table.
    #[serde(skip)]
    pub levels: Vec<f64>,
    /// Noise model, without its level.
    pub noise: Table,
    /// Noise model of the target pattern, with every option.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern_noise: Option<Table>,
    /// Forward model.
    pub forward: Table,
    /// Forward model of the target patterns, if it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_forward: Option<Table>,
    /// Targets made of the peak lists of another program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_peaks: Option<TargetPeaks>,
    /// Tolerances of the structure matcher.
    #[serde(rename = "match")]
    pub matching: StructureMatcherOptions,
    /// Tolerances of strict recovery.
    pub strict: StrictRecoveryOptions,
    /// The combinations.
    #[serde(rename = "arm")]
    pub arms: Vec<Arm>,
    /// Where keys stand in the file.
    #[serde(skip)]
    pub(crate) lines: Lines,
}

/// The `kind` of a component's table.
pub(crate) fn kind_of(table: &Table) -> &str {
    table.get("kind").and_then(Value::as_str).unwrap_or("")
}

impl Config {
    /// Reads a configuration; `source_name` is what messages call the file.
    ///
    /// # Errors
    /// [`StudyError::Config`] with every problem found: syntax, unknown keys (with the choices), wrong types, unknown
    /// components and options.
    pub fn parse(text: &str, source_name: &str, registry: &Registry) -> Result<Self, StudyError> {
        match Self::draft(text, source_name, registry) {
            Ok((config, problems)) if problems.is_empty() => Ok(config),
            Ok((_, problems)) => Err(StudyError::config(source_name, problems)),
            Err(problem) => Err(StudyError::config(source_name, vec![problem])),
        }
    }

    /// Reads what can be read: a configuration whose faulty parts are left at their defaults or empty, and the faults.
    ///
    /// # Errors
    /// The fault of a text that is not TOML.
    pub(crate) fn draft(
        text: &str,
        source_name: &str,
        registry: &Registry,
    ) -> Result<(Self, Vec<Problem>), Problem> {
        let (table, lines) = Lines::parse(text)?;
        let mut reader = Reader::new(&table, &lines);
        // Not the whole path, so that a study is the same one however its file is reached.
        let stem = || Path::new(source_name).file_stem().map(|s| s.to_string_lossy().into_owned());
        let title = reader.string("title").or_else(stem).unwrap_or_else(|| source_name.to_owned());
        let seed = reader.integer("seed", 0, i64::MAX).unwrap_or(0) as u64;
        let structures = reader.strings("structures");
        let none = structures.as_ref().map_or(!table.contains_key("structures"), Vec::is_empty);
        let structures = structures.unwrap_or_default();
        if none {
            reader.problem(
                "structures",
                "expected a list of study crystals (such as \"U2Ti\"; \"all\" for the ten) or structure files",
            );
        }
        let replicates = reader.integer("replicates", 1, 1_000_000).unwrap_or(1) as u32;
        let max_evaluations = reader.integer("max_evaluations", 1, i64::MAX).map(|n| n as u64);
        let (noise, levels) = tables::noise(&mut reader, registry);
        let refine = tables::refine(&mut reader, kind_of(&noise));
        let context = Context { free: refine.into(), ..Context::default() };
        let pattern_noise = tables::pattern_noise(&mut reader, registry, &context);
        let target_forward = tables::target_forward(&mut reader, registry, &context);
        let target_peaks = tables::target_peaks(&mut reader);
        let forward =
            tables::component(&mut reader, "forward", "structsnap", registry.forward(), &context);
        let arms = tables::arms(&mut reader, registry, &context);
        let report_losses = tables::report_losses(&mut reader, registry, &context, &arms);
        let report_metrics = tables::report_metrics(&mut reader, registry, &context);
        let matching = tables::options(&mut reader, "match", StructureMatcherOptions::study());
        let strict = tables::options(&mut reader, "strict", StrictRecoveryOptions::default());
        let problems = reader.finish();
        let config = Self {
            title,
            seed,
            structures,
            replicates,
            refine,
            max_evaluations,
            report_losses,
            report_metrics,
            levels,
            noise,
            pattern_noise,
            forward,
            target_forward,
            target_peaks,
            matching,
            strict,
            arms,
            lines,
        };
        Ok((config, problems))
    }

    /// The same study with a fraction of its replicates, at least one.
    #[must_use]
    pub fn with_fraction(mut self, fraction: f64) -> Self {
        let n = (f64::from(self.replicates) * fraction.clamp(0.0, 1.0)).ceil();
        self.replicates = (n as u32).clamp(1, self.replicates);
        self
    }

    /// The resolved configuration as TOML that reads back to the same configuration.
    pub fn to_toml(&self) -> String {
        // A table of finite numbers, strings and tables always serializes.
        let mut table = Table::try_from(self).unwrap_or_default();
        if let Some(noise) = table.get_mut("noise").and_then(Value::as_table_mut) {
            noise.insert("levels".to_owned(), Value::from(self.levels.clone()));
        }
        toml::to_string(&table).unwrap_or_default()
    }
}
