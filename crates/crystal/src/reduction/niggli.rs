//! Niggli reduction.

use super::basis::product;
use super::{Basis, MappingSearch, ReductionError, lll};
use std::ops::ControlFlow;

/// Relative tolerance of the reduction: ε = 1e-5 V^(1/3).
pub const NIGGLI_TOLERANCE: f64 = 1e-5;

/// Rounds of the reduction; an ordinary cell takes fewer than ten.
const MAX_ROUNDS: usize = 100;

/// Angle within which a basis of the lattice must show the reduced parameters, degrees.
const ANGLE_TOLERANCE: f64 = 1.0;

/// Most lattice points that the final search may touch.
const MAX_POINTS: usize = 200_000;

/// Most pairs of lattice points that the final search may test.
const MAX_STEPS: u64 = 100_000_000;

/// Gram matrix under reduction, with the six numbers of the algorithm.
struct Gram([[f64; 3]; 3]);

impl Gram {
    /// (A, B, C, ξ, η, ζ).
    fn numbers(&self) -> (f64, f64, f64, f64, f64, f64) {
        let g = &self.0;
        (g[0][0], g[1][1], g[2][2], 2.0 * g[1][2], 2.0 * g[0][2], 2.0 * g[0][1])
    }

    /// G ← M^T G M.
    fn transform(&mut self, m: [[f64; 3]; 3]) {
        let transposed = std::array::from_fn(|i| std::array::from_fn(|j| m[j][i]));
        self.0 = product(&transposed, &product(&self.0, &m));
    }

    /// Swap of two vectors with a change of sign that keeps the hand.
    fn swap(&mut self, i: usize, j: usize) {
        let mut m = [[0.0; 3]; 3];
        for (k, row) in m.iter_mut().enumerate() {
            let partner = if k == i {
                j
            } else if k == j {
                i
            } else {
                k
            };
            row[partner] = -1.0;
        }
        self.transform(m);
    }

    /// Adds `factor` times vector `from` to vector `to`.
    fn shear(&mut self, from: usize, to: usize, factor: f64) {
        let mut m = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        m[from][to] = factor;
        self.transform(m);
    }

    /// Makes the three products all positive or all non-positive.
    fn normalize_signs(&mut self, e: f64) {
        let (_, _, _, xi, eta, zeta) = self.numbers();
        let sign = |x: f64| {
            if x.abs() < e {
                0
            } else if x > 0.0 {
                1
            } else {
                -1
            }
        };
        let signs = [sign(xi), sign(eta), sign(zeta)];
        let flips = if signs.iter().product::<i32>() == 1 {
            signs.map(|s| if s == -1 { -1.0 } else { 1.0 })
        } else {
            let mut flips = signs.map(|s| if s == 1 { -1.0 } else { 1.0 });
            if flips.iter().product::<f64>() < 0.0 {
                // One right angle takes the odd sign: the last one that there is.
                if let Some(k) = (0..3).rev().find(|k| signs[*k] == 0) {
                    flips[k] = -1.0;
                }
            }
            flips
        };
        self.transform([[flips[0], 0.0, 0.0], [0.0, flips[1], 0.0], [0.0, 0.0, flips[2]]]);
    }

    /// One round; `true` if the matrix changed so that another round is needed.
    fn round(&mut self, e: f64) -> bool {
        let (a, b, _, xi, eta, _) = self.numbers();
        if b + e < a || ((a - b).abs() < e && xi.abs() > eta.abs() + e) {
            self.swap(0, 1);
        }
        let (_, b, c, _, eta, zeta) = self.numbers();
        if c + e < b || ((b - c).abs() < e && eta.abs() > zeta.abs() + e) {
            self.swap(1, 2);
            return true;
        }
        self.normalize_signs(e);
        let (a, b, _, xi, eta, zeta) = self.numbers();
        let special = |x: f64, edge: f64, other: f64, third: f64| {
            x.abs() > edge + e
                || ((edge - x).abs() < e && third - e > 2.0 * other)
                || ((edge + x).abs() < e && -e > third)
        };
        if special(xi, b, eta, zeta) {
            self.shear(1, 2, -xi / xi.abs());
            return true;
        }
        if special(eta, a, xi, zeta) {
            self.shear(0, 2, -eta / eta.abs());
            return true;
        }
        if special(zeta, a, xi, eta) {
            self.shear(0, 1, -zeta / zeta.abs());
            return true;
        }
        let sum = xi + eta + zeta + a + b;
        if -e > sum || (sum.abs() < e && e < zeta + (a + eta) * 2.0) {
            self.transform([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]);
            return true;
        }
        false
    }
}

/// The Niggli-reduced basis of a lattice, right-handed, in the orientation of the input.
///
/// Reduction runs with ε = 1e-5 V^(1/3) on the Gram matrix of the LLL basis. The result is then looked up among the bases of
/// the input: the first one, in the order of [`MappingSearch`], that keeps the hand of the input and shows the reduced
/// lengths within the fraction ε and the reduced angles within 1°. For nearly symmetric lattices this look-up decides
/// between bases that differ by up to a degree, exactly as pymatgen's `get_niggli_reduced_lattice` does.
///
/// # Errors
/// [`ReductionError::Degenerate`], [`ReductionError::NiggliNotFound`] or [`ReductionError::TooManyPoints`].
///
/// # References
/// Grosse-Kunstleve, Sauter & Adams, Acta Cryst. A60, 1 (2004), doi:10.1107/S010876730302186X.
pub fn niggli(basis: &Basis) -> Result<Basis, ReductionError> {
    let start = lll(basis)?.basis.0;
    let e = NIGGLI_TOLERANCE * libm::cbrt(basis.volume());
    let transposed = std::array::from_fn(|i| std::array::from_fn(|j| start[j][i]));
    let mut gram = Gram(product(&start, &transposed));
    for _ in 0..MAX_ROUNDS {
        if !gram.round(e) {
            break;
        }
    }
    let (aa, bb, cc, xi, eta, zeta) = gram.numbers();
    let [a, b, c] = [aa, bb, cc].map(f64::sqrt);
    let angles = [xi / 2.0 / b / c, eta / 2.0 / a / c, zeta / 2.0 / a / b]
        .map(|x| libm::acos(x).to_degrees());
    if angles.iter().any(|x| !x.is_finite()) {
        return Err(ReductionError::NiggliNotFound);
    }
    let reduced = Basis::from_parameters([a, b, c], angles);
    let search = MappingSearch {
        ltol: e,
        angle_tol: ANGLE_TOLERANCE,
        max_points: MAX_POINTS,
        max_steps: MAX_STEPS,
    };
    let mut found: Option<Basis> = None;
    search.for_each(basis, &reduced, |mapping| {
        let proper = mapping.determinant() > 0;
        if proper || found.is_none() {
            found = Some(mapping.basis);
        }
        if proper { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let found = found.ok_or(ReductionError::NiggliNotFound)?;
    Ok(if found.determinant() > 0.0 { found } else { found.scaled(-1.0) })
}
