//! The values of an objective on the points of a section.

use crate::{LandscapeError, Section};

/// An objective on a section: a value at each point, or a hole where it cannot be evaluated.
///
/// Values are computed, or on an [adaptive grid](crate::adaptive_grid) interpolated between computed ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    section: Section,
    values: Vec<Option<f64>>,
    computed: Vec<bool>,
}

impl Grid {
    /// A grid of values that are all computed, in the order of the section's indices.
    ///
    /// # Errors
    /// [`LandscapeError::ValueCount`] or [`LandscapeError::NonFinite`].
    pub fn from_values(section: Section, values: Vec<Option<f64>>) -> Result<Self, LandscapeError> {
        let computed = vec![true; values.len()];
        Self::new(section, values, computed)
    }

    pub(crate) fn new(
        section: Section,
        values: Vec<Option<f64>>,
        computed: Vec<bool>,
    ) -> Result<Self, LandscapeError> {
        let expected = section.n_points();
        if values.len() != expected {
            return Err(LandscapeError::ValueCount { expected, found: values.len() });
        }
        let faulty = |v: &Option<f64>| v.is_some_and(|v| !v.is_finite());
        if let Some(point) = values.iter().position(faulty) {
            let value = values[point].unwrap_or(f64::NAN);
            return Err(LandscapeError::NonFinite { point, value });
        }
        Ok(Self { section, values, computed })
    }

    /// The section.
    pub fn section(&self) -> &Section {
        &self.section
    }

    /// All values, by index; `None` is a hole.
    pub fn values(&self) -> &[Option<f64>] {
        &self.values
    }

    /// The value of a point; `None` is a hole.
    pub fn value(&self, index: usize) -> Option<f64> {
        self.values[index]
    }

    /// Whether the objective was evaluated at a point; otherwise its value is interpolated.
    pub fn is_computed(&self, index: usize) -> bool {
        self.computed[index]
    }

    /// Number of points that were evaluated.
    pub fn n_computed(&self) -> usize {
        self.computed.iter().filter(|c| **c).count()
    }

    /// Number of points without a value.
    pub fn n_holes(&self) -> usize {
        self.values.iter().filter(|v| v.is_none()).count()
    }

    /// Share of the section's area without a value.
    pub fn hole_share(&self) -> f64 {
        let holes = (0..self.values.len()).filter(|k| self.values[*k].is_none());
        holes.map(|k| self.section.share(k)).sum()
    }

    /// Least and greatest value; `None` if there is none.
    pub fn range(&self) -> Option<[f64; 2]> {
        self.values.iter().flatten().fold(None, |range, v| match range {
            None => Some([*v, *v]),
            Some([lo, hi]) => Some([f64::min(lo, *v), f64::max(hi, *v)]),
        })
    }
}
