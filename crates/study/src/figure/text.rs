//! What a figure shows, as text for a terminal.

use super::case::parameters;
use super::data::{CorrelationTable, FigureData};
use crate::tables::align;

impl FigureData {
    /// The numbers as aligned text.
    pub fn text(&self) -> String {
        match self {
            Self::Correlations(table) => correlations(table),
            Self::Strategies(table) => align(&table.lines(), 3),
            Self::Pareto(table) => align(&table.lines(), 2),
            Self::Scatter(panels) => {
                let mut rows = vec![words([
                    "arm",
                    "noise level",
                    "n",
                    "matched",
                    "MI",
                    "Pearson",
                    "Spearman",
                    "left out",
                ])];
                for p in panels {
                    let s = &p.statistics;
                    rows.push(vec![
                        p.arm.clone(),
                        format!("{} {}", s.noise_kind, s.noise_level),
                        p.points.len().to_string(),
                        p.points.iter().filter(|p| p.matched).count().to_string(),
                        number(s.mutual_information),
                        number(s.pearson),
                        number(s.spearman),
                        p.left_out.to_string(),
                    ]);
                }
                align(&rows, 2)
            }
            Self::Case(case) => {
                let heading = format!(
                    "{}, {} {}, replicate {} ({} copies fail free and match projected)\n",
                    case.structure,
                    case.noise_kind,
                    case.noise_level,
                    case.replicate,
                    case.candidates,
                );
                let mut rows = vec![words([
                    "",
                    case.loss.as_str(),
                    "match",
                    "a",
                    "b",
                    "c",
                    "alpha",
                    "beta",
                    "gamma",
                ])];
                for p in &case.panels {
                    let verdict = match p.matched {
                        Some(true) => "yes",
                        Some(false) => "no",
                        None => "-",
                    };
                    let mut row = vec![p.label.clone(), number(p.agreement), verdict.to_owned()];
                    row.extend(parameters(&p.structure)[..6].iter().map(|x| format!("{x:.3}")));
                    rows.push(row);
                }
                heading + &align(&rows, 1)
            }
            Self::Cells(cells) => {
                let mut rows = vec![words([
                    "structure",
                    "id",
                    "group",
                    "sites",
                    "a",
                    "b",
                    "c",
                    "alpha",
                    "beta",
                    "gamma",
                ])];
                for cell in cells {
                    let s = &cell.structure;
                    let mut row = vec![
                        s.name.clone(),
                        s.id.clone().unwrap_or_default(),
                        cell.space_group.clone(),
                        s.structure.n_sites().to_string(),
                    ];
                    row.extend(parameters(&s.structure)[..6].iter().map(|x| format!("{x:.3}")));
                    rows.push(row);
                }
                align(&rows, 3)
            }
        }
    }
}

fn words<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}

fn number(x: Option<f64>) -> String {
    x.map_or_else(|| "-".to_owned(), |x| format!("{x:.2}"))
}

fn correlations(table: &CorrelationTable) -> String {
    let mut rows = vec![words(["noise", "level", "n"])];
    rows[0].extend(table.arms.iter().cloned());
    for row in &table.rows {
        let mut cells =
            vec![row.noise_kind.clone(), row.noise_level.to_string(), row.n.to_string()];
        cells.extend(row.values.iter().map(|x| number(*x)));
        rows.push(cells);
    }
    format!("{} of similarity and {}\n{}", table.statistic.name(), table.metric, align(&rows, 1))
}
