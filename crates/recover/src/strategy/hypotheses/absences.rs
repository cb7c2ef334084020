//! What the reflections that a target lacks say of a symmetry.
//!
//! With a known lattice all peaks that a space group allows have known places and widths; only their heights are free. The part of the
//! target that no such heights give is a bound: no structure of the group fits better. Of groups that all can fit, those that forbid
//! most of what the target lacks are the likely ones.

use braggscape_crystal::Structure;
use braggscape_crystal::symmetry::SymmetryOperation;
use braggscape_pattern::Pattern;
use braggscape_xrd::{AnyForwardModel, ForwardModel, Structsnap};
use std::collections::HashMap;

/// Most peaks; with more the target says nothing.
const MAX_PEAKS: usize = 4000;

/// Reflections nearer than this, degrees, are one peak.
const SAME_PEAK: f64 = 1e-5;

/// Points a standard deviation of a peak.
const POINTS_PER_SIGMA: f64 = 5.0;

/// Tails of a peak, in standard deviations.
const TAILS: f64 = 7.0;

/// What is added to the diagonal of the Gram matrix of unit peaks.
const RIDGE: f64 = 1e-9;

/// Squared errors of a target in units of squared heights of peaks, for the price of a peak.
const NOISE: f64 = 1e-2;

/// Relative square of what remains of a target that a group cannot fit, and how many times that which remains without any group.
const UNFIT: (f64, f64) = (1e-5, 100.0);

/// What remains is not told from less than this.
const FLOOR: f64 = 1e-6;

/// FWHM of a Gaussian in standard deviations.
const FWHM_PER_SIGMA: f64 = 2.354_820_045_030_949_3;

/// The peaks of a lattice and a target made of them.
#[derive(Debug)]
pub(super) struct Absences {
    /// The reflections of each peak.
    peaks: Vec<Vec<[i32; 3]>>,
    /// Products of unit peaks with those that follow, as far as they overlap.
    gram: Vec<Vec<f64>>,
    /// Products of unit peaks with the target of unit norm.
    along: Vec<f64>,
    all: Fit,
    known: HashMap<Vec<bool>, Option<f64>>,
}

/// How peaks fit a target.
#[derive(Debug, Clone, Copy)]
struct Fit {
    /// Relative square of what remains.
    rest: f64,
    /// ln det(1 + M / noise), M being the Gram matrix: what the freedom of the heights costs, about ln(1 / noise) for each peak that can
    /// be told from the others.
    freedom: f64,
}

impl Absences {
    /// The peaks of the structure's lattice; `None` for models whose peaks are not known.
    pub(super) fn new(
        forward: &AnyForwardModel,
        structure: &Structure,
        target: &Pattern,
    ) -> Option<Self> {
        let AnyForwardModel::Structsnap(model) = forward else { return None };
        let peaks = peaks(model, structure)?;
        let options = model.options();
        let (start, end) = (forward.axis().first(), forward.axis().last());
        let every = {
            let narrowest = peaks.iter().filter_map(|p| width(model, p.0)).fold(f64::MAX, f64::min);
            let step = (end - start) / (target.n_points().max(2) - 1) as f64;
            ((narrowest / POINTS_PER_SIGMA / step).floor() as usize).max(1)
        };
        let at: Vec<usize> = (0..target.n_points()).step_by(every).collect();
        let y: Vec<f64> = at.iter().map(|n| target.y()[*n]).collect();
        let norm = dot(&y, &y).sqrt();
        if norm <= 0.0 || options.tails <= 0.0 {
            return None;
        }
        let x: Vec<f64> = at.iter().map(|n| forward.axis().x(*n)).collect();
        let mut columns: Vec<(usize, Vec<f64>)> = Vec::with_capacity(peaks.len());
        let mut kept = Vec::with_capacity(peaks.len());
        for (two_theta, reflections) in peaks {
            let sigma = width(model, two_theta)?;
            let low = x.partition_point(|v| *v < two_theta - TAILS * sigma);
            let high = x.partition_point(|v| *v <= two_theta + TAILS * sigma);
            let shape = |v: &f64| libm::exp(-0.5 * ((v - two_theta) / sigma).powi(2));
            let mut column: Vec<f64> = x[low..high].iter().map(shape).collect();
            let length = dot(&column, &column).sqrt();
            if length > 1e-6 {
                for v in &mut column {
                    *v /= length;
                }
                columns.push((low, column));
                kept.push(reflections);
            }
        }
        let along = columns
            .iter()
            .map(|(low, column)| dot(column, &y[*low..*low + column.len()]) / norm)
            .collect();
        let mut absences = Self {
            gram: gram(&columns),
            along,
            peaks: kept,
            all: Fit { rest: 0.0, freedom: 0.0 },
            known: HashMap::new(),
        };
        absences.all = absences.fit(&(0..absences.peaks.len()).collect::<Vec<_>>())?;
        Some(absences)
    }

    /// Number of peaks that can be told from the others.
    pub(super) fn n_resolved(&self) -> f64 {
        self.all.freedom / libm::log(1.0 / NOISE)
    }

    /// ln of how likely a group of these operations makes the target; `None` if none of its structures can give it.
    pub(super) fn weigh(&mut self, operations: &[SymmetryOperation]) -> Option<f64> {
        let allowed: Vec<bool> = self
            .peaks
            .iter()
            .map(|hkl| hkl.iter().any(|hkl| !is_absent(operations, *hkl)))
            .collect();
        if let Some(known) = self.known.get(&allowed) {
            return *known;
        }
        let peaks: Vec<usize> = (0..allowed.len()).filter(|i| allowed[*i]).collect();
        let weight = self.fit(&peaks).and_then(|fit| {
            let (least, times) = UNFIT;
            if fit.rest > least + times * self.all.rest {
                return None;
            }
            let floor = FLOOR + 10.0 * self.all.rest;
            let n = self.n_resolved();
            let rest = libm::log((fit.rest + floor) / floor);
            Some(-0.5 * (n * rest + fit.freedom))
        });
        self.known.insert(allowed, weight);
        weight
    }

    /// Least squares with these peaks.
    fn fit(&self, peaks: &[usize]) -> Option<Fit> {
        let rows = self.cholesky(peaks, RIDGE)?;
        let mut solved: Vec<f64> = Vec::with_capacity(peaks.len());
        for ((first, row), peak) in rows.iter().zip(peaks) {
            let (diagonal, before) = row.split_last()?;
            solved.push((self.along[*peak] - dot(before, &solved[*first..])) / diagonal);
        }
        let noisy = self.cholesky(peaks, NOISE)?;
        let ln = |row: &Vec<f64>| row.last().map_or(0.0, |d| libm::log(d * d / NOISE));
        Some(Fit {
            rest: (1.0 - dot(&solved, &solved)).max(0.0),
            freedom: noisy.iter().map(|(_, row)| ln(row)).sum(),
        })
    }

    /// The Cholesky factor of the Gram matrix of some peaks with `ridge` added to its diagonal: each row from its first column on that is
    /// not 0. `None` if it is not positive definite.
    fn cholesky(&self, peaks: &[usize], ridge: f64) -> Option<Vec<(usize, Vec<f64>)>> {
        let mut rows: Vec<(usize, Vec<f64>)> = Vec::with_capacity(peaks.len());
        for (i, peak) in peaks.iter().enumerate() {
            let product = |j: usize| self.gram[peaks[j]].get(peak - peaks[j]).copied();
            let first = (0..i).rev().take_while(|j| product(*j).is_some()).last().unwrap_or(i);
            let mut row: Vec<f64> = Vec::with_capacity(i - first + 1);
            for j in first..i {
                let (begin, other) = &rows[j];
                let from = first.max(*begin);
                let sum = dot(&row[from - first..], &other[from - begin..j - begin]);
                row.push((product(j).unwrap_or(0.0) - sum) / other[j - begin]);
            }
            let square = 1.0 + ridge - dot(&row, &row);
            if square <= 0.0 {
                return None;
            }
            row.push(square.sqrt());
            rows.push((first, row));
        }
        Some(rows)
    }
}

/// Whether a group extinguishes a reflection: an operation with h W = h and h w no whole number.
fn is_absent(operations: &[SymmetryOperation], hkl: [i32; 3]) -> bool {
    operations.iter().any(|op| {
        let image = |column: usize| -> i32 {
            (0..3).map(|row| hkl[row] * op.rotation[(row, column)]).sum()
        };
        if (0..3).any(|column| image(column) != hkl[column]) {
            return false;
        }
        let phase: f64 =
            hkl.iter().zip(op.translation.iter()).map(|(h, t)| f64::from(*h) * t).sum();
        (phase - phase.round()).abs() > 1e-3
    })
}

/// Peaks in ascending order with their reflections.
fn peaks(model: &Structsnap, structure: &Structure) -> Option<Vec<(f64, Vec<[i32; 3]>)>> {
    let reciprocal = structure.lattice().reciprocal();
    let list = model.reflections(structure).ok()?;
    let mut all: Vec<(f64, [i32; 3])> = Vec::with_capacity(list.n_pairs());
    for hkl in list.hkl() {
        let h = nalgebra::Vector3::from(hkl.map(f64::from));
        let sine = 0.5 * model.options().wavelength * (reciprocal * h).norm();
        if sine < 1.0 {
            all.push((2.0 * libm::asin(sine).to_degrees(), *hkl));
        }
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut peaks: Vec<(f64, Vec<[i32; 3]>)> = Vec::new();
    for (two_theta, hkl) in all {
        match peaks.last_mut() {
            Some((last, reflections)) if two_theta - *last < SAME_PEAK => reflections.push(hkl),
            _ => peaks.push((two_theta, vec![hkl])),
        }
    }
    (!peaks.is_empty() && peaks.len() <= MAX_PEAKS).then_some(peaks)
}

/// Standard deviation of a peak, degrees.
fn width(model: &Structsnap, two_theta: f64) -> Option<f64> {
    let o = model.options();
    let tangent = libm::tan((0.5 * two_theta).to_radians());
    let square = (o.u * tangent + o.v) * tangent + o.w;
    (square > 0.0).then(|| square.sqrt() / FWHM_PER_SIGMA)
}

/// Products of each column with itself and those that follow, until they do not overlap.
fn gram(columns: &[(usize, Vec<f64>)]) -> Vec<Vec<f64>> {
    let mut rows = Vec::with_capacity(columns.len());
    for (i, (low, column)) in columns.iter().enumerate() {
        let mut row = Vec::new();
        for (from, other) in &columns[i..] {
            if *from >= low + column.len() {
                break;
            }
            let first = (*from).max(*low);
            let last = (low + column.len()).min(from + other.len());
            row.push(dot(&column[first - low..last - low], &other[first - from..last - from]));
        }
        rows.push(row);
    }
    rows
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
