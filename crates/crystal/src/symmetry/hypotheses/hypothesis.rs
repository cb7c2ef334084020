//! One symmetry that a distorted structure may have had.

use super::kinds::of_kind;
use super::orbits::{Choice, Placed, fit};
use super::setting::{GENERAL, Setting, is_same};
use crate::symmetry::SymmetryAssignment;
use crate::symmetry::assignment::SiteImage;
use crate::{Assignment, Structure};
use nalgebra::Vector3;

/// One kind of sites on its orbits.
#[derive(Debug, Clone)]
pub(super) struct KindOnOrbits {
    /// Sites of the structure.
    pub(super) sites: Vec<usize>,
    pub(super) choice: Choice,
    pub(super) orbits: Vec<Placed>,
}

/// A symmetry that a distorted structure may have had: a setting of a space group, a Wyckoff position for every site, and the nearest
/// structure that has both.
///
/// See [`hypotheses`](super::hypotheses).
#[derive(Debug, Clone)]
pub struct Hypothesis {
    pub(super) setting: &'static Setting,
    pub(super) kinds: Vec<KindOnOrbits>,
    pub(super) structure: Structure,
    pub(super) n_free: usize,
    pub(super) rms: f64,
    pub(super) strain: f64,
    pub(super) log_evidence: f64,
}

/// Sites that the symmetry of a [`Hypothesis`] carries into each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HypothesisOrbit {
    /// The sites, in the order of the positions of the Wyckoff position.
    pub sites: Vec<usize>,
    /// Wyckoff letter.
    pub wyckoff: char,
    /// Number of free coordinates.
    pub n_free: usize,
    /// The kind of sites: element and occupancy, numbered by first occurrence.
    pub kind: usize,
}

impl HypothesisOrbit {
    /// Whether orbits of different kinds may change places: both are on the same Wyckoff position, site for site.
    pub fn may_change_with(&self, other: &Self) -> bool {
        self.kind != other.kind && self.wyckoff == other.wyckoff
    }
}

impl Hypothesis {
    /// The orbits, kind by kind.
    pub fn orbits(&self) -> Vec<HypothesisOrbit> {
        let mut orbits = Vec::new();
        for (index, kind) in self.kinds.iter().enumerate() {
            for orbit in &kind.orbits {
                let position = &self.setting.positions[orbit.position];
                orbits.push(HypothesisOrbit {
                    sites: orbit.sites.iter().map(|s| kind.sites[*s]).collect(),
                    wyckoff: position.letter,
                    n_free: position.n_free,
                    kind: index,
                });
            }
        }
        orbits
    }

    /// Space-group number, 1 to 230.
    pub fn number(&self) -> i32 {
        self.setting.number
    }

    /// Hall number of the setting, 1 to 530.
    pub fn hall_number(&self) -> i32 {
        self.setting.hall_number
    }

    /// Short Hermann-Mauguin symbol without spaces, such as `"P6_3/mmc"`.
    pub fn hm_symbol(&self) -> &str {
        &self.setting.hm_symbol
    }

    /// The nearest structure of this symmetry to the distorted one, in the order of its sites: coordinates near those given, not
    /// wrapped, and the cell of the metric averaged over the group.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// Number of free coordinates.
    pub fn n_free(&self) -> usize {
        self.n_free
    }

    /// Root mean square displacement of the sites that it takes to reach the symmetry, Å.
    pub fn rms(&self) -> f64 {
        self.rms
    }

    /// Square root of the sum of the squared components of the strain that it takes to reach the symmetry.
    pub fn strain(&self) -> f64 {
        self.strain
    }

    /// ln of the evidence: see [`hypotheses`](super::hypotheses).
    pub fn log_evidence(&self) -> f64 {
        self.log_evidence
    }

    /// Puts an orbit where its first site is as near to x as the symmetry allows.
    ///
    /// # Panics
    /// If the orbit is none of this hypothesis.
    pub fn place(
        &self,
        orbit: &HypothesisOrbit,
        x: &Vector3<f64>,
        frac_coords: &mut [Vector3<f64>],
    ) {
        let letter = |p: &&super::setting::Position| p.letter == orbit.wyckoff;
        let position = self.setting.positions.iter().find(letter);
        let position = position.expect("a Wyckoff position of the setting");
        let (u, _) = position.members[0].nearest(x);
        for (member, site) in position.members.iter().zip(&orbit.sites) {
            frac_coords[*site] = member.at(&u);
        }
    }

    /// What the hypothesis is in words, such as "P6_3/mmc Na 2a 2b, S 4f".
    pub fn name(&self) -> String {
        let mut text = self.setting.hm_symbol.clone();
        for (i, kind) in self.kinds.iter().enumerate() {
            let element = self.structure.sites()[kind.sites[0]].element;
            text.push_str(if i == 0 { " " } else { ", " });
            text.push_str(element.symbol());
            for (index, n_orbits) in &kind.choice {
                let position = &self.setting.positions[*index];
                for _ in 0..*n_orbits {
                    text.push(' ');
                    text.push_str(&position.multiplicity().to_string());
                    text.push(position.letter);
                }
            }
        }
        text
    }

    /// The symmetry as an action on the sites of the structure.
    pub fn assignment(&self) -> SymmetryAssignment {
        let coords = self.structure.frac_coords();
        let blank = SiteImage { site: 0, cell: Vector3::zeros() };
        let operations = &self.setting.operations;
        let mut images = vec![vec![blank; coords.len()]; operations.len()];
        let mut wyckoffs = vec!['a'; coords.len()];
        for kind in &self.kinds {
            for orbit in &kind.orbits {
                let position = &self.setting.positions[orbit.position];
                let mut u = Vector3::from(GENERAL);
                (position.n_free..3).for_each(|i| u[i] = 0.0);
                let points: Vec<_> = position.members.iter().map(|m| m.at(&u)).collect();
                let sites: Vec<usize> = orbit.sites.iter().map(|s| kind.sites[*s]).collect();
                for (op, images) in operations.iter().zip(&mut images) {
                    for (point, site) in points.iter().zip(&sites) {
                        let image = op.apply(point);
                        // Every operation carries an orbit to itself.
                        let to = points.iter().position(|p| is_same(p, &image)).unwrap_or(0);
                        let shift = op.apply(&coords[*site]) - coords[sites[to]];
                        let cell = shift.map(|x| x.round() as i32);
                        images[*site] = SiteImage { site: sites[to], cell };
                    }
                }
                for site in sites {
                    wyckoffs[site] = position.letter;
                }
            }
        }
        SymmetryAssignment::from_action(
            (self.setting.number, &self.setting.hm_symbol),
            &self.structure,
            operations.clone(),
            images,
            &wyckoffs,
        )
    }

    /// The nearest structure of this symmetry to other coordinates of the same sites, where sites of a kind may take each other's place;
    /// the cell is that of [`structure`](Self::structure). Its sites stand as those of [`structure`](Self::structure) do: the
    /// same [`assignment`](Self::assignment) holds, up to lattice vectors.
    ///
    /// # Panics
    /// If there are not as many coordinates as sites.
    pub fn nearest(&self, frac_coords: &[Vector3<f64>]) -> Vec<Vector3<f64>> {
        assert_eq!(frac_coords.len(), self.structure.n_sites(), "one coordinate triple a site");
        let mut solver = Assignment::default();
        let mut coords = self.structure.frac_coords();
        for kind in &self.kinds {
            let x = of_kind(&kind.sites, frac_coords);
            let found = fit(self.setting, &kind.choice, &x, &mut solver);
            for (new, old) in found.orbits.iter().zip(&kind.orbits) {
                let position = &self.setting.positions[old.position];
                for (member, site) in position.members.iter().zip(&old.sites) {
                    coords[kind.sites[*site]] = member.at(&new.u);
                }
            }
        }
        coords
    }
}
