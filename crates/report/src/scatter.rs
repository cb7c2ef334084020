//! How one number of many results goes with another: clouds of points in panels, matches apart from the rest.

use crate::ReportError;
use crate::axis::{Scale, log_ticks, power_of_ten, ticks};
use crate::font::{ellipsis, text_width, wrap};
use crate::legend::{Entry, Legend, SAMPLE};
use crate::palette::{GRID, INK, colour};
use crate::svg::{Anchor, Svg, number};

/// Margin on all sides, and space between columns and between rows, pixels.
const GAPS: [f64; 3] = [18.0, 38.0, 16.0];
/// Width and height of a panel, pixels.
const PLOT: [f64; 2] = [262.0, 205.0];
/// Font sizes of the title, axis labels and titles of panels, tick labels, and statistics.
const SIZES: [f64; 4] = [16.0, 13.0, 11.0, 11.0];
/// Heights of the lines of the title, of titles of panels and of statistics, pixels.
const LINES: [f64; 3] = [21.0, 17.0, 15.0];
/// Space below a panel for its ticks and label, pixels.
const BELOW: f64 = 44.0;
/// Free space around the points, as a share of their range.
const PAD: f64 = 0.04;
/// Radius of a dot, half the size of a cross, pixels.
const MARKER: [f64; 2] = [2.6, 2.4];
/// Colours of matches and of the rest.
const COLOURS: [usize; 2] = [0, 3];

/// How the vertical axis runs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum ScatterScale {
    /// From zero, or the least value if it is negative.
    #[default]
    Linear,
    /// By powers of ten. Values below the floor, zero among them, stand at the floor, and a note says so.
    Logarithmic {
        /// The least value that is told from zero; positive.
        floor: f64,
    },
}

/// One result.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ScatterPoint {
    /// Place along the horizontal axis, commonly a similarity of patterns.
    pub x: f64,
    /// Place along the vertical axis, commonly a distance of structures.
    pub y: f64,
    /// Whether the result matches the truth.
    pub matched: bool,
}

/// The results of one arm.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScatterPanel {
    /// Title over the panel, commonly the arm.
    pub title: String,
    /// Line below it, such as "MI 0.20, Pearson −0.12, Spearman −0.30". Long lines are wrapped.
    pub statistics: String,
    /// Label of the horizontal axis, with its unit.
    pub x_label: String,
    /// The results.
    pub points: Vec<ScatterPoint>,
}

/// What the figure shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterFigure {
    /// Title over the figure; long titles are wrapped.
    pub title: String,
    /// Label of the vertical axes, with its unit.
    pub y_label: String,
    /// How the vertical axes run.
    pub y_scale: ScatterScale,
    /// Names in the legend: matches, and the rest.
    pub labels: [String; 2],
    /// Panels a row; 0 counts as 1.
    pub columns: usize,
    /// The panels, row by row.
    pub panels: Vec<ScatterPanel>,
}

impl Default for ScatterFigure {
    /// No panels, three a row, the usual labels.
    fn default() -> Self {
        Self {
            title: String::new(),
            y_label: "PDD earth mover's distance (Å)".to_owned(),
            y_scale: ScatterScale::Linear,
            labels: ["match".to_owned(), "no match".to_owned()],
            columns: 3,
            panels: Vec::new(),
        }
    }
}

/// Clouds of points in panels as SVG text.
///
/// All panels share the vertical axis; each has a horizontal axis of its own. Matches are blue dots, the rest red crosses, both
/// translucent; they carry the classes `matched` and `unmatched` and stand in groups of the class `points`, in frames of the class
/// `frame`.
///
/// # Errors
/// [`ReportError::Empty`] without a point, [`ReportError::NonFinite`], or [`ReportError::NotPositive`] for the floor of a
/// logarithmic axis.
///
/// # Examples
/// ```
/// use braggscape_report::{ScatterFigure, ScatterPanel, ScatterPoint, scatter_figure};
/// let point = |x, y, matched| ScatterPoint { x, y, matched };
/// let panel = ScatterPanel {
///     title: "cosine".into(),
///     statistics: "MI 0.09".into(),
///     x_label: "cosine similarity".into(),
///     points: vec![point(0.4, 1.2, false), point(0.99, 0.01, true)],
/// };
/// let svg = scatter_figure(&ScatterFigure { panels: vec![panel], ..ScatterFigure::default() })?;
/// assert_eq!(svg.matches("class=\"matched\"").count(), 1);
/// assert_eq!(svg.matches("class=\"unmatched\"").count(), 1);
/// # Ok::<(), braggscape_report::ReportError>(())
/// ```
pub fn scatter_figure(figure: &ScatterFigure) -> Result<String, ReportError> {
    check(figure)?;
    let n_columns = figure.columns.clamp(1, figure.panels.len());
    let y_range = y_range(figure);
    let y_ticks = match figure.y_scale {
        ScatterScale::Linear => ticks(y_range, 5),
        ScatterScale::Logarithmic { .. } => log_ticks(y_range, 6),
    };
    let widest = y_ticks.iter().map(|(_, label)| text_width(label, SIZES[2])).fold(0.0, f64::max);
    let left = GAPS[0] + 22.0 + widest + 8.0;
    let width = left + n_columns as f64 * (PLOT[0] + GAPS[1]) - GAPS[1] + GAPS[0] + 6.0;
    let title = wrap(&figure.title, SIZES[0], width - 2.0 * GAPS[0]);
    let legend = Legend::new(vec![entries(figure)], width - 2.0 * GAPS[0]);
    let heads: Vec<[Vec<String>; 2]> = figure.panels.iter().map(head).collect();
    let head_heights: Vec<f64> = heads
        .chunks(n_columns)
        .map(|row| row.iter().map(head_height).fold(0.0, f64::max))
        .collect();

    let title_height = LINES[0] * title.len() as f64;
    let top = 12.0 + title_height + legend.height() + 6.0;
    let rows = head_heights.iter().map(|h| h + PLOT[1] + BELOW + GAPS[2]).sum::<f64>() - GAPS[2];
    let mut svg = Svg::new(width, top + rows + 8.0, &figure.title);
    for (i, line) in title.iter().enumerate() {
        let at = [width / 2.0, 12.0 + LINES[0] * (i as f64 + 0.7)];
        svg.text("title", at, SIZES[0], Anchor::Middle, 0.0, line);
    }
    legend.draw(&mut svg, width / 2.0, 12.0 + title_height);

    let mut row_top = top;
    for ((panels, heads), head) in
        figure.panels.chunks(n_columns).zip(heads.chunks(n_columns)).zip(&head_heights)
    {
        let plot_top = row_top + head;
        for (column, (panel, lines)) in panels.iter().zip(heads).enumerate() {
            let left = left + column as f64 * (PLOT[0] + GAPS[1]);
            draw_head(&mut svg, lines, [left + PLOT[0] / 2.0, plot_top]);
            let y = Scale::new(y_range, [plot_top + PLOT[1], plot_top]);
            let y_labels = column == 0;
            draw_panel(&mut svg, figure, panel, &y, [left, plot_top], (&y_ticks, y_labels));
        }
        row_top = plot_top + PLOT[1] + BELOW + GAPS[2];
    }
    let y_label = ellipsis(&figure.y_label, SIZES[1], rows);
    let at = [GAPS[0] + 10.0, top + rows / 2.0];
    svg.text("y-label", at, SIZES[1], Anchor::Middle, -90.0, &y_label);
    Ok(svg.finish())
}

fn check(figure: &ScatterFigure) -> Result<(), ReportError> {
    if figure.panels.iter().all(|p| p.points.is_empty()) {
        return Err(ReportError::Empty { title: figure.title.clone() });
    }
    for panel in &figure.panels {
        for (index, point) in panel.points.iter().enumerate() {
            for (what, value) in [("x", point.x), ("y", point.y)] {
                if !value.is_finite() {
                    let label = panel.title.clone();
                    return Err(ReportError::NonFinite { what, index, label, value });
                }
            }
        }
    }
    if let ScatterScale::Logarithmic { floor: value } = figure.y_scale {
        let (what, index, label) = ("floor", 0, figure.y_label.clone());
        if !value.is_finite() {
            return Err(ReportError::NonFinite { what, index, label, value });
        }
        if value <= 0.0 {
            return Err(ReportError::NotPositive { what, index, label, value });
        }
    }
    Ok(())
}

/// The place of a value on the vertical axis, before it is scaled to pixels.
fn height(scale: ScatterScale, y: f64) -> f64 {
    match scale {
        ScatterScale::Linear => y,
        ScatterScale::Logarithmic { floor } => libm::log10(y.max(floor)),
    }
}

fn padded([lo, hi]: [f64; 2]) -> [f64; 2] {
    let pad = PAD * (hi - lo);
    [lo - pad, hi + pad]
}

fn range(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[lo, hi], v| [lo.min(v), hi.max(v)])
}

/// The range that all vertical axes have.
fn y_range(figure: &ScatterFigure) -> [f64; 2] {
    let points = figure.panels.iter().flat_map(|p| &p.points);
    let [lo, hi] = range(points.map(|p| height(figure.y_scale, p.y)));
    let [lo, hi] = match figure.y_scale {
        ScatterScale::Linear => [lo.min(0.0), hi.max(0.0)],
        // At least a power of ten, so that there are ticks.
        ScatterScale::Logarithmic { .. } => [lo, hi.max(lo + 1.0)],
    };
    if hi > lo { padded([lo, hi]) } else { [-0.5, 0.5] }
}

/// The lines over a panel: its title, and its statistics.
fn head(panel: &ScatterPanel) -> [Vec<String>; 2] {
    let width = PLOT[0] + GAPS[1] - 12.0;
    [wrap(&panel.title, SIZES[1], width), wrap(&panel.statistics, SIZES[3], width)]
}

fn head_height([title, statistics]: &[Vec<String>; 2]) -> f64 {
    LINES[1] * title.len() as f64 + LINES[2] * statistics.len() as f64 + 8.0
}

/// Draws the lines over a panel, the last one just above it.
fn draw_head(svg: &mut Svg, lines: &[Vec<String>; 2], [middle, plot_top]: [f64; 2]) {
    let [title, statistics] = lines;
    let mut y = plot_top - head_height(lines);
    for line in title {
        y += LINES[1];
        svg.text("panel-title", [middle, y - 3.0], SIZES[1], Anchor::Middle, 0.0, line);
    }
    for line in statistics {
        y += LINES[2];
        svg.text("statistics", [middle, y - 2.0], SIZES[3], Anchor::Middle, 0.0, line);
    }
}

fn entries(figure: &ScatterFigure) -> Vec<Entry<'_>> {
    let sample = |label: &String, matched: bool| {
        let draw = move |svg: &mut Svg, x: f64, y: f64| {
            svg.open_group("sample", &style(matched));
            mark(svg, matched, "sample-mark", [x + SAMPLE / 2.0, y], 1.6);
            svg.close_group();
        };
        Entry { label: label.clone(), draw: Box::new(draw) }
    };
    let points = || figure.panels.iter().flat_map(|p| &p.points);
    let mut entries = Vec::new();
    for (label, matched) in figure.labels.iter().zip([true, false]) {
        if points().any(|p| p.matched == matched) {
            entries.push(sample(label, matched));
        }
    }
    if let ScatterScale::Logarithmic { floor } = figure.y_scale
        && points().any(|p| p.y < floor)
    {
        let draw = |svg: &mut Svg, x: f64, y: f64| draw_floor(svg, "sample", [x, x + SAMPLE], y);
        let label = format!("{} or less", floor_text(floor));
        entries.push(Entry { label, draw: Box::new(draw) });
    }
    entries
}

/// A floor as the ticks are written if it is a power of ten.
fn floor_text(floor: f64) -> String {
    let power = libm::log10(floor);
    let nearest = libm::round(power);
    if (power - nearest).abs() < 1e-9 { power_of_ten(nearest as i32) } else { format!("{floor:e}") }
}

/// Style of a group of markers.
fn style(matched: bool) -> String {
    let colour = colour(COLOURS[usize::from(!matched)]);
    if matched {
        format!("fill=\"{colour}\" fill-opacity=\"0.55\"")
    } else {
        format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.1\" stroke-opacity=\"0.6\"")
    }
}

/// A dot or a cross, in the style of its group.
fn mark(svg: &mut Svg, matched: bool, class: &str, [x, y]: [f64; 2], factor: f64) {
    if matched {
        svg.circle(class, [x, y], MARKER[0] * factor, "");
        return;
    }
    let h = MARKER[1] * factor;
    let [l, r, t, b] = [x - h, x + h, y - h, y + h].map(number);
    svg.path_data(class, &format!("M{l} {t}L{r} {b}M{l} {b}L{r} {t}"), "");
}

fn draw_floor(svg: &mut Svg, class: &str, [left, right]: [f64; 2], y: f64) {
    let style = format!("stroke=\"{INK}\" stroke-width=\"1\" stroke-dasharray=\"4 3\"");
    svg.segment(class, [left, y, right, y], &style);
}

fn draw_panel(
    svg: &mut Svg,
    figure: &ScatterFigure,
    panel: &ScatterPanel,
    y: &Scale,
    [left, top]: [f64; 2],
    (y_ticks, y_labels): (&[(f64, String)], bool),
) {
    let [right, bottom] = [left + PLOT[0], top + PLOT[1]];
    let x_range = range(panel.points.iter().map(|p| p.x));
    let x_range = if panel.points.is_empty() { [0.0, 1.0] } else { padded(x_range) };
    let x = Scale::new(x_range, [left, right]);
    let grid = format!("stroke=\"{GRID}\" stroke-width=\"1\"");
    let line = format!("stroke=\"{INK}\" stroke-width=\"1\"");
    for (value, label) in ticks(x.data(), 5) {
        let at = x.at(value);
        svg.segment("grid", [at, top, at, bottom], &grid);
        svg.segment("tick-mark", [at, bottom, at, bottom + 4.0], &line);
        svg.text("x-tick", [at, bottom + 17.0], SIZES[2], Anchor::Middle, 0.0, &label);
    }
    for (value, label) in y_ticks {
        let at = y.at(*value);
        svg.segment("grid", [left, at, right, at], &grid);
        svg.segment("tick-mark", [left - 4.0, at, left, at], &line);
        if y_labels {
            svg.text("y-tick", [left - 8.0, at + 4.0], SIZES[2], Anchor::End, 0.0, label);
        }
    }
    if let ScatterScale::Logarithmic { floor } = figure.y_scale
        && panel.points.iter().any(|p| p.y < floor)
    {
        draw_floor(svg, "floor", [left, right], y.at(libm::log10(floor)));
    }
    // Matches are drawn last: they are often few, and crosses would hide them.
    for matched in [false, true] {
        let class = if matched { "matched" } else { "unmatched" };
        svg.open_group("points", &style(matched));
        for point in panel.points.iter().filter(|p| p.matched == matched) {
            let at = [x.at(point.x), y.at(height(figure.y_scale, point.y))];
            mark(svg, matched, class, at, 1.0);
        }
        svg.close_group();
    }
    let frame = format!("fill=\"none\" stroke=\"{INK}\" stroke-width=\"1\"");
    svg.rect("frame", [left, top, PLOT[0], PLOT[1]], &frame, None);
    let x_label = ellipsis(&panel.x_label, SIZES[1], PLOT[0] + GAPS[1] - 8.0);
    let at = [left + PLOT[0] / 2.0, bottom + 36.0];
    svg.text("x-label", at, SIZES[1], Anchor::Middle, 0.0, &x_label);
}
