//! Structures ready to be compared: reduced once, compared often.

use super::species::{Amounts, Occupation};
use crate::MetricError;
use braggscape_crystal::reduction::{Basis, LabelledCell, SiteKind};
use braggscape_crystal::{Element, Structure};

/// A structure reduced by [`crate::StructureMatcher::prepare`], for use with the same options.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The cell as given.
    pub(super) original: LabelledCell,
    /// The Niggli cell, primitive if the options say so.
    pub(super) reduced: LabelledCell,
    /// Distinct species of the sites.
    pub(super) species: Vec<Amounts>,
    /// Amounts of the elements, of total 1.
    pub(super) composition: Amounts,
}

impl Prepared {
    /// Reduces a structure; `primitive` is the site tolerance (Å) of the search for a primitive cell, if there is to be one.
    pub(crate) fn new(structure: &Structure, primitive: Option<f64>) -> Result<Self, MetricError> {
        let occupation = Occupation::new(structure)?;
        let composition = occupation.composition().fractions();
        let kinds = occupation
            .positions
            .iter()
            .map(|s| SiteKind { group: occupation.groups[*s as usize], species: *s })
            .collect();
        let original =
            LabelledCell { basis: Basis::from(structure.lattice()), kinds, frac: occupation.frac };
        let reduced = reduce(&original, primitive)?;
        Ok(Self { original, reduced, species: occupation.species, composition })
    }

    /// Number of sites of the reduced cell.
    pub fn n_sites(&self) -> usize {
        self.reduced.n_sites()
    }

    /// Basis of the reduced cell.
    pub fn basis(&self) -> &Basis {
        &self.reduced.basis
    }

    /// The reduced cell.
    pub(crate) fn cell(&self) -> &LabelledCell {
        &self.reduced
    }

    /// The species that the kinds of its sites name.
    pub(crate) fn species(&self) -> &[Amounts] {
        &self.species
    }

    /// Whether both hold the same elements in the same ratios.
    pub(crate) fn has_composition_of(&self, other: &Self) -> bool {
        self.composition.agrees(&other.composition)
    }

    /// The elements that occur.
    pub(super) fn elements(&self) -> Vec<Element> {
        self.composition.0.iter().map(|x| x.0).collect()
    }
}

/// Niggli cell, and primitive cell where a site tolerance (Å) is given.
pub(super) fn reduce(
    cell: &LabelledCell,
    primitive: Option<f64>,
) -> Result<LabelledCell, MetricError> {
    let niggli = cell.niggli_reduced()?;
    Ok(match primitive {
        Some(tolerance) => niggli.primitive(tolerance)?,
        None => niggli,
    })
}

/// Whether pymatgen takes `b` for the same input as `a`, so that it compares the reduced cell of `a` with itself.
///
/// Its reductions are remembered under keys that count as equal when the sites stand in the same order, the fractional
/// coordinates round alike to three decimals, lattice vectors agree within 1e-5 of themselves and positions within 1e-5 Å
/// plus 1e-5 of themselves. `class_of_b` gives the species of `b` as indices of the species of `a`.
pub(super) fn is_same_input(a: &LabelledCell, b: &LabelledCell, class_of_b: &[u32]) -> bool {
    let close = |x: f64, y: f64| (x - y).abs() <= 1e-5 + 1e-5 * y.abs();
    let key = |x: f64| ((x * 1000.0).round_ties_even() / 1000.0).to_bits();
    a.n_sites() == b.n_sites()
        && a.basis.is_close(&b.basis)
        && a.kinds.iter().zip(&b.kinds).all(|(x, y)| x.species == class_of_b[y.species as usize])
        && a.frac.iter().zip(&b.frac).all(|(x, y)| {
            let (p, q) = (a.basis.cart(*x), b.basis.cart(*y));
            (0..3).all(|k| key(x[k]) == key(y[k]) && close(p[k], q[k]))
        })
}
