//! Values on their way into a database: in the types of its columns, each as it was, and as text.

use std::fmt::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64MicrosecondType, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, RecordBatch, StringViewArray, TimestampMicrosecondArray,
};
use arrow_buffer::i256;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_cast::{CastOptions, can_cast_types, cast_with_options};
use arrow_schema::DataType;

use super::fit::{Destination, Into, is_micros, without_zone};
use super::limit::first;
use crate::civil::{MICROS_PER_DAY, put_day, put_moment, put_time};
use crate::column::Why;
use crate::error::{DatabaseError, DatabaseErrorKind};

/// The first and last day, since 1970-01-01, that every database takes: 0001-01-01, 9999-12-31.
const DAYS: std::ops::RangeInclusive<i32> = -719_162..=2_932_896;
/// Characters of a text that an error shows.
const SHOWN_MAX: usize = 60;

/// The columns of a batch in the types of the columns they go to, every value as it was.
pub(crate) fn fitted(
    into: &Destination,
    batch: &RecordBatch,
) -> Result<Vec<ArrayRef>, DatabaseError> {
    let columns = into.columns.iter().zip(batch.columns()).enumerate();
    columns
        .map(|(at, (column, array))| {
            as_kept(column, array).map_err(|(row, why)| misfit(into, batch, row, at, why))
        })
        .collect()
}

/// The error of a value, with the key of its record.
pub(crate) fn misfit(
    into: &Destination,
    batch: &RecordBatch,
    row: usize,
    column: usize,
    why: Why,
) -> DatabaseError {
    let named: Vec<usize> = match into.key.is_empty() {
        true => (0..batch.num_columns().min(3)).collect(),
        false => into.key.clone(),
    };
    let options = FormatOptions::new().with_null("NULL");
    let value = |at: usize| {
        let array: &dyn Array = batch.column(at);
        let formatter = ArrayFormatter::try_new(array, &options).ok()?;
        formatter.value(row).try_to_string().ok()
    };
    let named: Vec<String> = named
        .into_iter()
        .map(|at| {
            let value = value(at).unwrap_or_else(|| "?".to_owned());
            format!("{} {value}", into.columns[at].name)
        })
        .collect();
    DatabaseError::new(DatabaseErrorKind::Value {
        table: into.name.clone(),
        record: named.join(", "),
        column: into.columns[column].name.clone(),
        why,
    })
}

/// A column in the type it is kept in; else the first row whose value would be another one there.
fn as_kept(column: &Into, array: &ArrayRef) -> Result<ArrayRef, (usize, Why)> {
    let to = &column.data_type;
    let kept = match array.data_type() == to {
        true => array.clone(),
        false => cast_exactly(column, array)?,
    };
    if !column.is_nullable && kept.null_count() > 0 {
        let row = (0..kept.len()).find(|row| kept.is_null(*row)).unwrap_or(0);
        return Err((row, "it is NULL, which the column does not take".to_owned()));
    }
    match to {
        DataType::Date32 => {
            let days = kept.as_primitive::<Date32Type>();
            first(days, |day| !DAYS.contains(&day)).map_or(Ok(()), |row| Err((row, no_year())))?;
        }
        data_type if is_micros(data_type) => {
            let micros = kept.as_primitive::<TimestampMicrosecondType>();
            let is_beyond = |micros: i64| {
                let day = micros.div_euclid(MICROS_PER_DAY);
                i32::try_from(day).map_or(true, |day| !DAYS.contains(&day))
            };
            first(micros, is_beyond).map_or(Ok(()), |row| Err((row, no_year())))?;
        }
        _ => {}
    }
    match column.limit.breach(&kept) {
        None => Ok(kept),
        Some((row, why)) => Err((row, inexact(column, array, row, &why))),
    }
}

fn no_year() -> Why {
    "only years from 1 to 9999 are written".to_owned()
}

/// That a column cannot hold a value, and why where that is not plain.
fn inexact(column: &Into, array: &ArrayRef, row: usize, why: &str) -> Why {
    let shown = ArrayFormatter::try_new(array, &FormatOptions::new())
        .and_then(|formatter| formatter.value(row).try_to_string())
        .unwrap_or_else(|_| "it".to_owned());
    let shown = match is_text(array.data_type()) {
        true => quoted(&shown),
        false => shown,
    };
    let declared = &column.declared;
    match why {
        "" => format!("a column {declared} cannot hold {shown} exactly"),
        why => format!("a column {declared} cannot hold {shown} exactly: {why}"),
    }
}

/// A text in quotes, so that blanks are seen; its beginning where it is long.
fn quoted(text: &str) -> String {
    let mut letters = text.chars();
    let beginning: String = letters.by_ref().take(SHOWN_MAX).collect();
    match letters.next() {
        None => format!("{text:?}"),
        Some(_) => format!("{beginning:?}…"),
    }
}

/// Casts a column, and casts it back to see that every value is still the one it was.
fn cast_exactly(column: &Into, array: &ArrayRef) -> Result<ArrayRef, (usize, Why)> {
    let (from, to) = (array.data_type(), &column.data_type);
    let unable = || {
        let why = format!("{from} is not written to a column {}", column.declared);
        (0, why)
    };
    // What does not fit becomes NULL, and is found below.
    let options = CastOptions {
        safe: true,
        ..CastOptions::default()
    };
    if !can_cast_types(from, to) || !can_cast_types(to, from) {
        return Err(unable());
    }
    let kept = cast_with_options(array, to, &options).map_err(|_| unable())?;
    if is_text(from) && is_text(to) {
        return Ok(kept);
    }
    let back = cast_with_options(&kept, from, &options).map_err(|_| unable())?;
    if **array == *back {
        return Ok(kept);
    }
    let is_other = |row: &usize| {
        let was = array.slice(*row, 1);
        *was != *back.slice(*row, 1)
    };
    match (0..array.len()).find(is_other) {
        None => Ok(kept),
        Some(row) => Err((row, inexact(column, array, row, ""))),
    }
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_text(values),
        other => other.is_string(),
    }
}

/// The values of a batch as text, each column in its own way.
pub(crate) struct Texts<'a> {
    pub(crate) columns: Vec<Text<'a>>,
}

/// The values of one column as text.
pub(crate) struct Text<'a> {
    array: &'a ArrayRef,
    pub(crate) form: Form<'a>,
}

type WriteValue<'a> = Box<dyn Fn(usize, &mut String) + 'a>;

/// How the values of a column are written.
pub(crate) enum Form<'a> {
    /// Digits and the like: nothing in them means anything else.
    Plain(WriteValue<'a>),
    /// A floating-point number, which some databases have no word for.
    Float(Box<dyn Fn(usize) -> f64 + 'a>, WriteValue<'a>),
    Text(&'a StringViewArray),
    Bytes(&'a BinaryViewArray),
}

impl<'a> Texts<'a> {
    /// Of columns as [`fitted`] gives them.
    pub(crate) fn of(columns: &'a [ArrayRef]) -> Texts<'a> {
        let text = |array: &'a ArrayRef| Text {
            array,
            form: form(array),
        };
        Texts {
            columns: columns.iter().map(text).collect(),
        }
    }
}

impl Text<'_> {
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.array.is_null(row)
    }
}

/// Writes into a text, which cannot fail.
fn put(out: &mut String, value: std::fmt::Arguments<'_>) {
    out.write_fmt(value).expect("a String takes everything");
}

fn plain<'a, T>(array: &'a ArrayRef) -> Form<'a>
where
    T: arrow_array::ArrowPrimitiveType,
    T::Native: std::fmt::Display,
{
    let array = array.as_primitive::<T>();
    Form::Plain(Box::new(move |row, out| {
        put(out, format_args!("{}", array.value(row)));
    }))
}

fn form(array: &ArrayRef) -> Form<'_> {
    match array.data_type() {
        DataType::Utf8View => Form::Text(array.as_string_view()),
        DataType::BinaryView => Form::Bytes(array.as_binary_view()),
        DataType::Int8 => plain::<Int8Type>(array),
        DataType::Int16 => plain::<Int16Type>(array),
        DataType::Int32 => plain::<Int32Type>(array),
        DataType::Int64 => plain::<Int64Type>(array),
        DataType::UInt8 => plain::<UInt8Type>(array),
        DataType::UInt16 => plain::<UInt16Type>(array),
        DataType::UInt32 => plain::<UInt32Type>(array),
        DataType::UInt64 => plain::<UInt64Type>(array),
        DataType::Boolean => {
            let array = array.as_boolean();
            Form::Plain(Box::new(move |row, out| {
                put(out, format_args!("{}", array.value(row)));
            }))
        }
        DataType::Decimal128(_, scale) => {
            let (array, scale) = (array.as_primitive::<Decimal128Type>(), *scale);
            Form::Plain(Box::new(move |row, out| {
                let units = array.value(row);
                let digits = units.unsigned_abs().to_string();
                put_decimal(out, units < 0, &digits, scale);
            }))
        }
        DataType::Decimal256(_, scale) => {
            let scale = *scale;
            let array = array.as_primitive::<arrow_array::types::Decimal256Type>();
            Form::Plain(Box::new(move |row, out| {
                let units = array.value(row);
                let digits = units.to_string();
                put_decimal(
                    out,
                    units < i256::ZERO,
                    digits.trim_start_matches('-'),
                    scale,
                );
            }))
        }
        DataType::Float32 => {
            let array = array.as_primitive::<Float32Type>();
            // With all its digits, not the shortest: a server may read it as a double first.
            let value = move |row| f64::from(array.value(row));
            let write: WriteValue<'_> = Box::new(move |row, out| {
                put(out, format_args!("{:e}", value(row)));
            });
            Form::Float(Box::new(value), write)
        }
        DataType::Float64 => {
            let array = array.as_primitive::<Float64Type>();
            let write: WriteValue<'_> = Box::new(move |row, out| {
                put(out, format_args!("{:e}", array.value(row)));
            });
            Form::Float(Box::new(move |row| array.value(row)), write)
        }
        DataType::Date32 => {
            let array = array.as_primitive::<Date32Type>();
            Form::Plain(Box::new(move |row, out| {
                put_day(out, i64::from(array.value(row)))
            }))
        }
        DataType::Time64(_) => {
            let array = array.as_primitive::<Time64MicrosecondType>();
            Form::Plain(Box::new(move |row, out| put_time(out, array.value(row))))
        }
        data_type => {
            debug_assert!(is_micros(&without_zone(data_type)), "{data_type}");
            let array: &TimestampMicrosecondArray = array.as_primitive();
            Form::Plain(Box::new(move |row, out| put_moment(out, array.value(row))))
        }
    }
}

/// A decimal with its point.
fn put_decimal(out: &mut String, is_negative: bool, digits: &str, scale: i8) {
    let places = usize::try_from(scale).unwrap_or(0);
    if is_negative {
        out.push('-');
    }
    match digits.len().checked_sub(places) {
        _ if places == 0 => out.push_str(digits),
        None | Some(0) => put(out, format_args!("0.{digits:0>places$}")),
        Some(whole) => put(
            out,
            format_args!("{}.{}", &digits[..whole], &digits[whole..]),
        ),
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn put_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        put(out, format_args!("{byte:02x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::Dialect;
    use crate::write::limit::Limit;
    use arrow_array::{
        Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray, Time64NanosecondArray,
        TimestampNanosecondArray,
    };
    use arrow_schema::{Field, Schema, TimeUnit};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn postgres() -> Dialect {
        Dialect::Postgres {
            schema: "public".to_owned(),
        }
    }

    fn into(data_type: DataType, declared: &str) -> Destination {
        Destination {
            name: "t".to_owned(),
            table: "\"t\"".to_owned(),
            columns: vec![Into {
                name: "c".to_owned(),
                limit: Limit::of(&postgres(), declared, &data_type).expect("it keeps values"),
                data_type,
                declared: declared.to_owned(),
                is_nullable: false,
            }],
            key: Vec::new(),
        }
    }

    fn kept(into: &Destination, array: ArrayRef) -> Result<Vec<String>, String> {
        let schema = Schema::new(vec![Field::new("c", array.data_type().clone(), true)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![array]).expect("a batch");
        let columns = fitted(into, &batch).map_err(|error| error.to_string())?;
        let texts = Texts::of(&columns);
        let text = |row| {
            let mut out = String::new();
            match &texts.columns[0].form {
                Form::Plain(write) | Form::Float(_, write) => write(row, &mut out),
                Form::Text(array) => out.push_str(array.value(row)),
                Form::Bytes(array) => put_hex(&mut out, array.value(row)),
            }
            out
        };
        Ok((0..batch.num_rows()).map(text).collect())
    }

    #[test]
    fn a_value_that_would_be_another_one_there_is_named() {
        let decimal = |units: Vec<i128>, scale: i8| -> ArrayRef {
            let array = Decimal128Array::from(units).with_precision_and_scale(18, scale);
            Arc::new(array.expect("a decimal"))
        };
        let cents = into(DataType::Decimal128(5, 2), "numeric(5,2)");
        let whole = into(DataType::Int32, "integer");
        let micros = into(
            DataType::Timestamp(TimeUnit::Microsecond, None),
            "timestamp",
        );
        let day = into(DataType::Date32, "date");
        let text = into(DataType::Utf8View, "text");
        let shown = [
            kept(&cents, decimal(vec![10_000, -5], 4)),
            kept(&cents, decimal(vec![10_000, 12_345], 4)),
            kept(&cents, decimal(vec![1, 100_000_000], 4)),
            kept(&whole, Arc::new(Int64Array::from(vec![1, -7]))),
            kept(&whole, Arc::new(Int64Array::from(vec![1, 3_000_000_000]))),
            kept(&whole, Arc::new(Int64Array::from(vec![Some(1), None]))),
            kept(&whole, decimal(vec![500, 700], 2)),
            kept(&whole, decimal(vec![500, 701], 2)),
            kept(
                &micros,
                Arc::new(TimestampNanosecondArray::from(vec![-1_000, 1_500_000_000])),
            ),
            kept(
                &micros,
                Arc::new(TimestampNanosecondArray::from(vec![0, 1])),
            ),
            kept(
                &day,
                Arc::new(Date32Array::from(vec![-719_162, 0, 11_016, 2_932_896])),
            ),
            kept(&day, Arc::new(Date32Array::from(vec![2_932_897]))),
            kept(&text, Arc::new(StringArray::from(vec!["瑞信", ""]))),
        ];
        let shown: Vec<String> = shown
            .into_iter()
            .map(|one| one.map_or_else(|error| error, |texts| texts.join(" | ")))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn a_value_that_the_server_would_cut_or_respell_is_named() {
        let micros = TimeUnit::Microsecond;
        let texts = |texts: &[&str]| -> ArrayRef { Arc::new(StringArray::from(texts.to_vec())) };
        let nanos =
            |nanos: Vec<i64>| -> ArrayRef { Arc::new(TimestampNanosecondArray::from(nanos)) };
        let second = "timestamp(0) without time zone";
        let second = into(DataType::Timestamp(micros, None), second);
        let milli = into(DataType::Time64(micros), "time(3) without time zone");
        let five = into(DataType::Utf8View, "character(5)");
        let six = into(DataType::Utf8View, "character varying(6)");
        let uuid = into(DataType::Utf8View, "uuid");
        let long = "瑞".repeat(70);
        let times = Time64NanosecondArray::from(vec![1_000_000, 1_500_000]);
        let shown = [
            kept(&second, nanos(vec![-1_000_000_000, 0])),
            kept(&second, nanos(vec![0, 1_500_000_000])),
            kept(&milli, Arc::new(times)),
            kept(&five, texts(&["ab", " a"])),
            kept(&five, texts(&["ab", "ab "])),
            kept(&six, texts(&["ab    ", "瑞信宝瑞信宝"])),
            kept(&six, texts(&["ab", "ab     "])),
            kept(&six, texts(&[long.as_str()])),
            kept(&uuid, texts(&["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"])),
            kept(&uuid, texts(&["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"])),
        ];
        let shown: Vec<String> = shown
            .into_iter()
            .map(|one| one.map_or_else(|error| error, |texts| texts.join(" | ")))
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        1969-12-31 23:59:59 | 1970-01-01 00:00:00
        t, c 1970-01-01T00:00:01.500, column "c": a column timestamp(0) without time zone cannot hold 1970-01-01T00:00:01.500 exactly
        t, c 00:00:00.001500, column "c": a column time(3) without time zone cannot hold 00:00:00.001500 exactly
        ab |  a
        t, c ab , column "c": a column character(5) cannot hold "ab " exactly: it drops blanks at the end
        ab     | 瑞信宝瑞信宝
        t, c ab     , column "c": a column character varying(6) cannot hold "ab     " exactly: it takes 6 characters
        t, c 瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞, column "c": a column character varying(6) cannot hold "瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞瑞"… exactly: it takes 6 characters
        a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11
        t, c A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11, column "c": a column uuid cannot hold "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11" exactly: it gives 36 characters in small letters
        "#);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn decimals_days_and_numbers_read_back_as_they_were(
            units in -999_999_999_999_999_999_i128..1_000_000_000_000_000_000,
            scale in 0_i8..18,
            day in DAYS,
            number in any::<f64>(),
        ) {
            let array = Decimal128Array::from(vec![units]).with_precision_and_scale(18, scale);
            let to = into(DataType::Decimal128(18, scale), "numeric");
            let texts = kept(&to, Arc::new(array.expect("a decimal"))).expect("kept");
            let mut column = crate::column::Column::new(&DataType::Decimal128(18, scale), 1);
            prop_assert_eq!(column.append_decimal(&texts[0]), Ok(()));
            prop_assert_eq!(column.finish().as_primitive::<Decimal128Type>().value(0), units);

            let to = into(DataType::Date32, "date");
            let texts = kept(&to, Arc::new(Date32Array::from(vec![day]))).expect("kept");
            let read = arrow_cast::cast(&StringArray::from(texts), &DataType::Date32).expect("cast");
            prop_assert_eq!(read.as_primitive::<Date32Type>().value(0), day);

            let to = into(DataType::Float64, "double");
            let texts = kept(&to, Arc::new(Float64Array::from(vec![number]))).expect("kept");
            let read: f64 = texts[0].parse().expect("a number");
            prop_assert!(read.to_bits() == number.to_bits() || number.is_nan());
        }
    }
}
