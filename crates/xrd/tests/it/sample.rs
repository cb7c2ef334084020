//! Structures for the tests.

use braggscape_crystal::{CellParameters, Element, Lattice, Site, Structure};
use nalgebra::Vector3;

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
