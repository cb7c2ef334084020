//! The cell of a CIF block, and CIF numbers.

use super::block::{Block, Value};
use super::token::Fault;
use crate::io::{Note, Problem};
use crate::{CellParameters, Lattice};

const LENGTHS: [&str; 3] = ["_cell_length_a", "_cell_length_b", "_cell_length_c"];
const ANGLES: [&str; 3] = ["_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"];

/// A CIF number, its standard uncertainty `(5)` dropped.
pub(super) fn number(value: &Value, name: impl Fn() -> String) -> Result<f64, Fault> {
    let text = value.text.trim();
    let digits = text.split('(').next().unwrap_or(text).trim();
    let fault = |problem| Err((Some(value.line), problem));
    match digits.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(x),
        Ok(_) => fault(Problem::NonFinite { name: name(), found: format!("`{text}`") }),
        Err(_) => fault(Problem::Expected {
            name: name(),
            found: format!("`{text}`"),
            expected: "a number such as 1.234 or 1.234(5)",
        }),
    }
}

/// The lattice of a block.
///
/// Angles that are not given are 90 degrees, the default of the CIF dictionary, or follow from the crystal system, as lengths
/// do.
pub(super) fn read(
    block: &Block,
    notes: &mut Vec<Note>,
) -> Result<(Lattice, CellParameters), Fault> {
    let system = block
        .single(&["_space_group_crystal_system", "_symmetry_cell_setting"])
        .map(|v| v.text.trim().to_ascii_lowercase())
        .unwrap_or_default();
    let given = |tag: &'static str| -> Result<Option<f64>, Fault> {
        block.single(&[tag]).map(|v| number(v, || tag.to_owned())).transpose()
    };
    let mut assume = |name: &'static str, value: f64| {
        notes.push(Note::AssumedCellParameter { name, value });
        value
    };
    let missing = |tag: &str| (Some(block.line), Problem::Missing { name: tag.to_owned() });
    let a = given(LENGTHS[0])?.ok_or_else(|| missing(LENGTHS[0]))?;
    let b = match given(LENGTHS[1])? {
        Some(b) => b,
        None if matches!(system.as_str(), "cubic" | "tetragonal" | "hexagonal" | "trigonal") => {
            assume(LENGTHS[1], a)
        }
        None => return Err(missing(LENGTHS[1])),
    };
    let c = match given(LENGTHS[2])? {
        Some(c) => c,
        None if system == "cubic" => assume(LENGTHS[2], a),
        None => return Err(missing(LENGTHS[2])),
    };
    let mut angles = [0.0; 3];
    for (i, tag) in ANGLES.into_iter().enumerate() {
        let hexagonal = i == 2 && matches!(system.as_str(), "hexagonal" | "trigonal");
        angles[i] = match given(tag)? {
            Some(angle) => angle,
            None => assume(tag, if hexagonal { 120.0 } else { 90.0 }),
        };
    }
    let parameters = CellParameters::new(a, b, c, angles[0], angles[1], angles[2]);
    let lattice = Lattice::from_parameters(&parameters)
        .map_err(|e| (block.single(&[LENGTHS[0]]).map(|v| v.line), Problem::Crystal(e)))?;
    Ok((lattice, parameters))
}
