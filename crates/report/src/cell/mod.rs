//! Unit cells with their atoms, seen from one side in parallel perspective.

mod draw;
mod edges;
mod element;
mod view;

pub(crate) use draw::{CellPicture, ElementLegend, draw_scale_bar};
pub(crate) use element::ElementColours;

use crate::ReportError;
use crate::svg::Svg;
use braggscape_crystal::{Element, Lattice, Structure};
use view::View;

/// Atoms this near to a face of the cell, as a share of the lattice vector across it, are drawn on the opposite face too.
const BOUNDARY: f64 = 0.02;
/// Longest lattice vector that is drawn, Å.
const MAX_LENGTH: f64 = 500.0;
/// Most atoms that are drawn.
const MAX_ATOMS: usize = 5000;

/// A crystal to draw.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CellDrawing {
    /// What the crystal is called in messages.
    pub label: String,
    /// Lattice vectors as rows, Å.
    pub rows: [[f64; 3]; 3],
    /// Atomic numbers, one an atom.
    pub atomic_numbers: Vec<u8>,
    /// Fractional coordinates of the same atoms; they need not lie in [0, 1).
    pub frac: Vec<[f64; 3]>,
}

impl CellDrawing {
    /// The drawing of all sites of a structure. Where elements share a position, that with the largest share is in front.
    ///
    /// # Examples
    /// ```
    /// use braggscape_crystal::study_crystal;
    /// use braggscape_report::CellDrawing;
    /// let crystal = study_crystal("U2Ti").expect("one of the ten");
    /// let drawing = CellDrawing::from_structure(crystal.formula, &crystal.structure());
    /// assert_eq!(drawing.atomic_numbers, [92, 92, 22]);
    /// ```
    pub fn from_structure(label: impl Into<String>, structure: &Structure) -> Self {
        let mut sites = structure.sites().to_vec();
        sites.sort_by(|a, b| a.occupancy.total_cmp(&b.occupancy));
        Self {
            label: label.into(),
            rows: structure.lattice().rows(),
            atomic_numbers: sites.iter().map(|s| s.element.atomic_number()).collect(),
            frac: sites.iter().map(|s| [s.frac.x, s.frac.y, s.frac.z]).collect(),
        }
    }

    /// The drawing, looked at and checked.
    pub(crate) fn picture(&self) -> Result<CellPicture, ReportError> {
        let label = || self.label.clone();
        let (numbers, coordinates) = (self.atomic_numbers.len(), self.frac.len());
        if numbers != coordinates {
            return Err(ReportError::AtomCounts { cell: label(), numbers, coordinates });
        }
        if numbers == 0 {
            return Err(ReportError::Empty { title: label() });
        }
        if numbers > MAX_ATOMS {
            return Err(ReportError::TooManyAtoms {
                cell: label(),
                found: numbers,
                max: MAX_ATOMS,
            });
        }
        if let Some(index) = self.frac.iter().position(|f| f.iter().any(|x| !x.is_finite())) {
            let value = self.frac[index].into_iter().find(|x| !x.is_finite()).unwrap_or(f64::NAN);
            let what = "coordinate of atom";
            return Err(ReportError::NonFinite { what, index, label: label(), value });
        }
        let of_crystal = |source| ReportError::Crystal { cell: label(), source };
        let lattice = Lattice::from_rows(self.rows).map_err(of_crystal)?;
        let length = lattice.lengths().into_iter().fold(0.0, f64::max);
        if length > MAX_LENGTH {
            return Err(ReportError::CellLength { cell: label(), length, max: MAX_LENGTH });
        }
        let element = |z: &u8| Element::from_atomic_number(i64::from(*z)).map_err(of_crystal);
        let elements: Vec<Element> =
            self.atomic_numbers.iter().map(element).collect::<Result<_, _>>()?;
        let atoms: Vec<_> = self
            .frac
            .iter()
            .zip(&elements)
            .map(|(frac, element)| (*frac, element::radius(*element)))
            .collect();
        Ok(CellPicture::new(View::new(&self.rows, &atoms, BOUNDARY), elements))
    }
}

/// Puts the shades of the atoms into a picture, once for all of its cells.
pub(crate) fn define_shades(svg: &mut Svg, colours: &ElementColours) {
    for idx in colours.used() {
        let base = element::ATOM_COLOURS[idx];
        let light = element::mixed(base, "#ffffff", 0.75);
        let dark = element::mixed(base, "#000000", 0.3);
        svg.radial_gradient(&shade(idx), [&light, base, &dark]);
    }
}

/// Name of the shade of a colour.
fn shade(colour_idx: usize) -> String {
    format!("atom-{colour_idx}")
}
