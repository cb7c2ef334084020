//! `braggscape amd`.

use crate::program::{Ran, crystals, number, numbers, run, run_with, write};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

/// Caesium chloride of this edge: neighbours of every atom at a sqrt(3)/2 (8), a (6), a sqrt(2) (12).
fn salt(edge: f64) -> Value {
    json!({
        "lattice": [[edge, 0, 0], [0, edge, 0], [0, 0, edge]], "numbers": [55, 17],
        "frac_coords": [[0, 0, 0], [0.5, 0.5, 0.5]],
    })
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

#[test]
fn neighbours_of_a_known_crystal_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "salt.json", &salt(4.0).to_string());
    let text = run(dir.path(), &["amd", "salt.json", "-k", "9"]).ok().stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 10, "{text}");
    let row = |k: usize| lines[k].split_whitespace().collect::<Vec<_>>();
    assert_eq!((row(8), row(9)), (vec!["8", "3.464102"], vec!["9", "4.000000"]));
    let of = |options: &[&str]| {
        run(dir.path(), &[&["amd", "salt.json", "--format", "json"], options].concat()).ok().json()
    };
    let whole = of(&[]);
    assert_eq!(whole.as_object().unwrap().len(), 1);
    assert_eq!(numbers(&whole["amd"]).len(), 100);
    close(numbers(&whole["amd"])[0], 12.0_f64.sqrt());
    let by_element = of(&["-k", "1", "--by-element"]);
    close(numbers(&by_element["by_element"]["Cs-Cl"])[0], 12.0_f64.sqrt());
    close(numbers(&by_element["by_element"]["Cl-Cl"])[0], 4.0);
    let text = run(dir.path(), &["amd", "salt.json", "-k", "1", "--by-element"]).ok().stdout;
    assert_eq!(text.lines().next().unwrap().split_whitespace().count(), 3 + 4, "{text}");
}

#[test]
fn lists_give_a_line_a_structure_with_its_id() {
    let dir = crystals();
    let mut list = String::new();
    for (id, edge) in [("small", 3.0), ("large", 5.0)] {
        let mut salt = salt(edge);
        salt["id"] = json!(id);
        writeln!(list, "{salt}").unwrap();
    }
    let check = |ran: Ran| {
        let lines = ran.ok().lines();
        assert_eq!(
            (lines[0]["id"].as_str(), lines[1]["id"].as_str()),
            (Some("small"), Some("large"))
        );
        close(numbers(&lines[1]["amd"])[13], 5.0);
    };
    write(dir.path(), "list.jsonl", &list);
    check(run(dir.path(), &["amd", "list.jsonl", "-k", "14"]));
    check(run_with(dir.path(), &["amd", "-", "-k", "14"], &list));
}

fn pairs(dir: &Path, options: &[&str]) -> Ran {
    run(dir, &[&["amd", "--pairs", "pairs.jsonl"], options].concat())
}

#[test]
fn pairs_get_both_distances_line_for_line() {
    let dir = tempfile::tempdir().unwrap();
    let mut iron = salt(4.0);
    iron["numbers"] = json!([26, 26]);
    let mut flat = salt(4.0);
    flat["lattice"] = json!([[4, 0, 0], [0, 4, 0], [0, 8, 0]]);
    let text = [
        json!({"a": salt(4.0), "b": salt(4.5)}),
        json!({"a": salt(4.0), "b": iron}),
        json!({"a": salt(4.0)}),
        json!({"a": salt(4.0), "b": flat}),
        json!({"a": iron, "b": iron}),
    ];
    let text = text.map(|line| line.to_string()).join("\n\n");
    write(dir.path(), "pairs.jsonl", &text);
    let ran = pairs(dir.path(), &["-k", "14"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let lines = ran.lines();
    assert_eq!(lines.len(), 5, "{ran:?}");
    close(number(&lines[0]["amd_linf"]), 0.5);
    close(number(&lines[0]["pdd_emd"]), 0.5);
    assert_eq!(lines[0].as_object().unwrap().len(), 2);
    close(number(&lines[1]["amd_linf"]), 0.0);
    close(number(&lines[1]["pdd_emd"]), 0.0);
    for (line, says) in [(2, "pairs.jsonl:5: `b` is missing"), (3, "pairs.jsonl:7: `b`: ")] {
        let message = lines[line]["error"].as_str().unwrap();
        assert!(message.starts_with(says), "{message}");
    }
    close(number(&lines[4]["pdd_emd"]), 0.0);
    // One thread and many, a file and standard input give the same bytes.
    assert_eq!(pairs(dir.path(), &["-k", "14", "--jobs", "1"]).stdout, ran.stdout);
    let piped = run_with(dir.path(), &["amd", "--pairs", "-", "-k", "14"], &text);
    assert_eq!(piped.stdout.replace("stdin:", "pairs.jsonl:"), ran.stdout);
    let by_element = pairs(dir.path(), &["-k", "14", "--by-element"]).lines();
    close(number(&by_element[0]["amd_linf"]), 0.5);
    // The fourteenth chlorine of a caesium is at a sqrt(11)/2, the fourteenth caesium at a sqrt(2).
    close(number(&by_element[0]["amd_linf_by_element"]), 0.5 * 11.0_f64.sqrt() / 2.0);
    close(number(&by_element[0]["pdd_emd_by_element"]), 0.5);
    assert!(by_element[1]["pdd_emd_by_element"].is_null());
    assert!(by_element[1]["amd_linf_by_element"].is_null());
}

#[test]
fn bad_usage_is_refused() {
    let dir = crystals();
    run(dir.path(), &["amd", "u2ti.cif", "-k", "0"]).refused(&["k = 0", "1 to 10000"]);
    run(dir.path(), &["amd", "u2ti.cif", "-k", "10001"]).refused(&["k = 10001"]);
    run(dir.path(), &["amd", "u2ti.cif", "--collapse-tol", "-1"]).refused(&["collapse_tol = -1"]);
    run(dir.path(), &["amd", "u2ti.cif", "--format", "svg"]).refused(&["--format svg"]);
    run(dir.path(), &["amd", "absent.cif"]).refused(&["absent.cif"]);
    for args in [&["amd"][..], &["amd", "u2ti.cif", "--pairs", "x.jsonl"]] {
        assert_eq!(run(dir.path(), args).code, Some(2));
    }
}
