//! Parquet: row groups as chunks, only the columns and rows that are wanted.

use std::fs::File;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt64Array, new_null_array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowFilter as Predicates, RowSelection,
};
use parquet::arrow::{ProjectionMask, RowNumber};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, RowGroupMetaData};

use crate::columns::type_name;
use crate::error::{BookError, ReadError, ReadErrorKind};
use crate::find::FoundFile;
use crate::guard::guard;
use crate::place::{FileColumn, rows_from};
use crate::read::{ChunkMeter, ChunkReader, RangeTest, ReadRequest, RowFilter, Share};
use crate::table::{Body, Chunk, SourceFile, Span};

/// The name of the column of row numbers that the reader makes; no file's
/// column is asked for by it.
const ROW_NUMBER: &str = "\0row";

/// Rows of a stretch of which a share is read: a tenth is more than a page has as a rule, as pages
/// are read whole.
const STRETCH_ROWS: u64 = 327_680;

/// What is known of a Parquet file from its footer.
#[derive(Debug)]
pub(crate) struct ParquetFile {
    metadata: ArrowReaderMetadata,
}

impl ParquetFile {
    /// Reads a file's footer; returns its columns too.
    pub(crate) fn open(file: &FoundFile) -> Result<(ParquetFile, Vec<Field>), BookError> {
        let opened = File::open(&file.path)
            .map_err(|error| ReadError::new(&file.display, ReadErrorKind::Io(error.to_string())))?;
        let metadata = guard(|| {
            let options = ArrowReaderOptions::new()
                .with_column_index_policy(PageIndexPolicy::Skip)
                .with_offset_index_policy(PageIndexPolicy::Optional);
            let metadata = ArrowReaderMetadata::load(&opened, options.clone())?;
            let schema = Arc::new(plain_schema(metadata.schema()));
            ArrowReaderMetadata::try_new(
                Arc::clone(metadata.metadata()),
                options.with_schema(schema),
            )
        });
        let metadata = metadata.map_err(|why| unreadable(&file.display, &why))?;
        let fields = metadata
            .schema()
            .fields()
            .iter()
            .map(|field| field.as_ref().clone())
            .collect();
        Ok((ParquetFile { metadata }, fields))
    }

    /// The number of its rows.
    pub(crate) fn rows(&self) -> u64 {
        self.groups().map(rows_of).sum()
    }

    fn groups(&self) -> impl Iterator<Item = &RowGroupMetaData> {
        self.metadata.metadata().row_groups().iter()
    }

    /// The row groups as chunks: place, bytes and rows.
    pub(crate) fn row_groups(&self) -> Vec<(Span, u64, Option<u64>)> {
        let mut first_row = 1;
        let mut groups = Vec::new();
        for (index, group) in self.groups().enumerate() {
            let rows = rows_of(group);
            let bytes = u64::try_from(group.compressed_size()).unwrap_or(0);
            groups.push((Span::RowGroup { index, first_row }, bytes, Some(rows)));
            first_row += rows;
        }
        groups
    }
}

fn rows_of(group: &RowGroupMetaData) -> u64 {
    u64::try_from(group.num_rows()).unwrap_or(0)
}

/// The types in which a file's columns are read.
fn plain_schema(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| {
        Field::new(
            field.name(),
            plain_type(field.data_type()),
            field.is_nullable(),
        )
    });
    Schema::new(fields.collect::<Vec<Field>>())
}

fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::Dictionary(_, value) => plain_type(value),
        other => other.clone(),
    }
}

/// The same columns with decimals of up to 18 digits in 64 bits.
fn narrow_schema(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| {
        let narrow = match field.data_type() {
            DataType::Decimal128(precision @ ..=18, scale) => {
                DataType::Decimal64(*precision, *scale)
            }
            other => other.clone(),
        };
        field.as_ref().clone().with_data_type(narrow)
    });
    Schema::new(fields.collect::<Vec<Field>>())
}

fn unreadable(display: &str, why: &str) -> ReadError {
    ReadError::new(display, ReadErrorKind::Parquet(why.to_owned()))
        .mend("the file is damaged or cut off: fetch it again")
}

/// Starts to read a row group.
pub(crate) fn read(
    source: &Arc<SourceFile>,
    schema: &SchemaRef,
    chunk: &Chunk,
    request: &ReadRequest,
) -> Result<ChunkReader, ReadError> {
    let (Body::Parquet(file), Span::RowGroup { index, first_row }) = (&source.body, chunk.span)
    else {
        unreachable!("only row groups of Parquet files come here")
    };
    let plan = Plan::new(source, schema, request);
    let asked = plan.asked_of_file.iter().chain(&plan.looked_at);
    refuse_nested(source, file, asked)?;
    let rows = chunk.rows.unwrap_or(0);
    let meter = ChunkMeter::new(request.meter.clone(), chunk.bytes);
    if is_pruned(source, file, index, request) {
        return Ok(ChunkReader::new(Pruned {
            source: Arc::clone(source),
            meter,
            rows,
            is_over: false,
        }));
    }
    let opened = File::open(&source.path).map_err(|error| source.io_error(&error))?;
    let numbers = if plan.has_row_numbers {
        None
    } else {
        Some(first_row)
    };
    Ok(ChunkReader::new(GroupReader {
        batches: Batches::Closed(opened),
        group: index,
        first_row,
        batch_rows: request.batch_rows.max(1),
        asked: match plan.is_narrow {
            true => Arc::new(narrow_schema(&project(schema, &request.columns))),
            false => project(schema, &request.columns),
        },
        file: FileColumn::new(Arc::clone(&source.display)),
        source: Arc::clone(source),
        plan,
        next_row: numbers,
        rows_left: rows,
        rows,
        bytes: chunk.bytes,
        meter,
        complaint: Arc::new(Mutex::new(None)),
    }))
}

fn project(schema: &SchemaRef, columns: &[usize]) -> SchemaRef {
    Arc::new(schema.project(columns).expect("the columns were checked"))
}

fn refuse_nested<'a>(
    source: &SourceFile,
    file: &ParquetFile,
    columns: impl Iterator<Item = &'a usize>,
) -> Result<(), ReadError> {
    for column in columns {
        let field = file.metadata.schema().field(*column);
        if field.data_type().is_nested() {
            let (column, found) = (field.name().clone(), type_name(field.data_type()));
            return Err(
                ReadError::new(&source.display, ReadErrorKind::Nested { column, found })
                    .mend("leave it out of the rule, or out of the table with `ignore`"),
            );
        }
    }
    Ok(())
}

/// Where a column that was asked for comes from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    /// The file's column of this position among those that are read.
    Read(usize),
    /// Nowhere: the file lacks it.
    Missing,
    File,
    Row,
}

/// What is read of a file, and how it becomes what was asked for.
struct Plan {
    /// The columns of the file that are given, in its order.
    asked_of_file: Vec<usize>,
    /// The columns of the file that the filter looks at, in its order.
    looked_at: Vec<usize>,
    /// Per column asked for.
    origins: Vec<Origin>,
    /// Per column that the filter looks at.
    filter_origins: Vec<Origin>,
    /// Whether the filter runs before the other columns are decoded, so that
    /// what it does not want is skipped; a filter over missing columns does not.
    has_late_columns: bool,
    /// Whether the decoder numbers the rows.
    has_row_numbers: bool,
    /// Whether small decimals are read in 64 bits.
    is_narrow: bool,
    /// What is read of every stretch of rows.
    share: Option<Share>,
    schema: SchemaRef,
    /// What the file is called.
    display: Arc<str>,
    filter: Option<Arc<dyn RowFilter>>,
}

impl Plan {
    fn new(source: &SourceFile, schema: &SchemaRef, request: &ReadRequest) -> Plan {
        let filter = request.filter.clone();
        let filter_columns = filter
            .as_ref()
            .map_or(&[][..], |filter| filter.columns())
            .to_vec();
        let in_file = |column: &usize| source.columns.get(*column).copied().flatten();
        let is_place = |column: &usize| *column >= source.columns.len();
        let has_late_columns = filter.as_ref().is_some_and(|filter| !filter.keeps_many())
            && filter_columns
                .iter()
                .all(|column| in_file(column).is_some() || is_place(column));
        let mut asked: Vec<usize> = request.columns.iter().filter_map(in_file).collect();
        let looked_at = sorted(filter_columns.iter().filter_map(in_file).collect());
        if filter.is_some() && !has_late_columns {
            asked.extend(&looked_at);
        }
        let asked_of_file = sorted(asked);
        let origins_in = |columns: &[usize], read: &[usize]| {
            columns
                .iter()
                .map(|column| origin(*column, source, read))
                .collect()
        };
        let seen = if has_late_columns {
            &looked_at
        } else {
            &asked_of_file
        };
        Plan {
            origins: origins_in(&request.columns, &asked_of_file),
            filter_origins: origins_in(&filter_columns, seen),
            has_row_numbers: (has_late_columns || request.share.is_some())
                && request.columns.iter().any(|column| is_row(*column, source)),
            is_narrow: request.narrow_decimals && filter.is_none() && request.share.is_none(),
            asked_of_file,
            looked_at,
            has_late_columns,
            share: request.share.filter(|_| filter.is_none()),
            schema: Arc::clone(schema),
            display: Arc::clone(&source.display),
            filter,
        }
    }

    /// Opens a row group with a file of its own: readers that share one would
    /// share its position. The filter is asked about all rows here.
    fn open(
        &self,
        file: &ParquetFile,
        opened: File,
        (group, first_row): (usize, u64),
        batch_rows: usize,
        complaint: &Arc<Mutex<Option<String>>>,
    ) -> Result<ParquetRecordBatchReader, ParquetError> {
        let metadata = if self.has_row_numbers {
            numbered(&file.metadata)?
        } else if self.is_narrow {
            narrowed(&file.metadata)?
        } else {
            file.metadata.clone()
        };
        let parquet_schema = file.metadata.metadata().file_metadata().schema_descr_ptr();
        let mask = ProjectionMask::roots(&parquet_schema, self.asked_of_file.iter().copied());
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(opened, metadata)
            .with_batch_size(batch_rows)
            .with_row_groups(vec![group])
            .with_projection(mask);
        if let Some(share) = self.share {
            let rows = rows_of(file.metadata.metadata().row_group(group));
            let ranges = ranges_of(share, rows, first_row).into_iter();
            let rows = usize::try_from(rows).unwrap_or(usize::MAX);
            let selection = RowSelection::from_consecutive_ranges(ranges, rows);
            builder = builder.with_row_selection(selection);
        }
        if let (Some(filter), true) = (&self.filter, self.has_late_columns) {
            let mut judge = Judge {
                filter: Arc::clone(filter),
                schema: project(&self.schema, filter.columns()),
                origins: self.filter_origins.clone(),
                complaint: Arc::clone(complaint),
                file: FileColumn::new(Arc::clone(&self.display)),
                next_row: first_row,
            };
            if self.looked_at.is_empty() {
                // Where a record stands is known without the file.
                let rows = rows_of(file.metadata.metadata().row_group(group));
                let selection = judge.select(rows, batch_rows)?;
                builder = builder.with_row_selection(selection);
            } else {
                let mask = ProjectionMask::roots(&parquet_schema, self.looked_at.iter().copied());
                let keep = move |batch: RecordBatch| judge.keep(batch.columns(), batch.num_rows());
                let predicate = ArrowPredicateFn::new(mask, keep);
                builder = builder.with_row_filter(Predicates::new(vec![Box::new(predicate)]));
            }
        }
        builder.build()
    }
}

/// The rows of a share. Each stretch is a ring that begins anywhere, so that no share has all that
/// stands at the same place of every stretch.
fn ranges_of(share: Share, rows: u64, first_row: u64) -> Vec<Range<usize>> {
    let count = rows.div_ceil(STRETCH_ROWS).max(1);
    let begins = |stretch: u64| u128::from(rows) * u128::from(stretch) / u128::from(count);
    let mut ranges = Vec::new();
    for stretch in 0..count {
        let [begin, end] = [begins(stretch), begins(stretch + 1)];
        let length = end - begin;
        let turn = u128::from(scatter(first_row.wrapping_add(stretch))) % length.max(1);
        let place = |hundredths: u8| length * u128::from(hundredths.min(100)) / 100 + turn;
        let (from, to) = (place(share.from), place(share.to));
        // What lies beyond the end stands at the beginning.
        let beyond = (from.max(length) - length, to.max(length) - length);
        for (from, to) in [beyond, (from.min(length), to.min(length))] {
            let at = |row: u128| usize::try_from(begin + row).unwrap_or(usize::MAX);
            if from < to {
                ranges.push(at(from)..at(to));
            }
        }
    }
    ranges
}

/// Spreads numbers over all others: the output function of `SplitMix64` (Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", 2014).
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

fn sorted(mut columns: Vec<usize>) -> Vec<usize> {
    columns.sort_unstable();
    columns.dedup();
    columns
}

fn is_row(column: usize, source: &SourceFile) -> bool {
    column > source.columns.len()
}

fn origin(column: usize, source: &SourceFile, read: &[usize]) -> Origin {
    match source.columns.get(column) {
        Some(Some(place)) => Origin::Read(read.partition_point(|known| known < place)),
        Some(None) => Origin::Missing,
        None if is_row(column, source) => Origin::Row,
        None => Origin::File,
    }
}

/// The same file with a column of row numbers.
fn numbered(metadata: &ArrowReaderMetadata) -> Result<ArrowReaderMetadata, ParquetError> {
    let number = Field::new(ROW_NUMBER, DataType::Int64, false).with_extension_type(RowNumber);
    let options = ArrowReaderOptions::new()
        .with_schema(Arc::clone(metadata.schema()))
        .with_virtual_columns(vec![Arc::new(number)])?;
    ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)
}

/// The same file read with small decimals in 64 bits.
fn narrowed(metadata: &ArrowReaderMetadata) -> Result<ArrowReaderMetadata, ParquetError> {
    let schema = Arc::new(narrow_schema(metadata.schema()));
    let options = ArrowReaderOptions::new().with_schema(schema);
    ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)
}

/// Asks a filter from within the decoder.
struct Judge {
    filter: Arc<dyn RowFilter>,
    schema: SchemaRef,
    origins: Vec<Origin>,
    complaint: Arc<Mutex<Option<String>>>,
    file: FileColumn,
    /// The decoder shows all rows, in their order.
    next_row: u64,
}

impl Judge {
    /// Chooses among all rows of a group by their places alone.
    fn select(&mut self, rows: u64, batch_rows: usize) -> Result<RowSelection, ArrowError> {
        let mut left = usize::try_from(rows).unwrap_or(usize::MAX);
        let mut kept = Vec::new();
        while left > 0 {
            let rows = left.min(batch_rows);
            kept.push(self.keep(&[], rows)?);
            left -= rows;
        }
        Ok(RowSelection::from_filters(&kept))
    }

    fn keep(&mut self, read: &[ArrayRef], rows: usize) -> Result<BooleanArray, ArrowError> {
        let mut columns = Vec::with_capacity(self.origins.len());
        for origin in &self.origins {
            columns.push(match origin {
                Origin::Read(at) => Arc::clone(&read[*at]),
                Origin::File => self.file.of_rows(rows),
                Origin::Row => rows_from(self.next_row, rows),
                Origin::Missing => unreachable!("such a filter comes after the decoder"),
            });
        }
        self.next_row += rows as u64;
        let seen = batch(&self.schema, columns, rows)?;
        checked(self.filter.keep(&seen), rows).map_err(|why| {
            *self
                .complaint
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some(why.clone());
            ArrowError::ComputeError(why)
        })
    }
}

fn checked(keep: Result<BooleanArray, String>, rows: usize) -> Result<BooleanArray, String> {
    match keep {
        Ok(keep) if keep.len() != rows => {
            Err(format!("{} truth values for {rows} rows", keep.len()))
        }
        keep => keep,
    }
}

fn batch(
    schema: &SchemaRef,
    columns: Vec<ArrayRef>,
    rows: usize,
) -> Result<RecordBatch, ArrowError> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

/// Whether the row group's statistics rule out every row.
fn is_pruned(source: &SourceFile, file: &ParquetFile, index: usize, request: &ReadRequest) -> bool {
    let Some(filter) = &request.filter else {
        return false;
    };
    let may_contain =
        |column: usize, min: &ArrayRef, max: &ArrayRef| filter.may_contain(column, min, max);
    is_ruled_out(source, file, index, filter.columns(), &may_contain)
}

/// Whether a row group may hold a row that passes a test of some columns.
pub(crate) fn may_hold(
    source: &SourceFile,
    chunk: &Chunk,
    columns: &[usize],
    test: &dyn RangeTest,
) -> bool {
    let (Body::Parquet(file), Span::RowGroup { index, .. }) = (&source.body, chunk.span) else {
        return true;
    };
    let may_contain =
        |column: usize, min: &ArrayRef, max: &ArrayRef| test.may_contain(column, min, max);
    !is_ruled_out(source, file, index, columns, &may_contain)
}

/// Whether the values of one of some columns rule out every row of a row group.
///
/// Only columns without NULL are asked about: a filter may want those.
fn is_ruled_out(
    source: &SourceFile,
    file: &ParquetFile,
    index: usize,
    columns: &[usize],
    may_contain: &dyn Fn(usize, &ArrayRef, &ArrayRef) -> bool,
) -> bool {
    let group = file.metadata.metadata().row_group(index);
    columns.iter().any(|column| {
        let Some(Some(place)) = source.columns.get(*column) else {
            return false;
        };
        let bounds = guard(|| bounds(file, group, *place)).ok().flatten();
        bounds.is_some_and(|(min, max)| !may_contain(*column, &min, &max))
    })
}

/// The least and the greatest value of a column, where the file says them and
/// says that there is no NULL.
fn bounds(
    file: &ParquetFile,
    group: &RowGroupMetaData,
    column: usize,
) -> Result<Option<(ArrayRef, ArrayRef)>, ParquetError> {
    let schema = file.metadata.metadata().file_metadata().schema_descr();
    let field = file.metadata.schema().field(column);
    // Statistics leave NaN out, and a filter may want it.
    if field.data_type().is_nested() || field.data_type().is_floating() {
        return Ok(None);
    }
    let converter = StatisticsConverter::try_new(field.name(), file.metadata.schema(), schema)?
        .with_missing_null_counts_as_zero(false);
    let statistics = converter
        .parquet_column_index()
        .and_then(|leaf| group.column(leaf).statistics())
        .filter(|found| !found.is_min_max_deprecated() && found.null_count_opt() == Some(0));
    if statistics.is_none() {
        return Ok(None);
    }
    let (min, max) = (
        converter.row_group_mins([group])?,
        converter.row_group_maxes([group])?,
    );
    Ok((min.null_count() == 0 && max.null_count() == 0).then_some((min, max)))
}

/// A row group of which nothing can be wanted.
struct Pruned {
    source: Arc<SourceFile>,
    meter: ChunkMeter,
    rows: u64,
    is_over: bool,
}

impl Iterator for Pruned {
    type Item = Result<RecordBatch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if std::mem::replace(&mut self.is_over, true) {
            return None;
        }
        if let Err(error) = self.source.check_unchanged() {
            return Some(Err(error));
        }
        self.meter.add(self.rows, 0);
        self.meter.finish();
        None
    }
}

/// The decoder, which is started when the first batch is wanted.
enum Batches {
    Closed(File),
    Open(Box<ParquetRecordBatchReader>),
    Over,
}

/// Reads a row group.
struct GroupReader {
    batches: Batches,
    group: usize,
    /// The number of its first row in the file.
    first_row: u64,
    batch_rows: usize,
    source: Arc<SourceFile>,
    plan: Plan,
    asked: SchemaRef,
    file: FileColumn,
    /// The number of the next row, unless the decoder counts.
    next_row: Option<u64>,
    /// Rows that were not metered yet.
    rows_left: u64,
    rows: u64,
    bytes: u64,
    meter: ChunkMeter,
    complaint: Arc<Mutex<Option<String>>>,
}

impl Iterator for GroupReader {
    type Item = Result<RecordBatch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let read = match self.decode() {
                Ok(Some(read)) => read,
                Ok(None) => return self.finish().err().map(Err),
                Err(why) => return Some(Err(self.failed(&why))),
            };
            match self.arrange(&read) {
                Ok(batch) if batch.num_rows() == 0 => {}
                batch => return Some(batch),
            }
        }
    }
}

impl GroupReader {
    fn decode(&mut self) -> Result<Option<RecordBatch>, String> {
        let mut batches = match std::mem::replace(&mut self.batches, Batches::Over) {
            Batches::Over => return Ok(None),
            Batches::Open(batches) => batches,
            Batches::Closed(opened) => {
                let Body::Parquet(file) = &self.source.body else {
                    unreachable!("only row groups of Parquet files come here")
                };
                let open = || {
                    let group = (self.group, self.first_row);
                    self.plan
                        .open(file, opened, group, self.batch_rows, &self.complaint)
                };
                Box::new(guard(open)?)
            }
        };
        let batch = guard(|| batches.next().transpose().map_err(ParquetError::from))?;
        self.batches = Batches::Open(batches);
        Ok(batch)
    }

    fn failed(&self, why: &str) -> ReadError {
        match self
            .complaint
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            Some(why) => ReadError::new(&self.source.display, ReadErrorKind::Filter(why)),
            None => {
                let last = self.first_row.saturating_add(self.rows).saturating_sub(1);
                let (group, first) = (self.group + 1, self.first_row);
                let why = format!("row group {group}, rows {first} to {last}: {why}");
                self.source.wrong(unreadable(&self.source.display, &why))
            }
        }
    }

    fn finish(&mut self) -> Result<(), ReadError> {
        let is_filtered = self.plan.has_late_columns || self.plan.share.is_some();
        if !is_filtered && self.rows_left > 0 {
            let (found, rows) = (self.rows - self.rows_left, self.rows);
            let why = format!("the row group has {found} rows, its footer says {rows}");
            return Err(self.source.wrong(unreadable(&self.source.display, &why)));
        }
        self.source.check_unchanged()?;
        self.meter.add(self.rows_left, 0);
        self.meter.finish();
        Ok(())
    }

    /// From the columns that were read to those that were asked for.
    fn arrange(&mut self, read: &RecordBatch) -> Result<RecordBatch, ReadError> {
        let rows = read.num_rows();
        self.meter_rows(rows as u64);
        let numbers = self.numbers(read);
        let asked: Vec<ArrayRef> = (0..self.plan.origins.len())
            .map(|at| {
                self.column(
                    self.plan.origins[at],
                    self.asked.field(at).data_type().clone(),
                    read,
                    &numbers,
                )
            })
            .collect();
        let given =
            batch(&self.asked, asked, rows).map_err(|error| self.failed(&error.to_string()))?;
        match self.plan.filter.clone() {
            Some(filter) if !self.plan.has_late_columns => {
                self.filtered(&given, &*filter, read, &numbers)
            }
            _ => Ok(given),
        }
    }

    /// Filters where the decoder could not.
    fn filtered(
        &mut self,
        given: &RecordBatch,
        filter: &dyn RowFilter,
        read: &RecordBatch,
        numbers: &ArrayRef,
    ) -> Result<RecordBatch, ReadError> {
        let schema = project(&self.plan.schema, filter.columns());
        let seen: Vec<ArrayRef> = (0..self.plan.filter_origins.len())
            .map(|at| {
                self.column(
                    self.plan.filter_origins[at],
                    schema.field(at).data_type().clone(),
                    read,
                    numbers,
                )
            })
            .collect();
        let rows = read.num_rows();
        let seen = batch(&schema, seen, rows).map_err(|error| self.failed(&error.to_string()))?;
        let keep = checked(filter.keep(&seen), rows)
            .map_err(|why| ReadError::new(&self.source.display, ReadErrorKind::Filter(why)))?;
        filter_record_batch(given, &keep).map_err(|error| self.failed(&error.to_string()))
    }

    fn meter_rows(&mut self, rows: u64) {
        if self.plan.has_late_columns {
            return;
        }
        let rows = rows.min(self.rows_left);
        self.rows_left -= rows;
        let share = u128::from(self.bytes) * u128::from(rows) / u128::from(self.rows.max(1));
        self.meter.add(rows, u64::try_from(share).unwrap_or(0));
    }

    fn numbers(&mut self, read: &RecordBatch) -> ArrayRef {
        let rows = read.num_rows();
        match &mut self.next_row {
            Some(next) => {
                let wants_rows =
                    |origins: &[Origin]| origins.iter().any(|origin| matches!(origin, Origin::Row));
                let first = *next;
                *next += rows as u64;
                let is_wanted =
                    wants_rows(&self.plan.origins) || wants_rows(&self.plan.filter_origins);
                if is_wanted {
                    rows_from(first, rows)
                } else {
                    rows_from(first, 0)
                }
            }
            None => {
                let numbers = read
                    .column(read.num_columns() - 1)
                    .as_primitive::<Int64Type>();
                let from_one = numbers
                    .values()
                    .iter()
                    .map(|number| number.unsigned_abs() + 1);
                Arc::new(UInt64Array::from_iter_values(from_one))
            }
        }
    }

    fn column(
        &mut self,
        origin: Origin,
        data_type: DataType,
        read: &RecordBatch,
        numbers: &ArrayRef,
    ) -> ArrayRef {
        match origin {
            Origin::Read(at) => Arc::clone(read.column(at)),
            Origin::Missing => new_null_array(&data_type, read.num_rows()),
            Origin::File => self.file.of_rows(read.num_rows()),
            Origin::Row => Arc::clone(numbers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Share, ranges_of};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_give_every_row_once(
            rows in 0..2_000_000_u64, first_row in any::<u64>(), cuts in prop::collection::vec(0..=100_u8, 0..4),
        ) {
            let mut cuts = [vec![0, 100], cuts].concat();
            cuts.sort_unstable();
            let shares = cuts.windows(2).map(|cut| Share { from: cut[0], to: cut[1] });
            let mut all = Vec::new();
            for share in shares {
                let ranges = ranges_of(share, rows, first_row);
                prop_assert!(ranges.iter().all(|range| range.start < range.end));
                let ascending = ranges.windows(2).all(|pair| pair[0].end <= pair[1].start);
                prop_assert!(ascending, "{ranges:?}");
                let told: usize = ranges.iter().map(ExactSizeIterator::len).sum();
                let wanted = rows * u64::from(share.to - share.from) / 100;
                prop_assert!(wanted.abs_diff(told as u64) <= rows / 327_680 + 1);
                all.extend(ranges);
            }
            all.sort_unstable_by_key(|range| range.start);
            let mut next = 0;
            for range in all {
                prop_assert_eq!(range.start, next);
                next = range.end;
            }
            prop_assert_eq!(next as u64, rows);
        }
    }
}
