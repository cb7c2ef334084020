//! 2D sections of an objective: grids, minima, basins, barriers, paths, roughness.
//!
//! A [`Section`] says where an [`Objective`](braggscape_optim::Objective) is looked at: two named axes, each of which sets components
//! of x. An [`Evaluator`] evaluates it there on all cores: [`plain_grid`] at every point, [`adaptive_grid`] where interpolation would
//! err. [`Minima`] are the local minima of such a [`Grid`] with their basins and the barriers between them, [`polish`] finds where they
//! are between the points, [`Roughness`] puts numbers on the whole, and [`PathRecorder`] projects the way of an optimizer on it.
//! [`OnSection`] is the objective for optimizers that stay on the section.
//!
//! The crate knows no crystallography, and its results do not depend on the number of threads.
#![doc(test(attr(deny(warnings))))]

mod adaptive;
mod error;
mod evaluate;
mod grid;
mod minima;
mod on_section;
mod path;
mod polish;
mod roughness;
mod section;

pub use adaptive::{AdaptiveOptions, adaptive_grid};
pub use error::LandscapeError;
pub use evaluate::{Evaluator, Progress, plain_grid};
pub use grid::Grid;
pub use minima::{Barrier, GridMinimum, Minima};
pub use on_section::OnSection;
pub use path::{PathPoint, PathRecorder};
pub use polish::{PolishedMinimum, polish};
pub use roughness::{Alignment, Barriers, Roughness};
pub use section::{Link, Section, SectionAxis};
