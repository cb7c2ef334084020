//! The built-in noise models.

use super::{Nothing, entry, simple};
use crate::family::Family;
use braggscape_noise::{AnyNoiseModel, Displacement, NoNoise, Strain};
use serde::{Deserialize, Serialize};

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

pub(crate) fn noise() -> Family<AnyNoiseModel> {
    Family::new(
        "noise",
        vec![
            (
                "coordinates",
                entry(
                    "normal displacements of all fractional coordinates",
                    "sigma = 0.01",
                    |o: NoiseLevel| Displacement::new(o.sigma).map(Into::into),
                ),
            ),
            ("none", simple("no noise", "", |_: Nothing| NoNoise.into())),
            (
                "strain",
                entry("uniform random strain of the lattice", "sigma = 0.05", |o: NoiseLevel| {
                    Strain::new(o.sigma).map(Into::into)
                }),
            ),
        ],
    )
}
