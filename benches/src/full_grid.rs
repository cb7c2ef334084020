//! The `structsnap` preset on its whole grid, as a study uses it.

use crate::shared::model;
use crate::{Case, Evaluate, Gradient, Outcome};
use braggscape_crystal::Structure;
use braggscape_loss::{Cosine, Loss as _};
use braggscape_pattern::Pattern;
use braggscape_xrd::{ForwardModel as _, GradientParts, Scratch, Structsnap, StructureGradient};

/// Pattern, cosine loss and pullback.
pub(crate) struct FullGrid {
    model: Structsnap,
    loss: Cosine,
    starts: Vec<Structure>,
    target: Pattern,
    pattern: Pattern,
    d_y: Vec<f64>,
    scratch: Scratch,
    value: f64,
    gradient: StructureGradient,
}

impl FullGrid {
    /// For [`KERNELS`](crate::KERNELS).
    pub(crate) fn prepare(case: &Case) -> anyhow::Result<Box<dyn Evaluate>> {
        let model = model()?.clone();
        Ok(Box::new(Self::new(model, &case.truth, case.starts.clone())?))
    }

    /// The pattern of `truth` as target, evaluations at `starts`.
    pub(crate) fn new(
        model: Structsnap,
        truth: &Structure,
        starts: Vec<Structure>,
    ) -> anyhow::Result<Self> {
        let mut scratch = Scratch::default();
        let mut target = Pattern::zeros(model.axis().clone());
        model.simulate(truth, &mut scratch, &mut target)?;
        Ok(Self {
            loss: Cosine::default(),
            pattern: Pattern::zeros(model.axis().clone()),
            d_y: vec![0.0; target.n_points()],
            value: f64::NAN,
            gradient: StructureGradient::default(),
            model,
            starts,
            target,
            scratch,
        })
    }
}

impl Evaluate for FullGrid {
    fn evaluate(&mut self, start_idx: usize) -> anyhow::Result<()> {
        let structure = &self.starts[start_idx % self.starts.len()];
        self.model.simulate(structure, &mut self.scratch, &mut self.pattern)?;
        self.value = self.loss.value_and_gradient(&self.target, &self.pattern, &mut self.d_y)?;
        self.model.pullback(structure, &self.d_y, &mut self.scratch, &mut self.gradient)?;
        Ok(())
    }

    fn outcome(&self) -> Outcome {
        let gradient = Some(Gradient::of(&self.gradient, GradientParts::default()));
        Outcome { loss: Some(self.value), gradient }
    }
}
