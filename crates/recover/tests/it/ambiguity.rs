//! A wrong structure that truly fits: the proof in the gallery of the strategies' documentation.

use braggscape_crystal::{CellParameters, Lattice, study_crystal};
use braggscape_loss::Cosine;
use braggscape_optim::{LevenbergMarquardt, LevenbergMarquardtOptions, Limits, minimize};
use braggscape_pattern::{Pattern, Peak};
use braggscape_projector::Identity;
use braggscape_recover::{FreeParameters, Parametrisation, Problem, Variables};
use braggscape_xrd::{AnyForwardModel, ForwardModel, Scratch, Structsnap, StructsnapOptions};

/// Peaks above a thousandth of the strongest.
fn seen(peaks: &[Peak]) -> impl Iterator<Item = &Peak> {
    let strongest = peaks.iter().map(|p| p.intensity).fold(0.0, f64::max);
    peaks.iter().filter(move |p| p.intensity > 1e-3 * strongest)
}

/// CoSi4Ni3 is monoclinic with an angle of 90.18 degrees. With one of 89.81 every peak is where another one was, h k l where -h k l stood,
/// to within a step of the grid; what differs are the intensities of such pairs.
#[test]
fn a_cell_on_the_other_side_of_the_right_angle_has_all_its_peaks_on_those_of_the_truth() {
    let model = AnyForwardModel::from(Structsnap::new(StructsnapOptions::default()).unwrap());
    let truth = study_crystal("CoSi4Ni3").unwrap().structure();
    let mut target = Pattern::zeros(model.axis().clone());
    model.simulate(&truth, &mut Scratch::default(), &mut target).unwrap();
    let cell = truth.cell();
    let mirrored = CellParameters { beta: 180.0 - cell.beta, ..cell };
    let start = truth.with_lattice(Lattice::from_parameters(&mirrored).unwrap());
    let (free, variables) = (FreeParameters::Lattice, Variables::Strain);
    let parametrisation = Parametrisation::with_variables(start, free, variables, &Identity);
    let parametrisation = parametrisation.unwrap();
    let x0 = parametrisation.pack();
    let loss = Cosine::default();
    let problem = Problem::new(&model, &loss, &Identity, &target, parametrisation);
    let options = LevenbergMarquardtOptions {
        value_tolerance: 1e-15,
        max_iterations: 200,
        ..Default::default()
    };
    let mut optimizer = LevenbergMarquardt::new(options).unwrap();
    let found = minimize(&mut optimizer, &problem, &x0, Limits::default(), &mut ()).unwrap();
    let wrong = problem.parametrisation().unpack(&found.x).unwrap();

    // A minimum of its own, which fits to a few millionths.
    let beta = wrong.cell().beta;
    assert!((beta - 89.81).abs() < 0.01 && cell.beta > 90.1, "{beta}");
    assert!(found.value < -1.0 + 5e-6 && found.value > -1.0 + 1e-7, "{}", found.value);
    let (_, step) = model.axis().uniform_step().unwrap();
    let (ours, theirs) = (model.peaks(&wrong).unwrap(), model.peaks(&truth).unwrap());
    for (peaks, others) in [(&theirs, &ours), (&ours, &theirs)] {
        for peak in seen(peaks) {
            let distance = |p: &Peak| (p.two_theta - peak.two_theta).abs();
            let nearest = others.iter().map(distance).fold(f64::INFINITY, f64::min);
            assert!(nearest < step, "{} {nearest}", peak.two_theta);
        }
    }
    // The intensities tell them apart.
    let strongest_change = seen(&theirs)
        .map(|p| {
            let near = ours.iter().min_by(|a, b| {
                (a.two_theta - p.two_theta).abs().total_cmp(&(b.two_theta - p.two_theta).abs())
            });
            (near.unwrap().intensity / p.intensity - 1.0).abs()
        })
        .fold(0.0, f64::max);
    assert!(strongest_change > 0.1, "{strongest_change}");
}
