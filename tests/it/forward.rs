//! Gradients of the losses against central differences at distorted copies of all ten study crystals, the list of
//! reflections held fixed, and losses on nodes against losses on all points.
//!
//! The steps are small because the largest point of a pattern, which mse normalises by, changes from one grid point to the next
//! when a peak moves by half a grid step: mse is smooth only between such changes.
#![expect(clippy::unwrap_used, reason = "tests")]

use braggscape::crystal::{CellParameters, Lattice, Structure, study_crystals};
use braggscape::loss::{
    AnyLoss, BlurredOverlap, BlurredOverlapOptions, Cosine, DeGelder, DeGelderOptions, Entropy,
    Gpwdf, GpwdfOptions, Loss, Mse, Normalisation, Pearson, Rwp,
};
use braggscape::noise::{Displacement, NoiseModel, Strain};
use braggscape::pattern::{DecimatedTarget, Pattern};
use braggscape::xrd::{ForwardModel, Scratch, Structsnap, StructsnapOptions, StructureGradient};
use nalgebra::Vector3;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

/// A target and a loss, and the loss of any structure against it.
struct Case<'a> {
    model: &'a Structsnap,
    target: &'a Pattern,
    loss: &'a AnyLoss,
    scratch: Scratch,
}

impl Case<'_> {
    fn value(&mut self, s: &Structure) -> f64 {
        let mut calc = Pattern::zeros(self.model.axis().clone());
        self.model.simulate(s, &mut self.scratch, &mut calc).unwrap();
        self.loss.value(self.target, &calc).unwrap()
    }

    fn gradient(&mut self, s: &Structure) -> StructureGradient {
        let mut calc = Pattern::zeros(self.model.axis().clone());
        self.model.simulate(s, &mut self.scratch, &mut calc).unwrap();
        let mut d_y = vec![0.0; calc.n_points()];
        self.loss.value_and_gradient(self.target, &calc, &mut d_y).unwrap();
        let mut g = StructureGradient::default();
        self.model.pullback(s, &d_y, &mut self.scratch, &mut g).unwrap();
        g
    }

    /// Central difference with one Richardson step along a family of structures.
    fn slope(&mut self, at: impl Fn(f64) -> Structure, h: f64) -> f64 {
        let mut d = |h: f64| (self.value(&at(h)) - self.value(&at(-h))) / (2.0 * h);
        let (wide, narrow) = (d(h), d(0.5 * h));
        (4.0 * narrow - wide) / 3.0
    }
}

/// Largest error of a block over its largest component.
fn relative(block: &[(f64, f64)]) -> f64 {
    let scale = block.iter().map(|(_, d)| d.abs()).fold(0.0, f64::max);
    block.iter().map(|(g, d)| (g - d).abs()).fold(0.0, f64::max) / scale
}

fn moved_cell(s: &Structure, i: usize, d: f64) -> Structure {
    let mut p = s.cell().to_array();
    p[i] += d;
    s.with_lattice(Lattice::from_parameters(&CellParameters::from_array(p)).unwrap())
}

fn moved_site(s: &Structure, j: usize, x: usize, d: f64) -> Structure {
    let mut coords = s.frac_coords();
    coords[j] += Vector3::ith(x, d);
    s.with_frac_coords(&coords).unwrap()
}

#[test]
fn gradients_agree_with_differences_at_distorted_copies_of_all_ten_crystals() {
    let model = Structsnap::new(StructsnapOptions::default()).unwrap();
    let losses = [
        AnyLoss::from(Cosine::default()),
        Mse::default().into(),
        Pearson::default().into(),
        Entropy::default().into(),
        Rwp::default().into(),
        DeGelder::new(DeGelderOptions::default()).unwrap().into(),
        Gpwdf::new(GpwdfOptions::default()).unwrap().into(),
        BlurredOverlap::new(BlurredOverlapOptions::default()).unwrap().into(),
    ];
    let mut worst = [0.0f64; 3];
    for (i, crystal) in study_crystals().iter().enumerate() {
        let truth = crystal.structure();
        let mut target = Pattern::zeros(model.axis().clone());
        model.simulate(&truth, &mut Scratch::default(), &mut target).unwrap();
        let mut rng = ChaCha12Rng::seed_from_u64(40 + i as u64);
        let strained = Strain::new(0.05).unwrap().distort(&truth, &mut rng).unwrap();
        let start = Displacement::new(0.01).unwrap().distort(&strained, &mut rng).unwrap();
        for loss in &losses {
            let mut scratch = Scratch::default();
            scratch.hold(&model.reflections(&start).unwrap());
            let mut case = Case { model: &model, target: &target, loss, scratch };
            let g = case.gradient(&start);
            let cell: Vec<(f64, f64)> = (0..6)
                .map(|k| {
                    let own = if k < 3 { g.lengths[k] } else { g.angles[k - 3] };
                    let h = if k < 3 { 2e-6 } else { 2e-5 };
                    (own, case.slope(|d| moved_cell(&start, k, d), h))
                })
                .collect();
            // Four sites of the larger cells stand for all; every axis of each.
            let step = start.n_sites().div_ceil(4);
            let sites: Vec<(f64, f64)> = (0..start.n_sites())
                .step_by(step)
                .flat_map(|j| (0..3).map(move |x| (j, x)))
                .map(|(j, x)| {
                    (g.frac_coords[j][x], case.slope(|d| moved_site(&start, j, x, d), 1e-6))
                })
                .collect();
            let errors = [relative(&cell[..3]), relative(&cell[3..]), relative(&sites)];
            for (w, e) in worst.iter_mut().zip(errors) {
                *w = w.max(e);
                assert!(e < 1e-6, "{}: {errors:?}", crystal.name);
            }
        }
    }
    println!(
        "largest errors: lengths {:.1e}, angles {:.1e}, coordinates {:.1e}",
        worst[0], worst[1], worst[2]
    );
}

/// Loss and gradient on all points and on nodes.
fn both_ways(
    model: &Structsnap,
    loss: &AnyLoss,
    target: &Pattern,
    s: &Structure,
) -> [(f64, StructureGradient); 2] {
    let mut scratch = Scratch::default();
    let mut case = Case { model, target, loss, scratch: Scratch::default() };
    let all = (case.value(s), case.gradient(s));
    let forward = model.decimated().expect("wide peaks");
    let on_nodes = loss.decimated().expect("a loss of inner products");
    let projected = DecimatedTarget::new(forward.decimation().clone(), target).unwrap();
    let mut d_nodes = vec![0.0; forward.decimation().n_nodes()];
    let calc = forward.simulate_nodes(s, &mut scratch).unwrap();
    let value = on_nodes.value_and_gradient_on_nodes(&projected, calc, &mut d_nodes).unwrap();
    let same = on_nodes.value_on_nodes(&projected, calc).unwrap();
    assert!((same - value).abs() < 1e-15);
    let mut g = StructureGradient::default();
    forward.pullback_nodes(s, &d_nodes, &mut scratch, &mut g).unwrap();
    [all, (value, g)]
}

/// Largest deviations on nodes: of the loss, and of each block of the gradient over its largest component.
fn deviations([(all, g), (nodes, h)]: &[(f64, StructureGradient); 2]) -> [f64; 4] {
    let pairs = |a: &[f64], b: &[f64]| {
        relative(&b.iter().copied().zip(a.iter().copied()).collect::<Vec<_>>())
    };
    let flat = |g: &StructureGradient| -> Vec<f64> {
        g.frac_coords.iter().flat_map(|f| [f.x, f.y, f.z]).collect()
    };
    [
        (all - nodes).abs(),
        pairs(&g.lengths, &h.lengths),
        pairs(&g.angles, &h.angles),
        pairs(&flat(g), &flat(h)),
    ]
}

#[test]
fn losses_and_gradients_on_nodes_are_those_on_all_points() {
    let base = StructsnapOptions::default;
    let windows = [
        base(),
        // Ends amid peaks, another step, broad peaks.
        base().with_window(31.3, 47.9, 0.01).unwrap(),
        base().with_window(24.0, 61.5, 0.03).unwrap(),
        StructsnapOptions { w: 9.0, b_iso: 0.4, ..base() },
    ];
    let losses = [
        Cosine::default().into(),
        Mse::default().into(),
        AnyLoss::from(Mse { normalisation: Normalisation::Sum }),
        Mse { normalisation: Normalisation::L2 }.into(),
        Pearson::default().into(),
    ];
    let mut worst = [0.0f64; 4];
    for options in windows {
        let model = Structsnap::new(options).unwrap();
        for (i, crystal) in study_crystals().iter().enumerate() {
            let truth = crystal.structure();
            let mut target = Pattern::zeros(model.axis().clone());
            model.simulate(&truth, &mut Scratch::default(), &mut target).unwrap();
            if i % 2 == 1 {
                // Noise as of counting: the target is then no sum of Gaussians.
                let counts = 1e3 / target.max();
                for (n, y) in target.y_mut().iter_mut().enumerate() {
                    *y += (*y / counts).sqrt() * (1.7 * (n * n) as f64).sin();
                }
            }
            for (strain, shift) in [(0.01, 0.005), (0.05, 0.01), (0.15, 0.05)] {
                let mut rng = ChaCha12Rng::seed_from_u64(90 + i as u64);
                let strained = Strain::new(strain).unwrap().distort(&truth, &mut rng).unwrap();
                let s = Displacement::new(shift).unwrap().distort(&strained, &mut rng).unwrap();
                for loss in &losses {
                    let found = deviations(&both_ways(&model, loss, &target, &s));
                    for (w, e) in worst.iter_mut().zip(found) {
                        *w = w.max(e);
                    }
                    assert!(found[0] < 1e-6, "{}: loss {found:?}", crystal.name);
                    assert!(found[1..].iter().all(|e| *e < 1e-5), "{}: {found:?}", crystal.name);
                }
            }
        }
    }
    println!(
        "largest deviations on nodes: loss {:.1e}, gradient in lengths {:.1e}, angles {:.1e}, coordinates {:.1e}",
        worst[0], worst[1], worst[2], worst[3]
    );
}
