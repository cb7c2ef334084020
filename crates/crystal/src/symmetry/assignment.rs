//! What symmetry does to the sites of a structure, and what it leaves free.

use super::exact::exact_group;
use super::fixed::FixedSubspace;
use super::{SymmetryError, SymmetryOperation, find_symmetry};
use crate::{Element, Structure};
use nalgebra::{Matrix3, Vector3};

/// Occupancies that agree within this are equal.
const EQUAL_OCCUPANCY: f64 = 1e-4;

/// An image may be this many tolerances away from the site that it is: the search and the exact group may each move it by some.
const REACH: f64 = 10.0;

/// Where an operation carries a site: W x + w lies at the position of `site`, moved by the lattice vector `cell`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteImage {
    /// Index of the site.
    pub site: usize,
    /// The lattice vector, in units of the cell.
    pub cell: Vector3<i32>,
}

/// A site of an orbit in terms of the first one: x = W x_first + w wherever the symmetry is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrbitSite {
    /// Index of the site.
    pub site: usize,
    /// Linear part W.
    pub rotation: Matrix3<i32>,
    /// Translation w, lattice vectors included, fractions of the cell.
    pub translation: Vector3<f64>,
}

/// Sites that symmetry carries into each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Orbit {
    /// Name of the orbit, unique in its structure: the element and a number from 1, such as "Ti1".
    pub label: String,
    /// Wyckoff letter.
    pub wyckoff: char,
    /// Positions that the site symmetry of the first site allows it.
    pub fixed: FixedSubspace,
    /// The sites; the first one is that of the lowest index, with W = I and w = 0.
    pub sites: Vec<OrbitSite>,
}

/// The space group of a reference structure as an action on its sites: which site each operation carries where, the orbits,
/// and the positions that each site symmetry allows.
///
/// An operation (W, w) carries site i to W x_i + w = x_j + t with another site j and a lattice vector t, the [`SiteImage`]. Given
/// j and t, every structure with these sites can be symmetrised; the coordinates of the reference are not needed any more and not
/// kept. The operations are an exact group: their products are among them to rounding, whatever the accuracy of the
/// reference.
///
/// # Examples
/// ```
/// use braggscape_crystal::{study_crystal, symmetry::SymmetryAssignment};
/// let nas = study_crystal("NaS").expect("a study crystal").structure();
/// let symmetry = SymmetryAssignment::of(&nas, 0.01)?;
/// assert_eq!((symmetry.hm_symbol(), symmetry.operations().len()), ("P6_3/mmc", 24));
/// // Of its 24 coordinates one is free: z of sulphur.
/// assert_eq!(symmetry.orbits().iter().map(|o| o.fixed.n_free()).sum::<usize>(), 1);
/// # Ok::<(), braggscape_crystal::symmetry::SymmetryError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetryAssignment {
    number: i32,
    hm_symbol: String,
    species: Vec<(Element, f64)>,
    operations: Vec<SymmetryOperation>,
    images: Vec<Vec<SiteImage>>,
    orbits: Vec<Orbit>,
}

impl SymmetryAssignment {
    /// The symmetry of a structure within `symprec`, Å (see [`find_symmetry`]).
    ///
    /// # Errors
    /// [`SymmetryError`]: no symmetry found, or one that does not act on the sites.
    pub fn of(structure: &Structure, symprec: f64) -> Result<Self, SymmetryError> {
        let found = find_symmetry(structure, symprec)?;
        let operations = exact_group(&found.operations)
            .ok_or(SymmetryError::NotAGroup { n_operations: found.operations.len() })?;
        let reach = REACH * found.symprec;
        let images: Vec<_> = operations
            .iter()
            .map(|op| images(structure, op, reach))
            .collect::<Result<_, SymmetryError>>()?;
        let orbits = orbits(structure, &operations, &images, &found.wyckoffs);
        Ok(Self {
            number: found.number,
            hm_symbol: found.hm_symbol,
            species: structure.sites().iter().map(|s| (s.element, s.occupancy)).collect(),
            operations,
            images,
            orbits,
        })
    }

    /// The symmetry of these operations, an exact group, which carry the sites of the structure where `images` says.
    pub(super) fn from_action(
        (number, hm_symbol): (i32, &str),
        structure: &Structure,
        operations: Vec<SymmetryOperation>,
        images: Vec<Vec<SiteImage>>,
        wyckoffs: &[char],
    ) -> Self {
        let orbits = orbits(structure, &operations, &images, wyckoffs);
        Self {
            number,
            hm_symbol: hm_symbol.to_owned(),
            species: structure.sites().iter().map(|s| (s.element, s.occupancy)).collect(),
            operations,
            images,
            orbits,
        }
    }

    /// Space-group number, 1 to 230.
    pub fn number(&self) -> i32 {
        self.number
    }

    /// Short Hermann-Mauguin symbol without spaces, such as `"P6_3/mmc"`.
    pub fn hm_symbol(&self) -> &str {
        &self.hm_symbol
    }

    /// Number of sites.
    pub fn n_sites(&self) -> usize {
        self.species.len()
    }

    /// The operations, centring translations included, translation parts in [0, 1).
    pub fn operations(&self) -> &[SymmetryOperation] {
        &self.operations
    }

    /// Where operation `operation` carries each site.
    ///
    /// # Panics
    /// If there is no such operation.
    pub fn images(&self, operation: usize) -> &[SiteImage] {
        &self.images[operation]
    }

    /// The orbits, by their first sites.
    pub fn orbits(&self) -> &[Orbit] {
        &self.orbits
    }

    /// Checks that a structure has the sites of the reference, in its order.
    ///
    /// # Errors
    /// [`SymmetryError::SiteCount`] or [`SymmetryError::Species`].
    pub fn check(&self, structure: &Structure) -> Result<(), SymmetryError> {
        let (expected, found) = (self.n_sites(), structure.n_sites());
        if expected != found {
            return Err(SymmetryError::SiteCount { expected, found });
        }
        let sites = self.species.iter().zip(structure.sites()).enumerate();
        for (site_idx, ((element, occupancy), site)) in sites {
            if *element != site.element || (occupancy - site.occupancy).abs() > EQUAL_OCCUPANCY {
                return Err(SymmetryError::Species {
                    site_idx,
                    expected: element.symbol(),
                    found: site.element.symbol(),
                });
            }
        }
        Ok(())
    }

    /// The metric tensor averaged over the group, mean of W^T G W: the nearest one, in the sense of the average, that the rotations keep.
    pub fn symmetrised_metric(&self, metric: &Matrix3<f64>) -> Matrix3<f64> {
        let mut sum = Matrix3::zeros();
        for op in &self.operations {
            let w = op.rotation.cast::<f64>();
            sum += w.transpose() * metric * w;
        }
        let mean = sum / self.operations.len() as f64;
        0.5 * (mean + mean.transpose())
    }

    /// Number of free parameters of the metric tensors that the rotations keep: the mean of the characters of W on symmetric
    /// tensors, ((tr W)² + tr W²)/2.
    pub fn n_free_metric(&self) -> usize {
        let characters = self.operations.iter().map(|op| {
            let (w, square) = (op.rotation, op.rotation * op.rotation);
            w.trace() * w.trace() + square.trace()
        });
        let n = 2.0 * self.operations.len() as f64;
        (f64::from(characters.sum::<i32>()) / n).round() as usize
    }

    /// Largest distance, in fractions of the cell, of an image of a site from the site that it should be: 0 for a structure of this
    /// symmetry.
    ///
    /// # Panics
    /// If there are not as many coordinates as sites.
    pub fn asymmetry(&self, frac_coords: &[Vector3<f64>]) -> f64 {
        assert_eq!(frac_coords.len(), self.n_sites(), "one coordinate triple a site");
        let mut largest: f64 = 0.0;
        for (op, images) in self.operations.iter().zip(&self.images) {
            for (frac, image) in frac_coords.iter().zip(images) {
                let d = op.apply(frac) - frac_coords[image.site];
                largest = largest.max(d.map(|x| (x - x.round()).abs()).max());
            }
        }
        largest
    }
}

/// Where an operation carries each site: to the nearest site of the same occupation that no other one is carried to.
fn images(
    structure: &Structure,
    op: &SymmetryOperation,
    reach: f64,
) -> Result<Vec<SiteImage>, SymmetryError> {
    let sites = structure.sites();
    let mut taken = vec![false; sites.len()];
    let mut images = Vec::with_capacity(sites.len());
    for (site_idx, site) in sites.iter().enumerate() {
        let image = op.apply(&site.frac);
        let mut best: Option<(f64, SiteImage)> = None;
        for (j, other) in sites.iter().enumerate() {
            let same = other.element == site.element
                && (other.occupancy - site.occupancy).abs() <= EQUAL_OCCUPANCY;
            if taken[j] || !same {
                continue;
            }
            let d = image - other.frac;
            let cell = d.map(f64::round);
            let distance = structure.lattice().cart(&(d - cell)).norm();
            if best.is_none_or(|(nearest, _)| distance < nearest) {
                best = Some((distance, SiteImage { site: j, cell: cell.map(|x| x as i32) }));
            }
        }
        match best {
            Some((distance, found)) if distance <= reach => {
                taken[found.site] = true;
                images.push(found);
            }
            _ => {
                return Err(SymmetryError::NoImage {
                    site_idx,
                    element: site.element.symbol(),
                    operation: op.to_string(),
                    reach,
                });
            }
        }
    }
    Ok(images)
}

fn orbits(
    structure: &Structure,
    operations: &[SymmetryOperation],
    images: &[Vec<SiteImage>],
    wyckoffs: &[char],
) -> Vec<Orbit> {
    let mut orbits: Vec<Orbit> = Vec::new();
    let mut elements: Vec<Element> = Vec::new();
    let mut seen = vec![false; structure.n_sites()];
    for first in 0..structure.n_sites() {
        if seen[first] {
            continue;
        }
        let identity = SymmetryOperation::identity();
        let mut sites = vec![OrbitSite {
            site: first,
            rotation: identity.rotation,
            translation: identity.translation,
        }];
        let mut stabiliser = Vec::new();
        seen[first] = true;
        for (op, images) in operations.iter().zip(images) {
            let SiteImage { site, cell } = images[first];
            let (rotation, translation) = (op.rotation, op.translation - cell.cast::<f64>());
            if site == first {
                stabiliser.push((rotation, translation));
            } else if !seen[site] {
                seen[site] = true;
                sites.push(OrbitSite { site, rotation, translation });
            }
        }
        let element = structure.sites()[first].element;
        elements.push(element);
        let number = elements.iter().filter(|e| **e == element).count();
        orbits.push(Orbit {
            label: format!("{}{number}", element.symbol()),
            wyckoff: wyckoffs[first],
            fixed: FixedSubspace::of(&stabiliser),
            sites,
        });
    }
    orbits
}
