//! The blurred overlap of peak lists: the cosine of two stick patterns after a Gaussian blur, without any grid of points.

use crate::nodes::{NodeGrid, WIDE};
use crate::reflections::{self, IndexBounds, Shell, six};
use crate::sticks::{Coordinate, Physics, Pulled};
use crate::structsnap::{clear_gradient, finish_gradient};
use crate::{EuAm, ForwardError, Scratch, StructureGradient};
use braggscape_crystal::Structure;
use serde::{Deserialize, Serialize};

/// Options of [`BlurredOverlap`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlurredOverlapOptions {
    /// What positions are. Default ln q.
    pub coordinate: Coordinate,
    /// Standard deviation of the blur, in the unit of the coordinate. Default 0.05.
    pub sigma: f64,
    /// Wavelength, Å. Default 1.5406 (Cu K-alpha1).
    pub wavelength: f64,
    /// First q, 1/Å. Default 0.355794747244 (5° at the default wavelength).
    pub q_min: f64,
    /// Last q, 1/Å. Default 5.76722732255 (89.99°).
    pub q_max: f64,
    /// Over this length at either end of the range, in the unit of the coordinate, intensities fall to 0 (as sin^2), so that
    /// a reflection comes and goes without a jump. Default 0: none.
    pub taper: f64,
    /// Isotropic displacement B = 8 pi^2 U_iso of all atoms, Å^2. Default 0.
    pub b_iso: f64,
    /// Whose scattering factors europium and americium have. Default StructSnap's.
    pub eu_am: EuAm,
}

impl Default for BlurredOverlapOptions {
    fn default() -> Self {
        Self {
            coordinate: Coordinate::LnQ,
            sigma: 0.05,
            wavelength: 1.5406,
            q_min: 0.355794747244,
            q_max: 5.76722732255,
            taper: 0.0,
            b_iso: 0.0,
            eu_am: EuAm::default(),
        }
    }
}

/// The blurred overlap loss L = -cos_s between the peak list of a structure and a target.
///
/// With O_s(A, B) = sum_ij A_i B_j exp(-(x_i - y_j)^2/4s^2) over the peaks of two lists at x_i and y_j,
/// cos_s = O_s(I, J)/sqrt(O_s(I, I) O_s(J, J)): the cosine of both lists blurred by Gaussians of standard deviation s.
/// Intensities are |F|^2 LP.
///
/// # Units and shapes
/// Dimensionless, -1 (the blurred lists are proportional) to 0.
///
/// # Conventions
/// Positions are 2theta in degrees, q in 1/Å or ln(q Å). In ln q a strain eps moves every reflection by at most about eps, at any
/// angle. The self-overlap O_s(I, I) keeps peaks from collapsing onto one another. All reflections of the range take part, in
/// whatever basis the cell is given.
///
/// # Method
/// Both blurred lists are evaluated on nodes 0.39 s apart, where the rectangle rule is exact for products of Gaussians to
/// exp(-(pi/0.39)^2) < 1e-28 and windows leave out 1e-13 of a peak's height. The cost is linear in the number of peaks.
///
/// # Differentiability
/// Smooth, except that reflections enter and leave at the ends of the range; with `taper` they do so at intensity 0.
///
/// # Examples
/// ```
/// use braggscape_crystal::study_crystal;
/// use braggscape_xrd::{BlurredOverlap, BlurredOverlapOptions, Scratch};
/// let overlap = BlurredOverlap::new(BlurredOverlapOptions::default())?;
/// let truth = study_crystal("U2Ti").expect("a study crystal").structure();
/// let mut scratch = Scratch::default();
/// let target = overlap.target(&truth, &mut scratch)?;
/// assert!((overlap.value(&target, &truth, &mut scratch)? + 1.0).abs() < 1e-12);
/// // Two sticks of equal height, 2 s apart, against one of them: 1 + exp(-1) over sqrt(2 + 2 exp(-1)).
/// let one = overlap.target_of_sticks(&[(0.5, 1.0)])?;
/// let two = overlap.target_of_sticks(&[(0.5, 1.0), (0.6, 1.0)])?;
/// let e = (-1.0f64).exp();
/// assert!((one.cosine(&two) - (1.0 + e) / (2.0 + 2.0 * e).sqrt()).abs() < 1e-7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// R. de Gelder, R. Wehrens & J. A. Hageman, J. Comput. Chem. 22, 273 (2001), doi:10.1002/1096-987X(200102)22:3<273::AID-JCC1001>3.0.CO;2-0,
/// for weighted correlations of neighbouring points; A. Otero-de-la-Roza, J. Appl. Cryst. 57, 1401 (2024), for Gaussian weights.
#[derive(Debug, Clone)]
pub struct BlurredOverlap {
    options: BlurredOverlapOptions,
    grid: NodeGrid<f64, WIDE>,
    /// Range of the coordinate.
    range: (f64, f64),
    shell: Shell,
}

/// A blurred peak list to compare with.
#[derive(Debug, Clone)]
pub struct BlurredTarget {
    options: BlurredOverlapOptions,
    nodes: Vec<f64>,
    norm: f64,
}

impl BlurredTarget {
    /// cos_s of two blurred lists of one [`BlurredOverlap`].
    ///
    /// # Panics
    /// If the lists were blurred with different options.
    pub fn cosine(&self, other: &Self) -> f64 {
        assert_eq!(self.options, other.options, "lists blurred in one way are compared");
        braggscape_pattern::sum::dot(&self.nodes, &other.nodes) / (self.norm * other.norm)
    }
}

/// Distance of nodes in standard deviations.
const SPACING: f64 = 0.39;
/// Most nodes: a blur too fine for the range is refused.
const MAX_NODES: f64 = 1e6;

/// Spreads the sticks of a structure; then, where a residual is given, gathers and pulls back.
struct Spread<'a> {
    overlap: &'a BlurredOverlap,
    structure: &'a Structure,
    scratch: &'a mut Scratch,
}

impl pulp::WithSimd for Spread<'_> {
    type Output = Result<(), ForwardError>;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> Self::Output {
        let Self { overlap, structure, scratch } = self;
        let metric = scratch.begin(structure);
        let o = &overlap.options;
        if !scratch.held() {
            let real = structure.lattice().metric_tensor();
            let limits = reflections::index_limits(
                IndexBounds::Complete,
                &real,
                &metric,
                o.q_max / std::f64::consts::TAU,
                overlap.shell.below.sqrt(),
            )?;
            let (rows, list) = scratch.list_mut();
            rows.fill_shell(list, limits, &six(&metric), overlap.shell);
            if list.is_empty() {
                return Err(overlap.nothing());
            }
        }
        let physics = Physics {
            wavelength: o.wavelength,
            b_iso: o.b_iso,
            eu_am: o.eu_am,
            coordinate: o.coordinate,
        };
        let (list, sticks, nodes, tapered) = scratch.columns();
        sticks.update(simd, physics, structure, &six(&metric), list)?;
        let n = sticks.len();
        tapered.clear();
        let columns = sticks.position.iter().zip(&sticks.intensity).take(n);
        tapered.extend(columns.map(|(x, i)| overlap.taper(*x).0 * i));
        nodes.place(&overlap.grid, &sticks.position[..n]);
        nodes.spread(simd, &overlap.grid, tapered, 1.0);
        Ok(())
    }
}

struct Pull<'a> {
    overlap: &'a BlurredOverlap,
    residual: &'a [f64],
    scratch: &'a mut Scratch,
    out: &'a mut StructureGradient,
}

impl pulp::WithSimd for Pull<'_> {
    type Output = Pulled;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> Pulled {
        let Self { overlap, residual, scratch, out } = self;
        let parts = scratch.parts();
        let (_, sticks, nodes, tapered) = scratch.columns();
        sticks.clear_derivatives();
        let (heights, slopes) = (&mut sticks.d_intensity, &mut sticks.d_position);
        nodes.gather(simd, &overlap.grid, residual, heights, slopes);
        let slope = overlap.grid.slope();
        for (i, tapered) in tapered.iter().enumerate() {
            let (factor, d_factor) = overlap.taper(sticks.position[i]);
            sticks.d_position[i] = sticks.d_position[i] * slope * tapered
                + sticks.d_intensity[i] * sticks.intensity[i] * d_factor;
            sticks.d_intensity[i] *= factor;
        }
        sticks.pull(simd, parts, out)
    }
}

impl BlurredOverlap {
    /// The loss with these options.
    ///
    /// # Errors
    /// [`ForwardError::OptionRange`].
    pub fn new(options: BlurredOverlapOptions) -> Result<Self, ForwardError> {
        let o = &options;
        let fail = |name, value, expected| Err(ForwardError::OptionRange { name, value, expected });
        if !(o.wavelength > 0.0 && o.wavelength.is_finite()) {
            return fail("wavelength", o.wavelength, "above 0 Å");
        }
        if !(o.q_min > 0.0 && o.q_min.is_finite()) {
            return fail("q_min", o.q_min, "above 0");
        }
        if !(o.q_max > o.q_min && o.q_max * o.wavelength < 2.0 * std::f64::consts::TAU) {
            return fail("q_max", o.q_max, "above q_min, below 4 pi / wavelength");
        }
        if !(o.b_iso >= 0.0 && o.b_iso.is_finite()) {
            return fail("b_iso", o.b_iso, "0 Å^2 or more");
        }
        let coordinate = |q: f64| match o.coordinate {
            Coordinate::TwoTheta => reflections::two_theta(q, o.wavelength),
            Coordinate::Q => q,
            Coordinate::LnQ => libm::log(q),
        };
        let range = (coordinate(o.q_min), coordinate(o.q_max));
        let length = range.1 - range.0;
        if !(o.taper >= 0.0 && 2.0 * o.taper <= length) {
            return fail("taper", o.taper, "0 or more, at most half of the range");
        }
        let n = length / (SPACING * o.sigma);
        if !(o.sigma > 0.0 && o.sigma.is_finite() && n < MAX_NODES) {
            return fail("sigma", o.sigma, "above 0, not below 3e-6 of the range");
        }
        let spacing = SPACING * o.sigma;
        let n = (n.ceil() as usize + 2 * WIDE + 1).next_multiple_of(8);
        let grid = NodeGrid::new(range.0 - WIDE as f64 * spacing, spacing, n, o.sigma);
        let g_squared = |q: f64| (q / std::f64::consts::TAU).powi(2);
        let shell = Shell { above: g_squared(o.q_min), below: g_squared(o.q_max) };
        Ok(Self { options, grid, range, shell })
    }

    /// The options of the loss.
    pub fn options(&self) -> &BlurredOverlapOptions {
        &self.options
    }

    /// The factor of intensities at a position, and its derivative.
    #[inline(always)]
    fn taper(&self, x: f64) -> (f64, f64) {
        let length = self.options.taper;
        if length <= 0.0 {
            return (1.0, 0.0);
        }
        let (below, above) = (x - self.range.0, self.range.1 - x);
        let (depth, sign) = if below < above { (below, 1.0) } else { (above, -1.0) };
        if depth >= length {
            return (1.0, 0.0);
        }
        let (s, c) = libm::sincos(std::f64::consts::FRAC_PI_2 * depth.max(0.0) / length);
        (s * s, sign * std::f64::consts::PI / length * s * c)
    }

    /// Blurs the peak list of a structure.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn target(
        &self,
        structure: &Structure,
        scratch: &mut Scratch,
    ) -> Result<BlurredTarget, ForwardError> {
        self.spread(structure, scratch)?;
        self.target_of_nodes(scratch.node_values().to_vec())
    }

    /// Blurs a list of sticks (position, intensity), which may come from anywhere; those outside the range are left out, and
    /// intensities are tapered.
    ///
    /// # Errors
    /// [`ForwardError::NoReflections`] where no intensity is left, [`ForwardError::NonFinite`].
    pub fn target_of_sticks(&self, sticks: &[(f64, f64)]) -> Result<BlurredTarget, ForwardError> {
        let (lo, hi) = self.range;
        let mut nodes = crate::nodes::Nodes::default();
        let inside = sticks.iter().filter(|(x, _)| (lo..=hi).contains(x));
        let (positions, intensities): (Vec<f64>, Vec<f64>) =
            inside.map(|(x, i)| (*x, i * self.taper(*x).0)).unzip();
        nodes.place(&self.grid, &positions);
        nodes.spread(pulp::Scalar, &self.grid, &intensities, 1.0);
        self.target_of_nodes(nodes.values().to_vec())
    }

    fn target_of_nodes(&self, nodes: Vec<f64>) -> Result<BlurredTarget, ForwardError> {
        let norm = braggscape_pattern::sum::norm(&nodes);
        if !norm.is_finite() {
            return Err(ForwardError::NonFinite);
        }
        if norm <= 0.0 {
            return Err(self.nothing());
        }
        Ok(BlurredTarget { options: self.options.clone(), nodes, norm })
    }

    fn nothing(&self) -> ForwardError {
        let o = &self.options;
        let angle = |q| reflections::two_theta(q, o.wavelength);
        let (from, to) = (angle(o.q_min), angle(o.q_max));
        ForwardError::NoReflections { from, to, wavelength: o.wavelength }
    }

    fn spread(&self, structure: &Structure, scratch: &mut Scratch) -> Result<(), ForwardError> {
        pulp::Arch::new().dispatch(Spread { overlap: self, structure, scratch })
    }

    /// f.g and |g| of the structure just spread.
    fn products(
        &self,
        target: &BlurredTarget,
        scratch: &Scratch,
    ) -> Result<(f64, f64), ForwardError> {
        let calc = scratch.node_values();
        let norm = braggscape_pattern::sum::norm(calc);
        if target.options != self.options {
            return Err(ForwardError::TargetMismatch);
        }
        if norm <= 0.0 {
            return Err(self.nothing());
        }
        Ok((braggscape_pattern::sum::dot(&target.nodes, calc), norm))
    }

    /// The loss of a structure.
    ///
    /// # Errors
    /// [`ForwardError`]: the structure has no reflection in the range or cannot be simulated, or the target was made with
    /// other options.
    pub fn value(
        &self,
        target: &BlurredTarget,
        structure: &Structure,
        scratch: &mut Scratch,
    ) -> Result<f64, ForwardError> {
        self.spread(structure, scratch)?;
        let (along, norm) = self.products(target, scratch)?;
        Ok(-along / (target.norm * norm))
    }

    /// The loss of a structure; `out` is overwritten with its gradient, the list of reflections held fixed.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn value_and_gradient(
        &self,
        target: &BlurredTarget,
        structure: &Structure,
        scratch: &mut Scratch,
        out: &mut StructureGradient,
    ) -> Result<f64, ForwardError> {
        self.spread(structure, scratch)?;
        let (along, norm) = self.products(target, scratch)?;
        let value = -along / (target.norm * norm);
        let (by_f, by_g) = (-1.0 / (target.norm * norm), -value / (norm * norm));
        let mut residual = scratch.take_adjoint();
        residual.clear();
        let columns = target.nodes.iter().zip(scratch.node_values());
        residual.extend(columns.map(|(f, g)| by_f * f + by_g * g));
        clear_gradient(structure, out);
        let pull =
            Pull { overlap: self, residual: &residual, scratch: &mut *scratch, out: &mut *out };
        let pulled = pulp::Arch::new().dispatch(pull);
        scratch.put_adjoint(residual);
        finish_gradient(structure, scratch, &pulled, out);
        Ok(value)
    }
}
