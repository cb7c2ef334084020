//! The built-in potentials.

use super::entry;
use crate::family::Family;
use braggscape_potential::{AnyPotential, LennardJones, LennardJonesOptions};

pub(crate) fn potentials() -> Family<AnyPotential> {
    Family::new(
        "potential",
        vec![(
            "lennard-jones",
            entry(
                "a pair potential, the same for all elements; for tests",
                "epsilon = 0.0104\nsigma = 3.4\ncutoff = 8.5",
                |o: LennardJonesOptions| LennardJones::new(o).map(AnyPotential::from),
            ),
        )],
    )
}
