//! Unit cells: the atoms that a closed cell has, edges as geometry says, names of axes that cover nothing.

use crate::{attribute, of_class, texts};
use braggscape_crystal::{StudyCrystal, study_crystals};
use braggscape_report::{CellDrawing, CellPanel, CellsFigure, ReportError, cells_figure};
use braggscape_report::{cell_text, formula_text, space_group_text};
use roxmltree::{Document, Node};

/// A study crystal with its caption.
fn panel(crystal: &StudyCrystal) -> CellPanel {
    let structure = crystal.structure();
    let [lengths, angles] = cell_text(structure.cell().to_array());
    let name =
        format!("{}, {}", formula_text(crystal.formula), space_group_text(crystal.hm_symbol));
    let caption = vec![name, lengths, angles];
    CellPanel { drawing: CellDrawing::from_structure(crystal.formula, &structure), caption }
}

/// The ten crystals of the study.
pub(crate) fn example() -> CellsFigure {
    let panels = study_crystals().iter().map(panel).collect();
    CellsFigure { title: "The ten crystals".to_owned(), panels, ..CellsFigure::default() }
}

/// A box with these edges and atoms.
fn cuboid(edges: [f64; 3], atoms: &[(u8, [f64; 3])]) -> CellPanel {
    let [a, b, c] = edges;
    let drawing = CellDrawing {
        label: "box".to_owned(),
        rows: [[a, 0.0, 0.0], [0.0, b, 0.0], [0.0, 0.0, c]],
        atomic_numbers: atoms.iter().map(|(z, _)| *z).collect(),
        frac: atoms.iter().map(|(_, f)| *f).collect(),
    };
    CellPanel { drawing, caption: Vec::new() }
}

fn draw(panels: Vec<CellPanel>) -> String {
    cells_figure(&CellsFigure { panels, ..CellsFigure::default() }).unwrap()
}

/// The parts of a class in the drawing of one crystal.
fn parts<'a, 'i>(doc: &'a Document<'i>, cell_idx: usize, class: &str) -> Vec<Node<'a, 'i>> {
    let cell = of_class(doc, "cell")[cell_idx];
    cell.descendants().filter(|n| n.attribute("class") == Some(class)).collect()
}

fn centre(circle: &Node<'_, '_>) -> [f64; 2] {
    [attribute(circle, "cx"), attribute(circle, "cy")]
}

#[test]
fn every_atom_of_the_closed_cell_is_drawn() {
    let figure = example();
    let svg = cells_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    for (i, panel) in figure.panels.iter().enumerate() {
        // All translations, and those of them that lie in the cell or within a fiftieth of it.
        let mut expected = 0;
        for f in &panel.drawing.frac {
            for k in 0..125 {
                let at = [k % 5, k / 5 % 5, k / 25];
                let near = |axis: usize| {
                    let x = f[axis] + f64::from(at[axis]) - 2.0;
                    x > -0.02 && x < 1.02
                };
                expected += usize::from((0..3).all(near));
            }
        }
        assert_eq!(parts(&doc, i, "atom").len(), expected, "{}", panel.drawing.label);
        assert!(expected >= panel.drawing.frac.len());
    }
}

#[test]
fn an_empty_looking_cell_has_twelve_edges_and_three_of_them_are_behind() {
    // A hydrogen atom in a large box hides none of them.
    let svg = draw(vec![cuboid([20.0, 16.0, 18.0], &[(1, [0.5, 0.5, 0.5])])]);
    let doc = Document::parse(&svg).unwrap();
    assert_eq!(parts(&doc, 0, "edge").len(), 9);
    let hidden = parts(&doc, 0, "hidden-edge");
    assert_eq!(hidden.len(), 3);
    // They meet in one corner.
    let ends = |n: &Node<'_, '_>| {
        [["x1", "y1"], ["x2", "y2"]].map(|end| end.map(|name| attribute(n, name)))
    };
    let same = |p: [f64; 2], q: [f64; 2]| (p[0] - q[0]).abs() < 0.02 && (p[1] - q[1]).abs() < 0.02;
    let shared = |p: &[f64; 2]| hidden.iter().all(|n| ends(n).iter().any(|q| same(*p, *q)));
    assert!(ends(&hidden[0]).iter().any(shared));
}

#[test]
fn edges_end_at_the_rims_of_the_atoms_at_their_corners() {
    let svg = draw(vec![cuboid([6.0, 6.0, 6.0], &[(55, [0.0; 3])])]);
    let doc = Document::parse(&svg).unwrap();
    let atoms = parts(&doc, 0, "atom");
    assert_eq!(atoms.len(), 8);
    let mut on_rims = 0;
    for edge in parts(&doc, 0, "edge") {
        for [x, y] in [["x1", "y1"], ["x2", "y2"]] {
            let [x, y] = [x, y].map(|name| attribute(&edge, name));
            let gaps = atoms.iter().map(|a| {
                let [u, v] = centre(a);
                (u - x).hypot(v - y) - attribute(a, "r")
            });
            let nearest = gaps.fold(f64::INFINITY, f64::min);
            // Numbers are rounded to a hundredth.
            assert!(nearest.abs() < 0.03, "{nearest} px from a rim");
            on_rims += 1;
        }
    }
    assert_eq!(on_rims, 18);
}

#[test]
fn crystals_have_one_scale() {
    let atom = [(6, [0.5, 0.5, 0.5])];
    let svg = draw(vec![cuboid([4.0; 3], &atom), cuboid([8.0; 3], &atom)]);
    let doc = Document::parse(&svg).unwrap();
    let height = |i: usize| {
        let lengths = parts(&doc, i, "edge")
            .into_iter()
            .map(|n| (attribute(&n, "y1") - attribute(&n, "y2")).abs());
        lengths.fold(0.0, f64::max)
    };
    assert!((height(1) / height(0) - 2.0).abs() < 1e-3);
    let bar = crate::points(&of_class(&doc, "scale-bar")[0]);
    let pixels = bar[3][0] - bar[2][0];
    let label = of_class(&doc, "scale")[0].text().unwrap().to_owned();
    let angstroms: f64 = label.trim_end_matches(" Å").parse().unwrap();
    // An edge along c leans towards the reader by 13 degrees.
    let leaning = 13f64.to_radians().cos();
    assert!((height(0) / (4.0 * leaning) - pixels / angstroms).abs() < 0.02);
}

#[test]
fn names_of_axes_cover_neither_atoms_nor_edges() {
    let svg = cells_figure(&example()).unwrap();
    let doc = Document::parse(&svg).unwrap();
    for i in 0..10 {
        let names = parts(&doc, i, "axis");
        assert_eq!(names.iter().filter_map(Node::text).collect::<String>(), "abc");
        let at = |n: &Node<'_, '_>| [attribute(n, "x"), attribute(n, "y") - 3.5];
        for name in &names {
            let [x, y] = at(name);
            for atom in parts(&doc, i, "atom") {
                let [u, v] = centre(&atom);
                let gap = (x - u).hypot(y - v) - attribute(&atom, "r");
                assert!(gap > 5.0, "crystal {i}: {:?} is {gap} px from an atom", name.text());
            }
        }
        // a below, b on the right, c on the left of the cell.
        let mean = |k: usize| {
            let edges = parts(&doc, i, "edge");
            let n = edges.len() as f64;
            let [p, q] = [["x1", "y1"], ["x2", "y2"]].map(|names| names[k]);
            edges.iter().map(|e| f64::midpoint(attribute(e, p), attribute(e, q))).sum::<f64>() / n
        };
        let [a, b, c] = [0, 1, 2].map(|k| at(&names[k]));
        assert!(a[1] > mean(1) && b[0] > mean(0) && c[0] < mean(0), "crystal {i}");
    }
}

#[test]
fn elements_look_the_same_throughout_and_apart_in_a_cell() {
    let figure = example();
    let svg = cells_figure(&figure).unwrap();
    let doc = Document::parse(&svg).unwrap();
    let n_elements = |panel: &CellPanel| {
        let mut numbers = panel.drawing.atomic_numbers.clone();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.len()
    };
    let mut seen: Vec<(String, String)> = Vec::new();
    for legend in of_class(&doc, "elements") {
        let of = |class| legend.children().filter(move |n| n.attribute("class") == Some(class));
        let fills: Vec<String> =
            of("sample").map(|n| n.attribute("fill").unwrap().to_owned()).collect();
        let symbols = of("element").map(|n| n.text().unwrap().to_owned());
        let mut distinct = fills.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), fills.len());
        seen.extend(symbols.zip(fills));
    }
    assert_eq!(seen.len(), figure.panels.iter().map(n_elements).sum::<usize>());
    seen.sort();
    seen.dedup();
    let mut symbols: Vec<&str> = seen.iter().map(|(symbol, _)| symbol.as_str()).collect();
    symbols.dedup();
    assert_eq!(symbols.len(), seen.len(), "{seen:?}");
}

#[test]
fn texts_are_there_and_escaped() {
    let mut figure = example();
    figure.panels[0].caption[0] = "<U2Ti> & \u{1}".to_owned();
    let svg = cells_figure(&figure).unwrap();
    let texts = texts(&Document::parse(&svg).unwrap());
    for word in ["The ten crystals", "<U2Ti> & \u{fffd}", "Au₂S, Pn3\u{304}m", "NaS, P6₃/mmc", "Sb"]
    {
        assert!(texts.iter().any(|t| t == word), "`{word}` is missing among {texts:?}");
    }
    assert_eq!(svg, cells_figure(&figure).unwrap());
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
}

#[test]
fn any_number_of_columns_is_drawn() {
    for columns in [0, 1, 3, 99] {
        let svg = cells_figure(&CellsFigure { columns, ..example() }).unwrap();
        let doc = Document::parse(&svg).unwrap();
        assert_eq!(of_class(&doc, "cell").len(), 10);
    }
}

#[test]
fn bad_cells_are_refused() {
    let message = |change: &dyn Fn(&mut CellDrawing)| {
        let mut panel = cuboid([4.0; 3], &[(8, [0.0; 3]), (12, [0.5; 3])]);
        change(&mut panel.drawing);
        let figure = CellsFigure { panels: vec![panel], ..CellsFigure::default() };
        cells_figure(&figure).unwrap_err()
    };
    assert!(matches!(cells_figure(&CellsFigure::default()), Err(ReportError::Empty { .. })));
    let none = message(&|d| (d.atomic_numbers, d.frac) = (Vec::new(), Vec::new()));
    assert_eq!(none.to_string(), "the figure `box` has no data");
    let counts = message(&|d| d.frac.truncate(1));
    let expected = "the cell `box` has 2 atomic numbers and 1 coordinates, expected equal counts";
    assert_eq!(counts.to_string(), expected);
    let nan = message(&|d| d.frac[1][2] = f64::NAN);
    assert_eq!(nan.to_string(), "coordinate of atom 1 of `box` is NaN, expected a finite number");
    let many = message(&|d| (d.atomic_numbers, d.frac) = (vec![1; 6000], vec![[0.5; 3]; 6000]));
    assert_eq!(many.to_string(), "the cell `box` has 6000 atoms, expected at most 5000");
    let long = message(&|d| d.rows[1][1] = 4000.0);
    let expected = "the cell `box` has a lattice vector of 4000 Å, expected at most 500 Å";
    assert_eq!(long.to_string(), expected);
    assert!(matches!(message(&|d| d.rows[0][0] = f64::INFINITY), ReportError::Crystal { .. }));
    assert!(matches!(message(&|d| d.rows[2] = d.rows[1]), ReportError::Crystal { .. }));
    assert!(matches!(message(&|d| d.atomic_numbers[0] = 0), ReportError::Crystal { .. }));
    assert!(matches!(message(&|d| d.rows[0][0] = 1e308), ReportError::CellLength { .. }));
}

#[test]
fn extreme_cells_are_drawn() {
    // Flat, long, left-handed, and with coordinates far outside the cell.
    for rows in [
        [[400.0, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.5]],
        [[0.5, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 400.0]],
        [[4.0, 0.0, 0.0], [3.0, 1.0, 0.0], [3.0, 0.9, -0.1]],
        [[0.0, 4.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 6.0]],
    ] {
        let mut panel = cuboid([4.0; 3], &[(8, [1e9, -1e9, 0.25]), (12, [0.5; 3])]);
        panel.drawing.rows = rows;
        let svg = draw(vec![panel]);
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        let doc = Document::parse(&svg).unwrap();
        assert_eq!(parts(&doc, 0, "axis").len(), 3);
    }
}
