//! A Parquet file to a table.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::Column;
use crate::{Error, Result};

/// Columns by name, and the notes beside them.
type Parts = (Vec<(String, Column)>, Vec<(String, String)>);

/// Reads a file. The reader of the format panics on some that are damaged, which is an error like any other.
pub(super) fn load(path: &Path) -> Result<Parts> {
    catch_unwind(AssertUnwindSafe(|| parse(path))).unwrap_or_else(|_| Err(Error::read(path, "it is damaged")))
}

fn parse(path: &Path) -> Result<Parts> {
    let file = File::open(path).map_err(|error| Error::read(path, error))?;
    let reader = SerializedFileReader::new(file).map_err(|error| Error::read(path, error))?;
    let metadata = reader.metadata().file_metadata();
    let notes = metadata.key_value_metadata().into_iter().flatten();
    let notes = notes.map(|note| (note.key.clone(), note.value.clone().unwrap_or_default())).collect();
    let mut columns = Vec::new();
    for (at, descriptor) in metadata.schema_descr().columns().iter().enumerate() {
        let name = descriptor.path().parts().first().cloned().unwrap_or_default();
        let wrong = |reason: String| Error::read(path, format!("column `{name}`: {reason}"));
        let mut column = blank(descriptor).map_err(&wrong)?;
        for group in 0..reader.num_row_groups() {
            append(&reader, group, at, &mut column).map_err(|error| wrong(error.to_string()))?;
        }
        columns.push((name, column));
    }
    Ok((columns, notes))
}

/// An empty column of the type of a file's column.
fn blank(descriptor: &ColumnDescriptor) -> std::result::Result<Column, String> {
    let levels = (descriptor.max_def_level(), descriptor.max_rep_level());
    let is_text = matches!(descriptor.logical_type_ref(), Some(LogicalType::String))
        || descriptor.converted_type() == ConvertedType::UTF8;
    Ok(match (levels, descriptor.physical_type()) {
        ((0, 0), Physical::BYTE_ARRAY) if is_text => Column::Text(Vec::new()),
        ((0, 0), Physical::INT64) => Column::I64(Vec::new()),
        ((0, 0), Physical::DOUBLE) => Column::F64(Vec::new()),
        ((0, 0), Physical::BOOLEAN) => Column::Bool(Vec::new()),
        ((1, 1), Physical::FLOAT) => Column::F32Lists(Vec::new()),
        ((1, 1), Physical::DOUBLE) => Column::F64Lists(Vec::new()),
        (_, physical) => {
            return Err(format!(
                "expected texts, int64, double or boolean, or lists of float or double, none of them nullable; \
                 found {physical} with levels {levels:?}"
            ));
        }
    })
}

/// Appends the cells of a row group.
fn append(
    reader: &SerializedFileReader<File>,
    group: usize,
    at: usize,
    column: &mut Column,
) -> std::result::Result<(), ParquetError> {
    let group = reader.get_row_group(group)?;
    let metadata: &RowGroupMetaData = group.metadata();
    let n_rows = usize::try_from(metadata.num_rows()).unwrap_or(0);
    match (column, group.get_column_reader(at)?) {
        (Column::Text(cells), ColumnReader::ByteArrayColumnReader(reader)) => {
            for bytes in flat(reader, n_rows)? {
                cells.push(bytes.as_utf8()?.to_owned());
            }
        }
        (Column::I64(cells), ColumnReader::Int64ColumnReader(reader)) => cells.extend(flat(reader, n_rows)?),
        (Column::F64(cells), ColumnReader::DoubleColumnReader(reader)) => cells.extend(flat(reader, n_rows)?),
        (Column::Bool(cells), ColumnReader::BoolColumnReader(reader)) => cells.extend(flat(reader, n_rows)?),
        (Column::F32Lists(cells), ColumnReader::FloatColumnReader(reader)) => cells.extend(lists(reader, n_rows)?),
        (Column::F64Lists(cells), ColumnReader::DoubleColumnReader(reader)) => cells.extend(lists(reader, n_rows)?),
        _ => return Err(ParquetError::General("its row groups are of different types".to_owned())),
    }
    Ok(())
}

/// A value of each row.
fn flat<T: DataType>(mut reader: ColumnReaderImpl<T>, n_rows: usize) -> std::result::Result<Vec<T::T>, ParquetError> {
    let mut cells = Vec::new();
    let (found, ..) = reader.read_records(n_rows, None, None, &mut cells)?;
    check_rows(found, n_rows)?;
    Ok(cells)
}

/// A list of each row: it begins where the repetition level is 0, and is empty where the definition level is.
fn lists<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    n_rows: usize,
) -> std::result::Result<Vec<Vec<T::T>>, ParquetError> {
    let (mut cells, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    let (found, ..) = reader.read_records(n_rows, Some(&mut defined), Some(&mut repeated), &mut cells)?;
    check_rows(found, n_rows)?;
    let mut lists: Vec<Vec<T::T>> = Vec::new();
    let mut cells = cells.into_iter();
    for (defined, repeated) in defined.iter().zip(&repeated) {
        if *repeated == 0 {
            lists.push(Vec::new());
        }
        if *defined == 1
            && let (Some(list), Some(cell)) = (lists.last_mut(), cells.next())
        {
            list.push(cell);
        }
    }
    check_rows(lists.len(), n_rows)?;
    Ok(lists)
}

fn check_rows(found: usize, expected: usize) -> std::result::Result<(), ParquetError> {
    match found == expected {
        true => Ok(()),
        false => Err(ParquetError::General(format!("expected {expected} rows, found {found}"))),
    }
}
