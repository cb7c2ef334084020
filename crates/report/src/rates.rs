//! The data of the match-rate figure, and the way to it from summaries of records.

use braggscape_record::Summary;

/// What the match-rate figure shows.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchRateFigure {
    /// Title over the figure; long titles are wrapped.
    pub title: String,
    /// Label of the horizontal axis, with its unit: what the labels of the groups are.
    pub x_label: String,
    /// Label of the vertical axis.
    pub y_label: String,
    /// What the whiskers are.
    pub interval_label: String,
    /// Name of the solid parts of the bars in the legend.
    pub strict_label: String,
    /// Name of the dashed lines in the legend.
    pub noop_label: String,
    /// The groups of bars, from left to right.
    pub groups: Vec<Group>,
}

impl Default for MatchRateFigure {
    /// No groups, the usual labels.
    fn default() -> Self {
        Self {
            title: String::new(),
            x_label: String::new(),
            y_label: "match rate".to_owned(),
            interval_label: "95 % Jeffreys interval".to_owned(),
            strict_label: "solid part: strict recovery".to_owned(),
            noop_label: "unrefined start".to_owned(),
            groups: Vec::new(),
        }
    }
}

/// The bars at one place of the horizontal axis, commonly a noise level.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// Label below the bars.
    pub label: String,
    /// Rate at which the distorted start matches without refinement, 0 to 1.
    pub noop_rate: Option<f64>,
    /// The bars; each arm at most once. An arm missing here leaves its place empty.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bar {
    /// Label of the arm, as the legend shows it. Equal labels have equal colours.
    pub arm: String,
    /// Match rate, 0 to 1.
    pub rate: f64,
    /// Lower end of the interval, 0 to 1.
    pub low: f64,
    /// Upper end of the interval, 0 to 1.
    pub high: f64,
    /// Rate of strict recovery, 0 to 1.
    pub strict_rate: Option<f64>,
    /// Number of tasks.
    pub n: u64,
}

/// Groups of bars by noise level, one bar an arm, in the order of the summaries.
///
/// Pass summaries pooled over structures, of one noise kind. `interval` gives the ends of the interval of a rate from
/// (successes, trials). The no-op rate of a group is pooled over its arms.
///
/// # Examples
/// ```
/// use braggscape_record::Summary;
/// use braggscape_report::groups_by_noise_level;
///
/// let summary = Summary { noise_level: 0.05, arm: "cosine".into(), n: 4, matched: 3, noop_matched: 1, ..Summary::default() };
/// let groups = groups_by_noise_level([&summary], |k, n| (0.0, k as f64 / n as f64));
/// assert_eq!(groups[0].label, "0.05");
/// assert_eq!(groups[0].noop_rate, Some(0.25));
/// assert_eq!(groups[0].bars[0].rate, 0.75);
/// ```
pub fn groups_by_noise_level<'a>(
    summaries: impl IntoIterator<Item = &'a Summary>,
    interval: impl Fn(u64, u64) -> (f64, f64),
) -> Vec<Group> {
    groups_by(summaries, |s| s.noise_level.to_string(), interval)
}

/// Groups of bars by structure, one bar an arm, in the order of the summaries.
///
/// Pass summaries of one noise kind and level. Otherwise as [`groups_by_noise_level`].
pub fn groups_by_structure<'a>(
    summaries: impl IntoIterator<Item = &'a Summary>,
    interval: impl Fn(u64, u64) -> (f64, f64),
) -> Vec<Group> {
    groups_by(summaries, |s| s.structure.clone().unwrap_or_else(|| "all".to_owned()), interval)
}

fn groups_by<'a>(
    summaries: impl IntoIterator<Item = &'a Summary>,
    label: impl Fn(&Summary) -> String,
    interval: impl Fn(u64, u64) -> (f64, f64),
) -> Vec<Group> {
    let mut groups: Vec<(Group, u64, u64)> = Vec::new();
    // A summary of no tasks has no rate.
    for s in summaries.into_iter().filter(|s| s.n > 0) {
        let label = label(s);
        let idx = groups.iter().position(|(g, ..)| g.label == label).unwrap_or_else(|| {
            groups.push((Group { label, ..Group::default() }, 0, 0));
            groups.len() - 1
        });
        let (group, noop, n) = &mut groups[idx];
        let rate = |k: u64| k as f64 / s.n as f64;
        let (low, high) = interval(s.matched, s.n);
        group.bars.push(Bar {
            arm: s.arm.clone(),
            rate: rate(s.matched),
            low,
            high,
            strict_rate: Some(rate(s.strict)),
            n: s.n,
        });
        *noop += s.noop_matched;
        *n += s.n;
        group.noop_rate = Some(*noop as f64 / *n as f64);
    }
    groups.into_iter().map(|(group, ..)| group).collect()
}
