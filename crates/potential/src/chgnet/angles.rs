//! Messages along angles, to bonds and to the angles themselves.
//!
//! For an angle of the bonds b and b' at an atom with features h: to bonds, m = GM([b | b' | a | h]) w w' and b += W sum of m; to
//! angles, a += GM([b | b' | a | h]). GM is the gated perceptron, w and w' are weights of the bonds.

use super::blocks::each_block;
use super::dense::{Rows, Start, accumulate, add_product, product};
use super::gated::{BOTH, Block, WIDTH};
use super::layers::AngleLayer;
use super::real::Real;
use super::rows::{Pick, add, fill_rows, gather, room, scale, scatter, zeros};
use super::space::{BlockSpace, Products, Space};
use pulp::Simd;
use std::ops::Range;

/// Where derivatives are summed up.
struct Tables<'a, T> {
    weights: &'a mut [T],
    angles: &'a mut [T],
    centre: &'a mut [T],
    first: &'a mut [T],
    second: &'a mut [T],
    pair: &'a mut [T],
}

/// Index of an angle layer among what is kept, behind four layers of atoms.
fn slot(l: usize, to_bonds: bool) -> usize {
    4 + 2 * l + usize::from(!to_bonds)
}

/// Moves the features of bonds, or of angles, on by layer `l`.
#[inline(always)]
pub(super) fn forward<T: Real, S: Simd>(
    simd: S,
    layer: &AngleLayer<T>,
    l: usize,
    space: &mut Space<T>,
) {
    let Space { graph, bases, features, products, kept, blocks, .. } = space;
    let to_bonds = layer.out.is_some();
    let (n_atoms, n_angles) = (features.atoms.len() / WIDTH, graph.pair.len());
    reserve(products, n_atoms, graph.n_short);
    fill_rows(&mut products.centre, &layer.bias);
    add_product(simd, &layer.centre.forward, &features.atoms, &mut products.centre);
    product(simd, &layer.first.forward, &features.bonds, &mut products.first);
    product(simd, &layer.second.forward, &features.bonds, &mut products.second);
    if l == 0 {
        room(&mut products.pair, n_angles / 2 * BOTH);
        product(simd, &layer.basis.forward, &bases.angular, &mut products.pair);
    }
    zeros(&mut products.sums, graph.n_short * WIDTH);
    let kept = &mut kept[slot(l, to_bonds)];
    kept.reserve(n_angles, to_bonds);
    let Products { centre, first, second, pair, sums, .. } = products;
    let weights = &features.bond_weights[..];
    let pairs = &features.angle_pairs[..];
    let work = |(_, angles): &(&mut [T], &mut [T]),
                rows: Range<usize>,
                kept: &mut Block<'_, T>,
                space: &mut BlockSpace<T>| {
        let message = &mut space.message[..rows.len() * WIDTH];
        let picks = [
            Pick { table: centre, index: &graph.corner[rows.clone()] },
            Pick { table: first, index: &graph.first[rows.clone()] },
            Pick { table: second, index: &graph.second[rows.clone()] },
        ];
        let pre = kept.first(&layer.gated);
        if l == 0 {
            let [c, f, s] = picks;
            let of_pair = Pick { table: pair, index: &graph.pair[rows.clone()] };
            gather::<T, S, BOTH, 4>(simd, [c, f, s, of_pair], pre);
        } else {
            gather::<T, S, BOTH, 3>(simd, picks, pre);
            let angles = Rows { data: &angles[rows.start * WIDTH..], stride: WIDTH };
            accumulate(simd, &layer.angle.forward, angles, Start::Present, (pre, BOTH, 0));
        }
        layer.gated.forward(simd, kept, &mut space.hidden, message);
        if to_bonds {
            for index in [&graph.first, &graph.second] {
                scale(simd, message, Pick { table: weights, index: &index[rows.clone()] });
            }
        }
    };
    let finish =
        |(sums, angles): &mut (&mut [T], &mut [T]), rows: Range<usize>, space: &BlockSpace<T>| {
            let message = &space.message[..rows.len() * WIDTH];
            if to_bonds {
                scatter::<T, S, WIDTH>(simd, message, &graph.first[rows], sums);
                return;
            }
            let angles = &mut angles[rows.start * WIDTH..rows.end * WIDTH];
            if l == 0 {
                let of_pair = Pick { table: pairs, index: &graph.pair[rows] };
                gather::<T, S, WIDTH, 1>(simd, [of_pair], angles);
            }
            add(simd, message, angles);
        };
    let mut tables = (&mut sums[..], &mut features.angles[..]);
    each_block(n_angles, kept, blocks, &mut tables, work, finish);
    if let Some(out) = &layer.out {
        add_product(simd, &out.forward, &products.sums, &mut features.bonds);
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
    let Space { graph, features, adjoints, products, kept, blocks, .. } = space;
    let to_bonds = layer.out.is_some();
    let (n_atoms, n_angles) = (features.atoms.len() / WIDTH, graph.pair.len());
    reserve(products, n_atoms, graph.n_short);
    if let Some(out) = &layer.out {
        room(&mut products.sums, graph.n_short * WIDTH);
        product(simd, &out.backward, &adjoints.bonds, &mut products.sums);
    }
    for table in [&mut products.centre, &mut products.first, &mut products.second] {
        table.fill(T::default());
    }
    if l == 0 {
        zeros(&mut products.pair, n_angles / 2 * BOTH);
    }
    let Products { sums, centre, first, second, pair, .. } = products;
    let weights = &features.bond_weights[..];
    let work = |tables: &Tables<'_, T>,
                rows: Range<usize>,
                kept: &mut Block<'_, T>,
                space: &mut BlockSpace<T>| {
        let n = rows.len() * WIDTH;
        let message = &mut space.message[..n];
        let scratch = [&mut space.hidden[..], &mut space.slope[..]];
        let pre = if to_bonds {
            let (weight, other) = (&mut space.weight[..n], &mut space.other[..n]);
            let [first, second] = [&graph.first, &graph.second].map(|i| &i[rows.clone()]);
            let [of_first, of_second] = [first, second].map(|index| Pick { table: weights, index });
            gather::<T, S, WIDTH, 1>(simd, [Pick { table: sums, index: first }], message);
            gather::<T, S, WIDTH, 1>(simd, [of_first], weight);
            scale(simd, weight, of_second);
            let pre = layer.gated.backward(simd, kept, scratch, message, Some(weight));
            other.copy_from_slice(message);
            scale(simd, message, of_second);
            scale(simd, other, of_first);
            pre
        } else {
            message.copy_from_slice(&tables.angles[rows.start * WIDTH..rows.end * WIDTH]);
            layer.gated.backward(simd, kept, scratch, message, None)
        };
        if l > 0 {
            let angles = &mut space.angles[..n];
            angles.copy_from_slice(&tables.angles[rows.start * WIDTH..rows.end * WIDTH]);
            let pre = Rows { data: pre, stride: BOTH };
            accumulate(simd, &layer.angle.backward, pre, Start::Present, (angles, WIDTH, 0));
        }
    };
    let finish = |tables: &mut Tables<'_, T>, rows: Range<usize>, space: &BlockSpace<T>| {
        let n = rows.len() * WIDTH;
        let pre = layer.gated.first(space, rows.len());
        let [corner, first, second, pair] =
            [&graph.corner, &graph.first, &graph.second, &graph.pair].map(|i| &i[rows.clone()]);
        if to_bonds {
            scatter::<T, S, WIDTH>(simd, &space.message[..n], first, tables.weights);
            scatter::<T, S, WIDTH>(simd, &space.other[..n], second, tables.weights);
        }
        scatter::<T, S, BOTH>(simd, pre, corner, tables.centre);
        scatter::<T, S, BOTH>(simd, pre, first, tables.first);
        scatter::<T, S, BOTH>(simd, pre, second, tables.second);
        if l == 0 {
            scatter::<T, S, BOTH>(simd, pre, pair, tables.pair);
        } else {
            tables.angles[rows.start * WIDTH..rows.end * WIDTH].copy_from_slice(&space.angles[..n]);
        }
    };
    let (weights, angles) = (&mut adjoints.bond_weights[..], &mut adjoints.angles[..]);
    let mut tables = Tables { weights, angles, centre, first, second, pair };
    each_block(n_angles, &mut kept[slot(l, to_bonds)], blocks, &mut tables, work, finish);
    if l == 0 {
        add_product(simd, &layer.basis.backward, &products.pair, &mut adjoints.angular);
        if !to_bonds {
            // Angles had the features of their pairs before.
            scatter::<T, S, WIDTH>(simd, &adjoints.angles, &graph.pair, &mut adjoints.angle_pairs);
        }
    }
    add_product(simd, &layer.centre.backward, &products.centre, &mut adjoints.atoms);
    add_product(simd, &layer.first.backward, &products.first, &mut adjoints.bonds);
    add_product(simd, &layer.second.backward, &products.second, &mut adjoints.bonds);
}

fn reserve<T: Real>(products: &mut Products<T>, n_atoms: usize, n_short: usize) {
    room(&mut products.centre, n_atoms * BOTH);
    room(&mut products.first, n_short * BOTH);
    room(&mut products.second, n_short * BOTH);
}
