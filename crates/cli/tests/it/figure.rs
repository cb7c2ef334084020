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

/// The same study from another seed, and a figure of both.
fn strategies(dir: &std::path::Path) {
    std::fs::create_dir_all(dir.join("below")).unwrap();
    write(dir, "below/again.toml", &format!("title = \"Again\"\nseed = 1\n{STUDY}"));
    let text = figure("kind = \"strategies\"");
    write(
        dir,
        "both.toml",
        &text.replace("\"study.toml\"", "\"study.toml\", \"below/again.toml\""),
    );
}

#[test]
fn strategies_are_one_table_whose_times_stand_apart() {
    let dir = folder();
    strategies(dir.path());
    run(dir.path(), &["check", "both.toml"]).ok();
    let first = run(dir.path(), &["run", "both.toml", "--quiet"]).ok();
    let there = dir.path().join("runs/both");
    let files = contents(&there);
    // Now the studies are there, with their times, and nothing changes.
    let again = run(dir.path(), &["run", "both.toml", "--quiet"]).ok();
    assert_eq!((&first.stdout, &files), (&again.stdout, &contents(&there)));
    let names: Vec<&str> = files.keys().map(String::as_str).filter(|n| !n.ends_with('/')).collect();
    let expected = [
        "config.toml",
        "figures/strategies.png",
        "figures/strategies.svg",
        "manifest.json",
        "tables/strategies.csv",
        "tables/timings.csv",
    ];
    assert_eq!(names, expected);
    // Wall times are in one file alone; every other one is the same on another day.
    run(dir.path(), &["run", "both.toml", "--quiet", "--jobs", "1", "--out", "other/both"]).ok();
    let others = contents(&dir.path().join("other/both"));
    for (name, bytes) in &files {
        assert!(name == "tables/timings.csv" || others.get(name) == Some(bytes), "{name}");
    }
    let text = |name: &str| String::from_utf8_lossy(&files[name]).into_owned();
    let svg = text("figures/strategies.svg");
    assert!(svg.contains(">Again</text>") && svg.contains(">strain 0.02</text>"));
    assert_eq!(svg.matches("class=\"matched\"").count(), 4);
    // The rows are those of the studies' own tables.
    let csv = text("tables/strategies.csv");
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<String>>();
    for (study, rows) in ["study", "again"].iter().zip([1..3, 3..5]) {
        let pooled = dir.path().join("runs").join(study).join("tables/pooled.csv");
        let pooled = std::fs::read_to_string(pooled).unwrap();
        let timings = dir.path().join("runs").join(study).join("tables/timings.csv");
        let timings = std::fs::read_to_string(timings).unwrap();
        let of_figure = text("tables/timings.csv");
        for (row, at) in rows.zip(1..) {
            let ours = cells(csv.lines().nth(row).unwrap());
            let theirs = cells(pooled.lines().nth(at).unwrap());
            assert_eq!(ours[0], *study);
            // Noise, level, arm; n, failed; rates of the start and the result, with the interval.
            assert_eq!(ours[1..4], theirs[1..4]);
            assert_eq!(ours[4..12], theirs[6..14]);
            let (ours, theirs) = (
                cells(of_figure.lines().nth(row).unwrap()),
                cells(timings.lines().nth(at).unwrap()),
            );
            // Mean and median seconds.
            assert_eq!((&ours[5], &ours[6]), (&theirs[6], &theirs[5]));
        }
    }
    // Without its times a study is as good as before.
    std::fs::remove_file(dir.path().join("runs/study/timings.parquet")).unwrap();
    let without = run(dir.path(), &["run", "both.toml", "--quiet"]).ok();
    assert!(without.stdout.lines().any(|l| l.starts_with("study ") && l.ends_with("  -")));
    let timings = std::fs::read_to_string(there.join("tables/timings.csv")).unwrap();
    assert!(timings.contains("\nstudy,strain,0.02,ours,0,,\n"), "{timings}");
    let csv = run(dir.path(), &["run", "both.toml", "--quiet", "--format", "csv"]).ok();
    assert_eq!(csv.stdout.as_bytes(), &files["tables/strategies.csv"]);
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
