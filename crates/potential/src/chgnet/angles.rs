//! Messages along angles, to bonds and to the angles themselves.
//!
//! For an angle of the bonds b and b' at an atom with features h: to bonds, m = GM([b | b' | a | h]) w w' and b += W sum of m; to
//! angles, a += GM([b | b' | a | h]). GM is the gated perceptron, w and w' are weights of the bonds.

use super::dense::{Rows, Start, accumulate, add_product, product};
use super::gated::{BOTH, WIDTH};
use super::layers::AngleLayer;
use super::real::Real;
use super::rows::{Pick, add, fill_rows, gather, room, scale, scatter, zeros};
use super::space::{Products, Space, blocks};
use pulp::Simd;

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
    let Space { graph, bases, features, products, kept, block, .. } = space;
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
    for (from, to) in blocks(n_angles) {
        let mut rows = kept.block(from, to);
        let message = &mut block.message[..(to - from) * WIDTH];
        let [corner, first, second, pair] =
            [&graph.corner, &graph.first, &graph.second, &graph.pair].map(|index| &index[from..to]);
        let three = [
            Pick { table: &products.centre, index: corner },
            Pick { table: &products.first, index: first },
            Pick { table: &products.second, index: second },
        ];
        let pre = rows.first(&layer.gated);
        if l == 0 {
            let [c, f, s] = three;
            let of_pair = Pick { table: &products.pair, index: pair };
            gather::<T, S, BOTH, 4>(simd, [c, f, s, of_pair], pre);
        } else {
            gather::<T, S, BOTH, 3>(simd, three, pre);
            let angles = Rows { data: &features.angles[from * WIDTH..], stride: WIDTH };
            accumulate(simd, &layer.angle.forward, angles, Start::Present, (pre, BOTH, 0));
        }
        layer.gated.forward(simd, &mut rows, &mut block.hidden, message);
        if to_bonds {
            scale(simd, message, Pick { table: &features.bond_weights, index: first });
            scale(simd, message, Pick { table: &features.bond_weights, index: second });
            scatter::<T, S, WIDTH>(simd, message, first, &mut products.sums);
        } else {
            let angles = &mut features.angles[from * WIDTH..to * WIDTH];
            if l == 0 {
                let of_pair = Pick { table: &features.angle_pairs, index: pair };
                gather::<T, S, WIDTH, 1>(simd, [of_pair], angles);
            }
            add(simd, message, angles);
        }
    }
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
    let Space { graph, features, adjoints, products, kept, block, .. } = space;
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
    let kept = &mut kept[slot(l, to_bonds)];
    for (from, to) in blocks(n_angles) {
        let rows = kept.block(from, to);
        let message = &mut block.message[..(to - from) * WIDTH];
        let [corner, first, second, pair] =
            [&graph.corner, &graph.first, &graph.second, &graph.pair].map(|index| &index[from..to]);
        let scratch = [&mut block.hidden[..], &mut block.slope[..]];
        let pre = if to_bonds {
            let weight = &mut block.weight[..(to - from) * WIDTH];
            let other = &mut block.other[..(to - from) * WIDTH];
            let [of_first, of_second] =
                [first, second].map(|index| Pick { table: &features.bond_weights, index });
            let sums = Pick { table: &products.sums, index: first };
            gather::<T, S, WIDTH, 1>(simd, [sums], message);
            gather::<T, S, WIDTH, 1>(simd, [of_first], weight);
            scale(simd, weight, of_second);
            let pre = layer.gated.backward(simd, &rows, scratch, message, Some(weight));
            other.copy_from_slice(message);
            scale(simd, message, of_second);
            scatter::<T, S, WIDTH>(simd, message, first, &mut adjoints.bond_weights);
            scale(simd, other, of_first);
            scatter::<T, S, WIDTH>(simd, other, second, &mut adjoints.bond_weights);
            pre
        } else {
            message.copy_from_slice(&adjoints.angles[from * WIDTH..to * WIDTH]);
            layer.gated.backward(simd, &rows, scratch, message, None)
        };
        scatter::<T, S, BOTH>(simd, pre, corner, &mut products.centre);
        scatter::<T, S, BOTH>(simd, pre, first, &mut products.first);
        scatter::<T, S, BOTH>(simd, pre, second, &mut products.second);
        if l == 0 {
            scatter::<T, S, BOTH>(simd, pre, pair, &mut products.pair);
        } else {
            let pre = Rows { data: pre, stride: BOTH };
            let angles = &mut adjoints.angles[from * WIDTH..to * WIDTH];
            accumulate(simd, &layer.angle.backward, pre, Start::Present, (angles, WIDTH, 0));
        }
    }
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
