//! Projection of the cell onto the shape of a crystal family.

use crate::cell_constraint::{Angle, CellConstraint, first_non_finite};
use crate::columns::Columns;
use crate::{ProjectError, Projector, Reduced};
use braggscape_crystal::{CellParameters, CrystalFamily};
use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

/// The shape of a conventional cell: a crystal family, or rhombohedral axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellShape {
    /// Six free parameters.
    Triclinic,
    /// Unique axis b: alpha = gamma = 90°.
    Monoclinic,
    /// Three right angles.
    Orthorhombic,
    /// a = b, three right angles.
    Tetragonal,
    /// a = b, angles 90°, 90°, 120°: hexagonal, and trigonal in hexagonal axes.
    Hexagonal,
    /// a = b = c, alpha = beta = gamma: trigonal in rhombohedral axes.
    Rhombohedral,
    /// a = b = c, three right angles.
    Cubic,
}

impl CellShape {
    /// All shapes.
    pub const ALL: [Self; 7] = [
        Self::Triclinic,
        Self::Monoclinic,
        Self::Orthorhombic,
        Self::Tetragonal,
        Self::Hexagonal,
        Self::Rhombohedral,
        Self::Cubic,
    ];

    /// The shape of a conventional cell of this family. A cell of the hexagonal family whose gamma is nearer to its alpha than
    /// to 120° stands in rhombohedral axes.
    pub fn of(family: CrystalFamily, conventional: &CellParameters) -> Self {
        match family {
            CrystalFamily::Triclinic => Self::Triclinic,
            CrystalFamily::Monoclinic => Self::Monoclinic,
            CrystalFamily::Orthorhombic => Self::Orthorhombic,
            CrystalFamily::Tetragonal => Self::Tetragonal,
            CrystalFamily::Cubic => Self::Cubic,
            CrystalFamily::Hexagonal => {
                let CellParameters { alpha, gamma, .. } = *conventional;
                if (gamma - alpha).abs() < (gamma - 120.0).abs() {
                    Self::Rhombohedral
                } else {
                    Self::Hexagonal
                }
            }
        }
    }

    /// Equal lengths, equal angles and fixed angles.
    pub(crate) fn constraint(self) -> CellConstraint {
        let lengths = match self {
            Self::Triclinic | Self::Monoclinic | Self::Orthorhombic => [0, 1, 2],
            Self::Tetragonal | Self::Hexagonal => [0, 0, 2],
            Self::Rhombohedral | Self::Cubic => [0, 0, 0],
        };
        let right = Angle::Fixed(90.0);
        let angles = match self {
            Self::Triclinic => CellConstraint::NONE.angles,
            Self::Rhombohedral => [Angle::Free(0); 3],
            Self::Monoclinic => [right, Angle::Free(1), right],
            Self::Orthorhombic | Self::Tetragonal | Self::Cubic => [right; 3],
            Self::Hexagonal => [right, right, Angle::Fixed(120.0)],
        };
        CellConstraint { lengths, angles }
    }

    /// Number of free cell parameters.
    pub fn n_free(self) -> usize {
        self.constraint().n_free()
    }
}

/// Projection of the cell onto the shape of a crystal family; sites stay.
///
/// With m the mean of the lengths that must be equal: cubic (m, m, m, 90, 90, 90); tetragonal (m, m, c, 90, 90, 90);
/// hexagonal (m, m, c, 90, 90, 120); rhombohedral axes (m, m, m, al, al, al) with al the mean angle; orthorhombic
/// (a, b, c, 90, 90, 90); monoclinic (a, b, c, 90, beta, 90); triclinic unchanged. In the reduced form the free parameters are
/// those of the cell ("a", "c", "beta"; of equal ones the first) and all coordinates ("x1", "y1", ...).
///
/// # Examples
/// ```
/// use braggscape_crystal::CellParameters;
/// use braggscape_projector::{CellShape, CrystalFamilyProjector, Projector};
/// let mut cell = CellParameters::new(4.0, 5.0, 3.0, 88.0, 91.0, 117.0);
/// CrystalFamilyProjector::new(CellShape::Hexagonal).project(&mut cell, &mut [])?;
/// assert_eq!(cell, CellParameters::new(4.5, 4.5, 3.0, 90.0, 90.0, 120.0));
/// # Ok::<(), braggscape_projector::ProjectError>(())
/// ```
///
/// # References
/// Segal et al., Digital Discovery (2026), doi:10.1039/d6dd00017g; International Tables for Crystallography A, section 3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrystalFamilyProjector {
    shape: CellShape,
}

impl CrystalFamilyProjector {
    /// The projector onto this shape.
    pub fn new(shape: CellShape) -> Self {
        Self { shape }
    }

    /// The shape.
    pub fn shape(&self) -> CellShape {
        self.shape
    }
}

impl Projector for CrystalFamilyProjector {
    fn project(
        &self,
        cell: &mut CellParameters,
        _: &mut [Vector3<f64>],
    ) -> Result<(), ProjectError> {
        if let Some(index) = first_non_finite(cell, &[]) {
            return Err(ProjectError::NonFinite { index });
        }
        *cell = self.shape.constraint().project(cell);
        Ok(())
    }

    fn project_gradient(&self, cell_gradient: &mut [f64; 6], _: &mut [Vector3<f64>]) {
        self.shape.constraint().project_gradient(cell_gradient);
    }

    fn reduced(&self, _: &CellParameters, frac_coords: &[Vector3<f64>]) -> Option<Reduced> {
        let mut columns = Columns::new(frac_coords.len());
        self.shape.constraint().reduce(&mut columns);
        columns.push_free_sites(frac_coords.len());
        Some(columns.finish())
    }
}
