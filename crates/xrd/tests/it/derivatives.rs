//! The pullback against central differences, with the list of reflections held fixed.

use crate::sample;
use braggscape_crystal::{CellParameters, Lattice, Structure, study_crystals};
use braggscape_pattern::Pattern;
use braggscape_testkit::strategies::structures;
use braggscape_xrd::{
    ForwardModel, JacobianColumns, Scratch, Structsnap, StructsnapOptions, StructureGradient,
};
use nalgebra::{DMatrix, Vector3};
use proptest::prelude::*;

/// L = sum_n w_n y_n with fixed weights that are neither smooth nor symmetric.
fn weights(n: usize) -> Vec<f64> {
    (0..n).map(|i| (0.011 * i as f64).sin() + 0.3 * (1.7 * i as f64).cos()).collect()
}

fn value(s: &Structure, o: &StructsnapOptions, scratch: &mut Scratch) -> f64 {
    let model = Structsnap::new(o.clone()).unwrap();
    let mut out = Pattern::zeros(model.axis().clone());
    model.simulate(s, scratch, &mut out).unwrap();
    out.y().iter().zip(weights(out.n_points())).map(|(y, w)| y * w).sum()
}

/// sum_n |w_n| y_n: what L could be if nothing cancelled.
fn size(s: &Structure, o: &StructsnapOptions, scratch: &mut Scratch) -> f64 {
    let model = Structsnap::new(o.clone()).unwrap();
    let mut out = Pattern::zeros(model.axis().clone());
    model.simulate(s, scratch, &mut out).unwrap();
    out.y().iter().zip(weights(out.n_points())).map(|(y, w)| y * w.abs()).sum()
}

fn gradient(s: &Structure, o: &StructsnapOptions, scratch: &mut Scratch) -> StructureGradient {
    let model = Structsnap::new(o.clone()).unwrap();
    let mut out = Pattern::zeros(model.axis().clone());
    model.simulate(s, scratch, &mut out).unwrap();
    let mut g = StructureGradient::default();
    model.pullback(s, &weights(out.n_points()), scratch, &mut g).unwrap();
    g
}

/// Central difference with one Richardson step.
fn slope(mut f: impl FnMut(f64) -> f64, h: f64) -> f64 {
    let mut d = |h: f64| (f(h) - f(-h)) / (2.0 * h);
    let (wide, narrow) = (d(h), d(0.5 * h));
    (4.0 * narrow - wide) / 3.0
}

/// Largest error of a block of derivatives over its largest component; where symmetry makes all vanish `floor` is the scale.
fn relative(block: &[(f64, f64)], floor: f64) -> f64 {
    let scale = block.iter().map(|(_, d)| d.abs()).fold(floor, f64::max);
    block.iter().map(|(g, d)| (g - d).abs()).fold(0.0, f64::max) / scale
}

fn check(s: &Structure, o: &StructsnapOptions) -> Result<(), TestCaseError> {
    let mut scratch = Scratch::default();
    let mut list = Structsnap::new(o.clone()).unwrap().reflections(s).unwrap();
    // Near 180 degrees LP and tan(theta) diverge, and differences are no derivatives.
    let reciprocal = s.lattice().reciprocal();
    list.retain(|hkl| {
        let g = (reciprocal * Vector3::from(hkl.map(f64::from))).norm();
        0.5 * g * o.wavelength < 0.96
    });
    scratch.hold(&list);
    let g = gradient(s, o, &mut scratch);
    let whole = size(s, o, &mut scratch);
    let cell = s.cell().to_array();
    let at_cell = |i: usize, d: f64, scratch: &mut Scratch| {
        let mut p = cell;
        p[i] += d;
        let l = Lattice::from_parameters(&CellParameters::from_array(p)).unwrap();
        value(&s.with_lattice(l), o, scratch)
    };
    let block = |range: std::ops::Range<usize>, h: f64, g: &[f64; 3], scratch: &mut Scratch| {
        let pairs: Vec<_> = range
            .clone()
            .map(|i| (g[i - range.start], slope(|d| at_cell(i, d, scratch), h)))
            .collect();
        relative(&pairs, 1e-4 * whole)
    };
    let lengths = block(0..3, 1e-4, &g.lengths, &mut scratch);
    let angles = block(3..6, 2e-3, &g.angles, &mut scratch);
    prop_assert!(lengths < 1e-6, "lengths {lengths:e}");
    prop_assert!(angles < 1e-6, "angles {angles:e}");

    let coords = s.frac_coords();
    let mut pairs = Vec::new();
    for j in 0..coords.len() {
        for x in 0..3 {
            let d = slope(
                |d| {
                    let mut c = coords.clone();
                    c[j] += Vector3::ith(x, d);
                    value(&s.with_frac_coords(&c).unwrap(), o, &mut scratch)
                },
                1e-4,
            );
            pairs.push((g.frac_coords[j][x], d));
        }
    }
    // At special positions every derivative vanishes; the pattern itself then sets the scale.
    let largest = pairs.iter().map(|(_, d)| d.abs()).fold(0.0, f64::max);
    let scale = largest.max(1e-3 * size(s, o, &mut scratch));
    let error = pairs.iter().map(|(g, d)| (g - d).abs()).fold(0.0, f64::max) / scale;
    prop_assert!(error < 1e-6, "coordinates {error:e}");

    let mut pairs = Vec::new();
    for i in 0..3 {
        let d = slope(
            |d| {
                let mut o = o.clone();
                *[&mut o.u, &mut o.v, &mut o.w][i] += d;
                value(s, &o, &mut scratch)
            },
            1e-4,
        );
        pairs.push((g.caglioti[i], d));
    }
    let error = relative(&pairs, 1e-12);
    prop_assert!(error < 1e-6, "Caglioti {error:e}");

    let plain = value(s, o, &mut scratch);
    prop_assert!((g.scale - plain).abs() < 1e-9 * whole, "scale {}", g.scale);
    check_jacobian(s, o, &mut scratch, &g)?;

    let d = slope(
        |d| {
            value(s, &StructsnapOptions { zero_shift: o.zero_shift + d, ..o.clone() }, &mut scratch)
        },
        1e-4,
    );
    let scale = d.abs().max(1e-3 * size(s, o, &mut scratch));
    prop_assert!((g.zero_shift - d).abs() < 1e-6 * scale, "zero shift {} {d}", g.zero_shift);

    if o.b_iso > 0.0 {
        let at = |d: f64| StructsnapOptions { b_iso: o.b_iso + d, ..o.clone() };
        let d = slope(|d| value(s, &at(d), &mut scratch), 1e-3);
        let scale = d.abs().max(1e-3 * size(s, o, &mut scratch));
        prop_assert!((g.b_iso - d).abs() < 1e-6 * scale, "B {} {d}", g.b_iso);
    }
    Ok(())
}

/// J^T w is the pullback of w, and J itself is what all such sums say of it: the pullbacks of unit vectors.
fn check_jacobian(
    s: &Structure,
    o: &StructsnapOptions,
    scratch: &mut Scratch,
    g: &StructureGradient,
) -> Result<(), TestCaseError> {
    let model = Structsnap::new(o.clone()).unwrap();
    let mut jacobian = DMatrix::zeros(0, 0);
    model.jacobian(s, JacobianColumns::ALL, scratch, &mut jacobian).unwrap();
    prop_assert_eq!(jacobian.ncols(), 6 + 3 * s.n_sites() + 6);
    let along = |w: &[f64]| -> Vec<f64> {
        jacobian.column_iter().map(|c| c.iter().zip(w).map(|(j, w)| j * w).sum()).collect()
    };
    let flat = |g: &StructureGradient| -> Vec<f64> {
        let coords = g.frac_coords.iter().flat_map(|f| [f.x, f.y, f.z]);
        let cell = g.lengths.into_iter().chain(g.angles).chain(coords);
        cell.chain(g.caglioti).chain([g.b_iso, g.zero_shift, g.scale]).collect()
    };
    let w = weights(jacobian.nrows());
    let compare = |found: &[f64], expected: &[f64]| -> Result<(), TestCaseError> {
        for (i, (a, b)) in found.iter().zip(expected).enumerate() {
            // What a column could add up to, and the pattern itself, set the scale of rounding.
            let size = |i: usize| jacobian.column(i).iter().map(|j| j.abs()).sum::<f64>();
            let scale = size(i) + 1e-4 * size(jacobian.ncols() - 1);
            prop_assert!((a - b).abs() <= 1e-8 * scale, "column {i}: {a} {b}");
        }
        Ok(())
    };
    compare(&along(&w), &flat(g))?;
    let mut unit = vec![0.0; jacobian.nrows()];
    let mut out = Pattern::zeros(model.axis().clone());
    model.simulate(s, scratch, &mut out).unwrap();
    for n in [0, jacobian.nrows() / 3, jacobian.nrows() - 1] {
        unit[n] = 1.0;
        let mut own = StructureGradient::default();
        model.pullback(s, &unit, scratch, &mut own).unwrap();
        compare(&along(&unit), &flat(&own))?;
        unit[n] = 0.0;
    }
    // On nodes J^T W J is J^T J on all points.
    let mut on_nodes = DMatrix::zeros(0, 0);
    let columns = JacobianColumns { caglioti: false, ..JacobianColumns::ALL };
    if let Some(done) = model.jacobian_on_nodes(s, columns, scratch, &mut on_nodes) {
        done.unwrap();
        model.jacobian(s, columns, scratch, &mut jacobian).unwrap();
        let decimated = model.decimated().unwrap();
        let weights = decimated.decimation().weights();
        let product = |a: &DMatrix<f64>, w: &dyn Fn(usize) -> f64, i: usize, j: usize| -> f64 {
            (0..a.nrows()).map(|n| w(n) * a[(n, i)] * a[(n, j)]).sum()
        };
        for i in 0..jacobian.ncols() {
            let j = (7 * i + 3) % jacobian.ncols();
            let own = |i| product(&jacobian, &|_| 1.0, i, i).sqrt();
            let norm = |i| own(i) + 1e-4 * own(jacobian.ncols() - 1);
            let all = product(&jacobian, &|_| 1.0, i, j);
            let nodes = product(&on_nodes, &|m| weights[m], i, j);
            let scale = norm(i) * norm(j);
            prop_assert!((all - nodes).abs() <= 1e-5 * scale, "{i} {j}: {all} {nodes}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn random_structures_and_widths(
        s in structures(1..10),
        (u, v, w) in (0.0..0.5f64, -0.1..0.1f64, 0.3..1.5f64),
        b_iso in prop_oneof![Just(0.0), 0.2..3.0f64],
        zero_shift in prop_oneof![Just(0.0), -0.3..0.3f64],
    ) {
        // Without the cut, since differences over a kink of 1e-11 are not derivatives.
        check(&s, &StructsnapOptions { u, v, w, b_iso, zero_shift, n_points: 1700, tails: 12.0, ..Default::default() })?;
    }

    #[test]
    fn grazing_and_back_scattered_reflections(s in structures(1..5), u in 0.0..0.2f64) {
        let wide = StructsnapOptions { u, w: 0.8, tails: 12.0, ..Default::default() };
        check(&s, &wide.with_window(0.7, 146.0, 0.1).unwrap())?;
    }
}

#[test]
fn special_positions_and_coincident_peaks() {
    for crystal in study_crystals() {
        let s = crystal.structure();
        let s = s.with_lattice(Lattice::from_parameters(&s.cell()).unwrap());
        let options = StructsnapOptions { n_points: 1700, tails: 12.0, ..Default::default() };
        check(&s, &options).unwrap();
    }
}

#[test]
fn study_settings() {
    for s in [sample::u2ti(), sample::au2s()] {
        let cell = s.cell().to_array();
        let distorted = std::array::from_fn(|i| cell[i] * (1.0 + 0.01 * (i as f64 - 2.3)));
        let lattice = Lattice::from_parameters(&CellParameters::from_array(distorted)).unwrap();
        let coords: Vec<_> = s
            .frac_coords()
            .iter()
            .enumerate()
            .map(|(j, f)| f + Vector3::new(0.01, -0.02, 0.015) * (j as f64 - 1.2))
            .collect();
        let s = s.with_lattice(lattice).with_frac_coords(&coords).unwrap();
        check(&s, &StructsnapOptions::default()).unwrap();
    }
}

#[test]
fn short_tails_end_where_the_pattern_does() {
    // At 4 standard deviations the kink of a cut tail is 3e-4 of a peak: what reads it off neighbouring points would be wrong.
    let s = sample::u2ti();
    let options = StructsnapOptions { tails: 4.0, ..Default::default() };
    let mut scratch = Scratch::default();
    scratch.hold(&Structsnap::new(options.clone()).unwrap().reflections(&s).unwrap());
    let g = gradient(&s, &options, &mut scratch);
    let cell = s.cell().to_array();
    let at = |d: f64, scratch: &mut Scratch| {
        let mut p = cell;
        p[2] += d;
        let l = Lattice::from_parameters(&CellParameters::from_array(p)).unwrap();
        value(&s.with_lattice(l), &options, scratch)
    };
    let d = (at(1e-5, &mut scratch) - at(-1e-5, &mut scratch)) / 2e-5;
    assert!((g.lengths[2] - d).abs() < 2e-5 * d.abs(), "{} {d}", g.lengths[2]);
}

#[test]
fn a_pullback_needs_the_model_that_simulated() {
    let model = Structsnap::new(StructsnapOptions::default()).unwrap();
    let window = StructsnapOptions::default().with_window(20.0, 60.0, 0.01).unwrap();
    let wide = StructsnapOptions { u: 0.1, ..Default::default() };
    let s = sample::u2ti();
    let mut g = StructureGradient::default();
    for options in [window, wide] {
        let other = Structsnap::new(options).unwrap();
        let (mut scratch, mut out) = (Scratch::default(), Pattern::zeros(model.axis().clone()));
        model.simulate(&s, &mut scratch, &mut out).unwrap();
        let d_y = vec![1.0; other.axis().n_points()];
        assert!(other.pullback(&s, &d_y, &mut scratch, &mut g).is_err());
        if let Some(nodes) = other.decimated() {
            model.decimated().unwrap().simulate_nodes(&s, &mut scratch).unwrap();
            let d_nodes = vec![1.0; nodes.decimation().n_nodes()];
            assert!(nodes.pullback_nodes(&s, &d_nodes, &mut scratch, &mut g).is_err());
        }
    }
}

#[test]
fn a_pullback_needs_its_simulation() {
    let model = Structsnap::new(StructsnapOptions::default()).unwrap();
    let d_y = vec![0.0; 8500];
    let mut g = StructureGradient::default();
    let e = model.pullback(&sample::u2ti(), &d_y, &mut Scratch::default(), &mut g).unwrap_err();
    assert!(e.to_string().contains("must follow"));
}
