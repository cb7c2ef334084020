//! Where data fall on the paper, and which values get a tick.

/// A linear map from data to pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    data: [f64; 2],
    pixels: [f64; 2],
}

impl Scale {
    /// The map that takes the ends of `data` to the ends of `pixels`. A range without width is widened.
    pub(crate) fn new(data: [f64; 2], pixels: [f64; 2]) -> Self {
        let [lo, hi] = data;
        let data = if hi - lo > 0.0 { data } else { [lo - 0.5, lo + 0.5] };
        Self { data, pixels }
    }

    /// The pixel of a value.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let [lo, hi] = self.data;
        let [p, q] = self.pixels;
        p + (value - lo) / (hi - lo) * (q - p)
    }

    /// Pixels between the ends.
    pub(crate) fn width(&self) -> f64 {
        (self.pixels[1] - self.pixels[0]).abs()
    }

    /// The ends of the data.
    pub(crate) fn data(&self) -> [f64; 2] {
        self.data
    }
}

/// Round values within a range, about `count` of them, with their labels. Steps are 1, 2 or 5 times a power of ten.
pub(crate) fn ticks([lo, hi]: [f64; 2], count: usize) -> Vec<(f64, String)> {
    let raw = (hi - lo) / count.max(1) as f64;
    if !(raw > 0.0 && raw.is_finite()) {
        return Vec::new();
    }
    let power = libm::floor(libm::log10(raw));
    let unit = libm::pow(10.0, power);
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| raw <= f * unit * 1.0001);
    let step = factor.unwrap_or(10.0) * unit;
    let decimals = (-libm::floor(libm::log10(step) + 1e-9)).max(0.0) as usize;
    let first = libm::ceil(lo / step - 1e-9) as i64;
    let last = libm::floor(hi / step + 1e-9) as i64;
    let label = |value: f64| {
        let small = step >= 1e-4 && hi.abs().max(lo.abs()) < 1e6;
        if small { format!("{value:.decimals$}").replace('-', "−") } else { format!("{value:e}") }
    };
    (first..=last).map(|i| i as f64 * step).map(|v| (v, label(v))).collect()
}

/// Values to mark on a logarithmic axis between 10^lo and 10^hi, as their logarithms with labels: powers of ten, about `count` of
/// them at most; 1, 2 and 5 times a power where there are fewer than two powers.
pub(crate) fn log_ticks([lo, hi]: [f64; 2], count: usize) -> Vec<(f64, String)> {
    if !(hi > lo && lo.is_finite() && hi.is_finite()) {
        return Vec::new();
    }
    let (first, last) = (libm::ceil(lo - 1e-9) as i32, libm::floor(hi + 1e-9) as i32);
    if last - first >= 1 {
        let stride = ((last - first) as usize / count.max(1) + 1) as i32;
        let powers = (first..=last).filter(|power| power % stride == 0);
        return powers.map(|power| (f64::from(power), power_of_ten(power))).collect();
    }
    let mut ticks = Vec::new();
    for power in first - 1..=last + 1 {
        for factor in [1, 2, 5] {
            let at = f64::from(power) + libm::log10(f64::from(factor));
            if (lo - 1e-9..=hi + 1e-9).contains(&at) {
                let label = power_of_ten(power);
                ticks.push((at, if factor == 1 { label } else { format!("{factor}·{label}") }));
            }
        }
    }
    ticks
}

/// 10 with its exponent raised.
pub(crate) fn power_of_ten(power: i32) -> String {
    let raised = |c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + u32::from(digit) - u32::from('0')).unwrap_or(digit),
    };
    format!("10{}", power.to_string().chars().map(raised).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(range: [f64; 2], count: usize, expected: &[&str]) {
        let labels: Vec<String> = ticks(range, count).into_iter().map(|(_, l)| l).collect();
        assert_eq!(labels, expected);
    }

    #[test]
    fn ticks_are_round() {
        check([0.0, 1.0], 5, &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        check([5.0, 90.0], 8, &["20", "40", "60", "80"]);
        check([-1.0, 1.0], 4, &["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        check([0.0, 2e7], 2, &["0e0", "1e7", "2e7"]);
        check([1.0, 1.0], 3, &[]);
        check([f64::NAN, 1.0], 3, &[]);
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten() {
        let labels = |range, count| -> Vec<String> {
            log_ticks(range, count).into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(labels([-1.2, 2.0], 8), ["10⁻¹", "10⁰", "10¹", "10²"]);
        assert_eq!(labels([-12.0, 0.5], 5), ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "10⁰"]);
        assert_eq!(labels([2.9, 3.8], 5), ["10³", "2·10³", "5·10³"]);
        assert_eq!(labels([3.2, 3.4], 5), ["2·10³"]);
        assert!(labels([1.0, 1.0], 5).is_empty() && labels([f64::NAN, 1.0], 5).is_empty());
        let [(five, _), ..] = log_ticks([3.5, 3.8], 5)[..] else { panic!("no tick") };
        assert!((five - 5000f64.log10()).abs() < 1e-12);
    }

    #[test]
    fn scale_maps_ends_to_ends() {
        let s = Scale::new([2.0, 4.0], [100.0, 0.0]);
        assert!((s.at(2.0) - 100.0).abs() < 1e-12 && (s.at(3.0) - 50.0).abs() < 1e-12);
        assert!(Scale::new([1.0, 1.0], [0.0, 10.0]).at(1.0).is_finite());
    }
}
