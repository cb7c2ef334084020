//! Sites and structures.

use crate::{CellParameters, CrystalError, Element, Lattice};
use nalgebra::Vector3;

/// One atom, or one share of a mixed position, in the cell.
///
/// A position shared by two elements is two sites with equal coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// The element.
    pub element: Element,
    /// Fractional coordinates.
    pub frac: Vector3<f64>,
    /// Site occupancy, in (0, 1].
    pub occupancy: f64,
}

impl Site {
    /// A fully occupied site.
    pub fn new(element: Element, frac: Vector3<f64>) -> Self {
        Self { element, frac, occupancy: 1.0 }
    }
}

/// A crystal structure: a lattice and every site of its cell (not only the asymmetric unit).
///
/// Invariants: at least one site, finite coordinates, occupancies in (0, 1]. Coordinates need not lie in [0, 1).
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    lattice: Lattice,
    sites: Vec<Site>,
}

impl Structure {
    /// A structure of a lattice and all sites of its cell.
    ///
    /// # Errors
    /// [`CrystalError::NoSites`], [`CrystalError::NonFiniteCoordinate`] or [`CrystalError::OccupancyRange`].
    pub fn new(lattice: Lattice, sites: Vec<Site>) -> Result<Self, CrystalError> {
        if sites.is_empty() {
            return Err(CrystalError::NoSites);
        }
        for (site_idx, s) in sites.iter().enumerate() {
            let element = s.element.symbol();
            if s.frac.iter().any(|v| !v.is_finite()) {
                return Err(CrystalError::NonFiniteCoordinate { site_idx, element });
            }
            if !(s.occupancy > 0.0 && s.occupancy <= 1.0) {
                return Err(CrystalError::OccupancyRange {
                    site_idx,
                    element,
                    occupancy: s.occupancy,
                });
            }
        }
        Ok(Self { lattice, sites })
    }

    /// The lattice.
    pub fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    /// All sites of the cell.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Number of sites in the cell.
    pub fn n_sites(&self) -> usize {
        self.sites.len()
    }

    /// Cell parameters, Å and degrees.
    pub fn cell(&self) -> CellParameters {
        self.lattice.parameters()
    }

    /// Fractional coordinates of all sites.
    pub fn frac_coords(&self) -> Vec<Vector3<f64>> {
        self.sites.iter().map(|s| s.frac).collect()
    }

    /// The same sites in another lattice: fractional coordinates stay.
    #[must_use]
    pub fn with_lattice(&self, lattice: Lattice) -> Self {
        Self { lattice, sites: self.sites.clone() }
    }

    /// Puts the sites into another lattice: fractional coordinates stay.
    pub fn set_lattice(&mut self, lattice: Lattice) {
        self.lattice = lattice;
    }

    /// Moves all sites.
    ///
    /// # Errors
    /// [`CrystalError::NonFiniteCoordinate`]; the structure is then as it was.
    ///
    /// # Panics
    /// If `frac_coords` has another length than the structure has sites.
    pub fn set_frac_coords(&mut self, frac_coords: &[[f64; 3]]) -> Result<(), CrystalError> {
        assert_eq!(frac_coords.len(), self.sites.len(), "one coordinate triple a site");
        let is_finite = |frac: &[f64; 3]| frac.iter().all(|x| x.is_finite());
        if let Some(site_idx) = frac_coords.iter().position(|frac| !is_finite(frac)) {
            let element = self.sites[site_idx].element.symbol();
            return Err(CrystalError::NonFiniteCoordinate { site_idx, element });
        }
        for (site, frac) in self.sites.iter_mut().zip(frac_coords) {
            site.frac = Vector3::from(*frac);
        }
        Ok(())
    }

    /// The same lattice and elements at other fractional coordinates.
    ///
    /// # Errors
    /// [`CrystalError::NonFiniteCoordinate`].
    ///
    /// # Panics
    /// If `frac_coords` has another length than the structure has sites.
    pub fn with_frac_coords(&self, frac_coords: &[Vector3<f64>]) -> Result<Self, CrystalError> {
        assert_eq!(frac_coords.len(), self.sites.len(), "one coordinate triple a site");
        let sites =
            self.sites.iter().zip(frac_coords).map(|(s, f)| Site { frac: *f, ..*s }).collect();
        Self::new(self.lattice, sites)
    }
}

/// The fractional coordinate wrapped to [0, 1).
///
/// # Examples
/// ```
/// # use braggscape_crystal::wrap_unit;
/// assert!((wrap_unit(-0.25) - 0.75).abs() < 1e-15);
/// assert!(wrap_unit(-1e-20) < 1.0);
/// ```
pub fn wrap_unit(x: f64) -> f64 {
    let w = x - x.floor();
    if w < 1.0 { w } else { 0.0 }
}
