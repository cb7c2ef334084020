//! Rates of many arms: each at its place in its cell, rows and columns apart, blocks side by side where they fit.

use crate::{attribute, of_class, texts};
use braggscape_report::{
    Rate, RateBlock, RateColumn, RateGridFigure, RateRow, ReportError, rate_grid_figure,
};
use roxmltree::{Document, Node};

/// A block with rates that differ everywhere; the last arm is missing in the first column.
fn block(title: &str, n_columns: usize, arms: &[&str]) -> RateBlock {
    let rate = |value: f64| Rate { value, low: value * 0.9, high: value * 0.8 + 0.2 };
    let column = |c: usize| RateColumn {
        label: format!("strain 0.{c}5"),
        noop: Some(0.9 / (1.0 + 2.0 * c as f64)),
        noop_strict: Some(0.1 / (1.0 + c as f64)),
        rows: arms
            .iter()
            .enumerate()
            .filter(|(a, _)| c > 0 || arms.len() == 1 || a + 1 < arms.len())
            .map(|(a, arm)| RateRow {
                arm: (*arm).to_owned(),
                n: 50,
                matched: rate((1.0 - 0.13 * c as f64 - 0.07 * a as f64).max(0.0)),
                strict: rate((0.8 - 0.11 * c as f64 - 0.08 * a as f64).max(0.0)),
            })
            .collect(),
    };
    RateBlock { title: title.to_owned(), columns: (0..n_columns).map(column).collect() }
}

pub(crate) fn example() -> RateGridFigure {
    let arms = ["descend", "descend in true family", "graduated", "certified-restarts", "snap"];
    let long = "a strategy whose name is much longer than any column could hold in one line";
    RateGridFigure {
        title: "Recovery".to_owned(),
        blocks: vec![
            block("Random strain", 5, &arms),
            block("Strain and displacements of another study", 1, &arms[..2]),
            block("One", 1, &[long]),
            block("Sites", 1, &arms),
            block("Counts", 3, &arms),
        ],
        ..RateGridFigure::default()
    }
}

fn middle(node: &Node<'_, '_>) -> [f64; 2] {
    if node.has_tag_name("circle") {
        return [attribute(node, "cx"), attribute(node, "cy")];
    }
    let [x, y, w, h] = ["x", "y", "width", "height"].map(|name| attribute(node, name));
    [x + w / 2.0, y + h / 2.0]
}

#[test]
fn everything_stands_at_its_rate() {
    let figure = RateGridFigure { blocks: vec![example().blocks.remove(0)], ..example() };
    let svg = rate_grid_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    // Coordinates are written to a hundredth of a pixel, and a middle is the mean of two.
    let close = |a: f64, b: f64| assert!((a - b).abs() < 0.02, "{a} is not {b}");
    let frames = of_class(&doc, "frame");
    let [dots, squares, bars, cells] =
        ["matched", "strict", "interval", "cell"].map(|class| of_class(&doc, class));
    let labels = of_class(&doc, "arm");
    assert_eq!((frames.len(), dots.len(), bars.len(), labels.len()), (5, 24, 48, 5));
    let mut at = 0;
    for (frame, column) in frames.iter().zip(&figure.blocks[0].columns) {
        let x = |rate: f64| attribute(frame, "x") + rate * attribute(frame, "width");
        for row in &column.rows {
            let label = labels.iter().find(|n| n.text() == Some(&row.arm)).unwrap();
            let marks = [(&dots[at], row.matched), (&squares[at], row.strict)];
            for (lane, (mark, rate)) in marks.into_iter().enumerate() {
                let [mark_x, mark_y] = middle(mark);
                close(mark_x, x(rate.value));
                let bar = &bars[2 * at + lane];
                close(attribute(bar, "x1"), x(rate.low));
                close(attribute(bar, "x2"), x(rate.high));
                close(attribute(bar, "y1"), mark_y);
                // In the row of its label, whose letters stand on a line below the middle.
                assert!((mark_y - attribute(label, "y")).abs() < 10.0);
            }
            assert!(middle(&dots[at])[1] < middle(&squares[at])[1]);
            let tip = cells[at].first_element_child().unwrap().text().unwrap();
            let start =
                format!("{} at {}: match {:.3} (", row.arm, column.label, row.matched.value);
            assert!(tip.starts_with(&start) && tip.ends_with("n = 50"), "{tip}");
            at += 1;
        }
    }
    for (class, rates) in [
        ("noop", figure.blocks[0].columns.iter().map(|c| c.noop).collect::<Vec<_>>()),
        ("noop-strict", figure.blocks[0].columns.iter().map(|c| c.noop_strict).collect()),
    ] {
        let lines = of_class(&doc, class);
        assert_eq!(lines.len(), 5);
        for ((line, frame), rate) in lines.iter().zip(&frames).zip(rates) {
            let x = attribute(frame, "x") + rate.unwrap() * attribute(frame, "width");
            close(attribute(line, "x1"), x);
            close(attribute(line, "x2"), x);
        }
    }
}

#[test]
fn frames_stay_apart_and_inside() {
    let svg = rate_grid_figure(&example()).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let root = doc.root_element();
    let boxes: Vec<[f64; 4]> = of_class(&doc, "frame")
        .iter()
        .map(|f| {
            let [x, y, w, h] = ["x", "y", "width", "height"].map(|name| attribute(f, name));
            [x, x + w, y, y + h]
        })
        .collect();
    assert_eq!(boxes.len(), 11);
    for (i, a) in boxes.iter().enumerate() {
        assert!(a[0] > 0.0 && a[1] < attribute(&root, "width") - 4.0, "{a:?}");
        assert!(a[2] > 0.0 && a[3] < attribute(&root, "height") - 30.0, "{a:?}");
        for b in &boxes[..i] {
            let apart = a[0] > b[1] + 5.0 || b[0] > a[1] + 5.0 || a[2] > b[3] || b[2] > a[3];
            assert!(apart, "{a:?} {b:?}");
        }
    }
    // Small blocks stand side by side.
    let mut tops: Vec<f64> = boxes.iter().map(|b| b[2]).collect();
    tops.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
    assert!(tops.len() < 5, "{tops:?}");
}

#[test]
fn every_label_is_there_whatever_its_characters() {
    let mut figure = example();
    figure.blocks.truncate(1);
    figure.blocks[0].title = "T&T <svg>".to_owned();
    figure.blocks[0].columns[0].label = "'0.05'".to_owned();
    figure.blocks[0].columns[1].rows[4].n = 7;
    let svg = rate_grid_figure(&figure).unwrap();
    let texts = texts(&Document::parse(&svg).unwrap());
    for word in [
        "Recovery",
        "T&T <svg>",
        "'0.05'",
        "strain 0.15",
        "descend in true family",
        "match",
        "strict recovery",
        "unrefined start matches",
        "unrefined start strict",
        "bars: 95 % Jeffreys interval; n = 7 to 50 for each",
        "0.5",
    ] {
        assert!(texts.iter().any(|t| t == word), "`{word}` is missing among {texts:?}");
    }
}

/// A change of the second column is refused with these words.
#[track_caller]
fn check_refused(change: fn(&mut RateColumn), says: &str) {
    let mut figure = example();
    change(&mut figure.blocks[0].columns[1]);
    let message = rate_grid_figure(&figure).unwrap_err().to_string();
    assert!(message.starts_with(says) && message.contains("strain 0.15"), "{message}");
}

#[test]
fn numbers_that_are_no_rates_are_refused() {
    let empty = RateGridFigure { blocks: vec![RateBlock::default()], ..example() };
    assert!(matches!(rate_grid_figure(&empty), Err(ReportError::Empty { .. })));
    check_refused(|c| c.rows[2].matched.value = 1.01, "match rate of `graduated`");
    check_refused(|c| c.rows[2].strict.value = f64::NAN, "strict rate of `graduated`");
    check_refused(|c| c.rows[0].strict.low = -0.1, "lower end of the interval of `descend`");
    check_refused(|c| c.rows[0].matched.high = 1.1, "upper end of the interval of `descend`");
    check_refused(|c| c.noop = Some(2.0), "no-op rate");
    check_refused(|c| c.noop_strict = Some(-1.0), "strict no-op rate");
    check_refused(
        |c| c.rows[1].arm = "snap".to_owned(),
        "the group `strain 0.15` has two bars of arm `snap`",
    );
}
