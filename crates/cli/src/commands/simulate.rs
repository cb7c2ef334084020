//! `braggscape simulate`.

use crate::args::{OutputFormat, Shared, SimulateArgs};
use crate::failure::Failure;
use crate::input::{self, Structures};
use crate::output::{batch, choose, notice, print, print_json};
use crate::preset::{self, Simulator};
use braggscape_crystal::io::NamedStructure;
use braggscape_pattern::{HklFamily, Pattern, Peak};
use braggscape_report::{PatternFigure, Reflection, Trace, pattern_figure};
use braggscape_xrd::{ForwardModel, Scratch, Structsnap};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;

pub(crate) fn run(args: &SimulateArgs, shared: &Shared) -> Result<ExitCode, Failure> {
    use OutputFormat::{Csv, Json, Jsonl, Svg, Xy};
    let simulator = preset::simulator(&args.model)?;
    let lists_peaks = args.peaks || matches!(simulator, Simulator::Peaks(_));
    let structures = input::structures_as(&args.structure, shared.format)?;
    let formats: &[OutputFormat] = match structures {
        Structures::Many(_) => &[Jsonl, Json],
        Structures::One(_) if lists_peaks => &[Csv, Json, Jsonl],
        Structures::One(_) => &[Csv, Json, Jsonl, Xy, Svg],
    };
    let format = choose(shared, "simulate of this input", formats)?;
    let what = if lists_peaks { ", peak list" } else { "" };
    let (preset, wavelength) = (&args.model.preset, simulator.wavelength());
    notice(shared, &format!("preset {preset}, wavelength {wavelength} Å{what}"));
    match structures {
        Structures::Many(entries) => batch(entries, |entry| {
            let named = input::parse(&entry)?;
            json_of(args, &simulator, &named)
        }),
        Structures::One(named) => {
            for note in &named.notes {
                notice(shared, &format!("note: {note}"));
            }
            match format {
                Json | Jsonl => print_json(&json_of(args, &simulator, &named)?)?,
                _ => print(&text_of(args, &simulator, &named, format)?)?,
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A result in a form other than JSON.
fn text_of(
    args: &SimulateArgs,
    simulator: &Simulator,
    named: &NamedStructure,
    format: OutputFormat,
) -> Result<String, Failure> {
    match simulator {
        Simulator::Profile(model) if !args.peaks => match format {
            OutputFormat::Svg => drawing(args, model, named),
            OutputFormat::Xy => Ok(columns(&pattern(args, model, named)?, ' ', "")),
            _ => Ok(columns(&pattern(args, model, named)?, ',', "two_theta,intensity\n")),
        },
        _ => Ok(peak_table(&peaks(args, simulator, named)?)),
    }
}

fn columns(pattern: &Pattern, separator: char, heading: &str) -> String {
    format!("{heading}{}", braggscape_pattern::io::write_columns(pattern, separator))
}

/// The factor that makes the largest of some intensities 100.
fn to_hundred(absolute: bool, largest: f64) -> f64 {
    if absolute || largest <= 0.0 { 1.0 } else { 100.0 / largest }
}

fn pattern(
    args: &SimulateArgs,
    model: &Structsnap,
    named: &NamedStructure,
) -> Result<Pattern, Failure> {
    let p = preset::simulate(model, &named.structure, &mut Scratch::default())?;
    Ok(p.scaled(to_hundred(args.absolute, p.max())))
}

fn peaks(
    args: &SimulateArgs,
    simulator: &Simulator,
    named: &NamedStructure,
) -> Result<Vec<Peak>, Failure> {
    let mut peaks = match simulator {
        Simulator::Profile(model) => model.peaks(&named.structure),
        Simulator::Peaks(list) => list.peaks(&named.structure),
    }
    .map_err(|e| Failure::work(&e))?;
    let largest = peaks.iter().map(|p| p.intensity).fold(0.0, f64::max);
    let factor = to_hundred(args.absolute, largest);
    for p in &mut peaks {
        p.intensity *= factor;
    }
    Ok(peaks)
}

fn json_of(
    args: &SimulateArgs,
    simulator: &Simulator,
    named: &NamedStructure,
) -> Result<Value, Failure> {
    let mut value = match simulator {
        Simulator::Profile(model) if !args.peaks => {
            let p = pattern(args, model, named)?;
            json!({ "two_theta": p.axis().to_vec(), "intensity": p.y() })
        }
        _ => {
            let peaks: Vec<Value> = peaks(args, simulator, named)?.iter().map(peak_json).collect();
            json!({ "peaks": peaks })
        }
    };
    value["wavelength"] = json!(simulator.wavelength());
    if let Some(id) = &named.id {
        value["id"] = json!(id);
    }
    Ok(value)
}

fn peak_json(p: &Peak) -> Value {
    let family = |f: &HklFamily| json!({ "hkl": f.indices(), "multiplicity": f.multiplicity });
    let hkls: Vec<Value> = p.hkls.iter().map(family).collect();
    json!({ "two_theta": p.two_theta, "intensity": p.intensity, "d": p.d_spacing, "hkls": hkls })
}

/// Indices with blanks between them.
fn indices(family: &HklFamily) -> String {
    family.indices().iter().map(i32::to_string).collect::<Vec<_>>().join(" ")
}

fn hkl_text(peak: &Peak) -> String {
    let one = |f: &HklFamily| format!("({})x{}", indices(f), f.multiplicity);
    peak.hkls.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn peak_table(peaks: &[Peak]) -> String {
    let mut text = String::from("two_theta,intensity,d,hkls\n");
    for p in peaks {
        let _ = writeln!(text, "{},{},{},{}", p.two_theta, p.intensity, p.d_spacing, hkl_text(p));
    }
    text
}

fn drawing(
    args: &SimulateArgs,
    model: &Structsnap,
    named: &NamedStructure,
) -> Result<String, Failure> {
    let p = pattern(args, model, named)?;
    let reflections = model
        .peaks(&named.structure)
        .map_err(|e| Failure::work(&e))?
        .iter()
        .map(|peak| Reflection {
            two_theta: peak.two_theta,
            intensity: peak.intensity,
            label: peak.hkls.first().map_or_else(String::new, indices),
        })
        .collect();
    let formula = named.structure.reduced_formula();
    let figure = PatternFigure {
        title: format!("{formula}, λ = {} Å", model.wavelength()),
        traces: vec![Trace {
            label: String::new(),
            two_theta: p.axis().to_vec(),
            intensity: p.y().to_vec(),
        }],
        reflections,
        ..PatternFigure::default()
    };
    pattern_figure(&figure).map_err(|e| Failure::work(&e))
}
