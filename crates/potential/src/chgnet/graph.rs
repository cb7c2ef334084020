//! The graphs of a crystal: bonds within 6 Å between atoms, angles within 3 Å between bonds.

use crate::PotentialError;
use crate::neighbours::{Pair, pairs};
use braggscape_crystal::Structure;
use nalgebra::Vector3;

/// Radius of bonds, Å.
pub(super) const CUTOFF: f64 = 6.0;
/// Radius of bonds that form angles, Å.
pub(super) const SHORT: f64 = 3.0;

/// Bonds and angles. Bond u is two edges: 2u from its first atom to its second, 2u + 1 back. Angle pair p is two angles: 2p and, its
/// bonds exchanged, 2p + 1.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Short bonds first.
    pub(super) bonds: Vec<Pair>,
    /// How many are short.
    pub(super) n_short: usize,
    /// Pairs of short edges with one centre.
    pub(super) angles: Vec<AnglePair>,
    /// Their cosines.
    pub(super) cosines: Vec<f64>,
    /// Short edges of each atom.
    around: Vec<Vec<u32>>,
}

/// Two short edges with one centre.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnglePair {
    /// Edge.
    pub(super) first: u32,
    /// Another edge.
    pub(super) second: u32,
}

impl Graph {
    /// Turns to another crystal.
    pub(super) fn fill(&mut self, structure: &Structure) -> Result<(), PotentialError> {
        pairs(structure, CUTOFF, &mut self.bonds)?;
        // Stable: the order within each kind stays.
        self.bonds.sort_by_key(|b| b.distance >= SHORT);
        self.n_short = self.bonds.partition_point(|b| b.distance < SHORT);
        self.join(structure.n_sites());
        Ok(())
    }

    /// Finds the angles.
    fn join(&mut self, n_sites: usize) {
        for list in &mut self.around {
            list.clear();
        }
        self.around.resize_with(n_sites, Vec::new);
        for edge in 0..2 * self.n_short {
            let centre = self.centre(edge);
            self.around[centre].push(edge as u32);
        }
        self.angles.clear();
        for edges in &self.around[..n_sites] {
            for (at, second) in edges.iter().enumerate() {
                let pairs =
                    edges[..at].iter().map(|first| AnglePair { first: *first, second: *second });
                self.angles.extend(pairs);
            }
        }
        let mut cosines = std::mem::take(&mut self.cosines);
        cosines.clear();
        cosines.extend(self.angles.iter().map(|pair| {
            let ((a, da), (b, db)) = (self.vector(pair.first), self.vector(pair.second));
            a.dot(&b) / (da * db)
        }));
        self.cosines = cosines;
    }

    /// Atom that an edge starts from.
    pub(super) fn centre(&self, edge: usize) -> usize {
        let bond = &self.bonds[edge / 2];
        if edge.is_multiple_of(2) { bond.first } else { bond.second }
    }

    /// Edges of an angle in their order.
    pub(super) fn edges_of(&self, angle: usize) -> (usize, usize) {
        let AnglePair { first, second } = self.angles[angle / 2];
        let (a, b) = (first as usize, second as usize);
        if angle.is_multiple_of(2) { (a, b) } else { (b, a) }
    }

    /// From the atom that an edge leads to, to the one that it starts from, Å, and its length.
    pub(super) fn vector(&self, edge: u32) -> (Vector3<f64>, f64) {
        let bond = &self.bonds[edge as usize / 2];
        let vector = if edge.is_multiple_of(2) { bond.vector } else { -bond.vector };
        (vector, bond.distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::{Element, Lattice, Site};

    #[test]
    fn a_simple_cubic_crystal_has_the_angles_of_an_octahedron() {
        let lattice =
            Lattice::from_rows([[2.9, 0.0, 0.0], [0.0, 2.9, 0.0], [0.0, 0.0, 2.9]]).unwrap();
        let po = Element::from_symbol("Po").unwrap();
        let s = Structure::new(lattice, vec![Site::new(po, Vector3::zeros())]).unwrap();
        let mut graph = Graph::default();
        graph.fill(&s).unwrap();
        // 6 neighbours at 2.9 Å, 12 at 4.1 Å, 8 at 5.02 Å, 6 at 5.8 Å.
        assert_eq!((graph.n_short, graph.bonds.len(), graph.angles.len()), (3, 16, 15));
        let straight = graph.angles.iter().filter(|p| {
            let ((a, _), (b, _)) = (graph.vector(p.first), graph.vector(p.second));
            (a + b).norm() < 1e-12
        });
        assert_eq!(straight.count(), 3);
        // Filling it again changes nothing.
        let before = graph.cosines.clone();
        graph.fill(&s).unwrap();
        assert_eq!(graph.cosines, before);
    }
}
