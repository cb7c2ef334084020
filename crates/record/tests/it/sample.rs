//! Records to write: one by hand, and any record at all.

use braggscape_record::{Record, StructureRecord};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;

/// Losses of the random records.
pub(crate) const LOSSES: [&str; 3] = ["cosine", "r-wp", "acme.huber-q"];

/// Metrics of the random records.
pub(crate) const METRICS: [&str; 2] = ["pdd-emd", "acme.span"];

/// A record with something in every field; `task_index` tells records apart.
pub(crate) fn record(task_index: u64) -> Record {
    let structure = StructureRecord {
        lattice: [[5.0, 0.1, 0.0], [0.0, 5.2, 0.0], [0.3, 0.0, 6.0 + task_index as f64 / 3.0]],
        numbers: vec![79, 16],
        frac_coords: vec![[0.0, 1.0 / 3.0, 0.25], [0.5, -0.1, 1.2]],
        occupancies: Some(vec![1.0, 0.5]),
    };
    Record {
        task_index,
        structure: "Au2S".to_owned(),
        structure_id: Some("mp-1947".to_owned()),
        noise_kind: "strain".to_owned(),
        noise_level: 0.1,
        replicate: 3,
        arm: "cosine, family \"ü\"\n\t".to_owned(),
        loss: "cosine".to_owned(),
        projector: "crystal-family".to_owned(),
        optimizer: "adam".to_owned(),
        strategy: "single".to_owned(),
        seed: u64::MAX - task_index,
        failure: None,
        termination: Some("converged".to_owned()),
        evaluations: 101,
        iterations: 100,
        loss_initial: Some(0.7),
        loss_final: Some(1.0 / 3.0),
        noop_matched: Some(false),
        noop_rms: None,
        noop_strict: Some(false),
        matched: Some(true),
        rms: Some(1e-300),
        max_dist: Some(0.2),
        strict: Some(true),
        certified: Some(true),
        ranked_matched: None,
        initial_losses: [("cosine".to_owned(), 0.7), ("r-wp".to_owned(), 1.5)].into(),
        final_losses: [("cosine".to_owned(), -0.0)].into(),
        initial_metrics: [("acme.span".to_owned(), 3.5), ("pdd-emd".to_owned(), 0.25)].into(),
        final_metrics: [("pdd-emd".to_owned(), 0.125)].into(),
        initial_structure: Some(structure.clone()),
        final_structure: Some(structure),
    }
}

/// Finite numbers of every size, both zeros and the ends of the range among them.
fn number() -> impl Strategy<Value = f64> {
    let ends = [0.0, -0.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, f64::EPSILON];
    prop_oneof![
        prop::sample::select(ends.to_vec()),
        any::<f64>().prop_filter("finite", |v| v.is_finite()),
    ]
}

fn structure() -> impl Strategy<Value = StructureRecord> {
    let triple = || prop::array::uniform3(number());
    let lattice = prop::array::uniform3(triple());
    let lists = (vec(any::<u8>(), 0..4), vec(triple(), 0..4), of(vec(number(), 0..4)));
    (lattice, lists).prop_map(|(lattice, (numbers, frac_coords, occupancies))| StructureRecord {
        lattice,
        numbers,
        frac_coords,
        occupancies,
    })
}

/// Any text, of any characters.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..8).prop_map(|chars| chars.into_iter().collect())
}

/// Any record that can be kept, of this task.
pub(crate) fn any_record(task_index: u64) -> impl Strategy<Value = Record> {
    let count = || 0..=i64::MAX.cast_unsigned();
    let losses =
        || btree_map(prop::sample::select(LOSSES.map(str::to_owned).to_vec()), number(), 0..3);
    let metrics =
        || btree_map(prop::sample::select(METRICS.map(str::to_owned).to_vec()), number(), 0..3);
    let words = (text(), of(text()), text(), text(), text(), text(), text(), text());
    let counts = (any::<u32>(), any::<u64>(), count(), count());
    let reasons = (of(text()), of(text()));
    let numbers = (number(), prop::array::uniform5(of(number())));
    let flags = prop::array::uniform6(of(any::<bool>()));
    let maps = (losses(), losses(), metrics(), metrics());
    let structures = (of(structure()), of(structure()));
    (words, counts, reasons, numbers, flags, maps, structures).prop_map(
        move |(words, counts, reasons, numbers, flags, maps, structures)| Record {
            task_index,
            structure: words.0,
            structure_id: words.1,
            noise_kind: words.2,
            noise_level: numbers.0,
            replicate: counts.0,
            arm: words.3,
            loss: words.4,
            projector: words.5,
            optimizer: words.6,
            strategy: words.7,
            seed: counts.1,
            failure: reasons.0,
            termination: reasons.1,
            evaluations: counts.2,
            iterations: counts.3,
            loss_initial: numbers.1[0],
            loss_final: numbers.1[1],
            noop_matched: flags[0],
            noop_rms: numbers.1[2],
            noop_strict: flags[1],
            matched: flags[2],
            rms: numbers.1[3],
            max_dist: numbers.1[4],
            strict: flags[3],
            certified: flags[4],
            ranked_matched: flags[5],
            initial_losses: maps.0,
            final_losses: maps.1,
            initial_metrics: maps.2,
            final_metrics: maps.3,
            initial_structure: structures.0,
            final_structure: structures.1,
        },
    )
}

/// Asserts that two lists of records are equal bit by bit: `==` alone takes 0 and -0 for the same.
#[track_caller]
pub(crate) fn assert_same(left: &[Record], right: &[Record]) {
    assert_eq!(left, right);
    // The shortest decimal form tells the zeros apart.
    assert_eq!(format!("{left:?}"), format!("{right:?}"));
}
