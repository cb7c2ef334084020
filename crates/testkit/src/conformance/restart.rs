//! Laws of checkpoints.

use super::suite::{Verdict, failed, same_bits};
use crate::functions::{FunctionObjective, TestFunction};
use braggscape_optim::{
    Checkpoint, Limits, Minimum, Objective, OptimError, Optimizer, Progress, Run, Termination,
    resume,
};
use proptest::prelude::*;

/// Whether a method has checkpoints.
pub(super) fn supported(method: &dyn Optimizer) -> bool {
    !matches!(method.save(), Err(OptimError::NoCheckpoints { .. }))
}

/// The checkpoints of a run before every step, and its end.
fn recorded(
    method: &dyn Optimizer,
    f: &dyn Objective,
    x0: &[f64],
    max_evaluations: u64,
) -> Result<(Vec<Checkpoint>, Minimum), OptimError> {
    let mut method = method.fresh();
    let mut run = Run::start(&mut method, f, x0, Limits { max_evaluations })?;
    let mut checkpoints = vec![run.checkpoint()?];
    loop {
        match run.step()? {
            Progress::Continue => checkpoints.push(run.checkpoint()?),
            Progress::Done(reason) => return Ok((checkpoints, run.finish(reason))),
        }
    }
}

/// A checkpoint after it was written and read.
fn written(checkpoint: &Checkpoint) -> Result<Checkpoint, TestCaseError> {
    let text = serde_json::to_string(checkpoint).map_err(failed)?;
    let read: Checkpoint = serde_json::from_str(&text).map_err(failed)?;
    prop_assert_eq!(&read, checkpoint, "JSON changes the checkpoint");
    Ok(read)
}

fn same(whole: &Minimum, resumed: &Minimum) -> Verdict {
    same_bits("the point", &whole.x, &resumed.x)?;
    same_bits(
        "the values",
        &[whole.value, whole.start_value],
        &[resumed.value, resumed.start_value],
    )?;
    prop_assert_eq!(whole.evaluations, resumed.evaluations, "evaluations");
    prop_assert_eq!(whole.iterations, resumed.iterations, "iterations");
    prop_assert_eq!(whole.termination, resumed.termination, "termination");
    Ok(())
}

pub(super) fn from_every_step(
    method: &dyn Optimizer,
    f: &dyn Objective,
    x0: &[f64],
    max_evaluations: u64,
) -> Verdict {
    let (checkpoints, whole) = recorded(method, f, x0, max_evaluations).map_err(failed)?;
    for checkpoint in &checkpoints {
        let read = written(checkpoint)?;
        let limits = Limits { max_evaluations };
        let resumed = resume(&mut method.fresh(), f, &read, limits, &mut ()).map_err(failed)?;
        same(&whole, &resumed)?;
    }
    Ok(())
}

pub(super) fn after_the_budget(
    method: &dyn Optimizer,
    f: &dyn Objective,
    x0: &[f64],
    cut: u64,
    max_evaluations: u64,
) -> Verdict {
    let (_, whole) = recorded(method, f, x0, max_evaluations).map_err(failed)?;
    let mut first = method.fresh();
    let mut run = Run::start(&mut first, f, x0, Limits { max_evaluations: cut }).map_err(failed)?;
    let ended = loop {
        if let Progress::Done(reason) = run.step().map_err(failed)? {
            break reason;
        }
    };
    if ended != Termination::Budget {
        return Ok(());
    }
    let read = written(&run.checkpoint().map_err(failed)?)?;
    let limits = Limits { max_evaluations };
    let resumed = resume(&mut method.fresh(), f, &read, limits, &mut ()).map_err(failed)?;
    same(&whole, &resumed)
}

pub(super) fn refusals(method: &dyn Optimizer, f: &FunctionObjective, x0: &[f64]) -> Verdict {
    let (checkpoints, _) = recorded(method, f, x0, 20).map_err(failed)?;
    let limits = Limits { max_evaluations: 20 };
    let larger = FunctionObjective::new(TestFunction::Sphere, x0.len() + 1);
    for checkpoint in &checkpoints {
        let resumed = resume(&mut method.fresh(), &larger, checkpoint, limits, &mut ());
        prop_assert!(
            matches!(resumed, Err(OptimError::CheckpointDimension { .. })),
            "a checkpoint of another dimension was accepted"
        );
        let mut text = serde_json::to_value(checkpoint).map_err(failed)?;
        text["method"] = "another".into();
        let other: Checkpoint = serde_json::from_value(text.clone()).map_err(failed)?;
        let resumed = resume(&mut method.fresh(), f, &other, limits, &mut ());
        prop_assert!(
            matches!(resumed, Err(OptimError::CheckpointMethod { .. })),
            "a checkpoint of another method was accepted"
        );
        text["method"] = method.name().into();
        text["state"] = "damaged".into();
        let damaged: Checkpoint = serde_json::from_value(text).map_err(failed)?;
        prop_assert!(
            resume(&mut method.fresh(), f, &damaged, limits, &mut ()).is_err(),
            "a damaged state was accepted"
        );
    }
    Ok(())
}
