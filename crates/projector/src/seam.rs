//! The projector seam.

use crate::cell_constraint::CellConstraint;
use crate::columns::Columns;
use crate::{CrystalFamilyProjector, ProjectError, Ramp, Reduced, SpaceGroupProjector};
use braggscape_crystal::CellParameters;
use enum_dispatch::enum_dispatch;
use nalgebra::Vector3;

/// A projection onto a constraint on cell parameters and fractional coordinates.
///
/// Called at the start of a projected run and after every step. A projection is idempotent and non-expansive in the Euclidean
/// norm of (a, b, c) in Å, (alpha, beta, gamma) in degrees and the coordinates.
#[enum_dispatch]
pub trait Projector: Send + Sync {
    /// Moves the cell and the sites onto the constraint.
    ///
    /// # Errors
    /// [`ProjectError`]; cell and sites are then unchanged.
    fn project(
        &self,
        cell: &mut CellParameters,
        frac_coords: &mut [Vector3<f64>],
    ) -> Result<(), ProjectError>;

    /// Turns a gradient in (a, b, c, alpha, beta, gamma) and the coordinates into that along the constraint.
    fn project_gradient(&self, cell_gradient: &mut [f64; 6], frac_gradient: &mut [Vector3<f64>]);

    /// How far a point is moved towards its projection after step `iteration` of a run: 1, all the way, unless the constraint
    /// comes into force gradually. Between 0 and 1, never falling, 1 in the end.
    fn weight_at(&self, _iteration: u64) -> f64 {
        1.0
    }

    /// The constraint near this cell and these sites as free parameters: each point of it is origin + basis u. `None` for a
    /// constraint that is not affine in cell parameters and coordinates.
    fn reduced(&self, _cell: &CellParameters, _frac_coords: &[Vector3<f64>]) -> Option<Reduced> {
        None
    }

    /// Distance from the constraint: largest change of any cell parameter (Å or degrees) or coordinate by the projection.
    fn violation(&self, cell: &CellParameters, frac_coords: &[Vector3<f64>]) -> f64 {
        let (mut c, mut f) = (*cell, frac_coords.to_vec());
        if self.project(&mut c, &mut f).is_err() {
            return f64::INFINITY;
        }
        let cells = c.to_array().into_iter().zip(cell.to_array()).map(|(x, y)| (x - y).abs());
        let sites = f.iter().zip(frac_coords).map(|(x, y)| (x - y).amax());
        let all: Vec<f64> = cells.chain(sites).collect();
        // A maximum would pass over values that are not numbers.
        if all.iter().any(|d| d.is_nan()) {
            f64::INFINITY
        } else {
            all.into_iter().fold(0.0, f64::max)
        }
    }
}

#[deny(clippy::missing_trait_methods)]
impl Projector for Box<dyn Projector> {
    fn project(
        &self,
        cell: &mut CellParameters,
        frac_coords: &mut [Vector3<f64>],
    ) -> Result<(), ProjectError> {
        (**self).project(cell, frac_coords)
    }

    fn project_gradient(&self, cell_gradient: &mut [f64; 6], frac_gradient: &mut [Vector3<f64>]) {
        (**self).project_gradient(cell_gradient, frac_gradient);
    }

    fn weight_at(&self, iteration: u64) -> f64 {
        (**self).weight_at(iteration)
    }

    fn reduced(&self, cell: &CellParameters, frac_coords: &[Vector3<f64>]) -> Option<Reduced> {
        (**self).reduced(cell, frac_coords)
    }

    fn violation(&self, cell: &CellParameters, frac_coords: &[Vector3<f64>]) -> f64 {
        (**self).violation(cell, frac_coords)
    }
}

/// No constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Identity;

impl Projector for Identity {
    fn project(&self, _: &mut CellParameters, _: &mut [Vector3<f64>]) -> Result<(), ProjectError> {
        Ok(())
    }

    fn project_gradient(&self, _: &mut [f64; 6], _: &mut [Vector3<f64>]) {}

    fn reduced(&self, _: &CellParameters, frac_coords: &[Vector3<f64>]) -> Option<Reduced> {
        let mut columns = Columns::new(frac_coords.len());
        CellConstraint::NONE.reduce(&mut columns);
        columns.push_free_sites(frac_coords.len());
        Some(columns.finish())
    }
}

/// The built-in projectors, and one place for others.
#[enum_dispatch(Projector)]
pub enum AnyProjector {
    /// No constraint.
    Identity(Identity),
    /// The shape of a crystal family's cell.
    CrystalFamily(CrystalFamilyProjector),
    /// The symmetry of a space group.
    SpaceGroup(SpaceGroupProjector),
    /// Another projector that comes into force gradually.
    Ramp(Ramp),
    /// A projector of another crate.
    External(Box<dyn Projector>),
}

impl AnyProjector {
    /// Wraps a projector of another crate.
    pub fn external(projector: impl Projector + 'static) -> Self {
        Self::External(Box::new(projector))
    }
}
