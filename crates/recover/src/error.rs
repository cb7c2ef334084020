//! What can go wrong in a recovery.

use crate::FreeParameters;
use braggscape_optim::OptimError;
use braggscape_xrd::ForwardError;
use std::sync::Arc;
use thiserror::Error;

/// A recovery that cannot be carried out.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// The run could not start or go on.
    #[error(transparent)]
    Optimizer(#[from] OptimError),
    /// The potential gives no energy.
    #[error(transparent)]
    Potential(#[from] braggscape_potential::PotentialError),
    /// The structure cannot be simulated.
    #[error(transparent)]
    Forward(#[from] ForwardError),
    /// The result is no crystal.
    #[error("the result is not a crystal")]
    Crystal(#[from] braggscape_crystal::CrystalError),
    /// The constraint has no free parameters to be refined in.
    #[error("the projector has no free parameters of the {free} alone; use other variables")]
    NoReducedForm {
        /// What is refined.
        free: FreeParameters,
    },
    /// An option lies outside its range.
    #[error("{name} = {value} is outside its range: {expected}")]
    OptionRange {
        /// Name of the option.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        expected: &'static str,
    },
    /// No start could be evaluated.
    #[error("none of {starts} starting structures could be refined")]
    NoStart {
        /// How many were tried.
        starts: u64,
    },
    /// The strategy moves coordinates, and none are free.
    #[error("`{kind}` recovers fractional coordinates, and the lattice alone is refined")]
    NeedsCoordinates {
        /// Kind of the strategy.
        kind: &'static str,
    },
    /// Nuisance parameters are to be refined, and the forward model has none.
    #[error("the forward model has no instrument that could be refined")]
    NoInstrument,
    /// An outside strategy failed.
    #[error("strategy `{kind}` failed")]
    External {
        /// Registered kind.
        kind: String,
        /// Its own error.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}
