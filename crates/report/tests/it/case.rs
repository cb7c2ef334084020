//! Cases: cells beside patterns, each over the reference, with verdicts in words and signs.

use crate::{attribute, of_class, points, texts};
use braggscape_crystal::study_crystal;
use braggscape_report::{CaseFigure, CasePanel, CellDrawing, Reflection, ReportError, Trace};
use braggscape_report::{case_figure, miller_text};
use roxmltree::{Document, Node};

/// Angles, heights and indices of the peaks of each state.
const PEAKS: [(f64, f64, [i32; 3]); 9] = [
    (16.1, 900.0, [0, 0, 1]),
    (36.8, 410.0, [3, 1, 1]),
    (37.0, 300.0, [-3, 1, 1]),
    (38.2, 120.0, [6, 0, -2]),
    (41.9, 260.0, [-6, 0, 2]),
    (44.6, 620.0, [11, 1, 0]),
    (58.0, 15.0, [12, 0, 2]),
    (64.7, 180.0, [0, 2, 0]),
    (84.9, 33.0, [-9, 1, 3]),
];

fn state(label: &str, idx: usize, n_points: usize) -> CasePanel {
    let crystal = study_crystal("Na3MnCoNiO6").unwrap();
    let drawing = CellDrawing::from_structure(crystal.formula, &crystal.structure());
    let shift = 0.7 * idx as f64;
    let two_theta: Vec<f64> =
        (0..n_points).map(|i| 10.0 + 80.0 * i as f64 / (n_points - 1) as f64).collect();
    let at = |t: &f64| -> f64 {
        PEAKS.iter().map(|(c, h, _)| h * (-((t - c - shift) / 0.2).powi(2)).exp()).sum()
    };
    let intensity = two_theta.iter().map(at).collect();
    let reflections = PEAKS.iter().map(|(two_theta, intensity, hkl)| Reflection {
        two_theta: two_theta + shift,
        intensity: *intensity,
        label: miller_text(*hkl),
    });
    let matched = [None, Some(false), Some(false), Some(true)][idx];
    let status = ["", "cosine 0.20, no match", "cosine 0.74, no match", "cosine 0.57, match"][idx];
    CasePanel {
        label: label.to_owned(),
        drawing,
        caption: vec!["a = 15.665 Å, b = 3.029 Å, c = 5.637 Å, β = 107.85°".to_owned()],
        two_theta,
        intensity,
        reflections: reflections.collect(),
        status: status.to_owned(),
        matched,
    }
}

/// Four states of a crystal of the study.
pub(crate) fn example(n_points: usize) -> CaseFigure {
    let labels = ["truth", "distorted start", "free result", "projected result"];
    let panels: Vec<CasePanel> =
        labels.iter().enumerate().map(|(i, label)| state(label, i, n_points)).collect();
    let reference = Trace {
        label: "pattern of the truth".to_owned(),
        two_theta: panels[0].two_theta.clone(),
        intensity: panels[0].intensity.clone(),
    };
    let title = "Na₃MnCoNiO₆ after strain 0.1".to_owned();
    CaseFigure { title, reference: Some(reference), panels, ..CaseFigure::default() }
}

fn frames(doc: &Document<'_>) -> Vec<[f64; 4]> {
    let at = |n: &Node<'_, '_>| ["x", "y", "width", "height"].map(|name| attribute(n, name));
    of_class(doc, "frame").iter().map(at).collect()
}

#[test]
fn each_state_has_a_cell_a_pattern_and_a_verdict() {
    let svg = case_figure(&example(801)).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let count = |class| of_class(&doc, class).len();
    assert_eq!(["cell", "trace", "reference", "frame"].map(count), [4; 4]);
    assert_eq!(["match", "no-match"].map(count), [1, 2]);
    let texts = texts(&doc);
    for word in [
        "cosine 0.57, match",
        "cosine 0.74, no match",
        "distorted start",
        "pattern of the truth",
        "2θ (°)",
        "6\u{304}02",
        "11 1 0",
    ] {
        assert!(texts.iter().any(|t| t == word), "`{word}` is missing among {texts:?}");
    }
    assert_eq!(svg, case_figure(&example(801)).unwrap());
}

#[test]
fn patterns_are_divided_by_their_greatest_intensity() {
    let mut figure = example(801);
    // Counts of another measurement time change nothing.
    let before = case_figure(&figure).unwrap();
    figure.panels[2].intensity.iter_mut().for_each(|i| *i *= 1024.0);
    assert_eq!(before, case_figure(&figure).unwrap());
    let doc = Document::parse(&before).unwrap();
    for (i, [x, y, width, height]) in frames(&doc).into_iter().enumerate() {
        let trace = points(&of_class(&doc, "trace")[i]);
        let peak = trace.iter().min_by(|p, q| p[1].total_cmp(&q[1])).unwrap();
        // The strongest peak stands at its angle, and all traces reach equally far below their frames' tops.
        let expected = x + width * (PEAKS[0].0 + 0.7 * i as f64 - 10.0) / 80.0;
        assert!((peak[0] - expected).abs() < width / 800.0, "{peak:?} is not at {expected}");
        let first = points(&of_class(&doc, "trace")[0]);
        let top = first.iter().map(|p| p[1]).fold(f64::MAX, f64::min) - frames(&doc)[0][1];
        assert!((peak[1] - y - top).abs() < 0.6);
        assert!(trace.iter().all(|p| p[1] > y && p[1] < y + height));
    }
}

#[test]
fn a_state_like_the_reference_lies_on_it() {
    let svg = case_figure(&example(801)).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let trace = points(&of_class(&doc, "trace")[0]);
    let reference = points(&of_class(&doc, "reference")[0]);
    assert_eq!(trace[..], reference[..trace.len()]);
}

#[test]
fn stronger_reflections_win_and_weak_ones_are_not_named() {
    let svg = case_figure(&example(801)).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let [_, y, _, height] = frames(&doc)[0];
    let inside = |n: &Node<'_, '_>| (y..y + height).contains(&attribute(n, "y"));
    let labels: Vec<&str> =
        of_class(&doc, "hkl").into_iter().filter(inside).filter_map(|n| n.text()).collect();
    // 3̄11 and 602̄ are too near to the stronger 311, and 12 0 2 is below 3 % of 001.
    let expected = ["001", "11 1 0", "311", "6\u{304}02", "020", "9\u{304}13"];
    assert_eq!(labels, expected);
}

#[test]
fn labels_stand_over_their_peaks() {
    let svg = case_figure(&example(801)).unwrap();
    let doc = Document::parse(&svg).unwrap();
    for (trace, [_, y, _, height]) in of_class(&doc, "trace").iter().zip(frames(&doc)) {
        let trace = points(trace);
        let labels = of_class(&doc, "hkl");
        let mine = labels.iter().filter(|n| (y..y + height).contains(&attribute(n, "y")));
        for label in mine {
            let at = attribute(label, "x") - 3.6;
            let near = trace.iter().filter(|p| (p[0] - at).abs() < 5.0);
            let highest = near.map(|p| p[1]).fold(f64::MAX, f64::min);
            assert!(attribute(label, "y") < highest, "{:?}", label.text());
        }
    }
}

#[test]
fn single_points_flat_patterns_and_missing_parts_are_drawn() {
    let mut figure = example(11);
    figure.reference = None;
    figure.title = String::new();
    figure.panels.truncate(2);
    figure.panels[0].intensity.fill(0.0);
    (figure.panels[1].two_theta, figure.panels[1].intensity) = (vec![40.0], vec![-1.0]);
    figure.panels[1].caption.clear();
    let svg = case_figure(&figure).unwrap();
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    let doc = Document::parse(&svg).unwrap();
    assert!(of_class(&doc, "reference").is_empty());
    assert_eq!(of_class(&doc, "frame").len(), 2);
}

#[test]
fn hostile_strings_are_escaped() {
    let mut figure = example(101);
    let bad = "</text><script>x</script> & \"\u{2}'".to_owned();
    (figure.title, figure.x_label, figure.y_label) = (bad.clone(), bad.clone(), bad.clone());
    for panel in &mut figure.panels {
        (panel.label, panel.status) = (bad.clone(), bad.clone());
        panel.caption = vec![bad.clone()];
        panel.reflections[0].label = bad.clone();
    }
    let svg = case_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    assert!(!doc.descendants().any(|n| n.has_tag_name("script")));
}

#[test]
fn bad_cases_are_refused() {
    assert!(matches!(case_figure(&CaseFigure::default()), Err(ReportError::Empty { .. })));
    let message = |change: &dyn Fn(&mut CaseFigure)| {
        let mut figure = example(101);
        change(&mut figure);
        case_figure(&figure).unwrap_err().to_string()
    };
    assert_eq!(
        message(&|f| f.panels[1].intensity.truncate(3)),
        "trace `distorted start` has 101 angles and 3 intensities, expected equal counts"
    );
    assert_eq!(
        message(&|f| f.panels[2].intensity[7] = f64::INFINITY),
        "intensity 7 of `free result` is inf, expected a finite number"
    );
    assert_eq!(
        message(&|f| f.panels[0].reflections[1].two_theta = f64::NAN),
        "angle of reflection 1 of `truth` is NaN, expected a finite number"
    );
    assert_eq!(
        message(&|f| f.reference = Some(Trace { label: "none".to_owned(), ..Trace::default() })),
        "the figure `none` has no data"
    );
    assert_eq!(
        message(&|f| f.panels[3].drawing.atomic_numbers.truncate(2)),
        "the cell `Na3MnCoNiO6` has 2 atomic numbers and 24 coordinates, expected equal counts"
    );
}
