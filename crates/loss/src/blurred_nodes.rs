//! Blurred patterns on the nodes of a decimation: fewer rows than the nodes of [`Blur`](crate::blur::Blur), and found from the nodes of
//! the pattern alone.

use crate::LossError;
use crate::decimated::{DecimatedLoss, check_nodes};
use crate::least_squares::{
    LeastSquaresOnNodes, check_rows, gram_matrix, products_with, unit_norm,
};
use crate::pool::Pool;
use braggscape_pattern::{Axis, DecimatedTarget, Decimation, NodeMap, Pattern, TAPS, sum};
use nalgebra::DMatrix;
use std::sync::{Arc, Mutex, PoisonError};

/// Distance of rows in standard deviations. The rectangle rule for products of two Gaussians errs by exp(-(pi/0.7)^2) = 2e-9.
const SPACING: f64 = 0.7;
/// How far rows go on beyond the ends of the axis, in standard deviations: products there are below exp(-5^2) of their largest.
const BEYOND: f64 = 5.0;
/// Where a row ends, in standard deviations: exp(-6.5^2/2) = 7e-10.
const REACH: f64 = 6.5;
/// Most rows: a blur too fine for the range is left to all points.
const MOST_ROWS: f64 = 4096.0;

/// What a blur is made of: where points lie in its coordinate, and what share of their intensity counts.
pub(crate) trait BlurCoordinate {
    /// The coordinate of a point of the axis; `None` where it is not defined.
    fn position(&self, x: f64) -> Option<f64>;
    /// The factor of the intensity there.
    fn weight(&self, position: f64) -> f64;
    /// Standard deviation of the blur in the coordinate.
    fn sigma(&self) -> f64;
    /// How many Chebyshev polynomials over the axis are taken out of the blurred patterns.
    fn background(&self) -> usize;
}

/// The linear map to the blurred pattern, b_m = sum_n v_n y_n exp(-(u_n - z_m)^2/2s^2): from the nodes of a decimation, and from all points
/// of an observed pattern.
#[derive(Debug)]
pub(crate) struct NodeBlur {
    decimation: Arc<Decimation>,
    map: Arc<NodeMap>,
    /// v_n of all points, unless all are 1.
    weights: Option<Vec<f64>>,
    rows: Vec<ObservedRow>,
}

/// A row of the map from an observed pattern.
#[derive(Debug)]
enum ObservedRow {
    /// From its projection on nodes: the row is wide, so it is as smooth as the peaks and the kernel holds for it too.
    Nodes(usize, Vec<f64>),
    /// From all points.
    Points(usize, Vec<f64>),
}

impl NodeBlur {
    /// `None` where the coordinate is not defined on the axis, or the blur needs too many rows.
    pub(crate) fn new(
        decimation: &Arc<Decimation>,
        axis: &Axis,
        blur: &impl BlurCoordinate,
    ) -> Option<Self> {
        let s = blur.sigma();
        let positions: Vec<f64> =
            (0..axis.n_points()).map(|n| blur.position(axis.x(n))).collect::<Option<_>>()?;
        let weights: Vec<f64> = positions.iter().map(|u| blur.weight(*u)).collect();
        let (first, last) = (*positions.first()?, *positions.last()?);
        let spacing = SPACING * s;
        let n_rows = (last - first) / spacing + 2.0 * BEYOND / SPACING;
        if n_rows.is_nan() || n_rows > MOST_ROWS {
            return None;
        }
        let nodes: Vec<Option<f64>> =
            (0..decimation.n_nodes()).map(|m| blur.position(decimation.node(m))).collect();
        let gauss = |u: f64, z: f64| libm::exp(-0.5 * ((u - z) / s).powi(2));
        let (mut map, mut rows) = (Vec::new(), Vec::new());
        for r in 0..n_rows.ceil() as usize {
            let z = first - BEYOND * s + spacing * r as f64;
            let (low, high) = (z - REACH * s, z + REACH * s);
            let points =
                positions.partition_point(|u| *u < low)..positions.partition_point(|u| *u <= high);
            if points.is_empty() {
                continue;
            }
            let row: Vec<f64> = positions[points.clone()].iter().map(|u| gauss(*u, z)).collect();
            map.push(on_nodes(decimation, points.start, &row, &weights[points.clone()]));
            rows.push(
                smooth_row(decimation, &nodes, (low, high), |u| gauss(u, z), s)
                    .unwrap_or(ObservedRow::Points(points.start, row)),
            );
        }
        let map = Arc::new(NodeMap::new(decimation.n_nodes(), map));
        let weights = weights.iter().any(|w| *w < 1.0).then_some(weights);
        let mut made = Self { decimation: Arc::clone(decimation), map, weights, rows };
        if blur.background() > 0 {
            let terms = chebyshev(axis, blur.background()).into_iter();
            let values: Vec<Vec<f64>> =
                terms.map(|y| made.values(&y, &decimation.project(&y))).collect();
            made.map = Arc::new(NodeMap::clone(&made.map).without(values));
        }
        Some(made)
    }

    /// The observed pattern after the blur; `plain` is made of it.
    fn observe(&self, plain: &DecimatedTarget, pattern: &Pattern) -> Vec<f64> {
        let mut values = self.values(pattern.y(), plain.projected());
        self.map.take_out(&mut values);
        values
    }

    /// The values of all rows of what is known on all points, with its projection on nodes.
    fn values(&self, y: &[f64], projected: &[f64]) -> Vec<f64> {
        let (tapered, on_nodes);
        let (y, projected) = if let Some(weights) = &self.weights {
            tapered = y.iter().zip(weights).map(|(y, w)| y * w).collect::<Vec<_>>();
            on_nodes = self.decimation.project(&tapered);
            (&tapered[..], &on_nodes[..])
        } else {
            (y, projected)
        };
        let mut values: Vec<f64> = self
            .rows
            .iter()
            .map(|row| match row {
                ObservedRow::Nodes(first, row) => {
                    sum::dot(row, &projected[*first..*first + row.len()])
                }
                ObservedRow::Points(first, row) => sum::dot(row, &y[*first..*first + row.len()]),
            })
            .collect();
        values.resize(self.map.n_rows(), 0.0);
        values
    }
}

/// The first Chebyshev polynomials on an axis, -1 at its first point and 1 at its last.
pub(crate) fn chebyshev(axis: &Axis, n_terms: usize) -> Vec<Vec<f64>> {
    let (middle, half) = (0.5 * (axis.first() + axis.last()), 0.5 * (axis.last() - axis.first()));
    let t: Vec<f64> = (0..axis.n_points())
        .map(|n| if half > 0.0 { (axis.x(n) - middle) / half } else { 0.0 })
        .collect();
    let mut terms = vec![vec![1.0; t.len()], t.clone()];
    while terms.len() < n_terms {
        let [.., before, last] = &terms[..] else { break };
        let next = t.iter().zip(last).zip(before).map(|((t, b), a)| 2.0 * t * b - a).collect();
        terms.push(next);
    }
    terms.truncate(n_terms);
    terms
}

/// K^T of a row over points: its coefficients on nodes.
fn on_nodes(
    decimation: &Decimation,
    start: usize,
    row: &[f64],
    weights: &[f64],
) -> (usize, Vec<f64>) {
    let (first, _) = decimation.kernel(start);
    let (last, _) = decimation.kernel(start + row.len() - 1);
    let mut out = vec![0.0; last + TAPS - first];
    for (i, (value, weight)) in row.iter().zip(weights).enumerate() {
        let (at, kernel) = decimation.kernel(start + i);
        for (o, k) in out[at - first..at - first + TAPS].iter_mut().zip(kernel) {
            *o += value * weight * k;
        }
    }
    (first, out)
}

/// A row over the projection of an observed pattern, if on the axis of the pattern it is nowhere narrower than a peak.
fn smooth_row(
    decimation: &Decimation,
    nodes: &[Option<f64>],
    (low, high): (f64, f64),
    row: impl Fn(f64) -> f64,
    s: f64,
) -> Option<ObservedRow> {
    let inside = |u: &Option<f64>| u.is_none_or(|u| u >= low && u <= high);
    let first = nodes.iter().position(inside)?;
    let last = nodes.iter().rposition(inside)?;
    let positions: Vec<f64> = nodes[first..=last].iter().copied().collect::<Option<_>>()?;
    let steepest = positions.windows(2).map(|w| w[1] - w[0]).fold(0.0, f64::max);
    let narrowest = s * decimation.spacing() / steepest;
    let values = positions.into_iter().map(row).collect();
    (narrowest >= decimation.sigma()).then_some(ObservedRow::Nodes(first, values))
}

/// The maps of one loss, one for each decimation it was asked for.
#[derive(Debug, Default)]
pub(crate) struct NodeBlurs(Mutex<Vec<Arc<NodeBlur>>>);

impl Clone for NodeBlurs {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}

/// Most maps that are kept.
const KEPT: usize = 4;

impl NodeBlurs {
    /// The observed pattern for a loss of this blur, of which `plain` was made; `None` where the blur cannot be had on its nodes.
    pub(crate) fn target(
        &self,
        plain: DecimatedTarget,
        pattern: &Pattern,
        blur: &impl BlurCoordinate,
    ) -> Option<DecimatedTarget> {
        let decimation = plain.decimation();
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |d: &Arc<Decimation>| Arc::ptr_eq(d, decimation) || **d == **decimation;
        let kept = lock().iter().find(|b| same(&b.decimation)).cloned();
        let blur = if let Some(kept) = kept {
            kept
        } else {
            let new = Arc::new(NodeBlur::new(decimation, pattern.axis(), blur)?);
            let mut made = lock();
            if made.len() == KEPT {
                made.remove(0);
            }
            made.push(Arc::clone(&new));
            new
        };
        let values = blur.observe(&plain, pattern);
        Some(plain.mapped(Arc::clone(&blur.map), &values))
    }
}

/// Buffers of an evaluation.
#[derive(Debug, Default)]
struct Buffers {
    calc: Vec<f64>,
    jacobian: DMatrix<f64>,
}

/// The negative cosine after the map of a target.
#[derive(Debug, Clone, Default)]
pub(crate) struct MappedCosine {
    buffers: Pool<Buffers>,
}

/// f.g, |g| after the map, and C g in the buffer.
fn products(
    obs: &DecimatedTarget,
    map: &NodeMap,
    calc: &[f64],
    out: &mut Vec<f64>,
) -> Result<(f64, f64), LossError> {
    if obs.norm() <= 0.0 {
        return Err(LossError::NoIntensity { which: "observed" });
    }
    map.apply(calc, out);
    let norm = sum::norm(out);
    if norm.is_nan() || norm <= 0.0 {
        return Err(LossError::NoIntensity { which: "calculated" });
    }
    Ok((sum::dot(obs.projected(), calc), norm))
}

/// A target without the map of this loss.
const NO_MAP: LossError = LossError::ForeignTarget;

impl DecimatedLoss for MappedCosine {
    fn value_and_gradient_on_nodes(
        &self,
        obs: &DecimatedTarget,
        calc: &[f64],
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_nodes(obs.decimation(), calc, grad)?;
        let map = obs.map().ok_or(NO_MAP)?;
        self.buffers.with(
            |_| true,
            Buffers::default,
            |buffers| {
                let (along, g) = products(obs, map, calc, &mut buffers.calc)?;
                let value = -along / (obs.norm() * g);
                let (by_f, by_g) = (-1.0 / (obs.norm() * g), -value / (g * g));
                map.adjoint(&buffers.calc, grad);
                for (d, f) in grad.iter_mut().zip(obs.projected()) {
                    *d = by_f * f + by_g * *d;
                }
                Ok(value)
            },
        )
    }

    fn value_on_nodes(&self, obs: &DecimatedTarget, calc: &[f64]) -> Result<f64, LossError> {
        check_nodes(obs.decimation(), calc, calc)?;
        let map = obs.map().ok_or(NO_MAP)?;
        self.buffers.with(
            |_| true,
            Buffers::default,
            |buffers| {
                let (along, g) = products(obs, map, calc, &mut buffers.calc)?;
                Ok(-along / (obs.norm() * g))
            },
        )
    }

    fn least_squares_on_nodes(&self) -> Option<&dyn LeastSquaresOnNodes> {
        Some(self)
    }
}

/// L = |r|^2/2 - 1 with r = C g/|C g| - C f/|C f|.
impl LeastSquaresOnNodes for MappedCosine {
    fn gauss_newton_on_nodes(
        &self,
        obs: &DecimatedTarget,
        calc: &[f64],
        jacobian: &DMatrix<f64>,
        hessian: &mut DMatrix<f64>,
    ) -> Result<(), LossError> {
        check_nodes(obs.decimation(), calc, calc)?;
        check_rows(jacobian, calc.len())?;
        let map = obs.map().ok_or(NO_MAP)?;
        self.buffers.with(
            |_| true,
            Buffers::default,
            |buffers| {
                let Buffers { calc: values, jacobian: mapped } = buffers;
                let (_, divisor) = products(obs, map, calc, values)?;
                let mut columns = std::mem::replace(mapped, DMatrix::zeros(0, 0)).data.into();
                map.apply(jacobian.as_slice(), &mut columns);
                *mapped = DMatrix::from_vec(map.n_rows(), jacobian.ncols(), columns);
                let along = products_with(mapped, None, values);
                gram_matrix(mapped, None, hessian);
                unit_norm(along, divisor).apply(1.0, hessian);
                Ok(())
            },
        )
    }
}
