//! Structures as JSON: our own layout and pymatgen's `Structure.as_dict`.

use super::cif::Fault;
use super::{Format, NamedStructure, Problem, overlap};
use crate::{CellParameters, Element, Lattice, Site, Structure};
use nalgebra::Vector3;
use serde_json::{Map, Value, json};

/// A structure as JSON: `{"id"?, "lattice": rows in Å, "numbers", "frac_coords", "occupancies"?}`, at full precision.
///
/// Occupancies are written where one of them is below 1.
pub fn structure_to_json(structure: &Structure, id: Option<&str>) -> Value {
    let sites = structure.sites();
    let mut map = Map::new();
    if let Some(id) = id {
        map.insert("id".to_owned(), json!(id));
    }
    map.insert("lattice".to_owned(), json!(structure.lattice().rows()));
    let numbers: Vec<u8> = sites.iter().map(|s| s.element.atomic_number()).collect();
    map.insert("numbers".to_owned(), json!(numbers));
    let coords: Vec<[f64; 3]> = sites.iter().map(|s| s.frac.into()).collect();
    map.insert("frac_coords".to_owned(), json!(coords));
    if sites.iter().any(|s| s.occupancy < 1.0) {
        let occupancies: Vec<f64> = sites.iter().map(|s| s.occupancy).collect();
        map.insert("occupancies".to_owned(), json!(occupancies));
    }
    Value::Object(map)
}

/// The structure in a JSON value: our layout, pymatgen's `as_dict`, or either under the key `structure`.
///
/// The identifier is `id` or `material_id`, of the outer object first.
///
/// # Errors
/// [`Problem`], which names the key.
pub fn structure_from_json(value: &Value) -> Result<NamedStructure, Problem> {
    let object = value.as_object().ok_or_else(|| Problem::Expected {
        name: "the value".to_owned(),
        found: kind(value).to_owned(),
        expected: "an object with `lattice`, `numbers` and `frac_coords`, or with `sites`",
    })?;
    if !object.contains_key("lattice")
        && let Some(inner) = object.get("structure")
    {
        let mut named = structure_from_json(inner)?;
        named.id = identifier(object).or(named.id);
        return Ok(named);
    }
    let lattice = read_lattice(object)?;
    let (sites, names) =
        if object.contains_key("sites") { pymatgen_sites(object)? } else { own_sites(object)? };
    let structure = Structure::new(lattice, sites).map_err(Problem::Crystal)?;
    overlap::check(&structure, |i| names[i].clone())?;
    Ok(NamedStructure::new(identifier(object), structure))
}

/// Reads a JSON text of one structure.
pub(super) fn read(text: &str) -> Result<NamedStructure, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value = parse(text)?;
    let value = match value {
        Value::Array(mut list) => match list.len() {
            1 => list.remove(0),
            0 => return Err((None, Problem::Empty { expected: Format::Json.expected() })),
            _ => return Err((None, Problem::SeveralStructures)),
        },
        value => value,
    };
    structure_from_json(&value).map_err(|p| (None, p))
}

/// Parses JSON, with `NaN` and `Infinity` of Python's writer let through as texts, so that the site can be named.
fn parse(text: &str) -> Result<Value, Fault> {
    let fault = |e: &serde_json::Error| {
        let line = (e.line() > 0).then_some(e.line() as u64);
        let message = e.to_string();
        let reason = message.split(" at line ").next().unwrap_or(&message).to_owned();
        let problem = if e.is_eof() {
            Problem::Truncated { within: format!("JSON ({reason})") }
        } else {
            Problem::Json(reason)
        };
        (line, problem)
    };
    serde_json::from_str(text).or_else(|e| match quote_non_finite(text) {
        Some(quoted) => serde_json::from_str(&quoted).map_err(|_| fault(&e)),
        None => Err(fault(&e)),
    })
}

/// The text with bare `NaN`, `Infinity` and `-Infinity` in quotation marks; `None` where there are none.
fn quote_non_finite(text: &str) -> Option<String> {
    const WORDS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut changed = false;
    let mut in_string = false;
    while let Some(c) = rest.chars().next() {
        if !in_string && let Some(word) = WORDS.iter().find(|w| rest.starts_with(**w)) {
            out.push('"');
            out.push_str(word);
            out.push('"');
            rest = &rest[word.len()..];
            changed = true;
            continue;
        }
        let mut taken = c.len_utf8();
        match c {
            '"' => in_string = !in_string,
            '\\' if in_string => {
                taken += rest[1..].chars().next().map_or(0, char::len_utf8);
            }
            _ => {}
        }
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    changed.then_some(out)
}

/// The identifier of a text that is a JSON object, whatever else is in it.
pub(super) fn identifier_of(text: &str) -> Option<String> {
    identifier(serde_json::from_str::<Value>(text).ok()?.as_object()?)
}

fn identifier(object: &Map<String, Value>) -> Option<String> {
    ["id", "material_id"].iter().find_map(|key| match object.get(*key)? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn get<'a>(object: &'a Map<String, Value>, key: &str, path: &str) -> Result<&'a Value, Problem> {
    object.get(key).ok_or_else(|| Problem::Missing { name: format!("`{path}{key}`") })
}

fn expected(name: String, value: &Value, expected: &'static str) -> Problem {
    let found = match value {
        Value::Number(_) | Value::String(_) => value.to_string(),
        other => kind(other).to_owned(),
    };
    Problem::Expected { name, found, expected }
}

fn array<'a>(value: &'a Value, name: &str, what: &'static str) -> Result<&'a [Value], Problem> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| expected(name.to_owned(), value, what))
}

/// A finite number; `name` is called where there is none.
fn number(value: &Value, name: impl Fn() -> String) -> Result<f64, Problem> {
    match value {
        Value::Number(n) => match n.as_f64() {
            Some(x) if x.is_finite() => Ok(x),
            _ => Err(Problem::NonFinite { name: name(), found: n.to_string() }),
        },
        Value::String(s) if matches!(s.as_str(), "NaN" | "Infinity" | "-Infinity") => {
            Err(Problem::NonFinite { name: name(), found: s.clone() })
        }
        // Writers of JSON that keep to the standard replace NaN by null.
        Value::Null => Err(Problem::NonFinite { name: name(), found: "null".to_owned() }),
        other => Err(expected(name(), other, "a number")),
    }
}

fn triple(value: &Value, name: impl Fn() -> String) -> Result<[f64; 3], Problem> {
    let list = value.as_array().filter(|l| l.len() == 3);
    let list = list.ok_or_else(|| expected(name(), value, "an array of three numbers"))?;
    let mut out = [0.0; 3];
    for (x, v) in out.iter_mut().zip(list) {
        *x = number(v, &name)?;
    }
    Ok(out)
}

fn read_lattice(object: &Map<String, Value>) -> Result<Lattice, Problem> {
    let value = get(object, "lattice", "")?;
    let (rows, path) = match value {
        Value::Object(lattice) => match lattice.get("matrix") {
            Some(matrix) => (matrix, "lattice.matrix"),
            None => return lattice_of_parameters(lattice),
        },
        rows => (rows, "lattice"),
    };
    let list = array(rows, path, "three rows of three numbers")?;
    if list.len() != 3 {
        return Err(expected(path.to_owned(), rows, "three rows of three numbers"));
    }
    let mut matrix = [[0.0; 3]; 3];
    for (i, (row, v)) in matrix.iter_mut().zip(list).enumerate() {
        *row = triple(v, || format!("{path}[{i}]"))?;
    }
    Lattice::from_rows(matrix).map_err(Problem::Crystal)
}

fn lattice_of_parameters(lattice: &Map<String, Value>) -> Result<Lattice, Problem> {
    let mut p = [0.0; 6];
    for (x, key) in p.iter_mut().zip(["a", "b", "c", "alpha", "beta", "gamma"]) {
        *x = number(get(lattice, key, "lattice.")?, || format!("lattice.{key}"))?;
    }
    Lattice::from_parameters(&CellParameters::from_array(p)).map_err(Problem::Crystal)
}

type Sites = (Vec<Site>, Vec<String>);

/// Sites of our own layout, and their names.
fn own_sites(object: &Map<String, Value>) -> Result<Sites, Problem> {
    let numbers = array(get(object, "numbers", "")?, "numbers", "an array of atomic numbers")?;
    let coords = get(object, "frac_coords", "")?;
    let list = array(coords, "frac_coords", "an array of coordinate triples")?;
    let length = |name: &str, found: usize| Problem::Expected {
        name: format!("length of {name}"),
        found: found.to_string(),
        expected: "the length of `numbers`",
    };
    if list.len() != numbers.len() {
        return Err(length("frac_coords", list.len()));
    }
    let occupancies = match object.get("occupancies") {
        None | Some(Value::Null) => None,
        Some(v) => Some(array(v, "occupancies", "an array of numbers")?),
    };
    if let Some(o) = occupancies
        && o.len() != numbers.len()
    {
        return Err(length("occupancies", o.len()));
    }
    let mut sites = Vec::with_capacity(numbers.len());
    let mut names = Vec::with_capacity(numbers.len());
    for (i, (n, f)) in numbers.iter().zip(list).enumerate() {
        let z =
            n.as_i64().ok_or_else(|| expected(format!("numbers[{i}]"), n, "an atomic number"))?;
        let element = Element::from_atomic_number(z)
            .map_err(|_| Problem::UnknownElement { site: i.to_string(), symbol: z.to_string() })?;
        let name = format!("{i} ({element})");
        let frac = triple(f, || format!("frac_coords[{i}] of site {name}"))?;
        let occupancy = match occupancies {
            Some(o) => number(&o[i], || format!("occupancies[{i}] of site {name}"))?,
            None => 1.0,
        };
        let occupancy = checked_occupancy(occupancy, &name)?;
        sites.push(Site { element, frac: Vector3::from(frac), occupancy });
        names.push(name);
    }
    Ok((sites, names))
}

fn checked_occupancy(occupancy: f64, site: &str) -> Result<f64, Problem> {
    if occupancy > 0.0 && occupancy <= 1.0 + overlap::OCCUPANCY_TOLERANCE {
        Ok(occupancy.min(1.0))
    } else {
        Err(Problem::Occupancy { site: site.to_owned(), occupancy })
    }
}

/// Sites of pymatgen's layout, one for each species of a site, and their names.
fn pymatgen_sites(object: &Map<String, Value>) -> Result<Sites, Problem> {
    let list = array(get(object, "sites", "")?, "sites", "an array of sites")?;
    let mut sites = Vec::with_capacity(list.len());
    let mut names = Vec::with_capacity(list.len());
    for (i, value) in list.iter().enumerate() {
        let path = format!("sites[{i}]");
        let site = value.as_object().ok_or_else(|| expected(path.clone(), value, "an object"))?;
        let prefix = format!("{path}.");
        let species = get(site, "species", &prefix)?;
        let shares = array(species, &format!("{path}.species"), "an array of species")?;
        if shares.is_empty() {
            return Err(expected(format!("{path}.species"), species, "at least one species"));
        }
        let mut elements: Vec<(Element, f64)> = Vec::with_capacity(shares.len());
        for share in shares {
            let symbol = share.get("element").and_then(Value::as_str).unwrap_or("");
            let element = species_element(symbol).ok_or_else(|| Problem::UnknownElement {
                site: i.to_string(),
                symbol: symbol.to_owned(),
            })?;
            let occupancy = match share.get("occu") {
                Some(o) => number(o, || format!("{path}.species occu of site {i} ({element})"))?,
                None => 1.0,
            };
            let occupancy = checked_occupancy(occupancy, &format!("{i} ({element})"))?;
            // Fe2+ and Fe3+ on one position are one element to diffraction.
            match elements.iter_mut().find(|(e, _)| *e == element) {
                Some((_, sum)) => {
                    *sum = checked_occupancy(*sum + occupancy, &format!("{i} ({element})"))?;
                }
                None => elements.push((element, occupancy)),
            }
        }
        let name = format!("{i} ({})", elements[0].0);
        let frac = triple(get(site, "abc", &prefix)?, || format!("{path}.abc of site {name}"))?;
        for (element, occupancy) in elements {
            sites.push(Site { element, frac: Vector3::from(frac), occupancy });
            names.push(name.clone());
        }
    }
    Ok((sites, names))
}

/// The element of a species string: `Fe`, `Fe3+`, `O2-`, `Fe2.5+,spin=5`, `D`.
fn species_element(text: &str) -> Option<Element> {
    let letters = text.chars().take_while(char::is_ascii_alphabetic).count();
    match &text[..letters] {
        "D" | "T" => Element::from_symbol("H").ok(),
        symbol => Element::from_symbol(symbol).ok(),
    }
}
