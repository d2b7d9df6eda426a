//! Lets through only records that conditions hold of, before their other columns are read.

use super::counting::{form_of, give};
use super::{Group, Of, Place, own_name};
use arrow_array::{BooleanArray, RecordBatch};
use arrow_buffer::{BooleanBuffer, Buffer};
use books::RowFilter;
use causes::common::{Finder, Heat, Pool};
use footing::Side;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// A filter of a table's records by conditions on its own columns.
pub(super) struct Guard {
    /// Indexes into the table's schema.
    columns: Vec<usize>,
    /// The conditions, and for each column of theirs the place among `columns`.
    finders: Vec<(Finder, Vec<Option<usize>>)>,
    free: Mutex<Vec<Pool>>,
}

impl Guard {
    /// What holds of a record for which any of some groups' heats does. None where conditions are
    /// about what is not a column of the side's one table.
    pub(super) fn new(of: Of<'_>, side: Side, heats: &[(&Group, Heat)]) -> Option<Self> {
        let query = of.agreement.side(side);
        let (which, table) = query.single_table()?;
        let schema = of.session.book(which).table(&table)?.schema();
        let plain = query.plain().ok();
        let output = query.schema();
        let index = |place: &Place| match place {
            Place::Book { column, .. } => schema.index_of(own_name(column)).ok(),
            Place::Compared { column } => {
                let at = output.index_of(column).ok()?;
                plain.as_ref()?.columns.get(at).copied()
            }
        };
        let mut columns = Vec::new();
        let mut finders = Vec::new();
        for (group, heat) in heats {
            let mut places = vec![None; group.columns.places.len()];
            for atom in heat.finder().atoms() {
                let column = index(group.columns.places.get(atom.column.0)?)?;
                let known = columns.iter().position(|known| *known == column);
                places[atom.column.0] = Some(known.unwrap_or_else(|| {
                    columns.push(column);
                    columns.len() - 1
                }));
            }
            finders.push((heat.finder().clone(), places));
        }
        Some(Self {
            columns,
            finders,
            free: Mutex::new(Vec::new()),
        })
    }

    fn pool(&self, batch: &RecordBatch) -> Pool {
        let finders: Vec<_> = self
            .finders
            .iter()
            .map(|(finder, places)| (finder, places.clone()))
            .collect();
        let schema = batch.schema();
        Pool::new(&finders, |place, kind| {
            form_of(schema.field(place).data_type(), kind)
        })
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.columns).finish()
    }
}

impl RowFilter for Guard {
    fn columns(&self) -> &[usize] {
        &self.columns
    }

    fn keep(&self, batch: &RecordBatch) -> Result<BooleanArray, String> {
        let lock = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = lock().pop();
        let mut pool = taken.unwrap_or_else(|| self.pool(batch));
        for column in pool.columns() {
            give(column, batch.column(column.place()));
        }
        let rows = batch.num_rows();
        let words = Buffer::from_vec(pool.any(rows));
        lock().push(pool);
        Ok(BooleanArray::from(BooleanBuffer::new(words, 0, rows)))
    }

    fn may_contain(&self, _: usize, _: &arrow_array::ArrayRef, _: &arrow_array::ArrayRef) -> bool {
        true
    }
}
