//! A random stream that can be written down.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};

/// ChaCha12 from a seed, with its position: the same numbers on every machine, and the next ones after a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Position", into = "Position")]
pub(crate) struct Stream {
    seed: u64,
    rng: ChaCha12Rng,
}

/// A stream in a checkpoint.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    seed: u64,
    /// Numbers of 32 bits drawn so far.
    word: u64,
}

impl Stream {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, rng: ChaCha12Rng::seed_from_u64(seed) }
    }

    /// Uniform in [0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        self.rng.random::<f64>()
    }

    /// Standard normal, by the method of Box & Muller (Ann. Math. Stat. 29, 610 (1958)) with the functions of `libm`.
    pub(crate) fn normal(&mut self) -> f64 {
        // The first number lies in (0, 1].
        let radius = (-2.0 * libm::log(1.0 - self.uniform())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }
}

impl Default for Stream {
    fn default() -> Self {
        Self::new(0)
    }
}

impl From<Position> for Stream {
    fn from(at: Position) -> Self {
        let mut stream = Self::new(at.seed);
        stream.rng.set_word_pos(u128::from(at.word));
        stream
    }
}

impl From<Stream> for Position {
    fn from(stream: Stream) -> Self {
        // 2^64 words take centuries to draw.
        Self { seed: stream.seed, word: stream.rng.get_word_pos() as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_read_back_goes_on_where_it_stood() {
        for drawn in 0..40 {
            let mut stream = Stream::new(u64::MAX - 7);
            for _ in 0..drawn {
                stream.uniform();
            }
            let text = serde_json::to_string(&stream).unwrap();
            let mut read: Stream = serde_json::from_str(&text).unwrap();
            for _ in 0..20 {
                assert_eq!(read.normal().to_bits(), stream.normal().to_bits(), "after {drawn}");
            }
        }
    }

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut stream = Stream::new(1);
        let n = 40_000;
        let drawn: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let mean = drawn.iter().sum::<f64>() / f64::from(n);
        let variance = drawn.iter().map(|z| z * z).sum::<f64>() / f64::from(n);
        // Four standard errors: 1/sqrt(n) and sqrt(2/n).
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((variance - 1.0).abs() < 0.0284, "{variance}");
    }
}
