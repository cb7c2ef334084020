//! Structures as flat vectors.

use braggscape_crystal::{CellParameters, CrystalError, Lattice, Structure};
use braggscape_optim::Component;
use braggscape_xrd::StructureGradient;
use nalgebra::Vector3;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is refined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FreeParameters {
    /// The six cell parameters.
    Lattice,
    /// The fractional coordinates.
    Coordinates,
    /// Both.
    Both,
}

impl FreeParameters {
    /// Whether the cell parameters are free.
    pub fn lattice(self) -> bool {
        self != Self::Coordinates
    }

    /// Whether the fractional coordinates are free.
    pub fn coordinates(self) -> bool {
        self != Self::Lattice
    }
}

impl fmt::Display for FreeParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lattice => "lattice",
            Self::Coordinates => "coordinates",
            Self::Both => "both",
        })
    }
}

/// A length: capped relatively, as StructSnap does; typical step 1 Å.
const LENGTH: Component = Component::relative(1.0, 0.1, 0.01);
/// An angle: capped relatively; typical step 10 degrees.
const ANGLE: Component = Component::relative(10.0, 0.1, 0.01);
/// A fractional coordinate: capped absolutely; typical step 0.1.
const COORDINATE: Component = Component::absolute(0.1, 0.1, 0.001);

/// The free parameters of a structure as a flat vector x, everything else as in the template.
///
/// x = (a, b, c in Å, alpha, beta, gamma in degrees), then (x, y, z) of every site, as far as they are free.
#[derive(Debug, Clone)]
pub struct Parametrisation {
    template: Structure,
    free: FreeParameters,
    components: Vec<Component>,
}

impl Parametrisation {
    /// The parametrisation of structures like `template`.
    pub fn new(template: Structure, free: FreeParameters) -> Self {
        let mut components = Vec::new();
        if free.lattice() {
            components.extend([LENGTH, LENGTH, LENGTH, ANGLE, ANGLE, ANGLE]);
        }
        if free.coordinates() {
            components.extend(std::iter::repeat_n(COORDINATE, 3 * template.n_sites()));
        }
        Self { template, free, components }
    }

    /// The structure that everything not free is taken from.
    pub fn template(&self) -> &Structure {
        &self.template
    }

    /// What is free.
    pub fn free(&self) -> FreeParameters {
        self.free
    }

    /// Scale and step cap of each component of x.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// The vector x of the template.
    pub fn pack(&self) -> Vec<f64> {
        let mut x = vec![0.0; self.components.len()];
        self.write(&self.template.cell(), &self.template.frac_coords(), &mut x);
        x
    }

    /// Cell parameters and coordinates at x, those that are not free from the template.
    pub fn split(&self, x: &[f64]) -> (CellParameters, Vec<Vector3<f64>>) {
        let (mut cell, mut coords) = (self.template.cell(), self.template.frac_coords());
        let mut rest = x;
        if self.free.lattice() {
            cell = CellParameters::from_array(std::array::from_fn(|i| rest[i]));
            rest = &rest[6..];
        }
        if self.free.coordinates() {
            for (frac, chunk) in coords.iter_mut().zip(rest.chunks_exact(3)) {
                *frac = Vector3::new(chunk[0], chunk[1], chunk[2]);
            }
        }
        (cell, coords)
    }

    /// Number of sites of the structures.
    pub fn n_sites(&self) -> usize {
        self.template.n_sites()
    }

    /// A gradient of the length of x as that in the cell parameters and in the coordinates, 0 where they are not free.
    pub fn split_gradient(&self, gradient: &[f64]) -> ([f64; 6], Vec<Vector3<f64>>) {
        let mut cell = [0.0; 6];
        let mut coords = vec![Vector3::zeros(); self.n_sites()];
        let mut rest = gradient;
        if self.free.lattice() {
            cell.copy_from_slice(&rest[..6]);
            rest = &rest[6..];
        }
        if self.free.coordinates() {
            for (site, chunk) in coords.iter_mut().zip(rest.chunks_exact(3)) {
                *site = Vector3::new(chunk[0], chunk[1], chunk[2]);
            }
        }
        (cell, coords)
    }

    /// Overwrites x with what is free of a cell and coordinates.
    pub fn write(&self, cell: &CellParameters, coords: &[Vector3<f64>], x: &mut [f64]) {
        let mut rest = x;
        if self.free.lattice() {
            rest[..6].copy_from_slice(&cell.to_array());
            rest = &mut rest[6..];
        }
        if self.free.coordinates() {
            for (chunk, frac) in rest.chunks_exact_mut(3).zip(coords) {
                chunk.copy_from_slice(frac.as_slice());
            }
        }
    }

    /// The structure at x. A free lattice stands with c along z and a in the xz plane.
    ///
    /// # Errors
    /// [`CrystalError`] if x is no crystal.
    pub fn unpack(&self, x: &[f64]) -> Result<Structure, CrystalError> {
        let (cell, coords) = self.split(x);
        let structure = if self.free.lattice() {
            self.template.with_lattice(Lattice::from_parameters(&cell)?)
        } else {
            self.template.clone()
        };
        if self.free.coordinates() { structure.with_frac_coords(&coords) } else { Ok(structure) }
    }

    /// Makes `structure`, one like the template, the one at x; nothing is allocated.
    ///
    /// # Errors
    /// [`CrystalError`] if x is no crystal; the structure is then partly changed.
    ///
    /// # Panics
    /// If x has another length than there are free parameters.
    pub fn unpack_into(&self, x: &[f64], structure: &mut Structure) -> Result<(), CrystalError> {
        let (cell, coords) = if self.free.lattice() { x.split_at(6) } else { x.split_at(0) };
        if self.free.lattice() {
            let cell = CellParameters::from_array(std::array::from_fn(|i| cell[i]));
            structure.set_lattice(Lattice::from_parameters(&cell)?);
        }
        if self.free.coordinates() {
            structure.set_frac_coords(coords.as_chunks().0)?;
        }
        Ok(())
    }

    /// Overwrites `gradient` with the free part of a structure's gradient.
    pub fn pack_gradient(&self, from: &StructureGradient, gradient: &mut [f64]) {
        let [a, b, c] = from.lengths;
        let [alpha, beta, gamma] = from.angles;
        let cell = CellParameters::new(a, b, c, alpha, beta, gamma);
        self.write(&cell, &from.frac_coords, gradient);
    }
}
