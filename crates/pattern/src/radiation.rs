//! X-ray wavelengths and their names.

use crate::PatternError;
use std::str::FromStr;

/// Named characteristic wavelengths, Å: the table of pymatgen's XRDCalculator (Ong et al., Comput. Mater. Sci. 68, 314
/// (2013)). The names without a number are weighted means of the doublet.
pub const WAVELENGTHS: [(&str, f64); 24] = [
    ("CuKa", 1.54184),
    ("CuKa2", 1.54439),
    ("CuKa1", 1.54056),
    ("CuKb1", 1.39222),
    ("MoKa", 0.71073),
    ("MoKa2", 0.71359),
    ("MoKa1", 0.70930),
    ("MoKb1", 0.63229),
    ("CrKa", 2.29100),
    ("CrKa2", 2.29361),
    ("CrKa1", 2.28970),
    ("CrKb1", 2.08487),
    ("FeKa", 1.93735),
    ("FeKa2", 1.93998),
    ("FeKa1", 1.93604),
    ("FeKb1", 1.75661),
    ("CoKa", 1.79026),
    ("CoKa2", 1.79285),
    ("CoKa1", 1.78896),
    ("CoKb1", 1.63079),
    ("AgKa", 0.560885),
    ("AgKa2", 0.563813),
    ("AgKa1", 0.559421),
    ("AgKb1", 0.497082),
];

/// Monochromatic X-rays.
///
/// # Examples
/// ```
/// use braggscape_pattern::Radiation;
/// assert_eq!("CuKa1".parse::<Radiation>()?.wavelength(), 1.54056);
/// assert_eq!("0.7".parse::<Radiation>()?.wavelength(), 0.7);
/// # Ok::<(), braggscape_pattern::PatternError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Radiation {
    wavelength: f64,
    name: Option<&'static str>,
}

impl Radiation {
    /// Radiation of this wavelength, Å.
    ///
    /// # Errors
    /// [`PatternError::Wavelength`] unless the wavelength is a positive number.
    pub fn from_wavelength(wavelength: f64) -> Result<Self, PatternError> {
        if wavelength.is_finite() && wavelength > 0.0 {
            Ok(Self { wavelength, name: None })
        } else {
            Err(PatternError::Wavelength { value: wavelength })
        }
    }

    /// Wavelength, Å.
    pub fn wavelength(&self) -> f64 {
        self.wavelength
    }

    /// The name, if the radiation was named.
    pub fn name(&self) -> Option<&'static str> {
        self.name
    }
}

impl FromStr for Radiation {
    type Err = PatternError;

    /// A name of [`WAVELENGTHS`] or a number in Å.
    fn from_str(text: &str) -> Result<Self, PatternError> {
        if let Some((name, wavelength)) = WAVELENGTHS.iter().find(|(name, _)| *name == text) {
            return Ok(Self { wavelength: *wavelength, name: Some(name) });
        }
        match text.parse::<f64>() {
            Ok(value) => Self::from_wavelength(value),
            Err(_) => Err(PatternError::UnknownName {
                what: "wavelength",
                name: text.to_owned(),
                known: format!("a number in Å, {}", WAVELENGTHS.map(|(name, _)| name).join(", ")),
            }),
        }
    }
}
