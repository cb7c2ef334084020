//! A small SVG writer: elements into a string, numbers rounded to a hundredth of a pixel, every text escaped.
//!
//! The `plotters` crate was considered. Without a system font it lays text out by a fixed width a character, so that labels
//! overlap or leave holes; our figures need rectangles, lines and text measured in the embedded font, which is less than
//! its adapters would be.

use crate::font::FAMILIES;
use crate::palette::INK;
use std::fmt::Write;

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// An SVG document in the making.
pub(crate) struct Svg {
    out: String,
}

impl Svg {
    /// Begins a white picture of this size in pixels, with a title for screen readers.
    pub(crate) fn new(width: f64, height: f64, title: &str) -> Self {
        let (w, h) = (number(width), number(height));
        let out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
             role=\"img\" font-family=\"{FAMILIES}\" fill=\"{INK}\">\n<title>{}</title>\n\
             <rect class=\"background\" width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>\n",
            escape(title)
        );
        Self { out }
    }

    /// The finished document.
    pub(crate) fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }

    /// Opens a group with a class; [`Svg::close_group`] ends it.
    pub(crate) fn open_group(&mut self, class: &str, attributes: &str) {
        self.line(format_args!("<g class=\"{class}\"{}{attributes}>", gap(attributes)));
    }

    /// Ends the last opened group.
    pub(crate) fn close_group(&mut self) {
        self.line(format_args!("</g>"));
    }

    /// A rectangle; `tip` is what a browser shows when the pointer rests on it.
    pub(crate) fn rect(&mut self, class: &str, at: [f64; 4], attributes: &str, tip: Option<&str>) {
        let [x, y, w, h] = at.map(number);
        let head = format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"{}{attributes}",
            gap(attributes)
        );
        match tip {
            Some(tip) => self.line(format_args!("{head}><title>{}</title></rect>", escape(tip))),
            None => self.line(format_args!("{head}/>")),
        }
    }

    /// A straight line from (x1, y1) to (x2, y2).
    pub(crate) fn segment(&mut self, class: &str, ends: [f64; 4], attributes: &str) {
        let [x1, y1, x2, y2] = ends.map(number);
        self.line(format_args!(
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"{}{attributes}/>",
            gap(attributes)
        ));
    }

    /// A path of straight pieces through the points, closed or open.
    pub(crate) fn path(
        &mut self,
        class: &str,
        points: &[[f64; 2]],
        closed: bool,
        attributes: &str,
    ) {
        let mut d = String::with_capacity(points.len() * 14);
        for (i, [x, y]) in points.iter().enumerate() {
            // After M, further points are joined by lines.
            let command = if i == 0 { "M" } else { " " };
            let _ = write!(d, "{command}{} {}", number(*x), number(*y));
        }
        if closed {
            d.push('Z');
        }
        self.line(format_args!(
            "<path class=\"{class}\" d=\"{d}\"{}{attributes}/>",
            gap(attributes)
        ));
    }

    /// A path whose commands are written out.
    pub(crate) fn path_data(&mut self, class: &str, d: &str, attributes: &str) {
        self.line(format_args!(
            "<path class=\"{class}\" d=\"{d}\"{}{attributes}/>",
            gap(attributes)
        ));
    }

    /// A circle around a point.
    pub(crate) fn circle(&mut self, class: &str, at: [f64; 2], radius: f64, attributes: &str) {
        let ([x, y], r) = (at.map(number), number(radius));
        self.line(format_args!(
            "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{}{attributes}/>",
            gap(attributes)
        ));
    }

    /// A rectangle that groups with `clip-path="url(#id)"` are cut to; ids are words.
    pub(crate) fn clip(&mut self, id: &str, at: [f64; 4]) {
        let [x, y, w, h] = at.map(number);
        self.line(format_args!(
            "<clipPath id=\"{id}\"><rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/></clipPath>"
        ));
    }

    /// A shade from `[light, middle, dark]` that circles with `fill="url(#id)"` have, lit from above on the left; ids are words.
    pub(crate) fn radial_gradient(&mut self, id: &str, [light, middle, dark]: [&str; 3]) {
        self.line(format_args!(
            "<radialGradient id=\"{id}\" cx=\"0.38\" cy=\"0.34\" r=\"0.7\">\
             <stop offset=\"0\" stop-color=\"{light}\"/><stop offset=\"0.45\" stop-color=\"{middle}\"/>\
             <stop offset=\"1\" stop-color=\"{dark}\"/></radialGradient>"
        ));
    }

    /// A text at a point on its baseline, turned clockwise by `degrees` about it.
    pub(crate) fn text(
        &mut self,
        class: &str,
        at: [f64; 2],
        size: f64,
        anchor: Anchor,
        degrees: f64,
        text: &str,
    ) {
        let [x, y] = at.map(number);
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let turn = if degrees.abs() > 0.0 {
            format!(" transform=\"rotate({} {x} {y})\"", number(degrees))
        } else {
            String::new()
        };
        self.line(format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" font-size=\"{}\" text-anchor=\"{anchor}\"{turn}>{}</text>",
            number(size),
            escape(text)
        ));
    }

    fn line(&mut self, content: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(content);
        self.out.push('\n');
    }
}

fn gap(attributes: &str) -> &'static str {
    if attributes.is_empty() { "" } else { " " }
}

/// A number to a hundredth, without trailing zeros and without a negative zero.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text as XML: markup escaped, characters that XML 1.0 forbids replaced by U+FFFD.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases = [(1.0, "1"), (0.125, "0.12"), (-0.001, "0"), (10.50, "10.5"), (100.0, "100")];
        for (value, expected) in cases {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn markup_and_control_characters_are_escaped() {
        assert_eq!(escape("a<b & \"c\"\u{1}\n'"), "a&lt;b &amp; &quot;c&quot;\u{fffd} &#39;");
    }
}
