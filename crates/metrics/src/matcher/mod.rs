//! The structure matcher.

mod anonymous;
mod options;
mod prepared;
mod search;
mod sites;
mod species;

pub use options::StructureMatcherOptions;
pub use prepared::Prepared;

pub(crate) use search::{SiteTolerance, Tolerances};
pub(crate) use species::Amounts;

use crate::MetricError;
use braggscape_crystal::Structure;
use braggscape_crystal::reduction::{LabelledCell, PRIMITIVE_SITE_TOLERANCE};
use prepared::{is_same_input, reduce};
use search::{Found, Side, Wanted, Work, search};

/// What the matcher says of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchOutcome {
    /// Whether the structures match: pymatgen's `fit(a, b)`.
    pub matched: bool,
    /// Smallest root mean square displacement, in units of (V/N)^(1/3): the first number of `get_rms_dist(a, b)`.
    ///
    /// Exists where it is below `stol`, which can be the case although the largest displacement forbids a match.
    pub rms: Option<f64>,
    /// Largest displacement of the pairing that has this rms, in the same unit: the second number of `get_rms_dist(a, b)`.
    pub max_dist: Option<f64>,
}

/// Decides whether two crystals are the same structure up to strain and displacement within tolerances.
///
/// Both cells are Niggli-reduced and made primitive (sites within 0.25 Å are averaged), scaled to the geometric mean of their
/// volumes, and every basis of the first that is close to that of the second is tried. In each, the rarest site of the
/// second is put on each site of its kind in the first; where all sites come near partners, sites are paired by linear
/// assignment of squared distances in the cell of averaged parameters, the mean displacement is removed, and what remains is
/// measured in units of (V/N)^(1/3).
///
/// # Conventions
/// Verdicts and numbers are pymatgen's (version 2026.10.24), to the order of its search and its numerical tolerances.
/// Consequences: mirror images match; the verdict can depend on the order of the arguments for strained pairs, because bases
/// of the first are compared with the second and not the reverse; a pair may have an rms and still not match; inputs that
/// agree to about 1e-5 in every number are taken for equal; the search ends at the first pairing with an rms below 1e-5.
///
/// # Ties
/// Sites are paired only inside a box of twice `stol` along the LLL basis of the averaged cell. For hexagonal, rhombohedral
/// and similar cells two LLL bases are equally good, and the last bit of an inverse cosine chooses: pymatgen's choice differs
/// between processors. This can decide whether a pair with a displacement near twice `stol` has an rms (about one pair of
/// site noise in 5,000); no verdict of 10,793 pairs depended on it. Likewise where a site faces two
/// images at exactly equal distance.
///
/// # Bounds
/// A comparison, of all exchanges of elements together, gives [`MetricError::TooLarge`] after 100,000 lattice points, 10^9
/// pairs of them or 2·10^9 steps over sites (a distance counts for four, one that has to try periodic images for thirty more):
/// a few seconds. A preparation is bounded likewise. Memory does not grow with the search.
///
/// # Examples
/// ```
/// use braggscape_crystal::{Element, Lattice, Site, Structure};
/// use braggscape_metrics::{StructureMatcher, StructureMatcherOptions};
/// use nalgebra::Vector3;
///
/// let cell = |a: f64| Lattice::from_rows([[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]]);
/// let cscl = |a: f64, x: f64| {
///     let site = |s: &str, x: f64| Ok(Site::new(Element::from_symbol(s)?, Vector3::new(x, x, x)));
///     Structure::new(cell(a)?, vec![site("Cs", 0.0)?, site("Cl", x)?])
/// };
/// let matcher = StructureMatcher::new(StructureMatcherOptions::default())?;
/// let a = matcher.prepare(&cscl(4.12, 0.5)?)?;
/// let b = matcher.prepare(&cscl(4.20, 0.51)?)?;
/// let outcome = matcher.compare(&a, &b)?;
/// assert!(outcome.matched);
/// // Each ion is off the mean by half of 0.01 along the diagonal, in units of a / 2^(1/3).
/// let expected = 0.005 * 3.0_f64.sqrt() * 2.0_f64.cbrt();
/// assert!((outcome.rms.unwrap() - expected).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// Ong et al., Comput. Mater. Sci. 68, 314 (2013), doi:10.1016/j.commatsci.2012.10.028.
#[derive(Debug, Clone)]
pub struct StructureMatcher {
    options: StructureMatcherOptions,
}

impl StructureMatcher {
    /// A matcher with these options.
    ///
    /// # Errors
    /// [`MetricError::OptionRange`] or [`MetricError::ExcludedOptions`].
    pub fn new(options: StructureMatcherOptions) -> Result<Self, MetricError> {
        options.check()?;
        Ok(Self { options })
    }

    /// The options.
    pub fn options(&self) -> &StructureMatcherOptions {
        &self.options
    }

    /// Reduces a structure, to be compared any number of times by a matcher of the same options.
    ///
    /// # Errors
    /// [`MetricError::Overfull`] or [`MetricError::Reduction`].
    pub fn prepare(&self, structure: &Structure) -> Result<Prepared, MetricError> {
        Prepared::new(structure, self.primitive_tolerance())
    }

    /// Whether `a` and `b` match: pymatgen's `fit(a, b)`, or `fit_anonymous(a, b)`.
    ///
    /// # Errors
    /// As [`StructureMatcher::prepare`] and [`StructureMatcher::compare`].
    pub fn fit(&self, a: &Structure, b: &Structure) -> Result<bool, MetricError> {
        let (a, b) = (self.prepare(a)?, self.prepare(b)?);
        Ok(self.answer(&a, &b, Wanted { fit: true, rms: false })?.fit)
    }

    /// Verdict and distances of a pair: pymatgen's `fit(a, b)` and `get_rms_dist(a, b)`, or `fit_anonymous` and
    /// `get_rms_anonymous`.
    ///
    /// # Errors
    /// [`MetricError::TooLarge`] or [`MetricError::Reduction`].
    pub fn compare(&self, a: &Prepared, b: &Prepared) -> Result<MatchOutcome, MetricError> {
        let found = self.answer(a, b, Wanted { fit: true, rms: true })?;
        Ok(MatchOutcome {
            matched: found.fit,
            rms: found.rms.map(|x| x.0),
            max_dist: found.rms.map(|x| x.1),
        })
    }

    /// Verdict and distances of a pair that do not depend on its order, to the last bit: a match in both orders, and the smaller
    /// of the two rms with the largest displacement that goes with it.
    ///
    /// Unlike the option `symmetric`, which is pymatgen's and compares the reduced and scaled cells once more the other way round,
    /// this is [`StructureMatcher::compare`] of (a, b) and of (b, a). Where only one order gives an rms, it is that one.
    ///
    /// # Errors
    /// As [`StructureMatcher::compare`].
    ///
    /// # Examples
    /// ```
    /// use braggscape_crystal::{Element, Lattice, Site, Structure};
    /// use braggscape_metrics::{StructureMatcher, StructureMatcherOptions};
    /// use nalgebra::Vector3;
    ///
    /// // One atom, one length 19.5 % longer than the other: within ltol = 0.2 of it in either order.
    /// let iron = |c: f64| {
    ///     let lattice = Lattice::from_rows([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, c]])?;
    ///     let site = Site::new(Element::from_symbol("Fe")?, Vector3::zeros());
    ///     Structure::new(lattice, vec![site])
    /// };
    /// let options = StructureMatcherOptions { scale: false, ..StructureMatcherOptions::default() };
    /// let matcher = StructureMatcher::new(options)?;
    /// let (a, b) = (matcher.prepare(&iron(2.0)?)?, matcher.prepare(&iron(2.39)?)?);
    /// let outcome = matcher.symmetric_match(&a, &b)?;
    /// assert!(outcome.matched);
    /// assert_eq!(outcome, matcher.symmetric_match(&b, &a)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn symmetric_match(&self, a: &Prepared, b: &Prepared) -> Result<MatchOutcome, MetricError> {
        let (x, y) = (self.compare(a, b)?, self.compare(b, a)?);
        let pair = |o: &MatchOutcome| o.rms.zip(o.max_dist);
        let smaller = match (pair(&x), pair(&y)) {
            (Some(p), Some(q)) => {
                Some(if p.0.total_cmp(&q.0).then(p.1.total_cmp(&q.1)).is_le() { p } else { q })
            }
            (p, q) => p.or(q),
        };
        Ok(MatchOutcome {
            matched: x.matched && y.matched,
            rms: smaller.map(|p| p.0),
            max_dist: smaller.map(|p| p.1),
        })
    }

    fn answer(&self, a: &Prepared, b: &Prepared, wanted: Wanted) -> Result<Found, MetricError> {
        if self.options.anonymous {
            return self.anonymous(a, b, wanted);
        }
        let same_composition = a.composition.agrees(&b.composition);
        if !same_composition && !wanted.rms {
            return Ok(Found::default());
        }
        let classes = classes_of(&a.species, &b.species);
        let pair = self.pair(a, b, &classes);
        let mut work = Work::default();
        let mut found = self.lay(&pair, wanted, &mut work)?;
        found.fit &= same_composition;
        if self.options.symmetric && wanted.fit && found.fit {
            // The second way starts from the reduced and scaled cells of the first, exchanged, and reduces them again.
            let back = self.reversed(&pair, self.primitive_tolerance())?;
            found.fit = self.lay(&back, Wanted { fit: true, rms: false }, &mut work)?.fit;
        }
        Ok(found)
    }

    /// Both cells, scaled, with the species of `b` renamed to those of `a`.
    fn pair(&self, a: &Prepared, b: &Prepared, classes: &[u32]) -> Pair {
        let first = a.reduced.clone();
        let second = if is_same_input(&a.original, &b.original, classes) {
            first.clone()
        } else {
            let mut cell = b.reduced.clone();
            for kind in &mut cell.kinds {
                kind.species = classes[kind.species as usize];
            }
            cell
        };
        self.scaled(first, second)
    }

    /// The number of cells of the one in the other, and both scaled to one volume where the options say so.
    fn scaled(&self, mut first: LabelledCell, mut second: LabelledCell) -> Pair {
        let (form_units, expand_first) = if self.options.attempt_supercell {
            let ratio = second.n_sites() as f64 / first.n_sites() as f64;
            if ratio < 2.0 / 3.0 {
                ((1.0 / ratio).round_ties_even() as usize, false)
            } else {
                (ratio.round_ties_even() as usize, true)
            }
        } else {
            (1, true)
        };
        if self.options.scale {
            let cells = if expand_first { form_units as f64 } else { 1.0 / form_units as f64 };
            let ratio =
                libm::pow(second.basis.volume() / (first.basis.volume() * cells), 1.0 / 6.0);
            first.basis = first.basis.scaled(ratio);
            second.basis = second.basis.scaled(1.0 / ratio);
        }
        Pair { first, second, form_units, expand_first }
    }

    /// The pair exchanged and reduced once more.
    fn reversed(&self, pair: &Pair, primitive: Option<f64>) -> Result<Pair, MetricError> {
        let first = reduce(&pair.second, primitive)?;
        let identity: Vec<u32> = (0..=pair.largest_species()).collect();
        let second = if is_same_input(&pair.second, &pair.first, &identity) {
            first.clone()
        } else {
            reduce(&pair.first, primitive)?
        };
        Ok(self.scaled(first, second))
    }

    fn tolerances(&self) -> Tolerances {
        let StructureMatcherOptions { ltol, stol, angle_tol, .. } = self.options;
        Tolerances { ltol, angle_tol, sites: SiteTolerance::Normalized(stol) }
    }

    /// Site tolerance of the search for primitive cells, Å, if there is one.
    fn primitive_tolerance(&self) -> Option<f64> {
        self.options.primitive_cell.then_some(PRIMITIVE_SITE_TOLERANCE)
    }

    /// Whether `a` lies on `b` in its own size, within other tolerances.
    pub(crate) fn lay_unscaled(
        a: &Prepared,
        b: &Prepared,
        tolerances: Tolerances,
    ) -> Result<bool, MetricError> {
        let class: Vec<u32> = (0..a.species.len() as u32).collect();
        let first = side(&a.reduced, &class);
        let second = side(&b.reduced, &classes_of(&a.species, &b.species));
        let wanted = Wanted { fit: true, rms: false };
        Ok(search(&first, &second, 1, true, tolerances, wanted, &mut Work::default())?.fit)
    }

    /// Lays one cell of the pair on the other.
    fn lay(&self, pair: &Pair, wanted: Wanted, work: &mut Work) -> Result<Found, MetricError> {
        let identity: Vec<u32> = (0..=pair.largest_species()).collect();
        let (first, second) = (side(&pair.first, &identity), side(&pair.second, &identity));
        let (n1, n2) = (first.frac.len() as f64, second.frac.len() as f64);
        let (cells, expand_first) = (pair.form_units, pair.expand_first);
        let ratio = if expand_first { cells as f64 } else { 1.0 / cells as f64 };
        let tolerances = self.tolerances();
        if n1 * ratio >= n2 {
            search(&first, &second, cells, expand_first, tolerances, wanted, work)
        } else {
            search(&second, &first, cells, !expand_first, tolerances, wanted, work)
        }
    }
}

/// A cell as one side of the search, its species renamed.
fn side(cell: &LabelledCell, class: &[u32]) -> Side {
    Side {
        basis: cell.basis,
        frac: cell.frac.clone(),
        class: cell.kinds.iter().map(|k| class[k.species as usize]).collect(),
    }
}

/// Two cells ready to be laid on each other.
#[derive(Debug, Clone)]
struct Pair {
    first: LabelledCell,
    second: LabelledCell,
    /// Cells of the smaller in one of the larger.
    form_units: usize,
    /// Whether the first is the smaller.
    expand_first: bool,
}

impl Pair {
    fn largest_species(&self) -> u32 {
        self.first.kinds.iter().chain(&self.second.kinds).map(|k| k.species).max().unwrap_or(0)
    }
}

/// Index among the species of `a` for each species of `b`; species that `a` lacks get new indices.
pub(crate) fn classes_of(a: &[Amounts], b: &[Amounts]) -> Vec<u32> {
    b.iter()
        .enumerate()
        .map(|(i, s)| a.iter().position(|t| t.agrees(s)).unwrap_or(a.len() + i) as u32)
        .collect()
}
