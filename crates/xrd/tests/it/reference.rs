//! A slow transcription of the specification: dense sums over all indices and all grid points, no shortcuts.

use braggscape_crystal::Structure;
use braggscape_xrd::{EuAm, FormFactor, IndexBounds, StructsnapOptions};
use std::f64::consts::PI;

/// The pattern of a structure, with every reflection of the whole sphere and every grid point summed.
pub(crate) fn pattern(s: &Structure, o: &StructsnapOptions) -> Vec<f64> {
    let [a, b, c] = [0, 1, 2].map(|i| s.lattice().vector(i));
    let volume = a.dot(&b.cross(&c));
    let reciprocal = [b.cross(&c) / volume, c.cross(&a) / volume, a.cross(&b) / volume];
    let x0 = 2.0 * (o.q_min * o.wavelength / (4.0 * PI)).asin().to_degrees();
    let x1 = 2.0 * (o.q_max * o.wavelength / (4.0 * PI)).asin().to_degrees();
    let dx = (x1 - x0) / o.n_points as f64;
    let limit = |i: usize| match o.index_bounds {
        IndexBounds::Structsnap => {
            ((o.q_max / (2.0 * PI)) / reciprocal[i].norm()).round_ties_even() as i32
        }
        IndexBounds::Complete => 60,
    };
    let (nh, nk, nl) = (limit(0), limit(1), limit(2));
    let mut y = vec![0.0; o.n_points];
    for h in -nh..=nh {
        for k in -nk..=nk {
            for l in -nl..=nl {
                if (h, k, l) == (0, 0, 0) {
                    continue;
                }
                let (hf, kf, lf) = (f64::from(h), f64::from(k), f64::from(l));
                let g = (reciprocal[0] * hf + reciprocal[1] * kf + reciprocal[2] * lf).norm();
                let sine = g / 2.0 * o.wavelength;
                if sine >= 1.0 {
                    continue;
                }
                let theta = sine.asin();
                let center = 2.0 * theta.to_degrees();
                let width = (o.u * theta.tan().powi(2) + o.v * theta.tan() + o.w).sqrt();
                let farthest = (x0 - center).max(center - (x1 - dx)).max(0.0) / width * 2.3548;
                if farthest > 12.5 {
                    continue;
                }
                let s2 = g * g / 4.0;
                let (mut re, mut im) = (0.0, 0.0);
                for site in s.sites() {
                    let f = FormFactor::of(site.element, EuAm::Structsnap).unwrap().f0(s2);
                    let f = f * site.occupancy * (-o.b_iso * s2).exp();
                    let phase = 2.0 * PI * (hf * site.frac.x + kf * site.frac.y + lf * site.frac.z);
                    re += f * phase.cos();
                    im += f * phase.sin();
                }
                let lp = (1.0 + (2.0 * theta).cos().powi(2)) / (theta.sin().powi(2) * theta.cos());
                let intensity = (re * re + im * im) * lp;
                let ln2 = 2f64.ln();
                for (n, y) in y.iter_mut().enumerate() {
                    let x = x0 + n as f64 * dx;
                    let gauss = 2.0 / width
                        * (ln2 / PI).sqrt()
                        * (-4.0 * ln2 * (x - center).powi(2) / (width * width)).exp();
                    *y += intensity * gauss;
                }
            }
        }
    }
    y
}
