//! Carrying out the tasks: journal, parts, shards, resumption.

use crate::task::{Truth, carry_out};
use crate::{Plan, StudyError, folder, tables};
use braggscape_record::{
    Journal, PART_LEN, Record, RecordError, Recovered, Timing, list_parts, part_of, read_dir,
    read_part, read_timings, write_part, write_timings,
};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// One of N processes that share a study: it does every N-th part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// The whole study.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    /// Shard `index` of `count`, from 1.
    ///
    /// # Errors
    /// [`StudyError::Shard`] unless 1 <= index <= count.
    pub fn new(index: u64, count: u64) -> Result<Self, StudyError> {
        if (1..=count).contains(&index) {
            Ok(Self { index, count })
        } else {
            Err(StudyError::Shard { index, count })
        }
    }

    fn does(self, part: u64) -> bool {
        part % self.count == self.index - 1
    }

    fn journal(self, dir: &Path) -> PathBuf {
        if self.count == 1 {
            dir.join("journal.log")
        } else {
            dir.join(format!("journal-{}-of-{}.log", self.index, self.count))
        }
    }
}

/// Watches a run; called from several threads.
pub trait Progress: Sync {
    /// Before the first task: tasks of this shard, and how many of them are done already.
    fn begin(&self, tasks: u64, done: u64);
    /// After each task.
    fn finished(&self, record: &Record);
    /// Something worth telling: a damaged part or line that is redone.
    fn notice(&self, message: &str);
}

/// How a study is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunOptions {
    /// Threads; 0 for all cores.
    pub jobs: usize,
    /// Which part of the study.
    pub shard: Shard,
}

/// What a run came to.
#[derive(Debug, Clone)]
pub enum RunOutcome {
    /// Every task of the study is recorded and tables are written.
    Finished {
        /// All records, by task index.
        records: Vec<Record>,
    },
    /// This shard is done, others are not.
    ShardDone {
        /// Tasks of the study that are not in a part yet.
        missing: u64,
        /// Tasks of this shard that failed.
        failed: u64,
    },
}

/// What the threads share.
struct State {
    journal: Journal,
    /// Records of parts that are not complete.
    open: BTreeMap<u64, BTreeMap<u64, Record>>,
    /// The first error: nothing is begun after it.
    error: Option<StudyError>,
}

/// Runs a study in its folder: begins it, goes on with it, or finds it finished.
///
/// # Errors
/// [`StudyError`]: the folder holds something else, or records cannot be kept. Tasks that fail are records, not errors.
pub fn run(
    plan: &Plan,
    dir: &Path,
    options: RunOptions,
    progress: &dyn Progress,
) -> Result<RunOutcome, StudyError> {
    folder::open(plan, dir)?;
    let n_tasks = plan.n_tasks();
    let n_parts = n_tasks.div_ceil(PART_LEN);
    let whole = sound_parts(plan, dir, progress)?;
    let mine: Vec<u64> =
        (0..n_parts).filter(|p| options.shard.does(*p) && !whole.contains_key(p)).collect();
    if !mine.is_empty() {
        work(plan, dir, options, progress, &mine)?;
    }
    let whole = if mine.is_empty() { whole } else { sound_parts(plan, dir, progress)? };
    if whole.len() as u64 == n_parts {
        finish(plan, dir)
    } else {
        let missing =
            (0..n_parts).filter(|p| !whole.contains_key(p)).map(|p| part_len(p, n_tasks)).sum();
        let failed = whole.iter().filter(|(p, _)| options.shard.does(**p)).map(|(_, n)| n).sum();
        Ok(RunOutcome::ShardDone { missing, failed })
    }
}

fn part_len(part: u64, n_tasks: u64) -> u64 {
    PART_LEN.min(n_tasks - part * PART_LEN)
}

/// The parts that are there, readable and complete, with the number of failed tasks in them; the others are named and will be
/// redone.
fn sound_parts(
    plan: &Plan,
    dir: &Path,
    progress: &dyn Progress,
) -> Result<BTreeMap<u64, u64>, StudyError> {
    let mut sound = BTreeMap::new();
    for (part, path) in list_parts(dir)? {
        let read = match read_part(&path) {
            Err(e) => Err(braggscape_optim::with_causes(&e)),
            Ok((schema, _)) if schema != plan.schema => Err("has other columns".to_owned()),
            Ok((_, records)) if part * PART_LEN >= plan.n_tasks() => {
                Err(format!("{} records beyond the study", records.len()))
            }
            Ok((_, records)) if records.len() as u64 != part_len(part, plan.n_tasks()) => {
                Err(format!("holds {} records", records.len()))
            }
            Ok((_, records)) => Ok(records.iter().filter(|r| r.failed()).count() as u64),
        };
        match read {
            Ok(failed) => {
                sound.insert(part, failed);
            }
            Err(fault) => {
                progress.notice(&format!("{}: redone, since {fault}", path.display()));
            }
        }
    }
    Ok(sound)
}

/// Does the tasks of these parts that the journal does not hold.
fn work(
    plan: &Plan,
    dir: &Path,
    options: RunOptions,
    progress: &dyn Progress,
    parts: &[u64],
) -> Result<(), StudyError> {
    let path = options.shard.journal(dir);
    let (journal, Recovered { records, damaged, .. }) = Journal::open(&path, plan.hash())?;
    for line in damaged {
        progress.notice(&format!(
            "{}:{}: redone, since {}",
            path.display(),
            line.line,
            line.reason
        ));
    }
    let mut open: BTreeMap<u64, BTreeMap<u64, Record>> =
        parts.iter().map(|p| (*p, BTreeMap::new())).collect();
    for record in records {
        if record.task_index < plan.n_tasks()
            && let Some(part) = open.get_mut(&part_of(record.task_index))
        {
            part.insert(record.task_index, record);
        }
    }
    let pending: Vec<u64> = parts
        .iter()
        .flat_map(|p| p * PART_LEN..p * PART_LEN + part_len(*p, plan.n_tasks()))
        .filter(|i| !open.get(&part_of(*i)).is_some_and(|part| part.contains_key(i)))
        .collect();
    let total: u64 = parts.iter().map(|p| part_len(*p, plan.n_tasks())).sum();
    progress.begin(total, total - pending.len() as u64);
    let mut state = State { journal, open, error: None };
    for part in parts {
        close_part(plan, dir, &mut state, *part)?;
    }
    let truths: Vec<OnceLock<Result<Truth, String>>> =
        plan.structures.iter().map(|_| OnceLock::new()).collect();
    let state = Mutex::new(state);
    let one = |index: u64| {
        if lock(&state).error.is_some() {
            return;
        }
        let structure = plan.key(index).structure;
        let truth = truths[structure]
            .get_or_init(|| Truth::new(plan, &plan.structures[structure].structure));
        let (record, seconds) = timed(|| carry_out(plan, truth, index));
        let mut state = lock(&state);
        if let Err(e) = keep(plan, dir, &mut state, &record, seconds) {
            state.error.get_or_insert(e);
        }
        drop(state);
        progress.finished(&record);
    };
    let run_all = || pending.par_iter().with_max_len(1).for_each(|i| one(*i));
    match rayon::ThreadPoolBuilder::new().num_threads(options.jobs).build() {
        Ok(pool) => pool.install(run_all),
        // Without threads of our own the tasks run one after another.
        Err(_) => pending.iter().for_each(|i| one(*i)),
    }
    let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    state.error.map_or(Ok(()), Err)
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "wall times are kept apart from records")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = std::time::Instant::now();
    let result = work();
    (result, start.elapsed().as_secs_f64())
}

/// Journals a record and writes its part if that is now complete.
fn keep(
    plan: &Plan,
    dir: &Path,
    state: &mut State,
    record: &Record,
    seconds: f64,
) -> Result<(), StudyError> {
    state.journal.append_timed(record, seconds)?;
    let part = part_of(record.task_index);
    state.open.entry(part).or_default().insert(record.task_index, record.clone());
    close_part(plan, dir, state, part)
}

fn close_part(plan: &Plan, dir: &Path, state: &mut State, part: u64) -> Result<(), StudyError> {
    let complete = state
        .open
        .get(&part)
        .is_some_and(|records| records.len() as u64 == part_len(part, plan.n_tasks()));
    if complete && let Some(records) = state.open.remove(&part) {
        let records: Vec<Record> = records.into_values().collect();
        write_part(dir, part, &plan.schema, &records)?;
    }
    Ok(())
}

/// All parts are there: timings and tables are written, journals have done their work.
///
/// Of several shards that end together one does this at a time; a journal still in use is left to its owner, who comes after.
fn finish(plan: &Plan, dir: &Path) -> Result<RunOutcome, StudyError> {
    let manifest = dir.join("manifest.json");
    let turn = File::open(&manifest).map_err(StudyError::io(&manifest, "read"))?;
    match turn.lock() {
        // Some network file systems have no locks.
        Err(e) if e.kind() != std::io::ErrorKind::Unsupported => {
            return Err(StudyError::io(&manifest, "locked")(e));
        }
        _ => {}
    }
    let (_, records) = read_dir(dir)?;
    let mut timings: BTreeMap<u64, f64> = BTreeMap::new();
    if braggscape_record::timings_path(dir).exists() {
        timings.extend(read_timings(dir)?.iter().map(|t| (t.task_index, t.wall_seconds)));
    }
    let mut journals = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(StudyError::io(dir, "read"))? {
        let path = entry.map_err(StudyError::io(dir, "read"))?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
        if name.starts_with("journal") && path.extension().is_some_and(|e| e == "log") {
            let (journal, recovered) = match Journal::open(&path, plan.hash()) {
                Err(RecordError::JournalInUse { .. }) => continue,
                opened => opened?,
            };
            timings.extend(recovered.timings.iter().map(|t| (t.task_index, t.wall_seconds)));
            journals.push(journal);
        }
    }
    let rows: Vec<Timing> = timings
        .into_iter()
        .map(|(task_index, wall_seconds)| Timing { task_index, wall_seconds })
        .collect();
    if !journals.is_empty() {
        write_timings(dir, &rows)?;
        tables::write_timing_table(dir, &records, &rows)?;
    }
    tables::write(dir, &records)?;
    for journal in journals {
        let path = journal.path().to_path_buf();
        drop(journal);
        std::fs::remove_file(&path).map_err(StudyError::io(&path, "removed"))?;
    }
    Ok(RunOutcome::Finished { records })
}
