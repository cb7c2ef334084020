//! A checked study: every component built once, every task listed.

use crate::config::kind_of;
use crate::structures::{self, StudyStructure};
use crate::{Config, Problem, StudyError};
use braggscape_loss::AnyLoss;
use braggscape_metrics::{StrictRecovery, StructureMatcher};
use braggscape_noise::AnyNoiseModel;
use braggscape_plugin::{Context, PluginError, Registry};
use braggscape_projector::{AnyProjector, Projector};
use braggscape_record::Schema;
use braggscape_recover::AnyStrategy;
use braggscape_xrd::{AnyForwardModel, ForwardModel, Scratch};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::Path;
use toml::{Table, Value};

/// A truth may differ from its conventional shape by this much, Å or degrees, before that is reported.
const SHAPE_TOLERANCE: f64 = 1e-2;

/// The place of a task in the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskKey {
    /// Index of the structure.
    pub structure: usize,
    /// Index of the noise level.
    pub level: usize,
    /// Replicate, from 0.
    pub replicate: u32,
    /// Index of the arm.
    pub arm: usize,
}

/// The components of an arm.
pub(crate) struct BuiltArm {
    /// One projector a structure.
    pub(crate) projectors: Vec<AnyProjector>,
    pub(crate) loss: AnyLoss,
    pub(crate) strategy: AnyStrategy,
}

/// A study that is ready to run.
pub struct Plan {
    pub(crate) config: Config,
    pub(crate) structures: Vec<StudyStructure>,
    pub(crate) noise: Vec<AnyNoiseModel>,
    pub(crate) forward: AnyForwardModel,
    pub(crate) arms: Vec<BuiltArm>,
    pub(crate) report_losses: Vec<(String, AnyLoss)>,
    pub(crate) matcher: StructureMatcher,
    pub(crate) strict: StrictRecovery,
    pub(crate) schema: Schema,
    hash: String,
}

/// Collects problems with their places.
struct Problems<'a> {
    config: &'a Config,
    found: Vec<Problem>,
}

impl Problems<'_> {
    fn add(&mut self, key: &str, message: String) {
        let line = self.config.lines.of(key);
        let problem = Problem { line, key: key.to_owned(), message };
        if !self.found.contains(&problem) {
            self.found.push(problem);
        }
    }

    fn keep<T>(&mut self, key: &str, built: Result<T, PluginError>) -> Option<T> {
        built.map_err(|e| self.add(key, e.to_string())).ok()
    }
}

impl Plan {
    /// Loads the structures (files relative to `base`) and builds every component for every one of them.
    ///
    /// # Errors
    /// [`StudyError::Config`] with every problem found.
    pub fn new(
        config: Config,
        registry: &Registry,
        base: &Path,
        source_name: &str,
    ) -> Result<Self, StudyError> {
        let mut problems = Problems { config: &config, found: Vec::new() };
        let (structures, faults) = structures::load(&config, base);
        for (i, message) in faults {
            problems.add(&format!("structures[{i}]"), message);
        }
        let free = config.refine.into();
        let context = Context { free, ..Context::default() };
        let component = |table: &Table| Value::Table(table.clone());

        let noise = noise_models(&config, registry, &context, &mut problems);
        let forward = problems
            .keep("forward", registry.forward().build(&component(&config.forward), &context));
        if let Some(model) = &forward {
            check_forward(model, &structures, &mut problems);
        }
        let mut arms = Vec::new();
        for (i, arm) in config.arms.iter().enumerate() {
            let path = |part: &str| match problems_path(&config, i, part) {
                Some(path) => path,
                None => part.to_owned(),
            };
            let loss = registry.losses().build(&component(&arm.loss), &context);
            let loss = problems.keep(&path("loss"), loss);
            let optimizer = registry.optimizers().build(&component(&arm.optimizer), &context);
            let optimizer = problems.keep(&path("optimizer"), optimizer);
            let maker = registry.strategies().build(&component(&arm.strategy), &context);
            let maker = problems.keep(&path("strategy"), maker);
            let mut projectors = Vec::new();
            for s in &structures {
                let context = Context { free, shape: Some(s.shape) };
                let built = registry.projectors().build(&component(&arm.projector), &context);
                if let Some(p) = problems.keep(&path("projector"), built) {
                    let off = p.violation(&s.structure.cell(), &s.structure.frac_coords());
                    if off > SHAPE_TOLERANCE {
                        problems.add(
                            &path("projector"),
                            format!(
                                "structure `{}` does not keep the constraint of `{}` (off by {off:.3} Å or degrees); is its cell in the conventional setting?",
                                s.name,
                                kind_of(&arm.projector)
                            ),
                        );
                    }
                    projectors.push(p);
                }
            }
            if let (Some(loss), Some(optimizer), Some(maker)) = (loss, optimizer, maker) {
                arms.push(BuiltArm { projectors, loss, strategy: maker(optimizer) });
            }
        }
        let mut report_losses = Vec::new();
        for table in &config.report_losses {
            let loss = registry.losses().build(&component(table), &context);
            if let Some(loss) = problems.keep("report_losses", loss) {
                report_losses.push((kind_of(table).to_owned(), loss));
            }
        }
        let matcher = StructureMatcher::new(config.matching)
            .map_err(|e| problems.add("match", e.to_string()))
            .ok();
        let strict = StrictRecovery::new(config.strict)
            .map_err(|e| problems.add("strict", e.to_string()))
            .ok();
        let schema = Schema::new(report_losses.iter().map(|(name, _)| name.clone()))
            .map_err(|e| problems.add("report_losses", e.to_string()))
            .ok();
        if problems.found.is_empty()
            && let (Some(forward), Some(matcher), Some(strict), Some(schema)) =
                (forward, matcher, strict, schema)
        {
            let hash = config_hash(&config, &structures);
            return Ok(Self {
                config,
                structures,
                noise,
                forward,
                arms,
                report_losses,
                matcher,
                strict,
                schema,
                hash,
            });
        }
        let mut found = problems.found;
        found.sort_by_key(|p| p.line.unwrap_or(usize::MAX));
        Err(StudyError::Config { source_name: source_name.to_owned(), problems: found })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The structures.
    pub fn structures(&self) -> &[StudyStructure] {
        &self.structures
    }

    /// SHA-256 of the resolved configuration and the structures, hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Number of tasks.
    pub fn n_tasks(&self) -> u64 {
        [self.structures.len(), self.noise.len(), self.config.replicates as usize, self.arms.len()]
            .iter()
            .map(|n| *n as u64)
            .product()
    }

    /// The place of a task: structures vary slowest, then levels, replicates, arms.
    pub fn key(&self, task_index: u64) -> TaskKey {
        let arms = self.arms.len() as u64;
        let replicates = u64::from(self.config.replicates);
        let levels = self.noise.len() as u64;
        let (rest, arm) = (task_index / arms, task_index % arms);
        let (rest, replicate) = (rest / replicates, rest % replicates);
        TaskKey {
            structure: (rest / levels) as usize,
            level: (rest % levels) as usize,
            replicate: replicate as u32,
            arm: arm as usize,
        }
    }
}

/// The path at which an arm's component stands in the file, if it is its own.
fn problems_path(config: &Config, arm: usize, part: &str) -> Option<String> {
    let path = format!("arm[{arm}].{part}");
    (config.lines.of(&path) != config.lines.of(&format!("arm[{arm}]"))
        || config.lines.of(part).is_none())
    .then_some(path)
}

fn noise_models(
    config: &Config,
    registry: &Registry,
    context: &Context,
    problems: &mut Problems<'_>,
) -> Vec<AnyNoiseModel> {
    let mut models = Vec::new();
    for (i, level) in config.levels.iter().enumerate() {
        let mut table = config.noise.clone();
        if kind_of(&table) != "none" {
            table.insert("sigma".to_owned(), Value::Float(*level));
        }
        let built = registry.noise().build(&Value::Table(table), context);
        models.extend(problems.keep(&format!("noise.levels[{i}]"), built));
    }
    if config.levels.is_empty() {
        problems.add("noise.levels", "expected at least one level".to_owned());
    }
    models
}

/// Every truth must have a pattern.
fn check_forward(
    model: &AnyForwardModel,
    structures: &[StudyStructure],
    problems: &mut Problems<'_>,
) {
    let mut pattern = braggscape_pattern::Pattern::zeros(model.axis().clone());
    for s in structures {
        if let Err(e) = model.simulate(&s.structure, &mut Scratch::default(), &mut pattern) {
            problems.add("structures", format!("`{}` cannot be simulated: {e}", s.name));
        }
    }
}

fn config_hash(config: &Config, structures: &[StudyStructure]) -> String {
    let mut hash = Sha256::new();
    hash.update(config.to_toml().as_bytes());
    for s in structures {
        hash.update(s.fingerprint().as_bytes());
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
