//! The `pymatgen` preset: the list of peaks of a structure before broadening.

mod amplitudes;
mod bins;
mod options;
mod order;
mod sphere;
mod view;

pub use options::PeakListOptions;
pub use view::{PeakRef, Peaks};

use crate::ForwardError;
use amplitudes::Amplitudes;
use bins::Bins;
use braggscape_crystal::Structure;
use braggscape_pattern::Peak;
use order::Order;
use sphere::HalfSphere;

/// The calculator of peak lists that agrees with pymatgen's `XRDCalculator`.
///
/// I = sum over the reflections of a peak of |F|^2 LP, F = sum_j occ_j f_j(s) exp(-B_j s^2) exp(2 pi i (h x_j + k y_j + l z_j)),
/// LP = (1 + cos^2 2theta)/(sin^2 theta cos theta), with real scattering factors. Reflections whose 2theta round to the same
/// multiple of 1e-5° are one peak, with the 2theta and d of the first in the order (g, -h, -k, -l). Peaks at or below 1e-3 %
/// of the strongest are left out. Each peak names its families: reflections whose indices agree up to sign and order, whether
/// or not a symmetry relates them, named by the largest member. Lattices that look hexagonal (two right angles, one of 60°
/// or 120°, all to 5°, the two sides about it equal to 0.01 Å) give four indices h k i l to name families by.
///
/// The cell is taken as given, as pymatgen does with `symprec = 0`.
///
/// # Differences from pymatgen
/// A reflection at the very edge of the limiting sphere (2theta = 180°), where LP diverges, is left out. A range without
/// reflections is an error that says so.
///
/// # Cost
/// Linear in reflections times sites. Half of the sphere is computed (Friedel's law), phases by recurrence over the indices,
/// scattering factors once an element. For many structures, [`PeakList::peaks_with`] saves the allocations of
/// [`PeakList::peaks`], a third of the time of small cells.
///
/// # Examples
/// ```
/// use braggscape_crystal::{CellParameters, Element, Lattice, Site, Structure};
/// use braggscape_xrd::{PeakList, PeakListOptions};
/// # use nalgebra::Vector3;
/// let lattice = Lattice::from_parameters(&CellParameters::new(3.36, 3.36, 3.36, 90.0, 90.0, 90.0))?;
/// let polonium = Structure::new(lattice, vec![Site::new(Element::from_symbol("Po")?, Vector3::zeros())])?;
/// let peaks = PeakList::new(PeakListOptions::default())?.peaks(&polonium)?;
/// // sin(theta) = lambda / 2d with d = a = 3.36 Å.
/// assert!((peaks[0].two_theta - 26.528).abs() < 1e-3);
/// assert_eq!((peaks[0].hkls[0].indices(), peaks[0].hkls[0].multiplicity), (vec![1, 0, 0], 6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// S. P. Ong et al., Comput. Mater. Sci. 68, 314 (2013), doi:10.1016/j.commatsci.2012.10.028; M. De Graef & M. E. McHenry,
/// "Structure of Materials" (2007), ch. 11 and 12.
#[derive(Debug, Clone)]
pub struct PeakList {
    options: PeakListOptions,
}

impl PeakList {
    /// The calculator with these options.
    ///
    /// # Errors
    /// [`ForwardError::OptionRange`].
    pub fn new(options: PeakListOptions) -> Result<Self, ForwardError> {
        options.check()?;
        Ok(Self { options })
    }

    /// The options of the calculator.
    pub fn options(&self) -> &PeakListOptions {
        &self.options
    }

    /// Wavelength, Å.
    pub fn wavelength(&self) -> f64 {
        self.options.wavelength
    }

    /// The peaks of a structure, ascending in 2theta.
    ///
    /// # Units and shapes
    /// 2theta in degrees, d in Å; intensities relative to 100 for the strongest, or electrons^2 a cell if not scaled.
    ///
    /// # Errors
    /// [`ForwardError::NoScatteringFactor`]; [`ForwardError::NoReflections`] where the range holds none;
    /// [`ForwardError::TooManyReflections`]; [`ForwardError::NonFinite`].
    pub fn peaks(&self, structure: &Structure) -> Result<Vec<Peak>, ForwardError> {
        self.peaks_with(structure, &mut PeakListScratch::default()).map(|peaks| peaks.to_vec())
    }

    /// The peaks of a structure in a scratch space, which they borrow.
    ///
    /// Once the space has grown to what the largest structure needs, nothing is allocated for a structure of a few sites.
    ///
    /// # Errors
    /// As [`PeakList::peaks`].
    pub fn peaks_with<'a>(
        &self,
        structure: &Structure,
        scratch: &'a mut PeakListScratch,
    ) -> Result<Peaks<'a>, ForwardError> {
        let o = &self.options;
        let PeakListScratch { sphere, amplitudes, order, bins } = scratch;
        let (g_min, g_max) = o.g_range();
        sphere.list(structure.lattice(), g_min, g_max, 2.0 / o.wavelength)?;
        if sphere.hkl.is_empty() {
            let (from, to) = o.two_theta_range.unwrap_or((0.0, 180.0));
            return Err(ForwardError::NoReflections { from, to, wavelength: o.wavelength });
        }
        let intensities = amplitudes.intensities(structure, sphere, o)?;
        let order = order.sort(&sphere.g, g_min, g_max);
        let four_index = bins::looks_hexagonal(structure.lattice());
        bins.merge(order, sphere, intensities, o, four_index)
    }
}

/// Scratch space of [`PeakList::peaks_with`].
///
/// It grows to what the largest structure needs. What it holds has no influence on later results.
#[derive(Debug, Clone, Default)]
pub struct PeakListScratch {
    sphere: HalfSphere,
    amplitudes: Amplitudes,
    order: Order,
    bins: Bins,
}
