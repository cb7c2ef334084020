//! `braggscape match`.

use super::scoring;
use crate::args::{MatchArgs, OutputFormat, Shared};
use crate::failure::Failure;
use crate::input;
use crate::output::{batch, choose, print, print_json};
use crate::pairs::raw_pairs;
use braggscape_crystal::Structure;
use braggscape_metrics::{
    CrystalDistance, CrystalDistanceOptions, DistanceOutcome, MatchOutcome, MetricError, Prepared,
    StructureMatcher, StructureMatcherOptions,
};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

pub(crate) fn run(args: &MatchArgs, shared: &Shared) -> Result<ExitCode, Failure> {
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
        let comparison = Comparison::new(matcher, args);
        return batch(raw_pairs(path)?, |pair, (): &mut ()| {
            let [a, b] = pair.parse()?;
            let compared = comparison.compare(&a, &b).map_err(|e| e.at(&pair.place()))?;
            Ok(Value::Object(comparison.fields(&compared)))
        });
    }
    if let (Some(reference), Some(candidates)) = (&args.reference, &args.candidates) {
        return scoring::run(reference, candidates, &Comparison::new(matcher, args), args, shared);
    }
    let formats = [OutputFormat::Text, OutputFormat::Json, OutputFormat::Jsonl];
    let format = choose(shared, "match", &formats)?;
    let (Some(a), Some(b)) = (&args.a, &args.b) else {
        return Err(Failure::usage("expected two structures, or --pairs FILE.jsonl"));
    };
    let (a, b) = (input::structure(a)?.structure, input::structure(b)?.structure);
    let comparison = Comparison::new(matcher, args);
    let compared = comparison.compare(&a, &b)?;
    if format == OutputFormat::Text {
        print(&text(args, &compared))?;
    } else {
        print_json(&Value::Object(comparison.fields(&compared)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is asked of a pair.
pub(super) struct Comparison {
    pub(super) matcher: StructureMatcher,
    distance: Option<CrystalDistance>,
}

/// The answers.
pub(super) struct Compared {
    pub(super) outcome: MatchOutcome,
    pub(super) distance: Option<DistanceOutcome>,
}

impl Comparison {
    fn new(matcher: StructureMatcher, args: &MatchArgs) -> Self {
        let options = CrystalDistanceOptions { scale: !args.no_scale };
        Self { matcher, distance: args.distance.then(|| CrystalDistance::new(options)) }
    }

    fn compare(&self, a: &Structure, b: &Structure) -> Result<Compared, Failure> {
        let prepared = self.matcher.prepare(b).map_err(|e| Failure::work(&e))?;
        self.compare_prepared(a, b, &prepared)
    }

    /// As [`Comparison::compare`], where `b` has been prepared for the matcher before.
    pub(super) fn compare_prepared(
        &self,
        a: &Structure,
        b: &Structure,
        prepared: &Prepared,
    ) -> Result<Compared, Failure> {
        let work = || {
            let outcome = self.matcher.compare(&self.matcher.prepare(a)?, prepared)?;
            let distance = match &self.distance {
                Some(distance) => distance.distance(a, b)?,
                None => None,
            };
            Ok(Compared { outcome, distance })
        };
        work().map_err(|e: MetricError| Failure::work(&e))
    }

    /// Fields of a line of JSON.
    pub(super) fn fields(&self, compared: &Compared) -> Map<String, Value> {
        let Compared { outcome, distance } = compared;
        let mut fields = Map::new();
        fields.insert("match".to_owned(), json!(outcome.matched));
        fields.insert("rms".to_owned(), json!(outcome.rms));
        fields.insert("max_dist".to_owned(), json!(outcome.max_dist));
        if self.distance.is_some() {
            fields.insert("distance".to_owned(), json!(distance.map(|d| d.distance)));
            fields.insert("distance_rms".to_owned(), json!(distance.map(|d| d.rms)));
            fields.insert("distance_strain".to_owned(), json!(distance.map(|d| d.strain)));
            fields.insert("distance_certified".to_owned(), json!(distance.map(|d| d.certified)));
        }
        fields
    }
}

fn text(args: &MatchArgs, compared: &Compared) -> String {
    let outcome = &compared.outcome;
    let verdict = if outcome.matched { "match" } else { "no match" };
    let number = |x: Option<f64>| x.map_or_else(|| "none".to_owned(), |x| format!("{x:.6}"));
    let distance = match compared.distance {
        Some(d) => format!(
            "  distance {:.6}{} (sites {:.6}, strain {:.6}; no tolerance)\n",
            d.distance,
            if d.certified { "" } else { " or less" },
            d.rms,
            d.strain
        ),
        None if args.distance => "  no distance: the compositions differ\n".to_owned(),
        None => String::new(),
    };
    format!(
        "{verdict}\n  rms {}, largest distance {} (in units of (V/N)^(1/3))\n  rests on: lengths within {}, angles within {}°, sites within {}{}{}{}\n{distance}",
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
