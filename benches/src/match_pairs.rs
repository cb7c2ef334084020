//! The pairs of structures on which matchers are timed: crystals against their distorted copies, from the fixtures of the matcher.

use anyhow::{Context as _, bail};
use braggscape_crystal::{Element, Lattice, Site, Structure};
use braggscape_metrics::StructureMatcherOptions;
use flate2::read::GzDecoder;
use nalgebra::Vector3;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Fixtures that begin with the ten study crystals.
const FIXTURES: [&str; 2] = ["matcher-strain", "matcher-coords"];

/// Study crystals at the head of each.
const N_STUDY: usize = 10;

/// A pair.
#[derive(Debug, Clone)]
pub struct MatchPair {
    /// Which set it belongs to: `study crystals` or `MP-20 rows`.
    pub set: &'static str,
    /// Noise of the copy, such as `strain 0.05`.
    pub kind: String,
    /// The crystal.
    pub a: Structure,
    /// The distorted copy.
    pub b: Structure,
    /// Tolerances.
    pub options: StructureMatcherOptions,
}

#[derive(Deserialize)]
struct Fixture {
    configs: Vec<StructureMatcherOptions>,
    structures: Vec<Entry>,
    pairs: Vec<Listed>,
}

/// Kind, first and second structure, options, verdict, rms, largest distance.
type Listed = (String, usize, usize, usize, bool, Option<f64>, Option<f64>);

#[derive(Deserialize)]
struct Entry {
    l: [f64; 9],
    of: Option<usize>,
    z: Option<Vec<i64>>,
    x: Option<Vec<f64>>,
}

impl Fixture {
    fn read(name: &str) -> anyhow::Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
        let path = folder.join(format!("{name}.json.gz"));
        let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_reader(BufReader::new(GzDecoder::new(file)))
            .with_context(|| format!("{} is not a fixture of the matcher", path.display()))
    }

    fn structure(&self, index: usize) -> anyhow::Result<Structure> {
        let own = &self.structures[index];
        let base = own.of.map(|i| &self.structures[i]);
        let numbers = own.z.as_ref().or(base.and_then(|b| b.z.as_ref()));
        let coords = own.x.as_ref().or(base.and_then(|b| b.x.as_ref()));
        let (Some(numbers), Some(coords)) = (numbers, coords) else {
            bail!("structure {index} of a fixture has no sites");
        };
        let sites = numbers.iter().zip(coords.chunks_exact(3)).map(|(z, f)| {
            Ok(Site::new(Element::from_atomic_number(*z)?, Vector3::new(f[0], f[1], f[2])))
        });
        let sites = sites.collect::<anyhow::Result<_>>()?;
        let l = own.l;
        let rows = [[l[0], l[1], l[2]], [l[3], l[4], l[5]], [l[6], l[7], l[8]]];
        Ok(Structure::new(Lattice::from_rows(rows)?, sites)?)
    }
}

/// One in `every` of the pairs in which an undistorted crystal comes first, with the tolerances of the study and the defaults.
///
/// # Errors
/// If a fixture cannot be read.
pub fn match_pairs(every: usize) -> anyhow::Result<Vec<MatchPair>> {
    let mut pairs = Vec::new();
    for name in FIXTURES {
        let fixture = Fixture::read(name)?;
        let crystals =
            (0..fixture.structures.len()).filter(|i| fixture.structures[*i].of.is_none());
        let study: Vec<usize> = crystals.take(N_STUDY).collect();
        let plain = |o: &StructureMatcherOptions| {
            *o == StructureMatcherOptions::default() || *o == StructureMatcherOptions::study()
        };
        let wanted = fixture.pairs.iter().filter(|(_, a, _, config, ..)| {
            fixture.structures[*a].of.is_none() && plain(&fixture.configs[*config])
        });
        for (kind, a, b, config, ..) in wanted.step_by(every.max(1)) {
            pairs.push(MatchPair {
                set: if study.contains(a) { "study crystals" } else { "MP-20 rows" },
                kind: kind.clone(),
                a: fixture.structure(*a)?,
                b: fixture.structure(*b)?,
                options: fixture.configs[*config],
            });
        }
    }
    Ok(pairs)
}

/// The pairs as the script of `tests/peers/matcher` reads them.
pub fn match_pairs_to_json(pairs: &[MatchPair]) -> Value {
    let structure = |s: &Structure| {
        let numbers: Vec<_> = s.sites().iter().map(|x| x.element.atomic_number()).collect();
        let coords: Vec<[f64; 3]> = s.frac_coords().iter().map(|f| (*f).into()).collect();
        json!({ "rows": s.lattice().rows(), "numbers": numbers, "coords": coords })
    };
    let structures: Vec<Value> =
        pairs.iter().flat_map(|p| [structure(&p.a), structure(&p.b)]).collect();
    let rows = pairs.iter().enumerate().map(|(i, p)| {
        let o = &p.options;
        json!({ "a": 2 * i, "b": 2 * i + 1, "ltol": o.ltol, "stol": o.stol, "angle_tol": o.angle_tol })
    });
    json!({ "structures": structures, "pairs": rows.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sets_are_there_with_crystals_and_their_copies() {
        let pairs = match_pairs(7).unwrap();
        for set in ["study crystals", "MP-20 rows"] {
            let n = pairs.iter().filter(|p| p.set == set).count();
            assert!(n > 100, "{n} pairs of {set}");
        }
        assert!(pairs.iter().all(|p| p.a.n_sites() == p.b.n_sites() && p.a != p.b));
        let json = match_pairs_to_json(&pairs);
        assert_eq!(json["structures"].as_array().unwrap().len(), 2 * pairs.len());
    }
}
