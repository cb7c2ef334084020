//! Every built-in keeps the laws of losses.

use braggscape_loss::{AnyLoss, Cosine, Mse, Normalisation};
use braggscape_testkit::conformance::{self, LossClaims};

#[track_caller]
fn check(loss: impl Into<AnyLoss>, claims: LossClaims) {
    conformance::loss(&loss.into(), claims);
}

const NORMALISED: LossClaims =
    LossClaims { scale_invariant: true, symmetric: true, range: (0.0, 1.0) };

#[test]
fn cosine() {
    let claims = LossClaims { range: (-1.0, 0.0), ..NORMALISED };
    check(Cosine::default(), claims);
    check(AnyLoss::external(Cosine::default()), claims);
}

#[test]
fn mse() {
    check(Mse { normalisation: Normalisation::Max }, NORMALISED);
    // Two patterns that do not overlap: |f|^2 + |g|^2 over n points, n = 1 being no difference at all.
    check(Mse { normalisation: Normalisation::L2 }, NORMALISED);
    check(Mse { normalisation: Normalisation::Sum }, NORMALISED);
    let raw = LossClaims { scale_invariant: false, symmetric: true, range: (0.0, f64::INFINITY) };
    check(Mse { normalisation: Normalisation::None }, raw);
}
