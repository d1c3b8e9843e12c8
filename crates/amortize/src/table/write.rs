//! A table to a Parquet file.

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
use crate::Result;

/// Writes the table, whole or not at all.
pub(super) fn save(table: &Table, path: &Path) -> Result<()> {
    Ok(write_atomic(path, |file| write(table, file).map_err(io::Error::other))?)
}

fn write(table: &Table, file: impl Write + Send) -> std::result::Result<(), ParquetError> {
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
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    for (_, column) in &table.columns {
        if let Some(mut cells) = group.next_column()? {
            write_column(column, &mut cells)?;
            cells.close()?;
        }
    }
    group.close()?;
    writer.close()?;
    Ok(())
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
