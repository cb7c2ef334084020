//! The built-in losses.

use super::measures::measures;
use super::simple;
use crate::family::Family;
use braggscape_loss::{AnyLoss, Cosine, Mse};

pub(crate) fn losses() -> Family<AnyLoss> {
    let mut entries = vec![
        ("cosine", simple("-f.g/(|f| |g|), from -1 to 0", "", |o: Cosine| o.into())),
        (
            "mse",
            simple(
                "mean squared difference of normalised patterns",
                "normalisation = \"max\"",
                |o: Mse| o.into(),
            ),
        ),
    ];
    entries.extend(measures());
    Family::new("loss", entries)
}
