//! Symmetry snap: the most symmetric cell that fits as well.

use super::staged::{Fit, Stages};
use super::{Reach, RecoveryTask};
use crate::{RecoverError, Variables};
use braggscape_crystal::Structure;
use braggscape_projector::{AnyProjector, CellShape, CrystalFamilyProjector, Projector};

/// Shapes from the fewest free parameters up.
const SHAPES: [CellShape; 6] = [
    CellShape::Cubic,
    CellShape::Tetragonal,
    CellShape::Hexagonal,
    CellShape::Rhombohedral,
    CellShape::Orthorhombic,
    CellShape::Monoclinic,
];

/// Options of a symmetry snap.
///
/// After a fit the cell is projected onto each crystal family, the highest first, and refined within it. The first one whose loss is not
/// worse is kept: the same loss to `tolerance` or, with noise, one within the penalty of Schwarz's criterion for the parameters
/// that it saves. A fit stalls beside a symmetric truth, where strains that break the symmetry act in second order; this removes them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snap {
    /// How far the cell may be from a shape for it to be tried: a relative length, and the same in radians for angles.
    pub reach: f64,
    /// By how much the loss may rise.
    pub tolerance: f64,
}

impl Default for Snap {
    fn default() -> Self {
        Self { reach: 0.03, tolerance: 1e-9 }
    }
}

impl Snap {
    /// Whether a cell is near its projection.
    fn near(&self, structure: &Structure, projector: &CrystalFamilyProjector) -> bool {
        let cell = structure.cell();
        let mut projected = cell;
        if projector.project(&mut projected, &mut []).is_err() {
            return false;
        }
        let pairs = cell.to_array().into_iter().zip(projected.to_array()).enumerate();
        pairs.into_iter().all(|(i, (a, b))| {
            let off = if i < 3 { (a / b - 1.0).abs() } else { (a - b).to_radians().abs() };
            off <= self.reach
        })
    }

    /// The most symmetric fit that is as good, and the family it belongs to; the evaluations are added to those of the stages.
    pub(crate) fn apply<'a>(
        &self,
        task: &RecoveryTask<'a>,
        stages: &mut Stages<'a>,
        reach: &Reach,
        fit: Fit,
    ) -> Result<(Fit, Option<CellShape>), RecoverError> {
        for shape in SHAPES {
            let family = CrystalFamilyProjector::new(shape);
            if !self.near(&fit.structure, &family) {
                continue;
            }
            let projector = AnyProjector::from(family);
            let Some(found) =
                stages.refine_last(task, &fit.structure, &projector, Variables::Reduced)?
            else {
                continue;
            };
            let saved = CellShape::Triclinic.n_free() - shape.n_free();
            if found.loss <= fit.loss + self.tolerance + reach.penalty(saved) {
                return Ok((found, Some(shape)));
            }
        }
        Ok((fit, None))
    }
}
