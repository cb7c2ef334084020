//! Strict recovery: the same crystal in absolute size.

use crate::MetricError;
use crate::matcher::{Prepared, SiteTolerance, StructureMatcher, Tolerances};
use braggscape_crystal::Structure;
use serde::{Deserialize, Serialize};

/// Tolerances of [`StrictRecovery`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StrictRecoveryOptions {
    /// Relative tolerance of lattice lengths; the volume may then be off by (1 + t)^3 - 1. Default 0.005.
    pub length_tol: f64,
    /// Tolerance of lattice angles, degrees. Default 0.5.
    pub angle_tol: f64,
    /// Largest displacement of a site, Å. Default 0.1.
    pub site_tol: f64,
    /// Site tolerance of the search for primitive cells, Å. Default 0.1.
    pub primitive_tol: f64,
}

impl Default for StrictRecoveryOptions {
    fn default() -> Self {
        Self { length_tol: 0.005, angle_tol: 0.5, site_tol: 0.1, primitive_tol: 0.1 }
    }
}

/// The test whether a candidate is the truth itself, not only something like it.
///
/// It passes if any basis of the candidate's primitive lattice agrees with the primitive cell of the truth in lengths, angles
/// and volume, unscaled, and if after the best translation, in either hand, sites paired by species lie within the site
/// tolerance of each other. Every basis is tried, because reduced cells jump under tiny strains and because the same crystal
/// may come back in another setting. Pairing and translation are those of [`StructureMatcher`]: least sum of squares, mean
/// displacement removed.
///
/// # Examples
/// ```
/// use braggscape_crystal::{Element, Lattice, Site, Structure};
/// use braggscape_metrics::StrictRecovery;
/// use nalgebra::Vector3;
///
/// let iron = |a: f64| {
///     let lattice = Lattice::from_rows([[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]])?;
///     let site = |x: f64| Ok(Site::new(Element::from_symbol("Fe")?, Vector3::new(x, x, x)));
///     Structure::new(lattice, vec![site(0.0)?, site(0.5)?])
/// };
/// let test = StrictRecovery::default();
/// assert!(test.recovered(&iron(2.87)?, &iron(2.88)?)?);
/// assert!(!test.recovered(&iron(2.87)?, &iron(2.90)?)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StrictRecovery {
    options: StrictRecoveryOptions,
}

impl StrictRecovery {
    /// A test with these tolerances.
    ///
    /// # Errors
    /// [`MetricError::OptionRange`].
    pub fn new(options: StrictRecoveryOptions) -> Result<Self, MetricError> {
        let range = |name, value: f64, high: f64, expected| {
            if value > 0.0 && value <= high {
                Ok(())
            } else {
                Err(MetricError::OptionRange { name, value, expected })
            }
        };
        range("length_tol", options.length_tol, 1.0, "above 0, at most 1")?;
        range("angle_tol", options.angle_tol, 180.0, "above 0, at most 180 degrees")?;
        range("site_tol", options.site_tol, 10.0, "above 0, at most 10 Å")?;
        range("primitive_tol", options.primitive_tol, 10.0, "above 0, at most 10 Å")?;
        Ok(Self { options })
    }

    /// The tolerances.
    pub fn options(&self) -> &StrictRecoveryOptions {
        &self.options
    }

    /// Whether `candidate` is `truth`.
    ///
    /// # Errors
    /// As [`StructureMatcher::prepare`] and [`StructureMatcher::compare`].
    pub fn recovered(&self, truth: &Structure, candidate: &Structure) -> Result<bool, MetricError> {
        let StrictRecoveryOptions { length_tol, angle_tol, site_tol, primitive_tol } = self.options;
        let truth = Prepared::new(truth, Some(primitive_tol))?;
        let candidate = Prepared::new(candidate, Some(primitive_tol))?;
        if truth.n_sites() != candidate.n_sites() {
            return Ok(false);
        }
        let ratio = candidate.basis().volume() / truth.basis().volume();
        let bound = (1.0 + length_tol).powi(3);
        if ratio > bound || ratio < 1.0 / bound {
            return Ok(false);
        }
        let tolerances =
            Tolerances { ltol: length_tol, angle_tol, sites: SiteTolerance::Absolute(site_tol) };
        StructureMatcher::lay_unscaled(&candidate, &truth, tolerances)
    }
}
