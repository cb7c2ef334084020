//! Random streams that depend on what they are for, never on who draws them.

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use sha2::{Digest, Sha256};

/// The ChaCha12 stream of a role in a study: its key is SHA-256 of the seed, the role and the parts of the task's key.
///
/// Each part is preceded by its length, so that no two keys run together.
///
/// # Examples
/// ```
/// use braggscape_study::stream;
/// use rand_chacha::rand_core::Rng;
/// let draw = |seed, part: &str| stream(seed, "noise", &[part]).next_u64();
/// assert_eq!(draw(1, "u2ti"), draw(1, "u2ti"));
/// assert_ne!(draw(1, "u2ti"), draw(1, "au2s"));
/// assert_ne!(draw(1, "u2ti"), draw(2, "u2ti"));
/// ```
pub fn stream(seed: u64, role: &str, key: &[&str]) -> ChaCha12Rng {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    for part in std::iter::once(&role).chain(key) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    ChaCha12Rng::from_seed(hash.finalize().into())
}
