//! The built-in optimizers and strategies.

use super::{Nothing, entry, simple};
use crate::PluginError;
use crate::family::{Entry, Family};
use crate::registry::StrategyMaker;
use braggscape_optim::{Adam, AdamOptions, AnyOptimizer, GradientDescent, GradientDescentOptions};
use braggscape_recover::Descend;

/// Learning rate of StructSnap where coordinates move.
const COORDINATE_LEARNING_RATE: f64 = 4e-4;

pub(crate) fn optimizers() -> Family<AnyOptimizer> {
    let descent = Entry::builtin(
        "gradient descent with step caps, as StructSnap does it",
        "learning_rate = 0.04\ntolerance = 1e-3",
        |context| {
            let mut options = GradientDescentOptions::default();
            if context.free.coordinates() {
                options.learning_rate = COORDINATE_LEARNING_RATE;
            }
            options
        },
        |options, _| {
            GradientDescent::new(options.parse()?)
                .map(AnyOptimizer::from)
                .map_err(|e| PluginError::rejected(&e))
        },
    );
    Family::new(
        "optimizer",
        vec![
            (
                "adam",
                entry(
                    "Adam (Kingma & Ba 2015) in scaled variables",
                    "learning_rate = 0.01",
                    |o: AdamOptions| Adam::new(o).map(Into::into),
                ),
            ),
            ("gradient-descent", descent),
        ],
    )
}

pub(crate) fn strategies() -> Family<StrategyMaker> {
    let descend = |_: Nothing| -> StrategyMaker { Box::new(|o| Descend::new(o).into()) };
    let summary = "one optimizer on one loss from the given structure (the paper)";
    Family::new("strategy", vec![("descend", simple(summary, "", descend))])
}
