//! The forward and backward passes of the `structsnap` preset.

use super::{FWHM_PER_SIGMA, Scratch, Structsnap, reciprocal_metric};
use crate::cell_gradient::cell_gradient;
use crate::gaussian::{Footprint, PAD, StepTable, gather, spread};
use crate::lanes::Lanes;
use crate::reflections::{g_squared, six};
use crate::structsnap::scratch::{PeakState, Species};
use crate::{ForwardError, StructureGradient};
use braggscape_crystal::Structure;
use braggscape_pattern::sum::reduce;
use nalgebra::{Matrix3, Vector3};

/// sqrt(2 pi).
const SQRT_TAU: f64 = 2.506_628_274_631_000_5;

/// The forward pass, compiled once for each vector width and chosen at run time. The numbers do not depend on the choice.
struct Forward<'a> {
    model: &'a Structsnap,
    scratch: &'a mut Scratch,
}

impl pulp::WithSimd for Forward<'_> {
    type Output = Result<(), ForwardError>;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> Self::Output {
        let Self { model, scratch } = self;
        model.scattering_factors(scratch);
        model.intensities(scratch)?;
        scratch.profile.clear();
        scratch.profile.resize(model.grid.n + 2 * PAD, 0.0);
        for peak in &scratch.peaks {
            if !peak.at.is_empty() {
                let table = &scratch.tables[peak.table];
                spread(simd, &mut scratch.profile, &model.grid, table, &peak.at, peak.height);
            }
        }
        Ok(())
    }
}

/// The backward pass likewise; gives the gradient in the reciprocal metric tensor.
struct Backward<'a> {
    model: &'a Structsnap,
    scratch: &'a mut Scratch,
    out: &'a mut StructureGradient,
}

impl pulp::WithSimd for Backward<'_> {
    type Output = [f64; 6];

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> Self::Output {
        let mut metric_gradient = [0.0; 6];
        for i in 0..self.scratch.peaks.len() {
            self.model.pull_peak(simd, i, self.scratch, &mut metric_gradient, self.out);
        }
        metric_gradient
    }
}

impl Structsnap {
    /// Lists reflections, sorts sites by element and fills the phase tables.
    pub(super) fn prepare(
        &self,
        structure: &Structure,
        scratch: &mut Scratch,
    ) -> Result<(), ForwardError> {
        let metric = structure.lattice().metric_tensor();
        let reciprocal = reciprocal_metric(structure);
        scratch.structure = None;
        if !scratch.held {
            self.list(&metric, &reciprocal, &mut scratch.list)?;
        }
        scratch.reciprocal = reciprocal;
        scratch.cell = Some(structure.cell());
        let sites = structure.sites();
        scratch.order.clear();
        scratch.order.extend(0..sites.len());
        scratch.order.sort_by_key(|&j| sites[j].element);
        scratch.species.clear();
        for (position, &j) in scratch.order.iter().enumerate() {
            let element = sites[j].element;
            let starts_species =
                position == 0 || sites[scratch.order[position - 1]].element != element;
            if starts_species {
                let form_factor = self.form_factor(element)?;
                scratch.species.push(Species { form_factor, first: position, end: position });
            }
            if let Some(species) = scratch.species.last_mut() {
                species.end = position + 1;
            }
        }
        let blocks = sites.len().div_ceil(8);
        scratch.coords.clear();
        scratch.coords.extend(scratch.order.iter().map(|&j| sites[j].frac));
        for buffer in
            [&mut scratch.occupancy, &mut scratch.re, &mut scratch.im, &mut scratch.weight]
        {
            buffer.clear();
            buffer.resize(blocks, [0.0; 8]);
        }
        for (position, &j) in scratch.order.iter().enumerate() {
            scratch.occupancy[position / 8][position % 8] = sites[j].occupancy;
        }
        let mut limits = [0; 3];
        for hkl in &scratch.list.hkl {
            for i in 0..3 {
                limits[i] = limits[i].max(hkl[i].abs());
            }
        }
        let Scratch { phases, coords, .. } = scratch;
        phases.prepare(coords, limits);
        scratch.structure = Some(structure.clone());
        Ok(())
    }

    /// Intensities of all reflections, spread onto the grid.
    pub(super) fn forward(&self, scratch: &mut Scratch) -> Result<(), ForwardError> {
        pulp::Arch::new().dispatch(Forward { model: self, scratch })
    }

    /// s^2 of every reflection, and f T with its derivative for every species.
    #[inline(always)]
    fn scattering_factors(&self, scratch: &mut Scratch) {
        let metric = six(&scratch.reciprocal);
        let blocks = scratch.list.hkl.len().div_ceil(8);
        scratch.s2.clear();
        scratch.s2.resize(blocks, [0.0; 8]);
        for (i, hkl) in scratch.list.hkl.iter().enumerate() {
            let s2 = 0.25 * g_squared(&metric, *hkl);
            scratch.s2[i / 8][i % 8] = s2;
        }
        for buffer in [&mut scratch.f, &mut scratch.df] {
            buffer.clear();
            buffer.resize(blocks * scratch.species.len(), [0.0; 8]);
        }
        let s2 = scratch.s2.as_flattened();
        for (e, species) in scratch.species.iter().enumerate() {
            let range = e * blocks..(e + 1) * blocks;
            let f = scratch.f[range.clone()].as_flattened_mut();
            let df = scratch.df[range].as_flattened_mut();
            species.form_factor.fill_both(self.options.b_iso, s2, f, df);
        }
    }

    #[inline(always)]
    fn intensities(&self, scratch: &mut Scratch) -> Result<(), ForwardError> {
        let blocks = scratch.s2.len();
        let wavelength = self.options.wavelength;
        scratch.peaks.clear();
        scratch.tables.clear();
        for (i, hkl) in scratch.list.hkl.iter().enumerate() {
            let (b, lane) = (i / 8, i % 8);
            scratch.phases.at(*hkl, &mut scratch.re, &mut scratch.im);
            for (e, species) in scratch.species.iter().enumerate() {
                let f = scratch.f[e * blocks + b][lane];
                fill_range(&mut scratch.weight, species, f);
            }
            let (mut real, mut imaginary) = ([0.0; 8], [0.0; 8]);
            for (((w, o), re), im) in
                scratch.weight.iter().zip(&scratch.occupancy).zip(&scratch.re).zip(&scratch.im)
            {
                for j in 0..8 {
                    let weight = w[j] * o[j];
                    real[j] += weight * re[j];
                    imaginary[j] += weight * im[j];
                }
            }
            let f = [reduce(real), reduce(imaginary)];
            let sine = wavelength * scratch.s2[b][lane].sqrt();
            if sine >= 1.0 {
                scratch.peaks.push(PeakState::default());
                continue;
            }
            let cosine = (1.0 - sine * sine).sqrt();
            let two_theta = 2.0 * libm::asin(sine).to_degrees();
            let cos_two_theta = 1.0 - 2.0 * sine * sine;
            let lp = (1.0 + cos_two_theta * cos_two_theta) / (sine * sine * cosine);
            // Both members of the Friedel pair.
            let intensity = 2.0 * (f[0] * f[0] + f[1] * f[1]) * lp;
            let sigma = self.width(two_theta, sine / cosine)? / FWHM_PER_SIGMA;
            // Finite heights make a finite pattern.
            let height = intensity / (sigma * SQRT_TAU);
            if !height.is_finite() {
                return Err(ForwardError::NonFinite);
            }
            let h = self.grid.step / sigma;
            let same = scratch.tables.last().is_some_and(|t| t.h().to_bits() == h.to_bits());
            if !same {
                scratch.tables.push(StepTable::new(h));
            }
            scratch.peaks.push(PeakState {
                at: Footprint::new(&self.grid, h, two_theta, sigma),
                table: scratch.tables.len() - 1,
                two_theta,
                sine,
                cosine,
                sigma,
                lp,
                f,
                intensity,
                height,
            });
        }
        Ok(())
    }

    /// The pullback of the pattern that `scratch` holds.
    pub(super) fn backward(
        &self,
        structure: &Structure,
        d_y: &[f64],
        scratch: &mut Scratch,
        out: &mut StructureGradient,
    ) {
        scratch.adjoint.clear();
        scratch.adjoint.resize(PAD, 0.0);
        scratch.adjoint.extend_from_slice(d_y);
        scratch.adjoint.resize(d_y.len() + 2 * PAD, 0.0);
        for buffer in &mut scratch.site_gradient {
            buffer.clear();
            buffer.resize(scratch.occupancy.len(), [0.0; 8]);
        }
        (out.caglioti, out.b_iso) = ([0.0; 3], 0.0);
        let metric_gradient =
            pulp::Arch::new().dispatch(Backward { model: self, scratch, out: &mut *out });
        let m = metric_gradient;
        let w = Matrix3::new(m[0], m[5], m[4], m[5], m[1], m[3], m[4], m[3], m[2]);
        let cell = scratch.cell.unwrap_or_else(|| structure.cell());
        (out.lengths, out.angles) = cell_gradient(&cell, &scratch.reciprocal, &w);
        out.frac_coords.clear();
        out.frac_coords.resize(structure.n_sites(), Vector3::zeros());
        for (position, &j) in scratch.order.iter().enumerate() {
            out.frac_coords[j] =
                Vector3::from_fn(|x, _| scratch.site_gradient[x][position / 8][position % 8]);
        }
    }

    /// Adds what peak `i` contributes to all gradients.
    #[inline(always)]
    fn pull_peak<S: pulp::Simd>(
        &self,
        simd: S,
        i: usize,
        scratch: &mut Scratch,
        metric_gradient: &mut [f64; 6],
        out: &mut StructureGradient,
    ) {
        let peak = scratch.peaks[i];
        if peak.at.is_empty() {
            return;
        }
        let moments =
            gather(simd, &scratch.adjoint, &self.grid, &scratch.tables[peak.table], &peak.at);
        let PeakState { sine, cosine, sigma, height, .. } = peak;
        let d_intensity = moments.height / (sigma * SQRT_TAU);
        let d_two_theta = height * moments.first / sigma;
        let d_sigma = height * (moments.second - moments.height) / sigma;

        // Width: w^2 = U t^2 + V t + W.
        let o = &self.options;
        let tangent = sine / cosine;
        let d_width_squared = d_sigma / (2.0 * FWHM_PER_SIGMA * FWHM_PER_SIGMA * sigma);
        out.caglioti[0] += d_width_squared * tangent * tangent;
        out.caglioti[1] += d_width_squared * tangent;
        out.caglioti[2] += d_width_squared;

        // Everything that moves with theta, first in radians.
        let f_squared = peak.f[0] * peak.f[0] + peak.f[1] * peak.f[1];
        let cos_two_theta = 1.0 - 2.0 * sine * sine;
        let sin_two_theta = 2.0 * sine * cosine;
        // d ln LP/d theta.
        let d_ln_lp = -4.0 * cos_two_theta * sin_two_theta / (1.0 + cos_two_theta * cos_two_theta)
            - 2.0 * cosine / sine
            + tangent;
        let d_theta = d_two_theta * 2.0 * 1f64.to_degrees()
            + d_intensity * peak.intensity * d_ln_lp
            + d_width_squared * (2.0 * o.u * tangent + o.v) / (cosine * cosine);
        // sin^2 theta = lambda^2 s^2, so d theta/d s^2 = lambda^2 / sin 2theta.
        let mut d_s2 = d_theta * o.wavelength * o.wavelength / sin_two_theta;

        // Structure factor: d|F|^2 = 2 Re(F* dF), both Friedel mates in the factor 2 of the intensity.
        let d_f_squared = 2.0 * d_intensity * peak.lp;
        let (b, lane) = (i / 8, i % 8);
        let blocks = scratch.s2.len();
        let hkl = scratch.list.hkl[i];
        // F is proportional to exp(-B s^2).
        out.b_iso -= 2.0 * d_f_squared * f_squared * scratch.s2[b][lane];
        if f_squared > 0.0 {
            scratch.phases.at(hkl, &mut scratch.re, &mut scratch.im);
            for (e, species) in scratch.species.iter().enumerate() {
                fill_range(&mut scratch.weight, species, scratch.df[e * blocks + b][lane]);
            }
            let mut slope = [0.0; 8];
            for (k, w) in scratch.weight.iter().enumerate() {
                let (o, re, im) = (&scratch.occupancy[k], &scratch.re[k], &scratch.im[k]);
                for j in 0..8 {
                    slope[j] += w[j] * o[j] * (peak.f[0] * re[j] + peak.f[1] * im[j]);
                }
            }
            d_s2 += d_f_squared * 2.0 * reduce(slope);
            for (e, species) in scratch.species.iter().enumerate() {
                fill_range(&mut scratch.weight, species, scratch.f[e * blocks + b][lane]);
            }
            let factor = -2.0 * std::f64::consts::TAU * d_f_squared;
            let along = hkl.map(|n| factor * f64::from(n));
            let [gx, gy, gz] = &mut scratch.site_gradient;
            for (k, w) in scratch.weight.iter().enumerate() {
                let (o, re, im) = (&scratch.occupancy[k], &scratch.re[k], &scratch.im[k]);
                for j in 0..8 {
                    let q = w[j] * o[j] * (peak.f[0] * im[j] - peak.f[1] * re[j]);
                    gx[k][j] += along[0] * q;
                    gy[k][j] += along[1] * q;
                    gz[k][j] += along[2] * q;
                }
            }
        }
        // s^2 = h^T G* h / 4.
        let d_g2 = 0.25 * d_s2;
        let [h, k, l] = hkl.map(f64::from);
        for (sum, product) in
            metric_gradient.iter_mut().zip([h * h, k * k, l * l, k * l, h * l, h * k])
        {
            *sum += d_g2 * product;
        }
    }
}

/// Sets the weights of the sites of one species.
#[inline(always)]
fn fill_range(weight: &mut [Lanes], species: &Species, value: f64) {
    weight.as_flattened_mut()[species.first..species.end].fill(value);
}
