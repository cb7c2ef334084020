//! Gradients through the command line against central differences.

use crate::program::{crystals, distorted, number, numbers, run, run_with};
use serde_json::{Value, json};
use std::path::Path;

type Vector = [f64; 3];

fn dot(a: &Vector, b: &Vector) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Lengths and angles of the rows of a lattice.
fn cell(rows: &[Vector]) -> [f64; 6] {
    let length = |i: usize| dot(&rows[i], &rows[i]).sqrt();
    let angle = |i: usize, j: usize| {
        (dot(&rows[i], &rows[j]) / (length(i) * length(j))).acos().to_degrees()
    };
    [length(0), length(1), length(2), angle(1, 2), angle(0, 2), angle(0, 1)]
}

/// Rows with these lengths and angles: a along x, b in the plane of x and y.
fn rows(cell: &[f64; 6]) -> [Vector; 3] {
    let [a, b, c, alpha, beta, gamma] = *cell;
    let (ca, cb, cg) =
        (alpha.to_radians().cos(), beta.to_radians().cos(), gamma.to_radians().cos());
    let sg = gamma.to_radians().sin();
    let y = (ca - cb * cg) / sg;
    [[a, 0.0, 0.0], [b * cg, b * sg, 0.0], [c * cb, c * y, c * (1.0 - cb * cb - y * y).sqrt()]]
}

/// Sites whose coordinates are moved; the large cells have more.
const SITES: usize = 6;
/// Half of a central difference, Å, degrees or fractions of an edge.
const STEP: f64 = 1e-5;

/// Asserts that the gradients at a distorted copy of a crystal are central differences, within 1e-6 of the largest
/// component of lengths, angles and coordinates each.
fn check(dir: &Path, name: &str) {
    let copy: Value = serde_json::from_str(distorted(dir, name, 1).trim()).unwrap();
    let structure = &copy["structure"];
    let list = |key: &str| -> Vec<Vec<f64>> {
        structure[key].as_array().unwrap().iter().map(numbers).collect()
    };
    let lattice: Vec<Vector> =
        list("lattice").into_iter().map(|row| row.try_into().unwrap()).collect();
    let (parameters, coords) = (cell(&lattice), list("frac_coords"));
    let sites = coords.len().min(SITES);
    let mut lines = Vec::new();
    // How a cell is turned does not change its pattern, so every cell may have its a along x.
    let mut add = |cell: &[f64; 6], coords: &[Vec<f64>]| {
        let numbers = &structure["numbers"];
        let line = json!({"lattice": rows(cell), "numbers": numbers, "frac_coords": coords});
        lines.push(line.to_string());
    };
    add(&parameters, &coords);
    for i in 0..6 {
        for sign in [1.0, -1.0] {
            let mut moved = parameters;
            moved[i] += sign * STEP;
            add(&moved, &coords);
        }
    }
    for (site, axis) in (0..sites).flat_map(|site| [(site, 0), (site, 1), (site, 2)]) {
        for sign in [1.0, -1.0] {
            let mut moved = coords.clone();
            moved[site][axis] += sign * STEP;
            add(&parameters, &moved);
        }
    }
    let target = format!("{name}.cif");
    let args = ["evaluate", "-", "--target", &target, "--loss", "cosine,mse", "--gradient"];
    let values = run_with(dir, &args, &lines.join("\n")).ok().lines();
    for loss in ["cosine", "mse"] {
        let at = |i: usize| number(&values[i]["loss"][loss]);
        let difference = |k: usize| (at(1 + 2 * k) - at(2 + 2 * k)) / (2.0 * STEP);
        let g = &values[0]["gradient"][loss];
        let coords: Vec<f64> =
            g["frac_coords"].as_array().unwrap().iter().flat_map(numbers).collect();
        let mut k = 0;
        for (block, moved) in
            [(numbers(&g["lengths"]), 3), (numbers(&g["angles"]), 3), (coords, 3 * sites)]
        {
            let largest = block.iter().map(|x| x.abs()).fold(0.0, f64::max);
            assert!(largest > 0.0, "{name}, {loss}");
            for exact in &block[..moved] {
                let error = (exact - difference(k)).abs() / largest;
                assert!(error < 1e-6, "{name}, {loss}, component {k}: {exact}, {}", difference(k));
                k += 1;
            }
        }
    }
}

#[test]
fn gradients_agree_with_central_differences() {
    let dir = crystals();
    let listed = run(dir.path(), &["structures", "--format", "jsonl"]).ok().lines();
    assert_eq!(listed.len(), 10);
    for crystal in listed {
        check(dir.path(), crystal["name"].as_str().unwrap());
    }
}

#[test]
fn a_structure_has_no_gradient_against_itself() {
    let dir = crystals();
    let own = run(dir.path(), &["evaluate", "u2ti.cif", "--target", "u2ti.cif", "--gradient"]);
    let g = own.ok().json()["gradient"]["cosine"].clone();
    assert!(numbers(&g["lengths"]).iter().all(|x| x.abs() < 1e-9), "{g}");
}
