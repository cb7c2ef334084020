//! Lattice algebra: cell parameters, direct and reciprocal bases.

use crate::CrystalError;
use nalgebra::{Matrix3, Vector3};

/// Smallest accepted absolute cell volume, Å^3. No crystal comes near it; a flat cell falls below it.
pub const MIN_CELL_VOLUME: f64 = 0.1;

/// The six cell parameters: lengths in ångström, angles in **degrees**.
///
/// This is the frame in which files, descent steps and projectors work. Values are not checked here, so that an optimizer
/// may hold an infeasible trial point; [`Lattice::from_parameters`] checks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellParameters {
    /// Length of the first lattice vector, Å.
    pub a: f64,
    /// Length of the second lattice vector, Å.
    pub b: f64,
    /// Length of the third lattice vector, Å.
    pub c: f64,
    /// Angle between b and c, degrees.
    pub alpha: f64,
    /// Angle between a and c, degrees.
    pub beta: f64,
    /// Angle between a and b, degrees.
    pub gamma: f64,
}

impl CellParameters {
    /// Cell parameters from lengths in Å and angles in degrees.
    pub fn new(a: f64, b: f64, c: f64, alpha: f64, beta: f64, gamma: f64) -> Self {
        Self { a, b, c, alpha, beta, gamma }
    }

    /// `[a, b, c, alpha, beta, gamma]`.
    pub fn to_array(self) -> [f64; 6] {
        [self.a, self.b, self.c, self.alpha, self.beta, self.gamma]
    }

    /// From `[a, b, c, alpha, beta, gamma]`.
    pub fn from_array(p: [f64; 6]) -> Self {
        Self::new(p[0], p[1], p[2], p[3], p[4], p[5])
    }

    /// Lengths `[a, b, c]`, Å.
    pub fn lengths(self) -> [f64; 3] {
        [self.a, self.b, self.c]
    }

    /// Angles `[alpha, beta, gamma]`, degrees.
    pub fn angles(self) -> [f64; 3] {
        [self.alpha, self.beta, self.gamma]
    }

    /// Cosines of `[alpha, beta, gamma]`; exactly 0 at 90°, so that orthogonal cells stay orthogonal.
    pub fn cosines(self) -> [f64; 3] {
        self.angles().map(cos_degrees)
    }

    /// Checks that the parameters describe a cell.
    ///
    /// # Errors
    /// [`CrystalError::NonFiniteLattice`], [`CrystalError::CellParameterRange`], [`CrystalError::ImpossibleAngles`] or
    /// [`CrystalError::DegenerateLattice`].
    pub fn check(&self) -> Result<(), CrystalError> {
        if self.to_array().iter().any(|v| !v.is_finite()) {
            return Err(CrystalError::NonFiniteLattice);
        }
        for (name, value) in [("a", self.a), ("b", self.b), ("c", self.c)] {
            if value <= 0.0 {
                return Err(CrystalError::CellParameterRange {
                    name,
                    value,
                    expected: "above 0 Å",
                });
            }
        }
        for (name, value) in [("alpha", self.alpha), ("beta", self.beta), ("gamma", self.gamma)] {
            if value <= 0.0 || value >= 180.0 {
                return Err(CrystalError::CellParameterRange {
                    name,
                    value,
                    expected: "between 0 and 180 degrees",
                });
            }
        }
        let unit = self.unit_volume_squared();
        if unit <= 0.0 {
            return Err(CrystalError::ImpossibleAngles {
                alpha: self.alpha,
                beta: self.beta,
                gamma: self.gamma,
            });
        }
        let volume = self.a * self.b * self.c * unit.sqrt();
        if volume < MIN_CELL_VOLUME {
            return Err(CrystalError::DegenerateLattice { volume, minimum: MIN_CELL_VOLUME });
        }
        Ok(())
    }

    /// Squared volume of the cell with unit lengths, 1 - cos²α - cos²β - cos²γ + 2 cosα cosβ cosγ.
    pub fn unit_volume_squared(&self) -> f64 {
        let [ca, cb, cg] = self.cosines();
        1.0 - ca * ca - cb * cb - cg * cg + 2.0 * ca * cb * cg
    }

    /// The parameters of this metric tensor, Å^2; the part of it that is not symmetric is left out.
    ///
    /// # Errors
    /// As [`check`](Self::check): not every matrix is the metric tensor of a cell.
    ///
    /// # Examples
    /// ```
    /// use braggscape_crystal::CellParameters;
    /// use nalgebra::Matrix3;
    /// let g = Matrix3::new(9.0, -4.5, 0.0, -4.5, 9.0, 0.0, 0.0, 0.0, 4.0);
    /// let cell = CellParameters::from_metric_tensor(&g)?;
    /// assert_eq!(cell.lengths(), [3.0, 3.0, 2.0]);
    /// assert!((cell.gamma - 120.0).abs() < 1e-12 && cell.alpha == 90.0);
    /// # Ok::<(), braggscape_crystal::CrystalError>(())
    /// ```
    pub fn from_metric_tensor(metric: &Matrix3<f64>) -> Result<Self, CrystalError> {
        let length = |i: usize| metric[(i, i)].max(0.0).sqrt();
        let [a, b, c] = [length(0), length(1), length(2)];
        let angle = |i: usize, j: usize, ab: f64| {
            let cosine = 0.5 * (metric[(i, j)] + metric[(j, i)]) / ab;
            90.0 - libm::asin(cosine.clamp(-1.0, 1.0)).to_degrees()
        };
        let cell = Self::new(a, b, c, angle(1, 2, b * c), angle(0, 2, a * c), angle(0, 1, a * b));
        cell.check()?;
        Ok(cell)
    }

    /// Direct metric tensor G, G_ij = a_i . a_j, Å^2.
    pub fn metric_tensor(&self) -> Matrix3<f64> {
        let [ca, cb, cg] = self.cosines();
        let (a, b, c) = (self.a, self.b, self.c);
        let (ab, ac, bc) = (a * b * cg, a * c * cb, b * c * ca);
        Matrix3::new(a * a, ab, ac, ab, b * b, bc, ac, bc, c * c)
    }
}

/// Cosine of an angle in degrees, exact at 60°, 90° and 120°.
fn cos_degrees(angle: f64) -> f64 {
    let r = angle - 90.0;
    if r.abs() < f64::EPSILON {
        0.0
    } else if (r - 30.0).abs() < f64::EPSILON {
        -0.5
    } else if (r + 30.0).abs() < f64::EPSILON {
        0.5
    } else {
        -libm::sin(r.to_radians())
    }
}

/// Sine of an angle in degrees, 0 to 180.
fn sin_degrees(angle: f64) -> f64 {
    libm::cos((angle - 90.0).to_radians())
}

/// A crystal lattice: three vectors in ångström, stored as the **columns** of a matrix.
///
/// Cartesian x = L f with fractional coordinates f as a column. Left-handed bases are accepted; the volume is absolute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lattice {
    columns: Matrix3<f64>,
}

impl Lattice {
    /// Lattice with these vectors as columns, Å.
    ///
    /// # Errors
    /// [`CrystalError::NonFiniteLattice`] or [`CrystalError::DegenerateLattice`].
    pub fn from_columns(columns: Matrix3<f64>) -> Result<Self, CrystalError> {
        if columns.iter().any(|v| !v.is_finite()) {
            return Err(CrystalError::NonFiniteLattice);
        }
        let volume = columns.determinant().abs();
        if volume < MIN_CELL_VOLUME {
            return Err(CrystalError::DegenerateLattice { volume, minimum: MIN_CELL_VOLUME });
        }
        Ok(Self { columns })
    }

    /// Lattice with these vectors as rows, Å: the order of files and of pymatgen.
    ///
    /// # Errors
    /// As [`Lattice::from_columns`].
    pub fn from_rows(rows: [[f64; 3]; 3]) -> Result<Self, CrystalError> {
        Self::from_columns(Matrix3::from_fn(|i, j| rows[j][i]))
    }

    /// Lattice with these cell parameters, c along z and a in the xz plane (the orientation of pymatgen):
    ///
    /// a = a (sin β, 0, cos β), b = b (-sin α cos γ*, sin α sin γ*, cos α), c = (0, 0, c).
    ///
    /// # Errors
    /// As [`CellParameters::check`].
    pub fn from_parameters(p: &CellParameters) -> Result<Self, CrystalError> {
        p.check()?;
        let [ca, cb, cg] = p.cosines();
        let (sa, sb) = (sin_degrees(p.alpha), sin_degrees(p.beta));
        let cos_gamma_star = ((ca * cb - cg) / (sa * sb)).clamp(-1.0, 1.0);
        let sin_gamma_star = (1.0 - cos_gamma_star * cos_gamma_star).sqrt();
        Self::from_columns(Matrix3::new(
            p.a * sb,
            -p.b * sa * cos_gamma_star,
            0.0,
            0.0,
            p.b * sa * sin_gamma_star,
            0.0,
            p.a * cb,
            p.b * ca,
            p.c,
        ))
    }

    /// Lattice vectors as columns, Å.
    pub fn columns(&self) -> &Matrix3<f64> {
        &self.columns
    }

    /// Lattice vectors as rows, Å: `rows()[0]` is a.
    pub fn rows(&self) -> [[f64; 3]; 3] {
        std::array::from_fn(|i| std::array::from_fn(|k| self.columns[(k, i)]))
    }

    /// Lattice vector `i` (0 = a, 1 = b, 2 = c), Å.
    pub fn vector(&self, i: usize) -> Vector3<f64> {
        self.columns.column(i).into_owned()
    }

    /// Lengths of the vectors, Å.
    pub fn lengths(&self) -> [f64; 3] {
        std::array::from_fn(|i| self.columns.column(i).norm())
    }

    /// Angles `[alpha, beta, gamma]`, degrees.
    pub fn angles(&self) -> [f64; 3] {
        let len = self.lengths();
        std::array::from_fn(|i| {
            let (j, k) = ((i + 1) % 3, (i + 2) % 3);
            let cosine = self.columns.column(j).dot(&self.columns.column(k)) / (len[j] * len[k]);
            90.0 - libm::asin(cosine.clamp(-1.0, 1.0)).to_degrees()
        })
    }

    /// Cell parameters, Å and degrees.
    pub fn parameters(&self) -> CellParameters {
        let ([a, b, c], [alpha, beta, gamma]) = (self.lengths(), self.angles());
        CellParameters::new(a, b, c, alpha, beta, gamma)
    }

    /// Absolute volume, Å^3.
    pub fn volume(&self) -> f64 {
        self.columns.determinant().abs()
    }

    /// Metric tensor G = L^T L, Å^2.
    pub fn metric_tensor(&self) -> Matrix3<f64> {
        self.columns.transpose() * self.columns
    }

    /// Reciprocal basis a*, b*, c* as columns, 1/Å, crystallographic (a . a* = 1, no 2 pi): (L^-1)^T.
    pub fn reciprocal(&self) -> Matrix3<f64> {
        self.inverse().transpose()
    }

    /// L^-1: fractional f = L^-1 x. Its rows are a*, b*, c*.
    #[expect(clippy::missing_panics_doc, reason = "construction rejects singular bases")]
    pub fn inverse(&self) -> Matrix3<f64> {
        self.columns.try_inverse().expect("a lattice has a volume")
    }

    /// Cartesian position L f, Å.
    pub fn cart(&self, frac: &Vector3<f64>) -> Vector3<f64> {
        self.columns * frac
    }

    /// Fractional position L^-1 x.
    pub fn frac(&self, cart: &Vector3<f64>) -> Vector3<f64> {
        self.inverse() * cart
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::matrix;

    #[test]
    fn parameters_round_trip_and_keep_right_angles_exact() {
        let p = CellParameters::new(15.665044, 3.029284, 5.637114, 90.0, 107.846643, 90.0);
        let q = Lattice::from_parameters(&p).unwrap().parameters();
        for (x, y) in p.to_array().iter().zip(q.to_array()) {
            assert!((x - y).abs() < 1e-11, "{x} {y}");
        }
        let hex = CellParameters::new(4.0, 4.0, 3.0, 90.0, 90.0, 120.0);
        assert!((hex.metric_tensor()[(0, 1)] + 8.0).abs() < 1e-15);
    }

    #[test]
    fn reciprocal_basis_is_dual() {
        let l = Lattice::from_rows([[3.0, 0.1, 0.0], [0.4, 4.0, -0.2], [0.0, 1.0, 5.0]]).unwrap();
        let identity = l.reciprocal().transpose() * l.columns();
        assert!((identity - matrix![1.0, 0.0, 0.0; 0.0, 1.0, 0.0; 0.0, 0.0, 1.0]).norm() < 1e-14);
    }

    #[test]
    fn impossible_cells_are_refused_with_their_reason() {
        let check = |p: [f64; 6], part: &str| {
            let e = Lattice::from_parameters(&CellParameters::from_array(p)).unwrap_err();
            assert!(e.to_string().contains(part), "{e}");
        };
        check([0.0, 1.0, 1.0, 90.0, 90.0, 90.0], "a = 0");
        check([4.0, 4.0, 4.0, 90.0, 180.0, 90.0], "beta = 180");
        check([4.0, 4.0, 4.0, 30.0, 30.0, 100.0], "no cell has the angles");
        check([4.0, f64::NAN, 4.0, 90.0, 90.0, 90.0], "not a finite number");
        check([0.4, 0.4, 0.4, 90.0, 90.0, 90.0], "below the minimum");
    }
}
