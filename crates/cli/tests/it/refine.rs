//! `braggscape refine`.

use crate::program::{crystals, run, write};
use serde_json::{Value, json};
use std::path::Path;

/// A strained study crystal as a structure file; the first of three, which all stand in `p.jsonl`.
fn strained(dir: &Path) -> Vec<Value> {
    let args = ["perturb", "u2ti.cif", "--lattice", "0.1", "--seed", "3", "-n", "3"];
    let lines = run(dir, &args).ok().lines();
    let all: Vec<Value> = lines.iter().map(|l| l["structure"].clone()).collect();
    write(dir, "one.json", &all[0].to_string());
    write(dir, "p.jsonl", &all.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"));
    all
}

#[test]
fn a_strained_cell_comes_home_with_a_certificate_and_is_written() {
    let dir = crystals();
    strained(dir.path());
    let common = ["refine", "one.json", "--target", "u2ti.cif"];
    let ran = run(dir.path(), &[&common[..], &["--format", "json", "-o", "out.cif"]].concat()).ok();
    let found = ran.json();
    assert_eq!(
        (found["strategy"].as_str(), found["certified"].as_bool()),
        (Some("symmetry-snap"), Some(true))
    );
    assert!(found["loss"].as_f64().unwrap() < -0.999_999);
    assert!(found["initial_loss"].as_f64().unwrap() > -0.9);
    assert!(found["evaluations"].as_u64().unwrap() > 5);
    assert_eq!(found["stages"].as_array().unwrap().len(), 6);
    assert_eq!(found["structure"]["numbers"], json!([92, 92, 22]));
    assert!(ran.stderr.contains("wavelength 1.5406"), "{}", ran.stderr);
    let info = run(dir.path(), &["info", "out.cif", "--format", "json"]).ok().json();
    assert_eq!(info["space_group"]["number"].as_u64(), Some(191));
    // The text says the same; the file stays.
    let text = run(dir.path(), &common).ok().stdout;
    assert!(text.contains("verdict      certified"), "{text}");
    let again =
        run(dir.path(), &[&common[..], &["-o", "out.cif", "--strategy", "graduated"]].concat());
    assert_eq!(again.code, Some(2), "{again:?}");
}

#[test]
fn lists_give_a_line_each_and_patterns_are_targets_too() {
    let dir = crystals();
    let all = strained(dir.path());
    let pattern = run(dir.path(), &["simulate", "u2ti.cif", "--format", "xy"]).ok().stdout;
    write(dir.path(), "t.xy", &pattern);
    let lines = run(dir.path(), &["refine", "p.jsonl", "--target", "t.xy"]).ok().lines();
    assert_eq!(lines.len(), 3);
    for line in &lines {
        assert_eq!(line["certified"].as_bool(), Some(true), "{line}");
    }
    let truth = run(dir.path(), &["perturb", "u2ti.cif", "--lattice", "0"]).ok().lines();
    let truth = truth[0]["structure"].to_string();
    write(dir.path(), "truths.jsonl", &vec![truth.clone(); 3].join("\n"));
    let pairs = run(dir.path(), &["refine", "p.jsonl", "--target", "truths.jsonl"]).ok().lines();
    assert_eq!(pairs.len(), 3);
    // A broken line fails alone.
    write(dir.path(), "b.jsonl", &format!("{}\n{{\"lattice\": 3}}\n", all[0]));
    let ran = run(dir.path(), &["refine", "b.jsonl", "--target", "u2ti.cif"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.lines()[1]["error"].as_str().unwrap().contains("b.jsonl:2"), "{ran:?}");
    write(dir.path(), "two.jsonl", &vec![truth; 2].join("\n"));
    let ran = run(dir.path(), &["refine", "p.jsonl", "--target", "two.jsonl"]);
    assert!(ran.stdout.contains("more structures than"), "{ran:?}");
}

#[test]
fn a_file_can_say_how() {
    let dir = crystals();
    strained(dir.path());
    let config = "refine = \"lattice\"\nseed = 4\nloss = \"pearson\"\nmax-evaluations = 9\n[strategy]\nkind = \"staged\"\n[[strategy.stages]]\nloss = \"cosine\"\noptimizer = \"lbfgs\"\n";
    write(dir.path(), "how.toml", config);
    let args =
        ["refine", "one.json", "--target", "u2ti.cif", "--format", "json", "--config", "how.toml"];
    let found = run(dir.path(), &args).ok().json();
    assert_eq!(found["strategy"].as_str(), Some("staged"));
    assert_eq!(found["stages"][0]["name"].as_str(), Some("stage 1"));
    assert!(found["evaluations"].as_u64().unwrap() <= 10, "{found}");
}

#[test]
fn bad_wishes_are_refused_by_name() {
    let dir = crystals();
    strained(dir.path());
    let refuse = |args: &[&str], says: &[&str]| {
        let all = [&["refine", "one.json", "--target", "u2ti.cif"], args].concat();
        run(dir.path(), &all).refused(says);
    };
    refuse(&["--strategy", "hope"], &["--strategy", "hope", "joint"]);
    refuse(&["--loss", "love"], &["--loss", "love"]);
    refuse(&["--max-evaluations", "0"], &["max-evaluations"]);
    refuse(&["--config", "none.toml"], &["none.toml"]);
    write(dir.path(), "bad.toml", "seed = 1\nstrategies = \"x\"\n");
    refuse(&["--config", "bad.toml"], &["bad.toml:2", "strategies"]);
    write(dir.path(), "odd.toml", "strategy = { kind = \"graduated\", blurs = [-1.0] }\n");
    refuse(&["--config", "odd.toml"], &["odd.toml: strategy", "blur"]);
    let list = ["refine", "one.json", "--target", "p.jsonl"];
    run(dir.path(), &list).refused(&["p.jsonl", "one structure"]);
    let out = ["refine", "p.jsonl", "--target", "u2ti.cif", "-o", "x.cif", "--quiet"];
    run(dir.path(), &out).refused(&["-o x.cif"]);
    run(dir.path(), &["refine", "one.json", "--target", "missing.xy"]).refused(&["missing.xy"]);
}

#[test]
fn an_instrument_is_refined_where_it_is_asked_for() {
    let dir = crystals();
    strained(dir.path());
    // A diffractometer whose zero is off by 0.2 degrees.
    let plain = run(dir.path(), &["simulate", "u2ti.cif", "--format", "xy"]).ok().stdout;
    let shifted = plain.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (x, y) = line.split_once(char::is_whitespace).unwrap();
        format!("{:.6} {y}\n", x.parse::<f64>().unwrap() + 0.2)
    });
    write(dir.path(), "t.xy", &shifted.collect::<String>());
    let refine = ["refine", "one.json", "--target", "t.xy"];
    let json = ["--format", "json"];
    let blind = run(dir.path(), &[&refine[..], &json[..]].concat()).ok().json();
    assert_eq!((blind["certified"].as_bool(), blind["instrument"].is_null()), (Some(false), true));
    let with = [&refine[..], &["--nuisances", "zero-shift,w"]].concat();
    let found = run(dir.path(), &[&with[..], &json[..]].concat()).ok().json();
    assert_eq!(found["certified"].as_bool(), Some(true), "{found}");
    let w = found["instrument"]["w"].as_f64().unwrap();
    let shift = found["instrument"]["zero_shift"].as_f64().unwrap();
    assert!((w - 1.5).abs() < 1e-3 && (shift - 0.2).abs() < 1e-3, "{found}");
    let text = run(dir.path(), &with).ok().stdout;
    assert!(text.contains("instrument   zero shift"), "{text}");
    let wrong = run(dir.path(), &[&refine[..], &["--nuisances", "width"]].concat());
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.stderr.contains("zero-shift"), "{}", wrong.stderr);
    // Beside coordinates another strategy than usual refines it.
    let coordinates = [
        "refine",
        "u2ti.cif",
        "--target",
        "t.xy",
        "--refine",
        "coordinates",
        "--nuisances",
        "zero-shift",
    ];
    let found = run(dir.path(), &[&coordinates[..], &json[..]].concat()).ok().json();
    assert_eq!(found["strategy"], "joint");
    assert!((found["instrument"]["zero_shift"].as_f64().unwrap() - 0.2).abs() < 1e-3, "{found}");
    // A strategy that has none says so.
    let none = run(dir.path(), &[&with[..], &["--strategy", "descend"]].concat());
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(none.stderr.contains("nuisances"), "{}", none.stderr);
}
