//! X-ray wavelengths and their names.

use crate::PatternError;
use std::f64::consts::TAU;
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

    /// q = 4 pi sin(theta)/lambda, 1/Å, at the scattering angle 2theta in degrees.
    ///
    /// # Examples
    /// ```
    /// use braggscape_pattern::Radiation;
    /// let radiation = Radiation::from_wavelength(2.0)?;
    /// // sin 30° = 1/2
    /// assert!((radiation.q(60.0) - std::f64::consts::PI).abs() < 1e-14);
    /// # Ok::<(), braggscape_pattern::PatternError>(())
    /// ```
    pub fn q(&self, two_theta: f64) -> f64 {
        2.0 * TAU * libm::sin((0.5 * two_theta).to_radians()) / self.wavelength
    }

    /// The scattering angle 2theta in degrees, 0 to 180, of q in 1/Å; `None` where no angle has it: q < 0 or q > 4 pi/lambda.
    ///
    /// # Examples
    /// ```
    /// use braggscape_pattern::Radiation;
    /// let radiation = Radiation::from_wavelength(2.0)?;
    /// assert!((radiation.two_theta(std::f64::consts::PI).unwrap() - 60.0).abs() < 1e-13);
    /// assert_eq!(radiation.two_theta(6.3), None);
    /// # Ok::<(), braggscape_pattern::PatternError>(())
    /// ```
    pub fn two_theta(&self, q: f64) -> Option<f64> {
        let sine = q * self.wavelength / (2.0 * TAU);
        (0.0..=1.0).contains(&sine).then(|| 2.0 * libm::asin(sine).to_degrees())
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Rounding of the sine comes back times tan(theta), at most 115 here.
        #[test]
        fn two_theta_and_q_round_trip(two_theta in 0.001..179.0f64, wavelength in 0.1..5.0f64) {
            let radiation = Radiation::from_wavelength(wavelength).unwrap();
            let q = radiation.q(two_theta);
            let back = radiation.two_theta(q).unwrap();
            prop_assert!((back - two_theta).abs() < 1e-11, "{back}");
            prop_assert!((radiation.q(back) / q - 1.0).abs() < 1e-13);
            // Beyond the limit there is nothing.
            prop_assert_eq!(radiation.two_theta(2.0 * TAU / wavelength * 1.000_001), None);
            prop_assert_eq!(radiation.two_theta(-q), None);
        }

        /// The angle grows with q, and shrinks with the energy.
        #[test]
        fn angles_grow_with_q_and_wavelength(q in 0.01..2.0f64, by in 1.01..1.5f64) {
            let radiation = Radiation::from_wavelength(1.5).unwrap();
            let harder = Radiation::from_wavelength(1.5 / by).unwrap();
            let at = radiation.two_theta(q).unwrap();
            prop_assert!(radiation.two_theta(q * by).unwrap() > at);
            prop_assert!(harder.two_theta(q).unwrap() < at);
            // Only q times the wavelength matters.
            prop_assert!((harder.two_theta(q * by).unwrap() - at).abs() < 1e-12);
        }
    }
}
