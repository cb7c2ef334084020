//! One evaluation: forward through the layers, and back from the energy to the positions.

use super::dense::{add_product, product};
use super::gated::WIDTH;
use super::graph::{CUTOFF, SHORT};
use super::layers::{BASIS, Layers};
use super::real::Real;
use super::rows::{room, zeros};
use super::space::Space;
use super::{angles, atoms, bases, readout};
use crate::{Evaluation, PotentialError};
use braggscape_crystal::Structure;
use pulp::{Simd, WithSimd};

/// The layers and the frequencies of the functions that they act on.
#[derive(Debug, Clone)]
pub(crate) struct Network<T> {
    layers: Layers<T>,
    long: bases::Frequencies,
    short: bases::Frequencies,
    /// Lengths, Å, and cosines that differ less are alike; see [`Quotient`](super::quotient::Quotient).
    pub(super) alike: f64,
}

impl<T: Real> Network<T> {
    pub(super) fn new(weights: &super::ChgnetWeights) -> Self {
        let layers = Layers::new(weights);
        let long = bases::Frequencies::new(&layers.radial[0], CUTOFF);
        let short = bases::Frequencies::new(&layers.radial[1], SHORT);
        Self { layers, long, short, alike: T::ALIKE }
    }

    /// Energy, forces, stress and moments of a crystal of elements up to plutonium.
    pub(super) fn evaluate(
        &self,
        structure: &Structure,
        space: &mut Space<T>,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        space.graph.fill(structure)?;
        let elements = structure.sites().iter().map(|s| u64::from(s.element.atomic_number()));
        space.quotient.fill(&space.graph, elements, self.alike);
        out.reset(structure.n_sites());
        pulp::Arch::new().dispatch(Pass { network: self, structure, space, out });
        out.check()
    }
}

struct Pass<'a, T: Real> {
    network: &'a Network<T>,
    structure: &'a Structure,
    space: &'a mut Space<T>,
    out: &'a mut Evaluation,
}

impl<T: Real> WithSimd for Pass<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { network, structure, space, out } = self;
        let layers = &network.layers;
        functions(simd, network, space);
        embed(simd, layers, structure, space);
        let has_angles = space.quotient.angles.len() > 0;
        for l in 0..3 {
            atoms::forward(simd, &layers.atoms[l], l, space);
            if has_angles {
                angles::forward(simd, &layers.bonds[l], l, space);
                if l < 2 {
                    angles::forward(simd, &layers.angles[l], l, space);
                }
            }
        }
        let sites = &space.quotient.atoms.of;
        readout::moments(&layers.moment, &space.features.atoms, sites, &mut out.magmoms);
        atoms::forward(simd, &layers.atoms[3], 3, space);

        begin_back(space);
        let (features, adjoints) = (&space.features, &mut space.adjoints);
        let (atoms, classes) = (&features.atoms, &space.quotient.atoms.classes);
        out.energy = readout::energy(simd, &layers.readout, atoms, classes, &mut adjoints.atoms);
        atoms::backward(simd, &layers.atoms[3], 3, true, space);
        for l in (0..3).rev() {
            if has_angles {
                if l < 2 {
                    angles::backward(simd, &layers.angles[l], l, space);
                }
                angles::backward(simd, &layers.bonds[l], l, space);
            }
            atoms::backward(simd, &layers.atoms[l], l, l > 0, space);
        }
        finish_back(simd, network, structure, space, out);
    }
}

/// Radial and angular functions.
#[inline(always)]
fn functions<T: Real, S: Simd>(simd: S, network: &Network<T>, space: &mut Space<T>) {
    let Space { quotient, bases, .. } = space;
    let (all, short) = (&quotient.distances, &quotient.distances[..quotient.n_short]);
    bases::radial(simd, &network.long, all, &mut bases.radial, &mut bases.radial_slopes);
    bases::radial(simd, &network.short, short, &mut bases.short, &mut bases.short_slopes);
    bases::angular(simd, &network.layers.angular, &quotient.cosines, &mut bases.angular);
}

/// Features before the first layer, and weights.
#[inline(always)]
fn embed<T: Real, S: Simd>(
    simd: S,
    layers: &Layers<T>,
    structure: &Structure,
    space: &mut Space<T>,
) {
    let Space { quotient, bases, features, .. } = space;
    let (n_bonds, n_short) = (quotient.bonds.classes.len(), quotient.n_short);
    features.atoms.clear();
    for class in &quotient.atoms.classes {
        let element = structure.sites()[class.first as usize].element;
        features.atoms.extend(layers.embedding(element.atomic_number()));
    }
    room(&mut features.bonds, n_short * WIDTH);
    room(&mut features.atom_weights, n_bonds * WIDTH);
    room(&mut features.bond_weights, n_short * WIDTH);
    room(&mut features.angle_pairs, quotient.pairs.classes.len() * WIDTH);
    room(&mut features.angles, quotient.angles.len() * WIDTH);
    let radial = &bases.radial[..n_short * BASIS];
    product(simd, &layers.bond_embedding.forward, radial, &mut features.bonds);
    product(simd, &layers.atom_weights.forward, &bases.radial, &mut features.atom_weights);
    product(simd, &layers.bond_weights.forward, &bases.short, &mut features.bond_weights);
    product(simd, &layers.angle_embedding.forward, &bases.angular, &mut features.angle_pairs);
}

/// No derivatives yet.
fn begin_back<T: Real>(space: &mut Space<T>) {
    let (quotient, adjoints) = (&space.quotient, &mut space.adjoints);
    let (n_bonds, n_short) = (quotient.bonds.classes.len(), quotient.n_short);
    let n_pairs = quotient.pairs.classes.len();
    zeros(&mut adjoints.bonds, n_short * WIDTH);
    zeros(&mut adjoints.angles, quotient.angles.len() * WIDTH);
    zeros(&mut adjoints.angle_pairs, n_pairs * WIDTH);
    zeros(&mut adjoints.atom_weights, n_bonds * WIDTH);
    zeros(&mut adjoints.bond_weights, n_short * WIDTH);
    zeros(&mut adjoints.radial, n_bonds * BASIS);
    zeros(&mut adjoints.short, n_short * BASIS);
    zeros(&mut adjoints.angular, n_pairs * BASIS);
}

/// From derivatives in features and weights to forces and stress; free atoms to the energy.
#[inline(always)]
fn finish_back<T: Real, S: Simd>(
    simd: S,
    network: &Network<T>,
    structure: &Structure,
    space: &mut Space<T>,
    out: &mut Evaluation,
) {
    let layers = &network.layers;
    let Space { graph, quotient, bases, adjoints, pull, .. } = space;
    let radial = &mut adjoints.radial;
    let short = &mut radial[..quotient.n_short * BASIS];
    add_product(simd, &layers.bond_embedding.backward, &adjoints.bonds, short);
    add_product(simd, &layers.atom_weights.backward, &adjoints.atom_weights, radial);
    let weights = &layers.bond_weights.backward;
    add_product(simd, weights, &adjoints.bond_weights, &mut adjoints.short);
    let embedding = &layers.angle_embedding.backward;
    add_product(simd, embedding, &adjoints.angle_pairs, &mut adjoints.angular);
    pull.begin(graph.bonds.len());
    pull.radial(graph, &quotient.bonds, &bases.radial_slopes, &adjoints.radial);
    pull.radial(graph, &quotient.bonds, &bases.short_slopes, &adjoints.short);
    let pairs = &quotient.pairs;
    pull.angular(&layers.angular, graph, pairs, &bases.angular, &adjoints.angular);
    let virial = pull.finish(graph, &mut out.forces);
    out.set_stress(&virial, structure.lattice().volume());
    for site in structure.sites() {
        out.energy += layers.references[usize::from(site.element.atomic_number()) - 1];
    }
}
