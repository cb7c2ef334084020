//! The seam of comparing a recovered structure with the truth.

use crate::{AmdLinf, CrystalDistance, MetricError, PddEmd, StrictRecovery, StructureMatcher};
use braggscape_crystal::Structure;
use enum_dispatch::enum_dispatch;

/// Which end of a metric's range is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Zero is perfect, such as a distance.
    SmallerIsBetter,
    /// Large is good, such as a match flag.
    LargerIsBetter,
}

/// One number that says how well a candidate structure agrees with a reference.
///
/// Called once or a few times per recovered structure, from any thread. The value may be infinite (no match has no
/// distance) but never NaN. An error means that the pair could not be compared at all.
///
/// # Examples
/// ```
/// use braggscape_crystal::Structure;
/// use braggscape_metrics::{Direction, Metric, MetricError};
///
/// /// Relative difference of the volumes per site.
/// struct VolumeError;
///
/// impl Metric for VolumeError {
///     fn direction(&self) -> Direction {
///         Direction::SmallerIsBetter
///     }
///     fn evaluate(&self, reference: &Structure, candidate: &Structure) -> Result<f64, MetricError> {
///         let per_site = |s: &Structure| s.lattice().volume() / s.n_sites() as f64;
///         Ok((per_site(candidate) / per_site(reference) - 1.0).abs())
///     }
/// }
/// # fn object_safe(_: Box<dyn Metric>) {}
/// # object_safe(Box::new(VolumeError));
/// ```
#[enum_dispatch]
pub trait Metric: Send + Sync {
    /// Which end of the range is good.
    fn direction(&self) -> Direction;

    /// The metric of `candidate` against `reference`; the order matters for some metrics.
    ///
    /// # Errors
    /// Any [`MetricError`]: the pair cannot be compared.
    fn evaluate(&self, reference: &Structure, candidate: &Structure) -> Result<f64, MetricError>;
}

#[deny(clippy::missing_trait_methods)]
impl Metric for Box<dyn Metric> {
    fn direction(&self) -> Direction {
        (**self).direction()
    }

    fn evaluate(&self, reference: &Structure, candidate: &Structure) -> Result<f64, MetricError> {
        (**self).evaluate(reference, candidate)
    }
}

/// `match`: 1 where [`StructureMatcher::fit`] says that reference and candidate match, 0 elsewhere.
#[derive(Debug, Clone)]
pub struct Match {
    /// The matcher with its tolerances.
    pub matcher: StructureMatcher,
}

impl Metric for Match {
    fn direction(&self) -> Direction {
        Direction::LargerIsBetter
    }

    fn evaluate(&self, reference: &Structure, candidate: &Structure) -> Result<f64, MetricError> {
        Ok(f64::from(u8::from(self.matcher.fit(reference, candidate)?)))
    }
}

/// `rms`: normalised root mean square displacement of a [`StructureMatcher`]; infinite where there is no match.
#[derive(Debug, Clone)]
pub struct Rms {
    /// The matcher with its tolerances.
    pub matcher: StructureMatcher,
}

impl Metric for Rms {
    fn direction(&self) -> Direction {
        Direction::SmallerIsBetter
    }

    fn evaluate(&self, reference: &Structure, candidate: &Structure) -> Result<f64, MetricError> {
        let outcome = self
            .matcher
            .compare(&self.matcher.prepare(reference)?, &self.matcher.prepare(candidate)?)?;
        Ok(outcome.rms.unwrap_or(f64::INFINITY))
    }
}

/// `strict-recovery`: 1 where [`StrictRecovery::recovered`] holds, 0 elsewhere.
#[derive(Debug, Clone, Default)]
pub struct StrictRecoveryMetric {
    /// The test with its tolerances.
    pub test: StrictRecovery,
}

impl Metric for StrictRecoveryMetric {
    fn direction(&self) -> Direction {
        Direction::LargerIsBetter
    }

    fn evaluate(&self, reference: &Structure, candidate: &Structure) -> Result<f64, MetricError> {
        Ok(f64::from(u8::from(self.test.recovered(reference, candidate)?)))
    }
}

/// `crystal-distance`: [`CrystalDistance::distance`]; infinite where the compositions differ.
#[derive(Debug, Clone, Copy, Default)]
pub struct CrystalDistanceMetric {
    /// The distance with its options.
    pub measure: CrystalDistance,
}

impl Metric for CrystalDistanceMetric {
    fn direction(&self) -> Direction {
        Direction::SmallerIsBetter
    }

    fn evaluate(&self, reference: &Structure, candidate: &Structure) -> Result<f64, MetricError> {
        let outcome = self.measure.distance(reference, candidate)?;
        Ok(outcome.map_or(f64::INFINITY, |o| o.distance))
    }
}

/// The built-in metrics, and one variant for metrics of other crates.
#[enum_dispatch(Metric)]
pub enum AnyMetric {
    /// Kind `amd-linf`.
    AmdLinf(AmdLinf),
    /// Kind `crystal-distance`.
    CrystalDistance(CrystalDistanceMetric),
    /// Kind `match`.
    Match(Match),
    /// Kind `pdd-emd`.
    PddEmd(PddEmd),
    /// Kind `rms`.
    Rms(Rms),
    /// Kind `strict-recovery`.
    StrictRecovery(StrictRecoveryMetric),
    /// A metric from outside this crate.
    External(Box<dyn Metric>),
}

impl AnyMetric {
    /// A metric of another crate.
    pub fn external(metric: impl Metric + 'static) -> Self {
        Self::External(Box::new(metric))
    }
}
