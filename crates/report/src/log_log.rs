//! How one quantity grows with another: points and lines over two logarithmic axes.

use crate::ReportError;
use crate::axis::{Scale, log_ticks};
use crate::font::{text_width, wrap};
use crate::legend::{Entry, Legend, SAMPLE};
use crate::palette::{GRID, INK, colour};
use crate::svg::{Anchor, Svg};

/// Margins left and right of the plot, pixels; the left one is without the labels of its ticks.
const MARGIN: [f64; 2] = [40.0, 24.0];
/// Width and height of the plot, pixels.
const PLOT: [f64; 2] = [600.0, 400.0];
/// Font sizes of the title, axis labels and tick labels.
const SIZES: [f64; 3] = [16.0, 13.0, 12.0];
/// Free space around the points: powers of ten, and share of their range.
const PAD: [f64; 2] = [0.2, 0.03];
/// Half the size of a marker, pixels.
const MARKER: f64 = 4.0;
/// Most powers of ten that are labelled.
const MAX_TICKS: usize = 9;

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SeriesStyle {
    /// A marker at each point; its shape differs between neighbouring series, as its colour does.
    #[default]
    Markers,
    /// A dashed grey line through the points: a law to compare with.
    Guide,
}

/// Points with a name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Label in the legend; without a label the series is not in the legend.
    pub label: String,
    /// (x, y), both positive.
    pub points: Vec<[f64; 2]>,
    /// How they are drawn.
    pub style: SeriesStyle,
}

/// What the figure shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogLogFigure {
    /// Title over the figure; long titles are wrapped.
    pub title: String,
    /// Label of the horizontal axis, with its unit.
    pub x_label: String,
    /// Label of the vertical axis, with its unit.
    pub y_label: String,
    /// The series, drawn in this order. Colours go by it.
    pub series: Vec<Series>,
}

/// A figure with two logarithmic axes as SVG text.
///
/// Markers, guides and grid lines carry the classes `marker`, `guide` and `grid`; the markers of a series stand in a group of the
/// class `series`, in the order of its points. Colours are those of Okabe and Ito.
///
/// # Errors
/// [`ReportError::Empty`] without a point, [`ReportError::NotPositive`] or [`ReportError::NonFinite`].
///
/// # Examples
/// ```
/// use braggscape_report::{LogLogFigure, Series, log_log_figure};
/// let points = vec![[10.0, 2e-6], [1000.0, 2e-4]];
/// let figure = LogLogFigure {
///     title: "Cost".into(),
///     x_label: "atoms".into(),
///     y_label: "time (s)".into(),
///     series: vec![Series { label: "pattern".into(), points, ..Series::default() }],
/// };
/// let svg = log_log_figure(&figure)?;
/// assert!(svg.contains("10⁻⁵") && svg.contains("time (s)"));
/// # Ok::<(), braggscape_report::ReportError>(())
/// ```
pub fn log_log_figure(figure: &LogLogFigure) -> Result<String, ReportError> {
    check(figure)?;
    let [x_range, y_range] = [0, 1].map(|axis| range(figure, axis));
    let y_ticks = log_ticks(y_range, MAX_TICKS);
    let widest = y_ticks.iter().map(|(_, label)| text_width(label, SIZES[2])).fold(0.0, f64::max);
    let left = MARGIN[0] + widest;
    let width = left + PLOT[0] + MARGIN[1];
    let legend = Legend::new(vec![entries(figure)], width - 2.0 * MARGIN[1]);
    let title = wrap(&figure.title, SIZES[0], width - 2.0 * MARGIN[1]);
    let title_height = 21.0 * title.len() as f64;
    let top = 12.0 + title_height + 4.0 + legend.height() + 10.0;
    let bottom = top + PLOT[1];
    let x = Scale::new(x_range, [left, left + PLOT[0]]);
    let y = Scale::new(y_range, [bottom, top]);

    let mut svg = Svg::new(width, bottom + 52.0, &figure.title);
    for (i, line) in title.iter().enumerate() {
        let at = [width / 2.0, 12.0 + 21.0 * (i as f64 + 0.7)];
        svg.text("title", at, SIZES[0], Anchor::Middle, 0.0, line);
    }
    legend.draw(&mut svg, width / 2.0, 12.0 + title_height + 4.0);
    let grid = format!("stroke=\"{GRID}\" stroke-width=\"1\"");
    let mark = format!("stroke=\"{INK}\" stroke-width=\"1\"");
    for (value, label) in log_ticks(x_range, MAX_TICKS) {
        let at = x.at(value);
        svg.segment("grid", [at, top, at, bottom], &grid);
        svg.segment("tick-mark", [at, bottom, at, bottom + 5.0], &mark);
        svg.text("x-tick", [at, bottom + 19.0], SIZES[2], Anchor::Middle, 0.0, &label);
    }
    for (value, label) in y_ticks {
        let at = y.at(value);
        svg.segment("grid", [left, at, left + PLOT[0], at], &grid);
        svg.segment("tick-mark", [left - 5.0, at, left, at], &mark);
        svg.text("y-tick", [left - 8.0, at + 4.2], SIZES[2], Anchor::End, 0.0, &label);
    }
    for (i, series) in figure.series.iter().enumerate() {
        let points: Vec<[f64; 2]> = series
            .points
            .iter()
            .map(|p| [x.at(libm::log10(p[0])), y.at(libm::log10(p[1]))])
            .collect();
        draw(&mut svg, series.style, i, &points);
    }
    let frame = format!("fill=\"none\" stroke=\"{INK}\" stroke-width=\"1\"");
    svg.rect("frame", [left, top, PLOT[0], PLOT[1]], &frame, None);
    let at = [left + PLOT[0] / 2.0, bottom + 41.0];
    svg.text("x-label", at, SIZES[1], Anchor::Middle, 0.0, &figure.x_label);
    let at = [20.0, f64::midpoint(top, bottom)];
    svg.text("y-label", at, SIZES[1], Anchor::Middle, -90.0, &figure.y_label);
    Ok(svg.finish())
}

fn check(figure: &LogLogFigure) -> Result<(), ReportError> {
    if figure.series.iter().all(|series| series.points.is_empty()) {
        return Err(ReportError::Empty { title: figure.title.clone() });
    }
    for series in &figure.series {
        for (index, point) in series.points.iter().enumerate() {
            for (what, value) in ["x", "y"].into_iter().zip(*point) {
                let label = series.label.clone();
                if !value.is_finite() {
                    return Err(ReportError::NonFinite { what, index, label, value });
                }
                if value <= 0.0 {
                    return Err(ReportError::NotPositive { what, index, label, value });
                }
            }
        }
    }
    Ok(())
}

/// Logarithms of the least and greatest value along an axis, with some space around.
fn range(figure: &LogLogFigure, axis: usize) -> [f64; 2] {
    let values = figure.series.iter().flat_map(|s| &s.points).map(|p| libm::log10(p[axis]));
    let [lo, hi] =
        values.fold([f64::INFINITY, f64::NEG_INFINITY], |[lo, hi], v| [lo.min(v), hi.max(v)]);
    let pad = PAD[0] + PAD[1] * (hi - lo);
    [lo - pad, hi + pad]
}

fn entries(figure: &LogLogFigure) -> Vec<Entry<'_>> {
    let labelled = figure.series.iter().enumerate().filter(|(_, s)| !s.label.is_empty());
    let entry = |(i, series): (usize, &Series)| {
        let style = series.style;
        let sample = move |svg: &mut Svg, x: f64, y: f64| match style {
            SeriesStyle::Markers => marker(svg, "sample", i, [x + SAMPLE / 2.0, y]),
            SeriesStyle::Guide => svg.segment("sample", [x, y, x + SAMPLE, y], GUIDE),
        };
        Entry { label: series.label.clone(), draw: Box::new(sample) }
    };
    labelled.map(entry).collect()
}

/// Style of guides.
const GUIDE: &str =
    "fill=\"none\" stroke=\"#7f7f7f\" stroke-width=\"1.5\" stroke-dasharray=\"6 4\"";

fn draw(svg: &mut Svg, style: SeriesStyle, idx: usize, points: &[[f64; 2]]) {
    match style {
        SeriesStyle::Guide if points.is_empty() => {}
        SeriesStyle::Guide => svg.path("guide", points, false, GUIDE),
        SeriesStyle::Markers => {
            svg.open_group("series", "");
            for point in points {
                marker(svg, "marker", idx, *point);
            }
            svg.close_group();
        }
    }
}

/// Corners of the marker shapes about their middle, of about equal area: square, triangle, diamond, triangle on its tip.
const SHAPES: [&[[f64; 2]]; 4] = [
    &[[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
    &[[0.0, -1.2], [1.15, 0.85], [-1.15, 0.85]],
    &[[0.0, -1.2], [1.2, 0.0], [0.0, 1.2], [-1.2, 0.0]],
    &[[0.0, 1.2], [-1.15, -0.85], [1.15, -0.85]],
];

fn marker(svg: &mut Svg, class: &str, idx: usize, [x, y]: [f64; 2]) {
    let corners = SHAPES[idx % SHAPES.len()].iter().map(|[u, v]| [x + MARKER * u, y + MARKER * v]);
    let style = format!("fill=\"{}\" stroke=\"#ffffff\" stroke-width=\"0.7\"", colour(idx));
    svg.path(class, &corners.collect::<Vec<_>>(), true, &style);
}
