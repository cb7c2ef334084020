//! `braggscape amd`.

use crate::args::{AmdArgs, OutputFormat, Shared};
use crate::failure::Failure;
use crate::input::{self, Structures};
use crate::output::{batch, choose, json_line, notice, print};
use crate::pairs::raw_pairs;
use braggscape_crystal::Structure;
use braggscape_crystal::io::NamedStructure;
use braggscape_metrics::{
    AmdByElement, AmdScratch, EmdScratch, MetricError, Pdd, PddOptions, amd_linf, amd_with,
    pdd_emd_with,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

pub(crate) fn run(args: &AmdArgs, shared: &Shared) -> Result<ExitCode, Failure> {
    let options =
        PddOptions { k: args.k, collapse_tol: args.collapse_tol, by_element: args.by_element };
    options.check().map_err(|e| Failure::bad_input(&e))?;
    if let Some(path) = &args.pairs {
        choose(shared, "amd --pairs", &[OutputFormat::Jsonl, OutputFormat::Json])?;
        return batch(raw_pairs(path)?, |pair, scratch: &mut PairScratch| {
            let [a, b] = pair.parse()?;
            let work = compare(&options, &a, &b, scratch);
            work.map_err(|e| Failure::work(&e).at(&pair.place()))
        });
    }
    let Some(path) = &args.structure else {
        return Err(Failure::usage("expected a structure, or --pairs FILE.jsonl"));
    };
    match input::structures_as(path, shared.format)? {
        Structures::Many(entries) => {
            choose(shared, "amd of a list", &[OutputFormat::Jsonl, OutputFormat::Json])?;
            batch(entries, |entry, scratch| {
                let vectors = vectors(&options, input::parse(&entry)?, scratch);
                vectors.map_err(|e| Failure::work(&e).at(&input::place_of(path, &entry)))
            })
        }
        Structures::One(named) => {
            let formats = [OutputFormat::Text, OutputFormat::Json, OutputFormat::Jsonl];
            let format = choose(shared, "amd", &formats)?;
            for note in &named.notes {
                notice(shared, &format!("note: {note}"));
            }
            let vectors = vectors(&options, *named, &mut AmdScratch::default())
                .map_err(|e| Failure::work(&e).at(&input::name_of(path)))?;
            match format {
                OutputFormat::Text => print(&text(&vectors))?,
                _ => print(&(json_line(&vectors)? + "\n"))?,
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Average minimum distances of a structure.
#[derive(Serialize)]
struct Vectors {
    amd: Vec<f64>,
    /// From one element to another: "Cs-Cl".
    #[serde(skip_serializing_if = "Option::is_none")]
    by_element: Option<BTreeMap<String, Vec<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

fn vectors(
    options: &PddOptions,
    named: NamedStructure,
    scratch: &mut AmdScratch,
) -> Result<Vectors, MetricError> {
    let mut amd = vec![0.0; options.k];
    amd_with(&named.structure, &mut amd, scratch)?;
    let by_element = if options.by_element {
        let pairs = AmdByElement::with(&named.structure, options.k, scratch)?;
        let name = |from: &str, to: &str| format!("{from}-{to}");
        let pairs = pairs.pairs().map(|(a, b, v)| (name(a.symbol(), b.symbol()), v.to_vec()));
        Some(pairs.collect())
    } else {
        None
    };
    Ok(Vectors { amd, by_element, id: named.id })
}

/// One line a neighbour, one column a vector.
fn text(vectors: &Vectors) -> String {
    let by_element = || vectors.by_element.iter().flatten();
    let mut text = format!("{:>5}  {:>12}", "k", "AMD_k (Å)");
    for (name, _) in by_element() {
        let _ = write!(text, "  {name:>12}");
    }
    text.push('\n');
    for (i, distance) in vectors.amd.iter().enumerate() {
        let _ = write!(text, "{:>5}  {distance:>12.6}", i + 1);
        for (_, vector) in by_element() {
            let _ = write!(text, "  {:>12.6}", vector[i]);
        }
        text.push('\n');
    }
    text
}

/// Distances between two structures.
#[derive(Serialize)]
struct Distances {
    amd_linf: f64,
    pdd_emd: f64,
    #[serde(flatten)]
    by_element: Option<DistancesByElement>,
}

/// The same by element; null where the elements, or their fractions, differ.
#[derive(Serialize)]
struct DistancesByElement {
    amd_linf_by_element: Option<f64>,
    pdd_emd_by_element: Option<f64>,
}

/// Scratch space of a pair.
#[derive(Default)]
struct PairScratch {
    neighbours: AmdScratch,
    transport: EmdScratch,
}

fn compare(
    options: &PddOptions,
    a: &Structure,
    b: &Structure,
    scratch: &mut PairScratch,
) -> Result<Distances, MetricError> {
    let PairScratch { neighbours, transport } = scratch;
    let mut both = |by_element: bool| -> Result<[Pdd; 2], MetricError> {
        let options = PddOptions { by_element, ..*options };
        Ok([Pdd::with(a, &options, neighbours)?, Pdd::with(b, &options, neighbours)?])
    };
    let [pdd_a, pdd_b] = both(false)?;
    let pdd_emd = pdd_emd_with(&pdd_a, &pdd_b, transport)?;
    let by_element = if options.by_element {
        let [pdd_a, pdd_b] = both(true)?;
        let emd = pdd_emd_with(&pdd_a, &pdd_b, transport)?;
        let a = AmdByElement::with(a, options.k, neighbours)?;
        let linf = a.linf(&AmdByElement::with(b, options.k, neighbours)?)?;
        let finite = |x: f64| x.is_finite().then_some(x);
        Some(DistancesByElement {
            amd_linf_by_element: finite(linf),
            pdd_emd_by_element: finite(emd),
        })
    } else {
        None
    };
    Ok(Distances { amd_linf: amd_linf(&pdd_a.amd(), &pdd_b.amd())?, pdd_emd, by_element })
}
