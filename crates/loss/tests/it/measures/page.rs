//! Names, and the page that lists the measures.

use braggscape_loss::MeasureKind;
use std::fmt::Write as _;

#[test]
fn names_are_kebab_case_and_sorted_out() {
    let mut names: Vec<_> = MeasureKind::ALL.iter().map(|k| k.name()).collect();
    assert_eq!(names.len(), 49);
    for (name, kind) in names.iter().zip(MeasureKind::ALL) {
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(name.chars().all(kebab), "{name}");
        assert_eq!(MeasureKind::from_name(name), Some(*kind));
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 49, "a name twice");
}

/// The table of the documentation, made from the code.
fn table() -> String {
    let mut out = String::new();
    let mut family = None;
    for kind in MeasureKind::ALL {
        if family != Some(kind.family()) {
            family = Some(kind.family());
            writeln!(out, "\n### {}\n", kind.family()).unwrap();
            out += "| name | loss | range | class | negatives | rule for empty bins | Cha |\n";
            out += "|---|---|---|---|---|---|---|\n";
        }
        let yes = |b: bool, word: &'static str| if b { word } else { "" };
        let formula = kind.formula().replace('|', "\\|");
        writeln!(
            out,
            "| `{kind}` | {formula} | {} | {} | {} | {} | {} |",
            kind.range(),
            kind.class(),
            yes(kind.takes_negatives(), "kept"),
            yes(kind.has_open_terms(), "decides"),
            kind.equation(),
        )
        .unwrap();
    }
    out
}

#[test]
fn the_page_of_measures_is_what_the_code_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/measures.md");
    let page = std::fs::read_to_string(path).unwrap();
    let expected = table();
    let found = page.split("<!-- table -->").nth(1).unwrap_or_default();
    assert_eq!(
        found.trim(),
        expected.trim(),
        "docs/src/measures.md should have this table:\n{expected}"
    );
}
