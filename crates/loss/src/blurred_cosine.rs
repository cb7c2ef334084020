//! The cosine of two patterns after a Gaussian blur, with its gradient: what the losses that blur share.

use crate::LossError;
use crate::blur::Blur;
use crate::blurred_nodes::chebyshev;
use crate::least_squares::{check_rows, gram_matrix, products_with, unit_norm};
use crate::pool::{Pool, Source};
use crate::seam::intensity_norm;
use braggscape_pattern::{Axis, Pattern, sum};
use nalgebra::DMatrix;

/// Evaluates cosines of blurred patterns. What it keeps between calls is a function of the axis and the observed pattern, which are
/// compared with those it was made from.
#[derive(Debug, Clone, Default)]
pub(crate) struct BlurredCosine {
    pool: Pool<Workspace>,
}

#[derive(Debug, Default)]
struct Workspace {
    made: Option<(Axis, Blur)>,
    /// Orthonormal directions that are taken out of blurred patterns.
    background: Vec<Vec<f64>>,
    source: Source,
    /// The observed pattern after the blur, and the calculated one.
    obs: Vec<f64>,
    calc: Vec<f64>,
}

impl Workspace {
    fn has_axis(&self, axis: &Axis) -> bool {
        self.made.as_ref().is_some_and(|(own, _)| same_points(own, axis))
    }
}

/// Whether two axes agree in every bit.
fn same_points(a: &Axis, b: &Axis) -> bool {
    a.kind() == b.kind()
        && a.n_points() == b.n_points()
        && a.uniform_step().is_some() == b.uniform_step().is_some()
        && match (a.uniform_step(), b.uniform_step()) {
            (Some((x, h)), Some((y, k))) => {
                (x.to_bits(), h.to_bits()) == (y.to_bits(), k.to_bits())
            }
            _ => (0..a.n_points()).all(|n| a.x(n).to_bits() == b.x(n).to_bits()),
        }
}

impl Workspace {
    /// Makes the blur of an axis unless it is there, and the directions of a background of `terms` polynomials.
    fn prepare(
        &mut self,
        make: impl FnOnce(&Axis) -> Result<Blur, LossError>,
        terms: usize,
        axis: &Axis,
    ) -> Result<(), LossError> {
        if self.has_axis(axis) {
            return Ok(());
        }
        *self = Self::default();
        let blur = make(axis)?;
        for term in chebyshev(axis, terms) {
            let mut direction = Vec::new();
            blur.spread(&term, &mut direction);
            let before = sum::norm(&direction);
            take_out(&self.background, &mut direction);
            let norm = sum::norm(&direction);
            if norm > 1e-10 * before {
                for d in &mut direction {
                    *d /= norm;
                }
                self.background.push(direction);
            }
        }
        self.made = Some((axis.clone(), blur));
        Ok(())
    }
}

/// Takes directions out of a blurred pattern.
fn take_out(directions: &[Vec<f64>], values: &mut [f64]) {
    for direction in directions {
        let along = sum::dot(direction, values);
        for (v, d) in values.iter_mut().zip(direction) {
            *v -= along * d;
        }
    }
}

impl BlurredCosine {
    /// The cosine of two patterns on one axis, whose blur `make` makes, without a background of `terms` Chebyshev polynomials; `grad`, unless empty, is overwritten with its gradient in the
    /// calculated pattern.
    ///
    /// # Errors
    /// [`LossError::NoIntensity`], and whatever `make` says.
    pub(crate) fn cosine(
        &self,
        make: impl FnOnce(&Axis) -> Result<Blur, LossError>,
        terms: usize,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        intensity_norm(obs, "observed")?;
        intensity_norm(calc, "calculated")?;
        self.pool.with(
            |workspace| workspace.source.is_likely(obs.y()),
            Workspace::default,
            |workspace| {
                workspace.prepare(make, terms, obs.axis())?;
                let Workspace { made, background, source, obs: target, calc: nodes } = workspace;
                let Some((_, blur)) = made else { return Err(LossError::ForeignTarget) };
                if !source.is(obs.y()) {
                    source.set(obs.y());
                    blur.spread(obs.y(), target);
                    take_out(background, target);
                }
                blur.spread(calc.y(), nodes);
                take_out(background, nodes);
                let (f, g) = (sum::norm(target), sum::norm(nodes));
                for (which, norm) in [("observed", f), ("calculated", g)] {
                    if norm.is_nan() || norm <= 0.0 {
                        return Err(LossError::NoIntensity { which });
                    }
                }
                let cosine = sum::dot(target, nodes) / (f * g);
                if !grad.is_empty() {
                    let (by_f, by_g) = (1.0 / (f * g), -cosine / (g * g));
                    for (g, f) in nodes.iter_mut().zip(target.iter()) {
                        *g = by_f * f + by_g * *g;
                    }
                    blur.gather(nodes, grad);
                }
                Ok(cosine)
            },
        )
    }

    /// Overwrites `hessian` with the Gauss-Newton matrix of the negative cosine: |r|^2/2 - 1 with r = B g/|B g| - B f/|B f|.
    ///
    /// # Errors
    /// As [`cosine`](Self::cosine).
    pub(crate) fn gauss_newton(
        &self,
        make: impl FnOnce(&Axis) -> Result<Blur, LossError>,
        terms: usize,
        calc: &Pattern,
        jacobian: &DMatrix<f64>,
        hessian: &mut DMatrix<f64>,
    ) -> Result<(), LossError> {
        check_rows(jacobian, calc.n_points())?;
        self.pool.with(
            |workspace| workspace.has_axis(calc.axis()),
            Workspace::default,
            |workspace| {
                workspace.prepare(make, terms, calc.axis())?;
                let Workspace { made, background, calc: nodes, .. } = workspace;
                let Some((_, blur)) = made else { return Err(LossError::ForeignTarget) };
                let mut columns = Vec::new();
                for column in jacobian.as_slice().chunks_exact(calc.n_points()) {
                    blur.spread(column, nodes);
                    take_out(background, nodes);
                    columns.extend_from_slice(nodes);
                }
                blur.spread(calc.y(), nodes);
                take_out(background, nodes);
                let norm = sum::norm(nodes);
                if norm.is_nan() || norm <= 0.0 {
                    return Err(LossError::NoIntensity { which: "calculated" });
                }
                let blurred = DMatrix::from_vec(nodes.len(), jacobian.ncols(), columns);
                let along = products_with(&blurred, None, nodes);
                gram_matrix(&blurred, None, hessian);
                unit_norm(along, norm).apply(1.0, hessian);
                Ok(())
            },
        )
    }
}
