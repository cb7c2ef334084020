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
    fn scale_maps_ends_to_ends() {
        let s = Scale::new([2.0, 4.0], [100.0, 0.0]);
        assert!((s.at(2.0) - 100.0).abs() < 1e-12 && (s.at(3.0) - 50.0).abs() < 1e-12);
        assert!(Scale::new([1.0, 1.0], [0.0, 10.0]).at(1.0).is_finite());
    }
}
