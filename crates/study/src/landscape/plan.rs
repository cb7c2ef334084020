//! A checked landscape: everything built.

use super::axes;
use super::config::LandscapeConfig;
use super::paths::{BuiltPath, build_path};
use crate::config::kind_of;
use crate::structures::{self, StudyStructure};
use crate::{Problem, StudyError};
use braggscape_landscape::{Section, SectionAxis};
use braggscape_loss::{AnyLoss, Cosine, Loss};
use braggscape_optim::{Objective, with_causes};
use braggscape_pattern::{AxisKind, Pattern, io};
use braggscape_plugin::{Context, Family, Registry};
use braggscape_potential::AnyPotential;
use braggscape_projector::AnyProjector;
use braggscape_recover::{EnergyProblem, Parametrisation, Problem as Recovery};
use braggscape_xrd::{AnyForwardModel, ForwardModel, Scratch};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::Path;
use toml::{Table, Value};

/// A landscape that is ready to be evaluated.
pub struct LandscapePlan {
    pub(super) config: LandscapeConfig,
    pub(super) truth: StudyStructure,
    pub(super) target: Pattern,
    pub(super) forward: AnyForwardModel,
    pub(super) loss: AnyLoss,
    /// The landscape is that of its energy per atom, if there is one.
    pub(super) potential: Option<AnyPotential>,
    pub(super) parametrisation: Parametrisation,
    pub(super) section: Section,
    pub(super) paths: Vec<BuiltPath>,
    hash: String,
}

impl std::fmt::Debug for LandscapePlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LandscapePlan").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Problems with their places; one that was read where it would stand again is the cause of it.
pub(super) struct Faults<'a> {
    pub(super) config: &'a LandscapeConfig,
    found: Vec<Problem>,
    n_read: usize,
}

impl Faults<'_> {
    pub(super) fn add(&mut self, key: &str, message: impl Into<String>) {
        let near = |other: &str| {
            let inside = |outer: &str, inner: &str| {
                inner.strip_prefix(outer).is_some_and(|r| r.is_empty() || r.starts_with(['.', '[']))
            };
            inside(other, key) || inside(key, other)
        };
        if !self.found[..self.n_read].iter().any(|p| near(&p.key)) {
            let line = self.config.lines.of(key);
            self.found.push(Problem { line, key: key.to_owned(), message: message.into() });
        }
    }

    /// Builds the component of a table; an empty one could not be read and builds nothing.
    pub(super) fn build<T>(
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
        match family.build(&value, context) {
            Ok(built) => Some(built),
            Err(e) => {
                let option = family.culprit(&value, context).map(|o| format!("{key}.{o}"));
                let at = option.filter(|at| self.config.lines.has(at));
                self.add(at.as_deref().unwrap_or(key), e.to_string());
                None
            }
        }
    }
}

impl LandscapePlan {
    /// Reads a configuration, loads its structure and target (files relative to `base`), and builds every component.
    ///
    /// # Errors
    /// [`StudyError::Config`] with every problem found, each at its line and key.
    pub fn from_toml(
        text: &str,
        source_name: &str,
        registry: &Registry,
        base: &Path,
    ) -> Result<Self, StudyError> {
        let (config, read) = LandscapeConfig::draft(text, source_name, registry)
            .map_err(|p| StudyError::config(source_name, vec![p]))?;
        let mut faults = Faults { config: &config, n_read: read.len(), found: read };
        let built = Self::build(&config, registry, base, &mut faults);
        match (built, faults.found) {
            (Some(plan), problems) if problems.is_empty() => Ok(plan),
            (_, mut problems) => {
                problems.dedup();
                Err(StudyError::config(source_name, problems))
            }
        }
    }

    fn build(
        config: &LandscapeConfig,
        registry: &Registry,
        base: &Path,
        faults: &mut Faults<'_>,
    ) -> Option<Self> {
        let context = Context::default();
        let forward = faults.build("forward", registry.forward(), &config.forward, &context);
        let loss = match config.potential {
            // Nothing is compared, but patterns can be.
            Some(_) => Some(Cosine::default().into()),
            None => faults.build("loss", registry.losses(), &config.loss, &context),
        };
        let potential = match &config.potential {
            Some(table) => {
                let built = faults.build("potential", registry.potentials(), table, &context);
                Some(built?)
            }
            None => None,
        };
        let truth = structures::find(&config.structure, base)
            .map_err(|message| faults.add("structure", message))
            .ok()?;
        let target = forward.as_ref().and_then(|model| target(config, model, &truth, base, faults));
        if let (Some(loss), Some(target)) = (&loss, &target)
            && let Err(e) = loss.value(target, target)
        {
            faults.add("loss", format!("the target cannot be compared: {}", with_causes(&e)));
        }
        let parametrisation = axes::parametrisation(&truth.structure, &config.axes)
            .map_err(|message| faults.add("axis", message))
            .ok()?;
        let section = section(config, &parametrisation, faults);
        let (forward, loss, target, section) = (forward?, loss?, target?, section?);
        let squares =
            potential.is_none() && loss.least_squares().is_some() && forward.jacobians().is_some();
        let mut paths = Vec::new();
        for i in 0..config.paths.len() {
            let known = (&truth, &parametrisation, &section);
            paths.extend(build_path(i, known, registry, squares, faults));
        }
        let hash = hash(config, &truth, &target);
        let config = config.clone();
        Some(Self {
            config,
            truth,
            target,
            forward,
            loss,
            potential,
            parametrisation,
            section,
            paths,
            hash,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &LandscapeConfig {
        &self.config
    }

    /// The structure in the middle of the landscape.
    pub fn structure(&self) -> &StudyStructure {
        &self.truth
    }

    /// The section.
    pub fn section(&self) -> &Section {
        &self.section
    }

    /// What the landscape is made of: the name of the loss, or "energy" (per atom, eV).
    pub fn loss_name(&self) -> &str {
        if self.potential.is_some() { "energy" } else { kind_of(&self.config.loss) }
    }

    /// Whether the landscape is that of an energy.
    pub fn is_energy(&self) -> bool {
        self.potential.is_some()
    }

    /// The function whose landscape it is, on the constraint of a projector.
    pub(super) fn objective<'a>(
        &'a self,
        projector: &'a AnyProjector,
        parametrisation: Parametrisation,
    ) -> Box<dyn Objective + Send + 'a> {
        match &self.potential {
            Some(potential) => Box::new(EnergyProblem::new(potential, projector, parametrisation)),
            None => Box::new(Recovery::new(
                &self.forward,
                &self.loss,
                projector,
                &self.target,
                parametrisation,
            )),
        }
    }

    /// Where the structure lies on the section.
    pub fn home(&self) -> [f64; 2] {
        self.section.project(&self.parametrisation.pack())
    }

    /// SHA-256 of the resolved configuration, the structure and the target, hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The target pattern, on the axis of the forward model.
    pub fn target(&self) -> &Pattern {
        &self.target
    }

    /// The pattern of the structure at a place of the section.
    ///
    /// # Errors
    /// A message if there is none.
    pub fn pattern_at(&self, place: [f64; 2]) -> Result<Pattern, String> {
        let x = self.section.x_at(place);
        let structure = self.parametrisation.unpack(&x).map_err(|e| with_causes(&e))?;
        let mut pattern = Pattern::zeros(self.forward.axis().clone());
        self.forward
            .simulate(&structure, &mut Scratch::default(), &mut pattern)
            .map_err(|e| with_causes(&e))?;
        Ok(pattern)
    }
}

/// The target: a file on the points of the model, or the pattern of the structure.
fn target(
    config: &LandscapeConfig,
    model: &AnyForwardModel,
    truth: &StudyStructure,
    base: &Path,
    faults: &mut Faults<'_>,
) -> Option<Pattern> {
    let Some(file) = &config.target else {
        let mut pattern = Pattern::zeros(model.axis().clone());
        return match model.simulate(&truth.structure, &mut Scratch::default(), &mut pattern) {
            Ok(()) => Some(pattern),
            Err(e) => {
                let name = &truth.name;
                faults
                    .add("structure", format!("`{name}` cannot be simulated: {}", with_causes(&e)));
                None
            }
        };
    };
    let read = std::fs::read(base.join(file))
        .map_err(|e| format!("{file}: cannot be read: {e}"))
        .and_then(|bytes| {
            io::read(bytes.as_slice(), AxisKind::TwoTheta, file).map_err(|e| with_causes(&e))
        })
        .and_then(|pattern| {
            pattern.resampled(model.axis()).map_err(|e| format!("{file}: {}", with_causes(&e)))
        });
    read.map_err(|message| faults.add("target", message)).ok()
}

fn section(
    config: &LandscapeConfig,
    parametrisation: &Parametrisation,
    faults: &mut Faults<'_>,
) -> Option<Section> {
    let mut built: Vec<SectionAxis> = Vec::new();
    for (i, axis) in config.axes.iter().enumerate() {
        match axes::axis(axis, parametrisation) {
            Ok(axis) => built.push(axis),
            Err((key, message)) => faults.add(&format!("axis[{i}].{key}"), message),
        }
    }
    let two: [SectionAxis; 2] = built.try_into().ok()?;
    Section::new(two, parametrisation.pack())
        .map_err(|_| faults.add("axis[1]", "sets a parameter that the first axis sets"))
        .ok()
}

fn hash(config: &LandscapeConfig, truth: &StudyStructure, target: &Pattern) -> String {
    let mut hash = Sha256::new();
    hash.update(config.to_toml().as_bytes());
    hash.update(truth.fingerprint().as_bytes());
    for y in target.y() {
        hash.update(y.to_le_bytes());
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
