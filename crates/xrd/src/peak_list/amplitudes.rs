//! Structure factors of a list of reflections.

use super::PeakListOptions;
use super::sphere::HalfSphere;
use crate::ForwardError;
use crate::form_factor::FormFactor;
use crate::lanes::{Lanes, exp_lanes};
use crate::phases::PhaseTables;
use braggscape_crystal::Structure;
use nalgebra::Vector3;

/// The sites of one element: whole blocks of eight, filled up with sites of occupancy 0.
#[derive(Debug)]
struct Species {
    form_factor: FormFactor,
    /// Debye-Waller factor B, Å^2.
    b: f64,
    blocks: std::ops::Range<usize>,
}

/// The sites of a structure in the order in which they are summed, and |F|^2 of the reflections.
#[derive(Debug)]
pub(super) struct Amplitudes {
    species: Vec<Species>,
    coords: Vec<Vector3<f64>>,
    occupancy: Vec<Lanes>,
    /// |F|^2 of each reflection, electrons^2.
    pub(super) squares: Vec<f64>,
}

/// The sums, compiled once for each vector width and chosen at run time. The numbers do not depend on the choice.
struct Square<'a> {
    amplitudes: &'a mut Amplitudes,
    sphere: &'a HalfSphere,
}

impl pulp::WithSimd for Square<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.amplitudes.sum(self.sphere);
    }
}

impl Amplitudes {
    /// Sorts the sites by element.
    pub(super) fn new(
        structure: &Structure,
        options: &PeakListOptions,
    ) -> Result<Self, ForwardError> {
        let sites = structure.sites();
        let mut order: Vec<usize> = (0..sites.len()).collect();
        order.sort_by_key(|&j| sites[j].element);
        let mut out = Self {
            species: Vec::new(),
            coords: Vec::with_capacity(sites.len() + 64),
            occupancy: Vec::new(),
            squares: Vec::new(),
        };
        for group in order.chunk_by(|&i, &j| sites[i].element == sites[j].element) {
            let element = sites[group[0]].element;
            let first = out.occupancy.len();
            for eight in group.chunks(8) {
                let mut occupancy = [0.0; 8];
                for (o, &j) in occupancy.iter_mut().zip(eight) {
                    *o = sites[j].occupancy;
                    out.coords.push(sites[j].frac);
                }
                out.occupancy.push(occupancy);
                out.coords.resize(8 * out.occupancy.len(), Vector3::zeros());
            }
            out.species.push(Species {
                form_factor: FormFactor::of(element, options.eu_am)?,
                b: options.debye_waller_factor(element),
                blocks: first..out.occupancy.len(),
            });
        }
        Ok(out)
    }

    /// Computes |F|^2 of all reflections.
    pub(super) fn square(&mut self, sphere: &HalfSphere) {
        pulp::Arch::new().dispatch(Square { amplitudes: self, sphere });
    }

    #[inline(always)]
    fn sum(&mut self, sphere: &HalfSphere) {
        let mut phases = PhaseTables::default();
        phases.prepare(&self.coords, sphere.limits);
        let n_blocks = self.occupancy.len();
        let (mut re, mut im) = (vec![[0.0; 8]; n_blocks], vec![[0.0; 8]; n_blocks]);
        let mut factors = vec![[0.0; 8]; self.species.len()];
        self.squares.clear();
        self.squares.reserve(sphere.hkl.len());
        for (eight, g) in sphere.hkl.chunks(8).zip(sphere.g.chunks(8)) {
            self.scattering_factors(g, &mut factors);
            for (i, &hkl) in eight.iter().enumerate() {
                phases.at(hkl, &mut re, &mut im);
                let (mut a, mut b) = (0.0, 0.0);
                for (species, factor) in self.species.iter().zip(&factors) {
                    let (mut x, mut y) = ([0.0; 8], [0.0; 8]);
                    for block in species.blocks.clone() {
                        let o = &self.occupancy[block];
                        for n in 0..8 {
                            x[n] += o[n] * re[block][n];
                            y[n] += o[n] * im[block][n];
                        }
                    }
                    a += factor[i] * total(&x);
                    b += factor[i] * total(&y);
                }
                self.squares.push(a * a + b * b);
            }
        }
    }

    /// f exp(-B s^2) of every element at up to eight reflections.
    #[inline(always)]
    fn scattering_factors(&self, g: &[f64], factors: &mut [Lanes]) {
        let mut s2 = [0.0; 8];
        for (s2, g) in s2.iter_mut().zip(g) {
            *s2 = 0.25 * g * g;
        }
        let mut slope = [0.0; 8];
        for (species, f) in self.species.iter().zip(factors) {
            species.form_factor.lanes(&s2, f, &mut slope);
            if species.b > 0.0 {
                let mut t = s2.map(|s2| -species.b * s2);
                exp_lanes(&mut t);
                for (f, t) in f.iter_mut().zip(t) {
                    *f *= t;
                }
            }
        }
    }
}

/// Sum of eight numbers, in pairs.
#[inline(always)]
fn total(x: &Lanes) -> f64 {
    ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]))
}
