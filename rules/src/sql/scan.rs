//! A book's table as DataFusion sees it: N partitions that draw chunks from one queue.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Schema, SchemaRef};
use async_trait::async_trait;
use books::{Chunk, ChunkReader, Meter, RangeTest, ReadRequest, RowFilter, Table};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchema, DataFusionError, Result, Statistics, internal_err};
use datafusion::datasource::TableType;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, RecordBatchStream,
    ReplaceChildrenOptions, SendableRecordBatchStream,
};
use futures::Stream;

use super::bounds::Bounds;
use super::carry::field_beside;
use super::checked;
use super::corrections::{Half, Parts};
use super::leaf::leaf_of_a_plan;
use super::probe::{ScanFilter, is_probe};
use super::rejects::{Origin, Rejects};
use super::session::Which;

/// The column that names the file of a record, relative to its book.
pub(super) const FILE: &str = "_file";
/// The column that holds a record's line (text) or row (Parquet) in its file.
pub(super) const ROW: &str = "_row";

/// One chunk that a run has read to its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChunkRead {
    /// The book.
    pub side: Which,
    /// The table.
    pub table: String,
    /// The chunk's id, stable for the table.
    pub chunk: books::ChunkId,
    /// How many scans have read it: a rule may name a table more than once.
    pub reads: u64,
    /// Records that it gave to all of them, before requirements and rules, with those that were
    /// [passed over](super::Run::passes_over).
    pub rows: u64,
}

/// How often each chunk was read, and the records that it gave.
type Reads = BTreeMap<(Which, String, books::ChunkId), (u64, u64)>;

/// The chunks that a run has read to their end.
#[derive(Debug, Default)]
pub struct ScanLog {
    chunks: Mutex<Reads>,
}

impl ScanLog {
    /// Returns the chunks read so far, each once, ordered by side, table and id.
    pub fn chunks(&self) -> Vec<ChunkRead> {
        let read =
            |((side, table, chunk), (reads, rows)): (&(Which, String, _), &(u64, u64))| ChunkRead {
                side: *side,
                table: table.clone(),
                chunk: *chunk,
                reads: *reads,
                rows: *rows,
            };
        self.lock().iter().map(read).collect()
    }

    fn add(&self, side: Which, table: &str, chunk: books::ChunkId, rows: u64) {
        let mut chunks = self.lock();
        let (reads, all_rows) = chunks.entry((side, table.to_owned(), chunk)).or_default();
        *reads += 1;
        *all_rows += rows;
    }

    fn lock(&self) -> MutexGuard<'_, Reads> {
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is shown what a run reads of each chunk.
pub trait ChunkWatch: fmt::Debug + Send + Sync {
    /// Some of a chunk's records, in their order. One chunk's come one after the other.
    ///
    /// # Errors
    /// What is wrong with them, which ends the run.
    fn see(&self, chunk: books::ChunkId, batch: &RecordBatch) -> Result<(), String>;

    /// The chunk was read to its end.
    fn close(&self, chunk: books::ChunkId);
}

/// Tells in which chunks may be what a run looks for.
pub trait ChunkTest: fmt::Debug + Send + Sync {
    /// Whether a chunk must be read.
    fn may_hold(&self, chunk: books::ChunkId) -> bool;
}

/// What all scans of one run share; it reaches them through the session's configuration.
#[derive(Debug, Clone)]
pub(super) struct RunContext {
    pub(super) batch_rows: usize,
    pub(super) partitions: usize,
    pub(super) meter: Arc<Meter>,
    pub(super) log: Arc<ScanLog>,
    pub(super) rejects: Arc<Rejects>,
    pub(super) rows_per_chunk: Option<u64>,
    pub(super) share: Option<books::Share>,
    pub(super) only: Option<Arc<dyn RowFilter>>,
    pub(super) part: Option<Arc<books::Part>>,
    pub(super) bounds: Arc<[Arc<Bounds>]>,
    pub(super) chunks: Option<Arc<dyn ChunkTest>>,
}

/// A condition on every record of a table, with the words in which the plan states it.
#[derive(Debug, Clone)]
pub(super) struct Requirement {
    pub(super) expr: Expr,
    pub(super) text: String,
}

/// A table of a book, registered with DataFusion.
#[derive(Debug, Clone)]
pub(super) struct BookTable {
    pub(super) side: Which,
    pub(super) table: Arc<Table>,
    pub(super) requires: Vec<Requirement>,
    schema: SchemaRef,
    /// What of the table is offered; none offers all of it.
    only: Option<(Arc<Parts>, Half)>,
}

impl BookTable {
    /// Offers the data columns of `table`; with `places`, `_file` and `_row` too.
    pub(super) fn new(side: Which, table: Arc<Table>, places: bool) -> Self {
        let full = table.schema();
        let schema = if places { full } else { without_places(&full) };
        Self {
            side,
            table,
            requires: Vec::new(),
            schema,
            only: None,
        }
    }

    /// Only what corrections touch of the table, or what they do not.
    pub(super) fn of(&self, parts: &Arc<Parts>, half: Half) -> Self {
        Self {
            only: Some((Arc::clone(parts), half)),
            ..self.clone()
        }
    }

    /// The same table with `_file` and `_row`.
    pub(super) fn with_places(&self) -> Self {
        Self {
            schema: self.table.schema(),
            ..self.clone()
        }
    }
}

/// Drops `_file` and `_row`, which a [`Table`] lists last.
fn without_places(full: &SchemaRef) -> SchemaRef {
    let data = |name: &str| name != FILE && name != ROW;
    let fields: Vec<_> = full
        .fields()
        .iter()
        .filter(|field| data(field.name()))
        .cloned()
        .collect();
    Arc::new(Schema::new(fields))
}

#[async_trait]
impl TableProvider for BookTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| match is_probe(filter) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(run) = state.config().get_extension::<RunContext>() else {
            return internal_err!("a book's table was planned outside a run");
        };
        let plan = |expr: Expr, schema: &DFSchema| state.create_physical_expr(expr, schema);
        let full = self.table.schema();
        let wanted = projection
            .cloned()
            .unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let filter = ScanFilter::bind(filters, &full, plan)?;
        let request = Request::new(&full, &wanted, &self.requires, filter, plan)?;
        let mut chunks = match &self.only {
            Some((parts, half)) => parts.chunks(*half),
            None => self.table.chunks(),
        };
        if let Some(test) = &run.chunks {
            chunks.retain(|chunk| test.may_hold(chunk.id));
        }
        Ok(Arc::new(Scan::new(self, chunks, request, run)))
    }
}

/// A table of which each run reads a [`Part`], with the row of every record beside it.
#[derive(Debug)]
pub(super) struct PartTable {
    book: BookTable,
    schema: SchemaRef,
}

/// The chunks that a run reads of a [`PartTable`]; they reach it through the session's
/// configuration.
#[derive(Debug)]
pub(super) struct Part(pub(super) Vec<Chunk>);

impl PartTable {
    /// Stands for a table of a book.
    pub(super) fn stand(book: &BookTable) -> Arc<dyn TableProvider> {
        let own = book.schema.fields().iter().cloned();
        Arc::new(Self {
            schema: Arc::new(Schema::new(own.chain([field_beside()]).collect::<Vec<_>>())),
            book: book.clone(),
        })
    }

    /// The column of the table behind one of ours.
    fn column_of(&self, index: usize, full: &Schema) -> Result<usize> {
        let own = self.book.schema.fields().len();
        Ok(match index < own {
            true => index,
            false => full.index_of(ROW)?,
        })
    }
}

#[async_trait]
impl TableProvider for PartTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let config = state.config();
        let (Some(run), Some(part)) = (
            config.get_extension::<RunContext>(),
            config.get_extension::<Part>(),
        ) else {
            return internal_err!("a part of a table was planned without saying which");
        };
        let plan = |expr: Expr, schema: &DFSchema| state.create_physical_expr(expr, schema);
        let full = self.book.table.schema();
        let all = || (0..self.schema.fields().len()).collect();
        let wanted = projection.cloned().unwrap_or_else(all);
        // A rule may look at a record's place itself: it is read once all the same.
        let mut columns: Vec<usize> = Vec::with_capacity(wanted.len());
        let mut outputs: Vec<ProjectionExpr> = Vec::with_capacity(wanted.len());
        for index in wanted {
            let column = self.column_of(index, &full)?;
            let at = columns.iter().position(|known| *known == column);
            let at = at.unwrap_or_else(|| {
                columns.push(column);
                columns.len() - 1
            });
            outputs.push(ProjectionExpr {
                expr: Arc::new(Column::new(full.field(column).name(), at)),
                alias: self.schema.field(index).name().clone(),
            });
        }
        let request = Request::new(&full, &columns, &self.book.requires, None, plan)?;
        let scan = Scan::new(&self.book, part.0.clone(), request, run);
        Ok(Arc::new(ProjectionExec::try_new(outputs, Arc::new(scan))?))
    }
}

/// What a scan reads, checks and hands on.
#[derive(Debug)]
struct Request {
    /// Columns to read: the wanted ones, then those that only requirements need.
    columns: Vec<usize>,
    /// Schema of what is read.
    read: SchemaRef,
    /// How many of `columns`, from the first, are handed on.
    wanted: usize,
    /// Schema of what is handed on.
    output: SchemaRef,
    filter: Option<Arc<ScanFilter>>,
    requires: Vec<(Arc<dyn PhysicalExpr>, String)>,
}

impl Request {
    fn new(
        full: &SchemaRef,
        wanted: &[usize],
        requires: &[Requirement],
        filter: Option<Arc<ScanFilter>>,
        plan: impl Fn(Expr, &DFSchema) -> Result<Arc<dyn PhysicalExpr>>,
    ) -> Result<Self> {
        let mut columns = wanted.to_vec();
        let needed: BTreeSet<usize> = requires
            .iter()
            .flat_map(|requirement| requirement.expr.column_refs())
            .map(|column| full.index_of(&column.name))
            .collect::<Result<_, _>>()?;
        columns.extend(needed.into_iter().filter(|index| !wanted.contains(index)));
        if columns.is_empty() {
            // A batch without a column has no rows in most readers: read the cheapest one.
            columns.push(full.index_of(ROW)?);
        }
        let read = Arc::new(full.project(&columns)?);
        let names = DFSchema::try_from(read.as_ref().clone())?;
        let requires = requires
            .iter()
            .map(|r| {
                Ok((
                    plan(r.expr.clone(), &names)?,
                    format!("require: {}", r.text),
                ))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            output: Arc::new(full.project(wanted)?),
            wanted: wanted.len(),
            columns,
            read,
            filter,
            requires,
        })
    }
}

/// The leaf of every physical plan: reads a table's chunks, each exactly once.
#[derive(Debug)]
pub(super) struct Scan {
    side: Which,
    table: Arc<Table>,
    /// What of the table it reads.
    chunks: Arc<[Chunk]>,
    request: Arc<Request>,
    run: Arc<RunContext>,
    queue: Arc<Queue>,
    properties: Arc<PlanProperties>,
    is_narrow: bool,
    /// Is shown what is read.
    seen: Option<Arc<dyn ChunkWatch>>,
}

impl Scan {
    /// The same scan with small decimals in 64 bits. Its batches are then not of its schema, so it
    /// must be the whole plan, and what takes the batches must look at their own types.
    ///
    /// Requirements and filters are planned for the schema's types; with one the scan stays as
    /// it is.
    pub(super) fn narrowed(&self) -> Self {
        let is_plain = self.request.requires.is_empty() && self.request.filter.is_none();
        Self {
            is_narrow: is_plain,
            ..self.again()
        }
    }

    /// The same scan, shown to a watch. What it gives must be what the run gives.
    pub(super) fn watched(&self, seen: &Arc<dyn ChunkWatch>) -> Self {
        Self {
            seen: Some(Arc::clone(seen)),
            ..self.again()
        }
    }

    fn again(&self) -> Self {
        Self {
            side: self.side,
            table: Arc::clone(&self.table),
            chunks: Arc::clone(&self.chunks),
            request: Arc::clone(&self.request),
            run: Arc::clone(&self.run),
            queue: Arc::new(Queue::new(&self.chunks)),
            properties: Arc::clone(&self.properties),
            is_narrow: self.is_narrow,
            seen: self.seen.clone(),
        }
    }

    fn new(
        provider: &BookTable,
        chunks: Vec<Chunk>,
        request: Request,
        run: Arc<RunContext>,
    ) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&request.output)),
            Partitioning::UnknownPartitioning(run.partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self {
            side: provider.side,
            queue: Arc::new(Queue::new(&chunks)),
            table: Arc::clone(&provider.table),
            chunks: chunks.into(),
            request: Arc::new(request),
            run,
            properties: Arc::new(properties),
            is_narrow: false,
            seen: None,
        }
    }

    /// The columns that it hands on, as indexes into the table's schema; `None` where what it reads
    /// hangs on more than the table.
    pub(super) fn plainly_reads(&self) -> Option<&[usize]> {
        let (request, run) = (&self.request, &self.run);
        let is_plain = request.requires.is_empty()
            && request.filter.is_none()
            && run.only.is_none()
            && run.part.is_none()
            && run.bounds.is_empty()
            && run.share.is_none()
            && run.rows_per_chunk.is_none()
            && run.chunks.is_none()
            && self.seen.is_none()
            && !self.is_narrow;
        is_plain.then(|| &request.columns[..request.wanted])
    }

    /// Whether both read the same chunks of the same table.
    pub(super) fn reads_what(&self, other: &Self) -> bool {
        let is_same_table = (self.side, self.table.name()) == (other.side, other.table.name());
        let (own, others) = (self.chunks.iter(), other.chunks.iter());
        is_same_table && own.map(|chunk| chunk.id).eq(others.map(|chunk| chunk.id))
    }

    /// The same scan, of other columns and told to another meter.
    pub(super) fn of_columns(&self, columns: &[usize], meter: &Arc<Meter>) -> Result<Self> {
        let full = self.table.schema();
        let plan = |_, _: &DFSchema| internal_err!("a plain scan requires nothing");
        let request = Request::new(&full, columns, &[], None, plan)?;
        let run = RunContext {
            meter: Arc::clone(meter),
            ..self.run.as_ref().clone()
        };
        let provider = BookTable::new(self.side, Arc::clone(&self.table), true);
        let chunks = self.chunks.to_vec();
        Ok(Self::new(&provider, chunks, request, Arc::new(run)))
    }

    /// Bytes of the chunks that it reads.
    pub(super) fn bytes(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.bytes).sum()
    }

    /// An estimate from chunk sizes, never exact: no total may be answered from it.
    fn estimate(&self) -> Statistics {
        let chunks = &self.chunks;
        let mut statistics = Statistics::new_unknown(&self.request.output);
        let rows = chunks.iter().map(|chunk| chunk.rows).sum::<Option<u64>>();
        let bytes = self.bytes();
        // Text of unknown length: a guess of 64 bytes a record is enough to choose a join's side.
        let rows = rows.unwrap_or(bytes / 64);
        let whole = |value: u64| Precision::Inexact(usize::try_from(value).unwrap_or(usize::MAX));
        statistics.num_rows = whole(rows);
        // Tables of one database file share its bytes, so that these say nothing of one of them: then
        // a join's side is chosen by the records, which are counted.
        if self.table.moment().is_none() {
            statistics.total_byte_size = whole(bytes);
        }
        statistics
    }
}

impl DisplayAs for Scan {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        let columns: Vec<_> = self
            .request
            .output
            .fields()
            .iter()
            .map(|c| c.name().as_str())
            .collect();
        write!(
            f,
            "Scan: {}.{} [{}]",
            self.side,
            self.table.name(),
            columns.join(", ")
        )?;
        if let Some(filter) = &self.request.filter {
            write!(f, ", filter={filter:?}")?;
        }
        for (_, text) in &self.request.requires {
            write!(f, ", {text}")?;
        }
        Ok(())
    }
}

impl ExecutionPlan for Scan {
    fn name(&self) -> &'static str {
        "Scan"
    }

    leaf_of_a_plan!();

    /// A recursive query reads its tables once per turn: each turn draws from a full queue.
    fn reset_state(self: Arc<Self>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(self.again()))
    }

    fn execute(
        &self,
        partition: usize,
        _context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        self.queue.start(partition)?;
        // Tables of one chunk are looked up in, and needed whole.
        let is_large = self.chunks.len() > 1;
        let read = ReadRequest {
            columns: self.request.columns.clone(),
            batch_rows: self.run.batch_rows,
            filter: self
                .request
                .filter
                .clone()
                .map(|filter| filter as Arc<dyn RowFilter>)
                .or_else(|| self.run.only.clone()),
            meter: Some(Arc::clone(&self.run.meter)),
            narrow_decimals: self.is_narrow,
            first_rows: self.run.rows_per_chunk.filter(|_| is_large),
            share: self.run.share,
            within: self.within(),
        };
        Ok(Box::pin(ScanStream {
            origin: self.origin(),
            side: self.side,
            table: Arc::clone(&self.table),
            request: Arc::clone(&self.request),
            run: Arc::clone(&self.run),
            queue: Arc::clone(&self.queue),
            read,
            seen: self.seen.clone(),
            open: None,
        }))
    }

    fn statistics_from_inputs(
        &self,
        _inputs: &[Arc<Statistics>],
        _args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        Ok(Arc::new(self.estimate()))
    }
}

impl Scan {
    /// Which ranges and records need not be read.
    fn within(&self) -> Option<Arc<dyn RangeTest>> {
        let mut bounds = self.run.bounds.iter();
        let own = bounds.find(|bounds| bounds.is_of(self.side, self.table.name()));
        own.map(|bounds| Arc::clone(bounds) as Arc<dyn RangeTest>)
    }

    /// Where a record that fails a requirement comes from: this very table.
    fn origin(&self) -> Arc<Origin> {
        Arc::new(Origin::of_table(
            self.side,
            self.table.name(),
            &self.request.read,
        ))
    }
}

/// The chunks of one scan that no partition has drawn yet.
#[derive(Debug)]
struct Queue {
    waiting: Mutex<VecDeque<Chunk>>,
    started: Mutex<BTreeSet<usize>>,
}

impl Queue {
    fn new(chunks: &[Chunk]) -> Self {
        Self {
            waiting: Mutex::new(chunks.to_vec().into()),
            started: Mutex::new(BTreeSet::new()),
        }
    }

    /// A partition that started twice would find an empty queue and silently give nothing.
    fn start(&self, partition: usize) -> Result<()> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        match started.insert(partition) {
            true => Ok(()),
            false => internal_err!("partition {partition} of a scan was started twice"),
        }
    }

    fn draw(&self) -> Option<Chunk> {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }
}

/// The records of one partition: whatever chunks it drew, one batch a poll.
struct ScanStream {
    side: Which,
    table: Arc<Table>,
    origin: Arc<Origin>,
    request: Arc<Request>,
    run: Arc<RunContext>,
    queue: Arc<Queue>,
    read: ReadRequest,
    seen: Option<Arc<dyn ChunkWatch>>,
    open: Option<Open>,
}

struct Open {
    chunk: Chunk,
    reader: ChunkReader,
    rows: u64,
}

impl ScanStream {
    /// Reads on until a batch has a record left.
    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        while let Some(read) = self.read_on()? {
            let kept = self.check(read)?;
            if let (Some(seen), Some(open)) = (&self.seen, &self.open) {
                let seen = seen.see(open.chunk.id, &kept);
                seen.map_err(DataFusionError::Execution)?;
            }
            if kept.num_rows() > 0 {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }

    /// Returns the next batch of the open chunk, or of the next chunk in the queue.
    fn read_on(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let open = match &mut self.open {
                Some(open) => open,
                None => match self.queue.draw() {
                    Some(chunk) => {
                        let part = self.run.part.as_ref();
                        let opened = open_chunk(&self.table, chunk, &self.read, part);
                        let opened = opened.map_err(|error| read_error(self.side, error))?;
                        self.open.insert(opened)
                    }
                    None => return Ok(None),
                },
            };
            let enough = self.read.first_rows;
            if enough.is_some_and(|enough| open.rows >= enough) {
                // A chunk of which only a sample is read is not one that was read to its end.
                self.open = None;
                continue;
            }
            match open.reader.next() {
                Some(Ok(batch)) => {
                    open.rows += batch.num_rows() as u64;
                    return Ok(Some(batch));
                }
                Some(Err(error)) => return Err(read_error(self.side, error)),
                None => self.finish_chunk(),
            }
        }
    }

    fn finish_chunk(&mut self) {
        if let Some(open) = self.open.take() {
            let rows = open.rows.saturating_add(open.reader.passed_over());
            let (log, table) = (&self.run.log, self.table.name());
            log.add(self.side, table, open.chunk.id, rows);
            if let Some(seen) = &self.seen {
                seen.close(open.chunk.id);
            }
        }
    }

    /// Sets aside what fails a requirement, then drops the columns that only requirements read.
    fn check(&self, batch: RecordBatch) -> Result<RecordBatch> {
        let mut batch = batch;
        for (condition, text) in &self.request.requires {
            let failing = checked::failing_condition(&batch, condition, text)?;
            if !failing.is_empty() {
                batch = checked::set_aside(&batch, failing, &self.run.rejects, &self.origin)?;
            }
        }
        if self.request.wanted == batch.num_columns() {
            return Ok(batch);
        }
        let columns = batch.columns()[..self.request.wanted].to_vec();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let schema = Arc::clone(&self.request.output);
        Ok(RecordBatch::try_new_with_options(
            schema, columns, &options,
        )?)
    }
}

fn open_chunk(
    table: &Table,
    chunk: Chunk,
    read: &ReadRequest,
    part: Option<&Arc<books::Part>>,
) -> Result<Open, books::ReadError> {
    let reader = match part {
        Some(part) => table.read_part(&chunk, read, part),
        None => table.read(&chunk, read),
    }?;
    Ok(Open {
        chunk,
        reader,
        rows: 0,
    })
}

fn read_error(side: Which, error: books::ReadError) -> DataFusionError {
    DataFusionError::External(Box::new(error.in_book(side.name())))
}

impl Stream for ScanStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.next_batch().transpose())
    }
}

impl RecordBatchStream for ScanStream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.request.output)
    }
}
