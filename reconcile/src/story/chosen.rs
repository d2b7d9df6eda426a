//! The records that are asked for, as a test that travels down to the scan.

use crate::rows::{common, common_type, text};
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_row::{RowConverter, SortField};
use arrow_schema::ArrowError;
use footing::{Class, Layout, Side};
use hashbrown::HashSet;
use ledger::Record;
use rules::sql::{KeyTest, Probe};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// One row of values in Arrow's row format.
type Encoded = Vec<u8>;

/// Keeps the records that have one of some rows of values in some compared columns.
pub(crate) struct Chosen {
    columns: Vec<Chose>,
    whole: RowConverter,
    wanted: HashSet<Encoded>,
    /// The rows just below and above the one that is wanted, as far as they were seen.
    near: Mutex<Near>,
    /// The same of each column alone, where there are several.
    alone: Vec<Arc<Self>>,
}

/// One column of the choice.
struct Chose {
    name: String,
    class: Class,
    index: [usize; 2],
    own: RowConverter,
    /// The wanted values in order; none where no range tells whether one is in it.
    sorted: Option<Vec<Encoded>>,
}

#[derive(Default)]
struct Near {
    below: Option<Encoded>,
    above: Option<Encoded>,
}

impl Chosen {
    /// Wants the rows of `arrays`, one for each column, each in the type that both sides have in
    /// common.
    pub(crate) fn new(
        layout: &Layout,
        columns: &[usize],
        arrays: &[ArrayRef],
    ) -> Result<Self, ArrowError> {
        let fields = columns.iter().map(|at| {
            let class = layout.columns()[*at].class;
            SortField::new(common_type(class))
        });
        let whole = RowConverter::new(fields.collect())?;
        let rows = whole.convert_columns(arrays)?;
        let wanted = rows.iter().map(|row| row.data().to_vec()).collect();
        let own = columns.iter().zip(arrays);
        let own = own.map(|(at, array)| Chose::new(&layout.columns()[*at], array));
        let alone = |(at, array): (&usize, &ArrayRef)| {
            Self::new(layout, &[*at], &[Arc::clone(array)]).map(Arc::new)
        };
        let alone = match columns.len() {
            0 | 1 => Vec::new(),
            _ => columns
                .iter()
                .zip(arrays)
                .map(alone)
                .collect::<Result<_, _>>()?,
        };
        Ok(Self {
            columns: own.collect::<Result<_, _>>()?,
            whole,
            wanted,
            near: Mutex::default(),
            alone,
        })
    }

    /// The same where all records are to be seen, for [`Chosen::near`].
    pub(crate) fn seeing_all(self) -> Self {
        Self {
            alone: Vec::new(),
            ..self
        }
    }

    /// The test as a run takes it.
    pub(crate) fn probe(self: &Arc<Self>) -> Probe {
        Probe {
            columns: self.columns.iter().map(|one| one.name.clone()).collect(),
            test: Arc::clone(self) as Arc<dyn KeyTest>,
        }
    }

    /// Which records of a batch are wanted.
    pub(crate) fn among(&self, side: Side, batch: &RecordBatch) -> Result<Vec<bool>, String> {
        let column = |one: &Chose| Arc::clone(batch.column(one.index[side as usize]));
        let columns: Vec<ArrayRef> = self.columns.iter().map(column).collect();
        let kept = self.keep(&columns)?;
        Ok(kept.iter().map(|kept| kept == Some(true)).collect())
    }

    /// The records nearest to the wanted one in the order of the columns, of those looked at.
    pub(crate) fn near(&self) -> Vec<Record> {
        let near = self.near.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = [&near.below, &near.above].into_iter().flatten();
        rows.filter_map(|row| self.decoded(row)).collect()
    }

    fn decoded(&self, row: &Encoded) -> Option<Record> {
        let parser = self.whole.parser();
        let arrays = self.whole.convert_rows([parser.parse(row)]).ok()?;
        let named = self.columns.iter().zip(&arrays);
        let named =
            named.map(|(column, array)| (column.name.as_str(), text(column.class, array, 0)));
        Some(named.collect())
    }

    /// Remembers the nearest rows, where one row is wanted.
    fn note<'r>(&self, rows: impl Iterator<Item = &'r [u8]>) {
        let mut only = self.wanted.iter();
        let (Some(wanted), None) = (only.next(), only.next()) else {
            return;
        };
        let (mut below, mut above): (Option<&[u8]>, Option<&[u8]>) = (None, None);
        for row in rows {
            if row < &wanted[..] && below.is_none_or(|below| below < row) {
                below = Some(row);
            } else if row > &wanted[..] && above.is_none_or(|above| row < above) {
                above = Some(row);
            }
        }
        let mut near = self.near.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(row) = below
            && near.below.as_deref().is_none_or(|known| known < row)
        {
            near.below = Some(row.to_vec());
        }
        if let Some(row) = above
            && near.above.as_deref().is_none_or(|known| row < known)
        {
            near.above = Some(row.to_vec());
        }
    }
}

impl Chose {
    fn new(column: &footing::Column, wanted: &ArrayRef) -> Result<Self, ArrowError> {
        let class = column.class;
        let own = RowConverter::new(vec![SortField::new(common_type(class))])?;
        // No range tells of NULLs, and none of what is no number.
        let is_ordered = wanted.null_count() == 0 && class != Class::Float;
        let sorted = match is_ordered {
            true => Some(encoded(&own, wanted)?),
            false => None,
        };
        Ok(Self {
            name: column.name.clone(),
            class,
            index: column.index,
            own,
            sorted,
        })
    }

    fn may_lie_in(&self, min: &ArrayRef, max: &ArrayRef) -> Option<bool> {
        let sorted = self.sorted.as_ref()?;
        let end = |array: &ArrayRef| -> Option<Encoded> {
            let array = common(self.class, array).ok()?;
            let is_known = array.len() == 1 && !array.is_null(0);
            let rows = encoded(&self.own, &array).ok()?;
            is_known.then(|| rows.into_iter().next()).flatten()
        };
        let (min, max) = (end(min)?, end(max)?);
        let first = sorted.partition_point(|value| *value < min);
        Some(sorted.get(first).is_some_and(|value| *value <= max))
    }
}

fn encoded(converter: &RowConverter, array: &ArrayRef) -> Result<Vec<Encoded>, ArrowError> {
    let rows = converter.convert_columns(std::slice::from_ref(array))?;
    let mut rows: Vec<Encoded> = rows.iter().map(|row| row.data().to_vec()).collect();
    rows.sort_unstable();
    Ok(rows)
}

impl fmt::Debug for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chosen")
    }
}

impl KeyTest for Chosen {
    fn keep(&self, columns: &[ArrayRef]) -> Result<BooleanArray, String> {
        let said = |error: ArrowError| error.to_string();
        let columns = self.columns.iter().zip(columns);
        let columns = columns.map(|(column, array)| common(column.class, array));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(said)?;
        let rows = self.whole.convert_columns(&columns).map_err(said)?;
        self.note(rows.iter().map(|row| row.data()));
        let kept = rows
            .iter()
            .map(|row| Some(self.wanted.contains(row.data())));
        Ok(kept.collect())
    }

    fn may_contain(&self, column: usize, min: &ArrayRef, max: &ArrayRef) -> bool {
        let column = self.columns.get(column);
        column.is_none_or(|column| column.may_lie_in(min, max).unwrap_or(true))
    }

    fn of_column(&self, column: usize) -> Option<Arc<dyn KeyTest>> {
        let alone = self.alone.get(column)?;
        Some(Arc::clone(alone) as Arc<dyn KeyTest>)
    }
}

/// Keeps the records that agree with one of some records on all compared columns but the amounts,
/// or on all but one that holds no amount: what a record without a key may be paired with.
pub(crate) struct Alike {
    columns: Vec<Field>,
    /// For each record, its value in each column.
    wanted: Vec<Vec<Encoded>>,
    others_may_differ: bool,
}

struct Field {
    name: String,
    class: Class,
    converter: RowConverter,
    is_money: bool,
}

impl Alike {
    /// Wants what is like the records of `arrays`: all compared columns, in their common types.
    pub(crate) fn new(layout: &Layout, arrays: &[ArrayRef]) -> Result<Self, ArrowError> {
        let field = |(at, column): (usize, &footing::Column)| -> Result<Field, ArrowError> {
            Ok(Field {
                name: column.name.clone(),
                class: column.class,
                converter: RowConverter::new(vec![SortField::new(common_type(column.class))])?,
                is_money: layout.money().contains(&at),
            })
        };
        let columns = layout.columns().iter().enumerate().map(field);
        let columns: Vec<Field> = columns.collect::<Result<_, _>>()?;
        let mut wanted: Vec<Vec<Encoded>> = vec![Vec::new(); arrays.first().map_or(0, |a| a.len())];
        for (field, array) in columns.iter().zip(arrays) {
            let rows = field
                .converter
                .convert_columns(std::slice::from_ref(array))?;
            for (record, row) in wanted.iter_mut().zip(rows.iter()) {
                record.push(row.data().to_vec());
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        Ok(Self {
            // Of two columns, one alone says little.
            others_may_differ: columns.len() > 2,
            columns,
            wanted,
        })
    }

    /// The test as a run takes it.
    pub(crate) fn probe(self: &Arc<Self>) -> Probe {
        Probe {
            columns: self.columns.iter().map(|one| one.name.clone()).collect(),
            test: Arc::clone(self) as Arc<dyn KeyTest>,
        }
    }

    fn is_like(&self, wanted: &[Encoded], value: impl Fn(usize) -> bool) -> bool {
        let (mut amounts, mut others) = (0, 0);
        for (at, field) in self.columns.iter().enumerate().take(wanted.len()) {
            if !value(at) {
                match field.is_money {
                    true => amounts += 1,
                    false => others += 1,
                }
            }
        }
        others == 0 || (others == 1 && amounts == 0 && self.others_may_differ)
    }
}

impl fmt::Debug for Alike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alike")
    }
}

impl KeyTest for Alike {
    fn keep(&self, columns: &[ArrayRef]) -> Result<BooleanArray, String> {
        let encode = |(field, array): (&Field, &ArrayRef)| {
            let array = common(field.class, array)?;
            field.converter.convert_columns(&[array])
        };
        let rows = self.columns.iter().zip(columns).map(encode);
        let rows = rows.collect::<Result<Vec<_>, _>>();
        let rows = rows.map_err(|error| error.to_string())?;
        let count = rows.first().map_or(0, |rows| rows.num_rows());
        let kept = (0..count).map(|row| {
            let is_wanted = |wanted: &Vec<Encoded>| {
                self.is_like(wanted, |at| rows[at].row(row).data() == &wanted[at][..])
            };
            Some(self.wanted.iter().any(is_wanted))
        });
        Ok(kept.collect())
    }

    fn may_contain(&self, _: usize, _: &ArrayRef, _: &ArrayRef) -> bool {
        true
    }
}
