//! Runs the program.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The run, which must have succeeded.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output as one JSON value.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }

    /// Standard output as one JSON value a line.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    /// Asserts exit code 2, nothing on standard output, and one line on standard error that says all of these.
    pub(crate) fn refused(&self, says: &[&str]) {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert_eq!(self.stderr.trim_end().lines().count(), 1, "{self:?}");
        assert!(self.stderr.starts_with("error: "), "{self:?}");
        for text in says {
            assert!(self.stderr.contains(text), "`{text}` is not in: {}", self.stderr);
        }
        let body = self.stderr.trim_start_matches("error: ").trim_end();
        let parts: Vec<&str> = body.split(": ").collect();
        for (i, part) in parts.iter().enumerate() {
            assert!(part.len() < 8 || !parts[..i].contains(part), "said twice: {body}");
        }
    }
}

/// The program, in a folder.
pub(crate) fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_braggscape"));
    command.current_dir(dir).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program in a folder.
pub(crate) fn run(dir: &Path, args: &[&str]) -> Ran {
    run_with(dir, args, "")
}

/// Runs the program in a folder on a standard input.
pub(crate) fn run_with(dir: &Path, args: &[&str], stdin: &str) -> Ran {
    let mut child = program(dir).args(args).stdin(Stdio::piped()).spawn().unwrap();
    // A program that does not read its input closes it; that is its right.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// An empty folder with the study crystals as `<name>.cif`.
pub(crate) fn crystals() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), &["structures", "--out", ".", "--quiet"]).ok();
    dir
}

/// Every file under a folder with its bytes.
pub(crate) fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(dir).unwrap().display().to_string();
            if path.is_dir() {
                files.insert(format!("{name}/"), Vec::new());
                folders.push(path);
            } else {
                files.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    files
}

/// Writes a file into a folder.
pub(crate) fn write(dir: &Path, name: &str, text: &str) {
    std::fs::write(dir.join(name), text).unwrap();
}

/// The distorted copies of a crystal, as lines of JSON.
pub(crate) fn distorted(dir: &Path, name: &str, copies: usize) -> String {
    let n = copies.to_string();
    let file = format!("{name}.cif");
    let args = ["perturb", &file, "--lattice", "0.03", "--coords", "0.01", "--seed", "5", "-n", &n];
    run(dir, &args).ok().stdout
}

/// A number of a JSON value.
pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

/// The numbers of a JSON list.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("{value} is not a list")).iter().map(number).collect()
}
