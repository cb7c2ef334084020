//! Intensities of a list of reflections.

use super::PeakListOptions;
use super::sphere::{HalfSphere, Run};
use crate::ForwardError;
use crate::form_factor::FormFactor;
use crate::lanes::Lanes;
use braggscape_crystal::{Site, Structure};
use std::ops::Range;

/// The sites of one element.
#[derive(Debug, Clone)]
struct Species {
    form_factor: FormFactor,
    /// Debye-Waller factor B, Å^2.
    b: f64,
    sites: Range<usize>,
}

/// Complex numbers, one a site, in blocks of eight sites.
#[derive(Debug, Clone, Default)]
struct Complex {
    re: Vec<Lanes>,
    im: Vec<Lanes>,
}

impl Complex {
    /// One number a site, and zeros in what is left of the last block.
    fn set(&mut self, sites: &[Site], number: impl Fn(&Site) -> (f64, f64)) {
        for part in [&mut self.re, &mut self.im] {
            part.clear();
            part.resize(sites.len().div_ceil(8), [0.0; 8]);
        }
        let (re, im) = (self.re.as_flattened_mut(), self.im.as_flattened_mut());
        for ((re, im), site) in re.iter_mut().zip(im).zip(sites) {
            (*re, *im) = number(site);
        }
    }

    /// Rows z^n of all sites, n = 0..=limit, times the one row that is there, by recurrence.
    #[inline(always)]
    fn fill_powers(&mut self, z: &Self, limit: i32) {
        let stride = z.re.len();
        let len = stride * (limit as usize + 1);
        self.re.resize(len, [0.0; 8]);
        self.im.resize(len, [0.0; 8]);
        for n in (stride..len).step_by(stride) {
            let (re, next_re) = self.re.split_at_mut(n);
            let (im, next_im) = self.im.split_at_mut(n);
            let last = re[n - stride..].iter().zip(&im[n - stride..]);
            let next = next_re.iter_mut().zip(next_im);
            for ((last, next), z) in last.zip(next).zip(z.re.iter().zip(&z.im)) {
                multiply(last, z, next.0, next.1);
            }
        }
    }

    /// The numbers for n in a table of powers.
    fn row(&self, n: i32, stride: usize) -> impl Iterator<Item = (&Lanes, &Lanes)> {
        let row = n as usize * stride..(n as usize + 1) * stride;
        self.re[row.clone()].iter().zip(&self.im[row])
    }
}

/// Products of complex numbers.
#[inline(always)]
fn multiply(a: (&Lanes, &Lanes), b: (&Lanes, &Lanes), re: &mut Lanes, im: &mut Lanes) {
    for n in 0..8 {
        re[n] = a.0[n] * b.0[n] - a.1[n] * b.1[n];
        im[n] = a.0[n] * b.1[n] + a.1[n] * b.0[n];
    }
}

/// Phases along l, a row a site, n descending from the limit, with a block of zeros between rows.
#[derive(Debug, Clone, Default)]
struct LTables {
    stride: usize,
    limit: i32,
    re: Vec<f64>,
    im: Vec<f64>,
}

impl LTables {
    /// From powers as of [`Complex::fill_powers`].
    fn fill(&mut self, powers: &Complex, n_sites: usize, limit: i32) {
        let n = limit as usize;
        let blocks = powers.re.len() / (n + 1);
        self.stride = 2 * n + 9;
        self.limit = limit;
        for part in [&mut self.re, &mut self.im] {
            part.clear();
            part.resize(self.stride * n_sites, 0.0);
        }
        for m in 0..=n {
            let re = powers.re[m * blocks..].as_flattened();
            let im = powers.im[m * blocks..].as_flattened();
            for (j, (re, im)) in re.iter().zip(im).take(n_sites).enumerate() {
                let at = j * self.stride + n;
                (self.re[at - m], self.im[at - m]) = (*re, *im);
                (self.re[at + m], self.im[at + m]) = (*re, -im);
            }
        }
    }
}

/// Sums over the sites of a structure, sorted by element, for eight reflections of a run at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Amplitudes {
    species: Vec<Species>,
    sites: Vec<Site>,
    /// exp(2 pi i x) along one axis.
    first: Complex,
    powers: [Complex; 3],
    l_tables: LTables,
    /// Occupancies times phases of h and k.
    hk: Complex,
    s2: Vec<Lanes>,
    /// f exp(-B s^2) of the reflections for each species, with a block more.
    factors: Vec<Lanes>,
    intensities: Vec<f64>,
}

/// The sums, compiled once for each vector width and chosen at run time. The numbers do not depend on the choice.
struct Intensities<'a> {
    amplitudes: &'a mut Amplitudes,
    sphere: &'a HalfSphere,
    wavelength: f64,
}

impl pulp::WithSimd for Intensities<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.amplitudes.fill_factors(self.sphere);
        self.amplitudes.fill_phases(self.sphere);
        self.amplitudes.sum(self.sphere);
        let intensities = &mut self.amplitudes.intensities;
        for (intensity, g) in intensities.iter_mut().zip(&self.sphere.g) {
            let sine = 0.5 * self.wavelength * g;
            *intensity = 2.0 * *intensity * lorentz_polarization(sine);
        }
    }
}

/// LP = (1 + cos^2 2theta)/(sin^2 theta cos theta).
#[inline(always)]
fn lorentz_polarization(sine: f64) -> f64 {
    let square = sine * sine;
    let cos_2theta = 1.0 - 2.0 * square;
    (1.0 + cos_2theta * cos_2theta) / (square * ((1.0 - sine) * (1.0 + sine)).sqrt())
}

/// Eight numbers from a place on.
#[inline(always)]
fn eight(x: &[f64], from: usize) -> &Lanes {
    x[from..].first_chunk().unwrap_or(&[0.0; 8])
}

impl Amplitudes {
    /// |F|^2 LP of the reflections of a half sphere, electrons^2, both members of each Friedel pair counted.
    pub(super) fn intensities(
        &mut self,
        structure: &Structure,
        sphere: &HalfSphere,
        options: &PeakListOptions,
    ) -> Result<&[f64], ForwardError> {
        self.set(structure, options)?;
        let wavelength = options.wavelength;
        pulp::Arch::new().dispatch(Intensities { amplitudes: self, sphere, wavelength });
        Ok(&self.intensities[..sphere.g.len()])
    }

    /// Sorts the sites by element.
    fn set(
        &mut self,
        structure: &Structure,
        options: &PeakListOptions,
    ) -> Result<(), ForwardError> {
        self.sites.clear();
        self.sites.extend_from_slice(structure.sites());
        self.sites.sort_by_key(|site| site.element);
        self.species.clear();
        for group in self.sites.chunk_by(|a, b| a.element == b.element) {
            let element = group[0].element;
            let first = self.species.last().map_or(0, |s| s.sites.end);
            self.species.push(Species {
                form_factor: FormFactor::of(element, options.eu_am)?,
                b: options.debye_waller_factor(element),
                sites: first..first + group.len(),
            });
        }
        Ok(())
    }

    #[inline(always)]
    fn fill_factors(&mut self, sphere: &HalfSphere) {
        let n_blocks = sphere.g.len().div_ceil(8);
        self.s2.clear();
        self.s2.resize(n_blocks, [0.0; 8]);
        for (s2, g) in self.s2.as_flattened_mut().iter_mut().zip(&sphere.g) {
            *s2 = 0.25 * g * g;
        }
        self.factors.clear();
        self.factors.resize(self.species.len() * (n_blocks + 1), [0.0; 8]);
        for (species, factors) in
            self.species.iter().zip(self.factors.chunks_exact_mut(n_blocks + 1))
        {
            let (s2, factors) = (self.s2.as_flattened(), factors.as_flattened_mut());
            species.form_factor.fill(species.b, s2, factors);
        }
    }

    #[inline(always)]
    fn fill_phases(&mut self, sphere: &HalfSphere) {
        for (axis, (powers, limit)) in self.powers.iter_mut().zip(sphere.limits).enumerate() {
            self.first.set(&self.sites, |site| {
                let x = site.frac[axis];
                let (im, re) = libm::sincos(std::f64::consts::TAU * (x - x.round()));
                (re, im)
            });
            // Occupancies go with the phases of h.
            powers.set(&self.sites, |site| (if axis == 0 { site.occupancy } else { 1.0 }, 0.0));
            powers.fill_powers(&self.first, limit);
        }
        self.hk.set(&self.sites, |_| (0.0, 0.0));
        self.l_tables.fill(&self.powers[2], self.sites.len(), sphere.limits[2]);
    }

    #[inline(always)]
    fn sum(&mut self, sphere: &HalfSphere) {
        let stride = self.hk.re.len();
        self.intensities.clear();
        self.intensities.resize(sphere.g.len() + 8, 0.0);
        for run in &sphere.runs {
            let [h, k, _] = run.hkl;
            let sign = if k < 0 { -1.0 } else { 1.0 };
            let x = self.powers[0].row(h, stride);
            let y = self.powers[1].row(k.abs(), stride);
            for ((x, y), hk) in x.zip(y).zip(self.hk.re.iter_mut().zip(&mut self.hk.im)) {
                multiply(x, (y.0, &y.1.map(|im| sign * im)), hk.0, hk.1);
            }
            sum_run(
                run,
                &self.species,
                (self.hk.re.as_flattened(), self.hk.im.as_flattened()),
                &self.l_tables,
                self.factors.as_flattened(),
                &mut self.intensities,
            );
        }
    }
}

/// |F|^2 of one run; what is written beyond its end is overwritten by the next.
#[inline(always)]
fn sum_run(
    run: &Run,
    species: &[Species],
    hk: (&[f64], &[f64]),
    l_tables: &LTables,
    factors: &[f64],
    squares: &mut [f64],
) {
    let top = (l_tables.limit - run.hkl[2]) as usize;
    let n_factors = factors.len() / species.len();
    for first in (0..run.len).step_by(8) {
        let (mut a, mut b) = ([0.0; 8], [0.0; 8]);
        for (species, factors) in species.iter().zip(factors.chunks_exact(n_factors)) {
            let (mut x, mut y) = ([0.0; 8], [0.0; 8]);
            let mut at = species.sites.start * l_tables.stride + top + first;
            let hk = hk.0[species.sites.clone()].iter().zip(&hk.1[species.sites.clone()]);
            for (p_re, p_im) in hk {
                let (re, im) = (eight(&l_tables.re, at), eight(&l_tables.im, at));
                for n in 0..8 {
                    x[n] += p_re * re[n] - p_im * im[n];
                    y[n] += p_re * im[n] + p_im * re[n];
                }
                at += l_tables.stride;
            }
            let f = eight(factors, run.start + first);
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
