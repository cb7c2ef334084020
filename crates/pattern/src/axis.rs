//! The abscissa of a pattern.

use crate::PatternError;
use std::fmt;
use std::sync::Arc;

/// What an axis measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AxisKind {
    /// Scattering angle 2theta, degrees.
    TwoTheta,
    /// Momentum transfer q = 4 pi sin(theta)/lambda, 1/Å.
    Q,
}

impl AxisKind {
    /// The unit of the axis.
    pub fn unit(self) -> &'static str {
        match self {
            Self::TwoTheta => "degrees 2theta",
            Self::Q => "1/Å",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Points {
    Uniform { start: f64, step: f64, n: usize },
    Listed(Arc<[f64]>),
}

/// The points at which a pattern is known, strictly ascending and at least one.
#[derive(Debug, Clone)]
pub struct Axis {
    kind: AxisKind,
    points: Points,
}

/// Two axes are the same when no point differs by more than this, in the axis's unit.
const SAME_POINT: f64 = 1e-9;

impl Axis {
    /// Axis x_n = start + n step, n = 0 .. `n_points`.
    ///
    /// # Errors
    /// [`PatternError::NonFinite`], [`PatternError::NotAscending`] for a step that is not positive, or
    /// [`PatternError::Empty`].
    pub fn uniform(
        kind: AxisKind,
        start: f64,
        step: f64,
        n_points: usize,
    ) -> Result<Self, PatternError> {
        if !start.is_finite() || !step.is_finite() {
            return Err(PatternError::NonFinite { what: "the axis", index: 0 });
        }
        if n_points == 0 {
            return Err(PatternError::Empty { source_name: "uniform axis".to_owned() });
        }
        if step <= 0.0 {
            return Err(PatternError::NotAscending { index: 1, value: start + step });
        }
        Ok(Self { kind, points: Points::Uniform { start, step, n: n_points } })
    }

    /// Axis with the listed points.
    ///
    /// # Errors
    /// [`PatternError::Empty`], [`PatternError::NonFinite`] or [`PatternError::NotAscending`].
    pub fn listed(kind: AxisKind, x: Vec<f64>) -> Result<Self, PatternError> {
        if x.is_empty() {
            return Err(PatternError::Empty { source_name: "listed axis".to_owned() });
        }
        if let Some(index) = x.iter().position(|v| !v.is_finite()) {
            return Err(PatternError::NonFinite { what: "the axis", index });
        }
        if let Some(i) = x.windows(2).position(|w| w[1] <= w[0]) {
            return Err(PatternError::NotAscending { index: i + 1, value: x[i + 1] });
        }
        Ok(Self { kind, points: Points::Listed(x.into()) })
    }

    /// What the axis measures.
    pub fn kind(&self) -> AxisKind {
        self.kind
    }

    /// Number of points.
    pub fn n_points(&self) -> usize {
        match &self.points {
            Points::Uniform { n, .. } => *n,
            Points::Listed(x) => x.len(),
        }
    }

    /// Point `i`.
    ///
    /// # Panics
    /// If a listed axis has no point `i`.
    pub fn x(&self, i: usize) -> f64 {
        match &self.points {
            Points::Uniform { start, step, .. } => start + step * i as f64,
            Points::Listed(x) => x[i],
        }
    }

    /// First point.
    pub fn first(&self) -> f64 {
        self.x(0)
    }

    /// Last point.
    pub fn last(&self) -> f64 {
        self.x(self.n_points() - 1)
    }

    /// Start and step of a uniform axis, `None` for a listed one.
    pub fn uniform_step(&self) -> Option<(f64, f64)> {
        match self.points {
            Points::Uniform { start, step, .. } => Some((start, step)),
            Points::Listed(_) => None,
        }
    }

    /// All points.
    pub fn to_vec(&self) -> Vec<f64> {
        (0..self.n_points()).map(|i| self.x(i)).collect()
    }

    /// Every `k`-th point, from the first on; 0 is taken as 1.
    #[must_use]
    pub fn every(&self, k: usize) -> Self {
        let k = k.max(1);
        let points = match &self.points {
            Points::Uniform { start, step, n } => {
                Points::Uniform { start: *start, step: step * k as f64, n: n.div_ceil(k) }
            }
            Points::Listed(x) => Points::Listed(x.iter().copied().step_by(k).collect()),
        };
        Self { kind: self.kind, points }
    }

    /// Whether the axes agree in kind and, within 1e-9, in every point.
    pub fn is_same(&self, other: &Self) -> bool {
        if self.kind != other.kind || self.n_points() != other.n_points() {
            return false;
        }
        match (&self.points, &other.points) {
            (Points::Listed(a), Points::Listed(b)) if Arc::ptr_eq(a, b) => true,
            (Points::Uniform { .. }, Points::Uniform { .. }) => {
                (self.first() - other.first()).abs() <= SAME_POINT
                    && (self.last() - other.last()).abs() <= SAME_POINT
            }
            _ => (0..self.n_points()).all(|i| (self.x(i) - other.x(i)).abs() <= SAME_POINT),
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lo, hi) = (self.first(), self.last());
        write!(f, "{} points from {lo} to {hi} {}", self.n_points(), self.kind.unit())
    }
}
