//! SVG figures as PNG pixels.

use crate::ReportError;
use crate::font::FONT;
use resvg::{tiny_skia, usvg};
use std::sync::{Arc, LazyLock};

/// Widest picture, pixels.
const MAX_WIDTH: u32 = 16_384;

/// The embedded font alone: what a machine has installed never changes a figure.
static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(FONT.to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    Arc::new(fonts)
});

/// The picture of an SVG text, `width_px` pixels wide and as high as its proportions ask, as PNG bytes.
///
/// # Errors
/// [`ReportError::PictureWidth`] or [`ReportError::PictureSize`] for sizes that cannot be, [`ReportError::Svg`] if the text
/// is no SVG picture.
pub fn png_from_svg(svg: &str, width_px: u32) -> Result<Vec<u8>, ReportError> {
    if !(1..=MAX_WIDTH).contains(&width_px) {
        return Err(ReportError::PictureWidth { width: width_px, max: MAX_WIDTH });
    }
    let options = usvg::Options {
        font_family: "DejaVu Sans".to_owned(),
        fontdb: FONTS.clone(),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(svg, &options)?;
    let scale = width_px as f32 / tree.size().width();
    let height = (tree.size().height() * scale).ceil().max(1.0) as u32;
    let too_large = ReportError::PictureSize { width: width_px, height };
    if height > MAX_WIDTH {
        return Err(too_large);
    }
    let mut pixels = tiny_skia::Pixmap::new(width_px, height).ok_or(too_large)?;
    let transform = tiny_skia::Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    pixels.encode_png().map_err(|e| ReportError::Png { source: Box::new(e) })
}
