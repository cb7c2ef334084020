//! A cell of labelled points: what reductions of structures work on.

use super::basis::row_times;
use super::{Basis, ReductionError, niggli};

/// What occupies a site, in two grains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SiteKind {
    /// Rank of the sites that a primitive search may identify with each other; groups are searched in this order.
    pub group: u32,
    /// The exact species, carried along unchanged.
    pub species: u32,
}

/// A lattice with labelled points.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledCell {
    /// The lattice.
    pub basis: Basis,
    /// Kind of each site.
    pub kinds: Vec<SiteKind>,
    /// Fractional coordinates of each site, as many as `kinds`.
    pub frac: Vec<[f64; 3]>,
}

/// Remainder of the division by 1, in [0, 1].
pub(crate) fn fraction(x: f64) -> f64 {
    x - x.floor()
}

impl LabelledCell {
    /// Number of sites.
    pub fn n_sites(&self) -> usize {
        self.kinds.len()
    }

    /// The same crystal in its Niggli cell, sites wrapped into it.
    ///
    /// Where the reduced basis equals the present one ([`Basis::is_close`]) the cell is returned as it is, unwrapped.
    ///
    /// # Errors
    /// As [`niggli`].
    pub fn niggli_reduced(&self) -> Result<Self, ReductionError> {
        let reduced = niggli(&self.basis)?;
        if reduced.is_close(&self.basis) {
            return Ok(self.clone());
        }
        let inverse = reduced.inverse();
        let frac = self
            .frac
            .iter()
            .map(|f| row_times(self.basis.cart(*f), &inverse).map(fraction))
            .collect();
        Ok(Self { basis: reduced, kinds: self.kinds.clone(), frac })
    }
}
