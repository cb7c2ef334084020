//! Vectors from a point of a crystal to images of others nearby.
#![expect(
    clippy::inline_always,
    reason = "the kernel must be inlined into the functions compiled for each vector width"
)]

use super::MARGIN;
use super::motif::Motif;
use super::translations::LANES;
use braggscape_crystal::Element;

/// The points that neighbours are sought among, and one vector to each.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    points: Vec<usize>,
    groups: Vec<Group>,
}

/// Eight points; those behind the last are at the origin.
#[derive(Debug, Clone, Copy)]
struct Group {
    frac: [[f64; LANES]; 3],
    /// Vectors, Å.
    cart: [[f64; LANES]; 3],
    /// Length up to which translations can lead to a neighbour, Å; negative if none can.
    reach: [f64; LANES],
}

/// One vector.
pub(super) struct Offset {
    pub(super) point: usize,
    pub(super) cart: [f64; 3],
    pub(super) reach: f64,
}

impl Offsets {
    /// Takes the points of an element, or all.
    pub(super) fn choose(&mut self, motif: &Motif, element: Option<Element>) {
        let elements = &motif.elements;
        self.points.clear();
        self.points
            .extend((0..elements.len()).filter(|i| element.is_none_or(|e| elements[*i] == e)));
        self.groups.clear();
        self.groups.extend(self.points.chunks(LANES).map(|points| {
            let mut group =
                Group { frac: [[0.0; LANES]; 3], cart: [[0.0; LANES]; 3], reach: [0.0; LANES] };
            for (i, point) in points.iter().enumerate() {
                for (list, f) in group.frac.iter_mut().zip(motif.point(*point)) {
                    list[i] = f;
                }
            }
            group
        }));
    }

    /// Number of points.
    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    /// Turns to a sphere about a point.
    #[inline(always)]
    pub(super) fn look(&mut self, motif: &Motif, point: usize, radius: f64) {
        let here = motif.point(point);
        let limit = motif.spacings.map(|h| radius / h * (1.0 + MARGIN));
        let [a, b, c] = motif.basis.0;
        for Group { frac, cart, reach } in &mut self.groups {
            for i in 0..LANES {
                let (mut f, mut beyond) = ([0.0; 3], false);
                for k in 0..3 {
                    let d = frac[k][i] - here[k];
                    let down = if d > 0.5 { 1.0 } else { 0.0 };
                    let up = if d < -0.5 { 1.0 } else { 0.0 };
                    f[k] = d - down + up;
                    beyond |= f[k].abs() > limit[k];
                }
                let mut square = 0.0;
                for k in 0..3 {
                    let x = f[0] * a[k] + f[1] * b[k] + f[2] * c[k];
                    cart[k][i] = x;
                    square += x * x;
                }
                let far = (radius + square.sqrt()) * (1.0 + MARGIN);
                reach[i] = if beyond { -1.0 } else { far };
            }
        }
    }

    /// The vectors.
    pub(super) fn iter(&self) -> impl Iterator<Item = Offset> {
        self.points.iter().enumerate().map(|(i, &point)| {
            let (group, i) = (&self.groups[i / LANES], i % LANES);
            let cart = [group.cart[0][i], group.cart[1][i], group.cart[2][i]];
            Offset { point, cart, reach: group.reach[i] }
        })
    }
}
