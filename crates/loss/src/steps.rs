//! The step of axes whose points are evenly spaced.

use crate::LossError;
use braggscape_pattern::Axis;

/// How far a step may be off the mean, over the mean: files print positions with few digits.
const UNEVEN: f64 = 0.02;

/// The step of an axis whose steps are equal to 2 %; infinite for a single point.
///
/// # Errors
/// [`LossError::UnequalSteps`].
pub(crate) fn equal_step(axis: &Axis) -> Result<f64, LossError> {
    if let Some((_, step)) = axis.uniform_step() {
        return Ok(step);
    }
    let last = axis.n_points() - 1;
    if last == 0 {
        return Ok(f64::INFINITY);
    }
    let mean = (axis.last() - axis.first()) / last as f64;
    for index in 0..last {
        let step = axis.x(index + 1) - axis.x(index);
        if (step - mean).abs() > UNEVEN * mean {
            return Err(LossError::UnequalSteps { axis: axis.to_string(), index, step, mean });
        }
    }
    Ok(mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_pattern::AxisKind;

    #[test]
    fn listed_points_may_be_even() {
        let step = |x: &[f64]| equal_step(&Axis::listed(AxisKind::TwoTheta, x.to_vec()).unwrap());
        assert!((step(&[10.0, 10.1, 10.2]).unwrap() - 0.1).abs() < 1e-12);
        // Steps of 0.01312, printed with four digits.
        assert!(step(&[0.0131, 0.0262, 0.0394]).is_ok());
        let message = step(&[1.0, 2.0, 3.0, 4.2]).unwrap_err().to_string();
        assert!(message.contains("step by 1 after point 0 and by 1.0666"), "{message}");
        assert!(step(&[7.0]).unwrap().is_infinite());
    }
}
