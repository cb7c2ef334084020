//! The built-in noise models.

use super::{Nothing, entry, resolve_in, simple};
use crate::PluginError;
use crate::family::{Entry, Family};
use braggscape_noise::{
    AnyNoiseModel, Background, Counts, Displacement, IntensityError, NoNoise, Sequence, Strain,
    ZeroShift,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use toml::Value;

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

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CountsOptions {
    peak: f64,
}

impl Default for CountsOptions {
    fn default() -> Self {
        // A laboratory scan of some hours.
        Self { peak: 1e4 }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BackgroundOptions {
    level: f64,
    coefficients: Vec<f64>,
}

impl Default for BackgroundOptions {
    fn default() -> Self {
        Self { level: 0.05, coefficients: vec![1.0] }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ZeroShiftOptions {
    shift: f64,
    sigma: f64,
}

impl Default for ZeroShiftOptions {
    fn default() -> Self {
        // A diffractometer that is aligned with care.
        Self { shift: 0.0, sigma: 0.02 }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct IntensityErrorOptions {
    sigma: f64,
    length: f64,
}

impl Default for IntensityErrorOptions {
    fn default() -> Self {
        // A specimen with some texture; a length of the study's peaks.
        Self { sigma: 0.1, length: 1.5 }
    }
}

/// Nested: the models of a sequence.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SequenceOptions {
    models: Vec<Value>,
}

/// The noise models that need no other ones, sorted by name.
fn plain() -> Vec<(&'static str, Entry<AnyNoiseModel>)> {
    let background = entry(
        "a constant or Chebyshev background under the pattern, relative to its highest point",
        "level = 0.05\ncoefficients = [1.0, -0.3]",
        |o: BackgroundOptions| Background::new(o.level, o.coefficients).map(Into::into),
    );
    let coordinates = entry(
        "normal displacements of all fractional coordinates",
        "sigma = 0.01",
        |o: NoiseLevel| Displacement::new(o.sigma).map(Into::into),
    );
    let counts = entry(
        "Poisson counting noise with this many expected counts at the highest point",
        "peak = 10000.0",
        |o: CountsOptions| Counts::new(o.peak).map(Into::into),
    );
    let intensity_error = entry(
        "intensities multiplied by exp(sigma g), a smooth random g that decorrelates over length",
        "sigma = 0.1\nlength = 1.5",
        |o: IntensityErrorOptions| IntensityError::new(o.sigma, o.length).map(Into::into),
    );
    let strain = entry("uniform random strain of the lattice", "sigma = 0.05", |o: NoiseLevel| {
        Strain::new(o.sigma).map(Into::into)
    });
    let zero_shift = entry(
        "the pattern moved along 2theta by shift + N(0, sigma^2) degrees",
        "sigma = 0.02",
        |o: ZeroShiftOptions| ZeroShift::new(o.shift, o.sigma).map(Into::into),
    );
    vec![
        ("background", background.with_level("level")),
        ("coordinates", coordinates.with_level("sigma")),
        ("counts", counts.with_level("peak")),
        ("intensity-error", intensity_error.with_level("sigma")),
        ("none", simple("no noise", "", |_: Nothing| NoNoise.into())),
        ("strain", strain.with_level("sigma")),
        ("zero-shift", zero_shift.with_level("sigma")),
    ]
}

fn sequence() -> Entry<AnyNoiseModel> {
    let inner = Arc::new(Family::new("noise", plain()));
    let resolving = Arc::clone(&inner);
    Entry::builtin(
        "several noise models one after the other: counting comes last",
        "models = [{ kind = \"background\", level = 0.05 }, { kind = \"counts\", peak = 10000.0 }]",
        |_| SequenceOptions::default(),
        move |options, context| {
            let models = options.parse::<SequenceOptions>()?.models;
            let built = models.iter().map(|value| inner.build(value, context));
            let built: Result<Vec<_>, _> = built.collect();
            Ok(Sequence::new(built.map_err(|e| PluginError::rejected(&e))?).into())
        },
    )
    .nesting(move |options, context| {
        let models = options.get_mut("models").and_then(Value::as_array_mut);
        for value in models.into_iter().flatten() {
            resolve_in(&resolving, Some(value), context);
        }
    })
}

pub(crate) fn noise() -> Family<AnyNoiseModel> {
    let mut entries = plain();
    entries.push(("sequence", sequence()));
    Family::new("noise", entries)
}
