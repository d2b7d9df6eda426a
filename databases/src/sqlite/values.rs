//! Values of SQLite: into columns, and to and from the text of keys.

use rusqlite::types::{Value, ValueRef};

use super::kinds::{Affinity, affinity};
use crate::civil;
use crate::column::{Column, Why};
use crate::table::ColumnInfo;
use arrow_schema::DataType;

/// The powers of ten that a floating-point number holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Whole numbers from here on may have no floating-point number of their own.
const WHOLE: u64 = 1 << 53;

/// Appends a value that is not NULL.
pub(super) fn append(column: &mut Column, value: ValueRef<'_>) -> Result<(), Why> {
    match (&mut *column, value) {
        (_, ValueRef::Null) => column.append_null(),
        (Column::Int64(builder), ValueRef::Integer(number)) => builder.append_value(number),
        (Column::Boolean(builder), ValueRef::Integer(number @ (0 | 1))) => {
            builder.append_value(number == 1);
        }
        (Column::Boolean(_), ValueRef::Integer(number)) => {
            return Err(format!("{number} is neither 0 nor 1"));
        }
        (Column::Float64(builder), ValueRef::Real(number)) => builder.append_value(number),
        (Column::Float64(builder), ValueRef::Integer(number)) if number.unsigned_abs() <= WHOLE => {
            builder.append_value(number as f64);
        }
        (Column::Float64(_), ValueRef::Integer(number)) => {
            return Err(format!(
                "{number} is a whole number that no floating-point number is sure to hold"
            ));
        }
        (Column::Decimal128(..) | Column::Decimal256(..), _) => {
            return append_decimal(column, value);
        }
        (Column::Text(builder), ValueRef::Text(bytes)) => builder.append_value(utf8(bytes)?),
        (Column::Text(builder), ValueRef::Integer(number)) => {
            builder.append_value(number.to_string());
        }
        (Column::Text(builder), ValueRef::Real(number)) => builder.append_value(shortest(number)),
        (Column::Bytes(builder), ValueRef::Blob(bytes)) => builder.append_value(bytes),
        (Column::Date(builder), ValueRef::Text(bytes)) => {
            builder.append_value(spelled(bytes, civil::day, DAY)?);
        }
        (Column::Time(builder), ValueRef::Text(bytes)) => {
            builder.append_value(spelled(bytes, civil::time, TIME)?);
        }
        (Column::Moment(builder), ValueRef::Text(bytes)) => {
            builder.append_value(spelled(bytes, civil::moment, MOMENT)?);
        }
        (Column::Instant(builder), ValueRef::Text(bytes)) => {
            builder.append_value(spelled(bytes, civil::instant, INSTANT)?);
        }
        (
            other @ (Column::Date(_) | Column::Time(_) | Column::Moment(_) | Column::Instant(_)),
            value,
        ) => {
            let why = mistyped(value, wanted(other));
            return Err(format!("{why}; {AS_STORED}"));
        }
        (other, value) => return Err(mistyped(value, wanted(other))),
    }
    Ok(())
}

const AS_STORED: &str = "`?dates=text` behind the address reads what is stored";

/// How days and times are spelled where a column is declared to hold them.
const DAY: &str = "a date such as 2013-05-27";
const TIME: &str = "a time of day such as 08:00:00";
const MOMENT: &str = "a date and time such as 2013-05-27 08:00:00";
const INSTANT: &str = "an instant such as 2013-05-27 08:00:00+08:00";

fn spelled<T>(bytes: &[u8], read: impl Fn(&str) -> Option<T>, what: &str) -> Result<T, Why> {
    let text = utf8(bytes)?;
    read(text).ok_or_else(|| {
        let text = cut_short(text);
        format!("{text:?} is not {what}; {AS_STORED}")
    })
}

fn append_decimal(column: &mut Column, value: ValueRef<'_>) -> Result<(), Why> {
    match value {
        ValueRef::Integer(number) => {
            if !append_units(column, |scale| units_of_integer(number, scale)) {
                column.append_decimal(&number.to_string())?;
            }
            Ok(())
        }
        ValueRef::Real(number) => {
            if !append_units(column, |scale| units_of_real(number, scale)) {
                column.append_decimal(&plain_decimal(number)?)?;
            }
            Ok(())
        }
        ValueRef::Text(bytes) => column.append_decimal(utf8(bytes)?),
        other => Err(mistyped(other, "a decimal")),
    }
}

/// Appends an amount that is easily had in the column's units and fits; says whether it was.
fn append_units(column: &mut Column, units: impl Fn(u32) -> Option<i128>) -> bool {
    let Column::Decimal128(builder, precision, scale) = column else {
        return false;
    };
    let units = u32::try_from(*scale).ok().and_then(units);
    let limit = 10_u128.pow(u32::from(*precision));
    match units.filter(|units| units.unsigned_abs() < limit) {
        Some(units) => {
            builder.append_value(units);
            true
        }
        None => false,
    }
}

fn units_of_integer(number: i64, scale: u32) -> Option<i128> {
    i128::from(number).checked_mul(10_i128.checked_pow(scale)?)
}

/// The decimal that a floating-point number came from, if it has at most 15 digits and no more
/// places than `scale`. Both operands of the division are exact and its result is rounded once,
/// just as the decimal was: that it gives the number back is the proof.
pub(super) fn units_of_real(number: f64, scale: u32) -> Option<i128> {
    let power = *POWERS.get(usize::try_from(scale).ok()?)?;
    let units = (number * power).round();
    (units.abs() < 1e15 && units / power == number).then_some(units as i128)
}

/// The decimal of at most 15 digits that becomes exactly this floating-point number.
pub(super) fn plain_decimal(number: f64) -> Result<String, Why> {
    let none = || {
        let number = shortest(number);
        format!("{number} is a floating-point number that no decimal of 15 digits gives")
    };
    let scientific = format!("{number:.14e}");
    if !number.is_finite() || scientific.parse() != Ok(number) {
        return Err(none());
    }
    let (mantissa, exponent) = scientific.split_once('e').ok_or_else(none)?;
    let exponent: i32 = exponent.parse().map_err(|_| none())?;
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => ("-", mantissa),
        None => ("", mantissa),
    };
    let digits = mantissa.replace('.', "");
    let digits = digits.trim_end_matches('0');
    if exponent.unsigned_abs() > 76 {
        return Err(format!("{scientific} is beyond any decimal of 76 digits"));
    }
    // Where the point stands, counted from the first digit.
    let point = exponent + 1;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    let length = i32::try_from(digits.len()).unwrap_or_default();
    Ok(match usize::try_from(point) {
        Ok(point) if point < digits.len() => {
            format!("{sign}{}.{}", &digits[..point], &digits[point..])
        }
        Ok(_) => format!("{sign}{digits}{}", zeros(point - length)),
        Err(_) => format!("{sign}0.{}{digits}", zeros(-point)),
    })
}

/// The shortest text that reads back as the same number.
fn shortest(number: f64) -> String {
    format!("{number:?}")
}

fn utf8(bytes: &[u8]) -> Result<&str, Why> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        format!("text that is not UTF-8 after {:?}", cut_short(&valid))
    })
}

fn wanted(column: &Column) -> &'static str {
    match column {
        Column::Int64(_) => "a whole number",
        Column::Boolean(_) => "0 or 1",
        Column::Float64(_) => "a number",
        Column::Text(_) => "text",
        Column::Date(_) => "a date in text",
        Column::Time(_) => "a time of day in text",
        Column::Moment(_) => "a date and time in text",
        Column::Instant(_) => "an instant in text",
        _ => "bytes",
    }
}

fn mistyped(value: ValueRef<'_>, wanted: &str) -> Why {
    match value {
        ValueRef::Null => format!("NULL is stored, not {wanted}"),
        ValueRef::Integer(number) => {
            format!("{number} is stored as a whole number, not as {wanted}")
        }
        ValueRef::Real(number) => {
            let number = shortest(number);
            format!("{number} is stored as a floating-point number, not as {wanted}")
        }
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            format!("{:?} is stored as text, not as {wanted}", cut_short(&text))
        }
        ValueRef::Blob(bytes) => format!("bytes are stored ({}), not {wanted}", bytes.len()),
    }
}

/// Enough of a text to know it by.
fn cut_short(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// How the text of a key's column is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Integer,
    Boolean,
    Real,
    Text,
    Hex,
    /// As SQLite reads it when it is written to such a column: a number where it is one, else text.
    Numeric,
}

fn key_kind(column: &ColumnInfo) -> KeyKind {
    match &column.data_type {
        DataType::Int64 => KeyKind::Integer,
        DataType::Boolean => KeyKind::Boolean,
        DataType::Float64 => KeyKind::Real,
        DataType::BinaryView => KeyKind::Hex,
        DataType::Utf8View if affinity(&column.declared) == Affinity::Text => KeyKind::Text,
        _ => KeyKind::Numeric,
    }
}

/// The text of a key's value, which [`key_value`] reads back as exactly this value. What it cannot
/// be told apart from another value by is refused: a range would begin at the wrong record.
pub(super) fn key_text(column: &ColumnInfo, value: ValueRef<'_>) -> Result<String, Why> {
    match (key_kind(column), value) {
        (KeyKind::Integer | KeyKind::Boolean | KeyKind::Numeric, ValueRef::Integer(number)) => {
            Ok(number.to_string())
        }
        (KeyKind::Real, ValueRef::Real(number)) => Ok(shortest(number)),
        (KeyKind::Numeric, ValueRef::Real(number)) if number.is_finite() => Ok(shortest(number)),
        (KeyKind::Text, ValueRef::Text(bytes)) => Ok(utf8(bytes)?.to_owned()),
        (KeyKind::Numeric, ValueRef::Text(bytes)) if !is_number(utf8(bytes)?) => {
            Ok(utf8(bytes)?.to_owned())
        }
        (KeyKind::Hex, ValueRef::Blob(bytes)) => {
            Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
        }
        (kind, value) => Err(mistyped(
            value,
            match kind {
                KeyKind::Integer => "a whole number",
                KeyKind::Boolean => "0 or 1",
                KeyKind::Real | KeyKind::Numeric => "a number",
                KeyKind::Text => "text",
                KeyKind::Hex => "bytes",
            },
        )),
    }
}

/// The value that a key's text means; `None` for a text that no value of the column has.
pub(super) fn key_value(column: &ColumnInfo, text: &str) -> Option<Value> {
    match key_kind(column) {
        KeyKind::Integer => text.parse().ok().map(Value::Integer),
        KeyKind::Boolean => match text {
            "true" => Some(Value::Integer(1)),
            "false" => Some(Value::Integer(0)),
            _ => text.parse().ok().map(Value::Integer),
        },
        KeyKind::Real => text
            .parse()
            .ok()
            .filter(|real: &f64| !real.is_nan())
            .map(Value::Real),
        KeyKind::Text => Some(Value::Text(text.to_owned())),
        KeyKind::Hex => unhex(text).map(Value::Blob),
        KeyKind::Numeric => Some(match (text.parse(), text.parse()) {
            (Ok(number), _) => Value::Integer(number),
            (_, Ok(number)) if is_number(text) => Value::Real(number),
            _ => Value::Text(text.to_owned()),
        }),
    }
}

/// Whether SQLite takes a text for a number: digits with a sign, a point, an exponent.
pub(super) fn is_number(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(is_plain)
        && text.parse::<f64>().is_ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let digits: Vec<u8> = text.as_bytes().iter().map(digit).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs
        .remainder()
        .is_empty()
        .then(|| pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::decimal;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Decimal128Type;
    use proptest::prelude::*;

    fn column(declared: &str) -> ColumnInfo {
        ColumnInfo {
            name: "k".to_owned(),
            declared: declared.to_owned(),
            data_type: super::super::kinds::data_type(declared, super::super::Dates::Typed),
            is_nullable: false,
            is_granted: true,
            comment: None,
            asked: "k".to_owned(),
        }
    }

    /// The units of a floating-point number in a decimal column, by the short way where there is one.
    fn units(number: f64, scale: i8) -> Result<i128, Why> {
        let mut column = Column::new(&DataType::Decimal128(38, scale), 1);
        append(&mut column, ValueRef::Real(number))?;
        Ok(column.finish().as_primitive::<Decimal128Type>().value(0))
    }

    #[test]
    fn a_floating_point_number_is_written_out_plainly() {
        let shown = [
            0.0,
            -0.0,
            1.0,
            -10.01,
            0.05,
            1e-7,
            123456789012345.0,
            1e15,
            1.5e20,
            -1e-20,
        ]
        .map(|number| plain_decimal(number).expect("a decimal"));
        insta::assert_snapshot!(shown.join(" "), @"0 -0 1 -10.01 0.05 0.0000001 123456789012345 1000000000000000 150000000000000000000 -0.00000000000000000001");
        let refused = [
            0.1 + 0.2,
            1.0 / 3.0,
            9007199254740993.0,
            f64::MAX,
            f64::NAN,
            -f64::INFINITY,
            1e300,
        ]
        .map(|number| plain_decimal(number).expect_err("no decimal"));
        insta::assert_snapshot!(refused.join("\n"), @"
        0.30000000000000004 is a floating-point number that no decimal of 15 digits gives
        0.3333333333333333 is a floating-point number that no decimal of 15 digits gives
        9007199254740992.0 is a floating-point number that no decimal of 15 digits gives
        1.7976931348623157e308 is a floating-point number that no decimal of 15 digits gives
        NaN is a floating-point number that no decimal of 15 digits gives
        -inf is a floating-point number that no decimal of 15 digits gives
        1.00000000000000e300 is beyond any decimal of 76 digits
        ");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Every decimal of 15 digits comes back out of its floating-point number.
        #[test]
        fn decimals_of_15_digits_come_back(amount in -999_999_999_999_999_i64..=999_999_999_999_999, scale in 0_i8..=30) {
            let number: f64 = format!("{amount}e-{scale}").parse().expect("a number");
            prop_assert_eq!(units(number, scale), Ok(i128::from(amount)));
        }

        /// The short way and the long way agree on any number, and what they give is that number.
        #[test]
        fn what_is_given_for_a_number_is_that_number(
            number in prop_oneof![any::<f64>(), (-1e9..1e9_f64), (any::<i32>(), 1_u32..1000).prop_map(|(over, under)| f64::from(over) / f64::from(under))],
            scale in 0_i8..=24,
        ) {
            let long = plain_decimal(number).and_then(|text| decimal(&text, 38, scale));
            let short = units(number, scale);
            prop_assert_eq!(short.is_ok(), long.is_ok());
            if let (Ok(short), Ok(long)) = (short, long) {
                prop_assert_eq!(Some(short), long.to_i128());
                let back: f64 = format!("{short}e-{scale}").parse().expect("a number");
                prop_assert_eq!(back, number);
            }
        }

        /// A key's text means the very value it was made of, or there is none.
        #[test]
        fn the_text_of_a_key_is_read_back_as_its_value(
            declared in prop::sample::select(vec!["INT", "BOOLEAN", "TEXT", "BLOB", "REAL", "DECIMAL(18,2)", "DATE"]),
            value in prop_oneof![
                any::<i64>().prop_map(Value::Integer),
                any::<f64>().prop_filter("NULL in SQLite", |real| !real.is_nan()).prop_map(Value::Real),
                "(\\PC|[-+0-9.e]){0,6}".prop_map(Value::Text),
                prop::sample::select(vec!["inf", "nan", "1e5", "-.5", "5.", "+", ".", "e", "1e", "true"]).prop_map(|text| Value::Text(text.to_owned())),
                prop::collection::vec(any::<u8>(), 0..5).prop_map(Value::Blob),
            ],
        ) {
            let column = column(declared);
            if let Ok(text) = key_text(&column, ValueRef::from(&value)) {
                prop_assert_eq!(key_value(&column, &text), Some(value));
            }
        }
    }

    #[test]
    fn a_whole_number_is_a_floating_point_number_where_it_is_exact() {
        let mut column = Column::new(&DataType::Float64, 1);
        assert_eq!(append(&mut column, ValueRef::Integer(-(1 << 53))), Ok(()));
        let refused = append(&mut column, ValueRef::Integer((1 << 53) + 1)).expect_err("not exact");
        insta::assert_snapshot!(refused, @"9007199254740993 is a whole number that no floating-point number is sure to hold");
    }

    #[test]
    fn a_key_is_read_as_it_is_shown_elsewhere() {
        assert_eq!(
            key_value(&column("BOOLEAN"), "true"),
            Some(Value::Integer(1))
        );
        assert_eq!(
            key_value(&column("DECIMAL(18,2)"), "10.00"),
            Some(Value::Real(10.0))
        );
        assert_eq!(
            key_value(&column("DATE"), "2024-01-01"),
            Some(Value::Text("2024-01-01".to_owned()))
        );
        assert_eq!(key_value(&column("INT"), "1.0"), None);
        assert_eq!(key_value(&column("BLOB"), "0"), None);
        assert_eq!(key_value(&column("BLOB"), "é"), None);
        assert_eq!(key_value(&column("REAL"), "NaN"), None);
    }
}
