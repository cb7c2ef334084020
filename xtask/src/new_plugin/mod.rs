//! Scaffolds of crates that add a component to the program without changing it.
//!
//! A scaffold is a crate of its own, with its own workspace: a working component, its registration, the conformance suite of its
//! seam as a test, and a study that names it.

use crate::{Outcome, no_problems, process};
use anyhow::{Context as _, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a scaffold is made of beside the files that all of them share.
struct Seam {
    name: &'static str,
    /// Source of the component.
    source: &'static str,
    /// What it is, in one line.
    summary: &'static str,
    /// Module of `braggscape_plugin` and the closed enum there.
    module: &'static str,
    any: &'static str,
    /// The registry's method.
    with: &'static str,
    /// What `braggscape list` calls the family.
    list: &'static str,
    /// Options, in TOML.
    example: &'static str,
    /// What the conformance test imports and does; `{{Type}}` stands for the component.
    conformance: &'static str,
    check: &'static str,
    /// The component's part of the study; `{{kind}}` stands for its name.
    study: &'static str,
}

const SEAMS: &[Seam] = &[
    Seam {
        name: "loss",
        source: include_str!("templates/loss.rs.txt"),
        summary: "log cosh of the differences of patterns of unit norm",
        module: "loss",
        any: "AnyLoss",
        with: "with_loss",
        list: "losses",
        example: "delta = 0.05",
        conformance: "LossClaims, loss",
        check: "    let claims = LossClaims {\n        scale_invariant: true,\n        symmetric: true,\n        range: (0.0, 1.0),\n        \
                ..LossClaims::default()\n    };\n    \
                let found = loss(&{{Type}} { delta: 0.05 }, claims);",
        study: "\n[noise]\nkind = \"strain\"\nlevels = [0.01]\n\n[loss]\nkind = \"{{kind}}\"\ndelta = 0.05\n",
    },
    Seam {
        name: "optimizer",
        source: include_str!("templates/optimizer.rs.txt"),
        summary: "steps of one length against the gradient, halved when the value rises",
        module: "optim",
        any: "AnyOptimizer",
        with: "with_optimizer",
        list: "optimizers",
        example: "step = 0.05\\niterations = 300",
        conformance: "OptimizerClaims, optimizer",
        check: "    let found = optimizer(&{{Type}}::new(0.05, 300), &OptimizerClaims::default());",
        study: "\n[noise]\nkind = \"strain\"\nlevels = [0.01]\n\n[optimizer]\nkind = \"{{kind}}\"\nstep = 0.05\niterations = 90\n",
    },
    Seam {
        name: "projector",
        source: include_str!("templates/projector.rs.txt"),
        summary: "keeps the length c at a value",
        module: "projector",
        any: "AnyProjector",
        with: "with_projector",
        list: "projectors",
        example: "c = 2.8022",
        conformance: "ProjectorClaims, projector",
        check: "    let found = projector(&{{Type}} { c: 2.8022 }, ProjectorClaims::default());",
        study: "\n[noise]\nkind = \"strain\"\nlevels = [0.01]\n\n[projector]\nkind = \"{{kind}}\"\nc = 2.8022\n",
    },
    Seam {
        name: "noise",
        source: include_str!("templates/noise.rs.txt"),
        summary: "random change of the volume",
        module: "noise",
        any: "AnyNoiseModel",
        with: "with_noise",
        list: "noise",
        example: "sigma = 0.05",
        conformance: "NoiseClaims, noise_model",
        check: "    let claims =\n        NoiseClaims { distorts: true, keeps_composition: true, ..NoiseClaims::default() };\n    \
                let found = noise_model(&{{Type}} { sigma: 0.05 }, claims);",
        study: "refine = \"lattice\"\n\n[noise]\nkind = \"{{kind}}\"\nlevels = [0.01]\n",
    },
];

/// What to scaffold.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    /// The seam.
    pub(crate) seam: String,
    /// The registered name, such as `acme.huber-q`.
    pub(crate) kind: String,
    /// The new folder; `plugins/<crate>` unless given.
    pub(crate) path: Option<PathBuf>,
}

/// The names that follow from a registered name.
struct Names {
    krate: String,
    lib: String,
    file: String,
    kind_type: String,
}

impl Names {
    /// # Errors
    /// If the name is not of the form `owner.name`, both in kebab-case.
    fn new(kind: &str) -> anyhow::Result<Self> {
        let is_kebab = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && !part.ends_with('-')
                && !part.contains("--")
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        let parts: Vec<&str> = kind.split('.').collect();
        let [owner, name] = parts[..] else {
            bail!("`{kind}`: names of outside components have one dot, such as `acme.huber-q`");
        };
        if !is_kebab(owner) || !is_kebab(name) {
            bail!("`{kind}`: both parts are in kebab-case, such as `acme.huber-q`");
        }
        let capital = |word: &str| {
            let mut letters = word.chars();
            letters.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(letters).collect()
        };
        let krate = format!("{owner}-{name}");
        Ok(Self {
            lib: krate.replace('-', "_"),
            krate,
            // Not a module name such as `loss` or a keyword.
            file: format!("{}_component", name.replace('-', "_")),
            kind_type: name.split('-').map(capital).collect::<Vec<String>>().concat(),
        })
    }
}

/// Writes a scaffold.
///
/// # Errors
/// If the seam or the name is no good, the folder exists, or it cannot be written.
pub(crate) fn run(options: &Options) -> anyhow::Result<Outcome> {
    let names = Names::new(&options.kind)?;
    let folder =
        options.path.clone().unwrap_or_else(|| process::root().join("plugins").join(&names.krate));
    scaffold(seam(&options.seam)?, &options.kind, &folder)?;
    Ok(Outcome::Passed(format!(
        "{} `{}` is in {}\n  cd {} && cargo test",
        options.seam,
        options.kind,
        folder.display(),
        folder.display()
    )))
}

fn seam(name: &str) -> anyhow::Result<&'static Seam> {
    SEAMS.iter().find(|seam| seam.name == name).with_context(|| {
        let known: Vec<_> = SEAMS.iter().map(|seam| seam.name).collect();
        format!("unknown seam `{name}`; known: {}", known.join(", "))
    })
}

/// Text with its capital first letter.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// The files of a scaffold: path and text.
fn files(seam: &Seam, kind: &str) -> anyhow::Result<Vec<(String, String)>> {
    let names = Names::new(kind)?;
    let root = process::root();
    let root = root.to_str().context("the path of the checkout is not UTF-8")?;
    let fill = |template: &str| {
        // First what holds other marks.
        let text = template.replace("{{check}}", seam.check).replace("{{study}}", seam.study);
        let marks = [
            ("{{crate}}", names.krate.as_str()),
            ("{{lib}}", &names.lib),
            ("{{file}}", &names.file),
            ("{{Type}}", &names.kind_type),
            ("{{kind}}", kind),
            ("{{root}}", &root.replace('\\', "/")),
            ("{{seam}}", seam.name),
            ("{{Seam}}", &capitalised(seam.name)),
            ("{{summary}}", seam.summary),
            ("{{Summary}}", &capitalised(seam.summary)),
            ("{{module}}", seam.module),
            ("{{Any}}", seam.any),
            ("{{with}}", seam.with),
            ("{{list}}", seam.list),
            ("{{example}}", seam.example),
            ("{{conformance}}", seam.conformance),
        ];
        marks.into_iter().fold(text, |text, (mark, value)| text.replace(mark, value))
    };
    let file = |path: &str, template: &str| (path.to_owned(), fill(template));
    Ok(vec![
        file("Cargo.toml", include_str!("templates/Cargo.toml.txt")),
        file("README.md", include_str!("templates/README.md.txt")),
        file("study.toml", include_str!("templates/study.toml.txt")),
        file("src/main.rs", include_str!("templates/main.rs.txt")),
        file("src/lib.rs", include_str!("templates/lib.rs.txt")),
        file(&format!("src/{}.rs", names.file), seam.source),
        file("tests/it.rs", include_str!("templates/it.rs.txt")),
    ])
}

fn scaffold(seam: &Seam, kind: &str, folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        bail!("{} exists; it is left as it is", folder.display());
    }
    for (path, text) in files(seam, kind)? {
        let path = folder.join(path);
        let parent = path.parent().context("a file has no folder")?;
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    // The versions that the checkout is built and tested with.
    let lock = process::root().join("Cargo.lock");
    if lock.is_file() {
        let copy = folder.join("Cargo.lock");
        fs::copy(&lock, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
    }
    let mut format = process::cargo();
    format.current_dir(folder).arg("fmt");
    process::run(&mut format)
}

/// Scaffolds one crate a seam, and lints and tests each.
///
/// # Errors
/// If one of them does not build, or its tests fail.
pub(crate) fn check() -> anyhow::Result<Outcome> {
    let base = process::target_dir().join("new-plugin");
    if base.exists() {
        fs::remove_dir_all(&base).with_context(|| format!("cannot remove {}", base.display()))?;
    }
    let mut problems = Vec::new();
    for seam in SEAMS {
        let folder = base.join(format!("acme-{}", seam.name));
        scaffold(seam, &format!("acme.own-{}", seam.name), &folder)?;
        for args in [&["clippy", "--all-targets", "--", "-D", "warnings"][..], &["test"][..]] {
            if let Err(error) = process::run(&mut cargo_in(&folder, args)) {
                problems.push(format!("{}: {error:#}", seam.name));
            }
        }
    }
    no_problems(&problems, format!("plugins: {} scaffolds build and conform", SEAMS.len()))
}

/// Cargo in a scaffold, on the build folder of the checkout, where its dependencies are built already.
fn cargo_in(folder: &Path, args: &[&str]) -> Command {
    let mut command = process::cargo();
    command.current_dir(folder).args(args).env("CARGO_TARGET_DIR", process::target_dir());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_the_registered_one() {
        let names = Names::new("acme.huber-q2").unwrap();
        assert_eq!((names.krate.as_str(), names.lib.as_str()), ("acme-huber-q2", "acme_huber_q2"));
        assert_eq!(
            (names.file.as_str(), names.kind_type.as_str()),
            ("huber_q2_component", "HuberQ2")
        );
        for bad in ["huber", "acme.Huber", "acme.", ".huber", "a.b.c", "acme.hu--ber", "1a.b", ""] {
            let error = Names::new(bad).err().unwrap().to_string();
            assert!(error.contains("acme.huber-q"), "{bad}: {error}");
        }
    }

    #[test]
    fn every_mark_of_a_template_is_filled_in() {
        for seam in SEAMS {
            for (path, text) in files(seam, "acme.own").unwrap() {
                assert!(!text.contains("{{"), "{} {path}: {text}", seam.name);
                assert!(text.ends_with('\n'), "{} {path}", seam.name);
            }
        }
    }

    #[test]
    fn what_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let error = scaffold(&SEAMS[0], "acme.own", folder.path()).unwrap_err().to_string();
        assert!(error.contains("left as it is"), "{error}");
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
        assert!(seam("los").err().unwrap().to_string().contains("known: loss, optimizer"));
    }
}
