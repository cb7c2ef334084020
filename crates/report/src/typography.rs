//! Formulae, space groups, cells and Miller indices as they are printed.

/// A chemical formula with its numbers lowered: `Ca(CoAs)2` becomes `Ca(CoAs)₂`.
///
/// # Examples
/// ```
/// assert_eq!(braggscape_report::formula_text("Na3MnCoNiO6"), "Na₃MnCoNiO₆");
/// ```
pub fn formula_text(formula: &str) -> String {
    formula.chars().map(lowered).collect()
}

/// A Hermann-Mauguin symbol with bars over inversion axes and the numbers of screw axes lowered: `P6_3/mmc` becomes
/// `P6₃/mmc`, `Pn-3m` becomes `Pn3̄m`.
///
/// # Examples
/// ```
/// assert_eq!(braggscape_report::space_group_text("P6_3/mmc"), "P6₃/mmc");
/// assert_eq!(braggscape_report::space_group_text("I-4"), "I4\u{304}");
/// ```
pub fn space_group_text(symbol: &str) -> String {
    let mut out = String::new();
    let mut chars = symbol.chars();
    while let Some(c) = chars.next() {
        match (c, chars.as_str().chars().next()) {
            ('-', Some(digit)) if digit.is_ascii_digit() => {
                out.push(digit);
                out.push(BAR);
                chars.next();
            }
            ('_', Some(digit)) if digit.is_ascii_digit() => {
                out.push(lowered(digit));
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

/// Cell parameters `[a, b, c, alpha, beta, gamma]` in Å and degrees as two short lines, which break before a name alone.
///
/// # Examples
/// ```
/// let [lengths, angles] = braggscape_report::cell_text([4.7887, 4.7887, 2.80218, 90.0, 90.0, 120.0]);
/// assert_eq!(lengths.replace('\u{a0}', " "), "a 4.789, b 4.789, c 2.802 Å");
/// assert_eq!(angles.replace('\u{a0}', " "), "α 90.0, β 90.0, γ 120.0°");
/// ```
pub fn cell_text(parameters: [f64; 6]) -> [String; 2] {
    let [a, b, c, alpha, beta, gamma] = parameters;
    [
        format!("a\u{a0}{a:.3}, b\u{a0}{b:.3}, c\u{a0}{c:.3}\u{a0}Å"),
        format!("α\u{a0}{alpha:.1}, β\u{a0}{beta:.1}, γ\u{a0}{gamma:.1}°"),
    ]
}

/// Miller indices with bars for minus signs, and spaces between them where one has several digits: `11̄0`, `12 0 1`.
///
/// # Examples
/// ```
/// assert_eq!(braggscape_report::miller_text([1, 1, 1]), "111");
/// assert_eq!(braggscape_report::miller_text([1, -1, 0]), "11\u{304}0");
/// assert_eq!(braggscape_report::miller_text([12, 0, 1]), "12 0 1");
/// ```
pub fn miller_text(hkl: [i32; 3]) -> String {
    let words = hkl.map(|index| {
        let digits = index.unsigned_abs().to_string();
        let bar = |c| if index < 0 { format!("{c}{BAR}") } else { String::from(c) };
        digits.chars().map(bar).collect::<String>()
    });
    let short = hkl.iter().all(|index| index.unsigned_abs() < 10);
    words.join(if short { "" } else { " " })
}

/// The bar that is drawn over the character before it.
const BAR: char = '\u{304}';

fn lowered(c: char) -> char {
    let lower = |digit| char::from_u32('₀' as u32 + digit).unwrap_or(c);
    c.to_digit(10).map_or(c, lower)
}
