//! The files of a landscape.

use super::plan::LandscapePlan;
use super::run::Landscape;
use super::summary::LandscapeSummary;
use crate::StudyError;
use braggscape_pattern::{Pattern, io};
use braggscape_record::{Numbers, atomic, numbers_parquet};
use serde::Serialize;
use std::path::Path;

/// A table in the making: names and cells by column.
struct Columns(Vec<(String, Numbers)>);

impl Columns {
    /// The table as CSV; numbers with all their digits, empty cells empty.
    fn csv(&self) -> String {
        let cell = |numbers: &Numbers, row: usize| match numbers {
            Numbers::Floats(v) => v[row].map_or_else(String::new, |v| v.to_string()),
            Numbers::Counts(v) => v[row].map_or_else(String::new, |v| v.to_string()),
            Numbers::Flags(v) => v[row].to_string(),
        };
        let n_rows = match self.0.first() {
            Some((_, Numbers::Floats(v))) => v.len(),
            Some((_, Numbers::Counts(v))) => v.len(),
            Some((_, Numbers::Flags(v))) => v.len(),
            None => 0,
        };
        let mut rows = vec![self.0.iter().map(|(name, _)| name.clone()).collect()];
        rows.extend((0..n_rows).map(|row| self.0.iter().map(|(_, n)| cell(n, row)).collect()));
        csv_text(rows)
    }
}

fn csv_text(rows: Vec<Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Writing to memory cannot fail.
        let _ = writer.write_record(row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

impl Landscape {
    /// Writes `config.toml`, `grid.csv`, `grid.parquet`, `minima.csv`, `paths.csv`, `roughness.json`, `summary.json` and the patterns
    /// of minima (`patterns/*.xy`) into a folder, each whole or not at all.
    ///
    /// # Errors
    /// [`StudyError::Record`] or [`StudyError::Io`].
    pub fn write(&self, plan: &LandscapePlan, dir: &Path) -> Result<(), StudyError> {
        let put = |name: &str, bytes: &[u8]| atomic::write(&dir.join(name), bytes);
        let grid = self.grid_columns(plan);
        put("grid.csv", grid.csv().as_bytes())?;
        put("grid.parquet", &numbers_parquet(&grid.0)?)?;
        put("minima.csv", self.minima_columns(plan).csv().as_bytes())?;
        put("paths.csv", self.paths_csv(plan).as_bytes())?;
        let summary = LandscapeSummary::of(plan, self);
        put("roughness.json", json(&summary.roughness).as_bytes())?;
        put("summary.json", json(&summary).as_bytes())?;
        for (name, pattern) in self.patterns(plan) {
            put(&format!("patterns/{name}.xy"), io::write_columns(&pattern, ' ').as_bytes())?;
        }
        Ok(())
    }

    /// The minima whose patterns are wanted: the first by rank that are not home, with their ranks from 1.
    pub fn pattern_minima(&self, plan: &LandscapePlan) -> Vec<(usize, [f64; 2])> {
        let others = self.ranked.iter().enumerate().filter(|(_, m)| !m.home);
        others.take(plan.config.patterns).map(|(i, m)| (i + 1, m.place)).collect()
    }

    /// The target as "target" and the patterns of minima as "minimum-2" and so on; nothing if none are wanted.
    pub fn patterns(&self, plan: &LandscapePlan) -> Vec<(String, Pattern)> {
        let minima = self.pattern_minima(plan);
        if minima.is_empty() {
            return Vec::new();
        }
        let mut all = vec![("target".to_owned(), plan.target.clone())];
        for (rank, place) in minima {
            all.extend(plan.pattern_at(place).ok().map(|p| (format!("minimum-{rank}"), p)));
        }
        all
    }

    fn grid_columns(&self, plan: &LandscapePlan) -> Columns {
        let section = self.grid.section();
        let places = || (0..section.n_points()).map(|k| section.place(k));
        let ranks = self.ranks();
        let basins = self.minima.basins().iter().map(|b| b.map(|b| ranks[b] as u64)).collect();
        let [u, v] = section.axes();
        Columns(vec![
            (u.name().to_owned(), Numbers::Floats(places().map(|p| Some(p[0])).collect())),
            (v.name().to_owned(), Numbers::Floats(places().map(|p| Some(p[1])).collect())),
            (plan.loss_name().to_owned(), Numbers::Floats(self.grid.values().to_vec())),
            (
                "computed".to_owned(),
                Numbers::Flags((0..section.n_points()).map(|k| self.grid.is_computed(k)).collect()),
            ),
            ("basin".to_owned(), Numbers::Counts(basins)),
        ])
    }

    fn minima_columns(&self, plan: &LandscapePlan) -> Columns {
        let [u, v] = self.grid.section().axes();
        let all = &self.ranked;
        let ranks = self.ranks();
        let floats = |name: &str, f: &dyn Fn(&super::RankedMinimum) -> Option<f64>| {
            (name.to_owned(), Numbers::Floats(all.iter().map(f).collect()))
        };
        let flags = |name: &str, f: &dyn Fn(&super::RankedMinimum) -> bool| {
            (name.to_owned(), Numbers::Flags(all.iter().map(f).collect()))
        };
        let barrier = |m: &super::RankedMinimum| self.minima.found()[m.found].barrier;
        let to = all.iter().map(|m| barrier(m).map(|b| ranks[b.to] as u64)).collect();
        Columns(vec![
            ("rank".to_owned(), Numbers::Counts((1..=all.len() as u64).map(Some).collect())),
            floats(u.name(), &|m| Some(m.place[0])),
            floats(v.name(), &|m| Some(m.place[1])),
            floats(plan.loss_name(), &|m| Some(m.value)),
            floats("prominence", &|m| m.prominence),
            floats("pass", &|m| barrier(m).map(|b| b.value)),
            ("pass_to".to_owned(), Numbers::Counts(to)),
            floats("basin_share", &|m| Some(m.basin_share)),
            flags("on_edge", &|m| m.on_edge),
            flags("home", &|m| m.home),
            flags("polished", &|m| m.polished),
        ])
    }

    fn paths_csv(&self, plan: &LandscapePlan) -> String {
        let [u, v] = self.grid.section().axes();
        // Names of axes may be those of parameters, so the latter are marked.
        let parameters = plan.parametrisation.names().into_iter().map(|name| format!("x.{name}"));
        let fixed = ["path", "iteration", u.name(), v.name(), plan.loss_name()];
        let mut rows = vec![fixed.into_iter().map(str::to_owned).chain(parameters).collect()];
        for path in &self.paths {
            for point in &path.points {
                let mut row = vec![path.name.clone(), point.iteration.to_string()];
                let numbers = point.place.iter().chain([&point.value]).chain(&point.x);
                row.extend(numbers.map(ToString::to_string));
                rows.push(row);
            }
        }
        csv_text(rows)
    }
}

/// JSON over several lines.
pub(super) fn json(value: &impl Serialize) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).unwrap_or_default())
}
