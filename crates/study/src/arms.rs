//! Building the arms of a study: what each consists of, and whether its parts fit together.

use crate::Config;
use crate::config::kind_of;
use crate::plan::Problems;
use crate::structures::StudyStructure;
use braggscape_loss::{AnyLoss, Loss};
use braggscape_optim::{Needs, Optimizer, with_causes};
use braggscape_plugin::{Context, ReferenceSymmetry, Registry, StrategyParts};
use braggscape_projector::{AnyProjector, Projector};
use braggscape_recover::{AnyStrategy, Parametrisation};
use braggscape_xrd::{AnyForwardModel, ForwardModel};

/// A truth may differ from its conventional shape by this much, Å or degrees, before that is reported.
const SHAPE_TOLERANCE: f64 = 1e-2;

/// The components of an arm.
pub(crate) struct BuiltArm {
    /// One projector a structure.
    pub(crate) projectors: Vec<AnyProjector>,
    pub(crate) loss: AnyLoss,
    pub(crate) strategy: AnyStrategy,
}

/// Builds the components of an arm, the projectors for every structure, and checks that they fit together.
pub(crate) fn build_arm(
    i: usize,
    registry: &Registry,
    structures: &[StudyStructure],
    forward: Option<&AnyForwardModel>,
    problems: &mut Problems<'_>,
) -> Option<BuiltArm> {
    let config = problems.config;
    let arm = &config.arms[i];
    let free = config.refine.into();
    let context = Context { free, ..Context::default() };
    let path = |part: &str| match problems_path(config, i, part) {
        Some(path) => path,
        None => part.to_owned(),
    };
    let loss = problems.build(&path("loss"), registry.losses(), &arm.loss, &context);
    let optimizer =
        problems.build(&path("optimizer"), registry.optimizers(), &arm.optimizer, &context);
    let maker = problems.build(&path("strategy"), registry.strategies(), &arm.strategy, &context);
    let mut projectors = Vec::new();
    for s in structures {
        let symmetry = Some(ReferenceSymmetry::new(s.structure.clone()));
        let context = Context { free, shape: Some(s.shape), symmetry };
        let family = registry.projectors();
        let Some(p) = problems.build(&path("projector"), family, &arm.projector, &context) else {
            continue;
        };
        let off = p.violation(&s.structure.cell(), &s.structure.frac_coords());
        if off > SHAPE_TOLERANCE {
            problems.add(
                &path("projector"),
                format!(
                    "structure `{}` does not keep the constraint of `{}` (off by {off:.3} Å or degrees); is its cell in the conventional setting?",
                    s.name,
                    kind_of(&arm.projector)
                ),
            );
        }
        let start = s.structure.clone();
        if let Err(e) = Parametrisation::with_variables(start, free, arm.variables, &p) {
            problems.add(&path("variables"), with_causes(&e));
        }
        projectors.push(p);
    }
    let (loss, optimizer, maker) = (loss?, optimizer?, maker?);
    let squares =
        loss.least_squares().is_some() && forward.is_none_or(|model| model.jacobians().is_some());
    if optimizer.needs() == Needs::LeastSquares && !squares {
        let (method, loss) = (kind_of(&arm.optimizer), kind_of(&arm.loss));
        problems.add(
            &path("optimizer"),
            format!(
                "`{method}` needs a sum of squares, and loss `{loss}` (or the forward model) gives none"
            ),
        );
    }
    match maker(StrategyParts { optimizer, registry, context: &context }) {
        Ok(strategy) => Some(BuiltArm { projectors, loss, strategy }),
        Err(e) => {
            problems.add(&path("strategy"), with_causes(&e));
            None
        }
    }
}

/// The path at which an arm's component stands in the file, if it is its own.
fn problems_path(config: &Config, arm: usize, part: &str) -> Option<String> {
    let path = format!("arm[{arm}].{part}");
    (config.lines.of(&path) != config.lines.of(&format!("arm[{arm}]"))
        || config.lines.of(part).is_none())
    .then_some(path)
}
