//! Clouds of points: each at its place, matches told from the rest, one vertical axis for all.

use crate::{attribute, of_class, texts};
use braggscape_report::scatter_figure;
use braggscape_report::{ReportError, ScatterFigure, ScatterPanel, ScatterPoint, ScatterScale};
use roxmltree::{Document, Node};

/// Panels of points that fill the plane evenly: multiples of irrational numbers, without their whole parts.
pub(crate) fn example(n_panels: usize, n_points: usize) -> ScatterFigure {
    let arms = ["mse", "entropy", "xcorr", "cosine", "cosine + projection", "none"];
    let panel = |k: usize| {
        let point = |i: usize| {
            let [u, v] = [0.618034, 0.414214].map(|x: f64| (x * (i + k) as f64).fract());
            ScatterPoint {
                x: u * 0.9 + 0.05 * k as f64,
                y: 3.0 * v * v * (1.0 - 0.4 * u),
                matched: v < 0.3,
            }
        };
        ScatterPanel {
            title: arms[k % arms.len()].to_owned(),
            statistics: "MI 0.20, Pearson −0.12, Spearman −0.30".to_owned(),
            x_label: format!("{} similarity", arms[k % arms.len()]),
            points: (0..n_points).map(point).collect(),
        }
    };
    ScatterFigure {
        title: "Structure against pattern after strain 0.1".to_owned(),
        panels: (0..n_panels).map(panel).collect(),
        ..ScatterFigure::default()
    }
}

/// Pixel of a value, from two labelled ticks of a class; `shift` is that of the text from its tick.
fn pixel(
    ticks: &[Node<'_, '_>],
    name: &str,
    shift: f64,
    value: fn(&str) -> f64,
) -> impl Fn(f64) -> f64 + use<> {
    let read = |n: &Node<'_, '_>| (value(n.text().unwrap()), attribute(n, name) - shift);
    let ((v0, p0), (v1, p1)) = (read(&ticks[0]), read(&ticks[ticks.len() - 1]));
    move |v| p0 + (v - v0) / (v1 - v0) * (p1 - p0)
}

fn number(text: &str) -> f64 {
    text.replace('−', "-").parse().unwrap()
}

/// The middle of a dot or a cross.
fn middle(node: &Node<'_, '_>) -> [f64; 2] {
    if node.has_tag_name("circle") {
        return [attribute(node, "cx"), attribute(node, "cy")];
    }
    let d = node.attribute("d").unwrap().replace(['M', 'L'], " ");
    let numbers: Vec<f64> = d.split_whitespace().map(|v| v.parse().unwrap()).collect();
    [f64::midpoint(numbers[0], numbers[2]), f64::midpoint(numbers[1], numbers[3])]
}

#[test]
fn points_stand_where_their_axes_say() {
    let figure = example(1, 60);
    let svg = scatter_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let x = pixel(&of_class(&doc, "x-tick"), "x", 0.0, number);
    let y = pixel(&of_class(&doc, "y-tick"), "y", 4.0, number);
    for (class, matched) in [("matched", true), ("unmatched", false)] {
        let expected: Vec<&ScatterPoint> =
            figure.panels[0].points.iter().filter(|p| p.matched == matched).collect();
        let found = of_class(&doc, class);
        assert_eq!(found.len(), expected.len());
        assert!(!found.is_empty());
        for (node, point) in found.iter().zip(expected) {
            let at = middle(node);
            let place = [x(point.x), y(point.y)];
            assert!((0..2).all(|k| (at[k] - place[k]).abs() < 0.05), "{at:?} is not {place:?}");
        }
    }
}

#[test]
fn a_logarithmic_axis_has_a_floor() {
    let mut figure = example(1, 40);
    figure.y_scale = ScatterScale::Logarithmic { floor: 1e-3 };
    let values = [0.0, 1e-9, 1e-3, 0.1, 10.0];
    let points = &mut figure.panels[0].points;
    for (point, y) in points.iter_mut().zip(values) {
        *point = ScatterPoint { x: 0.5, y, matched: true };
    }
    points.truncate(5);
    let svg = scatter_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let power = |text: &str| {
        let digits: String = text.chars().skip(2).collect();
        let digits = digits.replace('⁻', "-").replace('⁰', "0").replace('¹', "1");
        number(&digits.replace('²', "2").replace('³', "3"))
    };
    let y = pixel(&of_class(&doc, "y-tick"), "y", 4.0, power);
    let found: Vec<f64> = of_class(&doc, "matched").iter().map(|n| middle(n)[1]).collect();
    for (at, exponent) in found.iter().zip([-3.0, -3.0, -3.0, -1.0, 1.0]) {
        assert!((at - y(exponent)).abs() < 0.05, "{at} is not at 10^{exponent}");
    }
    assert_eq!(of_class(&doc, "floor").len(), 1);
    assert!(texts(&doc).contains(&"10⁻³ or less".to_owned()));
}

#[test]
fn panels_share_the_vertical_axis_and_stay_in_their_frames() {
    let figure = example(6, 500);
    let svg = scatter_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let frames: Vec<[f64; 4]> = of_class(&doc, "frame")
        .iter()
        .map(|n| ["x", "y", "width", "height"].map(|name| attribute(n, name)))
        .collect();
    assert_eq!(frames.len(), 6);
    // Three a row: the tops of a row agree.
    assert!((frames[0][1] - frames[2][1]).abs() < 1e-9 && frames[3][1] > frames[0][1] + 200.0);
    // Two groups a panel, the rest before the matches.
    let groups = of_class(&doc, "points");
    assert_eq!(groups.len(), 12);
    let mut n_points = 0;
    for (i, group) in groups.iter().enumerate() {
        let [x, y, width, height] = frames[i / 2];
        for node in group.children().filter(Node::is_element) {
            let [u, v] = middle(&node);
            assert!((x..x + width).contains(&u) && (y..y + height).contains(&v));
            n_points += 1;
        }
    }
    assert_eq!(n_points, 3000);
    assert_eq!(svg, scatter_figure(&figure).unwrap());
}

#[test]
fn one_point_equal_points_and_empty_panels_are_drawn() {
    let mut figure = example(2, 1);
    figure.panels[1].points.clear();
    figure.columns = 0;
    for y in [0.0, 2.5, -1.0, 1e12] {
        figure.panels[0].points[0].y = y;
        let svg = scatter_figure(&figure).unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
    figure.y_scale = ScatterScale::Logarithmic { floor: 1e-6 };
    let svg = scatter_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    assert!(of_class(&doc, "y-tick").len() > 1);
}

#[test]
fn hostile_strings_are_escaped() {
    let mut figure = example(3, 10);
    let bad = "</text><script>x</script> & \"\u{2}'".to_owned();
    (figure.title, figure.y_label) = (bad.clone(), bad.clone());
    figure.labels = [bad.clone(), bad.clone()];
    for panel in &mut figure.panels {
        (panel.title, panel.statistics, panel.x_label) = (bad.clone(), bad.clone(), bad.clone());
    }
    let svg = scatter_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    assert!(!doc.descendants().any(|n| n.has_tag_name("script")));
    let start = texts(&doc).iter().filter(|t| t.starts_with("</text><script>x</script>")).count();
    assert!(start >= 4, "{start} of the texts are whole");
}

#[test]
fn bad_points_are_refused() {
    assert!(matches!(scatter_figure(&ScatterFigure::default()), Err(ReportError::Empty { .. })));
    assert!(matches!(scatter_figure(&example(3, 0)), Err(ReportError::Empty { .. })));
    let mut figure = example(2, 5);
    figure.panels[1].points[3].x = f64::NAN;
    let message = scatter_figure(&figure).unwrap_err().to_string();
    assert_eq!(message, "x 3 of `entropy` is NaN, expected a finite number");
    let floor = |floor| {
        let y_scale = ScatterScale::Logarithmic { floor };
        scatter_figure(&ScatterFigure { y_scale, ..example(1, 5) }).unwrap_err().to_string()
    };
    let expected = "floor 0 of `PDD earth mover's distance (Å)` is 0, expected a positive number";
    assert_eq!(floor(0.0), expected);
    assert!(floor(f64::INFINITY).ends_with("is inf, expected a finite number"));
}
