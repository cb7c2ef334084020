//! The folder of a figure.

use super::plan::FigurePlan;
use crate::{StudyError, kernel_level};
use braggscape_record::atomic;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What made the files of a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FigureManifest {
    /// Version of the program.
    version: String,
    /// "figure".
    kind: String,
    /// SHA-256 of the resolved configuration, its studies and structures.
    config_hash: String,
    /// Title.
    title: String,
    /// Kernel level.
    kernel: String,
    /// Names of the studies whose records are drawn.
    studies: Vec<String>,
}

impl FigurePlan {
    fn manifest(&self) -> FigureManifest {
        FigureManifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kind: "figure".to_owned(),
            config_hash: self.hash().to_owned(),
            title: self.config.title.clone(),
            kernel: kernel_level().to_owned(),
            studies: self.sources.iter().map(|s| s.name.clone()).collect(),
        }
    }

    /// Makes the folder and says in it what it is for, or finds that it holds this figure.
    ///
    /// # Errors
    /// [`StudyError::OtherStudy`] if it holds anything else; nothing is changed then. [`StudyError::Folder`] if it cannot be made or
    /// written.
    pub fn open(&self, dir: &Path) -> Result<(), StudyError> {
        self.begin(dir).map_err(|e| match e {
            StudyError::Io { .. } | StudyError::Record { .. } => {
                StudyError::Folder { path: dir.to_path_buf(), source: Box::new(e) }
            }
            other => other,
        })
    }

    fn begin(&self, dir: &Path) -> Result<(), StudyError> {
        let other = |what: &str| {
            Err(StudyError::OtherStudy { path: dir.to_path_buf(), what: what.to_owned() })
        };
        if dir.exists() && !dir.is_dir() {
            return other("a file, not a folder");
        }
        let manifest = dir.join("manifest.json");
        match std::fs::read(&manifest) {
            Ok(bytes) => {
                return match serde_json::from_slice::<FigureManifest>(&bytes) {
                    Ok(found) if found == self.manifest() => Ok(()),
                    Ok(_) => other("another figure, this one changed, or one by another version"),
                    Err(_) => other("a manifest.json that is not a figure's"),
                };
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(StudyError::io(&manifest, "read")(e)),
        }
        let config = format!(
            "# The resolved configuration: every default filled in.\n{}",
            self.config.to_toml()
        );
        if let Ok(entries) = std::fs::read_dir(dir) {
            let strange = entries.flatten().find(|e| {
                let name = e.file_name();
                let name = name.to_string_lossy();
                let left = name.starts_with(".braggscape-") && name.ends_with(".tmp");
                // One that was stopped before its manifest was there.
                let begun = name == "config.toml"
                    && std::fs::read(e.path()).is_ok_and(|bytes| bytes == config.as_bytes());
                !left && !begun
            });
            if let Some(entry) = strange {
                return other(&format!("`{}` and no figure", entry.file_name().to_string_lossy()));
            }
        }
        std::fs::create_dir_all(dir).map_err(StudyError::io(dir, "made"))?;
        atomic::write(&dir.join("config.toml"), config.as_bytes())?;
        let text = serde_json::to_string_pretty(&self.manifest()).unwrap_or_default();
        atomic::write(&manifest, format!("{text}\n").as_bytes())?;
        Ok(())
    }
}
