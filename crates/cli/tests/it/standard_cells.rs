//! `info --standardize`.

use crate::program::{contents, crystals, run};
use serde_json::json;

#[test]
fn a_standard_cell_is_the_same_crystal() {
    let dir = crystals();
    let standards = ["conventional", "primitive", "niggli"];
    for crystal in ["na3mnconio6", "au2s", "cosi4ni3", "nas"] {
        let file = format!("{crystal}.cif");
        for (standard, extension) in
            standards.iter().flat_map(|s| ["cif", "json", "vasp"].map(|e| (s, e)))
        {
            let out = format!("{crystal}-{standard}.{extension}");
            let args = ["info", &file, "--standardize", standard, "-o", &out];
            run(dir.path(), &args).ok();
            let verdict = run(dir.path(), &["match", &file, &out, "--format", "json"]).ok().json();
            assert_eq!(verdict["match"], json!(true), "{out}");
            assert!(verdict["rms"].as_f64().unwrap() < 1e-4, "{out}: {verdict}");
            let group = |file: &str| {
                run(dir.path(), &["info", file, "--format", "json"]).ok().json()["space_group"]["number"].clone()
            };
            assert_eq!(group(&out), group(&file), "{out}");
        }
    }
}

#[test]
fn centred_cells_shrink_to_primitive_ones() {
    let dir = crystals();
    let volume = |file: &str| {
        run(dir.path(), &["info", file, "--format", "json"]).ok().json()["lattice"]["volume"]
            .as_f64()
            .unwrap()
    };
    // Fm-3m has four lattice points a conventional cell.
    let face_centred = run(dir.path(), &["structures", "--format", "jsonl"]).ok().lines();
    let crystal = face_centred.iter().find(|c| c["space_group"]["number"] == json!(225)).unwrap();
    let file = format!("{}.cif", crystal["name"].as_str().unwrap());
    for standard in ["primitive", "niggli"] {
        let out = format!("{standard}.cif");
        run(dir.path(), &["info", &file, "--standardize", standard, "-o", &out]).ok();
        assert!((volume(&file) / volume(&out) - 4.0).abs() < 1e-4, "{standard}");
    }
}

#[test]
fn a_file_that_is_there_is_never_replaced() {
    let dir = crystals();
    let before = contents(dir.path());
    let args = ["info", "u2ti.cif", "--standardize", "niggli", "-o", "nas.cif"];
    run(dir.path(), &args).refused(&["nas.cif", "is there already"]);
    run(dir.path(), &["info", "u2ti.cif", "--standardize", "niggli", "-o", "out.txt"])
        .refused(&["out.txt"]);
    let args = ["info", "u2ti.cif", "--standardize", "niggli", "-o", "nas.cif/o.cif"];
    run(dir.path(), &args).refused(&["nas.cif/o.cif"]);
    assert_eq!(contents(dir.path()), before);
}
