//! The points of a crystal: its positions in a reduced cell.

use crate::MetricError;
use braggscape_crystal::reduction::{Basis, lll};
use braggscape_crystal::{Element, Structure, wrap_unit};

/// Fractional distance below which partly occupied sites share one position, as in the matcher.
const SAME_POSITION: f64 = 1e-8;

/// Positions of a crystal in the LLL-reduced cell of its lattice.
#[derive(Debug)]
pub(super) struct Motif {
    /// The reduced cell, vectors as rows.
    pub(super) basis: Basis,
    /// Distances between its faces, Å: a point with fractional coordinate f is at least |f| times as far from the origin.
    pub(super) spacings: [f64; 3],
    /// Volume of the cell, Å^3.
    pub(super) volume: f64,
    /// Fractional coordinates in [0, 1), one list an axis.
    pub(super) frac: [Vec<f64>; 3],
    /// The element at each position.
    pub(super) elements: Vec<Element>,
    /// Occupancy of that element.
    occupancies: Vec<f64>,
}

impl Default for Motif {
    fn default() -> Self {
        Self {
            basis: Basis([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            spacings: [1.0; 3],
            volume: 1.0,
            frac: Default::default(),
            elements: Vec::new(),
            occupancies: Vec::new(),
        }
    }
}

impl Motif {
    /// Takes the positions of a structure; partly occupied sites at one position are one point, of the element that fills
    /// most of it (of equal ones, that of the lowest atomic number).
    pub(super) fn fill(&mut self, structure: &Structure) -> Result<(), MetricError> {
        let reduced = lll(&Basis(structure.lattice().rows()))?;
        let mapping = reduced.inverse_mapping();
        self.basis = reduced.basis;
        self.volume = self.basis.volume();
        self.spacings = self.basis.reciprocal_lengths().map(|x| 1.0 / x);
        self.frac.iter_mut().for_each(Vec::clear);
        self.elements.clear();
        self.occupancies.clear();
        for site in structure.sites() {
            let f = [site.frac.x, site.frac.y, site.frac.z];
            let f: [f64; 3] = std::array::from_fn(|k| {
                wrap_unit(f[0] * mapping[0][k] + f[1] * mapping[1][k] + f[2] * mapping[2][k])
            });
            if site.occupancy < 1.0
                && let Some(i) = self.partial_at(&f)
            {
                let (known, filled) = (self.elements[i], self.occupancies[i]);
                let larger =
                    site.occupancy > filled || (site.occupancy >= filled && site.element < known);
                if larger {
                    (self.elements[i], self.occupancies[i]) = (site.element, site.occupancy);
                }
                continue;
            }
            for (list, f) in self.frac.iter_mut().zip(f) {
                list.push(f);
            }
            self.elements.push(site.element);
            self.occupancies.push(site.occupancy);
        }
        Ok(())
    }

    /// The partly occupied position at these coordinates.
    fn partial_at(&self, f: &[f64; 3]) -> Option<usize> {
        (0..self.elements.len()).find(|&i| {
            self.occupancies[i] < 1.0
                && (0..3).all(|k| {
                    let d = wrap_unit(self.frac[k][i] - f[k]);
                    d.min(1.0 - d) < SAME_POSITION
                })
        })
    }

    /// Number of points in the cell.
    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    /// Fractional coordinates of a point.
    pub(super) fn point(&self, i: usize) -> [f64; 3] {
        [self.frac[0][i], self.frac[1][i], self.frac[2][i]]
    }
}
