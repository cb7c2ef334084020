//! The symmetry of a structure.

use super::SymmetryOperation;
use super::limit::bearable;
use crate::{CrystalFamily, Structure};
use moyo::MoyoDataset;
use moyo::base::{AngleTolerance, Cell};
use nalgebra::Vector3;
use std::panic::{AssertUnwindSafe, catch_unwind};
use thiserror::Error;

/// Fractions of the asked tolerance that are tried, in this order, when the search fails.
///
/// Each search already tightens and loosens its tolerance by itself; these are fresh starts.
const TOLERANCE_LADDER: [f64; 4] = [1.0, 0.3, 0.1, 0.01];

/// Sites whose fractional coordinates agree within this share one position.
const SHARED_POSITION: f64 = 1e-4;

/// Occupancies that agree within this are equal.
const EQUAL_OCCUPANCY: f64 = 1e-4;

/// Why no symmetry was found.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SymmetryError {
    /// The tolerance is not a positive length.
    #[error("symprec is {symprec}, expected a length above 0 Å")]
    Tolerance {
        /// The tolerance as given, Å.
        symprec: f64,
    },
    /// The search failed at every tolerance of the ladder.
    #[error("no space group found at symprec {symprec} Å or below: {reason}")]
    NotFound {
        /// The tolerance as given, Å.
        symprec: f64,
        /// What the search said at the first tolerance.
        reason: String,
    },
    /// The operations found are not closed under products.
    #[error("the {n_operations} symmetry operations found do not form a group")]
    NotAGroup {
        /// Number of operations.
        n_operations: usize,
    },
    /// An operation carries a site where no equal site is.
    #[error(
        "operation {operation} carries site {site_idx} ({element}) to where no equal site is within {reach} Å"
    )]
    NoImage {
        /// Index of the site, from 0.
        site_idx: usize,
        /// Element symbol of the site.
        element: &'static str,
        /// The operation in `x,y,z` notation.
        operation: String,
        /// How far away sites were looked for, Å.
        reach: f64,
    },
    /// A structure with another number of sites than the reference.
    #[error("the symmetry acts on {expected} sites, but the structure has {found}")]
    SiteCount {
        /// Sites of the reference.
        expected: usize,
        /// Sites of the structure.
        found: usize,
    },
    /// A structure with other atoms than the reference.
    #[error(
        "site {site_idx} is {found}, but {expected}, or another occupancy, in the structure that the symmetry is of"
    )]
    Species {
        /// Index of the site, from 0.
        site_idx: usize,
        /// Element of the reference.
        expected: &'static str,
        /// Element of the structure.
        found: &'static str,
    },
}

/// The space group of a structure and what it does to its sites.
///
/// Vectors with one entry a site follow the order of [`Structure::sites`].
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetryDataset {
    /// Space-group number of International Tables, 1 to 230.
    pub number: i32,
    /// Hall number, 1 to 530, of the setting whose standard cell [`super::standardize`] gives.
    pub hall_number: i32,
    /// Short Hermann-Mauguin symbol without spaces, such as `"P6_3/mmc"`.
    pub hm_symbol: String,
    /// Hall symbol of the setting, such as `"-P 6c 2c"`.
    pub hall_symbol: String,
    /// Crystal family of the space group.
    pub crystal_family: CrystalFamily,
    /// Pearson symbol of the standard cell, such as `"hP3"`.
    pub pearson_symbol: String,
    /// Wyckoff letter of each site.
    pub wyckoffs: Vec<char>,
    /// Site-symmetry symbol of each site, oriented as in the standard cell.
    pub site_symmetry: Vec<String>,
    /// `orbits[i]` is the first site that symmetry carries to site `i`.
    pub orbits: Vec<usize>,
    /// Operations on the fractional coordinates of the cell as given, centring translations included.
    pub operations: Vec<SymmetryOperation>,
    /// The tolerance that the search ended with, Å: not always the one asked for.
    pub symprec: f64,
}

/// Finds the space group of a structure within the distance `symprec`, Å.
///
/// Sites that share a position count as one atom, and equal mixtures as equal atoms. Left-handed lattices are fine. When the
/// search fails, smaller tolerances are tried; [`SymmetryDataset::symprec`] says which one answered. A tolerance above 4 % of
/// the shortest translation of the crystal, with which the search may not end, is lowered to that.
///
/// # Errors
/// [`SymmetryError`].
///
/// # Examples
/// ```
/// use braggscape_crystal::{study_crystal, symmetry::find_symmetry};
/// let au2s = study_crystal("Au2S").expect("a study crystal").structure();
/// let symmetry = find_symmetry(&au2s, 0.01)?;
/// assert_eq!((symmetry.number, symmetry.hm_symbol.as_str()), (224, "Pn-3m"));
/// # Ok::<(), braggscape_crystal::symmetry::SymmetryError>(())
/// ```
pub fn find_symmetry(
    structure: &Structure,
    symprec: f64,
) -> Result<SymmetryDataset, SymmetryError> {
    let atoms = Atoms::of(structure);
    let found = search(&atoms.cell, symprec, moyo::data::Setting::Standard)?;
    let unknown = |reason: &str| SymmetryError::NotFound { symprec, reason: reason.to_owned() };
    let entry = moyo::data::hall_symbol_entry(found.hall_number)
        .ok_or_else(|| unknown("the Hall number is outside its table"))?;
    let crystal_family = CrystalFamily::from_space_group_number(found.number)
        .ok_or_else(|| unknown("the space-group number is outside 1..=230"))?;
    let per_site = |atom: usize| atoms.atom_of_site[atom];
    let sites = 0..structure.n_sites();
    let orbits = sites
        .clone()
        .map(|i| {
            let orbit = found.orbits[per_site(i)];
            let same = |j: &usize| {
                let (a, b) = (&structure.sites()[i], &structure.sites()[*j]);
                found.orbits[per_site(*j)] == orbit
                    && a.element == b.element
                    && (a.occupancy - b.occupancy).abs() <= EQUAL_OCCUPANCY
            };
            (0..i).find(same).unwrap_or(i)
        })
        .collect();
    Ok(SymmetryDataset {
        number: found.number,
        hall_number: found.hall_number,
        hm_symbol: entry.hm_short.replace(' ', ""),
        hall_symbol: entry.hall_symbol.replace('=', "\""),
        crystal_family,
        pearson_symbol: found.pearson_symbol.clone(),
        wyckoffs: sites.clone().map(|i| found.wyckoffs[per_site(i)]).collect(),
        site_symmetry: sites.map(|i| found.site_symmetry_symbols[per_site(i)].clone()).collect(),
        orbits,
        operations: found
            .operations
            .iter()
            .map(|o| SymmetryOperation { rotation: o.rotation, translation: o.translation })
            .collect(),
        symprec: found.symprec,
    })
}

/// Searches down the ladder of tolerances.
pub(super) fn search(
    cell: &Cell,
    symprec: f64,
    setting: moyo::data::Setting,
) -> Result<MoyoDataset, SymmetryError> {
    if !(symprec.is_finite() && symprec > 0.0) {
        return Err(SymmetryError::Tolerance { symprec });
    }
    let start = bearable(cell, symprec);
    let mut first_reason = None;
    for fraction in TOLERANCE_LADDER {
        // A panic inside the search is a fault of the search, and must not end a study of a thousand crystals.
        let found = catch_unwind(AssertUnwindSafe(|| {
            MoyoDataset::new(cell, start * fraction, AngleTolerance::Default, setting, true)
        }));
        let reason = match found {
            Ok(Ok(dataset)) => return Ok(dataset),
            Ok(Err(e)) => e.to_string(),
            Err(_) => "the search stopped on an internal fault".to_owned(),
        };
        first_reason.get_or_insert(reason);
    }
    Err(SymmetryError::NotFound { symprec, reason: first_reason.unwrap_or_default() })
}

/// A structure as the search sees it: one atom a position, one species a kind of occupation.
pub(super) struct Atoms {
    /// The cell, its `numbers` counting `mixtures`.
    pub(super) cell: Cell,
    /// Occupation of each species: element numbers with occupancies, in order of element.
    pub(super) mixtures: Vec<Vec<(u8, f64)>>,
    /// Atom of each site of the structure.
    pub(super) atom_of_site: Vec<usize>,
}

impl Atoms {
    pub(super) fn of(structure: &Structure) -> Self {
        let sites = structure.sites();
        let mut positions: Vec<Vector3<f64>> = Vec::with_capacity(sites.len());
        let mut contents: Vec<Vec<(u8, f64)>> = Vec::with_capacity(sites.len());
        let mut partial: Vec<usize> = Vec::new();
        let mut atom_of_site = Vec::with_capacity(sites.len());
        for site in sites {
            let share = (site.element.atomic_number(), site.occupancy);
            let is_partial = site.occupancy < 1.0;
            let host = is_partial
                .then(|| partial.iter().find(|atom| same_position(&positions[**atom], &site.frac)))
                .flatten();
            if let Some(&atom) = host {
                contents[atom].push(share);
                atom_of_site.push(atom);
            } else {
                if is_partial {
                    partial.push(positions.len());
                }
                atom_of_site.push(positions.len());
                positions.push(site.frac);
                contents.push(vec![share]);
            }
        }
        let mut mixtures: Vec<Vec<(u8, f64)>> = Vec::new();
        let numbers = contents
            .into_iter()
            .map(|mut content| {
                content.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
                let known = mixtures.iter().position(|m| same_mixture(m, &content));
                known.unwrap_or_else(|| {
                    mixtures.push(content);
                    mixtures.len() - 1
                }) as i32
            })
            .collect();
        let lattice = moyo::base::Lattice::from_basis(structure.lattice().rows());
        Self { cell: Cell::new(lattice, positions, numbers), mixtures, atom_of_site }
    }
}

fn same_position(a: &Vector3<f64>, b: &Vector3<f64>) -> bool {
    (a - b).iter().all(|d| (d - d.round()).abs() < SHARED_POSITION)
}

fn same_mixture(a: &[(u8, f64)], b: &[(u8, f64)]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(x, y)| x.0 == y.0 && (x.1 - y.1).abs() <= EQUAL_OCCUPANCY)
}
