//! The JSON that other programs read: names, shapes and units.

use crate::program::{crystals, distorted, number, numbers, run, run_with, write};
use serde_json::{Value, json};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn has(value: &Value, names: &[&str]) {
    for name in names {
        assert!(keys(value).contains(name), "`{name}` is not in {:?}", keys(value));
    }
}

#[test]
fn simulate_gives_the_pattern_in_every_form() {
    let dir = crystals();
    let of = |format: &str| run(dir.path(), &["simulate", "u2ti.cif", "--format", format]).ok();
    let value = of("json").json();
    assert_eq!(value, of("jsonl").json());
    let (x, y) = (numbers(&value["two_theta"]), numbers(&value["intensity"]));
    assert_eq!((x.len(), y.len()), (8500, 8500));
    assert!((x[0] - 5.0).abs() < 1e-6 && x.windows(2).all(|w| w[0] < w[1]));
    assert!((y.iter().copied().fold(0.0, f64::max) - 100.0).abs() < 1e-9);
    let columns = |text: &str, separator: char| -> Vec<(f64, f64)> {
        let pair = |l: &str| {
            let (a, b) = l.split_once(separator).unwrap();
            (a.parse().unwrap(), b.parse().unwrap())
        };
        text.lines().map(pair).collect()
    };
    let csv = of("csv").stdout;
    let (heading, rows) = csv.split_once('\n').unwrap();
    assert_eq!(heading, "two_theta,intensity");
    let expected: Vec<(f64, f64)> = x.into_iter().zip(y).collect();
    assert_eq!(columns(rows, ','), expected);
    assert_eq!(columns(&of("xy").stdout, ' '), expected);
    assert_eq!(run(dir.path(), &["simulate", "u2ti.cif"]).ok().stdout, csv);
    let svg = of("svg").stdout;
    assert!(svg.starts_with("<svg") || svg.starts_with("<?xml"), "{}", &svg[..80]);
}

#[test]
fn simulate_gives_peaks_that_obey_bragg() {
    let dir = crystals();
    let value =
        run(dir.path(), &["simulate", "au2s.cif", "--peaks", "--format", "json"]).ok().json();
    let peaks = value["peaks"].as_array().unwrap();
    assert!(peaks.len() > 5);
    for peak in peaks {
        has(peak, &["two_theta", "intensity", "d", "hkls"]);
        let theta = (0.5 * number(&peak["two_theta"])).to_radians();
        let lambda = 2.0 * number(&peak["d"]) * theta.sin();
        assert!((lambda - 1.5406).abs() < 1e-9, "{peak}");
        for family in peak["hkls"].as_array().unwrap() {
            assert_eq!(numbers(&family["hkl"]).len(), 3);
            assert!(family["multiplicity"].as_u64().unwrap() >= 1);
        }
    }
    let largest = peaks.iter().map(|p| number(&p["intensity"])).fold(0.0, f64::max);
    assert!((largest - 100.0).abs() < 1e-9);
    let table = run(dir.path(), &["simulate", "au2s.cif", "--peaks"]).ok().stdout;
    assert_eq!(table.lines().next(), Some("two_theta,intensity,d,hkls"));
    assert_eq!(table.lines().count(), peaks.len() + 1);
}

#[test]
fn the_window_step_wavelength_and_scale_are_those_asked_for() {
    let dir = crystals();
    let args = [
        "simulate",
        "nas.cif",
        "--format",
        "json",
        "--two-theta",
        "20:60",
        "--step",
        "0.05",
        "--wavelength",
        "0.7107",
        "--absolute",
    ];
    let value = run(dir.path(), &args).ok().json();
    let x = numbers(&value["two_theta"]);
    assert!((x[0] - 20.0).abs() < 1e-9 && *x.last().unwrap() < 60.0 + 1e-9);
    assert!((x[1] - x[0] - 0.05).abs() < 1e-9, "{}", x[1] - x[0]);
    assert!((number(&value["wavelength"]) - 0.7107).abs() < 1e-12);
    let mut scaled = args.to_vec();
    scaled.pop();
    let scaled = numbers(&run(dir.path(), &scaled).ok().json()["intensity"]);
    let absolute = numbers(&value["intensity"]);
    let largest = absolute.iter().copied().fold(0.0, f64::max);
    assert!(largest > 100.0);
    for (a, s) in absolute.iter().zip(&scaled) {
        assert!((100.0 * a / largest - s).abs() < 1e-9);
    }
}

#[test]
fn a_simulated_pattern_is_the_best_target_of_its_structure() {
    let dir = crystals();
    for format in ["xy", "csv"] {
        let pattern = run(dir.path(), &["simulate", "u2ti.cif", "--format", format]).ok().stdout;
        let name = format!("u2ti-pattern.{format}");
        write(dir.path(), &name, &pattern);
        let args = ["evaluate", "u2ti.cif", "--target", &name, "--loss", "cosine,mse"];
        let value = run(dir.path(), &args).ok().json();
        assert!((number(&value["loss"]["cosine"]) + 1.0).abs() < 1e-9, "{value}");
        assert!(number(&value["loss"]["mse"]).abs() < 1e-9, "{value}");
    }
    // Only a window of it, and the structure itself as the target.
    let args = ["simulate", "u2ti.cif", "--format", "xy", "--two-theta", "20:70", "--step", "0.02"];
    write(dir.path(), "window.xy", &run(dir.path(), &args).ok().stdout);
    for target in ["window.xy", "u2ti.cif"] {
        let value = run(dir.path(), &["evaluate", "u2ti.cif", "--target", target]).ok().json();
        assert!((number(&value["loss"]["cosine"]) + 1.0).abs() < 1e-9, "{target}: {value}");
    }
}

#[test]
fn evaluate_gives_gradients_of_every_loss() {
    let dir = crystals();
    let args =
        ["evaluate", "nas.cif", "--target", "u2ti.cif", "--loss", "cosine,mse", "--gradient"];
    let value = run(dir.path(), &args).ok().json();
    let sites =
        run(dir.path(), &["info", "nas.cif", "--format", "json"]).ok().json()["n_sites"].clone();
    for loss in ["cosine", "mse"] {
        assert!(number(&value["loss"][loss]).is_finite());
        let g = &value["gradient"][loss];
        assert_eq!(numbers(&g["lengths"]).len(), 3);
        assert_eq!(numbers(&g["angles"]).len(), 3);
        let coords = g["frac_coords"].as_array().unwrap();
        assert_eq!(json!(coords.len()), sites);
        assert!(coords.iter().all(|c| numbers(c).len() == 3));
    }
    let plain = run(dir.path(), &args[..6]).ok().json();
    assert!(plain.get("gradient").is_none());
    assert_eq!(plain["loss"], value["loss"]);
}

#[test]
fn compare_takes_structures_and_patterns_in_any_pair() {
    let dir = crystals();
    for name in ["u2ti", "au2s"] {
        let args = ["simulate", &format!("{name}.cif"), "--format", "xy"];
        write(dir.path(), &format!("{name}.xy"), &run(dir.path(), &args).ok().stdout);
    }
    let loss = |a: &str, b: &str| {
        let value = run(dir.path(), &["compare", a, b, "--format", "json"]).ok().json();
        number(&value["loss"]["cosine"])
    };
    let expected = loss("u2ti.cif", "au2s.cif");
    assert!(expected > -0.9 && expected < 0.0, "{expected}");
    for (a, b) in [("u2ti.xy", "au2s.cif"), ("u2ti.cif", "au2s.xy"), ("u2ti.xy", "au2s.xy")] {
        assert!((loss(a, b) - expected).abs() < 1e-9, "{a} {b}");
    }
    assert!((loss("u2ti.xy", "u2ti.cif") + 1.0).abs() < 1e-9);
    let text = run(dir.path(), &["compare", "u2ti.xy", "au2s.xy", "--loss", "cosine,mse"]).ok();
    let words: Vec<&str> = text.stdout.lines().map(|l| l.split(' ').next().unwrap()).collect();
    assert_eq!(words, ["cosine", "mse"]);
}

#[test]
fn match_says_yes_and_no() {
    let dir = crystals();
    let json = |a: &str, b: &str| -> Value {
        run(dir.path(), &["match", a, b, "--format", "json"]).ok().json()
    };
    let yes = json("u2ti.cif", "u2ti.cif");
    assert_eq!(yes["match"], json!(true));
    assert!(number(&yes["rms"]) < 1e-6 && number(&yes["max_dist"]) < 1e-6);
    assert_eq!(json("u2ti.cif", "nas.cif"), json!({"match": false, "rms": null, "max_dist": null}));
    let text = |b: &str| run(dir.path(), &["match", "u2ti.cif", b]).ok().stdout;
    assert_eq!(text("u2ti.cif").lines().next(), Some("match"));
    assert_eq!(text("nas.cif").lines().next(), Some("no match"));
}

#[test]
fn tolerances_of_the_matcher_are_used() {
    let dir = crystals();
    write(dir.path(), "d.jsonl", &distorted(dir.path(), "nas", 1));
    let verdict = |more: &[&str]| {
        let mut args = vec!["match", "nas.cif", "d.jsonl", "--format", "json"];
        args.extend(more);
        run(dir.path(), &args).ok().json()["match"].clone()
    };
    assert_eq!(verdict(&[]), json!(true));
    assert_eq!(verdict(&["--ltol", "1e-4", "--angle-tol", "1e-3"]), json!(false));
    assert_eq!(verdict(&["--stol", "1e-6"]), json!(false));
}

#[test]
fn copies_are_reproducible_and_count_seeds_up() {
    let dir = crystals();
    let of = |seed: &str, n: &str| {
        let args = [
            "perturb",
            "au2s.cif",
            "--lattice",
            "0.1",
            "--coords",
            "0.02",
            "--seed",
            seed,
            "-n",
            n,
        ];
        run(dir.path(), &args).ok().lines()
    };
    let copies = of("7", "4");
    assert_eq!(copies.len(), 4);
    assert_eq!(copies, of("7", "4"));
    for (i, copy) in copies.iter().enumerate() {
        has(copy, &["id", "noise", "seed", "structure"]);
        assert_eq!(copy["seed"], json!(7 + i));
        assert_eq!(copy["noise"], json!({"strain": 0.1, "coordinates": 0.02}));
        let structure = &copy["structure"];
        let lattice = structure["lattice"].as_array().unwrap();
        assert!(lattice.len() == 3 && lattice.iter().all(|row| numbers(row).len() == 3));
        let n = structure["numbers"].as_array().unwrap().len();
        assert_eq!(structure["frac_coords"].as_array().unwrap().len(), n);
        assert_eq!(&of(&(7 + i).to_string(), "1")[0], copy);
    }
    assert_ne!(copies[0]["structure"], copies[1]["structure"]);
}

#[test]
fn copies_flow_into_the_other_commands() {
    let dir = crystals();
    let copies = distorted(dir.path(), "au2s", 3);
    let lines = |args: &[&str]| -> Vec<Value> { run_with(dir.path(), args, &copies).ok().lines() };
    let losses = lines(&["evaluate", "-", "--target", "au2s.cif"]);
    assert_eq!(losses.len(), 3);
    assert!(losses.iter().all(|v| number(&v["loss"]["cosine"]) > -1.0 + 1e-6));
    let infos = lines(&["info", "-", "--format", "jsonl"]);
    assert_eq!(infos.len(), 3);
    assert!(infos.iter().all(|v| v["space_group"]["number"] == json!(1)));
    assert_eq!(lines(&["simulate", "-"]).len(), 3);
    let original = run(dir.path(), &["perturb", "au2s.cif", "--coords", "0"]).ok().lines();
    let pairs: Vec<String> = copies
        .lines()
        .map(|l| {
            let copy: Value = serde_json::from_str(l).unwrap();
            json!({"a": copy["structure"], "b": original[0]["structure"]}).to_string()
        })
        .collect();
    let verdicts = run_with(dir.path(), &["match", "--pairs", "-"], &pairs.join("\n")).ok().lines();
    assert_eq!(verdicts.len(), 3);
    for v in verdicts {
        assert_eq!(v["match"], json!(true));
        assert!(number(&v["rms"]) > 0.0 && number(&v["max_dist"]) >= number(&v["rms"]));
    }
}

#[test]
fn info_of_the_study_crystals_is_what_is_recorded() {
    let dir = crystals();
    let recorded = run(dir.path(), &["structures", "--format", "jsonl"]).ok().lines();
    let groups =
        ["P6/mmm", "Pn-3m", "I-4", "Cm", "I4/mmm", "Fm-3m", "C2/m", "P6_3/mmc", "Pm-3m", "Pm"];
    assert_eq!(recorded.len(), groups.len());
    for crystal in &recorded {
        let file = format!("{}.cif", crystal["name"].as_str().unwrap());
        let info = run(dir.path(), &["info", &file, "--format", "json"]).ok().json();
        has(&info, &["formula", "n_sites", "lattice", "space_group", "crystal_family", "wyckoff"]);
        has(&info["lattice"], &["a", "b", "c", "alpha", "beta", "gamma", "volume"]);
        assert_eq!(info["space_group"]["number"], crystal["space_group"]["number"], "{file}");
        let symbol = info["space_group"]["symbol"].as_str().unwrap();
        assert!(groups.contains(&symbol.replace(' ', "").as_str()), "{file}: {symbol}");
        assert!(info["space_group"]["hall_number"].as_u64().unwrap() <= 530);
        assert_eq!(info["crystal_family"], crystal["crystal_family"], "{file}");
        assert_eq!(info["formula"], crystal["formula"]);
        assert_eq!(info["n_sites"], crystal["n_sites"]);
        let letters = info["wyckoff"].as_array().unwrap();
        assert_eq!(json!(letters.len()), info["n_sites"]);
        for key in ["a", "b", "c", "alpha", "beta", "gamma"] {
            let (here, there) = (number(&info["lattice"][key]), number(&crystal["lattice"][key]));
            assert!((here - there).abs() < 1e-6, "{file}: {key}");
        }
    }
}

#[test]
fn list_gives_names_options_and_examples() {
    let dir = tempfile::tempdir().unwrap();
    let all = run(dir.path(), &["list", "--format", "jsonl"]).ok().lines();
    for row in &all {
        has(row, &["kind", "name", "summary", "options", "example"]);
        for option in row["options"].as_array().unwrap() {
            has(option, &["name", "type", "default"]);
        }
    }
    let kinds = [
        ("losses", "loss", "cosine"),
        ("optimizers", "optimizer", "gradient-descent"),
        ("projectors", "projector", "crystal-family"),
        ("noise", "noise", "strain"),
        ("forward", "forward", "structsnap"),
        ("strategies", "strategy", "descend"),
        ("metrics", "metric", "match"),
        ("potentials", "potential", "lennard-jones"),
    ];
    let mut listed = 0;
    for (what, kind, name) in kinds {
        let rows = run(dir.path(), &["list", what, "--format", "json"]).ok().json();
        let rows = rows.as_array().unwrap();
        listed += rows.len();
        assert!(rows.iter().all(|r| r["kind"] == json!(kind)), "{what}");
        assert!(rows.iter().any(|r| r["name"] == json!(name)), "{what}");
        let text = run(dir.path(), &["list", what]).ok().stdout;
        assert!(text.contains(&format!("{kind} {name}\n")), "{text}");
    }
    assert_eq!(listed, all.len());
    let text = run(dir.path(), &["list"]).ok().stdout;
    let examples: Vec<_> = text.lines().filter_map(|l| l.strip_prefix("  example: ")).collect();
    assert_eq!(examples.len(), all.len());
    for (line, row) in examples.iter().zip(&all) {
        let read: toml::Table = line.parse().unwrap();
        let component = &read[row["kind"].as_str().unwrap()];
        let kind = component.get("kind").unwrap_or(component);
        assert_eq!(kind.as_str(), row["name"].as_str(), "{line}");
    }
}

#[test]
fn check_counts_tasks() {
    let dir = tempfile::tempdir().unwrap();
    let text = "structures = [\"U2Ti\", \"NaS\"]\nreplicates = 3\n[noise]\nkind = \"strain\"\nlevels = [0.05, 0.1]\n";
    write(dir.path(), "s.toml", text);
    let value = run(dir.path(), &["check", "s.toml", "--format", "json"]).ok().json();
    assert_eq!((&value["ok"], &value["tasks"]), (&json!(true), &json!(12)));
    let text = run(dir.path(), &["check", "s.toml"]).ok().stdout;
    assert!(text.starts_with("s.toml: ok\n") && text.contains("12 tasks"), "{text}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn standard_input_may_be_either_side() {
    let dir = crystals();
    let cif = std::fs::read_to_string(dir.path().join("au2s.cif")).unwrap();
    let vasp = "Po\n1.0\n3.3 0 0\n0 3.3 0\n0 0 3.3\nPo\n1\nDirect\n0 0 0\n";
    let of =
        |format: &str| run(dir.path(), &["simulate", "au2s.cif", "--format", format]).ok().stdout;
    let with_comment = format!("# measured\n{}", of("xy"));
    for text in [&cif, &of("xy"), &of("csv"), &with_comment] {
        let cosine =
            |args: &[&str]| number(&run_with(dir.path(), args, text).ok().json()["loss"]["cosine"]);
        let evaluated = cosine(&["evaluate", "au2s.cif", "--target", "-"]);
        assert!((evaluated + 1.0).abs() < 1e-9, "{evaluated}");
        for (a, b) in [("-", "au2s.cif"), ("au2s.cif", "-")] {
            let compared = cosine(&["compare", a, b, "--format", "json"]);
            assert!((compared + 1.0).abs() < 1e-9, "{compared}");
        }
    }
    let info = run_with(dir.path(), &["info", "-", "--format", "json"], vasp).ok().json();
    assert_eq!(info["space_group"]["number"], json!(221));
    run_with(dir.path(), &["compare", "-", "au2s.cif"], vasp).ok();
    // One standard input cannot be both sides.
    run_with(dir.path(), &["compare", "-", "-"], &cif).refused(&["stdin"]);
}

#[test]
fn measured_patterns_of_any_range_are_compared_where_a_model_can_be() {
    let dir = crystals();
    let cosine = |args: &[&str]| number(&run(dir.path(), args).ok().json()["loss"]["cosine"]);
    let range = ["--two-theta", "20:60", "--step", "0.02"];
    let simulate = [&["simulate", "nas.cif", "--format", "xy"], &range[..]].concat();
    let columns = run(dir.path(), &simulate).ok().stdout;
    // Points that no model has, at both ends of what a detector may write.
    write(dir.path(), "wide.xy", &format!("0 0\n{columns}180 0\n"));
    let windowed = [
        "evaluate",
        "nas.cif",
        "--target",
        "wide.xy",
        "--two-theta",
        "19.99:60.01",
        "--step",
        "0.02",
    ];
    assert!((cosine(&windowed) + 1.0).abs() < 1e-9);
    let whole = cosine(&["evaluate", "nas.cif", "--target", "wide.xy"]);
    assert!(whole < -0.5, "{whole}");
    let none = ["evaluate", "nas.cif", "--target", "wide.xy", "--two-theta", "100:120"];
    run(dir.path(), &none).refused(&["no point from 100 to 120"]);
}
