//! Pixels: the width asked for, text and bars in it, no fonts of the machine.

use braggscape_report::{ReportError, match_rate_figure, pattern_figure, png_from_svg};
use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};

/// The number of pixels of each kind in a box given as fractions of the picture.
fn count(
    picture: &Pixmap,
    [x0, y0, x1, y1]: [f32; 4],
    what: impl Fn(PremultipliedColorU8) -> bool,
) -> usize {
    let (w, h) = (picture.width() as f32, picture.height() as f32);
    let rows = (y0 * h) as u32..(y1 * h) as u32;
    let columns = |y| ((x0 * w) as u32..(x1 * w) as u32).map(move |x| (x, y));
    rows.flat_map(columns).filter(|(x, y)| what(picture.pixel(*x, *y).unwrap())).count()
}

fn is_ink(p: PremultipliedColorU8) -> bool {
    p.red() < 90 && p.green() < 90 && p.blue() < 90
}

#[test]
fn a_picture_has_the_width_asked_for_and_text_in_it() {
    let svg = match_rate_figure(&crate::match_rate::example(3, &["one", "two"])).unwrap();
    for width in [300, 1400] {
        let picture = Pixmap::decode_png(&png_from_svg(&svg, width).unwrap()).unwrap();
        assert_eq!(picture.width(), width);
        // The title is drawn, although no font of the machine is used.
        let title = count(&picture, [0.1, 0.0, 0.9, 0.08], is_ink);
        assert!(title > 30, "{title} dark pixels in the title at {width}");
        let blue = |p: PremultipliedColorU8| (p.red(), p.green(), p.blue()) == (0, 0x72, 0xb2);
        let share = count(&picture, [0.0, 0.0, 1.0, 1.0], blue) as f64 / f64::from(width).powi(2);
        assert!(share > 0.01, "{share} of the picture is the first colour");
    }
}

#[test]
fn without_text_the_title_is_blank() {
    // The counterpart of the test above: what it counts are the letters.
    let svg = match_rate_figure(&crate::match_rate::example(3, &["one", "two"])).unwrap();
    let bare = svg.replace(">Recovery after random strain</text>", "></text>");
    assert_ne!(svg, bare);
    let picture = Pixmap::decode_png(&png_from_svg(&bare, 300).unwrap()).unwrap();
    assert_eq!(count(&picture, [0.1, 0.0, 0.9, 0.08], is_ink), 0);
}

#[test]
fn same_figure_same_bytes() {
    let svg = pattern_figure(&crate::pattern::example(801, 2)).unwrap();
    assert_eq!(png_from_svg(&svg, 500).unwrap(), png_from_svg(&svg, 500).unwrap());
}

#[test]
fn sizes_and_texts_that_cannot_be_are_refused() {
    let svg = pattern_figure(&crate::pattern::example(101, 1)).unwrap();
    for width in [0, 20_000] {
        assert!(matches!(png_from_svg(&svg, width), Err(ReportError::PictureWidth { .. })));
    }
    assert!(matches!(png_from_svg("no picture", 100), Err(ReportError::Svg(_))));
    let tall = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1000\"/>";
    assert!(matches!(png_from_svg(tall, 1000), Err(ReportError::PictureSize { .. })));
}
