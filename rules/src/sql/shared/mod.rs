//! Controls that read the same tables, begun together.
//!
//! Thirty controls over three tables would read each of them ten times. But most add up what they
//! read before they do anything else, and a total over a table hangs on nothing but the table. So
//! these totals are taken first, all in one reading of each table, which hands every batch to each
//! of them; the controls go on from the totals. A total that does not fit beside the others is given
//! up: its control then reads for itself.

mod parts;
mod tap;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_schema::{ArrowError, DataType, SchemaRef};
use books::Meter;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, exec_err, resources_err};
use datafusion::execution::memory_pool::{
    GreedyMemoryPool, MemoryConsumer, MemoryPool, MemoryReservation,
};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SendableRecordBatchStream, SessionState, TaskContext};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::StreamExt;
use tokio::task::JoinSet;

use parts::Part;
use tap::{Given, Leaf, Sender};

use super::compact;
use super::controls::ControlQuery;
use super::error::RunError;
use super::scan::Scan;
use super::session::Session;
use super::side::{self, Run};

/// Bytes that all totals may take together, at most, and which part of that each by itself.
const TOTALS_BYTES: usize = 256 << 20;
const SHARE: usize = 4;

/// An operator and what goes in its place.
type Exchange = (Arc<dyn ExecutionPlan>, Arc<dyn ExecutionPlan>);

/// What the partitions of a total came to; `None` where that is not known.
type Taken = Vec<Option<Vec<RecordBatch>>>;

/// Says whether the run is to stop.
pub type IsStopped = Arc<dyn Fn() -> bool + Send + Sync>;

/// A control that is about to be computed: its queries as they are planned, and their run.
pub struct Begun {
    sides: Vec<(SessionState, Arc<dyn ExecutionPlan>)>,
    run: Run,
    /// Rejects of the run before.
    rejects: u64,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}

impl Begun {
    /// Plans the queries of a control; nothing is read.
    ///
    /// # Errors
    /// When the engine cannot plan a query.
    pub async fn new(control: &ControlQuery, run: Run) -> Result<Self, RunError> {
        let mut sides = Vec::new();
        for side in control.sides() {
            sides.push(side.plan(&run).await?);
        }
        let rejects = run.rejects.count();
        Ok(Self {
            sides,
            run,
            rejects,
        })
    }

    /// The run that the queries are planned for.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Records that its queries have rejected so far.
    pub(super) fn rejects(&self) -> u64 {
        self.run.rejects.count() - self.rejects
    }

    /// Bytes of the chunks that are yet to be read.
    pub fn bytes(&self) -> u64 {
        self.sides.iter().map(|(_, plan)| bytes(plan)).sum()
    }

    /// Starts one of the queries.
    pub(super) fn streams(&self, side: usize) -> Result<Vec<SendableRecordBatchStream>> {
        let (state, plan) = &self.sides[side];
        let streams = side::streams(plan, state)?;
        Ok(side::merge(streams, self.run.partitions.max(1)))
    }
}

fn bytes(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    match plan.downcast_ref::<Scan>() {
        Some(scan) => scan.bytes(),
        None => plan.children().into_iter().map(bytes).sum(),
    }
}

/// What several controls read of the same tables, found and not yet read.
pub struct Shared<'a> {
    controls: Vec<&'a ControlQuery>,
    partitions: usize,
    /// Bytes that the totals may take.
    memory: usize,
    meter: Arc<Meter>,
    begun: Vec<Begun>,
    feeds: Vec<Feed>,
    totals: Vec<Total>,
}

impl fmt::Debug for Shared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("feeds", &self.feeds.len())
            .field("totals", &self.totals.len())
            .finish_non_exhaustive()
    }
}

/// One reading of a table, for several totals.
struct Feed {
    scan: Scan,
    readers: Vec<Reader>,
}

/// What one total, or one branch of it, reads of a feed.
struct Reader {
    /// Of the columns that the feed gives.
    columns: Vec<usize>,
    schema: SchemaRef,
    /// One for each partition.
    senders: Vec<Sender>,
    given_up: Arc<AtomicBool>,
}

/// A part of a query that reads feeds and adds up what they give.
struct Total {
    part: Part,
    /// The part as it reads the feeds.
    plan: Arc<dyn ExecutionPlan>,
    /// The first of them: nothing of the part is read before.
    first: usize,
    given_up: Arc<AtomicBool>,
}

impl Session {
    /// Looks for what `controls` have in common to read, in as many partitions as are asked for.
    ///
    /// # Errors
    /// When the engine cannot plan a query.
    pub async fn share<'a>(
        &self,
        controls: Vec<&'a ControlQuery>,
        partitions: usize,
    ) -> Result<Shared<'a>, RunError> {
        let mut begun = Vec::with_capacity(controls.len());
        for control in &controls {
            begun.push(Begun::new(control, Run::new(partitions)).await?);
        }
        let plans = begun.iter().enumerate().flat_map(|(control, begun)| {
            let sides = begun.sides.iter().enumerate();
            sides.map(move |(side, (_, plan))| ((control, side), plan))
        });
        let parts = plans.flat_map(|(of, plan)| parts::of(plan, of)).collect();
        let meter = Arc::default();
        let (feeds, totals) = connect(parts, &meter)?;
        let memory = self.settings().memory_limit;
        Ok(Shared {
            controls,
            partitions,
            memory: memory.map_or(TOTALS_BYTES, |bytes| TOTALS_BYTES.min(bytes / SHARE)),
            meter,
            begun,
            feeds,
            totals,
        })
    }
}

impl Shared<'_> {
    /// Bytes of what is read once for several.
    pub fn bytes(&self) -> u64 {
        self.feeds.iter().map(|feed| feed.scan.bytes()).sum()
    }

    /// Bytes of all that the controls read: what is read once for several, and what each reads by
    /// itself.
    pub fn all_bytes(&self) -> u64 {
        let all: u64 = self.begun.iter().map(Begun::bytes).sum();
        let given = self.feeds.iter().map(|feed| {
            let readers = feed.readers.len() as u64;
            feed.scan.bytes().saturating_mul(readers)
        });
        all.saturating_sub(given.sum()).saturating_add(self.bytes())
    }

    /// Told of every record and byte that is read for several.
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Reads it, and gives the controls in their order, each with the totals that could be taken.
    /// What goes wrong on the way, such as a file that cannot be read, is left for the controls to
    /// meet by themselves. Once it is told to stop, it gives them as they are; they must not be run.
    ///
    /// # Errors
    /// When the engine cannot plan a query.
    pub async fn read(mut self, is_stopped: IsStopped) -> Result<Vec<Begun>, RunError> {
        let taken = self.take(&is_stopped).await?;
        if is_stopped() {
            return Ok(self.begun);
        }
        // A record that was rejected on the way may be one that the control, run by itself, would never
        // have come to; and on the way to a total that was given up it would be counted twice.
        let is_sound = self.begun.iter().map(|begun| begun.rejects() == 0);
        let mut is_whole: Vec<bool> = is_sound.collect();
        for (total, taken) in self.totals.iter().zip(taken) {
            let (control, side) = total.part.of;
            let Some(whole) = taken.into_iter().collect::<Option<Vec<_>>>() else {
                is_whole[control] = false;
                continue;
            };
            let held: Arc<dyn ExecutionPlan> = Arc::new(Leaf::held(&total.part.plan, whole));
            let (_, plan) = &mut self.begun[control].sides[side];
            *plan = replaced(plan, &[(Arc::clone(&total.part.plan), held)])?;
        }
        let begun = self.controls.iter().zip(&mut self.begun).zip(is_whole);
        for ((control, begun), _) in begun.filter(|(_, is_whole)| !is_whole) {
            *begun = Begun::new(control, Run::new(self.partitions)).await?;
        }
        Ok(self.begun)
    }

    /// Takes the totals, feed by feed: of each what its partitions come to, as far as they were taken.
    async fn take(&mut self, is_stopped: &IsStopped) -> Result<Vec<Taken>> {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(self.memory));
        let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::clone(&pool));
        let runtime = runtime.build_arc()?;
        let mut taken = Vec::with_capacity(self.totals.len());
        for total in &self.totals {
            taken.push(vec![
                None;
                total.plan.output_partitioning().partition_count()
            ]);
        }
        let mut taking = JoinSet::new();
        for (at, feed) in std::mem::take(&mut self.feeds).into_iter().enumerate() {
            for (index, total) in self.totals.iter().enumerate() {
                if total.first == at {
                    let (control, side) = total.part.of;
                    let (state, _) = &self.begun[control].sides[side];
                    let context = TaskContext::from(state).with_runtime(Arc::clone(&runtime));
                    let held = MemoryConsumer::new("totals").register(&pool);
                    let most = self.memory / SHARE;
                    let scale = Arc::new(Scale { held, most });
                    total.start(index, &Arc::new(context), &scale, &mut taking);
                }
            }
            feed.give(is_stopped).await?;
            if is_stopped() {
                return Ok(taken);
            }
        }
        while let Some(done) = taking.join_next().await {
            // Of a task that broke off nothing was taken.
            if let Ok((total, partition, Ok(batches))) = done {
                taken[total][partition] = Some(batches);
            }
        }
        Ok(taken)
    }
}

/// How much a total may take, and what it holds already.
struct Scale {
    held: MemoryReservation,
    most: usize,
}

impl Scale {
    fn add(&self, batch: &RecordBatch) -> Result<()> {
        let bytes = batch.columns().iter().map(size);
        let bytes = bytes.sum::<Result<usize, _>>()?;
        if self.held.size().saturating_add(bytes) > self.most {
            return resources_err!("a total takes more than {} bytes", self.most);
        }
        self.held.try_grow(bytes)
    }
}

/// The bytes of an array that holds no more than its own.
fn size(array: &ArrayRef) -> Result<usize, ArrowError> {
    let texts = match array.data_type() {
        DataType::Utf8View => array.as_string_view().data_buffers(),
        DataType::BinaryView => array.as_binary_view().data_buffers(),
        _ => &[],
    };
    let texts: usize = texts.iter().map(Buffer::len).sum();
    Ok(array.to_data().get_slice_memory_size()? + texts)
}

impl Total {
    /// Begins to take it, in a task for each partition.
    fn start(
        &self,
        index: usize,
        context: &Arc<TaskContext>,
        scale: &Arc<Scale>,
        taking: &mut JoinSet<(usize, usize, Result<Vec<RecordBatch>>)>,
    ) {
        for partition in 0..self.plan.output_partitioning().partition_count() {
            let stream = self.plan.execute(partition, Arc::clone(context));
            let (scale, given_up) = (Arc::clone(scale), Arc::clone(&self.given_up));
            taking.spawn(async move {
                let taken = match stream {
                    Ok(stream) => gather(stream, &scale, &given_up).await,
                    Err(error) => Err(error),
                };
                // The other partitions need not go on.
                given_up.fetch_or(taken.is_err(), Ordering::Relaxed);
                (index, partition, taken)
            });
        }
    }
}

async fn gather(
    mut stream: SendableRecordBatchStream,
    scale: &Scale,
    given_up: &AtomicBool,
) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await {
        if given_up.load(Ordering::Relaxed) {
            return exec_err!("another partition was given up");
        }
        // Texts point into what they were read from, which is not to be held.
        let batch = compact(&batch?)?;
        scale.add(&batch)?;
        batches.push(batch);
    }
    Ok(batches)
}

impl Feed {
    /// Reads the table and gives every batch to every reader.
    async fn give(self, is_stopped: &IsStopped) -> Result<()> {
        let scan: Arc<dyn ExecutionPlan> = Arc::new(self.scan);
        let context = Arc::new(TaskContext::default());
        let mut giving = JoinSet::new();
        for partition in 0..scan.output_partitioning().partition_count() {
            let own = self.readers.iter().filter_map(|reader| {
                Some(Open {
                    columns: reader.columns.clone(),
                    schema: Arc::clone(&reader.schema),
                    sender: reader.senders.get(partition)?.clone(),
                    given_up: Arc::clone(&reader.given_up),
                })
            });
            let stream = scan.execute(partition, Arc::clone(&context))?;
            giving.spawn(give(stream, own.collect(), Arc::clone(is_stopped)));
        }
        // The readers' own channels are all that is left: one that is dropped early tells its reader.
        drop(self.readers);
        while giving.join_next().await.is_some() {}
        Ok(())
    }
}

/// A reader that one partition gives to.
struct Open {
    columns: Vec<usize>,
    schema: SchemaRef,
    sender: Sender,
    given_up: Arc<AtomicBool>,
}

impl Open {
    /// Whether it wants more.
    async fn give(&self, batch: &RecordBatch) -> bool {
        let own = self.columns.iter();
        let own = own.map(|column| Arc::clone(batch.column(*column)));
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let own = RecordBatch::try_new_with_options(Arc::clone(&self.schema), own.collect(), &rows);
        match own {
            Ok(own) if !self.given_up.load(Ordering::Relaxed) => {
                self.sender.send(Given::Records(own)).await.is_ok()
            }
            _ => false,
        }
    }
}

/// Gives what a partition of the table holds. Without an end, a reader knows that it has not all.
async fn give(
    mut stream: SendableRecordBatchStream,
    mut readers: Vec<Open>,
    is_stopped: IsStopped,
) {
    while let Some(batch) = stream.next().await {
        let batch = match batch {
            Ok(batch) if !is_stopped() => batch,
            _ => return,
        };
        let mut at = 0;
        while let Some(reader) = readers.get(at) {
            match reader.give(&batch).await {
                true => at += 1,
                false => drop(readers.remove(at)),
            }
        }
        if readers.is_empty() {
            return;
        }
    }
    for reader in readers {
        // One that is gone has had enough.
        reader.sender.send(Given::End).await.ok();
    }
}

/// How a part of a query comes to read feeds.
#[derive(Default)]
struct Wiring {
    /// Its scans, and what is given to it in their place.
    leaves: Vec<Exchange>,
    /// The first of its feeds.
    first: Option<usize>,
    given_up: Arc<AtomicBool>,
}

/// Feeds for all scans that read the same chunks, and the totals that read them.
fn connect(parts: Vec<Part>, meter: &Arc<Meter>) -> Result<(Vec<Feed>, Vec<Total>)> {
    let groups = parts::groups(&parts);
    let mut wirings: Vec<Wiring> = parts.iter().map(|_| Wiring::default()).collect();
    let mut feeds = Vec::new();
    for (at, group) in groups.into_iter().enumerate() {
        let mut all: Vec<usize> = group.iter().flat_map(|own| own.columns.clone()).collect();
        all.sort_unstable();
        all.dedup();
        let scan = group.first().and_then(|own| parts::scan_of(&own.scan));
        let scan = scan.map(|scan| scan.of_columns(&all, meter)).transpose()?;
        let mut readers = Vec::new();
        for own in group {
            let wiring = &mut wirings[own.part];
            let (leaf, senders) = Leaf::given(&own.scan);
            let columns = own.columns.iter();
            let columns = columns.filter_map(|column| all.binary_search(column).ok());
            readers.push(Reader {
                columns: columns.collect(),
                schema: own.scan.schema(),
                senders,
                given_up: Arc::clone(&wiring.given_up),
            });
            wiring.leaves.push((own.scan, Arc::new(leaf)));
            wiring.first.get_or_insert(at);
        }
        feeds.extend(scan.map(|scan| Feed { scan, readers }));
    }
    let mut totals = Vec::new();
    for (part, wiring) in parts.into_iter().zip(wirings) {
        if let Some(first) = wiring.first {
            totals.push(Total {
                plan: replaced(&part.plan, &wiring.leaves)?,
                part,
                first,
                given_up: wiring.given_up,
            });
        }
    }
    Ok((feeds, totals))
}

/// Puts others in the place of some operators of a plan.
fn replaced(
    plan: &Arc<dyn ExecutionPlan>,
    exchanges: &[Exchange],
) -> Result<Arc<dyn ExecutionPlan>> {
    let step = |node: Arc<dyn ExecutionPlan>| {
        let mut known = exchanges.iter();
        Ok(match known.find(|(old, _)| Arc::ptr_eq(old, &node)) {
            Some((_, new)) => Transformed::new(Arc::clone(new), true, TreeNodeRecursion::Jump),
            None => Transformed::no(node),
        })
    };
    Arc::clone(plan).transform_down(step).data()
}
