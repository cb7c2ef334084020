//! Local minima of a grid, the basins that lead to them, and the barriers between them.

use crate::Grid;
use std::collections::VecDeque;

/// A local minimum of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct GridMinimum {
    /// Index of the point: on a plateau the point nearest to its middle.
    pub index: usize,
    /// Place (u, v) of the point.
    pub place: [f64; 2],
    /// Value.
    pub value: f64,
    /// Number of connected points of this very value.
    pub plateau: usize,
    /// Whether a point of it lies on the edge of the section or beside a hole, so that the function may go on falling.
    pub on_edge: bool,
    /// How far one must climb to get to a deeper minimum; `None` if there is none that can be reached.
    pub barrier: Option<Barrier>,
    /// Area of its basin as a share of the section's.
    pub basin_share: f64,
}

impl GridMinimum {
    /// The prominence: height of the barrier above the minimum.
    pub fn prominence(&self) -> Option<f64> {
        self.barrier.map(|b| b.value - self.value)
    }
}

/// The lowest pass from a minimum to a deeper one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Barrier {
    /// Index of the point at which the pass is highest.
    pub index: usize,
    /// Value there.
    pub value: f64,
    /// The deeper minimum behind it: its place in [`Minima::found`].
    pub to: usize,
}

/// The minima of a grid and their basins.
///
/// **Minima.** Of connected points of one value (eight neighbours) those form a minimum that have no lower neighbour.
///
/// **Basins.** From each point the steepest way down leads to the neighbour with the greatest (L - L') / d, where d is 1 along the
/// axes and sqrt 2 across, in steps; of equals the one with the lower index. Points of a plateau go to its nearest way out. Every
/// point that is no hole belongs to the minimum at the end of its way.
///
/// **Barriers.** Points are taken up by rising value (then index), and joined with neighbours that are already there. Where two
/// parts meet, the higher of their minima (of equals that with the greater index) has found its pass to a deeper one; its
/// prominence is the height of the pass above it. Minima less prominent than a threshold are left out, and their basins fall to the
/// minimum behind the pass.
///
/// # References
/// Edelsbrunner, Letscher & Zomorodian, Discrete Comput. Geom. 28, 511 (2002), doi:10.1007/s00454-002-2885-2: persistence, which
/// is the prominence; Vincent & Soille, IEEE Trans. Pattern Anal. Mach. Intell. 13, 583 (1991), doi:10.1109/34.87344: watersheds.
///
/// # Examples
/// ```
/// use braggscape_landscape::{Grid, Link, Minima, Section, SectionAxis};
/// let axis = |name, n, i| SectionAxis::new(name, "", [0.0, (n - 1) as f64], n, vec![Link::plain(i)]);
/// let section = Section::new([axis("x", 5, 0)?, axis("y", 2, 1)?], vec![0.0; 2])?;
/// // Two valleys of depth 0 and 1, with a pass of 3 between them.
/// let row = [0.0, 2.0, 3.0, 2.0, 1.0].map(Some);
/// let grid = Grid::from_values(section, [row, row].concat())?;
/// let minima = Minima::of(&grid, 0.0);
/// assert_eq!(minima.found().len(), 2);
/// assert_eq!(minima.found()[0].barrier, None);
/// assert_eq!(minima.found()[1].prominence(), Some(2.0));
/// assert_eq!(minima.basin(1), Some(0));
/// # Ok::<(), braggscape_landscape::LandscapeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Minima {
    found: Vec<GridMinimum>,
    basins: Vec<Option<usize>>,
}

/// No point, no plateau.
const NONE: usize = usize::MAX;

impl Minima {
    /// The minima with a prominence of at least `min_prominence`, the deepest first (of equals the one with the lower index).
    pub fn of(grid: &Grid, min_prominence: f64) -> Self {
        let plateaus = Plateaus::of(grid);
        let ways = plateaus.ways_down(grid);
        let passes = passes(grid, &plateaus);
        // Representatives of the minima by depth.
        let mut order: Vec<usize> =
            (0..plateaus.members.len()).filter(|p| plateaus.is_minimum[*p]).collect();
        let key = |p: &usize| plateaus.first(*p);
        order.sort_by(|a, b| by_depth(grid, key(a), key(b)));
        let shallow = |p: usize| {
            passes[p].is_some_and(|pass| {
                height(grid, pass.index) - height(grid, key(&p)) < min_prominence
            })
        };
        // Where a minimum that is left out falls to; deeper ones are decided first.
        let mut rank = vec![NONE; plateaus.members.len()];
        let mut found = Vec::new();
        for p in order {
            let pass = passes[p];
            if let (true, Some(pass)) = (shallow(p), pass) {
                rank[p] = rank[pass.to];
                continue;
            }
            rank[p] = found.len();
            let index = plateaus.middle(grid, p);
            found.push(GridMinimum {
                index,
                place: grid.section().place(index),
                value: height(grid, index),
                plateau: plateaus.members[p].len(),
                on_edge: plateaus.members[p].iter().any(|k| at_edge(grid, *k)),
                barrier: pass.map(|pass| Barrier {
                    index: pass.index,
                    value: height(grid, pass.index),
                    to: rank[pass.to],
                }),
                basin_share: 0.0,
            });
        }
        let basins: Vec<Option<usize>> = (0..grid.values().len())
            .map(|k| {
                let mut at = k;
                grid.value(k)?;
                while ways[at] != NONE {
                    at = ways[at];
                }
                Some(rank[plateaus.of_point[at]])
            })
            .collect();
        for (k, basin) in basins.iter().enumerate() {
            if let Some(minimum) = basin.and_then(|b| found.get_mut(b)) {
                minimum.basin_share += grid.section().share(k);
            }
        }
        Self { found, basins }
    }

    /// The minima, the deepest first.
    pub fn found(&self) -> &[GridMinimum] {
        &self.found
    }

    /// The minimum to which a point leads, as its place in [`found`](Self::found); `None` for a hole.
    pub fn basin(&self, index: usize) -> Option<usize> {
        self.basins[index]
    }

    /// The basin of every point, by index.
    pub fn basins(&self) -> &[Option<usize>] {
        &self.basins
    }
}

/// The value of a point that is no hole.
fn height(grid: &Grid, index: usize) -> f64 {
    grid.value(index).unwrap_or(f64::INFINITY)
}

/// By value, then by index.
fn by_depth(grid: &Grid, a: usize, b: usize) -> std::cmp::Ordering {
    height(grid, a).total_cmp(&height(grid, b)).then(a.cmp(&b))
}

/// Whether a point lies on the edge of the section or beside a hole.
fn at_edge(grid: &Grid, index: usize) -> bool {
    let mut around = grid.section().neighbours(index);
    let n_around = around.by_ref().filter(|k| grid.value(*k).is_some()).count();
    n_around < 8
}

/// Connected points of one value.
struct Plateaus {
    /// The plateau of each point; `NONE` for holes.
    of_point: Vec<usize>,
    /// Their points, in order of index.
    members: Vec<Vec<usize>>,
    is_minimum: Vec<bool>,
}

impl Plateaus {
    fn of(grid: &Grid) -> Self {
        let section = grid.section();
        let n = grid.values().len();
        let (mut of_point, mut members, mut is_minimum) = (vec![NONE; n], Vec::new(), Vec::new());
        for start in 0..n {
            let Some(level) = grid.value(start).filter(|_| of_point[start] == NONE) else {
                continue;
            };
            let (mut points, mut lowest) = (vec![start], true);
            of_point[start] = members.len();
            let mut next = 0;
            while let Some(at) = points.get(next).copied() {
                next += 1;
                for k in section.neighbours(at) {
                    let Some(value) = grid.value(k) else { continue };
                    match value.total_cmp(&level) {
                        std::cmp::Ordering::Less => lowest = false,
                        std::cmp::Ordering::Equal if of_point[k] == NONE => {
                            of_point[k] = members.len();
                            points.push(k);
                        }
                        _ => {}
                    }
                }
            }
            points.sort_unstable();
            members.push(points);
            is_minimum.push(lowest);
        }
        Self { of_point, members, is_minimum }
    }

    /// The point of a plateau with the lowest index.
    fn first(&self, plateau: usize) -> usize {
        self.members[plateau][0]
    }

    /// The point of a plateau nearest to its middle.
    fn middle(&self, grid: &Grid, plateau: usize) -> usize {
        let points = &self.members[plateau];
        let nodes = || points.iter().map(|k| grid.section().node(*k));
        let mean = [0, 1]
            .map(|axis| nodes().map(|node| node[axis] as f64).sum::<f64>() / points.len() as f64);
        let distance = |node: [usize; 2]| {
            (node[0] as f64 - mean[0]).powi(2) + (node[1] as f64 - mean[1]).powi(2)
        };
        let nearest = nodes().zip(points).min_by(|a, b| distance(a.0).total_cmp(&distance(b.0)));
        nearest.map_or(points[0], |(_, k)| *k)
    }

    /// The next point on the way down from each, `NONE` at minima and holes.
    fn ways_down(&self, grid: &Grid) -> Vec<usize> {
        let section = grid.section();
        let mut ways = vec![NONE; grid.values().len()];
        for (plateau, points) in self.members.iter().enumerate() {
            // Points with a lower neighbour first, then those that get to them, nearest first.
            let mut queue = VecDeque::new();
            for k in points {
                if let Some(down) = steepest(grid, *k) {
                    ways[*k] = down;
                    queue.push_back(*k);
                }
            }
            while let Some(at) = queue.pop_front() {
                for k in section.neighbours(at) {
                    if self.of_point[k] == plateau && ways[k] == NONE {
                        ways[k] = at;
                        queue.push_back(k);
                    }
                }
            }
        }
        ways
    }
}

/// The neighbour to which the way down is steepest.
fn steepest(grid: &Grid, index: usize) -> Option<usize> {
    let section = grid.section();
    let [i, j] = section.node(index);
    let here = grid.value(index)?;
    let mut best: Option<(f64, usize)> = None;
    for k in section.neighbours(index) {
        let [p, q] = section.node(k);
        let Some(value) = grid.value(k).filter(|v| *v < here) else { continue };
        let across = p != i && q != j;
        let slope = (here - value) * if across { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
        if best.is_none_or(|(steepest, _)| slope > steepest) {
            best = Some((slope, k));
        }
    }
    best.map(|(_, k)| k)
}

/// The pass of a minimum: its highest point, and the plateau of the deeper minimum.
#[derive(Debug, Clone, Copy)]
struct Pass {
    index: usize,
    to: usize,
}

/// The pass of each plateau that is a minimum with a deeper one.
fn passes(grid: &Grid, plateaus: &Plateaus) -> Vec<Option<Pass>> {
    let section = grid.section();
    let n = grid.values().len();
    let mut order: Vec<usize> = (0..n).filter(|k| grid.value(*k).is_some()).collect();
    order.sort_by(|a, b| by_depth(grid, *a, *b));
    let mut passes = vec![None; plateaus.members.len()];
    // Of each point that is taken up another one of its part; the root is the deepest of the part.
    let mut parent = vec![NONE; n];
    for k in order {
        parent[k] = k;
        for neighbour in section.neighbours(k) {
            if parent[neighbour] == NONE {
                continue;
            }
            let (a, b) = (root(&mut parent, k), root(&mut parent, neighbour));
            if a == b {
                continue;
            }
            let (deep, high) = if by_depth(grid, a, b).is_lt() { (a, b) } else { (b, a) };
            parent[high] = deep;
            // A part that meets another one at its own height is no minimum, or a piece of one plateau.
            if height(grid, high) < height(grid, k) {
                let to = plateaus.of_point[deep];
                passes[plateaus.of_point[high]] = Some(Pass { index: k, to });
            }
        }
    }
    passes
}

fn root(parent: &mut [usize], point: usize) -> usize {
    let mut top = point;
    while parent[top] != top {
        top = parent[top];
    }
    let mut at = point;
    while parent[at] != top {
        (parent[at], at) = (top, parent[at]);
    }
    top
}
