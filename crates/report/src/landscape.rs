//! A function of two variables as a heat map, with its minima and the paths of descents.

use crate::ReportError;
use crate::axis::{Scale, ticks};
use crate::font::{text_width, wrap};
use crate::heat_map::Cells;
use crate::legend::{Entry, Legend, SAMPLE};
use crate::palette::{INK, colour};
use crate::svg::{Anchor, Svg};
use crate::viridis::{N_COLOURS, colour_of};
use std::fmt::Write;

/// Margins left of the labels of the ticks, and right of the labels of the colour bar, pixels.
const MARGIN: [f64; 2] = [40.0, 34.0];
/// Width and height of the plot, pixels.
const PLOT: [f64; 2] = [520.0, 440.0];
/// Distance of the colour bar from the plot, and its width, pixels.
const BAR: [f64; 2] = [18.0, 16.0];
/// Font sizes of the title, axis labels, tick labels and numbers of minima.
const SIZES: [f64; 4] = [16.0, 13.0, 12.0, 11.0];
/// Radius of the numbers of minima, and their distance from the minimum, pixels.
const NUMBER: [f64; 2] = [8.0, 15.0];
/// Colours of paths: those of the palette that stand out from the colour map.
const PATH_COLOURS: [usize; 4] = [3, 7, 5, 4];
/// Dashes of paths, so that they can be told apart in grey.
const DASHES: [&str; 4] = [
    "",
    " stroke-dasharray=\"7 3\"",
    " stroke-dasharray=\"2 2.5\"",
    " stroke-dasharray=\"9 3 2 3\"",
];

/// An axis of a heat map.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FigureAxis {
    /// Label, with its unit.
    pub label: String,
    /// Place of the first point.
    pub low: f64,
    /// Place of the last point.
    pub high: f64,
    /// Number of points, at least 2.
    pub n_points: usize,
}

/// A path over a heat map.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PathTrace {
    /// Label in the legend; without a label the path is not in the legend.
    pub label: String,
    /// Places (x, y); parts outside the axes are cut off.
    pub points: Vec<[f64; 2]>,
}

/// What the figure shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LandscapeFigure {
    /// Title over the figure; long titles are wrapped.
    pub title: String,
    /// The horizontal axis.
    pub x: FigureAxis,
    /// The vertical axis.
    pub y: FigureAxis,
    /// Label of the colour bar.
    pub value_label: String,
    /// Values of the points, row by row from the lowest y; `None` is a hole.
    pub values: Vec<Option<f64>>,
    /// About so many contour lines, at round values; 0 for none.
    pub contours: usize,
    /// Places of minima, numbered from 1 in this order.
    pub minima: Vec<[f64; 2]>,
    /// A place marked by a star.
    pub home: Option<[f64; 2]>,
    /// Label of the star in the legend, such as "truth".
    pub home_label: String,
    /// Paths, drawn in this order.
    pub paths: Vec<PathTrace>,
}

/// A heat map as SVG text.
///
/// Each value is a cell around its point in a colour of viridis; holes are hatched. Minima are dots with their numbers beside them,
/// `home` is a star, and paths begin at a circle and carry arrowheads. Cells, contours, minima, home and paths have the classes
/// `cell`, `contour`, `minimum`, `home` and `path`.
///
/// # Errors
/// [`ReportError::GridSize`], [`ReportError::AxisRange`], [`ReportError::Empty`] if all values are holes, or
/// [`ReportError::NonFinite`].
///
/// # Examples
/// ```
/// use braggscape_report::{FigureAxis, LandscapeFigure, landscape_figure};
/// let axis = |label: &str| FigureAxis { label: label.into(), low: 3.0, high: 5.0, n_points: 2 };
/// let figure = LandscapeFigure {
///     title: "A section".into(),
///     x: axis("a (Å)"),
///     y: axis("c (Å)"),
///     value_label: "cosine loss".into(),
///     values: vec![Some(-1.0), Some(-0.5), None, Some(0.0)],
///     minima: vec![[3.0, 3.0]],
///     ..LandscapeFigure::default()
/// };
/// let svg = landscape_figure(&figure)?;
/// // The least value is dark, the greatest light.
/// assert!(svg.contains("#440154") && svg.contains("#fde725") && svg.contains("c (Å)"));
/// # Ok::<(), braggscape_report::ReportError>(())
/// ```
pub fn landscape_figure(figure: &LandscapeFigure) -> Result<String, ReportError> {
    let range = check(figure)?;
    let y_data = [figure.y.low, figure.y.high];
    let bar_ticks = ticks(range, 6);
    let widest = |ticks: &[(f64, String)]| {
        ticks.iter().map(|(_, label)| text_width(label, SIZES[2])).fold(0.0, f64::max)
    };
    let left = MARGIN[0] + widest(&ticks(y_data, 7));
    let right = left + PLOT[0];
    let width = right + BAR[0] + BAR[1] + 10.0 + widest(&bar_ticks) + MARGIN[1];
    let legend = Legend::new(vec![entries(figure)], width - 40.0);
    let title = wrap(&figure.title, SIZES[0], width - 40.0);
    let title_height = 21.0 * title.len() as f64;
    let top = 12.0 + title_height + 4.0 + legend.height() + 8.0;
    let bottom = top + PLOT[1];
    let frame = [left, top, PLOT[0], PLOT[1]];

    let mut svg = Svg::new(width, bottom + 52.0, &figure.title);
    for (i, line) in title.iter().enumerate() {
        let at = [width / 2.0, 12.0 + 21.0 * (i as f64 + 0.7)];
        svg.text("title", at, SIZES[0], Anchor::Middle, 0.0, line);
    }
    legend.draw(&mut svg, width / 2.0, 12.0 + title_height + 4.0);
    svg.clip("plot", frame);

    let n = [figure.x.n_points, figure.y.n_points];
    let cells = Cells { n, values: &figure.values, range };
    if figure.values.iter().any(Option::is_none) {
        hatch(&mut svg, frame);
    }
    cells.draw(&mut svg, frame);
    if figure.contours > 0 {
        let levels = ticks(range, figure.contours).into_iter().map(|(level, _)| level);
        cells.draw_contours(&mut svg, frame, levels);
    }
    let x = Scale::new([figure.x.low, figure.x.high], [left, right]);
    let y = Scale::new(y_data, [bottom, top]);
    svg.open_group("paths", "clip-path=\"url(#plot)\"");
    let paths: Vec<Vec<[f64; 2]>> = figure
        .paths
        .iter()
        .map(|path| thinned(path.points.iter().map(|p| [x.at(p[0]), y.at(p[1])])))
        .filter(|points| !points.is_empty())
        .collect();
    // All casings first, so that of two paths on one way both can be seen.
    for points in &paths {
        svg.path("casing", points, false, CASING);
    }
    for (i, points) in paths.iter().enumerate() {
        draw_path(&mut svg, i, points);
    }
    svg.close_group();
    let inside = |p: &[f64; 2]| {
        (left - 1.0..=right + 1.0).contains(&p[0]) && (top - 1.0..=bottom + 1.0).contains(&p[1])
    };
    let home = figure.home.map(|p| [x.at(p[0]), y.at(p[1])]).filter(inside);
    if let Some(at) = home {
        star(&mut svg, "home", at);
    }
    let minima: Vec<[f64; 2]> = figure.minima.iter().map(|p| [x.at(p[0]), y.at(p[1])]).collect();
    draw_minima(&mut svg, &minima, home, &paths, frame);
    let style = format!("fill=\"none\" stroke=\"{INK}\" stroke-width=\"1\"");
    svg.rect("frame", frame, &style, None);
    draw_axes(&mut svg, figure, [&x, &y], frame);
    draw_bar(&mut svg, figure, range, &bar_ticks, [right + BAR[0], top, width]);
    Ok(svg.finish())
}

/// The range of the values of a figure that can be drawn.
fn check(figure: &LandscapeFigure) -> Result<[f64; 2], ReportError> {
    let (n_x, n_y, found) = (figure.x.n_points, figure.y.n_points, figure.values.len());
    let title = figure.title.clone();
    if n_x < 2 || n_y < 2 || n_x.checked_mul(n_y) != Some(found) {
        return Err(ReportError::GridSize { title, n_x, n_y, found });
    }
    for axis in [&figure.x, &figure.y] {
        if !(axis.low.is_finite() && axis.high.is_finite() && axis.low < axis.high) {
            let (label, low, high) = (axis.label.clone(), axis.low, axis.high);
            return Err(ReportError::AxisRange { label, low, high });
        }
    }
    let finite = |what, label: &str, values: &mut dyn Iterator<Item = f64>| {
        let Some((index, value)) = values.enumerate().find(|(_, v)| !v.is_finite()) else {
            return Ok(());
        };
        Err(ReportError::NonFinite { what, index, label: label.to_owned(), value })
    };
    finite("value", &title, &mut figure.values.iter().map(|v| v.unwrap_or(0.0)))?;
    finite("coordinate of minimum", &title, &mut figure.minima.iter().flatten().copied())?;
    finite("coordinate of home", &title, &mut figure.home.iter().flatten().copied())?;
    for path in &figure.paths {
        finite("coordinate of path", &path.label, &mut path.points.iter().flatten().copied())?;
    }
    let values = figure.values.iter().flatten();
    let range =
        values.fold([f64::INFINITY, f64::NEG_INFINITY], |[lo, hi], v| [lo.min(*v), hi.max(*v)]);
    if range[0].is_finite() { Ok(range) } else { Err(ReportError::Empty { title }) }
}

fn entries(figure: &LandscapeFigure) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for (i, path) in figure.paths.iter().enumerate().filter(|(_, p)| !p.label.is_empty()) {
        let draw = move |svg: &mut Svg, x: f64, y: f64| {
            svg.segment("sample", [x, y, x + SAMPLE, y], &line(i));
            arrowhead(svg, i, [x + 2.0, y], [x + SAMPLE, y]);
        };
        entries.push(Entry { label: path.label.clone(), draw: Box::new(draw) });
    }
    if figure.home.is_some() && !figure.home_label.is_empty() {
        let draw = |svg: &mut Svg, x: f64, y: f64| star(svg, "sample", [x + SAMPLE / 2.0, y]);
        entries.push(Entry { label: figure.home_label.clone(), draw: Box::new(draw) });
    }
    if !figure.minima.is_empty() {
        let draw = |svg: &mut Svg, x: f64, y: f64| number_mark(svg, [x + SAMPLE / 2.0, y], "1");
        let label = "local minimum, by rank".to_owned();
        entries.push(Entry { label, draw: Box::new(draw) });
    }
    if figure.values.iter().any(Option::is_none) {
        let draw = |svg: &mut Svg, x: f64, y: f64| hatch(svg, [x, y - 6.0, SAMPLE, 12.0]);
        entries.push(Entry { label: "no value".to_owned(), draw: Box::new(draw) });
    }
    entries
}

/// Grey with oblique lines.
fn hatch(svg: &mut Svg, [x, y, w, h]: [f64; 4]) {
    svg.rect("hatch", [x, y, w, h], "fill=\"#d9d9d9\"", None);
    let mut d = String::new();
    let mut offset = 6.0;
    while offset < w + h {
        // From the left or bottom edge up to the right, cut at the rectangle.
        let start = [(offset - h).max(0.0), offset.min(h)];
        let end = [offset.min(w), (offset - w).max(0.0)];
        let point = |p: [f64; 2]| [x + p[0], y + p[1]].map(crate::svg::number).join(" ");
        let _ = write!(d, "M{}L{}", point(start), point(end));
        offset += 6.0;
    }
    svg.path_data("hatch-line", &d, "fill=\"none\" stroke=\"#9a9a9a\" stroke-width=\"0.8\"");
}

/// Style of a path's line.
fn line(idx: usize) -> String {
    let colour = colour(PATH_COLOURS[idx % PATH_COLOURS.len()]);
    let dash = DASHES[idx % DASHES.len()];
    format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-linejoin=\"round\"{dash}")
}

/// Style of the white below a path.
const CASING: &str = "fill=\"none\" stroke=\"#ffffff\" stroke-width=\"4.2\" stroke-linejoin=\"round\" stroke-opacity=\"0.85\"";

/// Points at least half a pixel apart, first and last included.
fn thinned(points: impl Iterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
    let mut kept: Vec<[f64; 2]> = Vec::new();
    let mut last = None;
    for p in points {
        let far = kept.last().is_none_or(|k| (k[0] - p[0]).abs() + (k[1] - p[1]).abs() > 0.5);
        if far {
            kept.push(p);
            last = None;
        } else {
            last = Some(p);
        }
    }
    kept.extend(last);
    kept
}

fn draw_path(svg: &mut Svg, idx: usize, points: &[[f64; 2]]) {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
    svg.path("path", points, false, &line(idx));
    let fill = colour(PATH_COLOURS[idx % PATH_COLOURS.len()]);
    svg.circle(
        "start",
        *first,
        4.5,
        &format!("fill=\"{fill}\" stroke=\"#ffffff\" stroke-width=\"1.3\""),
    );
    // The direction is that from a point some pixels before, so that a last tiny step does not turn the arrow.
    let before = |end: usize| {
        let tip = points[end];
        let far = |p: &&[f64; 2]| (p[0] - tip[0]).hypot(p[1] - tip[1]) > 6.0;
        points[..end].iter().rev().find(far).copied()
    };
    let lengths = points.windows(2).map(|p| (p[1][0] - p[0][0]).hypot(p[1][1] - p[0][1]));
    let mut travelled = vec![0.0];
    for length in lengths {
        travelled.push(travelled[travelled.len() - 1] + length);
    }
    let whole = travelled[travelled.len() - 1];
    // Half way, where there is room for it, and at the end.
    if whole > 80.0
        && let Some(middle) = travelled.iter().position(|t| *t >= 0.5 * whole)
        && let Some(from) = before(middle)
    {
        arrowhead(svg, idx, from, points[middle]);
    }
    if let Some(from) = before(points.len() - 1) {
        arrowhead(svg, idx, from, *last);
    }
}

/// A triangle with its tip at `to`, seen from `from`.
fn arrowhead(svg: &mut Svg, idx: usize, from: [f64; 2], to: [f64; 2]) {
    let length = (to[0] - from[0]).hypot(to[1] - from[1]);
    if length < 1e-6 {
        return;
    }
    let [u, v] = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
    let (long, half) = (11.0, 5.0);
    let back = [to[0] - long * u, to[1] - long * v];
    let corners =
        [to, [back[0] - half * v, back[1] + half * u], [back[0] + half * v, back[1] - half * u]];
    let fill = colour(PATH_COLOURS[idx % PATH_COLOURS.len()]);
    let style = format!(
        "fill=\"{fill}\" stroke=\"#ffffff\" stroke-width=\"1.2\" stroke-linejoin=\"round\""
    );
    svg.path("arrow", &corners, true, &style);
}

/// A five-pointed star.
fn star(svg: &mut Svg, class: &str, [x, y]: [f64; 2]) {
    let corner = |k: usize| {
        let angle = std::f64::consts::PI * (k as f64 / 5.0 - 0.5);
        let radius = if k.is_multiple_of(2) { 9.5 } else { 4.0 };
        [x + radius * libm::cos(angle), y + radius * libm::sin(angle)]
    };
    let corners: Vec<[f64; 2]> = (0..10).map(corner).collect();
    let style =
        format!("fill=\"#ffffff\" stroke=\"{INK}\" stroke-width=\"1.3\" stroke-linejoin=\"round\"");
    svg.path(class, &corners, true, &style);
}

fn number_mark(svg: &mut Svg, at: [f64; 2], text: &str) {
    let style =
        format!("fill=\"#ffffff\" fill-opacity=\"0.92\" stroke=\"{INK}\" stroke-width=\"1\"");
    svg.circle("number-mark", at, NUMBER[0], &style);
    svg.text("number", [at[0], at[1] + 3.9], SIZES[3], Anchor::Middle, 0.0, text);
}

/// Dots at the minima, and their numbers where they cover neither each other nor a dot, the star or a path, if there is such a place.
fn draw_minima(
    svg: &mut Svg,
    minima: &[[f64; 2]],
    home: Option<[f64; 2]>,
    paths: &[Vec<[f64; 2]>],
    frame: [f64; 4],
) {
    let [left, top, width, height] = frame;
    let dot = format!("fill=\"#ffffff\" stroke=\"{INK}\" stroke-width=\"1.2\"");
    for at in minima {
        svg.circle("minimum", *at, 3.0, &dot);
    }
    let mut taken: Vec<[f64; 2]> = Vec::new();
    for (i, [x, y]) in minima.iter().copied().enumerate() {
        let place = |k: usize| {
            let angle = std::f64::consts::FRAC_PI_4 * (k % 8) as f64 - std::f64::consts::FRAC_PI_4;
            let far = NUMBER[1] + 8.0 * (k / 8) as f64;
            [x + far * libm::cos(angle), y + far * libm::sin(angle)]
        };
        let clear = |p: &[f64; 2]| {
            let apart = |q: &[f64; 2], least: f64| (p[0] - q[0]).hypot(p[1] - q[1]) > least;
            let margin = NUMBER[0] + 2.0;
            (left + margin..=left + width - margin).contains(&p[0])
                && (top + margin..=top + height - margin).contains(&p[1])
                && taken.iter().all(|q| apart(q, 2.0 * NUMBER[0] + 1.0))
                && minima.iter().all(|q| apart(q, NUMBER[0] + 4.0))
                && home.iter().all(|q| apart(q, NUMBER[0] + 9.0))
                && paths.iter().flatten().all(|q| apart(q, NUMBER[0] + 4.0))
        };
        let at = (0..24).map(place).find(clear).unwrap_or_else(|| place(0));
        taken.push(at);
        number_mark(svg, at, &(i + 1).to_string());
    }
}

fn draw_axes(
    svg: &mut Svg,
    figure: &LandscapeFigure,
    [x, y]: [&Scale; 2],
    [left, top, width, height]: [f64; 4],
) {
    let mark = format!("stroke=\"{INK}\" stroke-width=\"1\"");
    let bottom = top + height;
    for (value, label) in ticks(x.data(), 7) {
        let at = x.at(value);
        svg.segment("tick-mark", [at, bottom, at, bottom + 5.0], &mark);
        svg.text("x-tick", [at, bottom + 19.0], SIZES[2], Anchor::Middle, 0.0, &label);
    }
    for (value, label) in ticks(y.data(), 7) {
        let at = y.at(value);
        svg.segment("tick-mark", [left - 5.0, at, left, at], &mark);
        svg.text("y-tick", [left - 8.0, at + 4.2], SIZES[2], Anchor::End, 0.0, &label);
    }
    let at = [left + width / 2.0, bottom + 41.0];
    svg.text("x-label", at, SIZES[1], Anchor::Middle, 0.0, &figure.x.label);
    let at = [20.0, f64::midpoint(top, bottom)];
    svg.text("y-label", at, SIZES[1], Anchor::Middle, -90.0, &figure.y.label);
}

/// The colour bar from `left`, with its label at the right end of the picture.
fn draw_bar(
    svg: &mut Svg,
    figure: &LandscapeFigure,
    range: [f64; 2],
    marks: &[(f64, String)],
    [left, top, picture]: [f64; 3],
) {
    let bottom = top + PLOT[1];
    let scale = Scale::new(range, [bottom, top]);
    let step = PLOT[1] / N_COLOURS as f64;
    svg.open_group("bar", "shape-rendering=\"crispEdges\"");
    for level in (0..N_COLOURS).rev() {
        // Each reaches down to the end, under those that follow, so that no gap can show.
        let at = top + step * (N_COLOURS - 1 - level) as f64;
        let place = [left, at, BAR[1], bottom - at];
        let d = format!("fill=\"{}\"", colour_of(level));
        svg.rect("bar-colour", place, &d, None);
    }
    svg.close_group();
    let style = format!("fill=\"none\" stroke=\"{INK}\" stroke-width=\"1\"");
    svg.rect("bar-frame", [left, top, BAR[1], PLOT[1]], &style, None);
    let mark = format!("stroke=\"{INK}\" stroke-width=\"1\"");
    let right = left + BAR[1];
    for (value, label) in marks {
        let at = scale.at(*value);
        svg.segment("tick-mark", [right, at, right + 4.0, at], &mark);
        svg.text("bar-tick", [right + 7.0, at + 4.2], SIZES[2], Anchor::Start, 0.0, label);
    }
    let at = [picture - 14.0, f64::midpoint(top, bottom)];
    svg.text("bar-label", at, SIZES[1], Anchor::Middle, -90.0, &figure.value_label);
}
