//! Model weights: what there is, where it comes from, and where it lies on this machine.
//!
//! Weights are no part of this project. They are taken from the Python package that publishes them, converted, and kept in a folder of
//! the user's beside their licence. Nothing is downloaded unless it is asked for. This is the one module of the library below
//! the registry that reads the environment and writes files.

mod error;
#[cfg(feature = "fetch")]
mod fetch;
mod folder;
mod wheel;

pub use error::AssetError;
#[cfg(feature = "fetch")]
pub use fetch::download;
pub use folder::Folder;

/// The weights of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// What they are called here.
    pub name: &'static str,
    /// What they are, in one line.
    pub summary: &'static str,
    /// The licence, as SPDX calls it.
    pub licence: &'static str,
    /// What to cite.
    pub citation: &'static str,
    /// SHA-256 of the converted file, hexadecimal.
    pub sha256: &'static str,
    /// The checkpoint in the wheel.
    member: &'static str,
}

/// All weights that can be installed, sorted by name.
pub const ASSETS: [Asset; 2] = [
    Asset {
        name: "chgnet-0.3.0",
        summary: "CHGNet 0.3.0, trained on the Materials Project (GGA and GGA+U)",
        licence: "BSD-3-Clause-LBNL",
        citation: "B. Deng et al., Nat. Mach. Intell. 5, 1031 (2023), doi:10.1038/s42256-023-00716-3",
        sha256: "8fecf149814af68831c35e340beb75fbf5301d4ec45296354abfa43f0f8e6cf5",
        member: "chgnet/pretrained/0.3.0/chgnet_0.3.0_e29f68s314m37.pth.tar",
    },
    Asset {
        name: "chgnet-r2scan",
        summary: "CHGNet trained on to r2SCAN energies of the Materials Project",
        licence: "BSD-3-Clause-LBNL",
        citation: "B. Deng et al., Nat. Mach. Intell. 5, 1031 (2023), doi:10.1038/s42256-023-00716-3",
        sha256: "768f89894f5dbf20abbb3b6943ed8440b82f97d03e7e50e7379388a76d45bdd9",
        member: "chgnet/pretrained/r2scan/chgnet_r2scan_transfer_learning_e15f36s161m23.pth.tar",
    },
];

/// The wheel of the Python package that holds them.
pub const WHEEL_URL: &str = "https://files.pythonhosted.org/packages/70/43/eb6677e8da6b60432a967239be3a77358c3dc50d7a6fe46d13c695119089/chgnet-0.4.2-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";

/// Its SHA-256, hexadecimal.
pub const WHEEL_SHA256: &str = "f60a3ed0dacc4657c511807eb1de44e12654e54d8f5a0cc483d1255564fb378a";

impl Asset {
    /// The weights of this name.
    ///
    /// # Errors
    /// [`AssetError::Unknown`].
    pub fn find(name: &str) -> Result<&'static Self, AssetError> {
        ASSETS.iter().find(|asset| asset.name == name).ok_or_else(|| AssetError::Unknown {
            name: name.to_owned(),
            known: ASSETS.map(|asset| asset.name).join(", "),
        })
    }

    /// The command that installs them.
    pub fn command(&self) -> String {
        format!("braggscape assets fetch {}", self.name)
    }
}

/// SHA-256 of bytes, hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    sha2::Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_found() {
        assert!(ASSETS.is_sorted_by_key(|asset| asset.name));
        assert_eq!(Asset::find("chgnet-r2scan").unwrap(), &ASSETS[1]);
        let e = Asset::find("chgnet").unwrap_err().to_string();
        assert!(e.contains("`chgnet`") && e.contains("chgnet-0.3.0, chgnet-r2scan"), "{e}");
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // FIPS 180-4, the message "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), expected);
    }
}
