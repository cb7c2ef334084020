//! Projections of cells and sites onto symmetry constraints.
