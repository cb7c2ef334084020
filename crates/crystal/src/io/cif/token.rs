//! CIF text as tokens.
//!
//! The grammar is that of CIF 1.1 (S. R. Hall, F. H. Allen, I. D. Brown, Acta Cryst. A47, 655 (1991); International Tables,
//! Volume G, chapter 2.2): white space, comments, quoted values, text fields between lines that begin with a semicolon.

use crate::io::Problem;

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `data_name`.
    Data(&'a str),
    /// `save_name`, or the `save_` that ends a frame (name empty).
    Save(&'a str),
    /// `loop_`.
    Loop,
    /// `_tag`.
    Tag(&'a str),
    /// A value without quotation marks.
    Bare(&'a str),
    /// A value in quotation marks or a text field.
    Quoted(&'a str),
}

/// A token and the line on which it begins, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Located<'a> {
    pub(super) token: Token<'a>,
    pub(super) line: u64,
}

/// A fault and its line.
pub(in crate::io) type Fault = (Option<u64>, Problem);

/// Reads tokens from a text.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    /// What is left of the text.
    rest: &'a str,
    /// Line of `rest`.
    line: u64,
    /// Whether `rest` begins at the start of a line.
    at_line_start: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, line: 1, at_line_start: true }
    }

    /// The last line of the text.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Takes `n` bytes, counting lines.
    fn take(&mut self, n: usize) -> &'a str {
        let (head, tail) = self.rest.split_at(n);
        self.line += head.bytes().filter(|b| *b == b'\n').count() as u64;
        if !head.is_empty() {
            self.at_line_start = head.ends_with('\n');
        }
        self.rest = tail;
        head
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            let blanks = self.rest.len() - self.rest.trim_start().len();
            self.take(blanks);
            if !self.rest.starts_with('#') {
                return;
            }
            let n = self.rest.find('\n').unwrap_or(self.rest.len());
            self.take(n);
        }
    }

    /// The next token, `None` at the end.
    ///
    /// # Errors
    /// A text field or quoted value without its end.
    pub(super) fn next(&mut self) -> Result<Option<Located<'a>>, Fault> {
        self.skip_blanks_and_comments();
        let line = self.line;
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        let token = match first {
            ';' if self.at_line_start => self.text_field()?,
            '\'' | '"' => self.quoted(first)?,
            _ => {
                let n = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
                word(self.take(n))
            }
        };
        Ok(Some(Located { token, line }))
    }

    fn text_field(&mut self) -> Result<Token<'a>, Fault> {
        let line = self.line;
        self.take(1);
        let end = if self.rest.starts_with(';') && self.at_line_start {
            Some(0)
        } else {
            self.rest.find("\n;")
        };
        let Some(end) = end else {
            let within = "a text field that begins with a semicolon".to_owned();
            return Err((Some(line), Problem::Truncated { within }));
        };
        let content = self.take(end);
        self.take(2.min(self.rest.len()));
        self.at_line_start = false;
        Ok(Token::Quoted(content.trim_end_matches('\r')))
    }

    /// A quoted value ends at its mark before white space; a mark within a word does not end it.
    fn quoted(&mut self, quote: char) -> Result<Token<'a>, Fault> {
        let line_end = self.rest.find('\n').unwrap_or(self.rest.len());
        let inner = &self.rest[1..line_end];
        let end = inner
            .match_indices(quote)
            .map(|(at, _)| at)
            .find(|at| inner[at + 1..].chars().next().is_none_or(char::is_whitespace));
        let Some(end) = end else {
            return Err((Some(self.line), Problem::UnterminatedQuote { quote }));
        };
        let taken = self.take(end + 2);
        Ok(Token::Quoted(&taken[1..=end]))
    }
}

fn word(word: &str) -> Token<'_> {
    let keyword = |prefix: &str| {
        word.get(..prefix.len())
            .is_some_and(|p| p.eq_ignore_ascii_case(prefix))
            .then(|| &word[prefix.len()..])
    };
    if word.starts_with('_') {
        Token::Tag(word)
    } else if let Some(name) = keyword("data_") {
        Token::Data(name)
    } else if let Some(name) = keyword("save_") {
        Token::Save(name)
    } else if word.eq_ignore_ascii_case("loop_") {
        Token::Loop
    } else {
        Token::Bare(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(Token<'_>, u64)]) {
        let mut tokens = Tokens::new(text);
        let mut found = Vec::new();
        while let Some(t) = tokens.next().unwrap() {
            found.push((t.token, t.line));
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn tokens_of_every_kind() {
        check(
            "data_x # c\n_a 'it's' \"b c\"\n",
            &[
                (Token::Data("x"), 1),
                (Token::Tag("_a"), 2),
                (Token::Quoted("it's"), 2),
                (Token::Quoted("b c"), 2),
            ],
        );
        check(
            "LOOP_\r\n_a\r\n;one\r\ntwo\r\n;\r\nb;c #d",
            &[
                (Token::Loop, 1),
                (Token::Tag("_a"), 2),
                (Token::Quoted("one\r\ntwo"), 3),
                (Token::Bare("b;c"), 6),
            ],
        );
        check(
            "_a\n;\n;\n_b ''\n",
            &[
                (Token::Tag("_a"), 1),
                (Token::Quoted(""), 2),
                (Token::Tag("_b"), 4),
                (Token::Quoted(""), 4),
            ],
        );
        check("a#b ;c", &[(Token::Bare("a#b"), 1), (Token::Bare(";c"), 1)]);
    }

    #[test]
    fn missing_ends_are_found() {
        for (text, line) in [("_a\n;x\ny", 2), ("'abc\n'", 1), ("\n\"", 2), ("_a ;\n;", 2)] {
            let mut tokens = Tokens::new(text);
            let fault = loop {
                match tokens.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("no fault in {text}"),
                    Err(fault) => break fault,
                }
            };
            assert_eq!(fault.0, Some(line), "{text}");
        }
    }
}
