//! Powder patterns: axes, profiles, radiation, peak lists and pattern files.
