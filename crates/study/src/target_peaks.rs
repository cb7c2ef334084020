//! Targets that another program made: the peaks of pymatgen, broadened.

use braggscape_crystal::Structure;
use braggscape_pattern::{Axis, AxisKind, Pattern};
use braggscape_xrd::{ForwardError, PeakList, PeakListOptions};
use serde::{Deserialize, Serialize};

/// FWHM of a Gaussian in standard deviations, 2 sqrt(2 ln 2).
const FWHM_PER_SIGMA: f64 = 2.354_820_045_030_949_3;
/// A Gaussian beyond this many standard deviations is nothing.
const REACH: f64 = 8.5;

/// Targets made of the peak lists that pymatgen's `XRDCalculator` gives ([`PeakList`]), each peak a Gaussian of unit area whose full
/// width at half maximum is w^2 = U tan^2 theta + V tan theta + W.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetPeaks {
    /// Wavelength, Å. Default 1.5406.
    pub wavelength: f64,
    /// First and last 2theta of the list, degrees; pymatgen's default.
    pub range: [f64; 2],
    /// Caglioti U, degrees^2. Default 0.
    pub u: f64,
    /// Caglioti V, degrees^2. Default 0.
    pub v: f64,
    /// Caglioti W, degrees^2. Default 1.5.
    pub w: f64,
}

impl Default for TargetPeaks {
    fn default() -> Self {
        Self { wavelength: 1.5406, range: [0.0, 90.0], u: 0.0, v: 0.0, w: 1.5 }
    }
}

impl TargetPeaks {
    /// Whether the options make sense on an axis.
    ///
    /// # Errors
    /// The option that does not, and why.
    pub(crate) fn check(&self, axis: &Axis) -> Result<(), String> {
        if axis.kind() != AxisKind::TwoTheta {
            return Err(format!("lists of peaks are made for 2theta, and the axis is {axis}"));
        }
        for (name, value) in [("u", self.u), ("v", self.v)] {
            if !value.is_finite() {
                return Err(format!("{name} = {value}, expected a number of degrees^2"));
            }
        }
        if !(self.w > 0.0 && self.w.is_finite()) {
            return Err(format!("w = {}, expected above 0 degrees^2", self.w));
        }
        self.calculator().map(drop).map_err(|e| e.to_string())
    }

    fn calculator(&self) -> Result<PeakList, ForwardError> {
        let [from, to] = self.range;
        PeakList::new(PeakListOptions {
            wavelength: self.wavelength,
            two_theta_range: Some((from, to)),
            ..PeakListOptions::default()
        })
    }

    /// The pattern of a structure.
    ///
    /// # Errors
    /// [`ForwardError`]: the structure has no peaks there, or the formula no width.
    pub fn pattern(&self, structure: &Structure, axis: &Axis) -> Result<Pattern, ForwardError> {
        let mut pattern = Pattern::zeros(axis.clone());
        let x = axis.to_vec();
        for peak in self.calculator()?.peaks(structure)? {
            let two_theta = peak.two_theta;
            let tangent = libm::tan((0.5 * two_theta).to_radians());
            let width_squared = (self.u * tangent + self.v) * tangent + self.w;
            if width_squared.is_nan() || width_squared <= 0.0 {
                return Err(ForwardError::NonPositiveWidth { two_theta, width_squared });
            }
            let sigma = width_squared.sqrt() / FWHM_PER_SIGMA;
            let height = peak.intensity / (sigma * std::f64::consts::TAU.sqrt());
            let first = x.partition_point(|x| *x < two_theta - REACH * sigma);
            for (y, x) in pattern.y_mut()[first..].iter_mut().zip(&x[first..]) {
                let t = (x - two_theta) / sigma;
                if t > REACH {
                    break;
                }
                *y += height * libm::exp(-0.5 * t * t);
            }
        }
        Ok(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::study_crystals;
    use braggscape_loss::{Cosine, Loss};
    use braggscape_xrd::{ForwardModel, IndexBounds, Scratch, Structsnap, StructsnapOptions};

    /// Both programs have the same physics: they agree where neither leaves out reflections whose tails reach the axis.
    #[test]
    fn the_pattern_is_that_of_the_model_where_neither_leaves_out_reflections() {
        let all = StructsnapOptions { index_bounds: IndexBounds::Complete, ..Default::default() };
        let model = Structsnap::new(all).unwrap();
        let wide = TargetPeaks { range: [0.0, 110.0], ..TargetPeaks::default() };
        for crystal in study_crystals() {
            let s = crystal.structure();
            let mut own = Pattern::zeros(model.axis().clone());
            model.simulate(&s, &mut Scratch::default(), &mut own).unwrap();
            let loss = |peaks: TargetPeaks| {
                let found = peaks.pattern(&s, model.axis()).unwrap();
                Cosine::default().value(&own, &found).unwrap()
            };
            assert!(loss(wide) < -1.0 + 1e-7, "{}: {}", crystal.formula, loss(wide));
            // Other widths, another wavelength and a shorter list make another pattern.
            for other in [
                TargetPeaks { w: 0.5, ..wide },
                TargetPeaks { u: 2.0, ..wide },
                TargetPeaks { wavelength: 1.6, ..wide },
                TargetPeaks { range: [0.0, 60.0], ..wide },
            ] {
                assert!(loss(other) > -1.0 + 1e-5, "{}: {other:?}", crystal.formula);
            }
        }
    }

    #[test]
    fn faulty_options_are_told() {
        let model = Structsnap::new(StructsnapOptions::default()).unwrap();
        let plain = TargetPeaks::default();
        for (wrong, word) in [
            (TargetPeaks { w: 0.0, ..plain }, "w = 0"),
            (TargetPeaks { u: f64::NAN, ..plain }, "u = NaN"),
            (TargetPeaks { wavelength: -1.0, ..plain }, "wavelength"),
            (TargetPeaks { range: [90.0, 10.0], ..plain }, "range"),
        ] {
            let message = wrong.check(model.axis()).unwrap_err();
            assert!(message.contains(word), "{message}");
        }
        let narrow = TargetPeaks { v: -40.0, ..plain };
        let s = study_crystals()[0].structure();
        let failed = narrow.pattern(&s, model.axis());
        assert!(matches!(failed, Err(ForwardError::NonPositiveWidth { .. })));
    }
}
