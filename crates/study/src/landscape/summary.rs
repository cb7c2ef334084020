//! What a landscape came to, for terminals and programs.

use super::plan::LandscapePlan;
use super::run::Landscape;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// One minimum of a summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MinimumRow {
    /// Rank, from 1.
    pub rank: usize,
    /// Place along the first axis, in its unit.
    pub u: f64,
    /// Place along the second axis, in its unit.
    pub v: f64,
    /// Loss.
    pub value: f64,
    /// Height of the lowest pass to a deeper minimum; nothing for the deepest.
    pub prominence: Option<f64>,
    /// Area of its basin as a share of the section's.
    pub basin_share: f64,
    /// Whether it lies at the edge of the section or beside a hole.
    pub on_edge: bool,
    /// Whether the structure in the middle lies in its basin.
    pub home: bool,
}

/// One descent of a summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathRow {
    /// Label.
    pub name: String,
    /// End along the first axis, in its unit.
    pub u: Option<f64>,
    /// End along the second axis, in its unit.
    pub v: Option<f64>,
    /// Loss at the start.
    pub start_loss: Option<f64>,
    /// Loss at the end.
    pub loss: Option<f64>,
    /// Evaluations.
    pub evaluations: Option<u64>,
    /// Steps.
    pub iterations: Option<u64>,
    /// Why it ended.
    pub termination: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
}

/// The roughness of a summary; see `braggscape_landscape::Roughness` for the formulae.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoughnessRow {
    /// Number of minima.
    pub n_minima: usize,
    /// Minima less prominent than this were left out.
    pub min_prominence: f64,
    /// Minima per unit of area.
    pub minima_per_area: f64,
    /// Area of the section without holes.
    pub area: f64,
    /// The unit of areas.
    pub area_unit: String,
    /// Share of the section without values.
    pub hole_share: f64,
    /// Number of barriers.
    pub n_barriers: usize,
    /// Lower quartile of the barriers.
    pub barrier_lower_quartile: Option<f64>,
    /// Median of the barriers.
    pub barrier_median: Option<f64>,
    /// Upper quartile of the barriers.
    pub barrier_upper_quartile: Option<f64>,
    /// Greatest barrier.
    pub barrier_greatest: Option<f64>,
    /// Number of points with a gradient.
    pub n_alignment: usize,
    /// Mean cosine between the way down and the way home.
    pub alignment_mean: Option<f64>,
    /// Share of points where it is positive.
    pub alignment_positive_share: Option<f64>,
    /// Share of the area that leads home.
    pub home_basin_share: Option<f64>,
}

/// What a landscape came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LandscapeSummary {
    /// Title.
    pub title: String,
    /// Name of the structure.
    pub structure: String,
    /// Name of the loss.
    pub loss: String,
    /// Names of the axes.
    pub axes: [String; 2],
    /// Their units; empty for pure numbers.
    pub units: [String; 2],
    /// Points along the axes.
    pub n_points: [usize; 2],
    /// Points that were evaluated; the others are interpolated.
    pub n_computed: usize,
    /// Evaluations of the loss for the grid and its minima.
    pub evaluations: u64,
    /// Where the structure lies.
    pub home: [f64; 2],
    /// The minima that are listed.
    pub minima: Vec<MinimumRow>,
    /// The roughness.
    pub roughness: RoughnessRow,
    /// The descents.
    pub paths: Vec<PathRow>,
}

impl LandscapeSummary {
    /// The summary of an evaluated landscape.
    pub fn of(plan: &LandscapePlan, landscape: &Landscape) -> Self {
        let [u, v] = plan.section.axes();
        let minimum = |(i, m): (usize, &super::RankedMinimum)| MinimumRow {
            rank: i + 1,
            u: m.place[0],
            v: m.place[1],
            value: m.value,
            prominence: m.prominence,
            basin_share: m.basin_share,
            on_edge: m.on_edge,
            home: m.home,
        };
        let path = |p: &super::PathOutcome| {
            let end = p.end.as_ref();
            PathRow {
                name: p.name.clone(),
                u: end.map(|e| e.place[0]),
                v: end.map(|e| e.place[1]),
                start_loss: end.map(|e| e.start_loss),
                loss: end.map(|e| e.loss),
                evaluations: end.map(|e| e.evaluations),
                iterations: end.map(|e| e.iterations),
                termination: end.map(|e| e.termination.to_owned()),
                failure: p.failure.clone(),
            }
        };
        let r = &landscape.roughness;
        let roughness = RoughnessRow {
            n_minima: r.n_minima,
            min_prominence: plan.config.min_prominence,
            minima_per_area: r.minima_per_area,
            area: r.area,
            area_unit: r.area_unit.clone(),
            hole_share: r.hole_share,
            n_barriers: r.barriers.map_or(0, |b| b.n),
            barrier_lower_quartile: r.barriers.map(|b| b.lower_quartile),
            barrier_median: r.barriers.map(|b| b.median),
            barrier_upper_quartile: r.barriers.map(|b| b.upper_quartile),
            barrier_greatest: r.barriers.map(|b| b.greatest),
            n_alignment: r.alignment.map_or(0, |a| a.n),
            alignment_mean: r.alignment.map(|a| a.mean),
            alignment_positive_share: r.alignment.map(|a| a.positive_share),
            home_basin_share: r.home_basin_share,
        };
        Self {
            title: plan.config.title.clone(),
            structure: plan.truth.name.clone(),
            loss: plan.loss_name().to_owned(),
            axes: [u.name().to_owned(), v.name().to_owned()],
            units: [u.unit().to_owned(), v.unit().to_owned()],
            n_points: plan.section.shape(),
            n_computed: landscape.grid.n_computed(),
            evaluations: landscape.evaluations,
            home: plan.home(),
            minima: landscape
                .ranked
                .iter()
                .enumerate()
                .take(plan.config.minima)
                .map(minimum)
                .collect(),
            roughness,
            paths: landscape.paths.iter().map(path).collect(),
        }
    }

    /// The names of the axes with their units.
    pub fn axis_labels(&self) -> [String; 2] {
        [0, 1].map(|k| match self.units[k].as_str() {
            "" => self.axes[k].clone(),
            unit => format!("{} ({unit})", self.axes[k]),
        })
    }

    /// The summary as text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let [u, v] = self.axis_labels();
        let [n, m] = self.n_points;
        let all = n * m;
        let computed = if self.n_computed == all {
            format!("{n} x {m} points")
        } else {
            format!("{n} x {m} points, {} of them evaluated", self.n_computed)
        };
        let _ = writeln!(
            out,
            "{}\n  {} of {} over {} and {}, {computed}, {} evaluations\n",
            self.title, self.loss, self.structure, self.axes[0], self.axes[1], self.evaluations
        );
        let _ = writeln!(
            out,
            "minimum  {u:>10}  {v:>10}  {:>12}  {:>10}  {:>7}",
            self.loss, "prominence", "basin"
        );
        for m in &self.minima {
            let prominence = m.prominence.map_or_else(|| "-".to_owned(), |p| format!("{p:.4}"));
            let mut notes: Vec<&str> = Vec::new();
            notes.extend(m.home.then_some("home"));
            notes.extend(m.on_edge.then_some("at the edge"));
            let line = format!(
                "{:>7}  {:>10.4}  {:>10.4}  {:>12.6}  {prominence:>10}  {:>5.1} %  {}",
                m.rank,
                m.u,
                m.v,
                m.value,
                100.0 * m.basin_share,
                notes.join(", ")
            );
            let _ = writeln!(out, "{}", line.trim_end());
        }
        out.push('\n');
        self.write_roughness(&mut out);
        if !self.paths.is_empty() {
            let width = self.paths.iter().map(|p| p.name.chars().count()).fold(7, usize::max);
            let _ = writeln!(
                out,
                "\n{:<width$}  {u:>10}  {v:>10}  {:>12}  {:>12}  {:>11}",
                "descent", "start", self.loss, "evaluations"
            );
            for p in &self.paths {
                let name = format!("{:<width$}", p.name);
                match (p.u, p.v, p.start_loss, p.loss, p.evaluations) {
                    (Some(u), Some(v), Some(start), Some(loss), Some(evaluations)) => {
                        let why = p.termination.as_deref().unwrap_or("");
                        let _ = writeln!(
                            out,
                            "{name}  {u:>10.4}  {v:>10.4}  {start:>12.6}  {loss:>12.6}  {evaluations:>11}  {why}"
                        );
                    }
                    _ => {
                        let _ =
                            writeln!(out, "{name}  failed: {}", p.failure.as_deref().unwrap_or(""));
                    }
                }
            }
        }
        out
    }

    fn write_roughness(&self, out: &mut String) {
        let r = &self.roughness;
        let unit = if r.area_unit.is_empty() { "unit of area" } else { &r.area_unit };
        let _ =
            writeln!(out, "roughness (minima with a prominence of {} and more)", r.min_prominence);
        let _ = writeln!(out, "  minima      {} ({:.3} per {unit})", r.n_minima, r.minima_per_area);
        if let (Some(q1), Some(median), Some(q3), Some(most)) = (
            r.barrier_lower_quartile,
            r.barrier_median,
            r.barrier_upper_quartile,
            r.barrier_greatest,
        ) {
            let _ = writeln!(
                out,
                "  barriers    median {median:.4}, quartiles {q1:.4} and {q3:.4}, greatest {most:.4}"
            );
        }
        if let (Some(mean), Some(share)) = (r.alignment_mean, r.alignment_positive_share) {
            let _ = writeln!(
                out,
                "  alignment   mean cosine {mean:.3} between the way down and the way home, positive at {:.1} % of the points",
                100.0 * share
            );
        }
        if let Some(share) = r.home_basin_share {
            let _ = writeln!(out, "  home basin  {:.1} % of the area", 100.0 * share);
        }
        if r.hole_share > 0.0 {
            let _ = writeln!(out, "  holes       {:.1} % of the area", 100.0 * r.hole_share);
        }
    }
}
