//! Sorting by distance in linear time: spherical shells of equal volume, of which each holds about as many points.
#![expect(
    clippy::inline_always,
    reason = "the kernel must be inlined into the functions compiled for each vector width"
)]

/// Shells with more members than this are sorted by comparison, so that unusual crystals cost no more than that.
const CROWDED: usize = 48;

/// Buffers of the sort, kept between calls.
#[derive(Debug, Default)]
pub(super) struct Shells {
    /// The shell of each distance.
    members: Vec<u32>,
    /// Where each shell begins, and, while it is filled, its next free place.
    starts: Vec<u32>,
    sorted: Vec<f64>,
}

impl Shells {
    /// Assigns each squared distance up to `r2` to one of about `n` shells; gives the order of the indices, shell by shell.
    #[inline(always)]
    pub(super) fn order(&mut self, d2: &[f64], r2: f64, n: usize, order: &mut Vec<u32>) {
        self.assign(d2, r2, n);
        order.clear();
        order.resize(d2.len(), 0);
        for (i, shell) in self.members.iter().enumerate() {
            let place = &mut self.starts[*shell as usize];
            order[*place as usize] = i as u32;
            *place += 1;
        }
    }

    /// The square roots of the smallest of `d2`, none of which is above `r2`, in ascending order: as many as `out` has places.
    #[inline(always)]
    pub(super) fn smallest_roots(&mut self, d2: &[f64], r2: f64, out: &mut [f64]) {
        self.assign(d2, r2, d2.len());
        self.sorted.clear();
        self.sorted.resize(d2.len(), 0.0);
        for (d2, shell) in d2.iter().zip(&self.members) {
            let place = &mut self.starts[*shell as usize];
            self.sorted[*place as usize] = *d2;
            *place += 1;
        }
        // Every start is now the end of its shell.
        let mut start = 0;
        for end in &self.starts {
            let end = *end as usize;
            if end - start > 1 {
                sort(&mut self.sorted[start..end]);
            }
            if end >= out.len() {
                break;
            }
            start = end;
        }
        for (out, d2) in out.iter_mut().zip(&self.sorted) {
            *out = d2.sqrt();
        }
    }

    /// The shell of each distance, and where the shells begin.
    #[inline(always)]
    fn assign(&mut self, d2: &[f64], r2: f64, n: usize) {
        let scale = n as f64 / (r2 * r2.sqrt());
        self.members.clear();
        // Rounding may put a point into the shell next to its own, but keeps their order: products and roots do.
        self.members.extend(d2.iter().map(|d2| (d2 * d2.sqrt() * scale) as u32));
        self.starts.clear();
        self.starts.resize(n + 2, 0);
        for shell in &mut self.members {
            *shell = (*shell).min(n as u32);
            self.starts[*shell as usize + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
    }
}

/// Sorts a shell.
#[inline(always)]
fn sort(shell: &mut [f64]) {
    if shell.len() > CROWDED {
        shell.sort_unstable_by(f64::total_cmp);
        return;
    }
    for i in 1..shell.len() {
        let x = shell[i];
        let mut at = i;
        while at > 0 && shell[at - 1] > x {
            shell[at] = shell[at - 1];
            at -= 1;
        }
        shell[at] = x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Squares of distances: uniform in volume, all in one shell, and of few values.
    fn samples() -> Vec<Vec<f64>> {
        let uniform = |n: usize| (0..n).map(move |i| (i * 7919 % n) as f64 / n as f64);
        vec![
            uniform(1000).map(|u| libm::pow(u, 2.0 / 3.0)).collect(),
            uniform(200).map(|u| 0.5 + 1e-12 * u).collect(),
            uniform(300).map(|u| (u * 5.0).floor() / 5.0).collect(),
            vec![1.0],
            vec![0.0, 1.0],
        ]
    }

    #[test]
    fn roots_come_out_in_order() {
        let mut shells = Shells::default();
        for d2 in samples() {
            let mut expected: Vec<f64> = d2.iter().map(|x| x.sqrt()).collect();
            expected.sort_by(f64::total_cmp);
            for k in [1, d2.len() / 2, d2.len()] {
                let mut out = vec![f64::NAN; k];
                shells.smallest_roots(&d2, 1.0, &mut out);
                let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&out), bits(&expected[..k]));
            }
        }
    }

    #[test]
    fn an_order_holds_every_index_once_and_rises_from_shell_to_shell() {
        let mut shells = Shells::default();
        for d2 in samples() {
            let mut order = Vec::new();
            shells.order(&d2, 1.0, 10, &mut order);
            let shell = |i: &u32| (d2[*i as usize] * d2[*i as usize].sqrt() * 10.0) as u32;
            assert!(order.windows(2).all(|w| shell(&w[0]) <= shell(&w[1])));
            order.sort_unstable();
            assert!(order.iter().copied().eq(0..d2.len() as u32));
        }
    }
}
