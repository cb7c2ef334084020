//! What the timed programs write.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The output of `peer-timings`.
#[derive(Debug, Deserialize)]
pub(super) struct Ours {
    pub evaluations: Vec<Evaluation>,
    pub peak_lists: Vec<PeakRow>,
}

/// One kernel at one refinement.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Evaluation {
    pub kernel: String,
    pub crystal: String,
    pub seconds: f64,
    pub seconds_min: f64,
    /// Kernels of a part of an evaluation have none.
    pub loss: Option<f64>,
    pub gradient: Option<Gradient>,
}

/// Gradient of the loss in what is free.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Gradient {
    pub cell: Option<Vec<f64>>,
    pub coords: Option<Vec<[f64; 3]>>,
}

/// One peak list of ours.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct PeakRow {
    pub kernel: String,
    #[serde(flatten)]
    pub list: List,
}

/// A peak list, and how long it took.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct List {
    /// The structure's place in the fixture.
    pub index: usize,
    pub name: String,
    pub seconds: f64,
    pub seconds_min: f64,
    /// (2theta in degrees, intensity with 100 for the strongest).
    pub peaks: Vec<(f64, f64)>,
}

/// The output of `tests/peers/structsnap/script.py`.
#[derive(Debug, Deserialize)]
pub(super) struct Dense {
    pub versions: BTreeMap<String, String>,
    pub rows: Vec<DenseRow>,
}

/// One crystal at one precision.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct DenseRow {
    pub crystal: String,
    pub precision: String,
    /// Processor time.
    pub seconds: f64,
    pub seconds_min: f64,
    pub wall_seconds: f64,
    pub loss: f64,
    pub gradient: Gradient,
}

impl Dense {
    /// The row of a crystal at a precision.
    pub(super) fn row(&self, crystal: &str, precision: &str) -> Option<&DenseRow> {
        self.rows.iter().find(|row| row.crystal == crystal && row.precision == precision)
    }
}

/// The output of `tests/peers/peak_lists/script.py`.
#[derive(Debug, Deserialize)]
pub(super) struct PeerLists {
    pub versions: BTreeMap<String, String>,
    /// Calculators that cannot be had or failed, and why.
    pub problems: BTreeMap<String, String>,
    pub rows: Vec<PeerRow>,
}

/// One peak list of a peer.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct PeerRow {
    pub calculator: String,
    #[serde(flatten)]
    pub list: List,
}
