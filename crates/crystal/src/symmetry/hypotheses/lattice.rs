//! What a lattice must be strained by to keep the rotations of a group.

use crate::{CellParameters, CrystalError, Lattice};
use nalgebra::Matrix3;

/// A lattice made symmetric.
#[derive(Debug, Clone)]
pub(super) struct Symmetrised {
    /// The metric tensor averaged over the group.
    metric: Matrix3<f64>,
    /// Sum of the squared components of the strain from it to the lattice.
    pub(super) square: f64,
    /// Number of strain components that the group forbids.
    pub(super) n_bound: usize,
}

/// Images of a metric that are farther from it than this many tolerances end the search.
const FARTHEST_IMAGE: f64 = 8.0;

/// The metric averaged over rotations, if no component of the strain exceeds `tolerance`.
///
/// With the lattice A, the averaged metric is A^T (1 + 2 e) A with the symmetric matrix e, to first order the strain.
pub(super) fn symmetrise(
    lattice: &Lattice,
    rotations: &[Matrix3<i32>],
    tolerance: f64,
) -> Option<Symmetrised> {
    let metric = lattice.metric_tensor();
    let b = lattice.inverse();
    let strain = |g: Matrix3<f64>| 0.5 * (b.transpose() * (g - metric) * b);
    let mut sum = Matrix3::zeros();
    let mut characters = 0;
    for rotation in rotations {
        let w = rotation.cast::<f64>();
        let image = w.transpose() * metric * w;
        // An early end: the mean is hardly near where an image is far.
        if strain(image).amax() > FARTHEST_IMAGE * tolerance {
            return None;
        }
        sum += image;
        let square = rotation * rotation;
        characters += rotation.trace() * rotation.trace() + square.trace();
    }
    let mean = sum / rotations.len() as f64;
    let mean = 0.5 * (mean + mean.transpose());
    let e = strain(mean);
    if e.amax() > tolerance {
        return None;
    }
    let n_free = (f64::from(characters) / (2.0 * rotations.len() as f64)).round() as usize;
    Some(Symmetrised { metric: mean, square: e.norm_squared(), n_bound: 6 - n_free.min(6) })
}

impl Symmetrised {
    /// The lattice of this metric; the one given where it has this metric already.
    pub(super) fn lattice(&self, given: &Lattice) -> Result<Lattice, CrystalError> {
        let off = (self.metric - given.metric_tensor()).amax();
        if off <= 1e-12 * self.metric.amax() {
            return Ok(*given);
        }
        Lattice::from_parameters(&CellParameters::from_metric_tensor(&self.metric)?)
    }
}
