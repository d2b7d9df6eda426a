//! What a fault makes of a record, as values that any Arrow column can take.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Date32Array, Decimal128Array, StringArray, TimestampNanosecondArray,
};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType};

/// Is what a cause makes of one record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Damage {
    /// The record stays, with other values in some columns.
    Change(Changes),
    /// The record goes.
    Omit,
    /// The record is there twice.
    Repeat,
    /// Another record comes beside it: the same with other values in some columns.
    Join(Changes),
}

/// Is a list of columns with their new values. A column that is not in the table is passed over.
pub(crate) type Changes = Vec<(&'static str, Value)>;

/// Is a value that a fault puts into a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    /// Fen, in a column of yuan with two decimals.
    Yuan(i128),
    /// Fen, in a column of whole fen.
    Fen(i128),
    /// Days since 1970.
    Day(i32),
    /// Nanoseconds since 1970, by the clock of the column.
    Time(i64),
}

impl Value {
    /// Makes a column of the given type that holds this value once.
    pub(crate) fn as_column(&self, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
        let array: ArrayRef = match self {
            Self::Text(text) => Arc::new(StringArray::from(vec![text.as_str()])),
            Self::Yuan(fen) => Arc::new(decimal(*fen, 2)?),
            Self::Fen(fen) => Arc::new(decimal(*fen, 0)?),
            Self::Day(day) => Arc::new(Date32Array::from(vec![*day])),
            Self::Time(time) => {
                let zone = match data_type {
                    DataType::Timestamp(_, zone) => zone.clone(),
                    _ => None,
                };
                Arc::new(TimestampNanosecondArray::from(vec![*time]).with_timezone_opt(zone))
            }
        };
        exactly(&array, data_type)
    }
}

fn decimal(units: i128, scale: i8) -> Result<Decimal128Array, ArrowError> {
    Decimal128Array::from(vec![units]).with_precision_and_scale(38, scale)
}

/// Casts a column; a value that does not fit is an error, never a null.
pub(crate) fn exactly(column: &dyn Array, to: &DataType) -> Result<ArrayRef, ArrowError> {
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(column, to, &options)
}

/// One value as text; nothing for a null.
pub(crate) fn text_of(column: &dyn Array, at: usize) -> Result<Option<String>, ArrowError> {
    let mut one = column.slice(at, 1);
    if let DataType::Timestamp(unit, Some(_)) = one.data_type() {
        // An instant is told by the clock of Greenwich, whatever zone its column is shown in.
        one = exactly(&one, &DataType::Timestamp(*unit, Some("+00:00".into())))?;
    }
    let text = exactly(&one, &DataType::Utf8)?;
    let text = text.as_any().downcast_ref::<StringArray>();
    Ok(text
        .filter(|text| text.is_valid(0))
        .map(|text| text.value(0).to_owned()))
}
