//! What a new user sees first.

use crate::program::{program, run};
use std::process::Stdio;

const COMMANDS: [&str; 16] = [
    "refine",
    "amd",
    "run",
    "check",
    "structures",
    "simulate",
    "evaluate",
    "compare",
    "match",
    "perturb",
    "info",
    "list",
    "landscape",
    "report",
    "energy",
    "assets",
];

#[test]
fn help_of_each_command_shows_an_example() {
    let dir = tempfile::tempdir().unwrap();
    for command in COMMANDS {
        let ran = run(dir.path(), &[command, "--help"]).ok();
        let shows = ran.stdout.contains("Example:\n") || ran.stdout.contains("Examples:\n");
        assert!(shows, "{command}: {}", ran.stdout);
        assert!(ran.stdout.contains(&format!("  braggscape {command} ")), "{}", ran.stdout);
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn the_help_names_every_command() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(dir.path(), &["--help"]).ok();
    for command in COMMANDS {
        assert!(ran.stdout.contains(&format!("\n  {command} ")), "{command}: {}", ran.stdout);
    }
}

#[test]
fn a_preset_that_is_to_come_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["simulate", "x.cif", "--preset", "instrument"];
    run(dir.path(), &args).refused(&["instrument", "not available yet"]);
}

#[test]
fn bad_usage_exits_2() {
    let dir = tempfile::tempdir().unwrap();
    let cases: [&[&str]; 13] = [
        &[],
        &["nonsense"],
        &["run"],
        &["report"],
        &["run", "a.toml", "--shard", "3/2"],
        &["run", "a.toml", "--shard", "0/2"],
        &["run", "a.toml", "--fraction", "0"],
        &["run", "a.toml", "--fraction", "nan"],
        &["run", "a.toml", "--jobs", "0"],
        &["simulate"],
        &["simulate", "a.cif", "--two-theta", "10"],
        &["simulate", "a.cif", "--uvw", "0,1"],
        &["info", "a.cif", "-o", "b.cif"],
    ];
    for args in cases {
        let ran = run(dir.path(), args);
        assert_eq!(ran.code, Some(2), "{args:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{args:?}");
        assert!(!ran.stderr.is_empty(), "{args:?}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_format_that_a_command_lacks_is_refused_with_the_choices() {
    let dir = crate::program::crystals();
    let cases: [(&[&str], &str); 4] = [
        (&["info", "u2ti.cif", "--format", "svg"], "text, json, jsonl"),
        (&["simulate", "u2ti.cif", "--peaks", "--format", "xy"], "csv, json, jsonl"),
        (&["evaluate", "u2ti.cif", "--target", "u2ti.cif", "--format", "csv"], "json, jsonl"),
        (&["list", "--format", "xy"], "text, json, jsonl"),
    ];
    for (args, known) in cases {
        run(dir.path(), args).refused(&["--format", known]);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let dir = crate::program::crystals();
    let cases: [&[&str]; 4] = [
        &["simulate", "u2ti.cif", "--quiet"],
        &["perturb", "u2ti.cif", "--lattice", "0.1", "-n", "2000"],
        &["list"],
        &["structures"],
    ];
    for args in cases {
        let mut child = program(dir.path()).args(args).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{args:?}");
    }
}

#[test]
fn quiet_leaves_results_and_errors() {
    let dir = crate::program::crystals();
    let loud = run(dir.path(), &["simulate", "u2ti.cif"]).ok();
    assert!(loud.stderr.contains("wavelength 1.5406"), "{}", loud.stderr);
    let quiet = run(dir.path(), &["simulate", "u2ti.cif", "--quiet"]).ok();
    assert_eq!(quiet.stderr, "");
    assert_eq!(quiet.stdout, loud.stdout);
    run(dir.path(), &["simulate", "missing.cif", "--quiet"]).refused(&["missing.cif"]);
}
