//! Nothing is allocated in an evaluation once the buffers have grown.
//!
//! The counter sees every thread of the process, and the usual runner of tests allocates in its own: this program has none.
#![expect(clippy::unwrap_used, reason = "tests")]

use braggscape::crystal::{CellParameters, Lattice, Structure, study_crystal};
use braggscape::loss::{
    BlurredOverlap as BlurredPatterns, BlurredOverlapOptions as BlurredPatternsOptions, Cosine,
    DeGelder, DeGelderOptions, Entropy, Loss, Mse, Pearson, Rp, Rwp, Wasserstein1, Wasserstein2,
    Xcorr,
};
use braggscape::optim::Objective as _;
use braggscape::pattern::Pattern;
use braggscape::projector::Identity;
use braggscape::recover::{FreeParameters, Parametrisation, Problem};
use braggscape::xrd::{
    BlurredOverlap, BlurredOverlapOptions, Coordinate, ForwardModel as _, GradientParts,
    LossOfProducts, PeakList, PeakListOptions, PeakListScratch, Sampling, Scratch, SinglePrecision,
    Structsnap, StructsnapOptions, StructureGradient,
};
use nalgebra::Vector3;
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Relative changes of a, b, c: the lists of reflections differ.
const SIZES: [[f64; 3]; 4] =
    [[1.0, 1.0, 1.0], [1.01, 0.99, 1.02], [0.98, 1.03, 0.99], [1.03, 1.01, 0.97]];

/// What an evaluation may compute.
const PARTS: [GradientParts; 3] = [
    GradientParts { lattice: true, coordinates: false },
    GradientParts { lattice: false, coordinates: true },
    GradientParts { lattice: true, coordinates: true },
];

/// A crystal, and the iterates of a refinement of its lattice, of its coordinates, or of both.
struct Study {
    truth: Structure,
    iterates: Vec<Structure>,
}

impl Study {
    fn new(name: &str, parts: GradientParts) -> Self {
        let truth = study_crystal(name).unwrap().structure();
        let cell = truth.cell().to_array();
        let iterate = |(i, sizes): (usize, &[f64; 3])| {
            let cell = std::array::from_fn(|j| cell[j] * sizes.get(j).unwrap_or(&1.0));
            let shift = Vector3::new(0.003, -0.002, 0.004) * (i as f64 + 1.0);
            let moved =
                |(j, frac): (usize, &Vector3<f64>)| frac + shift * (f64::from(j as u8 % 5) - 2.0);
            let mut structure = truth.clone();
            if parts.coordinates {
                let coords: Vec<_> = truth.frac_coords().iter().enumerate().map(moved).collect();
                structure = structure.with_frac_coords(&coords).unwrap();
            }
            if parts.lattice {
                let cell = CellParameters::from_array(cell);
                structure.set_lattice(Lattice::from_parameters(&cell).unwrap());
            }
            structure
        };
        let iterates = SIZES.iter().enumerate().map(iterate).collect();
        Self { truth, iterates }
    }
}

/// The number of blocks that the calls for all iterates allocate, after two rounds in which buffers grow.
fn blocks<T>(iterates: &[T], mut call: impl FnMut(&T)) -> u64 {
    for iterate in iterates.iter().chain(iterates) {
        call(iterate);
    }
    let before = dhat::HeapStats::get().total_blocks;
    iterates.iter().for_each(call);
    dhat::HeapStats::get().total_blocks - before
}

#[track_caller]
fn check<T>(what: &str, iterates: &[T], call: impl FnMut(&T)) {
    let found = blocks(iterates, call);
    assert_eq!(found, 0, "{what}: {found} blocks allocated for {} iterates", iterates.len());
}

fn model(sampling: Sampling) -> Structsnap {
    Structsnap::new(StructsnapOptions { sampling, ..StructsnapOptions::default() }).unwrap()
}

fn target(model: &Structsnap, truth: &Structure) -> Pattern {
    let mut target = Pattern::zeros(model.axis().clone());
    model.simulate(truth, &mut Scratch::default(), &mut target).unwrap();
    target
}

fn the_counter_counts() {
    let study = Study::new("u2ti", GradientParts::default());
    let found = blocks(&study.iterates, |structure| drop(black_box(structure.clone())));
    assert_eq!(found, study.iterates.len() as u64);
    let mut grown = Vec::new();
    // Growth in place counts as well.
    assert!(blocks(&study.iterates, |_| grown.extend([0_u64; 64])) >= 1);
}

fn lists_of_reflections_differ() {
    let model = model(Sampling::Auto);
    for name in NAMES {
        let study = Study::new(name, PARTS[0]);
        let lists = study.iterates.iter().map(|s| model.reflections(s).unwrap());
        let mut hkl: Vec<_> = lists.map(|list| list.hkl().to_vec()).collect();
        hkl.dedup();
        assert_eq!(hkl.len(), SIZES.len(), "{name}");
    }
}

fn full_grid(name: &str, parts: GradientParts) {
    let (model, study) = (model(Sampling::Full), Study::new(name, parts));
    let mut scratch = Scratch::default();
    scratch.set_parts(parts);
    let mut pattern = target(&model, &study.truth);
    let d_y: Vec<f64> = pattern.y().to_vec();
    let mut gradient = StructureGradient::default();
    check(&format!("simulate and pullback, {name}, {parts:?}"), &study.iterates, |structure| {
        model.simulate(structure, &mut scratch, &mut pattern).unwrap();
        model.pullback(structure, &d_y, &mut scratch, &mut gradient).unwrap();
    });
}

fn nodes(name: &str, parts: GradientParts) {
    let (model, study) = (model(Sampling::Auto), Study::new(name, parts));
    let nodes = model.decimated().unwrap();
    let mut scratch = Scratch::default();
    scratch.set_parts(parts);
    let d_nodes = vec![1.0; nodes.decimation().n_nodes()];
    let mut gradient = StructureGradient::default();
    check(
        &format!("simulate_nodes and pullback_nodes, {name}, {parts:?}"),
        &study.iterates,
        |structure| {
            nodes.simulate_nodes(structure, &mut scratch).unwrap();
            nodes.pullback_nodes(structure, &d_nodes, &mut scratch, &mut gradient).unwrap();
        },
    );
}

fn problem(name: &str, loss: &impl Loss, sampling: Sampling, parts: GradientParts) {
    let free = match (parts.lattice, parts.coordinates) {
        (true, false) => FreeParameters::Lattice,
        (false, _) => FreeParameters::Coordinates,
        (true, true) => FreeParameters::Both,
    };
    let (model, study) = (model(sampling), Study::new(name, parts));
    let target = target(&model, &study.truth);
    let packed = |s: &Structure| Parametrisation::new(s.clone(), free).pack();
    let xs = study.iterates.iter().map(packed).collect::<Vec<_>>();
    let parametrisation = Parametrisation::new(study.truth.clone(), free);
    let problem = Problem::new(&model, loss, &Identity, &target, parametrisation);
    let mut gradient = vec![0.0; problem.components().len()];
    check(&format!("Problem::value_and_gradient, {name}, {sampling:?}, {free}"), &xs, |x| {
        problem.value_and_gradient(x, &mut gradient).unwrap();
    });
}

fn single_precision(name: &str, parts: GradientParts) {
    let (model, study) = (model(Sampling::Auto), Study::new(name, parts));
    let target = target(&model, &study.truth);
    let mut batch = SinglePrecision::new(&model, &target).unwrap();
    let mut gradient = StructureGradient::default();
    check(&format!("SinglePrecision::evaluate, {name}, {parts:?}"), &study.iterates, |structure| {
        batch.evaluate(structure, LossOfProducts::cosine, parts, Some(&mut gradient)).unwrap();
    });
}

fn blurred_overlap(name: &str, coordinate: Coordinate, parts: GradientParts) {
    let study = Study::new(name, parts);
    let sigma = if coordinate == Coordinate::TwoTheta { 1.0 } else { 0.05 };
    let options = BlurredOverlapOptions { coordinate, sigma, ..BlurredOverlapOptions::default() };
    let overlap = BlurredOverlap::new(options).unwrap();
    let mut scratch = Scratch::default();
    scratch.set_parts(parts);
    let target = overlap.target(&study.truth, &mut scratch).unwrap();
    let mut gradient = StructureGradient::default();
    let what = format!("BlurredOverlap::value_and_gradient, {name}, {coordinate:?}, {parts:?}");
    check(&what, &study.iterates, |structure| {
        overlap.value_and_gradient(&target, structure, &mut scratch, &mut gradient).unwrap();
    });
}

fn peak_lists(name: &str, parts: GradientParts) {
    let study = Study::new(name, parts);
    let list = PeakList::new(PeakListOptions::default()).unwrap();
    let mut scratch = PeakListScratch::default();
    check(&format!("PeakList::peaks_with, {name}, {parts:?}"), &study.iterates, |structure| {
        black_box(list.peaks_with(structure, &mut scratch).unwrap().iter().count());
    });
}

/// Losses that have no nodes, or buffers of their own.
fn losses() -> Vec<Box<dyn Loss>> {
    vec![
        Box::new(Pearson::default()),
        Box::new(Entropy::default()),
        Box::new(Entropy { weighted: true }),
        Box::new(Rp::default()),
        Box::new(Rwp::default()),
        Box::new(Wasserstein1::default()),
        Box::new(Wasserstein2::default()),
        Box::new(DeGelder::new(DeGelderOptions::default()).unwrap()),
        Box::new(BlurredPatterns::new(BlurredPatternsOptions::default()).unwrap()),
        Box::new(Xcorr::default()),
    ]
}

/// Three, six and twenty-four sites.
const NAMES: [&str; 3] = ["u2ti", "au2s", "na3mnconio6"];

fn main() {
    let _profiler = dhat::Profiler::builder().testing().build();
    the_counter_counts();
    lists_of_reflections_differ();
    for name in NAMES {
        for parts in PARTS {
            full_grid(name, parts);
            nodes(name, parts);
            for sampling in [Sampling::Auto, Sampling::Full] {
                problem(name, &Cosine::default(), sampling, parts);
                problem(name, &Mse::default(), sampling, parts);
            }
            for loss in losses() {
                problem(name, &loss, Sampling::Full, parts);
            }
            single_precision(name, parts);
            peak_lists(name, parts);
            for coordinate in [Coordinate::TwoTheta, Coordinate::Q, Coordinate::LnQ] {
                blurred_overlap(name, coordinate, parts);
            }
        }
    }
}
