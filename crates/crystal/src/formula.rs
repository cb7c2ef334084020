//! Chemical compositions and formulae, as pymatgen writes them.

use crate::{Element, Structure};
use std::fmt::Write as _;

/// Pauling electronegativities by atomic number, 0 where none is known: the values of pymatgen's periodic table
/// (A. L. Allred, J. Inorg. Nucl. Chem. 17, 215 (1961) and later assessments).
#[rustfmt::skip]
const ELECTRONEGATIVITY: [f64; 118] = [
    2.2, 0.0, 0.98, 1.57, 2.04, 2.55, 3.04, 3.44, 3.98, 0.0, 0.93, 1.31, 1.61, 1.9,
    2.19, 2.58, 3.16, 0.0, 0.82, 1.0, 1.36, 1.54, 1.63, 1.66, 1.55, 1.83, 1.88, 1.91,
    1.9, 1.65, 1.81, 2.01, 2.18, 2.55, 2.96, 3.0, 0.82, 0.95, 1.22, 1.33, 1.6, 2.16,
    1.9, 2.2, 2.28, 2.2, 1.93, 1.69, 1.78, 1.96, 2.05, 2.1, 2.66, 2.6, 0.79, 0.89,
    1.1, 1.12, 1.13, 1.14, 1.13, 1.17, 1.2, 1.2, 1.1, 1.22, 1.23, 1.24, 1.25, 1.1,
    1.27, 1.3, 1.5, 2.36, 1.9, 2.2, 2.2, 2.28, 2.54, 2.0, 1.62, 2.33, 2.02, 2.0,
    2.2, 2.2, 0.7, 0.9, 1.1, 1.3, 1.5, 1.38, 1.36, 1.28, 1.3, 1.3, 1.3, 1.3,
    1.3, 1.3, 1.3, 1.3, 1.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
];

/// Amounts closer than this to a whole number are that number.
const AMOUNT_TOLERANCE: f64 = 1e-8;

/// Formulae that stay molecular, or peroxides, when reduced.
const UNREDUCED: [(&str, &str); 11] = [
    ("LiO", "Li2O2"),
    ("NaO", "Na2O2"),
    ("KO", "K2O2"),
    ("HO", "H2O2"),
    ("CsO", "Cs2O2"),
    ("RbO", "Rb2O2"),
    ("O", "O2"),
    ("N", "N2"),
    ("F", "F2"),
    ("Cl", "Cl2"),
    ("H", "H2"),
];

/// Last two elements whose electronegativities differ by less than this are written as a polyanion, such as (PO4)2.
const POLYANION_LIMIT: f64 = 1.65;

impl Element {
    /// Pauling electronegativity, `None` for elements without a known value (the light noble gases and the
    /// transactinides).
    pub fn electronegativity(self) -> Option<f64> {
        let x = ELECTRONEGATIVITY[usize::from(self.atomic_number()) - 1];
        (x > 0.0).then_some(x)
    }
}

/// What a cell contains: each element with its amount, the sum of its occupancies.
///
/// Elements are held in the order of formulae: by Pauling electronegativity, elements without one last, ties by symbol.
///
/// # Examples
/// ```
/// use braggscape_crystal::{Composition, Element};
/// let of = |s: &str| Element::from_symbol(s);
/// let c = Composition::new([(of("O")?, 16.0), (of("Fe")?, 4.0), (of("Li")?, 4.0), (of("P")?, 4.0)]);
/// assert_eq!(c.formula(), "Li4 Fe4 P4 O16");
/// assert_eq!(c.reduced_formula(), "LiFePO4");
/// # Ok::<(), braggscape_crystal::CrystalError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    amounts: Vec<(Element, f64)>,
}

impl Composition {
    /// The composition of these amounts; repeated elements are summed, amounts not above zero left out.
    pub fn new(amounts: impl IntoIterator<Item = (Element, f64)>) -> Self {
        let mut sums = [0.0; 118];
        for (element, amount) in amounts {
            sums[usize::from(element.atomic_number()) - 1] += amount;
        }
        let mut amounts: Vec<(Element, f64)> = (1..=118_i64)
            .filter_map(|z| Element::from_atomic_number(z).ok())
            .map(|e| (e, sums[usize::from(e.atomic_number()) - 1]))
            .filter(|(_, amount)| *amount > AMOUNT_TOLERANCE)
            .collect();
        amounts.sort_by(|(a, _), (b, _)| {
            let key = |e: &Element| e.electronegativity().unwrap_or(f64::INFINITY);
            key(a).total_cmp(&key(b)).then_with(|| a.symbol().cmp(b.symbol()))
        });
        Self { amounts }
    }

    /// Elements and amounts, in the order of formulae.
    pub fn amounts(&self) -> &[(Element, f64)] {
        &self.amounts
    }

    /// Sum of all amounts: the number of atoms in the cell.
    pub fn n_atoms(&self) -> f64 {
        self.amounts.iter().map(|(_, n)| n).sum()
    }

    /// The formula of the whole cell, such as `"Li4 Fe4 P4 O16"`.
    pub fn formula(&self) -> String {
        let parts: Vec<String> =
            self.amounts.iter().map(|(e, n)| format!("{e}{}", amount_text(*n, false))).collect();
        parts.join(" ")
    }

    /// The formula in smallest whole numbers, such as `"LiFePO4"`; of a composition with fractional amounts, the formula
    /// of the whole cell without spaces.
    ///
    /// Polyanions are set in brackets where they repeat, `"Ca3(PO4)2"`; elements of diatomic gases and alkali peroxides are
    /// not reduced, `"O2"`, `"Na2O2"`.
    ///
    /// # References
    /// The rules are those of pymatgen's `Composition.reduced_formula` (S. P. Ong et al., Comput. Mater. Sci. 68, 314
    /// (2013), doi:10.1016/j.commatsci.2012.10.028).
    pub fn reduced_formula(&self) -> String {
        let whole: Option<Vec<u64>> = self.amounts.iter().map(|(_, n)| whole_number(*n)).collect();
        let Some(whole) = whole else {
            return self.formula().replace(' ', "");
        };
        let amounts: Vec<(Element, u64)> =
            self.amounts.iter().map(|(e, _)| *e).zip(whole).filter(|(_, n)| *n > 0).collect();
        let (formula, _) = reduce(&amounts);
        match UNREDUCED.iter().find(|(short, _)| *short == formula) {
            Some((_, long)) => (*long).to_owned(),
            None => formula,
        }
    }
}

impl Structure {
    /// What the cell contains.
    pub fn composition(&self) -> Composition {
        Composition::new(self.sites().iter().map(|s| (s.element, s.occupancy)))
    }

    /// Reduced formula of the cell, as [`Composition::reduced_formula`].
    pub fn reduced_formula(&self) -> String {
        self.composition().reduced_formula()
    }
}

fn whole_number(amount: f64) -> Option<u64> {
    let nearest = amount.round();
    ((amount - nearest).abs() < AMOUNT_TOLERANCE && nearest < 1e15).then_some(nearest as u64)
}

fn amount_text(amount: f64, hide_one: bool) -> String {
    match whole_number(amount) {
        Some(1) if hide_one => String::new(),
        Some(n) => n.to_string(),
        None => format!("{}", (amount * 1e8).round() / 1e8),
    }
}

/// Reduced formula of amounts in formula order, and the factor divided out.
fn reduce(amounts: &[(Element, u64)]) -> (String, u64) {
    let factor = amounts.iter().fold(0, |g, (_, n)| gcd(g, *n)).max(1);
    let mut plain = amounts;
    let mut anion = String::new();
    if let [.., second_last, last] = amounts
        && amounts.len() >= 3
        && let (Some(x), Some(y)) = (last.0.electronegativity(), second_last.0.electronegativity())
        && x - y < POLYANION_LIMIT
    {
        let (group, repeats) =
            reduce(&[(second_last.0, second_last.1 / factor), (last.0, last.1 / factor)]);
        if repeats != 1 {
            anion = format!("({group}){repeats}");
            plain = &amounts[..amounts.len() - 2];
        }
    }
    let mut formula = String::new();
    for (element, n) in plain {
        // Writing to a string cannot fail.
        let _ = write!(formula, "{element}{}", amount_text((n / factor) as f64, true));
    }
    (formula + &anion, factor)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(amounts: &[(&str, f64)], formula: &str, reduced: &str) {
        let c =
            Composition::new(amounts.iter().map(|(s, n)| (Element::from_symbol(s).unwrap(), *n)));
        assert_eq!(c.formula(), formula);
        assert_eq!(c.reduced_formula(), reduced);
    }

    #[test]
    fn formulae_follow_electronegativity() {
        check(&[("U", 2.0), ("Ti", 1.0)], "U2 Ti1", "U2Ti");
        check(&[("S", 2.0), ("Au", 4.0)], "Au4 S2", "Au2S");
        check(
            &[("O", 12.0), ("Ni", 2.0), ("Na", 6.0), ("Co", 2.0), ("Mn", 2.0)],
            "Na6 Mn2 Co2 Ni2 O12",
            "Na3MnCoNiO6",
        );
    }

    #[test]
    fn polyanions_gases_and_fractions() {
        check(&[("Ca", 3.0), ("P", 2.0), ("O", 8.0)], "Ca3 P2 O8", "Ca3(PO4)2");
        check(&[("O", 8.0)], "O8", "O2");
        check(&[("Na", 4.0), ("O", 4.0)], "Na4 O4", "Na2O2");
        check(&[("Fe", 0.5), ("Ni", 0.5)], "Fe0.5 Ni0.5", "Fe0.5Ni0.5");
        check(&[("Fe", 0.25), ("Fe", 0.75), ("He", 1.0)], "Fe1 He1", "FeHe");
    }
}
