//! Every built-in keeps the laws of losses.

use crate::all::all;
use braggscape_loss::{AnyLoss, Cosine};
use braggscape_testkit::conformance::{self, LossClaims};

/// Checks the built-ins whose names begin like this.
#[track_caller]
#[expect(clippy::print_stdout, reason = "says which of several losses breaks a law")]
fn check(prefix: &str) {
    let mut n = 0;
    for entry in all().into_iter().filter(|entry| entry.name.starts_with(prefix)) {
        println!("{}", entry.name);
        conformance::loss(&entry.loss, entry.claims);
        n += 1;
    }
    assert!(n > 0, "no loss is called `{prefix}`");
}

#[test]
fn cosine() {
    check("cosine");
    let claims = LossClaims { range: (-1.0, 0.0), ..LossClaims::default() };
    conformance::loss(&AnyLoss::external(Cosine::default()), claims);
}

#[test]
fn mse() {
    check("mse");
}

#[test]
fn pearson() {
    check("pearson");
}

#[test]
fn entropy() {
    check("entropy");
}

#[test]
fn jensen_shannon() {
    check("jensen-shannon");
}

#[test]
fn cumulative() {
    check("cumulative");
}

#[test]
fn wasserstein() {
    check("wasserstein");
}

#[test]
fn r_factors() {
    check("r-p");
    check("r-wp");
}

#[test]
fn de_gelder() {
    check("de-gelder");
}

#[test]
fn gpwdf() {
    check("gpwdf");
}

#[test]
fn blurred_overlap() {
    check("blurred-overlap");
}

#[test]
fn xcorr() {
    check("xcorr");
}

#[test]
fn all_are_checked() {
    let checked = [
        "cosine",
        "mse",
        "pearson",
        "entropy",
        "jensen-shannon",
        "cumulative",
        "wasserstein",
        "r-p",
        "r-wp",
        "de-gelder",
        "gpwdf",
        "blurred-overlap",
        "xcorr",
    ];
    for entry in all() {
        assert!(checked.iter().any(|c| entry.name.starts_with(c)), "{}", entry.name);
    }
}
