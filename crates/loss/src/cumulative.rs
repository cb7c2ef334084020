//! Squared difference of cumulative patterns.

use crate::distribution::{mass, through_normalisation, total};
use crate::least_squares::check_rows;
use crate::seam::{check_axes, check_buffers};
use crate::wasserstein::{length, sum_backwards, whole};
use crate::{LeastSquares, Loss, LossError};
use braggscape_pattern::Pattern;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

/// Mean squared difference of cumulative patterns, L = integral (F(x) - G(x))^2 dx over the length of the axis.
///
/// F and G are the cumulative distributions of f/sum f and g/sum g, whose mass sits at the points of the axis; on evenly spaced points L
/// is the mean of (F_n - G_n)^2. The integral is Cramér's distance, half the square of `scipy.stats.energy_distance` of the points of the
/// axis weighted by the intensities. A peak that misses its partner still pulls from any distance, as in [`crate::Wasserstein1`], but
/// with a force that falls to zero at the right place.
///
/// # Units and shapes
/// Dimensionless, from 0 to 1.
///
/// # Conventions
/// The scale of either pattern does not matter. Symmetric in f and g. Intensities below 0 count as 0. Points may be spaced in any way.
///
/// # Differentiability
/// Smooth where g is positive: dL/dq_n = 2 sum over the intervals from point n on of (G - F) times their share of the axis, and through
/// the sum of g. Intensities below 0 have derivative 0. It is a sum of squares, so Gauss-Newton methods take it.
///
/// # Errors
/// [`LossError::NoIntensity`] if a pattern has no intensity above 0.
///
/// # Examples
/// ```
/// use braggscape_loss::{Cumulative, Loss};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, 3)?;
/// let f = Pattern::new(axis.clone(), vec![1.0, 1.0, 0.0])?;
/// let g = Pattern::new(axis, vec![0.0, 0.0, 7.0])?;
/// // F = (1/2, 1), G = (0, 0) on two intervals: (1/4 + 1)/2.
/// assert!((Cumulative {}.value(&f, &g)? - 0.625).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// G. J. Székely and M. L. Rizzo, J. Stat. Plan. Inference 143, 1249 (2013), doi:10.1016/j.jspi.2013.03.018 (energy distance and
/// Cramér's).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cumulative {}

impl Cumulative {
    /// The loss; `slope` is called with each interval's first point and the derivative in the value of G on it.
    fn compute(
        obs: &Pattern,
        calc: &Pattern,
        mut slope: impl FnMut(usize, f64),
    ) -> Result<f64, LossError> {
        let (f, g) = (whole(obs, "observed")?, whole(calc, "calculated")?);
        let axis = obs.axis();
        let unit = length(axis, true);
        let (mut of_f, mut of_g, mut sum) = (0.0, 0.0, 0.0);
        let last = obs.n_points() - 1;
        for (n, (x, y)) in obs.y().iter().zip(calc.y()).enumerate().take(last) {
            of_f += mass(*x);
            of_g += mass(*y);
            let share = (axis.x(n + 1) - axis.x(n)) / unit;
            let difference = of_g / g - of_f / f;
            sum += difference * difference * share;
            slope(n, 2.0 * difference * share);
        }
        Ok(sum)
    }
}

impl Loss for Cumulative {
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        check_axes(obs, calc)?;
        Self::compute(obs, calc, |_, _| {})
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        grad.fill(0.0);
        let value = Self::compute(obs, calc, |n, d| grad[n] = d)?;
        sum_backwards(grad);
        through_normalisation(grad, calc.y(), total(calc, "calculated")?);
        Ok(value)
    }

    fn least_squares(&self) -> Option<&dyn LeastSquares> {
        Some(self)
    }
}

/// L = sum_n w_n (G_n - F_n)^2, dG_n = (sum of dg up to n - G_n sum of dg)/sum g.
impl LeastSquares for Cumulative {
    fn gauss_newton(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        jacobian: &DMatrix<f64>,
        hessian: &mut DMatrix<f64>,
    ) -> Result<(), LossError> {
        check_axes(obs, calc)?;
        check_rows(jacobian, calc.n_points())?;
        let g = whole(calc, "calculated")?;
        let axis = calc.axis();
        let unit = length(axis, true);
        let (n_points, n) = jacobian.shape();
        // Intensities below 0 count as 0 and do not move.
        let counts = |row: usize| calc.y()[row] >= 0.0;
        let all: Vec<f64> = jacobian
            .column_iter()
            .map(|column| {
                column.iter().enumerate().filter(|(row, _)| counts(*row)).map(|(_, d)| d).sum()
            })
            .collect();
        hessian.resize_mut(n, n, 0.0);
        hessian.fill(0.0);
        let (mut upto, mut row, mut of_g) = (vec![0.0; n], vec![0.0; n], 0.0);
        for point in 0..n_points.saturating_sub(1) {
            of_g += mass(calc.y()[point]);
            let reached = of_g / g;
            if counts(point) {
                for (sum, d) in upto.iter_mut().zip(jacobian.row(point).iter()) {
                    *sum += d;
                }
            }
            for ((r, sum), all) in row.iter_mut().zip(&upto).zip(&all) {
                *r = (sum - reached * all) / g;
            }
            let twice = 2.0 * (axis.x(point + 1) - axis.x(point)) / unit;
            for i in 0..n {
                for j in 0..=i {
                    hessian[(i, j)] += twice * row[i] * row[j];
                }
            }
        }
        for i in 0..n {
            for j in 0..i {
                hessian[(j, i)] = hessian[(i, j)];
            }
        }
        Ok(())
    }
}
