//! Figures and tables that are drawn from the records of studies.
//!
//! [`FigurePlan::from_toml`] reads a configuration and those of the studies that it names; once these have run,
//! [`FigurePlan::data`] finds in their records what is drawn, and [`FigureData::write`] writes it as tables.

mod case;
mod config;
mod data;
mod folder;
mod pareto;
mod plan;
mod strategies;
mod text;

pub use case::{Case, CasePanel};
pub use config::{CaseCopy, FigureConfig, FigureKind, Pick, Statistic, is_figure};
pub use data::{
    CellPanel, CorrelationTable, CorrelationTableRow, FigureData, ScatterPanel, ScatterPoint,
};
pub use pareto::{LEAST_DIFFERENCES, ParetoRow, ParetoTable};
pub use plan::FigurePlan;
pub use strategies::{Seconds, StrategyRow, StrategyStudy, StrategyTable};
