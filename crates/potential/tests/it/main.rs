//! Potentials keep the laws of their seam.

mod conformance;
