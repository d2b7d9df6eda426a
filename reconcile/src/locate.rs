//! The second look: fetches the records that differ from both sides, whole, and pairs them.

use crate::describe::{Describer, Trail};
use crate::drive::{Worker, drive};
use crate::error::VerifyError;
use crate::pairing::{Found, Row, pair_by_key, pair_without_key};
use crate::parallel::in_parallel;
use crate::prepare::Agreement;
use crate::push::Restriction;
use crate::readings::{Given, Readings};
use crate::rows::{Encoder, Records, Spelling, common};
use crate::scribe::BREAKS_PER_BLOCK;
use crate::story::Chosen;
use crate::wanted::{Choice, Wanted};
use crate::watch::Watch;
use crate::whereabouts::Whereabouts;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use books::Meter;
use footing::{Element, Mark, Marker, Seed, Side};
use ledger::Break;
use rules::sql::{Probe, Run, Which};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Samples the keys of every book alike; it keeps no secret.
static SAMPLE_SEED: Seed = Seed::new([0x5a; 32]);

/// How a second look is made.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) agreement: &'a Agreement,
    pub(crate) seed: &'a Seed,
    pub(crate) threads: usize,
    pub(crate) watch: &'a Arc<dyn Watch>,
    pub(crate) meter: &'a Arc<Meter>,
    pub(crate) partition_records: u64,
    /// The buckets that differ, where no others need be looked at.
    pub(crate) restriction: Option<&'a Restriction>,
    /// Where the keys of both sides lie, as far as that was noted.
    pub(crate) whereabouts: [Option<&'a Arc<Whereabouts>>; 2],
}

/// Records of more keys are found by their hashes.
const VALUES_MAX: usize = 1_000;

/// Keeps the batches of one partition.
#[derive(Default)]
pub(crate) struct Keeper {
    pub(crate) batches: Vec<RecordBatch>,
}

impl Worker for Keeper {
    fn take(&mut self, batch: RecordBatch) -> Result<(), VerifyError> {
        if batch.num_rows() > 0 {
            self.batches.push(rules::sql::compact(&batch)?);
        }
        Ok(())
    }
}

impl Look<'_> {
    pub(crate) fn side(&self, side: Side) -> &rules::sql::Side {
        self.agreement.side(side)
    }

    pub(crate) fn run(&self, side: Side, choice: Option<&Choice>, lineage: bool) -> Run {
        let mut run = Run::new(self.threads);
        run.lineage = lineage;
        run.meter = Arc::clone(self.meter);
        // A sample is of all records, as those are that nothing is chosen of.
        if let Some(Choice::Keys(_) | Choice::Buckets(_)) = choice {
            run.part = self.restriction.and_then(|only| only.part(side));
        }
        run.probe = choice.map(|choice| self.probe(side, choice));
        if let (Some(Choice::Keys(keys)), Some(noted)) = (choice, self.whereabouts[side as usize]) {
            run.chunks = Some(noted.test(keys));
        }
        run
    }

    /// The test of a side's records.
    pub(crate) fn probe(&self, side: Side, choice: &Choice) -> Probe {
        // A sample must be the same in every run: what is proposed from it reaches the reader.
        let seed = match choice {
            Choice::Sample(_) => &SAMPLE_SEED,
            Choice::Keys(_) | Choice::Buckets(_) => self.seed,
        };
        Wanted::probe(&self.agreement.layout, side, seed, choice)
    }

    /// Fetches the chosen records of one side, with the records of the books behind them.
    pub(crate) async fn fetch(
        &self,
        side: Side,
        choice: Option<&Choice>,
        lineage: bool,
    ) -> Result<RecordBatch, VerifyError> {
        self.fetch_by(side, self.run(side, choice, lineage)).await
    }

    /// Fetches some columns of the chosen records. Records that others of the rule's columns reject
    /// are among them.
    pub(crate) async fn fetch_columns(
        &self,
        side: Side,
        choice: &Choice,
        names: &[String],
    ) -> Result<RecordBatch, VerifyError> {
        let run = Run {
            columns: Some(names.into()),
            ..self.run(side, Some(choice), false)
        };
        self.fetch_by(side, run).await
    }

    async fn fetch_by(&self, side: Side, run: Run) -> Result<RecordBatch, VerifyError> {
        let query = self.side(side);
        let keepers = drive(query, &run, self.watch, Keeper::default).await?;
        let batches: Vec<RecordBatch> = keepers
            .into_iter()
            .flat_map(|keeper| keeper.batches)
            .collect();
        let schema: SchemaRef = match batches.first() {
            Some(batch) => batch.schema(),
            None => query.schema(),
        };
        Ok(concat_batches(&schema, &batches)?)
    }

    /// Fetches the records that differ: expected, then actual.
    ///
    /// The fold tells of most keys their hashes only, and no scan finds these but by reading the
    /// keys of all records, nor any by those of several columns that come from several tables.
    /// So the side that is a table as it stands is asked first; where it has the other side's
    /// keys too, and these are few, that side is asked by their values.
    pub(crate) async fn fetch_differing(
        &self,
        choice: &Choice,
        elements: &[Element],
    ) -> Result<[RecordBatch; 2], VerifyError> {
        let is_table = self.side(Side::Actual).single_table().is_some();
        let (first, then) = match is_table {
            true => (Side::Actual, Side::Expected),
            false => (Side::Expected, Side::Actual),
        };
        let one = self.fetch(first, Some(choice), true).await?;
        if self.tells_keys_of(then, elements) {
            let probe = self.probe_for_keys_of(first, &one)?;
            let run = Run {
                probe: Some(probe),
                ..self.run(then, Some(choice), true)
            };
            let other = self.fetch_by(then, run).await?;
            let both = in_order(first, one.clone(), other);
            if self.agrees_with(elements, &both[0], &both[1])? {
                return Ok(both);
            }
        }
        let other = self.fetch(then, Some(choice), true).await?;
        Ok(in_order(first, one, other))
    }

    /// Whether all keys of one side's differing records are among the other's, and few enough for
    /// their values to be of use.
    fn tells_keys_of(&self, side: Side, elements: &[Element]) -> bool {
        let layout = &self.agreement.layout;
        let is_of = |element: &&Element| (element.count > 0) == (side == Side::Expected);
        let (own, others): (Vec<&Element>, Vec<&Element>) = elements.iter().partition(is_of);
        let known: BTreeSet<u64> = others.iter().map(|element| element.mark.key).collect();
        !layout.key().is_empty()
            && !layout.key_is_plain()
            && elements.len() <= VALUES_MAX
            && own.iter().all(|element| known.contains(&element.mark.key))
    }

    /// A test for the keys of one side's records.
    fn probe_for_keys_of(&self, side: Side, records: &RecordBatch) -> Result<Probe, VerifyError> {
        let layout = &self.agreement.layout;
        let values = layout.key().iter().map(|at| {
            let column = &layout.columns()[*at];
            common(column.class, records.column(column.index[side as usize]))
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(Chosen::new(layout, layout.key(), &values)?).probe())
    }

    /// Whether the fetched records are just those that the fold decoded. If not, a book has
    /// changed in between.
    pub(crate) fn agrees_with(
        &self,
        elements: &[Element],
        expected: &RecordBatch,
        actual: &RecordBatch,
    ) -> Result<bool, VerifyError> {
        let mut counts: BTreeMap<Mark, i64> = BTreeMap::new();
        for (side, fetched, sign) in [(Side::Expected, expected, 1), (Side::Actual, actual, -1)] {
            let mut marker = Marker::new(&self.agreement.layout, side, self.seed);
            let marks = marker.marks(fetched).map_err(|error| VerifyError::Fold {
                agreement: self.agreement.name.clone(),
                side: name_of(side),
                error,
            })?;
            for mark in marks {
                *counts.entry(mark).or_default() += sign;
            }
        }
        counts.retain(|_, count| *count != 0);
        let told = elements.iter().map(|element| (element.mark, element.count));
        Ok(counts.into_iter().eq(told))
    }

    /// Reads the source records of a partition's breaks anew.
    pub(crate) async fn read<'r>(
        &self,
        readings: &'r Readings,
        paired: &Paired<'_>,
    ) -> Result<Given<'r>, VerifyError> {
        let found = paired.found();
        readings
            .read(self.agreement, paired, found, self.threads)
            .await
    }
}

impl<'a> Look<'a> {
    /// Pairs what was fetched.
    pub(crate) fn pair(
        &self,
        expected: RecordBatch,
        actual: RecordBatch,
    ) -> Result<Paired<'a>, VerifyError> {
        let mut paired = self.encode(in_place_order(expected)?, in_place_order(actual)?)?;
        let layout = &self.agreement.layout;
        paired.found = match layout.key().is_empty() {
            false => pair_by_key(&paired.expected, &paired.actual),
            true => pair_without_key(&paired.expected, &paired.actual, layout.money()),
        };
        Ok(paired)
    }

    /// Encodes records that stand in their order, of which no breaks are known yet.
    pub(crate) fn encode(
        &self,
        expected: RecordBatch,
        actual: RecordBatch,
    ) -> Result<Paired<'a>, VerifyError> {
        let encoder = Encoder::new(&self.agreement.layout)?;
        let trail =
            |lineage, which, batch: &RecordBatch| Trail::new(lineage, which, &batch.schema());
        let mut source_trail = trail(self.agreement.expected.lineage(), Which::Source, &expected);
        let mut target_trail = trail(self.agreement.actual.lineage(), Which::Target, &actual);
        let expected = encoder.records(Side::Expected, expected)?;
        let actual = encoder.records(Side::Actual, actual)?;
        let layout = &self.agreement.layout;
        source_trail.note_compared(&expected, layout.columns());
        target_trail.note_compared(&actual, layout.columns());
        Ok(Paired {
            agreement: self.agreement,
            expected,
            actual,
            source_trail,
            target_trail,
            found: Vec::new(),
            beside: Default::default(),
            settled: 0,
        })
    }
}

/// The breaks of a partition, as pairs of records that are still to be described.
pub(crate) struct Paired<'a> {
    agreement: &'a Agreement,
    expected: Records,
    actual: Records,
    source_trail: Trail,
    target_trail: Trail,
    found: Vec<Found>,
    /// More copies of records than their breaks tell, on each side.
    beside: [Vec<Row>; 2],
    /// Records that agree and are not held.
    settled: u64,
}

impl Paired<'_> {
    /// The breaks.
    pub(crate) fn found(&self) -> &[Found] {
        &self.found
    }

    /// With breaks, with more copies on each side than these tell, and with so many records that agree.
    pub(crate) fn with(self, found: Vec<Found>, beside: [Vec<Row>; 2], settled: u64) -> Self {
        Self {
            found,
            beside,
            ..self.and_settled(settled)
        }
    }

    /// With so many records that agree, beside those that are held.
    pub(crate) fn and_settled(self, settled: u64) -> Self {
        Self { settled, ..self }
    }

    /// Whether no record is broken.
    pub(crate) fn agrees(&self) -> bool {
        self.found.is_empty() && self.beside.iter().all(Vec::is_empty)
    }

    /// Records of both sides.
    pub(crate) fn records(&self) -> u64 {
        (self.expected.len() + self.actual.len()) as u64 + self.settled
    }

    /// The expected side's records, with the records of the books behind them.
    pub(crate) fn expected_batch(&self) -> &RecordBatch {
        &self.expected.batch
    }

    /// The compared columns whose values breaks tell in another spelling than their own.
    pub(crate) fn told_exactly(&self) -> BTreeSet<String> {
        let columns = self.agreement.layout.columns().iter().enumerate();
        let is_exact = |at: usize| {
            let types = [&self.expected, &self.actual].map(|side| side.data_type(at));
            Spelling::of(types[0], types[1]) == Spelling::Exact
        };
        let exact = columns.filter(|(at, _)| is_exact(*at));
        exact.map(|(_, column)| column.name.clone()).collect()
    }

    /// The breaks in blocks of the size that one thread writes at a time.
    pub(crate) fn blocks(&self) -> Vec<&[Found]> {
        self.found.chunks(BREAKS_PER_BLOCK).collect()
    }

    /// Describes every break, in order, in as many threads as are at hand.
    pub(crate) fn describe_all(&self, threads: usize) -> Vec<Break> {
        let mut all = Vec::with_capacity(self.found.len());
        for wave in self.blocks().chunks(threads.max(1)) {
            let described = in_parallel(wave.iter().copied(), &|block| self.describe(block));
            all.extend(described.into_iter().flatten());
        }
        all
    }

    /// The expected side's records that no break is about.
    pub(crate) fn agreeing(&self) -> Result<RecordBatch, VerifyError> {
        self.records_where(Side::Expected, false)
    }

    /// A side's records that breaks are about.
    pub(crate) fn broken(&self, side: Side) -> Result<RecordBatch, VerifyError> {
        self.records_where(side, true)
    }

    fn records_where(&self, side: Side, are_broken: bool) -> Result<RecordBatch, VerifyError> {
        let batch = match side {
            Side::Expected => &self.expected.batch,
            Side::Actual => &self.actual.batch,
        };
        let mut wanted = vec![!are_broken; batch.num_rows()];
        let found = self.found.iter().flat_map(|found| found.rows(side));
        for row in found.chain(&self.beside[side as usize]) {
            wanted[*row as usize] = are_broken;
        }
        Ok(filter_record_batch(batch, &BooleanArray::from(wanted))?)
    }

    /// Describes every break of a block, in order.
    pub(crate) fn describe(&self, block: &[Found]) -> Vec<Break> {
        let describer = Describer {
            agreement: self.agreement,
            expected: &self.expected,
            actual: &self.actual,
            source_trail: &self.source_trail,
            target_trail: &self.target_trail,
        };
        block
            .iter()
            .map(|found| describer.describe(found))
            .collect()
    }
}

/// Both sides in their order, of which one was fetched first.
fn in_order(first: Side, one: RecordBatch, other: RecordBatch) -> [RecordBatch; 2] {
    match first {
        Side::Expected => [one, other],
        Side::Actual => [other, one],
    }
}

pub(crate) fn name_of(side: Side) -> &'static str {
    match side {
        Side::Expected => "expected",
        Side::Actual => "actual",
    }
}

/// Puts records in an order of their own, so that which thread found one first does not show:
/// equal records are told apart by the hidden columns that say where they stand.
pub(crate) fn in_place_order(batch: RecordBatch) -> Result<RecordBatch, VerifyError> {
    let Some(places) = places_of(&batch)? else {
        return Ok(batch);
    };
    let mut order: Vec<u32> = (0..u32::try_from(batch.num_rows()).map_err(|_| {
        VerifyError::Internal("more than 2^32 records in one partition".to_owned())
    })?)
        .collect();
    order.sort_by(|a, b| places.row(*a as usize).cmp(&places.row(*b as usize)));
    let order = arrow_array::UInt32Array::from(order);
    Ok(arrow_select::take::take_record_batch(&batch, &order)?)
}

/// Where records stand, encoded; none where nothing tells it.
pub(crate) fn places_of(batch: &RecordBatch) -> Result<Option<arrow_row::Rows>, VerifyError> {
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name());
    let is_place = names.map(|name| name.ends_with("._file") || name.ends_with("._row"));
    let columns = batch.columns().iter().zip(is_place);
    let columns: Vec<ArrayRef> = columns
        .filter(|(_, is_place)| *is_place)
        .map(|(column, _)| Arc::clone(column))
        .collect();
    if columns.is_empty() {
        return Ok(None);
    }
    let fields = columns
        .iter()
        .map(|c| arrow_row::SortField::new(c.data_type().clone()))
        .collect();
    let rows = arrow_row::RowConverter::new(fields)?.convert_columns(&columns)?;
    Ok(Some(rows))
}
