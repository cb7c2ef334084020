//! Parts: equal bytes for equal records, every field back, damage named with its file.

use crate::sample::{LOSSES, METRICS, any_record, assert_same, record};
use braggscape_crystal::Structure;
use braggscape_record::{
    PART_LEN, PartFault, Record, RecordError, Schema, StructureRecord, Timing, atomic, list_parts,
    part_of, part_path, read_dir, read_part, read_timings, timings_path, write_part, write_timings,
};
use proptest::prelude::*;
use std::fs;

fn schema() -> Schema {
    Schema::new(LOSSES, METRICS).unwrap()
}

#[test]
fn same_records_same_bytes() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let records: Vec<Record> = (256..300).map(record).collect();
    let one = write_part(a.path(), 1, &schema(), &records).unwrap();
    let two = write_part(b.path(), 1, &schema(), &records).unwrap();
    assert!(one.ends_with("records/part-00001.parquet"));
    let bytes = fs::read(&one).unwrap();
    assert_eq!(bytes, fs::read(two).unwrap());
    // Reading and writing again changes nothing, nor does writing over it.
    let (found, back) = read_part(&one).unwrap();
    assert_eq!(found, schema());
    write_part(a.path(), 1, &found, &back).unwrap();
    assert_eq!(bytes, fs::read(one).unwrap());
    // Nothing but the part is left behind.
    assert_eq!(fs::read_dir(a.path().join("records")).unwrap().count(), 1);
}

#[test]
fn any_flipped_byte_is_found_and_the_file_named() {
    let dir = tempfile::tempdir().unwrap();
    let records: Vec<Record> = (0..3).map(record).collect();
    let path = write_part(dir.path(), 0, &schema(), &records).unwrap();
    let bytes = fs::read(&path).unwrap();
    let check = |damaged: &[u8], what: String| {
        fs::write(&path, damaged).unwrap();
        match read_part(&path) {
            Err(e @ RecordError::BadPart { .. }) => {
                assert!(e.to_string().contains("part-00000.parquet"), "{e}");
            }
            other => panic!("{what}: {other:?}"),
        }
    };
    for at in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        check(&damaged, format!("byte {at}"));
    }
    for len in (0..bytes.len()).step_by(101) {
        check(&bytes[..len], format!("first {len} bytes"));
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    check(&longer, "one byte more".to_owned());
    check(b"PAR1", "no file at all".to_owned());
}

#[test]
fn a_folder_is_read_in_order_and_foreign_files_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(list_parts(dir.path()).unwrap(), []);
    assert_eq!(read_dir(dir.path()).unwrap(), (Schema::default(), vec![]));
    for part_idx in [10, 0, 2] {
        let first = part_idx * PART_LEN;
        let records = [record(first + 5), record(first + PART_LEN - 1)];
        write_part(dir.path(), part_idx, &schema(), &records).unwrap();
    }
    for name in ["notes.txt", "part-1.parquet", ".braggscape-x.tmp", "part-00001.parquet.bak"] {
        fs::write(dir.path().join("records").join(name), "x").unwrap();
    }
    let numbers: Vec<u64> = list_parts(dir.path()).unwrap().into_iter().map(|(n, _)| n).collect();
    assert_eq!(numbers, [0, 2, 10]);
    let (_, records) = read_dir(dir.path()).unwrap();
    let indices: Vec<u64> = records.iter().map(|r| r.task_index).collect();
    assert_eq!(indices, [5, 255, 517, 767, 2565, 2815]);
    assert!(indices.iter().all(|i| [0, 2, 10].contains(&part_of(*i))));
}

#[test]
fn parts_of_different_columns_do_not_mix() {
    let dir = tempfile::tempdir().unwrap();
    write_part(dir.path(), 0, &schema(), &[record(0)]).unwrap();
    let other = Schema::new(["r-wp", "cosine", "acme.huber-q"], METRICS).unwrap();
    write_part(dir.path(), 1, &other, &[record(256)]).unwrap();
    match read_dir(dir.path()) {
        Err(e @ RecordError::MixedSchemas { .. }) => {
            assert!(e.to_string().contains("part-00001.parquet"), "{e}");
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_refused(dir: &std::path::Path, schema: &Schema, records: &[Record], expected: &str) {
    let message = write_part(dir, 0, schema, records).unwrap_err().to_string();
    assert_eq!(message, expected);
    assert_eq!(list_parts(dir).unwrap(), []);
}

#[test]
fn rows_that_do_not_belong_are_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let d = dir.path();
    let s = schema();
    check_refused(d, &s, &[record(256)], "task 256 does not belong to part 0 (tasks 0 to 255)");
    let twice = [record(4), record(4)];
    check_refused(d, &s, &twice, "task 4 follows task 4, expected ascending task indices");
    let few = Schema::new(["cosine"], METRICS).unwrap();
    let message =
        "task 1: column initial_loss.r-wp is not among the losses and metrics of the schema";
    check_refused(d, &few, &[record(1)], message);
    let few = Schema::new(LOSSES, ["pdd-emd"]).unwrap();
    let message =
        "task 1: column initial_metric.acme.span is not among the losses and metrics of the schema";
    check_refused(d, &few, &[record(1)], message);
    let nan = Record { noise_level: f64::NAN, ..record(0) };
    check_refused(d, &s, &[nan], "task 0: noise_level is NaN, expected a finite number");
    let twice = Schema { losses: vec!["cosine".to_owned(); 2], ..Schema::default() };
    let message = "`cosine` is named twice in the schema of the records";
    check_refused(d, &twice, &[record(0)], message);
}

#[test]
fn a_part_under_the_name_of_another_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = write_part(dir.path(), 0, &schema(), &[record(9)]).unwrap();
    let wrong = part_path(dir.path(), 1);
    fs::rename(path, &wrong).unwrap();
    match read_part(&wrong) {
        Err(RecordError::BadPart { fault, .. }) => {
            assert!(matches!(*fault, PartFault::Rows(_)), "{fault}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn timings_come_back_sorted_and_are_no_records() {
    let dir = tempfile::tempdir().unwrap();
    let row = |task_index, wall_seconds| Timing { task_index, wall_seconds };
    let path = write_timings(dir.path(), &[row(3, 0.5), row(0, 1e-9)]).unwrap();
    assert_eq!(path, timings_path(dir.path()));
    assert_eq!(read_timings(dir.path()).unwrap(), [row(0, 1e-9), row(3, 0.5)]);
    match read_part(&path) {
        Err(RecordError::BadPart { fault, .. }) => {
            assert_eq!(fault.to_string(), "the file has format `timings-1`, expected `records-1`");
        }
        other => panic!("{other:?}"),
    }
    assert!(write_timings(dir.path(), &[row(0, f64::NAN)]).is_err());
    assert_eq!(read_timings(dir.path()).unwrap().len(), 2);
}

#[test]
fn an_atomic_write_replaces_the_file_or_leaves_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new/folder/file");
    atomic::write(&path, b"one").unwrap();
    atomic::write(&path, b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    // A folder in the place of the file: refused, the folder and its content stay.
    let message = atomic::write(path.parent().unwrap(), b"three").unwrap_err().to_string();
    assert!(message.starts_with("cannot rename into place "), "{message}");
    assert_eq!(fs::read(&path).unwrap(), b"two");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As readable as any file that the user makes.
        let plain = dir.path().join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |p| fs::metadata(p).unwrap().permissions().mode();
        assert_eq!(mode(&path), mode(&plain));
    }
}

#[test]
fn structures_that_are_none_are_refused() {
    let good = record(0).final_structure.unwrap();
    assert_eq!(StructureRecord::from(&Structure::try_from(&good).unwrap()), good);
    let short = StructureRecord { numbers: vec![79], ..good.clone() };
    assert_eq!(
        Structure::try_from(short).unwrap_err().to_string(),
        "structure lists 1 atomic numbers, 2 coordinates and 2 occupancies, expected equal counts"
    );
    let unknown = StructureRecord { numbers: vec![79, 0], ..good };
    assert!(matches!(Structure::try_from(unknown), Err(RecordError::Crystal(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_field_comes_back_as_it_was(records in (any_record(0), any_record(255))) {
        let dir = tempfile::tempdir().unwrap();
        let records = [records.0, records.1];
        write_part(dir.path(), 0, &schema(), &records).unwrap();
        let (found, back) = read_dir(dir.path()).unwrap();
        prop_assert_eq!(found, schema());
        assert_same(&back, &records);
    }
}
