//! What a figure shows, as numbers.

use super::case::{Case, case};
use super::config::{FigureKind, Statistic};
use super::pareto::ParetoTable;
use super::plan::FigurePlan;
use super::strategies::StrategyTable;
use crate::StudyError;
use crate::structures::{StudyStructure, space_group_symbol};
use crate::tables::csv_text;
use braggscape_record::{Agreement, CorrelationRow, Record, atomic, correlations};
use std::path::Path;

/// A table of one statistic of similarity and structure.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationTable {
    /// The statistic.
    pub statistic: Statistic,
    /// Kind of the metric.
    pub metric: String,
    /// Labels of the columns.
    pub arms: Vec<String>,
    /// A row a noise level.
    pub rows: Vec<CorrelationTableRow>,
}

/// The statistic at one noise level.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationTableRow {
    /// Kind of the noise.
    pub noise_kind: String,
    /// Level of the noise.
    pub noise_level: f64,
    /// The smallest number of results that a cell rests on.
    pub n: u64,
    /// One value an arm; nothing where there is none.
    pub values: Vec<Option<f64>>,
}

/// One result of a scatter plot.
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterPoint {
    /// Name of the structure.
    pub structure: String,
    /// Replicate.
    pub replicate: u32,
    /// Similarity of the patterns, or the loss where it is no similarity.
    pub agreement: f64,
    /// The metric.
    pub metric: f64,
    /// Whether the result matches the truth.
    pub matched: bool,
}

/// The results of an arm at one noise level.
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterPanel {
    /// Label of the arm.
    pub arm: String,
    /// Kind of the loss.
    pub loss: String,
    /// What the values of the loss are shown as.
    pub agreement: Agreement,
    /// Statistics of the two variables.
    pub statistics: CorrelationRow,
    /// Tasks that have no pair of numbers.
    pub left_out: u64,
    /// The results.
    pub points: Vec<ScatterPoint>,
}

/// A cell with its caption.
#[derive(Debug, Clone, PartialEq)]
pub struct CellPanel {
    /// The structure.
    pub structure: StudyStructure,
    /// Hermann-Mauguin symbol of its space group, at a tolerance of 0.01 Å.
    pub space_group: String,
}

/// What a figure shows.
#[derive(Debug, Clone)]
pub enum FigureData {
    /// A table.
    Correlations(CorrelationTable),
    /// Panels of points.
    Scatter(Vec<ScatterPanel>),
    /// Typical results of arms.
    Pareto(ParetoTable),
    /// A case.
    Case(Box<Case>),
    /// Cells.
    Cells(Vec<CellPanel>),
    /// A table of several studies.
    Strategies(StrategyTable),
}

impl FigurePlan {
    /// What the figure shows: `records` has those of every study, in the order of [`FigurePlan::studies`].
    ///
    /// # Errors
    /// [`StudyError::NothingToShow`] if the records hold no such case or no pair of numbers.
    pub fn data(&self, records: &[Vec<Record>]) -> Result<FigureData, StudyError> {
        let nothing =
            |reason: String| StudyError::NothingToShow { title: self.config.title.clone(), reason };
        match &self.config.figure {
            FigureKind::Correlations { statistic, metric } => {
                let rows: Vec<CorrelationRow> = records
                    .iter()
                    .flat_map(|r| correlations(r))
                    .filter(|row| row.metric == *metric)
                    .collect();
                Ok(FigureData::Correlations(correlation_table(*statistic, metric, &rows)))
            }
            FigureKind::Scatter { metric, level } => {
                let panels: Vec<ScatterPanel> =
                    records.iter().flat_map(|r| scatter(r, metric, *level)).collect();
                if panels.iter().all(|p| p.points.is_empty()) {
                    return Err(nothing(format!("no result at level {level} has `{metric}`")));
                }
                Ok(FigureData::Scatter(panels))
            }
            FigureKind::Pareto { metric, level } => {
                let mut table = ParetoTable { metric: metric.clone(), rows: Vec::new() };
                for (source, records) in self.sources.iter().zip(records) {
                    table.add(&source.name, records, *level);
                }
                if table.rows.is_empty() {
                    return Err(nothing(format!("no result at level {level} has `{metric}`")));
                }
                Ok(FigureData::Pareto(table))
            }
            FigureKind::Case { .. } => {
                case(self, records).map(|c| FigureData::Case(Box::new(c))).map_err(nothing)
            }
            FigureKind::Cells { .. } => {
                let panel = |s: &StudyStructure| CellPanel {
                    structure: s.clone(),
                    space_group: space_group_symbol(s),
                };
                Ok(FigureData::Cells(self.structures.iter().map(panel).collect()))
            }
            FigureKind::Strategies => {
                let mut table = StrategyTable::default();
                for (source, records) in self.sources.iter().zip(records) {
                    table.add(&source.name, &source.plan.config.title, records);
                }
                if table.studies.iter().all(|s| s.rows.is_empty()) {
                    return Err(nothing("the studies have no record".to_owned()));
                }
                Ok(FigureData::Strategies(table))
            }
        }
    }
}

fn correlation_table(
    statistic: Statistic,
    metric: &str,
    rows: &[CorrelationRow],
) -> CorrelationTable {
    let mut table = CorrelationTable {
        statistic,
        metric: metric.to_owned(),
        arms: Vec::new(),
        rows: Vec::new(),
    };
    for row in rows {
        if !table.arms.contains(&row.arm) {
            table.arms.push(row.arm.clone());
        }
    }
    for row in rows {
        let same = |r: &CorrelationTableRow| {
            r.noise_kind == row.noise_kind && r.noise_level.total_cmp(&row.noise_level).is_eq()
        };
        let at = table.rows.iter().position(same).unwrap_or_else(|| {
            table.rows.push(CorrelationTableRow {
                noise_kind: row.noise_kind.clone(),
                noise_level: row.noise_level,
                n: row.n,
                values: vec![None; table.arms.len()],
            });
            table.rows.len() - 1
        });
        let column = table.arms.iter().position(|a| *a == row.arm).unwrap_or(0);
        let place = &mut table.rows[at];
        place.n = place.n.min(row.n);
        place.values[column] = match statistic {
            Statistic::MutualInformation => row.mutual_information,
            Statistic::Pearson => row.pearson,
            Statistic::Spearman => row.spearman,
        };
    }
    table
}

pub(super) fn scatter(records: &[Record], metric: &str, level: f64) -> Vec<ScatterPanel> {
    let at_level: Vec<Record> =
        records.iter().filter(|r| r.noise_level.total_cmp(&level).is_eq()).cloned().collect();
    let panel = |statistics: CorrelationRow| {
        let of_arm: Vec<&Record> = at_level
            .iter()
            .filter(|r| r.arm == statistics.arm && r.noise_kind == statistics.noise_kind)
            .collect();
        let point = |r: &&Record| {
            Some(ScatterPoint {
                structure: r.structure.clone(),
                replicate: r.replicate,
                agreement: statistics.agreement.value(r.loss_final?),
                metric: *r.final_metrics.get(metric)?,
                matched: r.matched == Some(true),
            })
        };
        let points: Vec<ScatterPoint> = of_arm.iter().filter_map(point).collect();
        ScatterPanel {
            arm: statistics.arm.clone(),
            loss: statistics.loss.clone(),
            agreement: statistics.agreement,
            left_out: (of_arm.len() - points.len()) as u64,
            points,
            statistics,
        }
    };
    correlations(&at_level).into_iter().filter(|row| row.metric == metric).map(panel).collect()
}

fn opt(x: Option<f64>) -> String {
    x.map_or_else(String::new, |x| x.to_string())
}

impl CorrelationTable {
    /// The table as CSV: noise, level, n, and a column an arm.
    pub fn csv(&self) -> String {
        let mut rows = vec![["noise", "level", "n"].map(str::to_owned).to_vec()];
        rows[0].extend(self.arms.iter().cloned());
        for r in &self.rows {
            let mut row = vec![r.noise_kind.clone(), r.noise_level.to_string(), r.n.to_string()];
            row.extend(r.values.iter().map(|x| opt(*x)));
            rows.push(row);
        }
        csv_text(rows)
    }
}

impl FigureData {
    /// The numbers as CSV, and the name of their table.
    pub fn csv(&self) -> (&'static str, String) {
        match self {
            Self::Correlations(table) => (table.statistic.name(), table.csv()),
            Self::Scatter(panels) => ("scatter", scatter_csv(panels)),
            Self::Pareto(table) => ("pareto", table.csv()),
            Self::Case(case) => ("case", case.csv()),
            Self::Cells(cells) => ("cells", cells_csv(cells)),
            Self::Strategies(table) => ("strategies", table.csv()),
        }
    }

    /// Writes the numbers as a table of the folder; returns its path. Wall times are another table, `timings.csv`, since two runs do not
    /// agree on them.
    ///
    /// # Errors
    /// [`StudyError::Io`] or [`StudyError::Record`].
    pub fn write(&self, dir: &Path) -> Result<std::path::PathBuf, StudyError> {
        let tables = dir.join("tables");
        std::fs::create_dir_all(&tables).map_err(StudyError::io(&tables, "made"))?;
        let (name, text) = self.csv();
        let path = tables.join(format!("{name}.csv"));
        atomic::write(&path, text.as_bytes())?;
        if let Self::Strategies(table) = self {
            atomic::write(&tables.join("timings.csv"), table.timings_csv().as_bytes())?;
        }
        Ok(path)
    }
}

fn scatter_csv(panels: &[ScatterPanel]) -> String {
    let headings = [
        "noise",
        "level",
        "arm",
        "structure",
        "replicate",
        "against",
        "agreement",
        "metric",
        "matched",
    ];
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    for panel in panels {
        for p in &panel.points {
            rows.push(vec![
                panel.statistics.noise_kind.clone(),
                panel.statistics.noise_level.to_string(),
                panel.arm.clone(),
                p.structure.clone(),
                p.replicate.to_string(),
                panel.agreement.name().to_owned(),
                p.agreement.to_string(),
                p.metric.to_string(),
                p.matched.to_string(),
            ]);
        }
    }
    csv_text(rows)
}

fn cells_csv(cells: &[CellPanel]) -> String {
    let headings = [
        "structure",
        "id",
        "space_group",
        "n_sites",
        "a",
        "b",
        "c",
        "alpha",
        "beta",
        "gamma",
        "volume",
    ];
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    for cell in cells {
        let s = &cell.structure;
        let mut row = vec![
            s.name.clone(),
            s.id.clone().unwrap_or_default(),
            cell.space_group.clone(),
            s.structure.n_sites().to_string(),
        ];
        row.extend(super::case::parameters(&s.structure).map(|x| x.to_string()));
        rows.push(row);
    }
    csv_text(rows)
}
