//! What the functions over decimals share: which types they take, and loops without allocation.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Decimal256Type};
use arrow_array::{Array, ArrayRef, Decimal128Array};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use datafusion::common::{DataFusionError, Result, ScalarValue, plan_err};
use datafusion::logical_expr::ReturnFieldArgs;
use ledger::format_decimal;

/// Digits that a `DECIMAL(38, s)` holds.
pub(super) const PRECISION: u8 = 38;
/// One more than the largest mantissa of 38 digits.
const BOUND: u128 = 10_u128.pow(38);

/// The type to which an amount is brought before a function sees it; `None` if it is no amount.
///
/// Small decimals and whole numbers widen without loss.
pub(super) fn amount_type(given: &DataType) -> Option<DataType> {
    Some(match given {
        DataType::Null => DataType::Decimal128(PRECISION, 0),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale) => DataType::Decimal128(*precision, *scale),
        DataType::Decimal256(precision, scale) => DataType::Decimal256(*precision, *scale),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            DataType::Decimal128(20, 0)
        }
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
            DataType::Decimal128(20, 0)
        }
        _ => return None,
    })
}

/// Refuses what is no amount, in words that say what to do instead.
pub(super) fn refuse<T>(function: &str, given: &DataType) -> Result<T> {
    match given {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            plan_err!("{function} takes no float: read the amount as text or decimal instead")
        }
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => {
            plan_err!("{function} takes an amount, not text: use {function}(money(…))")
        }
        other => plan_err!("{function} takes an amount, not {other}"),
    }
}

/// Reads the literal scale that is argument `index` of a call.
pub(super) fn literal_scale(
    function: &str,
    args: &ReturnFieldArgs<'_>,
    index: usize,
) -> Result<Option<u8>> {
    match args.scalar_arguments.get(index) {
        Some(given) => scale_literal(function, *given).map(Some),
        None => Ok(None),
    }
}

/// Reads a literal scale.
pub(super) fn scale_literal(function: &str, given: Option<&ScalarValue>) -> Result<u8> {
    match given.and_then(scale_value) {
        Some(scale) => Ok(scale),
        None => plan_err!(
            "the scale of {function} is a whole number from 0 to {PRECISION}, written out"
        ),
    }
}

/// The scale that holds; refuses a call that gives none where no currency does.
pub(super) fn known_scale(function: &str, scale: Option<u8>) -> Result<u8> {
    match scale {
        Some(scale) => Ok(scale),
        None => plan_err!(
            "{function} needs a scale, as in {function}(amount, 2): the plan names no currency"
        ),
    }
}

/// A scale as it stands in a query; `None` if it is none.
pub(super) fn scale_value(value: &ScalarValue) -> Option<u8> {
    match value {
        ScalarValue::Int64(Some(number)) => u8::try_from(*number)
            .ok()
            .filter(|scale| *scale <= PRECISION),
        _ => None,
    }
}

/// The scale of a decimal that is not negative; arrow allows negative ones, books have none.
pub(super) fn scale_of(data_type: &DataType) -> Result<u8> {
    let scale = match data_type {
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => *scale,
        other => return plan_err!("{other} is no decimal"),
    };
    match u8::try_from(scale) {
        Ok(scale) => Ok(scale),
        Err(_) => plan_err!("a decimal of negative scale {scale} is not supported"),
    }
}

/// Applies `convert` to every amount of `array`, which is one of [`amount_type`]; the result has
/// 38 digits and `scale`.
///
/// `convert` gives `None` where the amount cannot be said; `failed` then puts it into words.
pub(super) fn map(
    array: &ArrayRef,
    scale: u8,
    convert: impl Fn(i128) -> Option<i128>,
    failed: impl Fn(&str) -> String,
) -> Result<Decimal128Array> {
    let amounts = &narrow(array, &failed)?;
    let error = |mantissa: i128| {
        DataFusionError::Execution(failed(&format_decimal(mantissa, amounts.scale())))
    };
    let mut results = Vec::with_capacity(amounts.len());
    for (row, mantissa) in amounts.values().iter().enumerate() {
        let result = match convert(*mantissa) {
            Some(result) if fits(result) => result,
            _ if amounts.is_null(row) => 0,
            _ => return Err(error(*mantissa)),
        };
        results.push(result);
    }
    decimal(results, amounts.nulls().cloned(), scale)
}

/// Whether a mantissa has at most 38 digits.
pub(super) fn fits(mantissa: i128) -> bool {
    mantissa.unsigned_abs() < BOUND
}

/// Wraps mantissas as `DECIMAL(38, scale)`.
pub(super) fn decimal(
    mantissas: Vec<i128>,
    nulls: Option<NullBuffer>,
    scale: u8,
) -> Result<Decimal128Array> {
    let array = Decimal128Array::new(mantissas.into(), nulls);
    let scale = i8::try_from(scale).unwrap_or(i8::MAX);
    Ok(array.with_precision_and_scale(PRECISION, scale)?)
}

/// Brings 256 bits to 128: totals are wide by type, hardly ever by value.
pub(super) fn narrow(
    array: &ArrayRef,
    failed: &impl Fn(&str) -> String,
) -> Result<Decimal128Array> {
    if let Some(amounts) = array.as_primitive_opt::<Decimal128Type>() {
        return Ok(amounts.clone());
    }
    let wide = array.as_primitive::<Decimal256Type>();
    let mut results = Vec::with_capacity(wide.len());
    for row in 0..wide.len() {
        let value = if wide.is_null(row) {
            Some(0)
        } else {
            wide.value(row).to_i128()
        };
        match value {
            Some(value) => results.push(value),
            None => {
                return Err(DataFusionError::Execution(failed(
                    &wide.value_as_string(row),
                )));
            }
        }
    }
    let array = Decimal128Array::new(results.into(), wide.nulls().cloned());
    Ok(array.with_precision_and_scale(PRECISION, wide.scale())?)
}
