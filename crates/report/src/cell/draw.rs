//! Atoms, edges, names of the axes and the legend of a cell, drawn.

use super::edges::{Edge, Sight, visible_pieces};
use super::element::{ATOM_COLOURS, ElementColours, Looks, mixed, radius};
use super::shade;
use super::view::{Point, View};
use crate::font::text_width;
use crate::palette::INK;
use crate::svg::{Anchor, Svg, number};
use braggscape_crystal::Element;

/// Free space around the atoms, for the names of the axes, pixels.
pub(crate) const ROOM: f64 = 18.0;
/// Font sizes of the names of the axes, and of the legend and the scale.
const SIZES: [f64; 2] = [12.0, 12.0];
/// Largest radius of an atom in the legend, its distance to the symbol, that between entries, and height of a row, pixels.
const LEGEND: [f64; 4] = [6.5, 4.0, 12.0, 18.0];

/// A cell that can be drawn at any scale.
pub(crate) struct CellPicture {
    view: View,
    /// Element of each atom.
    elements: Vec<Element>,
}

impl CellPicture {
    pub(crate) fn new(view: View, elements: Vec<Element>) -> Self {
        Self { view, elements }
    }

    /// Each element once, by atomic number.
    pub(crate) fn elements(&self) -> Vec<Element> {
        let mut elements = self.elements.clone();
        elements.sort_unstable();
        elements.dedup();
        elements
    }

    /// Width and height at this many pixels an ångström, names of the axes included.
    pub(crate) fn size(&self, scale: f64) -> [f64; 2] {
        let [left, right, bottom, top] = self.view.extent();
        [(right - left) * scale + 2.0 * ROOM, (top - bottom) * scale + 2.0 * ROOM]
    }

    /// Draws the cell around a point of the picture.
    pub(crate) fn draw(&self, svg: &mut Svg, colours: &ElementColours, scale: f64, at: [f64; 2]) {
        let [left, right, bottom, top] = self.view.extent();
        let middle = [f64::midpoint(left, right), f64::midpoint(bottom, top)];
        let place =
            |p: Point| [at[0] + (p[0] - middle[0]) * scale, at[1] - (p[1] - middle[1]) * scale];
        svg.open_group("cell", "");
        for ball in &self.view.balls {
            let looks = colours.of(self.elements[ball.atom_idx]);
            draw_atom(svg, "atom", looks, place(ball.at), ball.radius * scale);
        }
        for edge in &self.view.edges {
            self.draw_edge(svg, edge, &place);
        }
        let circles: Vec<([f64; 2], f64)> =
            self.view.balls.iter().map(|b| (place(b.at), b.radius * scale)).collect();
        self.name_axes(svg, &circles, &place);
        svg.close_group();
    }

    fn draw_edge(&self, svg: &mut Svg, edge: &Edge, place: &impl Fn(Point) -> [f64; 2]) {
        let [start, end] = edge.ends;
        let (class, style) = match edge.sight {
            Sight::Hidden => (
                "hidden-edge",
                "stroke=\"#8a8a8a\" stroke-width=\"0.9\" stroke-dasharray=\"3.5 2.5\"".to_owned(),
            ),
            _ => {
                ("edge", format!("stroke=\"{INK}\" stroke-width=\"1.1\" stroke-linecap=\"round\""))
            }
        };
        for piece in visible_pieces(edge.ends, &self.view.balls) {
            let [from, to] =
                piece.map(|t| place([0, 1, 2].map(|k| start[k] + t * (end[k] - start[k]))));
            svg.segment(class, [from[0], from[1], to[0], to[1]], &style);
        }
    }

    /// Writes a below, b to the right and c to the left of an edge of the outline, clear of atoms, edges and each other.
    fn name_axes(
        &self,
        svg: &mut Svg,
        circles: &[([f64; 2], f64)],
        place: &impl Fn(Point) -> [f64; 2],
    ) {
        let lines: Vec<[[f64; 2]; 2]> = self.view.edges.iter().map(|e| e.ends.map(place)).collect();
        let middle_of =
            |[p, q]: &[[f64; 2]; 2]| [f64::midpoint(p[0], q[0]), f64::midpoint(p[1], q[1])];
        let centre = {
            let sum = lines.iter().map(middle_of).fold([0.0; 2], |s, m| [s[0] + m[0], s[1] + m[1]]);
            sum.map(|x| x / lines.len() as f64)
        };
        let mut taken: Vec<[f64; 2]> = Vec::new();
        for (axis, name) in ["a", "b", "c"].into_iter().enumerate() {
            let rank = |line: &[[f64; 2]; 2]| match axis {
                0 => -middle_of(line)[1],
                1 => -middle_of(line)[0],
                _ => middle_of(line)[0],
            };
            let candidates = self.view.edges.iter().zip(&lines).filter(|(e, _)| e.axis == axis);
            let best = candidates.min_by(|(e, p), (f, q)| {
                let key = |edge: &Edge, line| (edge.sight != Sight::Outline, rank(line));
                let (k, l) = (key(e, p), key(f, q));
                k.0.cmp(&l.0).then(k.1.total_cmp(&l.1))
            });
            let Some((_, line)) = best else { continue };
            let clear = |at: &[f64; 2]| {
                circles.iter().all(|(c, r)| distance(*c, *at) > r + 6.5)
                    && lines.iter().all(|l| distance_to_line(l, *at) > 6.5)
                    && taken.iter().all(|t| distance(*t, *at) > 14.0)
            };
            let at = label_places(line, centre).find(clear);
            let at = at.or_else(|| label_places(line, centre).last()).unwrap_or(centre);
            taken.push(at);
            svg.text("axis", [at[0], at[1] + 3.5], SIZES[0], Anchor::Middle, 0.0, name);
        }
    }
}

/// Places beside a line on the side away from `centre`, the best first: near its middle, then farther off.
fn label_places(
    [p, q]: &[[f64; 2]; 2],
    centre: [f64; 2],
) -> impl Iterator<Item = [f64; 2]> + use<> {
    let (p, q) = (*p, *q);
    let length = distance(p, q).max(1e-9);
    let mut normal = [(p[1] - q[1]) / length, (q[0] - p[0]) / length];
    if (p[0] - centre[0]) * normal[0] + (p[1] - centre[1]) * normal[1] < 0.0 {
        normal = normal.map(|x| -x);
    }
    let along = [0.5, 0.44, 0.56, 0.38, 0.62, 0.3, 0.7, 0.22, 0.78];
    let far = [9.0, 10.5, 12.0, 14.0, 16.0, 19.0, 22.0, 26.0];
    far.into_iter().flat_map(move |far| {
        along.into_iter().map(move |t| [0, 1].map(|k| p[k] + t * (q[k] - p[k]) + far * normal[k]))
    })
}

fn distance(p: [f64; 2], q: [f64; 2]) -> f64 {
    libm::hypot(p[0] - q[0], p[1] - q[1])
}

fn distance_to_line([p, q]: &[[f64; 2]; 2], at: [f64; 2]) -> f64 {
    let d = [q[0] - p[0], q[1] - p[1]];
    let length2 = (d[0] * d[0] + d[1] * d[1]).max(1e-18);
    let t = ((at[0] - p[0]) * d[0] + (at[1] - p[1]) * d[1]) / length2;
    let t = t.clamp(0.0, 1.0);
    distance([p[0] + t * d[0], p[1] + t * d[1]], at)
}

/// A ball: shaded, outlined, and with a white ring for each element that has taken its colour before.
fn draw_atom(svg: &mut Svg, class: &str, looks: Looks, at: [f64; 2], radius: f64) {
    let Looks { colour_idx, rings } = looks;
    let line = mixed(ATOM_COLOURS[colour_idx], "#000000", 0.62);
    let width = number((0.06 * radius).clamp(0.5, 0.9));
    let style =
        format!("fill=\"url(#{})\" stroke=\"{line}\" stroke-width=\"{width}\"", shade(colour_idx));
    svg.circle(class, at, radius, &style);
    for ring in 0..rings {
        let ring_radius = radius * (ring + 1) as f64 / (rings + 1) as f64;
        let style = format!("fill=\"none\" stroke=\"#ffffff\" stroke-width=\"{width}\"");
        svg.circle("ring", at, ring_radius, &style);
    }
}

/// The elements of a cell with their symbols, in rows.
pub(crate) struct ElementLegend {
    /// Rows of (element, looks, width).
    rows: Vec<Vec<(Element, Looks, f64)>>,
}

impl ElementLegend {
    /// Puts the elements into rows of at most `width` pixels.
    pub(crate) fn new(elements: &[Element], colours: &ElementColours, width: f64) -> Self {
        let [largest, gap, between, _] = LEGEND;
        let mut rows: Vec<Vec<(Element, Looks, f64)>> = Vec::new();
        let mut used = f64::INFINITY;
        for element in elements.iter().copied() {
            let entry = 2.0 * largest + gap + text_width(element.symbol(), SIZES[1]);
            if used + between + entry > width {
                rows.push(Vec::new());
                used = -between;
            }
            used += between + entry;
            if let Some(row) = rows.last_mut() {
                row.push((element, colours.of(element), entry));
            }
        }
        Self { rows }
    }

    /// Height of all rows, pixels.
    pub(crate) fn height(&self) -> f64 {
        LEGEND[3] * self.rows.len() as f64
    }

    /// Draws the rows from `top` down, each centred at `middle`. Sizes of atoms are to each other as in the cell.
    pub(crate) fn draw(&self, svg: &mut Svg, [middle, top]: [f64; 2]) {
        let [largest, gap, between, row_height] = LEGEND;
        let radii = self.rows.iter().flatten().map(|(element, ..)| radius(*element));
        let greatest = radii.fold(0.0, f64::max);
        svg.open_group("elements", "");
        for (i, row) in self.rows.iter().enumerate() {
            let gaps = between * row.len().saturating_sub(1) as f64;
            let width = row.iter().map(|(.., w)| w).sum::<f64>() + gaps;
            let mut x = middle - width / 2.0;
            let y = top + row_height * (i as f64 + 0.5);
            for (element, looks, width) in row {
                let drawn = largest * radius(*element) / greatest;
                draw_atom(svg, "sample", *looks, [x + largest, y], drawn);
                let at = [x + 2.0 * largest + gap, y + 4.2];
                svg.text("element", at, SIZES[1], Anchor::Start, 0.0, element.symbol());
                x += width + between;
            }
        }
        svg.close_group();
    }
}

/// A line that shows what length the cells are drawn at, from a point to the right, with its length.
pub(crate) fn draw_scale_bar(svg: &mut Svg, scale: f64, [x, y]: [f64; 2]) {
    let lengths = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];
    let length = lengths.into_iter().find(|l| l * scale >= 24.0).unwrap_or(100.0);
    let right = x + length * scale;
    let points =
        [[x, y - 4.0], [x, y + 4.0], [x, y], [right, y], [right, y - 4.0], [right, y + 4.0]];
    let style = format!("fill=\"none\" stroke=\"{INK}\" stroke-width=\"1.3\"");
    svg.path("scale-bar", &points, false, &style);
    let label = format!("{} Å", number(length));
    svg.text("scale", [right + 8.0, y + 4.2], SIZES[1], Anchor::Start, 0.0, &label);
}
