//! Options of the `structsnap` preset.

use crate::ForwardError;
use crate::form_factor::EuAm;
use crate::reflections::{IndexBounds, two_theta};
use braggscape_pattern::{Axis, AxisKind};
use serde::{Deserialize, Serialize};

/// Options of [`Structsnap`](super::Structsnap); the defaults are the study's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StructsnapOptions {
    /// Wavelength, Å. Default 1.5406 (Cu K-alpha1).
    pub wavelength: f64,
    /// Start of the grid, q in 1/Å. Default 0.355794747244 (5° at the default wavelength).
    pub q_min: f64,
    /// End of the grid (excluded), q in 1/Å. Default 5.76722732255 (89.99°).
    pub q_max: f64,
    /// Points of the grid, uniform in 2theta. Default 8500.
    pub n_points: usize,
    /// Caglioti U, degrees^2. Default 0.
    pub u: f64,
    /// Caglioti V, degrees^2. Default 0.
    pub v: f64,
    /// Caglioti W, degrees^2. Default 1.5.
    pub w: f64,
    /// Isotropic displacement B = 8 pi^2 U_iso of all atoms, Å^2. Default 0.
    pub b_iso: f64,
    /// By how much all peaks lie at a higher angle than Bragg's law says, degrees 2theta. Default 0.
    pub zero_shift: f64,
    /// How far indices run. Default StructSnap's quirk.
    pub index_bounds: IndexBounds,
    /// Whose scattering factors europium and americium have. Default StructSnap's.
    pub eu_am: EuAm,
    /// Where the tails of a peak are cut, in standard deviations; 40 leaves nothing out. Default 7.
    pub tails: f64,
    /// On which points losses may be computed. Default `auto`.
    pub sampling: Sampling,
}

/// On which points of a pattern a loss is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// Losses that depend on inner products alone (cosine, mse) on every k-th point, k as large as keeps them the same to about
    /// 1e-7; others on all points. Peaks of more than one width (U or V not 0) are always computed on all points.
    #[default]
    Auto,
    /// All losses on all points.
    Full,
}

impl Default for StructsnapOptions {
    fn default() -> Self {
        Self {
            wavelength: 1.5406,
            q_min: 0.355794747244,
            q_max: 5.76722732255,
            n_points: 8500,
            u: 0.0,
            v: 0.0,
            w: 1.5,
            b_iso: 0.0,
            zero_shift: 0.0,
            index_bounds: IndexBounds::default(),
            eu_am: EuAm::default(),
            tails: 7.0,
            sampling: Sampling::default(),
        }
    }
}

/// A zero shift beyond this is a mistake, degrees.
pub(super) const LARGEST_SHIFT: f64 = 5.0;

/// q in 1/Å at a scattering angle in degrees.
fn q_at(two_theta: f64, wavelength: f64) -> f64 {
    2.0 * std::f64::consts::TAU * libm::sin((0.5 * two_theta).to_radians()) / wavelength
}

impl StructsnapOptions {
    /// The same options with the grid from `start` to `end` (excluded), degrees 2theta, in steps of about `step` degrees.
    ///
    /// # Errors
    /// [`ForwardError::OptionRange`] unless 0 < start < end < 180 and the step is positive and leaves 2 to 10 million points.
    pub fn with_window(mut self, start: f64, end: f64, step: f64) -> Result<Self, ForwardError> {
        let range = |name, value, expected| ForwardError::OptionRange { name, value, expected };
        if !(start > 0.0 && start < 180.0) {
            return Err(range("start of the 2theta window", start, "above 0, below 180 degrees"));
        }
        if !(end > start && end < 180.0) {
            return Err(range(
                "end of the 2theta window",
                end,
                "above its start, below 180 degrees",
            ));
        }
        let n = ((end - start) / step).round();
        if !(step > 0.0 && (2.0..=1e7).contains(&n)) {
            return Err(range("2theta step", step, "positive, leaving 2 to 10 million points"));
        }
        self.n_points = n as usize;
        self.q_min = q_at(start, self.wavelength);
        self.q_max = q_at(end, self.wavelength);
        Ok(self)
    }

    /// Whether all peaks have one width.
    pub(super) fn has_one_width(&self) -> bool {
        self.u.abs() + self.v.abs() <= 0.0
    }

    /// Start and step of the grid, degrees 2theta.
    pub(super) fn grid(&self) -> (f64, f64) {
        let start = two_theta(self.q_min, self.wavelength);
        (start, (two_theta(self.q_max, self.wavelength) - start) / self.n_points as f64)
    }

    pub(super) fn axis(&self) -> Result<Axis, ForwardError> {
        let (start, step) = self.grid();
        Axis::uniform(AxisKind::TwoTheta, start, step, self.n_points).map_err(|_| {
            ForwardError::OptionRange { name: "q_max", value: self.q_max, expected: "above q_min" }
        })
    }

    pub(super) fn check(&self) -> Result<(), ForwardError> {
        let fail = |name, value, expected| Err(ForwardError::OptionRange { name, value, expected });
        if !(self.wavelength > 0.0 && self.wavelength.is_finite()) {
            return fail("wavelength", self.wavelength, "above 0 Å");
        }
        if self.q_min.is_nan() || self.q_min <= 0.0 {
            return fail("q_min", self.q_min, "above 0");
        }
        if self.q_max.is_nan() || self.q_max <= self.q_min {
            return fail("q_max", self.q_max, "above q_min");
        }
        if self.q_max * self.wavelength >= 2.0 * std::f64::consts::TAU {
            return fail("q_max", self.q_max, "below 4 pi / wavelength");
        }
        if !(2..=10_000_000).contains(&self.n_points) {
            return fail("n_points", self.n_points as f64, "2 to 10 million");
        }
        for (name, value) in [("u", self.u), ("v", self.v)] {
            if !value.is_finite() {
                return fail(name, value, "a finite number of degrees^2");
            }
        }
        if !(self.w > 0.0 && self.w.is_finite()) {
            return fail("w", self.w, "above 0 degrees^2");
        }
        if !(self.b_iso >= 0.0 && self.b_iso.is_finite()) {
            return fail("b_iso", self.b_iso, "0 Å^2 or more");
        }
        if !(-LARGEST_SHIFT..=LARGEST_SHIFT).contains(&self.zero_shift) {
            return fail("zero_shift", self.zero_shift, "-5 to 5 degrees");
        }
        if !(4.0..=40.0).contains(&self.tails) {
            return fail("tails", self.tails, "4 to 40 standard deviations");
        }
        Ok(())
    }
}
