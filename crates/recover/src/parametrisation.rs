//! Structures as flat vectors.

use crate::RecoverError;
use crate::reduced::ReducedMap;
use crate::strain::StrainMap;
use braggscape_crystal::{CellParameters, CrystalError, Lattice, Structure};
use braggscape_optim::Component;
use braggscape_projector::Projector;
use braggscape_xrd::StructureGradient;
use nalgebra::{DMatrix, Vector3, Vector6};
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

/// Which variables an optimizer moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variables {
    /// Cell parameters in Å and degrees, and fractional coordinates: what StructSnap's descent moves.
    #[default]
    Cell,
    /// The six components of a symmetric strain of the starting lattice, and fractional coordinates.
    Strain,
    /// The free parameters of the projector's constraint alone ([`Projector::reduced`]): a run never leaves it.
    Reduced,
}

impl fmt::Display for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cell => "cell",
            Self::Strain => "strain",
            Self::Reduced => "reduced",
        })
    }
}

/// A length: capped relatively, as StructSnap does; typical step 1 Å.
const LENGTH: Component = Component::relative(1.0, 0.1, 0.01);
/// An angle: capped relatively; typical step 10 degrees.
const ANGLE: Component = Component::relative(10.0, 0.1, 0.01);
/// A fractional coordinate: capped absolutely; typical step 0.1.
const COORDINATE: Component = Component::absolute(0.1, 0.1, 0.001);
/// A component of the strain: what 10 % of a length and its replacement of 1 % are in relative terms; typical step 0.1.
const STRAIN: Component = Component::absolute(0.1, 0.1, 0.01);

/// The free parameters of a structure as a flat vector x, everything else as in the template.
///
/// With [`Variables::Cell`] x = (a, b, c in Å, alpha, beta, gamma in degrees), then (x, y, z) of every site, as far as they are
/// free. With [`Variables::Strain`] six strains (e_xx, e_yy, e_zz, e_yz, e_xz, e_xy) stand in the place of the cell, A = (I + e) A0
/// for the lattice vectors A0 of the template. With [`Variables::Reduced`] x are the free parameters of a constraint.
#[derive(Debug, Clone)]
pub struct Parametrisation {
    template: Structure,
    free: FreeParameters,
    components: Vec<Component>,
    map: Map,
}

#[derive(Debug, Clone)]
enum Map {
    Cell,
    Strain(Box<StrainMap>),
    Reduced(Box<ReducedMap>),
}

/// Scale and cap of component `row` of (a, b, c, alpha, beta, gamma, coordinates...).
fn physical(row: usize) -> Component {
    match row {
        0..3 => LENGTH,
        3..6 => ANGLE,
        _ => COORDINATE,
    }
}

impl Parametrisation {
    /// The parametrisation of structures like `template` by cell parameters and fractional coordinates.
    pub fn new(template: Structure, free: FreeParameters) -> Self {
        Self::build(template, free, Map::Cell)
    }

    /// The parametrisation in other variables. The projector is asked for its free parameters at the template, and for nothing
    /// else; where no lattice is free a strain is not either, and coordinates are what is moved.
    ///
    /// # Errors
    /// [`RecoverError::NoReducedForm`] if the free parameters of the projector's constraint are asked for and it has none.
    pub fn with_variables(
        template: Structure,
        free: FreeParameters,
        variables: Variables,
        projector: &dyn Projector,
    ) -> Result<Self, RecoverError> {
        let map = match variables {
            Variables::Strain if free.lattice() => {
                Map::Strain(Box::new(StrainMap::new(template.lattice())))
            }
            Variables::Cell | Variables::Strain => Map::Cell,
            Variables::Reduced => {
                let reduced = projector.reduced(&template.cell(), &template.frac_coords());
                let map = reduced.and_then(|r| ReducedMap::new(&r, free));
                Map::Reduced(Box::new(map.ok_or(RecoverError::NoReducedForm { free })?))
            }
        };
        Ok(Self::build(template, free, map))
    }

    fn build(template: Structure, free: FreeParameters, map: Map) -> Self {
        let lattice = if free.lattice() { 0..6 } else { 0..0 };
        let first_site = if free.coordinates() { 6..6 + 3 * template.n_sites() } else { 0..0 };
        let rows: Vec<usize> = lattice.chain(first_site).collect();
        let components = match &map {
            Map::Cell => rows.iter().map(|row| physical(*row)).collect(),
            Map::Strain(_) => {
                let component = |row: &usize| if *row < 6 { STRAIN } else { physical(*row) };
                rows.iter().map(component).collect()
            }
            Map::Reduced(map) => {
                (0..map.n_free()).map(|column| physical(rows[map.first_row(column)])).collect()
            }
        };
        Self { template, free, components, map }
    }

    /// The structure that everything not free is taken from.
    pub fn template(&self) -> &Structure {
        &self.template
    }

    /// What is free.
    pub fn free(&self) -> FreeParameters {
        self.free
    }

    /// The variables.
    pub fn variables(&self) -> Variables {
        match self.map {
            Map::Cell => Variables::Cell,
            Map::Strain(_) => Variables::Strain,
            Map::Reduced(_) => Variables::Reduced,
        }
    }

    /// Scale and step cap of each component of x.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// Name of each component of x, such as "a", "e_xy" or "y2" (of the second site).
    pub fn names(&self) -> Vec<String> {
        let lattice: [&str; 6] = match &self.map {
            Map::Reduced(map) => return map.names().to_vec(),
            Map::Cell => ["a", "b", "c", "alpha", "beta", "gamma"],
            Map::Strain(_) => ["e_xx", "e_yy", "e_zz", "e_yz", "e_xz", "e_xy"],
        };
        let n_sites = if self.free.coordinates() { self.n_sites() } else { 0 };
        let sites = (1..=n_sites).flat_map(|site| ["x", "y", "z"].map(|c| format!("{c}{site}")));
        let lattice = lattice.into_iter().filter(|_| self.free.lattice()).map(str::to_owned);
        lattice.chain(sites).collect()
    }

    /// The vector x of the template; in reduced variables that of the nearest point of the constraint.
    pub fn pack(&self) -> Vec<f64> {
        let mut x = vec![0.0; self.components.len()];
        self.write(&self.template.cell(), &self.template.frac_coords(), &mut x);
        x
    }

    /// Cell parameters and coordinates at x, those that are not free from the template.
    ///
    /// # Panics
    /// If x has another length than there are free parameters.
    pub fn split(&self, x: &[f64]) -> (CellParameters, Vec<Vector3<f64>>) {
        let (mut cell, mut coords) = (self.template.cell(), self.template.frac_coords());
        let point;
        let mut rest = x;
        if let Map::Reduced(map) = &self.map {
            point = map.point(x);
            rest = point.as_slice();
        }
        if self.free.lattice() {
            cell = match &self.map {
                Map::Strain(map) => map.cell(&rest[..6]),
                _ => CellParameters::from_array(std::array::from_fn(|i| rest[i])),
            };
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

    /// Overwrites x with what is free of a cell and coordinates.
    pub fn write(&self, cell: &CellParameters, coords: &[Vector3<f64>], x: &mut [f64]) {
        match &self.map {
            Map::Cell => self.write_free(&cell.to_array(), coords, x),
            Map::Strain(map) => {
                let mut strain = [0.0; 6];
                map.strain(cell, &mut strain);
                self.write_free(&strain, coords, x);
            }
            Map::Reduced(map) => {
                let mut p = vec![0.0; map.basis().nrows()];
                self.write_free(&cell.to_array(), coords, &mut p);
                map.free(&p, x);
            }
        }
    }

    /// Overwrites `out` with what is free of six numbers for the lattice and three for each site.
    pub(crate) fn write_free(&self, lattice: &[f64; 6], sites: &[Vector3<f64>], out: &mut [f64]) {
        let mut rest = out;
        if self.free.lattice() {
            rest[..6].copy_from_slice(lattice);
            rest = &mut rest[6..];
        }
        if self.free.coordinates() {
            for (chunk, frac) in rest.chunks_exact_mut(3).zip(sites) {
                chunk.copy_from_slice(frac.as_slice());
            }
        }
    }

    /// The structure at x. A free lattice stands with c along z and a in the xz plane; in strain variables it stands as the
    /// template does.
    ///
    /// # Errors
    /// [`CrystalError`] if x is no crystal.
    pub fn unpack(&self, x: &[f64]) -> Result<Structure, CrystalError> {
        let mut structure = self.template.clone();
        self.unpack_into(x, &mut structure)?;
        Ok(structure)
    }

    /// Makes `structure`, one like the template, the one at x; nothing is allocated, but for reduced variables.
    ///
    /// # Errors
    /// [`CrystalError`] if x is no crystal; the structure is then partly changed.
    ///
    /// # Panics
    /// If x has another length than there are free parameters.
    pub fn unpack_into(&self, x: &[f64], structure: &mut Structure) -> Result<(), CrystalError> {
        let point;
        let mut rest = x;
        if let Map::Reduced(map) = &self.map {
            point = map.point(x);
            rest = point.as_slice();
        }
        if self.free.lattice() {
            let lattice;
            (lattice, rest) = rest.split_at(6);
            structure.set_lattice(if let Map::Strain(map) = &self.map {
                map.lattice(lattice)?
            } else {
                let cell = std::array::from_fn(|i| lattice[i]);
                Lattice::from_parameters(&CellParameters::from_array(cell))?
            });
        }
        if self.free.coordinates() {
            structure.set_frac_coords(rest.as_chunks().0)?;
        }
        Ok(())
    }

    /// Overwrites `gradient` with that in x, given the one in the structure at x.
    pub fn pack_gradient(&self, from: &StructureGradient, x: &[f64], gradient: &mut [f64]) {
        let ([a, b, c], [alpha, beta, gamma]) = (from.lengths, from.angles);
        let mut lattice = [a, b, c, alpha, beta, gamma];
        match &self.map {
            Map::Cell => {}
            Map::Strain(map) => {
                let g = map.derivative(&x[..6]).tr_mul(&Vector6::from(lattice));
                lattice = g.into();
            }
            Map::Reduced(map) => {
                let mut p = vec![0.0; map.basis().nrows()];
                self.write_free(&lattice, &from.frac_coords, &mut p);
                for (g, column) in gradient.iter_mut().zip(map.basis().column_iter()) {
                    *g = column.iter().zip(&p).map(|(b, p)| b * p).sum();
                }
                return;
            }
        }
        self.write_free(&lattice, &from.frac_coords, gradient);
    }

    /// dp/dx, where p are the cell parameters and coordinates that are free; `None` where x is p.
    pub(crate) fn derivative(&self, x: &[f64]) -> Option<DMatrix<f64>> {
        match &self.map {
            Map::Cell => None,
            Map::Strain(map) => {
                let mut d = DMatrix::identity(x.len(), x.len());
                d.view_mut((0, 0), (6, 6)).copy_from(&map.derivative(&x[..6]));
                Some(d)
            }
            Map::Reduced(map) => Some(map.basis().clone()),
        }
    }

    /// The strain's part of [`derivative`](Self::derivative).
    pub(crate) fn strain_derivative(&self, x: &[f64]) -> Option<nalgebra::Matrix6<f64>> {
        match &self.map {
            Map::Strain(map) => Some(map.derivative(&x[..6])),
            _ => None,
        }
    }
}
