//! The atom sites of a CIF block, and their images.

use super::block::{Block, Column, Value};
use super::cell::number;
use super::element::{element_of, formula_amounts};
use super::token::Fault;
use crate::io::overlap::{self, MIN_DISTANCE, OCCUPANCY_TOLERANCE};
use crate::io::{Note, Problem};
use crate::symmetry::SymmetryOperation;
use crate::{Element, Lattice, Site, Structure, wrap_unit};
use nalgebra::Vector3;

/// Images of a site within this of each other, in each fractional coordinate, are one: pymatgen's `site_tolerance`.
const SITE_TOLERANCE: f64 = 1e-4;

/// Coordinates within this of 1/3 or 2/3, relative to them, are these fractions: pymatgen's `frac_tolerance`.
const FRACTION_TOLERANCE: f64 = 1e-4;

const FRACT: [&str; 3] = ["_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z"];
const LABEL: [&str; 3] = ["_atom_site_label", "_atom_site_id", "_atom_site_label_atom_id"];

/// One listed site.
#[derive(Debug, Clone)]
pub(super) struct ListedSite {
    label: String,
    element: Element,
    frac: Vector3<f64>,
    occupancy: f64,
    line: u64,
}

/// Number of atoms in the cell by the formula and Z of the block, where both are given.
pub(super) fn expected_atoms(block: &Block) -> Option<f64> {
    let z: f64 = block.single(&["_cell_formula_units_z"])?.text.trim().parse().ok()?;
    let formula = formula_amounts(&block.single(&["_chemical_formula_sum"])?.text)?;
    let n: f64 = formula.iter().map(|(_, amount)| amount).sum();
    (n * z > 0.0).then_some(n * z)
}

/// Reads the listed sites of a block.
pub(super) fn read(block: &Block, notes: &mut Vec<Note>) -> Result<Vec<ListedSite>, Fault> {
    let missing = |tag: &str, line| (Some(line), Problem::Missing { name: tag.to_owned() });
    let x = block.column(FRACT[0]).ok_or_else(|| missing(FRACT[0], block.line))?;
    let beside = |tag: &str| block.beside(tag, x).ok_or_else(|| missing(tag, x.line));
    let coordinates = [x, beside(FRACT[1])?, beside(FRACT[2])?];
    let label = LABEL.iter().find_map(|tag| block.beside(tag, x));
    let symbol = block.beside("_atom_site_type_symbol", x);
    if label.is_none() && symbol.is_none() {
        return Err(missing("_atom_site_label or _atom_site_type_symbol", x.line));
    }
    let occupancy = block.beside("_atom_site_occupancy", x);
    let flag = block.beside("_atom_site_calc_flag", x);
    let formula: Vec<Element> = block
        .single(&["_chemical_formula_sum"])
        .and_then(|v| formula_amounts(&v.text))
        .map(|amounts| amounts.into_iter().map(|(e, _)| e).collect())
        .unwrap_or_default();

    let known = |column: Option<&Column>, row: usize| -> Option<Value> {
        column.and_then(|c| c.values.get(row)).filter(|v| v.known().is_some()).cloned()
    };
    let mut sites = Vec::with_capacity(x.values.len());
    let mut n_rounded = 0;
    for row in 0..x.values.len() {
        let line = x.values[row].line;
        if known(flag, row).is_some_and(|v| v.text.eq_ignore_ascii_case("dum")) {
            continue;
        }
        let (named, typed) = (known(label, row), known(symbol, row));
        let label = named
            .as_ref()
            .or(typed.as_ref())
            .map_or_else(|| format!("in row {}", row + 1), |v| v.text.trim().to_owned());
        let name = typed.or(named).map(|v| v.text.trim().to_owned()).unwrap_or_default();
        let Some(element) = element_of(&name, &formula) else {
            let problem = Problem::UnknownElement { site: label, symbol: name };
            return Err((Some(line), problem));
        };
        let Some(occupancy) = read_occupancy(known(occupancy, row).as_ref(), &label, notes)? else {
            continue;
        };
        let mut frac = Vector3::zeros();
        for (i, column) in coordinates.iter().enumerate() {
            let (value, rounded) = read_coordinate(&column.values[row], FRACT[i], &label)?;
            frac[i] = value;
            n_rounded += usize::from(rounded);
        }
        sites.push(ListedSite { label, element, frac, occupancy, line });
    }
    if n_rounded > 0 {
        notes.push(Note::RoundedCoordinates { n: n_rounded });
    }
    if sites.is_empty() {
        return Err((Some(x.line), Problem::NoStructure { missing: "an occupied atom site" }));
    }
    Ok(sites)
}

/// An occupancy; 1 where it is not given, `None` where it is 0.
fn read_occupancy(
    value: Option<&Value>,
    label: &str,
    notes: &mut Vec<Note>,
) -> Result<Option<f64>, Fault> {
    let Some(value) = value else { return Ok(Some(1.0)) };
    let occupancy = number(value, || format!("occupancy of site {label}"))?;
    let site = label.to_owned();
    if occupancy.abs() < f64::MIN_POSITIVE {
        notes.push(Note::EmptySite { site });
        return Ok(None);
    }
    if !(0.0..=1.0 + OCCUPANCY_TOLERANCE).contains(&occupancy) {
        return Err((Some(value.line), Problem::Occupancy { site, occupancy }));
    }
    if occupancy > 1.0 {
        notes.push(Note::ClampedOccupancy { site, occupancy });
    }
    Ok(Some(occupancy.min(1.0)))
}

/// A coordinate, and whether it was taken for 1/3 or 2/3. `.` is 0, the default of the dictionary.
fn read_coordinate(value: &Value, tag: &str, label: &str) -> Result<(f64, bool), Fault> {
    if value.is_default() {
        return Ok((0.0, false));
    }
    let x = number(value, || format!("{tag} of site {label}"))?;
    let fraction = [1.0 / 3.0, 2.0 / 3.0]
        .into_iter()
        .find(|fraction| (x / fraction - 1.0).abs() <= FRACTION_TOLERANCE);
    Ok(match fraction {
        Some(fraction) => (fraction, (x - fraction).abs() > 1e-15),
        None => (x, false),
    })
}

/// Sites that share one position, with all images of the position.
struct Position {
    label: String,
    shares: Vec<(Element, f64)>,
    images: Vec<Vector3<f64>>,
}

/// All sites of the cell.
///
/// Images within [`SITE_TOLERANCE`] are one; a listed site that falls on an image of an earlier one shares its position. A
/// site closer than [`MIN_DISTANCE`] to its own image, with no room for both, is a rounded special position and moved onto it.
pub(super) fn expand(
    lattice: &Lattice,
    listed: &[ListedSite],
    operations: &[SymmetryOperation],
) -> Result<(Structure, Vec<Note>), Fault> {
    let mut notes = Vec::new();
    let mut positions: Vec<Position> = Vec::with_capacity(listed.len());
    for site in listed {
        let mut frac = site.frac;
        if site.occupancy > 0.5
            && let Some((special, distance)) = special_position(lattice, &frac, operations)
        {
            notes.push(Note::MovedToSpecialPosition { site: site.label.clone(), distance });
            frac = special;
        }
        let host = positions.iter_mut().find(|p| p.images.iter().any(|i| close(i, &frac)));
        let Some(host) = host else {
            positions.push(Position {
                label: site.label.clone(),
                shares: vec![(site.element, site.occupancy)],
                images: images(&frac, operations),
            });
            continue;
        };
        let sum = host.shares.iter().map(|(_, o)| o).sum::<f64>() + site.occupancy;
        if sum > 1.0 + OCCUPANCY_TOLERANCE {
            let problem = Problem::Overlap {
                first: host.label.clone(),
                second: site.label.clone(),
                distance: 0.0,
                occupancy: sum,
                minimum: MIN_DISTANCE,
            };
            return Err((Some(site.line), problem));
        }
        match host.shares.iter_mut().find(|(e, _)| *e == site.element) {
            Some((_, occupancy)) => *occupancy = (*occupancy + site.occupancy).min(1.0),
            None => host.shares.push((site.element, site.occupancy)),
        }
    }
    let mut sites = Vec::new();
    let mut labels = Vec::new();
    for position in &positions {
        for frac in &position.images {
            for (element, occupancy) in &position.shares {
                sites.push(Site { element: *element, frac: *frac, occupancy: *occupancy });
                labels.push(position.label.as_str());
            }
        }
    }
    let line = listed.first().map(|s| s.line);
    let structure = Structure::new(*lattice, sites).map_err(|e| (line, Problem::Crystal(e)))?;
    overlap::check(&structure, |i| labels[i].to_owned()).map_err(|p| (line, p))?;
    Ok((structure, notes))
}

fn close(a: &Vector3<f64>, b: &Vector3<f64>) -> bool {
    (a - b).iter().all(|d| (d - d.round()).abs() < SITE_TOLERANCE)
}

fn images(frac: &Vector3<f64>, operations: &[SymmetryOperation]) -> Vec<Vector3<f64>> {
    let mut images: Vec<Vector3<f64>> = Vec::new();
    for operation in operations {
        let image = operation.apply(frac).map(wrap_unit);
        if !images.iter().any(|i| close(i, &image)) {
            images.push(image);
        }
    }
    images
}

/// The mean of a position and its images within [`MIN_DISTANCE`], with its distance from the position in ångström, where any
/// of these is farther than [`SITE_TOLERANCE`].
fn special_position(
    lattice: &Lattice,
    frac: &Vector3<f64>,
    operations: &[SymmetryOperation],
) -> Option<(Vector3<f64>, f64)> {
    let mut sum = Vector3::zeros();
    let mut n = 0;
    let mut off = false;
    for operation in operations {
        let image = operation.apply(frac);
        let step = (image - frac).map(|d| d - d.round());
        if lattice.cart(&step).norm() < MIN_DISTANCE {
            sum += step;
            n += 1;
            off |= step.iter().any(|d| d.abs() >= SITE_TOLERANCE);
        }
    }
    if !off {
        return None;
    }
    let step = sum / f64::from(n);
    Some((frac + step, lattice.cart(&step).norm()))
}
