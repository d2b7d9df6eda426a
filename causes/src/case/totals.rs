//! Which amounts of a record are totals: the source shows lines that add up to them.

use std::collections::BTreeMap;

use ledger::{Break, Decimal, SourceRecord};

use super::{Field, Lines};
use crate::naming::TOTAL;
use crate::number;

/// Number of lines up to which they are added up.
const LINES_MAX: usize = 4_096;

/// Finds the lines of each differing amount that is a total of some.
pub(super) fn find<'a>(found: &'a Break, fields: &[Field<'a>]) -> Vec<(u64, Lines<'a>)> {
    if found.source.len() > LINES_MAX {
        return Vec::new();
    }
    let mut tables: BTreeMap<&str, Vec<&SourceRecord>> = BTreeMap::new();
    for record in &found.source {
        tables.entry(&record.table).or_default().push(record);
    }
    let of_field = |field: &Field<'a>| {
        let expected = field.numbers?.expected;
        let mut columns = tables
            .iter()
            .filter(|(_, records)| records.len() > 1 || field.is_named(TOTAL))
            .flat_map(|(table, records)| columns(table, records));
        let lines = columns.find(|lines| is_sum(lines, expected))?;
        Some((field.bit, lines))
    };
    fields.iter().filter_map(of_field).collect()
}

/// The columns of a table's records that hold a number in each of them.
fn columns<'a>(
    table: &'a str,
    records: &[&'a SourceRecord],
) -> impl Iterator<Item = Lines<'a>> + use<'a> {
    let names = records.first().map(|record| &record.fields.0);
    let records = records.to_vec();
    names.into_iter().flatten().filter_map(move |(column, _)| {
        let value = |record: &&SourceRecord| number::read(record.fields.get(column).flatten()?);
        let amounts = records.iter().map(value).collect::<Option<Vec<_>>>()?;
        Some(Lines {
            table,
            column,
            amounts,
        })
    })
}

fn is_sum(lines: &Lines<'_>, total: Decimal) -> bool {
    let mut amounts = lines.amounts.iter();
    let sum = amounts.try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(*amount));
    sum == Some(total)
}
