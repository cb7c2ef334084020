//! Coordinates recovered under hypotheses of symmetry.

use super::model;
use braggscape_crystal::{Structure, study_crystal};
use braggscape_loss::{AnyLoss, Cosine, Entropy};
use braggscape_metrics::StrictRecovery;
use braggscape_noise::{Displacement, NoiseModel};
use braggscape_optim::{Limits, Termination};
use braggscape_pattern::Pattern;
use braggscape_projector::Identity;
use braggscape_recover::{
    FreeParameters, Outcome, RecoverError, RecoveryTask, SpaceGroupHypotheses,
    SpaceGroupHypothesesOptions, Strategy, Variables,
};
use braggscape_xrd::{ForwardModel, Scratch};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

fn crystal(name: &str) -> Structure {
    study_crystal(name).unwrap().structure()
}

fn distorted(truth: &Structure, sigma: f64, seed: u64) -> Structure {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    Displacement::new(sigma).unwrap().distort(truth, &mut rng).unwrap()
}

struct Case {
    start: Structure,
    of: Structure,
    free: FreeParameters,
    loss: AnyLoss,
    limits: Limits,
    options: SpaceGroupHypothesesOptions,
}

impl Case {
    /// Coordinates of `start` fitted to the pattern of `of`.
    fn new(start: Structure, of: Structure) -> Self {
        Self {
            start,
            of,
            free: FreeParameters::Coordinates,
            loss: Cosine::default().into(),
            limits: Limits::default(),
            options: SpaceGroupHypothesesOptions::default(),
        }
    }

    fn recover(&self) -> Result<Outcome, RecoverError> {
        let model = model();
        let mut target = Pattern::zeros(model.axis().clone());
        model.simulate(&self.of, &mut Scratch::default(), &mut target).unwrap();
        SpaceGroupHypotheses::new(self.options)?.recover(&RecoveryTask {
            start: &self.start,
            free: self.free,
            variables: Variables::Cell,
            target: &target,
            forward: &model,
            loss: &self.loss,
            projector: &Identity.into(),
            limits: self.limits,
            seed: 5,
        })
    }
}

fn is(truth: &Structure, found: &Structure) -> bool {
    StrictRecovery::default().recovered(truth, found).unwrap()
}

#[test]
fn displaced_crystals_come_home_and_are_certified() {
    for (name, sigma) in [
        ("U2Ti", 0.1),
        ("Au2S", 0.1),
        ("Al2HgS4", 0.05),
        ("Ca(CoAs)2", 0.1),
        ("TiAlRh2", 0.05),
        ("Li5SbO5", 0.05),
        ("NaS", 0.1),
        ("CsYbBr3", 0.1),
        ("CoSi4Ni3", 0.05),
    ] {
        let truth = crystal(name);
        for seed in 0..3 {
            let case = Case::new(distorted(&truth, sigma, seed), truth.clone());
            let found = case.recover().unwrap();
            assert!(is(&truth, &found.structure), "{name} {seed}: {}", found.stages[0].name);
            assert_eq!(found.certified, Some(true), "{name} {seed}");
            assert_eq!(found.termination, Termination::TargetReached);
            assert!(found.loss < -1.0 + 1e-9 && found.loss < found.initial_loss, "{name} {seed}");
            // The lattice is known and stays.
            assert_eq!(found.structure.lattice(), truth.lattice());
        }
    }
}

/// The target of another crystal with the same cell: nothing that the symmetries allow fits it.
#[test]
fn the_target_of_another_crystal_is_not_certified() {
    let truth = crystal("CsYbBr3");
    // Gold and sulphur in the cell of a perovskite.
    let other = crystal("Au2S").with_lattice(*truth.lattice());
    let mut case = Case::new(distorted(&truth, 0.05, 1), other);
    case.options.max_evaluations = 2000;
    let found = case.recover().unwrap();
    assert_eq!(found.certified, Some(false));
    assert!(found.loss > -1.0 + 1e-6, "{}", found.loss);
}

/// More free coordinates than the target can prove are never certified, however well they fit.
#[test]
fn a_fit_of_everything_is_not_certified() {
    let truth = crystal("Na3MnCoNiO6");
    // Only P1 keeps this lattice besides an inversion, and nothing was displaced.
    let cell = truth.cell();
    let skewed = braggscape_crystal::CellParameters { alpha: 90.4, gamma: 89.5, ..cell };
    let lattice = braggscape_crystal::Lattice::from_parameters(&skewed).unwrap();
    let skewed = truth.with_lattice(lattice);
    let mut case = Case::new(skewed.clone(), skewed);
    // P1 alone, fitted at once to the target as it is.
    case.options = SpaceGroupHypothesesOptions {
        max_hypotheses: 1,
        max_evaluations: 5,
        blur: 0.0,
        ..case.options
    };
    let found = case.recover().unwrap();
    assert!(found.stages[0].name.starts_with("P1 "), "{}", found.stages[0].name);
    assert_eq!(found.certified, Some(false));
    assert!(found.loss < -1.0 + 1e-9);
}

#[test]
fn the_same_task_gives_the_same_outcome_within_its_limits() {
    let truth = crystal("CoSi4Ni3");
    let mut case = Case::new(distorted(&truth, 0.1, 2), truth);
    for most in [1, 7, 150] {
        case.limits = Limits { max_evaluations: most };
        let found = case.recover().unwrap();
        assert!(found.evaluations <= most, "{} > {most}", found.evaluations);
        assert_eq!(found, case.recover().unwrap());
    }
}

/// Alternatives are other structures, none better than the next by the loss alone than what the evidence of parsimony makes up for.
#[test]
fn what_fits_nearly_as_well_is_listed() {
    let truth = crystal("Li5SbO5");
    let mut case = Case::new(distorted(&truth, 0.1, 0), truth.clone());
    case.options.max_alternatives = 3;
    case.limits = Limits { max_evaluations: 400 };
    let found = case.recover().unwrap();
    assert!(found.alternatives.len() <= 3);
    for other in &found.alternatives {
        assert!(!other.name.is_empty());
        assert!(other.loss <= -1.0 + (30.0 * (1.0 + found.loss)).max(1e-5) + 1e-12);
        assert_ne!(other.structure, found.structure);
    }
}

/// A loss that is no sum of squares is reported, and the cosine fitted.
#[test]
fn other_losses_are_reported() {
    let truth = crystal("NaS");
    let mut case = Case::new(distorted(&truth, 0.05, 4), truth.clone());
    case.loss = Entropy::default().into();
    let found = case.recover().unwrap();
    assert!(is(&truth, &found.structure) && found.certified == Some(true));
    assert!((found.loss + 1.0).abs() < 1e-6, "{}", found.loss);
}

#[test]
fn what_it_cannot_do_is_said() {
    let truth = crystal("NaS");
    let mut case = Case::new(truth.clone(), truth);
    case.free = FreeParameters::Lattice;
    let e = case.recover().unwrap_err();
    assert!(e.to_string().contains("the lattice alone is refined"), "{e}");
    case.free = FreeParameters::Coordinates;
    case.options.blur = -1.0;
    let e = case.recover().unwrap_err();
    assert!(e.to_string().contains("blur = -1"), "{e}");
}
