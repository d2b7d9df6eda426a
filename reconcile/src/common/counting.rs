//! Gives the columns of Arrow batches to a pool of conditions, each once for all groups of a side.

use super::{Group, of_side};
use crate::drive::Worker;
use crate::error::VerifyError;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal32Type, Decimal64Type, Decimal128Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema, TimeUnit};
use causes::Kind;
use causes::common::{Form, Pool, PoolColumn, Tally};
use footing::{Side, value_text};
use std::sync::Arc;

/// The counting of one thread, for the groups of one side.
pub(super) struct Counter {
    groups: Arc<[Group]>,
    side: Side,
    /// Made when the first batch tells the types of the columns.
    pool: Option<Pool>,
}

impl Counter {
    pub(super) fn new(groups: &Arc<[Group]>, side: Side) -> Self {
        Self {
            groups: Arc::clone(groups),
            side,
            pool: None,
        }
    }

    /// What was counted of each group of the side.
    pub(super) fn into_tallies(self) -> impl Iterator<Item = Tally> {
        self.pool.into_iter().flat_map(Pool::into_tallies)
    }
}

impl Worker for Counter {
    fn take(&mut self, batch: RecordBatch) -> Result<(), VerifyError> {
        let groups = &self.groups;
        let pool = self
            .pool
            .get_or_insert_with(|| pooled(groups, self.side, &batch.schema()));
        for column in pool.columns() {
            give(column, batch.column(column.place()));
        }
        pool.count(batch.num_rows());
        Ok(())
    }
}

/// The conditions of all groups of a side, for batches of one schema.
fn pooled(groups: &[Group], side: Side, schema: &Schema) -> Pool {
    let place = |(_, group): (usize, &'_ Group)| group.columns.in_batch(schema);
    let finders = of_side(groups, side).map(|(_, group)| &group.finder);
    let finders: Vec<_> = finders.zip(of_side(groups, side).map(place)).collect();
    Pool::new(&finders, |place, kind| {
        form_of(schema.field(place).data_type(), kind)
    })
}

/// How the values of an array are given to a pool.
fn form_of(data_type: &DataType, kind: Kind) -> Form {
    match (data_type, kind) {
        (integer, _) if integer.is_integer() => Form::Number { scale: 0 },
        (
            DataType::Decimal32(_, scale @ 0..)
            | DataType::Decimal64(_, scale @ 0..)
            | DataType::Decimal128(_, scale @ 0..),
            _,
        ) => Form::Number {
            scale: scale.unsigned_abs(),
        },
        (DataType::Date32, Kind::Date) => Form::Moment {
            nanos: 86_400_000_000_000,
        },
        (DataType::Timestamp(unit, Some(_)), Kind::Instant) => Form::Moment {
            nanos: match unit {
                TimeUnit::Second => 1_000_000_000,
                TimeUnit::Millisecond => 1_000_000,
                TimeUnit::Microsecond => 1_000,
                TimeUnit::Nanosecond => 1,
            },
        },
        _ => Form::Text,
    }
}

/// Gives a pool the values of one column of a batch.
fn give(column: &mut PoolColumn, array: &ArrayRef) {
    if column.form() == Form::Text {
        return give_texts(column, array);
    }
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
    let nulls = nulls.into_iter().flat_map(|nulls| {
        let rows = nulls.iter().enumerate();
        rows.filter_map(|(row, is_valid)| (!is_valid).then_some(row))
    });
    macro_rules! give_numbers {
        ($($type:ty),*) => {
            $(if let Some(numbers) = array.as_primitive_opt::<$type>() {
                let values = numbers.values().iter().map(|value| i128::from(*value));
                return column.take_numbers(values, nulls);
            })*
        };
    }
    give_numbers!(Int8Type, Int16Type, Int32Type, Int64Type);
    give_numbers!(UInt8Type, UInt16Type, UInt32Type, UInt64Type);
    give_numbers!(Decimal32Type, Decimal64Type, Decimal128Type, Date32Type);
    give_numbers!(TimestampSecondType, TimestampMillisecondType);
    give_numbers!(TimestampMicrosecondType, TimestampNanosecondType);
    unreachable!("only arrays of whole numbers have another form than text");
}

fn give_texts(column: &mut PoolColumn, array: &ArrayRef) {
    match array.data_type() {
        DataType::Utf8View => column.take_texts(array.as_string_view().iter()),
        DataType::Utf8 => column.take_texts(array.as_string::<i32>().iter()),
        DataType::Boolean => {
            let text = |value| if value { "true" } else { "false" };
            column.take_texts(array.as_boolean().iter().map(|value| value.map(text)));
        }
        DataType::Dictionary(..) if array.null_count() < array.len() => {
            let array = array.as_any_dictionary();
            let text = |place| value_text(array.values(), place, None);
            let texts: Vec<Option<String>> = (0..array.values().len()).map(text).collect();
            let keys = array.normalized_keys();
            let rows = keys.iter().enumerate();
            column.take_texts(rows.map(|(row, key)| match array.is_null(row) {
                true => None,
                false => texts[*key].as_deref(),
            }));
        }
        _ => column.take_texts((0..array.len()).map(|row| value_text(array, row, None))),
    }
}

#[cfg(test)]
mod tests {
    use super::{form_of, give};
    use crate::common::kind_of_type;
    use arrow_array::types::Int32Type;
    use arrow_array::{
        Array, ArrayRef, BooleanArray, Date32Array, Date64Array, Decimal64Array, Decimal128Array,
        Decimal256Array, DictionaryArray, Float64Array, Int8Array, Int64Array, StringArray,
        StringViewArray, TimestampMicrosecondArray, TimestampNanosecondArray, TimestampSecondArray,
        UInt64Array,
    };
    use arrow_buffer::i256;
    use causes::Kind;
    use causes::common::{Attribute, Attributes, Finder, Form, Pool, Proposer};
    use footing::value_text;
    use ledger::Zone;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// What a column may hold, which every type takes as far as it can.
    fn numbers() -> impl Strategy<Value = Vec<Option<i64>>> {
        let ends = vec![
            i64::MIN,
            i64::MAX,
            253_402_300_800,
            -62_135_596_801,
            2_932_897,
            -719_163,
        ];
        let number = prop_oneof![
            8 => -40..160_i64,
            2 => 1_369_600_000..1_369_700_000_i64,
            1 => prop::sample::select(ends),
        ];
        prop::collection::vec(prop::option::weighted(0.9, number), 1..60)
    }

    /// The same values as arrays of every type.
    fn arrays(values: &[Option<i64>]) -> Vec<ArrayRef> {
        let all = || values.iter().copied();
        let words = [
            "CASH",
            "CARD",
            "",
            "1.50",
            "2013-05-27",
            "a text of more than twelve bytes",
        ];
        let word = |value: i64| words[value.rem_euclid(6) as usize];
        let texts = || all().map(|value| value.map(word));
        let small = |value: i64| i32::try_from(value).unwrap_or(i32::MAX);
        let instants =
            TimestampMicrosecondArray::from_iter(all().map(|v| v?.checked_mul(1_000_003)));
        let wide = |value: i64| i128::from(value) * 1_000_000_007;
        let decimals = Decimal128Array::from_iter(all().map(|value| value.map(wide)));
        let keys: DictionaryArray<Int32Type> = texts().collect();
        vec![
            Arc::new(Int8Array::from_iter(
                all().map(|value| i8::try_from(value?).ok()),
            )),
            Arc::new(Int64Array::from_iter(all())),
            Arc::new(UInt64Array::from_iter(
                all().map(|v| v.map(i64::cast_unsigned)),
            )),
            Arc::new(
                Decimal64Array::from_iter(all())
                    .with_precision_and_scale(18, 3)
                    .expect("fits"),
            ),
            Arc::new(decimals.with_precision_and_scale(38, 2).expect("fits")),
            Arc::new(
                Decimal128Array::from_iter(all().map(|value| value.map(i128::from)))
                    .with_precision_and_scale(20, -2)
                    .expect("fits"),
            ),
            Arc::new(
                Decimal256Array::from_iter(
                    all().map(|value| value.map(|v| i256::from_i128(v.into()))),
                )
                .with_precision_and_scale(60, 2)
                .expect("fits"),
            ),
            Arc::new(Float64Array::from_iter(
                all().map(|value| value.map(|value| value as f64)),
            )),
            Arc::new(BooleanArray::from_iter(
                all().map(|value| value.map(|value| value % 3 == 0)),
            )),
            Arc::new(Date32Array::from_iter(all().map(|value| value.map(small)))),
            Arc::new(Date64Array::from_iter(
                all().map(|value| value.map(|value| value / 7)),
            )),
            Arc::new(TimestampSecondArray::from_iter(all()).with_timezone("UTC")),
            Arc::new(instants.clone().with_timezone("Asia/Shanghai")),
            Arc::new(instants),
            Arc::new(TimestampNanosecondArray::from_iter(all()).with_timezone("UTC")),
            Arc::new(StringViewArray::from_iter(texts())),
            Arc::new(StringArray::from_iter(texts())),
            Arc::new(keys),
        ]
    }

    /// A finder for a column, from what happens to be broken.
    fn finder(texts: &[Option<String>], kind: Kind, broken: impl Fn(usize) -> bool) -> Finder {
        let columns = vec![Attribute::new("source", "value", kind)];
        let zone = Zone::new("Asia/Shanghai").expect("the zone is compiled in");
        let mut proposer = Proposer::new(Attributes::new(columns, zone));
        for (row, text) in texts.iter().enumerate() {
            let record = [text.as_deref()];
            match broken(row) {
                true => proposer.offer_broken(&record[..]),
                false => proposer.offer_unbroken(&record[..]),
            }
        }
        proposer.finish()
    }

    proptest! {
        #[test]
        fn arrays_are_counted_as_the_text_that_they_are_shown_as(
            values in numbers(), broken in any::<u64>(),
        ) {
            for array in arrays(&values) {
                let rows = 0..array.len();
                let texts: Vec<_> = rows.map(|row| value_text(&array, row, None)).collect();
                let kind = kind_of_type(array.data_type());
                let is_low = |row: usize| values[row].is_some_and(|value| value < 50);
                let finders = [
                    finder(&texts, kind, |row| broken >> (row % 64) & 1 == 1),
                    finder(&texts, kind, is_low),
                    finder(&texts, kind, |row| !is_low(row)),
                ];
                let placed: Vec<_> = finders.iter().map(|finder| (finder, vec![Some(0)])).collect();
                let mut pool = Pool::new(&placed, |_, kind| form_of(array.data_type(), kind));
                pool.columns().iter_mut().for_each(|column| give(column, &array));
                pool.count(array.len());
                for (finder, tally) in finders.iter().zip(pool.into_tallies()) {
                    let mut plain = finder.tally();
                    for text in &texts {
                        let atoms = finder.atoms().iter().enumerate();
                        plain.add_record(atoms.fold(0, |mask, (bit, atom)| {
                            mask | u64::from(atom.holds_of(text.as_deref())) << bit
                        }));
                    }
                    prop_assert!(tally == plain, "{}: {:?}", array.data_type(), finder.atoms());
                }
            }
        }
    }

    #[test]
    fn nulls_that_are_nothing_else_are_given_as_text() {
        let array: ArrayRef = arrow_array::new_null_array(&arrow_schema::DataType::Null, 3);
        assert_eq!(form_of(array.data_type(), Kind::Other), Form::Text);
    }
}
