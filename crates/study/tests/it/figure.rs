//! Figures: what a configuration must say, and what is found in the records of studies.

use crate::tiny::{TINY, Watch, run_in};
use braggscape_plugin::Registry;
use braggscape_record::{Record, Timing};
use braggscape_study::{FigureConfig, FigureData, FigurePlan, StudyError};
use std::path::Path;

const CASE: &str = r#"studies = ["tiny.toml"]
[figure]
kind = "case"
structure = "NaS"
level = 0.02
free = "ours"
projected = "theirs"
"#;

const STRATEGIES: &str = "studies = [\"tiny.toml\"]\n[figure]\nkind = \"strategies\"\n";

/// A folder with the tiny study and a plan of a figure of it.
fn planned(text: &str) -> (tempfile::TempDir, Result<FigurePlan, StudyError>) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("tiny.toml"), TINY).unwrap();
    let plan = FigurePlan::from_toml(text, "f.toml", 1.0, &Registry::builtin(), dir.path());
    (dir, plan)
}

#[track_caller]
fn check_refused(text: &str, expected: &[&str]) {
    let (_dir, plan) = planned(text);
    let message = plan.unwrap_err().to_string();
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{message}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}\n{expected}");
    }
}

#[test]
fn every_problem_of_a_figure_is_told_with_its_line() {
    check_refused("figure = 3", &["f.toml:1: `figure`: expected a table [figure] of kind cells"]);
    check_refused("[figure]\n", &["f.toml:1: `figure.kind`: expected cells, case, correlations"]);
    check_refused("[figure]\nkind = \"pie\"", &["f.toml:2: `figure.kind`: expected cells"]);
    check_refused(
        "studies = [\"tiny.toml\"]\ncolour = 1\n[figure]\nkind = \"scatter\"\nlevels = 0.1\n",
        &[
            "f.toml:2: `colour`: unknown key; known: figure, studies, title",
            "f.toml:3: `figure.level`: expected a noise level",
            "f.toml:5: `figure.levels`: unknown key; known: kind, level, metric",
        ],
    );
    check_refused("[figure]\nkind = \"strategies\"", &["f.toml: `studies`: expected a list"]);
    check_refused(
        &format!("{STRATEGIES}level = 0.1\n"),
        &["f.toml:4: `figure.level`: unknown key; known: kind"],
    );
    check_refused("[figure]\nkind = \"correlations\"", &["f.toml: `studies`: expected a list"]);
    check_refused(
        "studies = [\"no.toml\"]\n[figure]\nkind = \"correlations\"",
        &["f.toml:1: `studies[0]`: no.toml: cannot be read"],
    );
    check_refused(
        "[figure]\nkind = \"cells\"\nstructures = [\"U2Ti\", \"Unobtainium\"]",
        &["f.toml:3: `figure.structures[1]`: `Unobtainium` is neither"],
    );
    check_refused(
        &CASE.replace("NaS", "KCl").replace("\"ours\"", "\"his\"").replace("0.02", "0.3"),
        &[
            "f.toml:4: `figure.structure`: the studies have no structure KCl; known: U2Ti, NaS",
            "f.toml:5: `figure.level`: the studies have no noise level 0.3; known: 0.02",
            "f.toml:6: `figure.free`: the studies have no arm his; known: ours, theirs",
        ],
    );
    check_refused(
        &format!("{CASE}pick = \"deceptive-free\"\nreplicate = 1\n"),
        &["f.toml:8: `figure.pick`: expected either `pick` or `replicate`"],
    );
    // A problem of a study is told of the study's file.
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("tiny.toml"), "structures = 3").unwrap();
    let plan = FigurePlan::from_toml(CASE, "f.toml", 1.0, &Registry::builtin(), dir.path());
    let message = plan.unwrap_err().to_string();
    assert!(message.starts_with("tiny.toml:1: `structures`"), "{message}");
}

#[test]
fn what_is_resolved_reads_back_to_itself() {
    let texts = [
        CASE.to_owned(),
        format!("{CASE}replicate = 1\n"),
        format!("{CASE}pick = \"dissimilar-projected\"\nsimilarity = \"cosine\"\n"),
        "studies = [\"tiny.toml\"]\n[figure]\nkind = \"scatter\"\nlevel = 0.02\n".to_owned(),
        "studies = [\"tiny.toml\"]\n[figure]\nkind = \"correlations\"\n".to_owned(),
        "[figure]\nkind = \"cells\"\nstructures = [\"all\"]\n".to_owned(),
        STRATEGIES.to_owned(),
    ];
    let mut hashes = Vec::new();
    for text in texts {
        let (dir, plan) = planned(&text);
        let plan = plan.unwrap();
        let resolved = plan.config().to_toml();
        let again = FigureConfig::parse(&resolved, "f.toml").unwrap();
        assert_eq!(again.to_toml(), resolved);
        let registry = Registry::builtin();
        let again = FigurePlan::from_toml(&resolved, "g.toml", 1.0, &registry, dir.path()).unwrap();
        assert_eq!(again.hash(), plan.hash());
        hashes.push(plan.hash().to_owned());
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 7);
}

/// The records of the tiny study of a plan.
fn records(plan: &FigurePlan) -> Vec<Record> {
    let dir = tempfile::tempdir().unwrap();
    let (_, study) = plan.studies().next().unwrap();
    run_in(&dir.path().join("out"), study, 2, &Watch::default()).unwrap()
}

/// The verdicts of NaS: replicate, arm, whether it matches, final cosine loss.
fn told(mut records: Vec<Record>, verdicts: &[(u32, &str, bool, f64)]) -> Vec<Vec<Record>> {
    for (replicate, arm, matched, loss) in verdicts {
        let of =
            |r: &&mut Record| r.structure == "NaS" && r.replicate == *replicate && r.arm == *arm;
        let record = records.iter_mut().find(of).unwrap();
        record.matched = Some(*matched);
        record.final_losses.insert("cosine".to_owned(), *loss);
    }
    vec![records]
}

#[track_caller]
fn check_case(text: &str, verdicts: &[(u32, &str, bool, f64)], expected: Result<u32, &str>) {
    let (_dir, plan) = planned(text);
    let plan = plan.unwrap();
    match (plan.data(&told(records(&plan), verdicts)), expected) {
        (Ok(FigureData::Case(case)), Ok(replicate)) => {
            assert_eq!(case.replicate, replicate);
            let labels: Vec<&str> = case.panels.iter().map(|p| p.label.as_str()).collect();
            assert_eq!(labels, ["truth", "distorted start", "ours", "theirs"]);
            let free = verdicts.iter().find(|v| v.0 == replicate && v.1 == "ours").unwrap();
            let told = (case.panels[2].agreement, case.panels[2].matched);
            assert_eq!(told, (Some(-free.3), Some(free.2)));
            assert!(case.panels.iter().all(|p| !p.peaks.is_empty()));
            assert_eq!(case.csv().lines().count(), 5);
        }
        (Err(e), Err(part)) => assert!(e.to_string().contains(part), "{e}"),
        (found, expected) => panic!("{found:?}, expected {expected:?}"),
    }
}

#[test]
fn the_telling_copy_is_picked_by_its_rule() {
    let both = [
        (0, "ours", false, -0.4),
        (0, "theirs", true, -0.1),
        (1, "ours", false, -0.7),
        (1, "theirs", true, -0.3),
    ];
    check_case(CASE, &both, Ok(1));
    check_case(&format!("{CASE}pick = \"deceptive-free\"\n"), &both, Ok(1));
    // The free pattern of replicate 0 is less similar, but by more better than that of the matching result.
    let margin = [both[0], both[1], both[2], (1, "theirs", true, -0.6)];
    check_case(&format!("{CASE}pick = \"misleading\"\n"), &margin, Ok(0));
    check_case(&format!("{CASE}pick = \"deceptive-free\"\n"), &margin, Ok(1));
    check_case(&format!("{CASE}pick = \"dissimilar-projected\"\n"), &both, Ok(0));
    check_case(&format!("{CASE}replicate = 0\n"), &both, Ok(0));
    // The better pattern is that of a copy that the projected run misses, too.
    let one = [both[0], both[1], both[2], (1, "theirs", false, -0.3)];
    check_case(CASE, &one, Ok(0));
    let none = [(0, "ours", true, -1.0), both[1], (1, "ours", true, -1.0), both[3]];
    check_case(CASE, &none, Err("no copy of NaS at level 0.02 fails in arm `ours`"));
    check_case(&format!("{CASE}replicate = 7\n"), &both, Err("results of replicate 7"));
}

#[test]
fn panels_hold_the_results_at_their_level() {
    let text = "studies = [\"tiny.toml\"]\n[figure]\nkind = \"scatter\"\nlevel = 0.02\n";
    let (_dir, plan) = planned(text);
    let plan = plan.unwrap();
    let mut records = records(&plan);
    records[1].final_metrics.clear();
    let FigureData::Scatter(panels) = plan.data(&[records.clone()]).unwrap() else {
        panic!("no scatter plot")
    };
    let shape: Vec<(&str, usize, u64)> =
        panels.iter().map(|p| (p.arm.as_str(), p.points.len(), p.left_out)).collect();
    assert_eq!(shape, [("ours", 4, 0), ("theirs", 3, 1)]);
    for (point, record) in panels[0].points.iter().zip(records.iter().filter(|r| r.arm == "ours")) {
        let numbers = (point.agreement, point.metric);
        assert_eq!(numbers, (-record.loss_final.unwrap(), record.final_metrics["pdd-emd"]));
    }
    for record in &mut records {
        record.noise_level = 0.5;
    }
    let message = plan.data(&[records]).unwrap_err().to_string();
    assert!(message.contains("no result at level 0.02"), "{message}");
}

#[test]
fn tables_have_a_row_a_level_and_a_column_an_arm() {
    let text = "studies = [\"tiny.toml\"]\n[figure]\nkind = \"correlations\"\n";
    for (statistic, column) in [("mutual-information", 8), ("pearson", 9), ("spearman", 11)] {
        let (dir, plan) = planned(&format!("{text}statistic = \"{statistic}\"\n"));
        let plan = plan.unwrap();
        let records = records(&plan);
        let rows = braggscape_record::correlations(&records);
        let all = braggscape_study::correlations_csv(&rows);
        let data = plan.data(&[records]).unwrap();
        let path = data.write(dir.path()).unwrap();
        assert!(path.ends_with(format!("tables/{statistic}.csv")), "{}", path.display());
        let table = std::fs::read_to_string(path).unwrap();
        let cell = |arm: &str| {
            let line = all.lines().find(|l| l.contains(arm) && l.contains("pdd-emd")).unwrap();
            line.split(',').nth(column).unwrap().to_owned()
        };
        let expected = format!(
            "noise,level,n,ours,theirs\nstrain,0.02,4,{},{}\n",
            cell("ours"),
            cell("theirs")
        );
        assert_eq!(table, expected);
        assert!(data.text().contains("theirs"));
    }
}

/// Verdicts of the four tasks of arm `theirs`: whether it failed, and of start and result whether they match, are strict, are certified.
fn told_of_theirs(mut records: Vec<Record>) -> Vec<Record> {
    let verdicts = [
        // no-op, matched, no-op strict, strict, certified, ranked, evaluations
        (true, true, true, true, Some(true), None, 10),
        (true, true, false, false, Some(true), None, 30),
        (false, false, false, false, Some(true), Some(true), 20),
        (false, true, false, true, Some(false), None, 60),
    ];
    let theirs = records.iter_mut().filter(|r| r.arm == "theirs");
    for (record, told) in theirs.zip(verdicts) {
        let (noop, matched, noop_strict, strict, certified, ranked, evaluations) = told;
        (record.noop_matched, record.noop_strict) = (Some(noop), Some(noop_strict));
        (record.matched, record.strict) = (Some(matched), Some(strict));
        (record.certified, record.ranked_matched) = (certified, ranked);
        record.evaluations = evaluations;
    }
    records
}

#[test]
fn strategies_of_several_studies_are_one_table() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["tiny.toml", "other.toml"] {
        std::fs::create_dir_all(dir.path().join("below")).unwrap();
        std::fs::write(dir.path().join("below").join(name), TINY).unwrap();
    }
    let text = STRATEGIES.replace("tiny.toml\"", "below/tiny.toml\", \"below/other.toml\"");
    let registry = Registry::builtin();
    let plan = FigurePlan::from_toml(&text, "f.toml", 1.0, &registry, dir.path()).unwrap();
    let records = told_of_theirs(records(&plan));
    let data = plan.data(&[records.clone(), records.clone()]).unwrap();
    let FigureData::Strategies(mut table) = data else { panic!("no table") };
    let (_, csv) = FigureData::Strategies(table.clone()).csv();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 5, "{csv}");
    let column = |line: &str, name: &str| {
        let at = lines[0].split(',').position(|h| h == name).unwrap_or_else(|| panic!("{name}"));
        line.split(',').nth(at).unwrap().to_owned()
    };
    for (line, study) in [(lines[2], "tiny"), (lines[4], "other")] {
        for (name, expected) in [
            ("study", study),
            ("noise", "strain"),
            ("level", "0.02"),
            ("arm", "theirs"),
            ("n", "4"),
            ("failed", "0"),
            ("noop_matched", "2"),
            ("noop_rate", "0.5"),
            ("matched", "3"),
            ("match_rate", "0.75"),
            ("noop_strict", "1"),
            ("noop_strict_rate", "0.25"),
            ("strict", "2"),
            ("strict_rate", "0.5"),
            ("certified", "3"),
            ("certified_matched", "2"),
            ("certified_strict", "1"),
            ("ranked_matched", "4"),
            ("median_evaluations", "25"),
        ] {
            assert_eq!(column(line, name), expected, "{name}");
        }
        // scipy.stats.beta.ppf of 0.025 and 0.975 for (3.5, 1.5) and (2.5, 2.5).
        for (name, expected) in [
            ("match_rate_low", 0.2837516795634126),
            ("match_rate_high", 0.9715291049128532),
            ("strict_rate_low", 0.12275388276951774),
            ("strict_rate_high", 0.8772461172304822),
        ] {
            let found: f64 = column(line, name).parse().unwrap();
            assert!((found - expected).abs() < 1e-9, "{name}: {found}");
        }
    }
    // Times are another table; a study without any has none, and nothing else changes.
    let times = [0.5, 4.0, 1.0, 2.5];
    let theirs = records.iter().filter(|r| r.arm == "theirs");
    let timings: Vec<Timing> = theirs
        .zip(times)
        .map(|(r, wall_seconds)| Timing { task_index: r.task_index, wall_seconds })
        .collect();
    table.add_seconds("other", &records, &timings);
    assert_eq!(table.csv(), csv);
    let expected = "study,noise,level,arm,n,median_seconds,mean_seconds\n\
        tiny,strain,0.02,ours,0,,\ntiny,strain,0.02,theirs,0,,\n\
        other,strain,0.02,ours,0,,\nother,strain,0.02,theirs,4,1.75,2\n";
    assert_eq!(table.timings_csv(), expected);
    let data = FigureData::Strategies(table);
    let path = data.write(dir.path()).unwrap();
    assert!(path.ends_with("tables/strategies.csv"), "{}", path.display());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), csv);
    let written = std::fs::read_to_string(path.with_file_name("timings.csv")).unwrap();
    assert_eq!(written, expected);
    let text = data.text();
    let row = text.lines().find(|l| l.starts_with("other") && l.contains("theirs")).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    let expected = [
        "other", "strain", "0.02", "theirs", "4", "0", "0.500", "0.750", "[0.284,", "0.972]",
        "0.250", "0.500", "3", "2", "1", "4", "25", "1.7500", "2.0000",
    ];
    assert_eq!(words, expected, "{text}");
}

#[test]
fn cells_are_told_with_their_groups() {
    let (_dir, plan) = planned("[figure]\nkind = \"cells\"\nstructures = [\"all\"]\n");
    let data = plan.unwrap().data(&[]).unwrap();
    let FigureData::Cells(cells) = &data else { panic!("no cells") };
    let groups: Vec<&str> = cells.iter().map(|c| c.space_group.as_str()).collect();
    let expected =
        ["P6/mmm", "Pn-3m", "Cm", "I-4", "I4/mmm", "Fm-3m", "C2/m", "P6_3/mmc", "Pm-3m", "Pm"];
    assert_eq!(groups, expected);
    assert!(data.csv().1.contains("\nU2Ti,mp-1709,P6/mmm,3,"));
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let (dir, plan) = planned(CASE);
    let plan = plan.unwrap();
    let there = dir.path().join("figure");
    plan.open(&there).unwrap();
    plan.open(&there).unwrap();
    let (_other, other) = planned(&format!("title = \"another\"\n{CASE}"));
    let message = other.as_ref().unwrap().open(&there).unwrap_err().to_string();
    assert!(message.contains("another figure"), "{message}");
    let foreign = dir.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("thesis.txt"), "x").unwrap();
    assert!(matches!(plan.open(&foreign), Err(StudyError::OtherStudy { .. })));
    assert!(matches!(
        plan.open(Path::new(&dir.path().join("tiny.toml"))),
        Err(StudyError::OtherStudy { .. })
    ));
    assert_eq!(std::fs::read_dir(&foreign).unwrap().count(), 1);
}
