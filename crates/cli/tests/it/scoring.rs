//! `match --reference --candidates`, and the distance beside the verdict.

use crate::program::{crystals, number, numbers, run, run_with, write};
use serde_json::{Value, json};
use std::path::Path;

/// A study crystal as a line of JSON with this id, its coordinates displaced by `coords`.
fn line(dir: &Path, name: &str, id: &str, coords: &str, seed: &str) -> String {
    let file = format!("{name}.cif");
    let args = ["perturb", &file, "--coords", coords, "--seed", seed];
    let mut structure = run(dir, &args).ok().lines()[0]["structure"].clone();
    structure["id"] = json!(id);
    structure.to_string()
}

fn score(dir: &Path, options: &[&str]) -> (Option<i32>, Value, String) {
    let files = ["match", "--reference", "r.jsonl", "--candidates", "c.jsonl", "--format", "json"];
    let ran = run(dir, &[&files[..], options].concat());
    (ran.code, ran.json(), ran.stderr)
}

/// Three references; two candidates for the first (the second of them good), one for another material under the second id.
fn lists(dir: &Path) -> Vec<String> {
    let reference: Vec<String> = [("u2ti", "a"), ("nas", "b"), ("au2s", "c")]
        .iter()
        .map(|(name, id)| line(dir, name, id, "0", "1"))
        .collect();
    write(dir, "r.jsonl", &reference.join("\n"));
    let candidates = vec![
        line(dir, "nas", "a", "0", "1"),
        line(dir, "u2ti", "a", "0.01", "3"),
        line(dir, "u2ti", "b", "0", "1"),
    ];
    write(dir, "c.jsonl", &candidates.join("\n"));
    candidates
}

#[test]
fn the_best_candidate_of_each_reference_counts_and_failures_are_not_dropped() {
    let dir = crystals();
    let mut candidates = lists(dir.path());
    let (code, good, stderr) = score(dir.path(), &[]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let counts = |v: &Value, names: &[&str]| -> Vec<u64> {
        names.iter().map(|n| v[n].as_u64().unwrap()).collect()
    };
    let names = ["n_references", "n_candidates", "n_missing", "n_failed", "n_unknown_id"];
    assert_eq!(counts(&good, &names), [3, 3, 1, 0, 0]);
    let names = ["n_matched", "n_matched_first", "n_fit", "max_candidates_per_reference"];
    assert_eq!(counts(&good, &names), [1, 0, 1, 2]);
    assert!((number(&good["match_rate"]) - 1.0 / 3.0).abs() < 1e-15);
    // Beta(3/2, 5/2): between its 2.5 % and 97.5 % quantiles.
    let interval = numbers(&good["match_rate_interval"]);
    assert!(interval[0] > 0.03 && interval[0] < 0.06 && interval[1] > 0.75 && interval[1] < 0.85);
    let rms = number(&good["mean_rms"]);
    assert!(rms > 0.0 && rms < 0.1);
    assert!((number(&good["mean_rms_with_failures"]) - (rms + 2.0 * 0.3) / 3.0).abs() < 1e-12);

    // Lines that fail are told and counted; the rates are of all references still.
    candidates.push("{\"id\": \"c\", \"lattice\": 3}".to_owned());
    candidates.push("nonsense".to_owned());
    candidates.push(line(dir.path(), "u2ti", "x", "0", "1"));
    write(dir.path(), "c.jsonl", &candidates.join("\n"));
    let (code, bad, stderr) = score(dir.path(), &[]);
    assert_eq!(code, Some(1));
    let names = ["n_references", "n_candidates", "n_missing", "n_failed", "n_unknown_id"];
    assert_eq!(counts(&bad, &names), [3, 6, 0, 2, 1]);
    for key in ["match_rate", "mean_rms", "mean_rms_with_failures"] {
        assert_eq!(bad[key], good[key]);
    }
    let told: Vec<&str> = stderr.lines().collect();
    for (line, place) in told.iter().zip(["c.jsonl:4", "c.jsonl:5", "c.jsonl:6: no reference `x`"])
    {
        assert!(line.starts_with(&format!("error: {place}")), "{line}");
    }
    let (_, again, _) = score(dir.path(), &["--jobs", "1"]);
    assert_eq!(again, bad);
}

#[test]
fn candidates_are_judged_line_for_line() {
    let dir = crystals();
    let candidates = lists(dir.path());
    let text = format!("{}\nnonsense\n", candidates.join("\n"));
    let args = ["match", "--reference", "r.jsonl", "--candidates", "-", "--format", "jsonl"];
    let ran = run_with(dir.path(), &args, &text);
    assert_eq!(ran.code, Some(1));
    let lines = ran.lines();
    let verdicts: Vec<&Value> = lines.iter().map(|l| &l["match"]).collect();
    assert_eq!(verdicts, [&json!(false), &json!(true), &json!(false), &Value::Null]);
    assert_eq!((&lines[1]["id"], &lines[3]["id"]), (&json!("a"), &Value::Null));
    assert!(lines[3]["error"].as_str().unwrap().starts_with("stdin:4"), "{}", lines[3]);
    // The candidate is the first structure, as in the papers' programs.
    write(dir.path(), "one.json", &candidates[1]);
    let alone = run(dir.path(), &["match", "one.json", "u2ti.cif", "--format", "json"]).ok().json();
    let off = number(&alone["rms"]) - number(&lines[1]["rms"]);
    assert!(off.abs() < 1e-6, "{off}");
}

#[test]
fn tables_and_tolerances_of_the_papers() {
    let dir = crystals();
    lists(dir.path());
    let papers = ["--ltol", "0.3", "--stol", "0.5", "--angle-tol", "10"];
    let files = ["match", "--reference", "r.jsonl", "--candidates", "c.jsonl", "--distance"];
    let text = run(dir.path(), &[&files[..], &papers].concat()).ok().stdout;
    for part in
        ["match rate, any of 2", "33.33 %", "others as 0.5", "sites within 0.5", "(1 references)"]
    {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    // A table in CDVAE's layout as the reference.
    let cif = std::fs::read_to_string(dir.path().join("u2ti.cif")).unwrap().replace('"', "\"\"");
    write(dir.path(), "r.csv", &format!("material_id,cif\na,\"{cif}\"\n"));
    let args = ["match", "--reference", "r.csv", "--candidates", "c.jsonl", "--format", "json"];
    let ran = run(dir.path(), &args);
    assert_eq!((ran.code, &ran.json()["n_matched"]), (Some(1), &json!(1)));
    assert_eq!(ran.json()["n_unknown_id"], json!(1));
}

#[test]
fn what_cannot_be_paired_is_refused() {
    let dir = crystals();
    lists(dir.path());
    let with = |r: &str, c: &str| run(dir.path(), &["match", "--reference", r, "--candidates", c]);
    with("u2ti.cif", "c.jsonl").refused(&["u2ti.cif", "list"]);
    with("r.jsonl", "no.jsonl").refused(&["no.jsonl"]);
    let twice = std::fs::read_to_string(dir.path().join("r.jsonl")).unwrap();
    write(dir.path(), "twice.jsonl", &format!("{twice}\n{twice}"));
    with("twice.jsonl", "c.jsonl").refused(&["twice.jsonl:4", "second reference `a`"]);
    let alone = run(dir.path(), &["match", "--reference", "r.jsonl"]);
    assert_eq!(alone.code, Some(2));
}

#[test]
fn the_distance_stands_beside_the_verdict_and_has_no_tolerance() {
    let dir = crystals();
    let of = |a: &str, b: &str, options: &[&str]| {
        let args = [&["match", a, b, "--distance", "--format", "json"][..], options].concat();
        run(dir.path(), &args).ok().json()
    };
    let far = run(dir.path(), &["perturb", "nas.cif", "--lattice", "0.2", "--seed", "4"]).ok();
    write(dir.path(), "far.json", &far.lines()[0]["structure"].to_string());
    let tight = ["--ltol", "0.01", "--stol", "0.01"];
    let there = of("nas.cif", "far.json", &tight);
    assert_eq!((&there["match"], &there["rms"]), (&json!(false), &Value::Null));
    let d = number(&there["distance"]);
    assert!(d > 0.02 && d < 0.3, "{d}");
    let parts = number(&there["distance_rms"]).hypot(number(&there["distance_strain"]));
    assert!((d - parts).abs() < 1e-12);
    assert_eq!(of("far.json", "nas.cif", &[])["distance"], there["distance"]);
    assert_eq!(of("nas.cif", "u2ti.cif", &[])["distance"], Value::Null);
    let text = run(dir.path(), &["match", "nas.cif", "far.json", "--distance"]).ok().stdout;
    assert!(text.contains("  distance 0."), "{text}");
    let plain = run(dir.path(), &["match", "nas.cif", "far.json", "--format", "json"]).ok().json();
    assert!(plain.get("distance").is_none());
}
