//! How rough a landscape is, in numbers.

use crate::{Grid, GridMinimum, Minima};

/// How rough a section is.
///
/// With the minima of [`Minima`] and a point `home` (the truth, say):
///
/// - **minima per area**: their number over the area of the section without holes;
/// - **barriers**: quartiles and greatest of the prominences (see [`Minima`]) of those minima that have one; quantiles are interpolated
///   linearly between the ordered values (q at 1 + q (n - 1));
/// - **alignment**: at each point p of the grid cos = g·h/(|g||h|), where g = -grad L and h = home - p, both in axes that are scaled to
///   length 1: u/(u_high - u_low), v/(v_high - v_low). Gradients are central differences over both neighbours; points at edges and
///   beside holes, points without a slope and home itself are left out. Mean of cos over the rest, and the share of them with cos > 0: a
///   descent from there begins by approaching home. A bowl has 1 and 1; without a preferred direction they are 0 and 1/2.
/// - **home basin**: area of the basin (see [`Minima`]) of the grid's point nearest to home, as a share of the section's area without
///   holes: how often a descent on the section from a random start ends there.
#[derive(Debug, Clone, PartialEq)]
pub struct Roughness {
    /// Number of minima.
    pub n_minima: usize,
    /// Minima per unit of area; the unit is that of [`area_unit`](Self::area_unit), to the power -1.
    pub minima_per_area: f64,
    /// Area of the section without holes.
    pub area: f64,
    /// The unit of areas, such as "Å²".
    pub area_unit: String,
    /// Share of the section's area without values.
    pub hole_share: f64,
    /// Quartiles (lower, median, upper) and greatest of the barriers; `None` if no minimum has one.
    pub barriers: Option<Barriers>,
    /// Alignment of the gradient with the direction home; `None` without a home inside the section or a point with a slope.
    pub alignment: Option<Alignment>,
    /// Share of the area that leads home; `None` without a home inside the section, or if there is a hole.
    pub home_basin_share: Option<f64>,
}

/// Heights of barriers, in the unit of the function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Barriers {
    /// Number of minima that have one.
    pub n: usize,
    /// A quarter of them is at most so high.
    pub lower_quartile: f64,
    /// Half of them.
    pub median: f64,
    /// Three quarters of them.
    pub upper_quartile: f64,
    /// The highest.
    pub greatest: f64,
}

/// Alignment of the gradient with the direction home.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alignment {
    /// Number of points.
    pub n: usize,
    /// Mean cosine.
    pub mean: f64,
    /// Share of points with a positive cosine.
    pub positive_share: f64,
}

impl Roughness {
    /// The roughness of a grid with these minima, seen from `home` (u, v).
    ///
    /// # Examples
    /// ```
    /// use braggscape_landscape::{Grid, Link, Minima, Roughness, Section, SectionAxis};
    /// let axis = |name, i| SectionAxis::new(name, "Å", [-1.0, 1.0], 5, vec![Link::plain(i)]);
    /// let section = Section::new([axis("x", 0)?, axis("y", 1)?], vec![0.0; 2])?;
    /// let value = |k: usize| section.place(k).iter().map(|t| t * t).sum::<f64>();
    /// let bowl = (0..25).map(|k| Some(value(k))).collect();
    /// let grid = Grid::from_values(section.clone(), bowl)?;
    /// let roughness = Roughness::of(&grid, &Minima::of(&grid, 0.0), Some([0.0, 0.0]));
    /// assert_eq!((roughness.n_minima, roughness.area_unit.as_str()), (1, "Å²"));
    /// assert!((roughness.minima_per_area - 0.25).abs() < 1e-15);
    /// assert!(roughness.alignment.is_some_and(|a| (a.mean - 1.0).abs() < 1e-12));
    /// assert_eq!(roughness.barriers, None);
    /// # Ok::<(), braggscape_landscape::LandscapeError>(())
    /// ```
    pub fn of(grid: &Grid, minima: &Minima, home: Option<[f64; 2]>) -> Self {
        let section = grid.section();
        let hole_share = grid.hole_share();
        let area = section.area() * (1.0 - hole_share);
        let n_minima = minima.found().len();
        let home = home.filter(|place| section.contains(*place));
        let at_home = home.and_then(|place| minima.basin(section.nearest_index(place)));
        let home_basin_share =
            at_home.map(|basin| minima.found()[basin].basin_share / (1.0 - hole_share));
        Self {
            n_minima,
            minima_per_area: if area > 0.0 { n_minima as f64 / area } else { 0.0 },
            area,
            area_unit: section.area_unit(),
            hole_share,
            barriers: barriers(minima),
            alignment: home.and_then(|place| alignment(grid, place)),
            home_basin_share,
        }
    }
}

fn barriers(minima: &Minima) -> Option<Barriers> {
    let mut heights: Vec<f64> = minima.found().iter().filter_map(GridMinimum::prominence).collect();
    heights.sort_by(f64::total_cmp);
    let greatest = *heights.last()?;
    Some(Barriers {
        n: heights.len(),
        lower_quartile: quantile(&heights, 0.25),
        median: quantile(&heights, 0.5),
        upper_quartile: quantile(&heights, 0.75),
        greatest,
    })
}

/// Quantile q of ordered values, of which there is at least one.
fn quantile(ordered: &[f64], q: f64) -> f64 {
    let at = q * (ordered.len() - 1) as f64;
    let (below, rest) = (at as usize, at.fract());
    let upper = ordered[(below + 1).min(ordered.len() - 1)];
    ordered[below] + rest * (upper - ordered[below])
}

fn alignment(grid: &Grid, home: [f64; 2]) -> Option<Alignment> {
    let section = grid.section();
    let [n_u, n_v] = section.shape();
    let lengths = [0, 1].map(|k| section.axes()[k].length());
    let (mut n, mut sum, mut positive) = (0_usize, 0.0, 0_usize);
    for j in 1..n_v.saturating_sub(1) {
        for i in 1..n_u.saturating_sub(1) {
            let value = |p: usize, q: usize| grid.value(section.index(p, q));
            let (Some(_), Some(west), Some(east), Some(south), Some(north)) =
                (value(i, j), value(i - 1, j), value(i + 1, j), value(i, j - 1), value(i, j + 1))
            else {
                continue;
            };
            // Scaled steps are 1/(n - 1); only the ratio of both matters.
            let down = [(west - east) * (n_u - 1) as f64, (south - north) * (n_v - 1) as f64];
            let place = section.place(section.index(i, j));
            let way = [0, 1].map(|k| (home[k] - place[k]) / lengths[k]);
            let norm = |v: [f64; 2]| (v[0] * v[0] + v[1] * v[1]).sqrt();
            // A billionth of the section is home.
            if norm(way) < 1e-9 || norm(down) < f64::MIN_POSITIVE {
                continue;
            }
            let cosine = (down[0] * way[0] + down[1] * way[1]) / (norm(down) * norm(way));
            n += 1;
            sum += cosine;
            positive += usize::from(cosine > 0.0);
        }
    }
    (n > 0).then(|| Alignment {
        n,
        mean: sum / n as f64,
        positive_share: positive as f64 / n as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [1.0, 2.0, 4.0, 8.0];
        let close = |q, expected: f64| (quantile(&values, q) - expected).abs() < 1e-15;
        assert!(close(0.0, 1.0) && close(0.5, 3.0) && close(0.25, 1.75) && close(1.0, 8.0));
        assert!((quantile(&[5.0], 0.75) - 5.0).abs() < 1e-15);
    }
}
