//! Lattices as symmetric strains of a starting lattice.

use braggscape_crystal::{CellParameters, CrystalError, Lattice};
use nalgebra::{Matrix3, Matrix6, SymmetricEigen};

/// Where the six components stand in the matrix: xx, yy, zz, yz, xz, xy.
const PLACES: [(usize, usize); 6] = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)];

/// Lattices A = (I + e) A0 for symmetric strains e, as six numbers (e_xx, e_yy, e_zz, e_yz, e_xz, e_xy).
///
/// Every lattice near A0 is one of them up to a rotation, which no pattern sees.
#[derive(Debug, Clone)]
pub(crate) struct StrainMap {
    start: Matrix3<f64>,
    inverse: Matrix3<f64>,
}

fn symmetric(e: &[f64]) -> Matrix3<f64> {
    let mut m = Matrix3::zeros();
    for ((i, j), v) in PLACES.into_iter().zip(e) {
        m[(i, j)] = *v;
        m[(j, i)] = *v;
    }
    m
}

impl StrainMap {
    pub(crate) fn new(start: &Lattice) -> Self {
        Self { start: *start.columns(), inverse: start.inverse() }
    }

    fn columns(&self, e: &[f64]) -> Matrix3<f64> {
        (Matrix3::identity() + symmetric(e)) * self.start
    }

    /// The lattice of a strain.
    ///
    /// # Errors
    /// [`CrystalError`] if it has no volume.
    pub(crate) fn lattice(&self, e: &[f64]) -> Result<Lattice, CrystalError> {
        Lattice::from_columns(self.columns(e))
    }

    /// Cell parameters of a strain; not finite where the strain leaves no cell.
    pub(crate) fn cell(&self, e: &[f64]) -> CellParameters {
        match self.lattice(e) {
            Ok(lattice) => lattice.parameters(),
            Err(_) => CellParameters::from_array([f64::NAN; 6]),
        }
    }

    /// The strain that gives a cell: (I + e)^2 = A0^-T G A0^-1.
    pub(crate) fn strain(&self, cell: &CellParameters, e: &mut [f64]) {
        let square = self.inverse.transpose() * cell.metric_tensor() * self.inverse;
        let eigen = SymmetricEigen::new(0.5 * (square + square.transpose()));
        let root = Matrix3::from_diagonal(&eigen.eigenvalues.map(f64::sqrt));
        let stretch = eigen.eigenvectors * root * eigen.eigenvectors.transpose();
        for (v, (i, j)) in e.iter_mut().zip(PLACES) {
            *v = stretch[(i, j)] - f64::from(u8::from(i == j));
        }
    }

    /// d(a, b, c in Å, alpha, beta, gamma in degrees)/d(strain): a row a cell parameter.
    pub(crate) fn derivative(&self, e: &[f64]) -> Matrix6<f64> {
        let columns = self.columns(e);
        let metric = columns.transpose() * columns;
        let mut out = Matrix6::zeros();
        for k in 0..6 {
            let mut unit = [0.0; 6];
            unit[k] = 1.0;
            let half = columns.transpose() * symmetric(&unit) * self.start;
            let change = half + half.transpose();
            out.set_column(k, &cell_change(&metric, &change).into());
        }
        out
    }
}

/// Change of the cell parameters (Å, degrees) with a change of the metric tensor.
fn cell_change(metric: &Matrix3<f64>, change: &Matrix3<f64>) -> [f64; 6] {
    let length = [0, 1, 2].map(|i| metric[(i, i)].sqrt());
    // d(ln a_i).
    let relative = [0, 1, 2].map(|i| 0.5 * change[(i, i)] / metric[(i, i)]);
    let mut out = [0.0; 6];
    for i in 0..3 {
        let (j, k) = ((i + 1) % 3, (i + 2) % 3);
        out[i] = length[i] * relative[i];
        let cosine = metric[(j, k)] / (length[j] * length[k]);
        let d_cosine =
            change[(j, k)] / (length[j] * length[k]) - cosine * (relative[j] + relative[k]);
        out[3 + i] = -(d_cosine / (1.0 - cosine * cosine).sqrt()).to_degrees();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> StrainMap {
        let cell = CellParameters::new(4.0, 5.0, 6.5, 80.0, 95.0, 110.0);
        StrainMap::new(&Lattice::from_parameters(&cell).unwrap())
    }

    const STRAIN: [f64; 6] = [0.03, -0.05, 0.01, 0.02, -0.04, 0.06];

    #[test]
    fn a_strain_comes_back_from_its_cell() {
        let mut e = [0.0; 6];
        map().strain(&map().cell(&STRAIN), &mut e);
        for (found, expected) in e.iter().zip(STRAIN) {
            assert!((found - expected).abs() < 1e-13, "{e:?}");
        }
    }

    #[test]
    fn the_derivative_is_that_of_the_cell() {
        let d = map().derivative(&STRAIN);
        let h = 1e-6;
        for k in 0..6 {
            let at = |step: f64| {
                let mut e = STRAIN;
                e[k] += step;
                map().cell(&e).to_array()
            };
            for (i, (p, m)) in at(h).into_iter().zip(at(-h)).enumerate() {
                let slope = (p - m) / (2.0 * h);
                assert!((d[(i, k)] - slope).abs() < 1e-7, "{i} {k}: {} {slope}", d[(i, k)]);
            }
        }
    }
}
