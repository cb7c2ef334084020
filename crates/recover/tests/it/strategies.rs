//! Strategies on study crystals: what they bring home, what they vouch for, what they refuse.

use super::{model, truth};
use braggscape_crystal::{CellParameters, Element, Lattice, Site, Structure, study_crystal};
use braggscape_loss::{AnyLoss, BlurredOverlap, BlurredOverlapOptions, Cosine, Pearson};
use braggscape_metrics::StructureMatcherOptions;
use braggscape_metrics::{StrictRecovery, StrictRecoveryOptions, StructureMatcher};
use braggscape_noise::{Background, Counts, Displacement, NoiseModel, Strain};
use braggscape_optim::{
    Lbfgs, LbfgsOptions, LevenbergMarquardt, LevenbergMarquardtOptions, Limits, Objective,
};
use braggscape_pattern::{Axis, AxisKind, Pattern, Peak};
use braggscape_potential::{AnyPotential, LennardJones, LennardJonesOptions, RelaxOptions};
use braggscape_projector::{AnyProjector, Identity};
use braggscape_recover::{
    EnergyProblem, FreeParameters, Joint, JointOptions, Nuisance, Outcome, Parametrisation, Reach,
    RecoverError, RecoveryTask, Relax, Snap, StagePlan, StageRules, Staged, Starts, Strategy,
    Variables, WithEnergy, WithEnergyPlan,
};
use braggscape_xrd::{
    AnyForwardModel, ForwardError, ForwardModel, Instrument, Scratch, StructureGradient,
};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

pub(super) fn stage(name: &str, loss: AnyLoss, last: bool) -> StagePlan {
    let options = LevenbergMarquardtOptions {
        value_tolerance: if last { 1e-12 } else { 1e-4 },
        max_iterations: if last { 40 } else { 15 },
        ..Default::default()
    };
    StagePlan {
        name: name.to_owned(),
        loss,
        optimizer: LevenbergMarquardt::new(options).unwrap().into(),
        rules: StageRules::default(),
    }
}

/// From a wide blur to the sharp pattern.
pub(super) fn plans() -> Vec<StagePlan> {
    let blurred = |blur: f64| {
        let options =
            BlurredOverlapOptions { blur, taper: 0.1, background: 1, ..Default::default() };
        stage(&format!("{blur}"), BlurredOverlap::new(options).unwrap().into(), false)
    };
    let mut plans: Vec<StagePlan> = [0.15, 0.1, 0.05, 0.02].into_iter().map(blurred).collect();
    plans.push(stage("sharp", Pearson::default().into(), true));
    plans
}

fn graduated(starts: u64, snap: bool) -> Staged {
    let starts = Starts { count: starts, strain: 0.22, displacement: 0.05 };
    Staged::new(plans(), starts, Some(1e-5), snap.then(Snap::default)).unwrap()
}

pub(super) fn pattern(model: &AnyForwardModel, structure: &Structure) -> Pattern {
    let mut out = Pattern::zeros(model.axis().clone());
    model.simulate(structure, &mut Scratch::default(), &mut out).unwrap();
    out
}

/// Recovers `start` with a seed, and the same once more: the outcome must not change.
pub(super) fn recover(
    strategy: &dyn Strategy,
    model: &AnyForwardModel,
    target: &Pattern,
    start: &Structure,
    free: FreeParameters,
    limits: Limits,
) -> Result<Outcome, RecoverError> {
    let (loss, projector) = (AnyLoss::from(Cosine::default()), AnyProjector::from(Identity));
    let task = RecoveryTask {
        start,
        free,
        variables: Variables::Strain,
        target,
        forward: model,
        loss: &loss,
        projector: &projector,
        limits,
        seed: 5,
    };
    let outcome = strategy.recover(&task)?;
    // Not by `==`: a stage that did not come to its end has no number for a loss.
    assert_eq!(format!("{:?}", strategy.recover(&task)?), format!("{outcome:?}"));
    Ok(outcome)
}

pub(super) fn strained(structure: &Structure, sigma: f64, seed: u64) -> Structure {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    Strain::new(sigma).unwrap().distort(structure, &mut rng).unwrap()
}

fn strict(truth: &Structure, found: &Structure) -> bool {
    let strict = StrictRecovery::new(StrictRecoveryOptions::default()).unwrap();
    strict.recovered(truth, found).unwrap()
}

#[test]
fn graduated_descents_bring_strained_lattices_home() {
    let model = model();
    for name in ["U2Ti", "NaS", "CoSi4Ni3"] {
        let truth = study_crystal(name).unwrap().structure();
        let target = pattern(&model, &truth);
        for seed in [1, 2, 3] {
            let start = strained(&truth, 0.1, seed);
            assert!(!strict(&truth, &start), "nothing to do");
            let (free, limits) = (FreeParameters::Lattice, Limits::default());
            let found = recover(&graduated(64, false), &model, &target, &start, free, limits);
            let found = found.unwrap();
            assert_eq!(found.certified, Some(true), "{name} {seed}: {found:?}");
            assert!(strict(&truth, &found.structure), "{name} {seed}: {found:?}");
            assert!(found.loss < -1.0 + 1e-5 && found.initial_loss > found.loss);
            assert_eq!(found.stages.len(), 5);
            let total: u64 = found.stages.iter().map(|s| s.evaluations).sum();
            assert_eq!(found.evaluations, total + 1);
        }
    }
}

#[test]
fn a_fit_beside_a_symmetric_lattice_snaps_to_it_and_an_unsymmetric_one_does_not() {
    let model = model();
    let start = strained(&truth(), 0.1, 4);
    let (free, limits) = (FreeParameters::Lattice, Limits::default());
    let target = pattern(&model, &truth());
    let found = recover(&graduated(64, true), &model, &target, &start, free, limits).unwrap();
    assert_eq!(found.stages[5].name, "snap: hexagonal");
    let cell = found.structure.cell();
    assert!((cell.a - cell.b).abs() < 1e-12 && (cell.gamma - 120.0).abs() < 1e-12, "{cell:?}");
    assert!((cell.a - truth().cell().a).abs() < 1e-5);

    // Half a per cent off: no more than a pattern can tell.
    let cell = CellParameters::new(4.80, 4.776, 2.80, 90.0, 90.0, 120.0);
    let lopsided = truth().with_lattice(Lattice::from_parameters(&cell).unwrap());
    let target = pattern(&model, &lopsided);
    let found = recover(&graduated(64, true), &model, &target, &start, free, limits).unwrap();
    assert_eq!((found.stages[5].name.as_str(), found.certified), ("snap: none", Some(true)));
    assert!(strict(&lopsided, &found.structure));
}

#[test]
fn nothing_is_vouched_for_that_does_not_fit() {
    let model = model();
    let target = pattern(&model, &study_crystal("Au2S").unwrap().structure());
    let (free, limits) = (FreeParameters::Lattice, Limits::default());
    let start = strained(&truth(), 0.05, 1);
    let found = recover(&graduated(3, true), &model, &target, &start, free, limits).unwrap();
    assert_eq!(found.certified, Some(false));
    let joint = Joint::new(
        graduated(1, false),
        JointOptions { max_hypotheses: 3, max_evaluations: 300, ..Default::default() },
    );
    let free = FreeParameters::Both;
    let found = recover(&joint.unwrap(), &model, &target, &start, free, limits).unwrap();
    assert_eq!(found.certified, Some(false));
}

#[test]
fn counting_noise_and_background_lower_the_bar_and_no_more() {
    let model = model();
    let truth = truth();
    let start = strained(&truth, 0.1, 7);
    let mut rng = ChaCha12Rng::seed_from_u64(3);
    let mut target = pattern(&model, &truth);
    Background::new(0.05, vec![1.0]).unwrap().corrupt(&mut target, &mut rng).unwrap();
    Counts::new(1000.0).unwrap().corrupt(&mut target, &mut rng).unwrap();
    let (free, limits) = (FreeParameters::Lattice, Limits::default());
    let found = recover(&graduated(64, true), &model, &target, &start, free, limits).unwrap();
    assert_eq!(found.certified, Some(true), "{found:?}");
    assert!(strict(&truth, &found.structure));
    // The same without the uncertainties, which then come from the pattern itself.
    let plain = Pattern::new(target.axis().clone(), target.y().to_vec()).unwrap();
    let [known, guessed] = [&target, &plain].map(|t| Reach::new(&Pearson::default(), t).unwrap());
    assert!((guessed.noise / known.noise - 1.0).abs() < 0.2, "{known:?} {guessed:?}");
    let wrong = pattern(&model, &study_crystal("NaS").unwrap().structure());
    let found = recover(&graduated(2, false), &model, &wrong, &start, free, limits).unwrap();
    assert_eq!(found.certified, Some(false));
}

#[test]
fn what_noise_takes_from_the_loss_of_the_truth_is_what_is_expected() {
    // A smooth pattern has no noise to speak of, though it is known on points alone.
    let axis = Axis::uniform(AxisKind::TwoTheta, 5.0, 0.01, 4000).unwrap();
    let bump = |x: f64, i: i32| (-0.5 * ((x - 5.0 * f64::from(i)) / 0.5).powi(2)).exp();
    let at = |x: f64| (1..9).map(|i| bump(x, i)).sum();
    let y: Vec<f64> = axis.to_vec().into_iter().map(at).collect();
    let clean = Pattern::new(axis, y).unwrap();
    let pearson = Pearson::default();
    assert!(Reach::new(&pearson, &clean).unwrap().noise < 1e-12);
    let mut noisy = clean.clone();
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    Counts::new(10_000.0).unwrap().corrupt(&mut noisy, &mut rng).unwrap();
    let reach = Reach::new(&pearson, &noisy).unwrap();
    let taken = 1.0 + braggscape_loss::Loss::value(&pearson, &noisy, &clean).unwrap();
    assert!((taken / reach.noise - 1.0).abs() < 0.1, "{taken} {reach:?}");
    assert!(-1.0 + taken < reach.bar(0.0) && reach.bar(0.0) < -1.0 + 1.2 * taken);
}

#[test]
fn lattice_and_coordinates_come_home_together() {
    let model = model();
    let truth = truth();
    let target = pattern(&model, &truth);
    let mut rng = ChaCha12Rng::seed_from_u64(11);
    let start = strained(&truth, 0.08, 11);
    let start = Displacement::new(0.04).unwrap().distort(&start, &mut rng).unwrap();
    let matcher = StructureMatcher::new(StructureMatcherOptions::study()).unwrap();
    assert!(!matcher.fit(&truth, &start).unwrap(), "nothing to do");
    let joint = Joint::new(graduated(1, false), JointOptions::default()).unwrap();
    let (free, limits) = (FreeParameters::Both, Limits::default());
    let found = recover(&joint, &model, &target, &start, free, limits).unwrap();
    assert_eq!(found.certified, Some(true), "{found:?}");
    assert!(strict(&truth, &found.structure));
    assert!(found.alternatives.iter().all(|a| a.loss > found.loss));
}

#[test]
fn budgets_are_kept() {
    let model = model();
    let target = pattern(&model, &study_crystal("Au2S").unwrap().structure());
    let start = strained(&truth(), 0.1, 1);
    let limits = Limits { max_evaluations: 40 };
    for free in [FreeParameters::Lattice, FreeParameters::Both] {
        let found = recover(&graduated(64, true), &model, &target, &start, free, limits).unwrap();
        assert!(found.evaluations <= 42, "{found:?}");
    }
}

#[test]
fn options_out_of_range_are_refused_by_name() {
    let starts = |count, strain| Starts { count, strain, displacement: 0.0 };
    let build = |starts, certificate, snap| Staged::new(plans(), starts, certificate, snap);
    let bad = [
        (build(starts(0, 0.2), None, None), "starts"),
        (build(starts(1, 0.7), None, None), "spread"),
        (build(starts(1, 0.2), Some(-1.0), None), "certificate"),
        (build(starts(1, 0.2), None, Some(Snap { reach: 2.0, tolerance: 0.0 })), "snap.reach"),
        (Staged::new(Vec::new(), starts(1, 0.2), None, None), "stages"),
    ];
    for (built, name) in bad {
        let e = built.err().unwrap().to_string();
        assert!(e.starts_with(name), "{e}");
    }
    let options = JointOptions { metric_tolerance: 0.0, ..Default::default() };
    let e = Joint::new(graduated(1, false), options).err().unwrap().to_string();
    assert!(e.starts_with("metric_tolerance"), "{e}");
}

/// Argon in a cell of four, strained.
fn argon(edge: f64) -> Structure {
    let cell = CellParameters::new(edge, edge, edge, 90.0, 90.0, 90.0);
    let element = Element::from_symbol("Ar").unwrap();
    let sites = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
    let sites = sites.map(|frac| Site::new(element, frac.into())).to_vec();
    Structure::new(Lattice::from_parameters(&cell).unwrap(), sites).unwrap()
}

fn lennard_jones() -> AnyPotential {
    LennardJones::new(LennardJonesOptions::default()).unwrap().into()
}

#[test]
fn gradients_of_energies_are_slopes_in_every_kind_of_variable() {
    let mut rng = ChaCha12Rng::seed_from_u64(2);
    let start = strained(&argon(5.4), 0.05, 3);
    let start = Displacement::new(0.02).unwrap().distort(&start, &mut rng).unwrap();
    let potential = lennard_jones();
    for variables in [Variables::Cell, Variables::Strain] {
        let p = Parametrisation::with_variables(
            start.clone(),
            FreeParameters::Both,
            variables,
            &Identity,
        );
        let problem = EnergyProblem::new(&potential, &Identity, p.unwrap());
        let x = problem.parametrisation().pack();
        let mut gradient = vec![f64::NAN; x.len()];
        let value = problem.value_and_gradient(&x, &mut gradient).unwrap();
        assert!((value - problem.energy_of(&start).unwrap()).abs() < 1e-12);
        let largest = gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
        for k in 0..x.len() {
            let at = |t: f64| {
                let mut moved = x.clone();
                moved[k] += t;
                problem.value(&moved).unwrap()
            };
            let h = if k < 6 && variables == Variables::Cell { 1e-3 } else { 1e-4 };
            let slope = (at(h) - at(-h)) / (2.0 * h);
            assert!((gradient[k] - slope).abs() < 1e-5 * largest, "{k}: {} {slope}", gradient[k]);
        }
    }
}

#[test]
fn relaxation_and_weighted_energies_bring_argon_home() {
    let model = model();
    let potential = lennard_jones();
    let options = RelaxOptions { fmax: 1e-4, ..Default::default() };
    let truth = braggscape_potential::relax(&potential, &argon(5.3), &options, &mut |_| ());
    let truth = truth.unwrap().structure;
    let target = pattern(&model, &truth);
    let start = strained(&truth, 0.05, 6);
    assert!(!strict(&truth, &start));
    let (free, limits) = (FreeParameters::Lattice, Limits::default());
    let relax = Relax::new(lennard_jones(), options).unwrap();
    let found = recover(&relax, &model, &target, &start, free, limits).unwrap();
    assert!(strict(&truth, &found.structure), "{found:?}");
    assert_eq!((found.certified, found.stages.len()), (None, 1));

    let weighed = with_energy(vec![100.0, 1.0, 0.0], Starts::ONE).unwrap();
    let found = recover(&weighed, &model, &target, &start, free, limits).unwrap();
    assert!(strict(&truth, &found.structure), "{found:?}");
    let names: Vec<&str> = found.stages.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["weight 100", "weight 1", "weight 0"]);
    let few = Limits { max_evaluations: 7 };
    let found = recover(&weighed, &model, &target, &start, free, few).unwrap();
    assert!(found.evaluations <= 7);
    let e = with_energy(vec![-1.0], Starts::ONE).err().unwrap();
    assert!(e.to_string().starts_with("weights = -1"), "{e}");

    // Of several ends the one of the lowest rank is taken, here that of the lowest energy.
    let starts = Starts { count: 4, strain: 0.05, displacement: 0.1 };
    let several = with_energy(vec![1.0, 0.0], starts).unwrap();
    let found = recover(&several, &model, &target, &start, free, limits).unwrap();
    assert_eq!(found.alternatives.len(), 3);
    let (free, projector) = (FreeParameters::Both, AnyProjector::from(Identity));
    let potential = lennard_jones();
    let problem =
        EnergyProblem::new(&potential, &projector, Parametrisation::new(start.clone(), free));
    let energy = |s: &Structure| problem.energy_of(s).unwrap();
    for other in &found.alternatives {
        assert!(energy(&found.structure) <= energy(&other.structure) + 1e-9);
        let told: f64 = other.name.split(' ').next().unwrap().parse().unwrap();
        assert!((told - energy(&other.structure)).abs() < 1e-4);
    }
}

/// Patterns know atoms at one place, energies do not: what can be done without them is done.
#[test]
fn atoms_at_one_place_have_no_energy_and_stop_nothing() {
    let model = model();
    let truth = argon(5.3);
    let target = pattern(&model, &truth);
    let mut sites = truth.sites().to_vec();
    sites[1].frac = sites[0].frac;
    let start = Structure::new(*truth.lattice(), sites).unwrap();
    let (free, limits) = (FreeParameters::Coordinates, Limits::default());
    let go = |weights: Vec<f64>, starts| {
        let strategy = with_energy(weights, starts).unwrap();
        recover(&strategy, &model, &target, &start, free, limits)
    };
    let found = go(vec![1.0, 0.0], Starts::ONE).unwrap();
    let names: Vec<&str> = found.stages.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["weight 0"]);
    // The evaluation that was refused counts.
    assert_eq!(found.evaluations, found.stages[0].evaluations + 1);
    let e = go(vec![1.0], Starts::ONE).unwrap_err();
    assert!(matches!(e, RecoverError::NoStart { starts: 1 }), "{e}");
    // Where there are energies, they decide.
    let starts = Starts { count: 4, strain: 0.0, displacement: 0.1 };
    let found = go(vec![1.0, 0.0], starts).unwrap();
    assert_eq!(found.stages.len(), 2);
    assert_eq!(found.alternatives.last().unwrap().name, "no energy");
}

fn with_energy(weights: Vec<f64>, starts: Starts) -> Result<WithEnergy, RecoverError> {
    let lbfgs = || Lbfgs::new(LbfgsOptions::default()).unwrap().into();
    let plan = WithEnergyPlan { weights, relax_steps: 0, starts, rank_weight: 1e6 };
    WithEnergy::new(lennard_jones(), plan, lbfgs(), lbfgs())
}

/// A target of another instrument, which comes home with the lattice.
#[test]
fn an_unknown_instrument_is_found_beside_the_lattice() {
    let model = model();
    let made = Instrument { zero_shift: 0.08, u: 0.0, v: 0.0, w: 0.9, b_iso: 0.8 };
    let all = vec![Nuisance::ZeroShift, Nuisance::W, Nuisance::BIso];
    for (name, seed) in [("U2Ti", 1), ("CoSi4Ni3", 2)] {
        let truth = study_crystal(name).unwrap().structure();
        let other = model.adjustable().unwrap().with_instrument(&made, 1).unwrap();
        let target = pattern(&other, &truth);
        let start = strained(&truth, 0.1, seed);
        let (free, limits) = (FreeParameters::Lattice, Limits { max_evaluations: 20_000 });
        let go =
            |strategy: &Staged| recover(strategy, &model, &target, &start, free, limits).unwrap();
        let blind = go(&graduated(4, true));
        assert_eq!((blind.certified, blind.instrument), (Some(false), None), "{name}");
        let found = go(&graduated(64, true).with_nuisances(all.clone()));
        assert_eq!(found.certified, Some(true), "{name}: {found:?}");
        assert!(strict(&truth, &found.structure) && found.loss < -1.0 + 1e-6, "{found:?}");
        let total: u64 = found.stages.iter().map(|s| s.evaluations).sum();
        assert_eq!(found.evaluations, total + 1);
        let i = found.instrument.unwrap();
        for (a, b) in [(i.zero_shift, 0.08), (i.w, 0.9), (i.b_iso, 0.8), (i.u, 0.0), (i.v, 0.0)] {
            assert!((a - b).abs() < 2e-3, "{name}: {i:?}");
        }
    }
}

/// Coordinates have an instrument beside them as well.
#[test]
fn an_unknown_instrument_is_found_beside_coordinates() {
    let model = model();
    let made = Instrument { zero_shift: 0.05, u: 0.0, v: 0.0, w: 1.2, b_iso: 0.0 };
    let truth = study_crystal("Au2S").unwrap().structure();
    let other = model.adjustable().unwrap().with_instrument(&made, 1).unwrap();
    let target = pattern(&other, &truth);
    let mut rng = ChaCha12Rng::seed_from_u64(4);
    let start = Displacement::new(0.02).unwrap().distort(&truth, &mut rng).unwrap();
    let stages = graduated(1, false).with_nuisances(vec![Nuisance::ZeroShift, Nuisance::W]);
    let strategy = Joint::new(stages, JointOptions::default()).unwrap();
    let (free, limits) = (FreeParameters::Coordinates, Limits::default());
    let found = recover(&strategy, &model, &target, &start, free, limits).unwrap();
    assert_eq!(found.certified, Some(true), "{found:?}");
    assert!(strict(&truth, &found.structure));
    let i = found.instrument.unwrap();
    assert!((i.zero_shift - 0.05).abs() < 1e-3 && (i.w - 1.2).abs() < 1e-3, "{i:?}");
}

/// A model of another crate, which is no more than it must be.
struct Plain(AnyForwardModel);

impl ForwardModel for Plain {
    fn axis(&self) -> &Axis {
        self.0.axis()
    }

    fn wavelength(&self) -> f64 {
        self.0.wavelength()
    }

    fn simulate(
        &self,
        structure: &Structure,
        scratch: &mut Scratch,
        out: &mut Pattern,
    ) -> Result<(), ForwardError> {
        self.0.simulate(structure, scratch, out)
    }

    fn pullback(
        &self,
        structure: &Structure,
        d_y: &[f64],
        scratch: &mut Scratch,
        out: &mut StructureGradient,
    ) -> Result<(), ForwardError> {
        self.0.pullback(structure, d_y, scratch, out)
    }

    fn peaks(&self, structure: &Structure) -> Result<Vec<Peak>, ForwardError> {
        self.0.peaks(structure)
    }
}

#[test]
fn a_model_without_an_instrument_is_told() {
    let truth = study_crystal("U2Ti").unwrap().structure();
    let target = pattern(&model(), &truth);
    let plain = AnyForwardModel::external(Plain(model()));
    let last = StagePlan {
        optimizer: Lbfgs::default().into(),
        ..stage("sharp", Cosine::default().into(), true)
    };
    let strategy = Staged::new(vec![last], Starts::ONE, Some(1e-5), None).unwrap();
    let strategy = strategy.with_nuisances(vec![Nuisance::W]);
    let (free, limits) = (FreeParameters::Lattice, Limits::default());
    let failed = recover(&strategy, &plain, &target, &truth, free, limits);
    assert!(matches!(failed, Err(RecoverError::NoInstrument)), "{failed:?}");
}
