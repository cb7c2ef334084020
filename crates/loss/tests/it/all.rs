//! All built-in losses in all their varieties.

use braggscape_loss::{
    AnyLoss, BlurAxis, BlurredOverlap, BlurredOverlapOptions, Cosine, Cumulative, DeGelder,
    DeGelderOptions, Entropy, Gpwdf, GpwdfOptions, JensenShannon, MaxShift, Mse, Normalisation,
    Pearson, Rp, Rwp, Scale, Wasserstein1, Wasserstein2, Weights, Xcorr, XcorrOptions,
};
use braggscape_testkit::conformance::LossClaims;

/// A loss, what it claims, and how it is built.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) loss: AnyLoss,
    pub(crate) claims: LossClaims,
    /// For two patterns that agree to a small e of their maximum everywhere, L - L(f, f) is of this order in e.
    pub(crate) order: f64,
}

impl Entry {
    fn new(name: &str, loss: impl Into<AnyLoss>, range: (f64, f64), order: f64) -> Self {
        let claims =
            LossClaims { scale_invariant: true, symmetric: true, range, ..LossClaims::default() };
        Self { name: name.to_owned(), loss: loss.into(), claims, order }
    }

    fn not_symmetric(mut self) -> Self {
        self.claims.symmetric = false;
        self
    }

    fn with_scale(mut self) -> Self {
        self.claims.scale_invariant = false;
        self
    }

    fn of_varying_patterns(mut self) -> Self {
        self.claims.needs_variation = true;
        self
    }
}

pub(crate) fn gpwdf(alpha: f64) -> Gpwdf {
    Gpwdf::new(GpwdfOptions { alpha }).unwrap()
}

pub(crate) fn de_gelder(width: f64) -> DeGelder {
    DeGelder::new(DeGelderOptions { width }).unwrap()
}

pub(crate) fn blurred(axis: BlurAxis, blur: f64) -> BlurredOverlap {
    BlurredOverlap::new(BlurredOverlapOptions { axis, blur, ..Default::default() }).unwrap()
}

pub(crate) fn xcorr(max_shift: MaxShift) -> Xcorr {
    Xcorr::new(XcorrOptions { max_shift })
}

const SIMILARITY: (f64, f64) = (-1.0, 0.0);
const SHARE: (f64, f64) = (0.0, 1.0);
const OPEN: (f64, f64) = (0.0, f64::INFINITY);
/// Patterns of the conformance suite are up to 39 steps of 0.1 degrees long.
const LENGTH: (f64, f64) = (0.0, 3.9);

fn squares(all: &mut Vec<Entry>) {
    all.push(Entry::new("cosine", Cosine::default(), SIMILARITY, 2.0));
    for normalisation in [Normalisation::Max, Normalisation::Sum, Normalisation::L2] {
        // Two patterns that do not overlap: |f|^2 + |g|^2 over n points, n = 1 being no difference at all.
        all.push(Entry::new(&format!("mse {normalisation:?}"), Mse { normalisation }, SHARE, 2.0));
    }
    all.push(Entry::new("pearson", Pearson::default(), (-1.0, 1.0), 2.0).of_varying_patterns());
}

fn distributions(all: &mut Vec<Entry>) {
    for weighted in [false, true] {
        // Near empty bins logarithms make the order 1.
        let name = format!("entropy, weighted: {weighted}");
        all.push(Entry::new(&name, Entry::entropy(weighted), SIMILARITY, 1.0));
    }
    let ln_2 = std::f64::consts::LN_2;
    let divergence = JensenShannon { distance: false };
    all.push(Entry::new("jensen-shannon", divergence, (0.0, ln_2), 1.0));
    let distance = JensenShannon { distance: true };
    all.push(Entry::new("jensen-shannon distance", distance, (0.0, ln_2.sqrt()), 0.5));
    all.push(Entry::new("cumulative", Cumulative {}, SHARE, 2.0));
    for relative in [false, true] {
        let range = if relative { SHARE } else { LENGTH };
        let loss = Wasserstein1 { relative };
        all.push(Entry::new(&format!("wasserstein-1, relative: {relative}"), loss, range, 1.0));
        for squared in [false, true] {
            let name = format!("wasserstein-2, relative: {relative}, squared: {squared}");
            let range = if relative {
                SHARE
            } else if squared {
                (0.0, 3.9 * 3.9)
            } else {
                LENGTH
            };
            let order = if squared { 1.0 } else { 0.5 };
            all.push(Entry::new(&name, Wasserstein2 { relative, squared }, range, order));
        }
    }
}

fn r_factors(all: &mut Vec<Entry>) {
    for weights in [Weights::Sigma, Weights::Counting, Weights::Unit] {
        let (rp, rwp) = (Rp { scale: Scale::Fit, weights }, Rwp { scale: Scale::Fit, weights });
        all.push(Entry::new(&format!("r-p {weights:?}"), rp, OPEN, 1.0).not_symmetric());
        let rwp = Entry::new(&format!("r-wp {weights:?}"), rwp, SHARE, 1.0);
        all.push(if weights == Weights::Unit { rwp } else { rwp.not_symmetric() });
    }
    let (scale, weights) = (Scale::None, Weights::Sigma);
    for (name, loss) in [
        ("r-p without scale", AnyLoss::from(Rp { scale, weights })),
        ("r-wp without scale", Rwp { scale, weights }.into()),
    ] {
        all.push(Entry::new(name, loss, OPEN, 1.0).not_symmetric().with_scale());
    }
}

fn neighbours(all: &mut Vec<Entry>) {
    for width in [0.02, 0.37, 1.0, 50.0] {
        let name = format!("de-gelder of width {width}");
        all.push(Entry::new(&name, de_gelder(width), SIMILARITY, 2.0));
    }
    for alpha in [0.02, 0.3, 2.0] {
        all.push(Entry::new(&format!("gpwdf, alpha = {alpha}"), gpwdf(alpha), SHARE, 2.0));
    }
    for (axis, blur) in [
        (BlurAxis::TwoTheta, 0.3),
        (BlurAxis::Q, 0.02),
        (BlurAxis::LnQ, 0.01),
        (BlurAxis::LnQ, 1e-5),
    ] {
        let name = format!("blurred-overlap, {blur} in {axis:?}");
        all.push(Entry::new(&name, blurred(axis, blur), SIMILARITY, 2.0));
    }
    for max_shift in [MaxShift::All, MaxShift::Steps(0), MaxShift::Steps(2), MaxShift::Steps(12)] {
        let name = format!("xcorr within {max_shift:?}");
        all.push(Entry::new(&name, xcorr(max_shift), SIMILARITY, 2.0));
    }
}

impl Entry {
    fn entropy(weighted: bool) -> Entropy {
        Entropy { weighted }
    }
}

/// Every built-in loss that does not depend on the scale of the patterns first, then the others.
pub(crate) fn all() -> Vec<Entry> {
    let mut all = Vec::new();
    squares(&mut all);
    distributions(&mut all);
    r_factors(&mut all);
    neighbours(&mut all);
    let plain = Mse { normalisation: Normalisation::None };
    all.push(Entry::new("mse without normalisation", plain, OPEN, 2.0).with_scale());
    all
}
