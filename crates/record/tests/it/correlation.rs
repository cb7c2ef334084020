//! Correlations: groups by noise and arm, in order; failed tasks and infinite distances left out; numbers of the estimators.

use braggscape_metrics::{MutualInformation, MutualInformationOptions, pearson, spearman};
use braggscape_record::{Agreement, Record, correlations};

/// A record of this task; tasks alternate between two arms.
fn row(task_index: u64, level: f64) -> Record {
    let spread = |k: u64| ((task_index * k) % 17) as f64 / 17.0;
    let (arm, loss) = if task_index.is_multiple_of(2) { ("a", "cosine") } else { ("b", "mse") };
    Record {
        task_index,
        noise_kind: "strain".into(),
        noise_level: level,
        arm: arm.into(),
        loss: loss.into(),
        loss_final: Some(spread(5) - 1.0),
        final_metrics: [("pdd-emd".to_owned(), spread(7)), ("amd-linf".to_owned(), spread(3))]
            .into(),
        ..Record::default()
    }
}

#[test]
fn groups_are_those_of_noise_arm_and_metric_in_order() {
    let mut records: Vec<Record> =
        (0..40).map(|i| row(i, if i < 20 { 0.05 } else { 0.1 })).collect();
    records.reverse();
    let found = correlations(&records);
    let keys: Vec<(f64, &str, &str, Agreement, u64)> = found
        .iter()
        .map(|r| (r.noise_level, r.arm.as_str(), r.metric.as_str(), r.agreement, r.n))
        .collect();
    let (a, b) = (Agreement::Similarity, Agreement::Loss);
    assert_eq!(
        keys,
        [
            (0.05, "a", "amd-linf", a, 10),
            (0.05, "a", "pdd-emd", a, 10),
            (0.05, "b", "amd-linf", b, 10),
            (0.05, "b", "pdd-emd", b, 10),
            (0.1, "a", "amd-linf", a, 10),
            (0.1, "a", "pdd-emd", a, 10),
            (0.1, "b", "amd-linf", b, 10),
            (0.1, "b", "pdd-emd", b, 10),
        ]
    );
}

#[test]
fn numbers_are_those_of_the_estimators_and_a_similarity_is_minus_its_loss() {
    let records: Vec<Record> = (0..60).map(|i| row(i, 0.1)).collect();
    for found in correlations(&records) {
        let of_arm = records.iter().filter(|r| r.arm == found.arm);
        let (loss, distance): (Vec<f64>, Vec<f64>) =
            of_arm.map(|r| (r.loss_final.unwrap(), r.final_metrics[&found.metric])).unzip();
        let sign = if found.loss == "cosine" { -1.0 } else { 1.0 };
        let estimator = MutualInformation::new(MutualInformationOptions::default()).unwrap();
        let same =
            |x: Option<f64>, y: f64| assert!((x.unwrap() - y).abs() < 1e-12, "{found:?} {y}");
        let shown: Vec<f64> = loss.iter().map(|l| sign * l).collect();
        same(found.mutual_information, estimator.estimate(&shown, &distance).unwrap());
        same(found.pearson, sign * pearson(&loss, &distance).unwrap().coefficient);
        same(found.pearson_p, pearson(&loss, &distance).unwrap().p_value);
        same(found.spearman, sign * spearman(&loss, &distance).unwrap().coefficient);
        same(found.spearman_p, spearman(&loss, &distance).unwrap().p_value);
    }
}

#[test]
fn tasks_without_both_numbers_are_left_out_and_what_is_undefined_is_empty() {
    let mut records: Vec<Record> = (0..12).map(|i| row(i, 0.1)).collect();
    records[0].loss_final = None;
    records[2].final_metrics.remove("pdd-emd");
    let n = |metric: &str, arm: &str| {
        let found = correlations(&records);
        found.iter().find(|r| r.metric == metric && r.arm == arm).unwrap().n
    };
    assert_eq!([n("pdd-emd", "a"), n("amd-linf", "a"), n("pdd-emd", "b")], [4, 5, 6]);
    // One value only has no correlation, and carries no information.
    let constant: Vec<Record> =
        (0..12).map(|i| Record { loss_final: Some(-1.0), ..row(i, 0.1) }).collect();
    for found in correlations(&constant) {
        let numbers = (found.mutual_information, found.pearson, found.spearman_p);
        assert_eq!(numbers, (Some(0.0), None, None));
    }
    // Too few for three neighbours.
    let few = correlations(&records[..6]);
    assert_eq!(few.iter().filter(|r| r.mutual_information.is_none()).count(), 4);
    assert!(correlations(&[]).is_empty());
}
