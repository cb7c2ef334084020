//! SVG figures as pictures in the page.
//!
//! A figure is embedded as a picture, not as elements of the page: scripts in it never run, and its names cannot collide
//! with those of another figure.

use super::escape::{base64, html};
use roxmltree::Document;

/// An SVG figure with the file it came from.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    /// Name of the file without its ending.
    pub(super) stem: String,
    /// The SVG.
    svg: String,
    /// Its title; empty if it has none.
    title: String,
    /// Width and height in pixels, if it says so.
    size: Option<[f64; 2]>,
}

impl Figure {
    /// A figure from its text.
    ///
    /// # Errors
    /// If the text is no XML document with an `svg` element at its root.
    pub(super) fn new(stem: &str, svg: String) -> Result<Self, FigureFault> {
        let document = Document::parse(&svg)?;
        let root = document.root_element();
        if root.tag_name().name() != "svg" {
            return Err(FigureFault::Root { found: root.tag_name().name().to_owned() });
        }
        let title = root
            .children()
            .find(|n| n.has_tag_name((root.tag_name().namespace().unwrap_or(""), "title")));
        let title = title.and_then(|t| t.text()).unwrap_or("").trim().to_owned();
        let pixels = |name: &str| {
            root.attribute(name).and_then(|v| v.trim_end_matches("px").parse::<f64>().ok())
        };
        let size = pixels("width").zip(pixels("height")).map(|(w, h)| [w, h]);
        Ok(Self { stem: stem.to_owned(), title, size, svg })
    }

    /// A figure that this program has just drawn and that is in no file.
    pub(super) fn drawn(stem: &str, title: &str, svg: String) -> Self {
        Self { stem: stem.to_owned(), title: title.to_owned(), size: None, svg }
    }

    /// The figure with its caption; `class` says more about it.
    pub(super) fn html(&self, class: &str) -> String {
        let title = if self.title.is_empty() { &self.stem } else { &self.title };
        let size = self
            .size
            .map(|[w, h]| format!(" width=\"{}\" height=\"{}\"", w.round(), h.round()))
            .unwrap_or_default();
        format!(
            "<figure class=\"{class}\"><img alt=\"{0}\"{size} src=\"data:image/svg+xml;base64,{1}\"/>\
             <figcaption>{0} <span class=\"file\">figures/{2}.svg</span></figcaption></figure>\n",
            html(title),
            base64(self.svg.as_bytes()),
            html(&self.stem)
        )
    }
}

/// Why a file is no SVG figure.
#[derive(Debug, thiserror::Error)]
pub enum FigureFault {
    /// It is no XML.
    #[error("not an SVG picture")]
    Xml(#[from] roxmltree::Error),
    /// It is XML of another kind.
    #[error("not an SVG picture: the root element is `{found}`, expected `svg`")]
    Root {
        /// The element.
        found: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_its_title_as_text() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='30' height='20'><title>a &lt; b</title></svg>";
        let html = Figure::new("f", svg.to_owned()).unwrap().html("plain");
        assert!(
            html.contains(
                "alt=\"a &lt; b\" width=\"30\" height=\"20\" src=\"data:image/svg+xml;base64,PHN2Zy"
            ),
            "{html}"
        );
        assert!(!html.contains("<svg"), "{html}");
    }

    #[test]
    fn other_files_are_no_figures() {
        assert!(Figure::new("f", "<html/>".to_owned()).unwrap_err().to_string().contains("`html`"));
        assert!(Figure::new("f", "<svg>".to_owned()).is_err());
    }
}
