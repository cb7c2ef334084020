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
mod graph;
mod layers;
mod network;
mod norms;
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
