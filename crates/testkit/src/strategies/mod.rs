//! Proptest strategies for crystals and patterns.
//!
//! Everything drawn is valid; shrinking leads to small cells, few sites and short patterns.

mod cells;
mod patterns;
mod structures;
mod symmetric;

pub use cells::{cell_parameters, cell_parameters_of, lattices, lattices_of, rotations};
pub use patterns::{axes, pattern_pairs, patterns, patterns_on, positive_pattern_pairs};
pub use structures::{
    coordinates, elements, occupancies, sites, structures, structures_in, supercells, unimodular,
};
pub use symmetric::symmetric_structures;
