//! The forward and backward passes of the `structsnap` preset on its full grid.

use super::scratch::{Simulated, Spread};
use super::{FWHM_PER_SIGMA, Scratch, Structsnap};
use crate::cell_gradient::cell_gradient;
use crate::fine::OVERHANG;
use crate::gaussian::{Footprint, Moments, PAD, StepTable, gather, spread};
use crate::reflections::six;
use crate::sticks::{Coordinate, Physics, Pulled, Sticks};
use crate::{ForwardError, StructureGradient};
use braggscape_crystal::Structure;
use nalgebra::{Matrix3, Vector3};

/// sqrt(2 pi).
pub(crate) const SQRT_TAU: f64 = 2.506_628_274_631_000_5;

/// The forward pass, compiled once for each vector width and chosen at run time. The numbers do not depend on the choice.
struct Forward<'a> {
    model: &'a Structsnap,
    structure: &'a Structure,
    scratch: &'a mut Scratch,
}

impl pulp::WithSimd for Forward<'_> {
    type Output = Result<(), ForwardError>;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> Self::Output {
        let Self { model, structure, scratch } = self;
        model.update_sticks(simd, structure, scratch)?;
        if let Some(fine) = &model.fine {
            scratch.profile.resize(PAD + model.grid.n + OVERHANG, 0.0);
            let (sticks, nodes) = (&scratch.sticks, &mut scratch.fine);
            nodes.place(&fine.nodes, &sticks.position[..sticks.len()]);
            nodes.spread(simd, &fine.nodes, &sticks.intensity, model.height());
            fine.interpolate(simd, nodes, &mut scratch.profile[PAD..]);
            return Ok(());
        }
        model.place_peaks(scratch)?;
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

/// The backward pass likewise.
struct Backward<'a> {
    model: &'a Structsnap,
    d_y: &'a [f64],
    scratch: &'a mut Scratch,
    out: &'a mut StructureGradient,
}

impl pulp::WithSimd for Backward<'_> {
    type Output = Pulled;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> Self::Output {
        let Self { model, d_y, scratch, out } = self;
        scratch.sticks.clear_derivatives();
        if let Some(fine) = &model.fine {
            let Scratch { sticks, fine: nodes, fine_adjoint, second_moments, .. } = &mut *scratch;
            fine.project(simd, d_y, fine_adjoint);
            second_moments.resize(sticks.len(), 0.0);
            let (heights, firsts) = (&mut sticks.d_intensity, &mut sticks.d_position);
            let moments = [&mut heights[..], &mut firsts[..], &mut second_moments[..]];
            nodes.gather_moments(simd, &fine.nodes, fine_adjoint, moments);
            let sigma = model.options.w.sqrt() / FWHM_PER_SIGMA;
            let t = fine.nodes.slope() * sigma;
            for (i, second) in second_moments.iter().enumerate() {
                let moments = Moments {
                    height: sticks.d_intensity[i],
                    first: sticks.d_position[i] * t,
                    second: second * t * t,
                };
                let height = sticks.intensity[i] * model.height();
                model.pull_moments(i, &moments, sigma, height, sticks, &mut out.caglioti);
            }
            return scratch.sticks.pull(simd, scratch.parts, out);
        }
        for i in 0..scratch.peaks.len() {
            model.pull_peak(simd, i, scratch, out);
        }
        scratch.sticks.pull(simd, scratch.parts, out)
    }
}

impl Structsnap {
    /// Lists reflections for a structure.
    #[inline(always)]
    fn prepare(&self, structure: &Structure, scratch: &mut Scratch) -> Result<(), ForwardError> {
        let reciprocal = scratch.begin(structure);
        if scratch.held {
            return Ok(());
        }
        let metric = structure.lattice().metric_tensor();
        self.list(&metric, &reciprocal, self.shell, &mut scratch.rows, &mut scratch.list)
    }

    /// Lists reflections and computes their positions and intensities.
    #[inline(always)]
    pub(super) fn update_sticks<S: pulp::Simd>(
        &self,
        simd: S,
        structure: &Structure,
        scratch: &mut Scratch,
    ) -> Result<(), ForwardError> {
        self.prepare(structure, scratch)?;
        let physics = Physics {
            wavelength: self.options.wavelength,
            b_iso: self.options.b_iso,
            eu_am: self.options.eu_am,
            coordinate: Coordinate::TwoTheta,
        };
        let metric = six(&scratch.reciprocal);
        scratch.sticks.update(simd, physics, structure, &metric, &scratch.list)
    }

    /// Lists reflections and computes their pattern.
    pub(super) fn forward(
        &self,
        structure: &Structure,
        scratch: &mut Scratch,
    ) -> Result<(), ForwardError> {
        pulp::Arch::new().dispatch(Forward { model: self, structure, scratch: &mut *scratch })?;
        scratch.simulated = Simulated::Grid;
        scratch.by = Some(self.options.clone());
        Ok(())
    }

    /// tan(theta), not a number beyond the limiting sphere.
    #[inline(always)]
    pub(super) fn tangent(&self, s2: f64) -> f64 {
        let square = self.options.wavelength * self.options.wavelength * s2;
        (square / (1.0 - square)).sqrt()
    }

    /// d(w^2)/d s^2 by way of tan(theta).
    #[inline(always)]
    pub(super) fn width_slope(&self, tangent: f64) -> f64 {
        let o = &self.options;
        // tan^2 = x/(1 - x), x = lambda^2 s^2: d tan/d s^2 = lambda^2 (1 + tan^2)^2/(2 tan).
        let square = 1.0 + tangent * tangent;
        let d_tangent = o.wavelength * o.wavelength * square * square / (2.0 * tangent);
        (2.0 * o.u * tangent + o.v) * d_tangent
    }

    /// Where on the grid the peaks lie.
    #[inline(always)]
    fn place_peaks(&self, scratch: &mut Scratch) -> Result<(), ForwardError> {
        scratch.peaks.clear();
        scratch.tables.clear();
        let sticks = &scratch.sticks;
        let constant = self.options.has_one_width();
        let mut sigma = self.options.w.sqrt() / FWHM_PER_SIGMA;
        for i in 0..sticks.len() {
            let two_theta = sticks.position[i];
            let tangent = self.tangent(sticks.s2[i]);
            if !tangent.is_finite() {
                scratch.peaks.push(Spread::default());
                continue;
            }
            if !constant {
                sigma = self.width(two_theta, tangent)? / FWHM_PER_SIGMA;
            }
            // Finite heights make a finite pattern.
            let height = sticks.intensity[i] / (sigma * SQRT_TAU);
            if !height.is_finite() {
                return Err(ForwardError::NonFinite);
            }
            let h = self.grid.step / sigma;
            let same = scratch.tables.last().is_some_and(|t| t.h().to_bits() == h.to_bits());
            if !same {
                scratch.tables.push(StepTable::new(h));
            }
            scratch.peaks.push(Spread {
                at: Footprint::new(&self.grid, h, two_theta, sigma),
                table: scratch.tables.len() - 1,
                sigma,
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
        if self.fine.is_none() {
            scratch.adjoint.clear();
            scratch.adjoint.resize(PAD, 0.0);
            scratch.adjoint.extend_from_slice(d_y);
            scratch.adjoint.resize(d_y.len() + 2 * PAD, 0.0);
        }
        clear_gradient(structure, out);
        let pulled = pulp::Arch::new().dispatch(Backward {
            model: self,
            d_y,
            scratch: &mut *scratch,
            out: &mut *out,
        });
        finish_gradient(structure, scratch, &pulled, out);
        out.zero_shift = scratch.shift_derivative();
    }

    /// What peak `i` contributes to the derivatives of positions, intensities and widths.
    #[inline(always)]
    fn pull_peak<S: pulp::Simd>(
        &self,
        simd: S,
        i: usize,
        scratch: &mut Scratch,
        out: &mut StructureGradient,
    ) {
        let Spread { at, table, sigma, height } = scratch.peaks[i];
        if at.is_empty() {
            return;
        }
        let moments = gather(simd, &scratch.adjoint, &self.grid, &scratch.tables[table], &at);
        self.pull_moments(i, &moments, sigma, height, &mut scratch.sticks, &mut out.caglioti);
    }

    /// Derivatives in intensity, position and width from the sums over the profile of peak `i`.
    #[inline(always)]
    fn pull_moments(
        &self,
        i: usize,
        moments: &Moments,
        sigma: f64,
        height: f64,
        sticks: &mut Sticks<f64>,
        caglioti: &mut [f64; 3],
    ) {
        sticks.d_intensity[i] = moments.height / (sigma * SQRT_TAU);
        sticks.d_position[i] = height * moments.first / sigma;
        let d_sigma = height * (moments.second - moments.height) / sigma;
        // Width: w^2 = U t^2 + V t + W.
        let d_width_squared = d_sigma / (2.0 * FWHM_PER_SIGMA * FWHM_PER_SIGMA * sigma);
        let tangent = self.tangent(sticks.s2[i]);
        // A held reflection may have left the limiting sphere.
        if !tangent.is_finite() {
            return;
        }
        caglioti[0] += d_width_squared * tangent * tangent;
        caglioti[1] += d_width_squared * tangent;
        caglioti[2] += d_width_squared;
        sticks.d_s2[i] = d_width_squared * self.width_slope(tangent);
    }

    /// Height of a peak of intensity 1 where all peaks have one width.
    fn height(&self) -> f64 {
        FWHM_PER_SIGMA / (self.options.w.sqrt() * SQRT_TAU)
    }
}

/// Sets a gradient to 0.
pub(crate) fn clear_gradient(structure: &Structure, out: &mut StructureGradient) {
    let frac_coords = std::mem::take(&mut out.frac_coords);
    *out = StructureGradient { frac_coords, ..StructureGradient::default() };
    out.frac_coords.clear();
    out.frac_coords.resize(structure.n_sites(), Vector3::zeros());
}

/// From the reciprocal metric tensor to the cell parameters.
pub(crate) fn finish_gradient(
    structure: &Structure,
    scratch: &Scratch,
    pulled: &Pulled,
    out: &mut StructureGradient,
) {
    out.b_iso = pulled.b_iso;
    out.scale = pulled.scale;
    if scratch.parts().lattice {
        let w = symmetric(&pulled.metric);
        let metric = structure.lattice().metric_tensor();
        (out.lengths, out.angles) = cell_gradient(&metric, &scratch.reciprocal, &w);
    }
}

/// The matrix of the components 11, 22, 33, 23, 13, 12.
pub(crate) fn symmetric(m: &[f64; 6]) -> Matrix3<f64> {
    Matrix3::new(m[0], m[5], m[4], m[5], m[1], m[3], m[4], m[3], m[2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StructsnapOptions;
    use braggscape_crystal::study_crystal;
    use pulp::{Arch, Scalar, WithSimd};

    /// Pattern and gradient as one vector of bits; `how` runs a pass.
    fn bits(
        options: &StructsnapOptions,
        forward: impl Fn(Forward<'_>) -> Result<(), ForwardError>,
        backward: impl Fn(Backward<'_>) -> Pulled,
    ) -> Vec<u64> {
        let model = Structsnap::new(options.clone()).unwrap();
        let structure = study_crystal("Na3MnCoNiO6").unwrap().structure();
        let mut scratch = Scratch::default();
        forward(Forward { model: &model, structure: &structure, scratch: &mut scratch }).unwrap();
        let mut y = vec![0.0; options.n_points];
        scratch.copy_profile(&mut y);
        let d_y: Vec<f64> = (0..y.len()).map(|n| libm::sin(0.1 * n as f64)).collect();
        scratch.adjoint.resize(PAD, 0.0);
        scratch.adjoint.extend_from_slice(&d_y);
        scratch.adjoint.resize(d_y.len() + 2 * PAD, 0.0);
        let mut out = StructureGradient::default();
        clear_gradient(&structure, &mut out);
        let pulled =
            backward(Backward { model: &model, d_y: &d_y, scratch: &mut scratch, out: &mut out });
        finish_gradient(&structure, &scratch, &pulled, &mut out);
        let coords = out.frac_coords.iter().flat_map(|f| [f.x, f.y, f.z]);
        let cell = out.lengths.into_iter().chain(out.angles).chain(out.caglioti);
        y.into_iter().chain(coords).chain(cell).map(f64::to_bits).collect()
    }

    #[test]
    fn no_bit_depends_on_the_width_of_the_registers() {
        for (u, tails) in [(0.0, 7.0), (0.0, 12.0), (0.2, 7.0)] {
            let options = StructsnapOptions { u, tails, ..Default::default() };
            let plain = bits(&options, |f| f.with_simd(Scalar), |b| b.with_simd(Scalar));
            let wide = bits(&options, |f| Arch::new().dispatch(f), |b| Arch::new().dispatch(b));
            assert_eq!(plain, wide);
            #[cfg(target_arch = "x86_64")]
            if let Some(v3) = pulp::x86::V3::try_new() {
                use pulp::Simd;
                assert_eq!(
                    plain,
                    bits(&options, |f| Simd::vectorize(v3, f), |b| Simd::vectorize(v3, b))
                );
            }
        }
    }
}
