//! The registry.

use crate::builtin;
use crate::{Context, Family, Options, PluginError};
use braggscape_loss::AnyLoss;
use braggscape_metrics::AnyMetric;
use braggscape_noise::AnyNoiseModel;
use braggscape_optim::AnyOptimizer;
use braggscape_potential::AnyPotential;
use braggscape_projector::AnyProjector;
use braggscape_recover::AnyStrategy;
use braggscape_xrd::AnyForwardModel;

/// Makes a strategy, of its own options and of what stands beside it.
pub type StrategyMaker =
    Box<dyn Fn(StrategyParts<'_>) -> Result<AnyStrategy, PluginError> + Send + Sync>;

/// What a strategy may be made of.
pub struct StrategyParts<'a> {
    /// The optimizer that a study names beside the strategy.
    pub optimizer: AnyOptimizer,
    /// Builds the components that the strategy's options name.
    pub registry: &'a Registry,
    /// What is known of the problem.
    pub context: &'a Context,
}

/// All named components of the program.
pub struct Registry {
    losses: Family<AnyLoss>,
    optimizers: Family<AnyOptimizer>,
    projectors: Family<AnyProjector>,
    noise: Family<AnyNoiseModel>,
    forward: Family<AnyForwardModel>,
    strategies: Family<StrategyMaker>,
    potentials: Family<AnyPotential>,
    metrics: Family<AnyMetric>,
    problems: Vec<PluginError>,
}

/// The adder and the getter of one seam.
macro_rules! seam {
    ($field:ident, $with:ident, $type:ty, $what:literal) => {
        #[doc = concat!("The ", $what, ".")]
        pub fn $field(&self) -> &Family<$type> {
            &self.$field
        }

        #[doc = concat!("Adds one of the ", $what, " under a dotted name, with an example of its options: TOML without `kind`; a comment at its beginning is what `braggscape list` says of it.")]
        #[must_use]
        pub fn $with(
            mut self,
            name: &str,
            example: &str,
            construct: impl Fn(&Options, &Context) -> Result<$type, PluginError> + Send + Sync + 'static,
        ) -> Self {
            let added = self.$field.add(name, example, construct);
            self.problems.extend(added.err());
            self
        }
    };
}

impl Registry {
    /// The built-in components.
    pub fn builtin() -> Self {
        Self {
            losses: builtin::losses(),
            optimizers: builtin::optimizers(),
            projectors: builtin::projectors(),
            noise: builtin::noise(),
            forward: builtin::forward_models(),
            strategies: builtin::strategies(),
            potentials: builtin::potentials(),
            metrics: builtin::metrics(),
            problems: Vec::new(),
        }
    }

    /// Whether every registration was accepted.
    ///
    /// # Errors
    /// The first duplicate or undotted outside name.
    pub fn check(&self) -> Result<(), PluginError> {
        self.problems.first().map_or(Ok(()), |e| Err(e.clone()))
    }

    seam!(losses, with_loss, AnyLoss, "losses");
    seam!(optimizers, with_optimizer, AnyOptimizer, "optimizers");
    seam!(projectors, with_projector, AnyProjector, "projectors");
    seam!(noise, with_noise, AnyNoiseModel, "noise models");
    seam!(forward, with_forward, AnyForwardModel, "forward models");
    seam!(potentials, with_potential, AnyPotential, "potentials");
    seam!(metrics, with_metric, AnyMetric, "metrics");
    seam!(strategies, with_strategy, StrategyMaker, "strategies");
}

impl Default for Registry {
    fn default() -> Self {
        Self::builtin()
    }
}
