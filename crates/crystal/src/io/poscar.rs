//! VASP POSCAR in and out.
//!
//! The layout is that of the VASP manual (<https://www.vasp.at/wiki/POSCAR>): comment, scale, three lattice vectors, element
//! symbols, counts, an optional `Selective dynamics`, `Direct` or `Cartesian`, coordinates.

use super::cif::Fault;
use super::{NamedStructure, Problem, WriteError, overlap};
use crate::{Element, Lattice, Site, Structure};
use nalgebra::{Matrix3, Vector3};
use std::fmt::Write as _;

/// More atoms than this in one cell is a misread count.
const MAX_SITES: usize = 10_000_000;

/// Lines of a text, with numbers.
struct Lines<'a> {
    lines: Vec<&'a str>,
    at: usize,
}

impl<'a> Lines<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.lines.get(self.at).copied()
    }

    /// The next line without comments, and its number.
    fn next(&mut self, within: &str) -> Result<(&'a str, u64), Fault> {
        let line = self.peek().ok_or_else(|| {
            (Some(self.lines.len() as u64), Problem::Truncated { within: within.to_owned() })
        })?;
        self.at += 1;
        Ok((line, self.at as u64))
    }
}

/// Text of a line before a comment.
fn bare(line: &str) -> &str {
    line.split(['!', '#']).next().unwrap_or("").trim()
}

pub(super) fn read(text: &str) -> Result<NamedStructure, Fault> {
    let mut lines = Lines { lines: text.lines().collect(), at: 0 };
    let (comment, _) = lines.next("the comment line")?;
    let (lattice, cartesian_scale) = read_lattice(&mut lines)?;
    let (elements, symbols_given) = read_elements(&mut lines, comment)?;
    let (mut mode, mut mode_line) = lines.next("the coordinates")?;
    let selective = bare(mode).starts_with(['s', 'S']);
    if selective {
        (mode, mode_line) = lines.next("the coordinates")?;
    }
    let cartesian = match bare(mode).chars().next() {
        Some('c' | 'C' | 'k' | 'K') => true,
        Some('d' | 'D' | 'f' | 'F') => false,
        _ => {
            return Err((
                Some(mode_line),
                Problem::Expected {
                    name: "coordinate mode".to_owned(),
                    found: format!("`{}`", mode.trim()),
                    expected: "`Direct` or `Cartesian`",
                },
            ));
        }
    };
    let mut sites = Vec::with_capacity(elements.len().min(4096));
    for (i, element) in elements.iter().enumerate() {
        let (line, n) = lines.next("the coordinates")?;
        let name = |symbol: &str| format!("coordinates of site {} ({symbol})", i + 1);
        let symbol = element.map_or("unnamed", Element::symbol);
        let v = three(line, n, || name(symbol))?;
        let element = match element {
            Some(element) => *element,
            None => appended_symbol(line, selective)
                .ok_or((Some(symbols_given), Problem::PoscarSymbols))?,
        };
        let v = Vector3::from(v);
        let frac = if cartesian {
            lattice.frac(&Vector3::from_fn(|k, _| v[k] * cartesian_scale[k]))
        } else {
            v
        };
        sites.push(Site::new(element, frac));
    }
    let structure = Structure::new(lattice, sites).map_err(|e| (None, Problem::Crystal(e)))?;
    let name = |i: usize| format!("{} ({})", i + 1, structure.sites()[i].element);
    overlap::check(&structure, name).map_err(|p| (Some(mode_line + 1), p))?;
    let id = comment.trim();
    let id = (!id.is_empty()).then(|| id.to_owned());
    Ok(NamedStructure::new(id, structure))
}

/// The lattice, and the factors of Cartesian coordinates.
fn read_lattice(lines: &mut Lines<'_>) -> Result<(Lattice, [f64; 3]), Fault> {
    let (line, n) = lines.next("the scale factor")?;
    let scales: Vec<&str> = bare(line).split_whitespace().collect();
    let expected = || {
        (
            Some(n),
            Problem::Expected {
                name: "scale factor".to_owned(),
                found: format!("`{}`", line.trim()),
                expected: "one number (negative: the cell volume in Å^3) or three positive ones",
            },
        )
    };
    let scales: Vec<f64> =
        scales.iter().map_while(|s| s.parse().ok()).filter(|s: &f64| s.is_finite()).collect();
    let mut rows = [[0.0; 3]; 3];
    for (row, name) in rows.iter_mut().zip(["a", "b", "c"]) {
        let (line, n) = lines.next("the lattice vectors")?;
        *row = three(line, n, || format!("lattice vector {name}"))?;
    }
    let volume = Matrix3::from_fn(|i, j| rows[i][j]).determinant().abs();
    let scale = match scales[..] {
        [x, y, z] if x > 0.0 && y > 0.0 && z > 0.0 => [x, y, z],
        [s, ..] if s > 0.0 => [s; 3],
        // A flat cell is reported as such, not as one of infinite size.
        [v, ..] if v < 0.0 && volume > 0.0 => [libm::cbrt(-v / volume); 3],
        [v, ..] if v < 0.0 => [1.0; 3],
        _ => return Err(expected()),
    };
    let rows = rows.map(|row| std::array::from_fn(|k| row[k] * scale[k]));
    let lattice = Lattice::from_rows(rows).map_err(|e| (Some(n + 1), Problem::Crystal(e)))?;
    Ok((lattice, scale))
}

/// The element of each site, `None` where the header does not name it; and the line of the counts.
fn read_elements(
    lines: &mut Lines<'_>,
    comment: &str,
) -> Result<(Vec<Option<Element>>, u64), Fault> {
    let is_count = |line: &str| {
        bare(line).split_whitespace().next().is_some_and(|w| w.parse::<usize>().is_ok())
    };
    let mut symbols: Vec<(String, u64)> = Vec::new();
    let first_line = lines.at as u64 + 1;
    // VASP breaks lines of more than twenty symbols.
    while lines.peek().is_some_and(|l| !is_count(l)) {
        let (line, n) = lines.next("the element symbols")?;
        if bare(line).is_empty() {
            break;
        }
        symbols.extend(bare(line).split_whitespace().map(|w| (w.to_owned(), n)));
    }
    let counts_line = lines.at as u64 + 1;
    let mut counts: Vec<usize> = Vec::new();
    while lines.peek().is_some_and(is_count) {
        let (line, n) = lines.next("the counts")?;
        for word in bare(line).split_whitespace() {
            counts.push(word.parse().map_err(|_| {
                (
                    Some(n),
                    Problem::Expected {
                        name: "number of atoms".to_owned(),
                        found: format!("`{word}`"),
                        expected: "a whole number",
                    },
                )
            })?);
        }
        if symbols.is_empty() || counts.len() >= symbols.len() {
            break;
        }
    }
    if counts.is_empty() {
        let within = "the element symbols and counts".to_owned();
        return Err((Some(first_line), Problem::Truncated { within }));
    }
    let total = counts.iter().try_fold(0_usize, |sum, n| sum.checked_add(*n));
    if total.is_none_or(|n| n == 0 || n > MAX_SITES) {
        return Err((
            Some(counts_line),
            Problem::Expected {
                name: "sum of the counts".to_owned(),
                found: total.map_or_else(|| "too large".to_owned(), |n| n.to_string()),
                expected: "between 1 and 10 million atoms",
            },
        ));
    }
    let elements: Vec<Option<Element>> = if symbols.is_empty() {
        let words: Vec<_> = comment.split_whitespace().map(Element::from_symbol).collect();
        let named = words.len() == counts.len() && words.iter().all(Result::is_ok);
        if named { words.into_iter().map(Result::ok).collect() } else { vec![None; counts.len()] }
    } else if symbols.len() == counts.len() {
        symbols.iter().map(|(s, n)| poscar_symbol(s, *n).map(Some)).collect::<Result<_, _>>()?
    } else {
        return Err((
            Some(counts_line),
            Problem::Expected {
                name: "number of counts".to_owned(),
                found: counts.len().to_string(),
                expected: "as many as there are element symbols",
            },
        ));
    };
    let all = elements.iter().zip(&counts).flat_map(|(e, n)| std::iter::repeat_n(*e, *n)).collect();
    Ok((all, counts_line))
}

/// `Fe`, or `Fe_pv` and `Fe_pv/2c1a` with which newer versions of VASP name the potential.
fn poscar_symbol(word: &str, line: u64) -> Result<Element, Fault> {
    let symbol = word.split(['_', '/']).next().unwrap_or(word);
    Element::from_symbol(symbol).map_err(|_| {
        let site = "group".to_owned();
        (Some(line), Problem::UnknownElement { site, symbol: word.to_owned() })
    })
}

/// The symbol that some programs append to the coordinates.
fn appended_symbol(line: &str, selective: bool) -> Option<Element> {
    let word = line.split_whitespace().nth(if selective { 6 } else { 3 })?;
    Element::from_symbol(word).ok()
}

/// The first three numbers of a line.
fn three(line: &str, n: u64, name: impl Fn() -> String) -> Result<[f64; 3], Fault> {
    let mut values = [0.0; 3];
    let mut words = line.split_whitespace();
    for value in &mut values {
        let word = words.next().unwrap_or("");
        let parsed: Option<f64> = word.parse().ok();
        *value = match parsed {
            Some(x) if x.is_finite() => x,
            Some(_) => {
                let found = format!("`{word}`");
                return Err((Some(n), Problem::NonFinite { name: name(), found }));
            }
            None => {
                return Err((
                    Some(n),
                    Problem::Expected {
                        name: name(),
                        found: format!("`{}`", line.trim()),
                        expected: "three numbers",
                    },
                ));
            }
        };
    }
    Ok(values)
}

/// The structure as POSCAR of VASP 5, fractional coordinates, sites in order, full precision.
///
/// Neighbouring sites of one element form a group; an element that comes again is named again.
///
/// # Errors
/// [`WriteError::PartialOccupancy`].
pub fn write_poscar(structure: &Structure, comment: Option<&str>) -> Result<String, WriteError> {
    let mut groups: Vec<(Element, usize)> = Vec::new();
    for (site_idx, site) in structure.sites().iter().enumerate() {
        if site.occupancy < 1.0 {
            return Err(WriteError::PartialOccupancy {
                site_idx,
                element: site.element.symbol(),
                occupancy: site.occupancy,
            });
        }
        match groups.last_mut() {
            Some((element, n)) if *element == site.element => *n += 1,
            _ => groups.push((site.element, 1)),
        }
    }
    let formula = structure.composition().formula();
    let comment = comment.unwrap_or(&formula).replace(['\n', '\r'], " ");
    let mut out = format!("{comment}\n1.0\n");
    // Writing to a string cannot fail.
    for [x, y, z] in structure.lattice().rows() {
        let _ = writeln!(out, "{x} {y} {z}");
    }
    let words = |f: &dyn Fn(&(Element, usize)) -> String| {
        groups.iter().map(f).collect::<Vec<_>>().join(" ")
    };
    let _ = writeln!(out, "{}\n{}", words(&|g| g.0.to_string()), words(&|g| g.1.to_string()));
    out.push_str("Direct\n");
    for site in structure.sites() {
        let f = site.frac;
        let _ = writeln!(out, "{} {} {} {}", f[0], f[1], f[2], site.element);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "NaCl\n2.0\n1.5 0 0\n0 1.5 0\n0 0 2\n";

    #[track_caller]
    fn check(text: &str, symbols: &str, last: [f64; 3]) {
        let s = read(text).unwrap().structure;
        let found: Vec<_> = s.sites().iter().map(|s| s.element.symbol()).collect();
        assert_eq!(found.join(" "), symbols);
        let d = s.sites()[s.n_sites() - 1].frac - Vector3::from(last);
        assert!(d.norm() < 1e-12, "{d}");
    }

    #[test]
    fn layouts_are_read() {
        let half = [0.5; 3];
        check(&format!("{HEAD}Na Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5\n\n1 2 3\n"), "Na Cl", half);
        check(&format!("{HEAD}Na_pv/ab Cl/cd\n1 1 ! n\ncart\n0 0 0\n.75 .75 1\n"), "Na Cl", half);
        check(&format!("{HEAD}1 1\nS\nD\n0 0 0 T T T Na\n.5 .5 .5 F F F Cl\n"), "Na Cl", half);
        check(&format!("{HEAD}Na\nCl\n1\n1\nDirect\n0 0 0\n.5 .5 .5"), "Na Cl", half);
        let vasp4 = HEAD.replace("NaCl", "Na Cl");
        check(&format!("{vasp4}1 1\r\nDirect\r\n0 0 0\r\n.5 .5 .5\r\n"), "Na Cl", half);
    }

    #[test]
    fn scale_may_be_a_volume_or_three_factors() {
        let volume = |scale: &str| {
            let text = format!("x\n{scale}\n1 0 0\n0 2 0\n0 0 4\nPo\n1\nC\n0 0 0\n");
            read(&text).unwrap().structure.lattice().volume()
        };
        assert!((volume("-64") - 64.0).abs() < 1e-10);
        assert!((volume("1 2 3") - 48.0).abs() < 1e-10);
        assert!((volume("2") - 64.0).abs() < 1e-10);
    }

    #[track_caller]
    fn check_fault(text: &str, line: Option<u64>, part: &str) {
        let (at, problem) = read(text).unwrap_err();
        assert_eq!(at, line, "{problem}");
        assert!(problem.to_string().contains(part), "{problem}");
    }

    #[test]
    fn faults_name_their_line() {
        check_fault("", Some(0), "the file ends within the comment line");
        check_fault(&format!("{HEAD}1 1\nDirect\n0 0 0\n.5 .5 .5\n"), Some(6), "VASP 4");
        check_fault(&format!("{HEAD}Na Cl\n1 1\nDirect\n0 0 0\n"), Some(9), "truncated");
        check_fault(&format!("{HEAD}Na Zz\n1 1\nDirect\n0 0 0\n.5 .5 .5\n"), Some(6), "`Zz`");
        check_fault(&format!("{HEAD}Na\n1\nDirect\n0 nan 0\n"), Some(9), "site 1 (Na) is `nan`");
        check_fault(&format!("{HEAD}Na\n1 1\nDirect\n0 0 0\n"), Some(7), "as many as");
        check_fault(&format!("{HEAD}Na\n99999999999\nDirect\n"), Some(7), "10 million");
        check_fault("x\n0\n1 0 0\n0 1 0\n0 0 1\nPo\n1\nD\n0 0 0\n", Some(2), "scale factor");
        check_fault("x\n1\n3 0 0\n3 0 0\n0 0 3\nPo\n1\nD\n0 0 0\n", Some(3), "volume");
        check_fault(&format!("{HEAD}Na\n2\nD\n0 0 0\n0 0 1.001\n"), Some(9), "overlap");
    }
}
