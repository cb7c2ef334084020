//! Noise of the target pattern.

use crate::tiny::{TINY, Watch, plan, run_in};
use braggscape_plugin::Registry;
use braggscape_record::Record;

fn records(text: &str) -> Vec<Record> {
    let dir = tempfile::tempdir().unwrap();
    run_in(dir.path(), &plan(text, &Registry::builtin()), 2, &Watch::default()).unwrap()
}

fn with(noise: &str) -> String {
    TINY.replace("report_losses", &format!("pattern_noise = {noise}\nreport_losses"))
}

const COUNTS: &str = r#"{ kind = "counts", peak = 100 }"#;

#[test]
fn noise_of_the_target_leaves_the_copies_as_they_are() {
    let (clean, noisy) = (records(TINY), records(&with(COUNTS)));
    assert_eq!(clean.len(), noisy.len());
    for (a, b) in clean.iter().zip(&noisy) {
        assert_eq!(b.failure, None);
        assert_eq!(a.initial_structure, b.initial_structure);
        assert_eq!((a.noop_matched, a.noop_rms), (b.noop_matched, b.noop_rms));
        let (a, b) = (a.loss_initial.unwrap(), b.loss_initial.unwrap());
        // Counting is worth some percent of a cosine at 100 counts.
        assert!((a - b).abs() > 1e-6 && (a - b).abs() < 0.1, "{a} {b}");
    }
    assert_eq!(clean, records(&with("\"none\"")));
}

#[test]
fn arms_see_the_same_noise_and_replicates_another_one() {
    let noisy = records(&with(COUNTS));
    assert_eq!(noisy, records(&with(COUNTS)));
    for pair in noisy.chunks(2) {
        assert_eq!(
            pair[0].loss_initial.unwrap().to_bits(),
            pair[1].loss_initial.unwrap().to_bits()
        );
    }
    // With nothing distorted only the noise tells replicates apart.
    let still = records(&with(COUNTS).replace("levels = [0.02]", "levels = [0.0]"));
    for of_structure in still.chunks(4) {
        let (first, second) = (&of_structure[0], &of_structure[2]);
        assert_eq!(first.initial_structure, second.initial_structure);
        assert!(first.loss_initial.unwrap() > -1.0 + 1e-6);
        assert_ne!(first.loss_initial.unwrap().to_bits(), second.loss_initial.unwrap().to_bits());
    }
}

/// What is not made of the model's peaks (counts, a background) has inner products with them on nodes, too.
#[test]
fn nodes_see_a_noisy_target_as_all_points_do() {
    let models = r#"{ kind = "sequence", models = [
        { kind = "zero-shift", shift = 0.05 }, { kind = "background", level = 0.2 }, "counts"] }"#;
    let text = with(models);
    let full = format!("{text}\n[forward]\nkind = \"structsnap\"\nsampling = \"full\"\n");
    for loss in ["cosine", "mse"] {
        let of = |text: &str| records(&text.replace("\"cosine\"", &format!("\"{loss}\"")));
        for (a, b) in of(&text).iter().zip(&of(&full)) {
            let (a, b) = (a.loss_initial.unwrap(), b.loss_initial.unwrap());
            assert!((a - b).abs() < 1e-7, "{loss}: {a} {b}");
        }
    }
}
