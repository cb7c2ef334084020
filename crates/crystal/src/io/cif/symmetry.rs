//! The symmetry operations of a CIF block.

use super::block::{Block, Value};
use super::token::Fault;
use crate::CellParameters;
use crate::io::{Note, Problem};
use crate::symmetry::{
    SpaceGroup, SymmetryOperation, UnknownSpaceGroup, operations_from_hall_symbol,
};

const OPERATIONS: [&str; 4] = [
    "_space_group_symop_operation_xyz",
    "_symmetry_equiv_pos_as_xyz",
    "_space_group_symop_magn_operation_xyz",
    "_space_group_symop_magn_operation_mxmymz_xyz",
];
const CENTRINGS: &str = "_space_group_symop_magn_centering_xyz";
const HALL: [&str; 3] =
    ["_space_group_name_hall", "_symmetry_space_group_name_hall", "_space_group_hall_symbol"];
const HM: [&str; 7] = [
    "_space_group_name_h_m_alt",
    "_symmetry_space_group_name_h_m",
    "_space_group_name_h_m",
    "_space_group_name_h_m_full",
    "_symmetry_space_group_name_h_m_full",
    "_space_group_name_h_m_ref",
    "_symmetry_space_group_name_h_m_alt",
];
const NUMBER: [&str; 2] = ["_space_group_it_number", "_symmetry_int_tables_number"];
const SETTING: [&str; 1] = ["_space_group_it_coordinate_system_code"];

/// A misfit of the metric below this, relative to the products of cell lengths, is none.
const METRIC_TOLERANCE: f64 = 2e-3;

/// A set of operations that a block can mean.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) operations: Vec<SymmetryOperation>,
    pub(super) note: Option<Note>,
}

/// What a block can mean by its symmetry, most likely first: one candidate where it lists operations or a Hall symbol, else the
/// settings of its space group that fit the cell best.
pub(super) fn candidates(block: &Block, cell: &CellParameters) -> Result<Vec<Candidate>, Fault> {
    if let Some(operations) = listed(block)? {
        return Ok(vec![Candidate { operations, note: None }]);
    }
    if let Some(hall) = block.single(&HALL)
        && let Ok(operations) = operations_from_hall_symbol(hall.text.trim())
    {
        let symbol = hall.text.trim().to_owned();
        let note = Note::SymmetryFromName { name: symbol.clone(), hall_symbol: symbol };
        return Ok(vec![Candidate { operations, note: Some(note) }]);
    }
    let number = block.single(&NUMBER).and_then(|v| v.text.trim().parse::<i32>().ok());
    let mut named = None;
    for tag in HM {
        let Some(value) = block.single(&[tag]) else { continue };
        let mut groups = SpaceGroup::from_hm_symbol(value.text.trim());
        if let Some(number) = number
            && groups.iter().any(|g| g.number() == number)
        {
            groups.retain(|g| g.number() == number);
        }
        if !groups.is_empty() {
            named = Some((value.text.trim().to_owned(), groups));
            break;
        }
    }
    if named.is_none()
        && let Some(number) = number
    {
        let groups = SpaceGroup::from_number(number);
        named = (!groups.is_empty()).then(|| (number.to_string(), groups));
    }
    let Some((name, mut groups)) = named else { return unnamed(block) };
    if let Some(code) = block.single(&SETTING).map(|v| v.text.trim().to_ascii_lowercase())
        && groups.iter().any(|g| g.setting().eq_ignore_ascii_case(&code))
    {
        groups.retain(|g| g.setting().eq_ignore_ascii_case(&code));
    }
    Ok(best_fitting(&name, &groups, cell))
}

/// Operations as listed, the identity first, `None` where none are.
fn listed(block: &Block) -> Result<Option<Vec<SymmetryOperation>>, Fault> {
    for tag in OPERATIONS {
        let mut operations = read_operations(block, tag)?;
        if operations.is_empty() {
            continue;
        }
        let centrings = read_operations(block, CENTRINGS)?;
        if tag.contains("magn") && !centrings.is_empty() {
            let products = centrings.iter().flat_map(|c| operations.iter().map(|o| c.after(o)));
            operations = products.collect();
        }
        let identity = SymmetryOperation::identity();
        operations.retain(|o| !(o.is_translation() && is_lattice_vector(o)));
        operations.insert(0, identity);
        return Ok(Some(operations));
    }
    Ok(None)
}

fn is_lattice_vector(operation: &SymmetryOperation) -> bool {
    operation.translation.iter().all(|t| (t - t.round()).abs() < 1e-6)
}

fn read_operations(block: &Block, tag: &str) -> Result<Vec<SymmetryOperation>, Fault> {
    let values = block.column(tag).map_or(&[][..], |c| &c.values);
    let known = values.iter().filter(|v| v.known().is_some());
    known.map(|v| read_operation(v, tag.contains("magn"))).collect()
}

/// One operation; of a magnetic one, `x,y,z,-1`, the part that moves atoms.
fn read_operation(value: &Value, magnetic: bool) -> Result<SymmetryOperation, Fault> {
    let text = value.text.trim();
    let spatial = match text.rsplit_once(',') {
        Some((spatial, "+1" | "-1" | "1" | "m" | "-m" | "+m")) if magnetic => spatial,
        _ => text,
    };
    spatial.parse().map_err(|e| (Some(value.line), Problem::Operation(e)))
}

/// Without a known name: no symmetry where none is given, else an error.
fn unnamed(block: &Block) -> Result<Vec<Candidate>, Fault> {
    let given = HALL.iter().chain(&HM).chain(&NUMBER).find_map(|tag| block.single(&[*tag]));
    match given {
        None => Ok(vec![Candidate {
            operations: vec![SymmetryOperation::identity()],
            note: Some(Note::NoSymmetry),
        }]),
        Some(value) => {
            let symbol = value.text.trim().to_owned();
            Err((Some(value.line), Problem::SpaceGroup(UnknownSpaceGroup { symbol })))
        }
    }
}

/// The settings whose operations fit the metric of the cell best, in the order given.
fn best_fitting(name: &str, groups: &[SpaceGroup], cell: &CellParameters) -> Vec<Candidate> {
    let all: Vec<(f64, Candidate)> = groups
        .iter()
        .map(|group| {
            let operations = group.operations();
            let misfit = metric_misfit(&operations, cell).max(METRIC_TOLERANCE);
            let note =
                Note::SymmetryFromName { name: name.to_owned(), hall_symbol: group.hall_symbol() };
            (misfit, Candidate { operations, note: Some(note) })
        })
        .collect();
    let best = all.iter().map(|(misfit, _)| *misfit).fold(f64::INFINITY, f64::min);
    all.into_iter().filter(|(misfit, _)| *misfit <= best).map(|(_, c)| c).collect()
}

/// Largest change of the metric tensor under the operations, |W^T G W - G|_ij / sqrt(G_ii G_jj).
fn metric_misfit(operations: &[SymmetryOperation], cell: &CellParameters) -> f64 {
    let g = cell.metric_tensor();
    let mut worst: f64 = 0.0;
    for operation in operations {
        let w = operation.rotation.cast::<f64>();
        let change = w.transpose() * g * w - g;
        for i in 0..3 {
            for j in 0..3 {
                worst = worst.max(change[(i, j)].abs() / (g[(i, i)] * g[(j, j)]).sqrt());
            }
        }
    }
    worst
}
