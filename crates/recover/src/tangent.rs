//! Structures on a constraint, and gradients along it, in the variables of a parametrisation. Reduced variables know nothing but the constraint.

use crate::{Parametrisation, Variables};
use braggscape_optim::EvalError;
use braggscape_projector::Projector;
use nalgebra::{Matrix6, Vector3, Vector6};

/// A direction along the constraint has at least this part of the longest one's length.
const RANK: f64 = 1e-9;

/// Puts x on the constraint.
pub(crate) fn project(
    parametrisation: &Parametrisation,
    projector: &impl Projector,
    x: &mut [f64],
) -> Result<(), EvalError> {
    if parametrisation.variables() == Variables::Reduced {
        return Ok(());
    }
    let (mut cell, mut coords) = parametrisation.split(x);
    projector.project(&mut cell, &mut coords).map_err(EvalError::infeasible)?;
    parametrisation.write(&cell, &coords, x);
    Ok(())
}

/// The share of the constraint that is in force in an iteration.
pub(crate) fn weight(
    parametrisation: &Parametrisation,
    projector: &impl Projector,
    iteration: u64,
) -> f64 {
    match parametrisation.variables() {
        Variables::Reduced => 1.0,
        _ => projector.weight_at(iteration),
    }
}

/// Turns a gradient in x into that along the constraint at x: its orthogonal projection, in the norm of x, onto the directions in
/// which the constraint is kept.
pub(crate) fn project_gradient(
    parametrisation: &Parametrisation,
    projector: &impl Projector,
    x: &[f64],
    gradient: &mut [f64],
) {
    if parametrisation.variables() == Variables::Reduced {
        return;
    }
    let free = parametrisation.free();
    let (lattice, sites) = gradient.split_at(if free.lattice() { 6 } else { 0 });
    let mut cell = [0.0; 6];
    cell[..lattice.len()].copy_from_slice(lattice);
    let mut coords = vec![Vector3::zeros(); parametrisation.n_sites()];
    for (site, chunk) in coords.iter_mut().zip(sites.as_chunks::<3>().0) {
        *site = Vector3::from(*chunk);
    }
    let strained = cell;
    projector.project_gradient(&mut cell, &mut coords);
    if let Some(derivative) = parametrisation.strain_derivative(x) {
        cell = along_strain(projector, parametrisation.n_sites(), &derivative, strained);
    }
    parametrisation.write_free(&cell, &coords, gradient);
}

/// The part of a gradient in strains along the constraint. With D = dp/de and T the projection of gradients in cell parameters,
/// the directions that keep the constraint are D^-1 T v for all v.
fn along_strain(
    projector: &impl Projector,
    n_sites: usize,
    derivative: &Matrix6<f64>,
    gradient: [f64; 6],
) -> [f64; 6] {
    let mut tangent = Matrix6::zeros();
    for k in 0..6 {
        let mut unit = [0.0; 6];
        unit[k] = 1.0;
        projector.project_gradient(&mut unit, &mut vec![Vector3::zeros(); n_sites]);
        tangent.set_column(k, &unit.into());
    }
    if tangent == Matrix6::identity() {
        return gradient;
    }
    let Some(directions) = derivative.lu().solve(&tangent) else { return gradient };
    let svd = directions.svd(true, false);
    let Some(u) = svd.u else { return gradient };
    let longest = svd.singular_values.max();
    let g = Vector6::from(gradient);
    let mut along = Vector6::zeros();
    for (direction, length) in u.column_iter().zip(&svd.singular_values) {
        if *length > RANK * longest {
            along += direction * direction.dot(&g);
        }
    }
    along.into()
}
