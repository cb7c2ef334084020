//! One crystal in several states: the unit cell and the pattern of each, one below another.

use crate::ReportError;
use crate::axis::{Scale, ticks};
use crate::cell::{CellDrawing, CellPicture, ElementColours, ElementLegend};
use crate::cell::{define_shades, draw_scale_bar};
use crate::curve::{Upright, curve};
use crate::font::{ellipsis, text_width, wrap};
use crate::palette::{GRID, INK, colour};
use crate::svg::{Anchor, Svg};
use crate::{Reflection, Trace};

/// Margin on all sides, space between cells and patterns, and space between rows, pixels.
const GAPS: [f64; 3] = [16.0, 78.0, 20.0];
/// Width of the patterns and height of each without its labels, pixels.
const PLOT: [f64; 2] = [560.0, 118.0];
/// Height of the line above each pattern, pixels.
const HEAD: f64 = 22.0;
/// Longest label of a reflection, pixels.
const MAX_LABEL: f64 = 48.0;
/// Intensity below which a reflection has no label, as a share of the strongest.
const LEAST_LABELLED: f64 = 0.03;
/// Greatest and least scale of the cells, and its steps, pixels an ångström.
const SCALES: [f64; 3] = [24.0, 3.0, 0.5];
/// Widest and highest cell above which the scale shrinks, and the narrowest column of cells, pixels.
const CELL: [f64; 3] = [300.0, 180.0, 170.0];
/// Font sizes of the title, axis labels and heads, tick labels, captions, and labels of reflections.
const SIZES: [f64; 5] = [16.0, 13.0, 12.0, 11.0, 10.0];
/// Heights of the lines of the title and of captions, pixels.
const LINES: [f64; 2] = [21.0, 15.0];
/// Fill and outline of the pattern that all are compared with.
const REFERENCE: [&str; 2] = ["#d4d4d4", "#a6a6a6"];

/// One state of the crystal.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CasePanel {
    /// What it is, such as "distorted start".
    pub label: String,
    /// The unit cell.
    pub drawing: CellDrawing,
    /// Lines below the cell, such as its parameters. Long lines are wrapped.
    pub caption: Vec<String>,
    /// 2theta of its pattern, degrees, ascending.
    pub two_theta: Vec<f64>,
    /// Intensities, as many as angles, in any unit: they are drawn as shares of the greatest.
    pub intensity: Vec<f64>,
    /// Reflections to label; of crowded ones the stronger are labelled, and those below 3 % of the strongest never.
    pub reflections: Vec<Reflection>,
    /// What it is worth, such as "cosine 0.74, no match".
    pub status: String,
    /// Whether it matches the truth, shown by a tick or a cross before the status; nothing for the truth itself.
    pub matched: Option<bool>,
}

/// What the figure shows.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFigure {
    /// Title over the figure; long titles are wrapped.
    pub title: String,
    /// Label of the horizontal axis of the patterns, with its unit.
    pub x_label: String,
    /// Label of their vertical axes.
    pub y_label: String,
    /// The pattern that stands in grey behind all others, with its name for the legend; commonly that of the truth.
    pub reference: Option<Trace>,
    /// The states, from top to bottom. Colours go by their order.
    pub panels: Vec<CasePanel>,
}

impl Default for CaseFigure {
    /// No states, the usual labels.
    fn default() -> Self {
        Self {
            title: String::new(),
            x_label: "2θ (°)".to_owned(),
            y_label: "intensity / greatest intensity".to_owned(),
            reference: None,
            panels: Vec::new(),
        }
    }
}

/// Unit cells and patterns of one crystal in several states as SVG text.
///
/// Each state is a row: its cell on the left, all at one scale and from one side as in [`cells_figure`](crate::cells_figure), and its pattern on
/// the right in a colour of its own over that of the reference in grey, both divided by their greatest intensity. Patterns, the
/// reference, labels of reflections, statuses, ticks and crosses have the classes `trace`, `reference`, `hkl`, `status`, `match` and
/// `no-match`; the patterns stand in frames of the class `frame`.
///
/// # Errors
/// [`ReportError::Empty`] without states or for a pattern without points, [`ReportError::TraceLengths`],
/// [`ReportError::NonFinite`], and what is wrong with a cell as in [`cells_figure`](crate::cells_figure).
///
/// # Examples
/// ```
/// use braggscape_report::{CaseFigure, CasePanel, CellDrawing, Reflection, case_figure};
/// let drawing = CellDrawing {
///     label: "polonium".into(),
///     rows: [[3.35, 0.0, 0.0], [0.0, 3.35, 0.0], [0.0, 0.0, 3.35]],
///     atomic_numbers: vec![84],
///     frac: vec![[0.0; 3]],
/// };
/// let panel = CasePanel {
///     label: "free result".into(),
///     drawing,
///     two_theta: vec![20.0, 26.6, 40.0],
///     intensity: vec![0.0, 7.0, 0.0],
///     reflections: vec![Reflection { two_theta: 26.6, intensity: 7.0, label: "100".into() }],
///     status: "cosine 0.74, no match".into(),
///     matched: Some(false),
///     ..CasePanel::default()
/// };
/// let svg = case_figure(&CaseFigure { panels: vec![panel], ..CaseFigure::default() })?;
/// assert!(svg.contains("class=\"no-match\"") && svg.contains(">100</text>"));
/// # Ok::<(), braggscape_report::ReportError>(())
/// ```
pub fn case_figure(figure: &CaseFigure) -> Result<String, ReportError> {
    check(figure)?;
    let pictures: Vec<CellPicture> =
        figure.panels.iter().map(|p| p.drawing.picture()).collect::<Result<_, _>>()?;
    let elements: Vec<_> = pictures.iter().map(CellPicture::elements).collect();
    let colours = ElementColours::new(&elements);
    let mut all: Vec<_> = elements.into_iter().flatten().collect();
    all.sort_unstable();
    all.dedup();

    let (scale, column) = scale_and_column(&pictures);
    let left = GAPS[0] + column + GAPS[1];
    let width = left + PLOT[0] + GAPS[0] + 4.0;
    let title = wrap(&figure.title, SIZES[0], width - 2.0 * GAPS[0]);
    let legend = ElementLegend::new(&all, &colours, column);
    let title_height = LINES[0] * title.len() as f64;
    let top = GAPS[0] + title_height + legend.height().max(HEAD);
    let headroom = headroom(figure);
    let plot_height = PLOT[1] + headroom;
    let rows: Vec<Row<'_>> = figure
        .panels
        .iter()
        .zip(&pictures)
        .map(|(panel, picture)| Row::new(panel, picture, scale, column))
        .collect();
    let heights = rows.iter().map(|r| r.height.max(HEAD + plot_height));
    let bottom = top + heights.clone().map(|h| h + GAPS[2]).sum::<f64>() - GAPS[2];

    let mut svg = Svg::new(width, bottom + 54.0, &figure.title);
    define_shades(&mut svg, &colours);
    for (i, line) in title.iter().enumerate() {
        let at = [width / 2.0, GAPS[0] + LINES[0] * (i as f64 + 0.6)];
        svg.text("title", at, SIZES[0], Anchor::Middle, 0.0, line);
    }
    legend.draw(&mut svg, [GAPS[0] + column / 2.0, GAPS[0] + title_height]);
    draw_reference_sample(&mut svg, figure, [left, GAPS[0] + title_height + 10.0]);

    let plot = Plot::new(figure, left, headroom);
    let mut row_top = top;
    for (i, (row, height)) in rows.iter().zip(heights).enumerate() {
        row.draw_cell(&mut svg, &colours, scale, [GAPS[0] + column / 2.0, row_top, height]);
        // The pattern ends where the row does, so that the axis below the last is near it.
        let head = row_top + height - plot_height;
        draw_head(&mut svg, row.panel, i, [left, head - 7.0]);
        let is_last = i + 1 == figure.panels.len();
        plot.draw(&mut svg, figure, i, [head, row_top + height], is_last);
        row_top += height + GAPS[2];
    }
    let at = [left + PLOT[0] / 2.0, bottom + 40.0];
    svg.text("x-label", at, SIZES[1], Anchor::Middle, 0.0, &figure.x_label);
    let y_label = ellipsis(&figure.y_label, SIZES[1], bottom - top);
    let at = [left - 44.0, f64::midpoint(top, bottom)];
    svg.text("y-label", at, SIZES[1], Anchor::Middle, -90.0, &y_label);
    draw_scale_bar(&mut svg, scale, [GAPS[0], bottom + 36.0]);
    Ok(svg.finish())
}

fn check(figure: &CaseFigure) -> Result<(), ReportError> {
    if figure.panels.is_empty() {
        return Err(ReportError::Empty { title: figure.title.clone() });
    }
    let pattern = |label: &str, two_theta: &[f64], intensity: &[f64]| {
        if two_theta.len() != intensity.len() {
            let (trace, two_theta, intensity) =
                (label.to_owned(), two_theta.len(), intensity.len());
            return Err(ReportError::TraceLengths { trace, two_theta, intensity });
        }
        if two_theta.is_empty() {
            return Err(ReportError::Empty { title: label.to_owned() });
        }
        finite("angle", label, two_theta.iter())?;
        finite("intensity", label, intensity.iter())
    };
    for panel in &figure.panels {
        pattern(&panel.label, &panel.two_theta, &panel.intensity)?;
        let reflections = &panel.reflections;
        finite("angle of reflection", &panel.label, reflections.iter().map(|r| &r.two_theta))?;
        finite("intensity of reflection", &panel.label, reflections.iter().map(|r| &r.intensity))?;
    }
    let reference = figure.reference.as_ref();
    reference.map_or(Ok(()), |r| pattern(&r.label, &r.two_theta, &r.intensity))
}

fn finite<'a>(
    what: &'static str,
    label: &str,
    mut values: impl Iterator<Item = &'a f64>,
) -> Result<(), ReportError> {
    let found = values.by_ref().enumerate().find(|(_, v)| !v.is_finite());
    found.map_or(Ok(()), |(index, value)| {
        Err(ReportError::NonFinite { what, index, label: label.to_owned(), value: *value })
    })
}

/// The greatest scale at which no cell is too large, and the width of the column of cells.
fn scale_and_column(pictures: &[CellPicture]) -> (f64, f64) {
    let [greatest, least, step] = SCALES;
    let largest = |scale: f64| {
        let sizes = pictures.iter().map(|p| p.size(scale));
        sizes.fold([0.0_f64; 2], |[w, h], [x, y]| [w.max(x), h.max(y)])
    };
    let mut scale = greatest;
    while scale > least && (largest(scale)[0] > CELL[0] || largest(scale)[1] > CELL[1]) {
        scale -= step;
    }
    (scale, largest(scale)[0].max(CELL[2]))
}

/// Height above the peaks that their labels need.
fn headroom(figure: &CaseFigure) -> f64 {
    let labels = figure.panels.iter().flat_map(|p| &p.reflections);
    let widths = labels.map(|r| text_width(&r.label, SIZES[4]).min(MAX_LABEL));
    9.0 + widths.fold(0.0, f64::max)
}

/// A state with its texts laid out.
struct Row<'a> {
    panel: &'a CasePanel,
    picture: &'a CellPicture,
    caption: Vec<String>,
    cell_height: f64,
    height: f64,
}

impl<'a> Row<'a> {
    fn new(panel: &'a CasePanel, picture: &'a CellPicture, scale: f64, column: f64) -> Self {
        let lines = panel.caption.iter().flat_map(|line| wrap(line, SIZES[3], column));
        let caption: Vec<String> = lines.collect();
        let [_, cell_height] = picture.size(scale);
        let height = cell_height + LINES[1] * caption.len() as f64 + 4.0;
        Self { panel, picture, caption, cell_height, height }
    }

    /// Draws the cell and its caption in the middle of a row of this top and height.
    fn draw_cell(
        &self,
        svg: &mut Svg,
        colours: &ElementColours,
        scale: f64,
        [middle, top, height]: [f64; 3],
    ) {
        let top = top + (height - self.height) / 2.0;
        self.picture.draw(svg, colours, scale, [middle, top + self.cell_height / 2.0]);
        for (i, line) in self.caption.iter().enumerate() {
            let at = [middle, top + self.cell_height + LINES[1] * (i as f64 + 0.8)];
            svg.text("caption", at, SIZES[3], Anchor::Middle, 0.0, line);
        }
    }
}

/// The entry of the reference above the patterns.
fn draw_reference_sample(svg: &mut Svg, figure: &CaseFigure, [left, y]: [f64; 2]) {
    let Some(reference) = figure.reference.as_ref().filter(|r| !r.label.is_empty()) else { return };
    let label = ellipsis(&reference.label, SIZES[2], PLOT[0] - 40.0);
    let x = left + PLOT[0] - text_width(&label, SIZES[2]);
    let [fill, stroke] = REFERENCE;
    let style = format!("fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"1\"");
    svg.rect("sample", [x - 28.0, y - 5.0, 22.0, 10.0], &style, None);
    svg.text("legend-label", [x, y + 4.2], SIZES[2], Anchor::Start, 0.0, &label);
}

/// The line above a pattern: what it is, and what it is worth.
fn draw_head(svg: &mut Svg, panel: &CasePanel, idx: usize, [left, y]: [f64; 2]) {
    let right = left + PLOT[0];
    let status = ellipsis(&panel.status, SIZES[1], 0.55 * PLOT[0]);
    let status_width = text_width(&status, SIZES[1]);
    if let Some(matched) = panel.matched {
        draw_verdict(svg, matched, [right - status_width - 14.0, y - 4.5]);
    }
    svg.text("status", [right, y], SIZES[1], Anchor::End, 0.0, &status);
    let style = format!("stroke=\"{}\" stroke-width=\"2.4\"", colour(idx));
    svg.segment("sample", [left, y - 4.5, left + 20.0, y - 4.5], &style);
    let label = ellipsis(&panel.label, SIZES[1], PLOT[0] - status_width - 64.0);
    svg.text("label", [left + 27.0, y], SIZES[1], Anchor::Start, 0.0, &label);
}

/// A tick or a cross around a point.
fn draw_verdict(svg: &mut Svg, matched: bool, [x, y]: [f64; 2]) {
    let style = |idx| {
        format!(
            "fill=\"none\" stroke=\"{}\" stroke-width=\"2.2\" stroke-linecap=\"round\" stroke-linejoin=\"round\"",
            colour(idx)
        )
    };
    if matched {
        let points = [[x - 5.0, y + 0.5], [x - 1.5, y + 4.0], [x + 5.0, y - 4.5]];
        svg.path("match", &points, false, &style(2));
    } else {
        let d = [[-4.0, -4.0, 4.0, 4.0], [-4.0, 4.0, 4.0, -4.0]]
            .map(|[x0, y0, x1, y1]| {
                let [from, to] = [[x + x0, y + y0], [x + x1, y + y1]]
                    .map(|p| p.map(crate::svg::number).join(" "));
                format!("M{from}L{to}")
            })
            .concat();
        svg.path_data("no-match", &d, &style(3));
    }
}

/// Where the patterns stand.
struct Plot {
    x: Scale,
    left: f64,
    headroom: f64,
}

impl Plot {
    fn new(figure: &CaseFigure, left: f64, headroom: f64) -> Self {
        let angles = figure.panels.iter().flat_map(|p| &p.two_theta);
        let [lo, hi] =
            angles.fold([f64::INFINITY, f64::NEG_INFINITY], |[lo, hi], t| [lo.min(*t), hi.max(*t)]);
        Self { x: Scale::new([lo, hi], [left, left + PLOT[0]]), left, headroom }
    }

    /// Draws the pattern of a state into a frame from top to bottom.
    fn draw(
        &self,
        svg: &mut Svg,
        figure: &CaseFigure,
        idx: usize,
        [top, bottom]: [f64; 2],
        is_last: bool,
    ) {
        let panel = &figure.panels[idx];
        let y = Scale::new([0.0, 1.0], [bottom - 2.0, top + self.headroom]);
        self.draw_axes(svg, &y, [top, bottom], is_last);
        let clip = format!("pattern-{idx}");
        svg.clip(&clip, [self.left, top, PLOT[0], bottom - top]);
        svg.open_group("pattern", &format!("clip-path=\"url(#{clip})\""));
        let mut curves = Vec::new();
        if let Some(reference) = &figure.reference {
            let points = self.points(&reference.two_theta, &reference.intensity, &y);
            let [fill, stroke] = REFERENCE;
            let mut area = points.clone();
            area.extend(
                [points.last(), points.first()].into_iter().flatten().map(|p| [p[0], bottom]),
            );
            let style = format!("fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"0.8\"");
            svg.path("reference", &area, true, &style);
            curves.push(points);
        }
        let points = self.points(&panel.two_theta, &panel.intensity, &y);
        let style = format!(
            "fill=\"none\" stroke=\"{}\" stroke-width=\"1.3\" stroke-linejoin=\"round\"",
            colour(idx)
        );
        svg.path("trace", &points, false, &style);
        svg.close_group();
        curves.push(points);
        self.draw_labels(svg, &panel.reflections, &curves, y.at(0.0));
        let frame = format!("fill=\"none\" stroke=\"{INK}\" stroke-width=\"1\"");
        svg.rect("frame", [self.left, top, PLOT[0], bottom - top], &frame, None);
    }

    /// A pattern on the paper, divided by its greatest intensity; one without positive intensities lies on the axis.
    fn points(&self, two_theta: &[f64], intensity: &[f64], y: &Scale) -> Vec<[f64; 2]> {
        let greatest = intensity.iter().copied().fold(0.0, f64::max);
        let share = |i: &f64| if greatest > 0.0 { (i / greatest).max(0.0) } else { 0.0 };
        let shares: Vec<f64> = intensity.iter().map(share).collect();
        curve(two_theta, &shares, &self.x, y)
    }

    fn draw_axes(&self, svg: &mut Svg, y: &Scale, [top, bottom]: [f64; 2], is_last: bool) {
        let mark = format!("stroke=\"{INK}\" stroke-width=\"1\"");
        let grid = format!("stroke=\"{GRID}\" stroke-width=\"1\"");
        for (value, label) in ticks(self.x.data(), 9) {
            let at = self.x.at(value);
            svg.segment("grid", [at, top, at, bottom], &grid);
            svg.segment("tick-mark", [at, bottom, at, bottom + 4.0], &mark);
            if is_last {
                svg.text("x-tick", [at, bottom + 18.0], SIZES[2], Anchor::Middle, 0.0, &label);
            }
        }
        for (value, label) in [(0.0, "0"), (0.5, "0.5"), (1.0, "1")] {
            let at = y.at(value);
            svg.segment("tick-mark", [self.left - 4.0, at, self.left, at], &mark);
            svg.text("y-tick", [self.left - 8.0, at + 4.2], SIZES[2], Anchor::End, 0.0, label);
        }
    }

    /// Labels over the peaks, the strongest first.
    fn draw_labels(
        &self,
        svg: &mut Svg,
        reflections: &[Reflection],
        curves: &[Vec<[f64; 2]>],
        floor: f64,
    ) {
        let [lo, hi] = self.x.data();
        let strongest = reflections.iter().map(|r| r.intensity).fold(0.0, f64::max);
        let mut shown: Vec<&Reflection> = reflections
            .iter()
            .filter(|r| (lo..=hi).contains(&r.two_theta) && !r.label.is_empty())
            .filter(|r| r.intensity >= LEAST_LABELLED * strongest)
            .collect();
        shown.sort_by(|a, b| b.intensity.total_cmp(&a.intensity));
        let mut labels = Upright::default();
        for r in shown {
            let at = self.x.at(r.two_theta).clamp(self.left + 6.0, self.left + PLOT[0] - 6.0);
            if labels.take(at) {
                let base = Upright::base(curves, at, floor);
                let text = ellipsis(&r.label, SIZES[4], MAX_LABEL);
                svg.text("hkl", [at + 3.6, base - 4.5], SIZES[4], Anchor::Start, -90.0, &text);
            }
        }
    }
}
