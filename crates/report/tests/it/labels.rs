//! Labels: inside the picture and apart from each other, as the text layout of the PNG writer measures them.

use braggscape_report::{CellsFigure, Layout, PatternFigure, case_figure, cells_figure};
use braggscape_report::{log_log_figure, match_rate_figure, pattern_figure};
use braggscape_report::{rate_grid_figure, scatter_figure};
use resvg::tiny_skia::Point;
use resvg::usvg::{Group, Node, Options, Tree, fontdb::Database};
use std::sync::Arc;

/// The corners of the box of a text, in order around it, turned as the text is.
type Corners = [Point; 4];

fn boxes(group: &Group, found: &mut Vec<(String, Corners)>) {
    for node in group.children() {
        match node {
            Node::Group(g) => boxes(g, found),
            Node::Text(t) => {
                let words: String = t.chunks().iter().map(|c| c.text().to_owned()).collect();
                let b = t.bounding_box();
                // The box has the height of the font, a pixel more on each side than the ink.
                let (top, bottom) = (b.top() + 1.0, b.bottom() - 1.0);
                let mut corners =
                    [(b.left(), top), (b.right(), top), (b.right(), bottom), (b.left(), bottom)]
                        .map(|(x, y)| Point::from_xy(x, y));
                t.abs_transform().map_points(&mut corners);
                found.push((words, corners));
            }
            _ => {}
        }
    }
}

/// Whether two boxes lie apart: along a side of one of them their shadows do (the separating-axis theorem).
fn apart(a: &Corners, b: &Corners) -> bool {
    let sides = [(a[0], a[1]), (a[1], a[2]), (b[0], b[1]), (b[1], b[2])];
    sides.iter().any(|(from, to)| {
        let side = *to - *from;
        let shadow = |c: &Corners| {
            let along = c.map(|p| p.x * side.x + p.y * side.y);
            (along.into_iter().fold(f32::MAX, f32::min), along.into_iter().fold(f32::MIN, f32::max))
        };
        let ((a0, a1), (b0, b1)) = (shadow(a), shadow(b));
        a1 < b0 || b1 < a0
    })
}

#[track_caller]
fn check(svg: &str) {
    let mut fonts = Database::new();
    fonts.load_font_data(include_bytes!("../../assets/DejaVuSans-subset.ttf").to_vec());
    let options = Options { fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options).unwrap();
    let mut found = Vec::new();
    boxes(tree.root(), &mut found);
    assert!(found.len() > 8, "only {} texts", found.len());
    let (width, height) = (tree.size().width(), tree.size().height());
    for (i, (words, a)) in found.iter().enumerate() {
        let inside = a.iter().all(|p| (0.0..width).contains(&p.x) && (0.0..height).contains(&p.y));
        assert!(inside, "`{words}` leaves the picture: {a:?}");
        for (other, b) in &found[..i] {
            assert!(apart(a, b), "`{words}` lies on `{other}`: {a:?}, {b:?}");
        }
    }
}

#[test]
fn boxes_that_lie_on_each_other_are_found() {
    let square = |x: f32, y: f32| {
        [(x, y), (x + 2.0, y), (x + 2.0, y + 2.0), (x, y + 2.0)].map(|(x, y)| Point::from_xy(x, y))
    };
    let diamond =
        [(0.0, -1.4), (1.4, 0.0), (0.0, 1.4), (-1.4, 0.0)].map(|(x, y)| Point::from_xy(x, y));
    assert!(!apart(&square(0.0, 0.0), &square(1.9, 1.9)));
    assert!(apart(&square(0.0, 0.0), &square(2.1, 0.0)));
    assert!(!apart(&diamond, &square(0.6, 0.6)));
    // The upright boxes around the two do overlap.
    assert!(apart(&diamond, &square(0.8, 0.8)));
}

const ARMS: [&str; 5] = ["cosine", "mse", "entropy", "xcorr", "cosine + projection"];

#[test]
fn labels_of_rates_stay_apart() {
    let example = crate::match_rate::example;
    check(&match_rate_figure(&example(1, &ARMS[..1])).unwrap());
    check(&match_rate_figure(&example(5, &ARMS)).unwrap());
    check(&match_rate_figure(&example(10, &ARMS)).unwrap());
    check(&match_rate_figure(&example(60, &ARMS[..1])).unwrap());
    let mut long = example(10, &ARMS);
    long.title = "A title that says much more than one line of a figure can hold ".repeat(3);
    for (i, group) in long.groups.iter_mut().enumerate() {
        group.label = format!("Na3MnCoNiO6, polymorph {i}, a remarkably long name");
    }
    for bar in long.groups.iter_mut().flat_map(|g| &mut g.bars) {
        bar.arm =
            format!("{} with levenberg-marquardt and every projector there is, twice", bar.arm);
    }
    check(&match_rate_figure(&long).unwrap());
}

#[test]
fn labels_of_rate_grids_stay_apart() {
    let mut figure = crate::rate_grid::example();
    check(&rate_grid_figure(&figure).unwrap());
    figure.title = "A title that says much more than one line of a figure can hold ".repeat(3);
    for block in &mut figure.blocks {
        block.title = format!("{} at every level of noise that there is", block.title);
        for column in &mut block.columns {
            column.label = format!("{} of the cell and of all sites", column.label);
        }
    }
    check(&rate_grid_figure(&figure).unwrap());
    figure.blocks.truncate(3);
    figure.blocks.remove(0);
    check(&rate_grid_figure(&figure).unwrap());
}

#[test]
fn labels_of_patterns_stay_apart() {
    let example = crate::pattern::example;
    check(&pattern_figure(&example(801, 1)).unwrap());
    check(&pattern_figure(&PatternFigure { layout: Layout::Stacked, ..example(801, 3) }).unwrap());
    let mut counts = example(801, 2);
    counts.traces[0].intensity.iter_mut().for_each(|i| *i *= 9876.0);
    check(&pattern_figure(&counts).unwrap());
    let tiny = counts.traces.iter_mut().flat_map(|t| &mut t.intensity);
    tiny.for_each(|i| *i *= 1e-12);
    check(&pattern_figure(&counts).unwrap());
}

#[test]
fn labels_of_log_log_figures_stay_apart() {
    let example = crate::log_log::example;
    check(&log_log_figure(&example(1, 4)).unwrap());
    check(&log_log_figure(&example(6, 8)).unwrap());
    let mut long = example(8, 24);
    long.title = "A title that says much more than one line of a figure can hold ".repeat(3);
    for series in &mut long.series {
        series.label = format!("{}, on a machine with a remarkably long name", series.label);
    }
    check(&log_log_figure(&long).unwrap());
}

#[test]
fn labels_of_cells_stay_apart() {
    let example = crate::cells::example;
    check(&cells_figure(&example()).unwrap());
    check(&cells_figure(&CellsFigure { columns: 2, ..example() }).unwrap());
    let mut long = example();
    long.title = "A title that says much more than one line of a figure can hold ".repeat(4);
    for line in long.panels.iter_mut().flat_map(|p| &mut p.caption) {
        line.push_str(", which is more than a column of the figure can hold in one line");
    }
    // Every element there is, in one cell.
    let drawing = &mut long.panels[3].drawing;
    drawing.atomic_numbers = (1..=118).collect();
    drawing.frac = (1..=118).map(|k| [0.37, 0.73, 0.19].map(|x| x * f64::from(k))).collect();
    check(&cells_figure(&long).unwrap());
}

#[test]
fn labels_of_cases_stay_apart() {
    let example = crate::case::example;
    check(&case_figure(&example(801)).unwrap());
    check(&case_figure(&example(20_001)).unwrap());
    let mut long = example(801);
    long.title = "A title that says much more than one line of a figure can hold ".repeat(3);
    long.y_label = "intensity divided by the greatest intensity of the pattern ".repeat(9);
    for panel in &mut long.panels {
        panel.label = "the result of a descent without any constraint ".repeat(3);
        panel.status = "cosine 0.74, and no match by any tolerance that is in use ".repeat(3);
        panel.caption = vec!["cell parameters with all of their digits ".repeat(5); 4];
        for r in &mut panel.reflections {
            r.label = format!("{} and its equivalents", r.label);
        }
    }
    check(&case_figure(&long).unwrap());
    long.panels.truncate(1);
    check(&case_figure(&long).unwrap());
}

#[test]
fn labels_of_scatter_figures_stay_apart() {
    let example = crate::scatter::example;
    check(&scatter_figure(&example(1, 30)).unwrap());
    check(&scatter_figure(&example(6, 30)).unwrap());
    let mut long = example(5, 30);
    long.title = "A title that says much more than one line of a figure can hold ".repeat(4);
    for panel in &mut long.panels {
        panel.title = format!("{} with levenberg-marquardt and every projector", panel.title);
        panel.statistics = format!("{} and what else there is to say of it", panel.statistics);
        panel.x_label = "a similarity of patterns with a remarkably long name".to_owned();
    }
    check(&scatter_figure(&long).unwrap());
    for point in long.panels.iter_mut().flat_map(|p| &mut p.points) {
        (point.x, point.y) = (point.x * 1e-3 - 0.5, point.y * 1e9);
    }
    check(&scatter_figure(&long).unwrap());
}
