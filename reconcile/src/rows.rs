//! The rows of the second look: whole records of one side, in a form common to both sides.
//!
//! Each compared column is brought to one Arrow type for both sides and encoded in Arrow's row
//! format, which is equal where the values are and sorts as they do. Nothing here shares code
//! with the words and hashes of the fold, so each checks the other.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch};
use arrow_cast::{CastOptions, cast, cast_with_options};
use arrow_row::{RowConverter, Rows, SortField};
use arrow_schema::{ArrowError, DataType, Schema, TimeUnit};
use footing::{Class, Layout, Side};
use std::sync::Arc;

/// The Arrow type that both sides of a column are brought to.
pub(crate) fn common_type(class: Class) -> DataType {
    match class {
        Class::Number { scale, words: 4 } => DataType::Decimal256(76, scale),
        Class::Number { scale, .. } => DataType::Decimal128(38, scale),
        Class::Text => DataType::Utf8View,
        Class::Binary => DataType::LargeBinary,
        Class::Bool => DataType::Boolean,
        Class::Date => DataType::Date32,
        Class::Time => DataType::Time64(TimeUnit::Nanosecond),
        // No 64 bits hold the days of the coarser unit in ticks of the finer one: in seconds, with
        // nanoseconds behind the point, every instant of every unit has its place.
        Class::Instant { words: 2, .. } => DataType::Decimal128(38, 9),
        Class::Instant { unit, utc, .. } => DataType::Timestamp(unit, utc.then(|| "UTC".into())),
        Class::Float => DataType::Float64,
        Class::Null => DataType::Null,
    }
}

/// Encodes records: what they are grouped and ordered by, and all compared columns.
#[derive(Debug)]
pub(crate) struct Encoder {
    layout: Arc<Layout>,
    group: Vec<usize>,
    key: RowConverter,
    whole: RowConverter,
    fields: Vec<RowConverter>,
}

/// Records of one side with their encodings.
#[derive(Debug)]
pub(crate) struct Records {
    /// The batch as the run gave it, hidden columns behind the compared ones.
    pub(crate) batch: RecordBatch,
    /// The encoding of the key; where there is none, of all columns but the money, so that
    /// records stand together that differ in an amount only.
    pub(crate) key: Rows,
    /// The encoding of all compared columns.
    pub(crate) whole: Rows,
    /// The encoding of each compared column.
    pub(crate) fields: Vec<Rows>,
    columns: Vec<usize>,
}

impl Encoder {
    pub(crate) fn new(layout: &Arc<Layout>) -> Result<Self, ArrowError> {
        let sort = |index: usize| SortField::new(common_type(layout.columns()[index].class));
        let all = 0..layout.columns().len();
        let group = group_columns(layout);
        Ok(Self {
            key: RowConverter::new(group.iter().copied().map(sort).collect())?,
            group,
            whole: RowConverter::new(all.clone().map(sort).collect())?,
            fields: all
                .map(|index| RowConverter::new(vec![sort(index)]))
                .collect::<Result<_, _>>()?,
            layout: Arc::clone(layout),
        })
    }

    /// Encodes one side's records.
    ///
    /// # Errors
    /// A value does not fit the common type; the fold has refused it before.
    pub(crate) fn records(&self, side: Side, batch: RecordBatch) -> Result<Records, ArrowError> {
        let columns = self.common_columns(side, &batch)?;
        let [key, whole] = self.encoded(&columns)?;
        let field = |(converter, column): (&RowConverter, &ArrayRef)| {
            converter.convert_columns(std::slice::from_ref(column))
        };
        Ok(Records {
            key,
            whole,
            fields: self
                .fields
                .iter()
                .zip(&columns)
                .map(field)
                .collect::<Result<_, _>>()?,
            columns: self
                .layout
                .columns()
                .iter()
                .map(|c| c.index[side as usize])
                .collect(),
            batch,
        })
    }

    /// Encodes only what records are grouped by, and all that is compared.
    pub(crate) fn groups_and_wholes(
        &self,
        side: Side,
        batch: &RecordBatch,
    ) -> Result<[Rows; 2], ArrowError> {
        self.encoded(&self.common_columns(side, batch)?)
    }

    fn encoded(&self, columns: &[ArrayRef]) -> Result<[Rows; 2], ArrowError> {
        let key = self.group.iter().map(|index| Arc::clone(&columns[*index]));
        let key: Vec<ArrayRef> = key.collect();
        Ok([
            self.key.convert_columns(&key)?,
            self.whole.convert_columns(columns)?,
        ])
    }

    /// Encodes only what records are grouped and ordered by.
    pub(crate) fn keys(&self, side: Side, batch: &RecordBatch) -> Result<Rows, ArrowError> {
        let columns = self
            .group
            .iter()
            .map(|index| self.common_column(*index, side, batch))
            .collect::<Result<Vec<_>, _>>()?;
        self.key.convert_columns(&columns)
    }

    /// Encodes keys by their words, which are the values themselves ([`Layout::key_is_plain`]).
    ///
    /// # Errors
    /// A word is no value of the key's column.
    pub(crate) fn keys_of_words(&self, words: Vec<i64>) -> Result<Rows, ArrowError> {
        let words = Int64Array::from(words);
        let columns = self.group.iter().map(|at| -> Result<ArrayRef, ArrowError> {
            Ok(match self.layout.columns()[*at].class {
                Class::Number { scale, .. } => {
                    let values: Decimal128Array = words.unary(i128::from);
                    Arc::new(values.with_precision_and_scale(38, scale)?)
                }
                Class::Date => {
                    let days = cast(&words, &DataType::Int32)?;
                    cast(&days, &common_type(Class::Date))?
                }
                class => cast(&words, &common_type(class))?,
            })
        });
        self.key
            .convert_columns(&columns.collect::<Result<Vec<_>, _>>()?)
    }

    /// What a side calls the columns that records are grouped and ordered by.
    pub(crate) fn key_names(&self, side: Side, schema: &Schema) -> Vec<String> {
        let name = |at: &usize| {
            let column = &self.layout.columns()[*at];
            schema.field(column.index[side as usize]).name().clone()
        };
        self.group.iter().map(name).collect()
    }

    /// As [`Encoder::keys`], of a batch that has no other columns than those.
    ///
    /// # Errors
    /// The batch has no column of such a name.
    pub(crate) fn keys_by_name(
        &self,
        names: &[String],
        batch: &RecordBatch,
    ) -> Result<Rows, ArrowError> {
        let column = |(at, name): (&usize, &String)| {
            let class = self.layout.columns()[*at].class;
            common(class, batch.column(batch.schema().index_of(name)?))
        };
        let columns = self.group.iter().zip(names).map(column);
        self.key
            .convert_columns(&columns.collect::<Result<Vec<_>, _>>()?)
    }

    fn common_columns(&self, side: Side, batch: &RecordBatch) -> Result<Vec<ArrayRef>, ArrowError> {
        (0..self.layout.columns().len())
            .map(|index| self.common_column(index, side, batch))
            .collect()
    }

    fn common_column(
        &self,
        index: usize,
        side: Side,
        batch: &RecordBatch,
    ) -> Result<ArrayRef, ArrowError> {
        let column = &self.layout.columns()[index];
        common(column.class, batch.column(column.index[side as usize]))
    }
}

/// Brings a column of either side to the type that both have in common.
pub(crate) fn common(class: Class, array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if let Class::Instant { words: 2, .. } = class {
        return seconds(array);
    }
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let common = cast_with_options(array, &common_type(class), &options)?;
    Ok(match class {
        Class::Float => canonical_floats(&common),
        _ => common,
    })
}

/// The finest unit first.
const UNITS: [TimeUnit; 4] = [
    TimeUnit::Nanosecond,
    TimeUnit::Microsecond,
    TimeUnit::Millisecond,
    TimeUnit::Second,
];

fn nanoseconds(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Nanosecond => 1,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Second => 1_000_000_000,
    }
}

/// Instants of any unit in seconds, exactly.
fn seconds(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let unit = match array.data_type() {
        DataType::Timestamp(unit, _) => *unit,
        DataType::Dictionary(_, values) => return seconds(&cast(array, values)?),
        other => return Err(ArrowError::CastError(format!("{other} is no instant"))),
    };
    let ticks = cast(array, &DataType::Int64)?;
    let tick = nanoseconds(unit);
    let seconds: Decimal128Array = ticks
        .as_primitive::<Int64Type>()
        .unary(|ticks| i128::from(ticks).saturating_mul(tick));
    Ok(Arc::new(seconds.with_precision_and_scale(38, 9)?))
}

/// Reads texts as values of a column, in the type that both sides have in common; NULL where a text
/// is none of its values.
pub(crate) fn read(class: Class, texts: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let as_type = |wanted: &DataType| cast_with_options(texts, wanted, &CastOptions::default());
    let Class::Instant { words: 2, utc, .. } = class else {
        return as_type(&common_type(class));
    };
    let mut read: Vec<Option<i128>> = vec![None; texts.len()];
    for unit in UNITS {
        let zone = utc.then(|| "UTC".into());
        let of_unit = seconds(&as_type(&DataType::Timestamp(unit, zone))?)?;
        let of_unit = of_unit.as_primitive::<Decimal128Type>().iter();
        for (known, found) in read.iter_mut().zip(of_unit) {
            *known = known.or(found);
        }
    }
    let read: Decimal128Array = read.into_iter().collect();
    Ok(Arc::new(read.with_precision_and_scale(38, 9)?))
}

/// The text of a value in the type that both sides have in common.
pub(crate) fn text(class: Class, array: &ArrayRef, row: usize) -> Option<String> {
    let Class::Instant { words: 2, utc, .. } = class else {
        return footing::value_text(array, row, None);
    };
    if array.is_null(row) {
        return None;
    }
    let seconds = array.as_primitive::<Decimal128Type>().value(row);
    let zone = utc.then(|| "UTC".into());
    UNITS.into_iter().find_map(|unit| {
        let tick = nanoseconds(unit);
        let ticks = i64::try_from(seconds.div_euclid(tick)).ok();
        let ticks = ticks.filter(|_| seconds.rem_euclid(tick) == 0)?;
        let ticks: ArrayRef = Arc::new(arrow_array::Int64Array::from(vec![ticks]));
        let moment = cast(&ticks, &DataType::Timestamp(unit, zone.clone())).ok()?;
        footing::value_text(&moment, 0, None)
    })
}

/// How the values of a compared column are spelled where they are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// As their own type has them.
    Own,
    /// A float as far as 64 bits tell floats apart: the float of 32 bits that reads 0.1 is not the
    /// one of 64 bits that does.
    Exact,
}

impl Spelling {
    /// That of a column which has these types on the two sides: where they are not the same, with
    /// all that tells their values apart.
    pub(crate) fn of(expected: &DataType, actual: &DataType) -> Self {
        match expected == actual {
            true => Self::Own,
            false => Self::Exact,
        }
    }

    /// The text of a value.
    pub(crate) fn text(self, array: &ArrayRef, row: usize) -> Option<String> {
        let is_narrow = matches!(array.data_type(), DataType::Float16 | DataType::Float32);
        let wide = match self {
            Self::Exact if is_narrow => cast(&array.slice(row, 1), &DataType::Float64).ok(),
            Self::Exact | Self::Own => None,
        };
        match wide {
            Some(wide) => footing::value_text(&wide, 0, None),
            None => footing::value_text(array, row, None),
        }
    }
}

/// The columns that records are grouped by: the key, or all but the money, or all.
fn group_columns(layout: &Layout) -> Vec<usize> {
    let all = 0..layout.columns().len();
    let without_money: Vec<usize> = all
        .clone()
        .filter(|column| !layout.money().contains(column))
        .collect();
    match (layout.key(), &without_money[..]) {
        ([], []) => all.collect(),
        ([], _) => without_money,
        (key, _) => key.to_vec(),
    }
}

/// Minus zero is zero, and there is one NaN.
fn canonical_floats(array: &ArrayRef) -> ArrayRef {
    let canonical = |value: f64| {
        if value.is_nan() {
            f64::NAN
        } else if value == 0.0 {
            0.0
        } else {
            value
        }
    };
    let values: Float64Array = array.as_primitive::<Float64Type>().unary(canonical);
    Arc::new(values)
}

impl Records {
    pub(crate) fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// The text of a compared column's value, with its own type's decimals.
    pub(crate) fn text(&self, field: usize, row: u32) -> Option<String> {
        self.spelled(field, row, Spelling::Own)
    }

    /// The text of a compared column's value in a spelling.
    pub(crate) fn spelled(&self, field: usize, row: u32, spelling: Spelling) -> Option<String> {
        spelling.text(self.own(field), row as usize)
    }

    /// A compared column as its side has it.
    pub(crate) fn own(&self, field: usize) -> &ArrayRef {
        self.batch.column(self.columns[field])
    }

    /// The own type of a compared column.
    pub(crate) fn data_type(&self, field: usize) -> &DataType {
        self.own(field).data_type()
    }

    /// Whether both records have the same value in a compared column.
    pub(crate) fn same(&self, field: usize, row: u32, other: &Self, other_row: u32) -> bool {
        self.fields[field].row(row as usize) == other.fields[field].row(other_row as usize)
    }

    /// Row numbers in the order of key, then of the whole record.
    pub(crate) fn sorted(&self) -> Vec<u32> {
        let count = u32::try_from(self.len()).expect("a partition has fewer than 2^32 records");
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_unstable_by(|a, b| {
            let (a, b) = (*a as usize, *b as usize);
            let keys = self.key.row(a).cmp(&self.key.row(b));
            keys.then_with(|| self.whole.row(a).cmp(&self.whole.row(b)))
                .then(a.cmp(&b))
        });
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{StringArray, TimestampMicrosecondArray, TimestampNanosecondArray};
    use arrow_schema::Field;
    use footing::{KeyMarker, LayoutOptions, Seed};

    #[test]
    fn words_that_are_values_are_encoded_as_the_values_are() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![-70_000, -1, 0, 15_852, 1 << 20]));
        let types = [
            DataType::Int64,
            DataType::Int32,
            DataType::Decimal128(18, 2),
            DataType::Date32,
            DataType::Timestamp(TimeUnit::Millisecond, None),
            DataType::Timestamp(TimeUnit::Second, Some("UTC".into())),
        ];
        for data_type in types {
            let small = cast(&numbers, &DataType::Int32).expect("small numbers");
            let column = cast(&numbers, &data_type).or_else(|_| cast(&small, &data_type));
            let column = column.expect("values of the type");
            let schema = Arc::new(Schema::new(vec![Field::new("key", data_type, true)]));
            let options = LayoutOptions {
                key: vec!["key".into()],
                ..LayoutOptions::default()
            };
            let layout = Layout::new(&schema, &schema, &options).expect("a good layout");
            assert!(layout.key_is_plain(), "{schema:?}");
            let mut marker = KeyMarker::new(&layout, Side::Expected, &Seed::new([7; 32]));
            let words = marker.keys(&[Arc::clone(&column)]).expect("keys");
            let words = words.into_iter().map(u64::cast_signed).collect();
            let encoder = Encoder::new(&Arc::new(layout)).expect("an encoder");
            let batch = RecordBatch::try_new(schema, vec![column]).expect("a batch");
            let of_values = encoder.keys(Side::Expected, &batch).expect("keys");
            let of_words = encoder.keys_of_words(words).expect("values");
            assert!(of_values.iter().eq(of_words.iter()), "{:?}", batch.schema());
        }
    }

    #[test]
    fn instants_of_two_units_have_one_form_as_far_as_either_reaches() {
        let class = Class::Instant {
            unit: TimeUnit::Nanosecond,
            utc: true,
            words: 2,
        };
        // 9999-12-31 and 2013-05-27T08:00:00.000001, the second in both units.
        let last = 253_402_214_400_000_000;
        let day = 1_369_641_600_000_001;
        let coarse: ArrayRef = Arc::new(
            TimestampMicrosecondArray::from(vec![Some(last), Some(day), None]).with_timezone("UTC"),
        );
        let fine: ArrayRef = Arc::new(
            TimestampNanosecondArray::from(vec![day * 1_000, day * 1_000 + 1]).with_timezone("UTC"),
        );
        let coarse = common(class, &coarse).expect("an exact form");
        let fine = common(class, &fine).expect("an exact form");
        assert_eq!(coarse.data_type(), &common_type(class));
        let value = |array: &ArrayRef, row| array.as_primitive::<Decimal128Type>().value(row);
        assert_eq!(value(&coarse, 1), value(&fine, 0));
        assert_ne!(value(&coarse, 1), value(&fine, 1));
        let told = [
            (&coarse, 0, Some("9999-12-31T00:00:00Z")),
            (&coarse, 1, Some("2013-05-27T08:00:00.000001Z")),
            (&coarse, 2, None),
            (&fine, 1, Some("2013-05-27T08:00:00.000001001Z")),
        ];
        for (array, row, expect) in told {
            let told = text(class, array, row);
            assert_eq!(told.as_deref(), expect);
            let texts: ArrayRef = Arc::new(StringArray::from(vec![told]));
            let read = read(class, &texts).expect("texts can be read");
            assert_eq!(read.as_ref(), array.slice(row, 1).as_ref());
        }
        let nonsense: ArrayRef = Arc::new(StringArray::from(vec!["no instant"]));
        assert!(read(class, &nonsense).expect("NULL").is_null(0));
    }
}
