//! JSON and tables: what is read, and the messages of what is not.

use super::path_of;
use braggscape_crystal::io::{Format, read_many, read_one, structure_from_json};

#[test]
fn pymatgen_dictionaries_read() {
    let value = serde_json::json!({
        "@module": "pymatgen.core.structure", "@class": "Structure", "charge": 0,
        "lattice": {"matrix": [[4.2, 0, 0], [0, 4.2, 0], [0, 0, 4.2]], "pbc": [true, true, true]},
        "sites": [
            {"species": [{"element": "Fe2+", "occu": 0.5}, {"element": "Fe3+", "occu": 0.25},
                {"element": "Mg", "oxidation_state": 2, "occu": 0.25}], "abc": [0, 0, 0], "label": "Fe"},
            {"species": [{"element": "O", "oxidation_state": -2, "occu": 1}], "abc": [0.5, 0.5, 0.5]}
        ]
    });
    let wrapped = serde_json::json!({"id": "mine", "noise": {}, "seed": 7, "structure": value});
    let named = structure_from_json(&wrapped).unwrap();
    assert_eq!(named.id.as_deref(), Some("mine"));
    let found: Vec<_> =
        named.structure.sites().iter().map(|s| (s.element.symbol(), s.occupancy)).collect();
    assert_eq!(found, [("Fe", 0.75), ("Mg", 0.25), ("O", 1.0)]);
}

#[track_caller]
fn check_json_fault(text: &str, message: &str) {
    let error = read_one(text.as_bytes(), Format::Json, "x.json").unwrap_err();
    assert_eq!(error.to_string(), message);
}

#[test]
fn json_faults_name_what_is_wrong() {
    let cell = r#""lattice": [[4,0,0],[0,4,0],[0,0,4]]"#;
    let with = |rest: &str| format!("{{{cell}, {rest}}}");
    check_json_fault("", "x.json: empty; expected a structure as JSON");
    check_json_fault("{\n\"a\": }", "x.json:2: not JSON: expected value");
    check_json_fault(
        "{\n\"a\": [1",
        "x.json:2: the file ends within JSON (EOF while parsing a list); it may be truncated",
    );
    check_json_fault(
        "[1]",
        "x.json: the value is a number, expected an object with `lattice`, `numbers` and `frac_coords`, or with `sites`",
    );
    check_json_fault(&with(r#""numbers": [92]"#), "x.json: `frac_coords` is missing");
    check_json_fault(
        &with(r#""numbers": [92], "frac_coords": [[0, NaN, 0]]"#),
        "x.json: frac_coords[0] of site 0 (U) is NaN, which is not a finite number",
    );
    check_json_fault(
        &with(r#""numbers": [0], "frac_coords": [[0, 0, 0]]"#),
        "x.json: site 0 has the unknown element `0`",
    );
    check_json_fault(
        &with(r#""numbers": [1, 2], "frac_coords": [[0, 0, 0]]"#),
        "x.json: length of frac_coords is 1, expected the length of `numbers`",
    );
    check_json_fault(
        &with(r#""numbers": [92, 22], "frac_coords": [[0, 0, 0], [1, 0, 0.001]]"#),
        "x.json: sites 0 (U) and 1 (Ti) overlap: 0.004 Å apart, with occupancies that sum to 2; expected at least 0.1 Å, or a sum of at most 1",
    );
    check_json_fault(
        r#"{"lattice": [[4,0,0],[4,0,0],[0,0,4]], "numbers": [1], "frac_coords": [[0,0,0]]}"#,
        "x.json: cell volume 0.000e0 Å^3 is below the minimum 0.1 Å^3",
    );
}

#[test]
fn tables_go_on_after_a_bad_row() {
    let good = std::fs::read_to_string(path_of("data/cif/good/no_symmetry.cif")).unwrap();
    let bad = std::fs::read_to_string(path_of("data/cif/bad/unknown_element.cif")).unwrap();
    let table = format!("id,cif\na,\"{good}\"\nb,\"{bad}\"\nc\nd,\"{good}\"\n");
    let read: Vec<_> = read_many(table.as_bytes(), Format::CdvaeCsv, "t.csv").collect();
    assert_eq!(read.len(), 4);
    assert_eq!(read[0].as_ref().unwrap().id.as_deref(), Some("a"));
    let line = 2 + good.matches('\n').count() + 1 + 14;
    let message = read[1].as_ref().unwrap_err().to_string();
    assert!(message.starts_with(&format!("t.csv:{line}: site Q2")), "{message}");
    assert!(read[2].as_ref().unwrap_err().to_string().ends_with("field `cif` is missing"));
    assert_eq!(read[3].as_ref().unwrap().id.as_deref(), Some("d"));
    let missing: Vec<_> = read_many(&b"a,b\n1,2\n"[..], Format::CdvaeCsv, "t.csv").collect();
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].as_ref().unwrap_err().to_string(), "t.csv:1: column `cif` is missing");
}
