//! Weights from the wheel of the Python package.
//!
//! A wheel is a ZIP archive, and so is a checkpoint in it: one folder with `data.pkl` and the tensors' storages `data/0`, `data/1`, ...
//! The first storages are the tensors of the network in their order, so that nothing needs to be unpickled.

use super::{Asset, AssetError, WHEEL_SHA256, sha256};
use crate::{ChgnetError, ChgnetWeights};
use std::io::{Cursor, Read, Seek};
use std::sync::Arc;
use zip::ZipArchive;

/// The licence in the wheel.
const LICENCE: &str = "chgnet-0.4.2.dist-info/licenses/LICENSE";

/// Most bytes of a member: the checkpoints have 5 MB.
const MAX_MEMBER: u64 = 1 << 26;

/// The weights, and the text of their licence.
pub(super) fn unpack(asset: &Asset, wheel: &[u8]) -> Result<(ChgnetWeights, Vec<u8>), AssetError> {
    let found = sha256(wheel);
    if found != WHEEL_SHA256 {
        let what = "the package".to_owned();
        return Err(AssetError::Hash { what, found, expected: WHEEL_SHA256 });
    }
    let mut wheel = open(Cursor::new(wheel), "wheel")?;
    let licence = member(&mut wheel, LICENCE)?;
    let checkpoint = member(&mut wheel, asset.member)?;
    Ok((weights(asset, &checkpoint)?, licence))
}

/// The weights in a checkpoint.
fn weights(asset: &Asset, checkpoint: &[u8]) -> Result<ChgnetWeights, AssetError> {
    let mut archive = open(Cursor::new(checkpoint), asset.member)?;
    let root = {
        let mut names = archive.file_names().filter_map(Result::ok);
        names.find_map(|name| name.strip_suffix("/data.pkl").map(str::to_owned))
    };
    let root = root.unwrap_or_else(|| "archive".to_owned());
    ChgnetWeights::from_storages(|k| {
        member(&mut archive, &format!("{root}/data/{k}")).map_err(Fault::Asset)
    })
    .map_err(|fault| match fault {
        Fault::Asset(e) => e,
        Fault::Weights(source) => AssetError::Weights { name: asset.name, source },
    })
}

enum Fault {
    Asset(AssetError),
    Weights(ChgnetError),
}

impl From<ChgnetError> for Fault {
    fn from(e: ChgnetError) -> Self {
        Self::Weights(e)
    }
}

fn open<R: Read + Seek>(reader: R, member: &str) -> Result<ZipArchive<R>, AssetError> {
    ZipArchive::new(reader)
        .map_err(|e| AssetError::Package { member: member.to_owned(), source: Arc::new(e) })
}

fn member<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Result<Vec<u8>, AssetError> {
    let fail = |source: Arc<dyn std::error::Error + Send + Sync>| AssetError::Package {
        member: name.to_owned(),
        source,
    };
    let file = archive.by_name(name).map_err(|e| fail(Arc::new(e)))?;
    let mut bytes = Vec::new();
    file.take(MAX_MEMBER).read_to_end(&mut bytes).map_err(|e| fail(Arc::new(e)))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::ASSETS;
    use std::io::Write as _;
    use zip::write::{SimpleFileOptions, ZipWriter};

    fn archive(members: &[(String, Vec<u8>)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            let options = SimpleFileOptions::default();
            let stored = options.compression_method(zip::CompressionMethod::Stored);
            writer.start_file(name.as_str(), stored).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn storages_become_tensors_in_their_order() {
        let expected = ChgnetWeights::from_fn(|_, inputs, place| (inputs * place) as f32);
        let mut members = vec![("run/data.pkl".to_owned(), Vec::new())];
        for (k, numbers) in expected.tensors().enumerate() {
            let bytes = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
            members.push((format!("run/data/{k}"), bytes));
        }
        assert_eq!(weights(&ASSETS[0], &archive(&members)).unwrap(), expected);
        members.pop();
        let e = weights(&ASSETS[0], &archive(&members)).unwrap_err();
        assert!(e.to_string().contains("run/data/135"), "{e}");
        members[3].1.pop();
        let e = weights(&ASSETS[0], &archive(&members)).unwrap_err();
        assert!(matches!(e, AssetError::Weights { .. }), "{e}");
    }

    #[test]
    fn another_package_is_refused() {
        let e = unpack(&ASSETS[0], b"PK").unwrap_err();
        assert!(
            e.to_string().contains("SHA-256") && e.to_string().contains("expected f60a"),
            "{e}"
        );
    }
}
