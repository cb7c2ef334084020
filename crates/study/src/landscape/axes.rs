//! The axes of a landscape: named parameters of a structure.

use super::config::{AxisConfig, AxisEnds};
use braggscape_crystal::Structure;
use braggscape_landscape::{Link, SectionAxis};
use braggscape_optim::with_causes;
use braggscape_projector::Identity;
use braggscape_recover::{FreeParameters, Parametrisation, Variables};

/// The parametrisation that has all parameters named by the axes, strains of the structure's cell or its cell parameters, as far as
/// they are needed.
///
/// # Errors
/// A message if both cell parameters and strains are named.
pub(super) fn parametrisation(
    structure: &Structure,
    axes: &[AxisConfig],
) -> Result<Parametrisation, String> {
    let names = || axes.iter().flat_map(|a| a.tie.iter().chain([&a.parameter]));
    let both = Parametrisation::new(structure.clone(), FreeParameters::Both).names();
    let is = |name: &String, of: &[String]| of.contains(name);
    let strain = names().any(|name| name.starts_with("e_"));
    if strain && names().any(|name| is(name, &both[..6])) {
        return Err("cell parameters and strains cannot be axes of one section".to_owned());
    }
    let coordinates = names().any(|name| is(name, &both[6..]));
    let free = if coordinates { FreeParameters::Both } else { FreeParameters::Lattice };
    let variables = if strain { Variables::Strain } else { Variables::Cell };
    Parametrisation::with_variables(structure.clone(), free, variables, &Identity)
        .map_err(|e| with_causes(&e))
}

/// The unit of a parameter; empty for strains and fractional coordinates.
pub(super) fn unit(parameter: &str) -> &'static str {
    match parameter {
        "a" | "b" | "c" => "Å",
        "alpha" | "beta" | "gamma" => "°",
        _ => "",
    }
}

/// Every parameter that an axis may have, for messages.
fn known(structure: &Structure) -> String {
    format!(
        "a, b, c, alpha, beta, gamma, e_xx, e_yy, e_zz, e_yz, e_xz, e_xy, x1, y1, z1 to z{}",
        structure.n_sites()
    )
}

/// The axis of a configuration, in the components of a parametrisation.
///
/// # Errors
/// The key at fault and a message.
pub(super) fn axis(
    config: &AxisConfig,
    parametrisation: &Parametrisation,
) -> Result<SectionAxis, (&'static str, String)> {
    let names = parametrisation.names();
    let find = |key: &'static str, parameter: &String| {
        names.iter().position(|name| name == parameter).ok_or_else(|| {
            let known = known(parametrisation.template());
            (key, format!("unknown parameter `{parameter}`; known: {known}"))
        })
    };
    let component = find("parameter", &config.parameter)?;
    let mut links = vec![Link::plain(component)];
    for tied in &config.tie {
        links.push(Link::plain(find("tie", tied)?));
    }
    let here = parametrisation.pack()[component];
    let (key, ends) = match config.ends {
        AxisEnds::Absolute { low, high } => ("low", [low, high]),
        AxisEnds::Relative { .. } if unit(&config.parameter).is_empty() => {
            let message =
                "`relative` is for lengths and angles; give `low` and `high` of this parameter";
            return Err(("relative", message.to_owned()));
        }
        AxisEnds::Relative { relative } => {
            ("relative", [here * (1.0 - relative), here * (1.0 + relative)])
        }
    };
    let unit = unit(&config.parameter);
    SectionAxis::new(label(config), unit, ends, config.n, links)
        .map_err(|e| (if config.tie.is_empty() { key } else { "tie" }, with_causes(&e)))
}

/// The name of an axis: its parameters, such as "a = b".
fn label(config: &AxisConfig) -> String {
    let names: Vec<&str> =
        std::iter::once(&config.parameter).chain(&config.tie).map(String::as_str).collect();
    names.join(" = ")
}
