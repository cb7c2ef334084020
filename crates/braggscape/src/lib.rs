//! Facade of the Braggscape library crates: what a library user needs, under one name.
//!
//! | module | what is in it |
//! |---|---|
//! | [`crystal`] | lattices, structures, symmetry, structure files |
//! | [`pattern`] | powder patterns, axes, pattern files |
//! | [`xrd`] | forward models and their gradients |
//! | [`loss`] | losses between patterns |
//! | [`noise`] | distortions of structures |
//! | [`projector`] | symmetry constraints |
//! | [`potential`] | energies, forces and stress |
//! | [`optim`] | optimizers and their driver |
//! | [`metrics`] | structure matching, strict recovery, intervals |
//! | [`recover`] | one recovery problem and its strategies |
//! | [`landscape`] | 2D sections of an objective: grids, minima, basins, roughness |
//! | [`plugin`] | the registry of named components |
//!
//! # Examples
//! One recovery, from a strained crystal back to the one that made the pattern:
//! ```
//! use braggscape::crystal::study_crystal;
//! use braggscape::loss::Cosine;
//! use braggscape::metrics::{StructureMatcher, StructureMatcherOptions};
//! use braggscape::optim::{GradientDescent, GradientDescentOptions, Limits};
//! use braggscape::pattern::Pattern;
//! use braggscape::projector::{CellShape, CrystalFamilyProjector};
//! use braggscape::recover::{Descend, FreeParameters, RecoveryTask, Strategy, Variables};
//! use braggscape::xrd::{AnyForwardModel, ForwardModel, Scratch, Structsnap, StructsnapOptions};
//! use braggscape::crystal::{CellParameters, Lattice};
//!
//! let truth = study_crystal("Au2S").expect("a study crystal").structure();
//! let model: AnyForwardModel = Structsnap::new(StructsnapOptions::default())?.into();
//! let mut target = Pattern::zeros(model.axis().clone());
//! model.simulate(&truth, &mut Scratch::default(), &mut target)?;
//!
//! let strained = CellParameters::new(5.4, 5.3, 5.38, 90.5, 89.8, 90.3);
//! let start = truth.with_lattice(Lattice::from_parameters(&strained)?);
//! let options = GradientDescentOptions { patience: 100, ..Default::default() };
//! let found = Descend::new(GradientDescent::new(options)?.into()).recover(&RecoveryTask {
//!     start: &start,
//!     free: FreeParameters::Lattice,
//!     variables: Variables::Cell,
//!     target: &target,
//!     forward: &model,
//!     loss: &Cosine::default().into(),
//!     projector: &CrystalFamilyProjector::new(CellShape::Cubic).into(),
//!     limits: Limits::default(),
//!     seed: 0,
//! })?;
//! assert!(found.loss < -0.9999);
//! assert!(StructureMatcher::new(StructureMatcherOptions::study())?.fit(&truth, &found.structure)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![doc(test(attr(deny(warnings))))]

pub use braggscape_crystal as crystal;
pub use braggscape_landscape as landscape;
pub use braggscape_loss as loss;
pub use braggscape_metrics as metrics;
pub use braggscape_noise as noise;
pub use braggscape_optim as optim;
pub use braggscape_pattern as pattern;
pub use braggscape_plugin as plugin;
pub use braggscape_potential as potential;
pub use braggscape_projector as projector;
pub use braggscape_recover as recover;
pub use braggscape_xrd as xrd;
