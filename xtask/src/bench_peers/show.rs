//! The table as text.

use super::table::{Line, ListsLine, PEAK_GOAL, Report};
use std::fmt;

/// Seconds with a unit and three digits.
pub(super) fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "us"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let decimals = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.decimals$} {unit:<2}")
}

/// A ratio in words of a table.
pub(super) fn times(ratio: f64) -> String {
    let decimals = usize::from(ratio < 100.0);
    format!("{ratio:.decimals$} x")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions = self.versions.iter().map(|(name, version)| format!("{name} {version}"));
        writeln!(f, "{}; {}", self.machine, versions.collect::<Vec<_>>().join(", "))?;
        writeln!(
            f,
            "one thread each; medians{}; ours by the clock, theirs processor time",
            if self.quick { " of few runs" } else { "" }
        )?;
        let (beside, alone): (Vec<_>, Vec<_>) =
            self.evaluations.iter().partition(|line| line.float64_ratio.is_some());
        if !beside.is_empty() {
            writeln!(f, "\nOne evaluation: loss and gradient, against dense PyTorch")?;
            let columns = [
                "kernel", "crystal", "ours", "float64", "ratio", "float32", "ratio", "float64*",
                "ratio", "goal",
            ];
            let rows = beside.iter().map(|line| line.cells()).collect::<Vec<_>>();
            write_table(f, &columns, &rows)?;
            writeln!(f, "* with an allocator that keeps its memory, which PyTorch has to be told")?;
            write_agreement(f, &beside)?;
        }
        if !alone.is_empty() {
            writeln!(f, "\nBefore the first evaluation: ours alone")?;
            let rows = alone.iter().map(|line| line.cells_alone()).collect::<Vec<_>>();
            write_table(f, &["kernel", "crystal", "ours", "goal"], &rows)?;
        }
        if !self.peak_lists.is_empty() {
            writeln!(f, "\nPeak lists (goal: each {PEAK_GOAL:.0} x pymatgen)")?;
            let columns = [
                "kernel",
                "structures",
                "peer",
                "ours",
                "theirs",
                "total",
                "median",
                "smallest",
                "of",
                "reach 200 x",
                "differ",
            ];
            let rows = self.peak_lists.iter().map(ListsLine::cells).collect::<Vec<_>>();
            write_table(f, &columns, &rows)?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "note: {note}"))
    }
}

/// How far results are from float64, the worst crystal of each kernel.
fn write_agreement(f: &mut fmt::Formatter<'_>, lines: &[&Line]) -> fmt::Result {
    let (mut told, mut silent) = (Vec::new(), Vec::new());
    for lines in lines.chunk_by(|a, b| a.kernel == b.kernel) {
        let kernel = lines[0].kernel.as_str();
        let worst = |of: fn(&Line) -> Option<f64>| {
            lines.iter().filter_map(|line| of(line)).reduce(f64::max)
        };
        match (worst(|line| line.loss_difference), worst(|line| line.gradient_difference)) {
            (None, None) => silent.push(kernel),
            (loss, gradient) => {
                let digits = |d: Option<f64>| d.map_or("-".to_owned(), |d| format!("{d:.0e}"));
                told.push(format!("{kernel} {} and {}", digits(loss), digits(gradient)));
            }
        }
    }
    if !told.is_empty() {
        let told = told.join(", ");
        writeln!(f, "off float64 by, loss and gradient over its norm: {told}")?;
    }
    if !silent.is_empty() {
        writeln!(f, "no result to compare, times alone: {}", silent.join(", "))?;
    }
    Ok(())
}

impl Line {
    fn cells(&self) -> Vec<String> {
        let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
        vec![
            self.kernel.clone(),
            self.crystal.clone(),
            duration(self.seconds),
            or_dash(self.float64_seconds.map(duration)),
            or_dash(self.float64_ratio.map(times)),
            or_dash(self.float32_seconds.map(duration)),
            or_dash(self.float32_ratio.map(times)),
            or_dash(self.kept_float64_seconds.map(duration)),
            or_dash(self.kept_float64_ratio.map(times)),
            self.goal_cell(),
        ]
    }

    /// Where there is nothing beside it.
    fn cells_alone(&self) -> Vec<String> {
        vec![self.kernel.clone(), self.crystal.clone(), duration(self.seconds), self.goal_cell()]
    }

    fn goal_cell(&self) -> String {
        match (&self.goal, self.met) {
            (Some(goal), Some(true)) => format!("{goal}: met"),
            (Some(goal), Some(false)) => format!("{goal}: NOT met"),
            (Some(goal), None) => goal.clone(),
            (None, _) => "-".to_owned(),
        }
    }
}

impl ListsLine {
    fn cells(&self) -> Vec<String> {
        vec![
            self.kernel.clone(),
            self.structures.to_owned(),
            self.peer.clone(),
            duration(self.seconds),
            duration(self.peer_seconds),
            times(self.total_ratio),
            times(self.median_ratio),
            times(self.smallest_ratio),
            self.smallest_name.clone(),
            format!("{} of {}", self.n_reach_goal, self.n),
            self.n_differ.to_string(),
        ]
    }
}

/// Columns as wide as their widest cell.
pub(super) fn write_table(
    f: &mut fmt::Formatter<'_>,
    head: &[&str],
    rows: &[Vec<String>],
) -> fmt::Result {
    let head = head.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>();
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    for row in std::iter::once(&head).chain(rows) {
        let cells = row.iter().enumerate().map(|(i, cell)| format!("{cell:<0$}", width(i)));
        writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        for (seconds, expected) in
            [(1.234e-9, "1.23 ns"), (9.996e-6, "10.0 us"), (0.1234, "123 ms"), (12.34, "12.3 s ")]
        {
            assert_eq!(duration(seconds), expected);
        }
    }
}
