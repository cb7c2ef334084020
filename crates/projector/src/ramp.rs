//! A constraint that comes into force gradually.

use crate::{AnyProjector, ProjectError, Projector, Reduced};
use braggscape_crystal::CellParameters;
use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

/// How a weight rises with t = n / `over`, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rise {
    /// w = t.
    #[default]
    Linear,
    /// w = 3 t² - 2 t³, flat at both ends.
    Smooth,
}

/// Another projector whose constraint comes into force over the first iterations of a run.
///
/// After step n of a run the driver moves the point p to p + w_n (P(p) - p), with P the projection and w_n the
/// [weight](Projector::weight_at): 0 at n = 0, rising to 1 at n = `over`, 1 from then on. Everything else is the other
/// projector's: [`project`](Projector::project) goes all the way (so it is idempotent), gradients, reduced form and
/// violation are those of the full constraint.
///
/// # Examples
/// ```
/// use braggscape_projector::{CellShape, CrystalFamilyProjector, Projector, Ramp, Rise};
/// let cubic = CrystalFamilyProjector::new(CellShape::Cubic);
/// let ramp = Ramp::new(cubic.into(), 1000, Rise::Linear)?;
/// assert_eq!([0, 250, 1000, 5000].map(|n| ramp.weight_at(n)), [0.0, 0.25, 1.0, 1.0]);
/// let smooth = Ramp::new(cubic.into(), 1000, Rise::Smooth)?;
/// // 3/16 - 2/64
/// assert_eq!(smooth.weight_at(250), 0.15625);
/// # Ok::<(), braggscape_projector::ProjectError>(())
/// ```
pub struct Ramp {
    inner: Box<AnyProjector>,
    over: u64,
    rise: Rise,
}

impl Ramp {
    /// The projector `inner`, in full force from iteration `over` on.
    ///
    /// # Errors
    /// [`ProjectError::RampLength`] if `over` is 0.
    pub fn new(inner: AnyProjector, over: u64, rise: Rise) -> Result<Self, ProjectError> {
        if over == 0 {
            return Err(ProjectError::RampLength { over });
        }
        Ok(Self { inner: Box::new(inner), over, rise })
    }
}

#[deny(clippy::missing_trait_methods)]
impl Projector for Ramp {
    fn project(
        &self,
        cell: &mut CellParameters,
        frac_coords: &mut [Vector3<f64>],
    ) -> Result<(), ProjectError> {
        self.inner.project(cell, frac_coords)
    }

    fn project_gradient(&self, cell_gradient: &mut [f64; 6], frac_gradient: &mut [Vector3<f64>]) {
        self.inner.project_gradient(cell_gradient, frac_gradient);
    }

    /// The weight of this ramp times that of the other projector, which may be a ramp itself.
    fn weight_at(&self, iteration: u64) -> f64 {
        let t = (iteration as f64 / self.over as f64).min(1.0);
        let weight = match self.rise {
            Rise::Linear => t,
            Rise::Smooth => t * t * (3.0 - 2.0 * t),
        };
        weight * self.inner.weight_at(iteration)
    }

    fn reduced(&self, cell: &CellParameters, frac_coords: &[Vector3<f64>]) -> Option<Reduced> {
        self.inner.reduced(cell, frac_coords)
    }

    fn violation(&self, cell: &CellParameters, frac_coords: &[Vector3<f64>]) -> f64 {
        self.inner.violation(cell, frac_coords)
    }
}
