//! Eight numbers side by side.
//!
//! Loops over [`Lanes`] are plain Rust that a compiler turns into vector instructions of whatever width the machine has.
//! No operation is reordered or contracted by that, so the numbers are the same on every machine.

/// Eight numbers side by side.
pub(crate) type Lanes<T = f64> = [T; 8];

/// Eight numbers from a place on.
#[inline(always)]
pub(crate) fn eight<T: Copy + Default>(x: &[T], from: usize) -> Lanes<T> {
    x[from..].first_chunk().copied().unwrap_or_default()
}

/// Eight numbers from a place on, to be overwritten.
#[inline(always)]
pub(crate) fn put_eight<T: Copy>(x: &mut [T], from: usize, lanes: Lanes<T>) {
    if let Some(place) = x[from..].first_chunk_mut() {
        *place = lanes;
    }
}

/// The eight numbers added pairwise, in the order of `braggscape_pattern::sum::reduce`.
#[inline(always)]
pub(crate) fn reduce<T: Copy + std::ops::Add<Output = T>>(p: Lanes<T>) -> T {
    ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]))
}
