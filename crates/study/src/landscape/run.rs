//! Evaluating a landscape.

use super::config::Rank;
use super::paths::{PathOutcome, run_path};
use super::plan::LandscapePlan;
use crate::StudyError;
use braggscape_landscape::{
    Evaluator, Grid, Minima, Progress, Roughness, adaptive_grid, plain_grid, polish,
};
use braggscape_projector::{AnyProjector, Identity};
use rayon::prelude::*;

/// Minima that are polished for each one that is listed, since the grid ranks narrow ones too low.
const POLISHED_PER_LISTED: usize = 4;

/// A minimum with its rank: the first is number 1 of tables and figures.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedMinimum {
    /// Its place in [`Minima::found`].
    pub found: usize,
    /// Place (u, v), between the points of the grid where it was polished.
    pub place: [f64; 2],
    /// Loss there.
    pub value: f64,
    /// Whether place and loss were searched between the points of the grid.
    pub polished: bool,
    /// Height of the lowest pass to a deeper minimum above the grid's value; `None` for the deepest.
    pub prominence: Option<f64>,
    /// Area of its basin as a share of the section's.
    pub basin_share: f64,
    /// Whether it lies at the edge of the section or beside a hole.
    pub on_edge: bool,
    /// Whether the structure in the middle lies in its basin.
    pub home: bool,
}

/// An evaluated landscape.
#[derive(Debug, Clone)]
pub struct Landscape {
    /// Values.
    pub grid: Grid,
    /// Minima and basins of the grid.
    pub minima: Minima,
    /// All minima by rank.
    pub ranked: Vec<RankedMinimum>,
    /// Roughness.
    pub roughness: Roughness,
    /// Descents, in the order of the configuration.
    pub paths: Vec<PathOutcome>,
    /// Evaluations of the loss for the grid and its minima.
    pub evaluations: u64,
}

impl LandscapePlan {
    /// Evaluates the section on the threads of the current pool, then runs the descents.
    ///
    /// # Errors
    /// [`StudyError::Landscape`]. Descents that fail are outcomes, no errors.
    pub fn run(&self, progress: Progress<'_>) -> Result<Landscape, StudyError> {
        let identity = AnyProjector::from(Identity);
        let evaluator =
            Evaluator::boxed(|| self.objective(&identity, self.parametrisation.clone()));
        let grid = match self.config.adaptive {
            Some(options) => adaptive_grid(&self.section, options, &evaluator, progress)?,
            None => plain_grid(&self.section, &evaluator, progress)?,
        };
        let minima = Minima::of(&grid, self.config.min_prominence);
        let ranked = self.ranked(&grid, &minima, &evaluator)?;
        let roughness = Roughness::of(&grid, &minima, Some(self.home()));
        let evaluations = evaluator.evaluations();
        let paths = (0..self.paths.len()).into_par_iter().map(|i| run_path(self, i)).collect();
        Ok(Landscape { grid, minima, ranked, roughness, paths, evaluations })
    }

    fn ranked(
        &self,
        grid: &Grid,
        minima: &Minima,
        evaluator: &Evaluator<'_>,
    ) -> Result<Vec<RankedMinimum>, StudyError> {
        let home = minima.basin(self.section.nearest_index(self.home()));
        let inside = self.section.contains(self.home());
        let mut ranked: Vec<RankedMinimum> = minima
            .found()
            .iter()
            .enumerate()
            .map(|(found, m)| RankedMinimum {
                found,
                place: m.place,
                value: m.value,
                polished: false,
                prominence: m.prominence(),
                basin_share: m.basin_share,
                on_edge: m.on_edge,
                home: inside && home == Some(found),
            })
            .collect();
        let order = |ranked: &mut [RankedMinimum]| match self.config.rank {
            Rank::Depth => {
                ranked.sort_by(|a, b| a.value.total_cmp(&b.value).then(a.found.cmp(&b.found)));
            }
            Rank::Prominence => {
                let key = |m: &RankedMinimum| m.prominence.unwrap_or(f64::INFINITY);
                ranked.sort_by(|a, b| key(b).total_cmp(&key(a)).then(a.found.cmp(&b.found)));
            }
        };
        order(&mut ranked);
        let n = (POLISHED_PER_LISTED * self.config.minima).min(ranked.len());
        let points: Vec<_> = ranked[..n].iter().map(|m| minima.found()[m.found].clone()).collect();
        for (m, found) in ranked.iter_mut().zip(polish(grid.section(), &points, evaluator)?) {
            (m.place, m.value, m.polished) = (found.place, found.value, true);
        }
        order(&mut ranked);
        Ok(ranked)
    }
}

impl Landscape {
    /// The rank of each minimum of [`Minima::found`], from 1.
    pub fn ranks(&self) -> Vec<usize> {
        let mut ranks = vec![0; self.ranked.len()];
        for (i, m) in self.ranked.iter().enumerate() {
            ranks[m.found] = i + 1;
        }
        ranks
    }

    /// Whether some descent failed.
    pub fn failures(&self) -> Vec<(&str, &str)> {
        let failure = |p: &'_ PathOutcome| p.failure.is_some();
        let failed = self.paths.iter().filter(|p| failure(p));
        failed.map(|p| (p.name.as_str(), p.failure.as_deref().unwrap_or(""))).collect()
    }
}
