//! Small tables that a rule looks figures up in, with what they hold.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use arrow_select::concat::concat_batches;
use books::{ReadError, ReadRequest, Table};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, ScalarValue, TableReference};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::logical_plan::TableScan;

use super::given::GivenTable;
use crate::sql::carry::{Strays, TableName, name_of, table_of};
use crate::sql::scan::{BookTable, FILE, ROW};
use crate::sql::side::Side;

/// Bytes of a table's files at most: what is larger is no table of rates.
const BYTES_MAX: u64 = 64 << 10;

/// Values of a column at most: a reading is tried with each of them.
const VALUES_MAX: usize = 40;

/// The tables of a plan that values are looked up in, by the names that the plan calls them.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    tables: BTreeMap<TableReference, Lookup>,
}

/// What one table holds: the values of each column, each once, in the order of the table. A
/// column with too many has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Lookup {
    columns: BTreeMap<String, Vec<ScalarValue>>,
}

impl Lookups {
    /// Reads the small tables beside the one that the rule works on record by record.
    ///
    /// A table that cannot be read is left out: the run itself tells of that.
    pub(super) fn of(side: &Side) -> Self {
        let main = table_of(side, &GivenTable::stand, Strays::Told)
            .ok()
            .flatten();
        let main = main.map(|(name, _)| name);
        let mut lookups = Self::default();
        let mut read: BTreeMap<TableName, Option<Lookup>> = BTreeMap::new();
        let mut ambiguous = Vec::new();
        let walked = side.written().apply_with_subqueries(|node| {
            let Some((called, scan)) = named_scan(node) else {
                return Ok(TreeNodeRecursion::Continue);
            };
            let provider = source_as_provider(&scan.source)?;
            let Some(book) = provider.downcast_ref::<BookTable>() else {
                return Ok(TreeNodeRecursion::Continue);
            };
            let name = name_of(book);
            if Some(&name) == main.as_ref() {
                return Ok(TreeNodeRecursion::Continue);
            }
            let lookup = read
                .entry(name)
                .or_insert_with(|| Lookup::read(&book.table));
            if let Some(lookup) = lookup {
                let known = lookups.tables.insert(called.clone(), lookup.clone());
                if known.is_some_and(|known| known != *lookup) {
                    ambiguous.push(called.clone());
                }
            }
            Ok(TreeNodeRecursion::Continue)
        });
        if walked.is_err() || main.is_none() {
            return Self::default();
        }
        // A name that stands for two tables is no way to find one.
        for called in ambiguous {
            lookups.tables.remove(&called);
        }
        lookups
    }

    /// Whether a column belongs to a table that is looked up in.
    pub(super) fn has(&self, column: &Column) -> bool {
        let table = column.relation.as_ref();
        table.is_some_and(|table| self.tables.contains_key(table))
    }

    /// The values that a column has in the rows of its table.
    pub(super) fn values(&self, column: &Column) -> &[ScalarValue] {
        let table = column.relation.as_ref();
        let lookup = table.and_then(|table| self.tables.get(table));
        let values = lookup.and_then(|lookup| lookup.columns.get(&column.name));
        values.map_or(&[], Vec::as_slice)
    }
}

/// A scan with the name that its columns go by.
fn named_scan(node: &LogicalPlan) -> Option<(&TableReference, &TableScan)> {
    match node {
        LogicalPlan::TableScan(scan) => Some((&scan.table_name, scan)),
        LogicalPlan::SubqueryAlias(alias) => match alias.input.as_ref() {
            LogicalPlan::TableScan(scan) => Some((&alias.alias, scan)),
            _ => None,
        },
        _ => None,
    }
}

impl Lookup {
    fn read(table: &Table) -> Option<Self> {
        let chunks = table.chunks();
        let bytes: u64 = chunks.iter().map(|chunk| chunk.bytes).sum();
        if bytes > BYTES_MAX {
            return None;
        }
        let rows = whole(table).ok().flatten()?;
        let mut columns = BTreeMap::new();
        for (at, field) in rows.schema().fields().iter().enumerate() {
            let mut values: Vec<ScalarValue> = Vec::new();
            for row in 0..rows.num_rows() {
                let value = ScalarValue::try_from_array(rows.column(at), row).ok()?;
                if !value.is_null() && !values.contains(&value) {
                    values.push(value);
                }
                if values.len() > VALUES_MAX {
                    values.clear();
                    break;
                }
            }
            columns.insert(field.name().clone(), values);
        }
        Some(Self { columns })
    }
}

/// All rows of a table, without their places; none where it has none.
fn whole(table: &Table) -> Result<Option<RecordBatch>, ReadError> {
    let schema = table.schema();
    let is_own = |at: &usize| !matches!(schema.field(*at).name().as_str(), FILE | ROW);
    let request = ReadRequest::new((0..schema.fields().len()).filter(is_own).collect());
    let mut batches = Vec::new();
    for chunk in table.chunks() {
        for batch in table.read(&chunk, &request)? {
            batches.push(batch?);
        }
    }
    let first = batches.first().map(RecordBatch::schema);
    Ok(first.and_then(|schema| concat_batches(&schema, &batches).ok()))
}
