//! Correcting entries: a table `posting.corrections` of the same book takes records out of
//! `posting` and puts others in. No record of `posting` itself is ever changed.
//!
//! A reversal is a whole record, and takes out all copies of it. A rebooking is a record that is
//! there instead. Every query sees the table as it is corrected.
//!
//! Entries are few and tables are large: a chunk of a file that no entry is of is read as it is, and
//! only the others are held against the entries, record by record.

use std::cmp::Reverse;
use std::sync::{Arc, OnceLock};
use std::thread;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_row::{OwnedRow, RowConverter, SortField};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use books::{Book, Chunk, RangeTest, ReadRequest, Table};
use datafusion::common::{Column, JoinType, NullEquality, Result, TableReference, plan_err};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};

use super::error::RunError;
use super::scan::BookTable;
use super::session::{Session, Which};

/// The column of a table of corrections that says what a record is.
pub const ENTRY_COLUMN: &str = "_entry";
/// What [`ENTRY_COLUMN`] says of a record that is taken out.
pub const REVERSAL: &str = "REVERSAL";
/// What [`ENTRY_COLUMN`] says of a record that is put in.
pub const REBOOKING: &str = "REBOOKING";
/// The column that names the cause of the break that is corrected.
pub const CAUSE_COLUMN: &str = "_cause";
/// The column that says why it is corrected.
pub const REASON_COLUMN: &str = "_reason";

const ENDING: &str = ".corrections";

/// With more reversals than this, all of a table is held against them.
const HELD_MAX: usize = 100_000;

/// Returns the name of the table that corrects `table`.
pub fn corrections_of(table: &str) -> String {
    format!("{table}{ENDING}")
}

/// Returns the columns of the table that corrects one with these columns.
pub fn corrections_schema(table: &Schema) -> Schema {
    let text = |name| Arc::new(Field::new(name, DataType::Utf8View, true));
    let own = table.fields().iter();
    let own = own.filter(|field| !is_place(field));
    let own = own.map(|field| Arc::new(field.as_ref().clone().with_nullable(true)));
    let words = [ENTRY_COLUMN, CAUSE_COLUMN, REASON_COLUMN].map(text);
    Schema::new(own.chain(words).collect::<Vec<_>>())
}

/// Whether a column says where a record stands.
fn is_place(field: &Field) -> bool {
    [books::FILE_COLUMN, books::ROW_COLUMN].contains(&field.name().as_str())
}

/// How many records a table of corrections takes out and puts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Corrected {
    /// Records that are taken out.
    pub reversals: u64,
    /// Records that are put in.
    pub rebookings: u64,
}

/// The table that corrects one of this name, where the book has one.
pub(super) fn beside<'a>(book: &'a Book, table: &str) -> Option<&'a Arc<Table>> {
    book.table(&corrections_of(table))
}

/// A table with its corrections, for queries; with `_file` and `_row` where `base` offers them.
pub(super) fn view(
    base: BookTable,
    corrections: BookTable,
    parts: &Arc<Parts>,
) -> Result<ViewTable> {
    let name = base.table.name().to_owned();
    let schema = datafusion::catalog::TableProvider::schema(&base);
    let column = |field: &Arc<Field>| Column::from_name(field.name());
    let lacks = corrections_schema(&schema)
        .fields()
        .iter()
        .find(|field| {
            let there = datafusion::catalog::TableProvider::schema(&corrections);
            there
                .field_with_name(field.name())
                .map(Field::data_type)
                .ok()
                != Some(field.data_type())
        })
        .cloned();
    if let Some(field) = lacks {
        return plan_err!(
            "the corrections of `{name}` have no column `{}` of type {}",
            field.name(),
            field.data_type()
        );
    }
    let own = schema.fields().iter().map(column).map(Expr::Column);
    let own: Vec<Expr> = own.collect();
    let entries = |which: &str| -> Result<LogicalPlanBuilder> {
        let scan = provider_as_source(Arc::new(corrections.clone()));
        LogicalPlanBuilder::scan(corrections_of(&name), scan, None)?
            .filter(Expr::Column(Column::from_name(ENTRY_COLUMN)).eq(lit(which)))?
            .project(own.clone())
    };
    let compared = schema.fields().iter().filter(|field| !is_place(field));
    let compared: Vec<Column> = compared.map(column).collect();
    let scan = |name: TableReference, table: BookTable| {
        LogicalPlanBuilder::scan(name, provider_as_source(Arc::new(table)), None)
    };
    let reversed = entries(REVERSAL)?.alias("reversed")?.build()?;
    let rebooked = entries(REBOOKING)?.build()?;
    let untouched = base.of(parts, Half::Untouched);
    let held = scan(
        TableReference::bare(name.as_str()),
        base.of(parts, Half::Touched),
    )?
    .join_detailed(
        reversed,
        JoinType::LeftAnti,
        (compared.clone(), compared),
        None,
        NullEquality::NullEqualsNull,
    )?
    .project(own.clone())?;
    let plan: LogicalPlan = scan(TableReference::bare("untouched"), untouched)?
        .project(own)?
        .union(held.build()?)?
        .union(rebooked)?
        .build()?;
    Ok(ViewTable::new(plan, None))
}

/// What reversals touch of a table, and what they do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Untouched,
    Touched,
}

/// The chunks of a table by halves: found when a query first reads it, and then known to all.
#[derive(Debug)]
pub(super) struct Parts {
    table: Arc<Table>,
    corrections: Arc<Table>,
    threads: usize,
    found: OnceLock<[Vec<Chunk>; 2]>,
}

impl Parts {
    pub(super) fn new(table: &Arc<Table>, corrections: &Arc<Table>, threads: usize) -> Self {
        Self {
            table: Arc::clone(table),
            corrections: Arc::clone(corrections),
            threads: threads.max(1),
            found: OnceLock::new(),
        }
    }

    /// The table of the entries.
    pub(super) fn corrections(&self) -> &Arc<Table> {
        &self.corrections
    }

    pub(super) fn chunks(&self, half: Half) -> Vec<Chunk> {
        self.found.get_or_init(|| self.find())[half as usize].clone()
    }

    fn find(&self) -> [Vec<Chunk>; 2] {
        let chunks = self.table.chunks();
        // Of a text, or of a server's records, one column costs about as much as all.
        let is_worth_it = self.table.moment().is_none() && self.table.gives_columns_apart();
        let ranges = is_worth_it.then(|| Ranges::of(&self.table, &self.corrections));
        // What is wrong with the entries is said when they are read for a query.
        let Some(ranges) = ranges.flatten() else {
            return [Vec::new(), chunks];
        };
        let is_touched = |chunk: &Chunk| {
            self.table.may_hold(chunk, &ranges.columns, &ranges) && ranges.holds(&self.table, chunk)
        };
        let share = chunks.len().div_ceil(self.threads).max(1);
        let touched: Vec<bool> = thread::scope(|scope| {
            let judge = |own: &[Chunk]| own.iter().map(is_touched).collect::<Vec<_>>();
            let shares = chunks.chunks(share);
            let working: Vec<_> = shares.map(|own| scope.spawn(move || judge(own))).collect();
            let done = working.into_iter().zip(chunks.chunks(share));
            // What could not be judged is held against the entries.
            done.flat_map(|(judged, own)| judged.join().unwrap_or_else(|_| vec![true; own.len()]))
                .collect()
        });
        let half = |is_touched| {
            let own = chunks.iter().zip(&touched);
            let own = own.filter(|(_, touched)| **touched == is_touched);
            own.map(|(chunk, _)| chunk.clone()).collect()
        };
        [half(false), half(true)]
    }
}

/// The values of reversed records in each column of the table, in order.
#[derive(Debug)]
struct Ranges {
    /// As indexes into the table's schema.
    columns: Vec<usize>,
    values: Vec<Values>,
}

#[derive(Debug)]
struct Values {
    data_type: DataType,
    converter: RowConverter,
    sorted: Vec<OwnedRow>,
}

impl Ranges {
    /// None where there are too many to be held, or they cannot be read.
    fn of(table: &Table, corrections: &Table) -> Option<Self> {
        let (schema, entries) = (table.schema(), corrections.schema());
        let mut asked = vec![entries.index_of(ENTRY_COLUMN).ok()?];
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for (column, field) in schema.fields().iter().enumerate() {
            if is_place(field) || field.data_type().is_nested() {
                continue;
            }
            asked.push(entries.index_of(field.name()).ok()?);
            columns.push(column);
            values.push(Values::of(field.data_type()).ok()?);
        }
        let mut count = 0;
        for chunk in corrections.chunks() {
            let request = ReadRequest::new(asked.clone());
            for batch in corrections.read(&chunk, &request).ok()? {
                let batch = reversals(&batch.ok()?).ok()?;
                count += batch.num_rows();
                if count > HELD_MAX {
                    return None;
                }
                for (values, array) in values.iter_mut().zip(&batch.columns()[1..]) {
                    values.add(array).ok()?;
                }
            }
        }
        values.iter_mut().for_each(Values::sort);
        Some(Self { columns, values })
    }

    /// Whether a chunk has a record that is a reversed one in the column that tells most of them
    /// apart; what cannot be read may have.
    fn holds(&self, table: &Table, chunk: &Chunk) -> bool {
        let values = self.columns.iter().zip(&self.values).enumerate();
        let telling = values.max_by_key(|(at, (_, values))| (values.sorted.len(), Reverse(*at)));
        let Some((_, (column, values))) = telling else {
            return true;
        };
        let Ok(batches) = table.read(chunk, &ReadRequest::new(vec![*column])) else {
            return true;
        };
        let mut batches = batches.into_iter();
        batches.any(|batch| {
            let rows = batch.map(|batch| values.holds_one_of(batch.column(0)));
            !matches!(rows, Ok(Ok(false)))
        })
    }
}

/// The entries of a batch that take records out. Its first column says which they are.
fn reversals(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let entries = batch.column(0).as_string_view();
    let is_reversal = entries.iter().map(|entry| Some(entry == Some(REVERSAL)));
    arrow_select::filter::filter_record_batch(batch, &is_reversal.collect())
}

impl RangeTest for Ranges {
    fn may_contain(&self, column: usize, min: &ArrayRef, max: &ArrayRef) -> bool {
        let own = self.columns.iter().position(|own| *own == column);
        own.is_none_or(|own| self.values[own].may_lie_in(min, max))
    }
}

impl Values {
    fn of(data_type: &DataType) -> Result<Self, ArrowError> {
        Ok(Self {
            data_type: data_type.clone(),
            converter: RowConverter::new(vec![SortField::new(data_type.clone())])?,
            sorted: Vec::new(),
        })
    }

    fn add(&mut self, array: &ArrayRef) -> Result<(), ArrowError> {
        let rows = self.converter.convert_columns(&[Arc::clone(array)])?;
        self.sorted.extend(rows.iter().map(|row| row.owned()));
        Ok(())
    }

    fn sort(&mut self) {
        self.sorted.sort_unstable();
        self.sorted.dedup();
    }

    fn holds_one_of(&self, array: &ArrayRef) -> Result<bool, ArrowError> {
        let rows = self.converter.convert_columns(&[Arc::clone(array)])?;
        Ok(rows.iter().any(|row| {
            let found = self.sorted.binary_search_by(|value| value.row().cmp(&row));
            found.is_ok()
        }))
    }

    fn may_lie_in(&self, min: &ArrayRef, max: &ArrayRef) -> bool {
        // A file may hold text of another layout than its table is read as.
        let row = |array: &ArrayRef| {
            let array = cast(array, &self.data_type).ok()?;
            let is_known = array.len() == 1 && array.null_count() == 0;
            let rows = self.converter.convert_columns(&[array]).ok()?;
            is_known.then(|| rows.row(0).owned())
        };
        let (Some(min), Some(max)) = (row(min), row(max)) else {
            return true;
        };
        let first = self.sorted.partition_point(|value| *value < min);
        self.sorted.get(first).is_some_and(|value| *value <= max)
    }
}

impl Session {
    /// Returns how a table of the target is corrected; `None` where nothing corrects it.
    ///
    /// # Errors
    /// When the corrections cannot be read.
    pub fn corrected(&self, table: &str) -> Result<Option<Corrected>, RunError> {
        let Some(corrections) = beside(self.book(Which::Target), table) else {
            return Ok(None);
        };
        let internal = |error: arrow_schema::ArrowError| RunError::Internal(error.to_string());
        let entry = corrections
            .schema()
            .index_of(ENTRY_COLUMN)
            .map_err(internal)?;
        let mut corrected = Corrected::default();
        for chunk in corrections.chunks() {
            let request = ReadRequest::new(vec![entry]);
            for batch in corrections.read(&chunk, &request).map_err(RunError::Read)? {
                let batch = batch.map_err(RunError::Read)?;
                for entry in batch.column(0).as_string_view().iter().flatten() {
                    match entry {
                        REVERSAL => corrected.reversals += 1,
                        _ => corrected.rebookings += 1,
                    }
                }
            }
        }
        Ok(Some(corrected))
    }
}
