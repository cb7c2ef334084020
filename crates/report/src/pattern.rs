//! Powder patterns as lines over 2theta, with the reflections marked.

use crate::ReportError;
use crate::axis::{Scale, ticks};
use crate::curve::{Upright, curve};
use crate::font::{text_width, wrap};
use crate::legend::{Entry, Legend, SAMPLE};
use crate::palette::{GRID, INK, colour};
use crate::svg::{Anchor, Svg};

/// Margins left and right of the plot, pixels; the left one is without the labels of its ticks.
const MARGIN: [f64; 2] = [40.0, 20.0];
/// Width of the plot, pixels.
const PLOT_WIDTH: f64 = 680.0;
/// Height of the plot with overlaid traces, and of each stacked trace, pixels.
const HEIGHTS: [f64; 2] = [260.0, 110.0];
/// Height of the strip of reflection ticks, pixels.
const STRIP: f64 = 18.0;
/// Font sizes of the title, axis labels, tick labels and reflection labels.
const SIZES: [f64; 4] = [16.0, 13.0, 12.0, 10.0];

/// How several traces share the plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Layout {
    /// On one intensity axis.
    #[default]
    Overlay,
    /// One over another, the first on top, each scaled to its own largest intensity.
    Stacked,
}

/// One pattern.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    /// Label in the legend; without a label the trace is not in the legend.
    pub label: String,
    /// 2theta, degrees, ascending.
    pub two_theta: Vec<f64>,
    /// Intensities, as many as angles.
    pub intensity: Vec<f64>,
}

/// One reflection, marked by a tick below the patterns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reflection {
    /// 2theta, degrees.
    pub two_theta: f64,
    /// Intensity: of crowded labels, those of stronger reflections are drawn.
    pub intensity: f64,
    /// Miller indices as text, such as `111`; nothing draws the tick alone.
    pub label: String,
}

/// What the pattern figure shows.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternFigure {
    /// Title over the figure.
    pub title: String,
    /// Label of the horizontal axis, with its unit.
    pub x_label: String,
    /// Label of the vertical axis, with its unit.
    pub y_label: String,
    /// How the traces share the plot.
    pub layout: Layout,
    /// The patterns.
    pub traces: Vec<Trace>,
    /// Reflections to mark.
    pub reflections: Vec<Reflection>,
}

impl Default for PatternFigure {
    /// No patterns, the usual labels.
    fn default() -> Self {
        Self {
            title: String::new(),
            x_label: "2θ (°)".to_owned(),
            y_label: "intensity (arb. units)".to_owned(),
            layout: Layout::Overlay,
            traces: Vec::new(),
            reflections: Vec::new(),
        }
    }
}

/// One or several powder patterns as SVG text.
///
/// Traces and reflection ticks carry the classes `trace` and `reflection`; labels of reflections stand upright over their
/// peaks, the stronger first where there is no room for all. Reflections outside the angles of the traces are left out.
///
/// # Errors
/// [`ReportError::Empty`] without a trace of at least one point, [`ReportError::TraceLengths`] or
/// [`ReportError::NonFinite`].
pub fn pattern_figure(figure: &PatternFigure) -> Result<String, ReportError> {
    check(figure)?;
    let legend = Legend::new(vec![entries(figure)], PLOT_WIDTH);
    let title = wrap(&figure.title, SIZES[0], PLOT_WIDTH);
    let title_height = 21.0 * title.len() as f64;
    let top = 12.0 + title_height + legend.height() + 12.0;
    let stacked = figure.layout == Layout::Stacked && figure.traces.len() > 1;
    let height = if stacked { HEIGHTS[1] * figure.traces.len() as f64 } else { HEIGHTS[0] };
    let labels = figure.reflections.iter().map(|r| text_width(&r.label, SIZES[3]));
    let headroom = 8.0 + labels.fold(0.0, f64::max).min(80.0);
    let strip = if figure.reflections.is_empty() { 0.0 } else { STRIP };
    let bottom = top + headroom + height + strip;

    let span = [bottom - strip - 4.0, top + headroom];
    let scales = trace_scales(figure, stacked, span);
    let y_ticks = if stacked { Vec::new() } else { ticks(scales[0].data(), 5) };
    let tick_widths = y_ticks.iter().map(|(_, label)| text_width(label, SIZES[2]));
    let left = MARGIN[0] + tick_widths.fold(0.0, f64::max);
    let width = left + PLOT_WIDTH + MARGIN[1];
    let mut svg = Svg::new(width, bottom + 52.0, &figure.title);
    for (i, line) in title.iter().enumerate() {
        let at = [width / 2.0, 12.0 + 21.0 * (i as f64 + 0.7)];
        svg.text("title", at, SIZES[0], Anchor::Middle, 0.0, line);
    }
    legend.draw(&mut svg, width / 2.0, 12.0 + title_height);

    let angles = range(figure.traces.iter().flat_map(|t| &t.two_theta));
    let x = Scale::new(angles, [left, left + PLOT_WIDTH]);
    draw_axes(&mut svg, figure, &x, [left, top, bottom]);
    for (value, label) in y_ticks {
        let at = scales[0].at(value);
        let grid = format!("stroke=\"{GRID}\" stroke-width=\"1\"");
        svg.segment("grid", [left, at, left + PLOT_WIDTH, at], &grid);
        svg.segment("tick-mark", [left - 5.0, at, left, at], &mark());
        svg.text("tick", [left - 8.0, at + 4.2], SIZES[2], Anchor::End, 0.0, &label);
    }
    for (i, (trace, y)) in figure.traces.iter().zip(&scales).enumerate() {
        let style = format!(
            "fill=\"none\" stroke=\"{}\" stroke-width=\"1.2\" stroke-linejoin=\"round\"",
            colour(i)
        );
        let points = curve(&trace.two_theta, &trace.intensity, &x, y);
        svg.path("trace", &points, false, &style);
    }
    draw_reflections(&mut svg, figure, &x, &scales, bottom);
    let frame = format!("fill=\"none\" stroke=\"{INK}\" stroke-width=\"1\"");
    svg.rect("frame", [left, top, PLOT_WIDTH, bottom - top], &frame, None);
    Ok(svg.finish())
}

fn check(figure: &PatternFigure) -> Result<(), ReportError> {
    if figure.traces.iter().all(|t| t.two_theta.is_empty()) {
        return Err(ReportError::Empty { title: figure.title.clone() });
    }
    let finite = |what, label: &str, values: &[f64]| {
        let Some(index) = values.iter().position(|v| !v.is_finite()) else { return Ok(()) };
        let (label, value) = (label.to_owned(), values[index]);
        Err(ReportError::NonFinite { what, index, label, value })
    };
    for t in &figure.traces {
        if t.two_theta.len() != t.intensity.len() {
            return Err(ReportError::TraceLengths {
                trace: t.label.clone(),
                two_theta: t.two_theta.len(),
                intensity: t.intensity.len(),
            });
        }
        finite("angle", &t.label, &t.two_theta)?;
        finite("intensity", &t.label, &t.intensity)?;
    }
    for r in &figure.reflections {
        finite("angle", &r.label, &[r.two_theta])?;
        finite("intensity", &r.label, &[r.intensity])?;
    }
    Ok(())
}

fn entries(figure: &PatternFigure) -> Vec<Entry<'_>> {
    let labelled = figure.traces.iter().enumerate().filter(|(_, t)| !t.label.is_empty());
    let entry = |(i, trace): (usize, &Trace)| {
        let draw = move |svg: &mut Svg, x: f64, y: f64| {
            let style = format!("stroke=\"{}\" stroke-width=\"2\"", colour(i));
            svg.segment("sample", [x, y, x + SAMPLE, y], &style);
        };
        Entry { label: trace.label.clone(), draw: Box::new(draw) }
    };
    labelled.map(entry).collect()
}

/// Least and greatest value.
fn range<'a>(values: impl Iterator<Item = &'a f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[lo, hi], v| [lo.min(*v), hi.max(*v)])
}

/// The intensity scale of each trace, within `[bottom, top]`.
fn trace_scales(figure: &PatternFigure, stacked: bool, [bottom, top]: [f64; 2]) -> Vec<Scale> {
    let from_zero = |[lo, hi]: [f64; 2]| [lo.min(0.0), hi.max(lo.min(0.0))];
    if !stacked {
        let all = range(figure.traces.iter().flat_map(|t| &t.intensity));
        return vec![Scale::new(from_zero(all), [bottom, top]); figure.traces.len()];
    }
    let share = (bottom - top) / figure.traces.len() as f64;
    let scale = |(i, trace): (usize, &Trace)| {
        let top = top + share * i as f64;
        let data =
            if trace.intensity.is_empty() { [0.0, 1.0] } else { range(trace.intensity.iter()) };
        Scale::new(from_zero(data), [top + share - 4.0, top + share * 0.06])
    };
    figure.traces.iter().enumerate().map(scale).collect()
}

/// Style of tick marks.
fn mark() -> String {
    format!("stroke=\"{INK}\" stroke-width=\"1\"")
}

fn draw_axes(svg: &mut Svg, figure: &PatternFigure, x: &Scale, [left, top, bottom]: [f64; 3]) {
    for (value, label) in ticks(x.data(), 9) {
        let at = x.at(value);
        svg.segment("tick-mark", [at, bottom, at, bottom + 5.0], &mark());
        svg.text("tick", [at, bottom + 18.0], SIZES[2], Anchor::Middle, 0.0, &label);
    }
    let at = [left + PLOT_WIDTH / 2.0, bottom + 40.0];
    svg.text("x-label", at, SIZES[1], Anchor::Middle, 0.0, &figure.x_label);
    let at = [20.0, f64::midpoint(top, bottom)];
    svg.text("y-label", at, SIZES[1], Anchor::Middle, -90.0, &figure.y_label);
}

/// Ticks in the strip above the axis, and labels over the peaks of the topmost trace.
fn draw_reflections(
    svg: &mut Svg,
    figure: &PatternFigure,
    x: &Scale,
    scales: &[Scale],
    bottom: f64,
) {
    let [lo, hi] = x.data();
    let mut shown: Vec<&Reflection> =
        figure.reflections.iter().filter(|r| (lo..=hi).contains(&r.two_theta)).collect();
    for r in &shown {
        let at = x.at(r.two_theta);
        svg.segment("reflection", [at, bottom - STRIP + 3.0, at, bottom - 5.0], &mark());
    }
    shown.retain(|r| !r.label.is_empty());
    shown.sort_by(|a, b| b.intensity.total_cmp(&a.intensity));
    let overlaid = figure.layout == Layout::Overlay;
    let curves: Vec<Vec<[f64; 2]>> = figure
        .traces
        .iter()
        .zip(scales)
        .take(if overlaid { usize::MAX } else { 1 })
        .map(|(trace, y)| curve(&trace.two_theta, &trace.intensity, x, y))
        .collect();
    let floor = scales.first().map_or(bottom, |s| s.at(0.0));
    let mut labels = Upright::default();
    for r in shown {
        let at = x.at(r.two_theta);
        if labels.take(at) {
            // The highest ink under the label carries it.
            let base = Upright::base(&curves, at, floor);
            svg.text("hkl", [at + 3.6, base - 5.0], SIZES[3], Anchor::Start, -90.0, &r.label);
        }
    }
}
