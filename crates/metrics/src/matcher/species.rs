//! What occupies a site, and when two sites are alike.

use braggscape_crystal::{Element, Structure, wrap_unit};
use std::cmp::Ordering;
use std::fmt::Write;

use crate::MetricError;

/// Amounts that differ by less count as equal.
pub(super) const AMOUNT_TOLERANCE: f64 = 1e-8;

/// Fractional distance below which sites share one position.
const SAME_POSITION: f64 = 1e-8;

/// Elements and their amounts, by ascending atomic number.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Amounts(pub(crate) Vec<(Element, f64)>);

impl Amounts {
    pub(super) fn add(&mut self, element: Element, amount: f64) {
        match self.0.binary_search_by_key(&element, |x| x.0) {
            Ok(i) => self.0[i].1 += amount,
            Err(i) => self.0.insert(i, (element, amount)),
        }
    }

    pub(super) fn total(&self) -> f64 {
        self.0.iter().map(|x| x.1).sum()
    }

    /// Equality of elements, and of amounts within the tolerance.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self
                .0
                .iter()
                .zip(&other.0)
                .all(|(x, y)| x.0 == y.0 && (x.1 - y.1).abs() <= AMOUNT_TOLERANCE)
    }

    /// Amounts divided by their total.
    pub(super) fn fractions(&self) -> Self {
        let total = self.total();
        Self(self.0.iter().map(|(e, x)| (*e, x / total)).collect())
    }

    /// The same amounts of other elements; `from[i]` becomes `to[i]`.
    pub(super) fn substituted(&self, from: &[Element], to: &[Element]) -> Self {
        let mut out = Self::default();
        for (element, amount) in &self.0 {
            let at = from.iter().position(|e| e == element);
            out.add(at.map_or(*element, |i| to[i]), *amount);
        }
        out
    }

    /// The text by which sites are grouped and sorted before a primitive search: the symbol of a full site, else
    /// `symbol:amount` with three digits, by electronegativity.
    fn label(&self) -> String {
        if let [(element, amount)] = self.0[..]
            && (amount - 1.0).abs() < f64::EPSILON
        {
            return element.symbol().to_owned();
        }
        let mut parts = self.0.clone();
        parts.sort_by(|x, y| by_electronegativity(x.0, y.0));
        let mut text = String::new();
        for (i, (element, amount)) in parts.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            let _ = write!(text, "{separator}{element}:{}", three_digits(*amount));
        }
        text
    }
}

/// Three significant digits without trailing zeros.
fn three_digits(x: f64) -> String {
    let decimals = (2 - libm::floor(libm::log10(x)) as i32).max(0) as usize;
    let text = format!("{x:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

fn by_electronegativity(x: Element, y: Element) -> Ordering {
    let value = |e: Element| {
        let v = ELECTRONEGATIVITY[usize::from(e.atomic_number()) - 1];
        if v > 0.0 { v } else { f64::INFINITY }
    };
    value(x).total_cmp(&value(y)).then_with(|| x.symbol().cmp(y.symbol()))
}

/// Pauling electronegativities of hydrogen to oganesson, 0 where there is none (WebElements, as tabulated by pymatgen).
#[rustfmt::skip]
const ELECTRONEGATIVITY: [f64; 118] = [
    2.2, 0.0, 0.98, 1.57, 2.04, 2.55, 3.04, 3.44, 3.98, 0.0, 0.93, 1.31, 1.61, 1.9, 2.19, 2.58, 3.16, 0.0, 0.82, 1.0,
    1.36, 1.54, 1.63, 1.66, 1.55, 1.83, 1.88, 1.91, 1.9, 1.65, 1.81, 2.01, 2.18, 2.55, 2.96, 3.0, 0.82, 0.95, 1.22, 1.33,
    1.6, 2.16, 1.9, 2.2, 2.28, 2.2, 1.93, 1.69, 1.78, 1.96, 2.05, 2.1, 2.66, 2.6, 0.79, 0.89, 1.1, 1.12, 1.13, 1.14,
    1.13, 1.17, 1.2, 1.2, 1.1, 1.22, 1.23, 1.24, 1.25, 1.1, 1.27, 1.3, 1.5, 2.36, 1.9, 2.2, 2.2, 2.28, 2.54, 2.0,
    1.62, 2.33, 2.02, 2.0, 2.2, 2.2, 0.7, 0.9, 1.1, 1.3, 1.5, 1.38, 1.36, 1.28, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3,
    1.3, 1.3, 1.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
];

/// The distinct species of a structure and, for each of its positions, which one is there.
pub(super) struct Occupation {
    /// Distinct species.
    pub(super) species: Vec<Amounts>,
    /// Rank of the label of each of them.
    pub(super) groups: Vec<u32>,
    /// Index into `species` of each position, in the order of the sites.
    pub(super) positions: Vec<u32>,
    /// Fractional coordinates of each position.
    pub(super) frac: Vec<[f64; 3]>,
}

impl Occupation {
    /// Joins partly occupied sites at one position and finds the distinct species.
    pub(super) fn new(structure: &Structure) -> Result<Self, MetricError> {
        let mut frac: Vec<[f64; 3]> = Vec::with_capacity(structure.n_sites());
        let mut amounts: Vec<(usize, Amounts)> = Vec::with_capacity(structure.n_sites());
        let mut partial: Vec<usize> = Vec::new();
        for (site_idx, site) in structure.sites().iter().enumerate() {
            let here = [site.frac.x, site.frac.y, site.frac.z];
            let is_partial = site.occupancy < 1.0;
            let shared = partial.iter().copied().filter(|_| is_partial).find(|i| {
                (0..3).all(|k| {
                    let d = wrap_unit(frac[*i][k] - here[k]);
                    d.min(1.0 - d) < SAME_POSITION
                })
            });
            if let Some(i) = shared {
                amounts[i].1.add(site.element, site.occupancy);
            } else {
                if is_partial {
                    partial.push(frac.len());
                }
                frac.push(here);
                amounts.push((site_idx, Amounts(vec![(site.element, site.occupancy)])));
            }
        }
        let mut species: Vec<Amounts> = Vec::new();
        let mut positions = Vec::with_capacity(frac.len());
        for (site_idx, a) in amounts {
            let occupancy = a.total();
            if occupancy > 1.0 + AMOUNT_TOLERANCE {
                return Err(MetricError::Overfull { site_idx, occupancy });
            }
            let known = species.iter().position(|s| s.agrees(&a));
            positions.push(known.unwrap_or(species.len()) as u32);
            if known.is_none() {
                species.push(a);
            }
        }
        let labels: Vec<String> = species.iter().map(Amounts::label).collect();
        let mut sorted = labels.clone();
        sorted.sort();
        sorted.dedup();
        let groups = labels.iter().map(|l| sorted.partition_point(|s| s < l) as u32).collect();
        Ok(Self { species, groups, positions, frac })
    }

    /// Total amounts of the elements in the cell.
    pub(super) fn composition(&self) -> Amounts {
        let mut total = Amounts::default();
        for at in &self.positions {
            for (element, amount) in &self.species[*at as usize].0 {
                total.add(*element, *amount);
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::{Lattice, Site};
    use nalgebra::Vector3;

    fn element(symbol: &str) -> Element {
        Element::from_symbol(symbol).unwrap()
    }

    #[test]
    fn shared_positions_become_one_and_labels_follow_electronegativity() {
        let site = |s: &str, x: f64, occupancy: f64| Site {
            element: element(s),
            frac: Vector3::new(x, 0.0, 0.0),
            occupancy,
        };
        let lattice =
            Lattice::from_rows([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]]).unwrap();
        let s = Structure::new(
            lattice,
            vec![site("Na", 0.0, 0.25), site("Cl", 0.5, 1.0), site("K", 1.0, 0.75)],
        )
        .unwrap();
        let o = Occupation::new(&s).unwrap();
        assert_eq!(o.positions, [0, 1]);
        assert_eq!(o.species[0].label(), "K:0.75, Na:0.25");
        assert_eq!(o.species[1].label(), "Cl");
        assert_eq!(o.groups, [1, 0]);
        let overfull =
            Structure::new(lattice, vec![site("Na", 0.0, 0.75), site("K", 0.0, 0.75)]).unwrap();
        assert!(matches!(
            Occupation::new(&overfull),
            Err(MetricError::Overfull { site_idx: 0, .. })
        ));
    }

    #[test]
    fn digits() {
        assert_eq!(three_digits(1.0 / 3.0), "0.333");
        assert_eq!(three_digits(0.5), "0.5");
        assert_eq!(three_digits(0.012345), "0.0123");
        assert_eq!(three_digits(0.9999), "1");
    }
}
