//! Rates of many arms with their intervals: a block a study, a column a noise level, a row an arm.

use crate::ReportError;
use crate::axis::Scale;
use crate::font::{ellipsis, text_width, wrap};
use crate::legend::{Entry, Legend, SAMPLE};
use crate::palette::{GRID, INK, colour};
use crate::svg::{Anchor, Svg};

/// Margin on all sides, between a label and its column, between columns, and between blocks side by side, pixels.
const GAPS: [f64; 4] = [18.0, 10.0, 16.0, 30.0];
/// Width of a column and height of a row, pixels.
const CELL: [f64; 2] = [104.0, 21.0];
/// Longest label of an arm, pixels; longer ones are cut.
const MAX_LABEL: f64 = 200.0;
/// Width that blocks side by side may fill, pixels. A wider one has a line of its own.
const MAX_WIDTH: f64 = 860.0;
/// Font sizes of the title, titles of blocks, labels, and ticks.
const SIZES: [f64; 4] = [16.0, 13.0, 11.5, 10.5];
/// Heights of the lines of the title and of titles of blocks, of the labels of columns, and of the ticks below a block, pixels.
const LINES: [f64; 4] = [21.0, 17.0, 18.0, 30.0];
/// Of a row, how far above its middle matches stand and strict recoveries below.
const LANE: f64 = 4.2;
/// Radius of a dot, half the side of a square, pixels.
const MARKER: [f64; 2] = [3.1, 2.8];
/// Colours of matches and of strict recoveries.
const COLOURS: [usize; 2] = [0, 3];

/// A rate and its interval, all from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    /// The rate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// An arm in a column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RateRow {
    /// Label of the arm.
    pub arm: String,
    /// Number of tasks.
    pub n: u64,
    /// How often its result matches the truth.
    pub matched: Rate,
    /// How often its result is the truth within the strict bounds.
    pub strict: Rate,
}

/// The arms at one place of a study, commonly a noise level.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RateColumn {
    /// Label over the column.
    pub label: String,
    /// How often the untouched start matches, 0 to 1.
    pub noop: Option<f64>,
    /// How often the untouched start is within the strict bounds, 0 to 1.
    pub noop_strict: Option<f64>,
    /// The arms; each at most once. One that is missing leaves its row empty.
    pub rows: Vec<RateRow>,
}

/// A study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RateBlock {
    /// Title over the block; long ones are wrapped.
    pub title: String,
    /// The columns, from left to right.
    pub columns: Vec<RateColumn>,
}

/// What the figure shows.
#[derive(Debug, Clone, PartialEq)]
pub struct RateGridFigure {
    /// Title over the figure; long titles are wrapped.
    pub title: String,
    /// What the bars are.
    pub interval_label: String,
    /// Names in the legend: matches, strict recoveries, and both of the untouched start.
    pub labels: [String; 4],
    /// The blocks, side by side where they fit.
    pub blocks: Vec<RateBlock>,
}

impl Default for RateGridFigure {
    /// No blocks, the usual labels.
    fn default() -> Self {
        Self {
            title: String::new(),
            interval_label: "95 % Jeffreys interval".to_owned(),
            labels: [
                "match",
                "strict recovery",
                "unrefined start matches",
                "unrefined start strict",
            ]
            .map(str::to_owned),
            blocks: Vec::new(),
        }
    }
}

/// Rates with their intervals as SVG text.
///
/// Every arm has a row with its label, every noise level a column from 0 to 1. The dot is the match rate, the square below it strict
/// recovery, each on the bar of its interval; the dashed line down a column is the rate at which the untouched start matches already, the
/// dotted one its strict rate. Dots, squares, bars and lines carry the classes `matched`, `strict`, `interval`, `noop` and
/// `noop-strict`; each cell, of class `cell`, has a tooltip with its numbers.
///
/// # Errors
/// [`ReportError::Empty`], [`ReportError::RateRange`] or [`ReportError::DuplicateArm`].
///
/// # Examples
/// ```
/// use braggscape_report::{Rate, RateBlock, RateColumn, RateGridFigure, RateRow, rate_grid_figure};
/// let rate = |value: f64| Rate { value, low: value - 0.1, high: value + 0.1 };
/// let row = RateRow { arm: "graduated".into(), n: 50, matched: rate(0.8), strict: rate(0.7) };
/// let column = RateColumn { label: "0.2".into(), noop: Some(0.02), noop_strict: Some(0.0), rows: vec![row] };
/// let block = RateBlock { title: "Strain".into(), columns: vec![column] };
/// let svg = rate_grid_figure(&RateGridFigure { blocks: vec![block], ..RateGridFigure::default() })?;
/// assert_eq!(svg.matches("class=\"matched\"").count(), 1);
/// # Ok::<(), braggscape_report::ReportError>(())
/// ```
pub fn rate_grid_figure(figure: &RateGridFigure) -> Result<String, ReportError> {
    check(figure)?;
    let blocks: Vec<Layout<'_>> = figure.blocks.iter().map(Layout::new).collect();
    let lines = arrange(&blocks);
    let line_width = |line: &[usize]| {
        line.iter().map(|i| blocks[*i].width()).sum::<f64>() + GAPS[3] * (line.len() - 1) as f64
    };
    let widest = lines.iter().map(|line| line_width(line)).fold(0.0, f64::max);
    let width = widest.max(420.0) + 2.0 * GAPS[0];
    let title = wrap(&figure.title, SIZES[0], width - 2.0 * GAPS[0]);
    let legend = Legend::new(entries(figure), width - 2.0 * GAPS[0]);
    let title_height = LINES[0] * title.len() as f64;
    let top = 12.0 + title_height + legend.height() + 10.0;
    let line_height = |line: &[usize]| {
        let head = line.iter().map(|i| blocks[*i].head()).fold(0.0, f64::max);
        let body = line.iter().map(|i| blocks[*i].body()).fold(0.0, f64::max);
        [head, head + body + LINES[3] + GAPS[2]]
    };
    let height = top + lines.iter().map(|line| line_height(line)[1]).sum::<f64>() + 16.0;
    let mut svg = Svg::new(width, height, &figure.title);
    for (i, line) in title.iter().enumerate() {
        let at = [width / 2.0, 12.0 + LINES[0] * (i as f64 + 0.7)];
        svg.text("title", at, SIZES[0], Anchor::Middle, 0.0, line);
    }
    legend.draw(&mut svg, width / 2.0, 12.0 + title_height);
    let mut line_top = top;
    for line in &lines {
        let [head, whole] = line_height(line);
        let mut left = GAPS[0];
        for i in line {
            blocks[*i].draw(&mut svg, [left, line_top + head]);
            left += blocks[*i].width() + GAPS[3];
        }
        line_top += whole;
    }
    let at = [width / 2.0, height - 14.0];
    svg.text("note", at, SIZES[3], Anchor::Middle, 0.0, &note(figure));
    Ok(svg.finish())
}

fn check(figure: &RateGridFigure) -> Result<(), ReportError> {
    let columns = || figure.blocks.iter().flat_map(|b| &b.columns);
    if columns().all(|c| c.rows.is_empty()) {
        return Err(ReportError::Empty { title: figure.title.clone() });
    }
    for column in columns() {
        let range = |what, arm: &str, value: f64| {
            if (0.0..=1.0).contains(&value) {
                return Ok(());
            }
            let (arm, group) = (arm.to_owned(), column.label.clone());
            Err(ReportError::RateRange { what, arm, group, value })
        };
        column.noop.map_or(Ok(()), |v| range("no-op rate", "no-op", v))?;
        column.noop_strict.map_or(Ok(()), |v| range("strict no-op rate", "no-op", v))?;
        for (i, row) in column.rows.iter().enumerate() {
            for (what, rate) in [("match rate", row.matched), ("strict rate", row.strict)] {
                range(what, &row.arm, rate.value)?;
                range("lower end of the interval", &row.arm, rate.low)?;
                range("upper end of the interval", &row.arm, rate.high)?;
            }
            if column.rows[..i].iter().any(|r| r.arm == row.arm) {
                let (arm, group) = (row.arm.clone(), column.label.clone());
                return Err(ReportError::DuplicateArm { arm, group });
            }
        }
    }
    Ok(())
}

/// Which blocks stand side by side, line by line.
fn arrange(blocks: &[Layout<'_>]) -> Vec<Vec<usize>> {
    let mut lines: Vec<Vec<usize>> = Vec::new();
    let mut used = f64::INFINITY;
    for (i, block) in blocks.iter().enumerate().filter(|(_, b)| !b.arms.is_empty()) {
        if used + GAPS[3] + block.width() > MAX_WIDTH {
            lines.push(Vec::new());
            used = -GAPS[3];
        }
        used += GAPS[3] + block.width();
        if let Some(line) = lines.last_mut() {
            line.push(i);
        }
    }
    lines
}

fn note(figure: &RateGridFigure) -> String {
    let counts =
        figure.blocks.iter().flat_map(|b| &b.columns).flat_map(|c| &c.rows).map(|row| row.n);
    let (least, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
    let n = if least == most { format!("{least}") } else { format!("{least} to {most}") };
    format!("bars: {}; n = {n} for each", figure.interval_label)
}

fn entries(figure: &RateGridFigure) -> Vec<Vec<Entry<'_>>> {
    let [matched, strict, noop, noop_strict] = &figure.labels;
    let mark = |label: &String, lane: usize| {
        let draw = move |svg: &mut Svg, x: f64, y: f64| {
            draw_rate(svg, lane, [x + 3.0, x + SAMPLE - 3.0], [x + SAMPLE / 2.0, y], true);
        };
        Entry { label: label.clone(), draw: Box::new(draw) }
    };
    let line = |label: &String, strict: bool| {
        let draw = move |svg: &mut Svg, x: f64, y: f64| {
            let at = x + SAMPLE / 2.0;
            svg.segment("sample", [at, y - 8.0, at, y + 8.0], &noop_style(strict));
        };
        Entry { label: label.clone(), draw: Box::new(draw) }
    };
    let marks = vec![mark(matched, 0), mark(strict, 1)];
    let columns = || figure.blocks.iter().flat_map(|b| &b.columns);
    let mut lines = Vec::new();
    if columns().any(|c| c.noop.is_some()) {
        lines.push(line(noop, false));
    }
    if columns().any(|c| c.noop_strict.is_some()) {
        lines.push(line(noop_strict, true));
    }
    vec![marks, lines]
}

/// A block with what its size follows from.
struct Layout<'a> {
    block: &'a RateBlock,
    /// Every arm once, in order of first appearance.
    arms: Vec<&'a str>,
    title: Vec<String>,
    label_width: f64,
}

impl<'a> Layout<'a> {
    fn new(block: &'a RateBlock) -> Self {
        let mut arms: Vec<&str> = Vec::new();
        for row in block.columns.iter().flat_map(|c| &c.rows) {
            if !arms.contains(&row.arm.as_str()) {
                arms.push(&row.arm);
            }
        }
        let widest = arms.iter().map(|a| text_width(a, SIZES[2])).fold(0.0, f64::max);
        let mut layout =
            Self { block, arms, title: Vec::new(), label_width: widest.min(MAX_LABEL) };
        layout.title = wrap(&block.title, SIZES[1], layout.width());
        layout
    }

    fn width(&self) -> f64 {
        let n = self.block.columns.len() as f64;
        self.label_width + GAPS[1] + n * CELL[0] + (n - 1.0).max(0.0) * GAPS[2] + 8.0
    }

    /// Height of the title and of the labels of columns.
    fn head(&self) -> f64 {
        LINES[1] * self.title.len() as f64 + LINES[2]
    }

    fn body(&self) -> f64 {
        CELL[1] * self.arms.len() as f64
    }

    /// Draws the block, the corner of whose first row's label this is.
    fn draw(&self, svg: &mut Svg, [left, top]: [f64; 2]) {
        svg.open_group("block", "");
        for (i, line) in self.title.iter().enumerate() {
            let at = [left, top - self.head() + LINES[1] * (i as f64 + 0.75)];
            svg.text("block-title", at, SIZES[1], Anchor::Start, 0.0, line);
        }
        for (i, arm) in self.arms.iter().enumerate() {
            let at = [left + self.label_width, top + CELL[1] * (i as f64 + 0.5) + 4.0];
            let label = ellipsis(arm, SIZES[2], MAX_LABEL);
            svg.text("arm", at, SIZES[2], Anchor::End, 0.0, &label);
        }
        for (i, column) in self.block.columns.iter().enumerate() {
            let x = left + self.label_width + GAPS[1] + i as f64 * (CELL[0] + GAPS[2]);
            self.draw_column(svg, column, [x, top]);
        }
        svg.close_group();
    }

    fn draw_column(&self, svg: &mut Svg, column: &RateColumn, [left, top]: [f64; 2]) {
        let (bottom, x) = (top + self.body(), Scale::new([0.0, 1.0], [left, left + CELL[0]]));
        let label = ellipsis(&column.label, SIZES[2], CELL[0] + GAPS[2] - 4.0);
        let middle = left + CELL[0] / 2.0;
        svg.text("column-label", [middle, top - 6.0], SIZES[2], Anchor::Middle, 0.0, &label);
        // Every other row is shaded, so that a row can be followed from its label.
        for i in (1..self.arms.len()).step_by(2) {
            let at = [left, top + CELL[1] * i as f64, CELL[0], CELL[1]];
            svg.rect("stripe", at, "fill=\"#f5f5f5\"", None);
        }
        for (value, label) in [(0.0, "0"), (0.5, "0.5"), (1.0, "1")] {
            let at = x.at(value);
            let style = format!("stroke=\"{GRID}\" stroke-width=\"1\"");
            svg.segment("grid", [at, top, at, bottom], &style);
            svg.text("tick", [at, bottom + 14.0], SIZES[3], Anchor::Middle, 0.0, label);
        }
        let frame = format!("fill=\"none\" stroke=\"{INK}\" stroke-width=\"0.8\"");
        svg.rect("frame", [left, top, CELL[0], self.body()], &frame, None);
        let lines = [("noop", column.noop, false), ("noop-strict", column.noop_strict, true)];
        for (class, rate, strict) in lines {
            if let Some(rate) = rate {
                svg.segment(class, [x.at(rate), top, x.at(rate), bottom], &noop_style(strict));
            }
        }
        for row in &column.rows {
            let i = self.arms.iter().position(|a| *a == row.arm).unwrap_or(0);
            let middle = top + CELL[1] * (i as f64 + 0.5);
            for (lane, rate) in [row.matched, row.strict].into_iter().enumerate() {
                let y = middle + if lane == 0 { -LANE } else { LANE };
                draw_rate(
                    svg,
                    lane,
                    [x.at(rate.low), x.at(rate.high)],
                    [x.at(rate.value), y],
                    false,
                );
            }
            // The pointer finds the whole cell.
            let at = [left, middle - CELL[1] / 2.0, CELL[0], CELL[1]];
            let style = "fill=\"none\" pointer-events=\"all\"";
            svg.rect("cell", at, style, Some(&tip(column, row)));
        }
    }
}

fn tip(column: &RateColumn, row: &RateRow) -> String {
    let words = |r: Rate| format!("{:.3} ({:.3} to {:.3})", r.value, r.low, r.high);
    let (matched, strict) = (words(row.matched), words(row.strict));
    format!("{} at {}: match {matched}, strict {strict}, n = {}", row.arm, column.label, row.n)
}

fn noop_style(strict: bool) -> String {
    let dashes = if strict { "1.5 2.5" } else { "5 3" };
    format!("stroke=\"{INK}\" stroke-width=\"1.3\" stroke-dasharray=\"{dashes}\"")
}

/// A bar with its marker: a dot for matches (lane 0), a square for strict recoveries.
fn draw_rate(svg: &mut Svg, lane: usize, [low, high]: [f64; 2], [x, y]: [f64; 2], sample: bool) {
    let class = |name| if sample { "sample" } else { name };
    let ink = colour(COLOURS[lane]);
    let style = format!("stroke=\"{ink}\" stroke-width=\"1.8\" stroke-opacity=\"0.55\"");
    svg.segment(class("interval"), [low, y, high, y], &style);
    let fill = format!("fill=\"{ink}\"");
    if lane == 0 {
        svg.circle(class("matched"), [x, y], MARKER[0], &fill);
    } else {
        let h = MARKER[1];
        svg.rect(class("strict"), [x - h, y - h, 2.0 * h, 2.0 * h], &fill, None);
    }
}
