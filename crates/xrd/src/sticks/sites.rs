//! Geometric structure factors: sums of phase factors over the sites of each element, and the adjoint.
//!
//! Phases exp(2 pi i (h x + k y + l z)) are products of three, each a power of one number: no sine or cosine is taken a
//! term. Along a run of l eight reflections advance together; h and k give each site one factor a run.

use super::table::HklTable;
use crate::form_factor::{EuAm, FormFactor};
use crate::lanes::{Lanes, eight, put_eight};
use crate::real::Real;
use crate::reflections::Run;
use crate::{ForwardError, StructureGradient};
use braggscape_crystal::{Site, Structure};
use nalgebra::Vector3;

/// Sites of one element, neighbours in the sorted order.
#[derive(Debug, Clone)]
pub(crate) struct Species {
    pub(crate) form_factor: FormFactor,
    /// Range in the sorted order of sites.
    pub(crate) first: usize,
    pub(crate) end: usize,
}

/// The sites of a structure, sorted by element, and the tables of their phases.
#[derive(Debug, Default)]
pub(crate) struct Sites<T> {
    /// As the structure lists them.
    listed: Vec<Site>,
    /// Sorted position to site index.
    order: Vec<usize>,
    pub(crate) species: Vec<Species>,
    /// exp(2 pi i n x) and exp(2 pi i n y), n = -N..=N: `[axis][n + N][site]`.
    plane: [Vec<[T; 2]>; 2],
    /// exp(2 pi i n z) along n for each site: real and imaginary parts.
    along: [Vec<T>; 2],
    limits: [i32; 3],
    /// occupancy exp(2 pi i (h x + k y)) of a run.
    hk: Vec<[T; 2]>,
    /// Seeds of a run, filled up with zeros.
    seeds: [Vec<T>; 2],
    /// Sums of each site over lanes, for x, y, z.
    lanes: Vec<[Lanes<T>; 3]>,
}

/// What changed between two structures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SiteChange {
    pub(crate) elements: bool,
    pub(crate) any: bool,
}

impl<T: Real> Sites<T> {
    /// Takes over the sites of a structure.
    pub(crate) fn set(
        &mut self,
        structure: &Structure,
        eu_am: EuAm,
    ) -> Result<SiteChange, ForwardError> {
        let sites = structure.sites();
        if self.listed == sites {
            return Ok(SiteChange { elements: false, any: false });
        }
        let same_elements = self.listed.len() == sites.len()
            && self.listed.iter().zip(sites).all(|(a, b)| a.element == b.element);
        self.listed.clear();
        self.limits = [-1; 3];
        if same_elements {
            self.listed.extend_from_slice(sites);
            return Ok(SiteChange { elements: false, any: true });
        }
        self.order.clear();
        self.order.extend(0..sites.len());
        self.order.sort_unstable_by_key(|&j| (sites[j].element, j));
        self.species.clear();
        for (position, &j) in self.order.iter().enumerate() {
            let element = sites[j].element;
            if position == 0 || sites[self.order[position - 1]].element != element {
                let form_factor = FormFactor::of(element, eu_am)?;
                self.species.push(Species { form_factor, first: position, end: position });
            }
            if let Some(species) = self.species.last_mut() {
                species.end = position + 1;
            }
        }
        self.listed.extend_from_slice(sites);
        Ok(SiteChange { elements: true, any: true })
    }

    /// Forgets the sites.
    pub(crate) fn clear(&mut self) {
        self.listed.clear();
    }

    pub(crate) fn is(&self, structure: &Structure) -> bool {
        self.listed == structure.sites()
    }

    /// Length of a row of `along`.
    fn stride(&self) -> usize {
        2 * self.limits[2] as usize + 9
    }

    /// Makes the phase tables reach at least these indices.
    #[inline(always)]
    fn reach(&mut self, limits: [i32; 3]) {
        if (0..3).all(|x| self.limits[x] >= limits[x]) {
            return;
        }
        self.limits = std::array::from_fn(|x| self.limits[x].max(limits[x]));
        let n_sites = self.order.len();
        for axis in 0..2 {
            let n = self.limits[axis] as usize;
            let table = &mut self.plane[axis];
            table.clear();
            table.resize((2 * n + 1) * n_sites, [T::default(); 2]);
            for (position, &j) in self.order.iter().enumerate() {
                for (m, [re, im]) in powers(self.listed[j].frac[axis], n).enumerate() {
                    table[(n + m) * n_sites + position] = [T::of(re), T::of(im)];
                    table[(n - m) * n_sites + position] = [T::of(re), T::of(-im)];
                }
            }
        }
        let (stride, n) = (self.stride(), self.limits[2] as usize);
        for part in &mut self.along {
            part.clear();
            part.resize(stride * n_sites, T::default());
        }
        for (position, &j) in self.order.iter().enumerate() {
            let at = position * stride + n;
            for (m, [re, im]) in powers(self.listed[j].frac[2], n).enumerate() {
                (self.along[0][at + m], self.along[1][at + m]) = (T::of(re), T::of(im));
                (self.along[0][at - m], self.along[1][at - m]) = (T::of(re), T::of(-im));
            }
        }
        self.hk.clear();
        self.hk.resize(n_sites, [T::default(); 2]);
    }

    /// Sets `hk` for a run.
    #[inline(always)]
    fn set_hk(&mut self, run: &Run) {
        let n_sites = self.order.len();
        let row = |axis: usize| {
            let first = (run.hkl[axis] + self.limits[axis]) as usize * n_sites;
            &self.plane[axis][first..first + n_sites]
        };
        let (x, y) = (row(0), row(1));
        for (((hk, x), y), &j) in self.hk.iter_mut().zip(x).zip(y).zip(&self.order) {
            let occupancy = T::of(self.listed[j].occupancy);
            *hk =
                [occupancy * (x[0] * y[0] - x[1] * y[1]), occupancy * (x[0] * y[1] + x[1] * y[0])];
        }
    }

    /// Overwrites the sums of phase factors: those of species e stand in the columns from e times the stride of the list on.
    #[inline(always)]
    pub(crate) fn sums(&mut self, table: &HklTable<T>, re: &mut Vec<T>, im: &mut Vec<T>) {
        self.reach(table.limits);
        for part in [&mut *re, &mut *im] {
            part.clear();
            part.resize(table.stride * self.species.len(), T::default());
        }
        let stride = self.stride();
        for run in table.runs.iter() {
            self.set_hk(run);
            let top = (self.limits[2] + run.hkl[2]) as usize;
            for first in (0..run.len).step_by(8) {
                for (e, species) in self.species.iter().enumerate() {
                    let (mut x, mut y) = ([T::default(); 8], [T::default(); 8]);
                    let mut at = species.first * stride + top + first;
                    for &[pr, pi] in &self.hk[species.first..species.end] {
                        let (zr, zi) = (eight(&self.along[0], at), eight(&self.along[1], at));
                        for n in 0..8 {
                            x[n] += pr * zr[n] - pi * zi[n];
                            y[n] += pr * zi[n] + pi * zr[n];
                        }
                        at += stride;
                    }
                    // What stands beyond the end of a run is overwritten by the next.
                    let place = e * table.stride + run.start + first;
                    put_eight(re, place, x);
                    put_eight(im, place, y);
                }
            }
        }
    }

    /// Adds to the gradient in the coordinates: with F the structure factors, f the scattering factors of the species and
    /// `weight` dL/d|F|^2, columns as in [`sums`](Self::sums).
    ///
    /// d|F|^2/dx_j = -4 pi h f_j Im(F* exp(i phi_j)), phi_j = 2 pi (h x_j + k y_j + l z_j).
    #[inline(always)]
    pub(crate) fn pull(
        &mut self,
        table: &HklTable<T>,
        weight: &[T],
        structure_factor: [&[T]; 2],
        f: &[T],
        out: &mut StructureGradient,
    ) {
        self.reach(table.limits);
        let zero = [T::default(); 8];
        self.lanes.clear();
        self.lanes.resize(self.order.len(), [zero; 3]);
        let stride = self.stride();
        let factor = T::of(-4.0 * std::f64::consts::PI);
        for run in table.runs.iter() {
            self.set_hk(run);
            let [h, k, _] = run.hkl.map(|n| T::of(f64::from(n)));
            let top = (self.limits[2] + run.hkl[2]) as usize;
            for (e, species) in self.species.iter().enumerate() {
                let padded = run.len.div_ceil(8) * 8;
                for (seeds, part) in self.seeds.iter_mut().zip(structure_factor) {
                    seeds.clear();
                    let range = run.start..run.start + run.len;
                    let f = &f[e * table.stride..][range.clone()];
                    let products = weight[range.clone()].iter().zip(&part[range]).zip(f);
                    seeds.extend(products.map(|((w, p), f)| factor * *w * *p * *f));
                    seeds.resize(padded, T::default());
                }
                let mut at = species.first * stride + top;
                let sites = &self.hk[species.first..species.end];
                for (&[pr, pi], lanes) in sites.iter().zip(&mut self.lanes[species.first..]) {
                    let (mut sum, mut by_l) = (zero, zero);
                    for first in (0..padded).step_by(8) {
                        let zr = eight(&self.along[0], at + first);
                        let zi = eight(&self.along[1], at + first);
                        let a = eight(&self.seeds[0], first);
                        let b = eight(&self.seeds[1], first);
                        let l = eight(&table.columns[2], run.start + first);
                        for n in 0..8 {
                            let (er, ei) = (pr * zr[n] - pi * zi[n], pr * zi[n] + pi * zr[n]);
                            let q = a[n] * ei - b[n] * er;
                            sum[n] += q;
                            by_l[n] += l[n] * q;
                        }
                    }
                    let [x, y, z] = lanes;
                    for n in 0..8 {
                        x[n] += h * sum[n];
                        y[n] += k * sum[n];
                        z[n] += by_l[n];
                    }
                    at += stride;
                }
            }
        }
        for (&j, lanes) in self.order.iter().zip(&self.lanes) {
            out.frac_coords[j] += Vector3::from_fn(|x, _| crate::lanes::reduce(lanes[x]).to_f64());
        }
    }
}

impl<T: Real> Sites<T> {
    /// For each site, in the order of the structure, d|F|^2/d(h x + k y + l z) of every reflection.
    #[inline(always)]
    pub(crate) fn derivatives(
        &mut self,
        table: &HklTable<T>,
        structure_factor: [&[T]; 2],
        f: &[T],
    ) -> Vec<Vec<T>> {
        self.reach(table.limits);
        let mut out = vec![vec![T::default(); table.len()]; self.order.len()];
        let (stride, [fr, fi]) = (self.stride(), structure_factor);
        let factor = T::of(-4.0 * std::f64::consts::PI);
        for run in table.runs.iter() {
            self.set_hk(run);
            let top = (self.limits[2] + run.hkl[2]) as usize;
            for (e, species) in self.species.iter().enumerate() {
                for position in species.first..species.end {
                    let [pr, pi] = self.hk[position];
                    let at = position * stride + top;
                    let d = &mut out[self.order[position]];
                    for n in 0..run.len {
                        let (zr, zi) = (self.along[0][at + n], self.along[1][at + n]);
                        let (er, ei) = (pr * zr - pi * zi, pr * zi + pi * zr);
                        let i = run.start + n;
                        d[i] = factor * f[e * table.stride + i] * (fr[i] * ei - fi[i] * er);
                    }
                }
            }
        }
        out
    }
}

/// exp(2 pi i n x), n = 0..=limit, by recurrence.
#[inline(always)]
fn powers(x: f64, limit: usize) -> impl Iterator<Item = [f64; 2]> {
    let (s, c) = libm::sincos(std::f64::consts::TAU * (x - x.round()));
    let times = move |[re, im]: [f64; 2]| [re * c - im * s, re * s + im * c];
    std::iter::successors(Some([1.0, 0.0]), move |last| Some(times(*last))).take(limit + 1)
}
