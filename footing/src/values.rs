//! The exact text of one value: what reports, keys and crossed totals show.

use crate::layout::per_second;
use crate::totals::sum_text;
use crate::words::timestamp_values;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Int8Type,
    Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::i256;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;
use std::fmt::Write;

/// Gives the value as text, exactly; none where it is NULL.
///
/// Numbers have their type's decimals, or `scale` where that is given and more. Dates are
/// `2013-05-27`; instants `2013-05-27T08:00:00Z`, with as much of the fraction as is not zero;
/// civil times the same without the `Z`. Bytes are hexadecimal.
pub fn value_text(array: &ArrayRef, row: usize, scale: Option<i8>) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    macro_rules! int {
        ($type:ty) => {
            decimal(
                i128::from(array.as_primitive::<$type>().value(row)),
                0,
                scale,
            )
        };
    }
    Some(match array.data_type() {
        DataType::Null => return None,
        DataType::Utf8View => array.as_string_view().value(row).to_owned(),
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).to_owned(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => int!(Int8Type),
        DataType::Int16 => int!(Int16Type),
        DataType::Int32 => int!(Int32Type),
        DataType::Int64 => int!(Int64Type),
        DataType::UInt8 => int!(UInt8Type),
        DataType::UInt16 => int!(UInt16Type),
        DataType::UInt32 => int!(UInt32Type),
        DataType::UInt64 => int!(UInt64Type),
        DataType::Decimal32(_, own) => {
            let value = array.as_primitive::<Decimal32Type>().value(row);
            decimal(i128::from(value), *own, scale)
        }
        DataType::Decimal64(_, own) => {
            let value = array.as_primitive::<Decimal64Type>().value(row);
            decimal(i128::from(value), *own, scale)
        }
        DataType::Decimal128(_, own) => {
            let value = array.as_primitive::<Decimal128Type>().value(row);
            decimal(value, *own, scale)
        }
        DataType::Decimal256(_, own) => wide_decimal(
            array.as_primitive::<Decimal256Type>().value(row),
            *own,
            scale,
        ),
        DataType::Date32 => date(i64::from(array.as_primitive::<Date32Type>().value(row))),
        DataType::Date64 => date(
            array
                .as_primitive::<Date64Type>()
                .value(row)
                .div_euclid(86_400_000),
        ),
        DataType::Timestamp(unit, zone) => {
            let value = timestamp_values(array, *unit)[row];
            moment(value, per_second(*unit), zone.is_some())
        }
        DataType::Dictionary(..) => {
            let array = array.as_any_dictionary();
            // Names of files, for one, are told of every record.
            let Some(keys) = array.keys().as_primitive_opt::<Int32Type>() else {
                let values = crate::fold::unpack(&array.slice(row, 1));
                return value_text(&values, 0, scale);
            };
            let place = usize::try_from(keys.value(row)).ok()?;
            return value_text(array.values(), place, scale);
        }
        _ => {
            let formatter = ArrayFormatter::try_new(array.as_ref(), &FormatOptions::default());
            formatter.map_or_else(
                |error| format!("({error})"),
                |formatter| formatter.value(row).to_string(),
            )
        }
    })
}

fn decimal(value: i128, own: i8, scale: Option<i8>) -> String {
    match (usize::try_from(own), scale.is_none_or(|scale| scale <= own)) {
        (Ok(own), true) => small_decimal(value, own),
        _ => wide_decimal(i256::from_i128(value), own, scale),
    }
}

fn wide_decimal(value: i256, own: i8, scale: Option<i8>) -> String {
    let more = scale.unwrap_or(own).saturating_sub(own).max(0);
    let factor = i256::from_i128(10).checked_pow(u32::from(more.unsigned_abs()));
    match factor.and_then(|factor| value.checked_mul(factor)) {
        Some(scaled) => sum_text(scaled, own.saturating_add(more)),
        None => sum_text(value, own),
    }
}

/// A number of up to 128 bits, which nearly all are: written digit by digit, from the last.
fn small_decimal(value: i128, scale: usize) -> String {
    const MOST: usize = 39;
    let mut digits = [b'0'; MOST];
    let mut at = MOST;
    let mut left = value.unsigned_abs();
    let mut put = |digit: u8| {
        at -= 1;
        digits[at] = b'0' + digit;
    };
    while left > u128::from(u64::MAX) {
        put((left % 10) as u8);
        left /= 10;
    }
    let mut left = left as u64;
    while left != 0 {
        put((left % 10) as u8);
        left /= 10;
    }
    let digits = std::str::from_utf8(&digits[at..]).expect("digits are ASCII");
    let mut text = String::with_capacity(digits.len().max(scale) + 3);
    if value < 0 {
        text.push('-');
    }
    let (whole, part) = digits.split_at(digits.len().saturating_sub(scale));
    text.push_str(if whole.is_empty() { "0" } else { whole });
    if scale > 0 {
        text.push('.');
        text.extend(std::iter::repeat_n('0', scale - part.len()));
        text.push_str(part);
    }
    text
}

/// Days since 1970-01-01 as year, month, day in the proleptic Gregorian calendar.
///
/// Counts in eras of 400 years that begin on 1 March, so that the leap day comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(719_468);
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

fn date(days: i64) -> String {
    let mut text = String::with_capacity(32);
    push_date(&mut text, days);
    text
}

fn push_date(text: &mut String, days: i64) {
    let (year, month, day) = civil(days);
    match year {
        0..=9_999 => {
            push_two(text, year / 100);
            push_two(text, year % 100);
        }
        // Nothing else is common enough to be quick.
        _ => {
            let _ = write!(text, "{year:04}");
        }
    }
    for (sign, number) in [('-', month), ('-', day)] {
        text.push(sign);
        push_two(text, number);
    }
}

/// Writes a number below a hundred as two digits.
fn push_two(text: &mut String, number: i64) {
    for digit in [number / 10, number % 10] {
        text.push(char::from(b'0' + digit as u8));
    }
}

fn moment(value: i64, per_second: i64, utc: bool) -> String {
    let (seconds, part) = (value.div_euclid(per_second), value.rem_euclid(per_second));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let mut text = date(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    for (sign, number) in [('T', hour), (':', minute), (':', second)] {
        text.push(sign);
        push_two(&mut text, number);
    }
    if part != 0 {
        let (mut part, mut width) = (part, per_second.ilog10() as usize);
        while part % 10 == 0 {
            (part, width) = (part / 10, width - 1);
        }
        let _ = write!(text, ".{part:0width$}");
    }
    if utc {
        text.push('Z');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_decimals_are_written_as_large_ones_are() {
        let values = [
            0,
            1,
            -1,
            9,
            10,
            -10,
            99,
            100,
            -12_345,
            i128::MAX,
            i128::MIN,
            10_i128.pow(38),
        ];
        let random = (0..200_i128).map(|n| (n * 0x9e37_79b9_7f4a_7c15) << (n % 60));
        for value in values.into_iter().chain(random) {
            for scale in [0_u8, 1, 2, 3, 18, 37, 38] {
                let large = sum_text(i256::from_i128(value), scale.cast_signed());
                assert_eq!(
                    small_decimal(value, usize::from(scale)),
                    large,
                    "{value} {scale}"
                );
            }
        }
    }

    #[test]
    fn days_are_written_as_dates() {
        let check = |days, expect: &str| assert_eq!(date(days), expect);
        check(0, "1970-01-01");
        check(-1, "1969-12-31");
        check(15_852, "2013-05-27");
        check(11_016, "2000-02-29");
        check(-25_510, "1900-02-27");
        check(-25_509, "1900-02-28");
        check(-25_508, "1900-03-01");
        check(-719_528, "0000-01-01");
        check(-719_529, "-001-12-31");
        check(2_932_896, "9999-12-31");
        check(2_932_897, "10000-01-01");
    }

    #[test]
    fn moments_show_what_is_not_zero_of_the_fraction() {
        let check = |value, unit, utc, expect: &str| assert_eq!(moment(value, unit, utc), expect);
        check(0, 1, true, "1970-01-01T00:00:00Z");
        check(-1, 1_000, true, "1969-12-31T23:59:59.999Z");
        check(
            1_369_612_800_120_000,
            1_000_000,
            false,
            "2013-05-27T00:00:00.12",
        );
        check(1, 1_000_000_000, true, "1970-01-01T00:00:00.000000001Z");
        check(45_296, 1, false, "1970-01-01T12:34:56");
        check(1_000_000, 1_000_000_000, false, "1970-01-01T00:00:00.001");
    }
}
