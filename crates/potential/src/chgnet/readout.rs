//! From features of atoms to energies and moments.

use super::dense::product;
use super::gated::WIDTH;
use super::layers::Readout;
use super::norms::{normalise, normalise_back};
use super::quotient::Class;
use super::real::Real;
use super::rows::{fill_rows, room};
use pulp::Simd;

/// Magnetic moments |w . h + b| of sites of these classes, Bohr magnetons.
pub(super) fn moments<T: Real>(
    (weight, bias): &(Vec<f64>, f64),
    atoms: &[T],
    sites: &[u32],
    out: &mut Vec<f64>,
) {
    out.clear();
    out.extend(sites.iter().map(|class| {
        let h = &atoms[*class as usize * WIDTH..][..WIDTH];
        let sum: f64 = h.iter().zip(weight).map(|(h, w)| h.wide() * w).sum();
        (sum + bias).abs()
    }));
}

/// Sum of the energies of all atoms of these classes, without those of free atoms, eV; `adjoint` becomes its derivative in the features.
#[inline(always)]
pub(super) fn energy<T: Real, S: Simd>(
    simd: S,
    readout: &Readout<T>,
    atoms: &[T],
    classes: &[Class],
    adjoint: &mut Vec<T>,
) -> f64 {
    let one = T::narrow(1.0);
    let n_atoms = atoms.len() / WIDTH;
    let mut hat = atoms.to_vec();
    let rstd: Vec<T> = hat.as_chunks_mut::<WIDTH>().0.iter_mut().map(normalise).collect();
    let mut y = hat.clone();
    for row in y.as_chunks_mut::<WIDTH>().0 {
        for ((y, gain), offset) in row.iter_mut().zip(&readout.gain).zip(&readout.offset) {
            *y = y.fma(*gain, *offset);
        }
    }
    let mut before: [Vec<T>; 3] = Default::default();
    for ((linear, bias), z) in readout.layers.iter().zip(&mut before) {
        room(z, n_atoms * WIDTH);
        fill_rows(z, bias);
        super::dense::add_product(simd, &linear.forward, &y, z);
        for (y, z) in y.iter_mut().zip(&*z) {
            *y = *z * z.sigmoid();
        }
    }
    let mut total = 0.0;
    adjoint.clear();
    for (row, class) in y.chunks_exact(WIDTH).zip(classes) {
        let site: f64 = row.iter().zip(&readout.last).map(|(y, w)| y.wide() * w.wide()).sum();
        let members = f64::from(class.members);
        total += (site + readout.bias) * members;
        adjoint.extend(readout.last.iter().map(|w| *w * T::narrow(members)));
    }
    for ((linear, _), z) in readout.layers.iter().zip(&before).rev() {
        let mut dz = adjoint.clone();
        for (d, z) in dz.iter_mut().zip(z) {
            let s = z.sigmoid();
            *d = *d * s * z.fma(one - s, one);
        }
        product(simd, &linear.backward, &dz, adjoint);
    }
    let rows = adjoint.as_chunks_mut::<WIDTH>().0.iter_mut().zip(hat.as_chunks::<WIDTH>().0);
    for ((d, hat), rstd) in rows.zip(rstd) {
        for (d, gain) in d.iter_mut().zip(&readout.gain) {
            *d = *d * *gain;
        }
        normalise_back(hat, rstd, d);
    }
    total
}
