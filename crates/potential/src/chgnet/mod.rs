//! CHGNet, a graph network for energies, forces, stresses and magnetic moments.
#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into the functions compiled for each vector width"
)]

mod angles;
mod atoms;
mod bases;
mod blocks;
mod dense;
mod error;
mod gated;
mod gates;
mod graph;
mod layers;
mod network;
mod norms;
mod quotient;
mod readout;
mod real;
mod rows;
mod space;
mod weights;

pub use error::ChgnetError;
pub use real::Real;
pub use weights::ChgnetWeights;

use crate::lennard_jones::whole_atoms;
use crate::pool::Pool;
use crate::{Evaluation, Potential, PotentialError};
use braggscape_crystal::Structure;
use network::Network;
use space::Space;

/// CHGNet 0.3.0 and models of the same shape (r2SCAN): elements hydrogen to plutonium.
///
/// Features of atoms, bonds within 6 Å and angles between bonds within 3 Å exchange messages in four layers; energies of atoms are
/// read from the features in the end, magnetic moments before the last layer. The energy is on the scale of the model's training
/// set (Materials Project, GGA and GGA+U, eV; or r2SCAN). Geometry is always in double precision, the network in `T`: single
/// precision keeps 1e-6 eV an atom and 1e-5 eV/Å. Energies and forces are smooth: every contribution ends with its first
/// derivative at the radius. Results do not depend on the machine.
///
/// Atoms, bonds and angles that are alike are evaluated once: a symmetric crystal costs as much as its asymmetric unit, a supercell
/// as its cell, and forces have the symmetry of the crystal to the last digits.
///
/// # References
/// B. Deng et al., Nat. Mach. Intell. 5, 1031 (2023), doi:10.1038/s42256-023-00716-3.
#[derive(Debug)]
pub struct Chgnet<T: Real = f32> {
    network: Box<Network<T>>,
    spaces: Pool<Space<T>>,
}

impl<T: Real> Chgnet<T> {
    /// The network with these weights.
    pub fn new(weights: &ChgnetWeights) -> Self {
        Self { network: Box::new(Network::new(weights)), spaces: Pool::default() }
    }
}

impl<T: Real> Potential for Chgnet<T> {
    fn evaluate(&self, structure: &Structure, out: &mut Evaluation) -> Result<(), PotentialError> {
        whole_atoms(structure)?;
        let largest = weights::ELEMENTS as u8;
        for (site_idx, site) in structure.sites().iter().enumerate() {
            if site.element.atomic_number() > largest {
                let (element, potential) = (site.element.symbol(), "CHGNet");
                return Err(PotentialError::UnknownElement {
                    site_idx,
                    element,
                    potential,
                    largest,
                });
            }
        }
        self.spaces.with(|space| self.network.evaluate(structure, space, out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::{CellParameters, Element, Lattice, Site};
    use nalgebra::Vector3;

    /// Weights that differ from place to place; nothing here asks for trained ones.
    fn weights() -> ChgnetWeights {
        let mut k = 0_u32;
        ChgnetWeights::from_fn(|name, inputs, place| {
            k = k.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
            let drawn = ((k >> 16) as f32 / 32_768.0) - 1.0;
            match inputs {
                _ if name.contains("fourier") => (place + 1) as f32,
                _ if name.ends_with("frequencies") => (place + 1) as f32 * std::f32::consts::PI,
                0 if name.contains("norm.weight") || name.contains("bn1.weight") => {
                    1.0 + 0.3 * drawn
                }
                0 => 0.3 * drawn,
                _ => drawn * (3.0 / inputs as f32).sqrt(),
            }
        })
    }

    fn crystal(cell: [f64; 6], sites: &[(&str, [f64; 3])]) -> Structure {
        let [a, b, c, alpha, beta, gamma] = cell;
        let cell = CellParameters::new(a, b, c, alpha, beta, gamma);
        let sites = sites.iter().map(|(element, x)| {
            Site::new(Element::from_symbol(element).unwrap(), Vector3::from(*x))
        });
        Structure::new(Lattice::from_parameters(&cell).unwrap(), sites.collect()).unwrap()
    }

    /// Crystals of which much is alike, larger ones first: rock salt and one atom moved out of it, baddeleyite, wurtzite, one atom that is its own
    /// neighbour, two that are each other's on both sides, an atom alone.
    fn crystals() -> Vec<Structure> {
        let salt = |x: f64| {
            let mut sites = Vec::new();
            for i in 0..8_u8 {
                let half = [i & 1, (i >> 1) & 1, i >> 2].map(|bit| 0.5 * f64::from(bit));
                sites.push((if i.count_ones() % 2 == 0 { "Mg" } else { "O" }, half));
            }
            sites[0].1[0] += x;
            crystal([4.2, 4.2, 4.2, 90.0, 90.0, 90.0], &sites)
        };
        let third = 1.0 / 3.0;
        let wurtzite = [
            ("Zn", [third, 2.0 * third, 0.0]),
            ("Zn", [2.0 * third, third, 0.5]),
            ("S", [third, 2.0 * third, 0.37]),
            ("S", [2.0 * third, third, 0.87]),
        ];
        let monoclinic = [
            ("Zr", [0.28, 0.04, 0.21]),
            ("Zr", [0.72, 0.54, 0.29]),
            ("Zr", [0.72, 0.96, 0.79]),
            ("Zr", [0.28, 0.46, 0.71]),
            ("O", [0.07, 0.33, 0.34]),
            ("O", [0.93, 0.83, 0.16]),
            ("O", [0.93, 0.67, 0.66]),
            ("O", [0.07, 0.17, 0.84]),
        ];
        vec![
            salt(0.0),
            salt(0.02),
            crystal([5.1, 5.2, 5.3, 90.0, 99.0, 90.0], &monoclinic),
            crystal([3.8, 3.8, 6.2, 90.0, 90.0, 120.0], &wurtzite),
            crystal([2.9, 2.9, 2.9, 90.0, 90.0, 90.0], &[("Po", [0.0; 3])]),
            crystal(
                [2.8, 4.1, 4.4, 90.0, 90.0, 90.0],
                &[("Fe", [0.0; 3]), ("Co", [0.5, 0.0, 0.1])],
            ),
            crystal([20.0, 20.0, 20.0, 90.0, 90.0, 90.0], &[("He", [0.0; 3])]),
        ]
    }

    fn agree<T: Real>(tolerance: f64) {
        // Buffers are those of the crystal before.
        let [all, one_of_each, usual] = [-1.0, 1e-9, T::ALIKE].map(|alike| {
            let mut potential = Chgnet::<T>::new(&weights());
            potential.network.alike = alike;
            potential
        });
        for s in crystals() {
            let mut expected = Evaluation::default();
            all.evaluate(&s, &mut expected).unwrap();
            let scale = 1.0 + expected.energy.abs() + expected.stress.amax();
            for potential in [&one_of_each, &usual] {
                let mut found = Evaluation::default();
                potential.evaluate(&s, &mut found).unwrap();
                let near = |a: f64, b: f64| (a - b).abs() < tolerance * scale;
                assert!(
                    near(expected.energy, found.energy),
                    "{} {}",
                    expected.energy,
                    found.energy
                );
                assert!(near((expected.stress - found.stress).amax(), 0.0), "{}", s.n_sites());
                assert_eq!((found.forces.len(), found.magmoms.len()), (s.n_sites(), s.n_sites()));
                for (a, b) in expected.forces.iter().zip(&found.forces) {
                    assert!(near((a - b).amax(), 0.0), "{a} {b}");
                }
                for (a, b) in expected.magmoms.iter().zip(&found.magmoms) {
                    assert!(near(*a, *b), "{a} {b}");
                }
            }
        }
    }

    #[test]
    fn one_of_each_class_stands_for_all() {
        agree::<f64>(1e-9);
        agree::<f32>(1e-5);
    }
}
