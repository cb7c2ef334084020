//! Messages from neighbours to atoms.
//!
//! m_e = GM([h_centre | b | h_neighbour]) w_bond; h_centre += W sum of m_e. GM is the gated perceptron.

use super::dense::{add_product, product};
use super::gated::{BOTH, WIDTH};
use super::layers::{AtomLayer, BASIS};
use super::real::Real;
use super::rows::{Pick, fill_rows, gather, room, scale, scatter, zeros};
use super::space::{Space, blocks};
use pulp::Simd;

/// Moves the features of atoms on by a layer.
#[inline(always)]
pub(super) fn forward<T: Real, S: Simd>(
    simd: S,
    layer: &AtomLayer<T>,
    l: usize,
    space: &mut Space<T>,
) {
    let Space { graph, bases, features, products, kept, block, .. } = space;
    let (n_atoms, n_bonds) = (features.atoms.len() / WIDTH, graph.bonds.len());
    room(&mut products.centre, n_atoms * BOTH);
    room(&mut products.neighbour, n_atoms * BOTH);
    room(&mut products.bond, n_bonds * BOTH);
    fill_rows(&mut products.centre, &layer.bias);
    add_product(simd, &layer.centre.forward, &features.atoms, &mut products.centre);
    product(simd, &layer.neighbour.forward, &features.atoms, &mut products.neighbour);
    let (short, long) = products.bond.split_at_mut(graph.n_short * BOTH);
    product(simd, &layer.bond.forward, &features.bonds, short);
    product(simd, &layer.basis.forward, &bases.radial[graph.n_short * BASIS..], long);
    zeros(&mut products.sums, n_atoms * WIDTH);
    let n_edges = graph.centre.len();
    kept[l].reserve(n_edges, true);
    for (from, to) in blocks(n_edges) {
        let mut rows = kept[l].block(from, to);
        let message = &mut block.message[..(to - from) * WIDTH];
        let [centre, neighbour, bond] =
            [&graph.centre, &graph.neighbour, &graph.bond].map(|index| &index[from..to]);
        let picks = [
            Pick { table: &products.centre, index: centre },
            Pick { table: &products.bond, index: bond },
            Pick { table: &products.neighbour, index: neighbour },
        ];
        gather::<T, S, BOTH, 3>(simd, picks, rows.first(&layer.gated));
        layer.gated.forward(simd, &mut rows, &mut block.hidden, message);
        scale(simd, message, Pick { table: &features.atom_weights, index: bond });
        scatter::<T, S, WIDTH>(simd, message, centre, &mut products.sums);
    }
    add_product(simd, &layer.out.forward, &products.sums, &mut features.atoms);
}

/// Takes the derivatives in features after the layer back to those before it. `deeper` if features of atoms before it depend on the
/// geometry.
#[inline(always)]
pub(super) fn backward<T: Real, S: Simd>(
    simd: S,
    layer: &AtomLayer<T>,
    l: usize,
    deeper: bool,
    space: &mut Space<T>,
) {
    let Space { graph, features, adjoints, products, kept, block, .. } = space;
    let (n_atoms, n_bonds) = (features.atoms.len() / WIDTH, graph.bonds.len());
    room(&mut products.sums, n_atoms * WIDTH);
    product(simd, &layer.out.backward, &adjoints.atoms, &mut products.sums);
    zeros(&mut products.bond, n_bonds * BOTH);
    zeros(&mut products.centre, n_atoms * BOTH);
    zeros(&mut products.neighbour, n_atoms * BOTH);
    for (from, to) in blocks(graph.centre.len()) {
        let rows = kept[l].block(from, to);
        let message = &mut block.message[..(to - from) * WIDTH];
        let weight = &mut block.weight[..(to - from) * WIDTH];
        let [centre, neighbour, bond] =
            [&graph.centre, &graph.neighbour, &graph.bond].map(|index| &index[from..to]);
        let of_bonds = Pick { table: &features.atom_weights, index: bond };
        gather::<T, S, WIDTH, 1>(simd, [Pick { table: &products.sums, index: centre }], message);
        gather::<T, S, WIDTH, 1>(simd, [of_bonds], weight);
        let scratch = [&mut block.hidden[..], &mut block.slope[..]];
        let first = layer.gated.backward(simd, &rows, scratch, message, Some(weight));
        scatter::<T, S, WIDTH>(simd, message, bond, &mut adjoints.atom_weights);
        scatter::<T, S, BOTH>(simd, first, bond, &mut products.bond);
        if deeper {
            scatter::<T, S, BOTH>(simd, first, centre, &mut products.centre);
            scatter::<T, S, BOTH>(simd, first, neighbour, &mut products.neighbour);
        }
    }
    let (short, long) = products.bond.split_at(graph.n_short * BOTH);
    add_product(simd, &layer.bond.backward, short, &mut adjoints.bonds);
    let radial = &mut adjoints.radial[graph.n_short * BASIS..];
    add_product(simd, &layer.basis.backward, long, radial);
    if deeper {
        add_product(simd, &layer.centre.backward, &products.centre, &mut adjoints.atoms);
        add_product(simd, &layer.neighbour.backward, &products.neighbour, &mut adjoints.atoms);
    }
}
