//! Messages along angles, to bonds and to the angles themselves.
//!
//! For an angle of the bonds b and b' at an atom with features h: to bonds, m = GM([b | b' | a | h]) w w' and b += W sum of m; to
//! angles, a += GM([b | b' | a | h]). GM is the gated perceptron, w and w' are weights of the bonds; w is the same for all messages to a bond, and
//! follows the sum.

use super::blocks::each_block;
use super::dense::{Rows, Start, accumulate, add_product, product};
use super::gated::{BOTH, Block, Factor, WIDTH};
use super::layers::AngleLayer;
use super::quotient::Quotient;
use super::real::Real;
use super::rows::{Pick, add, add_products, fill_rows, gather, multiply, room, scatter, zeros};
use super::space::{BlockSpace, Products, ROWS, Space};
use pulp::Simd;
use std::ops::Range;

/// Where derivatives are summed up.
struct Tables<'a, T> {
    weights: &'a mut [T],
    angles: &'a mut [T],
    edge: &'a mut [T],
    second: &'a mut [T],
    pair: &'a mut [T],
}

/// Index of an angle layer among what is kept, behind four layers of atoms.
fn slot(l: usize, to_bonds: bool) -> usize {
    4 + 2 * l + usize::from(!to_bonds)
}

/// Rows of a block as they come.
const IN_ORDER: [u32; ROWS] = {
    let mut rows = [0; ROWS];
    let mut r = 0;
    while r < ROWS {
        rows[r] = r as u32;
        r += 1;
    }
    rows
};

/// Moves the features of bonds, or of angles, on by layer `l`.
#[inline(always)]
pub(super) fn forward<T: Real, S: Simd>(
    simd: S,
    layer: &AngleLayer<T>,
    l: usize,
    space: &mut Space<T>,
) {
    let Space { quotient, bases, features, products, kept, blocks, .. } = space;
    let to_bonds = layer.out.is_some();
    let (edges, rows_of) = (&quotient.edges, &quotient.angles);
    let n_angles = rows_of.len();
    reserve(products, quotient);
    fill_rows(&mut products.centre, &layer.bias);
    add_product(simd, &layer.centre.forward, &features.atoms, &mut products.centre);
    product(simd, &layer.first.forward, &features.bonds, &mut products.first);
    product(simd, &layer.second.forward, &features.bonds, &mut products.second);
    if l == 0 {
        room(&mut products.pair, quotient.pairs.classes.len() * BOTH);
        product(simd, &layer.basis.forward, &bases.angular, &mut products.pair);
    }
    let Products { centre, first, second, edge, pair, sums, .. } = products;
    let of_edges = [
        Pick { table: &*centre, index: &edges.centre[..edges.n_short] },
        Pick { table: &*first, index: &edges.bond[..edges.n_short] },
    ];
    gather::<T, S, BOTH, 2>(simd, of_edges, edge);
    zeros(sums, quotient.n_short * WIDTH);
    let kept = &mut kept[slot(l, to_bonds)];
    kept.reserve(n_angles, to_bonds);
    let weights = &features.bond_weights[..];
    let pairs = &features.angle_pairs[..];
    let work = |(_, angles): &(&mut [T], &mut [T]),
                rows: Range<usize>,
                kept: &mut Block<'_, T>,
                space: &mut BlockSpace<T>| {
        let message = &mut space.message[..rows.len() * WIDTH];
        let [of_edge, of_second, of_pair, times] =
            [&rows_of.edge, &rows_of.second, &rows_of.pair, &rows_of.times]
                .map(|index| &index[rows.clone()]);
        let picks =
            [Pick { table: edge, index: of_edge }, Pick { table: second, index: of_second }];
        let pre = kept.first(&layer.gated);
        if l == 0 {
            let [e, s] = picks;
            let p = Pick { table: pair, index: of_pair };
            gather::<T, S, BOTH, 3>(simd, [e, s, p], pre);
        } else {
            gather::<T, S, BOTH, 2>(simd, picks, pre);
            let angles = Rows { data: &angles[rows.start * WIDTH..], stride: WIDTH };
            accumulate(simd, &layer.angle.forward, angles, Start::Present, (pre, BOTH, 0));
        }
        let weights = Pick { table: weights, index: of_second };
        let factor = to_bonds.then_some(Factor { weights, times });
        layer.gated.forward(simd, kept, &mut space.hidden, message, factor);
    };
    let finish =
        |(sums, angles): &mut (&mut [T], &mut [T]), rows: Range<usize>, space: &BlockSpace<T>| {
            let message = &space.message[..rows.len() * WIDTH];
            if to_bonds {
                scatter::<T, S, WIDTH>(simd, message, &rows_of.first[rows], sums);
                return;
            }
            let angles = &mut angles[rows.start * WIDTH..rows.end * WIDTH];
            if l == 0 {
                let of_pair = Pick { table: pairs, index: &rows_of.pair[rows] };
                gather::<T, S, WIDTH, 1>(simd, [of_pair], angles);
            }
            add(simd, message, angles);
        };
    let mut tables = (&mut sums[..], &mut features.angles[..]);
    each_block(n_angles, kept, blocks, &mut tables, work, finish);
    if let Some(out) = &layer.out {
        features.bond_sums[l].clone_from(sums);
        multiply(simd, sums, &features.bond_weights);
        add_product(simd, &out.forward, sums, &mut features.bonds);
    }
}

/// Takes the derivatives in features after the layer back to those before it.
#[inline(always)]
pub(super) fn backward<T: Real, S: Simd>(
    simd: S,
    layer: &AngleLayer<T>,
    l: usize,
    space: &mut Space<T>,
) {
    let Space { quotient, features, adjoints, products, kept, blocks, .. } = space;
    let to_bonds = layer.out.is_some();
    let (edges, rows_of) = (&quotient.edges, &quotient.angles);
    reserve(products, quotient);
    if let Some(out) = &layer.out {
        let sums = &mut products.sums;
        room(sums, quotient.n_short * WIDTH);
        product(simd, &out.backward, &adjoints.bonds, sums);
        add_products(simd, sums, &features.bond_sums[l], &mut adjoints.bond_weights);
        multiply(simd, sums, &features.bond_weights);
    }
    let Products { sums, centre, first, second, edge, pair, .. } = products;
    for table in [&mut *edge, &mut *second] {
        table.fill(T::default());
    }
    if l == 0 {
        zeros(pair, quotient.pairs.classes.len() * BOTH);
    }
    let weights = &features.bond_weights[..];
    let work = |tables: &Tables<'_, T>,
                rows: Range<usize>,
                kept: &mut Block<'_, T>,
                space: &mut BlockSpace<T>| {
        let n = rows.len() * WIDTH;
        let message = &mut space.message[..n];
        let scratch = [&mut space.hidden[..], &mut space.slope[..]];
        let [first, second, times] =
            [&rows_of.first, &rows_of.second, &rows_of.times].map(|index| &index[rows.clone()]);
        let after = &tables.angles[rows.start * WIDTH..rows.end * WIDTH];
        let pre = if to_bonds {
            let factor = Factor { weights: Pick { table: weights, index: second }, times };
            let from = Pick { table: &*sums, index: first };
            layer.gated.backward(simd, kept, scratch, from, message, Some(factor))
        } else {
            let from = Pick { table: after, index: &IN_ORDER[..rows.len()] };
            layer.gated.backward(simd, kept, scratch, from, message, None)
        };
        if l > 0 {
            let angles = &mut space.angles[..n];
            angles.copy_from_slice(after);
            let pre = Rows { data: pre, stride: BOTH };
            accumulate(simd, &layer.angle.backward, pre, Start::Present, (angles, WIDTH, 0));
        }
    };
    let finish = |tables: &mut Tables<'_, T>, rows: Range<usize>, space: &BlockSpace<T>| {
        let n = rows.len() * WIDTH;
        let pre = layer.gated.first(space, rows.len());
        let [edge, second, pair] =
            [&rows_of.edge, &rows_of.second, &rows_of.pair].map(|i| &i[rows.clone()]);
        if to_bonds {
            scatter::<T, S, WIDTH>(simd, &space.message[..n], second, tables.weights);
        }
        scatter::<T, S, BOTH>(simd, pre, edge, tables.edge);
        scatter::<T, S, BOTH>(simd, pre, second, tables.second);
        if l == 0 {
            scatter::<T, S, BOTH>(simd, pre, pair, tables.pair);
        } else {
            tables.angles[rows.start * WIDTH..rows.end * WIDTH].copy_from_slice(&space.angles[..n]);
        }
    };
    let (weights, angles) = (&mut adjoints.bond_weights[..], &mut adjoints.angles[..]);
    let mut tables =
        Tables { weights, angles, edge: &mut *edge, second: &mut *second, pair: &mut *pair };
    each_block(rows_of.len(), &mut kept[slot(l, to_bonds)], blocks, &mut tables, work, finish);
    if l == 0 {
        add_product(simd, &layer.basis.backward, pair, &mut adjoints.angular);
        if !to_bonds {
            // Angles had the features of their pairs before.
            scatter::<T, S, WIDTH>(
                simd,
                &adjoints.angles,
                &rows_of.pair,
                &mut adjoints.angle_pairs,
            );
        }
    }
    for (table, index) in [(&mut *centre, &edges.centre), (&mut *first, &edges.bond)] {
        table.fill(T::default());
        scatter::<T, S, BOTH>(simd, edge, &index[..edges.n_short], table);
    }
    add_product(simd, &layer.centre.backward, centre, &mut adjoints.atoms);
    add_product(simd, &layer.first.backward, first, &mut adjoints.bonds);
    add_product(simd, &layer.second.backward, second, &mut adjoints.bonds);
}

fn reserve<T: Real>(products: &mut Products<T>, quotient: &Quotient) {
    room(&mut products.centre, quotient.atoms.classes.len() * BOTH);
    room(&mut products.first, quotient.n_short * BOTH);
    room(&mut products.second, quotient.n_short * BOTH);
    room(&mut products.edge, quotient.edges.n_short * BOTH);
}
