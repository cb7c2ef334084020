//! Forward models from the command line.

use crate::args::ModelArgs;
use crate::failure::Failure;
use braggscape_crystal::Structure;
use braggscape_pattern::{Pattern, Radiation};
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
        let radiation: Radiation =
            text.parse().map_err(|e: braggscape_pattern::PatternError| Failure::bad_input(&e))?;
        options.wavelength = radiation.wavelength();
    }
    if let Some([u, v, w]) = args.uvw {
        (options.u, options.v, options.w) = (u, v, w);
    }
    if args.wavelength.is_some() || args.two_theta.is_some() || args.step.is_some() {
        let (lo, hi) = args.two_theta.unwrap_or((WINDOW.0, WINDOW.1));
        options = options
            .with_window(lo, hi, args.step.unwrap_or(WINDOW.2))
            .map_err(|e| Failure::bad_input(&e))?;
    }
    Ok(options)
}

/// The model that the arguments ask for.
pub(crate) fn model(args: &ModelArgs) -> Result<Structsnap, Failure> {
    Structsnap::new(options(args)?).map_err(|e| Failure::bad_input(&e))
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
        let radiation: Radiation =
            text.parse().map_err(|e: braggscape_pattern::PatternError| Failure::bad_input(&e))?;
        options.wavelength = radiation.wavelength();
    }
    if args.two_theta.is_some() {
        options.two_theta_range = args.two_theta;
    }
    PeakList::new(options).map(Simulator::Peaks).map_err(|e| Failure::bad_input(&e))
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
    let (mut lo, mut hi) = (pattern.axis().first(), pattern.axis().last());
    if let Some((a, b)) = args.two_theta {
        (lo, hi) = (lo.max(a), hi.min(b));
    }
    let mean_step = (pattern.axis().last() - pattern.axis().first()) / (x.len() - 1).max(1) as f64;
    let constant = x.windows(2).all(|w| (w[1] - w[0] - mean_step).abs() < 1e-3 * mean_step);
    let step = args.step.unwrap_or(if constant { mean_step } else { WINDOW.2 });
    let points = ((hi - lo) / step + 1e-6).floor() + 1.0;
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
    model.simulate(structure, scratch, &mut out).map_err(|e| Failure::work(&e))?;
    Ok(out)
}
