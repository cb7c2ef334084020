//! Match rates as bars with intervals, in groups along the horizontal axis.

use crate::axis::{Scale, ticks};
use crate::font::{text_width, wrap};
use crate::legend::{Entry, Legend, SAMPLE};
use crate::palette::{GRID, INK, NEUTRAL, colour, pale, repeats};
use crate::svg::{Anchor, Svg};
use crate::{Bar, Group, MatchRateFigure, ReportError};

/// Margins left and right of the plot, pixels; the left one grows for turned labels.
const MARGIN: [f64; 2] = [62.0, 20.0];
/// Height of the plot, pixels.
const PLOT_HEIGHT: f64 = 260.0;
/// Share of the width of a group that its bars take.
const FILL: f64 = 0.8;
/// Narrowest, preferred and widest bar, pixels.
const BAR_WIDTH: [f64; 3] = [9.0, 26.0, 38.0];
/// Narrowest and widest plot that the preferred bars make, pixels.
const PLOT_WIDTH: [f64; 2] = [440.0, 640.0];
/// Font sizes of the title, axis labels, tick labels and the note.
const SIZES: [f64; 4] = [16.0, 13.0, 12.0, 11.0];
/// Turn of group labels that do not fit side by side, degrees.
const LABEL_TURN: f64 = -40.0;
/// Least distance of groups with turned labels, pixels.
const TURNED_PITCH: f64 = 22.0;
/// Longest turned label, pixels; longer ones are cut.
const MAX_LABEL: f64 = 150.0;

/// The match-rate figure as SVG text.
///
/// One group of bars a noise level, one bar an arm, in the order of the data; whiskers are the intervals, the
/// solid lower part of a bar is strict recovery and the pale rest a match only, a dashed line across the group the rate at which the unrefined start matches already. The
/// vertical axis goes from 0 to 1. Colours are those of Okabe and Ito. Bars, whiskers, markers and lines carry the classes
/// `bar`, `whisker`, `strict` and `noop`, and each bar a tooltip with its numbers.
///
/// # Errors
/// [`ReportError::Empty`], [`ReportError::RateRange`] or [`ReportError::DuplicateArm`].
///
/// # References
/// The layout is that of Fig. 1 of the landscape study in `PAPER.md`: rate per level, bars with Jeffreys intervals.
pub fn match_rate_figure(figure: &MatchRateFigure) -> Result<String, ReportError> {
    check(figure)?;
    let arms = arms(figure);
    let layout = Layout::new(figure, arms.len());
    let left = layout.left;
    let width = left + layout.plot_width + MARGIN[1];
    let legend = Legend::new(entries(figure, &arms), width - 2.0 * MARGIN[1]);
    let title = wrap(&figure.title, SIZES[0], width - 2.0 * MARGIN[1]);

    let title_height = 21.0 * title.len() as f64;
    let top = 12.0 + title_height + 4.0 + legend.height() + 14.0;
    let bottom = top + PLOT_HEIGHT;
    let x_label_y = bottom + layout.labels_height + 20.0;
    let note_y = x_label_y + 20.0;
    let mut svg = Svg::new(width, note_y + 12.0, &figure.title);
    let middle = left + layout.plot_width / 2.0;
    for (i, line) in title.iter().enumerate() {
        let at = [width / 2.0, 12.0 + 21.0 * (i as f64 + 0.7)];
        svg.text("title", at, SIZES[0], Anchor::Middle, 0.0, line);
    }
    legend.draw(&mut svg, width / 2.0, 12.0 + title_height + 4.0);

    let y = Scale::new([0.0, 1.0], [bottom, top]);
    draw_axis(&mut svg, figure, &y, &layout);
    for (group_idx, group) in figure.groups.iter().enumerate() {
        draw_group(&mut svg, group, &arms, &y, layout.group(group_idx), &layout);
        draw_group_label(&mut svg, &group.label, bottom, layout.group(group_idx), &layout);
    }
    let line = format!("stroke=\"{INK}\" stroke-width=\"1.2\"");
    svg.segment("axis", [left, bottom, left + layout.plot_width, bottom], &line);
    svg.text("x-label", [middle, x_label_y], SIZES[1], Anchor::Middle, 0.0, &figure.x_label);
    svg.text("note", [middle, note_y], SIZES[3], Anchor::Middle, 0.0, &note(figure));
    Ok(svg.finish())
}

/// Sizes that follow from the number of groups, arms and the widths of labels.
struct Layout {
    left: f64,
    plot_width: f64,
    pitch: f64,
    bar_width: f64,
    n_slots: usize,
    turned: bool,
    labels_height: f64,
}

impl Layout {
    fn new(figure: &MatchRateFigure, n_arms: usize) -> Self {
        let [narrow, preferred, wide] = BAR_WIDTH;
        let n_groups = figure.groups.len() as f64;
        let n_slots = n_arms.max(1);
        let bars = n_groups * n_slots as f64;
        let plot_width =
            (bars * preferred / FILL).clamp(PLOT_WIDTH[0], PLOT_WIDTH[1]).max(bars * narrow / FILL);
        let mut pitch = plot_width / n_groups;
        let widths = figure.groups.iter().map(|g| text_width(&g.label, SIZES[2]).min(MAX_LABEL));
        let widths: Vec<f64> = widths.collect();
        let widest = widths.iter().copied().fold(0.0, f64::max);
        let turned = widest > pitch - 8.0;
        let (mut left, mut labels_height) = (MARGIN[0], 20.0);
        if turned {
            pitch = pitch.max(TURNED_PITCH);
            let (sin, cos) = libm::sincos(-LABEL_TURN.to_radians());
            labels_height = widest * sin + 26.0;
            // A label reaches to the left of its group; the height of its letters adds a little.
            let reach = |(i, w): (usize, &f64)| w * cos + 14.0 - pitch * (i as f64 + 0.5);
            left = widths.iter().enumerate().map(reach).fold(left, f64::max);
        }
        let bar_width = (pitch * FILL / n_slots as f64).min(wide);
        let plot_width = pitch * n_groups;
        Self { left, plot_width, pitch, bar_width, n_slots, turned, labels_height }
    }

    /// The horizontal middle of a group.
    fn group(&self, group_idx: usize) -> f64 {
        self.left + self.pitch * (group_idx as f64 + 0.5)
    }

    /// Left edge of a slot in the group around `middle`.
    fn slot(&self, middle: f64, slot_idx: usize) -> f64 {
        middle + self.bar_width * (slot_idx as f64 - self.n_slots as f64 / 2.0)
    }
}

fn check(figure: &MatchRateFigure) -> Result<(), ReportError> {
    if figure.groups.iter().all(|g| g.bars.is_empty()) {
        return Err(ReportError::Empty { title: figure.title.clone() });
    }
    for group in &figure.groups {
        let range = |what, arm: &str, value: f64| {
            if (0.0..=1.0).contains(&value) {
                return Ok(());
            }
            let (arm, group) = (arm.to_owned(), group.label.clone());
            Err(ReportError::RateRange { what, arm, group, value })
        };
        group.noop_rate.map_or(Ok(()), |v| range("no-op rate", "no-op", v))?;
        for (i, bar) in group.bars.iter().enumerate() {
            range("match rate", &bar.arm, bar.rate)?;
            range("lower end of the interval", &bar.arm, bar.low)?;
            range("upper end of the interval", &bar.arm, bar.high)?;
            bar.strict_rate.map_or(Ok(()), |v| range("strict rate", &bar.arm, v))?;
            if group.bars[..i].iter().any(|b| b.arm == bar.arm) {
                let (arm, group) = (bar.arm.clone(), group.label.clone());
                return Err(ReportError::DuplicateArm { arm, group });
            }
        }
    }
    Ok(())
}

/// Every arm once, in order of first appearance.
fn arms(figure: &MatchRateFigure) -> Vec<&str> {
    let mut arms: Vec<&str> = Vec::new();
    for bar in figure.groups.iter().flat_map(|g| &g.bars) {
        if !arms.contains(&bar.arm.as_str()) {
            arms.push(&bar.arm);
        }
    }
    arms
}

/// The arms, and what the bars and lines mean.
fn entries<'a>(figure: &'a MatchRateFigure, arms: &[&'a str]) -> Vec<Vec<Entry<'a>>> {
    let mut entries: Vec<Entry<'a>> = Vec::new();
    let swatch = |x: f64, y: f64| [x + 4.0, y - 6.0, SAMPLE - 8.0, 12.0];
    for (i, arm) in arms.iter().enumerate() {
        let draw = move |svg: &mut Svg, x: f64, y: f64| draw_bar(svg, i, swatch(x, y), None, None);
        entries.push(Entry { label: (*arm).to_owned(), draw: Box::new(draw) });
    }
    let mut meanings: Vec<Entry<'a>> = Vec::new();
    if figure.groups.iter().flat_map(|g| &g.bars).any(|b| b.strict_rate.is_some()) {
        let draw = move |svg: &mut Svg, x: f64, y: f64| {
            let [x, y, w, h] = swatch(x, y);
            let lower = [x, y + h / 2.0, w, h / 2.0];
            draw_bar(svg, NEUTRAL, [x, y, w, h], Some(lower), None);
        };
        meanings.push(Entry { label: figure.strict_label.clone(), draw: Box::new(draw) });
    }
    if figure.groups.iter().any(|g| g.noop_rate.is_some()) {
        let draw = |svg: &mut Svg, x: f64, y: f64| draw_noop(svg, "sample", [x, x + SAMPLE], y);
        meanings.push(Entry { label: figure.noop_label.clone(), draw: Box::new(draw) });
    }
    vec![entries, meanings]
}

fn note(figure: &MatchRateFigure) -> String {
    let counts = figure.groups.iter().flat_map(|g| &g.bars).map(|b| b.n);
    let (least, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
    let n = if least == most { format!("{least}") } else { format!("{least} to {most}") };
    format!("whiskers: {}; n = {n} for each bar", figure.interval_label)
}

fn draw_axis(svg: &mut Svg, figure: &MatchRateFigure, y: &Scale, layout: &Layout) {
    let left = layout.left;
    svg.open_group("y-axis", "");
    for (value, label) in ticks(y.data(), 5) {
        let at = y.at(value);
        let line = format!("stroke=\"{GRID}\" stroke-width=\"1\"");
        svg.segment("grid", [left, at, left + layout.plot_width, at], &line);
        svg.text("tick", [left - 8.0, at + 4.2], SIZES[2], Anchor::End, 0.0, &label);
    }
    let middle = f64::midpoint(y.at(0.0), y.at(1.0));
    svg.text("y-label", [left - 42.0, middle], SIZES[1], Anchor::Middle, -90.0, &figure.y_label);
    svg.close_group();
}

fn draw_group(
    svg: &mut Svg,
    group: &Group,
    arms: &[&str],
    y: &Scale,
    middle: f64,
    layout: &Layout,
) {
    svg.open_group("group", "");
    let slot_of = |bar: &Bar| arms.iter().position(|a| *a == bar.arm).unwrap_or(0);
    // A thin white gap parts neighbouring bars.
    let inset = if layout.bar_width > 14.0 { 1.0 } else { 0.5 };
    for bar in &group.bars {
        let x = layout.slot(middle, slot_of(bar)) + inset;
        let width = layout.bar_width - 2.0 * inset;
        let upto = |rate: f64| [x, y.at(rate), width, y.at(0.0) - y.at(rate)];
        let strict = bar.strict_rate.map(upto);
        draw_bar(svg, slot_of(bar), upto(bar.rate), strict, Some(&tip(group, bar)));
    }
    if let Some(rate) = group.noop_rate {
        let ends = [layout.slot(middle, 0) - 4.0, layout.slot(middle, layout.n_slots) + 4.0];
        draw_noop(svg, "noop", ends, y.at(rate));
    }
    for bar in &group.bars {
        let x = layout.slot(middle, slot_of(bar)) + layout.bar_width / 2.0;
        draw_whisker(svg, x, [y.at(bar.low), y.at(bar.high)], layout.bar_width);
    }
    svg.close_group();
}

fn tip(group: &Group, bar: &Bar) -> String {
    let Bar { arm, rate, low, high, n, .. } = bar;
    let strict = bar.strict_rate.map(|v| format!(", strict {v:.3}")).unwrap_or_default();
    format!("{arm} at {}: {rate:.3} ({low:.3} to {high:.3}){strict}, n = {n}", group.label)
}

/// A bar, pale down to its strict part if that is given. A strict part beyond the bar is an outline.
fn draw_bar(
    svg: &mut Svg,
    slot_idx: usize,
    at: [f64; 4],
    strict: Option<[f64; 4]>,
    tip: Option<&str>,
) {
    let class = |name| if tip.is_some() { name } else { "sample" };
    let full = colour(slot_idx);
    let fill = if strict.is_some() { pale(slot_idx) } else { full.to_owned() };
    // The outline lies inside the bar, so that the edge of the ink is the rate.
    let style = format!("fill=\"{fill}\"");
    svg.rect(class("bar"), at, &style, tip);
    if let Some(strict) = strict {
        let [x, y, w, h] = at;
        if h > 1.0 {
            let edge = [x + 0.5, y + 0.5, w - 1.0, h - 1.0];
            svg.rect(
                "edge",
                edge,
                &format!("fill=\"none\" stroke=\"{full}\" stroke-width=\"1\""),
                None,
            );
        }
        let beyond = strict[3] > h;
        let style = if beyond {
            format!("fill=\"none\" stroke=\"{full}\" stroke-width=\"1\" stroke-dasharray=\"2 2\"")
        } else {
            format!("fill=\"{full}\"")
        };
        // The pointer finds the bar behind, which has the tooltip.
        svg.rect(class("strict"), strict, &format!("{style} pointer-events=\"none\""), None);
    }
    if repeats(slot_idx) {
        // The ninth arm has the colour of the first: a white band down the middle tells them apart.
        let [x, y, w, h] = at;
        svg.rect("band", [x + w * 0.35, y, w * 0.3, h], "fill=\"#ffffff\"", None);
    }
}

fn draw_whisker(svg: &mut Svg, x: f64, [low, high]: [f64; 2], bar_width: f64) {
    let half = (bar_width * 0.2).clamp(2.0, 5.0);
    let points =
        [[x - half, high], [x + half, high], [x, high], [x, low], [x - half, low], [x + half, low]];
    svg.path(
        "halo",
        &points,
        false,
        "fill=\"none\" stroke=\"#ffffff\" stroke-width=\"2.8\" stroke-opacity=\"0.75\"",
    );
    svg.path(
        "whisker",
        &points,
        false,
        &format!("fill=\"none\" stroke=\"{INK}\" stroke-width=\"1.2\""),
    );
}

fn draw_noop(svg: &mut Svg, class: &str, [left, right]: [f64; 2], y: f64) {
    svg.segment(
        "halo",
        [left, y, right, y],
        "stroke=\"#ffffff\" stroke-width=\"4\" stroke-opacity=\"0.75\"",
    );
    let style = format!("stroke=\"{INK}\" stroke-width=\"1.8\" stroke-dasharray=\"5 3\"");
    svg.segment(class, [left, y, right, y], &style);
}

fn draw_group_label(svg: &mut Svg, label: &str, bottom: f64, middle: f64, layout: &Layout) {
    if layout.turned {
        let label = crate::font::ellipsis(label, SIZES[2], MAX_LABEL);
        let at = [middle + 4.0, bottom + 14.0];
        svg.text("group-label", at, SIZES[2], Anchor::End, LABEL_TURN, &label);
    } else {
        svg.text("group-label", [middle, bottom + 18.0], SIZES[2], Anchor::Middle, 0.0, label);
    }
}
