//! A partition of more records than memory should hold: many that share the values on which
//! partitions are cut.
//!
//! Both sides are sorted on disk, so that records that are the same stand together and are counted,
//! and those that both sides have equally often are let go. The others are paired in memory, as many
//! groups at a time as it holds. Of a group that is larger than that, records are paired as those of
//! any large group are: first with the like but for the sign, then in the order of their values. All
//! that takes is tables on disk, and a batch of each in memory.

use super::sorted::{Cursor, ROWS_AT_A_TIME, Room, Sorter, Table};
use super::spool::Spool;
use crate::describe::COPIES_TOLD;
use crate::error::VerifyError;
use crate::locate::{Look, Paired, places_of};
use crate::pairing::{Found, Row, without_sign};
use crate::rows::{Encoder, Spelling};
use arrow_array::builder::LargeBinaryBuilder;
use arrow_array::{Array, ArrayRef, LargeBinaryArray, RecordBatch, UInt32Array, UInt64Array};
use arrow_schema::{Field, FieldRef, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use footing::{Layout, Side};
use ledger::Sides;
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

const SIDES: [Side; 2] = [Side::Expected, Side::Actual];

/// Bytes of the partition that are read at a time.
const BUFFER: usize = 1 << 20;

/// Columns of a table of records before the records' own: what they are sorted by, and where in it
/// the value of the group ends, and that of the record. What is behind it tells where it stands.
const BEFORE_RECORD: usize = 3;
const GROUP_END: usize = 1;
const RECORD_END: usize = 2;

/// Columns of a table of broken records before the records' own: their place among the breaks, and
/// how many copies there are.
const BEFORE_BROKEN: usize = 2;
const COPIES: usize = 1;

/// Columns of a table of open records, in their order: whether one has a partner that is like it but
/// for the sign, and the run and the number of the expected record of the two.
const IS_LIKE: usize = 1;
const RUN: usize = 2;
const NUMBER: usize = 3;

/// Kinds of breaks, in the order in which those of the same record are told.
const MISSING: u64 = 0;
const DIFFERS_BY_SIGN: u64 = 2;
const DIFFERS: u64 = 4;
const IS_COPIED: u64 = 6;
const EXTRA: u64 = 8;
/// More copies than a break tells.
const UNTOLD: u64 = 10;

/// The place of a record among the breaks, and its number among all.
type Place = [u64; 4];

/// A partition on its way to being told.
pub(super) struct Crowd<'a> {
    look: Look<'a>,
    room: Room,
    schemas: [SchemaRef; 2],
    /// The fields by which records of a group may differ.
    fields: Vec<usize>,
    parts: VecDeque<Part>,
    /// Reads the groups that memory does not hold before they are told.
    ahead: Runs,
    runs: Runs,
    records: [Cursor; 2],
    telling: Option<Telling>,
    /// Records that agree, and have not been counted yet.
    settled: u64,
    _tables: [Table; 2],
}

/// Some groups that are paired at a time.
#[derive(Default)]
struct Part {
    /// Runs of records that are the same.
    runs: u64,
    /// Records that are on both sides not equally often.
    rows: u64,
    /// Of these, the surplus of each side.
    open: [u64; 2],
    /// Whether it is one group that memory does not hold.
    is_large: bool,
}

impl Part {
    fn add(&mut self, more: &Part) {
        self.runs += more.runs;
        self.rows += more.rows;
        for side in SIDES {
            self.open[side as usize] += more.open[side as usize];
        }
    }
}

impl<'a> Crowd<'a> {
    /// Sorts both sides of a partition. The names of files that it makes begin with `prefix`.
    pub(super) fn new(
        look: Look<'a>,
        sides: [(&Spool, &SchemaRef); 2],
        prefix: PathBuf,
    ) -> Result<Self, VerifyError> {
        let most = look.partition_records.max(1);
        let room = Room {
            prefix,
            made: Arc::default(),
            rows: usize::try_from(most.div_ceil(4)).unwrap_or(usize::MAX),
            watch: Arc::clone(look.watch),
        };
        let layout = &look.agreement.layout;
        let encoder = Encoder::new(layout)?;
        let [(expected, _), (actual, _)] = sides;
        let tables = [
            sorted(&room, &encoder, Side::Expected, expected)?,
            sorted(&room, &encoder, Side::Actual, actual)?,
        ];
        let columns = layout.columns().len();
        Ok(Self {
            look,
            room,
            schemas: sides.map(|(_, schema)| Arc::clone(schema)),
            fields: match (layout.key(), layout.money()) {
                ([], money) if money.len() < columns => money.to_vec(),
                ([], _) => Vec::new(),
                _ => (0..columns).collect(),
            },
            parts: parts(&mut Runs::of(&tables)?, most)?,
            ahead: Runs::of(&tables)?,
            runs: Runs::of(&tables)?,
            records: [tables[0].cursor()?, tables[1].cursor()?],
            telling: None,
            settled: 0,
            _tables: tables,
        })
    }

    /// The next breaks, in their order.
    pub(super) fn next_part(&mut self) -> Result<Option<Paired<'a>>, VerifyError> {
        let most = usize::try_from(self.look.partition_records.max(1)).unwrap_or(usize::MAX);
        loop {
            if let Some(telling) = &mut self.telling {
                if let Some(told) = telling.next_part(most)? {
                    let [expected, actual] = self.whole(told.records)?;
                    let paired = self.look.encode(expected, actual)?;
                    let settled = std::mem::take(&mut self.settled);
                    return Ok(Some(paired.with(told.found, told.beside, settled)));
                }
                self.telling = None;
            }
            let Some(part) = self.parts.pop_front() else {
                return Ok(None);
            };
            match part.is_large {
                true => self.telling = Some(self.spread(&part)?),
                false => return self.pair(&part).map(Some),
            }
        }
    }

    /// One batch for each side.
    fn whole(&self, batches: [Vec<RecordBatch>; 2]) -> Result<[RecordBatch; 2], VerifyError> {
        let one = |side: Side| {
            let batches = &batches[side as usize];
            let schema = match batches.first() {
                Some(batch) => batch.schema(),
                None => Arc::clone(&self.schemas[side as usize]),
            };
            concat_batches(&schema, batches)
        };
        Ok([one(Side::Expected)?, one(Side::Actual)?])
    }

    /// Pairs groups that memory holds.
    fn pair(&mut self, part: &Part) -> Result<Paired<'a>, VerifyError> {
        if self.parts.iter().any(|part| part.is_large) {
            self.ahead.pass(part.runs)?;
        }
        let mut kept: [Vec<RecordBatch>; 2] = Default::default();
        let mut picks: [Picks<()>; 2] = Default::default();
        for _ in 0..part.runs {
            let run = self
                .runs
                .next_run(&mut |_, _, _| ())?
                .ok_or_else(cut_short)?;
            let is_off = run.counts[0] != run.counts[1];
            for side in SIDES.map(|side| side as usize) {
                let mut keep = keeping(&mut kept[side]);
                for _ in 0..run.counts[side] {
                    self.settled += u64::from(!is_off);
                    let pick = is_off.then_some(());
                    picks[side].step(&mut self.records[side], BEFORE_RECORD, pick, &mut keep)?;
                }
            }
        }
        for side in SIDES.map(|side| side as usize) {
            let mut keep = keeping(&mut kept[side]);
            picks[side].flush(&self.records[side], BEFORE_RECORD, &mut keep)?;
        }
        let [expected, actual] = self.whole(kept)?;
        let paired = self.look.pair(expected, actual)?;
        let settled = std::mem::take(&mut self.settled);
        Ok(paired.and_settled(settled))
    }

    /// Sorts the records of a group that memory does not hold into the order of its breaks.
    fn spread(&mut self, part: &Part) -> Result<Telling, VerifyError> {
        let pairs = self.pair_open(part)?;
        let mut fates = [pairs.fates(Side::Expected)?, pairs.fates(Side::Actual)?];
        let mut sorters = [Sorter::new(&self.room), Sorter::new(&self.room)];
        let mut picks: [Picks<(Place, u64)>; 2] = Default::default();
        let order = Order {
            has_key: !self.look.agreement.layout.key().is_empty(),
        };
        let mut told = 0;
        for run_at in 0..part.runs {
            let run = self
                .runs
                .next_run(&mut |_, _, _| ())?
                .ok_or_else(cut_short)?;
            let both = run.counts[0].min(run.counts[1]);
            let surplus = run.counts.map(|count| count - both);
            let alone = [fates[0].alone(surplus[0])?, fates[1].alone(surplus[1])?];
            let is_copied = both > 0 && alone != [0, 0];
            for side in SIDES {
                let at = side as usize;
                let copies = both + alone[at];
                let mut copy = 0;
                let sorter = &mut sorters[at];
                for nth in 0..run.counts[at] {
                    let fate = match nth < both {
                        true => Fate::Alone,
                        false => fates[at].next_fate()?,
                    };
                    let place = match fate {
                        Fate::Paired { kind, run, number } => Some(order.place(kind, run, number)),
                        Fate::Alone if is_copied => {
                            copy += 1;
                            Some(match copy <= COPIES_TOLD as u64 {
                                true => order.place(IS_COPIED, run_at, run_at),
                                false => order.place(UNTOLD, run_at, told),
                            })
                        }
                        Fate::Alone if nth < both => None,
                        Fate::Alone => Some(order.place(kind_of(side), run_at, told)),
                    };
                    self.settled += u64::from(place.is_none());
                    let pick = place.map(|[a, b, c]| ([a, b, c, told], copies));
                    told += 1;
                    let mut put = |batch: RecordBatch, places: Vec<(Place, u64)>| {
                        sorter.push(broken(&places, &batch)?)
                    };
                    picks[at].step(&mut self.records[at], BEFORE_RECORD, pick, &mut put)?;
                }
            }
        }
        for (at, (sorter, pick)) in sorters.iter_mut().zip(&mut picks).enumerate() {
            let mut put = |batch: RecordBatch, places: Vec<(Place, u64)>| {
                sorter.push(broken(&places, &batch)?)
            };
            pick.flush(&self.records[at], BEFORE_RECORD, &mut put)?;
        }
        let [expected, actual] = sorters;
        let tables = [expected.finish()?, actual.finish()?];
        Ok(Telling {
            records: [tables[0].cursor()?, tables[1].cursor()?],
            alternatives: pairs.alternatives,
            _tables: tables,
        })
    }

    /// Pairs the open records of a group: those that are alike but for the sign, then the others in
    /// their order.
    fn pair_open(&mut self, part: &Part) -> Result<Pairs, VerifyError> {
        if self.fields.is_empty() || part.open.contains(&0) {
            self.ahead.pass(part.runs)?;
            return Pairs::none(&self.room);
        }
        let layout = &self.look.agreement.layout;
        let fields = &self.fields;
        let mut open: [Lines<2>; 2] = [Lines::new(&self.room), Lines::new(&self.room)];
        let mut numbers = [0_u64; 2];
        for run_at in 0..part.runs {
            let mut sizes: [Vec<u8>; 2] = Default::default();
            let mut first = |side: Side, batch: &RecordBatch, row| {
                sizes[side as usize] = size(layout, fields, side, batch, row);
            };
            let run = self.ahead.next_run(&mut first)?.ok_or_else(cut_short)?;
            let both = run.counts[0].min(run.counts[1]);
            for side in SIDES.map(|side| side as usize) {
                for _ in both..run.counts[side] {
                    let number = numbers[side];
                    let order = [&sizes[side][..], &number.to_be_bytes()].concat();
                    open[side].push(&order, [run_at, number])?;
                    numbers[side] += 1;
                }
            }
        }
        let [expected, actual] = open;
        Pairs::of(
            [expected.finish()?, actual.finish()?],
            part.open,
            &self.room,
        )
    }
}

fn cut_short() -> VerifyError {
    VerifyError::Internal("a table of records has fewer than were counted".to_owned())
}

fn kind_of(side: Side) -> u64 {
    match side {
        Side::Expected => MISSING,
        Side::Actual => EXTRA,
    }
}

/// Sorts one side's records: by group, then by all that is compared, then by where they stand.
fn sorted(room: &Room, encoder: &Encoder, side: Side, spool: &Spool) -> Result<Table, VerifyError> {
    let mut sorter = Sorter::new(room);
    for batch in spool.batches(BUFFER)?.into_iter().flatten() {
        sorter.push(with_order(encoder, side, &batch?)?)?;
    }
    spool.remove()?;
    sorter.finish()
}

fn with_order(
    encoder: &Encoder,
    side: Side,
    batch: &RecordBatch,
) -> Result<RecordBatch, VerifyError> {
    let [groups, records] = encoder.groups_and_wholes(side, batch)?;
    let places = places_of(batch)?;
    let mut orders = LargeBinaryBuilder::new();
    let mut ends: [Vec<u64>; 2] = Default::default();
    let mut order = Vec::new();
    for row in 0..batch.num_rows() {
        order.clear();
        for (part, ends) in [&groups, &records].into_iter().zip(&mut ends) {
            order.extend_from_slice(part.row(row).data());
            ends.push(order.len() as u64);
        }
        if let Some(places) = &places {
            order.extend_from_slice(places.row(row).data());
        }
        orders.append_value(&order);
    }
    let [groups, records] = ends.map(|ends| Arc::new(UInt64Array::from(ends)) as ArrayRef);
    before(vec![Arc::new(orders.finish()), groups, records], batch)
}

/// The broken records of a batch, with their places before them.
fn broken(places: &[(Place, u64)], batch: &RecordBatch) -> Result<RecordBatch, VerifyError> {
    let orders = places.iter().map(|(place, _)| bytes_of(place));
    let copies: Vec<u64> = places.iter().map(|(_, copies)| *copies).collect();
    let own: Vec<ArrayRef> = vec![
        Arc::new(LargeBinaryArray::from_iter_values(orders)),
        Arc::new(UInt64Array::from(copies)),
    ];
    before(own, batch)
}

/// Numbers in an order that their bytes have as well.
fn bytes_of(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|one| one.to_be_bytes()).collect()
}

/// Puts columns before those of a batch.
fn before(mut columns: Vec<ArrayRef>, batch: &RecordBatch) -> Result<RecordBatch, VerifyError> {
    let schema = batch.schema();
    let own = columns.iter().map(field_of);
    let fields: Vec<FieldRef> = own.chain(schema.fields().iter().cloned()).collect();
    columns.extend(batch.columns().iter().cloned());
    let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
    Ok(RecordBatch::try_new(Arc::new(schema), columns)?)
}

fn field_of(column: &ArrayRef) -> FieldRef {
    Arc::new(Field::new("", column.data_type().clone(), false))
}

/// How large a record is in the fields that may differ: what such records share that differ in signs
/// only. No size begins another one.
fn size(layout: &Layout, fields: &[usize], side: Side, batch: &RecordBatch, row: usize) -> Vec<u8> {
    let mut size = Vec::new();
    for field in fields {
        let at = BEFORE_RECORD + layout.columns()[*field].index[side as usize];
        let text = without_sign(Spelling::Own.text(batch.column(at), row));
        size.extend_from_slice(&(text.len() as u64).to_be_bytes());
        size.extend_from_slice(&text);
    }
    size
}

/// Which groups are paired at a time, so that no more than `most` records are held.
fn parts(runs: &mut Runs, most: u64) -> Result<VecDeque<Part>, VerifyError> {
    let mut parts = VecDeque::new();
    let (mut few, mut group) = (Part::default(), Part::default());
    loop {
        let run = runs.next_run(&mut |_, _, _| ())?;
        if run.as_ref().is_none_or(|run| run.begins_group) {
            let whole = std::mem::take(&mut group);
            if few.runs > 0 && few.rows + whole.rows > most {
                parts.push_back(std::mem::take(&mut few));
            }
            match whole.rows > most {
                true => parts.push_back(Part {
                    is_large: true,
                    ..whole
                }),
                false => few.add(&whole),
            }
        }
        let Some(run) = run else {
            break;
        };
        let both = run.counts[0].min(run.counts[1]);
        let open = run.counts.map(|count| count - both);
        let is_off = open != [0, 0];
        group.add(&Part {
            runs: 1,
            rows: if is_off { run.counts.iter().sum() } else { 0 },
            open,
            is_large: false,
        });
    }
    if few.runs > 0 {
        parts.push_back(few);
    }
    Ok(parts)
}

/// Counts the records of both sides that are the same, in their order.
struct Runs {
    sides: [Cursor; 2],
    group: Option<Vec<u8>>,
}

/// One record, so often on each side.
struct Run {
    begins_group: bool,
    counts: [u64; 2],
}

impl Runs {
    fn of(tables: &[Table; 2]) -> Result<Self, VerifyError> {
        Ok(Self {
            sides: [tables[0].cursor()?, tables[1].cursor()?],
            group: None,
        })
    }

    /// The next run. `first` is given the first record of each side.
    fn next_run(
        &mut self,
        first: &mut dyn FnMut(Side, &RecordBatch, usize),
    ) -> Result<Option<Run>, VerifyError> {
        let heads = self.sides.each_ref().map(head);
        let Some((record, group_end)) = heads.into_iter().flatten().min() else {
            return Ok(None);
        };
        let record = record.to_vec();
        let group = &record[..group_end];
        let begins_group = self.group.as_deref() != Some(group);
        if begins_group {
            self.group = Some(group.to_vec());
        }
        let mut counts = [0_u64; 2];
        for side in SIDES {
            let (cursor, count) = (&mut self.sides[side as usize], &mut counts[side as usize]);
            while head(cursor).is_some_and(|(own, _)| own == record) {
                if let (0, Some((batch, row))) = (*count, cursor.at()) {
                    first(side, batch, row);
                }
                *count += 1;
                cursor.advance()?;
            }
        }
        Ok(Some(Run {
            begins_group,
            counts,
        }))
    }

    /// Leaves so many runs behind.
    fn pass(&mut self, runs: u64) -> Result<(), VerifyError> {
        for _ in 0..runs {
            self.next_run(&mut |_, _, _| ())?;
        }
        Ok(())
    }
}

/// The record at which a table stands, without its place, and where in it its group ends.
fn head(cursor: &Cursor) -> Option<(&[u8], usize)> {
    let order = cursor.order()?;
    let record = order.get(..cursor.number(RECORD_END) as usize)?;
    Some((record, cursor.number(GROUP_END) as usize))
}

/// Rows of a table that are picked, each with what is known of it, batch by batch.
#[derive(Default)]
struct Picks<T> {
    rows: Vec<u32>,
    with: Vec<T>,
}

impl<T> Picks<T> {
    /// Picks the row, if anything is known of it, and goes to the next one.
    fn step(
        &mut self,
        cursor: &mut Cursor,
        before: usize,
        pick: Option<T>,
        put: &mut impl FnMut(RecordBatch, Vec<T>) -> Result<(), VerifyError>,
    ) -> Result<(), VerifyError> {
        if let (Some(with), Some((_, row))) = (pick, cursor.at()) {
            self.rows.push(row as u32);
            self.with.push(with);
        }
        if cursor.is_last_of_batch() {
            self.flush(cursor, before, put)?;
        }
        cursor.advance()
    }

    /// Gives what was picked of the batch in which the table stands, without the columns `before` the
    /// records' own.
    fn flush(
        &mut self,
        cursor: &Cursor,
        before: usize,
        put: &mut impl FnMut(RecordBatch, Vec<T>) -> Result<(), VerifyError>,
    ) -> Result<(), VerifyError> {
        let rows = std::mem::take(&mut self.rows);
        let Some((batch, _)) = cursor.at().filter(|_| !rows.is_empty()) else {
            return Ok(());
        };
        let own: Vec<usize> = (before..batch.num_columns()).collect();
        let part = take_record_batch(&batch.project(&own)?, &UInt32Array::from(rows))?;
        put(rules::sql::compact(&part)?, std::mem::take(&mut self.with))
    }
}

/// Keeps what is picked, of which nothing else is known.
fn keeping(
    kept: &mut Vec<RecordBatch>,
) -> impl FnMut(RecordBatch, Vec<()>) -> Result<(), VerifyError> {
    move |batch, _| {
        kept.push(batch);
        Ok(())
    }
}

/// Writes a table of an order and some numbers.
struct Lines<const N: usize> {
    sorter: Sorter,
    orders: LargeBinaryBuilder,
    numbers: [Vec<u64>; N],
    rows: usize,
}

impl<const N: usize> Lines<N> {
    fn new(room: &Room) -> Self {
        Self {
            sorter: Sorter::new(room),
            orders: LargeBinaryBuilder::new(),
            numbers: std::array::from_fn(|_| Vec::new()),
            rows: 0,
        }
    }

    fn push(&mut self, order: &[u8], numbers: [u64; N]) -> Result<(), VerifyError> {
        self.orders.append_value(order);
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            column.push(number);
        }
        self.rows += 1;
        match self.rows < ROWS_AT_A_TIME {
            true => Ok(()),
            false => self.flush(),
        }
    }

    fn flush(&mut self) -> Result<(), VerifyError> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.orders.finish())];
        for numbers in &mut self.numbers {
            columns.push(Arc::new(UInt64Array::from(std::mem::take(numbers))));
        }
        let fields: Vec<FieldRef> = columns.iter().map(field_of).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
        self.sorter.push(batch)
    }

    fn finish(mut self) -> Result<Table, VerifyError> {
        self.flush()?;
        self.sorter.finish()
    }
}

/// What becomes of the open records of a group.
struct Pairs {
    /// Of each side, in its order.
    open: [Table; 2],
    /// Pairs of records that have none that is like them.
    others: u64,
    /// Other pairings that would be as good for these.
    alternatives: u64,
}

impl Pairs {
    fn none(room: &Room) -> Result<Self, VerifyError> {
        Ok(Self {
            open: [Sorter::new(room).finish()?, Sorter::new(room).finish()?],
            others: 0,
            alternatives: 0,
        })
    }

    /// Pairs records that are sorted by their sizes. Each has its run and its number behind that.
    fn of(sizes: [Table; 2], open: [u64; 2], room: &Room) -> Result<Self, VerifyError> {
        let [mut left, mut right] = [sizes[0].cursor()?, sizes[1].cursor()?];
        let mut lines: [Lines<3>; 2] = [Lines::new(room), Lines::new(room)];
        let (run, number) = (1, 2);
        let mut like = 0;
        loop {
            let order = match (size_at(&left), size_at(&right)) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => one.cmp(other),
            };
            let is_like = u64::from(order == Ordering::Equal);
            like += is_like;
            let own = left.number(number).to_be_bytes();
            let known = [is_like, left.number(run), left.number(number)];
            let other = right.number(number).to_be_bytes();
            if order != Ordering::Greater {
                lines[0].push(&own, known)?;
                left.advance()?;
            }
            if order != Ordering::Less {
                lines[1].push(&other, if is_like == 1 { known } else { [0; 3] })?;
                right.advance()?;
            }
        }
        let [left, right] = lines;
        let rest = open.map(|open| open - like);
        Ok(Self {
            open: [left.finish()?, right.finish()?],
            others: rest[0].min(rest[1]),
            alternatives: rest[0].max(rest[1]).saturating_sub(1),
        })
    }

    fn fates(&self, side: Side) -> Result<Fates, VerifyError> {
        Ok(Fates {
            open: self.open[side as usize].cursor()?,
            ahead: self.open[side as usize].cursor()?,
            expected: self.open[Side::Expected as usize].cursor()?,
            others: self.others,
        })
    }
}

/// The size of an open record, without its number.
fn size_at(cursor: &Cursor) -> Option<&[u8]> {
    let order = cursor.order()?;
    order.get(..order.len().checked_sub(8)?)
}

/// What becomes of one side's open records, one after the other.
struct Fates {
    open: Cursor,
    /// Looks ahead of it.
    ahead: Cursor,
    /// The expected records, of which those that are not alike get partners in their order.
    expected: Cursor,
    /// Pairs of such records that are still to be made.
    others: u64,
}

enum Fate {
    Paired { kind: u64, run: u64, number: u64 },
    Alone,
}

impl Fates {
    /// How many of the next so many records get no partner.
    fn alone(&mut self, records: u64) -> Result<u64, VerifyError> {
        let mut unlike = 0;
        for _ in 0..records {
            unlike += u64::from(self.ahead.number(IS_LIKE) == 0);
            self.ahead.advance()?;
        }
        Ok(unlike.saturating_sub(self.others))
    }

    fn next_fate(&mut self) -> Result<Fate, VerifyError> {
        let paired = |kind, cursor: &Cursor| Fate::Paired {
            kind,
            run: cursor.number(RUN),
            number: cursor.number(NUMBER),
        };
        let fate = match (self.open.number(IS_LIKE), self.others) {
            (1, _) => paired(DIFFERS_BY_SIGN, &self.open),
            (_, 0) => Fate::Alone,
            _ => {
                self.others -= 1;
                while self.expected.number(IS_LIKE) == 1 {
                    self.expected.advance()?;
                }
                let fate = paired(DIFFERS, &self.expected);
                self.expected.advance()?;
                fate
            }
        };
        self.open.advance()?;
        Ok(fate)
    }
}

/// The order of a group's breaks.
struct Order {
    has_key: bool,
}

impl Order {
    /// Where there is no key, breaks come in the order of their records; those of one key in that of
    /// their kinds, and what is missing or extra last.
    fn place(&self, kind: u64, run: u64, number: u64) -> [u64; 3] {
        let first = match (self.has_key, kind) {
            (false, _) => run,
            (true, MISSING) => IS_COPIED + 1,
            (true, _) => kind,
        };
        [first, kind, number]
    }
}

/// The broken records of a group, in the order of its breaks.
struct Telling {
    records: [Cursor; 2],
    alternatives: u64,
    _tables: [Table; 2],
}

/// Some breaks, and their records.
struct Told {
    records: [Vec<RecordBatch>; 2],
    found: Vec<Found>,
    beside: [Vec<Row>; 2],
}

impl Telling {
    /// The breaks of the next so many records, or of a few more.
    fn next_part(&mut self, most: usize) -> Result<Option<Told>, VerifyError> {
        let mut told = Told {
            records: Default::default(),
            found: Vec::new(),
            beside: Default::default(),
        };
        let mut picks: [Picks<()>; 2] = Default::default();
        let mut taken = [0_u32; 2];
        while taken[0] + taken[1] < u32::try_from(most).unwrap_or(u32::MAX) {
            let heads = self.records.each_ref().map(place_at);
            let Some(place) = heads.into_iter().flatten().min() else {
                break;
            };
            let mut rows: [Vec<Row>; 2] = Default::default();
            let mut copies = [0; 2];
            for side in SIDES.map(|side| side as usize) {
                let cursor = &mut self.records[side];
                let mut keep = keeping(&mut told.records[side]);
                while place_at(cursor) == Some(place) {
                    copies[side] = cursor.number(COPIES);
                    rows[side].push(taken[side]);
                    taken[side] += 1;
                    picks[side].step(cursor, BEFORE_BROKEN, Some(()), &mut keep)?;
                }
            }
            let [expected, actual] = rows;
            match (place[1], &expected[..], &actual[..]) {
                (UNTOLD, ..) => {
                    told.beside[0].extend(expected);
                    told.beside[1].extend(actual);
                }
                (IS_COPIED, ..) => told.found.push(Found::Copies {
                    expected,
                    actual,
                    copies: Sides {
                        expected: copies[0],
                        actual: copies[1],
                    },
                }),
                (_, [row], []) => told.found.push(Found::Missing(*row)),
                (_, [], [row]) => told.found.push(Found::Extra(*row)),
                (kind, [one], [other]) => told.found.push(Found::Differs {
                    expected: *one,
                    actual: *other,
                    alternatives: if kind == DIFFERS {
                        self.alternatives
                    } else {
                        0
                    },
                }),
                _ => return Err(VerifyError::Internal("a pair is no pair".to_owned())),
            }
        }
        for (side, pick) in picks.iter_mut().enumerate() {
            let mut keep = keeping(&mut told.records[side]);
            pick.flush(&self.records[side], BEFORE_BROKEN, &mut keep)?;
        }
        Ok((taken != [0, 0]).then_some(told))
    }
}

/// Where the record at which a table stands is among the breaks.
fn place_at(cursor: &Cursor) -> Option<[u64; 3]> {
    let (places, _) = cursor.order()?.as_chunks::<8>();
    let [first, kind, number, ..] = *places else {
        return None;
    };
    Some([first, kind, number].map(u64::from_be_bytes))
}
