//! What a run tells, keeps and refuses.

use crate::tiny::{TINY, Watch, plan, run_in};
use braggscape_plugin::Registry;
use braggscape_record::part_path;
use braggscape_study::{Manifest, Plan, RunOptions, RunOutcome, Shard, StudyError, run};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_task_is_done_once_and_told_once() {
    let plan = plan(TINY, &Registry::builtin());
    let dir = tempfile::tempdir().unwrap();
    let watch = Watch::default();
    let records = run_in(dir.path(), &plan, 2, &watch).unwrap();
    assert_eq!(*watch.begun.lock().unwrap(), [(8, 0)]);
    let mut told = watch.finished.lock().unwrap().clone();
    told.sort_unstable();
    assert_eq!(told, (0..8).collect::<Vec<u64>>());
    assert!(watch.notices.lock().unwrap().is_empty());
    for (i, record) in records.iter().enumerate() {
        let key = plan.key(i as u64);
        assert_eq!(record.task_index, i as u64);
        assert_eq!(record.structure, plan.structures()[key.structure].name);
        assert_eq!(record.replicate, key.replicate);
        assert_eq!(record.arm, plan.config().arms[key.arm].name);
    }
    let manifest = std::fs::read_to_string(dir.path().join("manifest.json")).unwrap();
    let manifest: Manifest = serde_json::from_str(&manifest).unwrap();
    assert_eq!((manifest.n_tasks, manifest.config_hash.as_str()), (8, plan.hash()));
}

#[test]
fn arms_see_the_same_distorted_copies() {
    let plan = plan(TINY, &Registry::builtin());
    let dir = tempfile::tempdir().unwrap();
    let records = run_in(dir.path(), &plan, 2, &Watch::default()).unwrap();
    for pair in records.chunks(2) {
        assert_eq!(pair[0].replicate, pair[1].replicate);
        assert_eq!(pair[0].initial_structure, pair[1].initial_structure);
        // Both arms are called differently and are the same otherwise: so are their results.
        assert_eq!(pair[0].final_structure, pair[1].final_structure);
    }
    let starts: Vec<_> = records.iter().step_by(2).map(|r| r.initial_structure.clone()).collect();
    for (i, a) in starts.iter().enumerate() {
        assert!(starts[..i].iter().all(|b| a != b), "two copies are the same");
    }
}

#[test]
fn more_replicates_and_structures_keep_the_copies_of_fewer() {
    let registry = Registry::builtin();
    let starts = |text: &str| -> BTreeSet<String> {
        let dir = tempfile::tempdir().unwrap();
        let records = run_in(dir.path(), &plan(text, &registry), 2, &Watch::default()).unwrap();
        records.iter().map(|r| format!("{:?}", r.initial_structure)).collect()
    };
    let few = starts(TINY);
    let more = TINY
        .replace("[\"U2Ti\", \"NaS\"]", "[\"Au2S\", \"NaS\", \"U2Ti\"]")
        .replace("replicates = 2", "replicates = 3")
        .replace("[0.02]", "[0.01, 0.02]");
    let many = starts(&more);
    assert_eq!((few.len(), many.len()), (4, 18));
    assert!(few.is_subset(&many));
}

fn refused(plan: &Plan, dir: &Path) -> StudyError {
    let e = run_in(dir, plan, 1, &Watch::default()).unwrap_err();
    assert!(e.is_bad_input(), "{e}");
    e
}

#[test]
fn another_study_version_or_kernel_is_refused() {
    let registry = Registry::builtin();
    let plan = plan(TINY, &registry);
    let dir = tempfile::tempdir().unwrap();
    run_in(dir.path(), &plan, 1, &Watch::default()).unwrap();
    let path = dir.path().join("manifest.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let changes = [
        ("\"0.1.0\"", "\"0.0.9\"", "0.0.9"),
        ("\"portable\"", "\"avx512\"", "avx512"),
        (plan.hash(), "0000", "another study"),
    ];
    for (from, to, says) in changes {
        let from = from.replace("0.1.0", env!("CARGO_PKG_VERSION"));
        std::fs::write(&path, text.replace(&from, to)).unwrap();
        let e = refused(&plan, dir.path());
        assert!(matches!(e, StudyError::OtherStudy { .. }) && e.to_string().contains(says), "{e}");
    }
    std::fs::write(&path, &text).unwrap();
    run_in(dir.path(), &plan, 1, &Watch::default()).unwrap();
}

#[test]
fn a_study_that_was_stopped_before_its_manifest_is_begun_anew() {
    let plan = plan(TINY, &Registry::builtin());
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.toml"), "half of").unwrap();
    run_in(dir.path(), &plan, 1, &Watch::default()).unwrap();
    let resolved = std::fs::read_to_string(dir.path().join("config.toml")).unwrap();
    assert!(resolved.ends_with(&plan.config().to_toml()));
}

#[test]
fn a_shard_that_does_not_exist_is_refused() {
    for (index, count) in [(0, 1), (2, 1), (3, 2), (1, 0)] {
        assert!(
            matches!(Shard::new(index, count), Err(StudyError::Shard { .. })),
            "{index}/{count}"
        );
    }
    // One part: the second shard has nothing to do.
    let plan = plan(TINY, &Registry::builtin());
    let dir = tempfile::tempdir().unwrap();
    let second = RunOptions { jobs: 1, shard: Shard::new(2, 2).unwrap() };
    let outcome = run(&plan, dir.path(), second, &Watch::default()).unwrap();
    assert!(matches!(outcome, RunOutcome::ShardDone { missing: 8, failed: 0 }), "{outcome:?}");
    assert!(!part_path(dir.path(), 0).exists());
}
