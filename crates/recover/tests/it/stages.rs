//! Composed stages: constraint, budget and end of each.

use super::strategies::{pattern, plans, recover, stage, strained};
use super::{model, truth};
use braggscape_crystal::Structure;
use braggscape_loss::Cosine;
use braggscape_optim::{GradientDescent, GradientDescentOptions, Limits, Termination};
use braggscape_projector::{
    AnyProjector, CellShape, CrystalFamilyProjector, Identity, Projector, Ramp, Rise,
};
use braggscape_recover::{
    FreeParameters, Nuisance, Outcome, RecoverError, StagePlan, StageRules, Staged, Starts,
};

fn sharp(rules: StageRules) -> StagePlan {
    StagePlan { rules, ..stage("sharp", Cosine::default().into(), true) }
}

fn shape(shape: CellShape) -> AnyProjector {
    CrystalFamilyProjector::new(shape).into()
}

fn within(shape: CellShape, structure: &Structure) -> f64 {
    CrystalFamilyProjector::new(shape).violation(&structure.cell(), &structure.frac_coords())
}

/// U2Ti, strained by 3 per cent or so, through stages from one start.
fn go(stages: Vec<StagePlan>) -> Result<Outcome, RecoverError> {
    let model = model();
    let strategy = Staged::new(stages, Starts::ONE, Some(1e-5), None)?;
    let (target, start) = (pattern(&model, &truth()), strained(&truth(), 0.03, 2));
    recover(&strategy, &model, &target, &start, FreeParameters::Lattice, Limits::default())
}

#[test]
fn every_stage_keeps_its_own_constraint() {
    let on = |projector| StageRules { projector: Some(projector), ..StageRules::default() };
    let free = go(vec![sharp(StageRules::default())]).unwrap();
    assert!(within(CellShape::Hexagonal, &free.structure) > 1e-9, "{free:?}");

    let hexagonal = go(vec![sharp(on(shape(CellShape::Hexagonal)))]).unwrap();
    assert!(within(CellShape::Hexagonal, &hexagonal.structure) < 1e-12, "{hexagonal:?}");
    assert_eq!(hexagonal.certified, Some(true));
    // Two lengths in place of six strains: the wrong shape cannot fit.
    let wrong = go(vec![sharp(on(shape(CellShape::Cubic)))]).unwrap();
    assert!(within(CellShape::Cubic, &wrong.structure) < 1e-12);
    assert_eq!(wrong.certified, Some(false), "{wrong:?}");

    // A constraint ends with its stage, also one of the stage that no projector is the constraint of.
    let first = sharp(on(shape(CellShape::Cubic)));
    let both = go(vec![first, sharp(on(Identity.into()))]).unwrap();
    assert!(both.loss < wrong.loss && within(CellShape::Cubic, &both.structure) > 1e-3);
}

#[test]
fn an_instrument_is_refined_on_the_constraint_of_the_last_stage() {
    let model = model();
    let (target, start) = (pattern(&model, &truth()), strained(&truth(), 0.03, 2));
    let mut stages = plans();
    stages.last_mut().unwrap().rules.projector = Some(shape(CellShape::Hexagonal));
    let strategy = Staged::new(stages, Starts::ONE, Some(1e-5), None).unwrap();
    let strategy = strategy.with_nuisances(vec![Nuisance::W]);
    let (free, limits) = (FreeParameters::Lattice, Limits::default());
    let found = recover(&strategy, &model, &target, &start, free, limits).unwrap();
    assert!(found.instrument.is_some() && found.certified == Some(true), "{found:?}");
    assert!(within(CellShape::Hexagonal, &found.structure) < 1e-12, "{found:?}");
}

#[test]
fn a_stage_takes_no_more_than_its_budget_and_the_next_goes_on() {
    let of = |max_evaluations| StageRules { max_evaluations, ..StageRules::default() };
    let whole = go(vec![sharp(of(None))]).unwrap();
    assert!(whole.evaluations > 6, "{whole:?}");
    let short = go(vec![sharp(of(Some(4)))]).unwrap();
    assert_eq!((short.stages[0].evaluations, short.termination), (4, Termination::Budget));
    assert!(short.loss > whole.loss && short.loss < short.initial_loss);
    let both = go(vec![sharp(of(Some(4))), sharp(of(None))]).unwrap();
    assert_eq!(both.stages[0].evaluations, 4);
    assert_eq!(both.stages[0].loss.to_bits(), short.loss.to_bits());
    assert!((both.loss - whole.loss).abs() < 1e-9, "{both:?}");
}

#[test]
fn a_budget_is_that_of_one_start() {
    let model = model();
    let rules = StageRules { max_evaluations: Some(4), ..StageRules::default() };
    let starts = Starts { count: 5, strain: 0.22, displacement: 0.0 };
    let strategy = Staged::new(vec![sharp(rules)], starts, Some(0.0), None).unwrap();
    let (target, start) = (pattern(&model, &truth()), strained(&truth(), 0.2, 2));
    let (free, limits) = (FreeParameters::Lattice, Limits::default());
    let found = recover(&strategy, &model, &target, &start, free, limits).unwrap();
    assert!(found.stages[0].evaluations > 4 && found.stages[0].evaluations <= 20, "{found:?}");
}

#[test]
fn a_stage_ends_at_the_loss_it_was_to_wait_for() {
    let rules = StageRules { stop_below: Some(-0.9), ..StageRules::default() };
    let found = go(vec![sharp(rules)]).unwrap();
    assert_eq!(found.termination, Termination::TargetReached);
    assert!(found.loss <= -0.9 && found.loss > -1.0 + 1e-6, "{found:?}");
}

#[test]
fn a_constraint_that_rises_is_in_force_when_its_stage_ends() {
    let ramp = Ramp::new(shape(CellShape::Hexagonal), 1000, Rise::Linear).unwrap();
    let options = GradientDescentOptions { max_iterations: 20, ..Default::default() };
    let rules = StageRules { projector: Some(ramp.into()), ..StageRules::default() };
    let descent =
        StagePlan { optimizer: GradientDescent::new(options).unwrap().into(), ..sharp(rules) };
    let found = go(vec![descent]).unwrap();
    assert!(within(CellShape::Hexagonal, &found.structure) < 1e-9, "{found:?}");
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    let refused = |rules, name: &str| {
        let made = Staged::new(vec![sharp(rules)], Starts::ONE, None, None);
        let Err(RecoverError::OptionRange { name: found, .. }) = made else {
            panic!("{name} was taken")
        };
        assert_eq!(found, name);
    };
    let none = StageRules::default;
    refused(StageRules { max_evaluations: Some(0), ..none() }, "stages.max_evaluations");
    refused(StageRules { stop_below: Some(f64::NAN), ..none() }, "stages.stop_below");
    refused(StageRules { give_up_above: Some(f64::NAN), ..none() }, "stages.give_up_above");
}
