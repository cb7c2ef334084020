//! Landscapes: 2D sections of a loss around a structure, from TOML to files.
//!
//! [`LandscapePlan::from_toml`] reads and builds a configuration and reports all problems at once; [`LandscapePlan::run`] evaluates the
//! section, finds its minima and runs the descents; [`Landscape::write`] writes tables. The result does not depend on the number of
//! threads.

mod axes;
mod config;
mod folder;
mod paths;
mod plan;
mod run;
mod summary;
mod tables;

pub use config::{
    AxisConfig, AxisEnds, LandscapeConfig, PathConfig, PathRefine, Project, Rank, is_landscape,
};
pub use paths::PathOutcome;
pub use plan::LandscapePlan;
pub use run::{Landscape, RankedMinimum};
pub use summary::{LandscapeSummary, MinimumRow, PathRow, RoughnessRow};
