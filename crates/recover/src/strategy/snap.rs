//! Symmetry snap: the most symmetric cell that fits as well.

use super::stages::{Fit, Stages};
use super::{Reach, RecoveryTask};
use crate::{RecoverError, Variables};
use braggscape_crystal::Structure;
use braggscape_crystal::symmetry::SymmetryAssignment;
use braggscape_projector::{
    AnyProjector, CellShape, CrystalFamilyProjector, Projector, SpaceGroupProjector,
};

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
/// worse is kept: the same loss to `tolerance` or, with noise or a model that cannot fit, one within the penalty of Schwarz's criterion for the
/// parameters that it saves ([`Reach::penalty`], [`Reach::misfit_penalty`]). Where coordinates are free, the space group that the fit shows within 0.4 Å, 0.2 Å and so on down to 0.03 Å takes the place of the
/// family, and its Wyckoff positions that of the free sites. A fit stalls beside a symmetric truth, where strains that break the symmetry act in second order; this removes them.
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

    /// The most symmetric fit that is as good, and what it keeps; the evaluations are added to those of the stages.
    pub(crate) fn apply<'a>(
        &self,
        task: &RecoveryTask<'a>,
        stages: &mut Stages<'a>,
        reach: &Reach,
        fit: Fit,
    ) -> Result<(Fit, Option<Kept>), RecoverError> {
        if task.free.coordinates() {
            self.group(task, stages, reach, fit)
        } else {
            self.family(task, stages, reach, fit)
        }
    }

    fn family<'a>(
        &self,
        task: &RecoveryTask<'a>,
        stages: &mut Stages<'a>,
        reach: &Reach,
        fit: Fit,
    ) -> Result<(Fit, Option<Kept>), RecoverError> {
        for shape in SHAPES {
            let family = CrystalFamilyProjector::new(shape);
            if !self.near(&fit.structure, &family) {
                continue;
            }
            let projector = AnyProjector::from(family);
            let Some(found) = stages.refine_last(task, &fit, &projector, Variables::Reduced)?
            else {
                continue;
            };
            let saved = CellShape::Triclinic.n_free() - shape.n_free();
            let allowed = reach.penalty(saved) + reach.misfit_penalty(fit.loss, saved);
            if found.loss <= fit.loss + self.tolerance + allowed {
                let name = format!("{shape:?}").to_lowercase();
                return Ok((found, Some(Kept { name, n_free: shape.n_free() })));
            }
        }
        Ok((fit, None))
    }

    fn group<'a>(
        &self,
        task: &RecoveryTask<'a>,
        stages: &mut Stages<'a>,
        reach: &Reach,
        fit: Fit,
    ) -> Result<(Fit, Option<Kept>), RecoverError> {
        let (mut seen, all) = (1, 3 * fit.structure.n_sites());
        for symprec in TOLERANCES {
            let Ok(symmetry) = SymmetryAssignment::of(&fit.structure, symprec) else { continue };
            let n = symmetry.operations().len();
            if n <= seen {
                continue;
            }
            let name = symmetry.hm_symbol().to_owned();
            let projector = SpaceGroupProjector::new(symmetry.into());
            let n_free = projector.n_free_coordinates();
            let projector = AnyProjector::from(projector);
            let Some(found) = stages.on_constraint(task, &fit, &projector)? else {
                continue;
            };
            seen = n;
            if found.loss <= fit.loss + self.tolerance + reach.penalty(all - n_free) {
                return Ok((found, Some(Kept { name, n_free })));
            }
        }
        Ok((fit, None))
    }
}

/// What a snap kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) name: String,
    /// Free parameters: of the cell for a family, of the coordinates for a space group.
    pub(crate) n_free: usize,
}

/// Tolerances of the search for a space group, Å.
const TOLERANCES: [f64; 4] = [0.4, 0.2, 0.1, 0.03];
