//! Numbers as readers see them, and as charts need them.

use serde_json::Value;

/// Significant digits of numbers in tables.
const DIGITS: usize = 4;
/// Significant digits of numbers in charts.
const CHART_DIGITS: usize = 6;

/// A number with four significant digits, a true minus sign, and a power of ten only where it is far from 1.
pub(super) fn short(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let scientific = format!("{value:.*e}", DIGITS - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let text = if (-4..7).contains(&exponent) {
        let decimals = (DIGITS as i32 - 1 - exponent).max(0) as usize;
        without_zeros(&format!("{value:.decimals$}"))
    } else {
        format!("{}e{exponent}", without_zeros(mantissa))
    };
    if text == "-0" { "0".to_owned() } else { text.replace('-', "\u{2212}") }
}

/// A coefficient with two decimals and a true minus sign.
pub(super) fn signed(value: f64) -> String {
    let text = format!("{value:.2}");
    if text == "-0.00" { "0.00".to_owned() } else { text.replace('-', "\u{2212}") }
}

fn without_zeros(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

/// A number for a chart: six significant digits; nothing if there is none.
pub(super) fn chart(value: Option<f64>) -> Value {
    let digits = CHART_DIGITS - 1;
    let rounded = value.and_then(|v| format!("{v:.digits$e}").parse::<f64>().ok());
    match rounded {
        // Whole numbers without ".0": fewer bytes, the same number.
        Some(v) if v.fract().abs() < f64::EPSILON && v.abs() < 1e15 => Value::from(v as i64),
        Some(v) => Value::from(v),
        None => Value::Null,
    }
}

/// Numbers for a chart.
pub(super) fn column<'a>(values: impl IntoIterator<Item = &'a Option<f64>>) -> Value {
    Value::Array(values.into_iter().map(|v| chart(*v)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (0.123456, "0.1235"),
            (-0.5, "\u{2212}0.5"),
            (12345.6, "12346"),
            (999.96, "1000"),
            (0.00012344, "0.0001234"),
            (1.5e-7, "1.5e\u{2212}7"),
            (2e9, "2e9"),
        ] {
            assert_eq!(short(value), expected);
        }
    }

    #[test]
    fn coefficients_have_two_decimals() {
        let cases = [(-0.004, "0.00"), (-0.256, "\u{2212}0.26"), (1.0, "1.00")];
        for (value, expected) in cases {
            assert_eq!(signed(value), expected);
        }
    }

    #[test]
    fn chart_numbers_have_six_digits() {
        let text = |v: f64| chart(Some(v)).to_string();
        assert_eq!(text(0.123456789), "0.123457");
        assert_eq!((text(3.0), text(-0.0), text(1.0e-9)), ("3".into(), "0".into(), "1e-9".into()));
        assert_eq!(column(&[None, Some(2.5)]).to_string(), "[null,2.5]");
        assert_eq!(chart(Some(f64::NAN)), Value::Null);
    }
}
