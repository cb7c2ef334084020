//! The measures of Cha's survey as named losses.

use crate::family::Entry;
use crate::{Options, PluginError};
use braggscape_loss::{AnyLoss, Measure, MeasureKind, MeasureOptions};

/// Every measure under its name.
pub(crate) fn measures() -> impl Iterator<Item = (&'static str, Entry<AnyLoss>)> {
    MeasureKind::ALL.iter().map(|&kind| (kind.name(), measure(kind)))
}

fn measure(kind: MeasureKind) -> Entry<AnyLoss> {
    let summary = format!("{}, {}, from {} (Cha 2007)", kind.title(), kind.formula(), kind.range());
    Entry::builtin(
        &summary,
        example(kind),
        move |_| kind.defaults(),
        move |options: &Options, _| {
            let options = options.parse::<MeasureOptions>()?;
            Measure::new(kind, options).map(Into::into).map_err(|e| PluginError::rejected(&e))
        },
    )
}

/// An example that shows an option which matters to the kind.
fn example(kind: MeasureKind) -> &'static str {
    if kind == MeasureKind::Minkowski {
        "p = 4.0"
    } else if kind.has_open_terms() {
        "epsilon = 1e-6"
    } else if kind.required_normalisation().is_some() {
        ""
    } else {
        "normalisation = \"max\""
    }
}
