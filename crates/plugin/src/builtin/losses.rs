//! The built-in losses.

use super::measures::measures;
use super::{entry, simple};
use crate::family::Family;
use braggscape_loss::{
    AnyLoss, BlurredOverlap, Cosine, Cumulative, DeGelder, Entropy, Gpwdf, JensenShannon, Mse,
    Pearson, Rp, Rwp, Wasserstein1, Wasserstein2, Xcorr,
};

pub(crate) fn losses() -> Family<AnyLoss> {
    let blurred_overlap = entry(
        "-cosine of both patterns after a Gaussian blur in 2theta, q or ln q",
        "axis = \"ln-q\"\nblur = 0.05",
        |o| BlurredOverlap::new(o).map(Into::into),
    );
    let de_gelder =
        entry("-similarity of neighbouring points, weighted by a triangle", "width = 1.0", |o| {
            DeGelder::new(o).map(Into::into)
        });
    let gpwdf = entry(
        "Gaussian powder difference: 1 - similarity of neighbouring points, weighted by a Gaussian",
        "alpha = 1.0",
        |o| Gpwdf::new(o).map(Into::into),
    );
    let mut entries = vec![
        ("blurred-overlap", blurred_overlap),
        ("cosine", simple("-f.g/(|f| |g|), from -1 to 0", "", |o: Cosine| o.into())),
        (
            "cumulative",
            simple("mean squared difference of cumulative patterns", "", |o: Cumulative| o.into()),
        ),
        ("de-gelder", de_gelder),
        (
            "entropy",
            simple(
                "-spectral entropy similarity, from -1 to 0",
                "weighted = false",
                |o: Entropy| o.into(),
            ),
        ),
        ("gpwdf", gpwdf),
        (
            "jensen-shannon",
            simple(
                "Jensen-Shannon divergence of normalised patterns, nats",
                "distance = false",
                |o: JensenShannon| o.into(),
            ),
        ),
        (
            "mse",
            simple(
                "mean squared difference of normalised patterns",
                "normalisation = \"max\"",
                |o: Mse| o.into(),
            ),
        ),
        (
            "pearson",
            simple("-linear correlation coefficient, from -1 to 1", "", |o: Pearson| o.into()),
        ),
        (
            "r-p",
            simple(
                "profile R factor, sum |f - k g|/sum |f|",
                "scale = \"fit\"\nweights = \"sigma\"",
                |o: Rp| o.into(),
            ),
        ),
        (
            "r-wp",
            simple(
                "weighted profile R factor, sqrt(sum w (f - k g)^2/sum w f^2)",
                "scale = \"fit\"\nweights = \"sigma\"",
                |o: Rwp| o.into(),
            ),
        ),
        (
            "wasserstein-1",
            simple(
                "how far intensity moves along the axis on average",
                "relative = false",
                |o: Wasserstein1| o.into(),
            ),
        ),
        (
            "wasserstein-2",
            simple(
                "root mean square of how far intensity moves along the axis",
                "relative = false\nsquared = false",
                |o: Wasserstein2| o.into(),
            ),
        ),
        (
            "xcorr",
            simple(
                "-largest normalised cross-correlation over shifts, from -1 to 0",
                "max_shift = 300",
                |o| Xcorr::new(o).into(),
            ),
        ),
    ];
    entries.extend(measures());
    Family::new("loss", entries)
}
