//! Standard cells.

use super::dataset::{Atoms, SymmetryError, search};
use crate::{Element, Lattice, Site, Structure, wrap_unit};

/// Which standard cell is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setting {
    /// The conventional cell: hexagonal axes for rhombohedral groups, unique axis b with cell choice 1 for monoclinic ones,
    /// the origin on an inversion centre (choice 2) where there is one.
    Conventional,
    /// The primitive cell of that conventional cell.
    Primitive,
}

/// The structure in its standard cell, made exactly symmetric.
///
/// Positions and lattice are averaged over the space group found within `symprec`, Å; the cell is right-handed, in moyo's
/// standard orientation (a along x, b in the xy plane).
///
/// # Errors
/// [`SymmetryError`].
pub fn standardize(
    structure: &Structure,
    symprec: f64,
    setting: Setting,
) -> Result<Structure, SymmetryError> {
    let atoms = Atoms::of(structure);
    let found = search(&atoms.cell, symprec, moyo::data::Setting::Standard)?;
    let cell = match setting {
        Setting::Conventional => &found.std_cell,
        Setting::Primitive => &found.prim_std_cell,
    };
    let broken = |reason: String| SymmetryError::NotFound { symprec, reason };
    let mut sites = Vec::with_capacity(cell.positions.len());
    for (position, species) in cell.positions.iter().zip(&cell.numbers) {
        for (number, occupancy) in &atoms.mixtures[*species as usize] {
            let element = Element::from_atomic_number(i64::from(*number))
                .map_err(|e| broken(e.to_string()))?;
            sites.push(Site { element, frac: position.map(wrap_unit), occupancy: *occupancy });
        }
    }
    let lattice = Lattice::from_columns(cell.lattice.basis).map_err(|e| broken(e.to_string()))?;
    Structure::new(lattice, sites).map_err(|e| broken(e.to_string()))
}
