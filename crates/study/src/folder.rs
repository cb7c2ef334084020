//! The folder of a study.

use crate::{Plan, StudyError};
use braggscape_record::atomic;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The kernel level of this program: one set of numerical kernels, whose lane count, order of sums and elementary functions
/// do not depend on the machine.
pub fn kernel_level() -> &'static str {
    "portable"
}

/// What made the records of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the program.
    pub version: String,
    /// SHA-256 of the resolved configuration and the structures.
    pub config_hash: String,
    /// Title of the study.
    pub title: String,
    /// Seed.
    pub seed: u64,
    /// Number of tasks.
    pub n_tasks: u64,
    /// Kernel level.
    pub kernel: String,
    /// Named random generator.
    pub generator: String,
    /// Operating system and processor of the machine that began the study.
    pub host: String,
}

impl Manifest {
    fn of(plan: &Plan) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config_hash: plan.hash().to_owned(),
            title: plan.config().title.clone(),
            seed: plan.config().seed,
            n_tasks: plan.n_tasks(),
            kernel: kernel_level().to_owned(),
            generator: "ChaCha12".to_owned(),
            host: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

/// Whether an entry is left of a study that was stopped before its manifest was there.
fn is_ours(entry: &std::fs::DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    name == "config.toml" || (name.starts_with(".braggscape-") && name.ends_with(".tmp"))
}

/// Makes the folder of a study, or checks that it holds this one.
///
/// # Errors
/// [`StudyError::OtherStudy`] if the folder holds anything else; nothing is changed then. [`StudyError::Folder`] if it cannot
/// be made or written.
pub(crate) fn open(plan: &Plan, dir: &Path) -> Result<(), StudyError> {
    let begun = begin(plan, dir);
    // Another shard may have begun the study just between two looks at the folder.
    if matches!(begun, Err(StudyError::OtherStudy { .. })) && dir.join("manifest.json").exists() {
        return begin(plan, dir);
    }
    begun.map_err(|e| match e {
        StudyError::Io { .. } | StudyError::Record { .. } => {
            StudyError::Folder { path: dir.to_path_buf(), source: Box::new(e) }
        }
        other => other,
    })
}

fn begin(plan: &Plan, dir: &Path) -> Result<(), StudyError> {
    let other = |what: String| Err(StudyError::OtherStudy { path: dir.to_path_buf(), what });
    if dir.exists() && !dir.is_dir() {
        return other("a file, not a folder".to_owned());
    }
    let wanted = Manifest::of(plan);
    let path = dir.join("manifest.json");
    match std::fs::read(&path) {
        Ok(bytes) => {
            let Ok(found) = serde_json::from_slice::<Manifest>(&bytes) else {
                return other("a manifest.json that is not a study's".to_owned());
            };
            if found.config_hash != wanted.config_hash {
                return other(format!("another study (\"{}\", or this one changed)", found.title));
            }
            if (&found.version, &found.kernel) != (&wanted.version, &wanted.kernel) {
                return other(format!(
                    "this study by version {} (kernel {}), not {} ({})",
                    found.version, found.kernel, wanted.version, wanted.kernel
                ));
            }
            return Ok(());
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(StudyError::io(&path, "read")(e)),
    }
    if let Ok(mut entries) = std::fs::read_dir(dir)
        && let Some(Ok(entry)) = entries.find(|e| e.as_ref().is_ok_and(|e| !is_ours(e)))
    {
        return other(format!("`{}` and no study", entry.file_name().to_string_lossy()));
    }
    std::fs::create_dir_all(dir).map_err(StudyError::io(dir, "made"))?;
    let header = "# The resolved configuration: every default filled in.\n";
    atomic::write(
        &dir.join("config.toml"),
        format!("{header}{}", plan.config().to_toml()).as_bytes(),
    )?;
    let text = serde_json::to_string_pretty(&wanted).unwrap_or_default();
    // The manifest comes last: a folder without one holds no study.
    atomic::write(&path, format!("{text}\n").as_bytes())?;
    Ok(())
}
