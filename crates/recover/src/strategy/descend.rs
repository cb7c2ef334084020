//! The paper's strategy.

use super::stages::in_force;
use super::{Outcome, RecoveryTask, Stage, Strategy};
use crate::{Parametrisation, RecoverError};
use braggscape_optim::{AnyOptimizer, Optimizer, minimize};

/// One optimizer on one loss from the distorted structure: what the paper does.
///
/// With a projector the run starts at P(x0) and every step ends with P; a constraint that comes into force gradually
/// ([`Projector::weight_at`](braggscape_projector::Projector::weight_at)) is wholly in force at the end: if the run ends before it is, the last point is projected and evaluated
/// once more. The best iterate is returned. The optimizer draws from the task's own random stream.
pub struct Descend {
    optimizer: std::sync::Mutex<Box<AnyOptimizer>>,
}

impl Descend {
    /// Descent by this optimizer.
    pub fn new(optimizer: AnyOptimizer) -> Self {
        Self { optimizer: std::sync::Mutex::new(Box::new(optimizer)) }
    }
}

impl Strategy for Descend {
    fn recover(&self, task: &RecoveryTask<'_>) -> Result<Outcome, RecoverError> {
        let problem = task.problem()?;
        let as_given = Parametrisation::new(task.start.clone(), task.free);
        let initial_loss = problem.loss_of_structure(&as_given.unpack(&as_given.pack())?)?;
        let mut optimizer = match self.optimizer.lock() {
            Ok(method) => method.fresh(),
            Err(poisoned) => poisoned.into_inner().fresh(),
        };
        optimizer.reseed(task.seed);
        let x0 = problem.parametrisation().pack();
        let mut found = minimize(&mut optimizer, &problem, &x0, task.limits, &mut ())?;
        in_force(&problem, &mut found)?;
        Ok(Outcome {
            instrument: None,
            structure: problem.parametrisation().unpack(&found.x)?,
            loss: found.value,
            initial_loss,
            evaluations: found.evaluations,
            iterations: found.iterations,
            termination: found.termination,
            stages: vec![Stage {
                name: "descend".to_owned(),
                loss: found.value,
                evaluations: found.evaluations,
            }],
            certified: None,
            alternatives: Vec::new(),
        })
    }
}
