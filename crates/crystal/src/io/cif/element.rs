//! Elements out of the symbols and labels of CIF atom sites.

use crate::Element;

/// The element that a type symbol or label means: `Fe`, `Fe3+`, `SR2+`, `D`, `13C`, `Fe1`, `O1A`, `CU2`, `Wat`.
///
/// Of two readings of a label in capitals (`CO1`: cobalt or carbon), the one of the chemical `formula` is taken, else the
/// two-letter one, as pymatgen does. `None` where no element fits.
pub(super) fn element_of(text: &str, formula: &[Element]) -> Option<Element> {
    let letters: String = text
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '*')
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    let mut chars = letters.chars();
    let first = chars.next()?;
    let second = chars.next();
    if letters.eq_ignore_ascii_case("wat") {
        return Element::from_symbol("O").ok();
    }
    let one = one_letter(first);
    let Some(second) = second else { return one };
    let symbol: String = [first.to_ascii_uppercase(), second.to_ascii_lowercase()].iter().collect();
    let two = Element::from_symbol(&symbol).ok();
    let capitals = second.is_ascii_uppercase();
    match (one, two) {
        (Some(one), Some(two)) if capitals => {
            let prefer_one = formula.contains(&one) && !formula.contains(&two);
            // No crystal holds the elements past fermium; `NO3`, `HS1` and `LR` are labels.
            let implausible = two.atomic_number() > 100 && !formula.contains(&two);
            Some(if prefer_one || implausible { one } else { two })
        }
        (_, Some(two)) => Some(two),
        // A word such as `Vac` is no vanadium.
        (Some(_), None) if letters.len() > 2 && !capitals => None,
        (one, None) => one,
    }
}

/// Hydrogen isotopes count as hydrogen.
fn one_letter(letter: char) -> Option<Element> {
    let symbol = match letter.to_ascii_uppercase() {
        'D' | 'T' => 'H',
        other => other,
    };
    Element::from_symbol(symbol.encode_utf8(&mut [0; 4])).ok()
}

/// Elements and amounts of a formula such as `C12 H10 Fe0.5 O2`; `None` where a part does not parse.
pub(super) fn formula_amounts(formula: &str) -> Option<Vec<(Element, f64)>> {
    formula
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let n = part.chars().take_while(char::is_ascii_alphabetic).count();
            let (symbol, amount) = part.split_at(n);
            let element = match symbol {
                "D" | "T" => Element::from_symbol("H"),
                symbol => Element::from_symbol(symbol),
            };
            let amount = if amount.is_empty() { 1.0 } else { amount.parse().ok()? };
            Some((element.ok()?, amount))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, symbol: &str) {
        assert_eq!(element_of(text, &[]).map_or("", Element::symbol), symbol, "{text}");
    }

    #[test]
    fn symbols_and_labels() {
        for (text, symbol) in [
            ("Fe", "Fe"),
            ("Fe3+", "Fe"),
            ("SR2+", "Sr"),
            ("D", "H"),
            ("D1", "H"),
            ("13C", "C"),
            ("Fe1", "Fe"),
            ("O1A", "O"),
            ("CU2", "Cu"),
            ("Wat", "O"),
            ("OW1", "O"),
            ("Hw2", "H"),
            ("o2-", "O"),
            ("Cl1-", "Cl"),
            ("Ca_1", "Ca"),
            ("NO3", "N"),
            ("FeA", "Fe"),
            ("CO1", "Co"),
            ("OH", "O"),
            ("Cval", ""),
            ("Vac", ""),
            ("Xx", ""),
            ("X", ""),
            ("1", ""),
            ("", ""),
        ] {
            check(text, symbol);
        }
        let carbon = [element_of("C", &[]).unwrap()];
        assert_eq!(element_of("CO1", &carbon).unwrap().symbol(), "C");
    }

    #[test]
    fn formulae() {
        let amounts = formula_amounts("C12 H10 Fe0.5 D").unwrap();
        assert_eq!(amounts.len(), 4);
        assert!((amounts.iter().map(|a| a.1).sum::<f64>() - 23.5).abs() < 1e-12);
        assert!(formula_amounts("(C2 H6)2 Fe").is_none());
    }
}
