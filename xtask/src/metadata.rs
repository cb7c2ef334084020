//! The parts of `cargo metadata` that the checks look at.

use crate::process;
use anyhow::Context as _;
use serde::Deserialize;
use std::path::PathBuf;

/// Everything `cargo metadata` says about the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    /// Packages: ours alone, or with every package they depend on.
    pub packages: Vec<Package>,
    /// Root of the workspace.
    pub workspace_root: PathBuf,
}

/// One package.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    /// Name on the registry or in the workspace.
    pub name: String,
    /// Version.
    pub version: String,
    /// Licence expression of its manifest.
    pub license: Option<String>,
    /// Where it comes from; `None` for a folder of this machine.
    pub source: Option<String>,
    /// Path of its `Cargo.toml`.
    pub manifest_path: PathBuf,
    /// Dependencies as its manifest declares them.
    #[serde(default)]
    pub dependencies: Vec<Dependency>,
}

/// One declared dependency.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Dependency {
    /// Name of the package depended on.
    pub name: String,
    /// Version requirement.
    pub req: String,
    /// `None` normal, or `dev` or `build`.
    pub kind: Option<String>,
    /// Folder, if it is a dependency by path.
    pub path: Option<PathBuf>,
}

impl Dependency {
    /// Whether only tests, benches and examples use it.
    pub(crate) fn is_dev(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

/// Our own packages; needs no network.
pub(crate) fn workspace() -> anyhow::Result<Metadata> {
    load(&["--no-deps"])
}

/// Our packages and all they depend on, for every platform.
pub(crate) fn everything() -> anyhow::Result<Metadata> {
    load(&["--locked"])
}

fn load(options: &[&str]) -> anyhow::Result<Metadata> {
    let mut command = process::cargo();
    command.args(["metadata", "--format-version", "1"]).args(options);
    let json = process::read(&mut command)?;
    serde_json::from_slice(&json).context("cannot understand the output of `cargo metadata`")
}
