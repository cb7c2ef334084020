//! Lists of structures: one line each, in order, an error where one fails.

use crate::program::{Ran, crystals, distorted, number, program, run, run_with, write};
use serde_json::{Value, json};
use std::fmt::Write;
use std::io::{BufRead, BufReader};

/// A list of good, bad and good structures.
fn mixed(dir: &std::path::Path) -> String {
    let good = distorted(dir, "u2ti", 2);
    let (first, second) = good.trim_end().split_once('\n').unwrap();
    let overlap = json!({
        "lattice": [[4, 0, 0], [0, 4, 0], [0, 0, 4]], "numbers": [11, 17],
        "frac_coords": [[0, 0, 0], [0, 0, 0.001]],
    });
    format!("{first}\nnot json\n\n{overlap}\n{second}\n")
}

fn expect_mixed(ran: &Ran, source: &str) -> Vec<Value> {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let lines = ran.lines();
    assert_eq!(lines.len(), 4, "{ran:?}");
    for (line, says) in [(1, format!("{source}:2")), (2, format!("{source}:4"))] {
        let keys: Vec<&String> = lines[line].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["error"]);
        let message = lines[line]["error"].as_str().unwrap();
        assert!(message.starts_with(&says), "{message}");
    }
    assert!(lines[2]["error"].as_str().unwrap().contains("overlap"), "{}", lines[2]);
    for line in [0, 3] {
        assert!(lines[line].get("error").is_none(), "{}", lines[line]);
    }
    lines
}

#[test]
fn every_command_on_a_list_answers_line_for_line() {
    let dir = crystals();
    let text = mixed(dir.path());
    write(dir.path(), "list.jsonl", &text);
    let commands: [(&[&str], &[&str]); 7] = [
        (&["simulate"], &[]),
        (&["simulate"], &["--peaks", "--format", "jsonl"]),
        (&["simulate"], &["--format", "json"]),
        (&["evaluate"], &["--target", "u2ti.cif", "--gradient"]),
        (&["info"], &["--format", "jsonl"]),
        (&["perturb"], &["--lattice", "0.01"]),
        (&["amd"], &["-k", "5", "--by-element"]),
    ];
    for (command, options) in commands {
        let args = |input| [command, &[input], options].concat();
        let lines = expect_mixed(&run(dir.path(), &args("list.jsonl")), "list.jsonl");
        let piped = run_with(dir.path(), &args("-"), &text);
        let piped = expect_mixed(&piped, "stdin");
        assert_eq!((&lines[0], &lines[3]), (&piped[0], &piped[3]));
        let one = run(dir.path(), &[&args("list.jsonl")[..], &["--jobs", "1"]].concat());
        assert_eq!(one.lines(), lines);
    }
}

#[test]
fn a_list_of_targets_goes_line_against_line() {
    let dir = crystals();
    let copies = distorted(dir.path(), "au2s", 3);
    write(dir.path(), "copies.jsonl", &copies);
    let cosine = |v: &Value| number(&v["loss"]["cosine"]);
    let same =
        run(dir.path(), &["evaluate", "copies.jsonl", "--target", "copies.jsonl"]).ok().lines();
    assert_eq!(same.len(), 3);
    assert!(same.iter().all(|v| (cosine(v) + 1.0).abs() < 1e-9));
    let turned: Vec<&str> = copies.lines().rev().collect();
    write(dir.path(), "turned.jsonl", &turned.join("\n"));
    let lines =
        run(dir.path(), &["evaluate", "copies.jsonl", "--target", "turned.jsonl"]).ok().lines();
    assert!(cosine(&lines[0]) > -1.0 + 1e-6 && (cosine(&lines[1]) + 1.0).abs() < 1e-9);
    assert!((cosine(&lines[0]) - cosine(&lines[2])).abs() < 1e-9);
    write(dir.path(), "short.jsonl", &turned[1..].join("\n"));
    let ran = run(dir.path(), &["evaluate", "copies.jsonl", "--target", "short.jsonl"]);
    assert_eq!(ran.code, Some(1));
    let lines = ran.lines();
    assert_eq!(lines.len(), 3);
    assert!(lines[2]["error"].as_str().unwrap().contains("short.jsonl"), "{}", lines[2]);
    run(dir.path(), &["evaluate", "au2s.cif", "--target", "copies.jsonl"])
        .refused(&["copies.jsonl"]);
}

#[test]
fn one_piped_copy_can_be_drawn() {
    let dir = crystals();
    let copy = distorted(dir.path(), "nas", 1);
    let of = |format: &str| {
        run_with(dir.path(), &["simulate", "-", "--quiet", "--format", format], &copy).ok().stdout
    };
    assert_eq!(of("xy").lines().count(), 8500);
    assert!(of("svg").contains("<svg"));
    assert_eq!(of("jsonl").lines().count(), 1);
    let text = run_with(dir.path(), &["info", "-", "--format", "text"], &copy).ok().stdout;
    assert!(text.starts_with("formula         NaS\n"), "{text}");
}

/// A table in the CDVAE layout.
fn table(dir: &std::path::Path, crystals: &[&str]) -> String {
    let mut text = String::from("material_id,formation_energy_per_atom,cif\n");
    for name in crystals {
        let cif = std::fs::read_to_string(dir.join(format!("{name}.cif"))).unwrap();
        writeln!(text, "id-{name},-1.5,\"{}\"", cif.replace('"', "\"\"")).unwrap();
    }
    text
}

#[test]
fn a_table_of_cif_texts_is_a_list() {
    let dir = crystals();
    let text = table(dir.path(), &["u2ti", "nas", "au2s"]);
    write(dir.path(), "table.csv", &text);
    let lines = run(dir.path(), &["info", "table.csv"]).ok().lines();
    let pairs: Vec<_> = lines.iter().map(|v| (v["id"].as_str(), v["formula"].as_str())).collect();
    assert_eq!(
        pairs,
        [
            (Some("id-u2ti"), Some("U2Ti")),
            (Some("id-nas"), Some("NaS")),
            (Some("id-au2s"), Some("Au2S"))
        ]
    );
    assert_eq!(run_with(dir.path(), &["info", "-"], &text).ok().lines(), lines);
    let broken = text.replace("_cell_length_a", "_cell_length_q");
    let first = broken.find("id-nas").unwrap();
    write(
        dir.path(),
        "broken.csv",
        &(broken[..first].to_owned() + &text[text.find("id-nas").unwrap()..]),
    );
    let ran = run(dir.path(), &["info", "broken.csv"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.lines()[0]["error"].as_str().unwrap().starts_with("broken.csv:"));
    assert_eq!(ran.lines()[1..], lines[1..]);
}

#[test]
fn a_list_longer_than_memory_holds_keeps_its_order_whatever_fails() {
    let dir = crystals();
    let md = std::fs::read_to_string(dir.path().join("u2ti.cif")).unwrap();
    write(dir.path(), "md.cif", &md.replace("Ti", "Md"));
    let names = ["u2ti", "au2s", "csybbr3"];
    let kinds: Vec<&str> =
        (0..300).map(|i| if i % 70 == 3 { "md" } else { names[i / 2 % 3] }).collect();
    let text = table(dir.path(), &kinds);
    write(dir.path(), "long.csv", &text);
    let starts: Vec<usize> =
        (1..).zip(text.lines()).filter(|l| l.1.starts_with("id-")).map(|l| l.0).collect();
    let options: [&[&str]; 3] = [
        &["--two-theta", "30:31", "--step", "0.25"],
        &["--peaks", "--two-theta", "20:40"],
        &["--preset", "pymatgen", "--two-theta", "20:40"],
    ];
    for options in options {
        let simulate = |input: &str, jobs: &str| {
            run(
                dir.path(),
                &[&["simulate", input, "--quiet", "--format", "jsonl", "--jobs", jobs], options]
                    .concat(),
            )
        };
        let ran = simulate("long.csv", "2");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
        assert_eq!(ran.stdout, simulate("long.csv", "1").stdout);
        let lines = ran.lines();
        assert_eq!(lines.len(), kinds.len());
        for (i, (line, kind)) in lines.iter().zip(&kinds).enumerate() {
            if *kind == "md" {
                let says = line["error"].as_str().unwrap();
                let place = format!("long.csv:{}: ", starts[i]);
                assert!(says.starts_with(&place) && says.contains("Md"), "{place}: {says}");
            } else {
                assert_eq!(line["id"], format!("id-{kind}"));
            }
        }
        // A list gives what its crystals give alone.
        for name in names {
            let mut alone = simulate(&format!("{name}.cif"), "1").ok().json();
            let at = kinds.iter().position(|kind| *kind == name).unwrap();
            alone["id"] = lines[at]["id"].clone();
            assert_eq!(alone, lines[at]);
        }
    }
}

#[test]
fn a_reader_that_goes_away_ends_a_list() {
    let dir = crystals();
    write(dir.path(), "long.csv", &table(dir.path(), &["na3mnconio6"; 400]));
    let mut child = program(dir.path()).args(["simulate", "long.csv", "--quiet"]).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("\"two_theta\""));
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}

#[test]
fn a_list_that_is_none_is_refused() {
    let dir = crystals();
    write(dir.path(), "empty.jsonl", "");
    write(dir.path(), "blank.jsonl", "\n  \n");
    write(dir.path(), "empty.csv", "");
    write(dir.path(), "heading.csv", "material_id,cif\n");
    write(dir.path(), "other.csv", "name,value\na,1\n");
    for name in ["empty.jsonl", "blank.jsonl", "empty.csv", "heading.csv", "other.csv", "no.jsonl"]
    {
        run(dir.path(), &["simulate", name]).refused(&[name]);
        run(dir.path(), &["info", name]).refused(&[name]);
        run(dir.path(), &["amd", name]).refused(&[name]);
        run(dir.path(), &["perturb", name, "--lattice", "0.1"]).refused(&[name]);
        run(dir.path(), &["evaluate", name, "--target", "u2ti.cif"]).refused(&[name]);
    }
    run(dir.path(), &["match", "--pairs", "no.jsonl"]).refused(&["no.jsonl"]);
    run(dir.path(), &["match", "--pairs", "empty.jsonl"]).refused(&["empty.jsonl"]);
    run(dir.path(), &["amd", "--pairs", "no.jsonl"]).refused(&["no.jsonl"]);
    run(dir.path(), &["amd", "--pairs", "blank.jsonl"]).refused(&["blank.jsonl"]);
}

#[test]
fn pairs_are_judged_line_for_line() {
    let dir = crystals();
    let structure = |name: &str| {
        let args = ["perturb", &format!("{name}.cif"), "--coords", "0"];
        run(dir.path(), &args).ok().lines()[0]["structure"].clone()
    };
    let (u2ti, nas) = (structure("u2ti"), structure("nas"));
    let text = format!(
        "{}\n{}\n{}\n{{\n",
        json!({"a": u2ti, "b": u2ti}),
        json!({"a": u2ti, "b": nas}),
        json!({"a": u2ti})
    );
    write(dir.path(), "pairs.jsonl", &text);
    let ran = run(dir.path(), &["match", "--pairs", "pairs.jsonl"]);
    assert_eq!(ran.code, Some(1));
    let lines = ran.lines();
    assert_eq!(lines.len(), 4);
    assert_eq!((&lines[0]["match"], &lines[1]["match"]), (&json!(true), &json!(false)));
    assert!(
        lines[2]["error"].as_str().unwrap().starts_with("pairs.jsonl:3: `b` is missing"),
        "{}",
        lines[2]
    );
    assert!(lines[3]["error"].as_str().unwrap().starts_with("pairs.jsonl:4:"), "{}", lines[3]);
}

/// A pair of 200 sites each that the matcher gives up.
fn hopeless_pair() -> String {
    let side = |seed: u64| {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            f64::from((state >> 40) as u32) / f64::from(1_u32 << 24)
        };
        let coords: Vec<[f64; 3]> = (0..200).map(|_| [next(), next(), next()]).collect();
        json!({"lattice": [[14, 0, 0], [0, 14, 0], [0, 0, 14]], "numbers": vec![29; 200], "frac_coords": coords})
    };
    json!({"a": side(1), "b": side(2)}).to_string()
}

#[test]
fn a_pair_that_would_take_too_long_gives_an_error_line_and_the_others_go_on() {
    if std::env::var_os("BRAGGSCAPE_SLOW_TESTS").is_none() {
        return;
    }
    let dir = crystals();
    let u2ti =
        run(dir.path(), &["perturb", "u2ti.cif", "--coords", "0"]).ok().lines()[0]["structure"]
            .clone();
    let good = json!({"a": u2ti, "b": u2ti});
    write(dir.path(), "pairs.jsonl", &format!("{good}\n{}\n{good}\n", hopeless_pair()));
    let wide = ["--ltol", "0.5", "--stol", "2", "--angle-tol", "90", "--no-primitive"];
    let ran = run(dir.path(), &[&["match", "--pairs", "pairs.jsonl"][..], &wide].concat());
    assert_eq!(ran.code, Some(1));
    let lines = ran.lines();
    let message = lines[1]["error"].as_str().unwrap();
    assert!(message.starts_with("pairs.jsonl:2: the search passed its bound of"), "{message}");
    assert_eq!((&lines[0]["match"], &lines[2]["match"]), (&json!(true), &json!(true)));
}
