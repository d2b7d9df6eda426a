//! A table as Parquet.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, Date32Builder, Decimal128Builder, Int64Builder, TimestampMillisecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::WriteError;
use crate::record::{Column, ColumnKind, Record, Visit};

/// Few enough for a batch to stay in the processor's cache until it is encoded.
const ROWS_PER_BATCH: usize = 2_048;
const ROWS_PER_GROUP: usize = 262_144;

pub(super) struct Parquet {
    path: PathBuf,
    schema: SchemaRef,
    writer: ArrowWriter<File>,
    batch: Batch,
    rows: usize,
}

impl Parquet {
    pub(super) fn create(path: PathBuf, columns: &'static [Column]) -> Result<Self, WriteError> {
        let file = File::create_new(&path).map_err(|source| WriteError::Io {
            path: path.clone(),
            source,
        })?;
        let fields = columns
            .iter()
            .map(|column| Field::new(column.name, data_type(column.kind), column.is_nullable));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let opened = properties(columns)
            .and_then(|how| ArrowWriter::try_new(file, Arc::clone(&schema), Some(how)));
        match opened {
            Ok(writer) => Ok(Self {
                path,
                schema,
                writer,
                batch: Batch::new(columns),
                rows: 0,
            }),
            Err(source) => Err(WriteError::Parquet { path, source }),
        }
    }

    #[inline]
    pub(super) fn write(&mut self, record: &impl Record) -> Result<(), WriteError> {
        self.batch.at = 0;
        record.visit(&mut self.batch);
        self.rows += 1;
        if self.rows == ROWS_PER_BATCH {
            self.flush()?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), WriteError> {
        self.flush()?;
        match self.writer.close() {
            Ok(_) => Ok(()),
            Err(source) => Err(WriteError::Parquet {
                path: self.path,
                source,
            }),
        }
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        self.rows = 0;
        let batch = self.batch.finish(&self.schema).map_err(ParquetError::from);
        let written = batch.and_then(|batch| self.writer.write(&batch));
        written.map_err(|source| WriteError::Parquet {
            path: self.path.clone(),
            source,
        })
    }
}

fn data_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Text => DataType::Utf8,
        ColumnKind::Money => DataType::Decimal128(18, 2),
        ColumnKind::Rate => DataType::Decimal128(9, 6),
        ColumnKind::Time => DataType::Timestamp(TimeUnit::Millisecond, None),
        ColumnKind::Date => DataType::Date32,
        ColumnKind::Number => DataType::Int64,
    }
}

/// Numbers that count upwards are stored by what changes; what rarely repeats has no dictionary;
/// check codes do not compress. Least and largest values are kept for what is searched by.
fn properties(columns: &[Column]) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .set_created_by("ruixin-history".to_owned())
        .set_statistics_enabled(EnabledStatistics::None);
    for column in columns {
        let path = || ColumnPath::from(column.name);
        match (column.name, column.kind) {
            ("serial" | "order_id" | "bank_serial" | "last_serial", _) => {
                properties = properties
                    .set_column_dictionary_enabled(path(), false)
                    .set_column_encoding(path(), Encoding::DELTA_BYTE_ARRAY)
                    .set_column_statistics_enabled(path(), EnabledStatistics::Chunk);
            }
            ("check_code", _) => {
                properties = properties
                    .set_column_dictionary_enabled(path(), false)
                    .set_column_compression(path(), Compression::UNCOMPRESSED);
            }
            ("amount" | "balance_after" | "balance" | "bank_fee", _) => {
                properties = properties.set_column_dictionary_enabled(path(), false);
            }
            (_, ColumnKind::Time) => {
                properties = properties
                    .set_column_dictionary_enabled(path(), false)
                    .set_column_encoding(path(), Encoding::DELTA_BINARY_PACKED)
                    .set_column_statistics_enabled(path(), EnabledStatistics::Chunk);
            }
            ("account" | "business_day", _) => {
                properties =
                    properties.set_column_statistics_enabled(path(), EnabledStatistics::Chunk);
            }
            _ => {}
        }
    }
    Ok(properties.build())
}

/// Is a batch under way, a builder for each column.
struct Batch {
    builders: Vec<Builder>,
    at: usize,
}

enum Builder {
    Text(BinaryBuilder),
    Decimal(Decimal128Builder, u8, i8),
    Time(TimestampMillisecondBuilder),
    Date(Date32Builder),
    Number(Int64Builder),
}

fn builder(kind: ColumnKind) -> Builder {
    let decimals = || Decimal128Builder::with_capacity(ROWS_PER_BATCH);
    match kind {
        ColumnKind::Text => Builder::texts(ROWS_PER_BATCH * 24),
        ColumnKind::Money => Builder::Decimal(decimals(), 18, 2),
        ColumnKind::Rate => Builder::Decimal(decimals(), 9, 6),
        ColumnKind::Time => {
            Builder::Time(TimestampMillisecondBuilder::with_capacity(ROWS_PER_BATCH))
        }
        ColumnKind::Date => Builder::Date(Date32Builder::with_capacity(ROWS_PER_BATCH)),
        ColumnKind::Number => Builder::Number(Int64Builder::with_capacity(ROWS_PER_BATCH)),
    }
}

impl Builder {
    fn texts(bytes: usize) -> Self {
        Self::Text(BinaryBuilder::with_capacity(ROWS_PER_BATCH, bytes))
    }

    /// A builder of the same kind, with the room that this one has needed.
    fn empty(&self) -> Self {
        let rows = ROWS_PER_BATCH;
        match self {
            Self::Text(all) => Self::texts(all.values_slice().len() * 9 / 8),
            Self::Decimal(_, precision, scale) => {
                Self::Decimal(Decimal128Builder::with_capacity(rows), *precision, *scale)
            }
            Self::Time(_) => Self::Time(TimestampMillisecondBuilder::with_capacity(rows)),
            Self::Date(_) => Self::Date(Date32Builder::with_capacity(rows)),
            Self::Number(_) => Self::Number(Int64Builder::with_capacity(rows)),
        }
    }

    fn finish(self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text(mut all) => Arc::new(StringArray::try_from_binary(all.finish())?),
            Self::Decimal(mut all, precision, scale) => {
                Arc::new(all.finish().with_precision_and_scale(precision, scale)?)
            }
            Self::Time(mut all) => Arc::new(all.finish()),
            Self::Date(mut all) => Arc::new(all.finish()),
            Self::Number(mut all) => Arc::new(all.finish()),
        })
    }
}

impl Batch {
    fn new(columns: &[Column]) -> Self {
        Self {
            builders: columns.iter().map(|column| builder(column.kind)).collect(),
            at: 0,
        }
    }

    fn finish(&mut self, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
        let columns = self.builders.iter_mut().map(|builder| {
            let full = std::mem::replace(builder, builder.empty());
            full.finish()
        });
        RecordBatch::try_new(
            Arc::clone(schema),
            columns.collect::<Result<_, ArrowError>>()?,
        )
    }

    #[inline]
    fn next(&mut self) -> &mut Builder {
        self.at += 1;
        &mut self.builders[self.at - 1]
    }

    #[cold]
    fn misplaced(&self) -> ! {
        unreachable!("field {} is not of its column's kind", self.at)
    }
}

impl Visit for Batch {
    #[inline]
    fn text(&mut self, value: Option<&[u8]>) {
        match self.next() {
            Builder::Text(all) => all.append_option(value),
            _ => self.misplaced(),
        }
    }

    #[inline]
    fn money(&mut self, fen: Option<i64>) {
        match self.next() {
            Builder::Decimal(all, ..) => all.append_option(fen.map(i128::from)),
            _ => self.misplaced(),
        }
    }

    fn rate(&mut self, millionths: i64) {
        self.money(Some(millionths));
    }

    #[inline]
    fn time(&mut self, millis: Option<i64>) {
        match self.next() {
            Builder::Time(all) => all.append_option(millis),
            _ => self.misplaced(),
        }
    }

    #[inline]
    fn date(&mut self, days: Option<i32>) {
        match self.next() {
            Builder::Date(all) => all.append_option(days),
            _ => self.misplaced(),
        }
    }

    #[inline]
    fn number(&mut self, value: i64) {
        match self.next() {
            Builder::Number(all) => all.append_value(value),
            _ => self.misplaced(),
        }
    }
}
