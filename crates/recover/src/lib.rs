//! One recovery problem: parametrisation, objective, projection, strategy, outcome.
//!
//! A [`RecoveryTask`] says what is known: the distorted structure, the target pattern, and which model, loss and projector to
//! use. A [`Strategy`] turns it into an [`Outcome`] without ever seeing the truth.
#![doc(test(attr(deny(warnings))))]

mod energy;
mod error;
mod instrument;
mod parametrisation;
mod problem;
mod reduced;
mod strain;
mod strategy;
mod tangent;

pub use energy::{EnergyProblem, JointProblem};
pub use error::RecoverError;
pub use instrument::Nuisance;
pub use parametrisation::{FreeParameters, Parametrisation, Variables};
pub use problem::Problem;
pub use strategy::{
    Alternative, AnyStrategy, Descend, Joint, JointOptions, Outcome, Reach, RecoveryTask, Relax,
    Snap, SpaceGroupHypotheses, SpaceGroupHypothesesOptions, Stage, StagePlan, StageRules, Staged,
    Starts, Strategy, WithEnergy, WithEnergyPlan,
};
