//! A table to a Parquet file.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use einthoven_game::file::write_atomic;
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{PrimitiveTypeBuilder, Type, TypePtr};

use super::{Column, Table};
use crate::{Error, Result};

/// Writes tables of the same columns as one, each as a group of rows; whole or not at all.
pub(super) fn save(groups: &mut dyn Iterator<Item = Result<Cow<'_, Table>>>, path: &Path) -> Result<()> {
    let mut failed = None;
    let written = write_atomic(path, |file| write(groups, file, &mut failed).map_err(io::Error::other));
    match failed {
        Some(error) => Err(error),
        None => Ok(written?),
    }
}

/// Writes all groups; the first one says which columns there are, and what is beside them. A group that is an error goes to `failed`.
fn write(
    groups: &mut dyn Iterator<Item = Result<Cow<'_, Table>>>,
    file: impl Write + Send,
    failed: &mut Option<Error>,
) -> std::result::Result<(), ParquetError> {
    let broken = |failed: &mut Option<Error>, error: Error| {
        *failed = Some(error);
        ParquetError::General("a group of rows failed".to_owned())
    };
    let Some(first) = groups.next() else { return Err(ParquetError::General("there are no rows".to_owned())) };
    let mut table = first.map_err(|error| broken(failed, error))?;
    let mut writer = begin(&table, file)?;
    loop {
        write_group(&mut writer, &table)?;
        match groups.next() {
            Some(next) => table = next.map_err(|error| broken(failed, error))?,
            None => return writer.close().map(drop),
        }
    }
}

fn write_group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    table: &Table,
) -> std::result::Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for (_, column) in &table.columns {
        if let Some(mut cells) = group.next_column()? {
            write_column(column, &mut cells)?;
            cells.close()?;
        }
    }
    group.close()?;
    Ok(())
}

fn begin<W: Write + Send>(table: &Table, file: W) -> std::result::Result<SerializedFileWriter<W>, ParquetError> {
    let fields = table.columns.iter().map(|(name, column)| field(name, column));
    let schema =
        Type::group_type_builder("table").with_fields(fields.collect::<std::result::Result<_, _>>()?).build()?;
    let notes = table.notes.iter().map(|(key, text)| KeyValue::new(key.clone(), text.clone())).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .set_created_by(concat!("einthoven ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(notes))
        .build();
    SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))
}

/// The type of a column; of a list, the three levels that readers expect.
fn field(name: &str, column: &Column) -> std::result::Result<TypePtr, ParquetError> {
    let list = |physical: Physical| {
        let element = Arc::new(required("element", physical).build()?);
        let inner = Type::group_type_builder("list").with_repetition(Repetition::REPEATED).with_fields(vec![element]);
        Type::group_type_builder(name)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(Some(LogicalType::List))
            .with_fields(vec![Arc::new(inner.build()?)])
            .build()
    };
    let field = match column {
        Column::Text(_) => required(name, Physical::BYTE_ARRAY).with_logical_type(Some(LogicalType::String)).build(),
        Column::I64(_) => required(name, Physical::INT64).build(),
        Column::F64(_) => required(name, Physical::DOUBLE).build(),
        Column::Bool(_) => required(name, Physical::BOOLEAN).build(),
        Column::F32Lists(_) => list(Physical::FLOAT),
        Column::F64Lists(_) => list(Physical::DOUBLE),
    };
    Ok(Arc::new(field?))
}

/// A cell in each row.
fn required(name: &str, physical: Physical) -> PrimitiveTypeBuilder<'_> {
    Type::primitive_type_builder(name, physical).with_repetition(Repetition::REQUIRED)
}

fn write_column(column: &Column, writer: &mut SerializedColumnWriter<'_>) -> std::result::Result<usize, ParquetError> {
    match column {
        Column::Text(cells) => {
            let cells: Vec<ByteArray> = cells.iter().map(|text| ByteArray::from(text.as_str())).collect();
            writer.typed::<ByteArrayType>().write_batch(&cells, None, None)
        }
        Column::I64(cells) => writer.typed::<Int64Type>().write_batch(cells, None, None),
        Column::F64(cells) => writer.typed::<DoubleType>().write_batch(cells, None, None),
        Column::Bool(cells) => writer.typed::<BoolType>().write_batch(cells, None, None),
        Column::F32Lists(lists) => write_lists::<FloatType>(lists, writer),
        Column::F64Lists(lists) => write_lists::<DoubleType>(lists, writer),
    }
}

/// A list begins where the repetition level is 0, and is empty where the definition level is.
fn write_lists<T: DataType>(
    lists: &[Vec<T::T>],
    writer: &mut SerializedColumnWriter<'_>,
) -> std::result::Result<usize, ParquetError> {
    let n_levels = lists.iter().map(|list| list.len().max(1)).sum();
    let (mut defined, mut repeated) = (Vec::with_capacity(n_levels), Vec::with_capacity(n_levels));
    for list in lists {
        defined.extend(std::iter::repeat_n(i16::from(!list.is_empty()), list.len().max(1)));
        repeated.extend((0..list.len().max(1)).map(|at| i16::from(at > 0)));
    }
    writer.typed::<T>().write_batch(&lists.concat(), Some(&defined), Some(&repeated))
}
