//! The picture of the README, drawn by the program itself.

use crate::{Outcome, process};
use anyhow::Context as _;
use std::fs;

/// Where the quickstart writes, below the root.
const RUN: &str = "target/quickstart";

/// Runs the quickstart study and copies its figure to `docs/figures`.
///
/// # Errors
/// If the run fails or leaves no figure.
pub(crate) fn run() -> anyhow::Result<Outcome> {
    let root = process::root();
    if root.join(RUN).is_dir() {
        // A finished run would be shown again, not drawn by today's program.
        fs::remove_dir_all(root.join(RUN)).with_context(|| format!("cannot remove {RUN}"))?;
    }
    process::run(process::cargo().args([
        "run",
        "--release",
        "--",
        "run",
        "configs/quickstart.toml",
        "--out",
        RUN,
    ]))?;
    let figures = root.join("docs/figures");
    fs::create_dir_all(&figures).context("cannot create docs/figures")?;
    for ending in ["svg", "png"] {
        let from = root.join(RUN).join("figures").join(format!("match_rate.{ending}"));
        let to = figures.join(format!("quickstart.{ending}"));
        fs::copy(&from, &to)
            .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    }
    Ok(Outcome::Passed("figures: docs/figures/quickstart.svg and .png are drawn".to_owned()))
}
