//! Options: ranges, names, and what each of them does.

use crate::structures::{rock_salt, rutile, strained, structure};
use braggscape_crystal::Structure;
use braggscape_metrics::{MetricError, StructureMatcher, StructureMatcherOptions};
use nalgebra::Matrix3;

fn fit(options: StructureMatcherOptions, a: &Structure, b: &Structure) -> bool {
    StructureMatcher::new(options).unwrap().fit(a, b).unwrap()
}

#[test]
fn ranges_are_checked() {
    let bad = |change: fn(&mut StructureMatcherOptions), name: &str| {
        let mut o = StructureMatcherOptions::default();
        change(&mut o);
        let e = StructureMatcher::new(o).unwrap_err().to_string();
        assert!(e.contains(name), "{e}");
    };
    bad(|o| o.ltol = -0.1, "ltol");
    bad(|o| o.stol = 0.0, "stol");
    bad(|o| o.stol = f64::NAN, "stol");
    bad(|o| o.angle_tol = 181.0, "angle_tol");
    bad(|o| (o.symmetric, o.anonymous) = (true, true), "symmetric");
}

#[test]
fn text_with_unknown_keys_is_refused() {
    let o: StructureMatcherOptions = serde_json::from_str(r#"{"ltol": 0.1}"#).unwrap();
    assert!((o.stol - 0.3).abs() < 1e-15 && (o.ltol - 0.1).abs() < 1e-15);
    let e = serde_json::from_str::<StructureMatcherOptions>(r#"{"lto": 0.1}"#).unwrap_err();
    assert!(e.to_string().contains("lto"), "{e}");
}

#[test]
fn scale_and_supercell_and_anonymous_act() {
    let d = StructureMatcherOptions::default();
    let small = strained(&rock_salt(), Matrix3::identity() * 0.75);
    assert!(fit(d, &rock_salt(), &small));
    assert!(!fit(StructureMatcherOptions { scale: false, ..d }, &rock_salt(), &small));

    let po = structure([[3.3, 0.0, 0.0], [0.0, 3.3, 0.0], [0.0, 0.0, 3.3]], &[("Po", [0.0; 3])]);
    let two = structure(
        [[6.6, 0.0, 0.0], [0.0, 3.3, 0.0], [0.0, 0.0, 3.3]],
        &[("Po", [0.0; 3]), ("Po", [0.5, 0.0, 0.0])],
    );
    let plain = StructureMatcherOptions { primitive_cell: false, ..d };
    assert!(fit(d, &po, &two));
    assert!(!fit(plain, &po, &two));
    let supercell = StructureMatcherOptions { attempt_supercell: true, ..plain };
    assert!(fit(supercell, &po, &two) && fit(supercell, &two, &po));

    let anonymous = StructureMatcherOptions { anonymous: true, ..d };
    let mut renamed = rutile();
    let sites: Vec<_> = renamed
        .sites()
        .iter()
        .map(|s| {
            let symbol = if s.element.symbol() == "O" { "F" } else { "Mg" };
            let element = braggscape_crystal::Element::from_symbol(symbol).unwrap();
            braggscape_crystal::Site { element, ..*s }
        })
        .collect();
    renamed = Structure::new(*renamed.lattice(), sites).unwrap();
    assert!(!fit(d, &rutile(), &renamed));
    assert!(fit(anonymous, &rutile(), &renamed));
}

#[test]
fn a_hopeless_pair_is_given_up() {
    // A needle of a cell against a long one: millions of lattice points lie within the longest vector.
    let needle = structure([[0.4, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 5.0]], &[("H", [0.0; 3])]);
    let long =
        structure([[90.0, 0.0, 0.0], [0.0, 80.0, 0.0], [0.0, 0.0, 70.0]], &[("H", [0.0; 3])]);
    let m = StructureMatcher::new(StructureMatcherOptions {
        scale: false,
        ..StructureMatcherOptions::default()
    })
    .unwrap();
    let e = m.fit(&needle, &long).unwrap_err();
    assert!(matches!(e, MetricError::TooLarge { .. }), "{e}");
}
