//! What is embedded in every page: style sheet, charting library, our own script, and the policy that admits nothing else.

use super::escape::base64;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Read;

/// The style sheet.
pub(super) const STYLE: &str = include_str!("../../assets/report.css");
/// Our script: draws charts from embedded data.
pub(super) const SCRIPT: &str = include_str!("../../assets/report.js");
/// Plotly, compressed; see `assets/plotly/README.md`.
const PLOTLY: &[u8] = include_bytes!("../../assets/plotly/plotly-basic.min.js.gz");
/// SHA-256 of the uncompressed library.
const PLOTLY_SHA256: &str = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba";

/// The charting library as text.
///
/// # Panics
/// If the program was built with another file than the one whose hash is written here, which a test excludes.
pub(super) fn plotly() -> String {
    let mut text = String::new();
    let read = flate2::read::GzDecoder::new(PLOTLY).read_to_string(&mut text);
    assert!(
        read.is_ok() && hex(text.as_bytes()) == PLOTLY_SHA256,
        "the embedded library is damaged"
    );
    text
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// The content security policy of a page that runs these scripts: nothing is loaded, and no other script runs.
///
/// Styles are open, since charts set them; pictures are those in the page.
pub(super) fn policy(scripts: &[&str]) -> String {
    let hashes: Vec<String> = scripts
        .iter()
        .map(|s| format!("'sha256-{}'", base64(&Sha256::digest(s.as_bytes()))))
        .collect();
    format!(
        "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'",
        hashes.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_can_stand_in_a_page() {
        for script in [plotly().as_str(), SCRIPT] {
            let lower = script.to_ascii_lowercase();
            assert!(!lower.contains("</script") && !lower.contains("<!--"));
        }
        assert!(!STYLE.contains("</") && !STYLE.contains("url("));
    }

    #[test]
    fn the_policy_names_the_hash_of_a_script() {
        // printf 'alert(1)' | openssl dgst -sha256 -binary | openssl base64
        let expected = "script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';";
        assert!(policy(&["alert(1)"]).contains(expected), "{}", policy(&["alert(1)"]));
    }
}
