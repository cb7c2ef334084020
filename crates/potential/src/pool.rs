//! Scratch space that a potential keeps from one evaluation to the next.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Spaces to borrow: as many as evaluations ever ran at one time. The lock is held while one is taken out or put back, not while it is
/// used.
pub(crate) struct Pool<T>(Mutex<Vec<Box<T>>>);

impl<T: Default> Pool<T> {
    /// Calls `work` with a space; a new one if all are in use. Where `work` panics the space is lost.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut space = kept.unwrap_or_default();
        let result = work(&mut space);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(space);
        result
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<T> fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool")
    }
}
