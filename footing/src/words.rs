//! Brings a column of either side to canonical words: equal values, equal words, whatever the type.

use crate::hash::{RowHasher, short_words};
use crate::layout::{Class, Column, per_second};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, StringViewArray};
use arrow_buffer::{NullBuffer, i256};
use arrow_schema::{DataType, TimeUnit};

/// A value that cannot be brought to its column's common form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// A number is larger than its declared type says.
    #[error(
        "column `{column}`, record {row} of the batch: {value} does not fit the declared {declared}"
    )]
    Overflow {
        /// The column.
        column: String,
        /// The row in the batch, from 0.
        row: usize,
        /// The value as stored.
        value: String,
        /// The declared type.
        declared: String,
    },
    /// The batch's column has another type than the layout was made for.
    #[error("column `{column}` came as {found}, which is not the type it was planned with")]
    Type {
        /// The column.
        column: String,
        /// The type found.
        found: String,
    },
    /// A control total needs more than 76 digits.
    #[error("the control total of `{column}` in {currency} needs more than 76 digits")]
    Total {
        /// The money column.
        column: String,
        /// The currency.
        currency: String,
    },
}

/// A column of a batch, ready to be copied into words chunk by chunk.
pub(crate) struct Prepared<'a> {
    values: Values<'a>,
    nulls: Option<&'a NullBuffer>,
}

enum Values<'a> {
    Borrowed(&'a [i64]),
    Owned(Vec<i64>),
    Narrow(&'a [i128], i64),
    Wide(Vec<i128>),
    WideBorrowed(&'a [i128], i128),
    Widest(Vec<i256>),
    View(&'a StringViewArray),
    Text(Box<dyn Fn(usize) -> &'a [u8] + 'a>),
    Null,
}

/// The words of one chunk: `words[w][row]`.
pub(crate) type Words = Vec<Vec<u64>>;

impl<'a> Prepared<'a> {
    /// Looks at the column once per batch; everything that depends on its type happens here.
    pub(crate) fn new(column: &Column, array: &'a ArrayRef) -> Result<Self, FoldError> {
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        let values = match (column.class, array.data_type()) {
            (Class::Null, _) | (_, DataType::Null) => Values::Null,
            (Class::Number { scale, words }, _) => number(column, array, scale, words)?,
            (Class::Text | Class::Binary, _) => text(column, array)?,
            (Class::Bool, DataType::Boolean) => {
                let values = array.as_boolean();
                Values::Owned(
                    (0..values.len())
                        .map(|row| i64::from(values.value(row)))
                        .collect(),
                )
            }
            (Class::Date, DataType::Date32) => widen::<Date32Type>(array),
            (Class::Date, DataType::Date64) => days(column, array)?,
            (Class::Time, _) => time(column, array)?,
            (Class::Instant { unit, words, .. }, DataType::Timestamp(own, _)) => {
                instant(array, *own, unit, words)
            }
            (Class::Float, _) => float(column, array)?,
            _ => return Err(wrong_type(column, array)),
        };
        Ok(Self { values, nulls })
    }

    /// Writes rows `from..to` into the chunk's words and meta words.
    pub(crate) fn write(
        &self,
        column: &Column,
        from: usize,
        to: usize,
        hasher: &RowHasher,
        words: &mut Words,
    ) -> Result<(), FoldError> {
        let count = to - from;
        let first = column.word;
        match &self.values {
            Values::Borrowed(values) => copy(&values[from..to], &mut words[first]),
            Values::Owned(values) => copy(&values[from..to], &mut words[first]),
            Values::Narrow(values, factor) => {
                self.narrow(column, &values[from..to], *factor, from, &mut words[first])?;
            }
            Values::WideBorrowed(values, 1) => {
                write_wide(values[from..to].iter().copied(), first, words);
            }
            Values::WideBorrowed(values, factor) => {
                self.rescale(column, &values[from..to], *factor, from, words)?;
            }
            Values::Wide(values) => write_wide(values[from..to].iter().copied(), first, words),
            Values::Widest(values) => {
                for (row, value) in values[from..to].iter().enumerate() {
                    let (low, high) = value.to_parts();
                    let high = high.cast_unsigned();
                    for (offset, half) in [(0, low), (2, high)] {
                        words[first + offset][row] = low_word(half);
                        words[first + offset + 1][row] = low_word(half >> 64);
                    }
                }
            }
            Values::View(array) => write_views(array, from, to, column, hasher, words),
            Values::Text(bytes) => {
                for row in 0..count {
                    write_text(bytes(from + row), row, column, hasher, words);
                }
            }
            Values::Null => {
                for offset in 0..column.class.words() {
                    words[first + offset][..count].fill(0);
                }
                let bits = null_bits(column);
                words[column.meta_word][..count]
                    .iter_mut()
                    .for_each(|meta| *meta |= bits);
                return Ok(());
            }
        }
        if let Some(nulls) = self.nulls {
            erase_nulls(nulls, from, to, column, words);
        }
        Ok(())
    }

    fn is_null(&self, row: usize) -> bool {
        self.nulls.is_some_and(|nulls| nulls.is_null(row))
    }

    fn narrow(
        &self,
        column: &Column,
        values: &[i128],
        factor: i64,
        from: usize,
        words: &mut [u64],
    ) -> Result<(), FoldError> {
        if factor == 1 {
            // The common case, in a form that the compiler turns into vector code: a value fits
            // where its high half is the sign of its low half.
            let mut beyond = 0;
            for (word, value) in words.iter_mut().zip(values) {
                let (low, high) = (*value as i64, (*value >> 64) as i64);
                beyond |= (low >> 63) ^ high;
                *word = low.cast_unsigned();
            }
            if beyond == 0 {
                return Ok(());
            }
        }
        let mut fits = true;
        for (word, value) in words.iter_mut().zip(values) {
            let small = *value as i64;
            let (scaled, over) = small.overflowing_mul(factor);
            fits &= i128::from(small) == *value && !over;
            *word = scaled.cast_unsigned();
        }
        if fits {
            return Ok(());
        }
        let misfit = |value: &i128| {
            i64::try_from(*value)
                .ok()
                .and_then(|small| small.checked_mul(factor))
                .is_none()
        };
        match (0..values.len()).find(|row| !self.is_null(from + row) && misfit(&values[*row])) {
            Some(row) => Err(overflow(column, from + row, values[row].to_string())),
            None => Ok(()),
        }
    }

    fn rescale(
        &self,
        column: &Column,
        values: &[i128],
        factor: i128,
        from: usize,
        words: &mut Words,
    ) -> Result<(), FoldError> {
        for (row, value) in values.iter().enumerate() {
            let scaled = match value.checked_mul(factor) {
                Some(scaled) => scaled,
                None if self.is_null(from + row) => 0,
                None => return Err(overflow(column, from + row, value.to_string())),
            };
            put_wide(scaled, row, column.word, words);
        }
        Ok(())
    }
}

/// The length field of a text that is longer than two words.
const LONG: u64 = 30;
/// The length field of a text that is NULL.
const NO_TEXT: u64 = 31;

fn null_bits(column: &Column) -> u64 {
    let field = match column.class {
        Class::Text | Class::Binary => NO_TEXT,
        _ => 1,
    };
    field << column.meta_shift
}

fn copy(values: &[i64], words: &mut [u64]) {
    for (word, value) in words.iter_mut().zip(values) {
        *word = value.cast_unsigned();
    }
}

const fn low_word(value: u128) -> u64 {
    (value & (u64::MAX as u128)) as u64
}

fn put_wide(value: i128, row: usize, first: usize, words: &mut Words) {
    let value = value.cast_unsigned();
    words[first][row] = low_word(value);
    words[first + 1][row] = low_word(value >> 64);
}

fn write_wide(values: impl Iterator<Item = i128>, first: usize, words: &mut Words) {
    let (low, high) = words[first..].split_at_mut(1);
    for ((value, low), high) in values.zip(low[0].iter_mut()).zip(high[0].iter_mut()) {
        let value = value.cast_unsigned();
        (*low, *high) = (low_word(value), low_word(value >> 64));
    }
}

fn erase_nulls(nulls: &NullBuffer, from: usize, to: usize, column: &Column, words: &mut Words) {
    let bits = null_bits(column);
    let field = match column.class {
        Class::Text | Class::Binary => !(NO_TEXT << column.meta_shift),
        _ => !(1 << column.meta_shift),
    };
    for row in from..to {
        if nulls.is_null(row) {
            for offset in 0..column.class.words() {
                words[column.word + offset][row - from] = 0;
            }
            let meta = &mut words[column.meta_word][row - from];
            *meta = (*meta & field) | bits;
        }
    }
}

fn write_views(
    array: &StringViewArray,
    from: usize,
    to: usize,
    column: &Column,
    hasher: &RowHasher,
    words: &mut Words,
) {
    let [low, high, meta] = words
        .get_disjoint_mut([column.word, column.word + 1, column.meta_word])
        .expect("a text has two words of its own and bits in a third");
    let views = array.views()[from..to].iter().enumerate();
    for (((row, view), (low, high)), meta) in views.zip(low.iter_mut().zip(high)).zip(meta) {
        let length = (*view & 0xffff_ffff) as u64;
        let (text, field) = if length <= 12 {
            // The view itself holds the text, padded with zeros.
            let text = *view >> 32;
            ([low_word(text), low_word(text >> 64)], length)
        } else if array.is_null(from + row) {
            ([0, 0], 0)
        } else {
            text_words(array.value(from + row).as_bytes(), hasher)
        };
        [*low, *high] = text;
        *meta |= field << column.meta_shift;
    }
}

#[inline]
fn write_text(bytes: &[u8], row: usize, column: &Column, hasher: &RowHasher, words: &mut Words) {
    let ([low, high], field) = text_words(bytes, hasher);
    words[column.word][row] = low;
    words[column.word + 1][row] = high;
    words[column.meta_word][row] |= field << column.meta_shift;
}

/// A text's two words and its length field.
#[inline]
fn text_words(bytes: &[u8], hasher: &RowHasher) -> ([u64; 2], u64) {
    match bytes.len() {
        0..=16 => (short_words(bytes), bytes.len() as u64),
        _ => (hasher.bytes(bytes), LONG),
    }
}

fn wrong_type(column: &Column, array: &ArrayRef) -> FoldError {
    FoldError::Type {
        column: column.name.clone(),
        found: crate::layout::plain_type(array.data_type()),
    }
}

fn overflow(column: &Column, row: usize, value: String) -> FoldError {
    FoldError::Overflow {
        column: column.name.clone(),
        row,
        value,
        declared: match column.class {
            Class::Number { words: 1, .. } => "18 digits".to_owned(),
            Class::Number { words: 2, .. } => "38 digits".to_owned(),
            Class::Number { .. } => "76 digits".to_owned(),
            _ => "type".to_owned(),
        },
    }
}

fn widen<T: ArrowPrimitiveType>(array: &ArrayRef) -> Values<'_>
where
    T::Native: Into<i64>,
{
    Values::Owned(
        array
            .as_primitive::<T>()
            .values()
            .iter()
            .map(|value| (*value).into())
            .collect(),
    )
}

fn number<'a>(
    column: &Column,
    array: &'a ArrayRef,
    scale: i8,
    words: u8,
) -> Result<Values<'a>, FoldError> {
    let own_scale = match array.data_type() {
        DataType::Decimal32(_, own)
        | DataType::Decimal64(_, own)
        | DataType::Decimal128(_, own)
        | DataType::Decimal256(_, own) => *own,
        _ => 0,
    };
    let shift = u32::try_from(i16::from(scale) - i16::from(own_scale))
        .map_err(|_| wrong_type(column, array))?;
    match (words, array.data_type()) {
        (1, _) => number_in_one(column, array, shift),
        (2, DataType::Decimal128(..)) => Ok(Values::WideBorrowed(
            array.as_primitive::<Decimal128Type>().values(),
            10_i128
                .checked_pow(shift)
                .ok_or_else(|| wrong_type(column, array))?,
        )),
        (2, _) => {
            let factor = 10_i128
                .checked_pow(shift)
                .ok_or_else(|| wrong_type(column, array))?;
            let mut values = Vec::with_capacity(array.len());
            for row in 0..array.len() {
                let value = wide_value(column, array, row)?.to_i128();
                let scaled = value.and_then(|value| value.checked_mul(factor));
                values.push(match scaled {
                    Some(scaled) => scaled,
                    None if array.is_null(row) => 0,
                    None => {
                        let value = wide_value(column, array, row)?.to_string();
                        return Err(overflow(column, row, value));
                    }
                });
            }
            Ok(Values::Wide(values))
        }
        _ => {
            let factor = i256::from_i128(10).checked_pow(shift);
            let factor = factor.ok_or_else(|| wrong_type(column, array))?;
            let mut values = Vec::with_capacity(array.len());
            for row in 0..array.len() {
                let value = wide_value(column, array, row)?;
                values.push(match value.checked_mul(factor) {
                    Some(scaled) => scaled,
                    None if array.is_null(row) => i256::ZERO,
                    None => return Err(overflow(column, row, value.to_string())),
                });
            }
            Ok(Values::Widest(values))
        }
    }
}

fn number_in_one<'a>(
    column: &Column,
    array: &'a ArrayRef,
    shift: u32,
) -> Result<Values<'a>, FoldError> {
    let factor = 10_i64
        .checked_pow(shift)
        .ok_or_else(|| wrong_type(column, array))?;
    let scaled = |values: &mut dyn Iterator<Item = i64>| -> Result<Values<'a>, FoldError> {
        let mut owned = Vec::with_capacity(array.len());
        for (row, value) in values.enumerate() {
            owned.push(match value.checked_mul(factor) {
                Some(scaled) => scaled,
                None if array.is_null(row) => 0,
                None => return Err(overflow(column, row, value.to_string())),
            });
        }
        Ok(Values::Owned(owned))
    };
    match array.data_type() {
        DataType::Int64 if factor == 1 => {
            Ok(Values::Borrowed(array.as_primitive::<Int64Type>().values()))
        }
        DataType::Decimal64(..) if factor == 1 => Ok(Values::Borrowed(
            array.as_primitive::<Decimal64Type>().values(),
        )),
        DataType::Decimal128(..) => Ok(Values::Narrow(
            array.as_primitive::<Decimal128Type>().values(),
            factor,
        )),
        _ => {
            let mut failed = None;
            let result = scaled(&mut (0..array.len()).map(|row| {
                let value = wide_value(column, array, row);
                match value.map(|value| value.to_i128().and_then(|v| i64::try_from(v).ok())) {
                    Ok(Some(value)) => value,
                    Ok(None) if array.is_null(row) => 0,
                    Ok(None) => {
                        failed.get_or_insert_with(|| overflow(column, row, "a value".to_owned()));
                        0
                    }
                    Err(error) => {
                        failed.get_or_insert(error);
                        0
                    }
                }
            }));
            failed.map_or(result, Err)
        }
    }
}

/// One number of any type as a 256-bit integer of its own scale.
fn wide_value(column: &Column, array: &ArrayRef, row: usize) -> Result<i256, FoldError> {
    macro_rules! small {
        ($type:ty) => {
            i256::from_i128(i128::from(array.as_primitive::<$type>().value(row)))
        };
    }
    Ok(match array.data_type() {
        DataType::Int8 => small!(Int8Type),
        DataType::Int16 => small!(Int16Type),
        DataType::Int32 => small!(Int32Type),
        DataType::Int64 => small!(Int64Type),
        DataType::UInt8 => small!(UInt8Type),
        DataType::UInt16 => small!(UInt16Type),
        DataType::UInt32 => small!(UInt32Type),
        DataType::UInt64 => small!(UInt64Type),
        DataType::Decimal32(..) => small!(Decimal32Type),
        DataType::Decimal64(..) => small!(Decimal64Type),
        DataType::Decimal128(..) => small!(Decimal128Type),
        DataType::Decimal256(..) => array.as_primitive::<Decimal256Type>().value(row),
        _ => return Err(wrong_type(column, array)),
    })
}

fn days<'a>(column: &Column, array: &'a ArrayRef) -> Result<Values<'a>, FoldError> {
    const DAY: i64 = 86_400_000;
    let values = array.as_primitive::<Date64Type>();
    let mut days = Vec::with_capacity(values.len());
    for (row, value) in values.values().iter().enumerate() {
        if value % DAY != 0 && !values.is_null(row) {
            return Err(overflow(
                column,
                row,
                format!("{value} ms, not a whole day,"),
            ));
        }
        days.push(value / DAY);
    }
    Ok(Values::Owned(days))
}

fn time<'a>(column: &Column, array: &'a ArrayRef) -> Result<Values<'a>, FoldError> {
    let scaled = |values: &[i64], factor: i64| {
        Values::Owned(
            values
                .iter()
                .map(|value| value.wrapping_mul(factor))
                .collect(),
        )
    };
    let widened = |values: &[i32], factor: i64| {
        Values::Owned(
            values
                .iter()
                .map(|value| i64::from(*value).wrapping_mul(factor))
                .collect(),
        )
    };
    Ok(match array.data_type() {
        DataType::Time32(TimeUnit::Second) => widened(
            array.as_primitive::<Time32SecondType>().values(),
            1_000_000_000,
        ),
        DataType::Time32(_) => widened(
            array.as_primitive::<Time32MillisecondType>().values(),
            1_000_000,
        ),
        DataType::Time64(TimeUnit::Microsecond) => scaled(
            array.as_primitive::<Time64MicrosecondType>().values(),
            1_000,
        ),
        DataType::Time64(_) => {
            Values::Borrowed(array.as_primitive::<Time64NanosecondType>().values())
        }
        _ => return Err(wrong_type(column, array)),
    })
}

pub(crate) fn timestamp_values(array: &ArrayRef, unit: TimeUnit) -> &[i64] {
    match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values(),
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().values(),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().values(),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().values(),
    }
}

fn instant(array: &ArrayRef, own: TimeUnit, unit: TimeUnit, words: u8) -> Values<'_> {
    let values = timestamp_values(array, own);
    if words == 1 {
        return Values::Borrowed(values);
    }
    let factor = i128::from(per_second(unit) / per_second(own));
    Values::Wide(
        values
            .iter()
            .map(|value| i128::from(*value).wrapping_mul(factor))
            .collect(),
    )
}

fn float<'a>(column: &Column, array: &'a ArrayRef) -> Result<Values<'a>, FoldError> {
    let bits = |value: f64| {
        let canonical = if value.is_nan() {
            f64::NAN
        } else if value == 0.0 {
            0.0
        } else {
            value
        };
        canonical.to_bits().cast_signed()
    };
    Ok(Values::Owned(match array.data_type() {
        DataType::Float16 => {
            let values = array.as_primitive::<Float16Type>().values();
            values.iter().map(|value| bits(f64::from(*value))).collect()
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>().values();
            values.iter().map(|value| bits(f64::from(*value))).collect()
        }
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>().values();
            values.iter().map(|value| bits(*value)).collect()
        }
        _ => return Err(wrong_type(column, array)),
    }))
}

fn text<'a>(column: &Column, array: &'a ArrayRef) -> Result<Values<'a>, FoldError> {
    Ok(match array.data_type() {
        DataType::Utf8View => Values::View(array.as_string_view()),
        DataType::Utf8 => {
            let values = array.as_string::<i32>();
            Values::Text(Box::new(move |row| values.value(row).as_bytes()))
        }
        DataType::LargeUtf8 => {
            let values = array.as_string::<i64>();
            Values::Text(Box::new(move |row| values.value(row).as_bytes()))
        }
        DataType::Binary => {
            let values = array.as_binary::<i32>();
            Values::Text(Box::new(move |row| values.value(row)))
        }
        DataType::LargeBinary => {
            let values = array.as_binary::<i64>();
            Values::Text(Box::new(move |row| values.value(row)))
        }
        DataType::BinaryView => {
            let values = array.as_binary_view();
            Values::Text(Box::new(move |row| values.value(row)))
        }
        DataType::FixedSizeBinary(_) => {
            let values = array.as_fixed_size_binary();
            Values::Text(Box::new(move |row| values.value(row)))
        }
        _ => return Err(wrong_type(column, array)),
    })
}
