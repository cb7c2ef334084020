//! `landscape`: the same bytes for any number of threads, files that agree with each other, and nothing lost of what is there.

use crate::program::{contents, number, run, write};
use serde_json::Value;
use std::path::Path;

/// NaS over a and c on 15 x 11 points, with three short descents.
const TINY: &str = r#"title = "tiny"
structure = "NaS"
minima = 3
patterns = 1
contours = 4
min_prominence = 0.0

[optimizer]
kind = "gradient-descent"
max_iterations = 40

[[axis]]
parameter = "a"
tie = ["b"]
relative = 0.1
n = 15

[[axis]]
parameter = "c"
low = 9.0
high = 11.5
n = 11

[[path]]
name = "on the section"
refine = "section"
start = { a = 4.7, b = 4.7, c = 10.6 }

[[path]]
name = "projected"
start = { strain = 0.05, seed = 3 }
projector = "crystal-family"

[[path]]
start = { strain = 0.05, seed = 3 }
projector = "crystal-family"
project = "start"
optimizer = { kind = "adam", max_iterations = 20 }
"#;

fn with_tiny() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "tiny.toml", TINY);
    dir
}

/// Rows of a CSV file as text cells, the heading apart.
fn table(dir: &Path, name: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let text = std::fs::read_to_string(dir.join(name)).unwrap();
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut lines = text.lines().map(cells);
    (lines.next().unwrap(), lines.collect())
}

#[test]
fn a_landscape_is_the_same_to_the_byte_for_any_number_of_threads() {
    let dir = with_tiny();
    let one = ["landscape", "tiny.toml", "--jobs", "1", "--out", "one"];
    let ran = run(dir.path(), &one).ok();
    assert_eq!(ran.stderr, "");
    for text in ["tiny", "cosine of NaS over a = b and c", "home", "roughness", "on the section"] {
        assert!(ran.stdout.contains(text), "`{text}` is not in {}", ran.stdout);
    }
    run(dir.path(), &["landscape", "tiny.toml", "--jobs", "2", "--out", "two"]).ok();
    let files = contents(&dir.path().join("one"));
    assert_eq!(files, contents(&dir.path().join("two")));
    let names: Vec<&str> = files.keys().map(String::as_str).filter(|n| !n.ends_with('/')).collect();
    let expected = [
        "config.toml",
        "figures/landscape.png",
        "figures/landscape.svg",
        "figures/patterns.png",
        "figures/patterns.svg",
        "grid.csv",
        "grid.parquet",
        "manifest.json",
        "minima.csv",
        "paths.csv",
        "patterns/target.xy",
        "roughness.json",
        "summary.json",
    ];
    let pattern = |n: &&str| n.starts_with("patterns/minimum-");
    assert_eq!(names.iter().filter(|n| pattern(n)).count(), 1, "{names:?}");
    let others: Vec<&str> = names.into_iter().filter(|n| !pattern(n)).collect();
    assert_eq!(others, expected);
}

#[test]
fn the_grid_holds_what_evaluate_gives() {
    let dir = with_tiny();
    run(dir.path(), &["landscape", "tiny.toml", "--out", "out"]).ok();
    let out = dir.path().join("out");
    let (heading, rows) = table(&out, "grid.csv");
    assert_eq!(heading, ["a = b", "c", "cosine", "computed", "basin"]);
    assert_eq!(rows.len(), 15 * 11);
    // The structure of point (4, 7), by way of a file.
    let row = &rows[4 + 7 * 15];
    let cif = run(dir.path(), &["structures", "--out", "crystals", "--quiet"]).ok();
    assert_eq!(cif.code, Some(0));
    let text = std::fs::read_to_string(dir.path().join("crystals/nas.cif")).unwrap();
    let moved: Vec<String> = text
        .lines()
        .map(|line| match line.split_whitespace().next() {
            Some(key @ ("_cell_length_a" | "_cell_length_b")) => format!("{key} {}", row[0]),
            Some(key @ "_cell_length_c") => format!("{key} {}", row[1]),
            _ => line.to_owned(),
        })
        .collect();
    write(dir.path(), "moved.cif", &moved.join("\n"));
    let args = ["compare", "crystals/nas.cif", "moved.cif", "--format", "json"];
    let loss = number(&run(dir.path(), &args).ok().json()["loss"]["cosine"]);
    let found: f64 = row[2].parse().unwrap();
    // Landscapes are evaluated on nodes, which changes a cosine by 1e-7 at most.
    assert!((loss - found).abs() < 1e-7, "{loss} {found}");
}

#[test]
fn files_and_summary_agree() {
    let dir = with_tiny();
    let args = ["landscape", "tiny.toml", "--out", "out", "--format", "json"];
    let summary = run(dir.path(), &args).ok().json();
    let out = dir.path().join("out");
    let (heading, minima) = table(&out, "minima.csv");
    assert_eq!(heading[..4], ["rank", "a = b", "c", "cosine"]);
    let listed = summary["minima"].as_array().unwrap();
    assert!(listed.len() <= 3 && !listed.is_empty());
    for (row, listed) in minima.iter().zip(listed) {
        assert_eq!(row[0], listed["rank"].to_string());
        let value: f64 = row[3].parse().unwrap();
        assert!((value - number(&listed["value"])).abs() < 1e-15);
    }
    // The structure itself is the first minimum, found between the points of the grid.
    assert_eq!(listed[0]["home"], Value::Bool(true));
    assert!((number(&listed[0]["value"]) + 1.0).abs() < 1e-6);
    let home = summary["home"].as_array().unwrap();
    assert!((number(&home[0]) - number(&listed[0]["u"])).abs() < 1e-3);
    let (_, grid) = table(&out, "grid.csv");
    let basins: std::collections::BTreeSet<&str> = grid.iter().map(|r| r[4].as_str()).collect();
    assert_eq!(basins.len(), minima.len());
    let share: f64 = minima.iter().map(|row| row[7].parse::<f64>().unwrap()).sum();
    assert!((share - 1.0).abs() < 1e-12);
    let roughness: Value =
        serde_json::from_slice(&std::fs::read(out.join("roughness.json")).unwrap()).unwrap();
    assert_eq!(roughness, summary["roughness"]);
    assert_eq!(roughness["n_minima"], minima.len());
    assert_eq!(roughness["area_unit"], "Å²");

    let (heading, points) = table(&out, "paths.csv");
    assert_eq!(heading[..5], ["path", "iteration", "a = b", "c", "cosine"]);
    assert_eq!(heading[5..], ["x.a", "x.b", "x.c", "x.alpha", "x.beta", "x.gamma"]);
    let paths = summary["paths"].as_array().unwrap();
    let names: Vec<&str> = paths.iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["on the section", "projected", "free from the projected start"]);
    for path in paths {
        let own: Vec<_> =
            points.iter().filter(|row| row[0] == path["name"].as_str().unwrap()).collect();
        let first: f64 = own[0][4].parse().unwrap();
        assert!((first - number(&path["start_loss"])).abs() < 1e-15);
        assert!(number(&path["loss"]) <= first);
    }
    let start = |name: &str| points.iter().find(|row| row[0] == name).unwrap()[5..].to_vec();
    // The angles of a projected start are those of the family, and both runs with it begin there.
    let projected = start("projected");
    assert_eq!(projected[3..], ["90", "90", "120"]);
    for (a, b) in projected.iter().zip(start("free from the projected start")) {
        let [a, b]: [f64; 2] = [a.parse().unwrap(), b.parse().unwrap()];
        assert!((a - b).abs() < 1e-9 * a.abs(), "{a} {b}");
    }
}

#[test]
fn a_finished_landscape_prints_its_table_again() {
    let dir = with_tiny();
    let first = run(dir.path(), &["landscape", "tiny.toml"]).ok();
    let before = contents(&dir.path().join("runs/tiny"));
    assert_eq!(run(dir.path(), &["landscape", "tiny.toml"]).ok().stdout, first.stdout);
    // The resolved configuration is the same landscape.
    let resolved = ["landscape", "runs/tiny/config.toml", "--out", "runs/tiny"];
    assert_eq!(run(dir.path(), &resolved).ok().stdout, first.stdout);
    assert_eq!(contents(&dir.path().join("runs/tiny")), before);
    // One that was interrupted before its end is done anew, to the same bytes.
    for gone in ["manifest.json", "summary.json", "figures/landscape.png"] {
        std::fs::remove_file(dir.path().join("runs/tiny").join(gone)).unwrap();
    }
    assert_eq!(run(dir.path(), &["landscape", "tiny.toml"]).ok().stdout, first.stdout);
    assert_eq!(contents(&dir.path().join("runs/tiny")), before);
}

#[test]
fn a_folder_with_anything_else_is_left_alone() {
    let dir = with_tiny();
    run(dir.path(), &["landscape", "tiny.toml", "--out", "out"]).ok();
    let refuse = |config: &str, out: &str, says: &str| {
        write(dir.path(), "tiny.toml", config);
        let before = contents(dir.path());
        run(dir.path(), &["landscape", "tiny.toml", "--out", out]).refused(&[out, says]);
        assert_eq!(contents(dir.path()), before);
    };
    refuse(&TINY.replace("n = 15", "n = 16"), "out", "another landscape");
    refuse(&TINY.replace("seed = 3", "seed = 4"), "out", "another landscape");
    std::fs::create_dir(dir.path().join("mine")).unwrap();
    write(dir.path(), "mine/thesis.tex", "");
    refuse(TINY, "mine", "thesis.tex");
    refuse(TINY, "tiny.toml", "a file, not a folder");
    std::fs::remove_file(dir.path().join("out/manifest.json")).unwrap();
    refuse(&TINY.replace("n = 15", "n = 16"), "out", "another landscape that was not finished");
}

#[test]
fn problems_are_told_all_at_once_at_their_lines() {
    let dir = with_tiny();
    let check = |text: &str, says: &[&str]| {
        write(dir.path(), "bad.toml", text);
        for command in ["landscape", "check"] {
            let ran = run(dir.path(), &[command, "bad.toml"]);
            assert_eq!(ran.code, Some(2), "{ran:?}");
            assert_eq!(ran.stderr.lines().count(), says.len(), "{}", ran.stderr);
            for (line, says) in ran.stderr.lines().zip(says) {
                assert!(line.starts_with(&format!("error: bad.toml:{says}")), "{line}\n{says}");
            }
        }
        assert!(!dir.path().join("runs").exists());
    };
    check(
        "structure = \"NaS\"\nloss = \"cosin\"\nminima = 0\n[[axis]]\nparameter = \"q\"\nrelative = 0.1\n\
         [[axis]]\nparameter = \"c\"\nlow = 3.0\nhigh = 2.0\nn = 1\n",
        &[
            "2: `loss`: unknown loss `cosin`",
            "3: `minima`: expected an integer from 1",
            "5: `axis[0].parameter`: unknown parameter `q`; known: a, b, c, alpha",
            "9: `axis[1].low`: axis `c` runs from 3 to 2",
            "11: `axis[1].n`: expected an integer from 2",
        ],
    );
    check(
        "structure = \"NoS\"\n[[axis]]\nparameter = \"a\"\nlow = 3.0\n",
        &[
            "1: `structure`: `NoS` is neither a study crystal nor a file",
            "2: `axis`: expected two tables [[axis]], found 1",
            "2: `axis[0]`: expected either `low` and `high`, or `relative`",
        ],
    );
    let bad_paths = TINY
        .replace("start = { a = 4.7, b = 4.7, c = 10.6 }", "start = { a = 4.7, q = 1 }")
        .replace("name = \"projected\"", "name = \"on the section\"")
        .replace("project = \"start\"", "project = \"sometimes\"");
    check(
        &bad_paths,
        &[
            "27: `path[0].start.q`: unknown parameter",
            "30: `path[1].name`: two paths are called `on the section`",
            "37: `path[2].project`: expected always or start, found sometimes",
        ],
    );
    let off = TINY.replace(
        "start = { a = 4.7, b = 4.7, c = 10.6 }",
        "start = { a = 4.7, b = 4.7, c = 10.6 }\nprojector = { kind = \"crystal-family\", shape = \"cubic\" }",
    );
    check(&off, &["28: `path[0].projector`: the structure does not keep the constraint"]);
    let same = TINY.replace("parameter = \"c\"", "parameter = \"b\"");
    check(&same, &["18: `axis[1]`: sets a parameter that the first axis sets"]);
    let mixed = TINY.replace("parameter = \"c\"", "parameter = \"e_zz\"");
    check(&mixed, &["12: `axis`: cell parameters and strains cannot be axes of one section"]);
}

#[test]
fn a_constraint_that_leads_off_the_section_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let text = "structure = \"Au2S\"\n[[axis]]\nparameter = \"a\"\nrelative = 0.1\nn = 5\n\
        [[axis]]\nparameter = \"b\"\nrelative = 0.1\nn = 5\n\
        [[path]]\nrefine = \"section\"\nstart = { a = 5.6, b = 5.0 }\nprojector = \"crystal-family\"\n";
    write(dir.path(), "cubic.toml", text);
    run(dir.path(), &["landscape", "cubic.toml"]).refused(&["13: ", "leads off the section"]);
    let tetragonal = "{ kind = \"crystal-family\", shape = \"tetragonal\" }";
    write(dir.path(), "tied.toml", &text.replace("\"crystal-family\"", tetragonal));
    run(dir.path(), &["check", "tied.toml"]).ok();
}

#[test]
fn studies_and_landscapes_are_told_apart() {
    let dir = with_tiny();
    let ran = run(dir.path(), &["check", "tiny.toml"]).ok();
    assert!(ran.stdout.contains("landscape: cosine of NaS") && ran.stdout.contains("15 points"));
    let json = run(dir.path(), &["check", "tiny.toml", "--format", "json"]).ok().json();
    assert_eq!(json["points"], 165);
    run(dir.path(), &["run", "tiny.toml"]).refused(&["tiny.toml", "braggscape landscape"]);
    write(dir.path(), "study.toml", "structures = [\"NaS\"]\nnoise = \"none\"\n");
    let ran = run(dir.path(), &["landscape", "study.toml"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("expected two tables [[axis]], found 0"), "{}", ran.stderr);
}

#[test]
fn strains_coordinates_and_an_adaptive_grid_are_sections_too() {
    let dir = tempfile::tempdir().unwrap();
    let text = "structure = \"NaS\"\nadaptive = { tolerance = 0.05, coarse = 4 }\n\
        [[axis]]\nparameter = \"e_xx\"\nlow = -0.1\nhigh = 0.1\nn = 33\n\
        [[axis]]\nparameter = \"z2\"\nlow = 0.3\nhigh = 0.5\nn = 9\n";
    write(dir.path(), "strain.toml", text);
    let args = ["landscape", "strain.toml", "--format", "json"];
    let summary = run(dir.path(), &args).ok().json();
    assert_eq!(summary["axes"], serde_json::json!(["e_xx", "z2"]));
    assert_eq!(summary["units"], serde_json::json!(["", ""]));
    assert!(summary["n_computed"].as_u64().unwrap() <= 33 * 9);
    assert!(number(&summary["home"][0]).abs() < 1e-12);
    let (_, rows) = table(&dir.path().join("runs/strain"), "grid.csv");
    let computed = rows.iter().filter(|row| row[3] == "true").count() as u64;
    assert_eq!(summary["n_computed"].as_u64(), Some(computed));
    // The resolved configuration is the same landscape, so it is found finished.
    let resolved = ["landscape", "runs/strain/config.toml", "--out", "runs/strain"];
    assert!(run(dir.path(), &resolved).ok().stdout.contains("of them evaluated"));
}

#[test]
fn a_descent_that_fails_is_a_row_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    // Cells so small that no reflection is in range.
    let text = TINY
        .replace("start = { a = 4.7, b = 4.7, c = 10.6 }", "start = { a = 0.6, b = 0.6, c = 0.6 }");
    let text = text.replacen("refine = \"section\"", "refine = \"lattice\"", 1);
    write(dir.path(), "tiny.toml", &text);
    let ran = run(dir.path(), &["landscape", "tiny.toml", "--format", "json"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stderr.starts_with("error: the descent `on the section` failed: "),
        "{}",
        ran.stderr
    );
    let paths = &ran.json()["paths"];
    assert!(paths[0]["failure"].as_str().unwrap().contains("reflection"), "{paths}");
    assert_eq!((&paths[0]["loss"], &paths[1]["failure"]), (&Value::Null, &Value::Null));
    // The finished landscape says so again.
    assert_eq!(run(dir.path(), &["landscape", "tiny.toml"]).code, Some(1));
}

#[test]
fn angles_that_make_no_cell_are_holes() {
    let dir = tempfile::tempdir().unwrap();
    let angle = |name: &str| {
        format!("[[axis]]\nparameter = \"{name}\"\nlow = 20.0\nhigh = 160.0\nn = 15\n")
    };
    let text = format!("structure = \"Au2S\"\n{}{}", angle("alpha"), angle("beta"));
    write(dir.path(), "angles.toml", &text);
    let summary = run(dir.path(), &["landscape", "angles.toml", "--format", "json"]).ok().json();
    assert!(number(&summary["roughness"]["hole_share"]) > 0.1);
    let (_, rows) = table(&dir.path().join("runs/angles"), "grid.csv");
    for row in rows {
        let [alpha, beta]: [f64; 2] = [row[0].parse().unwrap(), row[1].parse().unwrap()];
        // With gamma = 90° the three make a corner only if alpha + beta and 360° - alpha - beta exceed it, and it |alpha - beta|.
        let sum = alpha + beta;
        let corner = sum > 90.5 && sum < 269.5 && (alpha - beta).abs() < 89.5;
        assert!(!corner || !row[2].is_empty(), "{row:?}");
        let none = !(89.5..=270.5).contains(&sum) || (alpha - beta).abs() > 90.5;
        assert!(!none || (row[2].is_empty() && row[4].is_empty()), "{row:?}");
    }
    let svg =
        std::fs::read_to_string(dir.path().join("runs/angles/figures/landscape.svg")).unwrap();
    assert!(svg.contains(">no value<") && svg.contains(">α (°)<"));
}

#[test]
fn an_energy_has_a_landscape_too_and_descents_go_down_it() {
    let dir = crate::program::crystals();
    let axis = |name: &str| format!("[[axis]]\nparameter = \"{name}\"\nrelative = 0.1\nn = 3\n");
    let text = format!(
        "structure = \"NaS\"\npotential = \"lennard-jones\"\n[optimizer]\nkind = \"lbfgs\"\nmax_iterations = 5\n{}{}[[path]]\nname = \"down\"\nrefine = \"section\"\nstart = {{ a = 4.7, c = 10.6 }}\n",
        axis("a"),
        axis("c")
    );
    write(dir.path(), "e.toml", &text);
    run(dir.path(), &["landscape", "e.toml", "--out", "e"]).ok();
    let grid = std::fs::read_to_string(dir.path().join("e/grid.csv")).unwrap();
    let rows: Vec<Vec<&str>> = grid.lines().map(|l| l.split(',').collect()).collect();
    let column = rows[0].iter().position(|name| *name == "energy").unwrap();
    // The middle of three by three points is the crystal itself.
    let middle: f64 = rows[5][column].parse().unwrap();
    let args = ["energy", "nas.cif", "--model", "lennard-jones", "--format", "json"];
    let energy = run(dir.path(), &args).ok().json()["energy_per_atom"].as_f64().unwrap();
    assert!((middle - energy).abs() < 1e-6 * energy.abs(), "{middle} {energy}\n{grid}");
    let paths = std::fs::read_to_string(dir.path().join("e/paths.csv")).unwrap();
    let heading: Vec<&str> = paths.lines().next().unwrap().split(',').collect();
    let column = heading.iter().position(|name| *name == "energy").unwrap();
    let value = |line: &str| line.split(',').nth(column).unwrap().parse::<f64>().unwrap();
    let values: Vec<f64> = paths.lines().skip(1).map(value).collect();
    assert!(values.len() > 1 && values[values.len() - 1] < values[0], "{paths}");
    write(dir.path(), "both.toml", &format!("loss = \"cosine\"\n{text}"));
    run(dir.path(), &["landscape", "both.toml"]).refused(&["potential", "give one"]);
}
