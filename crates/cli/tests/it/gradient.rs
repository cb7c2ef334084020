//! Gradients through the command line against central differences.

use crate::program::{crystals, distorted, number, numbers, run, run_with};
use serde_json::{Value, json};

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

#[test]
fn gradients_agree_with_central_differences() {
    let dir = crystals();
    let copy: Value = serde_json::from_str(distorted(dir.path(), "u2ti", 1).trim()).unwrap();
    let structure = &copy["structure"];
    let lattice: Vec<Vector> = structure["lattice"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| numbers(r).try_into().unwrap())
        .collect();
    let coords: Vec<Vec<f64>> =
        structure["frac_coords"].as_array().unwrap().iter().map(numbers).collect();
    let parameters = cell(&lattice);
    let with = |cell: &[f64; 6], coords: &[Vec<f64>]| -> String {
        let value =
            json!({"lattice": rows(cell), "numbers": structure["numbers"], "frac_coords": coords});
        format!("{value}\n")
    };
    let step = 1e-5;
    let mut lines = with(&parameters, &coords);
    for i in 0..6 {
        for sign in [1.0, -1.0] {
            let mut moved = parameters;
            moved[i] += sign * step;
            lines.push_str(&with(&moved, &coords));
        }
    }
    for site in 0..coords.len() {
        for axis in 0..3 {
            for sign in [1.0, -1.0] {
                let mut moved = coords.clone();
                moved[site][axis] += sign * step;
                lines.push_str(&with(&parameters, &moved));
            }
        }
    }
    // How a cell is turned does not change its pattern, so every cell may have its a along x.
    let args = ["evaluate", "-", "--target", "u2ti.cif", "--loss", "cosine,mse", "--gradient"];
    let values = run_with(dir.path(), &args, &lines).ok().lines();
    for loss in ["cosine", "mse"] {
        let difference = |k: usize| {
            let at = |i: usize| number(&values[i]["loss"][loss]);
            (at(1 + 2 * k) - at(2 + 2 * k)) / (2.0 * step)
        };
        let g = &values[0]["gradient"][loss];
        let coords: Vec<f64> =
            g["frac_coords"].as_array().unwrap().iter().flat_map(numbers).collect();
        let blocks = [numbers(&g["lengths"]), numbers(&g["angles"]), coords];
        let mut k = 0;
        for block in blocks {
            let largest = block.iter().map(|x| x.abs()).fold(0.0, f64::max);
            assert!(largest > 0.0, "{loss}");
            for exact in block {
                let error = (exact - difference(k)).abs() / largest;
                assert!(error < 1e-6, "{loss}, component {k}: {exact} against {}", difference(k));
                k += 1;
            }
        }
    }
    // The gradient vanishes nowhere by chance: the same structure as its own target has none.
    let own = run(dir.path(), &["evaluate", "u2ti.cif", "--target", "u2ti.cif", "--gradient"]);
    let g = own.ok().json()["gradient"]["cosine"].clone();
    assert!(numbers(&g["lengths"]).iter().all(|x| x.abs() < 1e-9), "{g}");
}
