//! The built-in projectors.

use super::{Nothing, resolve_in, simple};
use crate::PluginError;
use crate::family::{Entry, Family};
use braggscape_crystal::symmetry::{SpaceGroup, SymmetryAssignment};
use braggscape_projector::{
    AnyProjector, CellShape, CrystalFamilyProjector, Identity, Ramp, Rise, SpaceGroupProjector,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use toml::Value;

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

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SpaceGroupOptions {
    symprec: f64,
    group: String,
}

impl Default for SpaceGroupOptions {
    fn default() -> Self {
        // Å; that of the crystal families of a study.
        Self { symprec: 0.01, group: "auto".to_owned() }
    }
}

/// Nested: the projector that a ramp brings into force.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RampOptions {
    projector: Value,
    over: u64,
    rise: Rise,
}

impl Default for RampOptions {
    fn default() -> Self {
        // A tenth of the most iterations of gradient descent.
        Self { projector: Value::from("crystal-family"), over: 3000, rise: Rise::Linear }
    }
}

/// The projectors that need no other one, sorted by name.
fn plain() -> Vec<(&'static str, Entry<AnyProjector>)> {
    let family = Entry::builtin(
        "the cell in the shape of a crystal family",
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
    vec![
        ("crystal-family", family),
        ("none", simple("no constraint", "", |_: Nothing| Identity.into())),
        ("space-group", space_group()),
    ]
}

fn space_group() -> Entry<AnyProjector> {
    Entry::builtin(
        "sites on the Wyckoff positions and the cell with the metric of the reference's space group",
        "symprec = 0.01\ngroup = \"auto\"",
        |_| SpaceGroupOptions::default(),
        |options, context| {
            let SpaceGroupOptions { symprec, group } = options.parse()?;
            let bad = |reason: String| PluginError::BadOptions { reason };
            let reference = context.symmetry.as_ref().ok_or_else(|| {
                bad("the symmetry is that of a reference structure, and there is none here".into())
            })?;
            let symmetry = reference.assignment(symprec).map_err(|e| PluginError::rejected(&e))?;
            if !is_group(&group, &symmetry) {
                let (symbol, number) = (symmetry.hm_symbol(), symmetry.number());
                return Err(bad(format!(
                    "group = \"{group}\", but within {symprec} Å the reference has {symbol} ({number}); known: auto, symbols of space groups, numbers in quotes"
                )));
            }
            Ok(SpaceGroupProjector::new(Arc::new(symmetry)).into())
        },
    )
}

/// Whether a symmetry is that of a group: any one for "auto", or that of a Hermann-Mauguin symbol or a number.
fn is_group(group: &str, symmetry: &SymmetryAssignment) -> bool {
    group == "auto"
        || group.trim().parse() == Ok(symmetry.number())
        || SpaceGroup::from_hm_symbol(group).iter().any(|g| g.number() == symmetry.number())
}

fn ramp() -> Entry<AnyProjector> {
    let inner = Arc::new(Family::new("projector", plain()));
    let resolving = Arc::clone(&inner);
    Entry::builtin(
        "another projector, in force from not at all to fully over the first iterations",
        "projector = \"crystal-family\"\nover = 3000\nrise = \"linear\"",
        |_| RampOptions::default(),
        move |options, context| {
            let RampOptions { projector, over, rise } = options.parse()?;
            let inner = inner.build(&projector, context).map_err(|e| PluginError::rejected(&e))?;
            Ramp::new(inner, over, rise).map(Into::into).map_err(|e| PluginError::rejected(&e))
        },
    )
    .nesting(move |options, context| {
        resolve_in(&resolving, options.get_mut("projector"), context);
    })
}

pub(crate) fn projectors() -> Family<AnyProjector> {
    let mut entries = plain();
    entries.push(("ramp", ramp()));
    Family::new("projector", entries)
}
