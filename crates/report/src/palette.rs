//! Colours that readers with colour-blindness can tell apart.
//!
//! # References
//! M. Okabe and K. Ito, "Color Universal Design" (2008), jfly.uni-koeln.de/color: the palette.

/// The palette, without its yellow, which is too light for thin lines on white, and with a grey in its place. Neighbours
/// differ in lightness too.
const COLOURS: [&str; 8] =
    ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#7f7f7f", "#000000"];

/// The grey of the palette, for samples that stand for every arm.
pub(crate) const NEUTRAL: usize = 6;

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

/// The colour of this index, two thirds of the way to white.
pub(crate) fn pale(idx: usize) -> String {
    let full = u32::from_str_radix(colour(idx).trim_start_matches('#'), 16).unwrap_or(0);
    let channel = |shift: u32| {
        let value = full >> shift & 0xff;
        value + (0xff - value) * 2 / 3
    };
    format!("#{:02x}{:02x}{:02x}", channel(16), channel(8), channel(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pale_colours_are_lighter_and_distinct() {
        let mut seen: Vec<String> = (0..COLOURS.len()).map(pale).collect();
        // #0072b2: (0, 114, 178) + 2/3 of (255, 141, 77).
        assert_eq!(seen[0], "#aad0e5");
        assert_eq!(colour(NEUTRAL), "#7f7f7f");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), COLOURS.len());
    }
}
