//! Trial structures by the thousand, in single precision.

use super::decimated::SHORTEST;
use super::pass::{SQRT_TAU, clear_gradient, symmetric};
use super::{FWHM_PER_SIGMA, Structsnap, shell};
use crate::cell_gradient::cell_gradient;
use crate::nodes::{NodeGrid, Nodes};
use crate::packs::Packed;
use crate::reflections::{Rows, Runs, Shell, six};
use crate::sticks::{Coordinate, GradientParts, Physics, Pulled, Sticks};
use crate::{ForwardError, StructureGradient};
use braggscape_crystal::{CellParameters, Lattice, Structure};
use braggscape_pattern::{DecimatedTarget, Decimation, Pattern};
use nalgebra::Matrix3;
use pulp::Simd;
use std::sync::Arc;

/// Nodes of a window: 5.5 standard deviations on either side, where a peak has fallen to 3e-7.
const NARROW: usize = 32;
/// How far windows reach at most, in standard deviations: a peak farther from the grid than this adds nothing.
const REACH: f64 = 5.7;
/// Distance of nodes, in standard deviations of the peaks: windows must reach 5.2 of them.
const SPACING: std::ops::RangeInclusive<f64> = 0.435..=0.47;

/// What a loss of inner products depends on: f is the target, g the trial pattern, sums run over all points of the axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InnerProducts {
    /// f.g.
    pub along: f64,
    /// g.g.
    pub square: f64,
    /// |f|.
    pub target_norm: f64,
}

/// A loss of inner products, and its derivatives in them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossOfProducts {
    /// The loss.
    pub value: f64,
    /// dL/d(f.g).
    pub by_along: f64,
    /// dL/d(g.g).
    pub by_square: f64,
}

impl LossOfProducts {
    /// The cosine loss, -f.g/(|f||g|).
    ///
    /// # Examples
    /// ```
    /// use braggscape_xrd::{InnerProducts, LossOfProducts};
    /// let loss = LossOfProducts::cosine(&InnerProducts { along: 6.0, square: 4.0, target_norm: 5.0 });
    /// assert!((loss.value + 0.6).abs() < 1e-15);
    /// // d(-f.g/(|f||g|))/d(f.g) = -1/(5 * 2); d/d(g.g) = f.g/(2 |f||g|^3).
    /// assert!((loss.by_along + 0.1).abs() < 1e-15 && (loss.by_square - 0.075).abs() < 1e-15);
    /// ```
    pub fn cosine(products: &InnerProducts) -> Self {
        let InnerProducts { along, square, target_norm } = *products;
        let norms = target_norm * square.sqrt();
        let value = -along / norms;
        Self { value, by_along: -1.0 / norms, by_square: -0.5 * value / square }
    }
}

/// Evaluates trial structures against one target in single precision: to rank or to steer many of them, not to refine one.
///
/// # Accuracy
/// Losses to about 1e-6, gradients to some 1e-4 of their largest component.
///
/// # Examples
/// ```
/// use braggscape_crystal::study_crystal;
/// use braggscape_pattern::Pattern;
/// use braggscape_xrd::{
///     ForwardModel, LossOfProducts, Scratch, SinglePrecision, Structsnap, StructsnapOptions,
/// };
/// let model = Structsnap::new(StructsnapOptions::default())?;
/// let truth = study_crystal("U2Ti").expect("a study crystal").structure();
/// let mut target = Pattern::zeros(model.axis().clone());
/// model.simulate(&truth, &mut Scratch::default(), &mut target)?;
/// let mut batch = SinglePrecision::new(&model, &target)?;
/// let mut cell = truth.cell();
/// let trials = [cell, { cell.c *= 1.01; cell }];
/// let found = batch.lattices(&truth, &trials, LossOfProducts::cosine);
/// let loss = |i: usize| found[i].as_ref().map_or(0.0, |e| e.value);
/// assert!((loss(0) + 1.0).abs() < 1e-5 && loss(1) > loss(0) + 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SinglePrecision<'a> {
    model: &'a Structsnap,
    grid: NodeGrid<f32, NARROW>,
    /// The shell of g^2 whose windows reach the grid.
    shell: Option<Shell>,
    /// Height of a peak of intensity 1.
    height: f64,
    projected: Vec<f32>,
    weights: Vec<f32>,
    target_norm: f64,
    rows: Rows,
    list: Runs,
    sticks: Sticks<f32>,
    nodes: Nodes<f32, NARROW>,
    residual: Vec<f32>,
}

/// Loss of a trial lattice, and its gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatticeEvaluation {
    /// The loss.
    pub value: f64,
    /// dL/d(a, b, c), per Å.
    pub lengths: [f64; 3],
    /// dL/d(alpha, beta, gamma), per degree.
    pub angles: [f64; 3],
}

impl<'a> SinglePrecision<'a> {
    /// Trial structures of a model, whose peaks must have one width, against a target on its axis.
    ///
    /// # Errors
    /// [`ForwardError::NoNodes`] for a model of other widths or on too coarse an axis; [`ForwardError::AxisMismatch`];
    /// [`ForwardError::NonFinite`] for a target without intensity.
    pub fn new(model: &'a Structsnap, target: &Pattern) -> Result<Self, ForwardError> {
        if !target.axis().is_same(&model.axis) {
            return Err(ForwardError::AxisMismatch {
                found: target.axis().to_string(),
                expected: model.axis.to_string(),
            });
        }
        let sigma = model.options.w.sqrt() / FWHM_PER_SIGMA;
        let suits = model.options.has_one_width() && model.options.tails >= SHORTEST;
        let decimation = suits.then(|| Decimation::new(&model.axis, sigma, SPACING)).flatten();
        let decimation = Arc::new(decimation.ok_or(ForwardError::NoNodes)?);
        let target = DecimatedTarget::new(Arc::clone(&decimation), target)
            .map_err(|_| ForwardError::NonFinite)?;
        if !(target.norm() > 0.0 && target.norm().is_finite()) {
            return Err(ForwardError::NonFinite);
        }
        let start = decimation.node(0) - model.options.zero_shift;
        let spacing = decimation.spacing();
        // The target may have any scale: to norm 1, which single precision holds.
        let single = |x: &[f64], norm: f64| x.iter().map(|x| (x / norm) as f32).collect::<Vec<_>>();
        // Sixteen side by side.
        let n = decimation.n_nodes().next_multiple_of(16);
        let mut projected = single(target.projected(), target.norm());
        let mut weights = single(decimation.weights(), 1.0);
        projected.resize(n, 0.0);
        weights.resize(n, 0.0);
        Ok(Self {
            model,
            grid: NodeGrid::new(start, spacing, n, sigma),
            shell: shell(&model.options, &model.grid, REACH),
            height: 1.0 / (sigma * SQRT_TAU),
            projected,
            weights,
            target_norm: target.norm(),
            rows: Rows::default(),
            list: Runs::default(),
            sticks: Sticks::default(),
            nodes: Nodes::default(),
            residual: vec![0.0; n],
        })
    }

    /// The loss of a structure, and, where `out` is given, its gradient in what `parts` asks for.
    ///
    /// # Errors
    /// As [`simulate`](crate::ForwardModel::simulate); [`ForwardError::NonFinite`] where single precision overflows.
    pub fn evaluate(
        &mut self,
        structure: &Structure,
        loss: impl Fn(&InnerProducts) -> LossOfProducts,
        parts: GradientParts,
        out: Option<&mut StructureGradient>,
    ) -> Result<f64, ForwardError> {
        let inverse = structure.lattice().inverse();
        let reciprocal = inverse * inverse.transpose();
        let arch = pulp::Arch::new();
        let (along, square) =
            arch.dispatch(Forward { batch: self, structure, reciprocal: &reciprocal })?;
        let products = InnerProducts {
            along: f64::from(along) * self.target_norm,
            square: f64::from(square),
            target_norm: self.target_norm,
        };
        // Weights may be slightly negative beyond the ends of the axis.
        if products.square <= 0.0 || !products.square.is_finite() || !products.along.is_finite() {
            return Err(ForwardError::NonFinite);
        }
        let loss = loss(&products);
        if let Some(out) = out {
            clear_gradient(structure, out);
            let by = [(loss.by_along * self.target_norm) as f32, (2.0 * loss.by_square) as f32];
            let pulled = arch.dispatch(Backward { batch: self, by, parts, out: &mut *out });
            out.b_iso = pulled.b_iso;
            out.scale = pulled.scale;
            if parts.lattice {
                let w = symmetric(&pulled.metric);
                let metric = structure.lattice().metric_tensor();
                (out.lengths, out.angles) = cell_gradient(&metric, &reciprocal, &w);
            }
        }
        Ok(loss.value)
    }

    /// Losses and gradients of many lattices with the sites of a template, in their order.
    ///
    /// A lattice that cannot be evaluated gives its own error; the others go on.
    pub fn lattices(
        &mut self,
        template: &Structure,
        cells: &[CellParameters],
        loss: impl Fn(&InnerProducts) -> LossOfProducts,
    ) -> Vec<Result<LatticeEvaluation, ForwardError>> {
        let mut structure = template.clone();
        let mut gradient = StructureGradient::default();
        let parts = GradientParts { lattice: true, coordinates: false };
        let mut out = Vec::with_capacity(cells.len());
        for cell in cells {
            let evaluated =
                Lattice::from_parameters(cell).map_err(ForwardError::from).and_then(|lattice| {
                    structure.set_lattice(lattice);
                    let value = self.evaluate(&structure, &loss, parts, Some(&mut gradient))?;
                    let (lengths, angles) = (gradient.lengths, gradient.angles);
                    Ok(LatticeEvaluation { value, lengths, angles })
                });
            out.push(evaluated);
        }
        out
    }
}

/// The forward pass, compiled once for each vector width and chosen at run time; gives f.g (|f| = 1) and g.g.
struct Forward<'a, 'b> {
    batch: &'a mut SinglePrecision<'b>,
    structure: &'a Structure,
    reciprocal: &'a Matrix3<f64>,
}

impl pulp::WithSimd for Forward<'_, '_> {
    type Output = Result<(f32, f32), ForwardError>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Self { batch, structure, reciprocal } = self;
        let model = batch.model;
        let metric = structure.lattice().metric_tensor();
        model.list(&metric, reciprocal, batch.shell, &mut batch.rows, &mut batch.list)?;
        let physics = Physics {
            wavelength: model.options.wavelength,
            b_iso: model.options.b_iso,
            eu_am: model.options.eu_am,
            coordinate: Coordinate::TwoTheta,
        };
        batch.sticks.update(simd, physics, structure, &six(reciprocal), &batch.list)?;
        let n = batch.sticks.len();
        batch.nodes.place(&batch.grid, &batch.sticks.position[..n]);
        let height = batch.height as f32;
        batch.nodes.spread(simd, &batch.grid, &batch.sticks.intensity, height);
        let zero = <f32 as Packed<S>>::splat(simd, 0.0);
        let (mut along, mut square) = (zero, zero);
        let columns = batch.projected.chunks_exact(16).zip(batch.weights.chunks_exact(16));
        for (g, (b, w)) in batch.nodes.values().chunks_exact(16).zip(columns) {
            let g = f32::load(simd, g);
            along = f32::plus(simd, along, f32::times(simd, g, f32::load(simd, b)));
            let weighted = f32::times(simd, g, f32::load(simd, w));
            square = f32::plus(simd, square, f32::times(simd, g, weighted));
        }
        Ok((<f32 as Packed<S>>::total(simd, along), <f32 as Packed<S>>::total(simd, square)))
    }
}

struct Backward<'a, 'b> {
    batch: &'a mut SinglePrecision<'b>,
    /// Factors of the target and of twice the trial pattern in dL/d(nodes).
    by: [f32; 2],
    parts: GradientParts,
    out: &'a mut StructureGradient,
}

impl pulp::WithSimd for Backward<'_, '_> {
    type Output = Pulled;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Pulled {
        let Self { batch, by, parts, out } = self;
        let columns = batch.projected.iter().zip(&batch.weights).zip(batch.nodes.values());
        for (r, ((b, w), g)) in batch.residual.iter_mut().zip(columns) {
            *r = by[0] * b + by[1] * w * g;
        }
        let sticks = &mut batch.sticks;
        sticks.clear_derivatives();
        let (heights, slopes) = (&mut sticks.d_intensity, &mut sticks.d_position);
        batch.nodes.gather(simd, &batch.grid, &batch.residual, heights, slopes);
        let height = batch.height as f32;
        let slope = height * batch.grid.slope();
        let n = sticks.len();
        let columns = sticks.d_intensity.iter_mut().zip(&mut sticks.d_position);
        for ((d_intensity, d_position), intensity) in columns.zip(&sticks.intensity).take(n) {
            *d_intensity *= height;
            *d_position *= slope * intensity;
        }
        sticks.pull(simd, parts, out)
    }
}
