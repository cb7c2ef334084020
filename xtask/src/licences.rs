//! What comes into the project from outside: licences, sources, version requirements, duplicate versions.
//!
//! The rules are those of `deny.toml`, read here so that the check needs no tool but Cargo.

use crate::metadata::{self, Metadata, Package};
use crate::{Outcome, no_problems, process, spdx};
use anyhow::Context as _;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The parts of `deny.toml` that are checked here.
#[derive(Debug, Deserialize)]
struct Rules {
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

#[derive(Debug, Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
    exceptions: Vec<LicenceException>,
}

#[derive(Debug, Deserialize)]
struct LicenceException {
    #[serde(rename = "crate")]
    package: String,
    allow: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    skip: Vec<Skip>,
}

#[derive(Debug, Deserialize)]
struct Skip {
    #[serde(rename = "crate")]
    package: String,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

/// Checks every package of the lock file, for every platform.
///
/// # Errors
/// If a package breaks a rule of `deny.toml`, or an exception there has become idle.
pub(crate) fn run() -> anyhow::Result<Outcome> {
    let text =
        fs::read_to_string(process::root().join("deny.toml")).context("cannot read deny.toml")?;
    let rules: Rules = toml::from_str(&text).context("cannot understand deny.toml")?;
    let metadata = metadata::everything()?;
    let passed = format!(
        "licences: {} packages have allowed licences, known sources and single versions ({} exceptions)",
        metadata.packages.len(),
        rules.licenses.exceptions.len() + rules.bans.skip.len()
    );
    no_problems(&check(&metadata, &rules), passed)
}

/// All problems, in the order of the packages.
fn check(metadata: &Metadata, rules: &Rules) -> Vec<String> {
    let mut problems = Vec::new();
    for package in &metadata.packages {
        problems.extend(licence_problem(package, &rules.licenses));
        problems.extend(source_problem(package, metadata, &rules.sources));
        if package.source.is_none() {
            problems.extend(wildcard_problems(package));
        }
    }
    problems.extend(duplicate_problems(metadata, &rules.bans));
    problems.extend(idle_exceptions(metadata, &rules.licenses));
    problems
}

fn licence_problem(package: &Package, rules: &Licences) -> Option<String> {
    let Package { name, version, .. } = package;
    let Some(expression) = &package.license else {
        return Some(format!("{name} {version} states no licence"));
    };
    let allowed = |licence: &str| {
        rules.allow.contains(licence)
            || rules.exceptions.iter().any(|e| e.package == *name && e.allow.contains(licence))
    };
    match spdx::satisfied(expression, &allowed) {
        Ok(true) => None,
        Ok(false) => Some(format!(
            "{name} {version} is under `{expression}`, which deny.toml does not allow"
        )),
        Err(error) => Some(format!("{name} {version} has an unsound licence expression: {error}")),
    }
}

fn source_problem(package: &Package, metadata: &Metadata, rules: &Sources) -> Option<String> {
    let Package { name, version, manifest_path, .. } = package;
    match &package.source {
        None if manifest_path.starts_with(&metadata.workspace_root) => None,
        None => Some(format!(
            "{name} {version} lies outside the workspace, in {}",
            manifest_path.display()
        )),
        Some(source) => {
            let known = source
                .strip_prefix("registry+")
                .is_some_and(|url| rules.allow_registry.iter().any(|r| r == url));
            (!known).then(|| {
                format!("{name} {version} comes from {source}, not from a registry of deny.toml")
            })
        }
    }
}

fn wildcard_problems(package: &Package) -> Vec<String> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.req == "*" && dependency.path.is_none())
        .map(|dependency| {
            format!("{} depends on {} in any version (`*`)", package.name, dependency.name)
        })
        .collect()
}

fn duplicate_problems(metadata: &Metadata, rules: &Bans) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in &metadata.packages {
        versions.entry(&package.name).or_default().insert(&package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let mut problems = Vec::new();
    for skip in &rules.skip {
        if versions.remove(skip.package.as_str()).is_none() {
            problems.push(format!(
                "deny.toml excuses {} ({}), which has one version or none",
                skip.package, skip.reason
            ));
        }
    }
    problems.extend(versions.iter().map(|(name, versions)| {
        let versions = versions.iter().copied().collect::<Vec<_>>().join(", ");
        format!("{name} comes in several versions: {versions} (excuse it in deny.toml with a reason, or unify)")
    }));
    problems
}

fn idle_exceptions(metadata: &Metadata, rules: &Licences) -> Vec<String> {
    rules
        .exceptions
        .iter()
        .filter(|exception| {
            !metadata.packages.iter().any(|package| package.name == exception.package)
        })
        .map(|exception| {
            format!(
                "deny.toml has a licence exception for {}, which is not used",
                exception.package
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

    fn rules() -> Rules {
        toml::from_str(
            r#"
            [licenses]
            allow = ["MIT", "Apache-2.0"]
            exceptions = [{ crate = "weak", allow = ["MPL-2.0"] }]
            [bans]
            skip = [{ crate = "twice", reason = "known" }]
            [sources]
            allow-registry = ["https://github.com/rust-lang/crates.io-index"]
            "#,
        )
        .unwrap()
    }

    fn outside(name: &str, version: &str, licence: &str) -> Value {
        json!({"name": name, "version": version, "license": licence, "source": CRATES_IO, "manifest_path": "/r/Cargo.toml"})
    }

    /// Checks `packages` together with those that keep the exceptions of [`rules`] busy.
    #[track_caller]
    fn check_that(packages: &[Value], expected: &[&str]) {
        let mut all = vec![
            outside("weak", "1.0.0", "MPL-2.0"),
            outside("twice", "1.0.0", "MIT"),
            outside("twice", "2.0.0", "MIT"),
        ];
        all.extend_from_slice(packages);
        let metadata =
            serde_json::from_value(json!({"packages": all, "workspace_root": "/w"})).unwrap();
        let problems = check(&metadata, &rules());
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, expected) in problems.iter().zip(expected) {
            assert!(problem.contains(expected), "`{problem}` does not contain `{expected}`");
        }
    }

    #[test]
    fn allowed_packages_pass() {
        check_that(
            &[
                outside("a", "1.0.0", "MIT OR GPL-3.0-only"),
                outside("b", "1.0.0", "MIT/Apache-2.0"),
            ],
            &[],
        );
    }

    #[test]
    fn licences_are_checked() {
        check_that(&[outside("a", "1.0.0", "GPL-3.0-only")], &["a 1.0.0 is under `GPL-3.0-only`"]);
        check_that(&[outside("a", "1.0.0", "MIT AND")], &["unsound"]);
        check_that(
            &[json!({"name": "a", "version": "1.0.0", "source": CRATES_IO, "manifest_path": "/r"})],
            &["states no licence"],
        );
    }

    #[test]
    fn an_exception_is_for_one_package() {
        check_that(&[outside("other", "1.0.0", "MPL-2.0")], &["other 1.0.0 is under `MPL-2.0`"]);
    }

    #[test]
    fn sources_are_checked() {
        let mut package = outside("a", "1.0.0", "MIT");
        package["source"] = json!("git+https://example.org/a#0123");
        check_that(&[package.clone()], &["comes from git+https://example.org/a"]);
        package["source"] = json!("registry+https://example.org/index");
        check_that(&[package.clone()], &["comes from registry+https://example.org/index"]);
        package["source"] = Value::Null;
        check_that(&[package.clone()], &["outside the workspace"]);
        package["manifest_path"] = json!("/w/crates/a/Cargo.toml");
        check_that(&[package], &[]);
    }

    #[test]
    fn wildcards_are_caught() {
        let mut package = outside("ours", "0.1.0", "MIT");
        package["source"] = Value::Null;
        package["manifest_path"] = json!("/w/crates/ours/Cargo.toml");
        package["dependencies"] = json!([{"name": "a", "req": "*"}, {"name": "sister", "req": "*", "path": "/w/crates/s"}]);
        check_that(&[package], &["ours depends on a in any version"]);
    }

    #[test]
    fn duplicates_are_caught() {
        check_that(
            &[outside("a", "1.0.0", "MIT"), outside("a", "2.0.0", "MIT")],
            &["a comes in several versions: 1.0.0, 2.0.0"],
        );
    }

    #[test]
    fn idle_exceptions_are_caught() {
        let metadata =
            serde_json::from_value(json!({"packages": [], "workspace_root": "/w"})).unwrap();
        let problems = check(&metadata, &rules());
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(
            problems[0].contains("excuses twice") && problems[1].contains("weak"),
            "{problems:?}"
        );
    }
}
