//! A distance between crystals that has no tolerances.

mod lattice;
mod reduce;
mod sites;

use crate::MetricError;
use crate::matcher::{Prepared, classes_of};
use braggscape_crystal::Structure;
use braggscape_crystal::reduction::Basis;
use lattice::{Candidate, Lattices, MAX_SUBLATTICES};
use reduce::cosets;
use serde::{Deserialize, Serialize};
use sites::{Buffers, Correspondence, GAP, SiteSearch};
use std::cmp::Ordering;

/// Site tolerance of the search for primitive cells, Å: what the rounding of files does to coordinates.
const PRIMITIVE: f64 = 1e-3;

/// Most sites of a common cell.
const MAX_SITES: usize = 400;

/// Most distances between sites and matrix elements of assignments that one distance may look at (some seconds).
const MAX_STEPS: u64 = 200_000_000;

/// Strains to which correspondences are searched in turn.
const LADDER: [f64; 7] = [0.02, 0.05, 0.1, 0.2, 0.35, 0.55, 0.8];

/// Correspondences of reduced cells to start from.
const N_REDUCED: usize = 8;

/// Correspondences of each step of the ladder that are tried before the others.
const N_STARTS: usize = 4;

/// Options of [`CrystalDistance`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CrystalDistanceOptions {
    /// Whether both crystals are scaled to one volume per site first, as the matcher does. Default true.
    pub scale: bool,
}

impl Default for CrystalDistanceOptions {
    fn default() -> Self {
        Self { scale: true }
    }
}

/// A distance and its two parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DistanceOutcome {
    /// sqrt(rms² + strain²), at least 0.
    pub distance: f64,
    /// Root mean square displacement of the sites after the best translation, in units of (V/N)^(1/3).
    pub rms: f64,
    /// Root mean square of the three logarithmic principal stretches of the lattice.
    pub strain: f64,
    /// Whether the search was completed: no correspondence whatever has a distance² smaller by more than 1e-6. Where it is
    /// false, the search met a bound, and `distance` is that of the best correspondence met so far.
    pub certified: bool,
}

/// How far two crystals of one composition are from each other: a number for every pair, near or far.
///
/// d(a, b)² = min over correspondences of strain² + rms². A correspondence is a pair of cells A and B (rows), of the lattices
/// of a and b or of their sublattices of the smallest equal number n of sites, together with a translation t and a pairing π
/// of sites of one kind. Its parts are
///
/// strain² = (ln² σ_1 + ln² σ_2 + ln² σ_3) / 3,   rms² = 1/n Σ_j |x_π(j) + t - y_j|²,
///
/// with σ the principal stretches that carry A into B, and x, y the sites as fractions of A and B. Displacements are the
/// shortest modulo the lattice in the metric (A Aᵀ + B Bᵀ) / 2 of the averaged cell. Lengths are in units of (V/N)^(1/3), with
/// V/N the geometric mean of both volumes per site. So 0.01 is a strain of 1 %, or displacements of 1 % of the spacing of
/// sites. Unlike the `rms` of [`crate::StructureMatcher`] it is not cut off at a tolerance, needs none, and counts strain.
///
/// # Conventions
/// Mirror images have distance 0, as in the matcher. Cells are made primitive within 1e-3 Å first, so crystals nearer to each
/// other than that count as the same. With `scale` off, the change of volume is part of the strain.
///
/// # What is proven
/// Symmetry, to the last bit: the arguments are put in an order of their own first. Independence of rotation, of the choice
/// of cell, of the order of sites and of the origin, up to rounding and, where a minimum is shallow, the gap of 1e-6 in d².
/// d = 0 if and only if one primitive cell is carried into the other, up to the same. If `certified`, the minimum is
/// global: lattices are searched completely up to a strain that exceeds d, and translations by bounds of a function that is
/// concave up to |t|² between corners of boxes. As a minimum of continuous functions, d is continuous where the numbers of sites
/// of the primitive cells do not change. Where a distortion doubles the cell of b, d tends to 0 as the distortion does if a is
/// the undistorted b; if a is another crystal, the larger common cell allows more correspondences and d may come out lower.
/// The triangle inequality is not claimed. [`crate::StructureMatcher`] can match a pair whose strain alone exceeds its `stol`.
///
/// # Bounds
/// [`MetricError::TooLarge`] if the common cell has more than 400 sites, or more than 2000 sublattices have to be looked at and none
/// is near. A search of more than 2·10^8 steps (some seconds) ends with `certified` false.
///
/// # Examples
/// ```
/// use braggscape_crystal::{Element, Lattice, Site, Structure};
/// use braggscape_metrics::CrystalDistance;
/// use nalgebra::Vector3;
///
/// let cscl = |x: f64| {
///     let a = 4.12;
///     let lattice = Lattice::from_rows([[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]])?;
///     let site = |s: &str, x: f64| Ok(Site::new(Element::from_symbol(s)?, Vector3::new(x, x, x)));
///     Structure::new(lattice, vec![site("Cs", 0.0)?, site("Cl", x)?])
/// };
/// let d = CrystalDistance::default().distance(&cscl(0.5)?, &cscl(0.51)?)?.expect("one composition");
/// // Each ion is off the mean by half of 0.01 along the diagonal, in units of a / 2^(1/3).
/// let expected = 0.005 * 3.0_f64.sqrt() * 2.0_f64.cbrt();
/// assert!(d.certified && (d.distance - expected).abs() < 1e-12 && d.strain < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// The parts of a correspondence are those of Therrien, Graf & Stevanović, J. Chem. Phys. 152, 074106 (2020),
/// doi:10.1063/1.5131527. The principal stretches' logarithms are Hencky's strain.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CrystalDistance {
    options: CrystalDistanceOptions,
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// An order of crystals that does not depend on which is named first.
fn order(a: &Prepared, b: &Prepared) -> Ordering {
    let numbers = |p: &Prepared| -> Vec<f64> {
        let cell = p.cell();
        let frac = cell.frac.iter().flatten().copied();
        let amounts = cell.kinds.iter().flat_map(|k| &p.species()[k.species as usize].0);
        let amounts = amounts.flat_map(|(e, x)| [f64::from(e.atomic_number()), *x]);
        [cell.basis.volume()]
            .into_iter()
            .chain(cell.basis.0.into_iter().flatten())
            .chain(frac)
            .chain(amounts)
            .collect()
    };
    let first = a.n_sites().cmp(&b.n_sites());
    first.then_with(|| {
        let (x, y) = (numbers(a), numbers(b));
        let mut different = x.iter().zip(&y).map(|(p, q)| p.total_cmp(q));
        different.find(|o| o.is_ne()).unwrap_or_else(|| x.len().cmp(&y.len()))
    })
}

/// Sites of a primitive cell sorted by kind, and their kinds.
fn sorted(p: &Prepared, class: &[u32]) -> (Vec<[f64; 3]>, Vec<u32>) {
    let cell = p.cell();
    let kinds: Vec<u32> = cell.kinds.iter().map(|k| class[k.species as usize]).collect();
    let mut order: Vec<usize> = (0..kinds.len()).collect();
    order.sort_by_key(|i| kinds[*i]);
    (order.iter().map(|i| cell.frac[*i]).collect(), order.iter().map(|i| kinds[*i]).collect())
}

/// Sites of one primitive cell in all cells of a larger one: fractions of the cell with these indices.
fn expanded(frac: &[[f64; 3]], indices: [[i32; 3]; 3]) -> Vec<[f64; 3]> {
    let inverse = Basis(Basis(indices.map(|row| row.map(f64::from))).inverse());
    let copies = cosets(indices);
    let mut all = Vec::with_capacity(frac.len() * copies.len());
    for f in frac {
        let f = inverse.cart(*f);
        all.extend(copies.iter().map(|c| [f[0] + c[0], f[1] + c[1], f[2] + c[2]]));
    }
    all
}

/// One pair on its way.
struct Search {
    lattices: Lattices,
    source: Vec<[f64; 3]>,
    target: Vec<[f64; 3]>,
    blocks: Vec<(usize, usize)>,
    buffers: Buffers,
    /// Smallest distance² so far, and its parts squared.
    best: (f64, f64, f64),
}

impl Search {
    fn correspondence(&self, candidate: &Candidate) -> Correspondence {
        let target = self.lattices.targets[candidate.target];
        let p = Basis(candidate.indices.map(|row| row.map(f64::from)));
        Correspondence {
            a: self.lattices.cell_of_source(candidate.indices),
            b: target.basis,
            source: expanded(&self.source, candidate.indices),
            target: expanded(&self.target, target.indices),
            periods: p.inverse(),
            copies: p.volume().round() as usize,
        }
    }

    /// Tries one correspondence, completely if `certify`; `false` if the search met its bound.
    fn evaluate(&mut self, candidate: &Candidate, certify: bool) -> bool {
        let strain2 = candidate.strain * candidate.strain;
        let correspondence = self.correspondence(candidate);
        let mut search = SiteSearch::new(&correspondence, &self.blocks, &mut self.buffers);
        let (found, finished) = search.least(self.best.0 - strain2, certify, MAX_STEPS);
        if let Some(rms2) = found {
            self.best = (rms2 + strain2, rms2, strain2);
        }
        finished
    }

    /// Tries the most promising of many correspondences, so that the others can soon be refused.
    fn begin(&mut self, candidates: &[Candidate]) {
        let mut order: Vec<(f64, usize)> = Vec::new();
        for (n, candidate) in candidates.iter().enumerate() {
            let strain2 = candidate.strain * candidate.strain;
            if strain2 >= self.best.0 || self.buffers.steps() > MAX_STEPS / 4 {
                break;
            }
            let correspondence = self.correspondence(candidate);
            let mut search = SiteSearch::new(&correspondence, &self.blocks, &mut self.buffers);
            order.push((strain2 + search.glance(), n));
        }
        order.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
        for (_, n) in order.into_iter().take(N_STARTS) {
            self.evaluate(&candidates[n], false);
        }
    }

    /// The best correspondence of all; whether that is certain.
    fn run(&mut self) -> bool {
        // A first number, so that every pair has one.
        self.begin(&self.lattices.reduced(N_REDUCED));
        let mut above = -1.0;
        for limit in LADDER {
            let Some(candidates) = self.lattices.strained(above, limit, self.best.0.sqrt()) else {
                return false;
            };
            self.begin(&candidates);
            for candidate in &candidates {
                if candidate.strain * candidate.strain >= self.best.0 - GAP {
                    break;
                }
                if !self.evaluate(candidate, true) {
                    return false;
                }
            }
            if self.best.0 - GAP <= limit * limit {
                return true;
            }
            above = limit;
        }
        false
    }
}

impl CrystalDistance {
    /// A distance with these options.
    pub fn new(options: CrystalDistanceOptions) -> Self {
        Self { options }
    }

    /// The options.
    pub fn options(&self) -> &CrystalDistanceOptions {
        &self.options
    }

    /// The distance of two crystals; `None` if their compositions differ, or their sites are of different kinds.
    ///
    /// # Errors
    /// [`MetricError::TooLarge`], [`MetricError::Overfull`] or [`MetricError::Reduction`].
    pub fn distance(
        &self,
        a: &Structure,
        b: &Structure,
    ) -> Result<Option<DistanceOutcome>, MetricError> {
        let (a, b) = (Prepared::new(a, Some(PRIMITIVE))?, Prepared::new(b, Some(PRIMITIVE))?);
        let (source, target) = if order(&a, &b).is_le() { (&a, &b) } else { (&b, &a) };
        if !a.has_composition_of(&b) {
            return Ok(None);
        }
        let (n_source, n_target) = (source.n_sites(), target.n_sites());
        let common = greatest_common_divisor(n_source, n_target);
        let (cells_of_source, cells_of_target) = (n_target / common, n_source / common);
        let n_sites = n_source * cells_of_source;
        if n_sites > MAX_SITES {
            let what = "sites of a common cell";
            return Err(MetricError::TooLarge { what, limit: MAX_SITES as u64 });
        }
        let own: Vec<u32> = (0..source.species().len() as u32).collect();
        let (source_frac, source_kinds) = sorted(source, &own);
        let classes = classes_of(source.species(), target.species());
        let (target_frac, target_kinds) = sorted(target, &classes);
        let kind = |i: usize| source_kinds[i / cells_of_source];
        if (0..n_sites).any(|i| kind(i) != target_kinds[i / cells_of_target]) {
            return Ok(None);
        }
        let mut blocks: Vec<(usize, usize)> = Vec::new();
        for i in 0..n_sites {
            match blocks.last_mut() {
                Some(block) if kind(block.0) == kind(i) => block.1 = i + 1,
                _ => blocks.push((i, i + 1)),
            }
        }
        let per_site = |p: &Prepared| p.basis().volume() / p.n_sites() as f64;
        let (v, w) = (per_site(source), per_site(target));
        let units = if self.options.scale {
            [libm::cbrt(v), libm::cbrt(w)]
        } else {
            [libm::cbrt((v * w).sqrt()); 2]
        };
        let lattices = Lattices::new(
            source.basis().scaled(1.0 / units[0]),
            &target.basis().scaled(1.0 / units[1]),
            cells_of_source,
            cells_of_target,
            self.options.scale,
        )?;
        let mut search = Search {
            lattices,
            source: source_frac,
            target: target_frac,
            blocks,
            buffers: Buffers::default(),
            best: (f64::INFINITY, 0.0, 0.0),
        };
        let certified = search.run();
        if search.best.0.is_infinite() {
            return Err(MetricError::TooLarge {
                what: "sublattices",
                limit: MAX_SUBLATTICES as u64,
            });
        }
        let (distance, rms, strain) = search.best;
        Ok(Some(DistanceOutcome {
            distance: distance.sqrt(),
            rms: rms.sqrt(),
            strain: strain.sqrt(),
            certified,
        }))
    }
}
