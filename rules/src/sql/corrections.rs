//! Correcting entries: a table `posting.corrections` of the same book takes records out of
//! `posting` and puts others in. No record of `posting` itself is ever changed.
//!
//! A reversal is a whole record, and takes out all copies of it. A rebooking is a record that is
//! there instead. Every query sees the table as it is corrected.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Field, Schema};
use books::{Book, ReadRequest, Table};
use datafusion::common::{Column, JoinType, NullEquality, Result, plan_err};
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

/// Returns the name of the table that corrects `table`.
pub fn corrections_of(table: &str) -> String {
    format!("{table}{ENDING}")
}

/// Returns the columns of the table that corrects one with these columns.
pub fn corrections_schema(table: &Schema) -> Schema {
    let text = |name| Arc::new(Field::new(name, DataType::Utf8View, true));
    let own = table.fields().iter();
    let own =
        own.filter(|field| ![books::FILE_COLUMN, books::ROW_COLUMN].contains(&&**field.name()));
    let own = own.map(|field| Arc::new(field.as_ref().clone().with_nullable(true)));
    let words = [ENTRY_COLUMN, CAUSE_COLUMN, REASON_COLUMN].map(text);
    Schema::new(own.chain(words).collect::<Vec<_>>())
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
pub(super) fn view(base: BookTable, corrections: BookTable) -> Result<ViewTable> {
    let name = base.table.name().to_owned();
    let schema = datafusion::catalog::TableProvider::schema(&base);
    let is_place = |field: &str| field == super::scan::FILE || field == super::scan::ROW;
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
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
    let own: Vec<Expr> = names
        .iter()
        .map(|name| Expr::Column(Column::from_name(*name)))
        .collect();
    let entries = |which: &str| -> Result<LogicalPlanBuilder> {
        let scan = provider_as_source(Arc::new(corrections.clone()));
        LogicalPlanBuilder::scan(corrections_of(&name), scan, None)?
            .filter(Expr::Column(Column::from_name(ENTRY_COLUMN)).eq(lit(which)))?
            .project(own.clone())
    };
    let compared: Vec<Column> = names
        .iter()
        .filter(|name| !is_place(name))
        .map(|name| Column::from_name(*name))
        .collect();
    let reversed = entries(REVERSAL)?.alias("reversed")?.build()?;
    let kept = LogicalPlanBuilder::scan(name.as_str(), provider_as_source(Arc::new(base)), None)?
        .join_detailed(
            reversed,
            JoinType::LeftAnti,
            (compared.clone(), compared),
            None,
            NullEquality::NullEqualsNull,
        )?
        .project(own.clone())?;
    let plan: LogicalPlan = kept.union(entries(REBOOKING)?.build()?)?.build()?;
    Ok(ViewTable::new(plan, None))
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
