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
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer, i256};
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
    /// Values that are words as they lie.
    Words(ScalarBuffer<u64>),
    Narrow(&'a [i128], i64),
    Wide(Vec<i128>),
    WideBorrowed(&'a [i128], i128),
    Widest(Vec<i256>),
    View(&'a StringViewArray),
    Text(Box<dyn Fn(usize) -> &'a [u8] + 'a>),
    Null,
}

/// Where the words of a chunk are written: `words[w][row]`.
pub(crate) type Words = Vec<Vec<u64>>;

/// The words of a chunk's rows: those that were written, and those that lie in the batch.
pub(crate) type WordColumns<'a> = [&'a [u64]];

impl<'a> Prepared<'a> {
    /// Looks at the column once per batch; everything that depends on its type happens here.
    pub(crate) fn new(column: &Column, array: &'a ArrayRef) -> Result<Self, FoldError> {
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        let values = match (column.class, array.data_type()) {
            (Class::Null, _) | (_, DataType::Null) => Values::Null,
            (Class::Number { scale, words }, _) => number(column, array, scale, words)?,
            (Class::Text | Class::Binary, _) => text(column, array)?,
            (Class::Bool, DataType::Boolean) => {
                Values::Words(array.as_boolean().values().iter().map(u64::from).collect())
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

    /// The words of a column that has one word to a row and no NULLs, where they lie.
    pub(crate) fn lent(&self, from: usize, to: usize) -> Option<&[u64]> {
        match &self.values {
            Values::Words(words) if self.nulls.is_none() => Some(&words[from..to]),
            _ => None,
        }
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
            Values::Words(own) => words[first][..count].copy_from_slice(&own[from..to]),
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

/// Values of 64 bits as words, without a copy.
fn words_of<'a>(values: &ScalarBuffer<i64>) -> Values<'a> {
    Values::Words(ScalarBuffer::from(values.inner().clone()))
}

/// Signed values as words.
fn to_words<'a>(values: impl IntoIterator<Item = i64>) -> Values<'a> {
    Values::Words(values.into_iter().map(i64::cast_unsigned).collect())
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
    let are_null = !&nulls.inner().slice(from, to - from);
    for row in are_null.set_indices() {
        for offset in 0..column.class.words() {
            words[column.word + offset][row] = 0;
        }
        let meta = &mut words[column.meta_word][row];
        *meta = (*meta & field) | bits;
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
    let views = &array.views()[from..to];
    let shift = column.meta_shift;
    let longest = views
        .iter()
        .fold(0, |longest, view| longest.max(*view as u32));
    if longest > WITHIN_VIEW {
        return write_long_views(
            views,
            array.data_buffers(),
            [low, high, meta],
            shift,
            hasher,
        );
    }
    for ((view, (low, high)), meta) in views.iter().zip(low.iter_mut().zip(high)).zip(meta) {
        [*low, *high] = words_within(*view);
        *meta |= u64::from(*view as u32) << shift;
    }
}

/// Writes texts of which some are longer than a view holds.
fn write_long_views(
    views: &[u128],
    buffers: &[Buffer],
    [low, high, meta]: [&mut [u64]; 3],
    shift: u32,
    hasher: &RowHasher,
) {
    let rows = low.iter_mut().zip(high).zip(meta);
    for (view, ((low, high), meta)) in views.iter().zip(rows) {
        let length = *view as u32;
        let field;
        if length <= WITHIN_VIEW {
            [*low, *high] = words_within(*view);
            field = u64::from(length);
        } else {
            let text = text_outside(*view, buffers);
            if text.len() <= 16 {
                [*low, *high] = short_words(text);
                field = text.len() as u64;
            } else {
                [*low, *high] = hasher.bytes(text);
                field = LONG;
            }
        }
        *meta |= field << shift;
    }
}

/// The text that a view leads to. Only the view of a NULL may lead nowhere; its words are erased
/// afterwards.
#[inline]
fn text_outside(view: u128, buffers: &[Buffer]) -> &[u8] {
    let (length, offset) = (view as u32 as usize, (view >> 96) as usize);
    let buffer = buffers.get((view >> 64) as u32 as usize);
    let text = buffer.and_then(|buffer| buffer.get(offset..offset + length));
    text.unwrap_or_default()
}

/// The longest text that a view holds itself.
const WITHIN_VIEW: u32 = 12;

/// The words of a text that its view holds, padded with zeros.
#[inline]
fn words_within(view: u128) -> [u64; 2] {
    let text = view >> 32;
    [low_word(text), low_word(text >> 64)]
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

fn widen<'a, T: ArrowPrimitiveType>(array: &ArrayRef) -> Values<'a>
where
    T::Native: Into<i64>,
{
    let values = array.as_primitive::<T>().values();
    to_words(values.iter().map(|value| (*value).into()))
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
        Ok(to_words(owned))
    };
    match array.data_type() {
        DataType::Int64 if factor == 1 => Ok(words_of(array.as_primitive::<Int64Type>().values())),
        DataType::Decimal64(..) if factor == 1 => {
            Ok(words_of(array.as_primitive::<Decimal64Type>().values()))
        }
        DataType::Int8 if factor == 1 => Ok(widen::<Int8Type>(array)),
        DataType::Int16 if factor == 1 => Ok(widen::<Int16Type>(array)),
        DataType::Int32 if factor == 1 => Ok(widen::<Int32Type>(array)),
        DataType::UInt8 if factor == 1 => Ok(widen::<UInt8Type>(array)),
        DataType::UInt16 if factor == 1 => Ok(widen::<UInt16Type>(array)),
        DataType::UInt32 if factor == 1 => Ok(widen::<UInt32Type>(array)),
        DataType::Decimal32(..) if factor == 1 => Ok(widen::<Decimal32Type>(array)),
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
    Ok(to_words(days))
}

fn time<'a>(column: &Column, array: &'a ArrayRef) -> Result<Values<'a>, FoldError> {
    let scaled = |values: &[i64], factor: i64| {
        to_words(values.iter().map(|value| value.wrapping_mul(factor)))
    };
    let widened = |values: &[i32], factor: i64| {
        let wide = values.iter().map(|value| i64::from(*value));
        to_words(wide.map(|value| value.wrapping_mul(factor)))
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
        DataType::Time64(_) => words_of(array.as_primitive::<Time64NanosecondType>().values()),
        _ => return Err(wrong_type(column, array)),
    })
}

pub(crate) fn timestamp_values(array: &ArrayRef, unit: TimeUnit) -> &ScalarBuffer<i64> {
    match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values(),
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().values(),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().values(),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().values(),
    }
}

fn instant<'a>(array: &ArrayRef, own: TimeUnit, unit: TimeUnit, words: u8) -> Values<'a> {
    let values = timestamp_values(array, own);
    if words == 1 {
        return words_of(values);
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
    Ok(match array.data_type() {
        DataType::Float16 => {
            let values = array.as_primitive::<Float16Type>().values();
            to_words(values.iter().map(|value| bits(f64::from(*value))))
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>().values();
            to_words(values.iter().map(|value| bits(f64::from(*value))))
        }
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>().values();
            to_words(values.iter().map(|value| bits(*value)))
        }
        _ => return Err(wrong_type(column, array)),
    })
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
