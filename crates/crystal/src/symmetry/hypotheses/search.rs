//! The search for hypotheses.

use super::evidence::{SIGMAS, Terms, lattice_evidence};
use super::hypothesis::{Hypothesis, KindOnOrbits};
use super::kinds::{kinds, of_kind};
use super::lattice::{Symmetrised, symmetrise};
use super::orbits::{Choice, Estimate, Fit, MAX_SITES, estimate, fit};
use super::setting::{self, Setting};
use crate::symmetry::SymmetryOperation;
use crate::{Assignment, CrystalError, Structure};
use nalgebra::Vector3;
use std::collections::HashMap;

/// Combinations of the choices of all kinds that are kept of each setting, for each standard deviation.
const KEPT: usize = 12;

/// Displacement vectors that agree within this, fractions of the cell, are equal.
const SAME: f64 = 1e-6;

/// Options of [`hypotheses`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HypothesisOptions {
    /// Largest component of the strain that may separate the lattice from one with the metric of the group. Default 1e-3: the lattice is
    /// known. 0.15 and more for strained lattices.
    pub metric_tolerance: f64,
    /// Most hypotheses. Default 400.
    pub max_hypotheses: usize,
}

impl Default for HypothesisOptions {
    fn default() -> Self {
        Self { metric_tolerance: 1e-3, max_hypotheses: 400 }
    }
}

/// A combination of estimates, one of each kind.
#[derive(Clone)]
struct Combination {
    setting: &'static Setting,
    lattice: usize,
    choices: Vec<Choice>,
    /// ln of the evidence by all but the sites.
    known: f64,
    log_evidence: f64,
}

/// The symmetries that a distorted structure may have had, the best explained first.
///
/// For every one of the 530 tabulated settings whose rotations keep the metric (up to a strain below the tolerance), sites of a kind
/// are laid on orbits of Wyckoff positions in all ways that fill them; for each way the nearest symmetric structure is found, sites and
/// free coordinates being fitted in turn (sites by linear assignment, coordinates by least squares in fractions of the cell). Hypotheses
/// with the same structure and the same freedom are one, under the group of the most operations.
///
/// *Order*: by evidence, the probability density of the displaced sites under the hypothesis,
///
/// p = mean over sigma of integral du prod_i (2 pi sigma^2)^(-3/2) exp(-|x_i - y_i(u)|^2 / 2 sigma^2),
///
/// in which the free coordinates u are anywhere in the cell, displacements are independent and equal in all coordinates, and their
/// standard deviation sigma, which is not known, is 0.005 to 0.12 of a cell edge. Few free coordinates make a hypothesis likely
/// if the displacements that it needs are such as others need too: every coordinate that it binds earns
/// ln 1/(sigma sqrt(2 pi)) and pays for its displacement. Strains are weighed likewise. Among hypotheses of a few more coordinates are the subgroups
/// of each group: a symmetry that the sites have by chance does not hide them. P1 is always one of them.
///
/// # Conventions
/// The origin and the axes of the cell are taken for those of a tabulated setting: the cell is conventional.
///
/// # Errors
/// [`CrystalError`] if an averaged metric is none of a cell.
///
/// # Panics
/// Never: more than 128 sites of a kind give P1 alone.
///
/// # Examples
/// ```
/// use braggscape_crystal::study_crystal;
/// use braggscape_crystal::symmetry::{HypothesisOptions, hypotheses};
/// let mut structure = study_crystal("Au2S").expect("a study crystal").structure();
/// let mut coords = structure.frac_coords();
/// for (i, x) in coords.iter_mut().enumerate() {
///     x.y += 0.01 * ((i % 3) as f64 - 1.0);
/// }
/// structure = structure.with_frac_coords(&coords)?;
/// let found = hypotheses(&structure, &HypothesisOptions::default())?;
/// assert_eq!((found[0].number(), found[0].n_free()), (224, 0));
/// # Ok::<(), braggscape_crystal::CrystalError>(())
/// ```
pub fn hypotheses(
    structure: &Structure,
    options: &HypothesisOptions,
) -> Result<Vec<Hypothesis>, CrystalError> {
    hypotheses_weighed(structure, options, |_| Some(0.0))
}

/// Like [`hypotheses`] with what else is known of space groups: `weigh` gets the operations of a setting and gives what is to be added
/// to ln of the evidence, or `None` for groups that are out of the question.
///
/// # Errors
/// As [`hypotheses`].
pub fn hypotheses_weighed(
    structure: &Structure,
    options: &HypothesisOptions,
    mut weigh: impl FnMut(&[SymmetryOperation]) -> Option<f64>,
) -> Result<Vec<Hypothesis>, CrystalError> {
    let kinds = kinds(structure);
    let coords = structure.frac_coords();
    let x: Vec<Vec<Vector3<f64>>> = kinds.iter().map(|kind| of_kind(kind, &coords)).collect();
    let small = kinds.iter().all(|kind| kind.len() <= MAX_SITES);
    let mut lattices: Vec<Symmetrised> = Vec::new();
    let mut combinations: Vec<Combination> = Vec::new();
    for (hall_number, rotations) in setting::rotations() {
        if !small && hall_number > 1 {
            break;
        }
        let Some(lattice) = symmetrise(structure.lattice(), rotations, options.metric_tolerance)
        else {
            continue;
        };
        let Some(setting) = setting::setting(hall_number) else { continue };
        let Some(weight) = weigh(&setting.operations) else { continue };
        let known = lattice_evidence(lattice.square, lattice.n_bound) + weight;
        lattices.push(lattice);
        let of_kinds: Vec<Vec<Estimate>> = x.iter().map(|x| estimate(setting, x)).collect();
        for (choices, terms) in combine(&of_kinds) {
            combinations.push(Combination {
                setting,
                lattice: lattices.len() - 1,
                choices,
                known,
                log_evidence: terms.evidence(coords.len()) + known,
            });
        }
    }
    // Stable: of equals the first setting of the table comes first.
    combinations.sort_by(|a, b| b.log_evidence.total_cmp(&a.log_evidence));
    let plain = combinations.iter().position(|c| c.setting.number == 1);
    if let Some(at) = plain.filter(|at| *at >= options.max_hypotheses) {
        combinations.swap(at, options.max_hypotheses.saturating_sub(1));
    }
    combinations.truncate(options.max_hypotheses.max(1));
    let mut fits = Fits { x: &x, known: HashMap::new(), solver: Assignment::default() };
    let mut found = Vec::with_capacity(combinations.len());
    for combination in &combinations {
        let lattice = &lattices[combination.lattice];
        found.push(fits.hypothesis(structure, &kinds, combination, lattice)?);
    }
    found.sort_by(|a, b| b.log_evidence.total_cmp(&a.log_evidence));
    Ok(distinct(found))
}

/// The best combinations of the estimates of all kinds.
fn combine(of_kinds: &[Vec<Estimate>]) -> Vec<(Vec<Choice>, Terms)> {
    let mut found: Vec<(Vec<usize>, Terms)> = Vec::new();
    for sigma in SIGMAS {
        let mut best: Vec<(f64, Vec<usize>, Terms)> = vec![(0.0, Vec::new(), Terms::default())];
        for estimates in of_kinds {
            let values: Vec<f64> = estimates.iter().map(|e| e.terms.at(sigma)).collect();
            let mut next = Vec::with_capacity(best.len() * estimates.len());
            for (i, (value, _, _)) in best.iter().enumerate() {
                next.extend(values.iter().enumerate().map(|(j, v)| (value + v, i, j)));
            }
            next.sort_by(|a, b| b.0.total_cmp(&a.0));
            next.truncate(KEPT);
            best = next
                .into_iter()
                .map(|(value, i, j)| {
                    let mut choice = best[i].1.clone();
                    choice.push(j);
                    (value, choice, best[i].2.plus(&estimates[j].terms))
                })
                .collect();
        }
        for (_, choice, terms) in best {
            if !found.iter().any(|(known, _)| *known == choice) {
                found.push((choice, terms));
            }
        }
    }
    let named = |choice: Vec<usize>| {
        choice.iter().zip(of_kinds).map(|(j, estimates)| estimates[*j].choice.clone()).collect()
    };
    found.into_iter().map(|(choice, terms)| (named(choice), terms)).collect()
}

/// Fits of kinds, each made once.
struct Fits<'a> {
    x: &'a [Vec<Vector3<f64>>],
    known: HashMap<(i32, usize, Choice), Fit>,
    solver: Assignment,
}

impl Fits<'_> {
    fn hypothesis(
        &mut self,
        structure: &Structure,
        kinds: &[Vec<usize>],
        combination: &Combination,
        lattice: &Symmetrised,
    ) -> Result<Hypothesis, CrystalError> {
        let setting = combination.setting;
        let given = structure.frac_coords();
        let mut coords = given.clone();
        let mut terms = Terms::default();
        let mut on_orbits = Vec::with_capacity(kinds.len());
        for (index, (kind, choice)) in kinds.iter().zip(&combination.choices).enumerate() {
            let (x, solver) = (&self.x[index], &mut self.solver);
            let found = self
                .known
                .entry((setting.hall_number, index, choice.clone()))
                .or_insert_with(|| fit(setting, choice, x, solver));
            terms.square += found.square;
            for orbit in &found.orbits {
                let position = &setting.positions[orbit.position];
                terms.n_free += position.n_free;
                terms.log_det += position.log_det;
                for (member, site) in position.members.iter().zip(&orbit.sites) {
                    let (y, site) = (member.at(&orbit.u), kind[*site]);
                    coords[site] = y + (given[site] - y).map(f64::round);
                }
            }
            on_orbits.push(KindOnOrbits {
                sites: kind.clone(),
                choice: choice.clone(),
                orbits: found.orbits.clone(),
            });
        }
        let cell = lattice.lattice(structure.lattice())?;
        let square: f64 =
            coords.iter().zip(&given).map(|(y, x)| cell.cart(&(y - x)).norm_squared()).sum();
        let evidence = terms.evidence(given.len());
        Ok(Hypothesis {
            setting,
            kinds: on_orbits,
            structure: structure.with_lattice(cell).with_frac_coords(&coords)?,
            n_free: terms.n_free,
            rms: (square / given.len() as f64).sqrt(),
            strain: lattice.square.sqrt(),
            log_evidence: evidence + combination.known,
        })
    }
}

/// The hypotheses without those that have structure and freedom of another one, under the group of the most operations.
fn distinct(found: Vec<Hypothesis>) -> Vec<Hypothesis> {
    let mut kept: Vec<(Vec<f64>, Hypothesis)> = Vec::new();
    for hypothesis in found {
        let mark = mark(&hypothesis);
        let same = |(other, _): &&mut (Vec<f64>, Hypothesis)| {
            other.iter().zip(&mark).all(|(a, b)| (a - b).abs() < SAME)
        };
        match kept.iter_mut().find(same) {
            Some((_, known)) => {
                if known.setting.operations.len() < hypothesis.setting.operations.len() {
                    *known = hypothesis;
                }
            }
            None => kept.push((mark, hypothesis)),
        }
    }
    kept.into_iter().map(|(_, hypothesis)| hypothesis).collect()
}

/// Numbers that are equal for hypotheses of equal structure and freedom: coordinates, and what remains of a displacement in general
/// position.
fn mark(hypothesis: &Hypothesis) -> Vec<f64> {
    let n = hypothesis.structure.n_sites();
    let general =
        |site: usize| Vector3::from_fn(|axis, _| libm::sin(1.0 + 7.3 * (3 * site + axis) as f64));
    let mut moved = vec![Vector3::zeros(); n];
    for kind in &hypothesis.kinds {
        for orbit in &kind.orbits {
            let position = &hypothesis.setting.positions[orbit.position];
            let along = position.members.iter().zip(&orbit.sites).fold(
                Vector3::zeros(),
                |sum, (member, site)| {
                    sum + member.directions.transpose() * general(kind.sites[*site])
                },
            );
            let u = position.inverse * along;
            for (member, site) in position.members.iter().zip(&orbit.sites) {
                moved[kind.sites[*site]] = member.directions * u;
            }
        }
    }
    let frac = hypothesis.structure.frac_coords();
    let lattice = hypothesis.structure.cell().to_array();
    frac.iter().chain(&moved).flat_map(|v| v.iter().copied()).chain(lattice).collect()
}
