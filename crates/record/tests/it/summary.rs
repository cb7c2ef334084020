//! Counts and medians of groups.

use braggscape_record::{Record, Summary, summarise, summarise_pooled};

fn row(task_index: u64, structure: &str, level: f64, arm: &str) -> Record {
    Record {
        task_index,
        structure: structure.to_owned(),
        noise_kind: "strain".to_owned(),
        noise_level: level,
        arm: arm.to_owned(),
        ..Record::default()
    }
}

#[test]
fn groups_stand_in_order_of_first_appearance() {
    // Out of order, as tasks finish.
    let rows = [
        row(5, "B", 0.1, "x"),
        row(0, "B", 0.2, "x"),
        row(3, "A", 0.1, "y"),
        row(1, "A", 0.1, "x"),
        row(4, "B", 0.2, "x"),
    ];
    let key = |s: &Summary| format!("{:?} {} {} {}", s.structure, s.noise_level, s.arm, s.n);
    let keys: Vec<String> = summarise(&rows).iter().map(key).collect();
    let expected = [
        "Some(\"B\") 0.2 x 2",
        "Some(\"A\") 0.1 x 1",
        "Some(\"A\") 0.1 y 1",
        "Some(\"B\") 0.1 x 1",
    ];
    assert_eq!(keys, expected);
    let keys: Vec<String> = summarise_pooled(&rows).iter().map(key).collect();
    assert_eq!(keys, ["None 0.2 x 2", "None 0.1 x 2", "None 0.1 y 1"]);
    assert_eq!(summarise(&[]), []);
}

#[test]
fn failed_tasks_count_as_tried_and_not_recovered() {
    let base = row(0, "A", 0.1, "x");
    let done = |task_index, matched, strict, loss, evaluations| Record {
        task_index,
        matched: Some(matched),
        strict: Some(strict),
        noop_matched: Some(true),
        noop_strict: Some(false),
        loss_final: Some(loss),
        evaluations,
        ..base.clone()
    };
    let failed = Record {
        task_index: 9,
        failure: Some("cell collapsed".to_owned()),
        noop_matched: Some(true),
        evaluations: 1_000_000,
        ..base.clone()
    };
    let rows = [
        done(1, true, true, 0.1, 10),
        done(2, true, false, 0.4, 40),
        done(3, false, false, 0.2, 20),
        done(4, true, false, 0.3, 30),
        failed,
    ];
    let expected = Summary {
        structure: Some("A".to_owned()),
        noise_kind: "strain".to_owned(),
        noise_level: 0.1,
        arm: "x".to_owned(),
        n: 5,
        failed: 1,
        noop_matched: 5,
        matched: 3,
        strict: 1,
        noop_strict: 0,
        ranked_matched: 3,
        median_loss_final: Some(0.25),
        median_evaluations: Some(25.0),
        ..Summary::default()
    };
    assert_eq!(summarise(&rows), [expected]);
    let odd = summarise(&rows[..3]);
    assert_eq!((odd[0].median_loss_final, odd[0].median_evaluations), (Some(0.2), Some(20.0)));
}
