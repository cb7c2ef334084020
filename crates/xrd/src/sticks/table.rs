//! Indices of reflections as columns of numbers.

use crate::lanes::put_eight;
use crate::real::Real;
use crate::reflections::Runs;

/// A list of reflections, ready for sums over lanes of eight.
#[derive(Debug, Default)]
pub(crate) struct HklTable<T> {
    pub(crate) runs: Runs,
    /// h, k, l as numbers. Columns are [`stride`](Self::stride) long; what stands beyond the last reflection is finite.
    pub(crate) columns: [Vec<T>; 3],
    /// Largest |h|, |k|, |l|.
    pub(crate) limits: [i32; 3],
    /// Length of columns: the number of reflections in whole packs, and a pack more, so that eight may begin anywhere.
    pub(crate) stride: usize,
}

impl<T: Real> HklTable<T> {
    /// Takes over a list. Whether it differs from the last.
    #[inline(always)]
    pub(crate) fn set(&mut self, runs: &Runs) -> bool {
        if self.runs == *runs && self.stride > 0 {
            return false;
        }
        self.runs.copy_from(runs);
        self.stride = (runs.len().div_ceil(T::PACK) + 1) * T::PACK;
        self.limits = [0; 3];
        for column in &mut self.columns {
            // Any reflection but 000, where angles and factors have no value.
            column.resize(self.stride, T::of(1.0));
        }
        let [x, y, z] = &mut self.columns;
        for run in runs.iter() {
            let [h, k, l] = run.hkl;
            let last = l + run.len as i32 - 1;
            for (limit, n) in self.limits.iter_mut().zip([h, k, l.abs().max(last.abs())]) {
                *limit = n.abs().max(*limit);
            }
            let [h, k, l] = run.hkl.map(|n| T::of(f64::from(n)));
            for first in (0..run.len).step_by(8) {
                // What stands beyond the end of a run is overwritten by the next.
                let place = run.start + first;
                put_eight(x, place, [h; 8]);
                put_eight(y, place, [k; 8]);
                let from = l + T::of(first as f64);
                put_eight(z, place, STEPS.map(|n| from + T::of(n)));
            }
        }
        true
    }

    /// Number of reflections.
    pub(crate) fn len(&self) -> usize {
        self.runs.len()
    }
}

const STEPS: [f64; 8] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_the_indices_one_by_one() {
        let mut runs = Runs::default();
        let list: Vec<[i32; 3]> = (-9..=9).map(|l| [2, -5, l]).chain([[3, 0, 4]]).collect();
        runs.set(&list);
        let mut table = HklTable::<f64>::default();
        assert!(table.set(&runs) && !table.set(&runs));
        assert_eq!((table.limits, table.stride, table.len()), ([3, 5, 9], 32, 20));
        for (i, hkl) in list.iter().enumerate() {
            assert_eq!([0, 1, 2].map(|x| table.columns[x][i] as i32), *hkl);
        }
        runs.set(&list[1..]);
        assert!(table.set(&runs));
    }
}
