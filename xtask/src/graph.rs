//! The direction of dependencies: a crate depends on crates of earlier layers only.
//!
//! Looks at the declared normal and build dependencies of our packages. Tests may use any crate, as Cargo allows.

use crate::metadata::{self, Metadata, Package};
use crate::{Outcome, no_problems};

/// The layers, first to last: the one place where a crate gets its layer. Packages are `braggscape-<name>`, and the
/// facade is `braggscape` itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("layer 1", &["crystal", "pattern", "optim"]),
    ("layer 2", &["xrd", "loss", "noise", "projector", "potential", "metrics"]),
    ("layer 3", &["recover", "landscape"]),
    ("layer 4", &["plugin", "record"]),
    ("layer 5", &["study", "report", "braggscape", "testkit"]),
    ("layer 6", &["cli", "python"]),
    ("the outer layer", &["tests", "benches", "plugin-loss", "xtask"]),
];

/// Position in [`LAYERS`] of the packages that are no part of the library or the program.
const OUTER: usize = 6;

/// Crates that the library and the program may use in their tests alone.
const DEV_ONLY: &[&str] = &["testkit"];

/// Developer automation: must build in seconds, so it uses none of our crates.
const ALONE: &str = "xtask";

/// Outside crates that betray a job of a later layer: (name, position in [`LAYERS`] from which on it may be used).
const RESERVED: &[(&str, usize)] = &[("toml", 3), ("anyhow", 5), ("clap", 5), ("indicatif", 5)];

/// Checks the workspace.
///
/// # Errors
/// If an edge points the wrong way, or a crate has no place in the table.
pub(crate) fn run() -> anyhow::Result<Outcome> {
    let metadata = metadata::workspace()?;
    let (problems, n_edges) = check(&metadata);
    let n_crates = metadata.packages.len();
    no_problems(
        &problems,
        format!("graph: {n_edges} edges between {n_crates} crates point to earlier layers"),
    )
}

/// All problems of the graph, and the number of edges looked at.
fn check(metadata: &Metadata) -> (Vec<String>, usize) {
    let mut problems = Vec::new();
    let mut n_edges = 0;
    for package in &metadata.packages {
        let Some(layer) = layer_of(&package.name) else {
            problems.push(format!(
                "{} has no layer: give it one in xtask/src/graph.rs (an architecture change)",
                package.name
            ));
            continue;
        };
        problems.extend(misplaced(metadata, package, layer));
        for dependency in package.dependencies.iter().filter(|d| !d.is_dev()) {
            if dependency.path.is_none() {
                problems.extend(reserved(package, layer, &dependency.name));
                continue;
            }
            n_edges += 1;
            // One without a layer is reported as a package.
            if let Some(below) = layer_of(&dependency.name) {
                problems.extend(wrong_edge(&package.name, layer, &dependency.name, below));
            }
        }
    }
    (problems, n_edges)
}

fn wrong_edge(from: &str, layer: usize, to: &str, below: usize) -> Option<String> {
    if from == ALONE {
        Some(format!("{from} depends on {to}: {ALONE} uses none of our crates"))
    } else if below >= layer {
        Some(format!(
            "{from} ({}) depends on {to} ({}): a crate may depend on earlier layers only",
            LAYERS[layer].0, LAYERS[below].0
        ))
    } else if DEV_ONLY.contains(&short(to)) && layer < OUTER {
        Some(format!("{from} depends on {to}, which may only be a dev-dependency"))
    } else {
        None
    }
}

fn reserved(package: &Package, layer: usize, to: &str) -> Option<String> {
    let &(_, first) = RESERVED.iter().find(|(name, _)| *name == to)?;
    (layer < first).then(|| {
        format!(
            "{} ({}) depends on {to}, which is for {} and above",
            package.name, LAYERS[layer].0, LAYERS[first].0
        )
    })
}

/// A crate of the library or program lies in `crates/<name>`.
fn misplaced(metadata: &Metadata, package: &Package, layer: usize) -> Option<String> {
    let expected =
        metadata.workspace_root.join("crates").join(short(&package.name)).join("Cargo.toml");
    (layer < OUTER && package.manifest_path != expected).then(|| {
        format!(
            "{} lies in {}, not in {}",
            package.name,
            package.manifest_path.display(),
            expected.display()
        )
    })
}

fn short(package: &str) -> &str {
    package.strip_prefix("braggscape-").unwrap_or(package)
}

fn layer_of(package: &str) -> Option<usize> {
    LAYERS.iter().position(|(_, crates)| crates.contains(&short(package)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metadata of a workspace in `/w`; edges are `from > to`, `from dev> to` or `from build> to`, where a `to` without
    /// a dot is ours and `.to` comes from the registry.
    fn synthetic(packages: &[&str], edges: &[&str]) -> Metadata {
        let full = |name: &str| match name {
            "xtask" | "braggscape" => name.to_owned(),
            _ => format!("braggscape-{name}"),
        };
        let packages = packages
            .iter()
            .map(|name| {
                let dependencies = edges
                    .iter()
                    .filter_map(|edge| {
                        let (from, to) = edge.split_once("> ")?;
                        let (from, kind) = from.split_once(' ')?;
                        let kind = (!kind.is_empty()).then_some(kind);
                        (from == *name).then(|| match to.strip_prefix('.') {
                            Some(outside) => serde_json::json!({"name": outside, "req": "^1", "kind": kind}),
                            None => serde_json::json!({"name": full(to), "req": "^0.1", "kind": kind, "path": "/w"}),
                        })
                    })
                    .collect::<Vec<_>>();
                serde_json::json!({
                    "name": full(name),
                    "version": "0.1.0",
                    "manifest_path": format!("/w/crates/{name}/Cargo.toml"),
                    "dependencies": dependencies,
                })
            })
            .collect::<Vec<_>>();
        let json = serde_json::json!({"packages": packages, "workspace_root": "/w"});
        serde_json::from_value(json).unwrap()
    }

    #[track_caller]
    fn check_that(packages: &[&str], edges: &[&str], expected: &[&[&str]]) {
        let (problems, _) = check(&synthetic(packages, edges));
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, words) in problems.iter().zip(expected) {
            for word in *words {
                assert!(problem.contains(word), "`{problem}` does not name {word}");
            }
        }
    }

    #[test]
    fn earlier_layers_are_allowed() {
        check_that(
            &["crystal", "xrd", "cli", "tests"],
            &["xrd > crystal", "cli > xrd", "tests > cli"],
            &[],
        );
        check_that(
            &["crystal", "braggscape", "study"],
            &["braggscape > crystal", "study > crystal"],
            &[],
        );
    }

    #[test]
    fn a_later_layer_is_caught_and_both_crates_are_named() {
        check_that(
            &["crystal", "xrd"],
            &["crystal > xrd"],
            &[&["braggscape-crystal (layer 1)", "braggscape-xrd (layer 2)"]],
        );
        check_that(
            &["report", "cli"],
            &["report > cli"],
            &[&["braggscape-report", "braggscape-cli"]],
        );
    }

    #[test]
    fn the_same_layer_is_caught() {
        check_that(&["xrd", "loss"], &["xrd > loss"], &[&["braggscape-xrd", "braggscape-loss"]]);
        check_that(
            &["study", "report"],
            &["study > report"],
            &[&["braggscape-study", "braggscape-report"]],
        );
        check_that(
            &["study", "braggscape"],
            &["study > braggscape"],
            &[&["braggscape-study", "braggscape (layer 5)"]],
        );
    }

    #[test]
    fn build_dependencies_count_and_dev_dependencies_do_not() {
        check_that(&["crystal", "xrd"], &["crystal build> xrd"], &[&["crystal", "xrd"]]);
        check_that(&["crystal", "testkit"], &["crystal dev> testkit"], &[]);
    }

    #[test]
    fn the_testkit_is_for_tests() {
        check_that(
            &["cli", "testkit"],
            &["cli > testkit"],
            &[&["braggscape-cli", "braggscape-testkit", "dev-dependency"]],
        );
        check_that(&["tests", "testkit"], &["tests > testkit"], &[]);
    }

    #[test]
    fn an_unknown_crate_is_caught() {
        check_that(&["cristal"], &[], &[&["braggscape-cristal has no layer"]]);
    }

    #[test]
    fn xtask_stands_alone() {
        check_that(
            &["crystal", "xtask"],
            &["xtask > crystal"],
            &[&["xtask", "braggscape-crystal"]],
        );
        check_that(&["cli", "xtask"], &["cli > xtask"], &[&["braggscape-cli", "xtask"]]);
    }

    #[test]
    fn outside_crates_of_later_layers_are_caught() {
        check_that(
            &["recover"],
            &["recover > .toml"],
            &[&["braggscape-recover", "toml", "layer 4"]],
        );
        check_that(&["study"], &["study > .anyhow"], &[&["braggscape-study", "anyhow", "layer 6"]]);
        check_that(
            &["plugin", "cli"],
            &["plugin > .toml", "cli > .anyhow", "plugin dev> .anyhow"],
            &[],
        );
    }

    #[test]
    fn a_folder_of_another_name_is_caught() {
        let mut metadata = synthetic(&["crystal"], &[]);
        metadata.packages[0].manifest_path = "/w/crates/xtal/Cargo.toml".into();
        let (problems, _) = check(&metadata);
        assert!(
            problems[0].contains("crates/xtal") && problems[0].contains("crates/crystal"),
            "{problems:?}"
        );
    }

    #[test]
    fn this_workspace_passes() {
        let (problems, n_edges) = check(&metadata::workspace().unwrap());
        assert_eq!(problems, Vec::<String>::new());
        assert!(n_edges > 10, "only {n_edges} edges were looked at");
    }
}
