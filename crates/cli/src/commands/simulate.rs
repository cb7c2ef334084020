//! `braggscape simulate`.

use crate::args::{OutputFormat, Shared, SimulateArgs};
use crate::failure::Failure;
use crate::input::{self, Structures};
use crate::output::{batch, choose, json_line, notice, print};
use crate::preset::{self, Simulator};
use braggscape_crystal::io::NamedStructure;
use braggscape_pattern::{HklFamily, Pattern, Peak};
use braggscape_report::{PatternFigure, Reflection, Trace, pattern_figure};
use braggscape_xrd::{ForwardModel, PeakListScratch, Scratch, Structsnap};
use serde::Serialize;
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
        Structures::Many(entries) => batch(entries, |entry, scratch| {
            simulated(args, &simulator, &input::parse(&entry)?, scratch)
                .map_err(|e| e.at(&input::place_of(&args.structure, &entry)))
        }),
        Structures::One(named) => {
            for note in &named.notes {
                notice(shared, &format!("note: {note}"));
            }
            let scratch = &mut SimulateScratch::default();
            let text = match format {
                Json | Jsonl => simulated(args, &simulator, &named, scratch)
                    .and_then(|result| Ok(json_line(&result)? + "\n")),
                _ => text_of(args, &simulator, &named, format, scratch),
            };
            print(&text.map_err(|e| e.at(&input::name_of(&args.structure)))?)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Scratch space of both presets.
#[derive(Default)]
struct SimulateScratch {
    profile: Scratch,
    peaks: PeakListScratch,
}

/// A result in a form other than JSON.
fn text_of(
    args: &SimulateArgs,
    simulator: &Simulator,
    named: &NamedStructure,
    format: OutputFormat,
    scratch: &mut SimulateScratch,
) -> Result<String, Failure> {
    match simulator {
        Simulator::Profile(model) if !args.peaks => match format {
            OutputFormat::Svg => drawing(args, model, named, scratch),
            OutputFormat::Xy => Ok(columns(&pattern(args, model, named, scratch)?, ' ', "")),
            _ => Ok(columns(&pattern(args, model, named, scratch)?, ',', "two_theta,intensity\n")),
        },
        _ => Ok(peak_table(&peaks(args, simulator, named, scratch)?)),
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
    scratch: &mut SimulateScratch,
) -> Result<Pattern, Failure> {
    let p = preset::simulate(model, &named.structure, &mut scratch.profile)?;
    Ok(p.scaled(to_hundred(args.absolute, p.max())))
}

fn peaks(
    args: &SimulateArgs,
    simulator: &Simulator,
    named: &NamedStructure,
    scratch: &mut SimulateScratch,
) -> Result<Vec<Peak>, Failure> {
    let mut peaks = match simulator {
        Simulator::Profile(model) => model.peaks(&named.structure),
        Simulator::Peaks(list) => {
            list.peaks_with(&named.structure, &mut scratch.peaks).map(|peaks| peaks.to_vec())
        }
    }
    .map_err(|e| Failure::forward(&e))?;
    let largest = peaks.iter().map(|p| p.intensity).fold(0.0, f64::max);
    let factor = to_hundred(args.absolute, largest);
    for p in &mut peaks {
        p.intensity *= factor;
    }
    Ok(peaks)
}

/// A result as JSON.
#[derive(Serialize)]
struct Simulated {
    #[serde(flatten)]
    content: Content,
    wavelength: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content {
    Profile { two_theta: Vec<f64>, intensity: Vec<f64> },
    Peaks { peaks: Vec<PeakJson> },
}

#[derive(Serialize)]
struct PeakJson {
    two_theta: f64,
    intensity: f64,
    d: f64,
    hkls: Vec<FamilyJson>,
}

#[derive(Serialize)]
struct FamilyJson {
    hkl: Vec<i32>,
    multiplicity: u32,
}

impl From<Peak> for PeakJson {
    fn from(p: Peak) -> Self {
        let family = |f: &HklFamily| FamilyJson { hkl: f.indices(), multiplicity: f.multiplicity };
        Self {
            two_theta: p.two_theta,
            intensity: p.intensity,
            d: p.d_spacing,
            hkls: p.hkls.iter().map(family).collect(),
        }
    }
}

fn simulated(
    args: &SimulateArgs,
    simulator: &Simulator,
    named: &NamedStructure,
    scratch: &mut SimulateScratch,
) -> Result<Simulated, Failure> {
    let content = match simulator {
        Simulator::Profile(model) if !args.peaks => {
            let p = pattern(args, model, named, scratch)?;
            Content::Profile { two_theta: p.axis().to_vec(), intensity: p.y().to_vec() }
        }
        _ => {
            let peaks = peaks(args, simulator, named, scratch)?;
            Content::Peaks { peaks: peaks.into_iter().map(PeakJson::from).collect() }
        }
    };
    Ok(Simulated { content, wavelength: simulator.wavelength(), id: named.id.clone() })
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
    scratch: &mut SimulateScratch,
) -> Result<String, Failure> {
    let p = pattern(args, model, named, scratch)?;
    let reflections = model
        .peaks(&named.structure)
        .map_err(|e| Failure::forward(&e))?
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
