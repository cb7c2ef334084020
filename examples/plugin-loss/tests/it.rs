//! The plugins pass the conformance suites of their seams and run from TOML.

use braggscape_testkit::conformance::{LossClaims, OptimizerClaims, loss, optimizer};
use plugin_loss::{Huber, SignDescent};
use std::path::Path;
use std::process::Command;

#[test]
fn the_loss_conforms() {
    let claims = LossClaims {
        scale_invariant: true,
        symmetric: true,
        range: (0.0, 1.0),
        ..Default::default()
    };
    let found = loss(&Huber { delta: 0.05 }, claims);
    assert!(!found.checks().is_empty());
}

#[test]
fn the_optimizer_conforms() {
    let found = optimizer(&SignDescent::new(0.05, 300), &OptimizerClaims::default());
    assert!(!found.checks().is_empty());
}

#[test]
fn a_study_names_both() {
    let folder = tempfile::tempdir().unwrap();
    let study = Path::new(env!("CARGO_MANIFEST_DIR")).join("study.toml");
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_braggscape-acme"))
            .args(args)
            .arg("--quiet")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        text
    };
    let out = folder.path().join("run");
    let table = run(&["run", study.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert!(table.contains("acme.huber"), "{table}");
    assert!(out.join("figures/match_rate.svg").is_file());
    let listed = run(&["list", "optimizers"]);
    assert!(listed.contains("acme.sign-descent") && listed.contains("iterations"), "{listed}");
}
