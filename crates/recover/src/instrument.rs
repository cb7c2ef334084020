//! Structure and instrument refined together: the objective.

use crate::problem::{NoLeastSquares, congruence};
use crate::{Parametrisation, RecoverError, tangent};
use braggscape_crystal::Structure;
use braggscape_loss::{AnyLoss, Loss};
use braggscape_optim::{Component, EvalError, LeastSquaresObjective, Objective, OptimError};
use braggscape_pattern::{Pattern, sum};
use braggscape_projector::AnyProjector;
use braggscape_xrd::{
    AdjustableModel, AnyForwardModel, ForwardError, ForwardModel, GradientParts, Instrument,
    JacobianColumns, Scratch, StructureGradient,
};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What of an instrument is refined beside a structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nuisance {
    /// The zero shift.
    ZeroShift,
    /// Caglioti U.
    U,
    /// Caglioti V.
    V,
    /// Caglioti W.
    W,
    /// The overall isotropic displacement B.
    BIso,
}

impl Nuisance {
    /// The unknown: W as its logarithm, which keeps it above 0, the others as they are.
    fn read(self, instrument: &Instrument) -> f64 {
        match self {
            Self::ZeroShift => instrument.zero_shift,
            Self::U => instrument.u,
            Self::V => instrument.v,
            Self::W => libm::log(instrument.w),
            Self::BIso => instrument.b_iso,
        }
    }

    fn write(self, z: f64, instrument: &mut Instrument) {
        match self {
            Self::ZeroShift => instrument.zero_shift = z,
            Self::U => instrument.u = z,
            Self::V => instrument.v = z,
            Self::W => instrument.w = libm::exp(z),
            Self::BIso => instrument.b_iso = z,
        }
    }

    /// d(what the model differentiates by)/dz.
    fn slope(self, instrument: &Instrument) -> f64 {
        if self == Self::W { instrument.w } else { 1.0 }
    }

    fn component(self) -> Component {
        match self {
            Self::ZeroShift | Self::U | Self::V => Component::absolute(0.1, 0.2, 0.05),
            Self::W => Component::absolute(0.3, 1.0, 0.1),
            Self::BIso => Component::absolute(0.5, 1.0, 0.1),
        }
    }

    /// Derivative in it.
    fn of_gradient(self, g: &StructureGradient) -> f64 {
        match self {
            Self::ZeroShift => g.zero_shift,
            Self::U => g.caglioti[0],
            Self::V => g.caglioti[1],
            Self::W => g.caglioti[2],
            Self::BIso => g.b_iso,
        }
    }

    /// Its column among those that are asked for, those of the structure left out.
    fn of_columns(self, columns: JacobianColumns) -> usize {
        let widths = if columns.caglioti { 3 } else { 0 };
        match self {
            Self::U => 0,
            Self::V => 1,
            Self::W => 2,
            Self::BIso => widths,
            Self::ZeroShift => widths + usize::from(columns.b_iso),
        }
    }
}

/// What is fitted to what.
#[derive(Clone, Copy)]
pub(crate) struct Fitted<'a> {
    pub(crate) model: &'a dyn AdjustableModel,
    /// On every so manieth point of its axis.
    pub(crate) every: usize,
    pub(crate) loss: &'a AnyLoss,
    pub(crate) projector: &'a AnyProjector,
    /// On the same points.
    pub(crate) target: &'a Pattern,
}

impl Fitted<'_> {
    fn model(&self, instrument: &Instrument) -> Result<AnyForwardModel, ForwardError> {
        self.model.with_instrument(instrument, self.every)
    }
}

/// The objective in the variables of a structure and, behind them, some of an instrument.
pub(crate) struct InstrumentProblem<'a> {
    fitted: Fitted<'a>,
    parametrisation: Parametrisation,
    instrument: Instrument,
    nuisances: &'a [Nuisance],
    columns: JacobianColumns,
    components: Vec<Component>,
    least_squares: bool,
    workspace: Mutex<Workspace>,
}

struct Workspace {
    scratch: Scratch,
    structure: Structure,
    calc: Pattern,
    d_y: Vec<f64>,
    gradient: StructureGradient,
    jacobian: DMatrix<f64>,
}

impl<'a> InstrumentProblem<'a> {
    /// The problem of finding structure and instrument; `instrument` is where the latter begins.
    pub(crate) fn new(
        fitted: Fitted<'a>,
        parametrisation: Parametrisation,
        instrument: Instrument,
        nuisances: &'a [Nuisance],
    ) -> Result<Self, ForwardError> {
        let model = fitted.model(&instrument)?;
        let least_squares = model.jacobians().is_some() && fitted.loss.least_squares().is_some();
        let free = parametrisation.free();
        let any = |which: &[Nuisance]| nuisances.iter().any(|n| which.contains(n));
        let columns = JacobianColumns {
            lattice: free.lattice(),
            coordinates: free.coordinates(),
            caglioti: any(&[Nuisance::U, Nuisance::V, Nuisance::W]),
            b_iso: any(&[Nuisance::BIso]),
            zero_shift: any(&[Nuisance::ZeroShift]),
            scale: false,
        };
        let mut components = parametrisation.components().to_vec();
        components.extend(nuisances.iter().map(|n| n.component()));
        let mut scratch = Scratch::default();
        scratch
            .set_parts(GradientParts { lattice: free.lattice(), coordinates: free.coordinates() });
        let workspace = Mutex::new(Workspace {
            scratch,
            structure: parametrisation.template().clone(),
            calc: Pattern::zeros(model.axis().clone()),
            d_y: vec![0.0; model.axis().n_points()],
            gradient: StructureGradient::default(),
            jacobian: DMatrix::zeros(0, 0),
        });
        Ok(Self {
            fitted,
            parametrisation,
            instrument,
            nuisances,
            columns,
            components,
            least_squares,
            workspace,
        })
    }

    /// Where it begins.
    pub(crate) fn pack(&self) -> Vec<f64> {
        let mut x = self.parametrisation.pack();
        x.extend(self.nuisances.iter().map(|n| n.read(&self.instrument)));
        x
    }

    /// Structure and instrument at x.
    pub(crate) fn unpack(&self, x: &[f64]) -> Result<(Structure, Instrument), RecoverError> {
        let (x, z) = self.split(x);
        Ok((self.parametrisation.unpack(x)?, self.instrument_at(z)))
    }

    /// From now on uses the reflections of the structure it begins with.
    pub(crate) fn hold_reflections(&self) -> Result<(), RecoverError> {
        self.value(&self.pack()).map_err(|source| OptimError::Start { source })?;
        let mut workspace = self.workspace();
        let list = workspace.scratch.reflections();
        workspace.scratch.hold(&list);
        Ok(())
    }

    fn split<'x>(&self, x: &'x [f64]) -> (&'x [f64], &'x [f64]) {
        x.split_at(self.components.len() - self.nuisances.len())
    }

    fn instrument_at(&self, z: &[f64]) -> Instrument {
        let mut instrument = self.instrument;
        for (nuisance, z) in self.nuisances.iter().zip(z) {
            nuisance.write(*z, &mut instrument);
        }
        instrument
    }

    fn workspace(&self) -> MutexGuard<'_, Workspace> {
        // Every evaluation overwrites the workspace, so a panic elsewhere leaves nothing behind.
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Simulates at x; the model, and the instrument.
    fn simulate(
        &self,
        x: &[f64],
        workspace: &mut Workspace,
    ) -> Result<(AnyForwardModel, Instrument), EvalError> {
        let (x, z) = self.split(x);
        let Workspace { scratch, structure, calc, .. } = workspace;
        self.parametrisation.unpack_into(x, structure).map_err(EvalError::infeasible)?;
        let instrument = self.instrument_at(z);
        let model = self.fitted.model(&instrument).map_err(EvalError::infeasible)?;
        model.simulate(structure, scratch, calc).map_err(EvalError::infeasible)?;
        Ok((model, instrument))
    }
}

/// The loss of a structure's pattern by an instrument.
pub(crate) fn loss_with_instrument(
    fitted: Fitted<'_>,
    structure: &Structure,
    instrument: &Instrument,
) -> Result<f64, RecoverError> {
    let failed = |source| OptimError::Start { source };
    let model = fitted.model(instrument).map_err(EvalError::infeasible).map_err(failed)?;
    let mut calc = Pattern::zeros(model.axis().clone());
    model
        .simulate(structure, &mut Scratch::default(), &mut calc)
        .map_err(EvalError::infeasible)
        .map_err(failed)?;
    let loss = fitted.loss.value(fitted.target, &calc);
    Ok(loss.map_err(EvalError::infeasible).map_err(failed)?)
}

impl Objective for InstrumentProblem<'_> {
    fn components(&self) -> &[Component] {
        &self.components
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvalError> {
        let mut workspace = self.workspace();
        self.simulate(x, &mut workspace)?;
        let Fitted { loss, target, .. } = self.fitted;
        loss.value(target, &workspace.calc).map_err(EvalError::infeasible)
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        let mut workspace = self.workspace();
        let (model, instrument) = self.simulate(x, &mut workspace)?;
        let Workspace { scratch, structure, calc, d_y, gradient: whole, .. } = &mut *workspace;
        let Fitted { loss, target, .. } = self.fitted;
        let value = loss.value_and_gradient(target, calc, d_y).map_err(EvalError::infeasible)?;
        model.pullback(structure, d_y, scratch, whole).map_err(EvalError::failed)?;
        let (x, _) = self.split(x);
        let (of_structure, of_instrument) = gradient.split_at_mut(x.len());
        self.parametrisation.pack_gradient(whole, x, of_structure);
        for (g, nuisance) in of_instrument.iter_mut().zip(self.nuisances) {
            *g = nuisance.of_gradient(whole) * nuisance.slope(&instrument);
        }
        Ok(value)
    }

    fn project(&self, x: &mut [f64]) -> Result<(), EvalError> {
        let n = self.split(x).0.len();
        tangent::project(&self.parametrisation, self.fitted.projector, &mut x[..n])
    }

    fn project_gradient(&self, x: &[f64], gradient: &mut [f64]) {
        let (x, _) = self.split(x);
        let gradient = &mut gradient[..x.len()];
        tangent::project_gradient(&self.parametrisation, self.fitted.projector, x, gradient);
    }

    fn projection_weight(&self, iteration: u64) -> f64 {
        tangent::weight(&self.parametrisation, self.fitted.projector, iteration)
    }

    fn least_squares(&self) -> Option<&dyn LeastSquaresObjective> {
        self.least_squares.then_some(self as &dyn LeastSquaresObjective)
    }
}

impl LeastSquaresObjective for InstrumentProblem<'_> {
    fn gauss_newton(
        &self,
        x: &[f64],
        gradient: &mut [f64],
        hessian: &mut DMatrix<f64>,
    ) -> Result<f64, EvalError> {
        let none = || EvalError::failed(NoLeastSquares);
        let mut workspace = self.workspace();
        let (model, instrument) = self.simulate(x, &mut workspace)?;
        let Workspace { scratch, structure, calc, d_y, jacobian, .. } = &mut *workspace;
        let Fitted { loss, target, .. } = self.fitted;
        let value = loss.value_and_gradient(target, calc, d_y).map_err(EvalError::infeasible)?;
        model
            .jacobians()
            .ok_or_else(none)?
            .fill_jacobian(structure, self.columns, scratch, jacobian)
            .map_err(EvalError::infeasible)?;
        // In the variables: those of the structure, then the nuisances that are asked for.
        let n_physical = jacobian.ncols() - self.extra();
        let (x, z) = self.split(x);
        let mut chain = DMatrix::zeros(jacobian.ncols(), x.len() + z.len());
        match self.parametrisation.derivative(x) {
            Some(d) => chain.view_mut((0, 0), d.shape()).copy_from(&d),
            None => chain.view_mut((0, 0), (n_physical, n_physical)).fill_with_identity(),
        }
        for (j, nuisance) in self.nuisances.iter().enumerate() {
            let column = n_physical + nuisance.of_columns(self.columns);
            chain[(column, x.len() + j)] = nuisance.slope(&instrument);
        }
        loss.least_squares()
            .ok_or_else(none)?
            .gauss_newton(target, calc, jacobian, hessian)
            .map_err(EvalError::infeasible)?;
        *hessian = congruence(&chain, hessian);
        let along = jacobian.as_slice().chunks_exact(d_y.len().max(1));
        let physical: Vec<f64> = along.map(|column| sum::dot(column, d_y)).collect();
        for (g, column) in gradient.iter_mut().zip(chain.column_iter()) {
            *g = column.iter().zip(&physical).map(|(d, p)| d * p).sum();
        }
        Ok(value)
    }
}

impl InstrumentProblem<'_> {
    /// Columns of the Jacobian that are the instrument's.
    fn extra(&self) -> usize {
        let JacobianColumns { caglioti, b_iso, zero_shift, .. } = self.columns;
        3 * usize::from(caglioti) + usize::from(b_iso) + usize::from(zero_shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FreeParameters;
    use crate::Variables;
    use braggscape_crystal::study_crystal;
    use braggscape_loss::{Cosine, Pearson};
    use braggscape_projector::Identity;
    use braggscape_xrd::{Structsnap, StructsnapOptions};

    const ALL: [Nuisance; 5] =
        [Nuisance::W, Nuisance::ZeroShift, Nuisance::U, Nuisance::BIso, Nuisance::V];

    /// Gradients by pullback and by Jacobian against central differences, at points off the truth.
    #[test]
    fn derivatives_are_those_of_the_value() {
        let model = Structsnap::new(StructsnapOptions { tails: 12.0, ..Default::default() });
        let model = model.unwrap();
        let truth = study_crystal("Au2S").unwrap().structure();
        let made = Instrument { zero_shift: 0.1, u: 0.1, v: 0.05, w: 1.0, b_iso: 0.5 };
        let projector = AnyProjector::from(Identity);
        for loss in [AnyLoss::from(Cosine::default()), Pearson::default().into()] {
            for (every, nuisances) in [(1, &ALL[..]), (5, &ALL[..2]), (9, &ALL[3..4])] {
                let other = model.with_instrument(&made, every).unwrap();
                let mut target = Pattern::zeros(other.axis().clone());
                other.simulate(&truth, &mut Scratch::default(), &mut target).unwrap();
                let fitted = Fitted {
                    model: &model,
                    every,
                    loss: &loss,
                    projector: &projector,
                    target: &target,
                };
                for (free, variables) in [
                    (FreeParameters::Lattice, Variables::Strain),
                    (FreeParameters::Both, Variables::Cell),
                ] {
                    let start = truth.clone();
                    let parametrisation =
                        Parametrisation::with_variables(start, free, variables, &projector);
                    let problem = InstrumentProblem::new(
                        fitted,
                        parametrisation.unwrap(),
                        model.instrument(),
                        nuisances,
                    );
                    check(&problem.unwrap());
                }
            }
        }
    }

    fn check(problem: &InstrumentProblem<'_>) {
        let mut x = problem.pack();
        problem.hold_reflections().unwrap();
        for (i, x) in x.iter_mut().enumerate() {
            *x += 0.01 * libm::sin(1.0 + i as f64);
        }
        let n = x.len();
        let (mut by_pullback, mut by_jacobian) = (vec![0.0; n], vec![0.0; n]);
        let mut hessian = DMatrix::zeros(n, n);
        let value = problem.value_and_gradient(&x, &mut by_pullback).unwrap();
        let again = problem.gauss_newton(&x, &mut by_jacobian, &mut hessian).unwrap();
        assert!(
            (value - again).abs() < 1e-14 && (value - problem.value(&x).unwrap()).abs() < 1e-14
        );
        assert!(value > -0.999);
        let difference = |i: usize| {
            let d = |h: f64| {
                let at = |sign: f64| {
                    let mut x = x.clone();
                    x[i] += sign * h;
                    problem.value(&x).unwrap()
                };
                (at(1.0) - at(-1.0)) / (2.0 * h)
            };
            (4.0 * d(5e-5) - d(1e-4)) / 3.0
        };
        let expected: Vec<f64> = (0..n).map(difference).collect();
        for i in 0..n {
            let scale = expected[i].abs().max(1e-3);
            for (how, found) in [("pullback", by_pullback[i]), ("Jacobian", by_jacobian[i])] {
                let error = (found - expected[i]).abs() / scale;
                assert!(error < 1e-5, "{how}, {i} of {n}: {found} {}", expected[i]);
            }
            assert!(hessian[(i, i)] > 0.0);
        }
    }
}
