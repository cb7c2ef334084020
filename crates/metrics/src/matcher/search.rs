//! The search over lattices and translations that lays one crystal onto another.

use super::sites::{Layout, Placement};
use crate::MetricError;
use braggscape_crystal::reduction::{Basis, Lll, MappingSearch, ReductionError, lll};
use std::ops::ControlFlow;

/// Most lattice points within the longest admitted lattice vector.
const MAX_POINTS: usize = 100_000;

/// Most pairs of lattice points whose angle is tested.
const MAX_LATTICE_STEPS: u64 = 1_000_000_000;

/// Most steps over sites of one comparison: tests of nearness, distances and elements of assignments, each counted by its share of
/// the time (some seconds).
const MAX_SITE_STEPS: u64 = 2_000_000_000;

/// An rms below which the search for a better one ends, as in pymatgen.
const PERFECT: f64 = 1e-5;

/// One crystal: a basis and sites with classes that tell which sites are alike.
#[derive(Debug, Clone)]
pub(super) struct Side {
    pub(super) basis: Basis,
    pub(super) frac: Vec<[f64; 3]>,
    pub(super) class: Vec<u32>,
}

/// What is asked of a search.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tolerances {
    /// Fractional, of lattice lengths.
    pub(crate) ltol: f64,
    /// Degrees, of lattice angles.
    pub(crate) angle_tol: f64,
    /// Of sites.
    pub(crate) sites: SiteTolerance,
}

/// The unit of displacements and their bound.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SiteTolerance {
    /// In units of (V/N)^(1/3) of the averaged cell.
    Normalized(f64),
    /// In ångström.
    Absolute(f64),
}

impl SiteTolerance {
    /// The bound, and the factor from ångström to its unit.
    fn bound_and_scale(self, n_sites: usize, volume: f64) -> (f64, f64) {
        match self {
            Self::Normalized(stol) => (stol, libm::cbrt(n_sites as f64 / volume)),
            Self::Absolute(tolerance) => (tolerance, 1.0),
        }
    }
}

/// Which answers are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Smallest largest distance below `stol`.
    pub(super) fit: bool,
    /// Smallest rms and the largest distance that goes with it.
    pub(super) rms: bool,
}

/// The work of one comparison, which may be several searches.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Work {
    lattice_steps: u64,
    site_steps: u64,
}

/// Answers of a search.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    /// Some placement has all distances below `stol`.
    pub(super) fit: bool,
    /// Smallest rms and its largest distance, if that rms is below `stol`.
    pub(super) rms: Option<(f64, f64)>,
}

/// Lays `first` onto `second`, where one cell of the larger holds `form_units` cells of the smaller; `expand_first` says that
/// `first` is the smaller one. Its share of the bounds is taken from `work`.
pub(super) fn search(
    first: &Side,
    second: &Side,
    form_units: usize,
    expand_first: bool,
    tolerances: Tolerances,
    wanted: Wanted,
    work: &mut Work,
) -> Result<Found, MetricError> {
    let mut found = Found::default();
    let Some(layout) = Layout::new(first, second, form_units, expand_first) else {
        return Ok(found);
    };
    let (source, target) = if expand_first { (first, second) } else { (second, first) };
    let mapping_search = MappingSearch {
        ltol: tolerances.ltol,
        angle_tol: tolerances.angle_tol,
        max_points: MAX_POINTS,
        max_steps: MAX_LATTICE_STEPS,
    };
    let target_shape = Shape::new(&target.basis);
    let (lengths, angles) = (target.basis.lengths(), target.basis.angles());
    let mut placement = Placement::new(&layout);
    let mut best: Option<(f64, f64)> = None;
    let mut accepted = false;
    let mut rms_open = wanted.rms;
    let mut failure = None;
    let n = layout.n_sites();
    mapping_search
        .for_each_counted(&source.basis, &target.basis, &mut work.lattice_steps, |mapping| {
            if mapping.determinant().unsigned_abs() != form_units as u64 {
                return ControlFlow::Continue(());
            }
            let coarse = Shape::new(&mapping.basis).average(&target_shape);
            let near = reach(&coarse, tolerances.sites.bound_and_scale(n, coarse.volume()));
            placement.set_source(&mapping);
            let mut metric: Option<CellMetric> = None;
            for at in 0..layout.n_translations() {
                if work.site_steps + placement.steps() > MAX_SITE_STEPS {
                    let what = "steps over sites";
                    failure = Some(MetricError::TooLarge { what, limit: MAX_SITE_STEPS });
                    return ControlFlow::Break(());
                }
                if !placement.translate(at, near) {
                    continue;
                }
                let m = match metric {
                    Some(m) => m,
                    None => {
                        match CellMetric::new(&mapping.basis, lengths, angles, n, tolerances.sites)
                        {
                            Ok(m) => {
                                placement.set_metric(&m.reduced);
                                *metric.insert(m)
                            }
                            Err(e) => {
                                failure = Some(e.into());
                                return ControlFlow::Break(());
                            }
                        }
                    }
                };
                let Some((rms, largest)) = placement.distances(m.near) else { continue };
                let (rms, largest) = (rms * m.scale, largest * m.scale);
                found.fit |= largest < m.bound;
                if rms_open && best.is_none_or(|b| rms < b.0) {
                    best = Some((rms, largest));
                    accepted = rms < m.bound;
                    rms_open = !(rms < PERFECT && accepted);
                }
                if (found.fit || !wanted.fit) && !rms_open {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })
        .map_err(bounded)?;
    work.site_steps += placement.steps();
    if let Some(e) = failure {
        return Err(e);
    }
    found.rms = best.filter(|_| accepted);
    Ok(found)
}

/// Twice the site tolerance as fractions of each basis vector: the box outside which sites are not looked at.
fn reach(basis: &Basis, (bound, scale): (f64, f64)) -> [f64; 3] {
    basis.reciprocal_lengths().map(|x| 2.0 * x * bound / scale)
}

/// The cell of averaged parameters, in which distances are measured.
///
/// Its LLL basis, and with it the box of admitted pairs, is decided by rounding for lattices of high symmetry. The arithmetic
/// here therefore goes through the angles in degrees, as pymatgen's does; a route without inverse functions is as exact and
/// changes verdicts of pairs with sites near the edge of the box.
#[derive(Debug, Clone, Copy)]
struct CellMetric {
    reduced: Lll,
    near: [f64; 3],
    bound: f64,
    scale: f64,
}

impl CellMetric {
    fn new(
        basis: &Basis,
        lengths: [f64; 3],
        angles: [f64; 3],
        n_sites: usize,
        sites: SiteTolerance,
    ) -> Result<Self, ReductionError> {
        let mean = |x: [f64; 3], y: [f64; 3]| std::array::from_fn(|k| f64::midpoint(x[k], y[k]));
        let average =
            Basis::from_parameters(mean(basis.lengths(), lengths), mean(basis.angles(), angles));
        let (bound, scale) = sites.bound_and_scale(n_sites, average.volume());
        let reduced = lll(&average)?;
        Ok(Self { near: reach(&reduced.basis, (bound, scale)), reduced, bound, scale })
    }
}

/// A bound of the lattice search, as an error of this crate.
fn bounded(e: ReductionError) -> MetricError {
    match e {
        ReductionError::TooManyPoints { limit, .. } => {
            MetricError::TooLarge { what: "lattice points", limit: limit as u64 }
        }
        ReductionError::TooManyMappings { limit } => {
            MetricError::TooLarge { what: "pairs of lattice points", limit }
        }
        other => other.into(),
    }
}

/// Lengths of a basis and the cosines and sines of half its angles: the cheap way to averaged parameters.
#[derive(Debug, Clone, Copy)]
struct Shape {
    lengths: [f64; 3],
    cosines: [f64; 3],
    sines: [f64; 3],
}

impl Shape {
    fn new(basis: &Basis) -> Self {
        let lengths = basis.lengths();
        let cosines = basis.cosines(lengths);
        Self {
            lengths,
            cosines: cosines.map(|c| f64::midpoint(1.0, c).sqrt()),
            sines: cosines.map(|c| f64::midpoint(1.0, -c).sqrt()),
        }
    }

    /// The basis whose lengths and angles are the means of both.
    ///
    /// cos((α + α')/2) and the sine follow from the half angles, without any inverse function.
    fn average(&self, other: &Self) -> Basis {
        let (p, q) = (self, other);
        let sine = |k: usize| p.sines[k] * q.cosines[k] + p.cosines[k] * q.sines[k];
        Basis::from_cosines(
            std::array::from_fn(|k| f64::midpoint(p.lengths[k], q.lengths[k])),
            std::array::from_fn(|k| p.cosines[k] * q.cosines[k] - p.sines[k] * q.sines[k]),
            [sine(0), sine(1)],
        )
    }
}
