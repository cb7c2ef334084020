//! Cells of 2 to 2,000 atoms, and the kernels whose cost is followed over them.

use crate::Evaluate as _;
use crate::full_grid::FullGrid;
use anyhow::Context as _;
use braggscape_crystal::{CellParameters, Element, Lattice, Site, Structure, study_crystal};
use braggscape_xrd::{IndexBounds, PeakList, PeakListOptions, Structsnap, StructsnapOptions};
use nalgebra::Vector3;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// The wavelengths, Å: K-alpha of copper, molybdenum and silver.
pub const RADIATIONS: [(&str, f64); 3] = [("Cu", 1.54184), ("Mo", 0.71073), ("Ag", 0.560885)];

/// The window of every pattern and peak list, degrees 2theta.
pub const WINDOW: [f64; 2] = [5.0, 90.0];

/// Step of the patterns' grid, degrees 2theta: 8,500 points.
const STEP: f64 = 0.01;

/// Volume of an atom in random cells, Å^3.
const ATOM_VOLUME: f64 = 15.0;

/// A cell, and where it is from.
#[derive(Debug, Clone)]
pub struct Cell {
    /// `"random"` or `"supercell"`.
    pub kind: &'static str,
    /// All its atoms.
    pub structure: Structure,
}

/// Atoms of four elements anywhere in a triclinic cell.
///
/// # Errors
/// Never for 1 atom and more.
pub fn random_cell(n_atoms: usize) -> anyhow::Result<Cell> {
    let mut random = ChaCha12Rng::seed_from_u64(n_atoms as u64);
    let mut cell = CellParameters::new(0.9, 1.0, 1.1, 85.0, 97.0, 103.0);
    let unit = Lattice::from_parameters(&cell)?.volume();
    let length = (ATOM_VOLUME * n_atoms as f64 / unit).cbrt();
    for side in [&mut cell.a, &mut cell.b, &mut cell.c] {
        *side *= length;
    }
    let elements = ["O", "Si", "Fe", "Ba"].map(Element::from_symbol);
    let mut sites = Vec::with_capacity(n_atoms);
    for j in 0..n_atoms {
        let element = elements[j % elements.len()].clone()?;
        let frac = Vector3::from_fn(|_, _| random.random_range(0.0..1.0));
        sites.push(Site::new(element, frac));
    }
    let structure = Structure::new(Lattice::from_parameters(&cell)?, sites)?;
    Ok(Cell { kind: "random", structure })
}

/// `n` times the cell of U2Ti (three atoms) along each axis.
///
/// # Errors
/// Never for n of 1 and more.
pub fn supercell(n: usize) -> anyhow::Result<Cell> {
    let crystal = study_crystal("u2ti").context("no study crystal `u2ti`")?.structure();
    let lattice = Lattice::from_columns(crystal.lattice().columns() * n as f64)?;
    let mut sites = Vec::with_capacity(n * n * n * crystal.n_sites());
    for site in crystal.sites() {
        for i in 0..n * n * n {
            let shift = Vector3::new((i / (n * n)) as f64, (i / n % n) as f64, (i % n) as f64);
            sites.push(Site { frac: (site.frac + shift) / n as f64, ..*site });
        }
    }
    Ok(Cell { kind: "supercell", structure: Structure::new(lattice, sites)? })
}

/// A prepared calculation: the number of reflections (Friedel pairs as one), and what is timed.
type Prepared = (usize, Box<dyn FnMut(usize) -> anyhow::Result<()>>);

/// A kernel whose cost is followed.
pub struct GrowingKernel {
    /// Name in the CSV.
    pub name: &'static str,
    /// Name in the figure.
    pub label: &'static str,
    /// Prepares it for a structure and a wavelength in Å.
    pub prepare: fn(&Structure, f64) -> anyhow::Result<Prepared>,
}

/// The kernels of the study, in the order of the figure.
pub const GROWING: &[GrowingKernel] = &[
    GrowingKernel { name: "full-grid", label: "pattern, loss and gradient", prepare: full_grid },
    GrowingKernel { name: "peak-list", label: "peak list", prepare: peak_list },
];

fn model(wavelength: f64) -> anyhow::Result<Structsnap> {
    let options = StructsnapOptions {
        wavelength,
        index_bounds: IndexBounds::Complete,
        ..StructsnapOptions::default()
    };
    Ok(Structsnap::new(options.with_window(WINDOW[0], WINDOW[1], STEP)?)?)
}

fn full_grid(structure: &Structure, wavelength: f64) -> anyhow::Result<Prepared> {
    let model = model(wavelength)?;
    let n_reflections = model.reflections(structure)?.n_pairs();
    // Every second evaluation has slightly longer axes and moved atoms, so that nothing is kept from the one before.
    let longer = Lattice::from_columns(structure.lattice().columns() * (1.0 + 1e-6))?;
    let moved =
        structure.frac_coords().iter().map(|frac| frac.add_scalar(1e-6)).collect::<Vec<_>>();
    let starts = vec![structure.clone(), structure.with_lattice(longer).with_frac_coords(&moved)?];
    let mut prepared = FullGrid::new(model, structure, starts)?;
    Ok((n_reflections, Box::new(move |i| prepared.evaluate(i))))
}

fn peak_list(structure: &Structure, wavelength: f64) -> anyhow::Result<Prepared> {
    let calculator = PeakList::new(PeakListOptions {
        wavelength,
        two_theta_range: Some((WINDOW[0], WINDOW[1])),
        ..PeakListOptions::default()
    })?;
    let g = WINDOW.map(|two_theta| 2.0 * (0.5 * two_theta).to_radians().sin() / wavelength);
    let n_reflections = pairs_between(structure.lattice(), g);
    let structure = structure.clone();
    Ok((
        n_reflections,
        Box::new(move |_| {
            std::hint::black_box(calculator.peaks(std::hint::black_box(&structure))?);
            Ok(())
        }),
    ))
}

/// Number of Friedel pairs with g between two bounds, 1/Å.
fn pairs_between(lattice: &Lattice, [g_min, g_max]: [f64; 2]) -> usize {
    let reciprocal = lattice.reciprocal();
    // |h| = |g . a| <= |g| |a|.
    let [nh, nk, nl] = lattice.lengths().map(|length| (g_max * length).floor() as i32);
    let mut n = 0;
    for h in -nh..=nh {
        for k in -nk..=nk {
            for l in -nl..=nl {
                let g = (reciprocal * Vector3::new(h, k, l).map(f64::from)).norm();
                n += usize::from((g_min..=g_max).contains(&g));
            }
        }
    }
    n / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_the_atoms_asked_for() {
        for n in [1, 2, 50] {
            let cell = random_cell(n).unwrap().structure;
            assert_eq!(cell.n_sites(), n);
            assert!((cell.lattice().volume() / n as f64 - ATOM_VOLUME).abs() < 1e-9);
        }
        assert_eq!(random_cell(9).unwrap().structure, random_cell(9).unwrap().structure);
        let cell = supercell(3).unwrap().structure;
        assert_eq!(cell.n_sites(), 81);
    }

    #[test]
    fn a_supercell_has_the_peaks_of_its_crystal() {
        let calculator = PeakList::new(PeakListOptions::default()).unwrap();
        let [small, large] =
            [1, 2].map(|n| calculator.peaks(&supercell(n).unwrap().structure).unwrap());
        assert_eq!(small.len(), large.len());
        for (a, b) in small.iter().zip(&large) {
            assert!((a.two_theta - b.two_theta).abs() < 1e-9);
            assert!((a.intensity - b.intensity).abs() < 1e-9);
        }
    }

    #[test]
    fn pairs_are_those_of_a_cube() {
        let cube = CellParameters::new(4.0, 4.0, 4.0, 90.0, 90.0, 90.0);
        let lattice = Lattice::from_parameters(&cube).unwrap();
        // Up to g = 0.45/Å: 100, 110 and 111, of 6, 12 and 8 reflections.
        assert_eq!(pairs_between(&lattice, [0.1, 0.45]), 13);
        assert_eq!(pairs_between(&lattice, [0.3, 0.45]), 10);
    }

    #[test]
    fn every_kernel_runs() {
        let cell = random_cell(5).unwrap().structure;
        for kernel in GROWING {
            let (n_reflections, mut call) = (kernel.prepare)(&cell, 0.71073).unwrap();
            assert!(n_reflections > 100, "{}: {n_reflections}", kernel.name);
            call(0).unwrap();
            call(1).unwrap();
        }
    }
}
