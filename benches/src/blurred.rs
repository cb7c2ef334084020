//! The blurred overlap of peak lists, in ln q with the default blur.

use crate::{Case, Evaluate, Outcome};
use braggscape_crystal::Structure;
use braggscape_xrd::{
    BlurredOverlap, BlurredOverlapOptions, BlurredTarget, Scratch, StructureGradient,
};
use std::hint::black_box;

/// Value and gradient in lattice and coordinates.
pub(crate) struct Blurred {
    overlap: BlurredOverlap,
    target: BlurredTarget,
    starts: Vec<Structure>,
    scratch: Scratch,
    gradient: StructureGradient,
}

impl Blurred {
    /// For [`KERNELS`](crate::KERNELS).
    pub(crate) fn prepare(case: &Case) -> anyhow::Result<Box<dyn Evaluate>> {
        let overlap = BlurredOverlap::new(BlurredOverlapOptions::default())?;
        let mut scratch = Scratch::default();
        Ok(Box::new(Self {
            target: overlap.target(&case.truth, &mut scratch)?,
            overlap,
            starts: case.starts.clone(),
            scratch,
            gradient: StructureGradient::default(),
        }))
    }
}

impl Evaluate for Blurred {
    fn evaluate(&mut self, start_idx: usize) -> anyhow::Result<()> {
        let structure = &self.starts[start_idx % self.starts.len()];
        let (scratch, out) = (&mut self.scratch, &mut self.gradient);
        black_box(self.overlap.value_and_gradient(&self.target, structure, scratch, out)?);
        Ok(())
    }

    /// No peer has this loss.
    fn outcome(&self) -> Outcome {
        Outcome::default()
    }
}
