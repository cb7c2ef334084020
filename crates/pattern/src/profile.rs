//! A pattern: intensities on an axis.

use crate::{Axis, PatternError};

/// Intensities on an axis, with their standard uncertainties where they are known.
///
/// Intensities are in arbitrary units or counts; only finite numbers are accepted.
#[derive(Debug, Clone)]
pub struct Pattern {
    axis: Axis,
    y: Vec<f64>,
    sigma: Option<Vec<f64>>,
}

impl Pattern {
    /// A pattern of intensities `y`, one a point of the axis.
    ///
    /// # Errors
    /// [`PatternError::LengthMismatch`] or [`PatternError::NonFinite`].
    pub fn new(axis: Axis, y: Vec<f64>) -> Result<Self, PatternError> {
        check(&axis, "the intensity", &y)?;
        Ok(Self { axis, y, sigma: None })
    }

    /// The same pattern with standard uncertainties, in the unit of the intensities.
    ///
    /// # Errors
    /// [`PatternError::LengthMismatch`] or [`PatternError::NonFinite`].
    pub fn with_sigma(mut self, sigma: Vec<f64>) -> Result<Self, PatternError> {
        check(&self.axis, "sigma", &sigma)?;
        self.sigma = Some(sigma);
        Ok(self)
    }

    /// Replaces the standard uncertainties; the intensities stay.
    ///
    /// # Errors
    /// [`PatternError::LengthMismatch`] or [`PatternError::NonFinite`]; the pattern is then as it was.
    pub fn set_sigma(&mut self, sigma: Vec<f64>) -> Result<(), PatternError> {
        check(&self.axis, "sigma", &sigma)?;
        self.sigma = Some(sigma);
        Ok(())
    }

    /// A pattern of zeros.
    pub fn zeros(axis: Axis) -> Self {
        let y = vec![0.0; axis.n_points()];
        Self { axis, y, sigma: None }
    }

    /// The axis.
    pub fn axis(&self) -> &Axis {
        &self.axis
    }

    /// Intensities.
    pub fn y(&self) -> &[f64] {
        &self.y
    }

    /// Intensities, to be overwritten by a forward model.
    pub fn y_mut(&mut self) -> &mut [f64] {
        &mut self.y
    }

    /// Standard uncertainties, where known.
    pub fn sigma(&self) -> Option<&[f64]> {
        self.sigma.as_deref()
    }

    /// Number of points.
    pub fn n_points(&self) -> usize {
        self.y.len()
    }

    /// Largest intensity.
    pub fn max(&self) -> f64 {
        self.y.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// The pattern times a factor; uncertainties scale along.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let times = |v: &[f64]| v.iter().map(|x| x * factor).collect();
        Self { axis: self.axis.clone(), y: times(&self.y), sigma: self.sigma.as_deref().map(times) }
    }

    /// The pattern on every `k`-th point of its axis, from the first on; 0 is taken as 1.
    ///
    /// # Examples
    /// ```
    /// use braggscape_pattern::{Axis, AxisKind, Pattern};
    /// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, 4)?;
    /// let thinned = Pattern::new(axis, vec![1.0, 2.0, 3.0, 4.0])?.every(3);
    /// assert_eq!((thinned.y(), thinned.axis().last()), (&[1.0, 4.0][..], 11.5));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn every(&self, k: usize) -> Self {
        let thin = |v: &[f64]| v.iter().copied().step_by(k.max(1)).collect();
        Self { axis: self.axis.every(k), y: thin(&self.y), sigma: self.sigma.as_deref().map(thin) }
    }

    /// The pattern on another axis of the same kind, by linear interpolation (uncertainties likewise).
    ///
    /// # Errors
    /// [`PatternError::AxisMismatch`] for another kind of axis, [`PatternError::OutsideRange`] if the pattern does not cover
    /// the axis.
    pub fn resampled(&self, axis: &Axis) -> Result<Self, PatternError> {
        if axis.kind() != self.axis.kind() {
            return Err(PatternError::AxisMismatch {
                left: self.axis.to_string(),
                right: axis.to_string(),
            });
        }
        if axis.is_same(&self.axis) {
            return Ok(Self { axis: axis.clone(), ..self.clone() });
        }
        let margin = 1e-9;
        if axis.first() < self.axis.first() - margin || axis.last() > self.axis.last() + margin {
            return Err(PatternError::OutsideRange {
                have: self.axis.to_string(),
                want: axis.to_string(),
            });
        }
        let x = self.axis.to_vec();
        let at = |v: &[f64], t: f64| {
            let hi = x.partition_point(|xi| *xi < t).clamp(1, x.len() - 1);
            let w = ((t - x[hi - 1]) / (x[hi] - x[hi - 1])).clamp(0.0, 1.0);
            v[hi - 1] + w * (v[hi] - v[hi - 1])
        };
        let on = |v: &[f64]| -> Vec<f64> {
            if x.len() == 1 {
                return vec![v[0]; axis.n_points()];
            }
            (0..axis.n_points()).map(|i| at(v, axis.x(i))).collect()
        };
        Ok(Self { axis: axis.clone(), y: on(&self.y), sigma: self.sigma.as_deref().map(on) })
    }
}

fn check(axis: &Axis, what: &'static str, values: &[f64]) -> Result<(), PatternError> {
    if values.len() != axis.n_points() {
        return Err(PatternError::LengthMismatch {
            what,
            expected: axis.n_points(),
            found: values.len(),
        });
    }
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(PatternError::NonFinite { what, index }),
        None => Ok(()),
    }
}
