//! Values as the server sends them.

use arrow_buffer::i256;
use arrow_schema::DataType;
use mysql::Value;

use crate::civil;
use crate::column::{Column, Why};
use crate::table::ColumnInfo;

/// Appends a value exactly, or says why not.
pub(super) fn append(column: &mut Column, value: &Value) -> Result<(), Why> {
    match (column, value) {
        (column, Value::NULL) => column.append_null(),
        (column, Value::Int(number)) => column.append_integer(i128::from(*number))?,
        (column, Value::UInt(number)) => column.append_integer(i128::from(*number))?,
        (Column::Text(builder), Value::Bytes(bytes)) => builder.append_value(utf8(bytes)?),
        (Column::Bytes(builder), Value::Bytes(bytes)) => builder.append_value(bytes),
        (Column::Decimal128(builder, precision, scale), Value::Bytes(bytes)) => {
            match unscaled(bytes, *precision, *scale) {
                Some(units) => builder.append_value(units),
                None => {
                    let units = crate::column::decimal(utf8(bytes)?, *precision, *scale)?;
                    let units = i256::to_i128(units).ok_or("it has more than 38 digits")?;
                    builder.append_value(units);
                }
            }
        }
        (column @ Column::Decimal256(..), Value::Bytes(bytes)) => {
            column.append_decimal(utf8(bytes)?)?;
        }
        (Column::UInt64(builder), Value::Bytes(bytes)) => builder.append_value(bits(bytes)?),
        (Column::Float32(builder), Value::Float(number)) => builder.append_value(*number),
        (Column::Float64(builder), Value::Double(number)) => builder.append_value(*number),
        (Column::Date(builder), Value::Date(year, month, day, 0, 0, 0, 0)) => {
            builder.append_value(days(*year, *month, *day)?);
        }
        (Column::Moment(builder) | Column::Instant(builder), Value::Date(..)) => {
            builder.append_value(micros(value)?);
        }
        (_, other) => {
            return Err(format!(
                "the server sends {other:?}, which is of another type"
            ));
        }
    }
    Ok(())
}

/// The value of a key's column as text, which `compare` reads again.
pub(super) fn key_text(value: &Value, column: &ColumnInfo) -> Result<String, Why> {
    match value {
        Value::Int(number) => Ok(number.to_string()),
        Value::UInt(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Double(number) => Ok(number.to_string()),
        Value::Date(year, month, day, hour, minute, second, micros) => {
            let mut text = format!("{year:04}-{month:02}-{day:02}");
            if column.data_type != DataType::Date32 {
                text = format!("{text} {hour:02}:{minute:02}:{second:02}");
            }
            if *micros != 0 {
                text = format!("{text}.{micros:06}");
            }
            Ok(text)
        }
        Value::Bytes(bytes) => match column.data_type {
            DataType::BinaryView => Ok(hex(bytes)),
            DataType::UInt64 => bits(bytes).map(|bits| bits.to_string()),
            _ => utf8(bytes).map(str::to_owned),
        },
        Value::NULL | Value::Time(..) => Err(format!("{value:?} is no value of a key")),
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn utf8(bytes: &[u8]) -> Result<&str, Why> {
    std::str::from_utf8(bytes).map_err(|_| format!("x'{}' is not UTF-8", hex(bytes)))
}

/// A `bit(n)`, which comes as bytes, the highest first.
fn bits(bytes: &[u8]) -> Result<u64, Why> {
    let mut eight = [0; 8];
    let Some(start) = eight.len().checked_sub(bytes.len()) else {
        return Err(format!("x'{}' is no number of 64 bits", hex(bytes)));
    };
    eight[start..].copy_from_slice(bytes);
    Ok(u64::from_be_bytes(eight))
}

/// A decimal in units of its scale, when it is written as the server does: with all its places.
fn unscaled(bytes: &[u8], precision: u8, scale: i8) -> Option<i128> {
    let places = usize::try_from(scale).ok()?;
    let (is_negative, digits) = match bytes.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, bytes),
    };
    let point = match places {
        0 => digits.len(),
        places => digits.len().checked_sub(places + 1)?,
    };
    if digits.len() > usize::from(precision) + 2 || (places > 0 && digits[point] != b'.') {
        return None;
    }
    let mut units = 0_i128;
    for (at, digit) in digits.iter().enumerate() {
        if at == point {
            continue;
        }
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        units = units.checked_mul(10)?.checked_add(i128::from(digit))?;
    }
    if units >= 10_i128.checked_pow(u32::from(precision))? {
        return None;
    }
    Some(if is_negative { -units } else { units })
}

/// Days since 1970-01-01; the server also holds days of zeros, and others when told to.
fn days(year: u16, month: u8, day: u8) -> Result<i32, Why> {
    civil::days(year, month, day).ok_or_else(|| format!("{year:04}-{month:02}-{day:02} is no date"))
}

/// Microseconds since 1970-01-01, as the clock reads.
fn micros(value: &Value) -> Result<i64, Why> {
    let Value::Date(year, month, day, hour, minute, second, micros) = value else {
        return Err(format!("{value:?} is no date and time"));
    };
    let days = days(*year, *month, *day).map_err(|_| {
        format!(
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} is no date and time"
        )
    })?;
    let minutes = i64::from(days) * 1440 + i64::from(*hour) * 60 + i64::from(*minute);
    Ok((minutes * 60 + i64::from(*second)) * 1_000_000 + i64::from(*micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        assert_eq!(days(1970, 1, 1), Ok(0));
        assert_eq!(days(2013, 2, 31), Err("2013-02-31 is no date".to_owned()));
        assert_eq!(days(2013, 0, 0), Err("2013-00-00 is no date".to_owned()));
    }

    #[test]
    fn decimals_are_read_digit_by_digit() {
        assert_eq!(unscaled(b"-0.01", 18, 2), Some(-1));
        assert_eq!(unscaled(b"000012.30", 18, 2), Some(1230));
        assert_eq!(unscaled(b"7", 18, 0), Some(7));
        assert_eq!(
            unscaled(b"-12345678901234567890123456789012345678", 38, 0),
            Some(-12_345_678_901_234_567_890_123_456_789_012_345_678)
        );
        for strange in ["", "-", "1.5", "1e2", "100.00", "1.234"] {
            assert_eq!(unscaled(strange.as_bytes(), 4, 2), None, "{strange}");
        }
    }
}
