//! Figures from the records of a study.
