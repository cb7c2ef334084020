//! The figures as others see them: XML, pixels, words.
#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod case;
mod cells;
mod html;
mod html_sample;
mod labels;
mod landscape;
mod log_log;
mod match_rate;
mod pattern;
mod png;
mod rate_grid;
mod scatter;

use roxmltree::{Document, Node};

/// The elements that carry a class, in document order.
fn of_class<'a, 'i>(doc: &'a Document<'i>, class: &str) -> Vec<Node<'a, 'i>> {
    doc.descendants().filter(|n| n.attribute("class") == Some(class)).collect()
}

/// A numeric attribute.
#[track_caller]
fn attribute(node: &Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// All words of the text elements.
fn texts(doc: &Document<'_>) -> Vec<String> {
    let texts = doc.descendants().filter(|n| n.has_tag_name("text"));
    texts.filter_map(|n| n.text().map(str::to_owned)).collect()
}

/// The points of a path.
fn points(node: &Node<'_, '_>) -> Vec<[f64; 2]> {
    let d = node.attribute("d").unwrap().trim_start_matches('M').trim_end_matches('Z');
    let numbers: Vec<f64> = d.split(' ').map(|v| v.parse().unwrap()).collect();
    numbers.chunks(2).map(|p| [p[0], p[1]]).collect()
}
