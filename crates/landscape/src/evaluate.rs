//! Evaluation on all cores, with one objective a thread.

use crate::{Grid, LandscapeError, Section};
use braggscape_optim::{EvalError, Objective};
use rayon::prelude::*;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// An objective that may move to another thread.
type Boxed<'a> = Box<dyn Objective + Send + 'a>;

/// Told how many evaluations are done and how many there will be; called from several threads, not always in order.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Evaluates one function on all cores of the thread pool in which it is called.
///
/// Objectives often hold one workspace behind a lock, so each thread gets its own from a factory. All of them must be the same
/// function, and what one keeps from one evaluation to the next must not change a bit; then the values do not depend on the number
/// of threads.
pub struct Evaluator<'a> {
    make: Box<dyn Fn() -> Boxed<'a> + Sync + 'a>,
    free: Mutex<Vec<Boxed<'a>>>,
    evaluations: AtomicU64,
}

impl fmt::Debug for Evaluator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluator")
            .field("evaluations", &self.evaluations())
            .finish_non_exhaustive()
    }
}

impl<'a> Evaluator<'a> {
    /// An evaluator of the function that `make` makes, once for each thread at work.
    pub fn new<O: Objective + Send + 'a>(make: impl Fn() -> O + Sync + 'a) -> Self {
        Self::boxed(move || Box::new(make()))
    }

    /// An evaluator of a function whose type is not known.
    pub fn boxed(make: impl Fn() -> Box<dyn Objective + Send + 'a> + Sync + 'a) -> Self {
        Self { make: Box::new(make), free: Mutex::default(), evaluations: AtomicU64::new(0) }
    }

    /// Evaluations so far.
    pub fn evaluations(&self) -> u64 {
        self.evaluations.load(Ordering::Relaxed)
    }

    /// The value at (u, v) of a section, `None` if the function has none there.
    ///
    /// # Errors
    /// [`LandscapeError::Evaluation`] if the evaluation fails for good.
    pub fn value(&self, section: &Section, place: [f64; 2]) -> Result<Option<f64>, LandscapeError> {
        let objective = self.free().pop();
        let objective = objective.unwrap_or_else(|| (self.make)());
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        let value = objective.value(&section.x_at(place));
        self.free().push(objective);
        match value {
            Ok(value) => Ok(Some(value).filter(|v| v.is_finite())),
            Err(EvalError::Infeasible { .. } | EvalError::NonFinite) => Ok(None),
            Err(source) => Err(LandscapeError::Evaluation { u: place[0], v: place[1], source }),
        }
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Boxed<'a>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The values at points of a section, in their order; of several failures the first in that order is told.
    pub(crate) fn values(
        &self,
        section: &Section,
        points: &[usize],
        done: impl Fn() + Sync,
    ) -> Result<Vec<Option<f64>>, LandscapeError> {
        let one = |index: &usize| {
            let value = self.value(section, section.place(*index));
            done();
            value
        };
        let all: Vec<Result<Option<f64>, LandscapeError>> = points.par_iter().map(one).collect();
        all.into_iter().collect()
    }
}

/// The function at every point of a section.
///
/// # Errors
/// [`LandscapeError::Evaluation`] if an evaluation fails for good; points at which the function has no value are holes, no errors.
///
/// # Examples
/// ```
/// use braggscape_landscape::{Evaluator, Link, Section, SectionAxis, plain_grid};
/// use braggscape_optim::{Component, EvalError, Objective};
///
/// const COMPONENTS: [Component; 2] = [Component::absolute(1.0, 1.0, 1.0); 2];
/// struct Bowl;
/// impl Objective for Bowl {
///     fn components(&self) -> &[Component] {
///         &COMPONENTS
///     }
///     fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
///         gradient.copy_from_slice(&[2.0 * x[0], 2.0 * x[1]]);
///         Ok(x[0] * x[0] + x[1] * x[1])
///     }
/// }
///
/// let axis = |name, i| SectionAxis::new(name, "", [-1.0, 1.0], 3, vec![Link::plain(i)]);
/// let section = Section::new([axis("x", 0)?, axis("y", 1)?], vec![0.0; 2])?;
/// let grid = plain_grid(&section, &Evaluator::new(|| Bowl), &|_, _| ())?;
/// assert_eq!(grid.values()[..5], [2.0, 1.0, 2.0, 1.0, 0.0].map(Some));
/// # Ok::<(), braggscape_landscape::LandscapeError>(())
/// ```
pub fn plain_grid(
    section: &Section,
    evaluator: &Evaluator<'_>,
    progress: Progress<'_>,
) -> Result<Grid, LandscapeError> {
    let points: Vec<usize> = (0..section.n_points()).collect();
    let (done, total) = (AtomicU64::new(0), points.len() as u64);
    let values = evaluator.values(section, &points, || {
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
    })?;
    Grid::from_values(section.clone(), values)
}
