//! Forces and stress without the parts that would break a space group.

use crate::{Evaluation, PotentialError};
use braggscape_crystal::symmetry::SymmetryAssignment;
use braggscape_crystal::{Lattice, Structure};
use nalgebra::{Matrix3, SymmetricEigen, Vector3};
use std::sync::Arc;

/// The symmetry that is kept.
pub(super) struct Symmetry {
    group: SymmetryAssignment,
}

impl Symmetry {
    /// The symmetry of the start within `symprec`, Å.
    pub(super) fn of(start: &Structure, symprec: f64) -> Result<Self, PotentialError> {
        let group = SymmetryAssignment::of(start, symprec)
            .map_err(|e| PotentialError::Symmetry { source: Arc::new(e) })?;
        Ok(Self { group })
    }

    /// The structure exactly on its symmetry: the nearest metric in the mean of the group, every site in the mean of its images.
    pub(super) fn applied(&self, structure: &Structure) -> Result<Structure, PotentialError> {
        let lattice = structure.lattice();
        let metric = self.group.symmetrised_metric(&lattice.metric_tensor());
        // L' = S L with L'^T L' the metric: S^2 = L^-T G L^-1.
        let inverse = lattice.inverse();
        let square = inverse.transpose() * metric * inverse;
        let eigen = SymmetricEigen::new(0.5 * (square + square.transpose()));
        let roots = Matrix3::from_diagonal(&eigen.eigenvalues.map(|x| x.max(0.0).sqrt()));
        let stretch = eigen.eigenvectors * roots * eigen.eigenvectors.transpose();
        let lattice = Lattice::from_columns(stretch * lattice.columns())?;
        let mut sums = vec![Vector3::zeros(); structure.n_sites()];
        for (o, op) in self.group.operations().iter().enumerate() {
            for (site, image) in structure.sites().iter().zip(self.group.images(o)) {
                sums[image.site] += op.apply(&site.frac) - image.cell.cast::<f64>();
            }
        }
        let n = self.group.operations().len() as f64;
        let coords: Vec<_> = sums.iter().map(|sum| sum / n).collect();
        Ok(structure.with_lattice(lattice).with_frac_coords(&coords)?)
    }

    /// Replaces forces and stress by their means over the group.
    pub(super) fn project(&self, structure: &Structure, evaluation: &mut Evaluation) {
        let (columns, inverse) = (structure.lattice().columns(), structure.lattice().inverse());
        let mut forces = vec![Vector3::zeros(); evaluation.forces.len()];
        let mut stress = Matrix3::zeros();
        for (o, op) in self.group.operations().iter().enumerate() {
            let r = columns * op.rotation.cast::<f64>() * inverse;
            for (force, image) in evaluation.forces.iter().zip(self.group.images(o)) {
                forces[image.site] += r * force;
            }
            stress += r * evaluation.stress * r.transpose();
        }
        let n = self.group.operations().len() as f64;
        evaluation.forces.clear();
        evaluation.forces.extend(forces.iter().map(|f| f / n));
        evaluation.stress = stress / n;
    }
}
