//! Wasserstein distances of patterns as distributions along their axis.

use crate::distribution::{mass, through_normalisation, total};
use crate::elementary::sign;
use crate::seam::{check_axes, check_buffers};
use crate::{Loss, LossError};
use braggscape_pattern::{Axis, Pattern};
use serde::{Deserialize, Serialize};

/// First Wasserstein (earth mover's) distance, L = W_1 = integral |F(x) - G(x)| dx.
///
/// F and G are the cumulative distributions of f/sum f and g/sum g, whose mass sits at the points of the axis: on average how far
/// intensity has to be moved to turn one pattern into the other. It is `scipy.stats.wasserstein_distance` of the points of the axis
/// weighted by the intensities.
///
/// # Units and shapes
/// Unit of the axis (degrees 2theta or 1/Å), from 0 to the length of the axis; with `relative`, over that length, from 0 to 1.
///
/// # Conventions
/// The scale of either pattern does not matter. Symmetric in f and g. Intensities below 0 count as 0. Points may be spaced in any way.
///
/// # Differentiability
/// Smooth where F and G differ on all intervals; where they agree on an interval its sign counts as 0, and at f = g the gradient is 0.
/// dW/dq_n = sum over the intervals from point n on of sign(G - F) times their length (the dual potential), and through the sum of
/// g. Intensities below 0 have derivative 0.
///
/// # Errors
/// [`LossError::NoIntensity`] if a pattern has no intensity above 0.
///
/// # Examples
/// ```
/// use braggscape_loss::{Loss, Wasserstein1};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, 3)?;
/// let f = Pattern::new(axis.clone(), vec![1.0, 1.0, 0.0])?;
/// let g = Pattern::new(axis, vec![0.0, 0.0, 7.0])?;
/// // Half of the intensity moves by 1 degree, half by 0.5.
/// assert!((Wasserstein1::default().value(&f, &g)? - 0.75).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// C. Villani, Topics in Optimal Transportation, American Mathematical Society (2003), section 2.2, doi:10.1090/gsm/058.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wasserstein1 {
    /// Whether the distance is divided by the length of the axis. Default false.
    pub relative: bool,
}

/// Second Wasserstein distance, L = W_2 = sqrt(integral over 0 < u < 1 of (F^-1(u) - G^-1(u))^2 du), or its square.
///
/// F^-1 and G^-1 are the quantile functions of f/sum f and g/sum g, whose mass sits at the points of the axis: the root of the mean
/// squared distance that intensity moves by. A pattern of one peak that moves by d changes by W_2 = d, by however much the peaks
/// overlap.
///
/// # Units and shapes
/// Unit of the axis (degrees 2theta or 1/Å), from 0 to the length of the axis; with `relative`, over that length, from 0 to 1; with
/// `squared` the square of that.
///
/// # Conventions
/// The scale of either pattern does not matter. Symmetric in f and g. Intensities below 0 count as 0. Points may be spaced in any way.
///
/// # Differentiability
/// W_2^2 is piecewise linear in q = g/sum g; its gradient is the dual potential psi with
/// psi_(n+1) - psi_n = (T_n - x_(n+1))^2 - (T_n - x_n)^2, T_n = F^-1(G(x_n)), and W_2 has psi/(2 W_2). Where G(x_n) is exactly
/// a value that F takes, T_n is the middle of the two points it lies between, so that the gradient of the square is 0 at f = g > 0;
/// W_2 has a kink there and its gradient is reported as 0. Intensities below 0 have derivative 0.
///
/// # Errors
/// [`LossError::NoIntensity`] if a pattern has no intensity above 0.
///
/// # Examples
/// ```
/// use braggscape_loss::{Loss, Wasserstein2};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, 3)?;
/// let f = Pattern::new(axis.clone(), vec![1.0, 1.0, 0.0])?;
/// let g = Pattern::new(axis, vec![0.0, 0.0, 7.0])?;
/// // Half of the intensity moves by 1 degree, half by 0.5.
/// assert!((Wasserstein2::default().value(&f, &g)? - 0.625f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// C. Villani, Topics in Optimal Transportation, American Mathematical Society (2003), section 2.2, doi:10.1090/gsm/058.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wasserstein2 {
    /// Whether the distance is divided by the length of the axis. Default false.
    pub relative: bool,
    /// Whether the square is taken. Default false.
    pub squared: bool,
}

/// What distances are divided by: the length of an axis, where it has one.
pub(crate) fn length(axis: &Axis, relative: bool) -> f64 {
    let length = axis.last() - axis.first();
    if relative && length > 0.0 { length } else { 1.0 }
}

/// Replaces derivatives with respect to cumulative sums by those with respect to their terms.
pub(crate) fn sum_backwards(grad: &mut [f64]) {
    let mut sum = 0.0;
    for d in grad.iter_mut().rev() {
        sum += *d;
        *d = sum;
    }
}

/// The last of the cumulative sums of a pattern, added from left to right: what makes the last of them exactly 1.
///
/// # Errors
/// [`LossError::NoIntensity`].
pub(crate) fn whole(pattern: &Pattern, which: &'static str) -> Result<f64, LossError> {
    total(pattern, which)?;
    Ok(pattern.y().iter().fold(0.0, |sum, y| sum + mass(*y)))
}

impl Wasserstein1 {
    /// The distance; `slope` is called with each interval's first point, and the derivative in the value of G on it.
    fn compute(
        self,
        obs: &Pattern,
        calc: &Pattern,
        mut slope: impl FnMut(usize, f64),
    ) -> Result<f64, LossError> {
        let (f, g) = (whole(obs, "observed")?, whole(calc, "calculated")?);
        let axis = obs.axis();
        let unit = length(axis, self.relative);
        let (mut of_f, mut of_g, mut sum) = (0.0, 0.0, 0.0);
        let last = obs.n_points() - 1;
        for (n, (x, y)) in obs.y().iter().zip(calc.y()).enumerate().take(last) {
            of_f += mass(*x);
            of_g += mass(*y);
            let interval = (axis.x(n + 1) - axis.x(n)) / unit;
            let difference = of_g / g - of_f / f;
            sum += difference.abs() * interval;
            slope(n, sign(difference) * interval);
        }
        Ok(sum)
    }
}

impl Loss for Wasserstein1 {
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        check_axes(obs, calc)?;
        self.compute(obs, calc, |_, _| {})
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        grad.fill(0.0);
        let value = self.compute(obs, calc, |n, d| grad[n] = d)?;
        sum_backwards(grad);
        through_normalisation(grad, calc.y(), total(calc, "calculated")?);
        Ok(value)
    }
}

/// The cumulative distribution of a pattern, point by point.
struct Distribution<'a> {
    y: &'a [f64],
    whole: f64,
    sum: f64,
    at: usize,
}

impl<'a> Distribution<'a> {
    fn new(y: &'a [f64], whole: f64) -> Self {
        let sum = y.first().map_or(0.0, |y| mass(*y));
        Self { y, whole, sum, at: 0 }
    }

    /// The value at the current point; exactly 1 at the last.
    fn value(&self) -> f64 {
        self.sum / self.whole
    }

    /// Goes on to the next point, if there is one.
    fn advance(&mut self) -> bool {
        let more = self.at + 1 < self.y.len();
        if more {
            self.at += 1;
            self.sum += mass(self.y[self.at]);
        }
        more
    }

    /// Goes on to the first point where the value is not below `u`, or where it is above.
    fn seek(&mut self, u: f64, above: bool) -> usize {
        while (self.value() < u || (above && self.value() <= u)) && self.advance() {}
        self.at
    }
}

impl Wasserstein2 {
    /// W_2^2, unit of the axis.
    fn square(obs: &Pattern, calc: &Pattern, f: f64, g: f64) -> f64 {
        let axis = obs.axis();
        let (mut of_f, mut of_g) = (Distribution::new(obs.y(), f), Distribution::new(calc.y(), g));
        let (mut level, mut sum) = (0.0, 0.0);
        loop {
            let (u, v) = (of_f.value(), of_g.value());
            let next = u.min(v);
            let distance = axis.x(of_f.at) - axis.x(of_g.at);
            sum += (next - level) * distance * distance;
            level = next;
            let (move_f, move_g) = (u <= v, v <= u);
            let moved = [move_f && of_f.advance(), move_g && of_g.advance()];
            if moved == [false, false] {
                return sum;
            }
        }
    }

    /// Overwrites `grad` with dW_2^2/dq, q the shares of the calculated pattern.
    fn potential(obs: &Pattern, calc: &Pattern, f: f64, g: f64, grad: &mut [f64]) {
        let axis = obs.axis();
        let mut of_g = Distribution::new(calc.y(), g);
        let (mut below, mut above) = (Distribution::new(obs.y(), f), Distribution::new(obs.y(), f));
        let mut sum = 0.0;
        for (n, d) in grad.iter_mut().enumerate() {
            *d = sum;
            let u = of_g.value();
            // F^-1 from below and from above, but for the ends, where there is one of them.
            let (low, high) = (below.seek(u, false), above.seek(u, true));
            let image = if u <= 0.0 {
                axis.x(high)
            } else if u >= 1.0 {
                axis.x(low)
            } else {
                0.5 * (axis.x(low) + axis.x(high))
            };
            if of_g.advance() {
                let (a, b) = (axis.x(n), axis.x(n + 1));
                sum += (b - a) * ((a - image) + (b - image));
            }
        }
    }
}

impl Loss for Wasserstein2 {
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        check_axes(obs, calc)?;
        let (f, g) = (whole(obs, "observed")?, whole(calc, "calculated")?);
        let unit = length(obs.axis(), self.relative);
        let square = Self::square(obs, calc, f, g) / (unit * unit);
        Ok(if self.squared { square } else { square.sqrt() })
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        let (f, g) = (whole(obs, "observed")?, whole(calc, "calculated")?);
        let unit = length(obs.axis(), self.relative);
        let square = Self::square(obs, calc, f, g) / (unit * unit);
        Self::potential(obs, calc, f, g, grad);
        let value = if self.squared { square } else { square.sqrt() };
        let by = match (self.squared, value > 0.0) {
            (true, _) => 1.0,
            (false, true) => 0.5 / value,
            (false, false) => 0.0,
        } / (unit * unit);
        for d in grad.iter_mut() {
            *d *= by;
        }
        through_normalisation(grad, calc.y(), total(calc, "calculated")?);
        Ok(value)
    }
}
