//! Writes structures in every format: `convert OUT FILE...` makes `OUT/<stem>.cif`, `.symmetry.cif`, `.vasp` and `.json`.
//!
//! The golden texts in `tests/golden/crystal` are made this way.

use braggscape_crystal::io;
use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("usage: convert OUT FILE...")?;
    for path in arguments {
        convert(&path, &out)?;
    }
    Ok(())
}

fn convert(path: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let format = io::Format::from_path(path)?;
    let named = io::read_one(&bytes, format, &path.display().to_string())?;
    let (structure, id) = (&named.structure, named.id.as_deref());
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let write = |extension: &str, text: String| {
        std::fs::write(out.join(format!("{stem}.{extension}")), text)
    };
    write("cif", io::write_cif(structure, id))?;
    write("symmetry.cif", io::write_cif_with_symmetry(structure, id, 0.01)?)?;
    if let Ok(text) = io::write_poscar(structure, id) {
        write("vasp", text)?;
    }
    write("json", io::structure_to_json(structure, id).to_string() + "\n")?;
    Ok(())
}
