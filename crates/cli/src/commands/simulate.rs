//! `braggscape simulate`.

use crate::args::{OutputFormat, Shared, SimulateArgs};
use crate::failure::Failure;
use crate::input::{self, Structures};
use crate::output::{batch, choose, notice, print, print_json};
use crate::preset;
use braggscape_crystal::io::NamedStructure;
use braggscape_pattern::{Pattern, Peak};
use braggscape_report::{PatternFigure, Reflection, Trace, pattern_figure};
use braggscape_xrd::{ForwardModel, Scratch, Structsnap};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;

pub(crate) fn run(args: &SimulateArgs, shared: &Shared) -> Result<ExitCode, Failure> {
    use OutputFormat::{Csv, Json, Jsonl, Svg, Xy};
    let model = preset::model(&args.model)?;
    let structures = input::structures_as(&args.structure, shared.format)?;
    let formats: &[OutputFormat] = match structures {
        Structures::Many(_) => &[Jsonl, Json],
        Structures::One(_) if args.peaks => &[Csv, Json, Jsonl],
        Structures::One(_) => &[Csv, Json, Jsonl, Xy, Svg],
    };
    let format = choose(shared, "simulate of this input", formats)?;
    notice(shared, &format!("preset {}, wavelength {} Å", args.model.preset, model.wavelength()));
    match structures {
        Structures::Many(entries) => batch(entries, |entry| {
            let named = input::parse(&entry)?;
            json_of(args, &model, &named)
        }),
        Structures::One(named) => {
            for note in &named.notes {
                notice(shared, &format!("note: {note}"));
            }
            match format {
                Json | Jsonl => print_json(&json_of(args, &model, &named)?)?,
                Svg => print(&drawing(args, &model, &named)?)?,
                _ if args.peaks => print(&peak_table(&peaks(args, &model, &named)?))?,
                Xy => print(&columns(&pattern(args, &model, &named)?, ' ', ""))?,
                _ => {
                    let heading = "two_theta,intensity\n";
                    print(&columns(&pattern(args, &model, &named)?, ',', heading))?;
                }
            }
            Ok(ExitCode::SUCCESS)
        }
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
    model: &Structsnap,
    named: &NamedStructure,
) -> Result<Vec<Peak>, Failure> {
    let mut peaks = model.peaks(&named.structure).map_err(|e| Failure::work(&e))?;
    let largest = peaks.iter().map(|p| p.intensity).fold(0.0, f64::max);
    let factor = to_hundred(args.absolute, largest);
    for p in &mut peaks {
        p.intensity *= factor;
    }
    Ok(peaks)
}

fn json_of(
    args: &SimulateArgs,
    model: &Structsnap,
    named: &NamedStructure,
) -> Result<Value, Failure> {
    let mut value = if args.peaks {
        let peaks: Vec<Value> = peaks(args, model, named)?
            .iter()
            .map(|p| {
                let hkls: Vec<Value> = p
                    .hkls
                    .iter()
                    .map(|f| json!({ "hkl": f.hkl, "multiplicity": f.multiplicity }))
                    .collect();
                json!({
                    "two_theta": p.two_theta, "intensity": p.intensity, "d": p.d_spacing, "hkls": hkls,
                })
            })
            .collect();
        json!({ "peaks": peaks })
    } else {
        let p = pattern(args, model, named)?;
        json!({ "two_theta": p.axis().to_vec(), "intensity": p.y() })
    };
    value["wavelength"] = json!(model.wavelength());
    if let Some(id) = &named.id {
        value["id"] = json!(id);
    }
    Ok(value)
}

fn hkl_text(peak: &Peak) -> String {
    let one = |f: &braggscape_pattern::HklFamily| {
        let [h, k, l] = f.hkl;
        format!("({h} {k} {l})x{}", f.multiplicity)
    };
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
            label: peak.hkls.first().map_or_else(String::new, |f| {
                f.hkl.iter().map(i32::to_string).collect::<Vec<_>>().join(" ")
            }),
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
