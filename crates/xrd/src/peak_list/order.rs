//! Reflections in ascending order of g.

/// Buckets with more reflections than this are sorted by comparison.
const FEW: usize = 16;

/// A reflection: g, 1/Å, and its place in the list.
pub(super) type Entry = (f64, u32);

/// Sorts reflections by g, those of equal g by their place in the list, in linear time.
///
/// Points of a lattice fill space evenly, so g^3 is spread evenly and a bucket holds few different g.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    buckets: Vec<u32>,
    ends: Vec<u32>,
    sorted: Vec<Entry>,
}

impl Order {
    /// The list in order; all g lie between `g_min` and `g_max`.
    pub(super) fn sort(&mut self, g: &[f64], g_min: f64, g_max: f64) -> &[Entry] {
        let n = g.len();
        let lowest = g_min * g_min * g_min;
        let scale = n as f64 / (g_max * g_max * g_max - lowest);
        let last = n.saturating_sub(1) as u32;
        self.buckets.clear();
        self.buckets.extend(g.iter().map(|g| (((g * g * g - lowest) * scale) as u32).min(last)));
        self.ends.clear();
        self.ends.resize(n, 0);
        for &bucket in &self.buckets {
            self.ends[bucket as usize] += 1;
        }
        let mut start = 0;
        for end in &mut self.ends {
            start += std::mem::replace(end, start);
        }
        self.sorted.clear();
        self.sorted.resize(n, (0.0, 0));
        for ((&bucket, &g), i) in self.buckets.iter().zip(g).zip(0..) {
            let place = &mut self.ends[bucket as usize];
            self.sorted[*place as usize] = (g, i);
            *place += 1;
        }
        let mut start = 0;
        for &end in &self.ends {
            sort_bucket(&mut self.sorted[start..end as usize]);
            start = end as usize;
        }
        &self.sorted
    }
}

/// Sorts a bucket, in which the places ascend.
fn sort_bucket(bucket: &mut [Entry]) {
    if bucket.len() > FEW && !bucket.is_sorted_by(|a, b| a.0 <= b.0) {
        bucket.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        return;
    }
    for i in 1..bucket.len() {
        let entry = bucket[i];
        let mut at = i;
        while at > 0 && bucket[at - 1].0 > entry.0 {
            bucket[at] = bucket[at - 1];
            at -= 1;
        }
        bucket[at] = entry;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(g: &[f64], g_min: f64, g_max: f64) {
        let mut expected: Vec<Entry> = g.iter().copied().zip(0..).collect();
        expected.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!(Order::default().sort(g, g_min, g_max), expected);
    }

    #[test]
    fn any_list_comes_out_in_order() {
        check(&[], 0.0, 1.0);
        check(&[0.3], 0.0, 1.0);
        // Equal, and at the ends of the range.
        check(&[1.0, 0.2, 1.0, 0.2, 0.7, 0.2], 0.2, 1.0);
        let even: Vec<f64> =
            (0..1000).map(|i| (f64::from(i * 7919 % 1000) / 1000.0).cbrt()).collect();
        check(&even, 0.0, 1.0);
        // All in one bucket, in descending order.
        let close: Vec<f64> = (0..100).map(|i| 0.5 - 1e-9 * f64::from(i / 2)).collect();
        check(&close, 0.0, 1.0);
        let few: Vec<f64> = close[..10].to_vec();
        check(&few, 0.0, 1.0);
    }
}
