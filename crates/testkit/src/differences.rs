//! Derivatives from differences, to hold analytic ones against.

/// A derivative from differences, and how far it may be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// The derivative.
    pub value: f64,
    /// Estimate of its error: what the last extrapolation changed. Infinite where a difference is not a number.
    pub error: f64,
}

/// Rows of the extrapolation.
const ROWS: usize = 6;
/// Each step is the one before divided by this.
const SHRINK: f64 = 2.0;

/// f'(0) by central differences with steps h, h/2, h/4, ..., extrapolated to step 0.
///
/// D(h) = (f(h) - f(-h))/2h = f' + c_2 h^2 + c_4 h^4 + ...; T_(i,j) = T_(i,j-1) + (T_(i,j-1) - T_(i-1,j-1))/(4^j - 1) cancels
/// the terms one by one (Richardson). Of the whole table the entry that differs least from its two parents is taken, and this
/// difference is the error (Ridders). Where a kink or a jump is nearer to 0 than the last steps, the error stays large.
///
/// `f` is called with the displacement, 12 times. The step should be as long as f is smooth: rounding of f enters as
/// 1e-16 |f| / h.
///
/// # Examples
/// ```
/// use braggscape_testkit::differences::slope;
/// let d = slope(|t| (1.0 + t).powi(3), 0.1);
/// assert!((d.value - 3.0).abs() < 1e-12 && d.error < 1e-9);
/// // A jump that the last steps still straddle.
/// assert!(slope(|t| if t > 0.001 { 1.0 } else { 0.0 }, 0.1).error > 1.0);
/// ```
///
/// # References
/// L. F. Richardson, Phil. Trans. R. Soc. A 210, 307 (1911), doi:10.1098/rsta.1911.0009; C. J. F. Ridders, Adv. Eng. Softw. 4,
/// 75 (1982), doi:10.1016/S0141-1195(82)80057-0.
pub fn slope(mut f: impl FnMut(f64) -> f64, step: f64) -> Slope {
    let mut best = Slope { value: f64::NAN, error: f64::INFINITY };
    let mut above = [0.0; ROWS];
    let mut h = step;
    for i in 0..ROWS {
        let mut row = [0.0; ROWS];
        row[0] = (f(h) - f(-h)) / (2.0 * h);
        let mut factor = 1.0;
        for j in 1..=i {
            factor *= SHRINK * SHRINK;
            row[j] = row[j - 1] + (row[j - 1] - above[j - 1]) / (factor - 1.0);
            let error = (row[j] - row[j - 1]).abs().max((row[j] - above[j - 1]).abs());
            if error < best.error {
                best = Slope { value: row[j], error };
            }
        }
        above = row;
        h /= SHRINK;
    }
    best
}

/// Gradient of f at x by [`slope`], one component after the other.
pub fn gradient(mut f: impl FnMut(&[f64]) -> f64, x: &[f64], step: f64) -> Vec<Slope> {
    let mut moved = x.to_vec();
    (0..x.len())
        .map(|i| {
            let d = slope(
                |t| {
                    moved[i] = x[i] + t;
                    f(&moved)
                },
                step,
            );
            moved[i] = x[i];
            d
        })
        .collect()
}

/// Largest error of a block of values over the largest expected component: max |a_i - b_i| / max |b_i|.
///
/// The error is absolute where every expected component is below `floor`, which stands for the rounding of the expected
/// values; NaN counts as infinite.
///
/// # Panics
/// If the blocks differ in length.
///
/// # Examples
/// ```
/// use braggscape_testkit::differences::relative_error;
/// assert!((relative_error(&[1.0, 3.9], &[1.0, 4.0], 0.0) - 0.025).abs() < 1e-15);
/// assert!(relative_error(&[f64::NAN], &[4.0], 0.0).is_infinite());
/// ```
pub fn relative_error(found: &[f64], expected: &[f64], floor: f64) -> f64 {
    assert_eq!(found.len(), expected.len(), "blocks of one length");
    let scale = expected.iter().map(|e| e.abs()).fold(floor, f64::max);
    let mut largest: f64 = 0.0;
    for (a, b) in found.iter().zip(expected) {
        let error = (a - b).abs();
        largest = if error.is_nan() { f64::INFINITY } else { largest.max(error) };
    }
    if largest > 0.0 { largest / scale } else { 0.0 }
}
