//! Phase factors exp(2 pi i (h x + k y + l z)) by recurrence over the indices.

use crate::lanes::Lanes;
use nalgebra::Vector3;

/// Tables of exp(2 pi i n x_j), n = -N..=N, for each axis and all sites side by side (padded to blocks of eight).
#[derive(Debug, Default)]
pub(crate) struct PhaseTables {
    n_blocks: usize,
    limits: [usize; 3],
    /// Cosine and sine parts: `[axis][n + N][block]`.
    re: [Vec<Lanes>; 3],
    im: [Vec<Lanes>; 3],
    /// exp(2 pi i (h x + k y)) of the last (h, k).
    hk_re: Vec<Lanes>,
    hk_im: Vec<Lanes>,
    hk: Option<[i32; 2]>,
}

impl PhaseTables {
    /// Prepares the tables for sites in the given order, indices up to `limits`.
    pub(crate) fn prepare(&mut self, coords: &[Vector3<f64>], limits: [i32; 3]) {
        self.n_blocks = coords.len().div_ceil(8);
        self.limits = limits.map(|n| n.unsigned_abs() as usize);
        self.hk = None;
        for buffer in [&mut self.hk_re, &mut self.hk_im] {
            buffer.clear();
            buffer.resize(self.n_blocks, [0.0; 8]);
        }
        for axis in 0..3 {
            let n = self.limits[axis];
            let nb = self.n_blocks;
            let (re, im) = (&mut self.re[axis], &mut self.im[axis]);
            for buffer in [&mut *re, &mut *im] {
                buffer.clear();
                buffer.resize((2 * n + 1) * nb, [0.0; 8]);
            }
            for (j, frac) in coords.iter().enumerate() {
                let (b, i) = (j / 8, j % 8);
                let x = frac[axis] - frac[axis].round();
                let (s, c) = libm::sincos(std::f64::consts::TAU * x);
                let (mut pr, mut pi) = (1.0, 0.0);
                for m in 0..=n {
                    re[(n + m) * nb + b][i] = pr;
                    im[(n + m) * nb + b][i] = pi;
                    re[(n - m) * nb + b][i] = pr;
                    im[(n - m) * nb + b][i] = -pi;
                    (pr, pi) = (pr * c - pi * s, pr * s + pi * c);
                }
            }
        }
    }

    /// Phase factors of all sites at hkl, blocks of eight into `re` and `im`.
    #[inline(always)]
    pub(crate) fn at(&mut self, [h, k, l]: [i32; 3], re: &mut [Lanes], im: &mut [Lanes]) {
        let nb = self.n_blocks;
        let row = |axis: usize, n: i32| (self.limits[axis] as i64 + i64::from(n)) as usize * nb;
        let (rh, rk, rl) = (row(0, h), row(1, k), row(2, l));
        if self.hk != Some([h, k]) {
            self.hk = Some([h, k]);
            for b in 0..nb {
                let (xr, xi) = (&self.re[0][rh + b], &self.im[0][rh + b]);
                let (yr, yi) = (&self.re[1][rk + b], &self.im[1][rk + b]);
                let (pr, pi) = (&mut self.hk_re[b], &mut self.hk_im[b]);
                for i in 0..8 {
                    pr[i] = xr[i] * yr[i] - xi[i] * yi[i];
                    pi[i] = xr[i] * yi[i] + xi[i] * yr[i];
                }
            }
        }
        for b in 0..nb {
            let (xr, xi) = (&self.hk_re[b], &self.hk_im[b]);
            let (zr, zi) = (&self.re[2][rl + b], &self.im[2][rl + b]);
            for i in 0..8 {
                re[b][i] = xr[i] * zr[i] - xi[i] * zi[i];
                im[b][i] = xr[i] * zi[i] + xi[i] * zr[i];
            }
        }
    }
}
