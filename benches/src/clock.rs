//! The clock: seconds a call, from batches long enough for it to resolve.

use std::time::Instant;

/// How long to measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// Time spent before the first batch, seconds; at least one call is made.
    pub warm_up: f64,
    /// Least duration of a batch, seconds; at least one call is in it.
    pub batch: f64,
    /// Number of batches.
    pub n_batches: usize,
}

impl Effort {
    /// Steady to a few percent on a quiet machine.
    pub const FULL: Self = Self { warm_up: 0.1, batch: 0.02, n_batches: 25 };
    /// For a look.
    pub const QUICK: Self = Self { warm_up: 0.02, batch: 0.005, n_batches: 7 };
}

/// Seconds a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Median over the batches.
    pub seconds: f64,
    /// The quickest batch.
    pub seconds_min: f64,
}

#[expect(clippy::disallowed_methods, reason = "measures time")]
fn now() -> Instant {
    Instant::now()
}

/// Times `call`, which is told how many calls went before.
///
/// # Errors
/// The first error of `call`.
pub fn time<E>(effort: &Effort, mut call: impl FnMut(usize) -> Result<(), E>) -> Result<Timing, E> {
    let mut n_calls = 0;
    let mut batch = |n: usize| -> Result<f64, E> {
        let start = now();
        for _ in 0..n {
            call(n_calls)?;
            n_calls += 1;
        }
        Ok(start.elapsed().as_secs_f64())
    };
    let (mut spent, mut n_warm) = (batch(1)?, 1);
    while spent < effort.warm_up {
        spent += batch(1)?;
        n_warm += 1;
    }
    let n = (effort.batch * f64::from(n_warm) / spent).ceil().clamp(1.0, 1e7) as usize;
    let mut seconds = Vec::with_capacity(effort.n_batches);
    for _ in 0..effort.n_batches.max(1) {
        seconds.push(batch(n)? / n as f64);
    }
    seconds.sort_by(f64::total_cmp);
    Ok(Timing { seconds: seconds[seconds.len() / 2], seconds_min: seconds[0] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_and_timed() {
        let effort = Effort { warm_up: 0.0, batch: 0.01, n_batches: 3 };
        let mut next = 0;
        let timing = time(&effort, |i| {
            assert_eq!(i, next);
            next += 1;
            std::thread::sleep(std::time::Duration::from_millis(2));
            Ok::<(), ()>(())
        })
        .unwrap();
        // One call of at least 2 ms before, and at most five in each batch of 10 ms.
        assert!((4..=16).contains(&next), "{next} calls");
        assert!(timing.seconds_min >= 0.002 && timing.seconds >= timing.seconds_min);
    }

    #[test]
    fn a_failing_call_ends_it() {
        let error = time(&Effort::QUICK, |i| if i < 2 { Ok(()) } else { Err(i) }).unwrap_err();
        assert_eq!(error, 2);
    }
}
