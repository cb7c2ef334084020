//! Relaxation: positions and cell moved downhill until forces and stress are small.

mod exponential;
mod filter;
mod fire;
mod lbfgs;
mod symmetry;

use crate::{Evaluation, Potential, PotentialError};
use braggscape_crystal::Structure;
use filter::Filter;
use fire::Fire;
use lbfgs::Lbfgs;
use nalgebra::Vector3;
use serde::{Deserialize, Serialize};
use symmetry::Symmetry;

/// How a crystal is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelaxMethod {
    /// FIRE with the parameters of ASE: the steps of chgnet's `StructOptimizer`.
    Fire,
    /// Limited-memory BFGS without line searches, scaled by the curvature along the last step: two to five times fewer steps.
    #[default]
    Lbfgs,
}

/// Options of [`relax`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelaxOptions {
    /// How the crystal is moved. Default L-BFGS.
    pub method: RelaxMethod,
    /// Ends the relaxation when no force, the cell's share included, is above it, eV/Å. Default 0.05.
    pub fmax: f64,
    /// Most steps. Default 500.
    pub steps: u64,
    /// Keep the cell and move the atoms alone. Default false.
    pub fixed_cell: bool,
    /// Keep the space group that the start has within this distance, Å. Default none: it may change.
    pub symprec: Option<f64>,
}

impl Default for RelaxOptions {
    fn default() -> Self {
        Self {
            method: RelaxMethod::default(),
            fmax: 0.05,
            steps: 500,
            fixed_cell: false,
            symprec: None,
        }
    }
}

impl RelaxOptions {
    /// Whether a relaxation with these options can end.
    ///
    /// # Errors
    /// [`PotentialError::OptionRange`].
    pub fn check(&self) -> Result<(), PotentialError> {
        let bad = |name, value, expected| PotentialError::OptionRange { name, value, expected };
        if !(self.fmax > 0.0 && self.fmax.is_finite()) {
            return Err(bad("fmax", self.fmax, "above 0 eV/Å"));
        }
        match self.symprec {
            Some(value) if !(value > 0.0 && value <= 1.0) => {
                Err(bad("symprec", value, "above 0 and up to 1 Å"))
            }
            _ => Ok(()),
        }
    }
}

/// A crystal on its way.
#[derive(Debug, Clone, Copy)]
pub struct RelaxStep<'a> {
    /// Steps so far.
    pub step: u64,
    /// The crystal.
    pub structure: &'a Structure,
    /// What the potential says of it.
    pub evaluation: &'a Evaluation,
    /// Largest force, the cell's share included, eV/Å.
    pub largest_force: f64,
}

/// Where a relaxation ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Relaxed {
    /// The crystal.
    pub structure: Structure,
    /// What the potential says of it.
    pub evaluation: Evaluation,
    /// Steps made; evaluations are one more.
    pub steps: u64,
    /// Largest force, the cell's share included, eV/Å.
    pub largest_force: f64,
    /// Whether that is below `fmax`.
    pub converged: bool,
}

/// A method: a move from the forces.
enum Mover {
    Fire(Fire),
    Lbfgs(Lbfgs),
}

/// Relaxes a crystal. `observe` sees every geometry that is evaluated, the start and the last one included.
///
/// The cell is moved by the logarithm of its deformation gradient F (the Fréchet filter of ASE): the variables are u_i and X with
/// positions F u_i, cell F L_0 and F = exp(X/N), N the number of atoms. The forces on X count for convergence like those on atoms.
///
/// # Errors
/// [`PotentialError`]: an option out of range, or a crystal on the way that the potential does not evaluate.
///
/// # Examples
/// ```
/// use braggscape_crystal::{Element, Lattice, Site, Structure};
/// use braggscape_potential::{LennardJones, LennardJonesOptions, RelaxOptions, relax};
/// use nalgebra::Vector3;
///
/// // Face-centred cubic argon, 4 % too wide: 1.09 sigma between neighbours in the end, a little less with a cutoff.
/// let argon = LennardJones::new(LennardJonesOptions::default())?;
/// let h = 5.45 / 2.0;
/// let cell = Lattice::from_rows([[0.0, h, h], [h, 0.0, h], [h, h, 0.0]])?;
/// let start = Structure::new(cell, vec![Site::new(Element::from_symbol("Ar")?, Vector3::zeros())])?;
/// let options = RelaxOptions { fmax: 1e-5, ..Default::default() };
/// let found = relax(&argon, &start, &options, &mut |_| ())?;
/// assert!(found.converged);
/// let nearest = found.structure.lattice().lengths()[0];
/// assert!((nearest / 3.4 - 1.10).abs() < 0.015, "{nearest}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// E. Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006), doi:10.1103/PhysRevLett.97.170201 (FIRE); D. C. Liu and J. Nocedal, Math.
/// Program. 45, 503 (1989), doi:10.1007/BF01589116 (L-BFGS); A. H. Larsen et al., J. Phys. Condens. Matter 29, 273002 (2017),
/// doi:10.1088/1361-648X/aa680e (ASE).
pub fn relax(
    potential: &dyn Potential,
    start: &Structure,
    options: &RelaxOptions,
    observe: &mut dyn FnMut(&RelaxStep<'_>),
) -> Result<Relaxed, PotentialError> {
    options.check()?;
    let symmetry = options.symprec.map(|symprec| Symmetry::of(start, symprec)).transpose()?;
    let mut structure = match &symmetry {
        Some(symmetry) => symmetry.applied(start)?,
        None => start.clone(),
    };
    let mut filter = Filter::new(&structure, options.fixed_cell);
    let mut mover = match options.method {
        RelaxMethod::Fire => Mover::Fire(Fire::default()),
        RelaxMethod::Lbfgs => Mover::Lbfgs(Lbfgs::default()),
    };
    let mut evaluation = Evaluation::default();
    let mut forces = Vec::new();
    let mut step = 0;
    loop {
        potential.evaluate(&structure, &mut evaluation)?;
        if let Some(symmetry) = &symmetry {
            symmetry.project(&structure, &mut evaluation);
        }
        filter.forces(&structure, &evaluation, &mut forces);
        let largest_force = forces.iter().map(Vector3::norm).fold(0.0, f64::max);
        observe(&RelaxStep { step, structure: &structure, evaluation: &evaluation, largest_force });
        let converged = largest_force < options.fmax;
        if converged || step == options.steps {
            return Ok(Relaxed { structure, evaluation, steps: step, largest_force, converged });
        }
        match &mut mover {
            Mover::Fire(fire) => fire.step(&forces, filter.variables_mut()),
            Mover::Lbfgs(lbfgs) => lbfgs.step(&forces, filter.variables_mut()),
        }
        filter.place(&mut structure)?;
        step += 1;
    }
}
