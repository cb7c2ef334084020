//! Bars, whiskers and markers stand where their numbers say.

use crate::{attribute, of_class, points, texts};
use braggscape_record::Summary;
use braggscape_report::{
    Bar, Group, MatchRateFigure, ReportError, groups_by_noise_level, groups_by_structure,
    match_rate_figure,
};
use roxmltree::Document;

/// A figure with rates that differ everywhere.
pub(crate) fn example(n_groups: usize, arms: &[&str]) -> MatchRateFigure {
    let group = |g: usize| {
        let bar = |(a, arm): (usize, &&str)| {
            let rate = (1.0 - 0.9 * g as f64 / n_groups as f64 - 0.07 * a as f64).max(0.0);
            Bar {
                arm: (*arm).to_owned(),
                rate,
                low: (rate - 0.12).max(0.0),
                high: (rate + 0.08).min(1.0),
                strict_rate: Some(rate * 0.8),
                n: 50,
            }
        };
        Group {
            label: format!("0.{:02}", g * 5 + 1),
            noop_rate: Some(0.9 / (1.0 + 2.0 * g as f64)),
            bars: arms.iter().enumerate().map(bar).collect(),
        }
    };
    MatchRateFigure {
        title: "Recovery after random strain".to_owned(),
        x_label: "strain (fraction)".to_owned(),
        groups: (0..n_groups).map(group).collect(),
        ..MatchRateFigure::default()
    }
}

const ARMS: [&str; 5] = ["cosine", "mse", "entropy", "xcorr", "cosine + projection"];

/// Pixel of a rate, from the two ends of the axis: its grid lines at 0 and 1.
fn rate_axis(doc: &Document<'_>) -> impl Fn(f64) -> f64 {
    let grid = of_class(doc, "grid");
    let (zero, one) = (attribute(&grid[0], "y1"), attribute(&grid[5], "y1"));
    assert!(zero > one + 100.0);
    move |rate| zero + rate * (one - zero)
}

#[test]
fn everything_stands_at_its_rate() {
    let figure = example(5, &ARMS);
    let svg = match_rate_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let y = rate_axis(&doc);
    // Coordinates are written to a hundredth of a pixel.
    let close = |a: f64, b: f64| assert!((a - b).abs() < 0.011, "{a} is not {b}");
    let bars: Vec<&Bar> = figure.groups.iter().flat_map(|g| &g.bars).collect();
    let rects = of_class(&doc, "bar");
    let whiskers = of_class(&doc, "whisker");
    let strict = of_class(&doc, "strict");
    assert_eq!((rects.len(), whiskers.len(), strict.len()), (25, 25, 25));
    for (i, bar) in bars.iter().enumerate() {
        close(attribute(&rects[i], "y"), y(bar.rate));
        close(attribute(&rects[i], "height"), y(0.0) - y(bar.rate));
        let ends = points(&whiskers[i]);
        close(ends[0][1], y(bar.high));
        close(ends[5][1], y(bar.low));
        close(attribute(&strict[i], "y"), y(bar.strict_rate.unwrap()));
        close(attribute(&strict[i], "height"), y(0.0) - y(bar.strict_rate.unwrap()));
        assert_ne!(strict[i].attribute("fill"), rects[i].attribute("fill"));
        let middle = attribute(&rects[i], "x") + attribute(&rects[i], "width") / 2.0;
        close(ends[2][0], middle);
    }
    for (line, group) in of_class(&doc, "noop").iter().zip(&figure.groups) {
        close(attribute(line, "y1"), y(group.noop_rate.unwrap()));
        close(attribute(line, "y2"), y(group.noop_rate.unwrap()));
    }
}

#[track_caller]
fn check_inside_and_apart(figure: &MatchRateFigure) {
    let svg = match_rate_figure(figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let width = attribute(&doc.root_element(), "width");
    let rects = of_class(&doc, "bar");
    for pair in rects.windows(2) {
        let end = attribute(&pair[0], "x") + attribute(&pair[0], "width");
        assert!(end <= attribute(&pair[1], "x"), "bars overlap at {end}");
    }
    let (y_zero, y_one) = {
        let y = rate_axis(&doc);
        (y(0.0), y(1.0))
    };
    for whisker in of_class(&doc, "whisker") {
        for [x, y] in points(&whisker) {
            assert!(x > 0.0 && x < width && y <= y_zero + 0.01 && y >= y_one - 0.01);
        }
    }
    // Everything of the legend is above the plot.
    for label in of_class(&doc, "legend-label") {
        assert!(attribute(&label, "y") < y_one);
    }
}

#[test]
fn bars_stay_apart_and_inside() {
    check_inside_and_apart(&example(1, &ARMS[..1]));
    check_inside_and_apart(&example(5, &ARMS));
    check_inside_and_apart(&example(10, &ARMS[..2]));
    check_inside_and_apart(&example(10, &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]));
}

#[test]
fn every_label_is_there_whatever_its_characters() {
    let mut figure = example(2, &["a < b & \"c\"", "σ ≤ 0.5 Å"]);
    figure.groups[0].label = "'<tag>'".to_owned();
    figure.title = "T&T\u{0} <svg>".to_owned();
    let svg = match_rate_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let texts = texts(&doc);
    let expected = [
        "a < b & \"c\"",
        "σ ≤ 0.5 Å",
        "'<tag>'",
        "0.06",
        "T&T\u{fffd} <svg>",
        "strain (fraction)",
        "match rate",
        "solid part: strict recovery",
        "unrefined start",
        "whiskers: 95 % Jeffreys interval; n = 50 for each bar",
        "0.0",
        "0.2",
        "0.4",
        "0.6",
        "0.8",
        "1.0",
    ];
    for word in expected {
        assert!(texts.iter().any(|t| t == word), "`{word}` is missing among {texts:?}");
    }
}

#[test]
fn long_labels_are_turned_and_the_picture_grows() {
    let plain = match_rate_figure(&example(10, &ARMS)).unwrap();
    let mut figure = example(10, &ARMS);
    for group in &mut figure.groups {
        group.label = format!("Na3MnCoNiO6 {}", group.label);
    }
    let turned = match_rate_figure(&figure).unwrap();
    let (plain, turned) = (Document::parse(&plain).unwrap(), Document::parse(&turned).unwrap());
    let height = |doc: &Document<'_>| attribute(&doc.root_element(), "height");
    assert!(height(&turned) > height(&plain) + 20.0);
    assert!(of_class(&turned, "group-label").iter().all(|n| n.attribute("transform").is_some()));
    assert!(of_class(&plain, "group-label").iter().all(|n| n.attribute("transform").is_none()));
}

#[test]
fn same_data_same_bytes() {
    let figure = example(4, &ARMS);
    assert_eq!(match_rate_figure(&figure).unwrap(), match_rate_figure(&figure.clone()).unwrap());
}

#[test]
fn what_is_not_given_is_not_drawn() {
    let mut figure = example(2, &ARMS[..2]);
    for group in &mut figure.groups {
        group.noop_rate = None;
        group.bars.iter_mut().for_each(|b| b.strict_rate = None);
    }
    let svg = match_rate_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    assert!(of_class(&doc, "noop").is_empty() && of_class(&doc, "strict").is_empty());
    assert_eq!(of_class(&doc, "legend-label").len(), 2);
}

#[test]
fn an_arm_keeps_its_colour_and_place_where_others_are_missing() {
    let mut figure = example(2, &ARMS[..3]);
    figure.groups[1].bars.remove(0);
    let svg = match_rate_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let bars = of_class(&doc, "bar");
    assert_eq!(bars.len(), 5);
    let offset = |i: usize, j: usize| attribute(&bars[j], "x") - attribute(&bars[i], "x");
    assert_eq!(bars[1].attribute("fill"), bars[3].attribute("fill"));
    assert!((offset(1, 3) - offset(2, 4)).abs() < 0.011);
    assert_ne!(bars[0].attribute("fill"), bars[1].attribute("fill"));
}

#[test]
fn bad_numbers_are_refused() {
    let empty = match_rate_figure(&MatchRateFigure::default());
    assert!(matches!(empty, Err(ReportError::Empty { .. })));
    for (value, expected) in [
        (1.5, "match rate of `cosine` at `0.01` is 1.5, expected a fraction from 0 to 1"),
        (f64::NAN, "match rate of `cosine` at `0.01` is NaN, expected a fraction from 0 to 1"),
    ] {
        let mut figure = example(1, &ARMS[..1]);
        figure.groups[0].bars[0].rate = value;
        assert_eq!(match_rate_figure(&figure).unwrap_err().to_string(), expected);
    }
    let mut figure = example(1, &ARMS[..1]);
    let bar = figure.groups[0].bars[0].clone();
    figure.groups[0].bars.push(bar);
    assert!(matches!(match_rate_figure(&figure), Err(ReportError::DuplicateArm { .. })));
}

#[test]
fn summaries_become_groups() {
    let summary = |level, arm: &str, matched, noop_matched| Summary {
        structure: Some("Au2S".to_owned()),
        noise_level: level,
        arm: arm.to_owned(),
        n: 10,
        matched,
        noop_matched,
        strict: matched / 2,
        ..Summary::default()
    };
    let rows = [summary(0.01, "a", 9, 4), summary(0.1, "a", 3, 0), summary(0.01, "b", 10, 2)];
    let groups = groups_by_noise_level(&rows, |k, n| (0.0, (k + 1) as f64 / (n + 1) as f64));
    assert_eq!(groups.len(), 2);
    assert_eq!((groups[0].label.as_str(), groups[1].label.as_str()), ("0.01", "0.1"));
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-15, "{a} is not {b}");
    close(groups[0].noop_rate.unwrap(), 0.3);
    close(groups[0].bars[0].rate, 0.9);
    close(groups[0].bars[1].high, 1.0);
    close(groups[1].bars[0].strict_rate.unwrap(), 0.1);
    assert_eq!(groups_by_structure(&rows[..1], |_, _| (0.0, 1.0))[0].label, "Au2S");
    let none = Summary::default();
    assert!(groups_by_noise_level([&none], |_, _| (0.0, 1.0)).is_empty());
}
