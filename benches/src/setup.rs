//! What is made before the first evaluation: once a study, and once a target.

use crate::shared::model;
use crate::{Case, Evaluate, Outcome};
use anyhow::Context as _;
use braggscape_pattern::{DecimatedTarget, Pattern};
use braggscape_xrd::{
    BlurredOverlap, BlurredOverlapOptions, ForwardModel as _, Scratch, Structsnap,
    StructsnapOptions,
};
use std::hint::black_box;
use std::sync::Arc;

/// Something that is made anew at each call, with memory of its own.
struct Making<F>(F);

impl<F: FnMut() -> anyhow::Result<()>> Evaluate for Making<F> {
    fn evaluate(&mut self, _start_idx: usize) -> anyhow::Result<()> {
        (self.0)()
    }

    fn outcome(&self) -> Outcome {
        Outcome::default()
    }
}

/// The model with its nodes, once a study.
pub(crate) fn prepare_model() -> Box<dyn Evaluate> {
    Box::new(Making(|| {
        black_box(Structsnap::new(black_box(StructsnapOptions::default()))?);
        Ok(())
    }))
}

/// A target of the refinement: scratch space, reflections, phases, the pattern, and what the loss needs of it.
pub(crate) fn prepare_target(case: &Case) -> anyhow::Result<Box<dyn Evaluate>> {
    let (model, truth) = (model()?, case.truth.clone());
    Ok(Box::new(Making(move || {
        let mut target = Pattern::zeros(model.axis().clone());
        model.simulate(black_box(&truth), &mut Scratch::default(), &mut target)?;
        let nodes = model.decimated().context("the model has no nodes")?;
        black_box(DecimatedTarget::new(Arc::clone(nodes.decimation()), &target)?);
        Ok(())
    })))
}

/// A target of the blurred overlap likewise.
pub(crate) fn prepare_blurred_target(case: &Case) -> anyhow::Result<Box<dyn Evaluate>> {
    let overlap = BlurredOverlap::new(BlurredOverlapOptions::default())?;
    let truth = case.truth.clone();
    Ok(Box::new(Making(move || {
        black_box(overlap.target(black_box(&truth), &mut Scratch::default())?);
        Ok(())
    })))
}
