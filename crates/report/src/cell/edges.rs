//! The edges of a cell: which of them its own faces hide, and which pieces its atoms hide.

use super::view::{Ball, Point, combine, cross, dot};

/// How an edge lies to the faces it joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Between two faces that the reader sees.
    Front,
    /// Between a face that is seen and one that is not.
    Outline,
    /// Between two faces that are not seen.
    Hidden,
}

/// An edge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge {
    /// The lattice vector it is: 0 = a, 1 = b, 2 = c.
    pub(crate) axis: usize,
    /// Its ends.
    pub(crate) ends: [Point; 2],
    /// Whether it can be seen.
    pub(crate) sight: Sight,
}

/// The twelve edges of the cell of these vectors.
pub(crate) fn edges(vectors: &[Point; 3]) -> Vec<Edge> {
    let handedness = dot(cross(vectors[0], vectors[1]), vectors[2]);
    // Whether the faces where coordinate j is 0 and 1 are turned towards the reader.
    let seen = [0, 1, 2].map(|j| {
        let normal = cross(vectors[(j + 1) % 3], vectors[(j + 2) % 3]);
        let towards = normal[2] * handedness;
        [towards < 0.0, towards > 0.0]
    });
    let mut edges = Vec::with_capacity(12);
    for axis in 0..3 {
        let (j, k) = ((axis + 1) % 3, (axis + 2) % 3);
        for (at_j, at_k) in [(0, 0), (1, 0), (1, 1), (0, 1)] {
            let mut corner = [0.0; 3];
            (corner[j], corner[k]) = (f64::from(at_j), f64::from(at_k));
            let start = combine(vectors, corner);
            let end = [0, 1, 2].map(|i| start[i] + vectors[axis][i]);
            let sight = match (seen[j][at_j as usize], seen[k][at_k as usize]) {
                (true, true) => Sight::Front,
                (false, false) => Sight::Hidden,
                _ => Sight::Outline,
            };
            edges.push(Edge { axis, ends: [start, end], sight });
        }
    }
    edges
}

/// The pieces of a line that no ball hides, as pairs of places along it from 0 to 1.
pub(crate) fn visible_pieces(ends: [Point; 2], balls: &[Ball]) -> Vec<[f64; 2]> {
    let mut hidden: Vec<[f64; 2]> =
        balls.iter().filter_map(|ball| hidden_piece(ends, ball)).collect();
    hidden.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let mut pieces = Vec::new();
    let mut from = 0.0;
    for [start, end] in hidden {
        if start > from {
            pieces.push([from, start.min(1.0)]);
        }
        from = end.max(from);
    }
    if from < 1.0 {
        pieces.push([from, 1.0]);
    }
    pieces.retain(|[start, end]| start < end);
    pieces
}

/// The piece of a line that a ball hides, cut to 0 to 1.
///
/// Where the line meets the ball, that is the whole piece between its rims: a line that comes out of a ball towards the reader begins at
/// the rim, since a stroke over the ball reads as a hand of a clock. Where the two do not meet, the line is hidden if it is behind. With
/// p + t d the line as seen from the middle of the ball, ρ its distance from the line of sight through the middle and r the
/// radius, it is between the rims for ρ(t) < r, and meets the ball where |p + t d| < r.
fn hidden_piece([start, end]: [Point; 2], ball: &Ball) -> Option<[f64; 2]> {
    let p = [0, 1, 2].map(|k| start[k] - ball.at[k]);
    let d = [0, 1, 2].map(|k| end[k] - start[k]);
    let flat = |v: Point| [v[0], v[1], 0.0];
    let r2 = ball.radius * ball.radius;
    let [from, to] =
        roots(dot(flat(d), flat(d)), dot(flat(p), flat(d)), dot(flat(p), flat(p)) - r2)?;
    let [from, to] = [from.max(0.0), to.min(1.0)];
    if from >= to {
        return None;
    }
    let meets = roots(dot(d, d), dot(p, d), dot(p, p) - r2)
        .is_some_and(|[enter, leave]| enter < 1.0 && leave > 0.0);
    // A line that does not meet the ball is in front of it or behind it as a whole.
    let is_behind = p[2] + f64::midpoint(from, to) * d[2] < 0.0;
    (meets || is_behind).then_some([from, to])
}

/// The places t where q t² + 2 h t + c < 0 begins and ends.
fn roots(q: f64, h: f64, c: f64) -> Option<[f64; 2]> {
    // A line along the line of sight is in the cylinder for every t, or for none.
    if q < 1e-12 {
        return (c < 0.0).then_some([-1e6, 1e6]);
    }
    let discriminant = h * h - q * c;
    if discriminant <= 0.0 {
        return None;
    }
    let root = discriminant.sqrt();
    Some([(-h - root) / q, (-h + root) / q])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ball(at: Point) -> Ball {
        Ball { at, radius: 1.0, atom_idx: 0 }
    }

    /// Points of a line, and whether the definition hides each.
    fn sampled(ends: [Point; 2], ball: &Ball) -> Vec<(f64, bool)> {
        let r2 = ball.radius * ball.radius;
        let seen = |t: f64| {
            let v = [0, 1, 2].map(|k| ends[0][k] + t * (ends[1][k] - ends[0][k]) - ball.at[k]);
            (v[0] * v[0] + v[1] * v[1], v[2])
        };
        let at = |step: i32| f64::from(step) / 4000.0;
        let all: Vec<(f64, (f64, f64))> = (0..=4000).map(|s| (at(s), seen(at(s)))).collect();
        let meets = all.iter().any(|(_, (rho2, z))| rho2 + z * z < r2);
        all.into_iter().map(|(t, (rho2, z))| (t, rho2 < r2 && (meets || z < 0.0))).collect()
    }

    #[test]
    fn pieces_are_those_of_the_definition() {
        let ends = [[-3.0, -0.2, -2.0], [3.0, 0.4, 1.5]];
        let mut n_hiding = 0;
        for k in 0..200_u32 {
            // Balls all around the line.
            let [x, y, z] = [7, 11, 13].map(|m| f64::from(k * 37 % m) / f64::from(m) * 6.0 - 3.0);
            let ball = ball([x, y / 2.0, z]);
            let pieces = visible_pieces(ends, &[ball]);
            n_hiding += usize::from(pieces != [[0.0, 1.0]]);
            for (t, hidden) in sampled(ends, &ball) {
                let seen = pieces.iter().any(|[a, b]| (*a..=*b).contains(&t));
                let at_end = pieces.iter().flatten().any(|e| (e - t).abs() < 1e-9);
                assert!(at_end || seen != hidden, "ball {k}, t {t}: {pieces:?}");
            }
        }
        assert!((50..150).contains(&n_hiding), "{n_hiding} of 200 balls hide a piece");
    }

    #[test]
    fn a_line_in_front_is_whole_and_one_out_of_the_ball_begins_at_its_rim() {
        let in_front = [[-3.0, 0.0, 2.0], [3.0, 0.0, 2.0]];
        assert_eq!(visible_pieces(in_front, &[ball([0.0; 3])]), [[0.0, 1.0]]);
        // Towards the reader at 45 degrees: the rim is at one radius to the right.
        let pieces = visible_pieces([[0.0; 3], [4.0, 0.0, 4.0]], &[ball([0.0; 3])]);
        assert_eq!(pieces.len(), 1);
        assert!((pieces[0][0] - 0.25).abs() < 1e-12 && (pieces[0][1] - 1.0).abs() < 1e-12);
        // Along the line of sight there is nothing beside the ball.
        assert!(visible_pieces([[0.0; 3], [0.0, 0.0, 4.0]], &[ball([0.0; 3])]).is_empty());
    }

    #[test]
    fn three_edges_are_hidden_three_in_front_and_six_are_the_outline() {
        // Seen along a direction in which no face is edge-on.
        let vectors = [[3.0, -0.4, 1.0], [1.0, 0.8, -3.0], [0.0, 3.0, 0.7]];
        let mirrored = vectors.map(|[x, y, z]: Point| [-x, y, z]);
        for vectors in [vectors, mirrored] {
            let edges = edges(&vectors);
            let count = |sight| edges.iter().filter(|e| e.sight == sight).count();
            assert_eq!([Sight::Front, Sight::Hidden, Sight::Outline].map(count), [3, 3, 6]);
            // The hidden edges meet in the farthest corner.
            let depths = edges.iter().flat_map(|e| e.ends).map(|p| p[2]);
            let far = depths.fold(f64::INFINITY, f64::min);
            let at_far = |e: &&Edge| e.ends.iter().any(|p| (p[2] - far).abs() < 1e-12);
            assert!(edges.iter().filter(at_far).all(|e| e.sight == Sight::Hidden));
        }
    }
}
