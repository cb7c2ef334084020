//! Log-log figures: points stand where their logarithms say, and what has no logarithm is refused.

use crate::{attribute, of_class, points, texts};
use braggscape_report::{LogLogFigure, ReportError, Series, SeriesStyle, log_log_figure};
use roxmltree::{Document, Node};

/// Series that grow as the square, a hundred times apart, and a law.
pub(crate) fn example(n_series: usize, n_points: usize) -> LogLogFigure {
    let power = |factor: f64, n: usize| -> Vec<[f64; 2]> {
        (0..n).map(|i| 3.0 * 10f64.powi(i as i32)).map(|x| [x, factor * x * x]).collect()
    };
    let series = |k: usize| Series {
        label: format!("kernel {k}"),
        points: power(1e-9 * 100f64.powi(k as i32), n_points),
        style: SeriesStyle::Markers,
    };
    let guide = Series {
        label: "quadratic".to_owned(),
        points: power(1e-8, n_points),
        style: SeriesStyle::Guide,
    };
    LogLogFigure {
        title: "Growth of the cost".to_owned(),
        x_label: "atoms".to_owned(),
        y_label: "time (s)".to_owned(),
        series: (0..n_series).map(series).chain([guide]).collect(),
    }
}

/// The middle of a marker's corners: of the square exactly, of the others within a pixel.
fn middle(marker: &Node<'_, '_>) -> [f64; 2] {
    let corners = points(marker);
    [0, 1].map(|axis| corners.iter().map(|p| p[axis]).sum::<f64>() / corners.len() as f64)
}

#[test]
fn points_stand_at_their_logarithms() {
    let svg = log_log_figure(&example(1, 5)).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let tick = |class: &str, label: &str, name: &str| {
        let found = of_class(&doc, class).into_iter().find(|n| n.text() == Some(label));
        attribute(&found.unwrap(), name)
    };
    // The labels give the axes: pixels of two powers of ten.
    let x_unit = tick("x-tick", "10²", "x") - tick("x-tick", "10¹", "x");
    let y_unit = (tick("y-tick", "10⁻²", "y") - tick("y-tick", "10⁻⁴", "y")) / 2.0;
    let markers = of_class(&doc, "marker");
    assert_eq!(markers.len(), 5);
    for (i, marker) in markers.iter().enumerate() {
        let x = 3.0 * 10f64.powi(i as i32);
        let expected = [
            tick("x-tick", "10¹", "x") + x_unit * (x.log10() - 1.0),
            tick("y-tick", "10⁻⁴", "y") - 4.2 + y_unit * ((1e-9 * x * x).log10() + 4.0),
        ];
        let at = middle(marker);
        for axis in 0..2 {
            assert!((at[axis] - expected[axis]).abs() < 0.1, "{at:?} is not {expected:?}");
        }
    }
    // The law stands ten times above.
    let guide = points(&of_class(&doc, "guide")[0]);
    assert!((guide[2][1] - middle(&markers[2])[1] - y_unit).abs() < 0.1);
}

#[test]
fn everything_is_inside_the_frame_and_tells_series_apart() {
    let svg = log_log_figure(&example(6, 8)).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let frame = &of_class(&doc, "frame")[0];
    let [x, y, w, h] = ["x", "y", "width", "height"].map(|name| attribute(frame, name));
    for node in of_class(&doc, "marker").iter().chain(&of_class(&doc, "guide")) {
        for p in points(node) {
            assert!((x..x + w).contains(&p[0]) && (y..y + h).contains(&p[1]), "{p:?}");
        }
    }
    let groups = of_class(&doc, "series");
    let look = |group: &Node<'_, '_>| {
        let marker = group.first_element_child().unwrap();
        (marker.attribute("fill").unwrap().to_owned(), points(&marker).len())
    };
    let colours: Vec<String> = groups.iter().map(|g| look(g).0).collect();
    for (i, colour) in colours.iter().enumerate() {
        assert!(!colours[..i].contains(colour), "series {i} repeats {colour}");
    }
    assert_ne!(look(&groups[0]).1, look(&groups[1]).1);
}

#[test]
fn labels_and_units_are_there() {
    let mut figure = example(2, 3);
    figure.series[0].label = "a < b & \"c\"".to_owned();
    figure.series[1].label = String::new();
    let svg = log_log_figure(&figure).unwrap();
    let texts = texts(&Document::parse(&svg).unwrap());
    for word in ["a < b & \"c\"", "quadratic", "atoms", "time (s)", "Growth of the cost", "10²"] {
        assert!(texts.iter().any(|t| t == word), "`{word}` is missing among {texts:?}");
    }
    assert!(!texts.iter().any(|t| t.starts_with("kernel") || t.is_empty()));
    assert_eq!(svg, log_log_figure(&figure).unwrap());
}

#[test]
fn a_single_point_is_drawn() {
    let svg = log_log_figure(&example(1, 1)).unwrap();
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    let doc = Document::parse(&svg).unwrap();
    assert!(!of_class(&doc, "x-tick").is_empty() && !of_class(&doc, "y-tick").is_empty());
}

#[test]
fn what_has_no_logarithm_is_refused() {
    let empty = log_log_figure(&LogLogFigure::default());
    assert!(matches!(empty, Err(ReportError::Empty { .. })));
    let message = |value: f64, axis: usize| {
        let mut figure = example(1, 3);
        figure.series[0].points[2][axis] = value;
        log_log_figure(&figure).unwrap_err().to_string()
    };
    assert_eq!(message(0.0, 0), "x 2 of `kernel 0` is 0, expected a positive number");
    assert_eq!(message(-1.5, 1), "y 2 of `kernel 0` is -1.5, expected a positive number");
    assert_eq!(message(f64::NAN, 1), "y 2 of `kernel 0` is NaN, expected a finite number");
    assert_eq!(message(f64::INFINITY, 0), "x 2 of `kernel 0` is inf, expected a finite number");
}
