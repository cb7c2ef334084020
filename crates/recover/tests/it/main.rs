//! The parametrisation, the objective and the descent of one recovery problem.
#![expect(clippy::unwrap_used, reason = "tests")]

mod ambiguity;
mod hypotheses;
mod least_squares;
mod optimizers;
mod stages;
mod strategies;
mod variables;

use braggscape_crystal::{CellParameters, Lattice, Structure, study_crystal};
use braggscape_loss::Cosine;
use braggscape_optim::{GradientDescent, GradientDescentOptions, Limits, Objective};
use braggscape_pattern::Pattern;
use braggscape_projector::{CellShape, CrystalFamilyProjector, Identity, Projector};
use braggscape_recover::{
    Descend, FreeParameters, Parametrisation, Problem, RecoveryTask, Strategy, Variables,
};
use braggscape_xrd::{AnyForwardModel, ForwardModel, Scratch, Structsnap, StructsnapOptions};

fn model() -> AnyForwardModel {
    Structsnap::new(StructsnapOptions { n_points: 1700, ..Default::default() }).unwrap().into()
}

fn truth() -> Structure {
    study_crystal("U2Ti").unwrap().structure()
}

fn start() -> Structure {
    let cell = CellParameters::new(4.83, 4.75, 2.83, 90.6, 89.5, 119.6);
    let mut coords = truth().frac_coords();
    coords[0].x += 0.01;
    coords[2].z -= 0.02;
    truth()
        .with_lattice(Lattice::from_parameters(&cell).unwrap())
        .with_frac_coords(&coords)
        .unwrap()
}

fn target(model: &AnyForwardModel) -> Pattern {
    let mut target = Pattern::zeros(model.axis().clone());
    model.simulate(&truth(), &mut Scratch::default(), &mut target).unwrap();
    target
}

#[test]
fn what_is_free_is_packed_and_the_rest_stays() {
    for (free, n) in
        [(FreeParameters::Lattice, 6), (FreeParameters::Coordinates, 9), (FreeParameters::Both, 15)]
    {
        let p = Parametrisation::new(start(), free);
        let mut x = p.pack();
        assert_eq!((x.len(), p.components().len()), (n, n));
        for v in &mut x {
            *v += 0.01;
        }
        let moved = p.unpack(&x).unwrap();
        let cell = moved.cell().a - start().cell().a;
        let site = moved.sites()[1].frac.y - start().sites()[1].frac.y;
        assert!((cell - if free.lattice() { 0.01 } else { 0.0 }).abs() < 1e-12, "{free}");
        assert!((site - if free.coordinates() { 0.01 } else { 0.0 }).abs() < 1e-12, "{free}");
    }
}

#[test]
fn the_gradient_of_the_objective_is_its_derivative() {
    let model = model();
    let target = target(&model);
    let p = Parametrisation::new(start(), FreeParameters::Both);
    let x = p.pack();
    let problem = Problem::new(&model, &Cosine {}, &Identity, &target, p);
    let mut g = vec![0.0; x.len()];
    problem.value_and_gradient(&x, &mut g).unwrap();
    // The list of reflections does not change within such steps.
    let h = 1e-6;
    for i in 0..x.len() {
        let at = |d: f64| {
            let mut y = x.clone();
            y[i] += d;
            problem.value(&y).unwrap()
        };
        let slope = (at(h) - at(-h)) / (2.0 * h);
        assert!((g[i] - slope).abs() < 1e-7, "component {i}: {} against {slope}", g[i]);
    }
}

#[test]
fn a_cell_that_is_none_is_infeasible() {
    let model = model();
    let target = target(&model);
    let p = Parametrisation::new(start(), FreeParameters::Lattice);
    let problem = Problem::new(&model, &Cosine {}, &Identity, &target, p);
    let e = problem.value(&[4.0, 4.0, 3.0, 30.0, 30.0, 100.0]).unwrap_err();
    assert!(e.to_string().contains("no cell has the angles"), "{e}");
}

#[test]
fn a_projected_descent_stays_on_its_constraint_and_improves() {
    let model = model();
    let target = target(&model);
    let projector = CrystalFamilyProjector::new(CellShape::Hexagonal);
    let options = GradientDescentOptions { patience: 50, ..Default::default() };
    let descend = Descend::new(GradientDescent::new(options).unwrap().into());
    let found = descend
        .recover(&RecoveryTask {
            start: &start(),
            free: FreeParameters::Lattice,
            variables: Variables::Cell,
            target: &target,
            forward: &model,
            loss: &Cosine {}.into(),
            projector: &projector.into(),
            limits: Limits::default(),
            seed: 0,
        })
        .unwrap();
    assert!(projector.violation(&found.structure.cell(), &found.structure.frac_coords()) < 1e-9);
    assert!(found.loss < found.initial_loss);
    assert_eq!(found.structure.sites(), start().sites(), "coordinates are not free");
}
