//! The hypotheses are symmetries, and the true one is among them.

use braggscape_crystal::symmetry::{
    Hypothesis, HypothesisOptions, SymmetryAssignment, find_symmetry, hypotheses,
    hypotheses_weighed,
};
use braggscape_crystal::{CellParameters, Lattice, Structure, study_crystal, study_crystals};
use nalgebra::Vector3;

/// Normal deviates from a linear congruential generator with the method of Box & Muller.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (f64::from((self.0 >> 33) as u32) + 0.5) / f64::from(1_u32 << 31)
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(self.uniform())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }

    fn distort(&mut self, structure: &Structure, sigma: f64) -> Structure {
        let coords = structure.frac_coords();
        let moved: Vec<_> =
            coords.iter().map(|x| x.map(|v| (v + sigma * self.normal()).rem_euclid(1.0))).collect();
        structure.with_frac_coords(&moved).unwrap()
    }
}

fn of(structure: &Structure) -> Vec<Hypothesis> {
    hypotheses(structure, &HypothesisOptions { max_hypotheses: 60, ..Default::default() }).unwrap()
}

/// Shortest distance of two sites, Å.
fn shortest(s: &Structure) -> f64 {
    let mut least = f64::INFINITY;
    for (i, a) in s.sites().iter().enumerate() {
        for b in &s.sites()[..i] {
            let d = (a.frac - b.frac).map(|x| x - x.round());
            least = least.min(s.lattice().cart(&d).norm());
        }
    }
    least
}

/// The nearest structures have the symmetry that they are said to have: exactly by the action on the sites, and as moyo finds it.
#[test]
fn nearest_structures_have_the_symmetry_they_claim() {
    let mut noise = Noise(7);
    let mut searched = 0;
    for crystal in study_crystals() {
        let distorted = noise.distort(&crystal.structure(), 0.03);
        for h in of(&distorted).iter().take(12) {
            let (name, s) = (h.name(), h.structure());
            let assignment = h.assignment();
            assignment.check(s).unwrap();
            assert!(assignment.asymmetry(&s.frac_coords()) < 1e-9, "{name}");
            let n_free: usize = assignment.orbits().iter().map(|o| o.fixed.n_free()).sum();
            assert_eq!(n_free, h.n_free(), "{name}");
            // Sites on top of each other are no crystal to search.
            if shortest(s) < 0.5 {
                continue;
            }
            let found = find_symmetry(s, 1e-4).unwrap();
            for op in assignment.operations() {
                let has = found.operations.iter().any(|other| {
                    let off = (other.translation - op.translation).map(|x| (x - x.round()).abs());
                    other.rotation == op.rotation && off.max() < 1e-4
                });
                assert!(
                    has,
                    "{name}: {op} is not among the {} of {}",
                    found.operations.len(),
                    found.hm_symbol
                );
            }
            searched += 1;
        }
    }
    assert!(searched > 60, "{searched}");
}

/// What the truth is constrained to is among the hypotheses of a distorted copy, and near the top.
#[test]
fn the_true_symmetry_is_among_the_likely_ones() {
    let mut noise = Noise(11);
    for crystal in study_crystals() {
        let truth = crystal.structure();
        let symmetry = SymmetryAssignment::of(&truth, 0.01).unwrap();
        let n_free: usize = symmetry.orbits().iter().map(|o| o.fixed.n_free()).sum();
        let distorted = noise.distort(&truth, 0.03);
        let found = of(&distorted);
        // Its nearest structure is on the orbits of the truth: averaging the noise leaves less of it.
        let rank = found.iter().position(|h| {
            let same = h.number() == symmetry.number() && h.n_free() == n_free;
            let off = |a: &Vector3<f64>, b: &Vector3<f64>| (a - b).map(|x| x - x.round()).amax();
            let coords = h.structure().frac_coords();
            same && truth.frac_coords().iter().zip(&coords).all(|(a, b)| off(a, b) < 0.12)
        });
        assert!(rank.is_some_and(|rank| rank < 20), "{}: {rank:?}", crystal.name);
        assert!(found.iter().any(|h| h.number() == 1) || found.len() == 60, "{}", crystal.name);
    }
}

/// Every hypothesis is a different constraint, and P1 is one that leaves everything as it is.
#[test]
fn subgroups_and_the_identity_are_there_once_each() {
    let nas = study_crystal("NaS").unwrap().structure();
    let distorted = Noise(3).distort(&nas, 0.02);
    let found = hypotheses(&distorted, &HypothesisOptions::default()).unwrap();
    assert_eq!((found[0].number(), found[0].n_free()), (194, 1));
    // A hexagonal group, a subgroup of it, and P1.
    for (number, n_free) in [(186, 4), (156, 8), (1, 24)] {
        let same = found.iter().filter(|h| (h.number(), h.n_free()) == (number, n_free));
        assert!(same.count() > 0, "{number} {n_free}");
    }
    let p1: Vec<_> = found.iter().filter(|h| h.number() == 1).collect();
    assert_eq!(p1.len(), 1);
    assert!(p1[0].rms() < 1e-12 && p1[0].structure().frac_coords() == distorted.frac_coords());
}

/// A strained lattice keeps the rotations of a group only within a tolerance; the cell is then averaged.
#[test]
fn strained_cells_are_averaged() {
    let nas = study_crystal("NaS").unwrap().structure();
    let cell = CellParameters::new(4.6, 4.45, 10.3, 91.0, 89.0, 121.5);
    let strained = nas.with_lattice(Lattice::from_parameters(&cell).unwrap());
    let tight = of(&strained);
    // An inversion keeps every lattice.
    assert!(tight.iter().all(|h| h.number() <= 2));
    let options = HypothesisOptions { metric_tolerance: 0.15, ..Default::default() };
    let loose = hypotheses(&strained, &options).unwrap();
    let first = &loose[0];
    assert_eq!(first.number(), 194);
    let averaged = first.structure().cell();
    assert!((averaged.a - averaged.b).abs() < 1e-9 && (averaged.gamma - 120.0).abs() < 1e-9);
    assert!(first.strain() > 0.01 && first.rms() < 1e-6);
}

#[test]
fn what_is_weighed_out_is_not_tried() {
    let nas = study_crystal("NaS").unwrap().structure();
    let options = HypothesisOptions::default();
    let small = |operations: &[_]| (operations.len() <= 4).then_some(0.0);
    let found = hypotheses_weighed(&nas, &options, small).unwrap();
    assert!(!found.is_empty());
    assert!(found.iter().all(|h| h.assignment().operations().len() <= 4));
}

/// Given other coordinates, a hypothesis moves to the structure nearest to them, which its assignment still describes.
#[test]
fn a_hypothesis_follows_other_coordinates() {
    let mut noise = Noise(5);
    let truth = study_crystal("Li5SbO5").unwrap().structure();
    let found = of(&noise.distort(&truth, 0.02));
    let h = &found[0];
    let moved = h.nearest(&noise.distort(&truth, 0.02).frac_coords());
    assert!(h.assignment().asymmetry(&moved) < 1e-9);
    let mut placed = moved.clone();
    let orbits = h.orbits();
    let orbit = orbits.iter().find(|o| o.n_free > 0).unwrap();
    h.place(orbit, &Vector3::new(0.31, 0.12, 0.43), &mut placed);
    assert!(h.assignment().asymmetry(&placed) < 1e-9);
    assert!(orbit.sites.iter().any(|s| (placed[*s] - moved[*s]).amax() > 1e-3));
}
