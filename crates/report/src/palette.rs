//! Colours that readers with colour-blindness can tell apart.
//!
//! # References
//! M. Okabe and K. Ito, "Color Universal Design" (2008), jfly.uni-koeln.de/color: the palette.

/// The palette, without its yellow, which is too light for thin lines on white, and with a grey in its place. Neighbours
/// differ in lightness too.
const COLOURS: [&str; 8] =
    ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#7f7f7f", "#000000"];

/// Text and axes.
pub(crate) const INK: &str = "#1a1a1a";
/// Lines behind the data.
pub(crate) const GRID: &str = "#e3e3e3";

/// The colour of the arm or trace of this index; they repeat after eight.
pub(crate) fn colour(idx: usize) -> &'static str {
    COLOURS[idx % COLOURS.len()]
}

/// Whether a bar of this index needs a pattern on top of its colour, since the colours repeat.
pub(crate) fn repeats(idx: usize) -> bool {
    idx >= COLOURS.len()
}
