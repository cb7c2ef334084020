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
    /// Atom that an edge starts from.
    pub(super) centre: Vec<u32>,
    /// Atom that an edge leads to.
    pub(super) neighbour: Vec<u32>,
    /// Bond of an edge.
    pub(super) bond: Vec<u32>,
    /// Pairs of short edges with one centre.
    pub(super) angles: Vec<AnglePair>,
    /// Atom at the corner of an angle.
    pub(super) corner: Vec<u32>,
    /// First bond of an angle.
    pub(super) first: Vec<u32>,
    /// Second bond of an angle.
    pub(super) second: Vec<u32>,
    /// Pair of an angle.
    pub(super) pair: Vec<u32>,
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
        for list in [&mut self.centre, &mut self.neighbour, &mut self.bond] {
            list.clear();
        }
        for (u, bond) in self.bonds.iter().enumerate() {
            let (i, j) = (bond.first as u32, bond.second as u32);
            self.centre.extend([i, j]);
            self.neighbour.extend([j, i]);
            self.bond.extend([u as u32; 2]);
        }
        self.join(structure.n_sites());
        Ok(())
    }

    /// Finds the angles.
    fn join(&mut self, n_sites: usize) {
        for list in &mut self.around {
            list.clear();
        }
        self.around.resize_with(n_sites, Vec::new);
        for (edge, centre) in self.centre[..2 * self.n_short].iter().enumerate() {
            self.around[*centre as usize].push(edge as u32);
        }
        self.angles.clear();
        for list in [&mut self.corner, &mut self.first, &mut self.second, &mut self.pair] {
            list.clear();
        }
        for (atom, edges) in self.around[..n_sites].iter().enumerate() {
            for (at, second) in edges.iter().enumerate() {
                for first in &edges[..at] {
                    let p = self.angles.len() as u32;
                    self.angles.push(AnglePair { first: *first, second: *second });
                    self.corner.extend([atom as u32; 2]);
                    self.first.extend([first / 2, second / 2]);
                    self.second.extend([second / 2, first / 2]);
                    self.pair.extend([p; 2]);
                }
            }
        }
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
        assert_eq!((graph.n_short, graph.bonds.len(), graph.centre.len()), (3, 16, 32));
        assert_eq!((graph.angles.len(), graph.pair.len()), (15, 30));
        let straight = graph.angles.iter().filter(|p| {
            let ((a, _), (b, _)) = (graph.vector(p.first), graph.vector(p.second));
            (a + b).norm() < 1e-12
        });
        assert_eq!(straight.count(), 3);
        // Filling it again changes nothing.
        let before = graph.first.clone();
        graph.fill(&s).unwrap();
        assert_eq!(graph.first, before);
    }
}
