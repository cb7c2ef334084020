//! A checked study: every component built once, every task listed.

use crate::arms::{BuiltArm, build_arm};
use crate::config::kind_of;
use crate::seed::stream;
use crate::structures::{self, StudyStructure};
use crate::{Config, Problem, StudyError};
use braggscape_loss::AnyLoss;
use braggscape_metrics::{
    AnyMetric, StrictRecovery, StrictRecoveryOptions, StructureMatcher, StructureMatcherOptions,
};
use braggscape_noise::{AnyNoiseModel, NoiseModel};
use braggscape_optim::with_causes;
use braggscape_plugin::{Context, Entry, Family, PluginError, Registry};
use braggscape_record::Schema;
use braggscape_xrd::{AnyForwardModel, ForwardModel, Scratch};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::Path;
use toml::{Table, Value};

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

/// A study that is ready to run.
pub struct Plan {
    pub(crate) config: Config,
    pub(crate) structures: Vec<StudyStructure>,
    /// One model a level.
    pub(crate) noise: Vec<AnyNoiseModel>,
    pub(crate) pattern_noise: Option<AnyNoiseModel>,
    pub(crate) forward: AnyForwardModel,
    /// The model of the targets, if it is another one.
    pub(crate) target_forward: Option<AnyForwardModel>,
    pub(crate) arms: Vec<BuiltArm>,
    pub(crate) report_losses: Vec<(String, AnyLoss)>,
    pub(crate) report_metrics: Vec<(String, AnyMetric)>,
    pub(crate) matcher: StructureMatcher,
    pub(crate) strict: StrictRecovery,
    pub(crate) schema: Schema,
    hash: String,
}

/// Collects problems with their places.
pub(crate) struct Problems<'a> {
    pub(crate) config: &'a Config,
    found: Vec<Problem>,
    /// Keys with problems that were found in reading.
    read: Vec<String>,
}

/// Whether a key is another one or a table or list around it.
fn around(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

impl Problems<'_> {
    /// Notes a problem, unless one that was read there is the cause of it.
    pub(crate) fn add(&mut self, key: &str, message: String) {
        let line = self.config.lines.of(key);
        let problem = Problem { line, key: key.to_owned(), message };
        let caused =
            self.read.iter().any(|key| around(key, &problem.key) || around(&problem.key, key));
        if !caused && !self.found.contains(&problem) {
            self.found.push(problem);
        }
    }

    fn keep<T>(&mut self, key: &str, built: Result<T, PluginError>) -> Option<T> {
        built.map_err(|e| self.add(key, e.to_string())).ok()
    }

    /// Builds the component of a table; what is wrong stands at the option that is at fault. A table that could not be read
    /// is empty and builds nothing.
    pub(crate) fn build<T>(
        &mut self,
        key: &str,
        family: &Family<T>,
        table: &Table,
        context: &Context,
    ) -> Option<T> {
        if table.is_empty() {
            return None;
        }
        let value = Value::Table(table.clone());
        let built = family.build(&value, context);
        let option = built.is_err().then(|| family.culprit(&value, context)).flatten();
        let path = option.map(|o| format!("{key}.{o}"));
        let path = path.filter(|p| self.config.lines.has(p));
        self.keep(path.as_deref().unwrap_or(key), built)
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
        Self::build(config, Vec::new(), registry, base, source_name)
    }

    /// Reads a configuration and builds it, as [`Config::parse`] and [`Plan::new`] do, but reports the problems of both at
    /// once. `fraction` of the replicates is planned (see [`Config::with_fraction`]); 1 for all.
    ///
    /// # Errors
    /// [`StudyError::Config`] with every problem found.
    pub fn from_toml(
        text: &str,
        source_name: &str,
        fraction: f64,
        registry: &Registry,
        base: &Path,
    ) -> Result<Self, StudyError> {
        let (config, problems) = Config::draft(text, source_name, registry)
            .map_err(|p| StudyError::config(source_name, vec![p]))?;
        Self::build(config.with_fraction(fraction), problems, registry, base, source_name)
    }

    fn build(
        config: Config,
        read: Vec<Problem>,
        registry: &Registry,
        base: &Path,
        source_name: &str,
    ) -> Result<Self, StudyError> {
        let keys = read.iter().map(|p| p.key.clone()).collect();
        let mut problems = Problems { config: &config, found: read, read: keys };
        let (structures, faults) = structures::load(&config.structures, base);
        for (i, message) in faults {
            problems.add(&format!("structures[{i}]"), message);
        }
        let free = config.refine.into();
        let context = Context { free, ..Context::default() };

        let noise = noise_models(&config, registry, &context, &mut problems);
        let forward = problems.build("forward", registry.forward(), &config.forward, &context);
        let pattern_noise = config
            .pattern_noise
            .as_ref()
            .and_then(|table| problems.build("pattern_noise", registry.noise(), table, &context));
        let target_forward =
            target_model(&config, registry, &context, forward.as_ref(), &mut problems);
        if let Some(model) = &forward {
            check_forward(model, &structures, &mut problems);
            if let (Some(noise), Some(s)) = (&pattern_noise, structures.first()) {
                check_pattern_noise(noise, model, s, &mut problems);
            }
        }
        let mut arms = Vec::new();
        for i in 0..config.arms.len() {
            arms.extend(build_arm(i, registry, &structures, forward.as_ref(), &mut problems));
        }
        let mut report_losses = Vec::new();
        for (i, table) in config.report_losses.iter().enumerate() {
            // Losses that are not named here are those of the arms, where their problems are told.
            let built = if config.lines.has("report_losses") {
                let key = format!("report_losses[{i}]");
                problems.build(&key, registry.losses(), table, &context)
            } else {
                registry.losses().build(&Value::Table(table.clone()), &context).ok()
            };
            if let Some(loss) = built {
                report_losses.push((kind_of(table).to_owned(), loss));
            }
        }
        let mut report_metrics = Vec::new();
        for (i, table) in config.report_metrics.iter().enumerate() {
            let key = format!("report_metrics[{i}]");
            if let Some(metric) = problems.build(&key, registry.metrics(), table, &context) {
                report_metrics.push((kind_of(table).to_owned(), metric));
            }
        }
        let matcher = StructureMatcher::new(config.matching)
            .map_err(|e| {
                let accepts = |o| StructureMatcher::new(o).is_ok();
                let key =
                    culprit("match", &config.matching, &StructureMatcherOptions::study(), accepts);
                problems.add(&key, e.to_string());
            })
            .ok();
        let strict = StrictRecovery::new(config.strict)
            .map_err(|e| {
                let accepts = |o| StrictRecovery::new(o).is_ok();
                let key =
                    culprit("strict", &config.strict, &StrictRecoveryOptions::default(), accepts);
                problems.add(&key, e.to_string());
            })
            .ok();
        let schema = Schema::new(
            report_losses.iter().map(|(name, _)| name.clone()),
            report_metrics.iter().map(|(name, _)| name.clone()),
        )
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
                pattern_noise,
                forward,
                target_forward,
                arms,
                report_losses,
                report_metrics,
                matcher,
                strict,
                schema,
                hash,
            });
        }
        Err(StudyError::config(source_name, problems.found))
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

/// The key of the option that alone, beside defaults, is not accepted.
fn culprit<T: Serialize + DeserializeOwned>(
    key: &str,
    given: &T,
    defaults: &T,
    accepts: impl Fn(T) -> bool,
) -> String {
    let table = |options: &T| Table::try_from(options).unwrap_or_default();
    table(given)
        .into_iter()
        .find(|(name, option)| {
            let mut alone = table(defaults);
            alone.insert(name.clone(), option.clone());
            alone.try_into::<T>().is_ok_and(|options| !accepts(options))
        })
        .map_or_else(|| key.to_owned(), |(name, _)| format!("{key}.{name}"))
}

fn noise_models(
    config: &Config,
    registry: &Registry,
    context: &Context,
    problems: &mut Problems<'_>,
) -> Vec<AnyNoiseModel> {
    let mut models = Vec::new();
    if config.noise.is_empty() {
        return models;
    }
    for (i, level) in config.levels.iter().enumerate().filter(|(_, l)| l.is_finite()) {
        if config.levels[..i].iter().any(|l| l.total_cmp(level).is_eq()) {
            problems
                .add(&format!("noise.levels[{i}]"), format!("level {level} stands there twice"));
        }
        let mut table = config.noise.clone();
        let entry = registry.noise().entry(kind_of(&table));
        if let Some(key) = entry.and_then(Entry::level) {
            table.insert(key.to_owned(), Value::Float(*level));
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

/// The model of the targets, if it is another one; targets must lie on the axis of the model that fits them.
fn target_model(
    config: &Config,
    registry: &Registry,
    context: &Context,
    forward: Option<&AnyForwardModel>,
    problems: &mut Problems<'_>,
) -> Option<AnyForwardModel> {
    let target_forward = config
        .target_forward
        .as_ref()
        .and_then(|table| problems.build("target_forward", registry.forward(), table, context));
    if let (Some(model), Some(other)) = (forward, &target_forward)
        && !model.axis().is_same(other.axis())
    {
        let (found, expected) = (other.axis(), model.axis());
        let message = format!("its axis is {found}, that of `forward` {expected}");
        problems.add("target_forward", message);
    }
    if let (Some(model), Some(peaks)) = (forward, &config.target_peaks) {
        if config.target_forward.is_some() {
            let message = "a target is made by it or by `target_forward`, not by both";
            problems.add("target_peaks", message.to_owned());
        }
        if let Err(message) = peaks.check(model.axis()) {
            problems.add("target_peaks", message);
        }
    }
    target_forward
}

/// Noise of patterns must be able to corrupt the first target, and must do so.
fn check_pattern_noise(
    noise: &AnyNoiseModel,
    model: &AnyForwardModel,
    first: &StudyStructure,
    problems: &mut Problems<'_>,
) {
    let mut clean = braggscape_pattern::Pattern::zeros(model.axis().clone());
    if model.simulate(&first.structure, &mut Scratch::default(), &mut clean).is_err() {
        return;
    }
    let mut corrupted = clean.clone();
    let mut rng = stream(problems.config.seed, "pattern-noise", &[]);
    if let Err(e) = noise.corrupt(&mut corrupted, &mut rng) {
        problems.add("pattern_noise", with_causes(&e));
        return;
    }
    let kind = problems.config.pattern_noise.as_ref().map_or("", kind_of).to_owned();
    let same = clean.y().iter().zip(corrupted.y()).all(|(a, b)| a.to_bits() == b.to_bits());
    if same && kind != "none" {
        let message = format!("noise `{kind}` as it stands there changes no pattern");
        problems.add("pattern_noise", message);
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
