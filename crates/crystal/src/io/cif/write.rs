//! Writing CIF.

use crate::io::WriteError;
use crate::symmetry::{Setting, SpaceGroup, SymmetryOperation, find_symmetry, standardize};
use crate::{Element, Structure, wrap_unit};
use std::fmt::Write as _;

/// The structure as CIF in space group P 1: every site of the cell, in order, at full precision.
///
/// The cell is written as its six parameters, so a reader may orient it otherwise. A left-handed basis is written as its
/// inverse, -a, -b, -c, which spans the same lattice with the same parameters.
pub fn write_cif(structure: &Structure, name: Option<&str>) -> String {
    let sites: Vec<usize> = (0..structure.n_sites()).collect();
    let identity = [SymmetryOperation::identity()];
    text(structure, name, &Group { hm: "P 1", hall: "P 1", number: 1 }, &identity, &sites)
}

/// The structure as CIF of its standardized conventional cell: the symmetry found within `symprec`, Å, and one site an orbit.
///
/// The cell may differ from that of the structure ([`standardize`]).
///
/// # Errors
/// [`WriteError::Symmetry`].
pub fn write_cif_with_symmetry(
    structure: &Structure,
    name: Option<&str>,
    symprec: f64,
) -> Result<String, WriteError> {
    let standard = standardize(structure, symprec, Setting::Conventional)?;
    let found = find_symmetry(structure, symprec)?;
    let group = SpaceGroup::from_hall_number(found.hall_number).ok_or_else(|| {
        let reason = "the Hall number is outside its table".to_owned();
        crate::symmetry::SymmetryError::NotFound { symprec, reason }
    })?;
    let operations = group.operations();
    let mut sites: Vec<usize> = Vec::new();
    for (i, site) in standard.sites().iter().enumerate() {
        let is_image = |j: &usize| {
            let other = &standard.sites()[*j];
            other.element == site.element
                && (other.occupancy - site.occupancy).abs() < 1e-4
                && operations.iter().any(|o| {
                    let d = o.apply(&other.frac) - site.frac;
                    standard.lattice().cart(&d.map(|d| d - d.round())).norm() < symprec.min(1e-3)
                })
        };
        if !sites.iter().any(is_image) {
            sites.push(i);
        }
    }
    let (hm, hall) = (group.hm_alt(), group.hall_symbol());
    let header = Group { hm: &hm, hall: &hall, number: group.number() };
    Ok(text(&standard, name, &header, &operations, &sites))
}

struct Group<'a> {
    hm: &'a str,
    hall: &'a str,
    number: i32,
}

fn text(
    structure: &Structure,
    name: Option<&str>,
    group: &Group<'_>,
    operations: &[SymmetryOperation],
    sites: &[usize],
) -> String {
    let composition = structure.composition();
    let default_name = composition.reduced_formula();
    let name: String = name
        .filter(|n| !n.trim().is_empty())
        .unwrap_or(&default_name)
        .trim()
        .chars()
        .map(|c| if c.is_ascii_graphic() { c } else { '_' })
        .collect();
    let p = structure.cell();
    let formula = composition.formula();
    let volume = structure.lattice().volume();
    let mut out = format!(
        "data_{name}\n\
         _chemical_formula_sum '{formula}'\n\
         _cell_length_a {}\n_cell_length_b {}\n_cell_length_c {}\n\
         _cell_angle_alpha {}\n_cell_angle_beta {}\n_cell_angle_gamma {}\n\
         _cell_volume {volume}\n\
         _space_group_name_H-M_alt '{}'\n\
         _space_group_name_Hall {}\n\
         _space_group_IT_number {}\n\
         loop_\n _space_group_symop_id\n _space_group_symop_operation_xyz\n",
        p.a,
        p.b,
        p.c,
        p.alpha,
        p.beta,
        p.gamma,
        group.hm,
        quoted(group.hall),
        group.number,
    );
    for (i, operation) in operations.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(out, " {} '{operation}'", i + 1);
    }
    out.push_str(
        "loop_\n _atom_site_label\n _atom_site_type_symbol\n _atom_site_fract_x\n \
         _atom_site_fract_y\n _atom_site_fract_z\n _atom_site_occupancy\n",
    );
    let sign = if structure.lattice().columns().determinant() < 0.0 { -1.0 } else { 1.0 };
    let mut counts = [0_usize; 119];
    for &i in sites {
        let site = &structure.sites()[i];
        let f = site.frac.map(|x| wrap_unit(sign * x));
        let label = label(site.element, &mut counts);
        let _ = writeln!(
            out,
            " {label} {} {} {} {} {}",
            site.element, f[0], f[1], f[2], site.occupancy
        );
    }
    out
}

fn label(element: Element, counts: &mut [usize; 119]) -> String {
    let count = &mut counts[usize::from(element.atomic_number())];
    *count += 1;
    format!("{element}{count}")
}

/// A Hall symbol in the quotation marks that it does not hold itself.
fn quoted(symbol: &str) -> String {
    if symbol.contains('\'') { format!("\"{symbol}\"") } else { format!("'{symbol}'") }
}
