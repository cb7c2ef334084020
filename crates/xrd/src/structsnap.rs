//! The `structsnap` preset: kinematic intensities, Gaussian peaks of Caglioti width, a fixed grid in 2theta.

mod adjust;
mod decimated;
mod jacobian;
mod node_jacobian;
mod options;
mod pass;
mod scratch;
mod single;

pub use jacobian::JacobianColumns;
pub use options::{Sampling, StructsnapOptions};
pub(crate) use pass::{clear_gradient, finish_gradient};
pub use scratch::Scratch;
pub use single::{InnerProducts, LatticeEvaluation, LossOfProducts, SinglePrecision};

use crate::fine::FineGrid;
use crate::gaussian::Grid;
use crate::peaks::{Stick, merge};
use crate::reflections::{self, Rows, Runs, Shell, six};
use crate::{
    AdjustableModel, DecimatedForward, ForwardError, ForwardModel, JacobianModel, ReflectionList,
    StructureGradient,
};
use braggscape_crystal::Structure;
use braggscape_pattern::{Axis, Pattern, Peak};
use decimated::{Decimated, NodeModel};
use nalgebra::Matrix3;
use scratch::Simulated;

/// FWHM of a Gaussian in standard deviations, 2 sqrt(2 ln 2).
pub(crate) const FWHM_PER_SIGMA: f64 = 2.354_820_045_030_949_3;

/// A reflection whose centre is this many standard deviations outside the grid adds less than 1e-30 of its height.
const FARTHEST: f64 = 12.5;

/// The forward model of the study: y(x_n) = sum_hkl |F|^2 LP G(x_n; 2theta_hkl, w_hkl).
///
/// |F|^2 is the squared kinematic structure factor with real scattering factors, LP = (1 + cos^2 2theta)/(sin^2 theta
/// cos theta), G a Gaussian of unit area in degrees 2theta whose full width at half maximum is w^2 = U tan^2 theta +
/// V tan theta + W. A zero shift moves all peaks by the same angle. Intensities are in electrons^2 per degree and not normalised.
///
/// # Differentiability
/// Smooth for a fixed list of reflections. The list depends on the lattice, so the pattern jumps where the list changes
/// (see [`IndexBounds`](crate::IndexBounds)); tails are cut continuously.
///
/// # Examples
/// ```
/// use braggscape_crystal::{CellParameters, Element, Lattice, Site, Structure};
/// use braggscape_pattern::Pattern;
/// use braggscape_xrd::{ForwardModel, Scratch, Structsnap, StructsnapOptions};
/// # use nalgebra::Vector3;
/// let model = Structsnap::new(StructsnapOptions::default())?;
/// let lattice = Lattice::from_parameters(&CellParameters::new(3.36, 3.36, 3.36, 90.0, 90.0, 90.0))?;
/// let polonium = Structure::new(lattice, vec![Site::new(Element::from_symbol("Po")?, Vector3::zeros())])?;
/// let mut pattern = Pattern::zeros(model.axis().clone());
/// model.simulate(&polonium, &mut Scratch::default(), &mut pattern)?;
/// let strongest = (0..pattern.n_points()).max_by(|i, j| pattern.y()[*i].total_cmp(&pattern.y()[*j])).unwrap();
/// // sin(theta) = lambda / 2d with d = 3.36 Å.
/// assert!((pattern.axis().x(strongest) - 26.5).abs() < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// Segal et al., Digital Discovery (2026), doi:10.1039/d6dd00017g; Caglioti, Paoletti & Ricci, Nucl. Instrum. 3, 223 (1958).
#[derive(Debug, Clone)]
pub struct Structsnap {
    options: StructsnapOptions,
    axis: Axis,
    grid: Grid,
    g_max: f64,
    /// The shell of g^2 whose peaks reach the grid, if all have one width.
    shell: Option<Shell>,
    nodes: Option<NodeModel>,
    fine: Option<FineGrid>,
}

impl Structsnap {
    /// The model with these options.
    ///
    /// # Errors
    /// [`ForwardError::OptionRange`].
    pub fn new(options: StructsnapOptions) -> Result<Self, ForwardError> {
        options.check()?;
        let (start, step) = options.grid();
        let axis = options.axis()?;
        // Peaks that lie higher by the shift on the axis lie where they should on an axis that begins lower by it.
        let start = start - options.zero_shift;
        let grid = Grid::new(start, step, options.n_points, options.tails);
        let g_max = options.q_max / std::f64::consts::TAU;
        let shell = shell(&options, &grid, FARTHEST.min(options.tails));
        let nodes = NodeModel::new(&options, &axis);
        let sigma = options.w.sqrt() / FWHM_PER_SIGMA;
        let one_width = options.has_one_width();
        let fine = one_width
            .then(|| FineGrid::new(start, step, options.n_points, sigma, options.tails))
            .flatten();
        Ok(Self { options, axis, grid, g_max, shell, nodes, fine })
    }

    /// The options of the model.
    pub fn options(&self) -> &StructsnapOptions {
        &self.options
    }

    /// The reflections that a simulation of this structure uses.
    ///
    /// # Errors
    /// [`ForwardError::NoReflections`], [`ForwardError::TooManyReflections`], [`ForwardError::NonPositiveWidth`].
    pub fn reflections(&self, structure: &Structure) -> Result<ReflectionList, ForwardError> {
        let (mut rows, mut list) = (Rows::default(), Runs::default());
        let metric = structure.lattice().metric_tensor();
        let inverse = structure.lattice().inverse();
        let reciprocal = inverse * inverse.transpose();
        self.list(&metric, &reciprocal, self.shell, &mut rows, &mut list)?;
        Ok(ReflectionList::from(&list))
    }

    #[inline(always)]
    fn list(
        &self,
        metric: &Matrix3<f64>,
        reciprocal: &Matrix3<f64>,
        shell: Option<Shell>,
        rows: &mut Rows,
        list: &mut Runs,
    ) -> Result<(), ForwardError> {
        let wavelength = self.options.wavelength;
        let farthest = shell.map_or(2.0 / wavelength, |shell| shell.below.sqrt());
        let bounds = self.options.index_bounds;
        let limits = reflections::index_limits(bounds, metric, reciprocal, self.g_max, farthest)?;
        if let Some(shell) = shell {
            rows.fill_shell(list, limits, &six(reciprocal), shell);
        } else {
            reflections::fill(list, limits, &six(reciprocal), |g2| self.reaches(g2))?;
        }
        if list.is_empty() {
            let (from, to) = (self.grid.start, self.grid.end());
            return Err(ForwardError::NoReflections { from, to, wavelength });
        }
        Ok(())
    }

    /// Whether the peak of a reflection reaches the grid.
    fn reaches(&self, g2: f64) -> Result<bool, ForwardError> {
        let sine = 0.5 * self.options.wavelength * g2.sqrt();
        if sine >= 1.0 {
            return Ok(false);
        }
        let two_theta = 2.0 * libm::asin(sine).to_degrees();
        let tangent = sine / (1.0 - sine * sine).sqrt();
        let width = match self.width(two_theta, tangent) {
            Ok(width) => width,
            // A formula fitted to the grid need not make sense beyond it.
            Err(_) if two_theta > self.grid.end() => return Ok(false),
            Err(e) => return Err(e),
        };
        let reach = FARTHEST.min(self.options.tails) * width / FWHM_PER_SIGMA;
        Ok(two_theta + reach > self.grid.start && two_theta - reach < self.grid.end())
    }

    /// Full width at half maximum, degrees 2theta.
    fn width(&self, two_theta: f64, tangent: f64) -> Result<f64, ForwardError> {
        let o = &self.options;
        let width_squared = (o.u * tangent + o.v) * tangent + o.w;
        if width_squared > 0.0 {
            Ok(width_squared.sqrt())
        } else {
            Err(ForwardError::NonPositiveWidth { two_theta, width_squared })
        }
    }
}

/// The shell of g^2 whose peaks, `reach` standard deviations to either side, reach the grid, if all peaks have one width.
fn shell(options: &StructsnapOptions, grid: &Grid, reach: f64) -> Option<Shell> {
    if !options.has_one_width() {
        return None;
    }
    let reach = reach * options.w.sqrt() / FWHM_PER_SIGMA;
    let g_squared = |two_theta: f64| {
        let g = 2.0 * libm::sin((0.5 * two_theta.clamp(0.0, 180.0)).to_radians());
        (g / options.wavelength).powi(2)
    };
    Some(Shell { above: g_squared(grid.start - reach), below: g_squared(grid.end() + reach) })
}

impl ForwardModel for Structsnap {
    fn axis(&self) -> &Axis {
        &self.axis
    }

    fn wavelength(&self) -> f64 {
        self.options.wavelength
    }

    fn simulate(
        &self,
        structure: &Structure,
        scratch: &mut Scratch,
        out: &mut Pattern,
    ) -> Result<(), ForwardError> {
        if out.n_points() != self.grid.n {
            return Err(ForwardError::BufferLength {
                what: "the pattern",
                found: out.n_points(),
                expected: self.grid.n,
            });
        }
        if !out.axis().is_same(&self.axis) {
            return Err(ForwardError::AxisMismatch {
                found: out.axis().to_string(),
                expected: self.axis.to_string(),
            });
        }
        self.forward(structure, scratch)?;
        scratch.copy_profile(out.y_mut());
        Ok(())
    }

    fn pullback(
        &self,
        structure: &Structure,
        d_y: &[f64],
        scratch: &mut Scratch,
        out: &mut StructureGradient,
    ) -> Result<(), ForwardError> {
        if d_y.len() != self.grid.n {
            return Err(ForwardError::BufferLength {
                what: "dL/dy",
                found: d_y.len(),
                expected: self.grid.n,
            });
        }
        if !scratch.holds(structure, Simulated::Grid, &self.options) {
            return Err(ForwardError::PullbackWithoutSimulation);
        }
        self.backward(structure, d_y, scratch, out);
        Ok(())
    }

    /// Peaks of the reflections that the pattern is made of and whose centres lie on the grid, down to 1e-5 of the strongest.
    fn peaks(&self, structure: &Structure) -> Result<Vec<Peak>, ForwardError> {
        let mut scratch = Scratch::default();
        self.update_sticks(pulp::Scalar, structure, &mut scratch)?;
        let sticks: Vec<Stick> = scratch
            .sticks()
            .filter(|s| s.two_theta >= self.grid.start && s.two_theta <= self.grid.end())
            .collect();
        let mut peaks = merge(sticks, 1e-5);
        for peak in &mut peaks {
            peak.two_theta += self.options.zero_shift;
        }
        Ok(peaks)
    }

    fn decimated(&self) -> Option<Box<dyn DecimatedForward + '_>> {
        let nodes = self.nodes.as_ref()?;
        Some(Box::new(Decimated { model: self, nodes }))
    }

    fn jacobians(&self) -> Option<&dyn JacobianModel> {
        Some(self)
    }

    fn adjustable(&self) -> Option<&dyn AdjustableModel> {
        Some(self)
    }
}
