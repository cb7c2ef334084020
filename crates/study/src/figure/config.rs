//! The configuration of a figure.

use crate::config::{Lines, Reader, SubTable};
use crate::{Problem, StudyError};
use serde::Serialize;
use std::path::Path;
use toml::{Table, Value};

/// Which statistic of similarity and structure a table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Mutual information, nats.
    MutualInformation,
    /// Pearson's coefficient.
    Pearson,
    /// Spearman's coefficient.
    Spearman,
}

impl Statistic {
    /// The name in a configuration and in the names of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::MutualInformation => "mutual-information",
            Self::Pearson => "pearson",
            Self::Spearman => "spearman",
        }
    }
}

/// Which of the copies a case shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// The wrong result of the free run whose pattern agrees better than that of the projected run, which matches, by most.
    Misleading,
    /// The wrong result of the free run whose pattern agrees best, where the projected run matches.
    DeceptiveFree,
    /// The right result of the projected run whose pattern agrees least, where the free run does not match.
    DissimilarProjected,
}

/// The copy of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseCopy {
    /// The one of a rule.
    Pick(Pick),
    /// This replicate, from 0.
    Replicate(u32),
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FigureKind {
    /// A table of one statistic: a row a noise level, a column an arm.
    Correlations {
        /// The statistic.
        statistic: Statistic,
        /// Kind of the metric that stands for the structure.
        metric: String,
    },
    /// A metric of the results against their similarity, a panel an arm.
    Scatter {
        /// Kind of the metric that stands for the structure.
        metric: String,
        /// Noise level.
        level: f64,
    },
    /// Typical misfit and metric of every arm, and which arms no other beats in both.
    Pareto {
        /// Kind of the metric.
        metric: String,
        /// Noise level.
        level: f64,
    },
    /// Cells and patterns of one copy: truth, start, free result, projected result.
    Case {
        /// Name of the structure.
        structure: String,
        /// Noise level.
        level: f64,
        /// Name of the free arm.
        free: String,
        /// Name of the projected arm.
        projected: String,
        /// Which copy.
        #[serde(flatten)]
        copy: CaseCopy,
        /// Loss whose similarity is written beside the patterns.
        similarity: String,
    },
    /// The cells of structures.
    Cells {
        /// Study crystals or structure files.
        structures: Vec<String>,
    },
    /// One table and figure of several studies: how often every arm recovers, at which noise, at what cost.
    Strategies,
}

/// Names of the kinds.
const KINDS: &str = "cells, case, correlations, pareto, scatter or strategies";

/// A resolved configuration of a figure: every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FigureConfig {
    /// Title, over the figure.
    pub title: String,
    /// Configurations of the studies whose records are drawn, relative to this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub studies: Vec<String>,
    /// What is drawn.
    pub figure: FigureKind,
    /// Where keys stand in the file.
    #[serde(skip)]
    pub(crate) lines: Lines,
}

/// Whether a configuration is that of a figure: it has a table `[figure]`.
///
/// # Examples
/// ```
/// use braggscape_study::is_figure;
/// assert!(is_figure("[figure]\nkind = \"cells\"\n"));
/// assert!(!is_figure("structures = [\"U2Ti\"]\n"));
/// ```
pub fn is_figure(text: &str) -> bool {
    text.parse::<Table>().is_ok_and(|table| table.contains_key("figure"))
}

impl FigureConfig {
    /// Reads a configuration; `source_name` is what messages call the file.
    ///
    /// # Errors
    /// [`StudyError::Config`] with every problem found, each with its line.
    pub fn parse(text: &str, source_name: &str) -> Result<Self, StudyError> {
        Self::draft(text, source_name).map_err(|problems| StudyError::config(source_name, problems))
    }

    fn draft(text: &str, source_name: &str) -> Result<Self, Vec<Problem>> {
        let (table, lines) = Lines::parse(text).map_err(|p| vec![p])?;
        let mut reader = Reader::new(&table, &lines);
        let stem = || Path::new(source_name).file_stem().map(|s| s.to_string_lossy().into_owned());
        let title = reader.string("title").or_else(stem).unwrap_or_else(|| source_name.to_owned());
        let studies = reader.strings("studies").unwrap_or_default();
        let figure = if let Some(Value::Table(figure)) = reader.value("figure") {
            kind(&mut reader, figure)
        } else {
            reader.problem("figure", format!("expected a table [figure] of kind {KINDS}"));
            None
        };
        match &figure {
            Some(FigureKind::Cells { .. }) if !studies.is_empty() => {
                reader.problem("studies", "cells are drawn from structures, not from studies");
            }
            Some(FigureKind::Cells { .. }) | None => {}
            Some(_) if studies.is_empty() && !reader.has_problem("studies") => {
                reader.problem(
                    "studies",
                    "expected a list of configurations of studies, such as [\"fig1a.toml\"]",
                );
            }
            Some(_) => {}
        }
        let problems = reader.finish();
        match figure {
            Some(figure) if problems.is_empty() => Ok(Self { title, studies, figure, lines }),
            _ => Err(problems),
        }
    }

    /// The resolved configuration as TOML that reads back to the same configuration.
    pub fn to_toml(&self) -> String {
        // A table of finite numbers, strings and tables always serializes; by way of a table, so that plain values come first.
        let table = Table::try_from(self).unwrap_or_default();
        toml::to_string(&table).unwrap_or_default()
    }
}

fn kind(reader: &mut Reader<'_>, table: &Table) -> Option<FigureKind> {
    let mut sub = SubTable::new(reader, "figure".to_owned(), table);
    let kind = match sub.string("kind").as_deref() {
        Some("correlations") => correlations(&mut sub),
        Some("scatter") => {
            let metric = metric(&mut sub);
            let level = level(&mut sub);
            level.map(|level| FigureKind::Scatter { metric, level })
        }
        Some("pareto") => {
            let metric = metric(&mut sub);
            let level = level(&mut sub);
            level.map(|level| FigureKind::Pareto { metric, level })
        }
        Some("case") => case(&mut sub),
        Some("strategies") => Some(FigureKind::Strategies),
        Some("cells") => {
            let structures = sub.strings("structures");
            if structures.as_ref().is_none_or(Vec::is_empty) {
                sub.problem(
                    "structures",
                    "expected a list of study crystals (\"all\" for the ten) or structure files",
                );
            }
            structures.map(|structures| FigureKind::Cells { structures })
        }
        Some(other) => {
            sub.problem("kind", &format!("expected {KINDS}, found {other}"));
            return None;
        }
        None => {
            sub.problem("kind", &format!("expected {KINDS}"));
            return None;
        }
    };
    sub.finish();
    kind
}

fn metric(sub: &mut SubTable<'_, '_, '_>) -> String {
    sub.string("metric").unwrap_or_else(|| "pdd-emd".to_owned())
}

/// A noise level, which must be there.
fn level(sub: &mut SubTable<'_, '_, '_>) -> Option<f64> {
    let level = sub.number("level");
    if level.is_none() && !sub.has("level") {
        sub.problem("level", "expected a noise level of the studies");
    }
    level
}

fn correlations(sub: &mut SubTable<'_, '_, '_>) -> Option<FigureKind> {
    let metric = metric(sub);
    let statistic = match sub.string("statistic").as_deref() {
        None | Some("mutual-information") => Statistic::MutualInformation,
        Some("pearson") => Statistic::Pearson,
        Some("spearman") => Statistic::Spearman,
        Some(other) => {
            let message =
                format!("expected mutual-information, pearson or spearman, found {other}");
            sub.problem("statistic", &message);
            return None;
        }
    };
    Some(FigureKind::Correlations { statistic, metric })
}

fn case(sub: &mut SubTable<'_, '_, '_>) -> Option<FigureKind> {
    let mut needed = |key: &'static str, what: &str| {
        let text = sub.string(key);
        if text.is_none() && !sub.has(key) {
            sub.problem(key, &format!("expected {what}"));
        }
        text
    };
    let structure = needed("structure", "a structure of the studies");
    let free = needed("free", "the name of an arm");
    let projected = needed("projected", "the name of an arm");
    let level = level(sub);
    let similarity = sub.string("similarity").unwrap_or_else(|| "cosine".to_owned());
    let replicate = sub.integer("replicate", 0, i64::from(u32::MAX)).map(|n| n as u32);
    let pick = match sub.string("pick").as_deref() {
        None => None,
        Some("misleading") => Some(Pick::Misleading),
        Some("deceptive-free") => Some(Pick::DeceptiveFree),
        Some("dissimilar-projected") => Some(Pick::DissimilarProjected),
        Some(other) => {
            let message = format!(
                "expected misleading, deceptive-free or dissimilar-projected, found {other}"
            );
            sub.problem("pick", &message);
            return None;
        }
    };
    let copy = match (replicate, pick) {
        (Some(replicate), None) => CaseCopy::Replicate(replicate),
        (None, pick) => CaseCopy::Pick(pick.unwrap_or(Pick::Misleading)),
        (Some(_), Some(_)) => {
            sub.problem("pick", "expected either `pick` or `replicate`");
            return None;
        }
    };
    Some(FigureKind::Case {
        structure: structure?,
        level: level?,
        free: free?,
        projected: projected?,
        copy,
        similarity,
    })
}
