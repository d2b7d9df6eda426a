//! What a server leaves out by a condition, held against what is left out here.

use arrow_array::{Array, BooleanArray, RecordBatch, Scalar};
use arrow_ord::cmp;
use databases::{Comparison, Condition, Database};
use std::sync::Arc;

/// Compares every column of a table with every value in it, there and here; gives the names of the
/// columns that a server was asked about. Records of some numbers may come whatever is asked.
pub(crate) fn asked_everywhere(database: &Database, table: usize, always: &[usize]) -> Vec<String> {
    let columns: Vec<usize> = (0..database.tables()[table].columns.len())
        .filter(|at| database.tables()[table].columns[*at].is_readable())
        .collect();
    let range = database.cut(table, 1_000_000).expect("it is cut").remove(0);
    let read = database.read(table, &range, &columns, 1_000_000);
    let all: Vec<RecordBatch> = read.collect::<Result<_, _>>().expect("it is read");
    let [all] = all.as_slice() else {
        panic!("{} batches", all.len());
    };
    let mut asked = Vec::new();
    for (column, values) in columns.iter().zip(all.columns()) {
        let name = &database.tables()[table].columns[*column].name;
        for row in (0..all.num_rows()).filter(|row| values.is_valid(*row)) {
            let value = values.slice(row, 1);
            let one = Scalar::new(Arc::clone(&value));
            for by in [
                Comparison::Equal,
                Comparison::NotEqual,
                Comparison::Less,
                Comparison::LessOrEqual,
                Comparison::Greater,
                Comparison::GreaterOrEqual,
            ] {
                let condition = Condition::Compares {
                    column: *column,
                    by,
                    with: Arc::clone(&value),
                };
                let Some(mut there) = chosen(database, table, &condition) else {
                    continue;
                };
                let here = match by {
                    Comparison::Equal => cmp::eq(values, &one),
                    Comparison::NotEqual => cmp::neq(values, &one),
                    Comparison::Less => cmp::lt(values, &one),
                    Comparison::LessOrEqual => cmp::lt_eq(values, &one),
                    Comparison::Greater => cmp::gt(values, &one),
                    Comparison::GreaterOrEqual => cmp::gt_eq(values, &one),
                };
                let here: BooleanArray = here.expect("they can be compared");
                let here: Vec<usize> = (0..all.num_rows())
                    .filter(|row| here.is_valid(*row) && here.value(*row))
                    .map(|row| row + 1)
                    .collect();
                there.retain(|number| here.contains(number) || !always.contains(number));
                assert_eq!(there, here, "{name} {by:?} {value:?}");
                if !asked.contains(name) {
                    asked.push(name.clone());
                }
            }
        }
    }
    asked
}

/// The numbers of the records that a server picks out, from 1; none where it is not asked.
pub(crate) fn chosen(
    database: &Database,
    table: usize,
    condition: &Condition,
) -> Option<Vec<usize>> {
    let part = Arc::new(database.part_of(table, condition)?);
    let range = database.cut(table, 1_000_000).expect("it is cut").remove(0);
    let read = database.read_part(table, &range, &[], &part, true, 1_000);
    let mut numbers = Vec::new();
    for batch in read {
        let batch = batch.expect("it is read");
        let column = batch.column(0).as_any();
        let column: &arrow_array::Int64Array = column.downcast_ref().expect("numbers");
        numbers.extend(column.values().iter().map(|number| *number as usize));
    }
    // Unless their numbers are wanted the condition is asked of the columns themselves, where a server
    // may go by an index.
    let key = &database.tables()[table].key;
    let plain = database.read_part(table, &range, key, &part, false, 1_000);
    let plain = plain.map(|batch| batch.expect("it is read").num_rows());
    assert_eq!(plain.sum::<usize>(), numbers.len(), "{condition:?}");
    Some(numbers)
}
