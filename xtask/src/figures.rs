//! The figures of the documentation, drawn by our own programs.

use crate::{Outcome, process};
use anyhow::{Context as _, bail};
use std::fs;
use std::path::Path;

/// A figure of `docs/figures`.
struct Figure {
    name: &'static str,
    /// Writes `NAME.png`, and `NAME.svg` unless that is large, into the folder.
    draw: fn(&Path) -> anyhow::Result<()>,
    /// Whether it takes an hour, and is drawn only when it is named.
    slow: bool,
}

const FIGURES: &[Figure] = &[
    Figure { name: "quickstart", draw: quickstart, slow: false },
    Figure { name: "cost-growth", draw: cost_growth, slow: false },
    Figure { name: "landscape", draw: landscape, slow: false },
    Figure { name: "study", draw: study, slow: true },
];

/// The figures and tables of the page about the whole study: command, configuration, and its files that the page shows.
const STUDY: &[(&str, &str, &[&str])] = &[
    ("run", "fig1a", &["figures/match_rate.svg", "figures/match_rate.png", "tables/pooled.csv"]),
    ("run", "fig1b", &["figures/match_rate.svg", "figures/match_rate.png", "tables/pooled.csv"]),
    ("run", "fig4", &["figures/scatter.svg", "figures/scatter.png"]),
    ("run", "fig5", &["figures/case.svg", "figures/case.png", "tables/case.csv"]),
    ("run", "figS1", &["figures/cells.svg", "figures/cells.png"]),
    ("run", "figS4", &["figures/case.svg", "figures/case.png", "tables/case.csv"]),
    ("run", "table1", &["tables/mutual-information.csv"]),
    ("run", "tableS1", &["tables/pearson.csv"]),
    ("run", "tableS2", &["tables/spearman.csv"]),
    ("landscape", "fig2", &["figures/landscape.png", "figures/patterns.png"]),
    ("landscape", "fig3a", &["figures/landscape.png"]),
    ("landscape", "fig3a_alpha", &["figures/landscape.png"]),
    ("landscape", "fig3b", &["figures/landscape.png"]),
    ("landscape", "figS2", &["figures/landscape.png"]),
    ("landscape", "figS2b", &["figures/landscape.png"]),
];

/// Draws the figures of these names, or all that do not take an hour.
///
/// # Errors
/// If a name is unknown, or a program fails or leaves no figure.
pub(crate) fn run(names: &[String]) -> anyhow::Result<Outcome> {
    let chosen = selected(names)?;
    let folder = process::root().join("docs/figures");
    fs::create_dir_all(&folder).context("cannot create docs/figures")?;
    for figure in &chosen {
        (figure.draw)(&folder)?;
        // The study checks its own files.
        for ending in ["svg", "png"].iter().filter(|_| !figure.slow) {
            if !folder.join(format!("{}.{ending}", figure.name)).is_file() {
                bail!("docs/figures/{}.{ending} was not drawn", figure.name);
            }
        }
    }
    let names = chosen.iter().map(|figure| figure.name).collect::<Vec<_>>();
    Ok(Outcome::Passed(format!("figures: drawn in docs/figures: {}", names.join(", "))))
}

fn selected(names: &[String]) -> anyhow::Result<Vec<&'static Figure>> {
    let known = FIGURES.iter().map(|figure| figure.name).collect::<Vec<_>>();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("unknown figure `{unknown}`; known: {}", known.join(", "));
    }
    let wanted = |figure: &&Figure| {
        (names.is_empty() && !figure.slow) || names.iter().any(|n| n == figure.name)
    };
    Ok(FIGURES.iter().filter(wanted).collect())
}

/// Runs the quickstart study and copies its figure.
fn quickstart(folder: &Path) -> anyhow::Result<()> {
    by_program(["run", "configs/quickstart.toml"], "match_rate", folder, "quickstart")
}

/// Evaluates a landscape with descents and copies its map.
fn landscape(folder: &Path) -> anyhow::Result<()> {
    by_program(["landscape", "configs/fig3b.toml"], "landscape", folder, "landscape")
}

/// Runs every configuration of the paper, or shows what `runs` has, and copies what the page shows to `study/CONFIG-NAME.*`.
fn study(folder: &Path) -> anyhow::Result<()> {
    let root = process::root();
    let there = folder.join("study");
    fs::create_dir_all(&there).context("cannot create docs/figures/study")?;
    for (command, config, files) in STUDY {
        let (file, out) = (format!("configs/{config}.toml"), format!("runs/{config}"));
        let mut run = process::cargo();
        process::run(run.args(["run", "--release", "--", command, &file, "--out", &out]))?;
        for file in *files {
            let from = root.join(&out).join(file);
            let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let to = there.join(format!("{config}-{name}"));
            fs::copy(&from, &to)
                .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
        }
    }
    Ok(())
}

/// Runs a command of the program on a configuration and copies one of its figures.
fn by_program(command: [&str; 2], figure: &str, folder: &Path, name: &str) -> anyhow::Result<()> {
    let root = process::root();
    let out = format!("target/{name}");
    if root.join(&out).is_dir() {
        // A finished run would be shown again, not drawn by today's program.
        fs::remove_dir_all(root.join(&out)).with_context(|| format!("cannot remove {out}"))?;
    }
    let mut run = process::cargo();
    process::run(run.args(["run", "--release", "--"]).args(command).args(["--out", &out]))?;
    for ending in ["svg", "png"] {
        let from = root.join(&out).join("figures").join(format!("{figure}.{ending}"));
        let to = folder.join(format!("{name}.{ending}"));
        fs::copy(&from, &to)
            .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    }
    Ok(())
}

/// Times the kernels from 2 to 2,000 atoms and draws what they took.
fn cost_growth(folder: &Path) -> anyhow::Result<()> {
    let package = ["--package", "braggscape-benches", "--bin", "cost-growth"];
    let mut command = process::cargo();
    command.args(["run", "--release"]).args(package).args(["--", "--figure"]);
    process::run(command.arg(folder.join("cost-growth")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_chosen_by_name() {
        let names = |words: &[&str]| {
            let words = words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
            Some(selected(&words).ok()?.iter().map(|figure| figure.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&[]), Some(vec!["quickstart", "cost-growth", "landscape"]));
        assert_eq!(names(&["cost-growth"]), Some(vec!["cost-growth"]));
        assert_eq!(names(&["study"]), Some(vec!["study"]));
        assert_eq!(names(&["cost"]), None);
    }
}
