//! The graph with like atoms, bonds and angles as one.
//!
//! Atoms are alike if their elements are, and if like bonds lead to like neighbours and meet in like angles; so with bonds and with
//! angles. The network gives features that are the same to what is alike, whatever its weights: one of each class is enough, and
//! messages count as often as there are like ones. In a crystal whose sites are symmetric this leaves the asymmetric unit, of a supercell the
//! cell; symmetry need not be known for it. Classes are found by refining colours until they part no more (the coarsest equitable
//! partition: A. Cardon and M. Crochemore, Theor. Comput. Sci. 19, 85 (1982), doi:10.1016/0304-3975(82)90016-0).
//!
//! Lengths and angles are alike within a tolerance, and a class has their mean, so that the energy errs by the square of the
//! tolerance alone, and forces by the tolerance times the stiffness.

use super::graph::Graph;

/// Alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Class {
    /// The first of them.
    pub(super) first: u32,
    /// How many there are.
    pub(super) members: u32,
}

/// Which class everything is of.
#[derive(Debug, Default)]
pub(super) struct Partition {
    /// Class of each.
    pub(super) of: Vec<u32>,
    pub(super) classes: Vec<Class>,
}

/// The graph of classes. Classes are numbered as their first members are.
#[derive(Debug, Default)]
pub(super) struct Quotient {
    pub(super) atoms: Partition,
    /// Short bonds first.
    pub(super) bonds: Partition,
    /// How many are short.
    pub(super) n_short: usize,
    /// Mean length of each class of bonds, Å.
    pub(super) distances: Vec<f64>,
    /// Pairs of angles.
    pub(super) pairs: Partition,
    /// Mean cosine of each class of pairs.
    pub(super) cosines: Vec<f64>,
    /// Bonds as seen from one of their atoms, those of short bonds first.
    pub(super) edges: Edges,
    pub(super) angles: Angles,
    work: Work,
}

/// Rows of messages to atoms.
#[derive(Debug, Default)]
pub(super) struct Edges {
    parts: Partition,
    /// How many are of short bonds.
    pub(super) n_short: usize,
    /// Atom that an edge starts from.
    pub(super) centre: Vec<u32>,
    /// Atom that it leads to.
    pub(super) neighbour: Vec<u32>,
    pub(super) bond: Vec<u32>,
    /// How often an atom has such an edge.
    pub(super) times: Vec<u32>,
}

/// Rows of messages along angles.
#[derive(Debug, Default)]
pub(super) struct Angles {
    parts: Partition,
    /// First edge.
    pub(super) edge: Vec<u32>,
    /// Bond of the first edge.
    pub(super) first: Vec<u32>,
    /// Second bond.
    pub(super) second: Vec<u32>,
    pub(super) pair: Vec<u32>,
    /// How often a bond is the first one of such an angle.
    pub(super) times: Vec<u32>,
}

impl Angles {
    pub(super) fn len(&self) -> usize {
        self.edge.len()
    }
}

/// Buffers.
#[derive(Debug, Default)]
struct Work {
    atoms: Vec<u64>,
    bonds: Vec<u64>,
    /// Of pairs: the colour of the cosine.
    pairs: Vec<u64>,
    sums: Vec<u64>,
    /// Colours of what is to be numbered.
    colours: Vec<u64>,
    order: Vec<u32>,
    sorted: Vec<u64>,
}

impl Quotient {
    /// Parts a graph; `elements` are the atoms' colours at first. Lengths, Å, and cosines are alike within `tolerance`; below 0 nothing is alike.
    pub(super) fn fill(
        &mut self,
        graph: &Graph,
        elements: impl ExactSizeIterator<Item = u64>,
        tolerance: f64,
    ) {
        let Work { atoms, bonds, pairs, sums, colours, order, sorted } = &mut self.work;
        atoms.clear();
        atoms.extend(
            elements.enumerate().map(|(i, z)| mix(if tolerance < 0.0 { i as u64 } else { z })),
        );
        let distances = graph.bonds.iter().map(|bond| bond.distance);
        clusters(distances, tolerance, order, bonds);
        for colour in &mut bonds[graph.n_short..] {
            *colour = mix(*colour);
        }
        clusters(graph.cosines.iter().copied(), tolerance, order, pairs);
        let mut n_classes = 0;
        loop {
            refine(graph, atoms, bonds, pairs, sums);
            let n = count(bonds, sorted) + count(atoms, sorted);
            if n == n_classes || n == bonds.len() + atoms.len() {
                break;
            }
            n_classes = n;
        }
        self.atoms.fill(atoms, order);
        self.bonds.fill(bonds, order);
        colours.clear();
        colours.extend((0..2 * bonds.len()).map(|e| pair(atoms[graph.centre(e)], bonds[e / 2])));
        self.edges.parts.fill(colours, order);
        colours.clear();
        colours.extend((0..2 * pairs.len()).map(|g| angle(graph, atoms, bonds, pairs, g)));
        self.angles.parts.fill(colours, order);
        for p in 0..pairs.len() {
            colours[p] = colours[2 * p].wrapping_add(colours[2 * p + 1]);
        }
        colours.truncate(pairs.len());
        self.pairs.fill(colours, order);
        self.join(graph);
    }

    /// Means and rows.
    fn join(&mut self, graph: &Graph) {
        let (atoms, bonds, pairs) = (&self.atoms, &self.bonds, &self.pairs);
        self.n_short = bonds.classes.partition_point(|c| (c.first as usize) < graph.n_short);
        bonds.means(graph.bonds.iter().map(|b| b.distance), &mut self.distances);
        pairs.means(graph.cosines.iter().copied(), &mut self.cosines);
        let Edges { parts, n_short, centre, neighbour, bond, times } = &mut self.edges;
        *n_short = parts.classes.partition_point(|c| (c.first as usize) < 2 * graph.n_short);
        for list in [&mut *centre, neighbour, bond] {
            list.clear();
        }
        times.clear();
        for Class { first, members } in &parts.classes {
            let e = *first as usize;
            let of = atoms.of[graph.centre(e)];
            centre.push(of);
            neighbour.push(atoms.of[graph.centre(e ^ 1)]);
            bond.push(bonds.of[e / 2]);
            times.push(each(*members, &atoms.classes[of as usize]));
        }
        let Angles { parts, edge, first, second, pair, times } = &mut self.angles;
        for list in [&mut *edge, first, second, pair] {
            list.clear();
        }
        times.clear();
        for Class { first: g, members } in &parts.classes {
            let (a, b) = graph.edges_of(*g as usize);
            let of = bonds.of[a / 2];
            edge.push(self.edges.parts.of[a]);
            first.push(of);
            second.push(bonds.of[b / 2]);
            pair.push(pairs.of[*g as usize / 2]);
            times.push(each(*members, &bonds.classes[of as usize]));
        }
    }
}

impl Partition {
    /// Parts by colour.
    fn fill(&mut self, colours: &[u64], order: &mut Vec<u32>) {
        order.clear();
        order.extend(0..colours.len() as u32);
        order.sort_unstable_by_key(|i| (colours[*i as usize], *i));
        // The first of each colour, then its number.
        self.of.clear();
        self.of.resize(colours.len(), 0);
        for like in order.chunk_by(|a, b| colours[*a as usize] == colours[*b as usize]) {
            for i in like {
                self.of[*i as usize] = like[0];
            }
        }
        self.classes.clear();
        for i in 0..colours.len() {
            let first = self.of[i];
            if first as usize == i {
                self.of[i] = self.classes.len() as u32;
                self.classes.push(Class { first, members: 1 });
            } else {
                let class = self.of[first as usize];
                self.of[i] = class;
                self.classes[class as usize].members += 1;
            }
        }
    }

    fn means(&self, values: impl Iterator<Item = f64>, means: &mut Vec<f64>) {
        means.clear();
        means.resize(self.classes.len(), 0.0);
        for (class, x) in self.of.iter().zip(values) {
            means[*class as usize] += x;
        }
        for (mean, class) in means.iter_mut().zip(&self.classes) {
            *mean /= f64::from(class.members);
        }
    }
}

/// How many of these each of a class has.
fn each(n: u32, class: &Class) -> u32 {
    debug_assert!(
        n.is_multiple_of(class.members),
        "what is alike has the same number of edges and angles"
    );
    n / class.members
}

/// Scatters bits (the end of SplitMix64).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// One colour of two in their order. Colours have 64 bits: two of some thousand different ones are taken for the same once in 10^12 graphs.
fn pair(a: u64, b: u64) -> u64 {
    mix(mix(a) ^ b)
}

/// Colour of an angle.
fn angle(graph: &Graph, atoms: &[u64], bonds: &[u64], pairs: &[u64], g: usize) -> u64 {
    let (a, b) = graph.edges_of(g);
    pair(pair(atoms[graph.centre(a)], pairs[g / 2]), pair(bonds[a / 2], bonds[b / 2]))
}

/// Colours of numbers: the same within the tolerance of the least of them.
fn clusters(
    values: impl ExactSizeIterator<Item = f64> + Clone,
    tolerance: f64,
    order: &mut Vec<u32>,
    colours: &mut Vec<u64>,
) {
    colours.clear();
    // Numbers of one sign are in the order of their bits.
    colours.extend(values.map(|x| (x + 2.0).to_bits()));
    order.clear();
    order.extend(0..colours.len() as u32);
    order.sort_unstable_by_key(|i| (colours[*i as usize], *i));
    let mut from = f64::NEG_INFINITY;
    let mut cluster = 0;
    for i in order {
        let colour = &mut colours[*i as usize];
        let x = f64::from_bits(*colour);
        if x - from > tolerance {
            from = x;
            cluster += 1;
        }
        *colour = cluster;
    }
}

/// How many different colours there are.
fn count(colours: &[u64], sorted: &mut Vec<u64>) -> usize {
    sorted.clear();
    sorted.extend_from_slice(colours);
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len()
}

/// Colours that tell apart what is bound differently.
fn refine(graph: &Graph, atoms: &mut [u64], bonds: &mut [u64], pairs: &[u64], sums: &mut Vec<u64>) {
    sums.clear();
    sums.resize(bonds.len(), 0);
    for g in 0..2 * pairs.len() {
        let (first, _) = graph.edges_of(g);
        let sum = &mut sums[first / 2];
        *sum = sum.wrapping_add(angle(graph, atoms, bonds, pairs, g));
    }
    for (u, (colour, sum)) in bonds.iter_mut().zip(&*sums).enumerate() {
        let ends = [2 * u, 2 * u + 1].map(|e| mix(atoms[graph.centre(e)]));
        *colour = pair(pair(*colour, ends[0].wrapping_add(ends[1])), *sum);
    }
    sums.clear();
    sums.resize(atoms.len(), 0);
    for e in 0..2 * bonds.len() {
        let (centre, neighbour) = (graph.centre(e), graph.centre(e ^ 1));
        sums[centre] = sums[centre].wrapping_add(pair(bonds[e / 2], atoms[neighbour]));
    }
    for (colour, sum) in atoms.iter_mut().zip(&*sums) {
        *colour = pair(*colour, *sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use braggscape_crystal::{Element, Lattice, Site, Structure};
    use braggscape_testkit::transform::supercell;
    use nalgebra::{Matrix3, Vector3};

    /// Rock salt of 8 atoms, n cells along a, atom 0 displaced along a by so much of the cell's edge.
    fn rock_salt(n: usize, displaced: f64) -> Structure {
        let a = 4.2;
        let rows = [[n as f64 * a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]];
        let mut sites = Vec::new();
        for cell in 0..n {
            for i in 0..8_u8 {
                let half = [i & 1, (i >> 1) & 1, i >> 2].map(|bit| 0.5 * f64::from(bit));
                let symbol = if i.count_ones() % 2 == 0 { "Mg" } else { "O" };
                let x = (half[0] + cell as f64) / n as f64;
                let frac = Vector3::new(x, half[1], half[2]);
                sites.push(Site::new(Element::from_symbol(symbol).unwrap(), frac));
            }
        }
        sites[0].frac.x += displaced / n as f64;
        Structure::new(Lattice::from_rows(rows).unwrap(), sites).unwrap()
    }

    fn quotient(s: &Structure, tolerance: f64) -> (Graph, Quotient) {
        let (mut graph, mut quotient) = (Graph::default(), Quotient::default());
        graph.fill(s).unwrap();
        let elements = s.sites().iter().map(|s| u64::from(s.element.atomic_number()));
        quotient.fill(&graph, elements, tolerance);
        (graph, quotient)
    }

    /// Numbers of classes: atoms, bonds, rows to atoms, rows along angles, pairs.
    fn numbers(q: &Quotient) -> [usize; 5] {
        let n = |p: &Partition| p.classes.len();
        [n(&q.atoms), n(&q.bonds), q.edges.bond.len(), q.angles.len(), n(&q.pairs)]
    }

    #[test]
    fn rock_salt_is_two_atoms() {
        for n in [1, 2] {
            let (graph, q) = quotient(&rock_salt(n, 0.0), 1e-7);
            // 2.1, 3.64 and 4.7 Å between unlike atoms; 2.97, 4.2, 5.14 and 5.94 Å between like ones, of two kinds.
            assert_eq!(q.n_short, 3, "{:?}", q.distances);
            assert_eq!(numbers(&q)[..2], [2, 11], "{:?}", q.distances);
            // An atom has as many edges as before, a bond as many angles.
            for c in 0..2 {
                let times = q.edges.centre.iter().zip(&q.edges.times);
                let sum: u32 = times.filter(|(at, _)| **at == c).map(|(_, n)| n).sum();
                let members = q.atoms.classes[c as usize].members as usize;
                assert_eq!(members, 4 * n);
                let all = (0..2 * graph.bonds.len()).filter(|e| q.atoms.of[graph.centre(*e)] == c);
                assert_eq!(sum as usize * members, all.count());
            }
            let rows = q.angles.first.iter().zip(&q.angles.times);
            let all: u32 = rows.map(|(u, n)| n * q.bonds.classes[*u as usize].members).sum();
            assert_eq!(all as usize, 2 * graph.angles.len());
        }
    }

    #[test]
    fn a_displaced_atom_leaves_less_symmetry() {
        let of = |s: &Structure, tolerance| numbers(&quotient(s, tolerance).1);
        let (at_rest, moved) = (rock_salt(1, 0.0), rock_salt(1, 0.01));
        let (few, more) = (of(&at_rest, 1e-7), of(&moved, 1e-7));
        assert!(few.iter().zip(more).all(|(few, more)| *few < more), "{few:?} {more:?}");
        // Four-fold about a: atoms 2 and 4 are alike, 3 and 5, and no others.
        assert_eq!(more[0], 6);
        // Displaced by less than the tolerance it is not displaced.
        assert_eq!(of(&rock_salt(1, 1e-9), 1e-7), few);
        let (graph, alone) = quotient(&moved, -1.0);
        let n = graph.bonds.len();
        assert_eq!(numbers(&alone)[..2], [8, n]);
        assert_eq!(numbers(&alone)[4], graph.angles.len());
    }

    #[test]
    fn supercells_are_their_cells() {
        for displaced in [0.0, 0.01, 0.13] {
            let cell = rock_salt(1, displaced);
            for m in [[2, 0, 1], [1, 1, 0], [3, 2, 1]] {
                let m = Matrix3::new(m[0], 0, 0, m[1], 2, 0, m[2], 1, 1);
                let larger = supercell(&cell, &m).unwrap();
                let [of_cell, of_larger] = [&cell, &larger].map(|s| numbers(&quotient(s, 1e-7).1));
                assert_eq!(of_cell, of_larger, "{displaced} {m}");
            }
        }
    }
}
