//! Heat maps: cells have the colours of their values, and everything stands where its numbers say.

use crate::{attribute, of_class, points, texts};
use braggscape_report::{
    FigureAxis, LandscapeFigure, PathTrace, ReportError, landscape_figure, png_from_svg,
};
use roxmltree::Document;

/// n by m points of a wavy bowl, with a hole of a corner.
pub(crate) fn example(n: usize, m: usize) -> LandscapeFigure {
    let axis = |label: &str, low, high, n_points| FigureAxis {
        label: label.to_owned(),
        low,
        high,
        n_points,
    };
    let value = |k: usize| {
        let (i, j) = ((k % n) as f64 / (n - 1) as f64, (k / n) as f64 / (m - 1) as f64);
        let wave = (9.0 * i).sin() * (7.0 * j).cos();
        (i + j < 1.8).then_some((i - 0.4).powi(2) + (j - 0.5).powi(2) + 0.1 * wave - 1.0)
    };
    LandscapeFigure {
        title: "A wavy bowl".to_owned(),
        x: axis("a (Å)", 4.0, 6.0, n),
        y: axis("γ (°)", 80.0, 100.0, m),
        value_label: "cosine loss".to_owned(),
        values: (0..n * m).map(value).collect(),
        contours: 6,
        minima: vec![[4.8, 90.0], [5.5, 84.0], [5.52, 84.3]],
        home: Some([4.8, 90.0]),
        home_label: "truth".to_owned(),
        paths: vec![PathTrace {
            label: "free".to_owned(),
            points: vec![[5.6, 96.0], [5.3, 94.0], [5.0, 95.0], [4.9, 91.0]],
        }],
    }
}

/// The frame as [x, y, width, height].
fn frame(doc: &Document<'_>) -> [f64; 4] {
    let frame = &of_class(doc, "frame")[0];
    ["x", "y", "width", "height"].map(|name| attribute(frame, name))
}

#[test]
fn a_small_map_has_a_cell_for_each_value_in_its_colour() {
    let mut figure = example(2, 2);
    figure.values = vec![Some(0.0), Some(1.0), None, Some(0.0)];
    let svg = landscape_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let cells: Vec<_> = of_class(&doc, "cell")
        .iter()
        .map(|c| (c.attribute("fill").unwrap(), c.attribute("d").unwrap()))
        .collect();
    // In half steps from the upper left corner; the hole is left open.
    assert_eq!(cells, [("#440154", "M0 1h1v1h-1zM1 0h1v1h-1z"), ("#fde725", "M1 1h1v1h-1z")]);
    assert!(!of_class(&doc, "hatch").is_empty());
    assert!(texts(&doc).iter().any(|t| t == "no value"));
}

#[test]
fn marks_stand_where_their_numbers_say() {
    let svg = landscape_figure(&example(41, 31)).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let [x, y, w, h] = frame(&doc);
    let place = |a: f64, gamma: f64| [x + w * (a - 4.0) / 2.0, y + h * (100.0 - gamma) / 20.0];
    let near = |p: [f64; 2], q: [f64; 2]| (p[0] - q[0]).abs() < 0.1 && (p[1] - q[1]).abs() < 0.1;
    let minima = of_class(&doc, "minimum");
    assert_eq!(minima.len(), 3);
    let at = [attribute(&minima[1], "cx"), attribute(&minima[1], "cy")];
    assert!(near(at, place(5.5, 84.0)));
    let path = points(&of_class(&doc, "path")[0]);
    assert!(near(path[0], place(5.6, 96.0)) && near(path[3], place(4.9, 91.0)));
    // The last arrow has its tip at the end.
    let arrows = of_class(&doc, "arrow");
    assert!(near(points(&arrows[arrows.len() - 1])[0], place(4.9, 91.0)));
    let star = points(&of_class(&doc, "home")[0]);
    let mean = [0, 1].map(|k| star.iter().map(|p| p[k]).sum::<f64>() / star.len() as f64);
    assert!(near(mean, place(4.8, 90.0)));
    // Numbers cover neither each other nor the minima.
    let numbers: Vec<[f64; 2]> = of_class(&doc, "number-mark")
        .iter()
        .skip(1)
        .map(|n| [attribute(n, "cx"), attribute(n, "cy")])
        .collect();
    assert_eq!(numbers.len(), 3);
    for (i, p) in numbers.iter().enumerate() {
        let apart = |q: &[f64; 2], least: f64| (p[0] - q[0]).hypot(p[1] - q[1]) > least;
        assert!(numbers[..i].iter().all(|q| apart(q, 16.0)));
        assert!(minima.iter().all(|m| apart(&[attribute(m, "cx"), attribute(m, "cy")], 9.0)));
    }
    for word in ["a (Å)", "γ (°)", "cosine loss", "truth", "free", "A wavy bowl", "−0.8"] {
        assert!(texts(&doc).iter().any(|t| t == word), "`{word}` is missing in {:?}", texts(&doc));
    }
    assert!(!of_class(&doc, "contour").is_empty());
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    assert_eq!(svg, landscape_figure(&example(41, 31)).unwrap());
}

#[test]
fn a_large_map_stays_small_and_becomes_pixels() {
    // Values that differ from point to point in a way that leaves no runs.
    let mut figure = example(201, 201);
    let mut state = 1_u64;
    for value in &mut figure.values {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *value = Some((state >> 40) as f64);
    }
    figure.contours = 0;
    let svg = landscape_figure(&figure).unwrap();
    assert!(svg.len() < 1_000_000, "{}", svg.len());
    let smooth = landscape_figure(&example(201, 201)).unwrap();
    assert!(smooth.len() < 600_000, "{}", smooth.len());
    assert!(png_from_svg(&smooth, 800).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn a_flat_map_is_drawn() {
    let mut figure = example(3, 3);
    figure.values = vec![Some(2.5); 9];
    let svg = landscape_figure(&figure).unwrap();
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    assert_eq!(of_class(&Document::parse(&svg).unwrap(), "cell").len(), 1);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let message = |change: &dyn Fn(&mut LandscapeFigure)| {
        let mut figure = example(3, 4);
        change(&mut figure);
        landscape_figure(&figure).unwrap_err().to_string()
    };
    let size = message(&|f| f.values.truncate(11));
    assert!(size.contains("11 values for 3 by 4 points"), "{size}");
    let size = message(&|f| f.x.n_points = 1);
    assert!(size.contains("1 by 4 points"), "{size}");
    let axis = message(&|f| f.y.low = 100.0);
    assert_eq!(axis, "the axis `γ (°)` runs from 100 to 100, expected finite ends with low < high");
    let value = message(&|f| f.values[2] = Some(f64::NAN));
    assert_eq!(value, "value 2 of `A wavy bowl` is NaN, expected a finite number");
    let path = message(&|f| f.paths[0].points[1][1] = f64::INFINITY);
    assert_eq!(path, "coordinate of path 3 of `free` is inf, expected a finite number");
    let empty = landscape_figure(&LandscapeFigure { values: vec![None; 12], ..example(3, 4) });
    assert!(matches!(empty, Err(ReportError::Empty { .. })));
}
