//! Forward models from the command line.

use crate::args::ModelArgs;
use crate::failure::Failure;
use braggscape_crystal::Structure;
use braggscape_pattern::{Pattern, PatternError, Radiation};
use braggscape_xrd::{
    ForwardModel, PeakList, PeakListOptions, Scratch, Structsnap, StructsnapOptions,
};

/// The window and step of the `structsnap` preset, degrees 2theta.
const WINDOW: (f64, f64, f64) = (5.0, 89.99, 0.01);

/// The options that the arguments ask for.
fn options(args: &ModelArgs) -> Result<StructsnapOptions, Failure> {
    match args.preset.as_str() {
        "structsnap" => {}
        "pymatgen" => {
            return Err(Failure::usage(
                "--preset pymatgen gives peak lists, not patterns: `simulate` takes it, evaluate and compare do not; \
                 they take --preset structsnap",
            ));
        }
        "instrument" => return Err(Failure::not_available("--preset instrument")),
        other => {
            return Err(Failure::usage(format!(
                "unknown preset `{other}`; known: structsnap, pymatgen, instrument"
            )));
        }
    }
    let mut options = StructsnapOptions::default();
    if let Some(text) = &args.wavelength {
        options.wavelength = wavelength(text)?;
    }
    if let Some([u, v, w]) = args.uvw {
        (options.u, options.v, options.w) = (u, v, w);
    }
    if args.wavelength.is_some() || args.two_theta.is_some() || args.step.is_some() {
        let (lo, hi) = args.two_theta.unwrap_or((WINDOW.0, WINDOW.1));
        options = options
            .with_window(lo, hi, args.step.unwrap_or(WINDOW.2))
            .map_err(|e| Failure::option(grid_options(args), &e))?;
    }
    Ok(options)
}

/// A wavelength by name or in Å.
fn wavelength(text: &str) -> Result<f64, Failure> {
    let radiation: Result<Radiation, PatternError> = text.parse();
    radiation.map(|r| r.wavelength()).map_err(|e| Failure::option("--wavelength", &e))
}

/// The options that a fault of the grid is about.
fn grid_options(args: &ModelArgs) -> &'static str {
    match (args.two_theta, args.step) {
        (Some(_), None) => "--two-theta",
        (None, Some(_)) => "--step",
        (None, None) => "--wavelength",
        (Some(_), Some(_)) => "--two-theta, --step",
    }
}

/// The model that the arguments ask for.
pub(crate) fn model(args: &ModelArgs) -> Result<Structsnap, Failure> {
    // Without widths of its own a command line can have no other fault that is not reported yet.
    let at = if args.uvw.is_some() { "--uvw" } else { "forward model" };
    let options = options(args)?;
    let [u, v, w] = [options.u, options.v, options.w];
    let model = Structsnap::new(options).map_err(|e| Failure::option(at, &e))?;
    // A width that is negative somewhere would fail only for the structures with a peak there.
    let width_squared = |two_theta: f64| {
        let t = (0.5 * two_theta).to_radians().tan();
        (u * t + v) * t + w
    };
    match model.axis().to_vec().into_iter().find(|x| width_squared(*x) <= 0.0) {
        None => Ok(model),
        Some(x) => Err(Failure::usage(format!(
            "{at}: the peak width is not positive at 2theta = {x:.2}°: U tan²θ + V tanθ + W = {:.4e}",
            width_squared(x)
        ))),
    }
}

/// What `simulate` computes with.
pub(crate) enum Simulator {
    /// A pattern, or the peaks it is made of.
    Profile(Box<Structsnap>),
    /// Peaks alone.
    Peaks(PeakList),
}

impl Simulator {
    /// Wavelength, Å.
    pub(crate) fn wavelength(&self) -> f64 {
        match self {
            Self::Profile(model) => model.wavelength(),
            Self::Peaks(list) => list.wavelength(),
        }
    }
}

/// The model or the peak list that the arguments ask for; intensities of the latter are as computed.
pub(crate) fn simulator(args: &ModelArgs) -> Result<Simulator, Failure> {
    if args.preset != "pymatgen" {
        return Ok(Simulator::Profile(Box::new(model(args)?)));
    }
    for (given, option) in [(args.step.is_some(), "--step"), (args.uvw.is_some(), "--uvw")] {
        if given {
            return Err(Failure::usage(format!(
                "{option} means nothing to --preset pymatgen, which gives peak lists"
            )));
        }
    }
    let mut options = PeakListOptions { scaled: false, ..PeakListOptions::default() };
    if let Some(text) = &args.wavelength {
        options.wavelength = wavelength(text)?;
    }
    if args.two_theta.is_some() {
        options.two_theta_range = args.two_theta;
    }
    // Wavelengths have been checked.
    PeakList::new(options).map(Simulator::Peaks).map_err(|e| Failure::option("--two-theta", &e))
}

/// The model on the points of a measured pattern, and the pattern on the points of the model.
///
/// A pattern on the preset's own grid is used as it is; a pattern with a constant step gives the model its window and step;
/// any other is interpolated linearly at the preset's step.
pub(crate) fn model_for(
    args: &ModelArgs,
    pattern: &Pattern,
) -> Result<(Structsnap, Pattern), Failure> {
    let plain = model(args)?;
    if plain.axis().is_same(pattern.axis()) {
        return Ok((plain, pattern.clone()));
    }
    let x = pattern.axis().to_vec();
    // A model has no pattern at 0 and 180 degrees; measured ones may begin or end there.
    let (a, b) = args.two_theta.unwrap_or((0.0, 180.0));
    let inside = |x: &f64| *x > 0.0 && *x < 180.0 && (a..=b).contains(x);
    let ends = (x.iter().copied().find(inside), x.iter().copied().rfind(inside));
    let (Some(lo), Some(hi)) = ends else {
        return Err(Failure::usage(format!(
            "the pattern ({}) has no point from {a} to {b} degrees 2theta",
            pattern.axis()
        )));
    };
    let mean_step = (pattern.axis().last() - pattern.axis().first()) / (x.len() - 1).max(1) as f64;
    let constant = x.windows(2).all(|w| (w[1] - w[0] - mean_step).abs() < 1e-3 * mean_step);
    let step = args.step.unwrap_or(if constant { mean_step } else { WINDOW.2 });
    let mut points = ((hi - lo) / step + 1e-6).floor() + 1.0;
    if lo + points * step >= 180.0 {
        points -= 1.0;
    }
    let options = options(args)?
        .with_window(lo, lo + points * step, step)
        .map_err(|e| Failure::bad_input(&e))?;
    let model = Structsnap::new(options).map_err(|e| Failure::bad_input(&e))?;
    let target = pattern.resampled(model.axis()).map_err(|e| Failure::bad_input(&e))?;
    Ok((model, target))
}

/// The pattern of a structure.
pub(crate) fn simulate(
    model: &Structsnap,
    structure: &Structure,
    scratch: &mut Scratch,
) -> Result<Pattern, Failure> {
    let mut out = Pattern::zeros(model.axis().clone());
    model.simulate(structure, scratch, &mut out).map_err(|e| Failure::forward(&e))?;
    Ok(out)
}
