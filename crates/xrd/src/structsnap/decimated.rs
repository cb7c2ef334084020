//! The `structsnap` preset on the nodes of a decimation, for losses that depend on inner products alone.

use super::pass::{SQRT_TAU, clear_gradient, finish_gradient};
use super::scratch::Simulated;
use super::{FWHM_PER_SIGMA, Sampling, Scratch, Structsnap, StructsnapOptions};
use crate::nodes::{NodeGrid, WIDE};
use crate::sticks::Pulled;
use crate::{DecimatedForward, ForwardError, JacobianModel, StructureGradient};
use braggscape_crystal::Structure;
use braggscape_pattern::{Axis, Decimation};
use std::sync::Arc;

/// Distance of nodes, in standard deviations of the peaks: windows must reach 5.8 of them, and the ends of the grid be exact.
const SPACING: std::ops::RangeInclusive<f64> = 0.29..=0.39;
/// Shortest tails that nodes, which do not cut them there, may stand for: 1e-8 of a loss.
pub(super) const SHORTEST: f64 = 5.0;

/// Nodes for a model whose peaks have one width.
#[derive(Debug, Clone)]
pub(super) struct NodeModel {
    decimation: Arc<Decimation>,
    pub(super) grid: NodeGrid<f64, WIDE>,
    /// Height of a peak of intensity 1.
    pub(super) height: f64,
}

impl NodeModel {
    /// The nodes, if the options want and allow them.
    pub(super) fn new(options: &StructsnapOptions, axis: &Axis) -> Option<Self> {
        let suits = options.has_one_width() && options.tails >= SHORTEST;
        if options.sampling == Sampling::Full || !suits {
            return None;
        }
        let sigma = options.w.sqrt() / FWHM_PER_SIGMA;
        let decimation = Decimation::new(axis, sigma, SPACING)?;
        let (start, spacing) = (decimation.node(0) - options.zero_shift, decimation.spacing());
        let grid = NodeGrid::new(start, spacing, decimation.n_nodes(), sigma);
        Some(Self { decimation: Arc::new(decimation), grid, height: 1.0 / (sigma * SQRT_TAU) })
    }

    pub(super) fn decimation(&self) -> &Arc<Decimation> {
        &self.decimation
    }
}

/// The forward pass, compiled once for each vector width and chosen at run time. The numbers do not depend on the choice.
struct Forward<'a> {
    model: &'a Structsnap,
    nodes: &'a NodeModel,
    structure: &'a Structure,
    scratch: &'a mut Scratch,
}

impl pulp::WithSimd for Forward<'_> {
    type Output = Result<(), ForwardError>;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> Self::Output {
        let Self { model, nodes, structure, scratch } = self;
        model.update_sticks(simd, structure, scratch)?;
        let sticks = &scratch.sticks;
        let n = sticks.len();
        scratch.nodes.place(&nodes.grid, &sticks.position[..n]);
        scratch.nodes.spread(simd, &nodes.grid, &sticks.intensity, nodes.height);
        Ok(())
    }
}

/// The backward pass likewise.
struct Backward<'a> {
    nodes: &'a NodeModel,
    d_nodes: &'a [f64],
    scratch: &'a mut Scratch,
    out: &'a mut StructureGradient,
}

impl pulp::WithSimd for Backward<'_> {
    type Output = Pulled;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> Self::Output {
        let Self { nodes, d_nodes, scratch, out } = self;
        let Scratch { sticks, nodes: values, parts, .. } = scratch;
        sticks.clear_derivatives();
        values.gather(simd, &nodes.grid, d_nodes, &mut sticks.d_intensity, &mut sticks.d_position);
        let (height, slope) = (nodes.height, nodes.height * nodes.grid.slope());
        let n = sticks.len();
        let columns = sticks.d_intensity.iter_mut().zip(&mut sticks.d_position);
        for ((d_intensity, d_position), intensity) in columns.zip(&sticks.intensity).take(n) {
            *d_intensity *= height;
            *d_position *= slope * intensity;
        }
        sticks.pull(simd, *parts, out)
    }
}

/// A model on its nodes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimated<'a> {
    pub(super) model: &'a Structsnap,
    pub(super) nodes: &'a NodeModel,
}

impl DecimatedForward for Decimated<'_> {
    fn decimation(&self) -> &Arc<Decimation> {
        &self.nodes.decimation
    }

    fn simulate_nodes<'a>(
        &self,
        structure: &Structure,
        scratch: &'a mut Scratch,
    ) -> Result<&'a [f64], ForwardError> {
        let Self { model, nodes } = *self;
        let forward = Forward { model, nodes, structure, scratch: &mut *scratch };
        pulp::Arch::new().dispatch(forward)?;
        scratch.simulated = Simulated::Nodes;
        scratch.by = Some(model.options.clone());
        Ok(scratch.nodes.values())
    }

    fn pullback_nodes(
        &self,
        structure: &Structure,
        d_nodes: &[f64],
        scratch: &mut Scratch,
        out: &mut StructureGradient,
    ) -> Result<(), ForwardError> {
        let nodes = self.nodes;
        if d_nodes.len() != nodes.grid.n {
            return Err(ForwardError::BufferLength {
                what: "dL/d(nodes)",
                found: d_nodes.len(),
                expected: nodes.grid.n,
            });
        }
        if !scratch.holds(structure, Simulated::Nodes, &self.model.options) {
            return Err(ForwardError::PullbackWithoutSimulation);
        }
        clear_gradient(structure, out);
        let backward = Backward { nodes, d_nodes, scratch: &mut *scratch, out: &mut *out };
        let pulled = pulp::Arch::new().dispatch(backward);
        finish_gradient(structure, scratch, &pulled, out);
        out.zero_shift = scratch.shift_derivative();
        Ok(())
    }

    fn jacobians(&self) -> Option<&dyn JacobianModel> {
        Some(self)
    }
}
