//! A checked figure: its studies planned, what it names found in them.

use super::config::{FigureConfig, FigureKind};
use crate::config::kind_of;
use crate::structures::{self, StudyStructure};
use crate::{Plan, Problem, StudyError};
use braggscape_plugin::Registry;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::Path;

/// A study whose records a figure draws.
pub(super) struct Source {
    /// Stem of the configuration's name.
    pub(super) name: String,
    pub(super) plan: Plan,
}

/// A figure that is ready to be drawn once its studies have run.
pub struct FigurePlan {
    pub(super) config: FigureConfig,
    pub(super) sources: Vec<Source>,
    pub(super) structures: Vec<StudyStructure>,
    hash: String,
}

impl std::fmt::Debug for FigurePlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FigurePlan").field("config", &self.config).finish_non_exhaustive()
    }
}

impl FigurePlan {
    /// Reads a configuration and those of its studies (files relative to `base`); of the studies, `fraction` of the
    /// replicates is planned.
    ///
    /// # Errors
    /// [`StudyError::Config`] with every problem found, of this file or of the first study that has any.
    pub fn from_toml(
        text: &str,
        source_name: &str,
        fraction: f64,
        registry: &Registry,
        base: &Path,
    ) -> Result<Self, StudyError> {
        let config = FigureConfig::parse(text, source_name)?;
        let mut problems = Vec::new();
        let mut add = |key: String, message: String| {
            problems.push(Problem { line: config.lines.of(&key), key, message });
        };
        let mut sources: Vec<Source> = Vec::new();
        for (i, entry) in config.studies.iter().enumerate() {
            let key = format!("studies[{i}]");
            let path = base.join(entry);
            let text = match std::fs::read_to_string(&path) {
                Ok(text) => text,
                Err(e) => {
                    add(key, format!("{entry}: cannot be read: {e}"));
                    continue;
                }
            };
            let folder = path.parent().unwrap_or(base);
            let plan = Plan::from_toml(&text, entry, fraction, registry, folder)?;
            let name = Path::new(entry).file_stem().and_then(|s| s.to_str()).unwrap_or(entry);
            if sources.iter().any(|s| s.name == name) {
                add(key, format!("a study of the name `{name}` stands there twice"));
                continue;
            }
            sources.push(Source { name: name.to_owned(), plan });
        }
        let mut loaded = Vec::new();
        if let FigureKind::Cells { structures } = &config.figure {
            let (found, faults) = structures::load(structures, base);
            loaded = found;
            for (i, message) in faults {
                add(format!("figure.structures[{i}]"), message);
            }
        } else if sources.len() == config.studies.len() {
            for (key, message) in missing(&config.figure, &sources) {
                add(format!("figure.{key}"), message);
            }
        }
        if !problems.is_empty() {
            return Err(StudyError::config(source_name, problems));
        }
        let hash = hash(&config, &sources, &loaded);
        Ok(Self { config, sources, structures: loaded, hash })
    }

    /// The configuration.
    pub fn config(&self) -> &FigureConfig {
        &self.config
    }

    /// The studies whose records are drawn, by the names that their folders have.
    pub fn studies(&self) -> impl Iterator<Item = (&str, &Plan)> {
        self.sources.iter().map(|s| (s.name.as_str(), &s.plan))
    }

    /// SHA-256 of the resolved configuration, its studies and its structures, hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// What a figure names and its studies do not have: the key and what is wrong.
fn missing(figure: &FigureKind, sources: &[Source]) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    // Something that one study at least must have.
    let mut need = |key: &'static str, what: &str, wanted: &str, had: Vec<Vec<String>>| {
        if !had.iter().flatten().any(|name| name == wanted) {
            let mut names: Vec<String> = had.into_iter().flatten().collect();
            names.dedup();
            let known = names.join(", ");
            found.push((key, format!("the studies have no {what} {wanted}; known: {known}")));
        }
    };
    let of = |get: fn(&Plan) -> Vec<String>| sources.iter().map(|s| get(&s.plan)).collect();
    let metrics =
        |p: &Plan| p.config.report_metrics.iter().map(|t| kind_of(t).to_owned()).collect();
    let losses = |p: &Plan| p.config.report_losses.iter().map(|t| kind_of(t).to_owned()).collect();
    let levels = |p: &Plan| p.config.levels.iter().map(f64::to_string).collect();
    let arms = |p: &Plan| p.config.arms.iter().map(|a| a.name.clone()).collect();
    let names = |p: &Plan| p.structures.iter().map(|s| s.name.clone()).collect();
    match figure {
        FigureKind::Correlations { metric, .. } => need("metric", "metric", metric, of(metrics)),
        FigureKind::Scatter { metric, level } | FigureKind::Pareto { metric, level } => {
            need("metric", "metric", metric, of(metrics));
            need("level", "noise level", &level.to_string(), of(levels));
        }
        FigureKind::Case { structure, level, free, projected, similarity, .. } => {
            need("structure", "structure", structure, of(names));
            need("level", "noise level", &level.to_string(), of(levels));
            need("free", "arm", free, of(arms));
            need("projected", "arm", projected, of(arms));
            need("similarity", "reported loss", similarity, of(losses));
        }
        FigureKind::Cells { .. } | FigureKind::Strategies => {}
    }
    found
}

fn hash(config: &FigureConfig, sources: &[Source], structures: &[StudyStructure]) -> String {
    let mut hash = Sha256::new();
    hash.update(config.to_toml().as_bytes());
    for source in sources {
        hash.update(source.plan.hash().as_bytes());
    }
    for structure in structures {
        hash.update(structure.fingerprint().as_bytes());
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
