//! The built program with `--preset pymatgen`.
#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use serde_json::Value;
use std::process::{Command, Output};

/// Runs the program on study crystals in `configs/structures`.
fn run(args: &[&str]) -> Output {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/structures");
    Command::new(env!("CARGO_BIN_EXE_braggscape")).current_dir(dir).args(args).output().unwrap()
}

fn printed(args: &[&str]) -> String {
    let out = run(args);
    let stderr = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(0), "{args:?}: {stderr}");
    String::from_utf8(out.stdout).unwrap()
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&printed(args)).unwrap()
}

#[track_caller]
fn refused(args: &[&str], words: &[&str]) {
    let out = run(args);
    let stderr = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2), "{args:?}: {stderr}");
    assert!(out.stdout.is_empty());
    assert!(words.iter().all(|w| stderr.contains(w)), "{args:?}: {stderr}");
}

#[test]
fn simulate_prints_the_peaks_with_and_without_asking_for_them() {
    let list = json(&["simulate", "u2ti.cif", "--preset", "pymatgen", "--format", "json"]);
    let asked =
        json(&["simulate", "u2ti.cif", "--preset", "pymatgen", "--peaks", "--format", "jsonl"]);
    assert_eq!(list, asked);
    assert!((list["wavelength"].as_f64().unwrap() - 1.54184).abs() < 1e-12);
    let peaks = list["peaks"].as_array().unwrap();
    let largest = peaks.iter().map(|p| p["intensity"].as_f64().unwrap()).fold(0.0, f64::max);
    assert!((largest - 100.0).abs() < 1e-9);
    // U2Ti is hexagonal, a = 4.788685 Å: d of 1 0 -1 0 is a sin 60°.
    let d = 4.788_685 * 60.0f64.to_radians().sin();
    let first = peaks.iter().find(|p| p["hkls"][0]["hkl"] == serde_json::json!([1, 0, -1, 0]));
    assert_eq!(first.unwrap()["hkls"][0]["multiplicity"], 6);
    assert!((first.unwrap()["d"].as_f64().unwrap() - d).abs() < 1e-4);
    let table = printed(&["simulate", "u2ti.cif", "--preset", "pymatgen"]);
    assert!(table.starts_with("two_theta,intensity,d,hkls\n"));
    assert_eq!(table.lines().count(), peaks.len() + 1);
    assert!(table.contains("(1 0 -1 0)x6"), "{table}");
}

#[test]
fn wavelength_window_and_absolute_intensities() {
    let base = ["simulate", "au2s.cif", "--preset", "pymatgen", "--format", "json"];
    let with = |more: &[&str]| json(&[&base, more].concat());
    let plain = with(&[]);
    let first = |v: &Value, key: &str| v["peaks"][0][key].as_f64().unwrap();
    let molybdenum = with(&["--wavelength", "MoKa"]);
    assert!((molybdenum["wavelength"].as_f64().unwrap() - 0.71073).abs() < 1e-12);
    // The same spacing at another angle: sin(theta) goes with the wavelength.
    let sine = |v: &Value| (first(v, "two_theta") / 2.0).to_radians().sin();
    assert!((sine(&molybdenum) / sine(&plain) - 0.71073 / 1.54184).abs() < 1e-9);
    assert_eq!(plain["peaks"][0]["hkls"][0]["hkl"].as_array().unwrap().len(), 3);
    let window = with(&["--two-theta", "40:60"]);
    let angles: Vec<f64> = window["peaks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["two_theta"].as_f64().unwrap())
        .collect();
    assert!(!angles.is_empty() && angles.iter().all(|x| (40.0..=60.0).contains(x)), "{angles:?}");
    let absolute = with(&["--absolute"]);
    let ratio = |i: usize| {
        let of = |v: &Value| v["peaks"][i]["intensity"].as_f64().unwrap();
        of(&absolute) / of(&plain)
    };
    assert!(ratio(0) > 100.0 && (ratio(0) / ratio(1) - 1.0).abs() < 1e-9);
}

#[test]
fn what_has_no_meaning_for_peak_lists_is_refused() {
    let simulate = ["simulate", "u2ti.cif", "--preset", "pymatgen"];
    let with = |more: &[&'static str]| [&simulate[..], more].concat();
    refused(&with(&["--format", "xy"]), &["xy", "csv", "json"]);
    refused(&with(&["--format", "svg"]), &["svg", "csv", "json"]);
    refused(&with(&["--step", "0.01"]), &["--step", "peak lists"]);
    refused(&with(&["--uvw", "0,0,1"]), &["--uvw", "peak lists"]);
    refused(&with(&["--two-theta", "60:40"]), &["2theta range"]);
    refused(&with(&["--wavelength", "XxKa"]), &["XxKa", "CuKa"]);
    for args in [
        vec!["compare", "u2ti.cif", "au2s.cif", "--preset", "pymatgen"],
        vec!["evaluate", "u2ti.cif", "--target", "au2s.cif", "--preset", "pymatgen"],
    ] {
        refused(&args, &["pymatgen", "peak lists", "simulate", "structsnap"]);
    }
}

#[test]
fn a_window_without_reflections_is_said_to_be_so() {
    let out = run(&["simulate", "u2ti.cif", "--preset", "pymatgen", "--two-theta", "1:2"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8(out.stderr).unwrap().contains("no reflection lies between"));
}
