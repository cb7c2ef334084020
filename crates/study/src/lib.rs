//! Studies from TOML: parse, check, build, run, resume, tabulate.
//!
//! A study is a grid of recovery tasks: structures x noise levels x replicates x arms (an arm is a combination of loss,
//! projector, optimizer and strategy). Three phases, each its own function:
//!
//! 1. [`Config::parse`] reads the file's shape; every problem is reported with its line, all of them at once.
//! 2. [`Plan::new`] constructs every component for every structure, again reporting all problems, and lists the tasks.
//! 3. [`run`] carries the tasks out in parallel. A task's random stream depends on the seed and its key alone, so records
//!    are the same for any number of threads or shards and after any interruption.
//!
//! A landscape is the loss around one structure on a 2D section: [`LandscapePlan`]. A figure or table is drawn from the records of
//! finished studies: [`FigurePlan`].
#![doc(test(attr(deny(warnings))))]

mod arms;
mod config;
mod error;
mod figure;
mod folder;
mod landscape;
mod plan;
mod runner;
mod seed;
mod structures;
mod tables;
mod target_peaks;
mod task;

pub use config::{Arm, Config, Refine};
pub use error::{Problem, StudyError};
pub use figure::{
    Case, CaseCopy, CasePanel, CellPanel, CorrelationTable, CorrelationTableRow, FigureConfig,
    FigureData, FigureKind, FigurePlan, LEAST_DIFFERENCES, ParetoRow, ParetoTable, Pick,
    ScatterPanel, ScatterPoint, Seconds, Statistic, StrategyRow, StrategyStudy, StrategyTable,
    is_figure,
};
pub use folder::{Manifest, kernel_level};
pub use landscape::{
    AxisConfig, AxisEnds, Landscape, LandscapeConfig, LandscapePlan, LandscapeSummary, MinimumRow,
    PathConfig, PathOutcome, PathRefine, PathRow, Project, Rank, RankedMinimum, RoughnessRow,
    is_landscape,
};
pub use plan::{Plan, TaskKey};
pub use runner::{Progress, RunOptions, RunOutcome, Shard, run};
pub use seed::stream;
pub use structures::StudyStructure;
pub use tables::{correlations_csv, rate_interval, summary_csv, summary_text};
pub use target_peaks::TargetPeaks;
