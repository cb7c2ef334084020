//! Why a run ended.

use std::fmt;

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Termination {
    /// The best value has not improved by the tolerance over the patience.
    Converged,
    /// The gradient along the constraint is as small as asked for.
    GradientTolerance,
    /// Steps have become as short as asked for.
    StepTolerance,
    /// The value changes as little as asked for.
    ValueTolerance,
    /// An observer saw the value it was to wait for.
    TargetReached,
    /// The method can do no more here: it finds no smaller value, or its own numbers have degenerated.
    Stagnation,
    /// The method's own limit of iterations.
    MaxIterations,
    /// The driver's budget of evaluations.
    Budget,
    /// No feasible step could be found.
    NoFeasibleStep,
    /// An observer asked for the end.
    Stopped,
}

impl Termination {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::Converged,
        Self::GradientTolerance,
        Self::StepTolerance,
        Self::ValueTolerance,
        Self::TargetReached,
        Self::Stagnation,
        Self::MaxIterations,
        Self::Budget,
        Self::NoFeasibleStep,
        Self::Stopped,
    ];

    /// Kebab-case name, as records hold it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::GradientTolerance => "gradient-tolerance",
            Self::StepTolerance => "step-tolerance",
            Self::ValueTolerance => "value-tolerance",
            Self::TargetReached => "target-reached",
            Self::Stagnation => "stagnation",
            Self::MaxIterations => "max-iterations",
            Self::Budget => "budget",
            Self::NoFeasibleStep => "no-feasible-step",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for Termination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
