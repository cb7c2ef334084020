//! CIF data blocks: tags with their values, and loops.

use super::token::{Fault, Located, Token, Tokens};
use crate::io::{Note, Problem};
use std::collections::HashMap;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) line: u64,
    /// Whether it stands without quotation marks.
    pub(super) bare: bool,
}

impl Value {
    /// The text, `None` for the place holders `?` and `.` without quotation marks and for blanks.
    pub(super) fn known(&self) -> Option<&str> {
        let text = self.text.trim();
        let holder = self.bare && (text == "?" || text == ".");
        (!holder && !text.is_empty()).then_some(text)
    }

    /// Whether the value is `.`: inapplicable, the default holds.
    pub(super) fn is_default(&self) -> bool {
        self.bare && self.text == "."
    }
}

/// Values of one loop column, or of a tag outside a loop.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) values: Vec<Value>,
    /// Line of the tag.
    pub(super) line: u64,
    /// Which loop of the block, `None` outside loops.
    loop_idx: Option<usize>,
}

/// One data block.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) name: String,
    /// Line of `data_`.
    pub(super) line: u64,
    columns: HashMap<String, Column>,
    n_loops: usize,
    /// What was passed over.
    pub(super) notes: Vec<Note>,
}

impl Block {
    /// Values of a tag given in [`normal`] form.
    pub(super) fn column(&self, tag: &str) -> Option<&Column> {
        self.columns.get(tag)
    }

    /// The first of these tags that holds a known value outside a loop, or as the only row of one.
    pub(super) fn single(&self, tags: &[&str]) -> Option<&Value> {
        tags.iter()
            .filter_map(|t| self.columns.get(*t))
            .filter_map(|c| c.values.first())
            .find(|v| v.known().is_some())
    }

    /// A column that stands in the same loop as another.
    pub(super) fn beside(&self, tag: &str, other: &Column) -> Option<&Column> {
        self.columns
            .get(tag)
            .filter(|c| c.loop_idx == other.loop_idx && c.values.len() == other.values.len())
    }
}

/// A tag in the form in which tags are compared: lower case, dots and hyphens as underscores, none at the end.
///
/// So the dotted names of DDLm and mmCIF dictionaries (`_atom_site.fract_x`) meet the names of the core dictionary.
pub(super) fn normal(tag: &str) -> String {
    let mut normal: String = tag
        .chars()
        .map(|c| match c {
            '.' | '-' | '/' => '_',
            c => c.to_ascii_lowercase(),
        })
        .collect();
    normal.truncate(normal.trim_end_matches('_').len());
    normal
}

/// Reads all data blocks of a text.
///
/// # Errors
/// A value without its end, a loop with an incomplete last row, a tag without a value at the end of the text.
pub(super) fn read_blocks(text: &str) -> Result<Vec<Block>, Fault> {
    Reader { tokens: Tokens::new(text), peeked: None }.blocks()
}

struct Reader<'a> {
    tokens: Tokens<'a>,
    peeked: Option<Located<'a>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Option<Located<'a>>, Fault> {
        match self.peeked.take() {
            Some(t) => Ok(Some(t)),
            None => self.tokens.next(),
        }
    }

    /// The next token if it is a value.
    fn next_value(&mut self) -> Result<Option<Value>, Fault> {
        let Some(t) = self.next()? else { return Ok(None) };
        match t.token {
            Token::Bare(text) => {
                Ok(Some(Value { text: text.to_owned(), line: t.line, bare: true }))
            }
            Token::Quoted(text) => {
                Ok(Some(Value { text: text.to_owned(), line: t.line, bare: false }))
            }
            _ => {
                self.peeked = Some(t);
                Ok(None)
            }
        }
    }

    fn blocks(mut self) -> Result<Vec<Block>, Fault> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut in_frame = false;
        while let Some(t) = self.next()? {
            if let Token::Data(name) = t.token {
                in_frame = false;
                let name = name.to_owned();
                blocks.push(Block { name, line: t.line, ..Block::default() });
                continue;
            }
            if let Token::Save(name) = t.token {
                in_frame = !name.is_empty();
                continue;
            }
            // What stands before the first `data_`, or in a save frame of a dictionary, is read and dropped.
            let mut dropped = Block::default();
            let block = match blocks.last_mut() {
                Some(block) if !in_frame => block,
                _ => &mut dropped,
            };
            match t.token {
                Token::Loop => self.read_loop(block, t.line)?,
                Token::Tag(tag) => self.read_item(block, tag, t.line)?,
                Token::Bare(text) | Token::Quoted(text) => {
                    block.notes.push(Note::StrayValue { line: t.line, text: text.to_owned() });
                }
                Token::Data(_) | Token::Save(_) => {}
            }
        }
        Ok(blocks)
    }

    fn read_item(&mut self, block: &mut Block, tag: &str, line: u64) -> Result<(), Fault> {
        let value = self.next_value()?;
        if value.is_none() && self.peeked.is_none() {
            return Err((Some(line), Problem::Truncated { within: format!("the value of {tag}") }));
        }
        let values = value.into_iter().collect();
        block.columns.insert(normal(tag), Column { values, line, loop_idx: None });
        Ok(())
    }

    fn read_loop(&mut self, block: &mut Block, line: u64) -> Result<(), Fault> {
        let mut tags: Vec<(String, u64)> = Vec::new();
        loop {
            match self.next()? {
                Some(Located { token: Token::Tag(tag), line }) => tags.push((normal(tag), line)),
                Some(other) => {
                    self.peeked = Some(other);
                    break;
                }
                None => {
                    let within = "the header of a loop".to_owned();
                    return Err((Some(line), Problem::Truncated { within }));
                }
            }
        }
        let operations = tags.iter().any(|(tag, _)| tag.ends_with("_xyz"));
        let mut values: Vec<Value> = Vec::new();
        while let Some(value) = self.next_value()? {
            match values.last_mut() {
                // `-x, y, z` without quotation marks is three values by the grammar, and one by intention.
                Some(last)
                    if operations
                        && value.bare
                        && last.bare
                        && last.line == value.line
                        && (last.text.ends_with(',') || value.text.starts_with(',')) =>
                {
                    last.text.push_str(&value.text);
                }
                _ => values.push(value),
            }
        }
        let columns = tags.len();
        if columns == 0 {
            return Ok(());
        }
        if !values.len().is_multiple_of(columns) {
            let line = values.last().map_or(self.tokens.line(), |v| v.line);
            return Err((Some(line), Problem::PartialLoopRow { columns, values: values.len() }));
        }
        let loop_idx = Some(block.n_loops);
        block.n_loops += 1;
        let mut rows: Vec<Vec<Value>> =
            (0..columns).map(|_| Vec::with_capacity(values.len() / columns)).collect();
        for (i, value) in values.into_iter().enumerate() {
            rows[i % columns].push(value);
        }
        for ((tag, line), values) in tags.into_iter().zip(rows) {
            block.columns.insert(tag, Column { values, line, loop_idx });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_meet_in_one_form() {
        for tag in ["_atom_site_fract_x", "_ATOM_SITE.FRACT_X", "_atom_site.fract_x_"] {
            assert_eq!(normal(tag), "_atom_site_fract_x");
        }
        assert_eq!(normal("_space_group_name_H-M_alt"), "_space_group_name_h_m_alt");
    }

    #[test]
    fn loops_and_items_are_kept_apart() {
        let text = "data_a\nloop_\n_x\n_y\n1 2\n'3' ?\n_z .\ndata_b\n_x 9\n";
        let blocks = read_blocks(text).unwrap();
        assert_eq!(blocks.len(), 2);
        let x = blocks[0].column("_x").unwrap();
        let y = blocks[0].beside("_y", x).unwrap();
        assert_eq!(x.values[1].known(), Some("3"));
        assert_eq!(y.values[1].known(), None);
        assert!(blocks[0].column("_z").unwrap().values[0].is_default());
        assert_eq!(blocks[1].single(&["_x"]).unwrap().line, 9);
    }

    #[test]
    fn truncation_is_found_where_it_happens() {
        let line = |text| read_blocks(text).unwrap_err().0;
        assert_eq!(line("data_a\n_cell"), Some(2));
        assert_eq!(line("data_a\nloop_\n_x\n_y\n1 2\n3"), Some(6));
        assert_eq!(line("data_a\n\nloop_\n_x"), Some(3));
    }

    #[test]
    fn operations_without_quotes_stay_whole() {
        let blocks = read_blocks("data_a\nloop_\n_op_xyz\nx, y, z\n-x ,-y ,z\n").unwrap();
        let ops: Vec<_> =
            blocks[0].column("_op_xyz").unwrap().values.iter().map(|v| v.text.as_str()).collect();
        assert_eq!(ops, ["x,y,z", "-x,-y,z"]);
    }
}
