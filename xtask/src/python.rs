//! Virtual environments for the scripts that stand in for other people's programs.

use crate::{process, requirements};
use anyhow::{Context as _, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// The Python of a virtual environment with exactly these packages, made once per list of packages.
///
/// # Errors
/// If a line of the list is not pinned, or the packages cannot be installed; the latter names the registry as a likely cause.
pub(crate) fn environment(list: &Path) -> anyhow::Result<PathBuf> {
    let text =
        fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
    if let Some((line, what)) = requirements::problems(&text).first() {
        bail!("{}:{line}: {what}", list.display());
    }
    let venv =
        process::target_dir().join("python").join(format!("{:016x}", fnv1a(text.as_bytes())));
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    // Written last: an interrupted installation is made anew.
    let ready = venv.join("ready");
    if !ready.is_file() {
        println!("installing {}", list.display());
        process::run(process::command("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let mut pip = process::command(&python);
        process::run(pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(list))
            .with_context(|| {
                format!(
                    "cannot install the packages of {}: is the registry of Python packages reachable?",
                    list.display()
                )
            })?;
        fs::write(&ready, text)?;
    }
    Ok(python)
}

/// The 64-bit FNV-1a hash: a name for a list of packages, the same on every machine.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_versions_are_refused_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("requirements.txt");
        fs::write(&list, "numpy==2.4.6\ntorch>=2\n").unwrap();
        let error = environment(&list).unwrap_err().to_string();
        assert!(error.contains("requirements.txt:2: `torch>=2`"), "{error}");
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // Test vectors of the FNV reference implementation (draft-eastlake-fnv).
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
