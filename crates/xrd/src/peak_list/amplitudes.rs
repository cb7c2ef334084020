//! Structure factors of a list of reflections.

use super::PeakListOptions;
use super::sphere::{HalfSphere, Run};
use crate::ForwardError;
use crate::form_factor::FormFactor;
use crate::lanes::Lanes;
use braggscape_crystal::{Site, Structure};
use std::ops::Range;

/// The sites of one element.
#[derive(Debug)]
struct Species {
    form_factor: FormFactor,
    /// Debye-Waller factor B, Å^2.
    b: f64,
    sites: Range<usize>,
    /// f exp(-B s^2) of each reflection, and a block of zeros more.
    factors: Vec<f64>,
}

/// Sums over the sites of a structure, sorted by element, for eight reflections of a run at a time.
#[derive(Debug)]
pub(super) struct Amplitudes {
    species: Vec<Species>,
    sites: Vec<Site>,
}

/// The sums, compiled once for each vector width and chosen at run time. The numbers do not depend on the choice.
struct Squares<'a> {
    amplitudes: &'a mut Amplitudes,
    sphere: &'a HalfSphere,
}

impl pulp::WithSimd for Squares<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> Vec<f64> {
        let s2: Vec<f64> = self.sphere.g.iter().map(|g| 0.25 * g * g).collect();
        for species in &mut self.amplitudes.species {
            species.factors.resize(s2.len() + 8, 0.0);
            species.form_factor.fill(species.b, &s2, &mut species.factors);
        }
        self.amplitudes.sum(self.sphere)
    }
}

/// A complex number.
#[derive(Debug, Clone, Copy)]
struct Complex {
    re: f64,
    im: f64,
}

impl Complex {
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Self {
            re: self.re * other.re - self.im * other.im,
            im: self.re * other.im + self.im * other.re,
        }
    }
}

/// exp(2 pi i n x), n = 0..=limit, by recurrence.
fn powers(x: f64, limit: i32) -> impl Iterator<Item = Complex> {
    let (im, re) = libm::sincos(std::f64::consts::TAU * (x - x.round()));
    let step = Complex { re, im };
    let first = Complex { re: 1.0, im: 0.0 };
    std::iter::successors(Some(first), move |last| Some(last.times(step))).take(limit as usize + 1)
}

/// Phases along one axis, tables side by side: n = -limit..=limit of all sites.
fn phases(sites: &[Site], axis: usize, limit: i32) -> Vec<Complex> {
    let n = limit as usize;
    let mut out = vec![Complex { re: 0.0, im: 0.0 }; (2 * n + 1) * sites.len()];
    for (j, site) in sites.iter().enumerate() {
        for (m, p) in powers(site.frac[axis], limit).enumerate() {
            out[(n + m) * sites.len() + j] = p;
            out[(n - m) * sites.len() + j] = Complex { im: -p.im, ..p };
        }
    }
    out
}

/// Phases along l for each site, n descending from the limit, filled up with a block.
struct LTables {
    stride: usize,
    limit: i32,
    re: Vec<f64>,
    im: Vec<f64>,
}

impl LTables {
    fn new(sites: &[Site], limit: i32) -> Self {
        let n = limit as usize;
        let stride = 2 * n + 9;
        let (mut re, mut im) = (vec![0.0; stride * sites.len()], vec![0.0; stride * sites.len()]);
        for (j, site) in sites.iter().enumerate() {
            let at = j * stride + n;
            for (m, p) in powers(site.frac[2], limit).enumerate() {
                (re[at - m], im[at - m]) = (p.re, p.im);
                (re[at + m], im[at + m]) = (p.re, -p.im);
            }
        }
        Self { stride, limit, re, im }
    }
}

/// Eight numbers from a place on.
#[inline(always)]
fn eight(x: &[f64], from: usize) -> &Lanes {
    x[from..].first_chunk().unwrap_or(&[0.0; 8])
}

impl Amplitudes {
    /// Sorts the sites by element.
    pub(super) fn new(
        structure: &Structure,
        options: &PeakListOptions,
    ) -> Result<Self, ForwardError> {
        let mut sites = structure.sites().to_vec();
        sites.sort_by_key(|site| site.element);
        let mut species: Vec<Species> = Vec::new();
        for group in sites.chunk_by(|a, b| a.element == b.element) {
            let element = group[0].element;
            let first = species.last().map_or(0, |s| s.sites.end);
            species.push(Species {
                form_factor: FormFactor::of(element, options.eu_am)?,
                b: options.debye_waller_factor(element),
                sites: first..first + group.len(),
                factors: Vec::new(),
            });
        }
        Ok(Self { species, sites })
    }

    /// |F|^2 of all reflections, electrons^2.
    pub(super) fn squares(&mut self, sphere: &HalfSphere) -> Vec<f64> {
        let mut squares = pulp::Arch::new().dispatch(Squares { amplitudes: self, sphere });
        squares.truncate(sphere.g.len());
        squares
    }

    #[inline(always)]
    fn sum(&self, sphere: &HalfSphere) -> Vec<f64> {
        let n_sites = self.sites.len();
        let [h_limit, k_limit, l_limit] = sphere.limits;
        let h_phases = phases(&self.sites, 0, h_limit);
        let k_phases = phases(&self.sites, 1, k_limit);
        let l_tables = LTables::new(&self.sites, l_limit);
        let row =
            |n: i32, limit: i32| (n + limit) as usize * n_sites..(n + limit + 1) as usize * n_sites;
        let mut hk = vec![Complex { re: 0.0, im: 0.0 }; n_sites];
        let mut squares = vec![0.0; sphere.g.len() + 8];
        for run in &sphere.runs {
            let [h, k, _] = run.hkl;
            let (x, y) = (&h_phases[row(h, h_limit)], &k_phases[row(k, k_limit)]);
            for (((hk, x), y), site) in hk.iter_mut().zip(x).zip(y).zip(&self.sites) {
                let p = x.times(*y);
                *hk = Complex { re: site.occupancy * p.re, im: site.occupancy * p.im };
            }
            self.sum_run(run, &hk, &l_tables, &mut squares);
        }
        squares
    }

    /// One run; what is written beyond its end is overwritten by the next.
    #[inline(always)]
    fn sum_run(&self, run: &Run, hk: &[Complex], l_tables: &LTables, squares: &mut [f64]) {
        let top = (l_tables.limit - run.hkl[2]) as usize;
        for first in (0..run.len).step_by(8) {
            let (mut a, mut b) = ([0.0; 8], [0.0; 8]);
            for species in &self.species {
                let (mut x, mut y) = ([0.0; 8], [0.0; 8]);
                let mut at = species.sites.start * l_tables.stride + top + first;
                for p in &hk[species.sites.clone()] {
                    let (re, im) = (eight(&l_tables.re, at), eight(&l_tables.im, at));
                    for n in 0..8 {
                        x[n] += p.re * re[n] - p.im * im[n];
                        y[n] += p.re * im[n] + p.im * re[n];
                    }
                    at += l_tables.stride;
                }
                let f = eight(&species.factors, run.start + first);
                for n in 0..8 {
                    a[n] += f[n] * x[n];
                    b[n] += f[n] * y[n];
                }
            }
            for (n, square) in squares[run.start + first..].iter_mut().take(8).enumerate() {
                *square = a[n] * a[n] + b[n] * b[n];
            }
        }
    }
}
