//! Where a landscape is looked at: two axes through a base point.

use crate::LandscapeError;

/// Most points of an axis.
const MAX_POINTS: usize = 10_001;

/// One component of x that an axis sets: x_i = offset + factor u.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// The component i.
    pub component: usize,
    /// Its value at u = 0.
    pub offset: f64,
    /// Its change with u; not 0.
    pub factor: f64,
}

impl Link {
    /// x_i = u.
    pub const fn plain(component: usize) -> Self {
        Self { component, offset: 0.0, factor: 1.0 }
    }
}

/// One axis of a section: a named quantity u, and the components of x that it sets.
///
/// x_i = offset_i + factor_i u for each linked component. One link of factor 1 is a plain parameter; two are a constraint such as
/// a = b; any direction of x is a set of links.
///
/// # Units and shapes
/// u, the ends and the offsets are in the unit of the axis, which is the caller's affair; n points are equally spaced, ends
/// included.
///
/// # Examples
/// ```
/// use braggscape_landscape::{Link, SectionAxis};
/// let axis = SectionAxis::new("a", "Å", [4.0, 6.0], 5, vec![Link::plain(0), Link::plain(1)])?;
/// assert!((axis.at(1) - 4.5).abs() < 1e-15);
/// let mut x = [0.0; 3];
/// axis.set(4.5, &mut x);
/// assert_eq!(x, [4.5, 4.5, 0.0]);
/// // The point of the axis nearest to a = 5, b = 4.
/// assert!((axis.nearest(&[5.0, 4.0, 7.0]) - 4.5).abs() < 1e-15);
/// # Ok::<(), braggscape_landscape::LandscapeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SectionAxis {
    name: String,
    unit: String,
    ends: [f64; 2],
    n_points: usize,
    links: Vec<Link>,
}

impl SectionAxis {
    /// An axis from `low` to `high`; the unit may be empty.
    ///
    /// # Errors
    /// [`LandscapeError::AxisRange`], [`LandscapeError::AxisPoints`], [`LandscapeError::NoMotion`] or
    /// [`LandscapeError::SetTwice`].
    pub fn new(
        name: impl Into<String>,
        unit: impl Into<String>,
        [low, high]: [f64; 2],
        n_points: usize,
        links: Vec<Link>,
    ) -> Result<Self, LandscapeError> {
        let (axis, unit) = (name.into(), unit.into());
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(LandscapeError::AxisRange { axis, low, high });
        }
        if !(2..=MAX_POINTS).contains(&n_points) {
            return Err(LandscapeError::AxisPoints { axis, n_points, max: MAX_POINTS });
        }
        if links.is_empty() {
            return Err(LandscapeError::NoMotion { axis, component: 0 });
        }
        for (i, link) in links.iter().enumerate() {
            let component = link.component;
            if !(link.factor.is_finite() && link.factor.abs() > 0.0 && link.offset.is_finite()) {
                return Err(LandscapeError::NoMotion { axis, component });
            }
            if links[..i].iter().any(|l| l.component == component) {
                return Err(LandscapeError::SetTwice { axis, component });
            }
        }
        Ok(Self { name: axis, unit, ends: [low, high], n_points, links })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The unit; empty for a pure number.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// Name and unit, such as "a (Å)".
    pub fn label(&self) -> String {
        if self.unit.is_empty() {
            self.name.clone()
        } else {
            format!("{} ({})", self.name, self.unit)
        }
    }

    /// The low end.
    pub fn low(&self) -> f64 {
        self.ends[0]
    }

    /// The high end.
    pub fn high(&self) -> f64 {
        self.ends[1]
    }

    /// high - low.
    pub fn length(&self) -> f64 {
        self.ends[1] - self.ends[0]
    }

    /// Number of points.
    pub fn n_points(&self) -> usize {
        self.n_points
    }

    /// Distance of neighbouring points.
    pub fn step(&self) -> f64 {
        self.length() / (self.n_points - 1) as f64
    }

    /// u of point i, the ends exactly.
    pub fn at(&self, i: usize) -> f64 {
        let share = i as f64 / (self.n_points - 1) as f64;
        self.ends[0] * (1.0 - share) + self.ends[1] * share
    }

    /// The components that the axis sets.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Overwrites the linked components of x with those at u.
    ///
    /// # Panics
    /// If x has no component of that index.
    pub fn set(&self, u: f64, x: &mut [f64]) {
        for link in &self.links {
            x[link.component] = link.offset + link.factor * u;
        }
    }

    /// The u whose linked components are nearest to those of x: sum f_i (x_i - o_i) / sum f_i^2.
    ///
    /// # Panics
    /// If x has no component of that index.
    pub fn nearest(&self, x: &[f64]) -> f64 {
        let along: f64 = self.links.iter().map(|l| l.factor * (x[l.component] - l.offset)).sum();
        along / self.links.iter().map(|l| l.factor * l.factor).sum::<f64>()
    }

    /// Whether u lies between the ends, with a millionth of the length to spare for rounding.
    pub fn contains(&self, u: f64) -> bool {
        let spare = 1e-6 * self.length();
        (self.ends[0] - spare..=self.ends[1] + spare).contains(&u)
    }
}

/// A 2D section through the space of x: two axes, and a base point that gives the components which no axis sets.
///
/// Points are numbered along the first axis first: point (i, j) has the index i + j n_u.
///
/// # Examples
/// ```
/// use braggscape_landscape::{Link, Section, SectionAxis};
/// let u = SectionAxis::new("a", "Å", [4.0, 6.0], 5, vec![Link::plain(0)])?;
/// let v = SectionAxis::new("c", "Å", [7.0, 8.0], 3, vec![Link::plain(2)])?;
/// let section = Section::new([u, v], vec![1.0, 2.0, 3.0])?;
/// assert_eq!((section.n_points(), section.place(6)), (15, [4.5, 7.5]));
/// assert_eq!(section.x_at([4.5, 7.5]), [4.5, 2.0, 7.5]);
/// # Ok::<(), braggscape_landscape::LandscapeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    axes: [SectionAxis; 2],
    base: Vec<f64>,
}

impl Section {
    /// The section along two axes through a base point.
    ///
    /// # Errors
    /// [`LandscapeError::NoSuchComponent`], or [`LandscapeError::SetTwice`] if both axes set a component.
    pub fn new(axes: [SectionAxis; 2], base: Vec<f64>) -> Result<Self, LandscapeError> {
        let dim = base.len();
        for axis in &axes {
            if let Some(link) = axis.links.iter().find(|l| l.component >= dim) {
                let (axis, component) = (axis.name.clone(), link.component);
                return Err(LandscapeError::NoSuchComponent { axis, component, dim });
            }
        }
        let [u, v] = &axes;
        let both = v.links.iter().find(|l| u.links.iter().any(|m| m.component == l.component));
        if let Some(link) = both {
            let (axis, component) = (v.name.clone(), link.component);
            return Err(LandscapeError::SetTwice { axis, component });
        }
        Ok(Self { axes, base })
    }

    /// The two axes.
    pub fn axes(&self) -> &[SectionAxis; 2] {
        &self.axes
    }

    /// The base point.
    pub fn base(&self) -> &[f64] {
        &self.base
    }

    /// Points along each axis.
    pub fn shape(&self) -> [usize; 2] {
        [self.axes[0].n_points, self.axes[1].n_points]
    }

    /// Number of points.
    pub fn n_points(&self) -> usize {
        self.axes[0].n_points * self.axes[1].n_points
    }

    /// The index of point (i, j).
    pub fn index(&self, i: usize, j: usize) -> usize {
        i + j * self.axes[0].n_points
    }

    /// (i, j) of an index.
    pub fn node(&self, index: usize) -> [usize; 2] {
        [index % self.axes[0].n_points, index / self.axes[0].n_points]
    }

    /// (u, v) of an index.
    pub fn place(&self, index: usize) -> [f64; 2] {
        let [i, j] = self.node(index);
        [self.axes[0].at(i), self.axes[1].at(j)]
    }

    /// x at (u, v).
    pub fn x_at(&self, [u, v]: [f64; 2]) -> Vec<f64> {
        let mut x = self.base.clone();
        self.axes[0].set(u, &mut x);
        self.axes[1].set(v, &mut x);
        x
    }

    /// The (u, v) nearest to x ([`SectionAxis::nearest`]), which may lie outside the section.
    ///
    /// # Panics
    /// If x has fewer components than the base point.
    pub fn project(&self, x: &[f64]) -> [f64; 2] {
        [self.axes[0].nearest(x), self.axes[1].nearest(x)]
    }

    /// Whether (u, v) lies inside the section.
    pub fn contains(&self, [u, v]: [f64; 2]) -> bool {
        self.axes[0].contains(u) && self.axes[1].contains(v)
    }

    /// The index of the point nearest to (u, v), in steps along each axis.
    pub fn nearest_index(&self, place: [f64; 2]) -> usize {
        let nearest = |axis: &SectionAxis, u: f64| {
            let step = ((u - axis.low()) / axis.step()).round().max(0.0);
            (step as usize).min(axis.n_points - 1)
        };
        self.index(nearest(&self.axes[0], place[0]), nearest(&self.axes[1], place[1]))
    }

    /// Area of the section, in the product of the units.
    pub fn area(&self) -> f64 {
        self.axes[0].length() * self.axes[1].length()
    }

    /// The share of the section's area that a point stands for: a whole mesh, half of one at an edge, a quarter in a corner.
    pub fn share(&self, index: usize) -> f64 {
        let [i, j] = self.node(index);
        let [n, m] = self.shape();
        let along = |i: usize, n: usize| {
            let whole = 1.0 / (n - 1) as f64;
            if i == 0 || i == n - 1 { 0.5 * whole } else { whole }
        };
        along(i, n) * along(j, m)
    }

    /// The unit of areas, such as "Å²" or "Å·°"; empty where both axes are pure numbers.
    pub fn area_unit(&self) -> String {
        let [u, v] = &self.axes;
        match (u.unit.as_str(), v.unit.as_str()) {
            ("", unit) | (unit, "") => unit.to_owned(),
            (u, v) if u == v => format!("{u}²"),
            (u, v) => format!("{u}·{v}"),
        }
    }

    /// The points around (i, j), at most eight, in order of their index.
    pub(crate) fn neighbours(&self, index: usize) -> impl Iterator<Item = usize> + use<> {
        let [i, j] = self.node(index);
        let [n, m] = self.shape();
        let rows = j.saturating_sub(1)..=(j + 1).min(m - 1);
        rows.flat_map(move |q| (i.saturating_sub(1)..=(i + 1).min(n - 1)).map(move |p| p + q * n))
            .filter(move |k| *k != index)
    }
}
