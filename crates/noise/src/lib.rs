//! Distortions of structures and patterns.
