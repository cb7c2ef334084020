//! Space groups by number, Hall symbol or Hermann-Mauguin symbol.

use super::SymmetryOperation;
use crate::{CrystalFamily, wrap_unit};
use moyo::data::{HallSymbol, HallSymbolEntry, hall_symbol_entry};
use nalgebra::Vector3;
use std::collections::HashMap;
use std::panic::catch_unwind;
use std::sync::LazyLock;
use thiserror::Error;

/// Number of settings in the table.
const N_SETTINGS: i32 = 530;

/// A space group in one of the 530 tabulated settings.
///
/// # Examples
/// ```
/// use braggscape_crystal::symmetry::SpaceGroup;
/// let settings = SpaceGroup::from_hm_symbol("F d -3 m");
/// assert_eq!(settings.len(), 2); // two choices of origin
/// assert_eq!(SpaceGroup::from_hm_symbol("Fd-3m:2")[0].hall_number(), 526);
/// assert_eq!(settings[0].operations().len(), 192);
/// ```
#[derive(Debug, Clone)]
pub struct SpaceGroup {
    entry: HallSymbolEntry,
}

/// A symbol that names no space group.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{symbol}` names no space group")]
pub struct UnknownSpaceGroup {
    /// The symbol as given.
    pub symbol: String,
}

impl SpaceGroup {
    /// The setting with this Hall number, 1 to 530.
    pub fn from_hall_number(hall_number: i32) -> Option<Self> {
        (1..=N_SETTINGS)
            .contains(&hall_number)
            .then(|| hall_symbol_entry(hall_number))
            .flatten()
            .map(|entry| Self { entry })
    }

    /// All settings of a space-group number, in the order of the table: unique axis b, hexagonal axes and the first origin
    /// choice come first. Empty outside 1..=230.
    pub fn from_number(number: i32) -> Vec<Self> {
        settings().filter(|s| s.entry.number == number).collect()
    }

    /// The tabulated setting with this Hall symbol, in any letter case, an underscore counting as a space.
    ///
    /// Spaces may be left out where no other symbol reads the same (`-P2ybc`, but not `P32`: `P 32` and `P 3 2` differ).
    pub fn from_hall_symbol(symbol: &str) -> Option<Self> {
        let words = |s: &str| {
            let words = s.split([' ', '_', '\t']).filter(|w| !w.is_empty());
            words.map(str::to_ascii_lowercase).collect::<Vec<_>>()
        };
        // The table writes the double prime as `=`.
        let symbol = &symbol.replace("''", "=").replace('"', "=");
        let wanted = words(symbol);
        if let Some(exact) = settings().find(|s| words(s.entry.hall_symbol) == wanted) {
            return Some(exact);
        }
        let run_together = key(symbol);
        let mut alike = settings().filter(|s| key(s.entry.hall_symbol) == run_together);
        let first = alike.next()?;
        alike.all(|s| s.entry.hall_symbol == first.entry.hall_symbol).then_some(first)
    }

    /// The settings that a Hermann-Mauguin symbol can mean, the most usual first; empty where it means none.
    ///
    /// Read are short and full symbols, with or without spaces and underscores (`P 21/c`, `P 1 2_1/c 1`, `P121/c1`), old
    /// cubic symbols without a bar (`F d 3 m`), both names of double glide planes (`C m c a`, `C m c e`), and settings
    /// appended as `:1`, `:2`, `:H`, `:R`, `:b1`, or as S, Z, H, R after a space.
    pub fn from_hm_symbol(symbol: &str) -> Vec<Self> {
        let (base, setting) = split_setting(symbol);
        let named = |name: &str| -> Vec<Self> {
            let numbers = HM_SYMBOLS.get(&key(name));
            let all = numbers.into_iter().flatten();
            all.filter_map(|n| Self::from_hall_number(*n)).collect()
        };
        let Some(setting) = setting else { return named(symbol) };
        let mut found = named(base);
        found.retain(|s| s.entry.setting.eq_ignore_ascii_case(&setting));
        if found.is_empty() { named(symbol) } else { found }
    }

    /// Hall number, 1 to 530.
    pub fn hall_number(&self) -> i32 {
        self.entry.hall_number
    }

    /// Space-group number of International Tables, 1 to 230.
    pub fn number(&self) -> i32 {
        self.entry.number
    }

    /// Hall symbol, such as `-P 3 2"`.
    pub fn hall_symbol(&self) -> String {
        // The table writes the double prime as `=`.
        self.entry.hall_symbol.replace('=', "\"")
    }

    /// Short Hermann-Mauguin symbol without spaces.
    pub fn hm_symbol(&self) -> String {
        self.entry.hm_short.replace(' ', "")
    }

    /// Full Hermann-Mauguin symbol, with spaces, such as `"P 1 2_1/c 1"`.
    pub fn hm_full(&self) -> &'static str {
        self.entry.hm_full
    }

    /// The symbol that files name the setting by: full for monoclinic groups, else short; with `:1`, `:2`, `:H` or `:R` where
    /// origins or axes can be chosen.
    pub fn hm_alt(&self) -> String {
        let symbol = if (3..=15).contains(&self.entry.number) {
            self.entry.hm_full
        } else {
            self.entry.hm_short
        };
        match self.entry.setting {
            code @ ("1" | "2" | "H" | "R") => format!("{symbol}:{code}"),
            _ => symbol.to_owned(),
        }
    }

    /// Code of the setting, such as `"b1"`, `"2"`, `"H"`; empty where a space group has but one.
    pub fn setting(&self) -> &'static str {
        self.entry.setting
    }

    /// Crystal family.
    pub fn crystal_family(&self) -> CrystalFamily {
        // The table holds numbers 1 to 230 only.
        CrystalFamily::from_space_group_number(self.entry.number)
            .unwrap_or(CrystalFamily::Triclinic)
    }

    /// All operations of the conventional cell, centring included, identity first.
    pub fn operations(&self) -> Vec<SymmetryOperation> {
        HallSymbol::new(self.entry.hall_symbol).map(|h| expand(&h)).unwrap_or_default()
    }
}

/// Operations of any well-formed Hall symbol, tabulated or not (a shifted origin, for one).
///
/// # Errors
/// [`UnknownSpaceGroup`].
pub(crate) fn operations_from_hall_symbol(
    symbol: &str,
) -> Result<Vec<SymmetryOperation>, UnknownSpaceGroup> {
    if let Some(group) = SpaceGroup::from_hall_symbol(symbol) {
        return Ok(group.operations());
    }
    let unknown = || UnknownSpaceGroup { symbol: symbol.to_owned() };
    if !looks_like_hall(symbol) {
        return Err(unknown());
    }
    let text = symbol.replace('_', " ").replace('"', "=");
    // The reader of symbols expects its grammar to be kept.
    let hall = catch_unwind(|| HallSymbol::new(&text)).ok().flatten().ok_or_else(unknown)?;
    let operations = expand(&hall);
    let n = operations.len();
    if n == 0 || n > 192 { Err(unknown()) } else { Ok(operations) }
}

/// Coset representatives times centring translations, translations wrapped to [0, 1).
fn expand(hall: &HallSymbol) -> Vec<SymmetryOperation> {
    let representatives = hall.traverse();
    let mut operations = Vec::new();
    for centring in hall.centering.lattice_points() {
        for o in &representatives {
            let translation: Vector3<f64> = (o.translation + centring).map(clean);
            operations.push(SymmetryOperation { rotation: o.rotation, translation });
        }
    }
    operations
}

/// A tabulated translation as an exact fraction of 24 in [0, 1).
fn clean(t: f64) -> f64 {
    let n = (t * 24.0).round();
    wrap_unit(if (t * 24.0 - n).abs() < 1e-6 { n / 24.0 } else { t })
}

fn looks_like_hall(symbol: &str) -> bool {
    let mut tokens = symbol.split([' ', '_']).filter(|t| !t.is_empty());
    let lattice = tokens.next().unwrap_or("");
    if !matches!(lattice.trim_start_matches('-'), "P" | "A" | "B" | "C" | "I" | "R" | "F") {
        return false;
    }
    let mut n = 0;
    let mut in_shift = false;
    for token in tokens {
        in_shift |= token.starts_with('(');
        let good = if in_shift {
            let bare = token.trim_matches(['(', ')']);
            !bare.is_empty() && bare.parse::<i32>().is_ok()
        } else {
            let body = token.strip_prefix('-').unwrap_or(token);
            body.starts_with(['1', '2', '3', '4', '6'])
                && body[1..].chars().all(|c| "xyz'\"=^*abcnuvwd12345".contains(c))
        };
        if !good {
            return false;
        }
        n += 1;
    }
    n > 0
}

fn settings() -> impl Iterator<Item = SpaceGroup> {
    (1..=N_SETTINGS).filter_map(SpaceGroup::from_hall_number)
}

/// A symbol without what writers differ in.
fn key(symbol: &str) -> String {
    symbol
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '_')
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Splits `F d -3 m :2`, `R -3 m H`, `F d -3 m Z` into symbol and setting.
fn split_setting(symbol: &str) -> (&str, Option<String>) {
    let symbol = symbol.trim();
    if let Some((base, setting)) = symbol.split_once(':') {
        return (base, Some(setting.trim().to_owned()));
    }
    let suffix = symbol.rsplit_once(char::is_whitespace).or_else(|| {
        // `R-3mH` and the like; no symbol proper ends with these capitals.
        let at = symbol.len().checked_sub(1)?;
        symbol.is_char_boundary(at).then(|| symbol.split_at(at))
    });
    match suffix {
        Some((base, "S" | "(S)")) => (base, Some("1".to_owned())),
        Some((base, "Z" | "(Z)")) => (base, Some("2".to_owned())),
        Some((base, s @ ("H" | "R"))) if base.len() > 1 => (base, Some(s.to_owned())),
        Some((base, "(H)" | "HR")) => (base, Some("H".to_owned())),
        Some((base, "(R)")) => (base, Some("R".to_owned())),
        _ => (symbol, None),
    }
}

/// Hall numbers of every Hermann-Mauguin spelling, most usual first.
static HM_SYMBOLS: LazyLock<HashMap<String, Vec<i32>>> = LazyLock::new(|| {
    let mut map: HashMap<String, Vec<i32>> = HashMap::new();
    let mut add = |symbol: &str, number: i32| {
        let numbers = map.entry(key(symbol)).or_default();
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    };
    // Exact names first, so that a derived spelling never hides a proper symbol.
    for s in settings() {
        add(s.entry.hm_full, s.hall_number());
    }
    for s in settings() {
        add(s.entry.hm_short, s.hall_number());
    }
    for s in settings() {
        for spelling in spellings(&s.entry) {
            add(&spelling, s.hall_number());
        }
    }
    map
});

/// Other spellings in use of a tabulated setting.
fn spellings(entry: &HallSymbolEntry) -> Vec<String> {
    let mut all = Vec::new();
    if (3..=15).contains(&entry.number) {
        // `P 1 2_1/n 1` is mostly written `P 2_1/n`.
        let parts: Vec<&str> = entry.hm_full.split(' ').filter(|p| *p != "1").collect();
        all.push(parts.join(" "));
    }
    for name in [entry.hm_short, entry.hm_full] {
        if entry.number >= 195 {
            // Before 1983 the bar of the three-fold axis was left out: `F d 3 m`.
            all.push(name.replace("-3", "3"));
        }
        if name.contains('e') {
            // Before 1992 a double glide plane took the name of one of its two directions.
            let glides = match name.chars().next() {
                Some('A') => ["b", "c"],
                Some('B') => ["a", "c"],
                _ => ["a", "b"],
            };
            all.extend(glides.map(|g| name.replace('e', g)));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(symbol: &str, hall_number: i32) {
        let found = SpaceGroup::from_hm_symbol(symbol);
        assert_eq!(found.first().map(SpaceGroup::hall_number), Some(hall_number), "{symbol}");
    }

    #[test]
    fn every_setting_is_reached_by_its_symbols() {
        for s in settings() {
            let n = s.hall_number();
            // Settings of one symbol are one (of Ccce, two axis orders give the same operations).
            let same = SpaceGroup::from_hall_symbol(&s.hall_symbol()).unwrap();
            assert!(same.hall_number() == n || s.number() == 68, "{}", s.hall_symbol());
            assert_eq!(operations_from_hall_symbol(&s.hall_symbol()).unwrap(), s.operations());
            let found = SpaceGroup::from_hm_symbol(s.hm_full());
            assert!(found.iter().any(|f| f.hall_number() == n), "{}", s.hm_full());
            assert!(found.iter().all(|f| f.number() == s.number()), "{}", s.hm_full());
            let ops = s.operations();
            assert!(ops[0] == SymmetryOperation::identity() && ops.len() <= 192);
        }
        assert_eq!(settings().count(), 530);
    }

    #[test]
    fn spellings_in_use_are_read() {
        check("P 21/c", 81);
        check("P2_1/c", 81);
        check("P 1 21/n 1", 82);
        check("P21/n", 82);
        check("P 1 1 21/b", 86);
        check("I 2/a", 92);
        check("F d 3 m", 525);
        check("Fd-3m:2", 526);
        check("F d -3 m Z", 526);
        check("F d -3 m S", 525);
        check("R -3 m", 458);
        check("R-3mH", 458);
        check("R -3 m :R", 459);
        check("C m c a", 304);
        check("A b a 2", 203);
        check("P 63/m m c", 488);
        check("I 41/a m d :2", 427);
        check("P m 3 m", 517);
        check("F m 3 m", 523);
        check("pnma", 292);
    }

    #[test]
    fn nonsense_names_nothing() {
        for s in ["", "?", "X", "P 9", "H", "R", ":", "::", "é", "P(", "-"] {
            assert!(SpaceGroup::from_hm_symbol(s).is_empty(), "{s}");
            assert!(operations_from_hall_symbol(s).is_err(), "{s}");
        }
        for s in
            ["P", "-P", "P (", "P 2 ()", "P 2 (1", "P 2 (1 2", "P 6 6 6 6", "P 3' 4*", "P 1 1 1 1"]
        {
            let _ = operations_from_hall_symbol(s);
        }
        assert!(SpaceGroup::from_number(231).is_empty());
        assert!(SpaceGroup::from_hall_number(0).is_none());
    }
}
