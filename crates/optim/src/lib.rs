//! Objectives, optimizers and the driver that runs them; knows no crystallography.
//!
//! An [`Objective`] is a function of a flat vector x with a scale for each component. An [`Optimizer`] is a start and a step;
//! [`minimize`] owns the budget, counts evaluations, calls observers and returns a typed [`Termination`].
//!
//! # Examples
//! ```
//! use braggscape_optim::{Component, EvalError, GradientDescent, GradientDescentOptions, Limits, Objective, minimize};
//!
//! const COMPONENTS: [Component; 1] = [Component::absolute(1.0, 10.0, 1.0)];
//! struct Parabola;
//! impl Objective for Parabola {
//!     fn components(&self) -> &[Component] {
//!         &COMPONENTS
//!     }
//!     fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
//!         gradient[0] = 2.0 * (x[0] - 3.0);
//!         Ok((x[0] - 3.0).powi(2))
//!     }
//! }
//!
//! let options = GradientDescentOptions { tolerance: 1e-12, patience: 10, ..Default::default() };
//! let mut descent = GradientDescent::new(options)?;
//! let found = minimize(&mut descent, &Parabola, &[0.0], Limits::default(), &mut ())?;
//! assert!((found.x[0] - 3.0).abs() < 1e-3);
//! # Ok::<(), braggscape_optim::OptimError>(())
//! ```
#![doc(test(attr(deny(warnings))))]

mod adam;
mod basin_hopping;
mod checkpoint;
mod cma_es;
mod counted;
mod differential_evolution;
mod driver;
mod error;
mod fire;
mod gradient_descent;
mod iterate;
mod lbfgs;
mod levenberg_marquardt;
mod line_search;
mod momentum;
mod nesterov;
mod objective;
mod observer;
mod optimizer;
mod options;
mod plateau;
mod random;
mod scaled;
mod termination;

pub use adam::{Adam, AdamOptions};
pub use basin_hopping::{BasinHopping, BasinHoppingOptions};
pub use checkpoint::Checkpoint;
pub use cma_es::{CmaEs, CmaEsOptions};
pub use differential_evolution::{DifferentialEvolution, DifferentialEvolutionOptions};
pub use driver::{Limits, Minimum, Run, minimize, resume};
pub use error::{EvalError, OptimError, with_causes};
pub use fire::{Fire, FireOptions};
pub use gradient_descent::{GradientDescent, GradientDescentOptions};
pub use iterate::Iterate;
pub use lbfgs::{Lbfgs, LbfgsOptions};
pub use levenberg_marquardt::{LevenbergMarquardt, LevenbergMarquardtOptions};
pub use momentum::{Momentum, MomentumOptions};
pub use nesterov::{Nesterov, NesterovOptions};
pub use objective::{Component, LeastSquaresObjective, Objective, StepCap};
pub use observer::{Observer, Target, Trajectory, TrajectoryRow};
pub use optimizer::{AnyOptimizer, Needs, Optimizer, Progress};
pub use termination::Termination;
