//! Negative maximum of the normalised cross-correlation.

use crate::pool::Pool;
use crate::seam::{check_axes, check_buffers, intensity_norm};
use crate::shifts::{Shifts, overlap, shifted};
use crate::steps::equal_step;
use crate::{Loss, LossError};
use braggscape_pattern::{Pattern, sum};
use serde::{Deserialize, Serialize};

/// How far a pattern may be shifted; in files `"all"` or a number of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Words", into = "Words")]
pub enum MaxShift {
    /// As long as the patterns overlap.
    #[default]
    All,
    /// This many steps of the axis to either side.
    Steps(u32),
}

/// [`MaxShift`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "max_shift is \"all\" or a number of steps, 0 or more")]
enum Words {
    Steps(u32),
    All(All),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum All {
    All,
}

impl From<Words> for MaxShift {
    fn from(words: Words) -> Self {
        match words {
            Words::Steps(n) => Self::Steps(n),
            Words::All(All::All) => Self::All,
        }
    }
}

impl From<MaxShift> for Words {
    fn from(shift: MaxShift) -> Self {
        match shift {
            MaxShift::Steps(n) => Self::Steps(n),
            MaxShift::All => Self::All(All::All),
        }
    }
}

/// Options of [`Xcorr`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct XcorrOptions {
    /// The longest shift. Default: as long as the patterns overlap.
    pub max_shift: MaxShift,
}

/// Negative maximum of the normalised cross-correlation, L = -max_t c(t)/(|f| |g|), c(t) = sum_n f_(n+t) g_n.
///
/// t runs over whole steps of the axis, from -`max_shift` to `max_shift`. Shifts are linear: both patterns are zero outside their
/// axis, nothing comes in at the other end, and the norms are those of the whole patterns. Forgives a zero shift, and to some degree
/// a strained lattice.
///
/// # Units and shapes
/// Dimensionless, in [-1, 0] for patterns that are not negative, -1 where g is a shifted multiple of f; at most the
/// [cosine loss](crate::Cosine), which is the case t = 0.
///
/// # Conventions
/// The scale of either pattern does not matter. Symmetric in f and g. Of equal maxima the shortest shift counts, of two as short the
/// negative one.
///
/// # Differentiability
/// With t held at the maximum, dL/dg_n = -(f_(n+t)/|f| + L g_n/|g|)/|g|. L has a kink where the maximum goes from one shift to another:
/// as peaks move continuously over the grid, at every step.
///
/// # Method
/// A Fourier transform in single precision tells the few shifts that can be the maximum; these are computed in double precision, in a
/// fixed order. The result is that of trying all of them, whatever the machine. The spectrum of the observed pattern is
/// kept. Smooth patterns are transformed by every fourth point, with a bound of what that leaves open. Slow only where thousands of shifts agree to 2e-5 of the norms, as for two wide flat patterns.
///
/// # Errors
/// [`LossError::NoIntensity`] if either pattern is zero everywhere, [`LossError::UnequalSteps`].
///
/// # Examples
/// ```
/// use braggscape_loss::{Loss, Xcorr, XcorrOptions};
/// use braggscape_pattern::{Axis, AxisKind, Pattern};
/// let axis = Axis::uniform(AxisKind::TwoTheta, 10.0, 1.0, 4)?;
/// let f = Pattern::new(axis.clone(), vec![0.0, 3.0, 4.0, 0.0])?;
/// let g = Pattern::new(axis, vec![3.0, 4.0, 0.0, 12.0])?;
/// // One step to the right, (9 + 16)/(5 * 13), or 4 * 12 from two to the left.
/// let loss = Xcorr::new(XcorrOptions::default());
/// assert!((loss.value(&f, &g)? + 48.0 / 65.0).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # References
/// Segal et al., Digital Discovery (2026), doi:10.1039/d6dd00017g.
#[derive(Debug, Clone, Default)]
pub struct Xcorr {
    options: XcorrOptions,
    pool: Pool<Shifts>,
}

/// The patterns at their best shift.
struct Best {
    shift: isize,
    value: f64,
    norms: (f64, f64),
}

impl Xcorr {
    /// The loss with these options.
    pub fn new(options: XcorrOptions) -> Self {
        Self { options, pool: Pool::default() }
    }

    /// The options of the loss.
    pub fn options(&self) -> XcorrOptions {
        self.options
    }

    fn best(&self, obs: &Pattern, calc: &Pattern) -> Result<Best, LossError> {
        equal_step(obs.axis())?;
        let norms = (intensity_norm(obs, "observed")?, intensity_norm(calc, "calculated")?);
        let limit = match self.options.max_shift {
            MaxShift::All => usize::MAX,
            MaxShift::Steps(n) => n as usize,
        };
        let (shift, c) = self.pool.with(
            |shifts| shifts.is_likely_of(obs.y()),
            Shifts::default,
            |shifts| shifts.best(obs.y(), calc.y(), norms, limit),
        );
        Ok(Best { shift, value: -c / (norms.0 * norms.1), norms })
    }

    /// The shift t of the maximum, in steps: f_(n+t) lies on g_n, so that t > 0 means that the peaks of the observed pattern
    /// are further along the axis.
    ///
    /// # Errors
    /// As [`value`](Loss::value).
    pub fn shift(&self, obs: &Pattern, calc: &Pattern) -> Result<isize, LossError> {
        check_axes(obs, calc)?;
        Ok(self.best(obs, calc)?.shift)
    }
}

impl Loss for Xcorr {
    fn value(&self, obs: &Pattern, calc: &Pattern) -> Result<f64, LossError> {
        check_axes(obs, calc)?;
        Ok(self.best(obs, calc)?.value)
    }

    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        check_buffers(obs, calc, grad)?;
        let Best { shift, value, norms: (f, g) } = self.best(obs, calc)?;
        let (by_f, by_g) = (-1.0 / (f * g), -value / (g * g));
        let here = overlap(shift, grad.len());
        let alone = [0..here.start, here.end..grad.len()];
        let y = calc.y();
        sum::combine(
            &mut grad[here.clone()],
            by_f,
            &obs.y()[shifted(&here, shift)],
            by_g,
            &y[here],
        );
        for range in alone {
            for (d, y) in grad[range.clone()].iter_mut().zip(&y[range]) {
                *d = by_g * y;
            }
        }
        Ok(value)
    }
}
