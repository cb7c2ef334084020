//! Patterns: the peaks stand at their angles, the labels over them.

use crate::{attribute, of_class, points, texts};
use braggscape_report::{Layout, PatternFigure, Reflection, ReportError, Trace, pattern_figure};
use roxmltree::Document;

/// Peaks on an axis from 10 to 90 degrees.
pub(crate) fn example(n_points: usize, n_traces: usize) -> PatternFigure {
    let peaks: [(f64, f64, &str); 7] = [
        (28.4, 100.0, "111"),
        (47.3, 60.0, "220"),
        (56.1, 35.0, "311"),
        (56.6, 20.0, "222"),
        (69.1, 8.0, "400"),
        (76.4, 12.0, "331"),
        (88.0, 16.0, "42\u{305}2"),
    ];
    let two_theta: Vec<f64> =
        (0..n_points).map(|i| 10.0 + 80.0 * i as f64 / (n_points - 1) as f64).collect();
    let at = |t: f64, shift: f64| -> f64 {
        peaks.iter().map(|(c, h, _)| h * (-((t - c - shift) / 0.25).powi(2)).exp()).sum()
    };
    let trace = |k: usize| Trace {
        label: format!("pattern {k}"),
        two_theta: two_theta.clone(),
        intensity: two_theta.iter().map(|t| at(*t, 0.8 * k as f64)).collect(),
    };
    let reflection = |(two_theta, intensity, label): &(f64, f64, &str)| Reflection {
        two_theta: *two_theta,
        intensity: *intensity,
        label: (*label).to_owned(),
    };
    PatternFigure {
        title: "Silicon, Cu Kα".to_owned(),
        traces: (0..n_traces).map(trace).collect(),
        reflections: peaks.iter().map(reflection).collect(),
        ..PatternFigure::default()
    }
}

#[track_caller]
fn check_peak(n_points: usize) {
    let svg = pattern_figure(&example(n_points, 1)).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let trace = points(&of_class(&doc, "trace")[0]);
    let top = trace.iter().min_by(|a, b| a[1].total_cmp(&b[1])).unwrap();
    let tick = &of_class(&doc, "reflection")[0];
    // The highest point of the curve is over the tick of the strongest reflection, within one step of the axis.
    assert!((top[0] - attribute(tick, "x1")).abs() < 1.0, "{top:?}");
    let label = of_class(&doc, "hkl").into_iter().find(|n| n.text() == Some("111")).unwrap();
    assert!(attribute(&label, "y") < top[1]);
    let frame = &of_class(&doc, "frame")[0];
    let (y, h) = (attribute(frame, "y"), attribute(frame, "height"));
    assert!(trace.iter().all(|p| p[1] > y && p[1] < y + h));
}

#[test]
fn peaks_stand_over_their_ticks() {
    check_peak(801);
    // More points than are drawn: the highest of each half pixel stay.
    check_peak(80_001);
}

#[test]
fn dense_patterns_are_thinned() {
    let svg = pattern_figure(&example(80_001, 1)).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let trace = points(&of_class(&doc, "trace")[0]);
    assert!(trace.len() < 2_800 && trace.len() > 1_300, "{} points", trace.len());
}

#[test]
fn crowded_labels_give_way_to_the_stronger() {
    let svg = pattern_figure(&example(801, 1)).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let labels: Vec<_> = of_class(&doc, "hkl").iter().filter_map(roxmltree::Node::text).collect();
    assert!(labels.contains(&"311") && !labels.contains(&"222"), "{labels:?}");
    assert_eq!(of_class(&doc, "reflection").len(), 7);
}

#[test]
fn stacked_traces_do_not_touch() {
    let figure = PatternFigure { layout: Layout::Stacked, ..example(801, 3) };
    let svg = pattern_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let traces = of_class(&doc, "trace");
    let span = |i: usize| {
        let ys: Vec<f64> = points(&traces[i]).iter().map(|p| p[1]).collect();
        (ys.iter().copied().fold(f64::MAX, f64::min), ys.iter().copied().fold(f64::MIN, f64::max))
    };
    assert!(span(0).1 < span(1).0 && span(1).1 < span(2).0);
}

#[test]
fn labels_are_there() {
    let mut figure = example(101, 2);
    figure.traces[0].label = "<obs> & \u{7}".to_owned();
    let svg = pattern_figure(&figure).unwrap();
    let texts = texts(&Document::parse(&svg).unwrap());
    for word in [
        "<obs> & \u{fffd}",
        "pattern 1",
        "2θ (°)",
        "intensity (arb. units)",
        "Silicon, Cu Kα",
        "50",
    ] {
        assert!(texts.iter().any(|t| t == word), "`{word}` is missing among {texts:?}");
    }
    assert_eq!(svg, pattern_figure(&figure).unwrap());
}

#[test]
fn a_flat_pattern_and_a_single_point_are_drawn() {
    for (two_theta, intensity) in [(vec![10.0, 20.0], vec![0.0, 0.0]), (vec![10.0], vec![3.0])] {
        let trace = Trace { label: String::new(), two_theta, intensity };
        let figure = PatternFigure { traces: vec![trace], ..PatternFigure::default() };
        let svg = pattern_figure(&figure).unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}

#[test]
fn bad_patterns_are_refused() {
    let empty = pattern_figure(&PatternFigure::default());
    assert!(matches!(empty, Err(ReportError::Empty { .. })));
    let mut figure = example(11, 1);
    figure.traces[0].intensity[3] = f64::NAN;
    let message = pattern_figure(&figure).unwrap_err().to_string();
    assert_eq!(message, "intensity 3 of `pattern 0` is NaN, expected a finite number");
    figure.traces[0].intensity.pop();
    let message = pattern_figure(&figure).unwrap_err().to_string();
    assert_eq!(
        message,
        "trace `pattern 0` has 11 angles and 10 intensities, expected equal counts"
    );
}
