//! The `requirements.txt` of an oracle or a peer: one exact version a line, so that its numbers can be made again.

/// Problems of a requirements file: `(line, text)`, lines from 1; line 0 speaks of the whole file.
pub(crate) fn problems(text: &str) -> Vec<(usize, String)> {
    let mut problems = Vec::new();
    let mut n_packages = 0;
    for (index, line) in text.lines().enumerate() {
        let requirement = line.split('#').next().unwrap_or_default().trim();
        if requirement.is_empty() {
            continue;
        }
        n_packages += 1;
        if !is_pinned(requirement) {
            problems.push((index + 1, format!("`{requirement}` is not pinned as name==version")));
        }
    }
    if n_packages == 0 {
        problems.push((0, "names no package".to_owned()));
    }
    problems
}

fn is_pinned(requirement: &str) -> bool {
    let word = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-+!".contains(c))
    };
    let Some((name, version)) = requirement.split_once("==") else {
        return false;
    };
    let (name, extras) = name.split_once('[').unwrap_or((name, "]"));
    word(name)
        && extras.ends_with(']')
        && word(version)
        && version.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[usize]) {
        let lines = problems(text).into_iter().map(|(line, _)| line).collect::<Vec<_>>();
        assert_eq!(lines, expected, "{text}");
    }

    #[test]
    fn pinned_versions_pass() {
        check(
            "# made by hand\nnumpy==2.4.6\npymatgen==2026.10.24  # the reference\n\nruamel.yaml==0.19.1\n",
            &[],
        );
        check("pandas[parquet]==3.1.1\ntorch==2.9.0+cpu", &[]);
    }

    #[test]
    fn loose_versions_are_caught() {
        check(
            "numpy\nscipy>=1.0\npandas==3.*\nsympy==1.14.0\ngemmi==\n-r other.txt\na==1,==2\n===1.0",
            &[1, 2, 3, 5, 6, 7, 8],
        );
        check("git+https://example.org/a.git", &[1]);
    }

    #[test]
    fn an_empty_list_is_caught() {
        check("# nothing\n", &[0]);
    }
}
