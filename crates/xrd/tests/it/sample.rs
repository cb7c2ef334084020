//! Structures for the tests.

use braggscape_crystal::{CellParameters, Element, Lattice, Site, Structure};
use nalgebra::Vector3;
use proptest::prelude::*;

/// A structure from cell parameters and (symbol, fractional coordinates, occupancy).
pub(crate) fn structure(cell: [f64; 6], sites: &[(&str, [f64; 3], f64)]) -> Structure {
    let lattice = Lattice::from_parameters(&CellParameters::from_array(cell)).unwrap();
    let sites = sites
        .iter()
        .map(|(symbol, frac, occupancy)| Site {
            element: Element::from_symbol(symbol).unwrap(),
            frac: Vector3::from(*frac),
            occupancy: *occupancy,
        })
        .collect();
    Structure::new(lattice, sites).unwrap()
}

/// U2Ti, P6/mmm.
pub(crate) fn u2ti() -> Structure {
    structure(
        [4.788685, 4.788685, 2.802179, 90.0, 90.0, 120.0],
        &[
            ("U", [2.0 / 3.0, 1.0 / 3.0, 0.5], 1.0),
            ("U", [1.0 / 3.0, 2.0 / 3.0, 0.5], 1.0),
            ("Ti", [0.0; 3], 1.0),
        ],
    )
}

/// Au2S, Pn-3m.
pub(crate) fn au2s() -> Structure {
    structure(
        [5.347122, 5.347122, 5.347122, 90.0, 90.0, 90.0],
        &[
            ("Au", [0.25, 0.25, 0.75], 1.0),
            ("Au", [0.75, 0.25, 0.25], 1.0),
            ("Au", [0.25, 0.75, 0.25], 1.0),
            ("Au", [0.75, 0.75, 0.75], 1.0),
            ("S", [0.0; 3], 1.0),
            ("S", [0.5; 3], 1.0),
        ],
    )
}

/// Random triclinic structures of up to ten sites, special positions and shared occupancies among them.
pub(crate) fn structures() -> impl Strategy<Value = Structure> {
    let cell = (
        prop::array::uniform3(2.5..9.0f64),
        prop::array::uniform3(prop_oneof![70.0..110.0f64, Just(90.0)]),
    );
    let coordinate = || prop_oneof![0.0..1.0f64, Just(0.0), Just(0.5), Just(0.25)];
    let site = (
        prop::sample::select(vec!["O", "Na", "Ti", "Eu", "U", "H"]),
        [coordinate(), coordinate(), coordinate()],
        prop_oneof![Just(1.0), 0.1..1.0f64],
    );
    (cell, prop::collection::vec(site, 1..10)).prop_map(|((len, ang), sites)| {
        structure([len[0], len[1], len[2], ang[0], ang[1], ang[2]], &sites)
    })
}
