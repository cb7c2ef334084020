//! Extended XYZ: evaluated crystals as text that other programs read.

use crate::{EV_PER_CUBIC_ANGSTROM_IN_GPA, Evaluation};
use braggscape_crystal::Structure;
use std::fmt::Write as _;

/// A crystal and what a potential says of it as one frame of extended XYZ; frames after each other are a trajectory.
///
/// The comment line has `Lattice`, `Properties`, `energy` (eV), `stress` (eV/Å^3, the sign of [`Evaluation`]), `pbc` and the `info`, pairs of
/// names and words without spaces. Columns are the element, the Cartesian position (Å), the force (eV/Å) and, where there are moments,
/// `magmoms` (Bohr magnetons). ASE reads all of it (`ase.io.read(file, ":")`). Numbers are written to all digits.
///
/// # Examples
/// ```
/// use braggscape_crystal::{Element, Lattice, Site, Structure};
/// use braggscape_potential::{Evaluation, extended_xyz};
/// use nalgebra::Vector3;
///
/// let cell = Lattice::from_rows([[3.35, 0.0, 0.0], [0.0, 3.35, 0.0], [0.0, 0.0, 3.35]])?;
/// let site = Site::new(Element::from_symbol("Po")?, Vector3::zeros());
/// let po = Structure::new(cell, vec![site])?;
/// let mut evaluation = Evaluation::default();
/// evaluation.reset(1);
/// let frame = extended_xyz(&po, &evaluation, &[("step", "0")]);
/// assert_eq!(frame.lines().next(), Some("1"));
/// assert_eq!(frame.lines().last(), Some("Po 0 0 0 0 0 0"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// The format: <https://github.com/libAtoms/extxyz>.
pub fn extended_xyz(
    structure: &Structure,
    evaluation: &Evaluation,
    info: &[(&str, &str)],
) -> String {
    let words = |numbers: &mut dyn Iterator<Item = f64>| {
        numbers.map(|x| x.to_string()).collect::<Vec<_>>().join(" ")
    };
    let lattice = words(&mut structure.lattice().rows().into_iter().flatten());
    let stress = evaluation.stress / EV_PER_CUBIC_ANGSTROM_IN_GPA;
    let stress = words(&mut stress.transpose().iter().copied());
    let moments = evaluation.magmoms.len() == structure.n_sites();
    let columns = if moments { ":magmoms:R:1" } else { "" };
    let mut out = format!(
        "{}\nLattice=\"{lattice}\" Properties=species:S:1:pos:R:3:forces:R:3{columns} energy={} stress=\"{stress}\" pbc=\"T T T\"",
        structure.n_sites(),
        evaluation.energy,
    );
    // Writing to a string cannot fail.
    for (name, word) in info {
        let _ = write!(out, " {name}={word}");
    }
    out.push('\n');
    for (k, (site, force)) in structure.sites().iter().zip(&evaluation.forces).enumerate() {
        let position = structure.lattice().cart(&site.frac);
        let numbers = words(&mut position.iter().chain(force).copied());
        let _ = write!(out, "{} {numbers}", site.element);
        if moments {
            let _ = write!(out, " {}", evaluation.magmoms[k]);
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::{Element, Lattice, Site};
    use nalgebra::{Matrix3, Vector3};

    #[test]
    fn a_frame_has_everything_in_its_units() {
        let cell = Lattice::from_rows([[4.0, 0.0, 0.0], [1.0, 5.0, 0.0], [0.0, 0.5, 6.0]]).unwrap();
        let site = |symbol: &str, x: [f64; 3]| {
            Site::new(Element::from_symbol(symbol).unwrap(), Vector3::from(x))
        };
        let sites = vec![site("Fe", [0.0; 3]), site("O", [0.5, 0.5, 0.25])];
        let s = Structure::new(cell, sites).unwrap();
        let mut evaluation = Evaluation {
            energy: -12.5,
            forces: vec![Vector3::new(0.25, 0.0, -1.0), Vector3::new(-0.25, 0.0, 1.0)],
            stress: Matrix3::new(2.0, 1.0, 0.0, 1.0, -4.0, 0.5, 0.0, 0.5, 1.0)
                * EV_PER_CUBIC_ANGSTROM_IN_GPA,
            magmoms: vec![4.0, 0.5],
        };
        let frame = extended_xyz(&s, &evaluation, &[("step", "3"), ("name", "x")]);
        let expected = "2\n\
            Lattice=\"4 0 0 1 5 0 0 0.5 6\" Properties=species:S:1:pos:R:3:forces:R:3:magmoms:R:1 energy=-12.5 \
            stress=\"2 1 0 1 -4 0.5 0 0.5 1\" pbc=\"T T T\" step=3 name=x\n\
            Fe 0 0 0 0.25 0 -1 4\n\
            O 2.5 2.625 1.5 -0.25 0 1 0.5\n";
        assert_eq!(frame, expected);
        evaluation.magmoms.clear();
        let frame = extended_xyz(&s, &evaluation, &[]);
        assert!(frame.ends_with("O 2.5 2.625 1.5 -0.25 0 1\n") && !frame.contains("magmoms"));
    }
}
