//! The `structsnap` preset on nodes, where a study evaluates the cosine loss.

use crate::shared::model;
use crate::{Case, Evaluate, Gradient, Outcome};
use anyhow::Context as _;
use braggscape_crystal::Structure;
use braggscape_loss::{Cosine, Loss as _};
use braggscape_pattern::{DecimatedTarget, Pattern};
use braggscape_xrd::{
    DecimatedForward, ForwardModel as _, GradientParts, Scratch, StructureGradient,
};
use std::sync::Arc;

/// Values on nodes, cosine loss and pullback.
pub(crate) struct Resampled {
    nodes: Box<dyn DecimatedForward>,
    loss: Cosine,
    starts: Vec<Structure>,
    target: DecimatedTarget,
    d_nodes: Vec<f64>,
    parts: GradientParts,
    scratch: Scratch,
    value: f64,
    gradient: StructureGradient,
}

impl Resampled {
    /// Lattice and coordinates, for [`KERNELS`](crate::KERNELS).
    pub(crate) fn prepare(case: &Case) -> anyhow::Result<Box<dyn Evaluate>> {
        Ok(Box::new(Self::new(case, &case.starts, GradientParts::default())?))
    }

    /// The lattice alone, while the coordinates stand still.
    pub(crate) fn prepare_lattice(case: &Case) -> anyhow::Result<Box<dyn Evaluate>> {
        let parts = GradientParts { lattice: true, coordinates: false };
        Ok(Box::new(Self::new(case, &case.lattice_starts, parts)?))
    }

    fn new(case: &Case, starts: &[Structure], parts: GradientParts) -> anyhow::Result<Self> {
        let model = model()?;
        let nodes = model.decimated().context("the model has no nodes")?;
        let mut scratch = Scratch::default();
        let mut target = Pattern::zeros(model.axis().clone());
        model.simulate(&case.truth, &mut scratch, &mut target)?;
        scratch.set_parts(parts);
        Ok(Self {
            loss: Cosine::default(),
            starts: starts.to_vec(),
            target: DecimatedTarget::new(Arc::clone(nodes.decimation()), &target)?,
            d_nodes: vec![0.0; nodes.decimation().n_nodes()],
            nodes,
            parts,
            scratch,
            value: f64::NAN,
            gradient: StructureGradient::default(),
        })
    }
}

impl Evaluate for Resampled {
    fn evaluate(&mut self, start_idx: usize) -> anyhow::Result<()> {
        let structure = &self.starts[start_idx % self.starts.len()];
        let loss = self.loss.decimated().context("the loss needs all points")?;
        let calc = self.nodes.simulate_nodes(structure, &mut self.scratch)?;
        self.value = loss.value_and_gradient_on_nodes(&self.target, calc, &mut self.d_nodes)?;
        let (scratch, out) = (&mut self.scratch, &mut self.gradient);
        self.nodes.pullback_nodes(structure, &self.d_nodes, scratch, out)?;
        Ok(())
    }

    fn outcome(&self) -> Outcome {
        let gradient = Some(Gradient::of(&self.gradient, self.parts));
        Outcome { loss: Some(self.value), gradient }
    }
}
