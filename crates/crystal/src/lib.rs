//! Lattices, elements, structures, symmetry and structure files.
//!
//! Everything here is geometry of crystals; nothing here knows of diffraction. Lengths are in ångström. Cell parameters
//! carry angles in degrees ([`CellParameters`]); lattice vectors are the **columns** of a matrix ([`Lattice`]), while files
//! list them as rows (`L_rows = L^T`).
//!
//! # Examples
//! ```
//! use braggscape_crystal::{CellParameters, Element, Lattice, Site, Structure};
//! use nalgebra::Vector3;
//!
//! let lattice = Lattice::from_parameters(&CellParameters::new(3.0, 3.0, 3.0, 90.0, 90.0, 90.0))?;
//! let po = Site::new(Element::from_symbol("Po")?, Vector3::zeros());
//! let structure = Structure::new(lattice, vec![po])?;
//! assert!((structure.lattice().volume() - 27.0).abs() < 1e-12);
//! # Ok::<(), braggscape_crystal::CrystalError>(())
//! ```
#![doc(test(attr(deny(warnings))))]

mod assignment;
mod element;
mod error;
mod family;
mod formula;
pub mod io;
mod lattice;
pub mod reduction;
mod structure;
mod study;
pub mod symmetry;

pub use assignment::Assignment;
pub use element::Element;
pub use error::CrystalError;
pub use family::CrystalFamily;
pub use formula::Composition;
pub use lattice::{CellParameters, Lattice, MIN_CELL_VOLUME};
pub use structure::{Site, Structure, wrap_unit};
pub use study::{StudyCrystal, study_crystal, study_crystals};
