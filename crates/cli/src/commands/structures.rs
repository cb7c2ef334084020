//! `braggscape structures`.

use super::{must_be_new, write_new};
use crate::args::{OutputFormat, Shared, StructuresArgs};
use crate::failure::Failure;
use crate::output::{choose, notice, print, print_json, print_json_lines};
use braggscape_crystal::study_crystals;
use std::process::ExitCode;

pub(crate) fn run(args: &StructuresArgs, shared: &Shared) -> Result<ExitCode, Failure> {
    let formats = [OutputFormat::Text, OutputFormat::Json, OutputFormat::Jsonl];
    let format = choose(shared, "structures", &formats)?;
    if let Some(dir) = &args.out {
        std::fs::create_dir_all(dir)
            .map_err(|e| Failure::usage(format!("{}: cannot be made: {e}", dir.display())))?;
        let files: Vec<_> = study_crystals()
            .iter()
            .map(|c| (dir.join(format!("{}.cif", c.name)), c.cif.as_bytes()))
            .collect();
        // All or none: what is there is looked at before the first is written.
        for (path, bytes) in &files {
            must_be_new(path, bytes)?;
        }
        for (path, bytes) in &files {
            write_new(path, bytes)?;
        }
        notice(shared, &format!("{} CIF files are in {}", files.len(), dir.display()));
    }
    let rows: Vec<_> = study_crystals()
        .iter()
        .map(|c| {
            let s = c.structure();
            let p = s.cell();
            serde_json::json!({
                "name": c.name, "id": c.id, "formula": c.formula, "n_sites": s.n_sites(),
                "space_group": { "number": c.space_group_number, "symbol": c.hm_symbol },
                "crystal_family": c.crystal_family.name(),
                "lattice": {
                    "a": p.a, "b": p.b, "c": p.c, "alpha": p.alpha, "beta": p.beta, "gamma": p.gamma,
                },
            })
        })
        .collect();
    match format {
        OutputFormat::Json => print_json(&rows.into())?,
        OutputFormat::Jsonl => print_json_lines(&rows)?,
        _ => print(&text())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn text() -> String {
    let mut lines = vec![format!(
        "{:<12} {:<12} {:<14} {:<10} {:<13} {:>5}  {:<33} {}",
        "name", "id", "formula", "group", "family", "sites", "a, b, c (Å)", "α, β, γ (°)"
    )];
    for c in study_crystals() {
        let s = c.structure();
        let p = s.cell();
        lines.push(format!(
            "{:<12} {:<12} {:<14} {:<10} {:<13} {:>5}  {:<33} {:.2}, {:.2}, {:.2}",
            c.name,
            c.id,
            c.formula,
            c.hm_symbol,
            c.crystal_family.name(),
            s.n_sites(),
            format!("{:.6}, {:.6}, {:.6}", p.a, p.b, p.c),
            p.alpha,
            p.beta,
            p.gamma
        ));
    }
    lines.push(
        "From the Materials Project (CC BY 4.0): A. Jain et al., APL Materials 1, 011002 (2013)."
            .to_owned(),
    );
    lines.join("\n") + "\n"
}
