//! Gives the columns of Arrow batches to a pool of conditions, each once for all groups of a side.

use super::Columns;
use crate::drive::Worker;
use crate::error::VerifyError;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal32Type, Decimal64Type, Decimal128Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch, StringViewArray};
use arrow_schema::{DataType, Schema, TimeUnit};
use causes::Kind;
use causes::common::{Finder, Form, Pool, PoolColumn, Tally};
use footing::value_text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Views of a batch that are remembered; a power of two.
const VIEWS: usize = 1_024;

/// Conditions, and where the values are that they are put to.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) columns: Arc<Columns>,
    pub(super) finder: Finder,
}

/// The counting of one thread, for some groups of one side.
pub(super) struct Counter {
    asked: Arc<[Asked]>,
    records: u64,
    /// Made when a batch tells the types of its columns, and which of them are one array: by the
    /// places of [`firsts`]. As a rule there is one.
    pools: BTreeMap<Vec<usize>, Pool>,
}

impl Counter {
    pub(super) fn new(asked: &Arc<[Asked]>) -> Self {
        Self {
            asked: Arc::clone(asked),
            records: 0,
            pools: BTreeMap::new(),
        }
    }

    /// How many records were counted.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// What was counted for each finder, once for each pool.
    pub(super) fn into_tallies(self) -> impl Iterator<Item = impl Iterator<Item = Tally>> {
        self.pools.into_values().map(Pool::into_tallies)
    }
}

impl Worker for Counter {
    fn take(&mut self, batch: RecordBatch) -> Result<(), VerifyError> {
        let asked = &self.asked;
        let pool = self
            .pools
            .entry(firsts(batch.columns()))
            .or_insert_with_key(|firsts| pooled(asked, &batch.schema(), firsts));
        for column in pool.columns() {
            give(column, batch.column(column.place()));
        }
        pool.count(batch.num_rows());
        self.records += batch.num_rows() as u64;
        Ok(())
    }
}

/// For each column of a batch the place of the first that is the same array. Where a rule gives
/// a column of the book as it is, the book's and the compared one are.
fn firsts(columns: &[ArrayRef]) -> Vec<usize> {
    let first = |column| {
        let same = |other: &ArrayRef| Arc::ptr_eq(other, column);
        columns.iter().position(same)
    };
    columns.iter().filter_map(first).collect()
}

/// The conditions of all groups, for batches of one schema in which the same columns are one array:
/// what is asked of that is asked once.
fn pooled(asked: &[Asked], schema: &Schema, firsts: &[usize]) -> Pool {
    let place = |asked: &Asked| -> Vec<Option<usize>> {
        let own = asked.columns.in_batch(schema).into_iter();
        own.map(|place| place.map(|place| firsts[place])).collect()
    };
    let finders: Vec<_> = asked.iter().map(|one| (&one.finder, place(one))).collect();
    Pool::new(&finders, |place, kind| {
        form_of(schema.field(place).data_type(), kind)
    })
}

/// How the values of an array are given to a pool.
pub(super) fn form_of(data_type: &DataType, kind: Kind) -> Form {
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
pub(super) fn give(column: &mut PoolColumn, array: &ArrayRef) {
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
        DataType::Utf8View => give_views(column, array.as_string_view()),
        DataType::Utf8 => column.take_texts(array.as_string::<i32>().iter()),
        DataType::Boolean => {
            let place = |value: Option<bool>| value.map_or(0, |value| 1 + usize::from(value));
            let places: Vec<usize> = array.as_boolean().iter().map(place).collect();
            column.take_shared(&[None, Some("false"), Some("true")], &places);
        }
        DataType::Dictionary(..) if array.null_count() < array.len() => {
            let array = array.as_any_dictionary();
            let text = |place| value_text(array.values(), place, None);
            let mut texts: Vec<Option<String>> = (0..array.values().len()).map(text).collect();
            let null = texts.len();
            texts.push(None);
            let keys = array.normalized_keys().into_iter().enumerate();
            let places = keys.map(|(row, key)| if array.is_null(row) { null } else { key });
            column.take_shared(&texts, &places.collect::<Vec<_>>());
        }
        _ => column.take_texts((0..array.len()).map(|row| value_text(array, row, None))),
    }
}

/// Gives texts that lie in views: of the same view is the same text, as all records have it that
/// share an entry of a dictionary, or a text so short that the view holds it.
fn give_views(column: &mut PoolColumn, array: &StringViewArray) {
    // The view of no bytes is that of the empty text.
    let mut texts = vec![None, Some("")];
    let mut known = vec![(0_u128, 1_usize); VIEWS];
    let views = array.views().iter().enumerate();
    let place = |(row, view): (usize, &u128)| {
        if array.is_null(row) {
            return 0;
        }
        let (last, place) = &mut known[place_of_view(*view)];
        if *last != *view {
            (*last, *place) = (*view, texts.len());
            texts.push(Some(array.value(row)));
        }
        *place
    };
    let places: Vec<usize> = views.map(place).collect();
    column.take_shared(&texts, &places);
}

/// Where a view is remembered: told by the highest bits of a product, which depend on all others.
fn place_of_view(view: u128) -> usize {
    let (low, high) = (view as u64, (view >> 64) as u64);
    let mixed = (low ^ high.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 54) as usize % VIEWS
}

#[cfg(test)]
mod tests {
    use super::{Asked, Counter, form_of, give};
    use crate::common::{Columns, Place, kind_of_type};
    use crate::drive::Worker;
    use arrow_array::types::Int32Type;
    use arrow_array::{
        Array, ArrayRef, BooleanArray, Date32Array, Date64Array, Decimal64Array, Decimal128Array,
        Decimal256Array, DictionaryArray, Float64Array, Int8Array, Int64Array, RecordBatch,
        StringArray, StringViewArray, TimestampMicrosecondArray, TimestampNanosecondArray,
        TimestampSecondArray, UInt64Array,
    };
    use arrow_buffer::i256;
    use causes::Kind;
    use causes::common::{Attribute, Attributes, Finder, Form, Pool, Proposer};
    use footing::{Side, value_text};
    use ledger::Zone;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
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

    /// What records hold in two columns: the first goes round in threes, the other in sixes.
    fn texts(row: usize) -> [Option<&'static str>; 2] {
        let text = |turn: usize| match turn % 3 {
            0 => Some("CASH"),
            1 => Some("a text of more than twelve bytes"),
            _ => None,
        };
        [text(row), text(row / 2)]
    }

    /// What breaks have in common in both of these columns.
    fn asked() -> Asked {
        let kind = |owner| Attribute::new(owner, "kind", Kind::Text);
        let attributes = vec![kind("source"), kind("target")];
        let zone = Zone::new("Asia/Shanghai").expect("the zone is compiled in");
        let mut proposer = Proposer::new(Attributes::new(attributes.clone(), zone));
        for row in 0..200 {
            let record = texts(row);
            match record {
                [Some("CASH"), Some("CASH")] => proposer.offer_broken(&record[..]),
                _ => proposer.offer_unbroken(&record[..]),
            }
        }
        let book = Place::Book {
            table: "flow".to_owned(),
            column: "flow.kind".to_owned(),
        };
        let compared = Place::Compared {
            column: "kind".to_owned(),
        };
        Asked {
            columns: Arc::new(Columns {
                side: Side::Expected,
                attributes,
                places: vec![book, compared],
            }),
            finder: proposer.finish(),
        }
    }

    #[test]
    fn two_columns_that_are_one_array_are_counted_as_two_are() {
        let asked: Arc<[Asked]> = vec![asked()].into();
        let finder = &asked[0].finder;
        let columns: BTreeSet<_> = finder.atoms().iter().map(|atom| atom.column).collect();
        assert_eq!(columns.len(), 2, "{:?}", finder.atoms());
        let [one, other] = [0, 1].map(|column: usize| -> ArrayRef {
            let texts = (0..200).map(|row| texts(row)[column]);
            Arc::new(StringViewArray::from_iter(texts))
        });
        let mut counter = Counter::new(&asked);
        let (mut masker, mut plain) = (finder.masker(), finder.tally());
        for (book, compared) in [(&one, &one), (&one, &other), (&other, &other)] {
            let columns = [("flow.kind", book), ("kind", compared)];
            let columns = columns.map(|(name, array)| (name, Arc::clone(array)));
            let batch = RecordBatch::try_from_iter(columns).expect("of one length");
            counter.take(batch).expect("nothing stops it");
            for row in 0..200 {
                let record = [book, compared].map(|array| value_text(array, row, None));
                plain.add_record(masker.mask(&record[..]));
            }
        }
        assert_eq!(counter.pools.len(), 2);
        let mut counted = finder.tally();
        for tally in counter.into_tallies().flatten() {
            counted.merge(&tally);
        }
        assert!(counted == plain, "{:?}", finder.atoms());
    }

    #[test]
    fn nulls_that_are_nothing_else_are_given_as_text() {
        let array: ArrayRef = arrow_array::new_null_array(&arrow_schema::DataType::Null, 3);
        assert_eq!(form_of(array.data_type(), Kind::Other), Form::Text);
    }
}
