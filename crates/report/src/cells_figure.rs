//! Unit cells side by side, at one scale.

use crate::ReportError;
use crate::cell::{CellDrawing, CellPicture, ElementColours, ElementLegend};
use crate::cell::{define_shades, draw_scale_bar};
use crate::font::wrap;
use crate::svg::{Anchor, Svg};

/// Margin on all sides, and space between columns and rows, pixels.
const GAPS: [f64; 3] = [16.0, 14.0, 18.0];
/// Greatest and least scale, pixels an ångström.
const SCALES: [f64; 2] = [24.0, 4.0];
/// Steps of the scale, pixels an ångström.
const STEP: f64 = 0.5;
/// Narrowest column, and width of the figure above which the scale shrinks, pixels.
const WIDTHS: [f64; 2] = [168.0, 1080.0];
/// Font sizes of the title, the first line of a caption and the others.
const SIZES: [f64; 3] = [16.0, 13.0, 11.0];
/// Heights of the lines of the title and of captions, pixels.
const LINES: [f64; 2] = [21.0, 15.0];

/// A crystal and what is written below it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CellPanel {
    /// The crystal.
    pub drawing: CellDrawing,
    /// Lines below it: commonly formula and space group, then the cell parameters. Long lines are wrapped.
    pub caption: Vec<String>,
}

/// What the figure shows.
#[derive(Debug, Clone, PartialEq)]
pub struct CellsFigure {
    /// Title over the figure; without one there is no space for it.
    pub title: String,
    /// Crystals a row; 0 counts as 1.
    pub columns: usize,
    /// The crystals, row by row.
    pub panels: Vec<CellPanel>,
}

impl Default for CellsFigure {
    /// No crystals, five a row.
    fn default() -> Self {
        Self { title: String::new(), columns: 5, panels: Vec::new() }
    }
}

/// Unit cells in a grid as SVG text.
///
/// All are seen from one side (a to the right, b behind, c up) and at one scale, that of the bar below; columns are as wide as
/// what they hold. Atoms at faces, edges and corners of the cell are repeated at each; radii are a share of covalent radii, and an element
/// has one colour throughout the figure. Atoms, edges, edges behind the cell, names of axes and entries of the legends have the
/// classes `atom`, `edge`, `hidden-edge`, `axis` and `element`; the parts of one crystal stand in a group of the class `cell`.
///
/// # Errors
/// [`ReportError::Empty`] without crystals, and what is wrong with one of them: [`ReportError::AtomCounts`],
/// [`ReportError::TooManyAtoms`], [`ReportError::NonFinite`], [`ReportError::Crystal`] or [`ReportError::CellLength`].
///
/// # Examples
/// ```
/// use braggscape_report::{CellDrawing, CellPanel, CellsFigure, cells_figure};
/// let drawing = CellDrawing {
///     label: "polonium".into(),
///     rows: [[3.35, 0.0, 0.0], [0.0, 3.35, 0.0], [0.0, 0.0, 3.35]],
///     atomic_numbers: vec![84],
///     frac: vec![[0.0; 3]],
/// };
/// let panel = CellPanel { drawing, caption: vec!["Po, Pm3̄m".into(), "a = 3.35 Å".into()] };
/// let svg = cells_figure(&CellsFigure { panels: vec![panel], ..CellsFigure::default() })?;
/// // One atom in the cell is eight at its corners.
/// assert_eq!(svg.matches("class=\"atom\"").count(), 8);
/// # Ok::<(), braggscape_report::ReportError>(())
/// ```
///
/// # References
/// The radii are those of P. Pyykkö and M. Atsumi, Chem. Eur. J. 15, 186 (2009), doi:10.1002/chem.200800987.
pub fn cells_figure(figure: &CellsFigure) -> Result<String, ReportError> {
    if figure.panels.is_empty() {
        return Err(ReportError::Empty { title: figure.title.clone() });
    }
    let pictures: Vec<CellPicture> =
        figure.panels.iter().map(|p| p.drawing.picture()).collect::<Result<_, _>>()?;
    let elements: Vec<_> = pictures.iter().map(CellPicture::elements).collect();
    let colours = ElementColours::new(&elements);
    let n_columns = figure.columns.clamp(1, pictures.len());
    let scale = common_scale(&pictures, n_columns);
    let widths = column_widths(&pictures, n_columns, scale);
    let width = total(&widths);
    let title = wrap(&figure.title, SIZES[0], width - 2.0 * GAPS[0]);

    let panels: Vec<Panel<'_>> = figure
        .panels
        .iter()
        .zip(&pictures)
        .enumerate()
        .map(|(i, (panel, picture))| {
            Panel::new(panel, picture, &colours, widths[i % n_columns], scale)
        })
        .collect();
    let rows: Vec<&[Panel<'_>]> = panels.chunks(n_columns).collect();
    let title_height = LINES[0] * title.len() as f64;
    let heights: Vec<[f64; 3]> = rows.iter().map(|row| parts(row)).collect();
    let body: f64 = heights.iter().map(|h| h.iter().sum::<f64>() + GAPS[2]).sum();
    let bottom = GAPS[0] + title_height + body;

    let mut svg = Svg::new(width, bottom + 22.0, &figure.title);
    define_shades(&mut svg, &colours);
    for (i, line) in title.iter().enumerate() {
        let at = [width / 2.0, GAPS[0] + LINES[0] * (i as f64 + 0.6)];
        svg.text("title", at, SIZES[0], Anchor::Middle, 0.0, line);
    }
    let mut top = GAPS[0] + title_height;
    for (row, [drawing, legend, caption]) in rows.iter().zip(&heights) {
        let mut left = GAPS[0];
        for (panel, column) in row.iter().zip(&widths) {
            let middle = left + column / 2.0;
            panel.picture.draw(&mut svg, &colours, scale, [middle, top + drawing / 2.0]);
            panel.legend.draw(&mut svg, [middle, top + drawing]);
            panel.draw_caption(&mut svg, [middle, top + drawing + legend]);
            left += column + GAPS[1];
        }
        top += drawing + legend + caption + GAPS[2];
    }
    draw_scale_bar(&mut svg, scale, [GAPS[0], bottom + 4.0]);
    Ok(svg.finish())
}

/// A crystal with its texts laid out.
struct Panel<'a> {
    picture: &'a CellPicture,
    legend: ElementLegend,
    /// Lines with their font sizes.
    caption: Vec<(String, f64)>,
    height: f64,
}

impl<'a> Panel<'a> {
    fn new(
        panel: &CellPanel,
        picture: &'a CellPicture,
        colours: &ElementColours,
        width: f64,
        scale: f64,
    ) -> Self {
        let legend = ElementLegend::new(&picture.elements(), colours, width);
        let lines = panel.caption.iter().enumerate().flat_map(|(i, line)| {
            let size = if i == 0 { SIZES[1] } else { SIZES[2] };
            wrap(line, size, width).into_iter().map(move |line| (line, size))
        });
        let [_, height] = picture.size(scale);
        Self { picture, legend, caption: lines.collect(), height }
    }

    fn draw_caption(&self, svg: &mut Svg, [middle, top]: [f64; 2]) {
        for (i, (line, size)) in self.caption.iter().enumerate() {
            let at = [middle, top + LINES[1] * (i as f64 + 1.0)];
            svg.text("caption", at, *size, Anchor::Middle, 0.0, line);
        }
    }
}

/// Heights of the drawings, the legends and the captions of a row.
fn parts(row: &[Panel<'_>]) -> [f64; 3] {
    row.iter().fold([0.0; 3], |[drawing, legend, caption], panel| {
        let lines = LINES[1] * panel.caption.len() as f64 + 4.0;
        [drawing.max(panel.height), legend.max(panel.legend.height()), caption.max(lines)]
    })
}

/// The greatest scale at which the figure is not too wide.
fn common_scale(pictures: &[CellPicture], n_columns: usize) -> f64 {
    let mut scale = SCALES[0];
    while scale > SCALES[1] && total(&column_widths(pictures, n_columns, scale)) > WIDTHS[1] {
        scale -= STEP;
    }
    scale
}

/// Widths of the columns at a scale.
fn column_widths(pictures: &[CellPicture], n_columns: usize, scale: f64) -> Vec<f64> {
    let mut widths = vec![WIDTHS[0]; n_columns];
    for (i, picture) in pictures.iter().enumerate() {
        let [width, _] = picture.size(scale);
        widths[i % n_columns] = widths[i % n_columns].max(width);
    }
    widths
}

/// Width of the figure.
fn total(widths: &[f64]) -> f64 {
    2.0 * GAPS[0] + widths.iter().sum::<f64>() + GAPS[1] * (widths.len() - 1) as f64
}
