//! `run` and `check`: the same bytes whatever happens on the way, and nothing lost of what is there.

use crate::program::{Ran, contents, program, run, run_with, write};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// Two structures, two levels, three replicates, two arms; a task takes some hundredths of a second.
const TINY: &str = r#"title = "tiny"
seed = 4
structures = ["U2Ti", "NaS"]
replicates = 3

[noise]
kind = "strain"
levels = [0.02, 0.05]

[optimizer]
kind = "gradient-descent"
max_iterations = 30
patience = 10

[[arm]]
name = "free"

[[arm]]
name = "family"
projector = "crystal-family"
"#;

/// More than two parts of 256 tasks, each of one step.
fn many() -> String {
    TINY.replace("[\"U2Ti\", \"NaS\"]", "[\"U2Ti\"]")
        .replace("replicates = 3", "replicates = 135")
        .replace("max_iterations = 30", "max_iterations = 1")
}

fn with_tiny() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "tiny.toml", TINY);
    dir
}

/// The files of a study that are promised to have the same bytes.
fn promised(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = contents(dir);
    files.retain(|name, _| !name.contains("timings"));
    files
}

fn finished(ran: Ran) -> Ran {
    let ran = ran.ok();
    assert!(ran.stdout.contains("match rate [95 %]"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
    ran
}

#[test]
fn a_study_ends_with_its_table_and_files_whatever_the_threads() {
    let dir = with_tiny();
    let one = finished(run(dir.path(), &["run", "tiny.toml", "--jobs", "1", "--out", "one"]));
    finished(run(dir.path(), &["run", "tiny.toml", "--jobs", "2", "--out", "two"]));
    let files = promised(&dir.path().join("one"));
    assert_eq!(files, promised(&dir.path().join("two")));
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let expected = [
        "config.toml",
        "figures/",
        "figures/match_rate.png",
        "figures/match_rate.svg",
        "manifest.json",
        "records/",
        "records/part-00000.parquet",
        "tables/",
        "tables/correlations.csv",
        "tables/pooled.csv",
        "tables/summary.csv",
    ];
    assert_eq!(names, expected);
    assert!(dir.path().join("one/timings.parquet").exists());
    assert!(dir.path().join("one/tables/timings.csv").exists());
    // 2 structures x 2 levels x 2 arms, and the same pooled.
    let rows = |name: &str| String::from_utf8(files[name].clone()).unwrap().lines().count();
    assert_eq!((rows("tables/summary.csv"), rows("tables/pooled.csv")), (9, 5));
    // 2 levels x 2 arms x 2 metrics.
    assert_eq!(rows("tables/correlations.csv"), 9);
    for text in ["tiny", "U2Ti", "NaS", "free", "family", "strain 0.02", "match_rate.svg", "[0."] {
        assert!(one.stdout.contains(text), "`{text}` is not in {}", one.stdout);
    }
    let formats = |format: &str| {
        run(dir.path(), &["run", "tiny.toml", "--out", "one", "--format", format]).ok()
    };
    assert_eq!(formats("csv").stdout.as_bytes(), files["tables/summary.csv"]);
    let value = formats("json").json();
    assert_eq!((value["tasks"].as_u64(), value["failed"].as_u64()), (Some(24), Some(0)));
}

#[test]
fn a_finished_study_prints_its_table_again_and_does_nothing() {
    let dir = with_tiny();
    let first = finished(run(dir.path(), &["run", "tiny.toml"]));
    let before = contents(&dir.path().join("runs/tiny"));
    for more in [&[][..], &["--resume"], &["--jobs", "1", "--resume"]] {
        let args = [&["run", "tiny.toml"], more].concat();
        assert_eq!(finished(run(dir.path(), &args)).stdout, first.stdout);
        assert_eq!(contents(&dir.path().join("runs/tiny")), before);
    }
    // However its file is reached, it is the same study.
    let untitled = TINY.replace("title = \"tiny\"\n", "");
    write(dir.path(), "untitled.toml", &untitled);
    finished(run(dir.path(), &["run", "untitled.toml", "--out", "u"]));
    finished(run(dir.path(), &["run", "./untitled.toml", "--out", "u"]));
}

#[test]
fn the_resolved_configuration_is_the_same_study() {
    let dir = with_tiny();
    finished(run(dir.path(), &["run", "tiny.toml"]));
    let before = contents(&dir.path().join("runs/tiny"));
    let args = ["run", "runs/tiny/config.toml", "--out", "runs/tiny"];
    finished(run(dir.path(), &args));
    assert_eq!(contents(&dir.path().join("runs/tiny")), before);
}

#[test]
fn a_folder_with_anything_else_is_left_alone() {
    let dir = with_tiny();
    finished(run(dir.path(), &["run", "tiny.toml", "--out", "out"]));
    let refuse = |config: &str, out: &str, says: &str| {
        write(dir.path(), "tiny.toml", config);
        let before = contents(dir.path());
        for more in [&[][..], &["--resume"], &["--shard", "1/2"]] {
            let args = [&["run", "tiny.toml", "--out", out], more].concat();
            run(dir.path(), &args).refused(&[out, says]);
        }
        assert_eq!(contents(dir.path()), before);
    };
    for changed in [
        TINY.replace("seed = 4", "seed = 5"),
        TINY.replace("replicates = 3", "replicates = 4"),
        TINY.replace("0.05", "0.06"),
        TINY.replace("\"U2Ti\"", "\"Au2S\""),
    ] {
        refuse(&changed, "out", "another study");
    }
    std::fs::create_dir(dir.path().join("foreign")).unwrap();
    write(dir.path(), "foreign/thesis.tex", "mine");
    refuse(TINY, "foreign", "thesis.tex");
    std::fs::create_dir(dir.path().join("manifest")).unwrap();
    write(dir.path(), "manifest/manifest.json", "{\"name\": \"mine\"}");
    refuse(TINY, "manifest", "manifest.json");
    write(dir.path(), "file", "mine");
    refuse(TINY, "file", "a file, not a folder");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let dir = with_tiny();
    write(dir.path(), "file", "mine");
    let ran = run(dir.path(), &["run", "tiny.toml", "--out", "file/out"]);
    ran.refused(&["file/out"]);
}

#[test]
fn a_dry_run_writes_nothing() {
    let dir = with_tiny();
    let before = contents(dir.path());
    let ran = run(dir.path(), &["run", "tiny.toml", "--dry-run"]).ok();
    assert!(ran.stdout.contains("24 tasks") && ran.stdout.contains("runs/tiny"), "{}", ran.stdout);
    let ran = run(dir.path(), &["run", "tiny.toml", "--dry-run", "--fraction", "0.34"]).ok();
    assert!(ran.stdout.contains("16 tasks"), "{}", ran.stdout);
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn a_fraction_has_the_first_replicates_of_the_whole() {
    let dir = with_tiny();
    finished(run(dir.path(), &["run", "tiny.toml", "--out", "whole"]));
    finished(run(dir.path(), &["run", "tiny.toml", "--out", "third", "--fraction", "0.33"]));
    let table = |name: &str| {
        String::from_utf8(promised(&dir.path().join(name))["tables/summary.csv"].clone()).unwrap()
    };
    let column = |text: &str, i: usize| -> Vec<String> {
        text.lines().skip(1).map(|l| l.split(',').nth(i).unwrap().to_owned()).collect()
    };
    assert!(column(&table("whole"), 6).iter().all(|n| n == "3"));
    assert!(column(&table("third"), 6).iter().all(|n| n == "1"));
}

/// Starts a study and kills it once its journal holds some lines; gives how many it held.
fn kill_midway(dir: &Path, out: &str, lines: usize) -> usize {
    let args = ["run", "tiny.toml", "--out", out, "--jobs", "2"];
    let mut child = program(dir).args(args).stdout(Stdio::null()).spawn().unwrap();
    let journal = dir.join(out).join("journal.log");
    let held = || std::fs::read_to_string(&journal).map_or(0, |t| t.lines().count());
    while held() < lines && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    held()
}

#[test]
fn a_killed_study_goes_on_to_the_same_bytes() {
    let dir = with_tiny();
    finished(run(dir.path(), &["run", "tiny.toml", "--out", "whole"]));
    let expected = promised(&dir.path().join("whole"));
    let mut midway = 0;
    for (i, lines) in [1, 4, 9, 15].into_iter().enumerate() {
        let out = format!("killed-{i}");
        let held = kill_midway(dir.path(), &out, lines);
        midway += usize::from((1..25).contains(&held));
        let again = [["--resume"].as_slice(), &[]][i % 2];
        let args = [&["run", "tiny.toml", "--out", &out], again].concat();
        finished(run(dir.path(), &args));
        assert_eq!(promised(&dir.path().join(&out)), expected, "killed at {held} lines");
    }
    assert!(midway > 0, "no kill came in time");
}

#[test]
fn a_torn_journal_loses_only_what_is_torn() {
    let dir = with_tiny();
    finished(run(dir.path(), &["run", "tiny.toml", "--out", "whole"]));
    let expected = promised(&dir.path().join("whole"));
    // On a busy machine the study may end before the kill; then another is begun.
    let torn = (0..5)
        .map(|attempt| format!("torn{attempt}"))
        .find(|out| (12..25).contains(&kill_midway(dir.path(), out, 12)))
        .expect("every study ended before it could be killed");
    let journal = dir.path().join(&torn).join("journal.log");
    let bytes = std::fs::read(&journal).unwrap();
    for cut in [0, 1, 40, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
        let out = format!("torn-{cut}");
        std::fs::create_dir(dir.path().join(&out)).unwrap();
        for name in ["config.toml", "manifest.json"] {
            std::fs::copy(dir.path().join(&torn).join(name), dir.path().join(&out).join(name))
                .unwrap();
        }
        std::fs::write(dir.path().join(&out).join("journal.log"), &bytes[..cut]).unwrap();
        run(dir.path(), &["run", "tiny.toml", "--out", &out]).ok();
        assert_eq!(promised(&dir.path().join(&out)), expected, "cut at {cut}");
    }
    // A line that was changed is named, and its task done again.
    let mut changed = bytes.clone();
    let line = changed.iter().position(|b| *b == b'\n').unwrap() + 30;
    changed[line] ^= 1;
    std::fs::write(&journal, changed).unwrap();
    let ran = run(dir.path(), &["run", "tiny.toml", "--out", &torn]).ok();
    assert!(ran.stderr.contains("journal.log:2: redone"), "{}", ran.stderr);
    assert_eq!(promised(&dir.path().join(&torn)), expected);
}

#[test]
fn a_damaged_part_is_named_and_redone() {
    let dir = with_tiny();
    finished(run(dir.path(), &["run", "tiny.toml", "--out", "out"]));
    let expected = promised(&dir.path().join("out"));
    let part = dir.path().join("out/records/part-00000.parquet");
    let bytes = std::fs::read(&part).unwrap();
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 0x10;
    for damaged in [&bytes[..bytes.len() / 2], &[], &flipped] {
        std::fs::write(&part, damaged).unwrap();
        let ran = run(dir.path(), &["run", "tiny.toml", "--out", "out"]).ok();
        assert!(ran.stderr.contains("part-00000.parquet: redone, since"), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert_eq!(promised(&dir.path().join("out")), expected);
    }
    std::fs::remove_file(&part).unwrap();
    run(dir.path(), &["run", "tiny.toml", "--out", "out"]).ok();
    assert_eq!(promised(&dir.path().join("out")), expected);
}

#[test]
fn shards_in_one_folder_are_the_whole_study() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "many.toml", &many());
    finished(run(dir.path(), &["run", "many.toml", "--out", "whole"]));
    let expected = promised(&dir.path().join("whole"));
    assert_eq!(expected.keys().filter(|name| name.ends_with(".parquet")).count(), 3);
    let shard = |i: &str| {
        let mut command = program(dir.path());
        command.args(["run", "many.toml", "--out", "shards", "--shard", i, "--jobs", "1"]);
        command.spawn().unwrap()
    };
    // Side by side; who comes last puts it together.
    let both = [shard("1/2"), shard("2/2")].map(|child| child.wait_with_output().unwrap());
    for output in &both {
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    assert!(both.iter().any(|o| String::from_utf8_lossy(&o.stdout).contains("match rate")));
    assert_eq!(promised(&dir.path().join("shards")), expected);
    // One after the other: the first says what is left.
    let args = |i| ["run", "many.toml", "--out", "turns", "--shard", i];
    let first = run(dir.path(), &args("2/2")).ok();
    assert!(first.stderr.contains("284 tasks"), "{}", first.stderr);
    assert_eq!(first.stdout, "");
    finished(run(dir.path(), &args("1/2")));
    assert_eq!(promised(&dir.path().join("turns")), expected);
}

#[test]
fn tasks_that_fail_are_told_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    // The width is negative from 43 to 47 degrees, where the crystal has no peak, and its strained copies may have one.
    let text = r#"structures = ["Au2S"]
replicates = 4
noise = { kind = "strain", levels = [0.001, 0.05] }
forward = { kind = "structsnap", u = 20.0, v = -16.574, w = 3.4254 }
optimizer = { kind = "gradient-descent", max_iterations = 1 }
"#;
    write(dir.path(), "gap.toml", text);
    let loud = run(dir.path(), &["run", "gap.toml"]);
    assert_eq!(loud.code, Some(1), "{loud:?}");
    assert_eq!(loud.stderr.lines().count(), 1, "{}", loud.stderr);
    assert!(loud.stderr.starts_with("error: "), "{}", loud.stderr);
    for says in [" of 8 tasks failed; the first is task ", "peak width is not positive"] {
        assert!(loud.stderr.contains(says), "{}", loud.stderr);
    }
    let table: Vec<Vec<&str>> = loud
        .stdout
        .lines()
        .filter(|l| l.starts_with("Au2S"))
        .map(|l| l.split_whitespace().collect())
        .collect();
    assert_eq!(table.len(), 2, "{}", loud.stdout);
    assert_eq!(table[0].last(), Some(&"0"));
    assert_ne!(table[1].last(), Some(&"0"));
    let files = contents(&dir.path().join("runs/gap"));
    let quiet = run(dir.path(), &["run", "gap.toml", "--quiet"]);
    assert_eq!((quiet.code, &quiet.stdout, &quiet.stderr), (Some(1), &loud.stdout, &loud.stderr));
    assert_eq!(contents(&dir.path().join("runs/gap")), files);
    // A shard that others must complete tells of its own failures.
    write(dir.path(), "gaps.toml", &text.replace("replicates = 4", "replicates = 200"));
    let shard = run(dir.path(), &["run", "gaps.toml", "--shard", "2/2"]);
    assert_eq!((shard.code, shard.stdout.as_str()), (Some(1), ""), "{shard:?}");
    assert!(shard.stderr.contains("tasks of this shard failed"), "{}", shard.stderr);
    let json = run(dir.path(), &["run", "gap.toml", "--format", "json"]);
    assert_eq!(json.code, Some(1));
    let failed = json.json()["failed"].as_u64().unwrap();
    assert!(loud.stderr.starts_with(&format!("error: {failed} of 8 tasks")), "{}", loud.stderr);
}

#[test]
fn a_study_in_use_is_refused() {
    let dir = with_tiny();
    write(
        dir.path(),
        "tiny.toml",
        &TINY
            .replace("max_iterations = 30", "max_iterations = 3000")
            .replace("patience = 10", "patience = 3000"),
    );
    let args = ["run", "tiny.toml", "--jobs", "1"];
    let mut child = program(dir.path()).args(args).spawn().unwrap();
    while !dir.path().join("runs/tiny/journal.log").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(50));
    let second = run(dir.path(), &args);
    child.kill().unwrap();
    child.wait().unwrap();
    second.refused(&["journal.log"]);
}

#[test]
fn problems_of_a_configuration_come_all_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let text = TINY
        .replace("seed = 4", "sede = 4")
        .replace("\"NaS\"]", "\"missing.cif\"]")
        .replace(
            "levels = [0.02, 0.05]",
            "levels = [0.02, -0.05]\n[forward]\nkind = \"structsnap\"\nw = -1",
        )
        .replace("patience = 10", "patience = \"ten\"")
        .replace("crystal-family", "crystal-famly");
    write(dir.path(), "bad.toml", &text);
    let line_of =
        |text_in_line: &str| 1 + text.lines().position(|l| l.contains(text_in_line)).unwrap();
    let expected = [
        ("sede", "`sede`: unknown key; known: "),
        ("missing.cif", "`structures[1]`: `missing.cif` is neither a study crystal nor a file"),
        ("levels", "`noise.levels[1]`: noise `strain`: "),
        ("w = -1", "`forward.w`: forward `structsnap`: w = -1 is outside its range"),
        ("ten\"", "`optimizer.patience`: optimizer `gradient-descent`: "),
        (
            "famly",
            "`arm[1].projector`: unknown projector `crystal-famly`; known: crystal-family, none",
        ),
    ];
    for command in ["check", "run"] {
        let ran = run(dir.path(), &[command, "bad.toml"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), expected.len(), "{}", ran.stderr);
        for (line, (place, message)) in lines.iter().zip(&expected) {
            let start = format!("error: bad.toml:{}: {message}", line_of(place));
            assert!(line.starts_with(&start), "{line}\n{start}");
        }
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_configuration_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "open.toml", "title = \"x\"\nseed = [\n");
    write(dir.path(), "twice.toml", "seed = 1\nseed = 2\n");
    std::fs::write(dir.path().join("latin.toml"), b"title = \"\xe9\"\n").unwrap();
    for command in ["check", "run"] {
        run(dir.path(), &[command, "open.toml"]).refused(&["open.toml:2: "]);
        run(dir.path(), &[command, "twice.toml"]).refused(&["twice.toml:2: "]);
        run(dir.path(), &[command, "latin.toml"]).refused(&["latin.toml", "UTF-8"]);
        run(dir.path(), &[command, "none.toml"]).refused(&["none.toml", "No such file"]);
        run(dir.path(), &[command, "."]).refused(&[".", "folder"]);
    }
    assert!(!dir.path().join("runs").exists());
}

#[test]
fn a_study_may_come_from_standard_input() {
    let dir = tempfile::tempdir().unwrap();
    let untitled = TINY.replace("title = \"tiny\"\n", "");
    let ran = finished(run_with(dir.path(), &["run", "-"], &untitled));
    assert!(ran.stdout.contains("runs/stdin/figures"), "{}", ran.stdout);
    let ran = run_with(dir.path(), &["check", "-"], "seed = ");
    ran.refused(&["stdin:1: "]);
}
