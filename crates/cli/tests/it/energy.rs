//! `braggscape energy` and `braggscape assets`.

use crate::program::{Ran, number, numbers, program, run, write};
use serde_json::{Value, json};
use std::path::Path;

/// Face-centred cubic argon with this edge.
fn argon(edge: f64) -> Value {
    json!({
        "lattice": [[edge, 0, 0], [0, edge, 0], [0, 0, edge]], "numbers": [18, 18, 18, 18],
        "frac_coords": [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
    })
}

/// Runs the program with a data folder of its own.
fn with_data(dir: &Path, args: &[&str]) -> Ran {
    let output = program(dir).env("BRAGGSCAPE_DATA", dir.join("data")).args(args).output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn energy_forces_and_stress_of_a_structure() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "argon.json", &argon(5.2).to_string());
    let args = ["energy", "argon.json", "--model", "lennard-jones"];
    let found = run(dir.path(), &args).ok().json();
    let energy = number(&found["energy"]);
    // The lattice sums of Kittel's chapter 3 give -0.357 eV at 3.677 Å; the tail beyond 8.5 Å is 0.025 eV of it, and the shift, 4.2e-4 eV
    // for each of 146 pairs, 0.062 eV.
    assert!((energy + 0.270).abs() < 0.01, "{energy}");
    assert!((number(&found["energy_per_atom"]) - energy / 4.0).abs() < 1e-15);
    let forces = found["forces"].as_array().unwrap();
    assert_eq!(forces.len(), 4);
    assert!(forces.iter().flat_map(numbers).all(|f| f.abs() < 1e-12), "{forces:?}");
    let stress = numbers(&found["stress"][0]);
    assert!(stress[0].abs() > 0.01 && stress[1].abs() < 1e-10, "{stress:?}");
    // Neither moments nor anything of a relaxation.
    assert_eq!(found.as_object().unwrap().len(), 4);
}

#[test]
fn lists_are_relaxed_line_by_line() {
    let dir = tempfile::tempdir().unwrap();
    let mut mixed = argon(5.2);
    mixed["occupancies"] = json!([1.0, 0.5, 1.0, 1.0]);
    let mut named = argon(5.4);
    named["id"] = json!("wide");
    write(dir.path(), "list.jsonl", &format!("{named}\n{mixed}\n{}\n", argon(5.1)));
    let args = ["energy", "list.jsonl", "--model", "lennard-jones", "--relax", "--fmax", "1e-4"];
    let ran = run(dir.path(), &args);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let lines = ran.lines();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["id"], json!("wide"));
    let error = lines[1]["error"].as_str().unwrap();
    assert!(
        error.contains("list.jsonl:2") && error.contains("site 1 (Ar) has occupancy 0.5"),
        "{error}"
    );
    let edge = |line: &Value| {
        assert_eq!(line["converged"], json!(true), "{line}");
        number(&line["relaxed"]["lattice"][0][0])
    };
    assert!((edge(&lines[0]) - edge(&lines[2])).abs() < 5e-3, "{lines:?}");
    assert!(number(&lines[0]["steps"]) > 1.0);

    let fixed = [&args[..], &["--fixed-cell", "--steps", "3"]].concat();
    let lines = run(dir.path(), &fixed).lines();
    assert!((edge(&lines[0]) - 5.4).abs() < 1e-12);
}

#[test]
fn weights_that_are_missing_are_named_with_the_command_that_installs_them() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "argon.json", &argon(5.2).to_string());
    for model in ["chgnet-0.3.0", "chgnet-r2scan"] {
        let command = format!("`braggscape assets fetch {model}`");
        let ran = with_data(dir.path(), &["energy", "argon.json", "--model", model]);
        ran.refused(&["--model", &command]);
    }
    with_data(dir.path(), &["energy", "argon.json", "--model", "m3gnet"])
        .refused(&["unknown potential `m3gnet`", "lennard-jones"]);
    let listed = with_data(dir.path(), &["assets", "--format", "json"]).ok().json();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|row| &row["name"]).collect();
    assert_eq!(names, ["chgnet-0.3.0", "chgnet-r2scan"]);
    assert_eq!(listed[0]["installed"], json!(false));
    assert_eq!(listed[0]["licence"], json!("BSD-3-Clause-LBNL"));
    let text = with_data(dir.path(), &["assets", "list"]).ok().stdout;
    assert!(text.contains("not installed") && text.contains("doi:10.1038"), "{text}");
}

#[test]
fn packages_that_are_not_the_published_one_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "chgnet.whl", "not a wheel");
    let ran = with_data(dir.path(), &["assets", "fetch", "chgnet-0.3.0", "--from", "chgnet.whl"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("SHA-256"), "{ran:?}");
    assert!(!dir.path().join("data/assets/chgnet-0.3.0.safetensors").exists());
    with_data(dir.path(), &["assets", "fetch", "m3gnet"]).refused(&["unknown model `m3gnet`"]);
    with_data(dir.path(), &["assets", "fetch", "chgnet-0.3.0", "--from", "none.whl"])
        .refused(&["none.whl", "cannot be read"]);
}

#[test]
fn options_of_relaxations_are_checked_first() {
    let dir = tempfile::tempdir().unwrap();
    for (option, value) in [("--fmax", "0"), ("--fmax", "nan"), ("--fixed-symmetry", "-1")] {
        let args = ["energy", "none.json", "--model", "lennard-jones", "--relax", option, value];
        run(dir.path(), &args).refused(&["is outside its range"]);
    }
}

#[test]
fn a_trajectory_has_every_step_and_replaces_nothing() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "argon.json", &argon(5.4).to_string());
    let args = ["energy", "argon.json", "--model", "lennard-jones", "--relax", "--trajectory"];
    let args = |file: &'static str| [&args[..], &[file]].concat();
    let row = run(dir.path(), &args("way.extxyz")).ok().json();
    let text = std::fs::read_to_string(dir.path().join("way.extxyz")).unwrap();
    let frames: Vec<Vec<&str>> =
        text.lines().collect::<Vec<_>>().chunks(6).map(<[&str]>::to_vec).collect();
    assert_eq!(Some(frames.len() as u64 - 1), row["steps"].as_u64());
    for (k, frame) in frames.iter().enumerate() {
        assert_eq!((frame.len(), frame[0]), (6, "4"));
        assert!(frame[1].contains(&format!(" step={k} ")) && frame[5].starts_with("Ar "));
    }
    assert!(frames[0][1].starts_with("Lattice=\"5.4 0 0 0 5.4 0 0 0 5.4\" "), "{}", frames[0][1]);
    let last = frames.last().unwrap()[1];
    assert!(last.contains(&format!(" energy={} ", row["energy"])), "{last} {row}");
    // The same again is nothing new; another relaxation is not written over it.
    run(dir.path(), &args("way.extxyz")).ok();
    let other = [&args("way.extxyz")[..], &["--fmax", "1e-4"]].concat();
    let ran = run(dir.path(), &other);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("way.extxyz: is there already"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(dir.path().join("way.extxyz")).unwrap(), text);
    // Of one structure, of a relaxation.
    write(dir.path(), "list.jsonl", &format!("{0}\n{0}\n", argon(5.2)));
    let list = ["energy", "list.jsonl", "--model", "lennard-jones", "--relax", "--trajectory", "a"];
    run(dir.path(), &list).refused(&["--trajectory", "one structure"]);
    let still = ["energy", "argon.json", "--model", "lennard-jones", "--trajectory", "a"];
    let ran = run(dir.path(), &still);
    assert!(ran.code == Some(2) && ran.stderr.contains("--relax"), "{ran:?}");
    assert!(!dir.path().join("a").exists());
}
