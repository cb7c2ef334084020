//! Legends: samples with labels in rows, centred over the plot.

use crate::font::{ellipsis, text_width};
use crate::svg::{Anchor, Svg};

/// Font size of the labels.
const SIZE: f64 = 12.0;
/// Width of a sample.
pub(crate) const SAMPLE: f64 = 22.0;
/// Height of a row.
const ROW: f64 = 20.0;
/// Between the sample and its label, and between entries.
const GAPS: [f64; 2] = [6.0, 20.0];

/// Draws a sample in a box of [`SAMPLE`] pixels, given its left edge and vertical middle.
type Draw<'a> = Box<dyn Fn(&mut Svg, f64, f64) + 'a>;

/// One entry: its label and its sample.
pub(crate) struct Entry<'a> {
    pub(crate) label: String,
    pub(crate) draw: Draw<'a>,
}

/// Entries laid out in rows.
pub(crate) struct Legend<'a> {
    rows: Vec<Vec<(Entry<'a>, f64)>>,
}

impl<'a> Legend<'a> {
    /// Puts all entries into one row of at most `width` pixels if they fit; else each group begins a row of its own and is
    /// broken where it must. A longer label is cut.
    pub(crate) fn new(groups: Vec<Vec<Entry<'a>>>, width: f64) -> Self {
        let measure = |mut entry: Entry<'a>| {
            entry.label = ellipsis(&entry.label, SIZE, width - SAMPLE - GAPS[0]);
            let entry_width = SAMPLE + GAPS[0] + text_width(&entry.label, SIZE);
            (entry, entry_width)
        };
        let groups = groups.into_iter().map(|g| g.into_iter().map(measure).collect());
        let groups: Vec<Vec<(Entry<'a>, f64)>> = groups.collect();
        let all: f64 = groups.iter().flatten().map(|(_, w)| w + GAPS[1]).sum();
        let one_row = all - GAPS[1] <= width;
        let mut rows: Vec<Vec<(Entry<'a>, f64)>> = Vec::new();
        let mut used = f64::INFINITY;
        for group in groups {
            if !one_row {
                used = f64::INFINITY;
            }
            for (entry, entry_width) in group {
                if used + GAPS[1] + entry_width > width {
                    rows.push(Vec::new());
                    used = -GAPS[1];
                }
                used += GAPS[1] + entry_width;
                if let Some(row) = rows.last_mut() {
                    row.push((entry, entry_width));
                }
            }
        }
        Self { rows }
    }

    /// Height of all rows, pixels.
    pub(crate) fn height(&self) -> f64 {
        ROW * self.rows.len() as f64
    }

    /// Draws the rows from `top` down, each centred at `middle`.
    pub(crate) fn draw(&self, svg: &mut Svg, middle: f64, top: f64) {
        svg.open_group("legend", "");
        for (i, row) in self.rows.iter().enumerate() {
            let gaps = GAPS[1] * row.len().saturating_sub(1) as f64;
            let width = row.iter().map(|(_, w)| w).sum::<f64>() + gaps;
            let mut x = middle - width / 2.0;
            let y = top + ROW * (i as f64 + 0.5);
            for (entry, entry_width) in row {
                (entry.draw)(svg, x, y);
                let at = [x + SAMPLE + GAPS[0], y + 4.2];
                svg.text("legend-label", at, SIZE, Anchor::Start, 0.0, &entry.label);
                x += entry_width + GAPS[1];
            }
        }
        svg.close_group();
    }
}
