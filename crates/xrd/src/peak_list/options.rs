//! Options of the `pymatgen` preset.

use crate::ForwardError;
use crate::form_factor::EuAm;
use braggscape_crystal::Element;

/// Options of [`PeakList`](super::PeakList); the defaults are pymatgen's.
///
/// Named wavelengths are those of [`braggscape_pattern::Radiation`].
#[derive(Debug, Clone, PartialEq)]
pub struct PeakListOptions {
    /// Wavelength, Å. Default 1.54184 (Cu K-alpha, weighted mean).
    pub wavelength: f64,
    /// Range of 2theta, degrees, both ends included; `None` is the whole limiting sphere. Default 0 to 90.
    pub two_theta_range: Option<(f64, f64)>,
    /// Whether the strongest peak is scaled to 100. Default yes.
    pub scaled: bool,
    /// Debye-Waller factors B = 8 pi^2 U_iso of elements, Å^2: scattering is multiplied by exp(-B s^2). Default none (B = 0).
    pub debye_waller_factors: Vec<(Element, f64)>,
    /// Whose scattering factors europium and americium have. Default pymatgen's.
    pub eu_am: EuAm,
}

impl Default for PeakListOptions {
    fn default() -> Self {
        Self {
            wavelength: 1.54184,
            two_theta_range: Some((0.0, 90.0)),
            scaled: true,
            debye_waller_factors: Vec::new(),
            eu_am: EuAm::Pymatgen,
        }
    }
}

impl PeakListOptions {
    pub(super) fn check(&self) -> Result<(), ForwardError> {
        let range =
            |name, value, expected| Err(ForwardError::OptionRange { name, value, expected });
        if !(self.wavelength.is_finite() && self.wavelength > 0.0) {
            return range("wavelength", self.wavelength, "a positive number of Å");
        }
        if let Some((from, to)) = self.two_theta_range {
            if !(0.0..=180.0).contains(&from) {
                return range("start of the 2theta range", from, "0 to 180 degrees");
            }
            if !(to > from && to <= 180.0) {
                return range(
                    "end of the 2theta range",
                    to,
                    "above its start, at most 180 degrees",
                );
            }
        }
        match self.debye_waller_factors.iter().find(|(_, b)| !(b.is_finite() && *b >= 0.0)) {
            Some((_, b)) => range("Debye-Waller factor B", *b, "a number of Å^2, 0 or more"),
            None => Ok(()),
        }
    }

    /// The range in g, 1/Å.
    pub(super) fn g_range(&self) -> (f64, f64) {
        let g = |two_theta: f64| 2.0 * libm::sin((two_theta / 2.0).to_radians()) / self.wavelength;
        match self.two_theta_range {
            Some((from, to)) => (g(from), g(to)),
            None => (0.0, 2.0 / self.wavelength),
        }
    }

    /// B of an element, Å^2.
    pub(super) fn debye_waller_factor(&self, element: Element) -> f64 {
        self.debye_waller_factors.iter().find(|(e, _)| *e == element).map_or(0.0, |(_, b)| *b)
    }
}
