//! A fixture beside the committed one.

use anyhow::{Context as _, bail};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

/// How far numbers of a JSON fixture may differ, for programs whose sums depend on the processor: `tolerance` times the larger of 1 and
/// the committed number. The file `check.toml` of an oracle.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tolerance {
    tolerance: f64,
}

impl Tolerance {
    /// Of an oracle's folder; `None` where fixtures are the same byte by byte.
    pub(super) fn of(folder: &Path) -> anyhow::Result<Option<Self>> {
        let path = folder.join("check.toml");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let found: Self = toml::from_str(&text)
                    .with_context(|| format!("cannot understand {}", path.display()))?;
                if !(found.tolerance > 0.0 && found.tolerance < 1.0) {
                    bail!("{}: tolerance must be above 0 and below 1", path.display());
                }
                Ok(Some(found))
            }
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

/// How a fixture differs from the committed one, after decompression: compressors of one stream may differ.
pub(super) fn difference(
    new: &Path,
    committed: &Path,
    tolerance: Option<Tolerance>,
) -> anyhow::Result<Option<String>> {
    if !committed.is_file() {
        return Ok(Some("is not committed".to_owned()));
    }
    let paths = [new, committed];
    let (new, committed) = (contents(new)?, contents(committed)?);
    if new == committed {
        return Ok(None);
    }
    if let Some(Tolerance { tolerance }) = tolerance {
        let value = |bytes: &[u8], path: &Path| {
            serde_json::from_slice(bytes)
                .with_context(|| format!("{} is no JSON to be compared by number", path.display()))
        };
        let (new, committed) = (value(&new, paths[0])?, value(&committed, paths[1])?);
        return Ok(unlike(&new, &committed, tolerance, "$"));
    }
    let at = new.iter().zip(&committed).take_while(|(a, b)| a == b).count();
    let around = |bytes: &[u8]| {
        String::from_utf8_lossy(&bytes[at.saturating_sub(30)..(at + 30).min(bytes.len())])
            .into_owned()
    };
    Ok(Some(format!(
        "differs at byte {at} of {} (committed {}): `{}` was `{}`",
        new.len(),
        committed.len(),
        around(&new),
        around(&committed)
    )))
}

fn contents(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    if path.extension().is_some_and(|ending| ending == "gz") {
        let mut text = Vec::new();
        let mut decoder = MultiGzDecoder::new(bytes.as_slice());
        decoder
            .read_to_end(&mut text)
            .with_context(|| format!("cannot decompress {}", path.display()))?;
        bytes = text;
    }
    Ok(bytes)
}

/// Where and how two values differ by more than the tolerance.
fn unlike(new: &Value, committed: &Value, tolerance: f64, at: &str) -> Option<String> {
    let differs = || Some(format!("{at} differs: `{}` was `{}`", short(new), short(committed)));
    match (new, committed) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(i, (a, b))| unlike(a, b, tolerance, &format!("{at}[{i}]")))
        }
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => a
            .iter()
            .zip(b.values())
            .find_map(|((key, a), b)| unlike(a, b, tolerance, &format!("{at}.{key}"))),
        (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64()?, b.as_f64()?);
            if (a - b).abs() <= tolerance * b.abs().max(1.0) { None } else { differs() }
        }
        _ if new == committed => None,
        _ => differs(),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 40 {
        text
    } else {
        text.chars().take(40).chain("..".chars()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    #[test]
    fn fixtures_are_compared_after_decompression() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str, level: u32| {
            let path = folder.path().join(name);
            let mut encoder =
                GzEncoder::new(fs::File::create(&path).unwrap(), Compression::new(level));
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap();
            path
        };
        let committed = write("a.json.gz", "[1.0, 2.0]", 9);
        assert_eq!(
            difference(&write("b.json.gz", "[1.0, 2.0]", 0), &committed, None).unwrap(),
            None
        );
        let what =
            difference(&write("c.json.gz", "[1.0, 3.0]", 9), &committed, None).unwrap().unwrap();
        assert!(what.contains("byte 6 of 10"), "{what}");
        let what =
            difference(&write("d.json.gz", "[1.0, 2.0", 9), &committed, None).unwrap().unwrap();
        assert!(what.contains("byte 9 of 9 (committed 10)"), "{what}");
        let what =
            difference(&committed, &folder.path().join("none.json.gz"), None).unwrap().unwrap();
        assert!(what.contains("not committed"), "{what}");
    }

    #[test]
    fn numbers_are_compared_within_a_tolerance_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        assert!(Tolerance::of(folder.path()).unwrap().is_none());
        write("check.toml", "tolerance = 1e-6");
        let tolerance = Tolerance::of(folder.path()).unwrap();
        let committed = write("a.json", r#"{"n": 3, "x": [{"y": 100.0}, {"y": -0.5}], "z": "s"}"#);
        let check = |text: &str| difference(&write("b.json", text), &committed, tolerance).unwrap();
        let same = r#"{"n": 3, "x": [{"y": 100.00009}, {"y": -0.5000009}], "z": "s"}"#;
        assert_eq!(check(same), None);
        for (text, expected) in [
            (same.replace("0.5000009", "0.5000011"), "$.x[1].y differs: `-0.5000011` was `-0.5`"),
            (same.replace("00009", "00011"), "$.x[0].y differs: `100.00011` was `100.0`"),
            (same.replace("\"n\": 3", "\"n\": 4"), "$.n differs: `4` was `3`"),
            (same.replace("\"s\"", "\"t\""), "$.z differs: `\"t\"` was `\"s\"`"),
            (same.replace("\"n\"", "\"m\""), "$ differs"),
        ] {
            assert!(check(&text).unwrap().starts_with(expected), "{text}: {:?}", check(&text));
        }
        let e = difference(&write("b.json", "[NaN]"), &committed, tolerance).unwrap_err();
        assert!(format!("{e:#}").contains("b.json is no JSON"), "{e:#}");
        for tolerance in ["inf", "-1e-6"] {
            write("check.toml", &format!("tolerance = {tolerance}"));
            let e = Tolerance::of(folder.path()).unwrap_err().to_string();
            assert!(e.contains("check.toml: tolerance must be"), "{e}");
        }
        write("check.toml", "tolerence = 1e-6");
        let e = format!("{:#}", Tolerance::of(folder.path()).unwrap_err());
        assert!(e.contains("check.toml") && e.contains("tolerence"), "{e}");
    }
}
