//! Tables of numbers as Parquet: grids and the like.

use crate::table::{Cell, Column, Kind, Table};
use crate::{RecordError, table};

/// Name of the format in the metadata of the file.
const FORMAT: &str = "numbers-1";

/// The cells of a column of numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// Doubles; `None` is an empty cell.
    Floats(Vec<Option<f64>>),
    /// Counts below 2^63; `None` is an empty cell.
    Counts(Vec<Option<u64>>),
    /// True or false.
    Flags(Vec<bool>),
}

impl Numbers {
    fn n_rows(&self) -> usize {
        match self {
            Self::Floats(cells) => cells.len(),
            Self::Counts(cells) => cells.len(),
            Self::Flags(cells) => cells.len(),
        }
    }
}

/// The Parquet bytes of named columns of numbers. They depend on the cells alone.
///
/// # Errors
/// [`RecordError::ColumnLengths`] if the columns differ in length, or [`RecordError::Encode`].
///
/// # Examples
/// ```
/// use braggscape_record::{Numbers, numbers_parquet};
/// let columns = [("a", Numbers::Floats(vec![Some(3.5), None])), ("known", Numbers::Flags(vec![true, false]))];
/// let bytes = numbers_parquet(&columns)?;
/// assert!(bytes.starts_with(b"PAR1"));
/// assert_eq!(bytes, numbers_parquet(&columns)?);
/// # Ok::<(), braggscape_record::RecordError>(())
/// ```
pub fn numbers_parquet<N: AsRef<str>>(columns: &[(N, Numbers)]) -> Result<Vec<u8>, RecordError> {
    let n_rows = columns.first().map_or(0, |(_, numbers)| numbers.n_rows());
    if let Some((name, numbers)) = columns.iter().find(|(_, n)| n.n_rows() != n_rows) {
        let column = name.as_ref().to_owned();
        return Err(RecordError::ColumnLengths {
            column,
            found: numbers.n_rows(),
            expected: n_rows,
        });
    }
    let column = |(name, numbers): &(N, Numbers)| {
        let (kind, required, cells): (Kind, bool, Vec<Cell>) = match numbers {
            Numbers::Floats(v) => (Kind::Float, false, v.iter().map(|v| Cell::Float(*v)).collect()),
            Numbers::Counts(v) => (Kind::Count, false, v.iter().map(|v| Cell::Count(*v)).collect()),
            Numbers::Flags(v) => {
                (Kind::Bool, true, v.iter().map(|v| Cell::Bool(Some(*v))).collect())
            }
        };
        Column { name: name.as_ref().to_owned(), kind, required, cells }
    };
    let table = Table { n_rows, columns: columns.iter().map(column).collect() };
    table::encode(&table, FORMAT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_back_from_their_bytes() {
        let columns = [
            ("u", Numbers::Floats(vec![Some(1.5), Some(-0.0), None])),
            ("basin", Numbers::Counts(vec![None, Some(3), Some(0)])),
            ("computed", Numbers::Flags(vec![true, false, true])),
        ];
        let table = table::decode(numbers_parquet(&columns).unwrap(), FORMAT).unwrap();
        let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        assert_eq!((table.n_rows, names), (3, vec!["u", "basin", "computed"]));
        assert_eq!(table.columns[0].cells[2], Cell::Float(None));
        assert_eq!(table.columns[1].cells[1], Cell::Count(Some(3)));
        assert_eq!(table.columns[2].cells[1], Cell::Bool(Some(false)));
    }

    #[test]
    fn columns_of_different_lengths_are_refused() {
        let columns = [("u", Numbers::Flags(vec![true])), ("v", Numbers::Flags(Vec::new()))];
        let error = numbers_parquet(&columns).unwrap_err();
        assert_eq!(error.to_string(), "column `v` has 0 rows, expected 1");
    }
}
