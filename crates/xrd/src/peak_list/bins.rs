//! Reflections to peaks, by pymatgen's rules.

use braggscape_crystal::Lattice;
use braggscape_pattern::{HklFamily, Peak};

/// Reflections whose 2theta round to the same multiple of this, degrees, are one peak.
const BIN: f64 = 1e-5;

/// Peaks at or below this percentage of the strongest are left out.
pub(super) const LEAST_PERCENT: f64 = 1e-3;

/// One Friedel pair, both members counted in the intensity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reflection {
    pub(super) hkl: [i32; 3],
    pub(super) g: f64,
    pub(super) intensity: f64,
}

/// Whether families of a lattice are named by four indices.
pub(super) fn looks_hexagonal(lattice: &Lattice) -> bool {
    let (lengths, angles) = (lattice.lengths(), lattice.angles());
    let near = |x: f64, to: f64| (x - to).abs() <= 5.0;
    let right: Vec<usize> = (0..3).filter(|&i| near(angles[i], 90.0)).collect();
    let n_hexagonal = angles.iter().filter(|&&x| near(x, 60.0) || near(x, 120.0)).count();
    match right[..] {
        [i, j] => n_hexagonal == 1 && (lengths[i] - lengths[j]).abs() <= 0.01,
        _ => false,
    }
}

/// Sorts reflections by (g, -h, -k, -l) and merges those of one bin; peaks ascend in 2theta and none is left out.
pub(super) fn merge(
    reflections: &mut [Reflection],
    wavelength: f64,
    four_index: bool,
) -> Vec<Peak> {
    // All g are positive numbers, whose bits are ordered as they are.
    reflections
        .sort_unstable_by(|a, b| a.g.to_bits().cmp(&b.g.to_bits()).then_with(|| b.hkl.cmp(&a.hkl)));
    let mut peaks: Vec<Peak> = Vec::new();
    let mut families = Families { four_index, keys: Vec::new(), found: Vec::new() };
    let (mut bin, mut g, mut angle) = (f64::NEG_INFINITY, 0.0, 0.0);
    for r in reflections.iter() {
        if r.g > g {
            g = r.g;
            angle = (2.0 * libm::asin(0.5 * wavelength * g)).to_degrees();
        }
        let own = (angle / BIN).round_ties_even();
        match peaks.last_mut() {
            Some(p) if own <= bin => p.intensity += r.intensity,
            last => {
                if let Some(p) = last {
                    p.hkls = families.take();
                }
                bin = own;
                peaks.push(Peak {
                    two_theta: angle,
                    intensity: r.intensity,
                    d_spacing: 1.0 / r.g,
                    hkls: Vec::new(),
                });
            }
        }
        families.add(r.hkl);
    }
    if let Some(p) = peaks.last_mut() {
        p.hkls = families.take();
    }
    peaks
}

/// The families of one peak as they are found.
struct Families {
    four_index: bool,
    /// Absolute indices in ascending order (the first 0 if there are three).
    keys: Vec<[u32; 4]>,
    found: Vec<HklFamily>,
}

impl Families {
    /// Adds a Friedel pair, given by its larger member.
    fn add(&mut self, hkl: [i32; 3]) {
        let [h, k, l] = hkl.map(i32::unsigned_abs);
        let i = if self.four_index { (hkl[0] + hkl[1]).unsigned_abs() } else { 0 };
        let mut key = [h, k, l, i];
        key.sort_unstable();
        if let Some(n) = self.keys.iter().position(|other| *other == key) {
            let family = &mut self.found[n];
            family.multiplicity += 2;
            family.hkl = family.hkl.max(hkl);
        } else {
            self.keys.push(key);
            self.found.push(HklFamily { hkl, multiplicity: 2, four_index: self.four_index });
        }
    }

    fn take(&mut self) -> Vec<HklFamily> {
        self.keys.clear();
        let found = self.found.clone();
        self.found.clear();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::CellParameters;

    fn reflection(hkl: [i32; 3], g: f64) -> Reflection {
        Reflection { hkl, g, intensity: 2.0 }
    }

    #[test]
    fn reflections_of_a_bin_are_one_peak_with_the_first_ones_angle() {
        let step = 1e-9;
        let mut list = [
            reflection([1, 1, 0], 0.8),
            reflection([0, 0, 1], 0.5 + step),
            reflection([0, 1, 0], 0.5),
            reflection([1, 0, 0], 0.5),
        ];
        let peaks = merge(&mut list, 1.0, false);
        assert_eq!(list[0].hkl, [1, 0, 0]);
        assert_eq!(peaks.len(), 2);
        assert!((peaks[0].two_theta - 2.0 * libm::asin(0.25).to_degrees()).abs() < 1e-12);
        assert!((peaks[0].intensity - 6.0).abs() < 1e-12);
        let family = |hkl, multiplicity| HklFamily { hkl, multiplicity, four_index: false };
        assert_eq!(peaks[0].hkls, [family([1, 0, 0], 6)]);
        assert_eq!(peaks[1].hkls, [family([1, 1, 0], 2)]);
    }

    #[test]
    fn four_indices_make_other_families_than_three() {
        // (1 1 -2 0) and (2 -1 -1 0) are one family of hexagonal cells, (1 1 0) and (2 -1 0) are two families of others.
        let pair = [reflection([2, -1, 0], 0.5), reflection([1, 1, 0], 0.5)];
        let four = merge(&mut pair.clone(), 1.0, true);
        assert_eq!(four[0].hkls.len(), 1);
        assert_eq!(four[0].hkls[0].indices(), [2, -1, -1, 0]);
        assert_eq!(merge(&mut pair.clone(), 1.0, false)[0].hkls.len(), 2);
    }

    #[test]
    fn lattices_near_hexagonal_count_as_hexagonal() {
        let hexagonal = |p: [f64; 6]| {
            looks_hexagonal(&Lattice::from_parameters(&CellParameters::from_array(p)).unwrap())
        };
        assert!(hexagonal([3.0, 3.0, 5.0, 90.0, 90.0, 120.0]));
        assert!(hexagonal([3.0, 3.009, 5.0, 94.0, 87.0, 57.0]));
        assert!(hexagonal([5.0, 3.0, 3.0, 120.0, 90.0, 90.0]));
        assert!(!hexagonal([3.0, 3.02, 5.0, 90.0, 90.0, 120.0]));
        assert!(!hexagonal([3.0, 3.0, 5.0, 90.0, 96.0, 120.0]));
        assert!(!hexagonal([3.0, 3.0, 3.0, 90.0, 90.0, 90.0]));
        assert!(!hexagonal([3.0, 3.0, 3.0, 60.0, 60.0, 60.0]));
    }
}
