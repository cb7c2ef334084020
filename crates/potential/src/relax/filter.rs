//! Positions and cell as one list of variables.

use super::exponential::{exp, exp_derivative};
use crate::{EV_PER_CUBIC_ANGSTROM_IN_GPA, Evaluation, PotentialError};
use braggscape_crystal::{Lattice, Structure};
use nalgebra::{Matrix3, Vector3};

/// The variables: positions in the cell of the start, and, unless it is fixed, the three rows of X = N log F.
#[derive(Debug)]
pub(super) struct Filter {
    /// Cell of the start, vectors as columns.
    start: Matrix3<f64>,
    variables: Vec<Vector3<f64>>,
    n_sites: usize,
}

impl Filter {
    pub(super) fn new(structure: &Structure, fixed_cell: bool) -> Self {
        let lattice = structure.lattice();
        let mut variables: Vec<_> =
            structure.sites().iter().map(|site| lattice.cart(&site.frac)).collect();
        if !fixed_cell {
            variables.extend([Vector3::zeros(); 3]);
        }
        Self { start: *lattice.columns(), variables, n_sites: structure.n_sites() }
    }

    pub(super) fn variables_mut(&mut self) -> &mut [Vector3<f64>] {
        &mut self.variables
    }

    fn is_fixed(&self) -> bool {
        self.variables.len() == self.n_sites
    }

    /// log F.
    fn logarithm(&self) -> Matrix3<f64> {
        if self.is_fixed() {
            return Matrix3::zeros();
        }
        let x = &self.variables[self.n_sites..];
        Matrix3::from_fn(|i, j| x[i][j]) / self.n_sites as f64
    }

    /// Forces on the variables: F^T f on positions; on X the derivative of exp, transposed, of V sigma F^-T / N, with its sign.
    pub(super) fn forces(
        &self,
        structure: &Structure,
        evaluation: &Evaluation,
        out: &mut Vec<Vector3<f64>>,
    ) {
        out.clear();
        if self.is_fixed() {
            out.extend(&evaluation.forces);
            return;
        }
        let logarithm = self.logarithm();
        let f = exp(&logarithm);
        out.extend(evaluation.forces.iter().map(|force| f.transpose() * force));
        let volume = structure.lattice().volume() / EV_PER_CUBIC_ANGSTROM_IN_GPA;
        let inverse = exp(&-logarithm);
        let pull = -evaluation.stress * volume * inverse.transpose();
        let force = exp_derivative(&logarithm.transpose(), &pull) / self.n_sites as f64;
        out.extend((0..3).map(|i| force.row(i).transpose()));
    }

    /// The crystal at the variables.
    pub(super) fn place(&self, structure: &mut Structure) -> Result<(), PotentialError> {
        let columns = exp(&self.logarithm()) * self.start;
        structure.set_lattice(Lattice::from_columns(columns)?);
        // F u over F L_0: fractional coordinates know no F.
        let inverse = Lattice::from_columns(self.start)?.inverse();
        let frac: Vec<[f64; 3]> =
            self.variables[..self.n_sites].iter().map(|u| (inverse * u).into()).collect();
        Ok(structure.set_frac_coords(&frac)?)
    }
}
