//! Reading a chunk of CSV as record batches.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt64Array, new_null_array,
};
use arrow_schema::SchemaRef;
use arrow_select::filter::{FilterBuilder, FilterPredicate};

use super::batch::Columns;
use super::records::{Block, Layout, Records};
use super::text::Text;
use crate::error::{ReadError, ReadErrorKind};
use crate::place::FileColumn;
use crate::read::{ChunkMeter, ChunkReader, ReadRequest};
use crate::repair::{ChunkRepairs, RepairBook};
use crate::table::{Body, Chunk, SourceFile, Span};

/// Starts to read a chunk.
pub(crate) fn read(
    source: &Arc<SourceFile>,
    schema: &SchemaRef,
    chunk: &Chunk,
    request: &ReadRequest,
    book: Arc<RepairBook>,
) -> Result<ChunkReader, ReadError> {
    let Body::Csv(csv) = &source.body else {
        unreachable!("only CSV files come here")
    };
    let records = open(&csv.layout, source, chunk.span)?;
    let reader = CsvReader {
        records,
        part: chunk.part,
        is_whole: is_whole(chunk.span),
        builder: Builder::new(source, schema, request),
        batch_rows: request.batch_rows.max(1),
        meter: ChunkMeter::new(request.meter.clone(), chunk.bytes),
        source: Arc::clone(source),
        book,
    };
    Ok(ChunkReader::new(reader))
}

fn is_whole(span: Span) -> bool {
    matches!(
        span,
        Span::Bytes {
            start: 0,
            is_last: true,
            ..
        }
    )
}

/// Opens the records of a span, past the header.
fn open(layout: &Layout, source: &SourceFile, span: Span) -> Result<Records, ReadError> {
    let Span::Bytes {
        start,
        end,
        line,
        is_last,
    } = span
    else {
        unreachable!("CSV files are cut into ranges of bytes")
    };
    let text = Text::open(&source.path, &layout.coding, start, end)
        .map_err(|error| source.io_error(&error))?;
    let mut records = Records::new(layout.clone(), text, line, is_last);
    if start == 0 {
        records.start()?;
    }
    Ok(records)
}

struct CsvReader {
    records: Records,
    source: Arc<SourceFile>,
    part: u32,
    /// Whether the chunk is all of the file.
    is_whole: bool,
    builder: Builder,
    batch_rows: usize,
    meter: ChunkMeter,
    book: Arc<RepairBook>,
}

impl Iterator for CsvReader {
    type Item = Result<RecordBatch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_batch() {
            Ok(batch) => batch.map(Ok),
            Err(error) => Some(Err(self.first_error(error))),
        }
    }
}

impl CsvReader {
    /// The next batch that has rows; none at the end of the chunk.
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, ReadError> {
        loop {
            let before = self.records.passed();
            let Some(block) = self.records.next_block(self.batch_rows)? else {
                self.finish()?;
                return Ok(None);
            };
            let rows = block.rows;
            let batch = self.builder.build(block)?;
            self.meter.add(rows as u64, self.records.passed() - before);
            if batch.num_rows() > 0 {
                return Ok(Some(batch));
            }
        }
    }

    /// The end of the chunk: nothing may have changed meanwhile.
    fn finish(&mut self) -> Result<(), ReadError> {
        self.source.check_unchanged()?;
        if self.builder.filter.is_none() {
            let mut repairs = self.records.repairs().clone();
            repairs.append(&mut self.builder.repairs);
            self.book.record(self.source.number, self.part, repairs);
        }
        self.meter.finish();
        Ok(())
    }

    /// The first error of the file, which need not be the one found here:
    /// after a fault in a chunk before, the cuts are in the wrong places, and
    /// before one in the chunks behind, what is footer is not known.
    fn first_error(&self, error: ReadError) -> ReadError {
        if matches!(error.kind, ReadErrorKind::Filter(_)) {
            return error;
        }
        let error = self.source.wrong(error);
        if self.is_whole || error.kind == ReadErrorKind::Changed {
            return error;
        }
        let whole = Span::Bytes {
            start: 0,
            end: u64::MAX,
            line: 1,
            is_last: true,
        };
        let Body::Csv(csv) = &self.source.body else {
            return error;
        };
        match read_through(&csv.layout, &self.source, whole) {
            Ok(()) => error,
            Err(first) => first,
        }
    }
}

fn read_through(layout: &Layout, source: &SourceFile, span: Span) -> Result<(), ReadError> {
    let mut records = open(layout, source, span)?;
    while records.next_block(8192)?.is_some() {}
    Ok(())
}

/// Builds batches from blocks.
struct Builder {
    display: Arc<str>,
    layout: Layout,
    /// Per column of the table: the field of the file, or none for `_file`,
    /// `_row` and a column that the file lacks.
    fields: Vec<Option<usize>>,
    schema: SchemaRef,
    columns: Vec<usize>,
    asked: SchemaRef,
    filter: Option<Filter>,
    file: FileColumn,
    repairs: ChunkRepairs,
}

struct Filter {
    filter: Arc<dyn crate::RowFilter>,
    schema: SchemaRef,
}

impl Builder {
    fn new(source: &SourceFile, schema: &SchemaRef, request: &ReadRequest) -> Builder {
        let Body::Csv(csv) = &source.body else {
            unreachable!("only CSV files come here")
        };
        let filter = request.filter.as_ref().map(|filter| Filter {
            filter: Arc::clone(filter),
            schema: project(schema, filter.columns()),
        });
        Builder {
            display: Arc::clone(&source.display),
            layout: csv.layout.clone(),
            fields: source.columns.clone(),
            schema: Arc::clone(schema),
            columns: request.columns.clone(),
            asked: project(schema, &request.columns),
            filter,
            file: FileColumn::new(Arc::clone(&source.display)),
            repairs: ChunkRepairs::new(),
        }
    }

    fn build(&mut self, block: Block<'_>) -> Result<RecordBatch, ReadError> {
        let Block { text, index, rows } = block;
        let dialect = Arc::clone(&self.layout.dialect);
        let columns = Columns::new(text, index, rows, &dialect);
        let lines = &index.lines[..rows];
        let Some(Filter { filter, schema }) = &self.filter else {
            let asked = self.columns.clone();
            let arrays = self.columns(&asked, &columns, lines);
            return Ok(batch(&self.asked, arrays, rows));
        };
        let (filter, schema) = (Arc::clone(filter), Arc::clone(schema));
        let looked_at = filter.columns();
        let arrays = self.columns(looked_at, &columns, lines);
        let keep = filter.keep(&batch(&schema, arrays.clone(), rows));
        let keep = keep.map_err(|why| ReadError::new(&self.display, ReadErrorKind::Filter(why)))?;
        let keep = self.checked(keep, rows)?;
        let kept = keep.true_count();
        if kept == 0 {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.asked)));
        }
        let predicate = FilterBuilder::new(&keep).build();
        let place = |column: &usize| looked_at.iter().position(|known| known == column);
        let asked = self.columns.clone();
        let others = asked
            .iter()
            .copied()
            .filter(|column| place(column).is_none());
        let others = self.columns(&others.collect::<Vec<_>>(), &columns, lines);
        let mut others = others.iter();
        let arrays = asked
            .iter()
            .map(|column| place(column).map_or_else(|| others.next(), |known| arrays.get(known)))
            .map(|array| filter_array(array.expect("every column was built"), &predicate))
            .collect();
        Ok(batch(&self.asked, arrays, kept))
    }

    fn checked(&self, keep: BooleanArray, rows: usize) -> Result<BooleanArray, ReadError> {
        if keep.len() == rows {
            return Ok(keep);
        }
        let why = format!("{} truth values for {rows} rows", keep.len());
        Err(ReadError::new(&self.display, ReadErrorKind::Filter(why)))
    }

    /// Some columns of the table.
    fn columns(&mut self, asked: &[usize], columns: &Columns<'_>, lines: &[u64]) -> Vec<ArrayRef> {
        let rows = lines.len();
        let of_file = asked.iter().filter_map(|column| {
            let field = self.fields.get(*column).copied().flatten();
            Some((field?, *column))
        });
        let of_file: Vec<(usize, usize)> = of_file.collect();
        let mut built = columns.build(&of_file, &mut self.repairs).into_iter();
        let column = |column: &usize| match self.fields.get(*column) {
            Some(Some(_)) => built.next().expect("one array for each field of the file"),
            Some(None) => new_null_array(self.schema.field(*column).data_type(), rows),
            None if *column == self.fields.len() => self.file.of_rows(rows),
            None => Arc::new(UInt64Array::from(lines.to_vec())),
        };
        asked.iter().map(column).collect()
    }
}

fn filter_array(array: &ArrayRef, predicate: &FilterPredicate) -> ArrayRef {
    predicate
        .filter(array)
        .expect("the truth values are as many as the rows")
}

/// The schema of some columns, in this order.
pub(crate) fn project(schema: &SchemaRef, columns: &[usize]) -> SchemaRef {
    Arc::new(schema.project(columns).expect("the columns were checked"))
}

fn batch(schema: &SchemaRef, arrays: Vec<ArrayRef>, rows: usize) -> RecordBatch {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)
        .expect("the arrays are of the schema's types")
}
