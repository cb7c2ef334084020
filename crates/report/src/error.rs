//! What can be wrong with the data of a figure.

use crate::html::FolderFault;
use braggscape_record::RecordError;
use std::path::PathBuf;
use thiserror::Error;

/// A figure or a report that cannot be drawn.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A figure without anything in it.
    #[error("the figure `{title}` has no data")]
    Empty {
        /// Title of the figure.
        title: String,
    },
    /// A rate or the end of an interval outside [0, 1].
    #[error("{what} of `{arm}` at `{group}` is {value}, expected a fraction from 0 to 1")]
    RateRange {
        /// Which number.
        what: &'static str,
        /// The arm, or the group's own number.
        arm: String,
        /// The group of bars.
        group: String,
        /// The value.
        value: f64,
    },
    /// Two bars of one arm in a group.
    #[error("the group `{group}` has two bars of arm `{arm}`, expected one")]
    DuplicateArm {
        /// The arm.
        arm: String,
        /// The group of bars.
        group: String,
    },
    /// A pattern whose axis and intensities have different lengths.
    #[error(
        "trace `{trace}` has {two_theta} angles and {intensity} intensities, expected equal counts"
    )]
    TraceLengths {
        /// Label of the trace.
        trace: String,
        /// Number of angles.
        two_theta: usize,
        /// Number of intensities.
        intensity: usize,
    },
    /// A heat map with another number of values than points.
    #[error(
        "the figure `{title}` has {found} values for {n_x} by {n_y} points, expected 2 by 2 at least, and a value each"
    )]
    GridSize {
        /// Title of the figure.
        title: String,
        /// Points along the horizontal axis.
        n_x: usize,
        /// Points along the vertical axis.
        n_y: usize,
        /// Values.
        found: usize,
    },
    /// An axis whose ends are not in order.
    #[error("the axis `{label}` runs from {low} to {high}, expected finite ends with low < high")]
    AxisRange {
        /// Label of the axis.
        label: String,
        /// Its low end.
        low: f64,
        /// Its high end.
        high: f64,
    },
    /// A number that is NaN or infinite.
    #[error("{what} {index} of `{label}` is {value}, expected a finite number")]
    NonFinite {
        /// Which number.
        what: &'static str,
        /// Its place, from 0.
        index: usize,
        /// Label of the trace or reflection.
        label: String,
        /// The value.
        value: f64,
    },
    /// A number that has no logarithm.
    #[error("{what} {index} of `{label}` is {value}, expected a positive number")]
    NotPositive {
        /// Which number.
        what: &'static str,
        /// Its place, from 0.
        index: usize,
        /// Label of the series.
        label: String,
        /// The value.
        value: f64,
    },
    /// A cell with another number of atomic numbers than coordinates.
    #[error(
        "the cell `{cell}` has {numbers} atomic numbers and {coordinates} coordinates, expected equal counts"
    )]
    AtomCounts {
        /// Label of the cell.
        cell: String,
        /// Atomic numbers.
        numbers: usize,
        /// Fractional coordinates.
        coordinates: usize,
    },
    /// A cell with more atoms than a reader could tell apart.
    #[error("the cell `{cell}` has {found} atoms, expected at most {max}")]
    TooManyAtoms {
        /// Label of the cell.
        cell: String,
        /// Atoms.
        found: usize,
        /// The most that are drawn.
        max: usize,
    },
    /// A cell too long to be drawn.
    #[error("the cell `{cell}` has a lattice vector of {length} Å, expected at most {max} Å")]
    CellLength {
        /// Label of the cell.
        cell: String,
        /// Length of its longest lattice vector, Å.
        length: f64,
        /// The greatest length that is drawn, Å.
        max: f64,
    },
    /// A lattice or an element that cannot be.
    #[error("the cell `{cell}` is no crystal")]
    Crystal {
        /// Label of the cell.
        cell: String,
        /// Why.
        #[source]
        source: braggscape_crystal::CrystalError,
    },
    /// A width of a picture that is zero or too large.
    #[error("picture width {width} px is outside 1..={max}")]
    PictureWidth {
        /// The width asked for.
        width: u32,
        /// The largest width.
        max: u32,
    },
    /// The picture would have too many pixels.
    #[error("a picture of {width} by {height} px is too large")]
    PictureSize {
        /// Width, pixels.
        width: u32,
        /// Height, pixels.
        height: u32,
    },
    /// A folder that cannot be reported, or not together with the others.
    #[error("{}: {fault}", path.display())]
    Folder {
        /// The folder, or the file in it that is at fault.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        fault: Box<FolderFault>,
    },
    /// Records that cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The text is not an SVG picture.
    #[error("not an SVG picture")]
    Svg(#[from] resvg::usvg::Error),
    /// The pixels could not be encoded.
    #[error("cannot encode the picture as PNG")]
    Png {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
