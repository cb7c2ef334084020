//! Triangle-weighted correlation of neighbouring points, by moving sums.

/// What sum_r w(r) c_fg(r) is with w(r) = 1 - |r|/l for |r| < l and c_fg(r) = sum_n f_n g_(n+r), on `n` points spaced 1 apart.
///
/// With B_m the moving sum over m points, B_m f . B_m g = sum over |r| < m of (m - |r|) c_fg(r). For l = m + a, 0 <= a < 1, at whole
/// r, l w(r) = (1 - a) max(m - |r|, 0) + a max(m + 1 - |r|, 0), so that
/// sum w c = ((1 - a) B_m f . B_m g + a B_(m+1) f . B_(m+1) g)/l. For l >= n no two points are farther apart than n - 1, and
/// sum w c = (B_n f . B_n g + (l - n) sum f sum g)/l.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Triangle {
    /// Lengths of moving sums, and the weight of the product of each; those of weight 0 count for nothing.
    pub(crate) parts: [(usize, f64); 2],
    /// Weight of the product of the sums over everything.
    pub(crate) whole: f64,
}

impl Triangle {
    /// For a half-width l, finite and above 0.
    pub(crate) fn new(l: f64, n: usize) -> Self {
        if l >= n as f64 {
            return Self { parts: [(n, 1.0 / l), (1, 0.0)], whole: (l - n as f64) / l };
        }
        let m = l.floor();
        let a = l - m;
        // For l < 1, m = 0 has no sum: only points on one another count.
        let parts = [((m as usize).max(1), if m > 0.0 { (1.0 - a) / l } else { 0.0 })];
        Self { parts: [parts[0], (m as usize + 1, a / l)], whole: 0.0 }
    }
}

/// Overwrites `out` with the sums over all windows of m neighbours in `y`, zeros beyond its ends: y.len() + m - 1 of them, window j
/// ending at point j. `padded` and `sums` are scratch space.
pub(crate) fn moving_sums(y: &[f64], m: usize, scratch: &mut Scratch, out: &mut Vec<f64>) {
    let Scratch { padded, .. } = scratch;
    padded.clear();
    padded.resize(m - 1, 0.0);
    padded.extend_from_slice(y);
    padded.resize(y.len() + 2 * (m - 1), 0.0);
    let padded = std::mem::take(&mut scratch.padded);
    inner_sums(&padded, m, scratch, out);
    scratch.padded = padded;
}

/// Scratch space of moving sums.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    padded: Vec<f64>,
    suffixes: Vec<f64>,
}

/// Overwrites `out` with the sums of m neighbours that lie within `y`: y.len() - m + 1 of them, sum j beginning at point j.
///
/// Points are cut into blocks of m. A window is the end of one block and the beginning of the next, so that every sum is one of at
/// most m terms: no running sum adds and takes away, whose rounding would grow with the length of the pattern.
pub(crate) fn inner_sums(y: &[f64], m: usize, scratch: &mut Scratch, out: &mut Vec<f64>) {
    let n = y.len() + 1 - m;
    let suffixes = &mut scratch.suffixes;
    suffixes.clear();
    suffixes.resize(y.len(), 0.0);
    for (block, sums) in y.chunks(m).zip(suffixes.chunks_mut(m)) {
        let mut sum = 0.0;
        for (s, y) in sums.iter_mut().zip(block).rev() {
            sum += y;
            *s = sum;
        }
    }
    out.clear();
    let mut first = 0;
    while first < n {
        // Windows that begin in this block: the first is the block itself, the others reach into the next.
        out.push(suffixes[first]);
        let mut sum = 0.0;
        for begin in first + 1..(first + m).min(n) {
            sum += y[begin + m - 1];
            out.push(suffixes[begin] + sum);
        }
        first += m;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_summed() {
        let y: Vec<f64> = (0..11).map(|i| f64::from(i * i % 7)).collect();
        let (mut scratch, mut out) = (Scratch::default(), Vec::new());
        for m in 1..15 {
            moving_sums(&y, m, &mut scratch, &mut out);
            let expected = (0..y.len() + m - 1).map(|end| {
                let first = (end + 1).saturating_sub(m);
                y[first.min(y.len())..(end + 1).min(y.len())].iter().sum::<f64>()
            });
            assert_eq!(out, expected.collect::<Vec<f64>>(), "{m}");
            if m <= y.len() {
                inner_sums(&y, m, &mut scratch, &mut out);
                let expected: Vec<f64> = y.windows(m).map(|w| w.iter().sum()).collect();
                assert_eq!(out, expected, "{m}");
            }
        }
    }

    #[test]
    fn two_moving_sums_make_a_triangle() {
        let f: Vec<f64> = (0..9).map(|i| f64::from(i * 5 % 7)).collect();
        let g: Vec<f64> = (0..9).map(|i| f64::from(i * i % 5)).collect();
        let mut scratch = Scratch::default();
        for l in [0.3, 1.0, 1.5, 2.0, 3.7, 8.0, 8.9, 9.0, 12.25, 1e9] {
            let mut found = 0.0;
            let triangle = Triangle::new(l, f.len());
            for (m, weight) in triangle.parts {
                let (mut a, mut b) = (Vec::new(), Vec::new());
                moving_sums(&f, m, &mut scratch, &mut a);
                moving_sums(&g, m, &mut scratch, &mut b);
                found += weight * a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>();
            }
            found += triangle.whole * f.iter().sum::<f64>() * g.iter().sum::<f64>();
            let mut expected = 0.0;
            for (i, f) in f.iter().enumerate() {
                for (j, g) in g.iter().enumerate() {
                    expected += (1.0 - (i as f64 - j as f64).abs() / l).max(0.0) * f * g;
                }
            }
            assert!((found / expected - 1.0).abs() < 1e-14, "{l}: {found} {expected}");
        }
    }
}
