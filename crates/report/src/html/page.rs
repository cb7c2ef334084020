//! The page as it grows: sections with their numbered anchors, charts with their data, and the frame around all of it.

use super::asset;
use super::escape::{html, json};
use serde_json::Value;
use std::fmt::Write;

/// A page in the making.
#[derive(Debug, Default)]
pub(super) struct Page {
    body: String,
    /// Anchor and title of every section, with its depth.
    contents: Vec<(String, String, usize)>,
    n_data: usize,
}

impl Page {
    /// Adds HTML.
    pub(super) fn push(&mut self, html: &str) {
        self.body.push_str(html);
    }

    /// Adds a paragraph of text.
    pub(super) fn paragraph(&mut self, text: &str) {
        let _ = writeln!(self.body, "<p>{}</p>", html(text));
    }

    /// Adds a remark that readers should not miss.
    pub(super) fn note(&mut self, text: &str) {
        let _ = writeln!(self.body, "<p class=\"note\" role=\"note\">{}</p>", html(text));
    }

    /// Begins a section of the first level, on the folder of this name or on all; [`Page::end_section`] ends it.
    pub(super) fn section(&mut self, title: &str, folder: &str) {
        let id = self.enter(title, 2);
        let _ = writeln!(
            self.body,
            "<section aria-labelledby=\"{id}\" data-folder=\"{}\">\n<h2 id=\"{id}\">{}</h2>",
            html(folder),
            html(title)
        );
    }

    /// Ends the section.
    pub(super) fn end_section(&mut self) {
        self.body.push_str("</section>\n");
    }

    /// A heading within a section.
    pub(super) fn heading(&mut self, title: &str) {
        let id = self.enter(title, 3);
        let _ = writeln!(self.body, "<h3 id=\"{id}\">{}</h3>", html(title));
    }

    /// A heading within that, which the contents do not list.
    pub(super) fn subheading(&mut self, title: &str) {
        let _ = writeln!(self.body, "<h4>{}</h4>", html(title));
    }

    fn enter(&mut self, title: &str, depth: usize) -> String {
        let id = format!("section-{}", self.contents.len() + 1);
        self.contents.push((id.clone(), title.to_owned(), depth));
        id
    }

    /// A chart of this kind with its data, and what stands in its place where scripts do not run.
    pub(super) fn chart(&mut self, kind: &str, label: &str, data: &Value, fallback: &str) {
        self.n_data += 1;
        let id = format!("data-{}", self.n_data);
        let _ = writeln!(
            self.body,
            "<div class=\"chart\" data-chart=\"{kind}\" data-source=\"{id}\">\n<div class=\"controls\"></div>\n\
             <div class=\"plot\" role=\"img\" aria-label=\"{}\"></div>\n<div class=\"static\">{fallback}</div>\n</div>\n\
             <script type=\"application/json\" id=\"{id}\">{}</script>",
            html(label),
            json(data)
        );
    }

    fn contents(&self) -> String {
        let mut out = String::from("<nav aria-label=\"Contents\"><ul>\n");
        let mut depth = 2;
        for (i, (id, title, level)) in self.contents.iter().enumerate() {
            match (*level, depth) {
                (3, 2) => out.push_str("<ul>\n"),
                (2, 3) => out.push_str("</li></ul></li>\n"),
                _ if i > 0 => out.push_str("</li>\n"),
                _ => {}
            }
            depth = *level;
            let _ = write!(out, "<li><a href=\"#{id}\">{}</a>", html(title));
        }
        out.push_str(if depth == 3 { "</li></ul>" } else { "" });
        out.push_str(if self.contents.is_empty() { "</ul></nav>\n" } else { "</li></ul></nav>\n" });
        out
    }

    /// The whole document; `facts` stands below the title.
    pub(super) fn finish(self, title: &str, facts: &str) -> String {
        let plotly = asset::plotly();
        let needs_charts = self.n_data > 0;
        let scripts: &[&str] =
            if needs_charts { &[&plotly, asset::SCRIPT] } else { &[asset::SCRIPT] };
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{}\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <meta name=\"generator\" content=\"{MARK}\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n\
             <title>{title}</title>\n<style>\n{}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n\
             <p class=\"facts\">{facts}</p>\n</header>\n",
            asset::policy(scripts),
            asset::STYLE,
            title = html(title),
            facts = html(facts),
        );
        out.push_str(&self.contents());
        out.push_str("<main>\n");
        out.push_str(&self.body);
        out.push_str("</main>\n");
        for script in scripts {
            let _ = writeln!(out, "<script>{script}</script>");
        }
        out.push_str("</body>\n</html>\n");
        out
    }
}

/// What the page says made it.
pub(super) const MARK: &str = concat!("braggscape ", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_nested_lists() {
        let mut page = Page::default();
        for title in ["a", "b"] {
            page.section(title, "");
            page.heading("inner");
            page.heading("more");
            page.end_section();
        }
        page.section("c", "");
        page.end_section();
        let contents = page.contents();
        let document = roxmltree::Document::parse(contents.trim()).unwrap();
        let count = |name| document.descendants().filter(|n| n.has_tag_name(name)).count();
        assert_eq!((count("li"), count("ul"), count("a")), (7, 3, 7));
        assert_eq!(Page::default().contents(), "<nav aria-label=\"Contents\"><ul>\n</ul></nav>\n");
    }
}
