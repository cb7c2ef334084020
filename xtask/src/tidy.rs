//! House rules that no other tool checks: file docs, file lengths, unfinished work, stray prints, white space, fixtures.

use crate::{Outcome, no_problems, process, requirements};
use anyhow::Context as _;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Most lines a source file may have.
const MAX_LINES: usize = 600;

/// Files that may be longer, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Most bytes a fixture may have: it is downloaded with every clone.
const MAX_FIXTURE_BYTES: usize = 1_500_000;

/// Marks of unfinished work in Rust sources, written in pieces so that this file does not hold them.
const UNFINISHED: &[&str] = &[
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("FIX", "ME"),
    concat!("#[ig", "nore]"),
];

/// Macros with which a library would write to somebody else's terminal.
const PRINTS: &[&str] = &["println!(", "print!(", "eprintln!(", "eprint!(", "dbg!("];

/// Endings of text files whose white space is ours to choose. Data files (CIF, CSV, patterns) keep their own.
const TEXT: &[&str] =
    &["rs", "toml", "md", "py", "txt", "json", "yml", "yaml", "sh", "html", "css"];

/// Folders that hold nothing of the project.
const NOT_OURS: &[&str] = &[".git", "target", "runs", ".venv", "__pycache__"];

/// One file that is part of the project.
struct File {
    /// Path from the root, with `/`.
    path: String,
    /// Contents.
    bytes: Vec<u8>,
}

/// Checks every file that Git tracks, and those that it would add.
///
/// # Errors
/// If a file breaks a rule; all problems are listed.
pub(crate) fn run() -> anyhow::Result<Outcome> {
    let files = load()?;
    let n_files = files.len();
    no_problems(&check(&files, LONG_FILES), format!("tidy: {n_files} files in order"))
}

/// The files that Git tracks or would add; every file outside [`NOT_OURS`] where Git does not know the folder.
fn load() -> anyhow::Result<Vec<File>> {
    let root = process::root();
    let mut git = process::command("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let paths = match process::read(&mut git) {
        Ok(list) => {
            let list = String::from_utf8(list).context("a file name is not UTF-8")?;
            list.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
        }
        Err(_) => walk(&root)?,
    };
    let mut files = Vec::new();
    for path in paths {
        let full = root.join(&path);
        // Deleted but not committed yet.
        if full.is_file() {
            let bytes = fs::read(&full).with_context(|| format!("cannot read {path}"))?;
            files.push(File { path, bytes });
        }
    }
    Ok(files)
}

/// Paths below `root` of all files outside the folders [`NOT_OURS`], sorted, with `/`.
fn walk(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(root.join(&folder)).with_context(|| format!("cannot read {folder}"))?
        {
            let entry = entry?;
            let name = entry.file_name().into_string().ok().context("a file name is not UTF-8")?;
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if !entry.file_type()?.is_dir() {
                paths.push(path);
            } else if !NOT_OURS.contains(&name.as_str()) {
                folders.push(path);
            }
        }
    }
    paths.sort();
    Ok(paths)
}

/// All problems, in the order of the files.
fn check(files: &[File], long_files: &[(&str, &str)]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files {
        if file.path.starts_with("tests/fixtures/") {
            problems.extend(large_fixture(file));
            continue;
        }
        if !is_text(&file.path) {
            continue;
        }
        match std::str::from_utf8(&file.bytes) {
            Ok(text) => {
                problems.extend(white_space(&file.path, text));
                if ending(&file.path) == Some("rs") {
                    problems.extend(rust_source(&file.path, text, long_files));
                }
            }
            Err(_) => problems.push(format!("{}: not UTF-8", file.path)),
        }
    }
    problems.extend(scripts(files));
    for (path, _) in long_files {
        let lines = files
            .iter()
            .find(|file| file.path == *path)
            .map_or(0, |file| file.bytes.split(|b| *b == b'\n').count());
        if lines <= MAX_LINES {
            problems.push(format!(
                "{path}: excused from the limit of {MAX_LINES} lines, but has {lines}"
            ));
        }
    }
    problems
}

/// By its ending; files without one (licences, scripts) are text.
fn is_text(path: &str) -> bool {
    ending(path).is_none_or(|ending| TEXT.contains(&ending))
}

/// What follows the last dot of the name, if it is not the first character.
fn ending(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ending)| ending)
}

fn large_fixture(file: &File) -> Option<String> {
    let size = file.bytes.len();
    (size >= MAX_FIXTURE_BYTES).then(|| {
        format!("{}: {size} bytes, a fixture must stay below {MAX_FIXTURE_BYTES}", file.path)
    })
}

fn white_space(path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let number = index + 1;
        if line.contains('\t') {
            problems.push(format!("{path}:{number}: a tab"));
        }
        if line.ends_with(char::is_whitespace) {
            problems.push(format!("{path}:{number}: white space at the end of the line"));
        }
    }
    problems
}

fn rust_source(path: &str, text: &str, long_files: &[(&str, &str)]) -> Vec<String> {
    let mut problems = Vec::new();
    if !text.starts_with("//!") {
        problems.push(format!("{path}:1: does not open with `//!`"));
    }
    let n_lines = text.lines().count();
    if n_lines > MAX_LINES && !long_files.iter().any(|(long, _)| *long == path) {
        problems.push(format!("{path}: {n_lines} lines, more than {MAX_LINES}: split it by idea"));
    }
    for (index, line) in text.lines().enumerate() {
        for mark in UNFINISHED.iter().filter(|mark| line.contains(**mark)) {
            problems.push(format!("{path}:{}: `{mark}` is left", index + 1));
        }
    }
    if is_library(path) {
        let code = text.lines().enumerate().take_while(|(_, line)| !opens_tests(line));
        for (index, line) in code.filter(|(_, line)| !line.trim_start().starts_with("//")) {
            if let Some(print) = PRINTS.iter().find(|print| calls(line, print)) {
                problems.push(format!("{path}:{}: `{print}` in a library", index + 1));
            }
        }
    }
    problems
}

/// Only the program prints.
fn is_library(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next() == Some("crates") && parts.next() != Some("cli") && parts.next() == Some("src")
}

/// The test module closes a file, so what follows this line is test code.
fn opens_tests(line: &str) -> bool {
    line.starts_with("#[cfg(test)]")
}

/// Whether the macro stands in the line as a word of its own.
fn calls(line: &str, print: &str) -> bool {
    line.match_indices(print)
        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// Folders of scripts that stand in for other people's programs.
const SCRIPTS: &[&str] = &["tests/oracles", "tests/peers"];

/// Every folder in one of [`SCRIPTS`] holds a script and pinned requirements.
fn scripts(files: &[File]) -> Vec<String> {
    let folder_of = |file: &File| {
        SCRIPTS.iter().find_map(|parent| {
            let (name, _) = file.path.strip_prefix(parent)?.strip_prefix('/')?.split_once('/')?;
            Some(format!("{parent}/{name}"))
        })
    };
    let folders = files.iter().filter_map(folder_of).collect::<BTreeSet<_>>();
    let mut problems = Vec::new();
    for folder in folders {
        let find = |wanted: &str| {
            let path = format!("{folder}/{wanted}");
            files.iter().find(|file| file.path == path)
        };
        if find("script.py").is_none() {
            problems.push(format!("{folder}: no script.py"));
        }
        let Some(file) = find("requirements.txt") else {
            problems.push(format!("{folder}: no requirements.txt"));
            continue;
        };
        let text = String::from_utf8_lossy(&file.bytes);
        problems.extend(
            requirements::problems(&text)
                .into_iter()
                .map(|(line, what)| format!("{}:{line}: {what}", file.path)),
        );
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_files(files: &[(&str, &str)], expected: &[&str]) {
        let files = files
            .iter()
            .map(|(path, text)| File { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() })
            .collect::<Vec<_>>();
        assert_eq!(check(&files, &[]), expected);
    }

    #[track_caller]
    fn check_file(path: &str, text: &str, expected: &[&str]) {
        check_files(&[(path, text)], expected);
    }

    const LIB: &str = "crates/a/src/lib.rs";

    #[test]
    fn file_docs_are_demanded() {
        check_file(LIB, "//! A crate.\n", &[]);
        check_file(LIB, "use std::fs;\n", &["crates/a/src/lib.rs:1: does not open with `//!`"]);
        check_file(LIB, "", &["crates/a/src/lib.rs:1: does not open with `//!`"]);
        check_file(
            "xtask/src/main.rs",
            "// A comment.\n",
            &["xtask/src/main.rs:1: does not open with `//!`"],
        );
    }

    #[test]
    fn long_files_are_caught_unless_excused() {
        let lines = |n: usize| format!("//! Doc.\n{}", "// a line\n".repeat(n - 1));
        check_file(LIB, &lines(600), &[]);
        check_file(
            LIB,
            &lines(601),
            &["crates/a/src/lib.rs: 601 lines, more than 600: split it by idea"],
        );
        let long = [File { path: LIB.to_owned(), bytes: lines(601).into_bytes() }];
        assert_eq!(check(&long, &[(LIB, "one table")]), Vec::<String>::new());
    }

    #[test]
    fn idle_excuses_are_caught() {
        let problems = check(&[], &[(LIB, "one table")]);
        assert_eq!(
            problems,
            ["crates/a/src/lib.rs: excused from the limit of 600 lines, but has 0"]
        );
    }

    #[test]
    fn unfinished_work_is_caught() {
        for mark in UNFINISHED {
            let expected = format!("crates/a/src/lib.rs:2: `{mark}` is left");
            check_file(LIB, &format!("//! Doc.\n    {mark}\n"), &[&expected]);
        }
    }

    #[test]
    fn prints_in_libraries_are_caught() {
        for print in PRINTS {
            let text = format!("//! Doc.\nfn f() {{ {print}\"x\"); }}\n");
            check_file(LIB, &text, &[&format!("crates/a/src/lib.rs:2: `{print}` in a library")]);
            for allowed in
                ["crates/cli/src/main.rs", "crates/a/tests/it/main.rs", "xtask/src/main.rs"]
            {
                check_file(allowed, &text, &[]);
            }
        }
    }

    #[test]
    fn comments_tests_and_other_words_may_name_prints() {
        check_file(
            LIB,
            "//! Doc.\n/// println!(\"{x}\");\n// print!(\"x\")\nfn f() { fingerprint!(x); writeln!(w) }\n",
            &[],
        );
        check_file(LIB, "//! Doc.\n#[cfg(test)]\nmod tests { fn f() { println!(\"x\"); } }\n", &[]);
    }

    #[test]
    fn white_space_is_checked_in_text_alone() {
        check_file(
            "a.md",
            "a\tb\nc \nd\r\n",
            &[
                "a.md:1: a tab",
                "a.md:2: white space at the end of the line",
                "a.md:3: white space at the end of the line",
            ],
        );
        check_file(
            ".ci/run",
            "a\t\n",
            &[".ci/run:1: a tab", ".ci/run:1: white space at the end of the line"],
        );
        check_file(".gitignore", "a \n", &[".gitignore:1: white space at the end of the line"]);
        check_file("tests/data/a.cif", "a\t\n", &[]);
    }

    #[test]
    fn text_must_be_utf8() {
        let files = [File { path: "a.md".to_owned(), bytes: vec![0xff] }];
        assert_eq!(check(&files, &[]), ["a.md: not UTF-8"]);
    }

    #[test]
    fn large_fixtures_are_caught() {
        check_file("tests/fixtures/a.json.gz", &"x".repeat(1_499_999), &[]);
        let expected = "tests/fixtures/a.json.gz: 1500000 bytes, a fixture must stay below 1500000";
        check_file("tests/fixtures/a.json.gz", &"x".repeat(1_500_000), &[expected]);
    }

    #[test]
    fn oracles_and_peers_need_a_script_and_pinned_requirements() {
        let script = ("tests/oracles/a/script.py", "pass\n");
        check_files(&[script, ("tests/oracles/a/requirements.txt", "numpy==2.4.6\n")], &[]);
        check_files(&[script], &["tests/oracles/a: no requirements.txt"]);
        check_files(
            &[("tests/peers/b/script.py", "pass\n"), ("tests/peers/b/requirements.txt", "torch\n")],
            &["tests/peers/b/requirements.txt:1: `torch` is not pinned as name==version"],
        );
        check_files(
            &[("tests/oracles/a/requirements.txt", "numpy==2.4.6\n")],
            &["tests/oracles/a: no script.py"],
        );
        check_files(
            &[script, ("tests/oracles/a/requirements.txt", "numpy>=2\n")],
            &["tests/oracles/a/requirements.txt:1: `numpy>=2` is not pinned as name==version"],
        );
    }

    #[test]
    fn without_git_the_folders_are_walked() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["a.md", ".ci/run", "crates/a/src/lib.rs", "target/debug/b.rs", ".git/config"] {
            let full = folder.path().join(path);
            fs::create_dir_all(full.parent().unwrap()).unwrap();
            fs::write(full, "").unwrap();
        }
        assert_eq!(walk(folder.path()).unwrap(), [".ci/run", "a.md", "crates/a/src/lib.rs"]);
    }

    #[test]
    fn this_checkout_is_looked_at() {
        let files = load().unwrap();
        assert!(
            files.iter().any(|file| file.path == "xtask/src/tidy.rs" && !file.bytes.is_empty())
        );
    }
}
