//! The Jacobian of a pattern, for least squares.

use super::decimated::Decimated;
use super::pass::{SQRT_TAU, symmetric};
use super::scratch::Simulated;
use super::{FWHM_PER_SIGMA, Scratch, Structsnap};
use crate::cell_gradient::cell_gradient;
use crate::real::Real;
use crate::{ForwardError, JacobianModel};
use braggscape_crystal::Structure;
use nalgebra::DMatrix;

/// Which derivatives are columns of a Jacobian, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says whether its columns are wanted")]
pub struct JacobianColumns {
    /// a, b, c per Å, alpha, beta, gamma per degree: six columns.
    pub lattice: bool,
    /// x, y, z of each site: three columns a site.
    pub coordinates: bool,
    /// U, V, W of the Caglioti formula, per degrees^2: three columns.
    pub caglioti: bool,
    /// The overall displacement B, per Å^2: one column.
    pub b_iso: bool,
    /// The zero shift, per degree 2theta: one column.
    pub zero_shift: bool,
    /// The scale, at scale 1: one column, the pattern itself.
    pub scale: bool,
}

impl JacobianColumns {
    /// All columns.
    pub const ALL: Self = Self {
        lattice: true,
        coordinates: true,
        caglioti: true,
        b_iso: true,
        zero_shift: true,
        scale: true,
    };

    /// Number of columns for a structure.
    pub fn count(&self, structure: &Structure) -> usize {
        let widths = [
            (self.lattice, 6),
            (self.coordinates, 3 * structure.n_sites()),
            (self.caglioti, 3),
            (self.b_iso, 1),
            (self.zero_shift, 1),
            (self.scale, 1),
        ];
        widths.into_iter().filter(|(wanted, _)| *wanted).map(|(_, width)| width).sum()
    }
}

/// Evenly spaced points: those of the axis, or nodes.
#[derive(Clone, Copy)]
pub(super) struct Points {
    pub(super) start: f64,
    pub(super) step: f64,
    pub(super) n: usize,
    /// Where tails are cut, in standard deviations.
    pub(super) cut: f64,
}

/// A peak's derivatives on its points: of the pattern in the intensity, in the position and in w^2.
struct Shapes {
    first: usize,
    by_intensity: Vec<f64>,
    by_position: Vec<f64>,
    by_width_squared: Vec<f64>,
}

impl Points {
    /// Overwrites `out`; a peak that misses all points has none.
    fn shapes(&self, two_theta: f64, sigma: f64, intensity: f64, out: &mut Shapes) {
        let at = (two_theta - self.start) / self.step;
        let reach = self.cut * sigma / self.step;
        let last = self.n as f64 - 1.0;
        let low = (at - reach).ceil().max(0.0);
        let high = (at + reach).floor().min(last);
        for column in [&mut out.by_intensity, &mut out.by_position, &mut out.by_width_squared] {
            column.clear();
        }
        if low > high {
            return;
        }
        out.first = low as usize;
        let h = self.step / sigma;
        let peak = 1.0 / (sigma * SQRT_TAU);
        let by_width = 1.0 / (2.0 * FWHM_PER_SIGMA * FWHM_PER_SIGMA * sigma * sigma);
        for n in low as usize..=high as usize {
            let t = (n as f64 - at) * h;
            let e = peak * (-0.5 * t * t).exponential();
            out.by_intensity.push(e);
            out.by_position.push(intensity * e * t / sigma);
            out.by_width_squared.push(intensity * e * (t * t - 1.0) * by_width);
        }
    }
}

impl Structsnap {
    /// Overwrites `out` with dy_n/dp at all points of the axis: a row a point, the columns that are asked for. The list of
    /// reflections is held fixed. Tails end where those of the pattern do, but without the floor exp(-T^2/2) that makes the
    /// pattern's reach 0 there (2e-11 of a peak's height by default).
    ///
    /// # Errors
    /// As [`simulate`](crate::ForwardModel::simulate).
    pub fn jacobian(
        &self,
        structure: &Structure,
        columns: JacobianColumns,
        scratch: &mut Scratch,
        out: &mut DMatrix<f64>,
    ) -> Result<(), ForwardError> {
        let grid = &self.grid;
        let points = Points { start: grid.start, step: grid.step, n: grid.n, cut: grid.cut };
        self.jacobian_at(structure, columns, points, scratch, out)
    }

    /// The same on the nodes of [`decimated`](crate::ForwardModel::decimated): with W the diagonal matrix of the weights of its
    /// [`Decimation`](braggscape_pattern::Decimation), J^T W J is what J^T J is on all points. `None` for a model without nodes.
    ///
    /// # Errors
    /// As [`jacobian`](Self::jacobian).
    pub fn jacobian_on_nodes(
        &self,
        structure: &Structure,
        columns: JacobianColumns,
        scratch: &mut Scratch,
        out: &mut DMatrix<f64>,
    ) -> Option<Result<(), ForwardError>> {
        let nodes = self.nodes.as_ref()?;
        Some(Decimated { model: self, nodes }.fill_jacobian(structure, columns, scratch, out))
    }

    pub(super) fn jacobian_at(
        &self,
        structure: &Structure,
        columns: JacobianColumns,
        points: Points,
        scratch: &mut Scratch,
        out: &mut DMatrix<f64>,
    ) -> Result<(), ForwardError> {
        self.update_sticks(pulp::Scalar, structure, scratch)?;
        scratch.simulated = Simulated::Nothing;
        out.resize_mut(points.n, columns.count(structure), 0.0);
        out.fill(0.0);
        let chain = chain(structure, scratch);
        let sites =
            if columns.coordinates { scratch.sticks.site_derivatives() } else { Vec::new() };
        let mut shapes = Shapes {
            first: 0,
            by_intensity: Vec::new(),
            by_position: Vec::new(),
            by_width_squared: Vec::new(),
        };
        let mut along_s2 = Vec::new();
        let sticks = &scratch.sticks;
        for (i, hkl) in sticks.hkl().enumerate() {
            let stick = sticks.stick(i);
            if stick.lp <= 0.0 {
                continue;
            }
            let tangent = self.tangent(stick.s2);
            let sigma = self.width(stick.position, tangent)? / FWHM_PER_SIGMA;
            points.shapes(stick.position, sigma, stick.intensity, &mut shapes);
            let mut add = Adder { out, first: shapes.first, column: 0 };
            if columns.lattice {
                let d_width = self.width_slope(tangent);
                let parts = shapes.by_intensity.iter().zip(&shapes.by_position);
                along_s2.clear();
                along_s2.extend(
                    parts.zip(&shapes.by_width_squared).map(|((i, x), w)| {
                        stick.d_intensity * i + stick.d_position * x + d_width * w
                    }),
                );
                let [h, k, l] = hkl.map(f64::from);
                // s^2 = h^T G* h / 4, and each off-diagonal element of G* stands there twice.
                let terms = [h * h, k * k, l * l, k * l, h * l, h * k].map(|t| 0.25 * t);
                for row in &chain {
                    let factor: f64 = row.iter().zip(terms).map(|(c, t)| c * t).sum();
                    add.column(&along_s2, factor);
                }
            }
            if columns.coordinates {
                for site in &sites {
                    for index in hkl {
                        add.column(&shapes.by_intensity, f64::from(index) * site[i]);
                    }
                }
            }
            if columns.caglioti {
                for factor in [tangent * tangent, tangent, 1.0] {
                    add.column(&shapes.by_width_squared, factor);
                }
            }
            if columns.b_iso {
                add.column(&shapes.by_intensity, -2.0 * stick.s2 * stick.intensity);
            }
            if columns.zero_shift {
                add.column(&shapes.by_position, 1.0);
            }
            if columns.scale {
                add.column(&shapes.by_intensity, stick.intensity);
            }
        }
        Ok(())
    }
}

impl JacobianModel for Structsnap {
    fn fill_jacobian(
        &self,
        structure: &Structure,
        columns: JacobianColumns,
        scratch: &mut Scratch,
        out: &mut DMatrix<f64>,
    ) -> Result<(), ForwardError> {
        self.jacobian(structure, columns, scratch, out)
    }
}

/// d(component of G*)/d(cell parameter): a row a cell parameter, components 11, 22, 33, 23, 13, 12.
pub(super) fn chain(structure: &Structure, scratch: &Scratch) -> [[f64; 6]; 6] {
    let mut chain = [[0.0; 6]; 6];
    let metric = structure.lattice().metric_tensor();
    for component in 0..6 {
        let mut unit = [0.0; 6];
        unit[component] = 1.0;
        let (lengths, angles) = cell_gradient(&metric, &scratch.reciprocal, &symmetric(&unit));
        for (row, d) in chain.iter_mut().zip(lengths.into_iter().chain(angles)) {
            row[component] = d;
        }
    }
    chain
}

/// Adds to the columns of a Jacobian, one after the other.
struct Adder<'a> {
    out: &'a mut DMatrix<f64>,
    first: usize,
    column: usize,
}

impl Adder<'_> {
    /// Adds `factor` times these values to the next column.
    fn column(&mut self, values: &[f64], factor: f64) {
        let n = self.out.nrows();
        let start = self.column * n + self.first;
        self.column += 1;
        let place = &mut self.out.as_mut_slice()[start..start + values.len()];
        for (y, v) in place.iter_mut().zip(values) {
            *y += factor * v;
        }
    }
}
