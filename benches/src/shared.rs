//! What is made once a study: the model.

use anyhow::Context as _;
use braggscape_xrd::{ForwardError, Structsnap, StructsnapOptions};
use std::sync::LazyLock;

static MODEL: LazyLock<Result<Structsnap, ForwardError>> =
    LazyLock::new(|| Structsnap::new(StructsnapOptions::default()));

/// The `structsnap` preset with its defaults.
pub(crate) fn model() -> anyhow::Result<&'static Structsnap> {
    MODEL.as_ref().context("cannot make the model of the study")
}
