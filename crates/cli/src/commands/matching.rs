//! `braggscape match`.

use crate::args::{MatchArgs, OutputFormat, Shared};
use crate::failure::Failure;
use crate::input;
use crate::output::{batch, choose, print, print_json};
use braggscape_crystal::Structure;
use braggscape_crystal::io::structure_from_json;
use braggscape_metrics::{MatchOutcome, StructureMatcher, StructureMatcherOptions};
use serde_json::{Value, json};
use std::io::BufRead;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(args: &MatchArgs, shared: &Shared) -> Result<ExitCode, Failure> {
    if args.reference.is_some() || args.candidates.is_some() {
        return Err(Failure::not_available("match --reference --candidates"));
    }
    let options = StructureMatcherOptions {
        ltol: args.ltol,
        stol: args.stol,
        angle_tol: args.angle_tol,
        scale: !args.no_scale,
        primitive_cell: !args.no_primitive,
        anonymous: args.anonymous,
        attempt_supercell: args.attempt_supercell,
        symmetric: args.symmetric,
    };
    let matcher = StructureMatcher::new(options).map_err(|e| Failure::bad_input(&e))?;
    if let Some(path) = &args.pairs {
        choose(shared, "match --pairs", &[OutputFormat::Jsonl, OutputFormat::Json])?;
        return pairs(path, &matcher);
    }
    let formats = [OutputFormat::Text, OutputFormat::Json, OutputFormat::Jsonl];
    let format = choose(shared, "match", &formats)?;
    let (Some(a), Some(b)) = (&args.a, &args.b) else {
        return Err(Failure::usage("expected two structures, or --pairs FILE.jsonl"));
    };
    let (a, b) = (input::structure(a)?.structure, input::structure(b)?.structure);
    let outcome = compare(&matcher, &a, &b)?;
    if format == OutputFormat::Text {
        print(&text(args, &outcome))?;
    } else {
        print_json(&json_of(&outcome))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn compare(
    matcher: &StructureMatcher,
    a: &Structure,
    b: &Structure,
) -> Result<MatchOutcome, Failure> {
    let work = || matcher.compare(&matcher.prepare(a)?, &matcher.prepare(b)?);
    work().map_err(|e| Failure::work(&e))
}

fn json_of(outcome: &MatchOutcome) -> Value {
    json!({ "match": outcome.matched, "rms": outcome.rms, "max_dist": outcome.max_dist })
}

fn text(args: &MatchArgs, outcome: &MatchOutcome) -> String {
    let verdict = if outcome.matched { "match" } else { "no match" };
    let number = |x: Option<f64>| x.map_or_else(|| "none".to_owned(), |x| format!("{x:.6}"));
    format!(
        "{verdict}\n  rms {}, largest distance {} (in units of (V/N)^(1/3))\n  rests on: lengths within {}, angles within {}°, sites within {}{}{}{}\n",
        number(outcome.rms),
        number(outcome.max_dist),
        args.ltol,
        args.angle_tol,
        args.stol,
        if args.no_scale { ", absolute volumes" } else { ", volumes scaled to each other" },
        if args.no_primitive { ", cells as given" } else { ", primitive cells" },
        if args.anonymous { ", any elements" } else { "" },
    )
}

/// One line a pair.
fn pairs(path: &Path, matcher: &StructureMatcher) -> Result<ExitCode, Failure> {
    let (reader, name) = (input::reader(path)?, input::name_of(path));
    let mut lines = reader
        .lines()
        .enumerate()
        .filter_map(|(i, line)| match line {
            Ok(text) if text.trim().is_empty() => None,
            Ok(text) => Some(Ok((i + 1, text))),
            Err(e) => Some(Err(Failure::usage(format!("{name}:{}: {e}", i + 1)))),
        })
        .peekable();
    if lines.peek().is_none() {
        return Err(Failure::usage(format!(
            "{name}: holds no pair, expected lines {{\"a\": structure, \"b\": structure}}"
        )));
    }
    batch(lines, |(line, text), (): &mut ()| {
        let at = |what: &dyn std::fmt::Display| Failure::usage(format!("{name}:{line}: {what}"));
        let value: Value = serde_json::from_str(&text).map_err(|e| at(&e))?;
        let side = |key: &str| {
            let side = value.get(key).ok_or_else(|| at(&format!("`{key}` is missing")))?;
            structure_from_json(side)
                .map(|named| named.structure)
                .map_err(|e| at(&format!("`{key}`: {e}")))
        };
        compare(matcher, &side("a")?, &side("b")?).map(|outcome| json_of(&outcome))
    })
}
