//! Messages from neighbours to atoms.
//!
//! m_e = GM([h_centre | b | h_neighbour]) w_bond; h_centre += W sum of m_e. GM is the gated perceptron.

use super::blocks::each_block;
use super::dense::{add_product, product};
use super::gated::{BOTH, Block, Factor, WIDTH};
use super::layers::{AtomLayer, BASIS};
use super::real::Real;
use super::rows::{Pick, fill_rows, gather, room, scatter, zeros};
use super::space::{BlockSpace, Products, Space};
use pulp::Simd;
use std::ops::Range;

/// Where derivatives are summed up.
struct Tables<'a, T> {
    weights: &'a mut [T],
    bond: &'a mut [T],
    centre: &'a mut [T],
    neighbour: &'a mut [T],
}

/// Moves the features of atoms on by a layer.
#[inline(always)]
pub(super) fn forward<T: Real, S: Simd>(
    simd: S,
    layer: &AtomLayer<T>,
    l: usize,
    space: &mut Space<T>,
) {
    let Space { quotient, bases, features, products, kept, blocks, .. } = space;
    let (edges, n_short) = (&quotient.edges, quotient.n_short);
    let (n_atoms, n_bonds) = (quotient.atoms.classes.len(), quotient.bonds.classes.len());
    room(&mut products.centre, n_atoms * BOTH);
    room(&mut products.neighbour, n_atoms * BOTH);
    room(&mut products.bond, n_bonds * BOTH);
    fill_rows(&mut products.centre, &layer.bias);
    add_product(simd, &layer.centre.forward, &features.atoms, &mut products.centre);
    product(simd, &layer.neighbour.forward, &features.atoms, &mut products.neighbour);
    let (short, long) = products.bond.split_at_mut(n_short * BOTH);
    product(simd, &layer.bond.forward, &features.bonds, short);
    product(simd, &layer.basis.forward, &bases.radial[n_short * BASIS..], long);
    zeros(&mut products.sums, n_atoms * WIDTH);
    let n_edges = edges.bond.len();
    kept[l].reserve(n_edges, true);
    let (of_centre, of_bond, of_neighbour) =
        (&products.centre[..], &products.bond[..], &products.neighbour[..]);
    let weights = &features.atom_weights[..];
    let work =
        |_: &Vec<T>, rows: Range<usize>, kept: &mut Block<'_, T>, space: &mut BlockSpace<T>| {
            let message = &mut space.message[..rows.len() * WIDTH];
            let [centre, neighbour, bond, times] =
                [&edges.centre, &edges.neighbour, &edges.bond, &edges.times]
                    .map(|index| &index[rows.clone()]);
            let picks = [
                Pick { table: of_centre, index: centre },
                Pick { table: of_bond, index: bond },
                Pick { table: of_neighbour, index: neighbour },
            ];
            gather::<T, S, BOTH, 3>(simd, picks, kept.first(&layer.gated));
            let factor = Factor { weights: Pick { table: weights, index: bond }, times };
            layer.gated.forward(simd, kept, &mut space.hidden, message, Some(factor));
        };
    let finish = |sums: &mut Vec<T>, rows: Range<usize>, space: &BlockSpace<T>| {
        let message = &space.message[..rows.len() * WIDTH];
        scatter::<T, S, WIDTH>(simd, message, &edges.centre[rows], sums);
    };
    each_block(n_edges, &mut kept[l], blocks, &mut products.sums, work, finish);
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
    let Space { quotient, features, adjoints, products, kept, blocks, .. } = space;
    let (edges, n_short) = (&quotient.edges, quotient.n_short);
    let (n_atoms, n_bonds) = (quotient.atoms.classes.len(), quotient.bonds.classes.len());
    room(&mut products.sums, n_atoms * WIDTH);
    product(simd, &layer.out.backward, &adjoints.atoms, &mut products.sums);
    zeros(&mut products.bond, n_bonds * BOTH);
    zeros(&mut products.centre, n_atoms * BOTH);
    zeros(&mut products.neighbour, n_atoms * BOTH);
    let Products { sums, centre, neighbour, bond, .. } = products;
    let weights = &features.atom_weights[..];
    let work = |_: &Tables<'_, T>,
                rows: Range<usize>,
                kept: &mut Block<'_, T>,
                space: &mut BlockSpace<T>| {
        let message = &mut space.message[..rows.len() * WIDTH];
        let [centre, bond, times] =
            [&edges.centre, &edges.bond, &edges.times].map(|index| &index[rows.clone()]);
        let factor = Factor { weights: Pick { table: weights, index: bond }, times };
        let scratch = [&mut space.hidden[..], &mut space.slope[..]];
        let from = Pick { table: &*sums, index: centre };
        layer.gated.backward(simd, kept, scratch, from, message, Some(factor));
    };
    let finish = |tables: &mut Tables<'_, T>, rows: Range<usize>, space: &BlockSpace<T>| {
        let message = &space.message[..rows.len() * WIDTH];
        let first = layer.gated.first(space, rows.len());
        let [centre, neighbour, bond] =
            [&edges.centre, &edges.neighbour, &edges.bond].map(|index| &index[rows.clone()]);
        scatter::<T, S, WIDTH>(simd, message, bond, tables.weights);
        scatter::<T, S, BOTH>(simd, first, bond, tables.bond);
        if deeper {
            scatter::<T, S, BOTH>(simd, first, centre, tables.centre);
            scatter::<T, S, BOTH>(simd, first, neighbour, tables.neighbour);
        }
    };
    let mut tables = Tables { weights: &mut adjoints.atom_weights, bond, centre, neighbour };
    each_block(edges.bond.len(), &mut kept[l], blocks, &mut tables, work, finish);
    let (short, long) = products.bond.split_at(n_short * BOTH);
    add_product(simd, &layer.bond.backward, short, &mut adjoints.bonds);
    let radial = &mut adjoints.radial[n_short * BASIS..];
    add_product(simd, &layer.basis.backward, long, radial);
    if deeper {
        add_product(simd, &layer.centre.backward, &products.centre, &mut adjoints.atoms);
        add_product(simd, &layer.neighbour.backward, &products.neighbour, &mut adjoints.atoms);
    }
}
