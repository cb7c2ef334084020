//! The folder of a landscape.

use super::plan::LandscapePlan;
use super::summary::LandscapeSummary;
use super::tables::json;
use crate::{StudyError, kernel_level};
use braggscape_record::atomic;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Files and folders that a landscape writes, so that one which was stopped can be told from anything else.
const OURS: [&str; 9] = [
    "config.toml",
    "figures",
    "grid.csv",
    "grid.parquet",
    "minima.csv",
    "paths.csv",
    "patterns",
    "roughness.json",
    "summary.json",
];

/// What made the files of a landscape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LandscapeManifest {
    /// Version of the program.
    version: String,
    /// "landscape".
    kind: String,
    /// SHA-256 of the resolved configuration, the structure and the target.
    config_hash: String,
    /// Title.
    title: String,
    /// Kernel level.
    kernel: String,
    /// Named random generator.
    generator: String,
}

/// Whether an entry is a temporary file of a program that was stopped.
fn is_left_over(entry: &std::fs::DirEntry) -> bool {
    let path = entry.path();
    entry.file_name().to_string_lossy().starts_with(".braggscape-")
        && path.extension().is_some_and(|ending| ending == "tmp")
}

impl LandscapePlan {
    fn manifest(&self) -> LandscapeManifest {
        LandscapeManifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kind: "landscape".to_owned(),
            config_hash: self.hash().to_owned(),
            title: self.config.title.clone(),
            kernel: kernel_level().to_owned(),
            generator: "ChaCha12".to_owned(),
        }
    }

    fn config_text(&self) -> String {
        format!("# The resolved configuration: every default filled in.\n{}", self.config.to_toml())
    }

    /// Makes the folder and puts the resolved configuration there, or finds that it holds this landscape: its summary then, if it is
    /// complete.
    ///
    /// # Errors
    /// [`StudyError::OtherStudy`] if the folder holds anything else; nothing is changed then. [`StudyError::Folder`] if it cannot be
    /// made or written.
    pub fn open(&self, dir: &Path) -> Result<Option<LandscapeSummary>, StudyError> {
        self.begin(dir).map_err(|e| match e {
            StudyError::Io { .. } | StudyError::Record { .. } => {
                StudyError::Folder { path: dir.to_path_buf(), source: Box::new(e) }
            }
            other => other,
        })
    }

    fn begin(&self, dir: &Path) -> Result<Option<LandscapeSummary>, StudyError> {
        let other = |what: &str| {
            Err(StudyError::OtherStudy { path: dir.to_path_buf(), what: what.to_owned() })
        };
        if dir.exists() && !dir.is_dir() {
            return other("a file, not a folder");
        }
        let read = |name: &str| {
            let path = dir.join(name);
            match std::fs::read(&path) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(e) => Err(StudyError::io(&path, "read")(e)),
            }
        };
        if let Some(bytes) = read("manifest.json")? {
            let Ok(found) = serde_json::from_slice::<LandscapeManifest>(&bytes) else {
                return other("a manifest.json that is not a landscape's");
            };
            if found != self.manifest() {
                return other("another landscape, this one changed, or one by another version");
            }
            let summary = read("summary.json")?.and_then(|b| serde_json::from_slice(&b).ok());
            return match summary {
                Some(summary) => Ok(Some(summary)),
                None => other("a landscape without its summary"),
            };
        }
        let wanted = self.config_text();
        if let Ok(entries) = std::fs::read_dir(dir) {
            let names: Vec<String> = entries
                .flatten()
                .filter(|e| !is_left_over(e))
                .map(|e| e.file_name().to_string_lossy().into_owned())
                .collect();
            let strange = names.iter().find(|n| !OURS.contains(&n.as_str()));
            if let Some(name) = strange {
                return other(&format!("`{name}` and no landscape"));
            }
            if !names.is_empty() && read("config.toml")?.as_deref() != Some(wanted.as_bytes()) {
                return other("another landscape that was not finished");
            }
        }
        std::fs::create_dir_all(dir).map_err(StudyError::io(dir, "made"))?;
        atomic::write(&dir.join("config.toml"), wanted.as_bytes())?;
        Ok(None)
    }

    /// Writes the manifest: the landscape in the folder is complete.
    ///
    /// # Errors
    /// [`StudyError::Record`].
    pub fn close(&self, dir: &Path) -> Result<(), StudyError> {
        atomic::write(&dir.join("manifest.json"), json(&self.manifest()).as_bytes())?;
        Ok(())
    }
}
