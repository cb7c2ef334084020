//! Other variables than cell parameters: strains, and the free parameters of a constraint.

use super::{model, start, target, truth};
use braggscape_crystal::{CellParameters, Structure};
use braggscape_loss::Cosine;
use braggscape_optim::Objective;
use braggscape_projector::{
    CellShape, CrystalFamilyProjector, Identity, ProjectError, Projector, Reduced,
};
use braggscape_recover::{FreeParameters, Parametrisation, Problem, RecoverError, Variables};
use nalgebra::{DMatrix, Vector3};

/// Hexagonal cells; of all sites only the x of the second moves, along (x, 2x, 1/4).
struct Hexagonal {
    n_sites: usize,
}

impl Projector for Hexagonal {
    fn project(
        &self,
        cell: &mut CellParameters,
        coords: &mut [Vector3<f64>],
    ) -> Result<(), ProjectError> {
        CrystalFamilyProjector::new(CellShape::Hexagonal).project(cell, coords)
    }

    fn project_gradient(&self, cell: &mut [f64; 6], coords: &mut [Vector3<f64>]) {
        CrystalFamilyProjector::new(CellShape::Hexagonal).project_gradient(cell, coords);
    }

    fn reduced(&self, _: &CellParameters, coords: &[Vector3<f64>]) -> Option<Reduced> {
        let mut origin = vec![0.0, 0.0, 0.0, 90.0, 90.0, 120.0];
        origin.extend(coords.iter().flat_map(|f| [f.x, f.y, f.z]));
        origin[9..12].copy_from_slice(&[0.0, 0.0, 0.25]);
        let mut basis = DMatrix::zeros(6 + 3 * self.n_sites, 3);
        for (row, column, value) in
            [(0, 0, 1.0), (1, 0, 1.0), (2, 1, 1.0), (9, 2, 1.0), (10, 2, 2.0)]
        {
            basis[(row, column)] = value;
        }
        Some(Reduced { origin, basis, names: ["a", "c", "x2"].map(str::to_owned).to_vec() })
    }
}

fn parametrised(free: FreeParameters, variables: Variables) -> Parametrisation {
    let projector = Hexagonal { n_sites: start().n_sites() };
    Parametrisation::with_variables(start(), free, variables, &projector).unwrap()
}

const ALL: [FreeParameters; 3] =
    [FreeParameters::Lattice, FreeParameters::Coordinates, FreeParameters::Both];

#[test]
fn the_template_comes_back_from_its_strain() {
    for free in ALL {
        let p = parametrised(free, Variables::Strain);
        let x = p.pack();
        assert_eq!(x.len(), p.components().len());
        assert_eq!(x.len(), p.names().len());
        let same = p.unpack(&x).unwrap();
        let change = same.cell().to_array().into_iter().zip(start().cell().to_array());
        assert!(change.into_iter().all(|(a, b)| (a - b).abs() < 1e-12));
        assert_eq!(same.frac_coords(), start().frac_coords());
    }
    // A lattice that is not free has no strain either.
    assert_eq!(
        parametrised(FreeParameters::Coordinates, Variables::Strain).variables(),
        Variables::Cell
    );
    assert_eq!(
        parametrised(FreeParameters::Both, Variables::Strain).names()[5..8],
        ["e_xy", "x1", "y1"]
    );
}

#[test]
fn free_parameters_are_those_of_the_constraint() {
    let both = parametrised(FreeParameters::Both, Variables::Reduced);
    assert_eq!(both.names(), ["a", "c", "x2"]);
    let x = both.pack();
    assert!((x[0] - 0.5 * (4.83 + 4.75)).abs() < 1e-12, "a is the mean of a and b: {x:?}");
    let s = both.unpack(&[5.0, 3.0, 0.3]).unwrap();
    let expected = [5.0, 5.0, 3.0, 90.0, 90.0, 120.0];
    assert!(s.cell().to_array().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12));
    assert!((s.sites()[1].frac - Vector3::new(0.3, 0.6, 0.25)).amax() < 1e-15);
    assert_eq!(s.sites()[0], start().sites()[0]);
    assert_eq!(parametrised(FreeParameters::Lattice, Variables::Reduced).names(), ["a", "c"]);
    assert_eq!(parametrised(FreeParameters::Coordinates, Variables::Reduced).names(), ["x2"]);
}

#[test]
fn a_constraint_without_free_parameters_is_named() {
    struct Crooked;
    impl Projector for Crooked {
        fn project(
            &self,
            _: &mut CellParameters,
            _: &mut [Vector3<f64>],
        ) -> Result<(), ProjectError> {
            Ok(())
        }
        fn project_gradient(&self, _: &mut [f64; 6], _: &mut [Vector3<f64>]) {}
    }
    let e = Parametrisation::with_variables(
        start(),
        FreeParameters::Lattice,
        Variables::Reduced,
        &Crooked,
    )
    .unwrap_err();
    assert!(matches!(e, RecoverError::NoReducedForm { .. }));
    assert!(e.to_string().contains("free parameters of the lattice"), "{e}");
}

/// A point off the template in every component.
fn moved(p: &Parametrisation) -> Vec<f64> {
    let mut x = p.pack();
    for (i, (x, c)) in x.iter_mut().zip(p.components()).enumerate() {
        *x += 0.05 * c.scale * (1.0 + i as f64).sin();
    }
    x
}

#[test]
fn gradients_in_all_variables_are_derivatives() {
    let (model, projector) = (model(), Hexagonal { n_sites: start().n_sites() });
    let target = target(&model);
    for free in ALL {
        for variables in [Variables::Cell, Variables::Strain, Variables::Reduced] {
            let p = parametrised(free, variables);
            let x = moved(&p);
            let problem = Problem::new(&model, &Cosine {}, &projector, &target, p);
            let mut g = vec![0.0; x.len()];
            problem.value_and_gradient(&x, &mut g).unwrap();
            let largest = g.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
            for i in 0..x.len() {
                let h = 1e-5 * problem.components()[i].scale;
                let at = |d: f64| {
                    let mut y = x.clone();
                    y[i] += d;
                    problem.value(&y).unwrap()
                };
                let slope = (at(h) - at(-h)) / (2.0 * h);
                assert!(
                    (g[i] - slope).abs() < 1e-5 * largest,
                    "{free} {variables} {i}: {} against {slope}",
                    g[i]
                );
            }
        }
    }
}

/// In whatever variables, a small step along the projected gradient keeps the constraint to second order, and the slope along the
/// constraint is that of the gradient.
#[test]
fn projected_gradients_lie_along_the_constraint() {
    let (model, projector) = (model(), Hexagonal { n_sites: start().n_sites() });
    let target = target(&model);
    for variables in [Variables::Cell, Variables::Strain] {
        let p = parametrised(FreeParameters::Lattice, variables);
        let problem = Problem::new(&model, &Cosine {}, &projector, &target, p);
        let mut x = problem.parametrisation().pack();
        problem.project(&mut x).unwrap();
        let mut g = vec![0.0; x.len()];
        problem.value_and_gradient(&x, &mut g).unwrap();
        let mut along = g.clone();
        problem.project_gradient(&x, &mut along);
        let length = along.iter().map(|v| v * v).sum::<f64>().sqrt();
        let off = |h: f64| {
            let y: Vec<f64> = x.iter().zip(&along).map(|(x, a)| x + h * a / length).collect();
            let mut projected = y.clone();
            problem.project(&mut projected).unwrap();
            y.iter().zip(&projected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        assert!(off(1e-4) < 1e-7, "{variables}: {:e}", off(1e-4));
        let product: f64 = g.iter().zip(&along).map(|(a, b)| a * b).sum();
        assert!((product / (length * length) - 1.0).abs() < 1e-9, "{variables}: {product}");
        let mut twice = along.clone();
        problem.project_gradient(&x, &mut twice);
        assert!(twice.iter().zip(&along).all(|(a, b)| (a - b).abs() < 1e-10 * length));
    }
}

#[test]
fn strains_and_cells_are_one_objective() {
    let model = model();
    let target = target(&model);
    let value = |s: &Structure, variables: Variables| {
        let p = Parametrisation::with_variables(
            s.clone(),
            FreeParameters::Lattice,
            variables,
            &Identity,
        )
        .unwrap();
        let x = p.pack();
        Problem::new(&model, &Cosine {}, &Identity, &target, p).value(&x).unwrap()
    };
    for s in [start(), truth()] {
        let (a, b) = (value(&s, Variables::Cell), value(&s, Variables::Strain));
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }
}
