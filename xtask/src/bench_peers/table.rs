//! The table of times and ratios: which results agree, and what follows from their times.

use super::agreement::{Difference, PEAK_TOLERANCE, SINGLE, Tolerance, compare, peak_difference};
use super::data::{Dense, DenseRow, Evaluation, List, Ours, PeerLists};
use super::show::duration;
use anyhow::bail;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a kernel is to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Goal {
    /// This many times the speed of the dense transcription in double precision.
    Ratio(f64),
    /// At most this many seconds.
    Seconds(f64),
}

/// What is known of a kernel beside its times.
struct Target {
    kernel: &'static str,
    goal: Option<Goal>,
    /// Against the peer's double precision.
    tolerance: Tolerance,
}

impl Target {
    const fn new(kernel: &'static str, goal: Option<Goal>, loss: f64, gradient: f64) -> Self {
        Self { kernel, goal, tolerance: Tolerance { loss, gradient } }
    }
}

/// The kernels of the refinement that have a goal or are exact to other digits than [`OTHERS`] demands. Each crystal is to reach
/// the goal on its own.
const TARGETS: &[Target] = &[
    // Tails beyond seven standard deviations are cut: 1e-11 of a peak.
    Target::new("full-grid", Some(Goal::Ratio(2000.0)), 1e-9, 1e-8),
    // Sums on nodes are those over all points to some 1e-8, and windows leave out 1e-8 of a peak. The aim is 20,000.
    Target::new("resampled", Some(Goal::Ratio(10_000.0)), 1e-6, 1e-5),
    Target::new("lattice-only", Some(Goal::Ratio(15_000.0)), 1e-6, 1e-5),
    Target::new("float32", Some(Goal::Ratio(60_000.0)), SINGLE.loss, SINGLE.gradient),
    Target::new("float32-all", None, SINGLE.loss, SINGLE.gradient),
    // Another loss, so that nothing is compared but the time.
    Target::new("blurred-overlap", Some(Goal::Ratio(10_000.0)), 0.0, 0.0),
    Target::new("setup", Some(Goal::Seconds(1e-3)), 0.0, 0.0),
    Target::new("setup-blurred", Some(Goal::Seconds(1e-3)), 0.0, 0.0),
];

/// Every other kernel.
const OTHERS: Target = Target::new("", None, 1e-6, 1e-4);

/// How many times pymatgen's speed each peak list is to reach.
pub(super) const PEAK_GOAL: f64 = 200.0;

/// Clock time over processor time from which on a machine is called busy.
const BUSY: f64 = 1.1;

/// The peer that peak lists must agree with; others are shown, and said to differ where they do.
const REFERENCE: &str = "pymatgen";

/// Everything that was measured, as `target/bench-peers.json` holds it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub machine: String,
    pub quick: bool,
    pub versions: BTreeMap<String, String>,
    pub evaluations: Vec<Line>,
    pub peak_lists: Vec<ListsLine>,
    pub notes: Vec<String>,
}

/// One kernel at one crystal.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub kernel: String,
    pub crystal: String,
    pub seconds: f64,
    pub seconds_min: f64,
    pub float64_seconds: Option<f64>,
    pub float64_seconds_min: Option<f64>,
    pub float64_ratio: Option<f64>,
    pub float32_seconds: Option<f64>,
    pub float32_seconds_min: Option<f64>,
    pub float32_ratio: Option<f64>,
    pub kept_float64_seconds: Option<f64>,
    pub kept_float64_ratio: Option<f64>,
    pub loss_difference: Option<f64>,
    pub gradient_difference: Option<f64>,
    pub goal: Option<String>,
    pub met: Option<bool>,
}

/// One calculator of peak lists against one peer, over one set of structures.
#[derive(Debug, Serialize)]
pub(super) struct ListsLine {
    pub kernel: String,
    pub peer: String,
    pub structures: &'static str,
    pub n: usize,
    pub seconds: f64,
    pub peer_seconds: f64,
    pub total_ratio: f64,
    pub median_ratio: f64,
    pub smallest_ratio: f64,
    pub smallest_name: String,
    pub n_reach_goal: usize,
    pub n_differ: usize,
    pub lists: Vec<ListTimes>,
}

/// One structure of a [`ListsLine`].
#[derive(Debug, Serialize)]
pub(super) struct ListTimes {
    name: String,
    seconds: f64,
    seconds_min: f64,
    peer_seconds: f64,
    peer_seconds_min: f64,
    ratio: f64,
}

impl Report {
    /// The table, if the results agree. The second dense transcription ran with an allocator that keeps its memory.
    ///
    /// # Errors
    /// Every disagreement, or a row without its counterpart.
    pub(super) fn new(
        ours: &Ours,
        [dense, kept]: [&Dense; 2],
        lists: &PeerLists,
        machine: String,
        quick: bool,
    ) -> anyhow::Result<Self> {
        let mut problems = Vec::new();
        let mut evaluations = Vec::new();
        for evaluation in &ours.evaluations {
            match line(evaluation, dense, kept) {
                Ok(line) => evaluations.push(line),
                Err(found) => problems.extend(found),
            }
        }
        let mut notes = Vec::from_iter(busy(dense));
        for (calculator, problem) in &lists.problems {
            if calculator == REFERENCE {
                problems.push(format!("{calculator}: {problem}"));
            } else {
                notes.push(format!("{calculator} is left out or incomplete: {problem}"));
            }
        }
        let mut peak_lists = Vec::new();
        for kernel in distinct(ours.peak_lists.iter().map(|row| row.kernel.as_str())) {
            for peer in distinct(lists.rows.iter().map(|row| row.calculator.as_str())) {
                let pairs = pairs(ours, lists, kernel, peer);
                for (structures, is_row) in [("100 MP-20 rows", true), ("study crystals", false)] {
                    let part =
                        pairs.iter().filter(|(own, _)| own.name.starts_with("mp-") == is_row);
                    let part = part.copied().collect::<Vec<_>>();
                    if !part.is_empty() {
                        let (line, different) = lists_line(kernel, peer, structures, &part);
                        if peer == REFERENCE {
                            problems.extend(different);
                        } else if let Some(first) = different.first() {
                            notes.push(format!(
                                "{peer} gives other intensities in {} of {} lists of the {structures}; {first}",
                                different.len(),
                                part.len()
                            ));
                        }
                        peak_lists.push(line);
                    }
                }
            }
        }
        if evaluations.is_empty() && peak_lists.is_empty() && problems.is_empty() {
            problems.push("nothing was timed".to_owned());
        }
        if !problems.is_empty() {
            bail!("no ratio is shown, since results disagree:\n  {}", problems.join("\n  "));
        }
        let mut versions = dense.versions.clone();
        versions.extend(lists.versions.clone());
        Ok(Self { machine, quick, versions, evaluations, peak_lists, notes })
    }
}

/// A note if the dense transcription, which runs longest, had to wait for a processor.
fn busy(dense: &Dense) -> Option<String> {
    let sum = |of: fn(&DenseRow) -> f64| dense.rows.iter().map(of).sum::<f64>();
    let (wall, seconds) = (sum(|row| row.wall_seconds), sum(|row| row.seconds));
    (wall > BUSY * seconds).then(|| {
        let share = 100.0 * (1.0 - seconds / wall);
        format!(
            "the machine was busy: PyTorch waited {share:.0} % of the time. Measure again when it is quiet: our times \
             include such waiting, the peers' do not"
        )
    })
}

/// Distinct values in order of first appearance.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

fn target(kernel: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.kernel == kernel).unwrap_or(&OTHERS)
}

fn line(ours: &Evaluation, dense: &Dense, kept: &Dense) -> Result<Line, Vec<String>> {
    let target = target(&ours.kernel);
    // What comes before an evaluation has no counterpart; another loss is set beside it all the same, but has no result to compare.
    let compared = ours.loss.is_some() || ours.gradient.is_some();
    let beside = compared || matches!(target.goal, Some(Goal::Ratio(_)));
    let rows = [(dense, "float64"), (dense, "float32"), (kept, "float64")]
        .map(|(side, precision)| (side.row(&ours.crystal, precision), precision));
    let mut problems = Vec::new();
    let mut difference = None::<Difference>;
    for (row, precision) in rows.iter().filter(|_| beside) {
        let tolerance =
            if *precision == "float64" { target.tolerance } else { target.tolerance.and(SINGLE) };
        match row.map(|row| compare(ours, row, tolerance)) {
            Some(Ok(found)) => difference = difference.or(Some(found)),
            Some(Err(problem)) => problems.push(problem),
            None => problems.push(format!("the peer has no {precision} row of {}", ours.crystal)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let [double, single, kept] = rows.map(|(row, _)| row.filter(|_| beside));
    let ratio = double.map(|row| row.seconds / ours.seconds);
    let (goal, met) = match target.goal {
        Some(Goal::Ratio(goal)) => {
            (Some(format!("{goal:.0} x float64")), ratio.map(|ratio| ratio >= goal))
        }
        Some(Goal::Seconds(goal)) => {
            (Some(format!("within {}", duration(goal).trim_start())), Some(ours.seconds <= goal))
        }
        None => (None, None),
    };
    Ok(Line {
        kernel: ours.kernel.clone(),
        crystal: ours.crystal.clone(),
        seconds: ours.seconds,
        seconds_min: ours.seconds_min,
        float64_seconds: double.map(|row| row.seconds),
        float64_seconds_min: double.map(|row| row.seconds_min),
        float64_ratio: ratio,
        float32_seconds: single.map(|row| row.seconds),
        float32_seconds_min: single.map(|row| row.seconds_min),
        float32_ratio: single.map(|row| row.seconds / ours.seconds),
        kept_float64_seconds: kept.map(|row| row.seconds),
        kept_float64_ratio: kept.map(|row| row.seconds / ours.seconds),
        loss_difference: difference.filter(|_| ours.loss.is_some()).map(|d| d.loss),
        gradient_difference: difference.filter(|_| ours.gradient.is_some()).map(|d| d.gradient),
        goal,
        met,
    })
}

/// Our lists and the peer's of the same structures.
fn pairs<'a>(
    ours: &'a Ours,
    lists: &'a PeerLists,
    kernel: &str,
    peer: &str,
) -> Vec<(&'a List, &'a List)> {
    let theirs = lists.rows.iter().filter(|row| row.calculator == peer);
    let theirs: BTreeMap<usize, &List> = theirs.map(|row| (row.list.index, &row.list)).collect();
    let ours = ours.peak_lists.iter().filter(|row| row.kernel == kernel);
    ours.filter_map(|row| Some((&row.list, *theirs.get(&row.list.index)?))).collect()
}

/// The line of a set of structures, and what its lists differ in. The set is not empty.
fn lists_line(
    kernel: &str,
    peer: &str,
    structures: &'static str,
    pairs: &[(&List, &List)],
) -> (ListsLine, Vec<String>) {
    let mut different = Vec::new();
    let mut lists = Vec::new();
    for (own, theirs) in pairs {
        let difference = peak_difference(&own.peaks, &theirs.peaks);
        if difference.is_nan() || difference > PEAK_TOLERANCE {
            different.push(format!(
                "{}: {kernel} and {peer} differ by {difference:.2e} of 100 at one angle",
                own.name
            ));
        }
        lists.push(ListTimes {
            name: own.name.clone(),
            seconds: own.seconds,
            seconds_min: own.seconds_min,
            peer_seconds: theirs.seconds,
            peer_seconds_min: theirs.seconds_min,
            ratio: theirs.seconds / own.seconds,
        });
    }
    lists.sort_by(|a, b| a.ratio.total_cmp(&b.ratio));
    let n = lists.len();
    let seconds = lists.iter().map(|list| list.seconds).sum();
    let peer_seconds = lists.iter().map(|list| list.peer_seconds).sum::<f64>();
    let line = ListsLine {
        kernel: kernel.to_owned(),
        peer: peer.to_owned(),
        structures,
        n,
        seconds,
        peer_seconds,
        total_ratio: peer_seconds / seconds,
        median_ratio: f64::midpoint(lists[(n - 1) / 2].ratio, lists[n / 2].ratio),
        smallest_ratio: lists[0].ratio,
        smallest_name: lists[0].name.clone(),
        n_reach_goal: lists.iter().filter(|list| list.ratio >= PEAK_GOAL).count(),
        n_differ: different.len(),
        lists,
    };
    (line, different)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = r#"{
        "evaluations": [
            {"kernel": "full-grid", "crystal": "U2Ti", "seconds": 1e-4, "seconds_min": 9e-5, "loss": -0.9,
             "gradient": {"cell": [1, 0, 0, 0, 0, 0], "coords": [[0, 0, 1]]}},
            {"kernel": "blurred-overlap", "crystal": "U2Ti", "seconds": 1e-5, "seconds_min": 1e-5, "loss": null,
             "gradient": null},
            {"kernel": "model", "crystal": "all", "seconds": 2.5e-7, "seconds_min": 2e-7, "loss": null, "gradient": null},
            {"kernel": "setup", "crystal": "U2Ti", "seconds": 1.5e-3, "seconds_min": 1e-3, "loss": null,
             "gradient": null}
        ],
        "peak_lists": [
            {"kernel": "peak-list", "index": 0, "name": "U2Ti", "sites": 3, "seconds": 1e-5, "seconds_min": 1e-5,
             "peaks": [[20.0, 100.0]]},
            {"kernel": "peak-list", "index": 3, "name": "mp-1", "sites": 3, "seconds": 1e-5, "seconds_min": 1e-5,
             "peaks": [[20.0, 100.0]]},
            {"kernel": "peak-list", "index": 4, "name": "mp-2", "sites": 3, "seconds": 3e-5, "seconds_min": 1e-5,
             "peaks": [[20.0, 100.0]]}
        ]}"#;

    const DENSE: &str = r#"{"versions": {"torch": "1.0"}, "rows": [
        {"crystal": "U2Ti", "precision": "float64", "seconds": 0.3, "seconds_min": 0.2, "wall_seconds": 0.3, "reflections": 9, "loss": -0.9,
         "gradient": {"cell": [1, 0, 0, 0, 0, 0], "coords": [[0, 0, 1]]}},
        {"crystal": "U2Ti", "precision": "float32", "seconds": 0.01, "seconds_min": 0.01, "wall_seconds": 0.01, "reflections": 9, "loss": -0.9000001,
         "gradient": {"cell": [1, 0, 0, 0, 0, 0], "coords": [[0, 0, 1]]}}]}"#;

    const KEPT: &str = r#"{"versions": {"torch": "1.0"}, "rows": [
        {"crystal": "U2Ti", "precision": "float64", "seconds": 0.12, "seconds_min": 0.1, "wall_seconds": 0.12, "loss": -0.9,
         "gradient": {"cell": [1, 0, 0, 0, 0, 0], "coords": [[0, 0, 1]]}}]}"#;

    const LISTS: &str = r#"{"versions": {"pymatgen": "2.0"}, "problems": {}, "rows": [
        {"calculator": "pymatgen", "index": 0, "name": "U2Ti", "sites": 3, "seconds": 1e-3, "seconds_min": 1e-3,
         "peaks": [[20.0, 100.0]]},
        {"calculator": "pymatgen", "index": 3, "name": "mp-1", "sites": 3, "seconds": 4e-3, "seconds_min": 4e-3,
         "peaks": [[20.0, 100.0]]},
        {"calculator": "pymatgen", "index": 4, "name": "mp-2", "sites": 3, "seconds": 3e-3, "seconds_min": 3e-3,
         "peaks": [[20.0, 100.0]]},
        {"calculator": "xrd-rust", "index": 4, "name": "mp-2", "sites": 3, "seconds": 3e-4, "seconds_min": 3e-4,
         "peaks": [[20.0, 60.0], [30.0, 100.0]]}]}"#;

    fn report(ours: &str, dense: &str, lists: &str) -> anyhow::Result<Report> {
        Report::new(
            &serde_json::from_str(ours)?,
            [&serde_json::from_str(dense)?, &serde_json::from_str(KEPT)?],
            &serde_json::from_str(lists)?,
            "a machine".to_owned(),
            false,
        )
    }

    #[track_caller]
    fn check_row(text: &str, words: &[&str]) {
        let found = text.lines().any(|line| {
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            words.join(" ") == line
        });
        assert!(found, "no row {words:?} in\n{text}");
    }

    #[test]
    fn the_table_has_times_ratios_and_goals() {
        let text = report(OURS, DENSE, LISTS).unwrap().to_string();
        check_row(
            &text,
            &[
                "full-grid U2Ti 100 us 300 ms 3000 x 10.0 ms 100 x 120 ms 1200 x 2000 x float64: met",
            ],
        );
        check_row(
            &text,
            &[
                "blurred-overlap U2Ti 10.0 us 300 ms 30000 x 10.0 ms 1000 x 120 ms 12000 x 10000 x float64: met",
            ],
        );
        assert!(text.contains("no result to compare, times alone: blurred-overlap"), "{text}");
        check_row(&text, &["model all 250 ns -"]);
        check_row(&text, &["setup U2Ti 1.50 ms within 1.00 ms: NOT met"]);
        check_row(
            &text,
            &["peak-list 100 MP-20 rows pymatgen 40.0 us 7.00 ms 175 x 250 x 100 x mp-2 1 of 2 0"],
        );
        check_row(
            &text,
            &["peak-list study crystals pymatgen 10.0 us 1.00 ms 100 x 100 x 100 x U2Ti 0 of 1 0"],
        );
        assert!(text.contains("pymatgen 2.0, torch 1.0"), "{text}");
    }

    #[test]
    fn a_goal_can_be_missed() {
        let dense = DENSE.replace("\"seconds\": 0.3", "\"seconds\": 0.1999");
        let text = report(OURS, &dense, LISTS).unwrap().to_string();
        check_row(
            &text,
            &[
                "full-grid U2Ti 100 us 200 ms 1999 x 10.0 ms 100 x 120 ms 1200 x 2000 x float64: NOT met",
            ],
        );
    }

    #[test]
    fn disagreement_hides_the_table() {
        for (ours, dense, lists, word) in [
            (
                OURS,
                DENSE.replace("\"loss\": -0.9,", "\"loss\": -0.91,").as_str(),
                LISTS,
                "loss -0.9",
            ),
            (OURS, DENSE.replace("-0.9000001", "-0.91").as_str(), LISTS, "float32"),
            (OURS, DENSE.replace("float32", "float16").as_str(), LISTS, "no float32 row"),
            (
                OURS,
                DENSE,
                LISTS.replacen("[20.0", "[20.1", 1).as_str(),
                "U2Ti: peak-list and pymatgen",
            ),
            (OURS, DENSE, LISTS.replace("{}", "{\"pymatgen\": \"broken\"}").as_str(), "broken"),
            ("{\"evaluations\": [], \"peak_lists\": []}", DENSE, LISTS, "nothing was timed"),
        ] {
            let error = report(ours, dense, lists).unwrap_err().to_string();
            assert!(error.contains(word), "`{error}` does not say `{word}`");
        }
    }

    #[test]
    fn a_second_peer_may_differ_or_be_missing_and_is_said_to() {
        let text = report(OURS, DENSE, LISTS).unwrap().to_string();
        assert!(text.contains("note: xrd-rust gives other intensities in 1 of 1 lists"), "{text}");
        let lists = LISTS.replace("{}", "{\"xrd-rust\": \"no wheel\"}");
        let text = report(OURS, DENSE, &lists).unwrap().to_string();
        assert!(text.contains("xrd-rust is left out or incomplete: no wheel"), "{text}");
    }

    #[test]
    fn a_busy_machine_is_told() {
        let text = report(OURS, DENSE, LISTS).unwrap().to_string();
        assert!(!text.contains("busy"), "{text}");
        let dense = DENSE.replace("\"wall_seconds\": 0.3", "\"wall_seconds\": 0.61");
        let text = report(OURS, &dense, LISTS).unwrap().to_string();
        assert!(text.contains("busy: PyTorch waited 50 % of the time"), "{text}");
    }

    #[test]
    fn the_file_holds_every_ratio() {
        let json = serde_json::to_value(report(OURS, DENSE, LISTS).unwrap()).unwrap();
        assert!((json["evaluations"][0]["float64_ratio"].as_f64().unwrap() - 3000.0).abs() < 1e-6);
        assert!(
            (json["peak_lists"][0]["lists"][1]["ratio"].as_f64().unwrap() - 400.0).abs() < 1e-6
        );
        assert!(json["evaluations"][2]["float64_ratio"].is_null());
    }
}
