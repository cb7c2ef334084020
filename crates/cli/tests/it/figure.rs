//! `run` of a figure: its study first, then table and figure from the records; the same bytes every time.

use crate::program::{contents, run, write};

/// Two crystals, three copies, two short arms.
const STUDY: &str = r#"structures = ["U2Ti", "NaS"]
replicates = 3
report_losses = ["cosine"]
noise = { kind = "strain", levels = [0.02] }
optimizer = { kind = "gradient-descent", max_iterations = 1 }

[[arm]]
name = "ours"

[[arm]]
name = "theirs"
projector = "crystal-family"
"#;

fn figure(rest: &str) -> String {
    format!("title = \"A < B\"\nstudies = [\"study.toml\"]\n[figure]\n{rest}")
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "study.toml", STUDY);
    let case = "structure = \"NaS\"\nlevel = 0.02\nfree = \"ours\"\nprojected = \"theirs\"";
    for (name, rest) in [
        ("scatter", "kind = \"scatter\"\nlevel = 0.02".to_owned()),
        ("table", "kind = \"correlations\"".to_owned()),
        ("case", format!("kind = \"case\"\n{case}\nreplicate = 1")),
        ("none", format!("kind = \"case\"\n{case}\npick = \"deceptive-free\"")),
    ] {
        write(dir.path(), &format!("{name}.toml"), &figure(&rest));
    }
    write(dir.path(), "cells.toml", "[figure]\nkind = \"cells\"\nstructures = [\"all\"]\n");
    dir
}

#[test]
fn a_figure_runs_its_study_and_is_the_same_to_the_byte() {
    let dir = folder();
    for name in ["scatter", "table", "case", "cells"] {
        let config = format!("{name}.toml");
        let first = run(dir.path(), &["run", &config, "--quiet"]).ok();
        assert_eq!(first.stderr, "", "{name}");
        let there = dir.path().join("runs").join(name);
        let files = contents(&there);
        // Now the study is there, and nothing changes.
        let again = run(dir.path(), &["run", &config, "--quiet", "--jobs", "1"]).ok();
        assert_eq!((first.stdout, &files), (again.stdout, &contents(&there)), "{name}");
        let other = format!("other/{name}");
        run(dir.path(), &["run", &config, "--quiet", "--out", &other]).ok();
        assert_eq!(files, contents(&dir.path().join(&other)), "{name}");
        let names: Vec<&str> =
            files.keys().map(String::as_str).filter(|n| !n.ends_with('/')).collect();
        let drawn = name != "table";
        assert_eq!(names.len(), if drawn { 5 } else { 3 }, "{names:?}");
        if drawn {
            let svg = files.get(&format!("figures/{name}.svg")).unwrap();
            let svg = String::from_utf8_lossy(svg);
            assert!(name == "cells" || svg.contains("A &lt; B"), "{name}");
        }
    }
    assert!(dir.path().join("runs/study/tables/correlations.csv").is_file());
    assert!(dir.path().join("other/study/records").is_dir());
}

#[test]
fn a_figure_that_finds_nothing_to_show_is_failed_work() {
    let dir = folder();
    // One step repairs nothing, and both arms match at this strain.
    let ran = run(dir.path(), &["run", "none.toml", "--quiet"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("no copy of NaS at level 0.02"), "{ran:?}");
}

#[test]
fn what_a_figure_cannot_have_is_bad_input() {
    let dir = folder();
    run(dir.path(), &["run", "scatter.toml", "--shard", "1/2"]).refused(&["has no shards"]);
    run(dir.path(), &["check", "scatter.toml"]).ok();
    write(dir.path(), "bad.toml", &figure("kind = \"pie\""));
    for command in ["check", "run"] {
        run(dir.path(), &[command, "bad.toml"]).refused(&["bad.toml:4", "figure.kind"]);
    }
    // A folder of something else is left alone, and the study is not begun.
    std::fs::create_dir_all(dir.path().join("runs/scatter")).unwrap();
    write(dir.path(), "runs/scatter/thesis.txt", "x");
    run(dir.path(), &["run", "scatter.toml"]).refused(&["thesis.txt", "nothing was changed"]);
    assert!(!dir.path().join("runs/study").exists());
    let ran = run(dir.path(), &["run", "case.toml", "--dry-run"]).ok();
    assert!(ran.stdout.contains("from the study study") && ran.stdout.contains("12 tasks"));
    assert!(!dir.path().join("runs/case").exists());
}

#[test]
fn a_fraction_of_a_figure_is_one_of_its_studies() {
    let dir = folder();
    let ran =
        run(dir.path(), &["run", "scatter.toml", "--fraction", "0.3", "--format", "csv"]).ok();
    // A copy of two structures in two arms.
    assert_eq!(ran.stdout.lines().count(), 5, "{}", ran.stdout);
    // The whole of it does not fit in the same folder.
    run(dir.path(), &["run", "scatter.toml", "--quiet"]).refused(&["scatter", "another figure"]);
}
