//! Figures and the HTML report of the records of a study.
//!
//! Figures are drawn as SVG text by a writer of our own and turned into PNG with a font that is part of the program, so
//! that they look the same on a machine without fonts. Equal data give equal bytes.
//!
//! | function | figure |
//! |---|---|
//! | [`match_rate_figure`] | match rates per noise level as bars with intervals, one bar an arm |
//! | [`rate_grid_figure`] | match rates and strict recovery of many arms over several studies, a row an arm |
//! | [`pattern_figure`] | powder patterns over 2theta, with the reflections marked |
//! | [`landscape_figure`] | a function of two variables as a heat map, with minima and paths |
//! | [`log_log_figure`] | how one quantity grows with another, both axes logarithmic |
//! | [`cells_figure`] | unit cells with their atoms, side by side at one scale |
//! | [`case_figure`] | one crystal in several states, the unit cell and the pattern of each |
//! | [`scatter_figure`] | one number of many results against another, a panel an arm |
//! | [`png_from_svg`] | any of them as pixels |
//!
//! [`html_report`] makes one page of the folders of studies, landscapes and figures.
//!
//! # Examples
//! ```
//! use braggscape_report::{Bar, Group, MatchRateFigure, match_rate_figure, png_from_svg};
//!
//! let bar = Bar { arm: "cosine".into(), rate: 0.8, low: 0.5, high: 0.95, strict_rate: Some(0.6), n: 10 };
//! let figure = MatchRateFigure {
//!     title: "Recovery after strain".into(),
//!     x_label: "strain".into(),
//!     groups: vec![Group { label: "0.05".into(), noop_rate: Some(0.1), bars: vec![bar] }],
//!     ..MatchRateFigure::default()
//! };
//! let svg = match_rate_figure(&figure)?;
//! assert!(svg.contains("Recovery after strain"));
//! assert!(png_from_svg(&svg, 600)?.starts_with(b"\x89PNG"));
//! # Ok::<(), braggscape_report::ReportError>(())
//! ```
#![doc(test(attr(deny(warnings))))]

mod axis;
mod case;
mod cell;
mod cells_figure;
mod curve;
mod error;
mod font;
mod heat_map;
mod html;
mod landscape;
mod legend;
mod log_log;
mod match_rate;
mod palette;
mod pattern;
mod png;
mod rate_grid;
mod rates;
mod scatter;
mod svg;
mod typography;
mod viridis;

pub use case::{CaseFigure, CasePanel, case_figure};
pub use cell::CellDrawing;
pub use cells_figure::{CellPanel, CellsFigure, cells_figure};
pub use error::ReportError;
pub use html::{FigureFault, FolderFault, HtmlReport, html_report};
pub use landscape::{FigureAxis, LandscapeFigure, PathTrace, landscape_figure};
pub use log_log::{LogLogFigure, Series, SeriesStyle, log_log_figure};
pub use match_rate::match_rate_figure;
pub use pattern::{Layout, PatternFigure, Reflection, Trace, pattern_figure};
pub use png::png_from_svg;
pub use rate_grid::{Rate, RateBlock, RateColumn, RateGridFigure, RateRow, rate_grid_figure};
pub use rates::{Bar, Group, MatchRateFigure, groups_by_noise_level, groups_by_structure};
pub use scatter::{ScatterFigure, ScatterPanel, ScatterPoint, ScatterScale, scatter_figure};
pub use typography::{cell_text, formula_text, miller_text, space_group_text};
