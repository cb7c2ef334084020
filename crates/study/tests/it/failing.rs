//! Tasks that fail become rows with their reasons; the others go on.

use crate::tiny::{TINY, Watch, plan, run_in};
use braggscape_loss::{AnyLoss, Cosine, Loss, LossError};
use braggscape_pattern::Pattern;
use braggscape_plugin::Registry;
use braggscape_study::{summary_csv, summary_text};
use std::sync::Arc;

/// What a loss does on every evaluation.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Errs,
    Panics,
    GivesNan,
}

#[derive(Debug)]
struct Touchy(Manner);

impl Loss for Touchy {
    fn value_and_gradient(
        &self,
        obs: &Pattern,
        calc: &Pattern,
        grad: &mut [f64],
    ) -> Result<f64, LossError> {
        match self.0 {
            Manner::Errs => Err(LossError::External {
                kind: "test.touchy".to_owned(),
                source: Arc::new(std::io::Error::other("the detector is on fire")),
            }),
            Manner::Panics => panic!("index 9 of 3"),
            Manner::GivesNan => {
                Cosine::default().value_and_gradient(obs, calc, grad)?;
                grad.fill(f64::NAN);
                Ok(f64::NAN)
            }
        }
    }
}

fn with_touchy(manner: Manner) -> Registry {
    let registry = Registry::builtin()
        .with_loss("test.touchy", "", move |_, _| Ok(AnyLoss::external(Touchy(manner))));
    registry.check().unwrap();
    registry
}

#[test]
fn a_task_that_fails_is_a_row_and_the_others_go_on() {
    let text = TINY.replace("loss = \"cosine\"", "loss = \"test.touchy\"");
    let cases = [
        (Manner::Errs, "loss `test.touchy` failed"),
        (Manner::Panics, "index 9 of 3"),
        (Manner::GivesNan, ""),
    ];
    for (manner, reason) in cases {
        let registry = with_touchy(manner);
        let plan = plan(&text, &registry);
        let dir = tempfile::tempdir().unwrap();
        let records = run_in(dir.path(), &plan, 2, &Watch::default()).unwrap();
        assert_eq!(records.len(), 8, "{manner:?}");
        for record in &records {
            if record.arm == "ours" {
                assert_eq!(record.failure, None, "{manner:?}");
                assert!(record.matched.is_some() && record.loss_final.is_some());
                continue;
            }
            assert!(record.failed(), "{manner:?}");
            let failure = record.failure.as_deref().unwrap();
            assert!(!failure.is_empty() && failure.contains(reason), "{manner:?}: {failure}");
            assert!(failure.matches("on fire").count() <= 1, "{failure}");
            assert_eq!(failure.lines().count(), 1, "{failure}");
        }
        // They count as trials, so that failing never raises a rate.
        let table = summary_text(&records);
        assert_eq!(table.lines().count(), 1 + 4 + 2, "{table}");
        let csv = std::fs::read_to_string(dir.path().join("tables/summary.csv")).unwrap();
        assert_eq!(csv, summary_csv(&braggscape_record::summarise(&records)));
        let theirs = csv.lines().find(|l| l.contains(",theirs,")).unwrap();
        let cells: Vec<&str> = theirs.split(',').collect();
        assert_eq!((cells[6], cells[7], cells[10]), ("2", "2", "0"), "{theirs}");
        // Failed tasks are finished tasks: nothing is done again.
        let watch = Watch::default();
        assert_eq!(run_in(dir.path(), &plan, 1, &watch).unwrap(), records);
        assert!(watch.begun.lock().unwrap().is_empty());
    }
}
