//! Projection of the cell onto the shape of a crystal family.

use crate::{ProjectError, Projector};
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

    /// Which lengths are equal: a group index for each of a, b, c.
    fn length_groups(self) -> [usize; 3] {
        match self {
            Self::Triclinic | Self::Monoclinic | Self::Orthorhombic => [0, 1, 2],
            Self::Tetragonal | Self::Hexagonal => [0, 0, 2],
            Self::Rhombohedral | Self::Cubic => [0, 0, 0],
        }
    }

    /// The fixed angles, degrees; `None` where an angle is free.
    fn fixed_angles(self) -> [Option<f64>; 3] {
        let right = Some(90.0);
        match self {
            Self::Triclinic | Self::Rhombohedral => [None; 3],
            Self::Monoclinic => [right, None, right],
            Self::Orthorhombic | Self::Tetragonal | Self::Cubic => [right; 3],
            Self::Hexagonal => [right, right, Some(120.0)],
        }
    }

    /// Number of free cell parameters.
    pub fn n_free(self) -> usize {
        let groups = self.length_groups();
        let lengths = (0..3).filter(|i| groups[*i] == *i).count();
        let angles = match self {
            Self::Rhombohedral => 1,
            _ => self.fixed_angles().iter().filter(|a| a.is_none()).count(),
        };
        lengths + angles
    }
}

/// Replaces the values of each group by their mean.
fn average(values: &mut [f64], groups: [usize; 3]) {
    let means: [f64; 3] = std::array::from_fn(|i| {
        let members = (0..3).filter(|j| groups[*j] == groups[i]);
        let count = members.clone().count();
        if count == 1 { values[i] } else { members.map(|j| values[j]).sum::<f64>() / count as f64 }
    });
    values.copy_from_slice(&means);
}

/// Projection of the cell onto the shape of a crystal family; sites stay.
///
/// With m the mean of the lengths that must be equal: cubic (m, m, m, 90, 90, 90); tetragonal (m, m, c, 90, 90, 90);
/// hexagonal (m, m, c, 90, 90, 120); rhombohedral axes (m, m, m, al, al, al) with al the mean angle; orthorhombic
/// (a, b, c, 90, 90, 90); monoclinic (a, b, c, 90, beta, 90); triclinic unchanged.
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
        let mut p = cell.to_array();
        if let Some(index) = p.iter().position(|v| !v.is_finite()) {
            return Err(ProjectError::NonFinite { index });
        }
        average(&mut p[..3], self.shape.length_groups());
        if self.shape == CellShape::Rhombohedral {
            average(&mut p[3..], [0; 3]);
        }
        for (angle, fixed) in p[3..].iter_mut().zip(self.shape.fixed_angles()) {
            *angle = fixed.unwrap_or(*angle);
        }
        *cell = CellParameters::from_array(p);
        Ok(())
    }

    fn project_gradient(&self, cell_gradient: &mut [f64; 6], _: &mut [Vector3<f64>]) {
        average(&mut cell_gradient[..3], self.shape.length_groups());
        if self.shape == CellShape::Rhombohedral {
            average(&mut cell_gradient[3..], [0; 3]);
        }
        for (angle, fixed) in cell_gradient[3..].iter_mut().zip(self.shape.fixed_angles()) {
            if fixed.is_some() {
                *angle = 0.0;
            }
        }
    }
}
