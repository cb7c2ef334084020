//! de Gelder's similarity of neighbouring points.

use crate::pool::Pool;
use crate::seam::{check_axes, check_buffers, intensity_norm};
use crate::steps::equal_step;
use crate::triangle::{Scratch, Triangle, inner_sums, moving_sums};
use crate::{Loss, LossError};
use braggscape_pattern::{Pattern, sum};
use serde::{Deserialize, Serialize};

/// Options of [`DeGelder`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeGelderOptions {
    /// Half-width l of the triangle, unit of the axis: how far apart points may lie and still count as similar. Default 1.
    pub width: f64,
}

impl Default for DeGelderOptions {
    fn default() -> Self {
        Self { width: 1.0 }
    }
}

/// Negative similarity of neighbouring points, L = -S, S = sum_r w(r) c_fg(r) / sqrt(sum_r w(r) c_ff(r) sum_r w(r) c_gg(r)).
///
/// c_fg(r) = sum_n f(x_n) g(x_n + r) is the cross-correlation and w(r) = 1 - |r|/l for |r| < l, 0 beyond, a triangle. It is the
/// cosine of both patterns after a moving average over the width l, of which the triangle is the autocorrelation; on a grid l need
/// not be a whole number of steps.
///
/// # Units and shapes
/// Dimensionless, in [-1, 0] for patterns that are not negative, -1 where g is a multiple of f; the cosine where l is at most one
/// step.
///
/// # Conventions
/// Similarities enter losses with a minus sign, as in the cosine: critic2's POWDIFF is 1 + L. The patterns are zero outside their
/// axis. The scale of either does not matter. Symmetric in f and g.
///
/// # Differentiability
/// Smooth where g averages to something: with A the moving average, dL/dg = -A^T(A f/|A f| + L A g/|A g|)/|A g|.
///
/// # Method
/// Sums of windows, of at most l/step terms each, in a time that does not depend on l.
///
/// # Errors
/// [`LossError::NoIntensity`] if either pattern is zero everywhere or averages to 0 everywhere, [`LossError::UnequalSteps`].
///
/// # Examples
/// ```
/// use braggscape_loss::{DeGelder, DeGelderOptions, Loss};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 0.5, 3)?;
/// let f = Pattern::new(axis.clone(), vec![1.0, 0.0, 0.0])?;
/// let g = Pattern::new(axis, vec![0.0, 3.0, 0.0])?;
/// // One step of 0.5 apart: w = 1 - 0.5/2
/// let loss = DeGelder::new(DeGelderOptions { width: 2.0 })?;
/// assert!((loss.value(&f, &g)? + 0.75).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// R. de Gelder, R. Wehrens & J. A. Hageman, J. Comput. Chem. 22, 273 (2001),
/// doi:10.1002/1096-987X(200102)22:3<273::AID-JCC1001>3.0.CO;2-0.
#[derive(Debug, Clone)]
pub struct DeGelder {
    options: DeGelderOptions,
    pool: Pool<Workspace>,
}

#[derive(Debug, Default)]
struct Workspace {
    scratch: Scratch,
    /// Moving sums of f and of g, one pair a part of the triangle.
    sums: [[Vec<f64>; 2]; 2],
    back: Vec<f64>,
}

/// sum w c: f with g, f with f, g with g.
struct Products {
    fg: f64,
    f: f64,
    g: f64,
    /// Sums of f and g.
    totals: (f64, f64),
}

impl DeGelder {
    /// The loss with these options.
    ///
    /// # Errors
    /// [`LossError::OptionRange`].
    pub fn new(options: DeGelderOptions) -> Result<Self, LossError> {
        let width = options.width;
        if !(width > 0.0 && width.is_finite()) {
            let expected = "above 0, in the unit of the axis";
            return Err(LossError::OptionRange { name: "width", value: width, expected });
        }
        Ok(Self { options, pool: Pool::default() })
    }

    /// The options of the loss.
    pub fn options(&self) -> DeGelderOptions {
        self.options
    }

    /// The triangle on the steps of an axis.
    fn triangle(&self, pattern: &Pattern) -> Result<Triangle, LossError> {
        let step = equal_step(pattern.axis())?;
        // A point alone has no neighbours, and its step is infinite.
        let l = (self.options.width / step).max(f64::MIN_POSITIVE);
        Ok(Triangle::new(l, pattern.n_points()))
    }

    fn products(
        triangle: &Triangle,
        obs: &Pattern,
        calc: &Pattern,
        workspace: &mut Workspace,
    ) -> Result<Products, LossError> {
        intensity_norm(obs, "observed")?;
        intensity_norm(calc, "calculated")?;
        let totals = (sum::total(obs.y()), sum::total(calc.y()));
        let mut products = Products {
            fg: triangle.whole * totals.0 * totals.1,
            f: triangle.whole * totals.0 * totals.0,
            g: triangle.whole * totals.1 * totals.1,
            totals,
        };
        for ((m, weight), [of_f, of_g]) in triangle.parts.iter().zip(&mut workspace.sums) {
            if *weight > 0.0 {
                moving_sums(obs.y(), *m, &mut workspace.scratch, of_f);
                moving_sums(calc.y(), *m, &mut workspace.scratch, of_g);
                products.fg += weight * sum::dot(of_f, of_g);
                products.f += weight * sum::dot(of_f, of_f);
                products.g += weight * sum::dot(of_g, of_g);
            }
        }
        for (which, square) in [("observed", products.f), ("calculated", products.g)] {
            if square.is_nan() || square <= 0.0 {
                return Err(LossError::NoIntensity { which });
            }
        }
        Ok(products)
    }
}

impl Loss for DeGelder {
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        check_axes(obs, calc)?;
        let triangle = self.triangle(obs)?;
        self.pool.with(
            |_| true,
            Workspace::default,
            |workspace| {
                let Products { fg, f, g, .. } = Self::products(&triangle, obs, calc, workspace)?;
                Ok(-fg / (f.sqrt() * g.sqrt()))
            },
        )
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        let triangle = self.triangle(obs)?;
        self.pool.with(
            |_| true,
            Workspace::default,
            |workspace| {
                let Products { fg, f, g, totals } =
                    Self::products(&triangle, obs, calc, workspace)?;
                let value = -fg / (f.sqrt() * g.sqrt());
                let (by_f, by_g) = (-1.0 / (f.sqrt() * g.sqrt()), -value / g);
                grad.fill(triangle.whole * (by_f * totals.0 + by_g * totals.1));
                let Workspace { scratch, sums, back } = workspace;
                for ((m, weight), [of_f, of_g]) in triangle.parts.iter().zip(sums) {
                    if *weight > 0.0 {
                        for (a, b) in of_f.iter_mut().zip(of_g.iter()) {
                            *a = by_f * *a + by_g * b;
                        }
                        inner_sums(of_f, *m, scratch, back);
                        for (d, b) in grad.iter_mut().zip(back.iter()) {
                            *d += weight * b;
                        }
                    }
                }
                Ok(value)
            },
        )
    }
}
