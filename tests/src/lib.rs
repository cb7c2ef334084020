//! Readers of the oracle fixtures, shared by the cross-crate tests.
//!
//! Fixtures are gzip-compressed JSON in `tests/fixtures`, written only by the scripts in `tests/oracles` (run with
//! `cargo xtask oracles`).

use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Path of a file in `tests/fixtures`.
pub fn fixture_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// Reads `tests/fixtures/<name>.json.gz`.
///
/// # Panics
/// If the file is missing or does not hold a `T`: a test cannot go on without its oracle.
pub fn fixture<T: DeserializeOwned>(name: &str) -> T {
    let path = fixture_path(&format!("{name}.json.gz"));
    let file = std::fs::File::open(&path)
        .unwrap_or_else(|e| panic!("oracle fixture {}: {e}", path.display()));
    serde_json::from_reader(std::io::BufReader::new(flate2::read::GzDecoder::new(file)))
        .unwrap_or_else(|e| panic!("oracle fixture {}: {e}", path.display()))
}

/// The folder of the shared development data, where it lies beside the checkout; `None` in a stranger's clone.
pub fn shared_data() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    dir.is_dir().then_some(dir)
}
