//! Gauss-Newton matrices of whole problems.

use super::{model, start, target, truth};
use braggscape_crystal::Structure;
use braggscape_loss::{AnyLoss, Cosine, Mse, Normalisation};
use braggscape_optim::Objective;
use braggscape_pattern::Pattern;
use braggscape_projector::Identity;
use braggscape_recover::{FreeParameters, Parametrisation, Problem, Variables};
use braggscape_xrd::{AnyForwardModel, Sampling, Structsnap, StructsnapOptions};
use nalgebra::DMatrix;

fn losses() -> Vec<AnyLoss> {
    let normalisations =
        [Normalisation::Max, Normalisation::Sum, Normalisation::L2, Normalisation::None];
    let mse = normalisations.map(|normalisation| AnyLoss::from(Mse { normalisation }));
    std::iter::once(Cosine {}.into()).chain(mse).collect()
}

/// On all points of the grid.
fn full() -> AnyForwardModel {
    let options =
        StructsnapOptions { n_points: 1700, sampling: Sampling::Full, ..Default::default() };
    Structsnap::new(options).unwrap().into()
}

struct Evaluated {
    value: f64,
    gradient: Vec<f64>,
    hessian: DMatrix<f64>,
}

fn evaluate(
    model: &AnyForwardModel,
    loss: &AnyLoss,
    target: &Pattern,
    s: &Structure,
    free: FreeParameters,
    variables: Variables,
) -> Evaluated {
    let p = Parametrisation::with_variables(s.clone(), free, variables, &Identity).unwrap();
    let x = p.pack();
    let problem = Problem::new(model, loss, &Identity, target, p);
    let mut gradient = vec![f64::NAN; x.len()];
    let mut hessian = DMatrix::from_element(1, 1, f64::NAN);
    let squares = problem.least_squares().expect("a sum of squares");
    let value = squares.gauss_newton(&x, &mut gradient, &mut hessian).unwrap();
    // The same numbers as those of the objective itself.
    let mut g = vec![0.0; x.len()];
    let v = problem.value_and_gradient(&x, &mut g).unwrap();
    assert_eq!(v.to_bits(), value.to_bits());
    let largest = g.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let same = g.iter().zip(&gradient).all(|(a, b)| (a - b).abs() <= 1e-6 * largest + 1e-12);
    assert!(same, "{g:?} {gradient:?}");
    Evaluated { value, gradient, hessian }
}

/// Where the residuals are 0 the matrix is that of the second derivatives: differences of the gradient.
#[test]
fn at_the_truth_it_is_the_hessian() {
    let model = model();
    let target = target(&model);
    for loss in losses() {
        for variables in [Variables::Cell, Variables::Strain] {
            let free = FreeParameters::Both;
            let found = evaluate(&model, &loss, &target, &truth(), free, variables).hessian;
            let p = Parametrisation::with_variables(truth(), free, variables, &Identity).unwrap();
            let x = p.pack();
            let problem = Problem::new(&model, &loss, &Identity, &target, p);
            let scale = |i: usize| problem.components()[i].scale;
            let at = |i: usize, d: f64| {
                let mut y = x.clone();
                y[i] += d;
                let mut g = vec![0.0; x.len()];
                problem.value_and_gradient(&y, &mut g).unwrap();
                g
            };
            let largest =
                (0..x.len()).map(|i| found[(i, i)] * scale(i) * scale(i)).fold(0.0, f64::max);
            for i in 0..x.len() {
                let h = 1e-5 * scale(i);
                let (up, down) = (at(i, h), at(i, -h));
                for j in 0..x.len() {
                    let slope = (up[j] - down[j]) / (2.0 * h) * scale(i) * scale(j);
                    let entry = found[(j, i)] * scale(i) * scale(j);
                    assert!(
                        (entry - slope).abs() < 2e-4 * largest,
                        "{variables} {i} {j}: {entry} against {slope}, largest {largest}"
                    );
                }
            }
        }
    }
}

#[test]
fn nodes_and_all_points_give_one_matrix() {
    let (nodes, full) = (model(), full());
    let target = target(&full);
    for loss in losses() {
        for free in [FreeParameters::Lattice, FreeParameters::Coordinates, FreeParameters::Both] {
            let of = |model| evaluate(model, &loss, &target, &start(), free, Variables::Cell);
            let (a, b) = (of(&nodes), of(&full));
            assert!((a.value - b.value).abs() < 1e-6 * a.value.abs());
            let largest = b.hessian.amax();
            assert!((&a.hessian - &b.hessian).amax() < 1e-6 * largest);
            assert_eq!(a.gradient.len(), a.hessian.nrows());
        }
    }
}

#[test]
fn an_objective_without_squares_says_so() {
    struct Absolute;
    impl braggscape_loss::Loss for Absolute {
        fn value_and_gradient(
            &self,
            obs: &Pattern,
            calc: &Pattern,
            grad: &mut [f64],
        ) -> Result<f64, braggscape_loss::LossError> {
            grad.fill(0.0);
            Ok((obs.y()[0] - calc.y()[0]).abs())
        }
    }
    let model = model();
    let target = target(&model);
    let p = Parametrisation::new(start(), FreeParameters::Lattice);
    assert!(Problem::new(&model, &Absolute, &Identity, &target, p).least_squares().is_none());
}
