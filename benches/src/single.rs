//! Trial structures in single precision.

use crate::shared::model;
use crate::{Case, Evaluate, Gradient, Outcome};
use braggscape_crystal::Structure;
use braggscape_pattern::Pattern;
use braggscape_xrd::{
    ForwardModel as _, GradientParts, LossOfProducts, Scratch, SinglePrecision, StructureGradient,
};

/// Cosine loss and gradient by [`SinglePrecision`].
pub(crate) struct Single {
    batch: SinglePrecision<'static>,
    starts: Vec<Structure>,
    parts: GradientParts,
    value: f64,
    gradient: StructureGradient,
}

impl Single {
    /// The lattice alone, while the coordinates stand still, for [`KERNELS`](crate::KERNELS).
    pub(crate) fn prepare_lattice(case: &Case) -> anyhow::Result<Box<dyn Evaluate>> {
        let parts = GradientParts { lattice: true, coordinates: false };
        Ok(Box::new(Self::new(case, &case.lattice_starts, parts)?))
    }

    /// Lattice and coordinates.
    pub(crate) fn prepare(case: &Case) -> anyhow::Result<Box<dyn Evaluate>> {
        Ok(Box::new(Self::new(case, &case.starts, GradientParts::default())?))
    }

    fn new(case: &Case, starts: &[Structure], parts: GradientParts) -> anyhow::Result<Self> {
        let model = model()?;
        let mut target = Pattern::zeros(model.axis().clone());
        model.simulate(&case.truth, &mut Scratch::default(), &mut target)?;
        Ok(Self {
            batch: SinglePrecision::new(model, &target)?,
            starts: starts.to_vec(),
            parts,
            value: f64::NAN,
            gradient: StructureGradient::default(),
        })
    }
}

impl Evaluate for Single {
    fn evaluate(&mut self, start_idx: usize) -> anyhow::Result<()> {
        let structure = &self.starts[start_idx % self.starts.len()];
        let out = Some(&mut self.gradient);
        self.value = self.batch.evaluate(structure, LossOfProducts::cosine, self.parts, out)?;
        Ok(())
    }

    fn outcome(&self) -> Outcome {
        let gradient = Some(Gradient::of(&self.gradient, self.parts));
        Outcome { loss: Some(self.value), gradient }
    }
}
