//! The font that is part of the program, and the widths of text in it.

use skrifa::{FontRef, MetadataProvider, instance::LocationRef, instance::Size};

/// A subset of DejaVu Sans; `assets/README.md` says where it is from.
pub(crate) const FONT: &[u8] = include_bytes!("../assets/DejaVuSans-subset.ttf");

/// Families named in SVG files: the embedded one first, then what a viewer is likely to have.
pub(crate) const FAMILIES: &str = "DejaVu Sans, Helvetica, Arial, sans-serif";

/// Width of a character that the font lacks, as a fraction of the font size.
const FALLBACK_WIDTH: f64 = 0.6;

/// Width of a text in pixels at this font size, by the advance widths of the embedded font.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let Ok(font) = FontRef::new(FONT) else {
        return FALLBACK_WIDTH * size * text.chars().count() as f64;
    };
    let charmap = font.charmap();
    // Widths are taken at 1000 px and scaled, so that they are linear in the size.
    let metrics = font.glyph_metrics(Size::new(1000.0), LocationRef::default());
    let width = |c| charmap.map(c).and_then(|glyph| metrics.advance_width(glyph));
    let widths = text.chars().map(|c| width(c).map_or(FALLBACK_WIDTH, |w| f64::from(w) / 1000.0));
    size * widths.sum::<f64>()
}

/// The text, cut with an ellipsis if it is wider than `max_width` pixels.
pub(crate) fn ellipsis(text: &str, size: f64, max_width: f64) -> String {
    if text_width(text, size) <= max_width {
        return text.to_owned();
    }
    let mut cut = text.to_owned();
    while cut.pop().is_some() {
        let shorter = format!("{}…", cut.trim_end());
        if text_width(&shorter, size) <= max_width {
            return shorter;
        }
    }
    "…".to_owned()
}

/// The words of a text in lines of at most `max_width` pixels; a longer word is cut. No-break spaces belong to words.
pub(crate) fn wrap(text: &str, size: f64, max_width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let is_break = |c: char| c.is_whitespace() && c != '\u{a0}';
    for word in text.split(is_break).filter(|word| !word.is_empty()) {
        let joined = lines.last().map(|line| format!("{line} {word}"));
        match joined.filter(|line| text_width(line, size) <= max_width) {
            Some(line) => *lines.last_mut().unwrap_or(&mut String::new()) = line,
            None => lines.push(ellipsis(word, size, max_width)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // Advance widths of DejaVu Sans 2.37 in units of 1/2048 em: M 1767, i 569, theta 1253.
        let close = |text, units: f64| (text_width(text, 2048.0) - units).abs() < 0.5;
        assert!(
            close("M", 1767.0) && close("i", 569.0) && close("θ", 1253.0) && close("Mi", 2336.0)
        );
    }

    #[test]
    fn every_character_of_the_figures_is_in_the_font() {
        let font = FontRef::new(FONT).unwrap();
        for c in "θ°Åσχ²³₀₁₉⁻¹αβγπ±×–—…≤≥≈·̅√∞−".chars() {
            assert!(font.charmap().map(c).is_some(), "{c} is missing");
        }
    }

    #[test]
    fn wrapping_keeps_words_and_bounds() {
        let lines = wrap("one two three supercalifragilistic four", 10.0, 60.0);
        assert!(lines.iter().all(|l| text_width(l, 10.0) <= 60.0));
        assert_eq!(lines[0], "one two");
        assert!(lines.iter().any(|l| l.ends_with('…')));
        assert_eq!(wrap("", 10.0, 60.0), Vec::<String>::new());
        assert_eq!(wrap(" a\t b\n", 10.0, 60.0), ["a b"]);
        assert_eq!(wrap("six 5\u{a0}Å", 10.0, 30.0), ["six", "5\u{a0}Å"]);
    }
}
