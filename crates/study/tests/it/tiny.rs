//! A study of some hundredths of a second, and one who watches it.

use braggscape_plugin::Registry;
use braggscape_record::Record;
use braggscape_study::{Plan, Progress, RunOptions, RunOutcome, Shard, StudyError, run};
use std::path::Path;
use std::sync::Mutex;

/// Two structures, two replicates, two arms, one step.
pub(crate) const TINY: &str = r#"structures = ["U2Ti", "NaS"]
replicates = 2
report_losses = ["cosine"]
noise = { kind = "strain", levels = [0.02] }
optimizer = { kind = "gradient-descent", max_iterations = 1 }

[[arm]]
name = "ours"

[[arm]]
name = "theirs"
loss = "cosine"
"#;

pub(crate) fn plan(text: &str, registry: &Registry) -> Plan {
    Plan::from_toml(text, "tiny.toml", 1.0, registry, Path::new(".")).unwrap()
}

/// Notes what it is told.
#[derive(Default)]
pub(crate) struct Watch {
    pub(crate) begun: Mutex<Vec<(u64, u64)>>,
    pub(crate) finished: Mutex<Vec<u64>>,
    pub(crate) notices: Mutex<Vec<String>>,
}

impl Progress for Watch {
    fn begin(&self, tasks: u64, done: u64) {
        self.begun.lock().unwrap().push((tasks, done));
    }

    fn finished(&self, record: &Record) {
        self.finished.lock().unwrap().push(record.task_index);
    }

    fn notice(&self, message: &str) {
        self.notices.lock().unwrap().push(message.to_owned());
    }
}

pub(crate) fn run_in(
    dir: &Path,
    plan: &Plan,
    jobs: usize,
    watch: &Watch,
) -> Result<Vec<Record>, StudyError> {
    match run(plan, dir, RunOptions { jobs, shard: Shard::WHOLE }, watch)? {
        RunOutcome::Finished { records } => Ok(records),
        RunOutcome::ShardDone { missing, .. } => panic!("{missing} tasks are missing"),
    }
}
