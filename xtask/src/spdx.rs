//! Licence expressions as Cargo manifests write them: SPDX with `OR`, `AND`, `WITH` and brackets, and the older `/`.
//!
//! Reference: SPDX Specification 2.3, annex D (licence expressions).

/// Whether a licensee who accepts the licences for which `allowed` holds may use a work under `expression`.
///
/// `OR` offers a choice, `AND` asks for both and binds more tightly; `X WITH Y` is a licence of its own name.
///
/// # Errors
/// If the expression cannot be understood; the text says where.
pub(crate) fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut parser = Parser { words: spaced.split_whitespace().peekable(), allowed };
    let result = parser.either()?;
    match parser.words.next() {
        None => Ok(result),
        Some(word) => Err(format!("`{word}` is not expected in `{expression}`")),
    }
}

struct Parser<'a> {
    words: std::iter::Peekable<std::str::SplitWhitespace<'a>>,
    allowed: &'a dyn Fn(&str) -> bool,
}

impl Parser<'_> {
    fn either(&mut self) -> Result<bool, String> {
        let mut result = self.both()?;
        while self.words.next_if_eq(&"OR").is_some() {
            // Parsed whatever the left side says: the rest of the expression must be sound too.
            result |= self.both()?;
        }
        Ok(result)
    }

    fn both(&mut self) -> Result<bool, String> {
        let mut result = self.one()?;
        while self.words.next_if_eq(&"AND").is_some() {
            result &= self.one()?;
        }
        Ok(result)
    }

    fn one(&mut self) -> Result<bool, String> {
        let Some(word) = self.words.next() else {
            return Err("a licence is missing at the end".to_owned());
        };
        match word {
            "(" => {
                let result = self.either()?;
                self.words
                    .next_if_eq(&")")
                    .map(|_| result)
                    .ok_or_else(|| "a `)` is missing".to_owned())
            }
            ")" | "OR" | "AND" | "WITH" => {
                Err(format!("`{word}` stands where a licence is expected"))
            }
            licence if self.words.next_if_eq(&"WITH").is_some() => {
                let exception = self.words.next().ok_or("an exception is missing after `WITH`")?;
                Ok((self.allowed)(&format!("{licence} WITH {exception}")))
            }
            licence => Ok((self.allowed)(licence)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(licence: &str) -> bool {
        ["MIT", "Apache-2.0", "Zlib", "Apache-2.0 WITH LLVM-exception"].contains(&licence)
    }

    #[track_caller]
    fn check(expression: &str, expected: Result<bool, &str>) {
        match (satisfied(expression, &allowed), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{expression}"),
            (Err(found), Err(expected)) => {
                assert!(found.contains(expected), "{expression}: {found}");
            }
            (found, _) => panic!("{expression} gave {found:?}"),
        }
    }

    #[test]
    fn single_licences() {
        check("MIT", Ok(true));
        check("GPL-3.0-only", Ok(false));
        check("mit", Ok(false));
    }

    #[test]
    fn choices_and_conjunctions() {
        check("MIT OR GPL-3.0-only", Ok(true));
        check("GPL-3.0-only OR LGPL-3.0-only", Ok(false));
        check("MIT AND GPL-3.0-only", Ok(false));
        check("MIT AND Zlib", Ok(true));
        check("GPL-3.0-only/MIT", Ok(true));
    }

    #[test]
    fn conjunction_binds_more_tightly() {
        check("MIT OR GPL-3.0-only AND GPL-2.0-only", Ok(true));
        check("(MIT OR GPL-3.0-only) AND GPL-2.0-only", Ok(false));
        check("(MIT OR Apache-2.0) AND Zlib", Ok(true));
    }

    #[test]
    fn exceptions_are_part_of_the_name() {
        check("Apache-2.0 WITH LLVM-exception", Ok(true));
        check("GPL-3.0-only WITH LLVM-exception", Ok(false));
        check("MIT WITH LLVM-exception", Ok(false));
    }

    #[test]
    fn unsound_expressions_are_errors() {
        check("", Err("missing at the end"));
        check("MIT OR", Err("missing at the end"));
        check("(MIT", Err("`)` is missing"));
        check("MIT)", Err("not expected"));
        check("MIT Apache-2.0", Err("`Apache-2.0` is not expected"));
        check("OR MIT", Err("`OR` stands"));
        check("MIT WITH", Err("exception is missing"));
    }
}
