//! The built-in components: one visible, sorted list a seam.

mod energy_above;
mod forward;
mod losses;
mod measures;
mod metrics;
mod noise;
mod optimizers;
mod potentials;
mod projectors;
mod staged;
mod strategies;

pub(crate) use forward::forward_models;
pub(crate) use losses::losses;
pub(crate) use metrics::metrics;
pub(crate) use noise::noise;
pub(crate) use optimizers::optimizers;
pub(crate) use potentials::potentials;
pub(crate) use projectors::projectors;
pub(crate) use strategies::strategies;

use crate::family::{Entry, Family};
use crate::{Context, Options, PluginError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::Value;

/// No options.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Nothing {}

/// An entry whose options have one default for every context and whose constructor ignores the context. `summary` says in one
/// line what the component is.
fn entry<O, T, E>(
    summary: &str,
    example: &str,
    construct: impl Fn(O) -> Result<T, E> + Send + Sync + 'static,
) -> Entry<T>
where
    O: Default + Serialize + DeserializeOwned + 'static,
    E: std::error::Error,
{
    Entry::builtin(
        summary,
        example,
        |_| O::default(),
        move |options: &Options, _: &Context| {
            construct(options.parse::<O>()?).map_err(|e| PluginError::rejected(&e))
        },
    )
}

/// Like [`entry`], for constructors that cannot fail.
fn simple<O, T>(
    summary: &str,
    example: &str,
    construct: impl Fn(O) -> T + Send + Sync + 'static,
) -> Entry<T>
where
    O: Default + Serialize + DeserializeOwned + 'static,
{
    entry(summary, example, move |o| Ok::<T, PluginError>(construct(o)))
}

/// Resolves a component among the options of another. One that cannot be resolved stays as it is: building it tells why.
fn resolve_in<T>(family: &Family<T>, nested: Option<&mut Value>, context: &Context) {
    if let Some(value) = nested
        && let Ok(resolved) = family.resolve(value, context)
    {
        *value = Value::Table(resolved);
    }
}
