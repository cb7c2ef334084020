//! `braggscape info`.

use super::write_new;
use crate::args::{InfoArgs, OutputFormat, Shared, Standard};
use crate::failure::Failure;
use crate::input::{self, Structures};
use crate::output::{batch, choose, notice, print, print_json};
use braggscape_crystal::io::{Format, NamedStructure, structure_to_json, write_cif, write_poscar};
use braggscape_crystal::reduction::{Basis, niggli};
use braggscape_crystal::symmetry::{Setting, find_symmetry, standardize};
use braggscape_crystal::{Lattice, Structure, wrap_unit};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(args: &InfoArgs, shared: &Shared) -> Result<ExitCode, Failure> {
    if !(args.symprec > 0.0 && args.symprec.is_finite()) {
        return Err(Failure::usage(format!(
            "--symprec {} is outside its range (above 0 Å)",
            args.symprec
        )));
    }
    match input::structures_as(&args.structure, shared.format)? {
        Structures::Many(entries) => {
            choose(shared, "info of a list", &[OutputFormat::Jsonl, OutputFormat::Json])?;
            if args.standardize.is_some() {
                return Err(Failure::usage("--standardize takes one structure, not a list"));
            }
            batch(entries, |entry, (): &mut ()| info(&input::parse(&entry)?, args.symprec))
        }
        Structures::One(named) => {
            let formats = [OutputFormat::Text, OutputFormat::Json, OutputFormat::Jsonl];
            let format = choose(shared, "info", &formats)?;
            let value = info(&named, args.symprec)?;
            if let (Some(standard), Some(out)) = (args.standardize, &args.out) {
                let cell = standard_cell(&named.structure, standard, args.symprec)?;
                write_structure(out, &cell, named.id.as_deref())?;
            }
            for note in &named.notes {
                notice(shared, &format!("note: {note}"));
            }
            if let Some(out) = &args.out {
                notice(shared, &format!("the standard cell is in {}", out.display()));
            }
            if format == OutputFormat::Text {
                print(&text(&value))?;
            } else {
                print_json(&value)?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn info(named: &NamedStructure, symprec: f64) -> Result<Value, Failure> {
    let s = &named.structure;
    let symmetry = find_symmetry(s, symprec).map_err(|e| Failure::work(&e))?;
    let p = s.cell();
    let mut value = json!({
        "formula": s.reduced_formula(),
        "n_sites": s.n_sites(),
        "lattice": {
            "a": p.a, "b": p.b, "c": p.c, "alpha": p.alpha, "beta": p.beta, "gamma": p.gamma,
            "volume": s.lattice().volume(),
        },
        "space_group": {
            "number": symmetry.number, "symbol": symmetry.hm_symbol,
            "hall_number": symmetry.hall_number,
        },
        "crystal_family": symmetry.crystal_family.name(),
        "wyckoff": symmetry.wyckoffs.iter().map(char::to_string).collect::<Vec<_>>(),
        "site_symmetry": symmetry.site_symmetry,
        "hall_symbol": symmetry.hall_symbol,
        "symprec": symmetry.symprec,
    });
    if let Some(id) = &named.id {
        value["id"] = json!(id);
    }
    Ok(value)
}

fn text(v: &Value) -> String {
    let l = &v["lattice"];
    let number = |key: &str| l[key].as_f64().unwrap_or(f64::NAN);
    let letters: Vec<&str> =
        v["wyckoff"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    format!(
        "formula         {}\nsites           {}\na, b, c         {:.6}, {:.6}, {:.6} Å\nα, β, γ         {:.4}, {:.4}, {:.4} °\nvolume          {:.4} Å^3\nspace group     {} (No. {}, Hall {}) within {} Å\ncrystal family  {}\nWyckoff         {}\n",
        v["formula"].as_str().unwrap_or(""),
        v["n_sites"],
        number("a"),
        number("b"),
        number("c"),
        number("alpha"),
        number("beta"),
        number("gamma"),
        number("volume"),
        v["space_group"]["symbol"].as_str().unwrap_or(""),
        v["space_group"]["number"],
        v["space_group"]["hall_number"],
        v["symprec"],
        v["crystal_family"].as_str().unwrap_or(""),
        letters.join(" "),
    )
}

fn standard_cell(s: &Structure, standard: Standard, symprec: f64) -> Result<Structure, Failure> {
    let setting = match standard {
        Standard::Conventional => Setting::Conventional,
        Standard::Primitive | Standard::Niggli => Setting::Primitive,
    };
    let cell = standardize(s, symprec, setting).map_err(|e| Failure::work(&e))?;
    if standard == Standard::Niggli { niggli_cell(&cell) } else { Ok(cell) }
}

/// The same crystal in the Niggli cell of its lattice.
fn niggli_cell(s: &Structure) -> Result<Structure, Failure> {
    let reduced = niggli(&Basis(s.lattice().rows())).map_err(|e| Failure::work(&e))?;
    let lattice = Lattice::from_rows(reduced.0).map_err(|e| Failure::work(&e))?;
    let coords: Vec<_> = s
        .sites()
        .iter()
        .map(|site| lattice.frac(&s.lattice().cart(&site.frac)).map(wrap_unit))
        .collect();
    s.with_lattice(lattice).with_frac_coords(&coords).map_err(|e| Failure::work(&e))
}

pub(super) fn write_structure(path: &Path, s: &Structure, id: Option<&str>) -> Result<(), Failure> {
    let text = match Format::from_path(path).map_err(|e| Failure::bad_input(&e))? {
        Format::Cif => write_cif(s, id),
        Format::Poscar => write_poscar(s, id).map_err(|e| Failure::work(&e))?,
        Format::Json | Format::Jsonl => format!("{}\n", structure_to_json(s, id)),
        _ => {
            return Err(Failure::usage(format!(
                "{}: expected .cif, .json or POSCAR to write to",
                path.display()
            )));
        }
    };
    write_new(path, text.as_bytes())
}
