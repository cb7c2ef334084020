//! CIF in and out.
//!
//! Coordinates within a relative 1e-4 of 1/3 or 2/3 are taken for these fractions, images of a site within 1e-4 are merged,
//! as pymatgen does by default; each change is a [`Note`](super::Note).

mod block;
mod cell;
mod element;
mod sites;
mod symmetry;
mod token;
mod write;

pub use write::{write_cif, write_cif_with_symmetry};

use super::{Format, NamedStructure, Problem, ReadError};
use block::{Block, read_blocks};
pub(super) use token::Fault;

/// All structures of a CIF: those of every data block with a cell and atom sites, in order.
///
/// # Errors
/// The first fault of the text or of one of these blocks; [`Problem::NoStructure`] where no block has both.
pub fn read_all(text: &str, source_name: &str) -> Result<Vec<NamedStructure>, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let all = || -> Result<Vec<NamedStructure>, Fault> {
        let blocks = blocks_of(text)?;
        blocks.iter().filter(|b| holds_crystal(b)).map(structure_of).collect()
    };
    all().map_err(|(line, problem)| problem.at(source_name, line))
}

/// The structure of the first data block that has a cell and atom sites.
pub(super) fn read_first(text: &str) -> Result<NamedStructure, Fault> {
    let blocks = blocks_of(text)?;
    let block = blocks.iter().find(|b| holds_crystal(b));
    block.map_or_else(|| Err(nothing(&blocks)), structure_of)
}

/// The data blocks of a text, at least one of which holds a crystal.
fn blocks_of(text: &str) -> Result<Vec<Block>, Fault> {
    if text.trim().is_empty() {
        return Err((None, Problem::Empty { expected: Format::Cif.expected() }));
    }
    let unix;
    let text = if text.contains('\r') && !text.contains('\n') {
        unix = text.replace('\r', "\n");
        &unix
    } else {
        text
    };
    let blocks = read_blocks(text)?;
    if blocks.iter().any(holds_crystal) { Ok(blocks) } else { Err(nothing(&blocks)) }
}

fn holds_crystal(block: &Block) -> bool {
    has_cell(block) && has_sites(block)
}

fn has_cell(block: &Block) -> bool {
    block.single(&["_cell_length_a"]).is_some()
}

fn has_sites(block: &Block) -> bool {
    block.column("_atom_site_fract_x").is_some_and(|c| !c.values.is_empty())
}

fn nothing(blocks: &[Block]) -> Fault {
    let missing = if blocks.is_empty() {
        "a cell and atom sites; expected a CIF, which begins with `data_`"
    } else if !blocks.iter().any(has_cell) {
        "a cell (_cell_length_a)"
    } else if !blocks.iter().any(has_sites) {
        "fractional coordinates of atom sites (_atom_site_fract_x)"
    } else {
        "both a cell and atom sites"
    };
    (None, Problem::NoStructure { missing })
}

fn structure_of(block: &Block) -> Result<NamedStructure, Fault> {
    let mut notes = block.notes.clone();
    let (lattice, parameters) = cell::read(block, &mut notes)?;
    let listed = sites::read(block, &mut notes)?;
    let candidates = symmetry::candidates(block, &parameters)?;
    let expected = sites::expected_atoms(block);
    let mut first = None;
    for candidate in &candidates {
        let (structure, mut changes) = match sites::expand(&lattice, &listed, &candidate.operations)
        {
            Ok(expanded) => expanded,
            // Another setting may fit better; the fault of the most usual one is reported.
            Err(fault) if candidates.len() > 1 => {
                first.get_or_insert(Err(fault));
                continue;
            }
            Err(fault) => return Err(fault),
        };
        changes.extend(candidate.note.clone());
        let n_atoms: f64 = structure.sites().iter().map(|s| s.occupancy).sum();
        let fits = expected.is_none_or(|e| (n_atoms / e - 1.0).abs() < 0.02);
        if fits {
            first = Some(Ok((structure, changes)));
            break;
        }
        if !matches!(first, Some(Ok(_))) {
            first = Some(Ok((structure, changes)));
        }
    }
    let missing = || (Some(block.line), Problem::NoStructure { missing: "a space group" });
    let (structure, changes) = first.unwrap_or_else(|| Err(missing()))?;
    notes.extend(changes);
    let id = (!block.name.is_empty()).then(|| block.name.clone());
    Ok(NamedStructure { id, structure, notes })
}
