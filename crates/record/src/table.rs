//! Plain columns as Parquet bytes and back, with a checksum over the whole file.
//!
//! The column writers of the `parquet` crate are used directly: the rows are few and flat, so its Arrow half would add
//! some twenty crates and no feature. The bytes depend on the cells alone: no time stamp, one row group, a fixed order of columns,
//! a fixed compression level, and a fixed name of the writer.

use crate::{PartFault, RecordError};
use bytes::Bytes;
use parquet::{
    basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel},
    column::reader::ColumnReader,
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties, WriterVersion},
        reader::{FileReader, SerializedFileReader},
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::types::{Type, TypePtr},
};
use std::sync::Arc;

/// Name of the writer in every file.
const CREATED_BY: &str = concat!("braggscape version ", env!("CARGO_PKG_VERSION"));
/// Key of the format in the metadata of a file.
const FORMAT_KEY: &str = "braggscape.format";
/// Key of the checksum in the metadata of a file.
const CHECKSUM_KEY: &str = "braggscape.checksum";
/// What the eight hexadecimal digits of the checksum follow.
const CHECKSUM_MARK: &[u8] = b"crc32=";
/// Compression level of zstd: fixed, for equal bytes.
const ZSTD_LEVEL: i32 = 3;

/// How a column is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Boolean.
    Bool,
    /// 64-bit integer, never negative.
    Count,
    /// 64-bit integer with the unsigned annotation.
    Unsigned,
    /// Double.
    Float,
    /// UTF-8 text.
    Text,
}

/// One value, or none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Of a [`Kind::Bool`] column.
    Bool(Option<bool>),
    /// Of a [`Kind::Count`] column.
    Count(Option<u64>),
    /// Of a [`Kind::Unsigned`] column.
    Unsigned(Option<u64>),
    /// Of a [`Kind::Float`] column.
    Float(Option<f64>),
    /// Of a [`Kind::Text`] column.
    Text(Option<String>),
}

/// One column: every cell is of the column's kind, and a required column has no empty cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) cells: Vec<Cell>,
}

/// Columns of equal length.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) n_rows: usize,
    pub(crate) columns: Vec<Column>,
}

/// The Parquet bytes of a table.
pub(crate) fn encode(table: &Table, format: &str) -> Result<Vec<u8>, RecordError> {
    let mut bytes =
        encode_unsealed(table, format).map_err(RecordError::encode("a Parquet file"))?;
    if let Some(at) = checksum_place(&bytes) {
        // The digits are zeros now, as they are when the checksum is verified.
        let digits = format!("{:08x}", crc32fast::hash(&bytes));
        bytes[at..at + 8].copy_from_slice(digits.as_bytes());
    }
    Ok(bytes)
}

/// The table in the bytes of a file.
pub(crate) fn decode(mut bytes: Vec<u8>, format: &'static str) -> Result<Table, PartFault> {
    let at = checksum_place(&bytes).ok_or(PartFault::NoChecksum)?;
    let digits = std::str::from_utf8(&bytes[at..at + 8]).map_err(|_| PartFault::NoChecksum)?;
    let expected = u32::from_str_radix(digits, 16).map_err(|_| PartFault::NoChecksum)?;
    bytes[at..at + 8].fill(b'0');
    let found = crc32fast::hash(&bytes);
    if found != expected {
        return Err(PartFault::Checksum { found, expected });
    }
    let reader = SerializedFileReader::new(Bytes::from(bytes))?;
    let metadata = reader.metadata().file_metadata();
    let named =
        metadata.key_value_metadata().and_then(|kv| kv.iter().find(|e| e.key == FORMAT_KEY));
    let found = named.and_then(|e| e.value.clone()).unwrap_or_default();
    if found != format {
        return Err(PartFault::Format { found, expected: format });
    }
    let mut columns = Vec::new();
    for (idx, descr) in metadata.schema_descr().columns().iter().enumerate() {
        let name = descr.name().to_owned();
        let required = descr.max_def_level() == 0;
        let kind = match (descr.physical_type(), descr.logical_type_ref()) {
            (Physical::BOOLEAN, _) => Kind::Bool,
            (Physical::INT64, Some(LogicalType::Integer(int))) if !int.is_signed => Kind::Unsigned,
            (Physical::INT64, _) => Kind::Count,
            (Physical::DOUBLE, _) => Kind::Float,
            (Physical::BYTE_ARRAY, Some(LogicalType::String)) => Kind::Text,
            _ => return Err(PartFault::UnknownColumn { name }),
        };
        let mut cells = Vec::new();
        for group_idx in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group_idx)?;
            let n_rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            cells.extend(read_cells(group.get_column_reader(idx)?, kind, required, n_rows)?);
        }
        if let Some(row) = cells
            .iter()
            .position(|c| matches!(c, Cell::Count(Some(v)) if i64::try_from(*v).is_err()))
        {
            return Err(PartFault::BadCell { row, column: name, expected: "a count" });
        }
        columns.push(Column { name, kind, required, cells });
    }
    let n_rows = columns.first().map_or(0, |c| c.cells.len());
    Ok(Table { n_rows, columns })
}

/// Where the digits of the checksum are: after the last mark in the file.
fn checksum_place(bytes: &[u8]) -> Option<usize> {
    let mark = bytes.windows(CHECKSUM_MARK.len()).rposition(|w| w == CHECKSUM_MARK)?;
    let at = mark + CHECKSUM_MARK.len();
    (at + 8 <= bytes.len()).then_some(at)
}

fn encode_unsealed(table: &Table, format: &str) -> Result<Vec<u8>, ParquetError> {
    let entry = |key: &str, value: String| KeyValue { key: key.to_owned(), value: Some(value) };
    // The checksum stands last, so that no text of a user can come after its mark.
    let mark = format!("{}00000000", String::from_utf8_lossy(CHECKSUM_MARK));
    let properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_key_value_metadata(Some(vec![
            entry(FORMAT_KEY, format.to_owned()),
            entry(CHECKSUM_KEY, mark),
        ]))
        .build();
    let fields = table.columns.iter().map(column_type).collect::<Result<Vec<_>, _>>()?;
    let schema = Type::group_type_builder("record").with_fields(fields).build()?;
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
    if table.n_rows > 0 {
        let mut group = writer.next_row_group()?;
        for column in &table.columns {
            let Some(mut out) = group.next_column()? else { break };
            write_cells(&mut out, column)?;
            out.close()?;
        }
        group.close()?;
    }
    writer.into_inner()
}

fn column_type(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Bool => (Physical::BOOLEAN, None),
        Kind::Count => (Physical::INT64, None),
        Kind::Unsigned => (Physical::INT64, Some(LogicalType::integer(64, false))),
        Kind::Float => (Physical::DOUBLE, None),
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let repetition = if column.required { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    let ty = Type::primitive_type_builder(&column.name, physical)
        .with_logical_type(logical)
        .with_repetition(repetition);
    Ok(Arc::new(ty.build()?))
}

fn write_cells(out: &mut SerializedColumnWriter<'_>, column: &Column) -> Result<(), ParquetError> {
    match column.kind {
        Kind::Bool => write_as::<BoolType>(out, column, |c| match c {
            Cell::Bool(v) => *v,
            _ => None,
        }),
        Kind::Count | Kind::Unsigned => write_as::<Int64Type>(out, column, |c| match c {
            // Parquet stores the bits of an unsigned integer in a signed one.
            Cell::Count(v) | Cell::Unsigned(v) => v.map(u64::cast_signed),
            _ => None,
        }),
        Kind::Float => write_as::<DoubleType>(out, column, |c| match c {
            Cell::Float(v) => *v,
            _ => None,
        }),
        Kind::Text => write_as::<ByteArrayType>(out, column, |c| match c {
            Cell::Text(v) => v.as_deref().map(ByteArray::from),
            _ => None,
        }),
    }
}

fn write_as<T: DataType>(
    out: &mut SerializedColumnWriter<'_>,
    column: &Column,
    value: impl Fn(&Cell) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = column.cells.iter().map(value).collect();
    let levels: Vec<i16> = values.iter().map(|v| i16::from(v.is_some())).collect();
    let present: Vec<T::T> = values.into_iter().flatten().collect();
    let levels = (!column.required).then_some(levels.as_slice());
    out.typed::<T>().write_batch(&present, levels, None)?;
    Ok(())
}

fn read_cells(
    reader: ColumnReader,
    kind: Kind,
    required: bool,
    n_rows: usize,
) -> Result<Vec<Cell>, PartFault> {
    let mut levels = Vec::with_capacity(n_rows);
    macro_rules! read {
        ($reader:ident, $wrap:expr) => {{
            let mut values = Vec::with_capacity(n_rows);
            let def = (!required).then_some(&mut levels);
            let (rows, _, _) = $reader.read_records(n_rows, def, None, &mut values)?;
            if required {
                levels = vec![1; rows];
            }
            let mut values = values.into_iter();
            let wrap = $wrap;
            levels
                .iter()
                .map(|level| wrap(if *level > 0 { values.next() } else { None }))
                .collect::<Result<Vec<Cell>, ParquetError>>()?
        }};
    }
    let cells = match reader {
        ColumnReader::BoolColumnReader(mut r) => read!(r, |v| Ok(Cell::Bool(v))),
        ColumnReader::Int64ColumnReader(mut r) => read!(r, |v: Option<i64>| {
            let v = v.map(i64::cast_unsigned);
            Ok(if kind == Kind::Unsigned { Cell::Unsigned(v) } else { Cell::Count(v) })
        }),
        ColumnReader::DoubleColumnReader(mut r) => read!(r, |v| Ok(Cell::Float(v))),
        ColumnReader::ByteArrayColumnReader(mut r) => read!(r, |v: Option<ByteArray>| {
            let text = v.map(|v| v.as_utf8().map(str::to_owned)).transpose();
            text.map(Cell::Text)
        }),
        _ => return Err(ParquetError::General("unexpected physical type".to_owned()).into()),
    };
    if cells.len() != n_rows {
        return Err(ParquetError::EOF("a column ends before its last row".to_owned()).into());
    }
    Ok(cells)
}
