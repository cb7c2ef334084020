//! The built-in projectors.

use super::{Nothing, simple};
use crate::PluginError;
use crate::family::{Entry, Family};
use braggscape_projector::{AnyProjector, CellShape, CrystalFamilyProjector, Identity};
use serde::{Deserialize, Serialize};

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

pub(crate) fn projectors() -> Family<AnyProjector> {
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
    Family::new(
        "projector",
        vec![
            ("crystal-family", family),
            ("none", simple("no constraint", "", |_: Nothing| Identity.into())),
        ],
    )
}
