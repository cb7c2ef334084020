//! The forward-model seam.

use crate::{ForwardError, Instrument, JacobianColumns, Scratch, Structsnap};
use braggscape_crystal::Structure;
use braggscape_pattern::{Axis, Decimation, Pattern, Peak};
use enum_dispatch::enum_dispatch;
use nalgebra::{DMatrix, Vector3};
use std::sync::Arc;

/// Gradient of a scalar L with respect to what a forward model takes from a structure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StructureGradient {
    /// dL/d(a, b, c), per Å, at fixed fractional coordinates.
    pub lengths: [f64; 3],
    /// dL/d(alpha, beta, gamma), per degree, at fixed fractional coordinates.
    pub angles: [f64; 3],
    /// dL/d(fractional coordinates), one vector a site.
    pub frac_coords: Vec<Vector3<f64>>,
    /// dL/d(U, V, W) of the Caglioti formula, per degrees^2.
    pub caglioti: [f64; 3],
    /// dL/dB of the overall isotropic displacement, per Å^2.
    pub b_iso: f64,
    /// dL/d(zero shift), per degree 2theta.
    pub zero_shift: f64,
    /// dL/d(scale) at scale 1, where the pattern is the scale times what the model gives.
    pub scale: f64,
}

/// A powder-diffraction forward model: structure to pattern, and the pullback of its derivative.
///
/// The optimizer's objective calls [`simulate`](Self::simulate) once an evaluation and, where a gradient is wanted,
/// [`pullback`](Self::pullback) directly afterwards with the same scratch space. Models hold no state of their own between
/// calls; `Scratch` belongs to the caller, one a thread.
#[enum_dispatch]
pub trait ForwardModel: Send + Sync {
    /// The axis of the simulated patterns.
    fn axis(&self) -> &Axis;

    /// Wavelength, Å.
    fn wavelength(&self) -> f64;

    /// Overwrites the intensities of `out`, which must lie on [`axis`](Self::axis).
    ///
    /// # Errors
    /// [`ForwardError`]: the structure cannot be simulated, or `out` has another length than the axis.
    fn simulate(
        &self,
        structure: &Structure,
        scratch: &mut Scratch,
        out: &mut Pattern,
    ) -> Result<(), ForwardError>;

    /// Overwrites `out` with the gradient of L, where `d_y` is dL/dy of the pattern just simulated: the exact derivative of
    /// that pattern with its list of reflections held fixed.
    ///
    /// # Errors
    /// [`ForwardError::PullbackWithoutSimulation`] unless `scratch` comes from a simulation of the same structure;
    /// [`ForwardError::BufferLength`].
    fn pullback(
        &self,
        structure: &Structure,
        d_y: &[f64],
        scratch: &mut Scratch,
        out: &mut StructureGradient,
    ) -> Result<(), ForwardError>;

    /// The peaks of a structure before broadening, ascending in 2theta.
    ///
    /// # Errors
    /// [`ForwardError`]: the structure cannot be simulated.
    fn peaks(&self, structure: &Structure) -> Result<Vec<Peak>, ForwardError>;

    /// The same patterns on every k-th point, if the model can give them: what losses that depend on inner products alone are
    /// computed from, much faster than from all points.
    fn decimated(&self) -> Option<Box<dyn DecimatedForward + '_>> {
        None
    }

    /// Whole Jacobians, if the model can give them: what least squares need.
    fn jacobians(&self) -> Option<&dyn JacobianModel> {
        None
    }

    /// The same model with another instrument, if it can be had: what nuisance parameters are refined with.
    fn adjustable(&self) -> Option<&dyn AdjustableModel> {
        None
    }
}

/// A forward model whose instrument can be exchanged.
pub trait AdjustableModel: Send + Sync {
    /// The instrument of the model.
    fn instrument(&self) -> Instrument;

    /// The model with another one, on every `every`-th point of the axis, from the first on; 1 is all of them.
    ///
    /// # Errors
    /// [`ForwardError::OptionRange`].
    fn with_instrument(
        &self,
        instrument: &Instrument,
        every: usize,
    ) -> Result<AnyForwardModel, ForwardError>;
}

/// Jacobians of simulated patterns.
pub trait JacobianModel: Send + Sync {
    /// Overwrites `out` with dy_n/dp: a row a point (or node), the columns that are asked for; the list of reflections is held fixed.
    ///
    /// # Errors
    /// As [`ForwardModel::simulate`].
    fn fill_jacobian(
        &self,
        structure: &Structure,
        columns: JacobianColumns,
        scratch: &mut Scratch,
        out: &mut DMatrix<f64>,
    ) -> Result<(), ForwardError>;
}

/// A forward model whose patterns are sums of Gaussians of one width, on the nodes of a [`Decimation`].
///
/// Called as [`ForwardModel`] is: a simulation, and where a gradient is wanted the pullback directly afterwards. Widths are not
/// differentiated: [`StructureGradient::caglioti`] is 0.
pub trait DecimatedForward: Send + Sync {
    /// The nodes, and how they stand for all points of the axis.
    fn decimation(&self) -> &Arc<Decimation>;

    /// The pattern on the nodes, valid until `scratch` is used again.
    ///
    /// # Errors
    /// As [`ForwardModel::simulate`].
    fn simulate_nodes<'a>(
        &self,
        structure: &Structure,
        scratch: &'a mut Scratch,
    ) -> Result<&'a [f64], ForwardError>;

    /// Overwrites `out` with the gradient of L, where `d_nodes` is dL/d(value) of each node just simulated.
    ///
    /// # Errors
    /// As [`ForwardModel::pullback`].
    fn pullback_nodes(
        &self,
        structure: &Structure,
        d_nodes: &[f64],
        scratch: &mut Scratch,
        out: &mut StructureGradient,
    ) -> Result<(), ForwardError>;

    /// Whole Jacobians on the nodes, if the model can give them.
    fn jacobians(&self) -> Option<&dyn JacobianModel> {
        None
    }
}

#[deny(clippy::missing_trait_methods)]
impl ForwardModel for Box<dyn ForwardModel> {
    fn axis(&self) -> &Axis {
        (**self).axis()
    }

    fn wavelength(&self) -> f64 {
        (**self).wavelength()
    }

    fn simulate(
        &self,
        structure: &Structure,
        scratch: &mut Scratch,
        out: &mut Pattern,
    ) -> Result<(), ForwardError> {
        (**self).simulate(structure, scratch, out)
    }

    fn pullback(
        &self,
        structure: &Structure,
        d_y: &[f64],
        scratch: &mut Scratch,
        out: &mut StructureGradient,
    ) -> Result<(), ForwardError> {
        (**self).pullback(structure, d_y, scratch, out)
    }

    fn peaks(&self, structure: &Structure) -> Result<Vec<Peak>, ForwardError> {
        (**self).peaks(structure)
    }

    fn decimated(&self) -> Option<Box<dyn DecimatedForward + '_>> {
        (**self).decimated()
    }

    fn jacobians(&self) -> Option<&dyn JacobianModel> {
        (**self).jacobians()
    }

    fn adjustable(&self) -> Option<&dyn AdjustableModel> {
        (**self).adjustable()
    }
}

/// The built-in forward models, and one place for others.
#[expect(clippy::large_enum_variant, reason = "there is one model a study, and it is never moved")]
#[enum_dispatch(ForwardModel)]
pub enum AnyForwardModel {
    /// The study's model.
    Structsnap(Structsnap),
    /// A model of another crate.
    External(Box<dyn ForwardModel>),
}

impl AnyForwardModel {
    /// Wraps a model of another crate.
    pub fn external(model: impl ForwardModel + 'static) -> Self {
        Self::External(Box::new(model))
    }
}
