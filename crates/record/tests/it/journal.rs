//! A journal survives a kill at any moment and names every other damage.

use crate::sample::{any_record, assert_same, record};
use braggscape_record::{Journal, Record, RecordError, Recovered, Timing};
use proptest::prelude::*;
use std::{fs, path::Path};

const HASH: &str = "c0ffee";

/// A journal of these records; its bytes.
fn written(path: &Path, records: &[Record]) -> Vec<u8> {
    let (mut journal, _) = Journal::open(path, HASH).unwrap();
    for r in records {
        journal.append(r).unwrap();
    }
    drop(journal);
    fs::read(path).unwrap()
}

/// What a journal of these bytes gives back.
#[track_caller]
fn reopen(path: &Path, bytes: &[u8]) -> Recovered {
    fs::write(path, bytes).unwrap();
    Journal::open(path, HASH).unwrap().1
}

fn three() -> Vec<Record> {
    (0..3).map(record).collect()
}

#[test]
fn a_kill_at_any_byte_of_the_last_line_loses_that_line_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let records = three();
    let bytes = written(&path, &records);
    let last = bytes[..bytes.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    for cut in last..=bytes.len() {
        fs::write(&path, &bytes[..cut]).unwrap();
        let (mut journal, found) = Journal::open(&path, HASH).unwrap();
        let whole = cut == bytes.len();
        assert_eq!(found.torn_tail, !whole && cut > last, "cut at {cut}");
        assert_eq!(found.damaged, []);
        assert_same(&found.records, if whole { &records } else { &records[..2] });
        if !whole {
            // Going on gives the file that an uninterrupted run writes.
            journal.append(&records[2]).unwrap();
            drop(journal);
            assert_eq!(fs::read(&path).unwrap(), bytes, "cut at {cut}");
        }
    }
}

#[test]
fn any_flipped_bit_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let records = three();
    let bytes = written(&path, &records);
    let header = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
    for at in (header..bytes.len()).step_by(3) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        let found = reopen(&path, &damaged);
        assert!(found.records.len() < 3, "byte {at}");
        assert!(!found.damaged.is_empty() || found.torn_tail, "byte {at}");
        // What is given back is true.
        assert!(found.records.iter().all(|r| records.contains(r)), "byte {at}");
    }
}

#[test]
fn a_damaged_line_is_named_and_its_task_can_be_redone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let records = three();
    let mut bytes = written(&path, &records);
    let lines: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i] == b'\n').collect();
    bytes[lines[1] + 60] ^= 4;
    fs::write(&path, &bytes).unwrap();
    let (mut journal, found) = Journal::open(&path, HASH).unwrap();
    assert_same(&found.records, &[records[0].clone(), records[2].clone()]);
    assert_eq!(found.damaged.len(), 1);
    assert_eq!(found.damaged[0].line, 3);
    assert!(found.damaged[0].reason.starts_with("checksum of the content is "));
    assert!(!found.torn_tail);
    journal.append(&records[1]).unwrap();
    drop(journal);
    let again = reopen(&path, &fs::read(&path).unwrap());
    assert_same(&again.records, &records);
}

#[test]
fn the_later_of_two_records_of_a_task_counts() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let failed = Record { failure: Some("out of memory".to_owned()), ..record(0) };
    let bytes = written(&path, &[failed, record(1), record(0)]);
    assert_same(&reopen(&path, &bytes).records, &[record(0), record(1)]);
}

#[test]
fn wall_times_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let (mut journal, _) = Journal::open(&path, HASH).unwrap();
    journal.append_timed(&record(1), 0.1 + 0.2).unwrap();
    journal.append(&record(0)).unwrap();
    assert!(journal.append_timed(&record(2), f64::INFINITY).is_err());
    drop(journal);
    let found = Journal::open(&path, HASH).unwrap().1;
    assert_same(&found.records, &[record(0), record(1)]);
    assert_eq!(found.timings, [Timing { task_index: 1, wall_seconds: 0.1 + 0.2 }]);
}

#[test]
fn a_journal_of_another_study_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let mut bytes = written(&path, &three());
    bytes.extend_from_slice(b"torn");
    fs::write(&path, &bytes).unwrap();
    match Journal::open(&path, "decaf") {
        Err(RecordError::OtherStudy { found, expected, .. }) => {
            assert_eq!((found.as_str(), expected.as_str()), (HASH, "decaf"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn what_is_no_journal_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let good = written(&path, &[]);
    let mut damaged = good.clone();
    damaged[20] ^= 1;
    let version_2 = {
        let json =
            format!(r#"{{"format":"braggscape-journal","version":2,"config_hash":"{HASH}"}}"#);
        format!("{:08x}\t{json}\n", crc32fast::hash(json.as_bytes())).into_bytes()
    };
    let cases: [&[u8]; 5] = [b"notes\n", b"\n", &damaged, &damaged[..30], &version_2];
    for bytes in cases {
        fs::write(&path, bytes).unwrap();
        let refused = Journal::open(&path, HASH);
        assert!(matches!(refused, Err(RecordError::NotAJournal { .. })), "{refused:?}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    // A kill while the header is written leaves a part of it: the journal is begun again.
    for cut in 0..good.len() {
        assert_eq!(reopen(&path, &good[..cut]), Recovered::default());
        assert_eq!(fs::read(&path).unwrap(), good, "cut at {cut}");
    }
}

#[test]
fn two_writers_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let (first, _) = Journal::open(&path, HASH).unwrap();
    assert!(matches!(Journal::open(&path, HASH), Err(RecordError::JournalInUse { .. })));
    drop(first);
    assert!(Journal::open(&path, HASH).is_ok());
}

#[test]
fn numbers_that_are_none_are_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let mut bad: Vec<(Record, &str)> = Vec::new();
    let mut r = record(7);
    r.loss_final = Some(f64::NAN);
    bad.push((r, "task 7: loss_final is NaN, expected a finite number"));
    let mut r = record(7);
    r.final_losses.insert("r-wp".to_owned(), f64::INFINITY);
    bad.push((r, "task 7: final_loss.r-wp is inf, expected a finite number"));
    let mut r = record(7);
    r.final_structure.as_mut().unwrap().lattice[1][2] = f64::NEG_INFINITY;
    bad.push((r, "task 7: final_structure.lattice is -inf, expected a finite number"));
    let r = Record { evaluations: u64::MAX, ..record(7) };
    bad.push((
        r,
        "task 7: evaluations is 18446744073709551615, above the largest count 9223372036854775807",
    ));
    let (mut journal, _) = Journal::open(&path, HASH).unwrap();
    let before = fs::read(&path).unwrap();
    for (r, message) in bad {
        assert_eq!(journal.append(&r).unwrap_err().to_string(), message);
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_field_comes_back_as_it_was(records in (any_record(0), any_record(1))) {
        let dir = tempfile::tempdir().unwrap();
        let records = [records.0, records.1];
        let path = dir.path().join("journal");
        let bytes = written(&path, &records);
        let found = reopen(&path, &bytes);
        prop_assert_eq!(found.damaged, []);
        assert_same(&found.records, &records);
    }
}
