//! Chemical elements.

use crate::CrystalError;
use std::fmt;

/// A chemical element, hydrogen to oganesson.
///
/// # Examples
/// ```
/// use braggscape_crystal::Element;
/// let u = Element::from_symbol("U")?;
/// assert_eq!(u.atomic_number(), 92);
/// assert_eq!(Element::from_atomic_number(22)?.symbol(), "Ti");
/// # Ok::<(), braggscape_crystal::CrystalError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Element(u8);

#[rustfmt::skip]
const SYMBOLS: [&str; 118] = [
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg",
    "Al", "Si", "P", "S", "Cl", "Ar", "K", "Ca", "Sc", "Ti", "V", "Cr",
    "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr",
    "Rb", "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd",
    "In", "Sn", "Sb", "Te", "I", "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd",
    "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf",
    "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po",
    "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm",
    "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr", "Rf", "Db", "Sg", "Bh", "Hs",
    "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og",
];

impl Element {
    /// The element with this symbol, exact in letter case ("Co" is cobalt, "CO" is no element).
    ///
    /// # Errors
    /// [`CrystalError::UnknownSymbol`].
    pub fn from_symbol(symbol: &str) -> Result<Self, CrystalError> {
        SYMBOLS
            .iter()
            .position(|s| *s == symbol)
            .map(|i| Self(i as u8 + 1))
            .ok_or_else(|| CrystalError::UnknownSymbol { symbol: symbol.to_owned() })
    }

    /// The element with this atomic number Z, 1 to 118.
    ///
    /// # Errors
    /// [`CrystalError::UnknownAtomicNumber`].
    pub fn from_atomic_number(number: i64) -> Result<Self, CrystalError> {
        match u8::try_from(number) {
            Ok(z @ 1..=118) => Ok(Self(z)),
            _ => Err(CrystalError::UnknownAtomicNumber { number }),
        }
    }

    /// Atomic number Z, 1 to 118.
    pub fn atomic_number(self) -> u8 {
        self.0
    }

    /// Symbol, such as `"Ti"`.
    pub fn symbol(self) -> &'static str {
        SYMBOLS[usize::from(self.0) - 1]
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_and_numbers_are_inverse() {
        for z in 1..=118 {
            let e = Element::from_atomic_number(z).unwrap();
            assert_eq!(Element::from_symbol(e.symbol()).unwrap(), e);
            assert_eq!(i64::from(e.atomic_number()), z);
        }
        assert!(Element::from_atomic_number(0).is_err());
        assert!(Element::from_atomic_number(119).is_err());
        assert!(Element::from_symbol("Xx").is_err());
    }
}
