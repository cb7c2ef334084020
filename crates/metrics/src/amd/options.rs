//! Options of AMD and PDD.

use crate::MetricError;
use serde::{Deserialize, Serialize};

/// Most neighbours that may be asked for. A thousand reach several cells of any crystal of a hundred atoms.
pub const MAX_NEIGHBOURS: usize = 10_000;

/// Options of a [`crate::Pdd`] and of the metrics `amd-linf` and `pdd-emd`.
///
/// # Examples
/// ```
/// use braggscape_metrics::PddOptions;
/// let options = PddOptions { k: 10, ..PddOptions::default() };
/// assert!(options.check().is_ok() && !options.by_element);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PddOptions {
    /// Number of neighbours of each point, 1 to [`MAX_NEIGHBOURS`]. Default 100, the number in use in the literature.
    pub k: usize,
    /// Rows whose distances agree within this, Å, are one row of larger weight. Default 1e-4. AMD does not depend on it.
    pub collapse_tol: f64,
    /// Whether elements count: rows collapse, and weight moves, within an element alone, and average minimum distances are
    /// taken for each pair of elements. Default false, as published.
    pub by_element: bool,
}

impl Default for PddOptions {
    fn default() -> Self {
        Self { k: 100, collapse_tol: 1e-4, by_element: false }
    }
}

impl PddOptions {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`MetricError::OptionRange`].
    pub fn check(&self) -> Result<(), MetricError> {
        check_neighbours(self.k)?;
        if !(0.0..=10.0).contains(&self.collapse_tol) {
            return Err(MetricError::OptionRange {
                name: "collapse_tol",
                value: self.collapse_tol,
                expected: "0 to 10 Å",
            });
        }
        Ok(())
    }
}

pub(super) fn check_neighbours(k: usize) -> Result<(), MetricError> {
    if (1..=MAX_NEIGHBOURS).contains(&k) {
        return Ok(());
    }
    Err(MetricError::OptionRange { name: "k", value: k as f64, expected: "1 to 10000" })
}
