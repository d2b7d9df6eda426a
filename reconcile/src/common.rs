//! What the breaks of one cause have in common, held against the whole book.
//!
//! Breaks are grouped by their cause. For each group the conditions that its records share are
//! proposed from the breaks alone; then one pass over the side that they are of counts all records
//! that meet them. Breaks that only the target holds are held against the target where a cause has few
//! others, and are left out elsewhere: all others are held against what the rule gives, with the
//! source records behind it.

mod counting;
mod guard;
mod passes;
mod settle;

pub(crate) use passes::Passes;

use crate::drive::{Worker, drive};
use crate::error::VerifyError;
use crate::explain::kind_of;
use crate::locate::Keeper;
use crate::many::chosen;
use crate::parallel::in_parallel;
use crate::prepare::Agreement;
use crate::rejected::book_of;
use crate::scribe::BREAKS_PER_BLOCK;
use crate::watch::Watch;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{DataType, Schema};
use arrow_select::filter::filter_record_batch;
use causes::common::{Attribute, Attributes, ColumnIndex, Facts, Finder, Proposer, Tally};
use causes::{CauseId, Kind};
use counting::{Asked, Counter};
use footing::{Side, value_text};
use ledger::{Break, CauseStatus, Sides, SmolStr, ToSmolStr, Zone};
use rules::sql::{Lineage, Probe, Run, Session, Which};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// Groups of breaks that are looked into; the largest come first. The report says how many are not.
const GROUPS_MAX: usize = 12;

/// Breaks of one cause that may have something in common; of fewer, nearly anything may be chance, and
/// it would cost a pass over the book to say so.
const BREAKS_MIN: u64 = 4;

/// With fewer records that agree, no condition could say enough against them: then the breaks of other
/// causes are held against a cause's as well.
const AGREEING_MIN: u64 = 64;

/// Records of each chunk that are looked at for what is usual.
const SAMPLED_PER_CHUNK: usize = 512;

/// Records that such a sample has at most.
const SAMPLED_MAX: usize = 65_536;

/// A cause, and how sure it is.
pub(crate) type CauseKey = (CauseStatus, Option<String>);

pub(crate) fn key_of(found: &Break) -> CauseKey {
    (found.cause.status, found.cause.id.clone())
}

/// The key of breaks that may be there for a cause.
pub(crate) fn consistent(cause: CauseId) -> CauseKey {
    (CauseStatus::Consistent, Some(cause.as_str().to_owned()))
}

fn is_of(found: &Break, (status, id): &CauseKey) -> bool {
    (found.cause.status, &found.cause.id) == (*status, id)
}

/// The agreement that is looked into, and the books behind it.
#[derive(Clone, Copy)]
pub(crate) struct Of<'a> {
    pub(crate) agreement: &'a Agreement,
    pub(crate) session: &'a Session,
}

/// Where a value of a column is found in a break and in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// A column of the book's record, by the name that it has as a hidden column.
    Book { table: String, column: String },
    /// A compared column.
    Compared { column: String },
}

impl Place {
    /// What a side's batches call the column.
    fn name(&self) -> &str {
        match self {
            Place::Book { column, .. } | Place::Compared { column } => column,
        }
    }
}

/// The columns of one side that conditions may speak of.
#[derive(Debug, Clone)]
struct Columns {
    side: Side,
    attributes: Vec<Attribute>,
    places: Vec<Place>,
}

/// The scans of a side's own book, in the order of its lineage.
fn scans(agreement: &Agreement, side: Side) -> Vec<&Lineage> {
    let (query, which) = match side {
        Side::Expected => (&agreement.expected, Which::Source),
        Side::Actual => (&agreement.actual, Which::Target),
    };
    let own = query.lineage().iter();
    own.filter(|scan| scan.side == which).collect()
}

/// The column's own name behind a hidden one.
fn own_name(hidden: &str) -> &str {
    hidden.split_once('.').map_or(hidden, |(_, own)| own)
}

impl Columns {
    fn new(of: Of<'_>, side: Side, left_out: &BTreeSet<SmolStr>) -> Self {
        let mut columns = Self {
            side,
            attributes: Vec::new(),
            places: Vec::new(),
        };
        let scans = scans(of.agreement, side);
        let book = book_of(side);
        if side == Side::Expected {
            for scan in &scans {
                let owner = match scans.len() {
                    1 => book.to_owned(),
                    _ => format!("{book}.{}", scan.table),
                };
                columns.add_scan(&owner, scan, of.session);
            }
        }
        // What the rule hands on as it is has been named already, as the book's.
        let known = columns.handed_on(of.agreement);
        for column in of.agreement.layout.columns() {
            let name = column.name.as_str();
            if !left_out.contains(name) && !known.contains(name) {
                let attribute = Attribute::new("target", &column.name, kind_of(column.class));
                let column = column.name.clone();
                columns.push(attribute, Place::Compared { column });
            }
        }
        if let Some(scan) = scans.first() {
            let place = |back: usize| Place::Book {
                table: scan.table.clone(),
                column: scan.columns[scan.columns.len() - back].clone(),
            };
            columns.push(Attribute::file(book), place(2));
            columns.push(Attribute::row(book), place(1));
        }
        columns
    }

    /// The compared columns that are columns of the book's tables that are known already.
    fn handed_on(&self, agreement: &Agreement) -> BTreeSet<String> {
        let is_known = |own: &rules::sql::SourceColumn| {
            let is_of_side = (own.side == Which::Source) == (self.side == Side::Expected);
            let same = self.places.iter().filter(|place| match place {
                Place::Book { table, column } => {
                    *table == own.table && own_name(column) == own.column
                }
                Place::Compared { .. } => false,
            });
            // A table that is read twice has two columns of the name.
            is_of_side && same.count() == 1
        };
        let query = agreement.side(self.side);
        let columns = query.comes_from().into_iter();
        let handed_on = columns.filter(|one| one.same_as.as_ref().is_some_and(is_known));
        handed_on.map(|one| one.column).collect()
    }

    fn add_scan(&mut self, owner: &str, scan: &Lineage, session: &Session) {
        let Some(table) = session.book(scan.side).table(&scan.table) else {
            return;
        };
        let schema = table.schema();
        let data = scan.columns.len().saturating_sub(2);
        for hidden in &scan.columns[..data] {
            let own = own_name(hidden);
            let Ok(field) = schema.field_with_name(own) else {
                continue;
            };
            let attribute = Attribute::new(owner, own, kind_of_type(field.data_type()));
            let place = Place::Book {
                table: scan.table.clone(),
                column: hidden.clone(),
            };
            self.push(attribute, place);
        }
    }

    fn push(&mut self, attribute: Attribute, place: Place) {
        self.attributes.push(attribute);
        self.places.push(place);
    }

    /// The values of these columns in a break's record of this side, which it must have.
    fn of_break(&self, found: &Break) -> Vec<Option<SmolStr>> {
        let (record, book) = match self.side {
            Side::Expected => (&found.expected, &found.source),
            Side::Actual => (&found.actual, &found.target),
        };
        let value = |place: &Place| match place {
            Place::Compared { column } => record.as_ref()?.value(column).cloned(),
            Place::Book { table, column } => {
                let record = book.iter().find(|record| record.table == *table)?;
                match own_name(column) {
                    // In a database there is none, which its column says as an empty text.
                    "_file" => Some(record.file.clone().unwrap_or_default()),
                    "_row" => record.row.map(|row| row.to_smolstr()),
                    own => record.fields.value(own).cloned(),
                }
            }
        };
        self.places.iter().map(value).collect()
    }

    /// Where these columns lie in a side's batches; none where a batch does not have them.
    fn in_batch(&self, schema: &Schema) -> Vec<Option<usize>> {
        let place = |place: &Place| schema.index_of(place.name()).ok();
        self.places.iter().map(place).collect()
    }
}

fn kind_of_type(data_type: &DataType) -> Kind {
    match data_type {
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => Kind::Text,
        DataType::Boolean => Kind::Boolean,
        DataType::Date32 | DataType::Date64 => Kind::Date,
        DataType::Timestamp(..) => Kind::Instant,
        numeric if numeric.is_integer() || numeric.is_decimal() => Kind::Number,
        float if float.is_floating() => Kind::Float,
        _ => Kind::Other,
    }
}

/// The breaks of one cause, and what is proposed for them.
struct Group {
    key: CauseKey,
    columns: Arc<Columns>,
    finder: Finder,
    /// What was counted of a sample of the book.
    sampled: Tally,
}

/// The groups of an agreement's breaks, ready to count.
#[derive(Default)]
pub(crate) struct Groups {
    groups: Arc<[Group]>,
    /// Causes that are not looked into, for there are more than are.
    left_out: usize,
}

/// What was counted of the broken records, for each group.
pub(crate) struct Census {
    /// Of its own breaks.
    own: Vec<Tally>,
    /// Of any breaks, as records of the book.
    any: Vec<Tally>,
}

/// Of one cause, what must be known before its records are looked at.
#[derive(Default)]
struct Shape {
    /// Breaks with records of the expected and of the actual side.
    breaks: [u64; 2],
    differing: BTreeSet<SmolStr>,
}

impl Shape {
    /// The side that the breaks' records are held against: what only the target holds tells
    /// something of the target alone.
    fn side(&self) -> Side {
        match self.breaks[Side::Expected as usize] < BREAKS_MIN {
            true => Side::Actual,
            false => Side::Expected,
        }
    }

    /// The breaks with records of that side.
    fn breaks(&self) -> u64 {
        self.breaks[self.side() as usize]
    }
}

/// How many records of a side a break is about.
fn records_of(copies: Sides, side: Side) -> u64 {
    match side {
        Side::Expected => copies.expected,
        Side::Actual => copies.actual,
    }
}

/// A group on its way: its proposer still takes records.
struct Shaped {
    key: CauseKey,
    columns: Columns,
    proposer: Proposer,
}

impl Shaped {
    /// Offers records of the book but for those that stand where a break's records do, and tells how
    /// many these are.
    fn offer(&mut self, batch: &RecordBatch, broken: &HashSet<PlaceOf>) -> u64 {
        let mut offered = 0;
        let places = self.columns.in_batch(&batch.schema());
        let column = |place: &Option<usize>| Some(Shown::new(batch.column((*place)?)));
        let mut row = Row {
            columns: places.iter().map(column).collect(),
            row: 0,
        };
        for at in 0..batch.num_rows() {
            row.go_to(at);
            if broken.is_empty() || !self.place_of(&row).is_some_and(|one| broken.contains(&one)) {
                self.proposer.offer_unbroken(&row);
                offered += 1;
            }
        }
        offered
    }

    /// Offers the breaks of other causes as records that the conditions should not hold of.
    fn offer_others(&mut self, breaks: &[Break]) {
        let is_other = |found: &&Break| {
            !is_of(found, &self.key) && records_of(found.copies, self.columns.side) > 0
        };
        for found in breaks.iter().filter(is_other) {
            self.proposer.offer_unbroken(&self.columns.of_break(found));
        }
    }

    /// Where a record stands, which the last two columns tell.
    fn place_of(&self, row: &Row<'_>) -> Option<PlaceOf> {
        let last = self.columns.places.len();
        let value = |back: usize| {
            Some(SmolStr::new(
                row.value(ColumnIndex(last.checked_sub(back)?))?,
            ))
        };
        Some((value(2)?, value(1)?))
    }
}

/// File and row of a record.
type PlaceOf = (SmolStr, SmolStr);

/// Records that are, as far as is known, not broken: what is usual.
pub(crate) struct Background {
    /// Batches of the expected and of the actual side, hidden columns behind the others.
    batches: [Vec<RecordBatch>; 2],
    /// Where the records of breaks stand in both books.
    broken: [HashSet<PlaceOf>; 2],
}

impl Background {
    /// Records of the expected side that are known to agree.
    pub(crate) fn of_agreeing(records: RecordBatch) -> Self {
        Self {
            batches: [vec![records], Vec::new()],
            broken: Default::default(),
        }
    }

    /// A few records of each chunk of the sides that groups are held against, without those of the
    /// breaks, which are all there are.
    pub(crate) async fn sample(
        agreement: &Agreement,
        breaks: &[Break],
        watch: &Arc<dyn Watch>,
    ) -> Result<Self, VerifyError> {
        let mut broken: [HashSet<PlaceOf>; 2] = Default::default();
        for found in breaks {
            for (records, own) in [&found.source, &found.target].into_iter().zip(&mut broken) {
                let place = |record: &ledger::SourceRecord| {
                    Some((
                        record.file.clone().unwrap_or_default(),
                        record.row?.to_smolstr(),
                    ))
                };
                own.extend(records.iter().filter_map(place));
            }
        }
        let mut wanted = wanted(breaks);
        wanted.truncate(GROUPS_MAX);
        let mut batches: [Vec<RecordBatch>; 2] = Default::default();
        for side in [Side::Expected, Side::Actual] {
            if wanted.iter().any(|(_, shape)| shape.side() == side) {
                batches[side as usize] = sample(agreement, side, watch).await?;
            }
        }
        Ok(Self { batches, broken })
    }

    /// Without the records that the probes of both sides are after: more are broken than were told.
    pub(crate) fn without(mut self, probes: &[Probe; 2]) -> Result<Self, VerifyError> {
        for (batches, probe) in self.batches.iter_mut().zip(probes) {
            for batch in batches {
                let others = BooleanArray::new(!chosen(probe, batch)?.values(), None);
                *batch = filter_record_batch(batch, &others)?;
            }
        }
        Ok(self)
    }
}

/// The causes that may be looked into, the most frequent first.
fn wanted(breaks: &[Break]) -> Vec<(CauseKey, Shape)> {
    let mut shapes: BTreeMap<CauseKey, Shape> = BTreeMap::new();
    for found in breaks {
        let shape = shapes.entry(key_of(found)).or_default();
        for side in [Side::Expected, Side::Actual] {
            shape.breaks[side as usize] += u64::from(records_of(found.copies, side) > 0);
        }
        let new = found.fields.iter().map(|field| &field.name);
        let new: Vec<&SmolStr> = new
            .filter(|name| !shape.differing.contains(*name))
            .collect();
        shape.differing.extend(new.into_iter().cloned());
    }
    let mut wanted: Vec<(CauseKey, Shape)> = shapes
        .into_iter()
        .filter(|(_, shape)| shape.breaks() >= BREAKS_MIN)
        .collect();
    wanted.sort_by_key(|(_, shape)| std::cmp::Reverse(shape.breaks()));
    wanted
}

/// Says that some causes were not looked into, where so many were not.
fn not_looked_into(left_out: usize) -> Option<String> {
    let others = match left_out {
        0 => return None,
        1 => "1 other".to_owned(),
        _ => format!("{left_out} others"),
    };
    Some(format!(
        "what breaks have in common was looked for of the {GROUPS_MAX} causes with the most breaks, \
         and not of {others}"
    ))
}

/// The groups of some causes, each with its own breaks offered.
fn shaped(
    of: Of<'_>,
    zone: &Zone,
    wanted: Vec<(CauseKey, Shape)>,
    breaks: &[Break],
    threads: usize,
) -> Vec<Shaped> {
    let part = breaks.len().div_ceil(threads.max(1)).max(BREAKS_PER_BLOCK);
    let shape = |(key, shape): (CauseKey, Shape)| {
        let columns = Columns::new(of, shape.side(), &shape.differing);
        let attributes = Attributes::new(columns.attributes.clone(), zone.clone());
        let is_own =
            |found: &&Break| is_of(found, &key) && records_of(found.copies, columns.side) > 0;
        let offer = |breaks: &[Break]| {
            let mut proposer = Proposer::new(attributes.clone());
            for found in breaks.iter().filter(is_own) {
                proposer.offer_broken(&columns.of_break(found));
            }
            proposer
        };
        let mut offered = in_parallel(breaks.chunks(part), &offer).into_iter();
        let first = offered.next();
        let mut proposer = first.unwrap_or_else(|| Proposer::new(attributes.clone()));
        offered.for_each(|other| proposer.merge(other));
        Shaped {
            key,
            columns,
            proposer,
        }
    };
    wanted.into_iter().map(shape).collect()
}

/// A few records of each chunk of a side, with the records of the books behind them.
async fn sample(
    agreement: &Agreement,
    side: Side,
    watch: &Arc<dyn Watch>,
) -> Result<Vec<RecordBatch>, VerifyError> {
    let query = agreement.side(side);
    let mut run = Run::new(1);
    run.lineage = true;
    run.batch_rows = SAMPLED_PER_CHUNK;
    run.rows_per_chunk = Some(SAMPLED_PER_CHUNK as u64);
    let mut batches = Vec::new();
    for keeper in drive(query, &run, watch, Keeper::default).await? {
        batches.extend(keeper.batches);
    }
    // Batches come in the order in which chunks were drawn, by one thread.
    let mut left = SAMPLED_MAX;
    batches.retain(|batch| {
        let is_wanted = left > 0;
        left = left.saturating_sub(batch.num_rows());
        is_wanted
    });
    Ok(batches)
}

impl Groups {
    /// Groups breaks by cause, and proposes conditions from them and from what is usual.
    pub(crate) fn propose(
        of: Of<'_>,
        zone: &Zone,
        breaks: &[Break],
        background: &Background,
        threads: usize,
    ) -> Result<Self, VerifyError> {
        let finish = |mut shaped: Shaped| {
            let side = shaped.columns.side as usize;
            let batches = background.batches[side].iter();
            let offered = batches.map(|batch| shaped.offer(batch, &background.broken[side]));
            if offered.sum::<u64>() < AGREEING_MIN {
                shaped.offer_others(breaks);
            }
            let finder = shaped.proposer.finish();
            Group {
                key: shaped.key,
                columns: Arc::new(shaped.columns),
                sampled: finder.tally(),
                finder,
            }
        };
        let mut wanted = wanted(breaks);
        let left_out = wanted.len().saturating_sub(GROUPS_MAX);
        wanted.truncate(GROUPS_MAX);
        let mut waiting = shaped(of, zone, wanted, breaks, threads).into_iter();
        let mut groups = Vec::new();
        while waiting.len() > 0 {
            groups.extend(in_parallel(waiting.by_ref().take(threads.max(1)), &finish));
        }
        // Where the sample leaves no condition open, there is nothing to count.
        groups.retain(|group| !group.finder.atoms().is_empty());
        for side in [Side::Expected, Side::Actual] {
            let sample = background.batches[side as usize].iter().cloned();
            for (place, sampled) in count(&groups, side, sample)? {
                groups[place].sampled = sampled;
            }
        }
        Ok(Self {
            groups: groups.into(),
            left_out,
        })
    }

    /// What is to be said of causes that were not looked into.
    pub(crate) fn not_looked_into(&self) -> Option<String> {
        not_looked_into(self.left_out)
    }

    pub(crate) fn nothing_counted(&self) -> Census {
        Census {
            own: self.nothing_of_own(),
            any: self.nothing_of_own(),
        }
    }

    /// Nothing counted of the groups' own breaks.
    fn nothing_of_own(&self) -> Vec<Tally> {
        let nothing = self.groups.iter().map(|group| group.finder.tally());
        nothing.collect()
    }

    /// The sides that breaks are held against.
    pub(crate) fn sides(&self) -> BTreeSet<Side> {
        self.groups.iter().map(|group| group.columns.side).collect()
    }

    /// Counts the broken records of a side, whatever the causes of their breaks.
    pub(crate) fn count_broken(
        &self,
        side: Side,
        records: RecordBatch,
        counts: &mut Census,
    ) -> Result<(), VerifyError> {
        for (place, tally) in count(&self.groups, side, [records])? {
            counts.any[place].merge(&tally);
        }
        Ok(())
    }

    /// Counts breaks, each for the group of its own cause.
    pub(crate) fn count_breaks(&self, breaks: &[Break]) -> Vec<Tally> {
        let mut own = self.nothing_of_own();
        for (group, tally) in self.groups.iter().zip(&mut own) {
            let mut masker = group.finder.masker();
            let side = group.columns.side;
            let is_own =
                |found: &&Break| is_of(found, &group.key) && records_of(found.copies, side) > 0;
            for found in breaks.iter().filter(is_own) {
                tally.add_broken(masker.mask(&group.columns.of_break(found)));
            }
        }
        own
    }
}

impl Census {
    /// Adds what was counted of some breaks, each for the group of its own cause.
    pub(crate) fn add(&mut self, own: &[Tally]) {
        let tallies = self.own.iter_mut().zip(own);
        tallies.for_each(|(all, more)| all.merge(more));
    }
}

/// Counts, for each group of a side, by its place, what its conditions hold of in some records.
fn count(
    groups: &[Group],
    side: Side,
    batches: impl IntoIterator<Item = RecordBatch>,
) -> Result<Vec<(usize, Tally)>, VerifyError> {
    let asked = of_side(groups, side).map(|(_, group)| Asked {
        columns: Arc::clone(&group.columns),
        finder: group.finder.clone(),
    });
    let mut counter = Counter::new(&asked.collect());
    for batch in batches {
        counter.take(batch)?;
    }
    let nothing = of_side(groups, side).map(|(place, group)| (place, group.finder.tally()));
    let mut counted: Vec<(usize, Tally)> = nothing.collect();
    for tallies in counter.into_tallies() {
        let pairs = counted.iter_mut().zip(tallies);
        pairs.for_each(|((_, all), tally)| all.merge(&tally));
    }
    Ok(counted)
}

/// The groups of one side.
fn of_side(groups: &[Group], side: Side) -> impl Iterator<Item = (usize, &Group)> {
    let numbered = groups.iter().enumerate();
    numbered.filter(move |(_, group)| group.columns.side == side)
}

/// A column whose values are looked at as text.
struct Shown<'a> {
    array: &'a ArrayRef,
    is_view: bool,
    /// The value of the row at hand, where the array holds no text.
    text: Option<String>,
}

impl<'a> Shown<'a> {
    fn new(array: &'a ArrayRef) -> Self {
        Self {
            is_view: *array.data_type() == DataType::Utf8View,
            array,
            text: None,
        }
    }
}

/// One row of a batch.
struct Row<'a> {
    columns: Vec<Option<Shown<'a>>>,
    row: usize,
}

impl Row<'_> {
    fn go_to(&mut self, row: usize) {
        self.row = row;
        for shown in self.columns.iter_mut().flatten().filter(|one| !one.is_view) {
            shown.text = value_text(shown.array, row, None);
        }
    }
}

impl Facts for Row<'_> {
    fn value(&self, column: ColumnIndex) -> Option<&str> {
        let shown = self.columns.get(column.0)?.as_ref()?;
        match shown.is_view {
            true if shown.array.is_null(self.row) => None,
            true => Some(shown.array.as_string_view().value(self.row)),
            false => shown.text.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::{BreakKind, CauseFound, Record};

    fn of_cause(id: &str) -> Break {
        Break {
            agreement: SmolStr::default(),
            kind: BreakKind::Differs,
            key: Record::default(),
            copies: Sides {
                expected: 1,
                actual: 1,
            },
            expected: None,
            actual: None,
            fields: Vec::new(),
            difference: Vec::new(),
            source: Vec::new(),
            cause: CauseFound {
                id: Some(id.to_owned()),
                status: CauseStatus::Consistent,
                ..CauseFound::default()
            },
            target: Vec::new(),
            alternatives: 0,
        }
    }

    #[test]
    fn the_causes_of_the_most_breaks_are_looked_into_and_the_others_are_counted() {
        let causes = (0..GROUPS_MAX + 2).map(|at| (format!("B{at}"), 4 + at));
        let few = [("A1".to_owned(), 3)];
        let breaks = causes
            .chain(few)
            .flat_map(|(id, count)| std::iter::repeat_n(of_cause(&id), count));
        let wanted = wanted(&breaks.collect::<Vec<_>>());
        let ids: Vec<Option<&str>> = wanted.iter().map(|((_, id), _)| id.as_deref()).collect();
        // Of three breaks nothing is looked for.
        assert_eq!(ids.len(), GROUPS_MAX + 2);
        assert_eq!((ids[0], ids[13]), (Some("B13"), Some("B0")));
    }

    #[test]
    fn only_causes_that_were_left_out_are_spoken_of() {
        let said = |left_out| not_looked_into(left_out).unwrap_or_default();
        assert_eq!(said(0), "");
        assert_eq!(
            said(1),
            "what breaks have in common was looked for of the 12 causes with the most breaks, and \
             not of 1 other"
        );
        assert!(said(3).ends_with("and not of 3 others"));
    }
}
