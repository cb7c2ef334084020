//! The built-in strategies.

use super::staged::{Reflections, StagedOptions, certificate, component};
use super::{Nothing, losses, optimizers, potentials, projectors, resolve_in};
use crate::family::{Entry, Family};
use crate::registry::{StrategyMaker, StrategyParts};
use crate::{Context, Options, PluginError};
use braggscape_loss::{BlurAxis, BlurredOverlap, BlurredOverlapOptions};
use braggscape_potential::{RelaxMethod, RelaxOptions};
use braggscape_recover::{
    AnyStrategy, Descend, FreeParameters, Joint, JointOptions, Nuisance, Relax, Snap,
    SpaceGroupHypotheses, SpaceGroupHypothesesOptions, StagePlan, StageRules, Staged, Starts,
    WithEnergy, WithEnergyPlan,
};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// Options of the strategies that go from a wide blur to a sharp one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GraduatedOptions {
    blurs: Vec<f64>,
    axis: BlurAxis,
    taper: f64,
    background: usize,
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
    nuisances: Vec<Nuisance>,
}

impl GraduatedOptions {
    fn new(starts: u64, snap: bool, free: FreeParameters) -> Self {
        Self {
            blurs: vec![0.15, 0.1, 0.05, 0.02],
            axis: BlurAxis::LnQ,
            taper: 0.1,
            background: 1,
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
            certificate: certificate(free),
            snap,
            snap_tolerance: Snap::default().tolerance,
            nuisances: Vec::new(),
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
                background: self.background,
            };
            let loss = BlurredOverlap::new(options).map_err(|e| PluginError::rejected(&e))?;
            stages.push(StagePlan {
                name: format!("blur {blur}"),
                loss: loss.into(),
                optimizer: parts.registry.optimizers().build(&self.optimizer, parts.context)?,
                rules: StageRules { hold_reflections, ..StageRules::default() },
            });
        }
        stages.push(StagePlan {
            name: "sharp".to_owned(),
            loss: parts.registry.losses().build(&self.final_loss, parts.context)?,
            optimizer: parts.registry.optimizers().build(&self.final_optimizer, parts.context)?,
            rules: StageRules { hold_reflections, ..StageRules::default() },
        });
        let starts =
            Starts { count: self.starts, strain: self.spread, displacement: self.displacement };
        let snap = self.snap.then(|| Snap { tolerance: self.snap_tolerance, ..Snap::default() });
        let staged = Staged::new(stages, starts, Some(self.certificate), snap)
            .map_err(|e| PluginError::rejected(&e))?;
        Ok(staged.with_nuisances(self.nuisances.clone()))
    }
}

/// Options of the descents that are made under hypotheses of symmetry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DescentOptions {
    blurs: Vec<f64>,
    axis: BlurAxis,
    taper: f64,
    background: usize,
    wavelength: f64,
    optimizer: Value,
    final_loss: Value,
    final_optimizer: Value,
    nuisances: Vec<Nuisance>,
}

impl Default for DescentOptions {
    fn default() -> Self {
        let g = GraduatedOptions::new(1, false, FreeParameters::Lattice);
        Self {
            blurs: g.blurs,
            axis: g.axis,
            taper: g.taper,
            background: g.background,
            wavelength: g.wavelength,
            optimizer: g.optimizer,
            final_loss: g.final_loss,
            final_optimizer: g.final_optimizer,
            nuisances: g.nuisances,
        }
    }
}

/// The options of the search and of its descents, side by side in one table.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Table", into = "Table")]
struct SearchOptions {
    search: JointOptions,
    descent: DescentOptions,
}

impl From<SearchOptions> for Table {
    fn from(options: SearchOptions) -> Self {
        let table = |options: Result<Table, _>| options.unwrap_or_default();
        let mut all = table(Table::try_from(options.descent));
        all.extend(table(Table::try_from(options.search)));
        all
    }
}

impl TryFrom<Table> for SearchOptions {
    type Error = PluginError;

    fn try_from(table: Table) -> Result<Self, PluginError> {
        let of_search = Table::try_from(JointOptions::default()).unwrap_or_default();
        let (search, descent): (Table, Table) =
            table.into_iter().partition(|(key, _)| of_search.contains_key(key));
        Ok(Self { search: Options::new(search).parse()?, descent: Options::new(descent).parse()? })
    }
}

impl SearchOptions {
    fn build(&self, parts: &StrategyParts<'_>) -> Result<AnyStrategy, PluginError> {
        let d = self.descent.clone();
        let descent = GraduatedOptions {
            blurs: d.blurs,
            axis: d.axis,
            taper: d.taper,
            background: d.background,
            wavelength: d.wavelength,
            optimizer: d.optimizer,
            final_loss: d.final_loss,
            final_optimizer: d.final_optimizer,
            nuisances: d.nuisances,
            ..GraduatedOptions::new(1, false, FreeParameters::Both)
        };
        let joint = Joint::new(descent.staged(parts)?, self.search);
        joint.map(Into::into).map_err(|e| PluginError::rejected(&e))
    }
}

/// Options of a relaxation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RelaxationOptions {
    potential: Value,
    method: RelaxMethod,
    fmax: f64,
    steps: u64,
    fixed_cell: bool,
}

impl Default for RelaxationOptions {
    fn default() -> Self {
        let RelaxOptions { method, fmax, steps, fixed_cell, .. } = RelaxOptions::default();
        Self { potential: Value::from("chgnet"), method, fmax, steps, fixed_cell }
    }
}

impl RelaxationOptions {
    fn build(&self, parts: &StrategyParts<'_>) -> Result<AnyStrategy, PluginError> {
        let potential = parts.registry.potentials().build(&self.potential, parts.context)?;
        let Self { method, fmax, steps, fixed_cell, .. } = *self;
        let options = RelaxOptions { method, fmax, steps, fixed_cell, symprec: None };
        let relax = Relax::new(potential, options);
        relax.map(Into::into).map_err(|e| PluginError::rejected(&e))
    }
}

/// Options of descents with an energy beside the loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WithEnergyOptions {
    potential: Value,
    weights: Vec<f64>,
    relax_steps: u64,
    optimizer: Value,
    pattern_optimizer: Value,
    starts: u64,
    spread: f64,
    displacement: f64,
    rank_weight: f64,
}

impl Default for WithEnergyOptions {
    fn default() -> Self {
        Self {
            potential: Value::from("chgnet"),
            weights: vec![1.0, 0.1, 0.0],
            relax_steps: 0,
            optimizer: component("kind = \"lbfgs\"\nmax_iterations = 200"),
            pattern_optimizer: component("kind = \"lbfgs\"\nmax_iterations = 200"),
            starts: 1,
            spread: 0.05,
            displacement: 0.05,
            rank_weight: 0.1,
        }
    }
}

impl WithEnergyOptions {
    fn build(&self, parts: &StrategyParts<'_>) -> Result<AnyStrategy, PluginError> {
        let potential = parts.registry.potentials().build(&self.potential, parts.context)?;
        let optimizer = parts.registry.optimizers().build(&self.optimizer, parts.context)?;
        let pattern_optimizer =
            parts.registry.optimizers().build(&self.pattern_optimizer, parts.context)?;
        let plan = WithEnergyPlan {
            weights: self.weights.clone(),
            relax_steps: self.relax_steps,
            starts: Starts {
                count: self.starts,
                strain: self.spread,
                displacement: self.displacement,
            },
            rank_weight: self.rank_weight,
        };
        WithEnergy::new(potential, plan, optimizer, pattern_optimizer)
            .map(Into::into)
            .map_err(|e| PluginError::rejected(&e))
    }
}

/// Options that are components, and the seams they belong to.
const NESTED: [(&str, &str); 5] = [
    ("optimizer", "optimizer"),
    ("final_loss", "loss"),
    ("final_optimizer", "optimizer"),
    ("pattern_optimizer", "optimizer"),
    ("potential", "potential"),
];

/// A strategy that is made of its own options.
fn own<O>(
    summary: &str,
    example: &str,
    defaults: impl Fn(&Context) -> O + Send + Sync + 'static,
    build: fn(&O, &StrategyParts<'_>) -> Result<AnyStrategy, PluginError>,
) -> Entry<StrategyMaker>
where
    O: Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    let construct = move |options: &Options, _: &Context| -> Result<StrategyMaker, PluginError> {
        // Components among the options are built later, by the registry that is in use.
        for (key, seam) in NESTED {
            if let Some(value) = options.table().get(key)
                && !(value.is_str() || value.is_table())
            {
                let wrong = PluginError::NotAComponent { seam, found: value.type_str() };
                return Err(PluginError::BadOptions { reason: format!("{key}: {wrong}") });
            }
        }
        let options = options.parse::<O>()?;
        Ok(Box::new(move |parts| build(&options, &parts)))
    };
    let settle = |table: &mut Table, context: &Context| {
        let (losses, optimizers) = (losses(), optimizers());
        resolve_in(&potentials(), table.get_mut("potential"), context);
        resolve_in(&losses, table.get_mut("final_loss"), context);
        for key in ["optimizer", "final_optimizer", "pattern_optimizer"] {
            resolve_in(&optimizers, table.get_mut(key), context);
        }
        let stages = table.get_mut("stages").and_then(Value::as_array_mut);
        for stage in stages.into_iter().flatten().filter_map(Value::as_table_mut) {
            resolve_in(&losses, stage.get_mut("loss"), context);
            resolve_in(&optimizers, stage.get_mut("optimizer"), context);
            resolve_in(&projectors(), stage.get_mut("projector"), context);
        }
    };
    Entry::builtin(summary, example, defaults, construct).nesting(settle)
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
        |context| GraduatedOptions::new(1, false, context.free),
        GraduatedOptions::build,
    );
    let restarts = own(
        "graduated descents from random starts until a fit is certified",
        "starts = 64\nspread = 0.22\ncertificate = 1e-5",
        |context| GraduatedOptions::new(64, false, context.free),
        GraduatedOptions::build,
    );
    let snap = own(
        "certified restarts, then the most symmetric cell that fits as well",
        "starts = 64\nsnap_tolerance = 1e-9",
        |context| GraduatedOptions::new(64, true, context.free),
        GraduatedOptions::build,
    );
    let under_symmetries = own(
        "graduated descents under the symmetries that the structure may have: coordinates, or the lattice as well",
        "max_hypotheses = 60\nrestarts = 6\ncertificate = 1e-9",
        |_| SearchOptions::default(),
        SearchOptions::build,
    );
    let hypotheses = own(
        "fits of the coordinates under the symmetries that the structure may have, likeliest first",
        "max_evaluations = 30000\ncertificate = 1e-9",
        |_| SpaceGroupHypothesesOptions::default(),
        |o, _| SpaceGroupHypotheses::new(*o).map(Into::into).map_err(|e| PluginError::rejected(&e)),
    );
    let relax = own(
        "relaxation in a potential; the pattern is not looked at",
        "potential = \"lennard-jones\"\nfmax = 0.05\nsteps = 500",
        |_| RelaxationOptions::default(),
        RelaxationOptions::build,
    );
    let with_energy = own(
        "the loss plus a weight (1/eV) times the energy per atom, one descent for each weight",
        "potential = \"lennard-jones\"\nweights = [1.0, 0.1, 0.0]",
        |_| WithEnergyOptions::default(),
        WithEnergyOptions::build,
    );
    let staged = own(
        "stages of your own, each with its loss, optimizer, constraint, budget and end, from one start or many",
        "starts = 8\n[[stages]]\nloss = { kind = \"blurred-overlap\", blur = 0.05 }\noptimizer = \"levenberg-marquardt\"\n[[stages]]\nloss = \"cosine\"\noptimizer = \"levenberg-marquardt\"",
        |context| StagedOptions::new(context.free),
        StagedOptions::build,
    );
    Family::new(
        "strategy",
        vec![
            ("certified-restarts", restarts),
            ("descend", descend),
            ("graduated", graduated),
            ("joint", under_symmetries),
            ("relax", relax),
            ("space-group-hypotheses", hypotheses),
            ("staged", staged),
            ("symmetry-snap", snap),
            ("with-energy", with_energy),
        ],
    )
}
