//! The built-in potentials.

use super::entry;
use crate::PluginError;
use crate::family::Family;
use braggscape_potential::assets::{Asset, Folder};
use braggscape_potential::{AnyPotential, Chgnet, LennardJones, LennardJonesOptions};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ChgnetOptions {
    model: String,
}

impl Default for ChgnetOptions {
    fn default() -> Self {
        Self { model: "chgnet-0.3.0".to_owned() }
    }
}

pub(crate) fn potentials() -> Family<AnyPotential> {
    Family::new(
        "potential",
        vec![
            (
                "chgnet",
                entry(
                    "CHGNet, a graph network; its weights are installed with `braggscape assets fetch`",
                    "model = \"chgnet-0.3.0\"",
                    |o: ChgnetOptions| {
                        let rejected = |e| PluginError::rejected(&e);
                        let asset = Asset::find(&o.model).map_err(rejected)?;
                        let folder = Folder::of_user().map_err(rejected)?;
                        let weights = folder.load(asset).map_err(rejected)?;
                        Ok::<AnyPotential, PluginError>(Chgnet::new(&weights).into())
                    },
                ),
            ),
            (
                "lennard-jones",
                entry(
                    "a pair potential, the same for all elements; for tests",
                    "epsilon = 0.0104\nsigma = 3.4\ncutoff = 8.5",
                    |o: LennardJonesOptions| LennardJones::new(o).map(AnyPotential::from),
                ),
            ),
        ],
    )
}
