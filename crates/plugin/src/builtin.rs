//! The built-in components: one visible list a seam.

use crate::family::{Entry, Family};
use crate::registry::StrategyMaker;
use crate::{Context, Options, PluginError};
use braggscape_loss::{AnyLoss, Cosine, Mse};
use braggscape_metrics::{
    AnyMetric, Match, Rms, StrictRecovery, StrictRecoveryMetric, StrictRecoveryOptions,
    StructureMatcher, StructureMatcherOptions,
};
use braggscape_noise::{AnyNoiseModel, Displacement, NoNoise, Strain};
use braggscape_optim::{Adam, AdamOptions, AnyOptimizer, GradientDescent, GradientDescentOptions};
use braggscape_projector::{AnyProjector, CellShape, CrystalFamilyProjector, Identity};
use braggscape_recover::Descend;
use braggscape_xrd::{AnyForwardModel, Structsnap, StructsnapOptions};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Learning rate of StructSnap where coordinates move.
const COORDINATE_LEARNING_RATE: f64 = 4e-4;

/// No options.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Nothing {}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NoiseLevel {
    sigma: f64,
}

impl Default for NoiseLevel {
    fn default() -> Self {
        Self { sigma: 0.05 }
    }
}

/// `"auto"` (the family of the reference) or a named shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shape {
    Auto,
    #[serde(untagged)]
    Named(CellShape),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CrystalFamilyOptions {
    shape: Shape,
}

impl Default for CrystalFamilyOptions {
    fn default() -> Self {
        Self { shape: Shape::Auto }
    }
}

/// An entry whose options have one default for every context and whose constructor ignores the context.
fn entry<O, T, E>(
    example: &str,
    construct: impl Fn(O) -> Result<T, E> + Send + Sync + 'static,
) -> Entry<T>
where
    O: Default + Serialize + DeserializeOwned + 'static,
    E: std::error::Error,
{
    Entry::builtin(
        example,
        |_| O::default(),
        move |options: &Options, _: &Context| {
            construct(options.parse::<O>()?).map_err(|e| PluginError::rejected(&e))
        },
    )
}

/// Like [`entry`], for constructors that cannot fail.
fn simple<O, T>(example: &str, construct: impl Fn(O) -> T + Send + Sync + 'static) -> Entry<T>
where
    O: Default + Serialize + DeserializeOwned + 'static,
{
    entry(example, move |o| Ok::<T, PluginError>(construct(o)))
}

pub(crate) fn losses() -> Family<AnyLoss> {
    Family::new(
        "loss",
        vec![
            ("cosine", simple("", |o: Cosine| o.into())),
            ("mse", simple("normalisation = \"max\"", |o: Mse| o.into())),
        ],
    )
}

pub(crate) fn optimizers() -> Family<AnyOptimizer> {
    let descent = Entry::builtin(
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
            ("adam", entry("learning_rate = 0.01", |o: AdamOptions| Adam::new(o).map(Into::into))),
            ("gradient-descent", descent),
        ],
    )
}

pub(crate) fn projectors() -> Family<AnyProjector> {
    let family = Entry::builtin(
        "shape = \"hexagonal\"",
        |_| CrystalFamilyOptions::default(),
        |options, context| {
            let shape = match (options.parse::<CrystalFamilyOptions>()?.shape, context.shape) {
                (Shape::Named(shape), _) | (Shape::Auto, Some(shape)) => shape,
                (Shape::Auto, None) => {
                    return Err(PluginError::BadOptions {
                        reason: "shape = \"auto\" needs a reference structure; name a shape".into(),
                    });
                }
            };
            Ok(CrystalFamilyProjector::new(shape).into())
        },
    );
    Family::new(
        "projector",
        vec![("crystal-family", family), ("none", simple("", |_: Nothing| Identity.into()))],
    )
}

pub(crate) fn noise() -> Family<AnyNoiseModel> {
    Family::new(
        "noise",
        vec![
            (
                "coordinates",
                entry("sigma = 0.01", |o: NoiseLevel| Displacement::new(o.sigma).map(Into::into)),
            ),
            ("none", simple("", |_: Nothing| NoNoise.into())),
            ("strain", entry("sigma = 0.05", |o: NoiseLevel| Strain::new(o.sigma).map(Into::into))),
        ],
    )
}

pub(crate) fn forward_models() -> Family<AnyForwardModel> {
    Family::new(
        "forward",
        vec![(
            "structsnap",
            entry("wavelength = 1.5406\nw = 1.5", |o: StructsnapOptions| {
                Structsnap::new(o).map(Into::into)
            }),
        )],
    )
}

pub(crate) fn strategies() -> Family<StrategyMaker> {
    let descend = |_: Nothing| -> StrategyMaker { Box::new(|o| Descend::new(o).into()) };
    Family::new("strategy", vec![("descend", simple("", descend))])
}

pub(crate) fn metrics() -> Family<AnyMetric> {
    let matcher = "ltol = 0.1\nstol = 0.2\nangle_tol = 5.0";
    Family::new(
        "metric",
        vec![
            (
                "match",
                entry(matcher, |o: StructureMatcherOptions| {
                    StructureMatcher::new(o).map(|matcher| Match { matcher }.into())
                }),
            ),
            (
                "rms",
                entry(matcher, |o: StructureMatcherOptions| {
                    StructureMatcher::new(o).map(|matcher| Rms { matcher }.into())
                }),
            ),
            (
                "strict-recovery",
                entry("site_tol = 0.1", |o: StrictRecoveryOptions| {
                    StrictRecovery::new(o).map(|test| StrictRecoveryMetric { test }.into())
                }),
            ),
        ],
    )
}
