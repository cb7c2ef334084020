//! The structure JSON of the files.

use crate::RecordError;
use braggscape_crystal::{Element, Lattice, Site, Structure};
use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

/// A structure as the files hold it: `{"lattice", "numbers", "frac_coords", "occupancies"?}`.
///
/// Nothing is checked until it is turned into a [`Structure`]; numbers survive the way to a file and back bit by bit.
///
/// # Examples
/// ```
/// use braggscape_crystal::Structure;
/// use braggscape_record::StructureRecord;
///
/// let po = StructureRecord {
///     lattice: [[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0]],
///     numbers: vec![84],
///     frac_coords: vec![[0.0; 3]],
///     occupancies: None,
/// };
/// let structure = Structure::try_from(&po)?;
/// assert_eq!(StructureRecord::from(&structure), po);
/// # Ok::<(), braggscape_record::RecordError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StructureRecord {
    /// Lattice vectors as rows, Å.
    pub lattice: [[f64; 3]; 3],
    /// Atomic number of each site.
    pub numbers: Vec<u8>,
    /// Fractional coordinates of each site.
    pub frac_coords: Vec<[f64; 3]>,
    /// Occupancy of each site; left out when every site is full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupancies: Option<Vec<f64>>,
}

impl StructureRecord {
    /// Every number with the name of the list it stands in.
    pub(crate) fn numbers_by_list(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let lattice = self.lattice.iter().flatten().map(|v| ("lattice", *v));
        let frac = self.frac_coords.iter().flatten().map(|v| ("frac_coords", *v));
        let occupancies = self.occupancies.iter().flatten().map(|v| ("occupancies", *v));
        lattice.chain(frac).chain(occupancies)
    }
}

impl From<&Structure> for StructureRecord {
    fn from(structure: &Structure) -> Self {
        let sites = structure.sites();
        let mixed = sites.iter().any(|s| s.occupancy < 1.0);
        Self {
            lattice: structure.lattice().rows(),
            numbers: sites.iter().map(|s| s.element.atomic_number()).collect(),
            frac_coords: sites.iter().map(|s| s.frac.into()).collect(),
            occupancies: mixed.then(|| sites.iter().map(|s| s.occupancy).collect()),
        }
    }
}

impl TryFrom<&StructureRecord> for Structure {
    type Error = RecordError;

    fn try_from(record: &StructureRecord) -> Result<Self, RecordError> {
        let n = record.numbers.len();
        let occupancies = record.occupancies.as_ref().map_or(n, Vec::len);
        if record.frac_coords.len() != n || occupancies != n {
            return Err(RecordError::SiteCounts {
                numbers: n,
                frac_coords: record.frac_coords.len(),
                occupancies,
            });
        }
        let lattice = Lattice::from_rows(record.lattice)?;
        let mut sites = Vec::with_capacity(n);
        for (i, (z, frac)) in record.numbers.iter().zip(&record.frac_coords).enumerate() {
            sites.push(Site {
                element: Element::from_atomic_number(i64::from(*z))?,
                frac: Vector3::from(*frac),
                occupancy: record.occupancies.as_ref().map_or(1.0, |o| o[i]),
            });
        }
        Ok(Structure::new(lattice, sites)?)
    }
}

impl TryFrom<StructureRecord> for Structure {
    type Error = RecordError;

    fn try_from(record: StructureRecord) -> Result<Self, RecordError> {
        Self::try_from(&record)
    }
}
