//! AMD and PDD do not see how a crystal is described, and their distances are distances.

use crate::structures::{
    crystals, permuted, rebased, rutile, shifted, strained, structure, unimodular,
};
use braggscape_crystal::{Lattice, Site, Structure, wrap_unit};
use braggscape_metrics::{
    AmdLinf, AmdScratch, EmdScratch, MAX_NEIGHBOURS, Metric, MetricError, Pdd, PddEmd, PddOptions,
    amd, amd_by_element, amd_linf, amd_with, pdd_emd, pdd_emd_with,
};
use nalgebra::{Matrix3, Rotation3, Vector3};
use proptest::prelude::*;

const K: usize = 40;

fn options(by_element: bool) -> PddOptions {
    PddOptions { k: K, collapse_tol: 1e-4, by_element }
}

fn pdd(s: &Structure) -> Pdd {
    Pdd::new(s, &options(false)).unwrap()
}

/// The cell repeated along its axes.
fn supercell(s: &Structure, n: [u8; 3]) -> Structure {
    let size = Vector3::from(n.map(f64::from));
    let lattice = Lattice::from_columns(s.lattice().columns() * Matrix3::from_diagonal(&size));
    let [a, b, c] = n;
    let cells = (0..a).flat_map(|i| (0..b).flat_map(move |j| (0..c).map(move |k| [i, j, k])));
    let sites = cells.flat_map(|cell| {
        let origin = Vector3::from(cell.map(f64::from));
        s.sites().iter().map(move |x| Site { frac: (x.frac + origin).component_div(&size), ..*x })
    });
    Structure::new(lattice.unwrap(), sites.collect()).unwrap()
}

/// Distances from every point by looking at all images within a cube of cells.
fn brute(s: &Structure, k: usize, cells: i32) -> Vec<f64> {
    let mut mean = vec![0.0; k];
    for a in s.sites() {
        let mut found = Vec::new();
        for b in s.sites() {
            for i in -cells..=cells {
                for j in -cells..=cells {
                    for l in -cells..=cells {
                        let t = Vector3::new(f64::from(i), f64::from(j), f64::from(l));
                        found.push(s.lattice().cart(&(b.frac + t - a.frac)).norm());
                    }
                }
            }
        }
        found.sort_by(f64::total_cmp);
        for (sum, d) in mean.iter_mut().zip(&found[1..]) {
            *sum += d / s.n_sites() as f64;
        }
    }
    mean
}

/// The crystal and its image by inversion at a point, and on demand both again half a cell further.
fn with_symmetry(s: &Structure, centre: Vector3<f64>, centred: bool) -> Structure {
    let mut sites = s.sites().to_vec();
    sites.extend(s.sites().iter().map(|x| Site { frac: 2.0 * centre - x.frac, ..*x }));
    if centred {
        let half = Vector3::new(0.5, 0.5, 0.0);
        sites.extend_from_within(..);
        let n = sites.len() / 2;
        sites[n..].iter_mut().for_each(|x| x.frac += half);
    }
    for x in &mut sites {
        x.frac = x.frac.map(wrap_unit);
    }
    Structure::new(*s.lattice(), sites).unwrap()
}

/// No distance between the two descriptions of a crystal, whatever is asked for.
fn is_same(a: &Structure, b: &Structure) -> Result<(), TestCaseError> {
    for by_element in [false, true] {
        let linf = AmdLinf::new(options(by_element)).unwrap().evaluate(a, b).unwrap();
        let emd = PddEmd::new(options(by_element)).unwrap().evaluate(a, b).unwrap();
        prop_assert!(linf < 1e-9 && emd < 1e-9, "{linf} and {emd}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn descriptions_of_one_crystal_have_no_distance(
        s in crystals(),
        u in unimodular(),
        shift in prop::array::uniform3(-1.0..1.0_f64),
        turn in prop::array::uniform3(-3.0..3.0_f64),
        n in prop::array::uniform3(1..=2_u8),
    ) {
        let reversed: Vec<usize> = (0..s.n_sites()).rev().collect();
        is_same(&s, &permuted(&s, &reversed))?;
        is_same(&s, &shifted(&s, Vector3::from(shift)))?;
        is_same(&s, &rebased(&s, u))?;
        let rotation = *Rotation3::new(Vector3::from(turn)).matrix();
        is_same(&s, &strained(&s, rotation))?;
        is_same(&s, &strained(&s, -rotation))?;
        is_same(&s, &supercell(&s, n))?;
    }

    #[test]
    fn vectors_are_those_of_looking_at_all_images(s in crystals()) {
        let expected = brute(&s, 30, 6);
        prop_assert!(amd_linf(&amd(&s, 30).unwrap(), &expected).unwrap() < 1e-12);
    }

    #[test]
    fn points_that_symmetry_exchanges_count_each(
        s in crystals(),
        centre in prop::array::uniform3(0.0..1.0_f64),
        centred in any::<bool>(),
        order in any::<prop::sample::Index>(),
    ) {
        let symmetric = with_symmetry(&s, Vector3::from(centre), centred);
        // Whichever point is the first.
        let n = symmetric.n_sites();
        let order: Vec<usize> = (0..n).map(|i| (i + order.index(n)) % n).collect();
        let symmetric = permuted(&symmetric, &order);
        let expected = brute(&symmetric, 20, 4);
        let vector = amd(&symmetric, 20).unwrap();
        prop_assert!(amd_linf(&vector, &expected).unwrap() < 1e-12);
        let pdd = Pdd::new(&symmetric, &PddOptions { k: 20, ..options(true) }).unwrap();
        prop_assert!(amd_linf(&pdd.amd(), &expected).unwrap() < 1e-12);
        prop_assert_eq!(pdd.n_points(), n as u64);
        // A displacement too small to matter hides the symmetry.
        let mut frac = symmetric.frac_coords();
        frac[0].x += 1e-11;
        let hidden = symmetric.with_frac_coords(&frac).unwrap();
        is_same(&symmetric, &hidden)?;
    }

    #[test]
    fn distances_obey_the_laws_of_distances(a in crystals(), b in crystals(), c in crystals()) {
        let [pa, pb, pc] = [&a, &b, &c].map(pdd);
        let (ab, bc, ac) = (pdd_emd(&pa, &pb).unwrap(), pdd_emd(&pb, &pc).unwrap(), pdd_emd(&pa, &pc).unwrap());
        prop_assert!((ab - pdd_emd(&pb, &pa).unwrap()).abs() < 1e-12);
        prop_assert!(ac <= ab + bc + 1e-12);
        prop_assert!(pdd_emd(&pa, &pa).unwrap() < 1e-12);
        let linf = |x: &Pdd, y: &Pdd| amd_linf(&x.amd(), &y.amd()).unwrap();
        prop_assert!(linf(&pa, &pb) <= ab + 1e-12);
        prop_assert!(linf(&pa, &pc) <= linf(&pa, &pb) + linf(&pb, &pc) + 1e-12);
        // Elements can only hinder what moves.
        let by_element = |s: &Structure| Pdd::new(s, &options(true)).unwrap();
        prop_assert!(pdd_emd(&by_element(&a), &by_element(&b)).unwrap() >= ab - 2e-4);
    }

    #[test]
    fn small_displacements_are_small_distances(
        s in crystals(),
        moves in prop::collection::vec(prop::array::uniform3(-1.0..1.0_f64), 6),
        size in 1e-6..0.3_f64,
    ) {
        let mut frac = s.frac_coords();
        for (frac, by) in frac.iter_mut().zip(&moves) {
            let by = Vector3::from(*by);
            *frac += s.lattice().frac(&(by / by.norm().max(1.0) * size));
        }
        let moved = s.with_frac_coords(&frac).unwrap();
        // Rows that collapse add their tolerance on both sides.
        let emd = pdd_emd(&pdd(&s), &pdd(&moved)).unwrap();
        prop_assert!(emd <= 2.0 * size + 2e-4, "{emd} after {size}");
        let linf = amd_linf(&amd(&s, K).unwrap(), &amd(&moved, K).unwrap()).unwrap();
        prop_assert!(linf <= 2.0 * size + 1e-12, "{linf} after {size}");
    }

    #[test]
    fn scratch_space_never_changes_a_bit(structures in prop::collection::vec(crystals(), 4)) {
        let (mut scratch, mut transport) = (AmdScratch::default(), EmdScratch::default());
        let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        for s in &structures {
            let mut kept = vec![0.0; K];
            amd_with(s, &mut kept, &mut scratch).unwrap();
            prop_assert_eq!(bits(&kept), bits(&amd(s, K).unwrap()));
            let kept = Pdd::with(s, &options(false), &mut scratch).unwrap();
            prop_assert_eq!(&kept, &pdd(s));
            let first = pdd(&structures[0]);
            let emd = pdd_emd_with(&kept, &first, &mut transport).unwrap();
            prop_assert_eq!(emd.to_bits(), pdd_emd(&kept, &first).unwrap().to_bits());
        }
    }
}

#[test]
fn elements_tell_apart_what_positions_do_not() {
    // Caesium chloride and iron: the same positions.
    let rows = [[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0]];
    let of = |a, b| structure(rows, &[(a, [0.0; 3]), (b, [0.5; 3])]);
    let (salt, iron) = (of("Cs", "Cl"), of("Fe", "Fe"));
    let plain = options(false);
    let by_element = options(true);
    assert!(PddEmd::new(plain).unwrap().evaluate(&salt, &iron).unwrap() < 1e-12);
    assert!(PddEmd::new(by_element).unwrap().evaluate(&salt, &iron).unwrap().is_infinite());
    assert!(AmdLinf::new(by_element).unwrap().evaluate(&salt, &iron).unwrap().is_infinite());
    // Swapped elements at positions that differ: chains of spacing 1 and 2.
    let rows = [[3.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 9.0]];
    let chain = |s: [&'static str; 4]| {
        let at = [[0.0; 3], [1.0 / 3.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.5, 0.5]];
        structure(rows, &[(s[0], at[0]), (s[1], at[1]), (s[2], at[2]), (s[3], at[3])])
    };
    let (first, second) = (chain(["H", "H", "F", "F"]), chain(["F", "F", "H", "H"]));
    assert!(PddEmd::new(plain).unwrap().evaluate(&first, &second).unwrap() < 1e-12);
    let nearest = PddOptions { k: 1, ..by_element };
    // Nearest neighbours at 1 Å and at 1.5 Å change places.
    let emd = PddEmd::new(nearest).unwrap().evaluate(&first, &second).unwrap();
    assert!((emd - 0.5).abs() < 1e-12, "{emd}");
    let linf = AmdLinf::new(nearest).unwrap().evaluate(&first, &second).unwrap();
    assert!((linf - 0.5).abs() < 1e-12, "{linf}");
    // The vectors between elements, weighted by how many neighbours they have, hold those without elements.
    let pairs = amd_by_element(&first, 1).unwrap();
    assert_eq!(pairs.pairs().len(), 4);
    let nearest = amd(&first, 1).unwrap()[0];
    assert!((nearest - 1.25).abs() < 1e-12, "{nearest}");
}

#[test]
fn shared_positions_are_one_point() {
    let rows = [[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0]];
    let pure = structure(rows, &[("Au", [0.25; 3])]);
    let site = pure.sites()[0];
    let copper = structure(rows, &[("Cu", [0.25; 3])]).sites()[0];
    let mixed = Structure::new(
        *pure.lattice(),
        vec![
            Site { occupancy: 0.4, ..copper },
            Site { occupancy: 0.6, frac: site.frac.add_scalar(1.0), ..site },
        ],
    )
    .unwrap();
    for by_element in [false, true] {
        let options = options(by_element);
        assert!(PddEmd::new(options).unwrap().evaluate(&pure, &mixed).unwrap() < 1e-12);
        assert!(AmdLinf::new(options).unwrap().evaluate(&pure, &mixed).unwrap() < 1e-12);
    }
}

#[test]
fn unusual_cells_are_exact() {
    // Flat, long and needle-like cells, and one described by vectors a thousand times too long.
    let needle = [[1.0, 0.0, 0.0], [0.2, 1.2, 0.0], [0.1, 0.3, 60.0]];
    let plate = [[1.3, 0.0, 0.0], [0.1, 45.0, 0.0], [0.2, 0.3, 50.0]];
    for rows in [needle, plate] {
        let s =
            structure(rows, &[("C", [0.0; 3]), ("C", [0.4, 0.3, 0.02]), ("C", [0.1, 0.5, 0.5])]);
        let expected = brute(&s, 20, 24);
        assert!(amd_linf(&amd(&s, 20).unwrap(), &expected).unwrap() < 1e-12);
    }
    let s = rutile();
    let skewed = rebased(
        &s,
        Matrix3::new(1.0, 300.0, -70_000.0, 0.0, 1.0, 0.0, 0.0, 20.0, 1.0).map(f64::round),
    );
    // An entry of 3e5 Å leaves some 1e-10 Å of the coordinates.
    let e = amd(&skewed, 100);
    assert!(e.is_err() || amd_linf(&e.unwrap(), &amd(&s, 100).unwrap()).unwrap() < 1e-6);
    let skewed = rebased(&s, Matrix3::new(1.0, 30.0, -70.0, 0.0, 1.0, 0.0, 0.0, 20.0, 1.0));
    assert!(amd_linf(&amd(&skewed, 1000).unwrap(), &amd(&s, 1000).unwrap()).unwrap() < 1e-10);
}

#[test]
fn options_and_shapes_are_checked() {
    let s = rutile();
    for k in [0, MAX_NEIGHBOURS + 1] {
        assert!(matches!(amd(&s, k).unwrap_err(), MetricError::OptionRange { name: "k", .. }));
        assert!(matches!(amd_by_element(&s, k).unwrap_err(), MetricError::OptionRange { .. }));
    }
    let tolerance = PddOptions { collapse_tol: -1.0, ..options(false) };
    assert!(Pdd::new(&s, &tolerance).unwrap_err().to_string().starts_with("collapse_tol = -1"));
    assert!(AmdLinf::new(tolerance).is_err() && PddEmd::new(tolerance).is_err());
    let short = Pdd::new(&s, &PddOptions { k: 3, ..options(false) }).unwrap();
    let e = pdd_emd(&short, &pdd(&s)).unwrap_err();
    assert!(matches!(e, MetricError::LengthMismatch { first: 3, second: K }), "{e}");
    assert!(amd_linf(&[1.0], &[1.0, 2.0]).is_err());
    let e = pdd_emd(&pdd(&s), &Pdd::new(&s, &options(true)).unwrap()).unwrap_err();
    assert!(matches!(e, MetricError::MixedKinds), "{e}");
    assert_eq!(amd(&s, MAX_NEIGHBOURS).unwrap().len(), MAX_NEIGHBOURS);
}
