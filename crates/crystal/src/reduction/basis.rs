//! Three lattice vectors as rows.

use super::ReductionError;
use crate::Lattice;

/// Three lattice vectors in ångström, as **rows**; of either hand.
///
/// The transpose of [`Lattice::columns`]. Fractional coordinates are row vectors: cartesian x = f B.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Basis(pub [[f64; 3]; 3]);

/// Scalar product.
pub(crate) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Vector product.
fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

impl From<&Lattice> for Basis {
    fn from(lattice: &Lattice) -> Self {
        Self(lattice.rows())
    }
}

impl Basis {
    /// Basis with these lengths (Å) and angles (degrees): c along z, a in the xz plane.
    ///
    /// The cosine of γ* is clamped, so that impossible angles give a flat cell and not NaN, as in pymatgen.
    pub fn from_parameters(lengths: [f64; 3], angles: [f64; 3]) -> Self {
        let [sc_a, sc_b, sc_g] = angles.map(|x| libm::sincos(x.to_radians()));
        Self::from_cosines(lengths, [sc_a.1, sc_b.1, sc_g.1], [sc_a.0, sc_b.0])
    }

    /// As [`Basis::from_parameters`], with the cosines of all angles and the sines of α and β.
    pub fn from_cosines(lengths: [f64; 3], cosines: [f64; 3], sines: [f64; 2]) -> Self {
        let ([a, b, c], [ca, cb, cg], [sa, sb]) = (lengths, cosines, sines);
        let cos_star = ((ca * cb - cg) / (sa * sb)).clamp(-1.0, 1.0);
        let sin_star = ((1.0 - cos_star) * (1.0 + cos_star)).sqrt();
        Self([
            [a * sb, 0.0, a * cb],
            [-b * sa * cos_star, b * sa * sin_star, b * ca],
            [0.0, 0.0, c],
        ])
    }

    /// Lengths of the vectors, Å.
    pub fn lengths(&self) -> [f64; 3] {
        self.0.map(|v| dot(v, v).sqrt())
    }

    /// Angles `[alpha, beta, gamma]`, degrees.
    pub fn angles(&self) -> [f64; 3] {
        self.cosines(self.lengths()).map(|x| libm::acos(x).to_degrees())
    }

    /// Cosines of `[alpha, beta, gamma]`, where `lengths` are those of the vectors.
    pub fn cosines(&self, lengths: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|i| {
            let (j, k) = ((i + 1) % 3, (i + 2) % 3);
            (dot(self.0[j], self.0[k]) / (lengths[j] * lengths[k])).clamp(-1.0, 1.0)
        })
    }

    /// Determinant: the signed volume, Å^3.
    pub fn determinant(&self) -> f64 {
        dot(cross(self.0[0], self.0[1]), self.0[2])
    }

    /// Absolute volume, Å^3.
    pub fn volume(&self) -> f64 {
        self.determinant().abs()
    }

    /// Checks that the vectors are finite and span space.
    ///
    /// # Errors
    /// [`ReductionError::Degenerate`].
    pub fn check(&self) -> Result<(), ReductionError> {
        let volume = self.volume();
        let size: f64 = self.lengths().iter().product();
        if volume > 1e-10 * size && volume.is_finite() && size.is_finite() {
            Ok(())
        } else {
            Err(ReductionError::Degenerate { volume })
        }
    }

    /// Inverse matrix B^-1, whose **columns** are a*, b*, c*.
    pub fn inverse(&self) -> [[f64; 3]; 3] {
        let [a, b, c] = self.0;
        let det = self.determinant();
        let (u, v, w) = (cross(b, c), cross(c, a), cross(a, b));
        std::array::from_fn(|i| [u[i] / det, v[i] / det, w[i] / det])
    }

    /// Lengths of a*, b*, c*, 1/Å, crystallographic (a . a* = 1).
    pub fn reciprocal_lengths(&self) -> [f64; 3] {
        let [a, b, c] = self.0;
        let volume = self.volume();
        [cross(b, c), cross(c, a), cross(a, b)].map(|v| dot(v, v).sqrt() / volume)
    }

    /// Cartesian row vector x = f B.
    pub fn cart(&self, frac: [f64; 3]) -> [f64; 3] {
        row_times(frac, &self.0)
    }

    /// The same basis, every vector multiplied by `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self(self.0.map(|v| v.map(|x| x * factor)))
    }

    /// Whether every component agrees with `reference` within 1e-8 Å + 1e-5 of the reference (numpy's `allclose`).
    pub fn is_close(&self, reference: &Self) -> bool {
        self.0
            .iter()
            .flatten()
            .zip(reference.0.iter().flatten())
            .all(|(x, y)| (x - y).abs() <= 1e-8 + 1e-5 * y.abs())
    }
}

/// Row vector times matrix.
pub(crate) fn row_times(v: [f64; 3], m: &[[f64; 3]; 3]) -> [f64; 3] {
    std::array::from_fn(|k| v[0] * m[0][k] + v[1] * m[1][k] + v[2] * m[2][k])
}

/// Matrix product A B.
pub(crate) fn product(a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    a.map(|row| row_times(row, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_reciprocal_and_parameters_agree() {
        let b = Basis([[3.0, 0.1, 0.0], [0.4, 4.0, -0.2], [0.0, 1.0, 5.0]]);
        let id = product(&b.0, &b.inverse());
        for (i, row) in id.iter().enumerate() {
            for (j, x) in row.iter().enumerate() {
                assert!((x - f64::from(u8::from(i == j))).abs() < 1e-14);
            }
        }
        let inv = b.inverse();
        for (k, len) in b.reciprocal_lengths().iter().enumerate() {
            let column = (0..3).map(|i| inv[i][k].powi(2)).sum::<f64>().sqrt();
            assert!((len - column).abs() < 1e-14);
        }
        let again = Basis::from_parameters(b.lengths(), b.angles());
        for (x, y) in again.lengths().iter().zip(b.lengths()) {
            assert!((x - y).abs() < 1e-13);
        }
        for (x, y) in again.angles().iter().zip(b.angles()) {
            assert!((x - y).abs() < 1e-11);
        }
        assert!((again.volume() - b.volume()).abs() < 1e-11);
    }

    #[test]
    fn flat_bases_are_refused() {
        let flat = Basis([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]]);
        assert!(flat.check().is_err());
        assert!(Basis([[f64::NAN; 3]; 3]).check().is_err());
    }
}
