//! Every file of `tests/config/good` is a study; every line of `tests/config/bad` that ends in `# error: <beginning of the
//! message>` is reported at its line, and nothing else is. A message without a line stands as `# error anywhere: ...`.

use braggscape_plugin::Registry;
use braggscape_study::{
    Config, FigurePlan, LandscapePlan, Plan, StudyError, is_figure, is_landscape,
};
use std::path::{Path, PathBuf};

fn corpus(kind: &str) -> Vec<(PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/config").join(kind);
    let mut files: Vec<_> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect();
    files.sort();
    assert!(files.len() > 3, "{}", dir.display());
    files
}

fn plan(path: &Path, text: &str) -> Result<Plan, StudyError> {
    Plan::from_toml(text, "s.toml", 1.0, &Registry::builtin(), path.parent().unwrap())
}

fn landscape(path: &Path, text: &str) -> Result<LandscapePlan, StudyError> {
    LandscapePlan::from_toml(text, "s.toml", &Registry::builtin(), path.parent().unwrap())
}

#[test]
fn good_configurations_are_studies() {
    for (path, text) in corpus("good") {
        let name = path.display();
        let plan = plan(&path, &text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(plan.n_tasks() > 0);
        let registry = Registry::builtin();
        let config = Config::parse(&text, "s.toml", &registry).unwrap();
        let base = path.parent().unwrap();
        let in_two = Plan::new(config.clone(), &registry, base, "s.toml").unwrap();
        assert_eq!(in_two.hash(), plan.hash(), "{name}");
        // What is resolved reads back to itself.
        let resolved = config.to_toml();
        let again = Config::parse(&resolved, "other.toml", &registry)
            .unwrap_or_else(|e| panic!("{name}: {e}\n{resolved}"));
        assert_eq!(again.to_toml(), resolved, "{name}");
        assert_eq!(Plan::new(again, &registry, base, "other.toml").unwrap().hash(), plan.hash());
    }
}

#[test]
fn every_problem_is_reported_at_its_line_and_no_other() {
    for (path, text) in corpus("bad") {
        let name = path.display();
        let problems = match plan(&path, &text) {
            Err(StudyError::Config { problems, .. }) => problems,
            Err(e) => panic!("{name}: {e}"),
            Ok(_) => panic!("{name}: no problem was found"),
        };
        let mut expected: Vec<(Option<usize>, &str)> = Vec::new();
        for (i, line) in text.lines().enumerate() {
            if let Some((_, message)) = line.split_once("# error: ") {
                expected.push((Some(i + 1), message.trim()));
            } else if let Some((_, message)) = line.split_once("# error anywhere: ") {
                expected.push((None, message.trim()));
            }
        }
        let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expected.len(), "{name}:\n{}", found.join("\n"));
        for (problem, (line, says)) in problems.iter().zip(&expected) {
            assert_eq!(problem.line, *line, "{name}: {problem}");
            assert!(problem.to_string().contains(says), "{name}: {problem}\n{says}");
            assert_eq!(problem.message.lines().count(), 1, "{name}: {problem}");
        }
    }
}

#[test]
fn messages_name_the_file() {
    for (path, text) in corpus("bad") {
        let e = plan(&path, &text).err().unwrap().to_string();
        assert!(
            e.lines().all(|l| l.starts_with("s.toml: `")
                || l.split(':').nth(1).unwrap().parse::<usize>().is_ok()),
            "{e}"
        );
    }
}

/// Files that end in .toml in a folder and those below it.
fn below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(below(&path));
        } else if path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn the_configurations_of_the_program_are_studies_landscapes_and_figures() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    let (mut studies, mut landscapes, mut figures) = (0, 0, 0);
    for path in below(&dir) {
        // Weights of potentials are not in the repository: here another potential stands for CHGNet, in files that name studies nothing can.
        let text = std::fs::read_to_string(&path).unwrap();
        let weightless = text.contains("\"chgnet\"");
        let (text, name) = (text.replace("\"chgnet\"", "\"lennard-jones\""), path.display());
        assert!(!weightless || !is_figure(&text));
        if is_landscape(&text) {
            let plan = landscape(&path, &text).unwrap_or_else(|e| panic!("{name}: {e}"));
            // What is resolved reads back to itself.
            let resolved = plan.config().to_toml();
            let again = landscape(&path, &resolved).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!((again.config().to_toml(), again.hash()), (resolved, plan.hash()));
            landscapes += 1;
        } else if is_figure(&text) {
            let base = path.parent().unwrap();
            let figure =
                |text: &str| FigurePlan::from_toml(text, "s.toml", 1.0, &Registry::builtin(), base);
            let plan = match figure(&text) {
                Err(e) if e.to_string().contains("braggscape assets fetch") => continue,
                plan => plan.unwrap_or_else(|e| panic!("{name}: {e}")),
            };
            let resolved = plan.config().to_toml();
            let again = figure(&resolved).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!((again.config().to_toml(), again.hash()), (resolved, plan.hash()));
            figures += 1;
        } else {
            plan(&path, &text).unwrap_or_else(|e| panic!("{name}: {e}"));
            studies += 1;
        }
    }
    assert!(studies > 0 && landscapes > 0 && figures > 0);
}

/// Every study below `configs/` belongs to a figure, and its folder, named as its file, belongs to it alone.
#[test]
fn the_studies_of_figures_have_names_of_their_own() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    let files = below(&dir);
    let mut names: Vec<_> = files.iter().map(|p| p.file_stem().unwrap().to_owned()).collect();
    names.sort();
    for pair in names.windows(2) {
        assert_ne!(pair[0], pair[1], "two configurations are called so");
    }
    let figures: String = files
        .iter()
        .filter(|p| p.parent() == Some(dir.as_path()))
        .map(|p| std::fs::read_to_string(p).unwrap())
        .filter(|text| is_figure(text))
        .collect();
    for path in files.iter().filter(|p| p.parent() != Some(dir.as_path())) {
        let entry = path.strip_prefix(&dir).unwrap().display().to_string();
        assert!(figures.contains(&format!("\"{entry}\"")), "{entry} is in no figure");
    }
}
