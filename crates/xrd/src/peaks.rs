//! Peak lists from reflections: coincident reflections merge, and are named by families.

use braggscape_pattern::{HklFamily, Peak};

/// One Friedel pair, both members counted in the intensity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stick {
    pub(crate) hkl: [i32; 3],
    pub(crate) two_theta: f64,
    pub(crate) g: f64,
    pub(crate) intensity: f64,
}

/// Reflections closer than this in 2theta, degrees, are one peak.
const SAME_ANGLE: f64 = 1e-5;

/// Merges sticks into peaks; peaks at or below `threshold` times the strongest are left out.
pub(crate) fn merge(mut sticks: Vec<Stick>, threshold: f64) -> Vec<Peak> {
    sticks.sort_by(|a, b| a.two_theta.total_cmp(&b.two_theta).then_with(|| b.hkl.cmp(&a.hkl)));
    let mut peaks: Vec<Peak> = Vec::new();
    let mut group: Vec<[i32; 3]> = Vec::new();
    for stick in &sticks {
        match peaks.last_mut() {
            Some(p) if stick.two_theta - p.two_theta < SAME_ANGLE => {
                p.intensity += stick.intensity;
            }
            last => {
                if let Some(p) = last {
                    p.hkls = families(&group);
                }
                group.clear();
                peaks.push(Peak {
                    two_theta: stick.two_theta,
                    intensity: stick.intensity,
                    d_spacing: 1.0 / stick.g,
                    hkls: Vec::new(),
                });
            }
        }
        group.push(stick.hkl);
        group.push(stick.hkl.map(|i| -i));
    }
    if let Some(p) = peaks.last_mut() {
        p.hkls = families(&group);
    }
    let strongest = peaks.iter().fold(0.0, |m: f64, p| m.max(p.intensity));
    peaks.retain(|p| p.intensity > threshold * strongest);
    peaks
}

/// Groups reflections whose indices agree up to sign and order; each family is named by its largest member.
fn families(hkls: &[[i32; 3]]) -> Vec<HklFamily> {
    let mut found: Vec<([u32; 3], HklFamily)> = Vec::new();
    for &hkl in hkls {
        let mut key = hkl.map(i32::unsigned_abs);
        key.sort_unstable();
        match found.iter_mut().find(|(k, _)| *k == key) {
            Some((_, family)) => {
                family.multiplicity += 1;
                family.hkl = family.hkl.max(hkl);
            }
            None => found.push((key, HklFamily { hkl, multiplicity: 1, four_index: false })),
        }
    }
    found.into_iter().map(|(_, family)| family).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coincident_reflections_merge_into_families() {
        let stick = |hkl, two_theta| Stick { hkl, two_theta, g: 0.5, intensity: 2.0 };
        let peaks = merge(
            vec![
                stick([1, 0, 0], 20.0),
                stick([0, 1, 0], 20.0),
                stick([0, 0, 1], 20.0 + 1e-7),
                stick([1, 1, 0], 30.0),
            ],
            0.0,
        );
        assert_eq!(peaks.len(), 2);
        let family = |hkl, multiplicity| HklFamily { hkl, multiplicity, four_index: false };
        assert_eq!(peaks[0].hkls, [family([1, 0, 0], 6)]);
        assert!((peaks[0].intensity - 6.0).abs() < 1e-12);
        assert_eq!(peaks[1].hkls, [family([1, 1, 0], 2)]);
    }
}
