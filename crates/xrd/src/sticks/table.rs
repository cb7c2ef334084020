//! Indices of reflections as columns of numbers and as runs along l.

use crate::real::Real;

/// Reflections that follow each other in l.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// Indices of the first.
    pub(crate) hkl: [i32; 3],
    /// Place of the first in the list.
    pub(crate) start: usize,
    /// Number of reflections.
    pub(crate) len: usize,
}

/// A list of reflections, ready for sums over lanes of eight.
#[derive(Debug, Default)]
pub(crate) struct HklTable<T> {
    hkl: Vec<[i32; 3]>,
    /// h, k, l as numbers. Columns are [`stride`](Self::stride) long; the last reflection fills them up.
    pub(crate) columns: [Vec<T>; 3],
    pub(crate) runs: Vec<Run>,
    /// Largest |h|, |k|, |l|.
    pub(crate) limits: [i32; 3],
    /// Length of columns: the number of reflections in whole packs, and a pack more, so that eight may begin anywhere.
    pub(crate) stride: usize,
}

impl<T: Real> HklTable<T> {
    /// Takes over a list, in any order. Whether it differs from the last.
    pub(crate) fn set(&mut self, hkl: &[[i32; 3]]) -> bool {
        if self.hkl == hkl && self.stride > 0 {
            return false;
        }
        self.hkl.clear();
        self.hkl.extend_from_slice(hkl);
        self.stride = (hkl.len().div_ceil(T::PACK) + 1) * T::PACK;
        self.runs.clear();
        self.limits = [0; 3];
        let mut next = None;
        for (i, &[h, k, l]) in hkl.iter().enumerate() {
            match self.runs.last_mut() {
                Some(run) if next == Some([h, k, l]) => run.len += 1,
                _ => self.runs.push(Run { hkl: [h, k, l], start: i, len: 1 }),
            }
            next = Some([h, k, l + 1]);
            for (limit, n) in self.limits.iter_mut().zip([h, k, l]) {
                *limit = n.abs().max(*limit);
            }
        }
        let last = hkl.last().copied().unwrap_or([1, 0, 0]);
        for (x, column) in self.columns.iter_mut().enumerate() {
            column.clear();
            column.extend(hkl.iter().map(|hkl| T::of(f64::from(hkl[x]))));
            column.resize(self.stride, T::of(f64::from(last[x])));
        }
        true
    }

    /// Number of reflections.
    pub(crate) fn len(&self) -> usize {
        self.hkl.len()
    }

    pub(crate) fn hkl(&self) -> &[[i32; 3]] {
        &self.hkl
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_follow_l_and_break_at_gaps() {
        let mut table = HklTable::<f64>::default();
        let list = [[0, 0, 1], [0, 0, 2], [0, 1, -1], [0, 1, 1], [0, 1, 2], [3, -4, 2]];
        assert!(table.set(&list));
        let runs: Vec<_> = table.runs.iter().map(|r| (r.hkl, r.start, r.len)).collect();
        let expected =
            [([0, 0, 1], 0, 2), ([0, 1, -1], 2, 1), ([0, 1, 1], 3, 2), ([3, -4, 2], 5, 1)];
        assert_eq!(runs, expected);
        assert_eq!((table.limits, table.stride, table.len()), ([3, 4, 2], 16, 6));
        assert!(!table.set(&list) && table.set(&list[1..]));
    }
}
