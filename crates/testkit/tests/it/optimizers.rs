//! Broken optimizers are rejected.

use crate::rejected;
use braggscape_optim::{
    AnyOptimizer, EvalError, Iterate, Needs, Objective, OptimError, Optimizer, Progress,
    Termination,
};
use braggscape_testkit::conformance::{self, OptimizerClaims, Reach};
use braggscape_testkit::functions::TestFunction;
use serde_json::Value;

/// Steps of fixed relative length against the gradient, with one fault.
#[derive(Clone, Copy)]
struct Walk {
    fault: Fault,
    steps: u64,
    seed: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    ReturnsTheLastPoint,
    ReportsABetterValue,
    StartsUnprojected,
    AcceptsAnyDimension,
    FreshKeepsState,
    StartKeepsState,
    GivesUpAtWalls,
    EvaluatesAfterFailure,
    LeavesTheConstraint,
    ProjectsTheStartOfARamp,
    KeepsTheBestOfTheRamp,
    EndsOnTheRamp,
    ForgetsItsSteps,
    CountsBeforeItEvaluates,
    TakesAnyState,
    HeedsSeeds,
    WorksOnAnything,
}

fn walk(fault: Fault) -> Walk {
    Walk { fault, steps: 0, seed: 0 }
}

impl Optimizer for Walk {
    fn start(&mut self, f: &dyn Objective, x0: &[f64]) -> Result<Iterate, OptimError> {
        if self.fault != Fault::StartKeepsState && self.fault != Fault::FreshKeepsState {
            self.steps = 0;
        }
        let mut x0 = x0.to_vec();
        if self.fault == Fault::AcceptsAnyDimension {
            x0.resize(f.dim(), 0.0);
        }
        let mut at = Iterate::at(f, &x0)?;
        if self.fault == Fault::ProjectsTheStartOfARamp {
            f.project(&mut x0).map_err(|source| OptimError::Start { source })?;
            at = Iterate::at(f, &x0)?;
        }
        if self.fault == Fault::StartsUnprojected {
            at.x.clone_from(&x0);
            at.value = f
                .value_and_gradient(&at.x, &mut at.gradient)
                .map_err(|source| OptimError::Start { source })?;
            (at.best_x, at.best_value) = (at.x.clone(), at.value);
        }
        Ok(at)
    }

    fn step(&mut self, f: &dyn Objective, at: &mut Iterate) -> Result<Progress, OptimError> {
        if self.fault == Fault::EndsOnTheRamp && at.value < 1.0 {
            return Ok(Progress::Done(Termination::Converged));
        }
        let steps = self.steps + 1;
        if self.fault == Fault::CountsBeforeItEvaluates {
            self.steps = steps;
        }
        let kept = (at.best_x.clone(), at.best_value);
        let norm = at.gradient.iter().map(|g| g * g).sum::<f64>().sqrt() + 1e-300;
        let seed = if self.fault == Fault::HeedsSeeds { self.seed % 7 } else { 0 };
        let length = (0.3 + 0.01 * seed as f64) / (steps as f64).sqrt();
        let step: Vec<f64> = at.gradient.iter().map(|g| -length * g / norm).collect();
        if self.fault == Fault::EvaluatesAfterFailure {
            let trial: Vec<f64> = at.x.iter().zip(&step).map(|(x, s)| x + s).collect();
            if let Err(EvalError::Failed { .. }) = f.value(&trial) {
                return Ok(Progress::Continue);
            }
        }
        if self.fault == Fault::GivesUpAtWalls {
            let trial: Vec<f64> = at.x.iter().zip(&step).map(|(x, s)| x + s).collect();
            f.value(&trial).map_err(|source| OptimError::Evaluation { source })?;
        }
        if !at.advance(f, &step)? {
            return Ok(Progress::Done(Termination::NoFeasibleStep));
        }
        self.steps = steps;
        match self.fault {
            Fault::KeepsTheBestOfTheRamp if kept.1 < at.best_value => {
                (at.best_x, at.best_value) = kept;
            }
            Fault::ReturnsTheLastPoint => (at.best_x, at.best_value) = (at.x.clone(), at.value),
            Fault::ReportsABetterValue => at.best_value -= 1e-9,
            Fault::LeavesTheConstraint => {
                let mut beside = at.x.clone();
                beside[0] += 1e-6;
                if let Ok(value) = f.value_and_gradient(&beside, &mut at.gradient) {
                    (at.x, at.value) = (beside, value);
                }
                if at.value < at.best_value {
                    (at.best_x, at.best_value) = (at.x.clone(), at.value);
                }
            }
            _ => {}
        }
        Ok(Progress::Continue)
    }

    fn fresh(&self) -> AnyOptimizer {
        let steps = if self.fault == Fault::FreshKeepsState { self.steps } else { 0 };
        AnyOptimizer::external(Self { steps, ..*self })
    }

    fn reseed(&mut self, seed: u64) {
        self.seed = seed;
    }

    fn needs(&self) -> Needs {
        if self.fault == Fault::WorksOnAnything { Needs::LeastSquares } else { Needs::Gradient }
    }

    fn save(&self) -> Result<Value, OptimError> {
        let steps = if self.fault == Fault::ForgetsItsSteps { 0 } else { self.steps };
        Ok(steps.into())
    }

    fn load(&mut self, state: &Value, dim: usize) -> Result<(), OptimError> {
        let misfit = || OptimError::CheckpointMisfit { method: self.name().to_owned(), dim };
        self.steps = match state.as_u64() {
            None if self.fault != Fault::TakesAnyState => return Err(misfit()),
            steps => steps.unwrap_or(0),
        };
        Ok(())
    }
}

fn suite(fault: Fault) -> conformance::Conformance {
    conformance::optimizer(&walk(fault), &OptimizerClaims::default())
}

#[test]
fn a_sound_optimizer_passes() {
    assert_eq!(suite(Fault::None).checks().len(), 14);
}

#[test]
fn broken_optimizers_are_rejected() {
    let check = |fault, law| rejected(|| suite(fault), law);
    check(Fault::ReturnsTheLastPoint, "the best point is the best of all steps");
    check(Fault::ReportsABetterValue, "the best point is the best of all steps");
    check(Fault::StartsUnprojected, "the start is the projected starting point");
    check(Fault::AcceptsAnyDimension, "starts that cannot be evaluated give an error");
    check(Fault::FreshKeepsState, "the same run gives the same bits");
    check(Fault::StartKeepsState, "the same run gives the same bits");
    check(Fault::GivesUpAtWalls, "does not hold: the run stopped: the point is infeasible");
    check(Fault::EvaluatesAfterFailure, "a failed evaluation ends the run");
    check(Fault::LeavesTheConstraint, "runs stay on a constraint");
    check(Fault::ProjectsTheStartOfARamp, "a ramp is heeded");
    check(Fault::KeepsTheBestOfTheRamp, "a ramp is heeded");
    check(Fault::EndsOnTheRamp, "a ramp is heeded");
    check(Fault::ForgetsItsSteps, "a run goes on from any step");
    check(Fault::CountsBeforeItEvaluates, "a step cut short is taken again");
    check(Fault::TakesAnyState, "checkpoints of others are refused");
    check(Fault::HeedsSeeds, "seeds do what is claimed");
    check(Fault::WorksOnAnything, "what is no sum of squares is refused");
}

#[test]
fn false_claims_are_rejected() {
    let reach = |within| Reach {
        function: TestFunction::Sphere,
        start: vec![1.0, 1.0],
        within,
        evaluations: 40,
    };
    let claims = |within| OptimizerClaims { reaches: vec![reach(within)], random: false };
    conformance::optimizer(&walk(Fault::None), &claims(0.1));
    rejected(|| conformance::optimizer(&walk(Fault::None), &claims(1e-9)), "a minimum is reached");
    let random = OptimizerClaims { random: true, ..claims(0.1) };
    rejected(|| conformance::optimizer(&walk(Fault::None), &random), "seeds do what is claimed");
}
