//! Distance to the k-th nearest neighbour in the plane, in the maximum norm.

/// Points of a leaf of the tree.
const LEAF: usize = 12;

/// A k-d tree: points in an order in which every part is split at its middle, by x and y in turn of the wider side.
#[derive(Debug)]
pub(super) struct Plane {
    points: Vec<[f64; 2]>,
    /// Their places in the sample.
    places: Vec<usize>,
    /// Axis of the split in the middle of each part, in the order in which parts are visited.
    axes: Vec<u8>,
}

impl Plane {
    pub(super) fn new(x: &[f64], y: &[f64]) -> Self {
        let mut points: Vec<Placed> =
            x.iter().zip(y).enumerate().map(|(i, (x, y))| ([*x, *y], i)).collect();
        let mut axes = vec![0; x.len()];
        split(&mut points, &mut axes);
        let (points, places) = points.into_iter().unzip();
        Self { points, places, axes }
    }

    /// The points and their places in the sample, in an order in which neighbours are visited soon after each other: of a
    /// large sample, the part of the tree that is needed then is at hand.
    pub(super) fn points(&self) -> impl Iterator<Item = ([f64; 2], usize)> {
        self.points.iter().copied().zip(self.places.iter().copied())
    }

    /// The distance from a point of the plane to the k-th nearest of the others, where the first one at distance 0 is taken for the
    /// point itself. `nearest` is scratch space.
    pub(super) fn distance(&self, at: [f64; 2], k: usize, nearest: &mut Vec<f64>) -> f64 {
        nearest.clear();
        // The point itself is the nearest of k + 1.
        nearest.resize(k + 1, f64::INFINITY);
        self.visit(0, self.points.len(), at, nearest);
        nearest[k]
    }

    fn visit(&self, start: usize, end: usize, at: [f64; 2], nearest: &mut [f64]) {
        if end - start <= LEAF {
            for point in &self.points[start..end] {
                insert(nearest, distance(at, *point));
            }
            return;
        }
        let middle = start + (end - start) / 2;
        let axis = usize::from(self.axes[middle]);
        let point = self.points[middle];
        insert(nearest, distance(at, point));
        let ahead = at[axis] - point[axis];
        let (near, far) = if ahead < 0.0 {
            ((start, middle), (middle + 1, end))
        } else {
            ((middle + 1, end), (start, middle))
        };
        self.visit(near.0, near.1, at, nearest);
        // Points beyond the split are at least as far as it is.
        if ahead.abs() < nearest[nearest.len() - 1] {
            self.visit(far.0, far.1, at, nearest);
        }
    }
}

/// A point and its place in the sample.
type Placed = ([f64; 2], usize);

/// Splits points at the middle of their wider side.
fn split(points: &mut [Placed], axes: &mut [u8]) {
    if points.len() <= LEAF {
        return;
    }
    let side = |axis: usize| {
        let values = || points.iter().map(|p| p.0[axis]);
        values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min)
    };
    let axis = usize::from(side(1) > side(0));
    let middle = points.len() / 2;
    points.select_nth_unstable_by(middle, |a, b| a.0[axis].total_cmp(&b.0[axis]));
    axes[middle] = axis as u8;
    split(&mut points[..middle], &mut axes[..middle]);
    split(&mut points[middle + 1..], &mut axes[middle + 1..]);
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).abs().max((a[1] - b[1]).abs())
}

/// Puts a distance into an ascending list, whose last then falls out.
fn insert(nearest: &mut [f64], d: f64) {
    let last = nearest.len() - 1;
    if d >= nearest[last] {
        return;
    }
    let mut at = last;
    while at > 0 && nearest[at - 1] > d {
        nearest[at] = nearest[at - 1];
        at -= 1;
    }
    nearest[at] = d;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_looking_at_all_points() {
        let mut state = 7_u64;
        let mut next = |n: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 33) % n) as f64
        };
        // Of few values, so that many points coincide; and of many.
        for values in [3, 10, 1_000_000] {
            for n in [4, 13, 200] {
                let (x, y): (Vec<f64>, Vec<f64>) =
                    (0..n).map(|_| (next(values), next(values))).unzip();
                let plane = Plane::new(&x, &y);
                let mut placed = vec![[f64::NAN; 2]; n];
                plane.points().for_each(|(point, place)| placed[place] = point);
                assert!(x.iter().zip(&y).map(|(x, y)| [*x, *y]).eq(placed));
                for i in 0..n {
                    let others = (0..n).filter(|j| *j != i);
                    let mut all: Vec<f64> =
                        others.map(|j| distance([x[i], y[i]], [x[j], y[j]])).collect();
                    all.sort_by(f64::total_cmp);
                    let found = plane.distance([x[i], y[i]], 3, &mut Vec::new());
                    assert_eq!(found.to_bits(), all[2].to_bits());
                }
            }
        }
    }
}
